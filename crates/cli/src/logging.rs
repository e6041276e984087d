//! Logs on stderr, from which secrets are gone.

use std::io::{self, Write};

use pipeline_config::Style;
use pipeline_transport::Redactor;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    args::Global,
    terminal::{Terminal, visible},
    traces::{self, Traces},
};

/// Starts logging and makes panics pass the redactor too.
pub(crate) fn start(global: &Global, terminal: Terminal, redactor: &Redactor) -> Traces {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        // What scripts log is for their author.
        (_, 0) => "warn,converter=info",
        (_, 1) => "info",
        // A target is meant by its beginning: `pipeline` stands for all our crates.
        (_, 2) => "pipeline=debug,converter=debug,info",
        _ => "trace",
    };
    let filter = std::env::var("PIPELINE_LOG").ok().and_then(|text| text.parse().ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(level));
    let writer = {
        let redactor = redactor.clone();
        move || redactor.writer(Visible(terminal.style()))
    };
    let is_colored = terminal.style() == Style::Colored;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(is_colored);
    let lines = lines.with_target(global.verbose > 1).without_time().with_filter(filter);
    let (traces, spans) = traces::start(terminal);
    // Set twice only when a plug-in has its own logging, which then wins.
    drop(tracing_subscriber::registry().with(lines).with(spans).try_init());
    let redactor = redactor.clone();
    std::panic::set_hook(Box::new(move |panic| {
        terminal.complain(bug(&redactor, panic));
    }));
    traces
}

/// stderr without what steers terminals; it gets whole lines.
struct Visible(Style);

impl Write for Visible {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(visible(&text, self.0).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What is said of a panic, whose text may hold anything.
fn bug(redactor: &Redactor, panic: &dyn std::fmt::Display) -> String {
    redactor.redact(&format!("error: this is a bug in pipeline: {panic}")).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use pipeline_config::Secret;

    use super::*;

    #[test]
    fn a_panic_is_told_without_secrets() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hunter2"));
        let told = Arc::new(Mutex::new(String::new()));
        let before = std::panic::take_hook();
        {
            let told = Arc::clone(&told);
            std::panic::set_hook(Box::new(move |panic| *told.lock().unwrap() = bug(&redactor, panic)));
        }
        let panicked = std::panic::catch_unwind(|| panic!("token `hunter2` is odd"));
        std::panic::set_hook(before);
        let told = told.lock().unwrap();
        assert!(panicked.is_err() && told.contains("token `[REDACTED]` is odd"), "{told}");
        assert!(told.contains("logging.rs:"), "{told}");
    }

    #[test]
    fn every_level_is_a_filter() {
        for level in ["error", "warn,converter=info", "pipeline=debug,converter=debug,info", "trace"] {
            assert!(level.parse::<EnvFilter>().is_ok(), "{level}");
        }
    }

    #[test]
    fn the_name_of_the_program_stands_for_all_crates() {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let layer = layer.with_filter(EnvFilter::new("pipeline=debug,info"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::debug!(target: "pipeline_worker::process", "of a worker");
            tracing::debug!(target: "hyper::client", "of a library");
        });
        let said = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("of a worker") && !said.contains("of a library"), "{said}");
    }
}
