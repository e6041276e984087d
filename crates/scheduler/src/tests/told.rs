//! What is told of a failure outlives the server that was to tell it.

use super::*;

#[tokio::test]
async fn what_a_server_could_not_tell_is_told_by_the_next_one() {
    // The first time it does not end.
    let line = r#"if [ -e hung ]; then echo $PIPELINE_EVENT $PIPELINE_PLANNED >> told; else touch hung; sleep 1000; fi"#;
    let schedule =
        format!("{{ cron: '0 * * * *', on_failure: ['{line}', 'echo $PIPELINE_EVENT >> other'] }}");
    let world = World::new("2026-05-01T00:30:00Z", MINUTES, &schedule);
    let server = world.server();
    *world.runner.fails.lock().unwrap() = 1;
    world.clock.go_on(SignedDuration::from_mins(45)).await;
    wait_for(|| world.path("p/hung").exists() && world.path("p/other").exists()).await;
    // What was told is forgotten.
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.drain(Duration::ZERO).await;
    drop(server);
    let read = |name: &str| std::fs::read_to_string(world.path(name)).unwrap_or_default();
    for _ in 0..2 {
        let server = world.server();
        wait_for(|| !read("p/told").is_empty()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.drain(Duration::from_secs(5)).await;
        assert_eq!(read("p/told"), "failed 2026-05-01T01:00:00Z\n");
        assert_eq!(read("p/other"), "failed\n");
    }
}

/// A server that was killed has said nothing; what it had written down names no credentials.
#[tokio::test]
async fn what_a_killed_server_has_left_is_told_unless_nobody_is_to_be_told_any_more() {
    let world = World::new(
        "2026-05-01T00:30:00Z",
        MINUTES,
        "{ cron: '0 * * * *', on_failure: ['echo $PIPELINE_ERROR >> told'] }",
    );
    let notice = r#"{"event":"failed","pipeline":"nightly","id":"nightly","file":"f","run":null,"planned":"2026-05-01T00:00:00Z","attempts":1,"error":"of before","text":"t"}"#;
    let key = world.path("p/nightly.yaml").display().to_string();
    let dead = pipeline_history::ScheduleLeases::open(&world.path("state")).unwrap();
    let name = |target: &str| pipeline_config::fingerprint([target]);
    for target in ["echo $PIPELINE_ERROR >> told", "https://chat.example.com/hooks/of-before"] {
        dead.keep_undelivered(&key, (&name(target), notice)).unwrap();
    }
    drop(dead);
    let server = world.server();
    wait_for(|| world.path("p/told").exists()).await;
    server.drain(Duration::from_secs(5)).await;
    assert_eq!(std::fs::read_to_string(world.path("p/told")).unwrap(), "of before\n");
    assert!(server.shared.leases.take_undelivered().unwrap().is_empty());
}
