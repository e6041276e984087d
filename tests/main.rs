//! The real `pipeline` against its own sandbox, as a user would run it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs `pipeline` in `folder` without any of the variables of this process that pipelines read.
fn pipeline(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
    command.args(args).current_dir(folder).env("PIPELINE_STATE_DIR", folder.join("state"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("JIRA_")) {
        command.env_remove(name);
    }
    command.output().expect("the binary was built for this test")
}

#[test]
fn the_examples_give_every_issue() {
    for name in ["jira", "jira_search"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = root().join(format!("pipelines/{name}.yaml"));
        let args = [
            "run",
            file.to_str().expect("UTF-8"),
            "--sandbox",
            "--sandbox-issues",
            "230",
            "--format",
            "json",
        ];
        let output = pipeline(folder.path(), &args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on stdout");
        assert_eq!((&summary["tables"][0]["rows"], &summary["tables"][0]["pages"]), (&230.into(), &3.into()));
        assert!(folder.path().join(format!("out/{name}.parquet")).is_file());
    }
}

#[test]
fn a_wrong_file_is_told_with_its_place_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("wrong.yaml"), "datasorce: {}\nsink: {kind: parket, path: x}\n")
        .expect("written");
    let output = pipeline(folder.path(), &["validate", "wrong.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    for part in ["wrong.yaml:1:1", "did you mean `datasource`", "wrong.yaml:2:14", "did you mean `parquet`"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}
