//! `incremental`: ask only for what has changed since the last run.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline_config::{Diagnostic, Field, Part, Reader, Section, Shape, Span, Template, utc};

use crate::values::Values;

/// The keys of `incremental`.
pub(crate) const INCREMENTAL_FIELDS: &[Field] = &[
    Field::optional(
        "column",
        Shape::Text,
        "The column of the rows that grows with each change. The next run begins at its greatest value; without it, \
         when this run began.",
    ),
    Field::optional(
        "field",
        Shape::Text,
        "What the server calls it in conditions, for `${window.jql}`; without it like `column`.",
    ),
    Field::default(
        "type",
        Shape::OneOf(&["time", "integer"]),
        "time",
        "What the column holds: times (or text that is one), or whole numbers such as ids.",
    ),
    Field::optional(
        "lookback",
        Shape::Text,
        "How far before the end of the last run to begin, for rows that come late: a time such as `5m`, which is the \
         default for times, or a number. Rows that are there already are not written twice.",
    ),
    Field::optional(
        "initial",
        Shape::Text,
        "Where the first run begins: a date, a time or a number. Without it the first run reads everything.",
    ),
    Field::optional(
        "key",
        Shape::List(&Shape::Text),
        "What names a row, so that one that comes again with the same `column` is left out; with `mode: append` only, \
         for `upsert` has a `key` of its own.",
    ),
];

/// The names after `window.`.
const WINDOW_NAMES: [&str; 9] =
    ["from", "to", "from_ms", "to_ms", "from_s", "to_s", "from_date", "to_date", "jql"];

/// Eventual consistency, and clocks that differ a little.
const DEFAULT_LOOKBACK: Duration = Duration::from_secs(300);

/// How a query asks for changes only.
#[derive(Debug, Clone)]
pub struct Incremental {
    /// The column whose greatest value is the next cursor; without one it is the start of the run.
    pub column: Option<String>,
    /// What names a row.
    pub key: Vec<String>,
    kind: CursorKind,
    field: String,
    lookback: i64,
    initial: Option<Cursor>,
}

/// What becomes of a text of a query whose placeholders are all empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenEmpty {
    /// It is sent as it is.
    Sent,
    /// Its parameter or header is left out, where nothing but placeholders stand in it.
    LeftOut,
}

/// What cursors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorKind {
    /// Points in time.
    Time,
    /// Whole numbers.
    Integer,
}

/// Up to where rows have been read: microseconds since 1970 in UTC, or a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(i64);

/// What one run asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// From here on, itself included; everything without it.
    pub from: Option<Cursor>,
    /// Up to here, itself not included. Fixed when the run begins.
    pub to: Option<Cursor>,
    /// Where the last run ended, before the look-back.
    pub cursor: Option<Cursor>,
}

impl Cursor {
    /// Nothing is before 1970 and before 0, as far as APIs go.
    pub const BEGINNING: Self = Self(0);

    /// A point in time.
    pub fn at(time: Timestamp) -> Self {
        Self(utc::micros_of(time))
    }

    /// Reads a cursor as [`shown`](Self::shown) writes it, or as people write dates.
    ///
    /// `None` when the text is neither.
    pub fn parse(text: &str, kind: CursorKind) -> Option<Self> {
        let text = text.trim();
        match kind {
            CursorKind::Integer => text.parse().ok().map(Self),
            CursorKind::Time => utc::parse_any(text).map(Self),
        }
    }

    /// The one that comes after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// As text: RFC 3339 in UTC, or digits.
    pub fn shown(self, kind: CursorKind) -> String {
        match kind {
            CursorKind::Integer => self.0.to_string(),
            CursorKind::Time => utc::to_text(self.0),
        }
    }

    /// The time that is so much earlier; for cursors that are times.
    #[must_use]
    pub fn earlier(self, by: std::time::Duration) -> Self {
        self.before(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
    }

    /// The cursor `lookback` before this one; it stays within what can be written.
    fn before(self, lookback: i64) -> Self {
        Self(self.0.saturating_sub(lookback))
    }

    /// The day in UTC, as `2024-11-29`.
    fn date(self) -> String {
        let mut text = utc::to_text(self.0);
        text.truncate(text.find('T').unwrap_or(text.len()));
        text
    }
}

impl Incremental {
    pub(crate) fn read(query: &Section<'_>) -> Option<Self> {
        let section = query.section("incremental", INCREMENTAL_FIELDS)?;
        let reader = section.reader();
        let kind = if section.text("type") == "integer" { CursorKind::Integer } else { CursorKind::Time };
        let column = section.optional_text("column");
        if kind == CursorKind::Integer && column.is_none() {
            let error = section.error("Q009", "type", "whole numbers are read from a `column`");
            reader
                .report(error.help("add `column:`, or use `type: time`, which may go by the start of runs"));
        }
        let lookback = section.optional_text("lookback").and_then(|text| {
            let read = match kind {
                CursorKind::Integer => text.parse::<u32>().ok().map(i64::from),
                CursorKind::Time => humantime_micros(&text),
            };
            if read.is_none() {
                let what = if kind == CursorKind::Integer {
                    "a whole number"
                } else {
                    "a length of time such as `5m`"
                };
                reader.report(section.error("Q009", "lookback", format!("`{text}` is not {what}")));
            }
            read
        });
        let initial = section.optional_text("initial").and_then(|text| {
            let read = Cursor::parse(&text, kind);
            if read.is_none() {
                let what = if kind == CursorKind::Integer { "a whole number" } else { "a date or a time" };
                reader.report(section.error("Q009", "initial", format!("`{text}` is not {what}")));
            }
            read
        });
        let default = match kind {
            CursorKind::Integer => 0,
            CursorKind::Time => DEFAULT_LOOKBACK.as_micros() as i64,
        };
        Some(Self {
            field: section.optional_text("field").or_else(|| column.clone()).unwrap_or_default(),
            key: section.texts("key").into_iter().map(|text| text.value).collect(),
            column,
            kind,
            lookback: lookback.unwrap_or(default),
            initial,
        })
    }

    /// What cursors are.
    pub fn kind(&self) -> CursorKind {
        self.kind
    }

    /// Where the first run begins.
    pub fn initial(&self) -> Option<Cursor> {
        self.initial
    }

    /// A sentence about what a run asks for.
    pub fn sentence(&self) -> String {
        let begins = match &self.column {
            Some(column) => format!("the greatest `{column}` of the rows that are there"),
            None => "the start of the last run".to_owned(),
        };
        let less = match (self.kind, u64::try_from(self.lookback)) {
            (_, Ok(0) | Err(_)) => String::new(),
            (CursorKind::Time, Ok(micros)) => {
                format!(", less {}", humantime::format_duration(Duration::from_micros(micros)))
            }
            (CursorKind::Integer, Ok(n)) => format!(", less {n}"),
        };
        let first = match self.initial {
            Some(cursor) => format!("the first run begins at {}", cursor.shown(self.kind)),
            None => "the first run asks for everything".to_owned(),
        };
        format!("only what has changed: a run begins at {begins}{less}; {first}")
    }

    /// What a run asks for that begins at `now` and goes on at `cursor`.
    pub fn range(&self, cursor: Option<Cursor>, now: Timestamp) -> Range {
        Range {
            from: cursor.map(|cursor| cursor.before(self.lookback)).or(self.initial),
            to: (self.kind == CursorKind::Time).then(|| Cursor::at(now)),
            cursor,
        }
    }

    /// Where rows count as seen: what is before it will not be asked for again.
    pub fn horizon(&self, cursor: Cursor) -> Cursor {
        cursor.before(self.lookback)
    }

    /// `values` with those of a range.
    #[must_use]
    pub fn values(&self, values: &Values, range: &Range) -> Values {
        let mut values = values.clone();
        for name in WINDOW_NAMES {
            values = values.with("window", name, self.value(name, range));
        }
        ["from_ms", "to_ms", "from_s", "to_s"].iter().for_each(|name| values.set_bare("window", name));
        if self.kind == CursorKind::Integer {
            ["from", "to"].iter().for_each(|name| values.set_bare("window", name));
            values.set_bare("state", "cursor");
        }
        // Where the first run begins is the cursor that it goes on from.
        let cursor = range.cursor.or(range.from);
        values.with("state", "cursor", cursor.map_or(String::new(), |cursor| cursor.shown(self.kind)))
    }

    fn value(&self, name: &str, range: &Range) -> String {
        if name == "jql" {
            return self.condition(range);
        }
        let (end, format) = name.split_once('_').unwrap_or((name, ""));
        let cursor = match end {
            "from" => range.from.unwrap_or(Cursor::BEGINNING),
            _ => match range.to {
                Some(to) => to,
                None => return String::new(),
            },
        };
        match (self.kind, format) {
            (CursorKind::Integer, _) | (CursorKind::Time, "") => cursor.shown(self.kind),
            (CursorKind::Time, "ms") => cursor.0.div_euclid(1000).to_string(),
            (CursorKind::Time, "s") => cursor.0.div_euclid(1_000_000).to_string(),
            (CursorKind::Time, _) => cursor.date(),
        }
    }

    /// The condition in JQL: milliseconds since 1970, the only form that does not depend on the time zone of the
    /// account and is not cut to minutes.
    fn condition(&self, range: &Range) -> String {
        let field = match self.field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            true => self.field.clone(),
            false => format!("\"{}\"", self.field.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        let shown = |cursor: Cursor| match self.kind {
            CursorKind::Time => cursor.0.div_euclid(1000).to_string(),
            CursorKind::Integer => cursor.shown(self.kind),
        };
        let from = range.from.map(|from| format!("{field} >= {}", shown(from)));
        let to = range.to.map(|to| format!("{field} < {}", shown(to)));
        match (from, to) {
            (Some(from), Some(to)) => format!("{from} AND {to}"),
            (from, to) => from.or(to).unwrap_or_else(|| format!("{field} >= 0")),
        }
    }

    /// Reports `${state.cursor}` in a text that would be sent with a hole in it by a first run.
    pub(crate) fn report_empty_cursor(
        &self,
        reader: &Reader,
        (template, span): (&Template, Span),
        when_empty: WhenEmpty,
    ) {
        let is_cursor = |part: &Part| matches!(part, Part::Placeholder { scope, name, .. } if scope == "state" && name == "cursor");
        let is_left_out = when_empty == WhenEmpty::LeftOut
            && template.parts.iter().all(|part| matches!(part, Part::Placeholder { .. }));
        if self.initial.is_some() || is_left_out || !template.parts.iter().any(is_cursor) {
            return;
        }
        let message = "the first run has no `${state.cursor}` to put here";
        reader.report(Diagnostic::error("Q009", span, message).help(
            "say where the first run begins, as `incremental: { initial: 2024-01-01 }`, or write `${window.from}`",
        ));
    }

    /// Values of the window that begins on this day after 1970 and lasts none; to see what difference they make.
    pub(crate) fn example(&self, values: &Values, day: i64) -> Values {
        let cursor = Some(Cursor(day * 86_400_000_000));
        self.values(values, &Range { from: cursor, to: cursor, cursor })
    }

    /// Cuts `from` to `to` into windows of this length.
    ///
    /// # Errors
    /// When there would be too many of them, or the length is none.
    pub fn cut(&self, (from, to): (Cursor, Cursor), every: Option<Duration>) -> Result<Vec<Range>, String> {
        /// More are a mistake in the length.
        const MAX_WINDOWS: i64 = 100_000;
        if from >= to {
            return Err("the window ends before it begins".into());
        }
        let step = every.map_or(i64::MAX, |every| SignedDuration::try_from(every).map_or(i64::MAX, micros));
        if step <= 0 {
            return Err("the length of a window must be more than nothing".into());
        }
        if (to.0 - from.0) / step >= MAX_WINDOWS {
            return Err(format!("there would be more than {MAX_WINDOWS} windows; make them longer"));
        }
        let mut ranges = Vec::new();
        let mut at = from;
        while at < to {
            let next = Cursor(at.0.saturating_add(step)).min(to);
            ranges.push(Range { from: Some(at), to: Some(next), cursor: Some(at) });
            at = next;
        }
        Ok(ranges)
    }
}

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn humantime_micros(text: &str) -> Option<i64> {
    let duration = humantime::parse_duration(text).ok()?;
    i64::try_from(duration.as_micros()).ok()
}

/// `values` and the names that `incremental` brings, without values.
pub(crate) fn with_window_names(values: &Values) -> Values {
    let known = WINDOW_NAMES.iter().fold(values.clone(), |known, name| known.with("window", name, ""));
    known.with("state", "cursor", "")
}

#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Reader, Style};

    use super::*;
    use crate::{QUERY_FIELDS, Query};

    fn query(yaml: &str) -> Result<Query, String> {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("query.yaml", yaml).unwrap();
        let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &Values::default());
        reader.finish(query, Style::Plain).map_err(|invalid| invalid.rendered)
    }

    fn filled(incremental: &str, template: &str, cursor: Option<&str>) -> String {
        let query = query(&format!("{{params: {{q: '{template}'}}, incremental: {incremental}}}")).unwrap();
        let incremental = query.incremental().unwrap();
        let cursor = cursor.map(|text| Cursor::parse(text, incremental.kind()).unwrap());
        let range = incremental.range(cursor, "2024-03-01T00:00:00Z".parse().unwrap());
        let ask = query.ask_without_position(&incremental.values(&Values::default(), &range));
        ask.params.first().map_or_else(|| "(left out)".into(), |(_, value)| value.clone())
    }

    #[test]
    fn windows_are_written_in_many_ways() {
        let cursor = Some("2024-02-29T23:10:00.5+0100");
        let check = |template: &str, first: &str, later: &str| {
            assert_eq!(filled("{column: Updated, field: updated}", template, None), first, "{template}");
            assert_eq!(filled("{column: Updated, field: updated}", template, cursor), later, "{template}");
        };
        check(
            "${window.jql}",
            "updated < 1709251200000",
            "updated >= 1709244300500 AND updated < 1709251200000",
        );
        check("${window.from}", "1970-01-01T00:00:00Z", "2024-02-29T22:05:00.5Z");
        check("${window.from_ms}..${window.to_ms}", "0..1709251200000", "1709244300500..1709251200000");
        check("${window.from_s}/${window.to_s}", "0/1709251200", "1709244300/1709251200");
        check("${window.from_date}/${window.to_date}", "1970-01-01/2024-03-01", "2024-02-29/2024-03-01");
        check("${state.cursor}", "(left out)", "2024-02-29T22:10:00.5Z");
    }

    #[test]
    fn the_first_run_may_begin_somewhere() {
        let check = |incremental: &str, template: &str, cursor: Option<&str>, expected: &str| {
            assert_eq!(filled(incremental, template, cursor), expected, "{incremental}");
        };
        check("{initial: 2024-01-01}", "${window.from}", None, "2024-01-01T00:00:00Z");
        check("{initial: 2024-01-01}", "since:${state.cursor}", None, "since:2024-01-01T00:00:00Z");
        check("{initial: 2024-01-01}", "${state.cursor}", Some("2024-02-02"), "2024-02-02T00:00:00Z");
        check("{column: id, type: integer, initial: 5}", "${state.cursor}", None, "5");
        check(
            "{initial: 2024-01-01, lookback: 1day}",
            "${window.from}",
            Some("2024-02-02"),
            "2024-02-01T00:00:00Z",
        );
        check("{column: id, type: integer}", "${window.from}", None, "0");
        check("{column: id, type: integer, lookback: 10}", "${window.from}", Some("1000"), "990");
        check("{column: my id, type: integer}", "${window.jql}", Some("7"), "\"my id\" >= 7");
    }

    #[test]
    fn mistakes_are_told() {
        let check = |incremental: &str, template: &str, expected: &str| {
            let error =
                query(&format!("{{params: {{q: '{template}'}}, incremental: {incremental}}}")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("{column: a, lookback: 5}", "${window.jql}", "`5` is not a length of time");
        check("{column: a, type: integer, lookback: 5m}", "${window.from}", "`5m` is not a whole number");
        check("{column: a, initial: soon}", "${window.from}", "`soon` is not a date or a time");
        check("{type: integer}", "${window.from}", "whole numbers are read from a `column`");
        check("{column: a}", "project = ABC", "asks for everything every time");
        check("{column: a}", "${window.jqlx}", "nothing is known as `${window.jqlx}`");
        let refused = |yaml: &str, expected: &[&str]| {
            let error = query(yaml).unwrap_err();
            assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        };
        let window =
            ["nothing is known as `${window.jql}`", "it comes with `incremental:", "`${window.from}`"];
        refused("{params: {q: '${window.jql}'}}", &window);
        refused(
            "{path: '/x/${state.cursor}'}",
            &["nothing is known as `${state.cursor}`", "`${window.from}`"],
        );
        refused("{path: '/x/${split.from}'}", &["`${split.from}`", "it comes with `split:"]);
        refused("{path: '/x/${each.key}'}", &["`${each.key}`", "it comes with `for_each:"]);
        let hole = ["the first run has no `${state.cursor}`", "initial: 2024-01-01"];
        check("{column: a}", "after ${state.cursor}", hole[0]);
        refused("{path: '/after/${state.cursor}', incremental: {column: a}}", &hole);
        refused("{method: POST, body: {after: '${state.cursor}'}, incremental: {column: a}}", &hole);
    }

    #[test]
    fn cursors_go_to_the_end_of_the_calendar() {
        for text in ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "+275760-09-13T00:00:00Z"] {
            let cursor = Cursor::parse(text, CursorKind::Time).unwrap();
            assert_eq!(cursor.shown(CursorKind::Time), text);
        }
        let end = Some("9999-12-31T23:59:59.5Z");
        assert_eq!(filled("{column: a, lookback: 0s}", "${window.from_ms}", end), "253402300799500");
        assert_eq!(filled("{column: a, lookback: 0s}", "${window.from_s}", end), "253402300799");
        assert_eq!(filled("{column: a, lookback: 0s}", "${window.from_date}", end), "9999-12-31");
        assert_eq!(
            filled("{column: a, lookback: 0s}", "${window.from}", Some("9999-12-31")),
            "9999-12-31T00:00:00Z"
        );
    }

    #[test]
    fn backfills_are_cut_without_gaps() {
        let query = query("{params: {q: '${window.jql}'}, incremental: {column: a}}").unwrap();
        let incremental = query.incremental().unwrap();
        let at = |text: &str| Cursor::parse(text, CursorKind::Time).unwrap();
        let ends = (at("2024-01-01"), at("2024-01-03T12:00:00Z"));
        let cut = incremental.cut(ends, Some(Duration::from_secs(86_400))).unwrap();
        let shown: Vec<_> = cut.iter().map(|range| range.from.unwrap().shown(CursorKind::Time)).collect();
        assert_eq!(shown, ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"]);
        assert!(cut.windows(2).all(|pair| pair[0].to == pair[1].from) && cut[2].to == Some(ends.1));
        assert_eq!(incremental.cut(ends, None).unwrap().len(), 1);
        assert!(incremental.cut((ends.1, ends.0), None).is_err());
        assert!(incremental.cut(ends, Some(Duration::ZERO)).is_err());
        assert!(incremental.cut(ends, Some(Duration::from_micros(1))).is_err());
    }
}
