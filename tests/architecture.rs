//! What ARCHITECTURE.md says of the crates, held against their manifests and sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::support::root;

mod imports;

/// Lines of a file without its tests.
const MAX_LINES: usize = 400;

/// Files that were longer when this test was written: they may only shrink.
const LONG_FILES: &[(&str, usize)] = &[
    ("converter/src/analysis/walk.rs", 402),
    ("converter/src/cells.rs", 426),
    ("converter/src/converter.rs", 522),
    ("converter/src/script.rs", 457),
    ("converter/src/selected.rs", 411),
    ("datasource/src/rest/paging.rs", 586),
    ("engine/src/journal/file.rs", 409),
    ("engine/src/plan.rs", 450),
    ("engine/src/run/parts.rs", 407),
    ("engine/src/run/resume.rs", 466),
    ("engine/src/run/table.rs", 500),
    ("history/src/store.rs", 480),
    ("query/src/pagination/envelope/classify.rs", 582),
    ("query/src/pagination/sequence.rs", 591),
    ("query/src/query.rs", 590),
    ("scheduler/src/handle.rs", 416),
    ("sink/src/folder/local.rs", 579),
    ("table/src/batch.rs", 433),
];

/// How many modules of a crate import each other in a circle; they may only become fewer.
const MODULES_IN_CIRCLES: &[(&str, usize)] = &[
    ("auth", 2),
    ("authoring", 4),
    ("cli", 4),
    ("converter", 44),
    ("datasource", 2),
    ("engine", 20),
    ("postgres", 3),
    ("query", 20),
    ("sandbox", 15),
    ("scheduler", 8),
    ("server", 5),
    ("sink", 3),
    ("table", 16),
    ("transport", 4),
];

/// One row of the table of crates: its name, and the crates that it may use.
fn rows() -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let (_, table) = text.split_once("| crate | what it owns |").expect("the table");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let used = cells.last().expect("a last cell").trim_matches('–');
            let names = used.split(',').map(|name| name.split('(').next().unwrap_or_default().trim());
            (
                cells[0].trim_matches('`').to_owned(),
                names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            )
        })
        .collect()
}

/// The crates of this workspace that the manifest of `name` has as dependencies of its code.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = root().join("crates").join(name).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap_or_else(|_| panic!("no {}", manifest.display()));
    let mut is_of_code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some(section) = line.strip_prefix('[') {
            is_of_code = section.trim_end_matches(']').rsplit('.').next() == Some("dependencies");
        } else if is_of_code && let Some(rest) = line.strip_prefix("pipeline-") {
            found.extend(rest.split(['.', ' ', '=']).next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn each_crate_uses_what_the_table_says_and_nothing_below_it() {
    let rows = rows();
    let folders = fs::read_dir(root().join("crates")).expect("crates");
    let folders: BTreeSet<String> =
        folders.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(rows.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), folders);
    let mut above = BTreeSet::new();
    for (name, may_use) in rows {
        let used = dependencies(&name);
        assert_eq!(used, may_use, "`{name}` and its row in ARCHITECTURE.md");
        let below: Vec<&String> = used.difference(&above).collect();
        assert!(below.is_empty(), "`{name}` uses {below:?}, which stand below it in ARCHITECTURE.md");
        above.insert(name);
    }
}

/// Files of code below `folder`, without those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            if name != "tests" {
                sources(&entry, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
            found.push(entry);
        }
    }
}

/// The text of a file up to its unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

#[test]
fn files_are_short() {
    let mut files = Vec::new();
    for (name, _) in rows() {
        sources(&root().join("crates").join(name).join("src"), &mut files);
    }
    assert!(files.len() > 400, "{} files", files.len());
    let long: BTreeMap<String, usize> = files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root().join("crates")).expect("a crate's").display().to_string();
            (name, code(path).lines().count())
        })
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    let allowed: BTreeMap<String, usize> =
        LONG_FILES.iter().map(|(name, lines)| ((*name).to_owned(), *lines)).collect();
    assert_eq!(long, allowed, "files of more than {MAX_LINES} lines without their tests, and LONG_FILES");
}

#[test]
fn tasks_and_threads_are_started_by_the_crates_that_are_named() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let (_, list) = text.split_once("Started by: ").expect("the list");
    let (list, _) = list.split_once(';').expect("its end");
    let named: BTreeSet<String> =
        list.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect();
    let starts = |name: &String| {
        let mut files = Vec::new();
        sources(&root().join("crates").join(name).join("src"), &mut files);
        files.iter().any(|path| {
            let code = code(path);
            ["::spawn", ".spawn(", "::spawn_blocking", "thread::scope"].iter().any(|call| code.contains(call))
        })
    };
    let found: BTreeSet<String> = rows().into_iter().map(|(name, _)| name).filter(starts).collect();
    assert_eq!(named, found);
}

#[test]
fn modules_import_each_other_in_no_further_circles() {
    let circles: BTreeMap<String, Vec<Vec<String>>> = rows()
        .into_iter()
        .map(|(name, _)| (name.clone(), imports::circles(&root().join("crates").join(name).join("src"))))
        .filter(|(_, circles)| !circles.is_empty())
        .collect();
    let counts: BTreeMap<&str, usize> =
        circles.iter().map(|(name, circles)| (name.as_str(), circles.iter().map(Vec::len).sum())).collect();
    assert_eq!(counts, MODULES_IN_CIRCLES.iter().copied().collect(), "{circles:#?}");
}
