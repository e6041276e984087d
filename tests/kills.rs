//! Runs that are killed at random points, again and again, until one comes to its end.

use std::{collections::BTreeMap, fs, time::Duration};

use pipeline_sandbox::SandboxOptions;
use serde_json::Value;

use crate::{
    run::pipeline,
    state::{KEYS, files, keys, spawn},
    support::{Done, Home, Site, all_or},
};

/// Kills runs after so many requests until one comes to its end.
pub(crate) fn until_done(site: &Site, home: &Home, random: &mut fastrand::Rng) -> u32 {
    for n_kills in 0.. {
        let begin = site.stats().search_requests;
        let target = random.u64(1..25);
        let mut child = spawn(home, &["run", "p.yaml"]);
        while site.stats().search_requests - begin < target {
            if child.try_wait().expect("asked").is_some() {
                break;
            }
            std::thread::yield_now();
        }
        // Some die at once, some in the middle of what follows.
        (0..random.u32(0..3000)).for_each(|_| std::thread::yield_now());
        child.kill().expect("killed");
        let done = Done::wait(child);
        match done.code {
            None => {}
            Some(0) => return n_kills,
            Some(code) => panic!("{code}: {}", done.stderr),
        }
    }
    unreachable!("the loop has no end")
}

/// The keys of all rows that readers see.
fn all_keys(home: &Home, sink: &str) -> Vec<String> {
    if !sink.contains("jsonl") {
        return files(&home.path("out"), "parquet").iter().flat_map(|file| keys(file)).collect();
    }
    let key = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        row["key"].as_str().expect("text").to_owned()
    };
    home.read("out/rows.jsonl").lines().map(key).collect()
}

#[test]
fn kills_at_random_points_lose_and_double_nothing() {
    let n_kills: u32 =
        std::env::var("PIPELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(all_or(2, 6));
    let seed: u64 = std::env::var("PIPELINE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let mut random = fastrand::Rng::with_seed(seed);
    // A process that dies after the server has rotated its token may use the old one once more, as with Atlassian.
    let rotation_leeway = Duration::from_secs(600);
    let site = Site::start(SandboxOptions { issues: 200, rotation_leeway, ..SandboxOptions::default() });
    let expected: Vec<String> = (1..=200).map(|n| format!("ABC-{n}")).collect();
    let (mut killed, mut n_ends) = (0, 0);
    let sinks = [
        ("{ kind: parquet, path: out/rows }", false),
        ("{ kind: parquet, path: out/t, mode: append, target_file_size: 1KiB }", true),
        ("{ kind: jsonl, path: out/rows }", false),
        ("{ kind: parquet, path: out/t, mode: upsert, key: key }", false),
    ];
    for (sink, is_append) in sinks.iter().cycle() {
        let home = site.home();
        home.write("p.yaml", &pipeline(KEYS, sink));
        // Two whole runs, so that appending shows what was doubled.
        for n_runs in 1..=2 {
            killed += until_done(&site, &home, &mut random);
            n_ends += 1;
            let found = all_keys(&home, sink);
            let n_times = if *is_append { n_runs } else { 1 };
            let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
            found.iter().for_each(|key| *counts.entry(key).or_default() += 1);
            assert!(
                expected.iter().all(|key| counts.get(key) == Some(&n_times)),
                "{sink}, seed {seed}: {counts:?}"
            );
            assert_eq!(found.len(), expected.len() * n_times, "{sink}, seed {seed}");
        }
        let hidden = fs::read_dir(home.path("out")).expect("listed").flatten();
        let stray: Vec<_> = hidden
            .map(|entry| entry.file_name())
            .filter(|name| name.to_string_lossy().contains("tmp"))
            .collect();
        assert!(stray.is_empty(), "{stray:?}");
        if killed >= n_kills {
            break;
        }
    }
    println!("{killed} kills, {n_ends} runs came to their end");
}
