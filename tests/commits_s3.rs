//! Commits to an S3-compatible object store whose answers are lost on the way.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::Value;

use crate::{
    commits::{QUERY, REST, page},
    kills_s3::{object_store, s3},
    recorded::Server,
    support::Home,
    table_files::{column, parquet},
};

/// Which answers are lost: to `PUT` of paths with this in them, so often.
type Lost = Arc<Mutex<(&'static str, usize)>>;

/// In the place of a part of a path: manifests are refused, and do not reach the store.
const REFUSED: &str = "refused";

/// Forwards to `store` and loses the answers that it should; gives its own `host:port`.
fn proxy(store: String, lost: Lost) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let own = listener.local_addr().expect("bound").to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (store, lost) = (store.clone(), Arc::clone(&lost));
            // Clients may go away whenever they want to.
            std::thread::spawn(move || forward(client, &store, &lost).ok());
        }
    });
    own
}

/// One request and its answer, after which the connection ends.
fn forward(mut client: TcpStream, store: &str, lost: &Lost) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut n_bytes) = (String::new(), 0);
    loop {
        let begin = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
        let line = head[begin..].to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            n_bytes = length.trim().parse().map_err(io::Error::other)?;
        }
        if line.starts_with("connection:") {
            head.truncate(begin);
        }
        if line == "\r\n" {
            head.truncate(begin);
            break;
        }
    }
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body)?;
    let first = head.lines().next().unwrap_or_default();
    let is_refused = lost.lock().expect("nobody panics here").0 == REFUSED;
    if is_refused && first.starts_with("PUT ") && first.contains("/_manifest.json") {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    let mut upstream = TcpStream::connect(store)?;
    upstream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let (part, left) = &mut *lost.lock().expect("nobody panics here");
    if first.starts_with("PUT ") && first.contains(*part) && *left > 0 {
        *left -= 1;
        return Ok(());
    }
    client.write_all(&answer)
}

/// How often each record is in the files that the manifest names, all of which can be read.
fn counts(home: &Home, host: &str, folder: &str) -> BTreeMap<String, usize> {
    let (status, manifest) = s3(host, &format!("GET /lost/{folder}/t/_manifest.json"));
    let mut counts = BTreeMap::new();
    if status == 404 {
        return counts;
    }
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    for file in manifest["files"].as_array().expect("a list") {
        let name = file["path"].as_str().expect("text");
        let (status, bytes) = s3(host, &format!("GET /lost/{folder}/t/{name}"));
        assert_eq!(status, 200, "{folder}: {name} is named and not there");
        fs::write(home.path("got.parquet"), bytes).expect("written");
        let ids = column(&parquet(&home.path("got.parquet")), "id");
        ids.into_iter().for_each(|id| *counts.entry(id.expect("an id")).or_default() += 1);
    }
    counts
}

fn at_store(pages: &str, endpoint: &str) -> Home {
    Home::new().with([
        ("URL", pages),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ])
}

fn times(n_times: usize) -> BTreeMap<String, usize> {
    (1..=9).filter(|_| n_times > 0).map(|id| (id.to_string(), n_times)).collect()
}

#[test]
fn lost_answers_lose_and_double_nothing() {
    let (_server, host) = object_store();
    assert_eq!(s3(&host, "PUT /lost").0, 200);
    let lost = Lost::default();
    let endpoint = format!("http://{}", proxy(host.clone(), Arc::clone(&lost)));
    let pages = Server::start(page);
    let mut n_runs = 0;
    for part in ["/part-", "/_manifest.json"] {
        for mode in ["append", "upsert, key: id"] {
            // Once, and longer than anybody has patience for.
            for n_lost in [1, usize::MAX] {
                let folder = format!("{}-{n_runs}", std::process::id());
                let home = at_store(&pages.url, &endpoint);
                let sink = format!("{{ kind: parquet, path: s3://lost/{folder}/t, mode: {mode} }}");
                home.write("p.yaml", &format!("{REST}{QUERY}sink: {sink}\n"));
                let n_times = |n_done: usize| times(if mode == "append" { n_done } else { n_done.min(1) });
                let mut n_done = 0;
                // The first commit, and a later one.
                for is_lost in [true, false, true, false] {
                    *lost.lock().expect("nobody panics here") = (part, if is_lost { n_lost } else { 0 });
                    let done = home.run(&["run", "p.yaml"]);
                    n_runs += 1;
                    let about = format!("{part} {mode} {n_lost}: {}", done.stderr);
                    let found = counts(&home, &host, &folder);
                    match done.code {
                        Some(0) => {
                            n_done += 1;
                            assert_eq!(found, n_times(n_done), "{about}");
                        }
                        code => {
                            assert!(code == Some(1) && is_lost && n_lost > 1, "{about}");
                            let is_whole = found == n_times(n_done) || found == n_times(n_done + 1);
                            assert!(is_whole, "{found:?} {about}");
                        }
                    }
                }
                assert!(n_done >= 2, "{part} {mode} {n_lost}");
            }
        }
    }
    assert_eq!(n_runs, 32);
}

#[test]
fn first_commits_that_did_not_arrive_keep_nobody_from_the_table() {
    let (_server, host) = object_store();
    s3(&host, "PUT /lost");
    let lost = Lost::default();
    let endpoint = format!("http://{}", proxy(host.clone(), Arc::clone(&lost)));
    let pages = Server::start(page);
    // The writers that are there in the outage, and those of after it, of which some have lost their state folder.
    for (n_before, after) in [(2, [0, 1, 2]), (1, [2, 3, 0]), (3, [1, 1, 0])] {
        let folder = format!("{}-first-{n_before}", std::process::id());
        let homes: Vec<Home> = (0..4).map(|_| at_store(&pages.url, &endpoint)).collect();
        for home in &homes {
            let sink = format!("{{ kind: parquet, path: s3://lost/{folder}/t, mode: append }}");
            home.write("p.yaml", &format!("{REST}{QUERY}sink: {sink}\n"));
        }
        lost.lock().expect("nobody panics here").0 = REFUSED;
        for home in &homes[..n_before] {
            assert_eq!(home.run(&["run", "p.yaml"]).code, Some(1));
        }
        lost.lock().expect("nobody panics here").0 = "";
        for (n_done, index) in after.into_iter().enumerate() {
            let done = homes[index].run(&["run", "p.yaml"]);
            let about = format!("{n_before}, then {index}: {}", done.stderr);
            assert_eq!(done.code, Some(0), "{about}");
            let is_strange = n_done == 0 && (n_before > 1 || index >= n_before);
            assert_eq!(done.stderr.contains("a first commit did not arrive"), is_strange, "{about}");
            assert_eq!(counts(&homes[index], &host, &folder), times(n_done + 1), "{about}");
        }
    }
}
