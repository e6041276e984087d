//! `console` writes to the log.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata as EventMetadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::*;

/// Collects events as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &EventMetadata<'_>) -> bool {
        metadata.target() == "converter"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        write!(lines, "{}", event.metadata().level()).unwrap();
        event.record(&mut Values(&mut lines));
        lines.push('\n');
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Values<'a>(&'a mut String);

impl Visit for Values<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

#[test]
fn the_console_logs_with_the_page() {
    let lines = Lines::default();
    let code = "
        console.log('starting');
        function convert(json) {
          console.log('%s rows', 3, {a: 1}, [1, 'x'], null, undefined, 1n);
          console.info('info'); console.warn('warn'); console.error('error'); console.debug('debug');
          console.log(json);
          console.log();
          return [];
        }";
    tracing::subscriber::with_default(lines.clone(), || convert(code, &"ä".repeat(5000)).unwrap());
    let text = lines.0.lock().unwrap().replace(&"ä".repeat(4000), "[4000 × ä]");
    insta::assert_snapshot!(text);
}
