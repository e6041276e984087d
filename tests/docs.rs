//! Every block of the README and of `docs/` is done as it stands, by somebody who reads from top to bottom.
//!
//! A `yaml` block is a whole pipeline, or a part that is put into the file that the comment above it names; it is run
//! on at least three pages of three records and must give all rows. A `js` block is run as a converter on three pages
//! of three issues, and its rows are a snapshot. The commands of a `console` block are run in a folder where the files
//! of the document are, and what they print must be what the block shows. Where that cannot be, the comment says why:
//! `<!-- validated: … -->` blocks are read by `pipeline validate`, `<!-- shown: … -->` blocks are not done. Each
//! document's counts are asserted, so that no block drops out unseen.

use std::fs;

use self::reader::{
    Counts,
    Start::{self, Checkout, Empty},
};
use crate::support::root;

mod apis;
mod blocks;
mod console;
mod fragments;
mod helpers;
mod links;
mod reader;
mod stand_ins;

/// What is in each document: parts that are run, validated, shown.
const DOCUMENTS: [(&str, Start, [usize; 3]); 15] = [
    ("README.md", Checkout, [4, 0, 2]),
    ("docs/authoring.md", Empty, [13, 0, 0]),
    ("docs/datasources.md", Checkout, [3, 1, 2]),
    ("docs/first-pipeline.md", Empty, [8, 0, 2]),
    ("docs/oauth-for-jira.md", Checkout, [5, 2, 2]),
    ("docs/outputs.md", Checkout, [4, 2, 5]),
    ("docs/overnight.md", Checkout, [14, 0, 0]),
    ("docs/pagination.md", Checkout, [19, 0, 0]),
    ("docs/performance.md", Checkout, [0, 0, 0]),
    ("docs/reference.md", Checkout, [0, 0, 0]),
    ("docs/scaling.md", Checkout, [0, 0, 7]),
    ("docs/scheduling.md", Checkout, [6, 0, 4]),
    ("docs/studio.md", Checkout, [2, 0, 0]),
    ("docs/tables.md", Checkout, [5, 0, 0]),
    ("docs/writing-converters.md", Checkout, [21, 0, 0]),
];

fn follow(document: &str) {
    let (_, start, [run, validated, shown]) =
        DOCUMENTS.iter().find(|(known, ..)| *known == document).expect("it is in the list");
    reader::follow(document, *start, Counts { run: *run, validated: *validated, shown: *shown });
}

#[test]
fn every_document_is_followed() {
    let names =
        fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("an entry").file_name());
    let mut found: Vec<String> = names.map(|name| format!("docs/{}", name.to_string_lossy())).collect();
    // The list of pages is checked with their links.
    found.retain(|name| name.ends_with(".md") && name != "docs/SUMMARY.md");
    found.push("README.md".into());
    found.sort();
    let mut known: Vec<&str> = DOCUMENTS.iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}

macro_rules! documents {
    ($($test:ident: $document:literal,)*) => {
        $(#[test] fn $test() { follow($document); })*
    };
}

documents! {
    the_readme: "README.md",
    write_a_converter_see_the_table: "docs/authoring.md",
    datasources: "docs/datasources.md",
    your_first_pipeline: "docs/first-pipeline.md",
    log_in_to_jira: "docs/oauth-for-jira.md",
    outputs: "docs/outputs.md",
    runs_you_can_trust: "docs/overnight.md",
    pagination: "docs/pagination.md",
    performance: "docs/performance.md",
    reference: "docs/reference.md",
    scaling: "docs/scaling.md",
    every_night: "docs/scheduling.md",
    studio: "docs/studio.md",
    tables: "docs/tables.md",
    writing_converters: "docs/writing-converters.md",
}
