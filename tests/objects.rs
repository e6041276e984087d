//! Files in an object store, read by `kind: file`.

use crate::{
    recorded::{Asked, Reply, Server},
    support::Home,
};

const KEY: &str = "AKIAOFTHETEST";
const SECRET: &str = "s3cr3t-of-the-bucket";

const OBJECTS: [(&str, &str); 7] = [
    ("in/2024/b.ndjson", "{\"id\":3}\n"),
    ("in/2024/a.ndjson", "{\"id\":1}\n{\"id\":2}\n"),
    ("in/2024", ""),
    ("in/2025/01/c.ndjson", "{\"id\":4}\n"),
    ("in/of all.json", "{\"items\":[{\"id\":7},{\"id\":8}]}"),
    ("in/more.csv", "id,name\n9,\"x, y\"\n"),
    ("other/d.ndjson", "{\"id\":99}\n"),
];

/// As S3 answers for a bucket `data`: a list by prefix, and objects.
fn bucket(asked: &Asked) -> Reply {
    let xml = |status: u16, body: String| Reply {
        status,
        headers: vec![("content-type", "application/xml".into())],
        body: body.into(),
    };
    let refusal = |status: u16, code: &str, message: &str| {
        xml(
            status,
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        )
    };
    if !asked.header("authorization").contains(&format!("Credential={KEY}/")) {
        return refusal(403, "InvalidAccessKeyId", "The key is not known.");
    }
    let Some(rest) = asked.path.strip_prefix("/data") else {
        return refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    };
    let name = rest.trim_matches('/').replace("%20", " ");
    if name.is_empty() {
        let prefix = asked.param("prefix").unwrap_or_default().replace("%2F", "/");
        let entry = |(name, text): &(&str, &str)| {
            format!(
                "<Contents><Key>{name}</Key><Size>{}</Size><LastModified>2025-01-01T00:00:00.000Z</LastModified></Contents>",
                text.len()
            )
        };
        let found: String = OBJECTS.iter().filter(|(name, _)| name.starts_with(&prefix)).map(entry).collect();
        return xml(
            200,
            format!("<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"),
        );
    }
    match OBJECTS.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => Reply {
            status: 200,
            headers: vec![
                ("content-type", "text/plain".into()),
                ("etag", "\"1\"".into()),
                ("last-modified", "Wed, 01 Jan 2025 00:00:00 GMT".into()),
            ],
            body: (*text).into(),
        },
        None => refusal(404, "NoSuchKey", "The specified key does not exist."),
    }
}

fn home(server: &Server, key: &str) -> Home {
    Home::new().with([
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT", server.url.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
    ])
}

/// Every `id` that `path` gives.
fn ids(home: &Home, folder: &str, query: &str) -> Vec<String> {
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: file, folder: '{folder}' }}\nquery: {query}\nsink: {{ kind: csv, path: rows }}\n"
        ),
    );
    home.summary(&["p.yaml"]);
    home.read("rows.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn files_of_a_bucket_are_a_datasource() {
    let server = Server::start(bucket);
    let home = home(&server, KEY);
    let check = |folder: &str, query: &str, expected: &[&str]| {
        assert_eq!(ids(&home, folder, query), expected, "{folder} {query}");
    };
    check("s3://data/in", "{ path: '2024/*.ndjson' }", &["1", "2", "3"]);
    check("s3://data/in/", "{ path: '**/*.ndjson' }", &["1", "2", "3", "4"]);
    check("s3://data", "{ path: 'in/*.csv' }", &["9"]);
    check("s3://data/in", "{ path: '202?/*' }", &["1", "2", "3"]);
    check("s3://data/in", "{ path: of all.json, select: items }", &["7", "8"]);
    let lists = server.asked().into_iter().filter(|asked| asked.path.trim_matches('/') == "data");
    let prefixes: Vec<String> = lists.filter_map(|asked| asked.param("prefix")).collect();
    // Only what can match is listed, and a name without wildcards needs no list.
    assert_eq!(prefixes, ["in%2F2024%2F", "in%2F", "in%2F", "in%2F"]);
    let done = home.run(&["check", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("s3://data/in/"), "{}", done.stdout);
}

#[test]
fn a_part_that_is_not_there_after_all_is_in_no_manifest() {
    // A gateway that takes everything and keeps nothing.
    let server = Server::start(|asked| match asked.method.as_str() {
        "PUT" => Reply { status: 200, headers: vec![("etag", "\"1\"".into())], body: "".into() },
        _ => bucket(asked),
    });
    let home = home(&server, KEY);
    home.write(
        "p.yaml",
        "datasource: { kind: file, folder: 's3://data/in' }
query: { path: '2024/*.ndjson' }
sink: { kind: jsonl, path: 's3://data/gone/', mode: append }
",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in ["has answered that `s3://data/gone/part-", "and it is not"] {
        assert!(done.stderr.contains(part), "{part} in {}", done.stderr);
    }
    let puts: Vec<Asked> = server.asked().into_iter().filter(|asked| asked.method == "PUT").collect();
    assert!(puts.len() == 1 && puts[0].path.contains("part-"), "{puts:?}");
}

#[test]
fn what_a_bucket_refuses_is_told_without_its_secrets() {
    let server = Server::start(bucket);
    let check = |key: &str, folder: &str, query: &str, expected: &[&str]| {
        let home = home(&server, key);
        home.write(
            "p.yaml",
            &format!("datasource: {{ kind: file, folder: '{folder}' }}\nquery: {query}\nsink: {{ kind: csv, path: rows }}\n"),
        );
        let done = home.run(&["run", "p.yaml", "-vvv"]);
        assert_ne!(done.code, Some(0), "{folder} {query}");
        for part in expected {
            assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
        }
        assert!(!done.stderr.contains(SECRET), "{}", done.stderr);
        assert!(
            !done.stderr.contains("the object store answered"),
            "the place is named once: {}",
            done.stderr
        );
    };
    check("AKIAUNKNOWN", "s3://data/in", "{ path: '*.csv' }", &["s3://data/in/", "InvalidAccessKeyId"]);
    check(KEY, "s3://nothing/in", "{ path: '*.csv' }", &["s3://nothing/in/", "NoSuchBucket"]);
    check(KEY, "s3://data/in", "{ path: none.json }", &["`s3://data/in/none.json`", "404"]);
    check(KEY, "s3://data/in", "{ path: '*.xml' }", &["`s3://data/in/*.xml`", "no such file"]);
    check(KEY, "s3://data/in", "{ path: 's3://data/in/*.csv' }", &["below the datasource's `folder`"]);
    check(
        KEY,
        "ftp://data/in",
        "{ path: '*.csv' }",
        &["p.yaml:1:", "`ftp://` is no object store", "known: s3, gs, az"],
    );
    check(
        KEY,
        "s3://data/in', options: { aws_regoin: x }, format: 'csv",
        "{ path: '*.csv' }",
        &["aws_regoin"],
    );
    check(KEY, "in', options: { aws_region: x }, format: 'csv", "{ path: '*.csv' }", &["takes no `options`"]);
}
