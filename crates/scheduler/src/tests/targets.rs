//! Targets that others are at work on, and planned times by target.

use pipeline_history::ScheduleLeases;
use pipeline_sink::TargetLock;

use super::*;
use crate::handle::times_of;

/// What a run by hand holds.
fn hold(world: &World) -> TargetLock {
    TargetLock::acquire(&world.path("state"), "by hand", "out.jsonl").unwrap()
}

#[tokio::test]
async fn a_run_by_hand_at_a_planned_time_is_waited_for_or_makes_it_left_out_and_nobody_is_told() {
    // What is begun while the target is in use for ten minutes from each planned time on, and what is left out.
    for (overlap, begun, skipped) in [("skip", 0, 3), ("queue", 3, 0), ("queue, timeout: 30m", 3, 0)] {
        let schedule =
            format!("{{ cron: '0 * * * *', overlap: {overlap}, on_failure: ['echo failed >> told'] }}");
        let world = World::new("2026-05-01T00:50:00Z", MINUTES, &schedule);
        let server = world.server();
        for _ in 0..3 {
            let held = hold(&world);
            world.clock.go_on(SignedDuration::from_mins(20)).await;
            drop(held);
            world.clock.go_on(SignedDuration::from_mins(40)).await;
        }
        assert_eq!(world.begun().len(), begun, "{overlap}");
        assert_eq!(server.pipeline("nightly").unwrap().totals.skipped, skipped, "{overlap}");
        // Free again.
        world.clock.go_on(SignedDuration::from_mins(20)).await;
        assert_eq!(world.begun().len(), begun + 1, "{overlap}");
        server.drain(Duration::from_secs(5)).await;
        assert!(!world.path("p/told").exists(), "{overlap}");
    }
}

#[tokio::test]
async fn a_run_that_waits_for_a_target_gives_up_at_its_timeout_or_the_next_planned_time() {
    for (timeout, is_told) in [("", false), (", timeout: 30m", true)] {
        let schedule =
            format!("{{ cron: '0 * * * *', overlap: queue{timeout}, on_failure: ['echo failed >> told'] }}");
        let world = World::new("2026-05-01T00:50:00Z", MINUTES, &schedule);
        let server = world.server();
        let held = hold(&world);
        world.hours(1).await;
        assert_eq!(world.begun().len(), 0);
        world.clock.go_on(SignedDuration::from_mins(15)).await;
        drop(held);
        world.clock.go_on(SignedDuration::from_mins(5)).await;
        // The second time.
        assert_eq!(world.begun().len(), 1, "{timeout}");
        assert_eq!(server.pipeline("nightly").unwrap().totals.skipped, u64::from(!is_told), "{timeout}");
        server.drain(Duration::from_secs(5)).await;
        assert_eq!(world.path("p/told").exists(), is_told && cfg!(unix), "{timeout}");
    }
}

#[test]
fn planned_times_are_those_of_a_file_and_its_targets() {
    let of =
        |targets: &[&str], folder: &str| times_of("/p/a.yaml", targets.iter().copied(), Some(folder.into()));
    assert_ne!(of(&["out/t"], "/a"), of(&["out/t"], "/b"));
    assert_eq!(of(&["out/t"], "/a"), of(&["out/t"], "/a"));
    let everywhere =
        ["s3://bucket/t/", "postgres://h/d t", "-", if cfg!(windows) { "C:/out/t" } else { "/out/t" }];
    assert_eq!(of(&everywhere, "/a"), "/p/a.yaml");
    assert_ne!(of(&[everywhere.as_slice(), &["t.csv"]].concat(), "/a"), "/p/a.yaml");
}

/// The first server of a new version goes on with the times that the one before has kept.
#[test]
fn planned_times_of_earlier_versions_are_taken_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let leases = ScheduleLeases::open(folder.path()).unwrap();
    let at: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
    leases.claim("a.yaml", at, |_| false).unwrap();
    leases.adopt(("a.yaml", "a.yaml from /a")).unwrap();
    leases.adopt(("a.yaml", "a.yaml from /b")).unwrap();
    let last = |name: &str| leases.last(name, at + 1.hour()).unwrap();
    assert!(last("a.yaml from /a").is_some() && last("a.yaml from /b").is_none() && last("a.yaml").is_none());
}
