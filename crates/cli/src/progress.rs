//! The progress of a run: a bar on a terminal, a line now and then elsewhere.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use pipeline_engine::{Event, Observer};

use crate::{numbers, terminal::Terminal};

/// How often a plain line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows pages, rows, rate and, where the server tells it, how many there are in all.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: Terminal,
    bar: ProgressBar,
    started: Instant,
    last_line: Mutex<Instant>,
    table: Mutex<String>,
    pages: AtomicU64,
    rows: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    pub(crate) fn new(terminal: Terminal) -> Self {
        let bar = if terminal.is_interactive() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let now = Instant::now();
        Self {
            terminal,
            bar,
            started: now,
            last_line: Mutex::new(now),
            table: Mutex::default(),
            pages: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self) -> String {
        let rows = self.rows.load(Ordering::Relaxed);
        let pages = self.pages.load(Ordering::Relaxed);
        let total = match self.total.load(Ordering::Relaxed) {
            0 => String::new(),
            total => format!(" of about {}", numbers::count(total)),
        };
        let rate = rows as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let table = self.table.lock().map(|name| name.clone()).unwrap_or_default();
        format!(
            "{table}: {}, {}{total}, {} rows/s",
            numbers::counted(pages, "page"),
            numbers::counted(rows, "row"),
            numbers::count(rate as u64)
        )
    }

    fn show(&self) {
        if self.terminal.is_interactive() {
            self.bar.set_message(self.line());
            return;
        }
        if let Ok(mut last) = self.last_line.lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            self.terminal.say(self.line());
        }
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::TableStarted { table } => {
                if let Ok(mut name) = self.table.lock() {
                    (*table).clone_into(&mut name);
                }
                for counter in [&self.pages, &self.rows, &self.total] {
                    counter.store(0, Ordering::Relaxed);
                }
            }
            Event::PageFetched { total, .. } => {
                self.pages.fetch_add(1, Ordering::Relaxed);
                self.total.store(total.unwrap_or_default(), Ordering::Relaxed);
            }
            Event::PageWritten { rows } => {
                self.rows.fetch_add(*rows, Ordering::Relaxed);
            }
            Event::Waiting { host, until, reason, .. } => {
                self.bar.suspend(|| {
                    self.terminal.say(format!("waiting for {host} until {until}: {reason}"));
                });
            }
            Event::Resumed { run_id, pages } => self.bar.suspend(|| {
                let pages = numbers::counted(*pages, "page");
                self.terminal.say(format!("going on where {run_id} ended, with {pages} of it"));
            }),
            Event::Finished { run_id } => self.bar.suspend(|| {
                self.terminal.say(format!(
                    "{run_id} committed all its rows, and its process was killed or failed with another pipeline; that is recorded \
                     now, and nothing is fetched. The next run begins with the first page"
                ));
            }),
            Event::Restarted { reason, pages } => self.bar.suspend(|| {
                let pages = numbers::counted(*pages, "page");
                self.terminal.say(format!("beginning anew, without {pages} of an earlier run: {reason}"));
            }),
            Event::Reread { run_id, reason } => self.bar.suspend(|| {
                self.terminal.say(format!("beginning anew, without what {run_id} had read: {reason}"));
            }),
            _ => {}
        }
        self.show();
    }
}
