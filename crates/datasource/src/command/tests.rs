//! Against shell scripts that speak the protocol.
#![cfg(unix)]

use std::path::Path;

use futures::TryStreamExt;
use pipeline_config::{Environment, Reader, Style};
use pipeline_query::QUERY_FIELDS;

use super::*;

/// A tap that prints `lines` and does `then`.
fn tap(folder: &Path, then: &str, lines: &[&str]) -> String {
    let path = folder.join("tap.sh");
    let script = format!("cat <<'END'\n{}\nEND\n{then}\n", lines.join("\n"));
    std::fs::write(&path, script).unwrap();
    format!("command: [sh, '{}']", path.display())
}

async fn pages(settings: &str, stream: &str) -> Result<Vec<Page>, DatasourceError> {
    let reader = Reader::new(Environment::empty().with([("SECRET".into(), "hunter2hunter2".into())]));
    let node = reader.parse("p.yaml", &format!("{{kind: command, {settings}}}")).unwrap();
    let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
    let context = DatasourceContext::new(Redactor::default(), "state".into());
    let datasource = (kind.build)(&section, &context);
    let query = reader.parse("query.yaml", &format!("{{path: '{stream}'}}")).unwrap();
    let query = Query::read(&Section::read(&reader, &query, QUERY_FIELDS), &Values::default());
    let (datasource, query) = reader.finish(datasource.zip(query), Style::Plain).unwrap();
    context.redactor.learn(&reader);
    datasource.pages(Arc::new(query), Arc::default()).try_collect().await
}

#[test]
fn a_credential_that_is_written_in_the_settings_is_a_warning() {
    for (settings, n_warnings) in [
        ("command: [tap], config: { db: 'Server=x;Password=hunter2' }", 1),
        ("command: [tap], config: { db: \"host=${HOST} password='hunter2' port=1\" }", 1),
        ("command: [tap], config: { a: [{ db: 'postgres://me:hunter2@${HOST}/db' }] }", 1),
        ("command: [tap, --db, 'Server=${HOST};Password=hunter2'], config: { password: hunter2 }", 2),
        (
            "command: [tap, '--db=postgres://me:${SECRET}@h/db'], config: { db: 'Server=x;Password=${SECRET}' }",
            0,
        ),
        ("command: [tap], config: { password: '${SECRET}', db: 'Server=x;Trusted_Connection=True' }", 0),
    ] {
        let variables = [("SECRET", "hunter2hunter2"), ("HOST", "h")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reader = Reader::new(Environment::empty().with(variables));
        let node = reader.parse("p.yaml", &format!("{{kind: command, {settings}}}")).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
        (kind.build)(&section, &DatasourceContext::new(Redactor::default(), "state".into()));
        let told = reader.render(Style::Plain);
        assert_eq!(told.matches("warning[C009]").count(), n_warnings, "{settings}: {told}");
        assert!(!told.contains("hunter2"), "{settings}: {told}");
    }
}

const LINES: &[&str] = &[
    r#"{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"},"at":{"type":["null","string"],"format":"date-time"}}},"key_properties":["id"]}"#,
    r#"{"type":"SCHEMA","stream":"teams","schema":{},"key_properties":[]}"#,
    r#"{"type":"RECORD","stream":"users","record":{"id":1}}"#,
    r#"{"type":"RECORD","stream":"teams","record":{"id":9}}"#,
    r#"{"type":"STATE","value":{"users":1}}"#,
    r#"{"type":"RECORD","stream":"users","record":{"id":2}}"#,
    r#"{"type":"RECORD","stream":"users","record":{"id":3}}"#,
    r#"{"type":"STATE","value":{"users":3}}"#,
];

#[tokio::test]
async fn the_records_of_one_stream_come_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{}, page_size: 2", tap(folder.path(), "", LINES));
    let users = pages(&settings, "users").await.unwrap();
    let bodies: Vec<_> = users.iter().map(|page| String::from_utf8_lossy(&page.body).into_owned()).collect();
    assert_eq!(bodies, [r#"[{"id":1},{"id":2}]"#, r#"[{"id":3}]"#]);
    assert_eq!(users[0].next, Some(Position::Cursor(r#"{"users":1}"#.into())));
    assert_eq!((users[1].next.clone(), users[1].position.clone()), (None, users[0].next.clone().unwrap()));
    let columns: Vec<_> = users[0].columns.iter().flat_map(|columns| columns.iter()).collect();
    assert_eq!(
        columns.iter().map(|column| (column.name.as_str(), column.type_name)).collect::<Vec<_>>(),
        [("id", "int"), ("at", "timestamp")]
    );
    assert_eq!(pages(&settings, "teams").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_goes_wrong_is_told_in_the_programs_words() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |settings: String, stream: &str, expected: &[&str]| {
        let error = pages(&settings, stream).await.unwrap_err().to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    };
    check(tap(folder.path(), "", LINES), "nobody", &["no stream `nobody`", "users, teams"]).await;
    check(tap(folder.path(), "", LINES), "", &["several streams", "`query.path`"]).await;
    let dies = "echo 'CRITICAL: bad credentials hunter2hunter2' >&2; exit 3";
    let config = "config: {api_token: '${SECRET}'}";
    check(
        format!("{}, {config}", tap(folder.path(), dies, &[])),
        "users",
        &["exit code 3", "bad credentials", "[REDACTED]"],
    )
    .await;
    check(tap(folder.path(), "", &["oops"]), "users", &["not JSON", "oops"]).await;
    check("command: [no-such-program-anywhere]".into(), "users", &["cannot be started"]).await;
}

#[tokio::test]
async fn config_catalog_and_state_are_files_that_nobody_else_reads() {
    let folder = tempfile::tempdir().unwrap();
    // Prints its arguments, the config's mode and content as a record; knows `--discover`.
    let script = r#"case "$*" in *--discover*) echo '{"streams":[{"tap_stream_id":"s","schema":{}}]}'; exit;; esac
mode=$(stat -c %a "$2" 2>/dev/null || stat -f %Lp "$2")
echo "{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"arguments\":\"$1 $3 $5\",\"mode\":\"$mode\",\"config\":$(cat "$2"),\"catalog\":$(cat "$4"),\"home\":\"$HOMEWORK\"}}"
"#;
    let path = folder.path().join("tap.sh");
    std::fs::write(&path, script).unwrap();
    let settings = format!(
        "command: [sh, '{}'], config: {{n: 1, password: '${{SECRET}}'}}, catalog: discover, state: {{a: 1}}, env: {{HOMEWORK: done}}",
        path.display()
    );
    let page = &pages(&settings, "s").await.unwrap()[0];
    let record: serde_json::Value = serde_json::from_slice(&page.body).unwrap();
    assert_eq!(record[0]["arguments"], "--config --catalog --state");
    assert_eq!(record[0]["mode"], "600");
    assert_eq!(record[0]["config"], serde_json::json!({"n": 1, "password": "hunter2hunter2"}));
    assert_eq!(record[0]["catalog"]["streams"][0]["metadata"][0]["metadata"]["selected"], true);
    assert_eq!(record[0]["home"], "done");
}
