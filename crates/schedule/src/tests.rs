use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan, ZonedDateTime, tz::TimeZone};
use pipeline_config::{Environment, Reader, Section, Style};
use proptest::prelude::*;

use super::{
    Action, CatchUp, Ended, Overlap, Planned, Reason, SCHEDULE_FIELDS, ScheduleSpec, Times, Timetable,
};

fn spec(yaml: &str) -> ScheduleSpec {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("p.yaml", yaml).unwrap();
    let section = Section::read(&reader, &node, SCHEDULE_FIELDS);
    let spec = ScheduleSpec::read(&section, "test");
    reader.finish(spec, Style::Plain).unwrap_or_else(|invalid| panic!("{}", invalid.rendered))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn started(actions: &[Action]) -> Option<(Planned, u32)> {
    actions.iter().find_map(|action| match action {
        Action::Start { planned, attempt } => Some((*planned, *attempt)),
        _ => None,
    })
}

/// A year of a server whose runs take `takes`: the planned times that were begun, as the clock on the wall shows them.
fn year(yaml: &str, takes: SignedDuration) -> Vec<ZonedDateTime> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let (mut now, end) = (at("2025-12-31T23:00:00Z"), at("2026-12-31T23:00:00Z"));
    // Midnight itself belongs to the year.
    let mut timetable = Timetable::new(spec(yaml), now, Some(now - 1.second()));
    let (mut begun, mut ends) = (Vec::new(), None::<Timestamp>);
    while now < end {
        let actions = match ends {
            Some(time) if time <= now => {
                ends = None;
                timetable.ended(now, Ended::Succeeded)
            }
            _ => timetable.tick(now),
        };
        if let Some((planned, _)) = started(&actions) {
            begun.push(planned.at.to_zoned_datetime(zone.clone()));
            ends = Some(now + takes);
        }
        now = timetable.wake_at().into_iter().chain(ends).min().unwrap().max(now);
    }
    begun
}

fn on<'z>(times: &'z [ZonedDateTime], date: &'z str) -> Vec<String> {
    let of_day = times.iter().filter(|time| time.date().to_string() == date);
    of_day.map(|time| time.strftime("%H:%M %Z").to_string()).collect()
}

#[test]
fn a_year_of_nights_has_each_night_once() {
    let yaml = "{ cron: '30 2 * * *', timezone: Europe/Berlin }";
    let times = year(yaml, SignedDuration::from_mins(10));
    assert_eq!(times.len(), 365);
    assert_eq!(on(&times, "2026-03-28"), ["02:30 CET"]);
    // 02:30 is left out: the first moment after the gap.
    assert_eq!(on(&times, "2026-03-29"), ["03:00 CEST"]);
    assert_eq!(on(&times, "2026-03-30"), ["02:30 CEST"]);
    // 02:30 comes twice.
    assert_eq!(on(&times, "2026-10-25"), ["02:30 CEST"]);
    assert_eq!(on(&times, "2026-10-26"), ["02:30 CET"]);
}

#[test]
fn a_year_of_quarters_of_an_hour_follows_the_length_of_each_day() {
    let times = year("{ cron: '*/15 * * * *', timezone: Europe/Berlin }", SignedDuration::from_secs(30));
    assert_eq!(times.len(), 365 * 96);
    assert_eq!(on(&times, "2026-03-29").len(), 23 * 4);
    assert_eq!(on(&times, "2026-10-25").len(), 25 * 4);
    let apart = times.windows(2).map(|pair| pair[1].timestamp().duration_since(pair[0].timestamp()));
    assert!(apart.into_iter().all(|apart| apart == SignedDuration::from_mins(15)));
}

#[test]
fn a_year_of_weekdays_and_of_last_days() {
    let nothing = SignedDuration::from_secs(1);
    assert_eq!(year("{ cron: '0 6 * * MON-FRI', timezone: Europe/Berlin }", nothing).len(), 261);
    let last = year("{ cron: '0 0 L * *', timezone: Europe/Berlin }", nothing);
    let days: Vec<i8> = last.iter().map(ZonedDateTime::day).collect();
    assert_eq!(days, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
}

#[test]
fn a_run_that_takes_too_long_is_skipped_over_or_waited_for() {
    let begun = |overlap: &str, takes| {
        year(&format!("{{ cron: '0 * * * *', overlap: {overlap} }}"), SignedDuration::from_mins(takes)).len()
    };
    // 90 minutes every hour: every other one can begin.
    assert_eq!(begun("skip", 90), 8760 / 2);
    // One after the other, as many as 90 minutes fit into the year.
    assert_eq!(begun("queue", 90), 8760 * 60 / 90);
    assert_eq!(begun("queue", 10), 8760);
}

#[test]
fn what_was_missed_is_made_up_for_as_asked() {
    let check = |catch_up: &str, expected: &[&str], n_missed: usize| {
        let spec = spec(&format!("{{ cron: '0 2 * * *', catch_up: {catch_up} }}"));
        // Down since the run of the 1st.
        let mut now = at("2026-05-04T09:00:00Z");
        let mut timetable = Timetable::new(spec, now, Some(at("2026-05-01T02:00:00Z")));
        let (mut begun, mut missed) = (Vec::new(), 0);
        let mut actions = timetable.tick(now);
        loop {
            let is_missed = |action: &&Action| matches!(action, Action::Skip { reason: Reason::Missed, .. });
            missed += actions.iter().filter(is_missed).count();
            let Some((planned, _)) = started(&actions) else { break };
            begun.push(planned.at.to_string());
            now += 1.minute();
            actions = timetable.ended(now, Ended::Succeeded);
        }
        assert_eq!(begun, expected, "{catch_up}");
        assert_eq!(missed, n_missed, "{catch_up}");
        assert_eq!(timetable.wake_at(), Some(at("2026-05-05T02:00:00Z")), "{catch_up}");
    };
    check("none", &[], 3);
    check("last", &["2026-05-04T02:00:00Z"], 2);
    check("all", &["2026-05-02T02:00:00Z", "2026-05-03T02:00:00Z", "2026-05-04T02:00:00Z"], 0);
}

#[test]
fn all_that_was_missed_is_made_up_for_with_the_one_whose_time_has_just_come() {
    for late in [0, 10, 59] {
        let mut now = at("2026-05-01T01:00:00Z") + late.seconds();
        let spec = spec("{ cron: '* * * * *', catch_up: all }");
        let mut timetable = Timetable::new(spec, now, Some(at("2026-05-01T00:00:00Z")));
        let (mut begun, mut actions) = (0, timetable.tick(now));
        while let Some((planned, _)) = started(&actions) {
            assert_eq!(actions.len(), 1, "{actions:?}");
            begun += 1;
            assert_eq!(planned.at, at("2026-05-01T00:00:00Z") + begun.minutes());
            now += 1.millisecond();
            actions = timetable.ended(now, Ended::Succeeded);
        }
        assert_eq!((begun, actions.len()), (60, 0));
    }
}

#[test]
fn a_crash_in_the_middle_of_a_run_makes_it_a_missed_one() {
    let yaml = "{ cron: '0 2 * * *' }";
    let mut timetable = Timetable::new(spec(yaml), at("2026-05-01T01:00:00Z"), None);
    let (planned, _) = started(&timetable.tick(at("2026-05-01T02:00:00Z"))).unwrap();
    // The history has no end of it; the server is back an hour later.
    let now = at("2026-05-01T03:00:00Z");
    let mut timetable = Timetable::new(spec(yaml), now, Some(at("2026-04-30T02:00:00Z")));
    assert_eq!(started(&timetable.tick(now)), Some((planned, 1)));
    // The same when it was drained.
    assert_eq!(timetable.ended(now, Ended::Interrupted), []);
}

#[test]
fn a_pipeline_without_history_has_missed_nothing() {
    let mut timetable =
        Timetable::new(spec("{ cron: '0 2 * * *', catch_up: all }"), at("2026-05-01T09:00:00Z"), None);
    assert_eq!(timetable.tick(at("2026-05-01T09:00:00Z")), []);
    assert_eq!(timetable.wake_at(), Some(at("2026-05-02T02:00:00Z")));
}

#[test]
fn a_failed_run_is_tried_again_with_longer_waits_and_then_reported() {
    let yaml = "{ cron: '0 2 * * *', retries: 3, retry_wait: 20m, on_failure: [notify] }";
    let spec = spec(yaml);
    assert_eq!(spec.on_failure, ["notify"]);
    let mut now = at("2026-05-01T02:00:00Z");
    let mut timetable = Timetable::new(spec, at("2026-05-01T00:00:00Z"), None);
    let (planned, _) = started(&timetable.tick(now)).unwrap();
    for (attempt, wait) in [(2, 20), (3, 40), (4, 60)] {
        now += 1.minute();
        assert_eq!(timetable.ended(now, Ended::Failed), []);
        assert_eq!(timetable.wake_at(), Some(now + wait.minutes()));
        now += wait.minutes();
        assert_eq!(timetable.tick(now), [Action::Start { planned, attempt }]);
    }
    assert_eq!(timetable.ended(now, Ended::Failed), [Action::Report { planned, attempts: 4 }]);
    assert_eq!(timetable.wake_at(), Some(at("2026-05-02T02:00:00Z")));
}

#[test]
fn a_run_is_stopped_once_at_its_timeout() {
    let mut timetable =
        Timetable::new(spec("{ cron: '0 2 * * *', timeout: 30m }"), at("2026-05-01T00:00:00Z"), None);
    let (planned, _) = started(&timetable.tick(at("2026-05-01T02:00:00Z"))).unwrap();
    assert_eq!(timetable.wake_at(), Some(at("2026-05-01T02:30:00Z")));
    assert_eq!(timetable.tick(at("2026-05-01T02:30:00Z")), [Action::Stop { planned }]);
    assert_eq!(timetable.tick(at("2026-05-01T02:31:00Z")), []);
    let ended = timetable.ended(at("2026-05-01T02:32:00Z"), Ended::Failed);
    assert_eq!(ended, [Action::Report { planned, attempts: 1 }]);
}

#[test]
fn jitter_spreads_pipelines_and_is_the_same_after_a_restart() {
    let times = Times::parse("0 2 * * *", TimeZone::UTC).unwrap();
    let starts = |name: &str| {
        let times = times.clone().spread(Duration::from_secs(300), name);
        times.after(at("2026-05-01T00:00:00Z")).unwrap()
    };
    let names: Vec<String> = (0..50).map(|n| format!("p{n}")).collect();
    let mut all: Vec<Timestamp> = names.iter().map(|name| starts(name).starts).collect();
    assert_eq!(starts("p7"), starts("p7"));
    all.sort();
    all.dedup();
    assert!(all.len() > 40, "{} different moments", all.len());
    let range = at("2026-05-01T02:00:00Z")..=at("2026-05-01T02:05:00Z");
    assert!(all.iter().all(|starts| range.contains(starts)), "{all:?}");
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let check = |yaml: &str, expected: &str| {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("p.yaml", yaml).unwrap();
        let section = Section::read(&reader, &node, SCHEDULE_FIELDS);
        assert!(ScheduleSpec::read(&section, "test").is_none(), "{yaml}");
        let text = reader.render(Style::Plain);
        assert!(text.contains(expected), "{text}");
    };
    check("{ cron: '61 * * * *' }", "error[H001]: `61 * * * *` is no schedule");
    check("{ cron: '0 0 30 2 *' }", "there is no such day");
    for field in ["1,,2", ",1", "1,", ",,", ","] {
        let problem = format!("`{field}` has a comma with no value before or behind it");
        check(&format!("{{ cron: '0 {field} * * *' }}"), &problem);
    }
    let long = "1,".repeat(1 << 16);
    check(&format!("{{ cron: '0 {long} * * *' }}"), "characters)…");
    check("{ cron: '0 0 2 * * *' }", "write five fields");
    check("{ cron: '@daily', timezone: Europe/Berln }", "error[H002]: there is no time zone `Europe/Berln`");
    assert_eq!(spec("{ cron: '@daily' }").catch_up, CatchUp::Last);
    assert_eq!(spec("{ cron: '@daily', overlap: queue }").overlap, Overlap::Queue);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// However late ticks are and however runs end: one run at a time, and every time is begun, left out, or still waits.
    #[test]
    fn every_time_is_accounted_for_once(
        queue in any::<bool>(),
        catch_up in proptest::sample::select(vec!["none", "last", "all"]),
        steps in proptest::collection::vec((1_i64..200, any::<bool>(), any::<bool>()), 1..60),
    ) {
        let overlap = if queue { "queue" } else { "skip" };
        let spec = spec(&format!("{{ cron: '*/20 * * * *', overlap: {overlap}, catch_up: {catch_up}, retries: 1 }}"));
        let mut now = at("2026-10-24T20:00:00Z");
        let start = now;
        let mut timetable = Timetable::new(spec.clone(), now, None);
        let (mut running, mut seen) = (None, Vec::new());
        for (minutes, ends, fails) in steps {
            now += minutes.minutes();
            let mut actions = timetable.tick(now);
            if ends && running.take().is_some() {
                actions.extend(timetable.ended(now, if fails { Ended::Failed } else { Ended::Succeeded }));
            }
            for action in actions {
                match action {
                    Action::Start { planned, attempt } => {
                        prop_assert!(running.replace(planned).is_none(), "two runs at once");
                        prop_assert!(planned.starts <= now);
                        if attempt == 1 { seen.push(planned.at); }
                    }
                    Action::Skip { planned, .. } => seen.push(planned.at),
                    Action::Report { .. } | Action::Stop { .. } => {}
                }
            }
        }
        let n_seen = seen.len();
        seen.sort();
        seen.dedup();
        prop_assert_eq!(seen.len(), n_seen, "a time came twice");
        let mut expected = Vec::new();
        let mut moment = start;
        while let Some(planned) = spec.times.after(moment).filter(|planned| planned.at <= now) {
            expected.push(planned.at);
            moment = planned.at;
        }
        prop_assert!(seen.iter().all(|time| expected.contains(time)));
        // Those that wait are the only ones missing.
        prop_assert!(expected.len() - seen.len() <= 101);
        if !queue && catch_up != "all" {
            prop_assert!(expected.len() - seen.len() <= 1, "{} missing", expected.len() - seen.len());
        }
    }
}
