//! A year of a server with a clock of its own, and what happens between two servers.

mod folder;
mod targets;
#[cfg(unix)]
mod told;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use pipeline_config::Environment;
use pipeline_engine::{Plan, Registry, RunError, RunOptions, RunSummary};
use pipeline_transport::Redactor;
use tokio::sync::oneshot;

use super::{Clock, FeedKind, Missed, Supervisor, SupervisorOptions, shared::Runner};

/// A clock that goes on when everybody sleeps.
#[derive(Debug)]
struct SimulatedClock(Mutex<Time>);

#[derive(Debug)]
struct Time {
    now: Timestamp,
    running: Duration,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    count: u64,
}

impl SimulatedClock {
    fn at(now: &str) -> Arc<Self> {
        let time =
            Time { now: now.parse().unwrap(), running: Duration::ZERO, sleepers: BTreeMap::new(), count: 0 };
        Arc::new(Self(Mutex::new(time)))
    }

    /// Somebody sets the clock on the wall.
    fn set(&self, by: SignedDuration) {
        self.0.lock().unwrap().now += by;
    }

    /// Goes on for so long.
    async fn go_on(&self, length: SignedDuration) {
        let end = self.0.lock().unwrap().running + length.unsigned_abs();
        loop {
            // Everybody who can do something does; one thread, so that nothing is left after some turns.
            for _ in 0..6 {
                tokio::task::yield_now().await;
            }
            let mut time = self.0.lock().unwrap();
            let next = time.sleepers.first_key_value().map(|((at, _), _)| *at);
            if time.running == end && next.is_none_or(|next| next > end) {
                return;
            }
            let at = next.unwrap_or(end).min(end).max(time.running);
            let passed = SignedDuration::try_from(at - time.running).unwrap();
            (time.now, time.running) = (time.now + passed, at);
            while let Some(sleeper) = time.sleepers.first_entry().filter(|sleeper| sleeper.key().0 <= at) {
                // Some have been woken by something else.
                let _ = sleeper.remove().send(());
            }
        }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    fn running(&self) -> Duration {
        self.0.lock().unwrap().running
    }

    fn sleep(&self, length: Duration) -> BoxFuture<'_, ()> {
        let (sender, woken) = oneshot::channel();
        let mut time = self.0.lock().unwrap();
        time.count += 1;
        let key = (time.running + length, time.count);
        time.sleepers.insert(key, sender);
        Box::pin(async move { drop(woken.await) })
    }
}

/// Takes its time, and fails when told to.
#[derive(Debug)]
struct Pretender {
    clock: Arc<SimulatedClock>,
    takes: Duration,
    fails: Mutex<u32>,
    begun: Mutex<Vec<Timestamp>>,
}

impl Runner for Arc<Pretender> {
    fn run(&self, plan: Plan, options: RunOptions) -> BoxFuture<'static, Result<RunSummary, RunError>> {
        let this = Arc::clone(self);
        Box::pin(async move {
            this.begun.lock().unwrap().push(plan.started_at);
            tokio::select! {
                () = this.clock.sleep(this.takes) => {}
                () = options.cancel.cancelled() => return Err(RunError::Interrupted),
            }
            let mut fails = this.fails.lock().unwrap();
            if *fails > 0 {
                *fails -= 1;
                return Err(RunError::NoPage);
            }
            Ok(RunSummary {
                sandbox: false,
                pipeline: plan.name.clone(),
                run_id: plan.run_id,
                incomplete: false,
                tables: Vec::new(),
                requests: 0,
                retries: 0,
                waited: Duration::ZERO,
                bytes: 0,
                elapsed: this.takes,
            })
        })
    }
}

/// A folder with one pipeline, and servers of it.
struct World {
    folder: tempfile::TempDir,
    clock: Arc<SimulatedClock>,
    runner: Arc<Pretender>,
}

impl World {
    fn new(now: &str, takes: Duration, schedule: &str) -> Self {
        let clock = SimulatedClock::at(now);
        let runner = Arc::new(Pretender {
            clock: Arc::clone(&clock),
            takes,
            fails: Mutex::new(0),
            begun: Mutex::default(),
        });
        let world = Self { folder: tempfile::tempdir().unwrap(), clock, runner };
        std::fs::create_dir(world.path("p")).unwrap();
        world.write(schedule);
        world
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, schedule: &str) {
        let yaml = format!(
            "datasource: {{ kind: file, folder: data }}\nquery: {{ path: a.json }}\n\
             sink: {{ kind: jsonl, path: out.jsonl }}\nschedule: {schedule}\n"
        );
        std::fs::write(self.path("p/nightly.yaml"), yaml).unwrap();
    }

    fn server(&self) -> Supervisor {
        let options = SupervisorOptions {
            folder: self.path("p"),
            state: self.path("state"),
            logins: self.path("state"),
            outputs: pipeline_history::Outputs::Real,
            registry: Registry::builtin(),
            redactor: Redactor::default(),
            environment: Environment::empty(),
            cache: self.path("cache"),
            place: String::new(),
            attention: super::Attention::All,
            n_converters: 1,
            max_runs: 2,
        };
        Supervisor::start_with(options, Arc::clone(&self.clock) as _, Arc::new(Arc::clone(&self.runner)))
            .unwrap()
    }

    /// When runs began, as the clock on the wall in Berlin shows it.
    fn begun(&self) -> Vec<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let begun = self.runner.begun.lock().unwrap();
        begun
            .iter()
            .map(|at| at.to_zoned_datetime(zone.clone()).strftime("%F %H:%M %Z").to_string())
            .collect()
    }

    fn hours(&self, n: i64) -> impl Future<Output = ()> + '_ {
        self.clock.go_on(SignedDuration::from_hours(n))
    }
}

const MINUTES: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_server_has_each_night_once_also_when_clocks_are_set() {
    let days = async |from: &str, night: &str, expected: &str| {
        let world = World::new(from, MINUTES, "{ cron: '30 2 * * *', timezone: Europe/Berlin }");
        let _server = world.server();
        world.hours(10 * 24).await;
        let begun = world.begun();
        assert_eq!(begun.len(), 10);
        let on: Vec<_> = begun.iter().filter(|at| at.starts_with(night)).collect();
        assert_eq!(on, [expected]);
        begun.iter().filter(|at| !at.contains(" 02:30 C")).count()
    };
    assert_eq!(days("2026-03-22T23:00:00Z", "2026-03-29", "2026-03-29 03:00 CEST").await, 1);
    assert_eq!(days("2026-10-18T22:00:00Z", "2026-10-25", "2026-10-25 02:30 CEST").await, 0);
}

/// A wrong clock is set right: the schedule goes by it at once, and no time that was run comes again.
#[tokio::test]
async fn a_clock_that_was_hours_ahead_does_not_stop_the_schedule() {
    for restarts in [false, true] {
        let world = World::new("2026-05-01T18:00:30Z", Duration::from_secs(1), "{ cron: '* * * * *' }");
        let server = world.server();
        world.clock.go_on(SignedDuration::from_mins(2)).await;
        assert_eq!(world.begun().len(), 2);
        world.clock.set(SignedDuration::from_hours(-2));
        let _server = match restarts {
            true => {
                server.drain(Duration::ZERO).await;
                world.server()
            }
            false => server,
        };
        world.clock.go_on(SignedDuration::from_mins(10)).await;
        assert_eq!(world.begun().len(), 12, "{restarts}: {:?}", world.begun());
    }
}

#[tokio::test]
async fn runs_that_take_too_long_are_skipped_over_or_waited_for() {
    for (overlap, expected) in [("skip", 12), ("queue", 16)] {
        let schedule = format!("{{ cron: '0 * * * *', overlap: {overlap} }}");
        let world = World::new("2026-05-01T00:30:00Z", Duration::from_secs(5400), &schedule);
        let server = world.server();
        world.hours(24).await;
        assert_eq!(world.begun().len(), expected, "{overlap}");
        let skipped = server.pipeline("nightly").unwrap().totals.skipped;
        assert_eq!(skipped, if overlap == "skip" { 12 } else { 0 });
    }
}

#[tokio::test]
async fn two_servers_run_each_time_once_and_one_takes_over_when_the_other_is_gone() {
    let world = World::new("2026-05-01T00:00:00Z", MINUTES, "{ cron: '0 * * * *' }");
    let (first, second) = (world.server(), world.server());
    world.hours(5).await;
    assert_eq!(world.begun().len(), 5);
    // In the middle of a run one of them is told to end at once: the other one takes the run over.
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    let is_running = |server: &Supervisor| server.pipeline("nightly").unwrap().running.is_some();
    assert!(is_running(&first) != is_running(&second));
    let (going, staying) = if is_running(&first) { (&first, &second) } else { (&second, &first) };
    assert_eq!(going.drain(Duration::ZERO).await.interrupted, 1);
    world.clock.go_on(SignedDuration::from_secs(10)).await;
    assert!(is_running(staying));
    assert_eq!(world.begun().len(), 6);
    world.hours(2).await;
    assert_eq!(world.begun().len(), 8);
}

#[tokio::test]
async fn a_restart_makes_up_for_the_run_that_was_interrupted_and_knows_what_was_paused() {
    let world = World::new("2026-05-01T00:00:00Z", MINUTES, "{ cron: '0 2 * * *' }");
    let server = world.server();
    world.clock.go_on(SignedDuration::from_mins(125)).await;
    assert_eq!(server.drain(Duration::ZERO).await.interrupted, 1);
    assert!(server.is_draining() && server.run("nightly").is_err());
    drop(server);
    world.hours(1).await;
    let server = world.server();
    world.hours(1).await;
    assert_eq!(world.begun().len(), 2, "{:?}", world.begun());
    server.pause("nightly").unwrap();
    world.hours(24).await;
    assert_eq!(world.begun().len(), 2);
    let server = world.server();
    assert!(server.pipeline("nightly").unwrap().is_paused);
    server.resume("nightly").unwrap();
    world.hours(24).await;
    assert_eq!(world.begun().len(), 3);
}

#[tokio::test]
async fn the_first_planned_time_is_made_up_for_too() {
    let world = World::new("2026-05-01T12:00:00Z", Duration::ZERO, "{ cron: '0 2 * * *' }");
    // A computer that is switched off at night.
    for day in 0..3 {
        let server = world.server();
        world.hours(6).await;
        assert_eq!(world.begun().len(), day, "{:?}", world.begun());
        server.drain(Duration::ZERO).await;
        drop(server);
        world.clock.set(SignedDuration::from_hours(18));
    }
}

#[tokio::test]
async fn a_clock_that_is_set_moves_the_next_run_and_repeats_none() {
    let world = World::new("2026-05-01T00:00:00Z", MINUTES, "{ cron: '0 * * * *' }");
    let _server = world.server();
    world.hours(2).await;
    assert_eq!(world.begun().len(), 2);
    world.clock.set(SignedDuration::from_mins(-30));
    world.clock.go_on(SignedDuration::from_mins(29)).await;
    assert_eq!(world.begun().len(), 2, "02:00 does not come twice");
    // Over three planned times: the last one is made up for.
    world.clock.set(SignedDuration::from_mins(200));
    world.clock.go_on(SignedDuration::from_mins(2)).await;
    assert_eq!(world.begun().len(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn who_is_to_be_told_hears_of_a_failure_once_and_of_the_end_of_it() {
    let line = r#"echo $PIPELINE_EVENT $PIPELINE_NAME $PIPELINE_ATTEMPTS "$PIPELINE_ERROR" >> told"#;
    let schedule = format!("{{ cron: '0 * * * *', retries: 1, retry_wait: 5m, on_failure: ['{line}'] }}");
    let world = World::new("2026-05-01T00:30:00Z", MINUTES, &schedule);
    let server = world.server();
    *world.runner.fails.lock().unwrap() = 4;
    world.hours(4).await;
    // The shells run by the machine's clock.
    server.drain(Duration::from_secs(10)).await;
    let told = std::fs::read_to_string(world.path("p/told")).unwrap();
    let mut lines: Vec<&str> = told.lines().collect();
    lines.sort_unstable();
    let failed = "failed nightly 2 the datasource returned no pages";
    assert_eq!(lines, [failed, failed, "recovered nightly 1 "]);
    assert_eq!(world.begun().len(), 6);
}

#[tokio::test]
async fn a_server_that_starts_again_tries_no_more_often_than_is_told() {
    let schedule = "{ cron: '0 0 1 1 *', retries: 3, retry_wait: 10m, catch_up: last }";
    let world = World::new("2025-12-31T23:30:00Z", Duration::from_secs(1), schedule);
    *world.runner.fails.lock().unwrap() = 100;
    let mut server = world.server();
    world.clock.go_on(SignedDuration::from_mins(40)).await;
    for _ in 0..6 {
        // It waits for the next try, or has given up.
        server.drain(Duration::ZERO).await;
        server = world.server();
        world.clock.go_on(SignedDuration::from_mins(4)).await;
    }
    world.hours(5).await;
    assert_eq!(world.begun().len(), 4, "{:?}", world.begun());
    // The next planned time is tried as often.
    world.clock.set(SignedDuration::from_hours(24 * 365));
    world.hours(5).await;
    assert_eq!(world.begun().len(), 8, "{:?}", world.begun());
}

#[tokio::test]
async fn a_run_by_hand_that_the_end_of_the_server_interrupts_goes_on_with_the_next_start() {
    let world = World::new("2026-05-01T00:30:00Z", Duration::from_secs(5400), "{ cron: '0 2 * * *' }");
    let server = world.server();
    server.run("nightly").unwrap();
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    assert_eq!(server.drain(Duration::from_millis(10)).await.interrupted, 1);
    assert_eq!(world.begun().len(), 1);
    let server = world.server();
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    assert_eq!(world.begun().len(), 2);
    let run = server.pipeline("nightly").unwrap();
    assert!(run.running.is_some(), "{run:?}");
    // One that somebody has cancelled is over.
    server.cancel(&run.running.unwrap().run).unwrap();
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    server.drain(Duration::from_secs(1)).await;
    world.server();
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    assert_eq!(world.begun().len(), 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_that_does_not_end_holds_no_server_up_and_leaves_nothing() {
    let line = "sleep 1000 & echo $! > id.new; mv id.new id; sleep 1000";
    let schedule = format!("{{ cron: '0 * * * *', on_failure: ['{line}'] }}");
    let world = World::new("2026-05-01T00:30:00Z", MINUTES, &schedule);
    let server = world.server();
    *world.runner.fails.lock().unwrap() = 1;
    world.hours(1).await;
    wait_for(|| world.path("p/id").exists()).await;
    let id = std::fs::read_to_string(world.path("p/id")).unwrap();
    let begin = std::time::Instant::now();
    server.drain(Duration::from_millis(50)).await;
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    // Nobody may have reaped it.
    let lives = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    wait_for(|| !lives()).await;
    assert!(!lives());
}

#[tokio::test]
async fn a_run_is_ended_at_its_timeout_and_by_whoever_cancels_it() {
    let world =
        World::new("2026-05-01T00:30:00Z", Duration::from_secs(5400), "{ cron: '0 1 * * *', timeout: 20m }");
    let server = world.server();
    world.hours(2).await;
    let outcomes = |server: &Supervisor| server.pipeline("nightly").unwrap().totals.outcomes;
    assert_eq!(outcomes(&server), [(pipeline_history::RunOutcome::Failed, 1)]);
    let run = server.run("nightly").unwrap();
    assert!(server.run("nightly").unwrap_err().to_string().contains(&run));
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    server.cancel(&run).unwrap();
    world.clock.go_on(SignedDuration::from_mins(1)).await;
    assert_eq!(outcomes(&server)[1], (pipeline_history::RunOutcome::Interrupted, 1));
    assert!(
        server.log(&run).iter().any(|line| line.message.contains("interrupted")),
        "{:?}",
        server.log(&run)
    );
    assert!(server.cancel(&run).is_err());
}

/// Files are watched by the machine's clock.
async fn wait_for(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_broken_file_keeps_the_last_good_plan_and_new_files_are_found() {
    let world = World::new("2026-05-01T00:00:00Z", MINUTES, "{ cron: '0 2 * * *' }");
    let server = world.server();
    let status = || server.pipeline("nightly").unwrap();
    let next = status().schedule.unwrap().next;
    world.write("{ cron: nonsense }");
    wait_for(|| status().problems.is_some()).await;
    assert!(status().problems.unwrap().contains("H001"));
    assert_eq!(status().schedule.unwrap().next, next);
    world.write("{ cron: '0 3 * * *' }");
    wait_for(|| status().problems.is_none()).await;
    assert_eq!(status().schedule.unwrap().next.unwrap(), next.unwrap() + 1.hour());
    let copy = |to: &str| std::fs::copy(world.path("p/nightly.yaml"), world.path(to)).unwrap();
    copy("p/other.yml");
    wait_for(|| server.pipelines().len() == 2).await;
    std::fs::remove_file(world.path("p/other.yml")).unwrap();
    wait_for(|| server.pipelines().len() == 1).await;
    std::fs::create_dir(world.path("p/sub")).unwrap();
    wait_for(|| Path::new(&world.path("p/sub")).is_dir()).await;
    copy("p/sub/more.yaml");
    wait_for(|| server.pipeline("sub/more").is_ok()).await;
}

#[tokio::test]
async fn events_can_be_read_again_and_those_that_are_gone_are_missed() {
    let feed = super::Feed::default();
    for _ in 0..3_000 {
        feed.tell(FeedKind::PipelinesChanged {});
    }
    assert_eq!(feed.next(2_999).await.unwrap().number, 3_000);
    assert_eq!(feed.next(1_500).await.unwrap().number, 1_501);
    assert_eq!(feed.next(10).await.unwrap_err(), Missed);
    assert_eq!(feed.next(9_999).await.unwrap_err(), Missed);
}
