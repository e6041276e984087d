//! The program as people use it.

use std::{fs, path::Path, process::Command};

const BINARY: &str = env!("CARGO_BIN_EXE_folder-inventory");

fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).args(args).env("PIPELINE_STATE_DIR", folder.join("state"));
    let done = command.output().expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code().expect("a code"), text(done.stdout), text(done.stderr))
}

/// A folder with three files, and a pipeline that lists them two to a page.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(home.path().join("files/below")).expect("folders");
    for (name, text) in [("files/a.txt", "a"), ("files/below/b.txt", "bb"), ("files/c.txt", "ccc")] {
        fs::write(home.path().join(name), text).expect("a file");
    }
    let yaml = include_str!("../inventory.yaml")
        .replace("folder: .", "folder: ., page_size: 2")
        .replace("path: src", "path: files")
        .replace("kind: parquet, path: inventory.parquet", "kind: jsonl, path: '-'");
    fs::write(home.path().join("inventory.yaml"), yaml).expect("a file");
    home
}

#[test]
fn files_become_rows() {
    let home = home();
    let (code, rows, said) = run(home.path(), &["run", "inventory.yaml"]);
    assert_eq!(code, 0, "{said}");
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|row| serde_json::from_str(row).expect("JSON")).collect();
    let found: Vec<_> =
        rows.iter().map(|row| (row["path"].as_str().expect("text"), row["bytes"].as_u64())).collect();
    assert_eq!(found, [("a.txt", Some(1)), ("below/b.txt", Some(2)), ("c.txt", Some(3))]);
    assert!(
        rows.iter().all(|row| row["modified"].as_str().is_some_and(|time| time.starts_with("20"))),
        "{rows:?}"
    );
    assert!(said.contains("2 pages"), "{said}");
}

#[test]
fn the_kind_is_known_like_the_others() {
    let home = home();
    let (_, kinds, _) = run(home.path(), &["kinds"]);
    assert!(kinds.contains("folder_inventory") && kinds.contains("rest"), "{kinds}");
    let yaml = fs::read_to_string(home.path().join("inventory.yaml")).expect("the file");
    fs::write(home.path().join("wrong.yaml"), yaml.replace("page_size: 2", "page_sise: 2")).expect("a file");
    let (code, _, said) = run(home.path(), &["validate", "wrong.yaml"]);
    assert!(code == 2 && said.contains("wrong.yaml:3:") && said.contains("page_size"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let home = home();
    fs::remove_dir_all(home.path().join("files")).expect("it was there");
    let (code, _, said) = run(home.path(), &["run", "inventory.yaml"]);
    assert!(code == 1 && said.contains("cannot read") && said.contains("files"), "{said}");
}
