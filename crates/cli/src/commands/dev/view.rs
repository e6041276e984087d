//! A desk as text.

use jiff::Timestamp;
use pipeline_authoring::Difference;
use pipeline_engine::rounded_warning;

use super::desk::{Elapsed, KeptPage, Shown, State};
use crate::{args::DevArgs, differences, numbers, table_view, terminal};

const KEYS: &str = "n/p more rows · j JSON · t next table · r fetch again · o browser · q quit";

/// How many differences are named; the others are counted.
const MAX_DIFFERENCES: usize = 5;

/// Lines of the screen that are not rows: heading, table head, types, differences, timing, keys. A row has two lines, its
/// own and the rule below it.
const OTHER_LINES: usize = 16;

/// Which part is looked at.
#[derive(Debug)]
pub(super) struct View {
    is_json: bool,
    first: usize,
    /// As many as fit without it.
    n_rows: Option<usize>,
    /// How far one step goes, as of the last time that something was shown.
    step: usize,
}

impl View {
    pub(super) fn new(n_rows: Option<usize>) -> Self {
        Self { is_json: false, first: 0, n_rows, step: 0 }
    }

    pub(super) fn next(&mut self) {
        self.first += self.step;
    }

    pub(super) fn previous(&mut self) {
        self.first = self.first.saturating_sub(self.step);
    }

    pub(super) fn turn(&mut self) {
        self.is_json = !self.is_json;
        self.first = 0;
    }

    pub(super) fn rewind(&mut self) {
        self.first = 0;
    }

    /// The part of `n` lines that is shown; past the end is the last part.
    fn range(&mut self, n: usize, step: usize) -> std::ops::Range<usize> {
        self.step = step.max(1);
        if self.first >= n {
            self.first = n.saturating_sub(1) / self.step * self.step;
        }
        self.first..(self.first + self.step).min(n)
    }
}

pub(super) fn render(args: &DevArgs, state: &State, page: Option<&KeptPage>, view: &mut View) -> String {
    let mut lines = vec![heading(args, state, page)];
    let body = match (state, page) {
        (State::Nothing, _) => String::new(),
        (State::Failed(message), _) => message.trim_end().to_owned(),
        (State::Table(_), Some(page)) if view.is_json => json(page, view),
        (State::Table(shown), _) => table(shown, view),
    };
    lines.push(body);
    if let State::Table(shown) = state {
        let rounded = &shown.batch.outcome().rounded;
        lines.extend(
            rounded.iter().map(|(column, found)| format!("warning: {}", rounded_warning(column, found.n))),
        );
        lines.extend(shown.batch.warnings().into_iter().map(|warning| format!("warning: {warning}")));
        lines.extend(shown.doubt.as_ref().map(|doubt| format!("warning: {doubt}")));
        lines.extend(shown.differences.as_deref().map(since_the_last_save));
        lines.push(timing(shown.elapsed));
    }
    if terminal::is_stdout_terminal() {
        lines.push(KEYS.to_owned());
    }
    lines.join("\n")
}

fn heading(args: &DevArgs, state: &State, page: Option<&KeptPage>) -> String {
    let mut heading = args.pipeline.file.display().to_string();
    if let State::Table(shown) = state {
        heading.push_str(&format!(" · {}", shown.name));
    }
    if let Some(kept) = page {
        let origin = match kept.is_cached {
            true => format!("kept {} ago", ago(kept.fetched_at)),
            false => "fetched now".to_owned(),
        };
        // What is asked stands in the file; where it went does not.
        let address = kept.page.url.split('?').next().unwrap_or_default();
        heading.push_str(&format!(
            " · page {} of {} ({origin})",
            kept.page.page,
            table_view::clip(address, 100)
        ));
    }
    heading
}

fn ago(then: Timestamp) -> String {
    let elapsed = Timestamp::now().duration_since(then);
    match elapsed.as_secs() {
        ..120 => format!("{} s", elapsed.as_secs().max(0)),
        120..7_200 => format!("{} min", elapsed.as_mins()),
        7_200..172_800 => format!("{} h", elapsed.as_hours()),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn table(shown: &Shown, view: &mut View) -> String {
    let rows = shown.batch.rows();
    let n_rows = rows.num_rows();
    let step =
        view.n_rows.unwrap_or_else(|| (terminal::height().saturating_sub(OTHER_LINES) / 2).clamp(3, 100));
    let range = view.range(n_rows, step);
    let text = table_view::table(&rows.slice(range.start, range.len()), terminal::stdout_width());
    let part = match range.len() == n_rows {
        true => String::new(),
        false => format!(", rows {} to {}", range.start + 1, range.end),
    };
    let n_columns = numbers::counted(shown.batch.columns().len() as u64, "column");
    format!("{text}\n{}, {n_columns}{part}", numbers::counted(n_rows as u64, "row"))
}

fn json(page: &KeptPage, view: &mut View) -> String {
    let text = page.page.body.pretty();
    let lines: Vec<&str> = text.lines().collect();
    let step = view.n_rows.unwrap_or_else(|| terminal::height().saturating_sub(8).clamp(10, 200));
    let range = view.range(lines.len(), step);
    let width = terminal::stdout_width();
    let shown: Vec<String> = lines[range.clone()].iter().map(|line| table_view::clip(line, width)).collect();
    let n_lines = numbers::counted(lines.len() as u64, "line");
    format!("{}\nJSON, lines {} to {} of {n_lines}", shown.join("\n"), range.start + 1, range.end)
}

fn since_the_last_save(found: &[Difference]) -> String {
    if found.is_empty() {
        return "since the last save: the same rows".into();
    }
    let named: Vec<String> = found.iter().take(MAX_DIFFERENCES).map(differences::sentence).collect();
    let more = match found.len().saturating_sub(MAX_DIFFERENCES) {
        0 => String::new(),
        n => format!("\n  … and {} more", numbers::count(n as u64)),
    };
    format!("since the last save:\n  {}{more}", named.join("\n  "))
}

fn timing(elapsed: Elapsed) -> String {
    let Elapsed { load, page, convert } = elapsed;
    let millis = |duration: std::time::Duration| duration.as_millis();
    format!(
        "table in {} ms (files {}, page {}, converter {})",
        millis(load + page + convert),
        millis(load),
        millis(page),
        millis(convert)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_within_what_there_is() {
        let mut view = View::new(Some(10));
        assert_eq!(view.range(25, 10), 0..10);
        view.next();
        view.next();
        assert_eq!(view.range(25, 10), 20..25);
        view.next();
        assert_eq!(view.range(25, 10), 20..25);
        view.previous();
        assert_eq!(view.range(25, 10), 10..20);
        assert_eq!(view.range(4, 10), 0..4);
        view.next();
        assert_eq!(view.range(0, 10), 0..0);
    }
}
