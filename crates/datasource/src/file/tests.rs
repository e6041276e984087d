//! Files of every format.

use std::{io::Write, path::Path};

use futures::TryStreamExt;
use pipeline_config::{Environment, Reader, Style};
use pipeline_query::{Position, QUERY_FIELDS};
use pipeline_transport::Redactor;

use super::*;

/// The pages of `pattern` in `folder`, as (file, body).
async fn pages(folder: &Path, settings: &str, pattern: &str) -> Result<Vec<Page>, DatasourceError> {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse(folder.join("p.yaml"), &format!("{{kind: file, {settings}}}")).unwrap();
    let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
    let context = DatasourceContext::new(Redactor::default(), folder.to_owned());
    let datasource = (kind.build)(&section, &context);
    let query = reader.parse("query.yaml", &format!("{{path: '{pattern}'}}")).unwrap();
    let query = Query::read(&Section::read(&reader, &query, QUERY_FIELDS), &Values::default());
    let (datasource, query) = reader.finish(datasource.zip(query), Style::Plain).unwrap();
    datasource.pages(Arc::new(query), Arc::default()).try_collect().await
}

fn bodies(pages: &[Page]) -> Vec<&str> {
    pages.iter().map(|page| std::str::from_utf8(&page.body).unwrap()).collect()
}

#[tokio::test]
async fn files_come_by_name_and_records_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("b.json", r#"{"issues":[1]}"#);
    write("a.json", r#"{"issues":[0]}"#);
    write("rows.ndjson", "{\"n\":1}\n\n{\"n\":2}\n{\"n\":3}\n");
    write("rows.csv", "n,name\n1,x\n2,\"y, z\"\n");
    write("list.xml", "<l><i>1</i></l>");
    let zipped = std::fs::File::create(folder.path().join("more.jsonl.gz")).unwrap();
    let mut zipped = flate2::write::GzEncoder::new(zipped, flate2::Compression::fast());
    zipped.write_all(b"{\"n\":4}\n").unwrap();
    zipped.finish().unwrap();

    let json = pages(folder.path(), "", "*.json").await.unwrap();
    assert_eq!(bodies(&json), [r#"{"issues":[0]}"#, r#"{"issues":[1]}"#]);
    assert_eq!((json[0].next.clone(), json[1].next.clone()), (Some(Position::Page(1)), None));
    assert_eq!(json.iter().map(|page| page.index).collect::<Vec<_>>(), [0, 1]);
    let lines = pages(folder.path(), "page_size: 2", "rows.ndjson").await.unwrap();
    assert_eq!(bodies(&lines), [r#"[{"n":1},{"n":2}]"#, r#"[{"n":3}]"#]);
    let csv = pages(folder.path(), "", "*.csv").await.unwrap();
    assert_eq!(bodies(&csv), [r#"[{"n":"1","name":"x"},{"n":"2","name":"y, z"}]"#]);
    assert_eq!(bodies(&pages(folder.path(), "", "*.gz").await.unwrap()), [r#"[{"n":4}]"#]);
    assert_eq!(bodies(&pages(folder.path(), "", "*.xml").await.unwrap()), [r#"{"l":{"i":"1"}}"#]);
}

#[tokio::test]
async fn what_is_wrong_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("rows.ndjson", "{}\n{]\n");
    write("rows.csv", "a,b\n1,2\n3\n");
    write("rows.data", "x");
    write("large.json", "[1,2,3,4,5,6]");
    let check = async |settings: &str, pattern: &str, expected: &[&str]| {
        let error = pages(folder.path(), settings, pattern).await.unwrap_err().to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    };
    check("", "*.nothing", &["*.nothing", "no such file"]).await;
    check("", "", &["`query.path`"]).await;
    check("", "*.ndjson", &["rows.ndjson", "line 2 is not JSON"]).await;
    check("", "*.csv", &["rows.csv", "line 3 has 1 fields"]).await;
    check("", "*.data", &["rows.data", "`format:`"]).await;
    let bytes = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    bytes("latin.csv", b"id,name\n1,M\xfcller\n");
    bytes("latin.ndjson", b"{\"a\":\"M\xfcller\"}\n");
    bytes("wide.csv", b"\xff\xfei\0d\0\n\0");
    for (name, charset) in
        [("latin.csv", "WINDOWS-1252"), ("latin.ndjson", "WINDOWS-1252"), ("wide.csv", "UTF-16")]
    {
        check("", name, &[name, &format!("iconv -f {charset} -t UTF-8")]).await;
    }
    write("export.xml", "{\"a\": 1}");
    write("export.csv", "{\"a\": 1}");
    bytes("book.json", b"PK\x03\x04\0\0");
    check("", "export.xml", &["export.xml", "help: write `format: json` in the datasource"]).await;
    check("", "export.csv", &["export.csv", "write `format: json`", "in the datasource"]).await;
    check("", "book.json", &["a ZIP archive", "help: have JSON, NDJSON, CSV or XML made of it"]).await;
    check("max_file: 5B", "large.json", &["large.json", "larger than `max_file`"]).await;
}

/// A packed file of few bytes may hold any number of them.
#[tokio::test]
async fn lines_and_records_are_bounded_while_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pack = |name: &str, begin: &str, piece: &str, end: &str| {
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        file.write_all(begin.as_bytes()).unwrap();
        let piece = piece.repeat((1 << 20) / piece.len());
        for _ in 0..3 {
            file.write_all(piece.as_bytes()).unwrap();
        }
        file.write_all(end.as_bytes()).unwrap();
        file.finish().unwrap();
    };
    pack("line.ndjson.gz", "{\"a\":\"", "x", "\"}\n");
    pack("blank.ndjson.gz", "", " ", "\n");
    pack("field.csv.gz", "a,b\n1,", "x", "\n");
    pack("quoted.csv.gz", "a,b\n1,\"", "x\n", "\"\n");
    pack("fields.csv.gz", "a,b\n", ",", "\n");
    pack("header.csv.gz", "", "x,", "\n");
    pack("header.tsv.gz", "", "x", "\n");
    pack("one.json.gz", "[", "1,", "1]");
    for name in [
        "line.ndjson",
        "blank.ndjson",
        "field.csv",
        "quoted.csv",
        "fields.csv",
        "header.csv",
        "header.tsv",
        "one.json",
    ] {
        let error =
            pages(folder.path(), "max_file: 1MiB", &format!("{name}.gz")).await.unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("larger than `max_file`"), "{error}");
        assert!(error.len() < 500, "{name}: {}", error.len());
    }
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // Any number of records goes on fitting, in pages that are as large as a converter takes.
    write("rows.ndjson", &"{\"a\":12345}\n".repeat(9));
    write("rows.csv", &format!("a\n{}", "12345\n".repeat(9)));
    for (name, record) in [("rows.ndjson", "{\"a\":12345}"), ("rows.csv", "{\"a\":\"12345\"}")] {
        let pages = pages(folder.path(), "max_file: 42B", name).await.unwrap();
        let full = format!("[{record},{record},{record}]");
        assert_eq!(bodies(&pages), [&full, &full, &full], "{name}");
    }
}

/// The names of the files that a pattern of `folder` means.
#[cfg(unix)]
async fn names(folder: &Path, pattern: &str) -> Vec<String> {
    let pages = pages(folder, "", pattern).await.unwrap();
    let below = |page: &Page| {
        page.url.split_once(&format!("{}/", folder.display())).unwrap().1.trim_start_matches("./").to_owned()
    };
    pages.iter().map(below).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn links_multiply_no_rows() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    for day in ["1", "2", "3"] {
        std::fs::create_dir(folder.join(day)).unwrap();
        std::fs::write(folder.join(day).join("a.json"), "[]").unwrap();
    }
    let all = ["1/a.json", "2/a.json", "3/a.json"];
    symlink("3", folder.join("latest")).unwrap();
    symlink("..", folder.join("1/up")).unwrap();
    symlink("3", folder.join("0")).unwrap();
    for pattern in ["**/*.json", "*/*.json", "**/a.json", "**/*/*.json", "*/**/*.json", "**"] {
        assert_eq!(names(folder, pattern).await, all, "{pattern}");
    }
    // A link that is named is followed, and so is one to a file, which is no other file.
    assert_eq!(names(folder, "latest/*.json").await, ["latest/a.json"]);
    assert_eq!(names(folder, "latest/../latest/a.json").await, ["latest/../latest/a.json"]);
    symlink("a.json", folder.join("3/0.json")).unwrap();
    std::fs::hard_link(folder.join("3/a.json"), folder.join("3/b.json")).unwrap();
    assert_eq!(names(folder, "**/*.json").await, all);
    assert_eq!(names(folder, "3/0.json").await, ["3/0.json"]);
    // Equal contents are no sign of one file.
    std::fs::copy(folder.join("3/a.json"), folder.join("3/c.json")).unwrap();
    assert_eq!(names(folder, "3/*.json").await, ["3/a.json", "3/c.json"]);
    // One that leads nowhere is told rather than left out.
    symlink("nowhere", folder.join("2/gone.json")).unwrap();
    assert!(pages(folder, "", "**/*.json").await.unwrap_err().to_string().contains("2/gone.json"));
}

#[cfg(unix)]
#[tokio::test]
async fn hidden_files_and_what_runs_write_beside_rows_are_no_input() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    std::fs::create_dir_all(folder.join("x/.git")).unwrap();
    let rejected = "out.rejected-20261130T155022.123456Z-0a1f.jsonl";
    for name in
        ["a.json", ".b.json", "_manifest.json", "x/_manifest.json", "x/.git/c.json", rejected, "d[1].json"]
    {
        std::fs::write(folder.join(name), "[]\n").unwrap();
    }
    assert_eq!(names(folder, "**/*.json*").await, ["a.json", "d[1].json"]);
    assert_eq!(names(folder, ".*.json").await, [".b.json"]);
    assert_eq!(names(folder, "**/.git/*").await, ["x/.git/c.json"]);
    assert_eq!(names(folder, rejected).await, [rejected]);
    assert_eq!(names(folder, "d[1].json").await, ["d[1].json"]);
    assert_eq!(names(folder, "?[1].json").await, ["d[1].json"]);
    let error = pages(folder, "", "d[0-9]*.json").await.unwrap_err().to_string();
    assert!(error.contains("only `*`, `?` and `**`"), "{error}");
}
