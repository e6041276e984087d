//! Times as Jira writes them: in the time zone of the account that asks.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::put;

/// The account's offset. West of Greenwich and without summer time, so that a client which takes a JQL date
/// for UTC misses issues in every test, not only in some months.
const OFFSET: Offset = Offset::constant(-8);

/// Writes `2024-11-29T10:44:51.887-0800` in quotes; the offset has no colon (airbyte#48838).
pub(super) fn write_timestamp(out: &mut String, millis: i64) {
    let t = local(millis);
    put(
        out,
        format_args!(
            "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}-0800\"",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        ),
    );
}

/// Writes `2024-11-29` in quotes.
pub(super) fn write_date(out: &mut String, millis: i64) {
    let t = local(millis);
    put(out, format_args!("\"{:04}-{:02}-{:02}\"", t.year(), t.month(), t.day()));
}

/// The moment at which the account's clock shows `civil`; `None` outside the range of time stamps.
pub(crate) fn civil_to_millis(civil: DateTime) -> Option<i64> {
    OFFSET.to_timestamp(civil).ok().map(Timestamp::as_millisecond)
}

fn local(millis: i64) -> DateTime {
    OFFSET.to_datetime(Timestamp::from_millisecond(millis).unwrap_or_default())
}
