//! The folder of a server under its path.

#![cfg(unix)]

use super::*;

/// The folder is looked for by its path: it is gone for a while, another one comes, a link leads elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_folder_that_is_replaced_is_served_and_pipelines_stay_while_it_is_gone() {
    let world = World::new("2026-05-01T00:00:00Z", MINUTES, "{ cron: '0 2 * * *' }");
    let at = |name: &str| world.path(name);
    let release = |name: &str, hour: u8| {
        world.write(&format!("{{ cron: '0 {hour} * * *' }}"));
        std::fs::create_dir(at(name)).unwrap();
        std::fs::copy(at("p/nightly.yaml"), at(name).join("nightly.yaml")).unwrap();
    };
    release("v5", 5);
    release("v4", 4);
    release("v3", 3);
    world.write("{ cron: '0 2 * * *' }");
    let server = world.server();
    let cron = || server.pipeline("nightly").ok().and_then(|status| Some(status.schedule?.cron));
    let is_gone = || server.folder_problem().is_some();

    std::fs::rename(at("p"), at("old")).unwrap();
    wait_for(is_gone).await;
    assert_eq!(cron().as_deref(), Some("0 2 * * *"));
    // One that is being filled.
    std::fs::create_dir(at("p")).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_gone() && cron().is_some());
    std::fs::copy(at("v3/nightly.yaml"), at("p/nightly.yaml")).unwrap();
    wait_for(|| cron().as_deref() == Some("0 3 * * *") && !is_gone()).await;

    // Without a gap, by a link, and by another link.
    std::fs::remove_dir_all(at("p")).unwrap();
    std::os::unix::fs::symlink(at("v4"), at("p")).unwrap();
    wait_for(|| cron().as_deref() == Some("0 4 * * *") && !is_gone()).await;
    std::os::unix::fs::symlink(at("v5"), at("next")).unwrap();
    std::fs::rename(at("next"), at("p")).unwrap();
    wait_for(|| cron().as_deref() == Some("0 5 * * *")).await;

    // A file that is deleted is another matter.
    std::fs::remove_file(at("v5/nightly.yaml")).unwrap();
    wait_for(|| server.pipelines().is_empty()).await;
    assert!(!is_gone());
}
