//! Times around the moments at which clocks are set, against a search through every minute.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::DateTime, tz::TimeZone};

use super::Times;

/// Minutes and hours of an expression, with what is after them in it.
struct Pattern {
    cron: &'static str,
    minutes: Vec<i8>,
    /// None for every hour that passes.
    hours: Option<Vec<i8>>,
}

fn patterns() -> Vec<Pattern> {
    let pattern = |cron, minutes: &[i8], hours: &[i8]| Pattern {
        cron,
        minutes: minutes.to_vec(),
        hours: (!hours.is_empty()).then(|| hours.to_vec()),
    };
    let even: Vec<i8> = (0..24).step_by(2).collect();
    vec![
        pattern("30 2 * * *", &[30], &[2]),
        pattern("0,30 2 * * *", &[0, 30], &[2]),
        pattern("*/30 2 * * *", &[0, 30], &[2]),
        pattern("15-16 2 * * *", &[15, 16], &[2]),
        pattern("30 2,14 * * *", &[30], &[2, 14]),
        pattern("30 2-2 * * *", &[30], &[2]),
        pattern("30 1-3 * * *", &[30], &[1, 2, 3]),
        pattern("30 */2 * * *", &[30], &even),
        pattern("0,59 0,1,23 * * *", &[0, 59], &[0, 1, 23]),
        pattern("*/20 0-1 * * *", &[0, 20, 40], &[0, 1]),
        pattern("30 * * * *", &[30], &[]),
        pattern("15,45 0-23 * * *", &[15, 45], &[]),
        pattern("*/20 */1 * * *", &[0, 20, 40], &[]),
        pattern("@hourly", &[0], &[]),
        pattern("@daily", &[0], &[0]),
    ]
}

/// Two days, and the moments at which minutes of the clock begin, with what it shows then.
fn minutes(zone: &TimeZone, change: Timestamp) -> Vec<(Timestamp, DateTime)> {
    let begin = change - 24.hours();
    (0..48 * 60).map(|n| begin + SignedDuration::from_mins(n)).map(|at| (at, zone.to_datetime(at))).collect()
}

/// The times of the expression between the first minute and the last one.
fn searched(pattern: &Pattern, minutes: &[(Timestamp, DateTime)]) -> Vec<Timestamp> {
    let is_it = |shown: DateTime| {
        let is_hour = pattern.hours.as_ref().is_none_or(|hours| hours.contains(&shown.hour()));
        is_hour && pattern.minutes.contains(&shown.minute())
    };
    let mut found: Vec<Timestamp> = Vec::new();
    let mut furthest = minutes[0].1;
    for (at, shown) in &minutes[1..] {
        let comes_first = *shown > furthest;
        // All that the clock has passed over since the minute before, and what it shows.
        let mut passed = furthest + 1.minute();
        let mut is_due = pattern.hours.is_none() && is_it(*shown);
        while pattern.hours.is_some() && comes_first && passed <= *shown {
            is_due |= is_it(passed);
            passed += 1.minute();
        }
        furthest = furthest.max(*shown);
        found.extend(is_due.then_some(*at));
    }
    found
}

#[test]
fn each_time_comes_once_where_clocks_are_set_and_each_hour_that_passes_has_its_own() {
    let zones = [
        ("Europe/Berlin", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"][..]),
        ("America/New_York", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"]),
        // By half an hour.
        ("Australia/Lord_Howe", &["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"]),
        // At midnight.
        ("America/Santiago", &["2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"]),
        ("America/Havana", &["2026-03-08T05:00:00Z", "2026-11-01T05:00:00Z"]),
        // At 02:45, and whole days that were left out, and that came twice.
        ("Pacific/Chatham", &["2026-04-04T14:00:00Z", "2026-09-26T14:00:00Z"]),
        ("Pacific/Apia", &["2011-12-30T10:00:00Z"]),
        ("America/Juneau", &["1867-10-19T00:00:00Z"]),
        ("Asia/Kolkata", &["2026-03-29T00:00:00Z"]),
    ];
    for (name, changes) in zones {
        let zone = TimeZone::get(name).unwrap();
        for change in changes {
            let minutes = minutes(&zone, change.parse().unwrap());
            let (begin, end) = (minutes[0].0, minutes[minutes.len() - 1].0);
            for pattern in patterns() {
                let times = Times::parse(pattern.cron, zone.clone()).unwrap();
                let all = std::iter::successors(times.after(begin), |planned| times.after(planned.at));
                let found: Vec<Timestamp> =
                    all.map(|planned| planned.at).take_while(|at| *at <= end).collect();
                let about = format!("{} in {name}, {change}", pattern.cron);
                // Clocks showed seconds of their own before there were zones.
                if change.starts_with("1867") {
                    assert!(found.is_sorted() && !found.is_empty(), "{about}");
                    continue;
                }
                assert_eq!(found, searched(&pattern, &minutes), "{about}");
                // From within a minute as from its beginning.
                if let Some(at) = found.last() {
                    assert_eq!(times.after(*at - 1.nanosecond()).unwrap().at, *at, "{about}");
                }
            }
        }
    }
}
