//! `split`: one query cut into windows of dates or numbers, each with pages of its own.

use pipeline_config::{Diagnostic, Field, Reader, Section, Shape, Span, Template, known_names, utc};

use crate::values::Values;

/// The keys of `split`.
pub(crate) const SPLIT_FIELDS: &[Field] = &[
    Field::required(
        "from",
        Shape::Template,
        "Where the first window begins: a whole number, a date such as `2024-01-31`, or a time such as \
         `2024-01-31T12:00:00Z`.",
    ),
    Field::default(
        "to",
        Shape::Template,
        "${run.started_at}",
        "Where the last window ends, itself not included. Rows beyond both ends are not asked for.",
    ),
    Field::optional("every", Shape::Text, "The length of a window: a number, or a time such as `30days`."),
    Field::optional("windows", Shape::Integer(1, MAX_WINDOWS), "How many windows, in place of `every`."),
    Field::optional(
        "format",
        Shape::OneOf(&[
            "number",
            "date",
            "timestamp",
            "timestamp_milliseconds",
            "epoch_seconds",
            "epoch_milliseconds",
        ]),
        "How `${split.from}`, `${split.to}` and `${split.last}` are written; without it like `from`. It also says how fine \
         `${split.last}` is: `timestamp` to the microsecond.",
    ),
];

/// The names after `split.`: where a window begins, where it ends, and the last value before its end.
pub(crate) const SPLIT_NAMES: [&str; 3] = ["from", "to", "last"];

/// More windows than this are a mistake in `every`.
const MAX_WINDOWS: u64 = 100_000;

const SECOND: i64 = 1_000_000;

const DAY: i64 = 86_400 * SECOND;

/// How a query is cut.
#[derive(Debug, Clone)]
pub(crate) struct Split {
    from: Template,
    to: Template,
    every: Option<String>,
    windows: Option<u64>,
    format: Option<Format>,
    span: Span,
}

/// One piece of a query: from its beginning up to, not including, its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// `${split.from}`.
    pub from: String,
    /// `${split.to}`, which is the next window's `from`.
    pub to: String,
    /// `${split.last}`, for servers whose ranges include their end.
    pub last: String,
    is_number: bool,
}

/// Why a query cannot be cut into windows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`split`: {0}")]
pub struct SplitError(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Number,
    Date,
    Timestamp,
    TimestampMilliseconds,
    EpochSeconds,
    EpochMilliseconds,
}

/// An end of the whole range, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    Number(i64),
    /// Microseconds since 1970, UTC.
    Date(i64),
    Time(i64),
}

impl Split {
    pub(crate) fn read(query: &Section<'_>) -> Option<Self> {
        let section = query.section("split", SPLIT_FIELDS)?;
        let (every, windows) = (section.optional_text("every"), section.integer("windows"));
        if every.is_some() == windows.is_some() {
            let error = section.error("Q007", "every", "a split has either `every` or `windows`");
            section.reader().report(error.help("`every: 30days` for dates, `every: 1000` for numbers"));
        }
        let format = section.optional_text("format");
        Some(Self {
            from: section.template("from")?,
            to: section.template("to")?,
            every,
            windows,
            format: format.and_then(|name| Format::parse(&name)),
            span: section.span(),
        })
    }

    /// Reports placeholders that nobody knows and, once all values are there, ends that make no range.
    pub(crate) fn report(&self, reader: &Reader, values: &Values) {
        for missing in [&self.from, &self.to].into_iter().flat_map(|template| values.missing(template)) {
            let names = values.names();
            let error = Diagnostic::error("Q001", self.span, format!("nothing is known as `${{{missing}}}`"));
            reader.report(error.help(known_names(&missing, names.iter().map(String::as_str))));
        }
        let has_length = self.every.is_some() != self.windows.is_some();
        let filled = |template| !values.fill(template, str::to_owned).is_empty();
        if has_length
            && filled(&self.from)
            && filled(&self.to)
            && let Err(error) = self.windows(values)
        {
            reader.report(Diagnostic::error("Q008", self.span, error.to_string()));
        }
    }

    /// The windows, in order, without gaps.
    pub(crate) fn windows(&self, values: &Values) -> Result<Vec<Window>, SplitError> {
        let point = |template| Point::parse(&values.fill(template, str::to_owned));
        let (from, to) = (point(&self.from)?, point(&self.to)?);
        let format = self.format.unwrap_or(match from {
            Point::Number(_) => Format::Number,
            Point::Date(_) => Format::Date,
            Point::Time(_) => Format::Timestamp,
        });
        if [from, to].iter().any(|point| point.is_number() != (format == Format::Number)) {
            return Err(SplitError(
                "`from`, `to` and `format` must all be numbers, or all dates and times".into(),
            ));
        }
        let unit = format.unit();
        let (start, end) = (from.value().div_euclid(unit) * unit, round_up(to.value(), unit));
        if start > end {
            return Err(SplitError("`from` comes after `to`".into()));
        }
        let step = self.step(format, end - start)?;
        if (end - start) / step >= MAX_WINDOWS as i64 {
            return Err(SplitError(format!(
                "there would be more than {MAX_WINDOWS} windows; make `every` longer"
            )));
        }
        let mut windows = Vec::new();
        let mut at = start;
        while at < end {
            let next = at.saturating_add(step).min(end);
            windows.push(Window {
                from: format.write(at)?,
                to: format.write(next)?,
                last: format.write(next - unit)?,
                is_number: !matches!(
                    format,
                    Format::Date | Format::Timestamp | Format::TimestampMilliseconds
                ),
            });
            at = next;
        }
        Ok(windows)
    }

    /// The length of a window, in the unit of points.
    fn step(&self, format: Format, length: i64) -> Result<i64, SplitError> {
        let unit = format.unit();
        let Some(every) = &self.every else {
            let n_windows = self.windows.unwrap_or(1) as i64;
            return Ok(round_up(length / n_windows + i64::from(length % n_windows != 0), unit).max(unit));
        };
        let wrong = |what: &str| SplitError(format!("`every: {every}` is not {what}"));
        let step = match format {
            Format::Number => every.parse().map_err(|_| wrong("a whole number"))?,
            _ => {
                let length = humantime::parse_duration(every).map_err(|_| wrong("a length of time"))?;
                i64::try_from(length.as_micros()).map_err(|_| wrong("a length of time"))?
            }
        };
        if step < unit || step % unit != 0 {
            return Err(wrong(match format {
                Format::Date => "a number of whole days",
                Format::EpochSeconds => "a number of whole seconds",
                Format::EpochMilliseconds | Format::TimestampMilliseconds => "a number of whole milliseconds",
                _ => "longer than nothing",
            }));
        }
        Ok(step)
    }
}

fn round_up(value: i64, unit: i64) -> i64 {
    value.saturating_add(unit - 1).div_euclid(unit).saturating_mul(unit)
}

impl Window {
    /// `values` and this window's own.
    pub fn values(&self, values: &Values) -> Values {
        let mut values = values
            .with("split", "from", self.from.as_str())
            .with("split", "to", self.to.as_str())
            .with("split", "last", self.last.as_str());
        if self.is_number {
            SPLIT_NAMES.iter().for_each(|name| values.set_bare("split", name));
        }
        values
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl Format {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "number" => Self::Number,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamp_milliseconds" => Self::TimestampMilliseconds,
            "epoch_seconds" => Self::EpochSeconds,
            "epoch_milliseconds" => Self::EpochMilliseconds,
            _ => return None,
        })
    }

    /// The smallest step it can express.
    fn unit(self) -> i64 {
        match self {
            Self::Number | Self::Timestamp => 1,
            Self::TimestampMilliseconds | Self::EpochMilliseconds => 1000,
            Self::EpochSeconds => SECOND,
            Self::Date => DAY,
        }
    }

    fn write(self, value: i64) -> Result<String, SplitError> {
        let time = |n_digits: Option<usize>| {
            let mut text = String::new();
            utc::push(value, n_digits, &mut text);
            let is_beyond = text.starts_with('+');
            if is_beyond {
                Err(SplitError("a window would end beyond the year 9999".into()))
            } else {
                Ok(text)
            }
        };
        Ok(match self {
            Self::Number => value.to_string(),
            Self::EpochMilliseconds => value.div_euclid(1000).to_string(),
            Self::EpochSeconds => value.div_euclid(SECOND).to_string(),
            Self::Timestamp => time(None)?,
            Self::TimestampMilliseconds => time(Some(3))?,
            Self::Date => time(None)?.trim_end_matches("T00:00:00Z").to_owned(),
        })
    }
}

impl Point {
    fn parse(text: &str) -> Result<Self, SplitError> {
        let text = text.trim();
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        // A time needs an offset, and a date refuses one, so that neither is taken for the other.
        if let Ok(micros) = utc::parse(text) {
            return Ok(Self::Time(micros));
        }
        utc::parse_date(text).map(Self::Date).map_err(|_| {
            SplitError(format!("`{text}` is neither a whole number, nor a date, nor a time with its offset"))
        })
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Number(_))
    }

    fn value(self) -> i64 {
        match self {
            Self::Number(value) | Self::Date(value) | Self::Time(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Style};

    use super::*;

    fn windows(split: &str) -> Result<Vec<(String, String, String)>, String> {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("query.yaml", &format!("split: {split}")).unwrap();
        let section = Section::read(&reader, &node, crate::QUERY_FIELDS);
        let split = reader.finish(Split::read(&section), Style::Plain).unwrap();
        let values = Values::new([("run", "started_at", "2024-03-02T10:30:00.5Z"), ("param", "n", "10")]);
        let windows = split.windows(&values).map_err(|error| error.to_string())?;
        Ok(windows.into_iter().map(|window| (window.from, window.to, window.last)).collect())
    }

    #[test]
    fn cuts_ranges_without_gaps() {
        let check = |split: &str, expected: &[(&str, &str, &str)]| {
            let expected: Vec<_> =
                expected.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect();
            assert_eq!(windows(split), Ok(expected), "{split}");
        };
        check("{from: 0, to: '${param.n}', every: 4}", &[("0", "4", "3"), ("4", "8", "7"), ("8", "10", "9")]);
        check("{from: 1, to: 8, windows: 2}", &[("1", "5", "4"), ("5", "8", "7")]);
        check("{from: 5, to: 5, every: 1}", &[]);
        check(
            "{from: 2024-02-28, to: 2024-03-02, every: 2days}",
            &[("2024-02-28", "2024-03-01", "2024-02-29"), ("2024-03-01", "2024-03-02", "2024-03-01")],
        );
        check(
            "{from: 9999-12-30, to: 9999-12-31, windows: 1}",
            &[("9999-12-30", "9999-12-31", "9999-12-30")],
        );
        // The day of the run is in.
        check("{from: 2024-03-01, windows: 1}", &[("2024-03-01", "2024-03-03", "2024-03-02")]);
        check(
            "{from: '2024-03-02T10:00:00Z', every: 20m}",
            &[
                ("2024-03-02T10:00:00Z", "2024-03-02T10:20:00Z", "2024-03-02T10:19:59.999999Z"),
                ("2024-03-02T10:20:00Z", "2024-03-02T10:30:00.5Z", "2024-03-02T10:30:00.499999Z"),
            ],
        );
        // As fine as our own times, however the ends are written.
        check(
            "{from: '2024-03-02T10:29:59.000Z', to: '2024-03-02T10:30:00.1234567Z', windows: 1}",
            &[("2024-03-02T10:29:59Z", "2024-03-02T10:30:00.123456Z", "2024-03-02T10:30:00.123455Z")],
        );
        // For servers that know milliseconds; the end is rounded up, so that nothing before it is left out.
        check(
            "{from: '2024-03-02T10:29:00Z', to: '2024-03-02T10:30:00.1234Z', windows: 1, format: timestamp_milliseconds}",
            &[("2024-03-02T10:29:00.000Z", "2024-03-02T10:30:00.124Z", "2024-03-02T10:30:00.123Z")],
        );
        check(
            "{from: 2024-03-01, to: 2024-03-02, windows: 1, format: timestamp}",
            &[("2024-03-01T00:00:00Z", "2024-03-02T00:00:00Z", "2024-03-01T23:59:59.999999Z")],
        );
        check(
            "{from: 1970-01-02, to: 1970-01-03, every: 12h, format: epoch_milliseconds}",
            &[("86400000", "129600000", "129599999"), ("129600000", "172800000", "172799999")],
        );
        check(
            "{from: 1970-01-02, to: 1970-01-03, windows: 1, format: epoch_seconds}",
            &[("86400", "172800", "172799")],
        );
    }

    #[test]
    fn says_what_is_wrong() {
        let check = |split: &str, expected: &str| {
            let error = windows(split).unwrap_err();
            assert!(error.contains(expected), "{split}: {error}");
        };
        check("{from: soon, to: 5, every: 1}", "`soon` is neither");
        check("{from: 9, to: 5, every: 1}", "after `to`");
        check("{from: 1, every: 1}", "must all be numbers");
        check("{from: 1, to: 5, every: 0}", "longer than nothing");
        check("{from: 1, to: 5, every: 1h}", "not a whole number");
        check("{from: 2024-01-01, every: 36h}", "whole days");
        check("{from: 2024-01-01, every: 5us, format: epoch_milliseconds}", "whole milliseconds");
        check("{from: 9999-12-30, to: '9999-12-31T01:00:00Z', windows: 1}", "beyond the year 9999");
        check("{from: 0, to: 10000000, every: 1}", "more than 100000 windows");
    }

    proptest::proptest! {
        #[test]
        fn windows_cover_everything_once(from in -1000_i64..1000, length in 0_i64..1000, every in 1_i64..300) {
            let split = format!("{{from: {from}, to: {}, every: {every}}}", from + length);
            let mut at = from;
            for (window_from, window_to, _) in windows(&split).unwrap() {
                proptest::prop_assert_eq!(window_from.parse::<i64>().unwrap(), at);
                at = window_to.parse().unwrap();
            }
            proptest::prop_assert_eq!(at, from + length);
        }
    }
}
