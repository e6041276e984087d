//! A schedule in words.

use jiff::Timestamp;

use super::{CatchUp, Overlap, ScheduleSpec};

/// How many of the next times are told.
const N_TIMES: usize = 3;

impl ScheduleSpec {
    /// When it runs, the next times after `now`, and what happens when something goes wrong; a sentence each.
    pub fn sentences(&self, now: Timestamp) -> Vec<String> {
        let zone = self.times.zone();
        let name = zone.iana_name().unwrap_or("UTC");
        let mut sentences = vec![format!("`{}`: {} ({name})", self.times.cron(), self.times.words())];
        let times = std::iter::successors(self.times.after(now), |planned| self.times.after(planned.at));
        let shown = times.take(N_TIMES).map(|planned| {
            planned.starts.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string()
        });
        sentences.push(format!("next: {}", shown.collect::<Vec<_>>().join(", ")));
        sentences.push(match self.overlap {
            Overlap::Skip => "a run whose time comes before the last one has ended is left out".into(),
            Overlap::Queue => "a run whose time comes before the last one has ended waits for it".into(),
        });
        sentences.push(match self.catch_up {
            CatchUp::None => "runs that were missed are not made up for".into(),
            CatchUp::Last => "of runs that were missed, the last one is made up for".into(),
            CatchUp::All => "runs that were missed are all made up for, in order".into(),
        });
        if let Some(timeout) = self.timeout {
            sentences.push(format!(
                "a run that takes longer than {} is ended",
                humantime::format_duration(timeout)
            ));
        }
        if self.retries > 0 {
            let wait = humantime::format_duration(self.retry_wait);
            sentences.push(format!(
                "a failed run is tried again up to {} times, first after {wait}",
                self.retries
            ));
        }
        match self.on_failure.len() {
            0 => sentences.push("nobody is told of a failure: there is no `on_failure`".into()),
            1 => sentences.push("one command or address is told of a failure, and of the end of it".into()),
            n => sentences
                .push(format!("{n} commands or addresses are told of a failure, and of the end of it")),
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::Times;

    #[test]
    fn a_schedule_is_told_in_the_time_of_its_zone() {
        let spec = ScheduleSpec {
            times: Times::parse("30 2 * * *", TimeZone::get("Europe/Berlin").unwrap()).unwrap(),
            overlap: Overlap::Skip,
            catch_up: CatchUp::Last,
            timeout: Some(Duration::from_secs(3600)),
            retries: 2,
            retry_wait: Duration::from_secs(60),
            on_failure: vec!["notify".into()],
        };
        let told = spec.sentences("2026-03-27T12:00:00Z".parse().unwrap()).join("\n");
        let expected = "`30 2 * * *`: At 02:30. (Europe/Berlin)
next: Sat 2026-03-28 02:30:00 CET, Sun 2026-03-29 03:00:00 CEST, Mon 2026-03-30 02:30:00 CEST
a run whose time comes before the last one has ended is left out
of runs that were missed, the last one is made up for
a run that takes longer than 1h is ended
a failed run is tried again up to 2 times, first after 1m
one command or address is told of a failure, and of the end of it";
        assert_eq!(told, expected);
    }
}
