//! The page of error codes: each example causes its error and no other, each correction is valid, and no code is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::support::{Home, root};

/// Codes that this build of the program has no cause for, and why.
fn is_elsewhere(code: &str) -> bool {
    let has_postgres = cfg!(feature = "postgres");
    let has_keyring = cfg!(feature = "keyring");
    match code {
        "S006" | "S007" => !has_postgres,
        "A005" => has_keyring,
        _ => false,
    }
}

struct Section {
    code: String,
    /// YAML with the mistake, and YAML without it.
    examples: Vec<String>,
    /// What shows the mistake, where that is not `validate`.
    command: Option<Vec<String>>,
}

fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

fn sections() -> Vec<Section> {
    let page = fs::read_to_string(root().join("docs/reference/errors.md")).expect("the page");
    page.split("\n## ")
        .skip(1)
        .map(|section| {
            let (code, text) = section.split_once('\n').expect("a heading and a text");
            let command = blocks(text, "console").into_iter().next();
            let words = |line: String| line.split_whitespace().skip(2).map(str::to_owned).collect();
            Section { code: code.into(), examples: blocks(text, "yaml"), command: command.map(words) }
        })
        .collect()
}

fn home() -> Home {
    let variables =
        [("TOKEN", "t0ken-of-a-test"), ("PASSWORD", "pw-of-a-test"), ("KEY", "k"), ("SECRET", "s")];
    Home::new().with(variables)
}

/// The codes of each file that `validate` speaks of.
fn codes_by_file(output: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut code = "";
    for line in output.lines() {
        let head = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["));
        if let Some((named, _)) = head.and_then(|rest| rest.split_once(']')) {
            code = named;
        } else if let Some((_, place)) = line.split_once("--> ") {
            let file = place.split(':').next().unwrap_or_default();
            found.entry(file.to_owned()).or_default().insert(code.to_owned());
        }
    }
    found
}

#[test]
fn each_example_causes_its_error_and_each_correction_none() {
    let home = home();
    let (mut wrong, mut right) = (vec!["validate".to_owned()], vec!["validate".to_owned()]);
    let sections = sections();
    for section in sections.iter().filter(|section| !is_elsewhere(&section.code)) {
        let (first, last) = (section.examples.first(), section.examples.last());
        assert!(section.command.is_some() || section.examples.len() == 2, "{}", section.code);
        if let (None, Some(text)) = (&section.command, first) {
            home.write(&format!("{}.yaml", section.code), text);
            wrong.push(format!("{}.yaml", section.code));
        }
        if let (2, Some(text)) = (section.examples.len(), last) {
            // Together they are checked for common targets.
            let text = text.replace("path: out/", &format!("path: out/{}/", section.code));
            home.write(&format!("{}-right.yaml", section.code), &text);
            right.push(format!("{}-right.yaml", section.code));
        }
    }
    let done = home.run(&wrong.iter().map(String::as_str).collect::<Vec<_>>());
    let found = codes_by_file(&format!("{}{}", done.stdout, done.stderr));
    for file in &wrong[1..] {
        let expected = BTreeSet::from([file.trim_end_matches(".yaml").to_owned()]);
        assert_eq!(found.get(file), Some(&expected), "{file}: {}{}", done.stdout, done.stderr);
    }
    let done = home.run(&right.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(
        !format!("{}{}", done.stdout, done.stderr).contains("warning["),
        "{}{}",
        done.stdout,
        done.stderr
    );
    // Those that another command shows.
    for section in &sections {
        let Some(command) = &section.command else { continue };
        if let Some(text) = section.examples.first() {
            home.write("p.yaml", text);
        }
        let done = home.run(&command.iter().map(String::as_str).collect::<Vec<_>>());
        let shown = format!("error[{}]", section.code);
        assert!(done.code == Some(2) && done.stderr.contains(&shown), "{}: {}", section.code, done.stderr);
    }
}

/// All that stands between quotes and looks like a code, in the sources without their tests.
fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            if name != "tests" && name != "sandbox" {
                codes_in(&entry, found);
            }
        } else if name.ends_with(".rs") && !name.contains("test") && name != "conformance.rs" {
            let text = fs::read_to_string(&entry).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let quoted = code.match_indices('"').filter_map(|(at, _)| code.get(at + 1..at + 6));
            found.extend(
                quoted
                    .filter_map(|text| text.strip_suffix('"'))
                    .filter(|text| is_code(text))
                    .map(str::to_owned),
            );
        }
    }
}

fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 4 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit)
}

#[test]
fn the_page_has_the_codes_that_the_program_has() {
    let mut used = BTreeSet::new();
    for entry in fs::read_dir(root().join("crates")).expect("crates") {
        let folder = entry.expect("an entry").path();
        if !folder.ends_with("sandbox") {
            codes_in(&folder.join("src"), &mut used);
        }
    }
    // A method of PKCE.
    used.remove("S256");
    let described: BTreeSet<String> = sections().into_iter().map(|section| section.code).collect();
    assert_eq!(described, used);
}

#[test]
fn a_code_is_explained_as_it_is_printed() {
    let home = Home::new();
    for written in ["C005", "c005", "error[C005]", "[C005]"] {
        let done = home.run(&["explain-error", written]);
        let is_explained = done.stdout.starts_with("C005: The file uses the environment variable");
        assert!(done.code == Some(0) && is_explained, "{written}: {}{}", done.stdout, done.stderr);
    }
    let done = home.run(&["explain-error", "C055"]);
    assert!(done.code == Some(2) && done.stderr.contains("C005"), "{}", done.stderr);
    let all = home.run(&["explain-error"]).stdout;
    assert_eq!(all.lines().count(), sections().len(), "{all}");
}
