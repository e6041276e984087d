//! The worker's side.

use std::{
    fmt,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{Level, field, span};

use super::{
    Frame, WireError,
    answer::{Head, LogLevel},
    ask::Ask,
};
use crate::{converter::Converter, deep, failure::Failure};

/// Answers frame after frame, until they end or the engine has failed, and hands them to `spend` when they have been read;
/// needs [`Converter::THREAD_STACK`].
///
/// # Errors
/// [`WireError`] when the parent does not read on, or sends what is no message.
pub fn serve<W: Write + Send + 'static>(
    frames: impl IntoIterator<Item = Frame>,
    spend: impl Fn(Frame),
    output: W,
) -> Result<(), WireError> {
    // No thread is to be started once the limits of the process hold.
    deep::has_room();
    let output = Arc::new(Mutex::new(output));
    let console = Console { output: Arc::clone(&output) };
    tracing::subscriber::with_default(console, || answer_all(frames, spend, &output))
}

fn answer_all<W: Write>(
    frames: impl IntoIterator<Item = Frame>,
    spend: impl Fn(Frame),
    output: &Mutex<W>,
) -> Result<(), WireError> {
    let mut start = None;
    let mut converter: Option<Converter> = None;
    for frame in frames {
        let page = match serde_json::from_slice(&frame.head)? {
            Ask::Start(script) => {
                start = Some(script.open());
                continue;
            }
            Ask::Page(page) => page,
        };
        let made = match (converter.take(), &start) {
            (Some(made), _) => Ok(made),
            (None, Some((script, columns, limits, deterministic))) => {
                Converter::at(script, Arc::new(columns.clone()), limits.clone(), *deterministic)
            }
            (None, None) => return Ok(()),
        };
        let converted = made.and_then(|mut made| {
            let batch = made.convert(&page.with(&frame.body));
            converter = Some(made);
            Ok(batch?.to_ipc())
        });
        spend(frame);
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = match converted {
            Ok(Ok(rows)) => {
                Frame::send(&mut *output, &Head::Rows, &rows)?;
                continue;
            }
            Ok(Err(error)) => Failure::engine(page.index, error.to_string()),
            Err(error) => Failure::from(&error),
        };
        Frame::send(&mut *output, &Head::Failed(Box::new(failure)), &[])?;
    }
    Ok(())
}

/// Sends what `console` logs to the parent.
struct Console<W> {
    output: Arc<Mutex<W>>,
}

impl<W: Write + Send + 'static> tracing::Subscriber for Console<W> {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "converter"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            _ => LogLevel::Debug,
        };
        let head = Head::Log { level, page: line.page.map(|page| page - 1), text: line.text };
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        // The parent is gone; the answer will fail too.
        let _ = Frame::send(&mut *output, &head, &[]);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line {
    page: Option<usize>,
    text: String,
}

impl field::Visit for Line {
    fn record_u64(&mut self, field: &field::Field, value: u64) {
        if field.name() == "page" {
            self.page = usize::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.text = format!("{value:?}");
        }
    }
}
