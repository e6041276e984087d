//! What `query.path` means: names with `*` and `?`, and `**` for folders at any depth.

use glob::{MatchOptions, Pattern};

/// `*` and `?` stand for no `.` at the beginning of a name, as in a shell.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The steps of a pattern, from the folder on.
#[derive(Debug, Clone)]
pub(super) struct Steps(pub(super) Vec<Step>);

/// One name of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A name as it stands.
    Named(String),
    /// All names like this one.
    Like(Like),
    /// `**`: the folder itself, and the folders in it at any depth.
    Anywhere,
}

/// A name with `*` or `?`.
#[derive(Debug, Clone)]
pub(super) struct Like {
    pattern: Pattern,
    /// Whether its first letter is an underscore.
    is_underscored: bool,
}

impl Like {
    /// Whether it stands for this name of a file or a folder.
    pub(super) fn is(&self, name: &str) -> bool {
        self.pattern.matches_with(name, LIKE_A_SHELL)
    }

    /// Whether it stands for this name of a file with records: what runs write beside their rows is named whole, or not at all.
    pub(super) fn is_file(&self, name: &str) -> bool {
        self.is(name) && (!is_beside_rows(name) || (self.is_underscored && name.starts_with('_')))
    }

    fn all() -> Self {
        Self { pattern: Pattern::new("*").expect("a star is a pattern"), is_underscored: false }
    }
}

/// Whether a run calls so what it writes beside its rows: the manifest of a folder, and rows that were rejected.
fn is_beside_rows(name: &str) -> bool {
    if name == "_manifest.json" {
        return true;
    }
    let is_run = |run: &str| {
        let Some((time, number)) = run.split_once("Z-") else { return false };
        let is_time = |c: char| c.is_ascii_digit() || c == 'T' || c == '.';
        time.len() >= 15 && time.chars().all(is_time) && number.chars().all(|c| c.is_ascii_hexdigit())
    };
    let run = name.strip_suffix(".jsonl").and_then(|stem| stem.rsplit_once("rejected-"));
    run.is_some_and(|(before, run)| (before.is_empty() || before.ends_with('.')) && is_run(run))
}

impl Steps {
    /// The steps of a pattern as it is written.
    ///
    /// # Errors
    /// A sentence on a name that has `**` in it.
    pub(super) fn read(pattern: &str) -> Result<Self, String> {
        let mut steps: Vec<Step> = Vec::new();
        for name in pattern.split(is_separator) {
            let step = match name {
                "" | "." => continue,
                "**" if matches!(steps.last(), Some(Step::Anywhere)) => continue,
                "**" => Step::Anywhere,
                name if name.contains("**") => {
                    return Err(format!("`{name}`: `**` is a name of its own between two `/`"));
                }
                name if name.contains(['*', '?']) => Step::Like(like(name)?),
                name => Step::Named(name.to_owned()),
            };
            steps.push(step);
        }
        // What is read are files.
        if matches!(steps.last(), Some(Step::Anywhere)) {
            steps.push(Step::Like(Like::all()));
        }
        Ok(Self(steps))
    }

    /// The folder before the first wildcard, below which the rest is; the whole way of a pattern without any.
    pub(super) fn fixed(&self) -> (String, Self) {
        let n_fixed = self.0.iter().take_while(|step| matches!(step, Step::Named(_))).count();
        let names = self.0[..n_fixed].iter().filter_map(|step| match step {
            Step::Named(name) => Some(name.as_str()),
            _ => None,
        });
        (names.collect::<Vec<_>>().join("/"), Self(self.0[n_fixed..].to_vec()))
    }

    /// Whether a file is meant, by its path from the folder on.
    pub(super) fn are(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split(is_separator).filter(|name| !name.is_empty()).collect();
        are(&self.0, &names)
    }
}

fn are(steps: &[Step], names: &[&str]) -> bool {
    let (Some((step, steps_after)), Some((name, names_after))) = (steps.split_first(), names.split_first())
    else {
        return steps.is_empty() && names.is_empty();
    };
    match step {
        Step::Named(wanted) => wanted == name && are(steps_after, names_after),
        Step::Like(like) if names_after.is_empty() => steps_after.is_empty() && like.is_file(name),
        Step::Like(like) => like.is(name) && are(steps_after, names_after),
        Step::Anywhere => are(steps_after, names) || (!name.starts_with('.') && are(steps, names_after)),
    }
}

fn is_separator(c: char) -> bool {
    c == '/' || c == std::path::MAIN_SEPARATOR
}

/// A name in which nothing but `*` and `?` is special.
fn like(name: &str) -> Result<Like, String> {
    let mut escaped = String::new();
    for c in name.chars() {
        match c {
            '[' | ']' => escaped.extend(['[', c, ']']),
            c => escaped.push(c),
        }
    }
    let pattern = Pattern::new(&escaped).map_err(|error| format!("`{name}`: {error}"))?;
    Ok(Like { pattern, is_underscored: name.starts_with('_') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_wildcards_and_folders_at_any_depth_are_all_that_is_special() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(Steps::read(pattern).unwrap().are(path), expected, "{pattern} {path}");
        };
        check("*.json", "a.json", true);
        check("*.json", "x/a.json", false);
        check("*/?.json", "x/a.json", true);
        check("**/*.json", "a.json", true);
        check("**/*.json", "x/y/a.json", true);
        check("**/y/**/*.json", "x/y/a.json", true);
        check("x/**", "x/y/a.json", true);
        check("issues [1].json", "issues [1].json", true);
        check("issues [1].json", "issues 1.json", false);
        check("issues [*].json", "issues [12].json", true);
        check("issues [*].json", "issues 1.json", false);
        check("[!a]*", "b.json", false);
        check("{a,b}.json", "a.json", false);
    }

    #[test]
    fn hidden_names_are_meant_where_their_dot_stands() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(Steps::read(pattern).unwrap().are(path), expected, "{pattern} {path}");
        };
        check("*.json", ".b.json", false);
        check("?b.json", ".b.json", false);
        check(".*.json", ".b.json", true);
        check("**/*.json", ".git/a.json", false);
        check("**/*.json", "x/.git/a.json", false);
        check("*/*.json", ".git/a.json", false);
        check("**/.git/*.json", "x/.git/a.json", true);
        check(".*/*.json", ".git/a.json", true);
    }

    #[test]
    fn what_runs_write_beside_their_rows_is_named_or_not_meant() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(Steps::read(pattern).unwrap().are(path), expected, "{pattern} {path}");
        };
        let rejected = "out.rejected-20261130T155022.123456Z-0a1f.jsonl";
        check("**/*.json", "out/_manifest.json", false);
        check("out/_manifest.json", "out/_manifest.json", true);
        check("out/_*.json", "out/_manifest.json", true);
        check("*.jsonl", rejected, false);
        check("*.jsonl", "rejected-20261130T155022.123456Z-0a1f.jsonl", false);
        check(rejected, rejected, true);
        check("*.jsonl", "rejected-orders.jsonl", true);
        check("*.jsonl", "out.rejected-2026.jsonl", true);
        check("*.json", "manifest.json", true);
    }

    #[test]
    fn two_stars_are_a_name_of_their_own() {
        assert!(Steps::read("a**/x").unwrap_err().contains("`a**`"));
    }
}
