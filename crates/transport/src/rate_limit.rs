//! What a server says about how long to wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

use crate::{
    clock::{later, until},
    headers::Headers,
};

/// What the headers of a refusal say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RateLimit {
    /// `Retry-After`: wait at least this long.
    pub(crate) retry_after: Option<Duration>,
    /// When the used-up limit is filled again.
    pub(crate) reset_after: Option<Duration>,
    /// Whether a limit over a long time is used up, not just a burst too many.
    pub(crate) is_quota: bool,
    /// Whether the server says that nothing is left.
    pub(crate) is_exhausted: bool,
}

impl RateLimit {
    /// Reads the headers of an answer that arrived at `now`.
    pub(crate) fn read(headers: &Headers, now: Timestamp) -> Self {
        // Times are on the server's clock; with its `Date` a wrong clock here does no harm.
        let server_now = headers.get("date").and_then(http_date).unwrap_or(now);
        let reset = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"]
            .into_iter()
            .find_map(|name| moment(headers.get(name)?, server_now));
        let reason = headers.get("ratelimit-reason").unwrap_or_default().to_ascii_lowercase();
        let remaining = ["x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"]
            .into_iter()
            .find_map(|name| headers.get(name));
        Self {
            retry_after: headers.get("retry-after").and_then(|value| retry_after(value, server_now)),
            reset_after: reset.or_else(|| structured_reset(headers)),
            is_quota: reason.contains("quota") || reason.contains("cost-based"),
            is_exhausted: remaining.is_some_and(|value| value.trim() == "0"),
        }
    }

    /// The least time to wait, if the server says any.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.retry_after.or(self.reset_after)
    }
}

/// RFC 9110 §10.2.3: seconds or a date. Some servers send fractions of seconds.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    seconds(value).or_else(|| Some(until(now, http_date(value)?)))
}

/// `X-RateLimit-Reset`: Atlassian sends ISO 8601, GitHub seconds since 1970, others milliseconds or the seconds left.
fn moment(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(time) = value.parse::<Timestamp>() {
        return Some(until(now, time));
    }
    if let Some(time) = without_seconds(value) {
        return Some(until(now, time));
    }
    let number = seconds(value)?;
    let epoch = match number.as_secs() {
        // Nobody makes us wait thirty years, so a small number is the time left, as in the RateLimit draft.
        0..1_000_000_000 => return Some(number),
        1_000_000_000..100_000_000_000 => number,
        _ => number / 1000,
    };
    Some(until(now, later(Timestamp::UNIX_EPOCH, epoch)))
}

/// `2026-03-02T11:00Z`, the form in Atlassian's documentation, which has no seconds.
fn without_seconds(value: &str) -> Option<Timestamp> {
    let (date, rest) = value.split_once('T')?;
    let (time, zone) = rest.split_at_checked(5)?;
    format!("{date}T{time}:00{zone}").parse().ok()
}

/// `RateLimit: "name";r=0;t=600` of the IETF draft, or `limit=10, remaining=0, reset=50` of its earlier versions.
fn structured_reset(headers: &Headers) -> Option<Duration> {
    let mut longest = None;
    for item in headers.get_all("ratelimit").flat_map(|value| value.split(',')) {
        let parameter = |name: &str| {
            item.split(';')
                .filter_map(|part| part.split_once('='))
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value)
        };
        // A limit with something left is not the one that refused us.
        let is_empty = parameter("r").is_none_or(|left| left.trim() == "0");
        let reset = parameter("t").filter(|_| is_empty).or_else(|| parameter("reset"));
        longest = longest.max(reset.and_then(seconds));
    }
    longest
}

/// A number that no `Duration` holds is a long wait as well, and not none.
fn seconds(value: &str) -> Option<Duration> {
    /// A thousand years.
    const LONGEST: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);
    let value = value.trim();
    // `inf` and `nan` are numbers for Rust alone.
    let number: f64 =
        value.parse().ok().filter(|_| !value.contains(|c: char| c.is_alphabetic() && c != 'e'))?;
    Some(Duration::try_from_secs_f64(number.max(0.0)).unwrap_or(LONGEST))
}

/// A time as headers have it (RFC 9110 §5.6.7).
pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    let time: SystemTime = httpdate::parse_http_date(value.trim()).ok()?;
    Some(later(Timestamp::UNIX_EPOCH, time.duration_since(UNIX_EPOCH).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], expected_seconds: Option<u64>) {
        let now = "2026-03-02T10:00:00Z".parse().unwrap();
        let read = RateLimit::read(&headers.iter().copied().collect(), now);
        assert_eq!(read.wait(), expected_seconds.map(Duration::from_secs), "{headers:?}");
    }

    #[test]
    fn reads_how_long_to_wait() {
        check(&[], None);
        check(&[("Retry-After", "7")], Some(7));
        check(&[("Retry-After", "-7")], Some(0));
        check(&[("Retry-After", "soon")], None);
        check(&[("Retry-After", "Mon, 02 Mar 2026 10:00:40 GMT")], Some(40));
        check(&[("Retry-After", "Mon, 02 Mar 2026 09:00:00 GMT")], Some(0));
        check(&[("X-RateLimit-Reset", "2026-03-02T11:00:00Z")], Some(3600));
        check(&[("X-RateLimit-Reset", "2026-03-02T11:00Z")], Some(3600));
        check(&[("X-RateLimit-Reset", "2026-03-02T12:00:00+01:00")], Some(3600));
        check(&[("X-RateLimit-Reset", "1772449200")], Some(3600));
        check(&[("X-RateLimit-Reset", "1772449200000")], Some(3600));
        check(&[("RateLimit-Reset", "50")], Some(50));
        check(&[("X-RateLimit-Reset", "later")], None);
        check(&[("RateLimit", "\"global-app-quota\";r=0;t=600,\"jira-burst-based\";r=50;t=900")], Some(600));
        check(&[("RateLimit", "\"a\";t=5"), ("RateLimit", "\"b\";t=6")], Some(6));
        check(&[("RateLimit", "limit=100, remaining=0, reset=50")], Some(50));
        check(&[("Retry-After", "7"), ("X-RateLimit-Reset", "1772449200")], Some(7));
    }

    #[test]
    fn a_number_that_nothing_holds_is_a_long_wait() {
        const LONGEST: u64 = 1000 * 365 * 24 * 60 * 60;
        for value in ["99999999999999999999", "1e300", &"9".repeat(400)] {
            check(&[("Retry-After", value)], Some(LONGEST));
            check(&[("RateLimit-Reset", value)], Some(LONGEST - 1_772_445_600));
        }
        check(&[("Retry-After", "inf")], None);
        check(&[("Retry-After", "nan")], None);
        check(&[("Retry-After", "1000000000")], Some(1_000_000_000));
        check(&[("Retry-After", &u64::MAX.to_string())], Some(LONGEST));
    }

    #[test]
    fn a_date_is_on_the_clock_of_the_server() {
        check(
            &[("Date", "Mon, 02 Mar 2026 12:00:00 GMT"), ("Retry-After", "Mon, 02 Mar 2026 12:00:40 GMT")],
            Some(40),
        );
        check(
            &[("Date", "Mon, 02 Mar 2026 12:00:00 GMT"), ("X-RateLimit-Reset", "2026-03-02T12:10:00Z")],
            Some(600),
        );
    }

    #[test]
    fn knows_a_quota_from_a_burst() {
        let check = |headers: &[(&str, &str)], expected: (bool, bool)| {
            let read = RateLimit::read(&headers.iter().copied().collect(), Timestamp::UNIX_EPOCH);
            assert_eq!((read.is_quota, read.is_exhausted), expected, "{headers:?}");
        };
        check(&[("RateLimit-Reason", "jira-quota-global-based")], (true, false));
        check(&[("RateLimit-Reason", "jira-cost-based")], (true, false));
        check(&[("RateLimit-Reason", "jira-burst-based")], (false, false));
        check(&[("X-RateLimit-Remaining", "0")], (false, true));
        check(&[("X-RateLimit-Remaining", "10")], (false, false));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(name in "(?i)(retry-after|x-ratelimit-reset|ratelimit|date)", value in "\\PC{0,40}|[0-9:TZ=;.e-]{0,30}") {
            RateLimit::read(&Headers::from_iter([(name, value)]), Timestamp::UNIX_EPOCH);
        }
    }
}
