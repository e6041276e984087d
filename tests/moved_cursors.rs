//! Cursors that have moved between a run that was killed and the one that would go on with its pages.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    state::{files, spawn, wait_for_pages},
    support::Home,
    table_files::{column, parquet},
};

const BEGIN: &str = "2024-01-20T00:00:00Z";

/// A server of nine records, of which three each are of the days 1, 9 and 17, on pages of two; a home with `p.yaml`. While the flag
/// is set, a second page takes long.
fn site(yaml: &str) -> (Server, Home, Arc<AtomicBool>) {
    let is_slow = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_slow);
    let server = Server::start(move |asked: &Asked| {
        let from = asked.param("from").unwrap_or_default();
        let page: usize = asked.param("cursor").map_or(0, |page| page.parse().expect("a number"));
        let all = (0..9).map(|id| (id, format!("2024-01-{:02}T00:00:0{}Z", 1 + 8 * (id / 3), id % 3)));
        let wanted: Vec<Value> = all
            .filter(|(_, updated)| *updated >= from)
            .map(|(id, updated)| json!({ "id": id, "updated": updated }))
            .collect();
        if page > 0 && flag.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(3));
        }
        let records: Vec<&Value> = wanted.iter().skip(2 * page).take(2).collect();
        let next = (wanted.len() > 2 * page + 2).then(|| (page + 1).to_string());
        Reply::json(json!({ "items": records, "next": next }).to_string())
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write("p.yaml", yaml);
    (server, home, is_slow)
}

fn yaml(sink: &str, more: &str) -> String {
    format!(
        "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ concurrency: 1 }} }}
query:
  path: /items
  select: items
  params: {{ from: '${{window.from}}' }}
  pagination: {{ kind: cursor, next: next, param: cursor }}
  incremental: {{ column: updated{more} }}
sink: {{ kind: parquet, path: out/t, {sink} }}
"
    )
}

/// How often each record is in the table.
fn counts(home: &Home) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for file in files(&home.path("out/t"), "parquet") {
        for id in column(&parquet(&file), "id").into_iter().flatten() {
            *counts.entry(id.parse().expect("a number")).or_default() += 1;
        }
    }
    counts
}

fn once() -> BTreeMap<u64, usize> {
    (0..9).map(|id| (id, 1)).collect()
}

/// A run that is killed after its first page.
fn killed(home: &Home, is_slow: &AtomicBool, args: &[&str]) {
    is_slow.store(true, Ordering::SeqCst);
    let mut child = spawn(home, &[&["run", "p.yaml"], args].concat());
    wait_for_pages(home, 1);
    child.kill().expect("killed");
    child.wait().expect("dead");
    is_slow.store(false, Ordering::SeqCst);
}

#[test]
fn a_cursor_that_is_set_after_a_kill_is_where_the_next_run_begins() {
    for args in [&["reset", "p.yaml"][..], &["set", "p.yaml", "--cursor", "2023-01-01"]] {
        let (server, home, is_slow) = site(&yaml("mode: upsert, key: id", ""));
        home.summary(&["p.yaml", "--now", BEGIN]);
        assert_eq!(home.run(&["state", "set", "p.yaml", "--cursor", "2024-01-10"]).code, Some(0));
        killed(&home, &is_slow, &[]);
        let set = home.run(&[&["state"], args].concat());
        assert_eq!(set.code, Some(0), "{}", set.stderr);
        let n_early = || {
            let from = |asked: &Asked| asked.param("from").unwrap_or_default();
            server.asked().iter().filter(|asked| from(asked).as_str() < "2023-01-02").count()
        };
        let n_before = n_early();
        let next = home.run(&["run", "p.yaml"]);
        assert_eq!(next.code, Some(0), "{}", next.stderr);
        assert!(next.stderr.contains("its cursor has been set"), "{}", next.stderr);
        // All nine are read again.
        assert_eq!(n_early() - n_before, 5, "{args:?}");
        assert_eq!(counts(&home), once(), "{args:?}");
    }
}

#[test]
fn a_run_that_another_state_folder_has_overtaken_reads_what_is_left() {
    for (sink, more) in [("mode: append", ", key: id"), ("mode: upsert, key: id", "")] {
        let (_server, home, is_slow) = site(&yaml(sink, more));
        killed(&home, &is_slow, &[]);
        let other = home.run(&["run", "p.yaml", "--state-dir", "other"]);
        assert_eq!(other.code, Some(0), "{sink}: {}", other.stderr);
        assert_eq!(counts(&home), once(), "{sink}");
        let again = home.run(&["run", "p.yaml"]);
        assert_eq!(again.code, Some(0), "{sink}: {}", again.stderr);
        assert!(again.stderr.contains("another run has moved it"), "{sink}: {}", again.stderr);
        assert_eq!(counts(&home), once(), "{sink}");
    }
}

#[test]
fn a_run_that_began_before_the_cursor_of_another_ends_now() {
    for (sink, more) in [("mode: append", ", key: id"), ("mode: upsert, key: id", "")] {
        let (_server, home, is_slow) = site(&yaml(sink, more));
        // It began long before what the other run has read.
        killed(&home, &is_slow, &["--now", "2024-01-05T00:00:00Z"]);
        let other = home.run(&["run", "p.yaml", "--state-dir", "other", "--now", BEGIN]);
        assert_eq!(other.code, Some(0), "{sink}: {}", other.stderr);
        for hour in ["01", "02"] {
            let now = format!("2024-01-20T{hour}:00:00Z");
            let again = home.run(&["run", "p.yaml", "--now", &now]);
            assert_eq!(again.code, Some(0), "{sink}: {}", again.stderr);
            assert_eq!(counts(&home), once(), "{sink}");
        }
    }
}
