//! Every link in a page of this repository leads to a file that is there, and to a heading that it has.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::root;

/// All Markdown files, without those that a build or a tool has put here.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | ".git") {
                pages(&entry, found);
            }
        } else if name.ends_with(".md") {
            found.push(entry);
        }
    }
}

/// The lines that are not within a block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The name by which GitHub and mdBook link to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn has_heading(page: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings =
        prose(&text).filter_map(|line| line.strip_prefix('#')).map(|line| line.trim_start_matches('#'));
    headings.map(anchor).any(|known| known == wanted)
}

/// Where the links of a line lead, in this repository.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    ends.filter(|target| !target.contains("://") && !target.starts_with("mailto:") && !target.contains(' '))
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut found = Vec::new();
    pages(&root(), &mut found);
    assert!(found.len() > 70, "{} pages", found.len());
    let mut dead = Vec::new();
    for page in &found {
        let text = fs::read_to_string(page).expect("a page");
        for target in prose(&text).flat_map(targets) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => page.clone(),
                path => page.parent().expect("a folder").join(path),
            };
            let is_there = file.exists() && (heading.is_empty() || has_heading(&file, heading));
            if !is_there {
                dead.push(format!("{}: {target}", page.strip_prefix(root()).expect("below").display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn the_summary_has_every_page_once() {
    let docs = root().join("docs");
    let text = fs::read_to_string(docs.join("SUMMARY.md")).expect("the summary");
    let mut listed: Vec<PathBuf> = prose(&text).flat_map(targets).map(|target| docs.join(target)).collect();
    listed.sort();
    let mut found = Vec::new();
    pages(&docs, &mut found);
    found.retain(|page| !page.ends_with("SUMMARY.md"));
    found.sort();
    assert_eq!(listed, found);
}
