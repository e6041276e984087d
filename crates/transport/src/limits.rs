//! The `limits` section.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use pipeline_config::{Field, Section, Shape};
use url::Url;

/// The keys of `limits`.
pub const LIMITS_FIELDS: &[Field] = &[
    Field::default(
        "requests_per_second",
        Shape::Integer(1, 100_000),
        "10",
        "How many requests may start in a second; as many may start at once after a rest.",
    ),
    Field::optional(
        "requests_per_minute",
        Shape::Integer(1, 1_000_000),
        "The same for servers that count by the minute; the stricter one holds.",
    ),
    Field::default(
        "concurrency",
        Shape::Integer(1, 1000),
        "8",
        "How many requests may be under way at once.",
    ),
    Field::default("connect_timeout", Shape::Duration, "10s", "How long connecting may take."),
    Field::default("read_timeout", Shape::Duration, "30s", "How long the server may be silent."),
    Field::default(
        "timeout",
        Shape::Duration,
        "2m",
        "How long one attempt may take from start to last byte.",
    ),
    Field::default("max_response", Shape::ByteSize, "64MiB", "The largest response, after decompression."),
    Field::default(
        "read_ahead",
        Shape::ByteSize,
        "64MiB",
        "How many bytes of pages may wait for their turn where windows or child requests run side by side.",
    ),
    Field::default(
        "max_wait",
        Shape::Duration,
        "1h",
        "The longest that a request waits for a server that asks for patience; beyond it the run ends, to be resumed.",
    ),
    Field::default(
        "max_attempts",
        Shape::Integer(1, 100),
        "5",
        "How often a request is sent before giving up.",
    ),
    Field::default(
        "backoff",
        Shape::Duration,
        "2s",
        "The wait before the second attempt where the server names none; it doubles with each attempt, up to 30 s.",
    ),
    Field::optional("proxy", Shape::Url, "The proxy, in place of those that the environment names."),
    Field::optional("ca_file", Shape::Text, "A PEM file of further certificate authorities to trust."),
];

/// How many requests may start in how much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: NonZeroU32,
    /// In how long.
    pub per: Duration,
}

/// What a client may ask of a server, and of our patience.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How many requests may start; all of these hold.
    pub rates: Vec<Rate>,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// For connecting.
    pub connect_timeout: Duration,
    /// For the silence between two pieces of an answer.
    pub read_timeout: Duration,
    /// For one attempt, from start to last byte.
    pub timeout: Duration,
    /// Bytes after decompression.
    pub max_response: u64,
    /// Bytes of pages that wait for their turn.
    pub read_ahead: u64,
    /// For all waits of one request.
    pub max_wait: Duration,
    /// How often a request is sent.
    pub max_attempts: u32,
    /// The first wait between attempts.
    pub backoff: Duration,
    /// In place of the environment's.
    pub proxy: Option<Url>,
    /// PEM.
    pub ca_file: Option<PathBuf>,
}

impl Default for Limits {
    /// What an empty `limits` section means.
    fn default() -> Self {
        Self {
            rates: vec![Rate::per_second(NonZeroU32::MIN.saturating_add(9))],
            concurrency: 8,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(120),
            max_response: 64 << 20,
            read_ahead: 64 << 20,
            max_wait: Duration::from_secs(3600),
            max_attempts: 5,
            backoff: Duration::from_secs(2),
            proxy: None,
            ca_file: None,
        }
    }
}

impl Rate {
    /// So many in a second.
    pub fn per_second(requests: NonZeroU32) -> Self {
        Self { requests, per: Duration::from_secs(1) }
    }
}

impl Limits {
    /// Reads a section that was held against [`LIMITS_FIELDS`].
    pub fn read(section: &Section<'_>) -> Self {
        let default = Self::default();
        let rate = |name: &str, seconds: u64| {
            let requests = NonZeroU32::new(u32::try_from(section.integer(name)?).ok()?)?;
            Some(Rate { requests, per: Duration::from_secs(seconds) })
        };
        let timeout = |name: &str, default: Duration| match section.duration(name) {
            Some(Duration::ZERO) => {
                let message = format!("`{name}` must be longer than nothing");
                section.reader().report(section.error("D006", name, message));
                default
            }
            Some(duration) => duration,
            None => default,
        };
        let count = |name: &str, default: u64| section.integer(name).unwrap_or(default);
        Self {
            rates: [rate("requests_per_second", 1), rate("requests_per_minute", 60)]
                .into_iter()
                .flatten()
                .collect(),
            concurrency: count("concurrency", default.concurrency as u64) as usize,
            connect_timeout: timeout("connect_timeout", default.connect_timeout),
            read_timeout: timeout("read_timeout", default.read_timeout),
            timeout: timeout("timeout", default.timeout),
            max_response: section.byte_size("max_response").unwrap_or(default.max_response),
            read_ahead: section.byte_size("read_ahead").unwrap_or(default.read_ahead),
            max_wait: section.duration("max_wait").unwrap_or(default.max_wait),
            max_attempts: count("max_attempts", u64::from(default.max_attempts)) as u32,
            backoff: timeout("backoff", default.backoff),
            proxy: section.optional_text("proxy").and_then(|text| text.parse().ok()),
            ca_file: section.path("ca_file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline_config::{Environment, Reader, Style};

    fn read(text: &str) -> (Limits, String) {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("limits.yaml", text).unwrap();
        let limits = Limits::read(&Section::read(&reader, &node, LIMITS_FIELDS));
        (limits, reader.render(Style::Plain))
    }

    #[test]
    fn an_empty_section_is_the_default() {
        assert_eq!(read("{}"), (Limits::default(), String::new()));
    }

    #[test]
    fn every_key_is_read() {
        let (limits, messages) = read(
            "{requests_per_second: 3, requests_per_minute: 90, concurrency: 2, timeout: 5s, connect_timeout: 1s, \
             read_timeout: 2s, max_response: 1MiB, max_wait: 0s, max_attempts: 1, backoff: 1s, read_ahead: 1KiB, proxy: 'http://proxy:3128', ca_file: ca.pem}",
        );
        assert_eq!(messages, "");
        let expected = Limits {
            rates: vec![
                Rate::per_second(NonZeroU32::new(3).unwrap()),
                Rate { requests: NonZeroU32::new(90).unwrap(), per: Duration::from_secs(60) },
            ],
            concurrency: 2,
            connect_timeout: Duration::from_secs(1),
            read_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            max_response: 1 << 20,
            read_ahead: 1024,
            max_wait: Duration::ZERO,
            max_attempts: 1,
            backoff: Duration::from_secs(1),
            proxy: Some("http://proxy:3128".parse().unwrap()),
            ca_file: Some("ca.pem".into()),
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn t001_a_timeout_of_nothing_is_refused() {
        let (_, messages) = read("{timeout: 0s}");
        assert!(messages.contains("D006") && messages.contains("`timeout`"), "{messages}");
    }
}
