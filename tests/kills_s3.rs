//! As `kills`, with an S3-compatible object store as the target.

use std::{
    collections::BTreeSet,
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use pipeline_sandbox::SandboxOptions;
use serde_json::Value;

use crate::{
    browser::free_port,
    kills::until_done,
    run::pipeline,
    state::{KEYS, keys},
    support::{Home, Killed, Site},
};

/// What an S3-compatible server at `host:port`, which looks at no signature, answers.
pub(crate) fn s3(host: &str, request: &str) -> (u16, Vec<u8>) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(host).expect("the server");
    let sign =
        "AWS4-HMAC-SHA256 Credential=key/20250101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let head =
        format!("{request} HTTP/1.0\r\nHost: {host}\r\nAuthorization: {sign}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("headers");
    let status = String::from_utf8_lossy(&answer[9..12]).parse().expect("a status");
    (status, answer.split_off(end + 4))
}

/// The keys of all rows that the manifest of `folder` names, or that are in the one file there.
fn s3_keys(home: &Home, host: &str, folder: &str) -> Vec<String> {
    let (status, manifest) = s3(host, &format!("GET /kills/{folder}/t/_manifest.json"));
    let paths: Vec<String> = match status {
        200 => {
            let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
            let path = |file: &Value| format!("t/{}", file["path"].as_str().expect("text"));
            manifest["files"].as_array().expect("a list").iter().map(path).collect()
        }
        _ => vec!["rows.parquet".into()],
    };
    let read = |path: &String| {
        let (status, bytes) = s3(host, &format!("GET /kills/{folder}/{path}"));
        assert_eq!(status, 200, "{path}");
        fs::write(home.path("got.parquet"), bytes).expect("written");
        keys(&home.path("got.parquet"))
    };
    paths.iter().flat_map(read).collect()
}

/// Parts in `folder` that no manifest names.
fn s3_strays(host: &str, folder: &str) -> Vec<String> {
    let manifest = s3(host, &format!("GET /kills/{folder}/t/_manifest.json")).1;
    let manifest = String::from_utf8(manifest).expect("UTF-8");
    let list = s3(host, &format!("GET /kills?list-type=2&prefix={folder}/t/part-")).1;
    let list = String::from_utf8(list).expect("UTF-8");
    let names = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
    let names = names.filter_map(|name| name.rsplit('/').next());
    names.filter(|name| !manifest.contains(name)).map(str::to_owned).collect()
}

/// Starts `moto_server`, an S3-compatible server (`pip install 'moto[server]'`), and returns it with its `host:port`.
pub(crate) fn object_store() -> (Killed, String) {
    let host = format!("127.0.0.1:{}", free_port());
    let port = host.rsplit(':').next().expect("a port");
    let mut command = std::process::Command::new("moto_server");
    command.args(["-H", "127.0.0.1", "-p", port]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Killed(command.spawn().expect("this test needs `moto_server`"));
    let begin = Instant::now();
    while std::net::TcpStream::connect(&host).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(60), "`moto_server` does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    (server, host)
}

/// As `kills_at_random_points_lose_and_double_nothing`, with an object store as the target.
#[test]
fn kills_against_an_object_store_lose_and_double_nothing() {
    let (_server, host) = object_store();
    let n_kills: u32 = std::env::var("PIPELINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let seed: u64 = std::env::var("PIPELINE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let mut random = fastrand::Rng::with_seed(seed);
    assert_eq!(s3(&host, "PUT /kills").0, 200);
    let rotation_leeway = Duration::from_secs(600);
    let site = Site::start(SandboxOptions { issues: 200, rotation_leeway, ..SandboxOptions::default() });
    let expected: BTreeSet<String> = (1..=200).map(|n| format!("ABC-{n}")).collect();
    let sinks = [
        "rows",
        "t, mode: append, target_file_size: 1KiB",
        "t, mode: upsert, key: key",
        "t/, mode: overwrite",
    ];
    let (mut killed, mut n_ends) = (0, 0);
    for (number, sink) in sinks.iter().cycle().enumerate() {
        let home = site.home().with([
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", &format!("http://{host}")),
            ("AWS_ALLOW_HTTP", "true"),
        ]);
        let folder = format!("{seed}-{}-{number}", std::process::id());
        home.write(
            "p.yaml",
            &pipeline(KEYS, &format!("{{ kind: parquet, path: s3://kills/{folder}/{sink} }}")),
        );
        let check = |n_runs: usize| {
            let n_times = if sink.contains("append") { n_runs } else { 1 };
            let found = s3_keys(&home, &host, &folder);
            assert_eq!(found.len(), expected.len() * n_times, "{sink}, seed {seed}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{sink}, seed {seed}");
        };
        for n_runs in 1..=2 {
            killed += until_done(&site, &home, &mut random);
            n_ends += 1;
            check(n_runs);
        }
        // What killed runs have left is older than the manifest of an undisturbed one, and goes with the next.
        for n_runs in [3, 4] {
            std::thread::sleep(Duration::from_millis(1100));
            home.summary(&["p.yaml"]);
            check(n_runs);
        }
        assert_eq!(s3_strays(&host, &folder), Vec::<String>::new(), "{sink}, seed {seed}");
        if killed >= n_kills {
            break;
        }
    }
    println!("{killed} kills, {n_ends} runs came to their end");
}
