//! What `sink.path` means.

use std::{
    ffi::{OsStr, OsString},
    path::{Component, MAIN_SEPARATOR, Path, PathBuf},
};

use crate::{fields::STDOUT, format::Naming};

/// Where the rows of a sink go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Stdout,
    /// One file on this machine.
    File(PathBuf),
    /// A folder of files on this machine.
    Folder(PathBuf),
    /// One object of a store.
    Object(String),
    /// The objects of a store whose names begin alike; ends with `/`.
    Prefix(String),
}

/// Whether the other keys ask for one file or a folder of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted<'w> {
    /// What the path says.
    Any,
    /// This key asks for a folder.
    Folder(&'w str),
}

/// A problem with a path, and what to do about it.
pub(crate) type Refusal = (String, String);

impl Place {
    /// The place that `written` means.
    ///
    /// Other extensions are kept as part of the name: in `out/v1.2`, `2` is none.
    pub(crate) fn resolve(written: &str, naming: Naming, wanted: Wanted<'_>) -> Result<Self, Refusal> {
        if written == STDOUT {
            return match wanted {
                Wanted::Any => Ok(Self::Stdout),
                Wanted::Folder(key) => Err((
                    format!("stdout is no folder, which `{key}` asks for"),
                    format!("take `{key}` away"),
                )),
            };
        }
        if let Some(rest) = written.strip_prefix("~/") {
            return Err(("`~` is not replaced in a path".into(), format!("write `${{HOME}}/{rest}`")));
        }
        if let Some(path) = written.strip_prefix("file://") {
            return Self::resolve(path, naming, wanted);
        }
        let (scheme, path) = match written.split_once("://") {
            Some((scheme, path)) => (Some(scheme), path),
            None => (None, written),
        };
        if path.is_empty() {
            let help = format!("write a file name such as `out/rows.{}`", naming.extension);
            return Err(("the path is empty".into(), help));
        }
        let is_separator = |c: char| c == '/' || (scheme.is_none() && c == MAIN_SEPARATOR);
        let is_folder = path.ends_with(is_separator)
            || (scheme.is_none() && Path::new(path).file_name().is_none())
            || (scheme.is_some() && !path.trim_start_matches('/').contains('/'));
        let named = extension(path, naming)?;
        match (wanted, named) {
            (Wanted::Folder(key), Some(extension)) if !is_folder => Err((
                format!("`{written}` is a file, and `{key}` asks for a folder"),
                format!("write the path without `.{extension}`"),
            )),
            (Wanted::Folder(_), _) => Ok(Self::folder(scheme, path)),
            (Wanted::Any, _) if is_folder => Ok(Self::folder(scheme, path)),
            (Wanted::Any, Some(_)) => Ok(Self::file(scheme, path.to_owned())),
            (Wanted::Any, None) => Ok(Self::file(scheme, format!("{path}.{}", naming.extension))),
        }
    }

    fn file(scheme: Option<&str>, path: String) -> Self {
        match scheme {
            Some(scheme) => Self::Object(format!("{scheme}://{path}")),
            None => Self::File(path.into()),
        }
    }

    fn folder(scheme: Option<&str>, path: &str) -> Self {
        match scheme {
            Some(scheme) => Self::Prefix(format!("{scheme}://{}/", path.trim_end_matches('/'))),
            // Without the final separator, so that its own name can be asked for.
            None => Self::Folder(Path::new(path).components().collect()),
        }
    }
}

/// The extension of the path if it is one of the kind's; refuses that of another kind.
fn extension(path: &str, naming: Naming) -> Result<Option<String>, Refusal> {
    let extension = Path::new(path).extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if extension == naming.extension || naming.also.contains(&extension.as_str()) {
        return Ok(Some(extension));
    }
    if crate::KINDS.iter().any(|kind| kind.name == extension && kind.name != naming.kind) {
        let problem = format!("`{path}` ends in `.{extension}`, but the kind is `{}`", naming.kind);
        return Err((problem, format!("write `kind: {extension}`, or a path without extension")));
    }
    Ok(None)
}

/// The path of a file with `-sandbox` at the first name of it that is no `.` or `..`: `out/jira` is `out-sandbox/jira`, and
/// `jira.csv` is `jira-sandbox.csv`. `None` for a path without such a name, for one that leads out of that name, also by a link, and
/// for an absolute one.
pub(crate) fn sandbox_path(path: &Path) -> Option<PathBuf> {
    renamed(path, |name| {
        let name = Path::new(name);
        let (Some(stem), Some(extension)) = (name.file_stem(), name.extension()) else {
            return marked(name.as_os_str());
        };
        let mut name = marked(stem);
        name.push(".");
        name.push(extension);
        name
    })
}

/// The same of a folder, in whose name a `.` begins no extension.
pub(crate) fn sandbox_folder(path: &Path) -> Option<PathBuf> {
    renamed(path, marked)
}

fn marked(name: &OsStr) -> OsString {
    let mut name = name.to_owned();
    name.push("-sandbox");
    name
}

/// The path with another first name; `last` is what a name becomes that is also the last one.
fn renamed(path: &Path, last: impl Fn(&OsStr) -> OsString) -> Option<PathBuf> {
    let mut renamed = PathBuf::new();
    let mut components = path.components().peekable();
    while let Some(Component::CurDir | Component::ParentDir) = components.peek() {
        renamed.extend(components.next());
    }
    let Some(Component::Normal(first)) = components.next() else { return None };
    renamed.push(if components.peek().is_none() { last(first) } else { marked(first) });
    // A link may lead to the real rows.
    let mut is_linked = renamed.is_symlink();
    for component in components {
        let Component::Normal(name) = component else { return None };
        renamed.push(name);
        is_linked |= renamed.is_symlink();
    }
    (!is_linked).then_some(renamed)
}

/// The folder of a file, `.` for a bare name.
pub(crate) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARQUET: Naming = Naming { kind: "parquet", extension: "parquet", also: &["pq"] };

    #[test]
    fn a_path_is_a_file_or_a_folder() {
        let check = |written: &str, expected: Place| {
            assert_eq!(Place::resolve(written, PARQUET, Wanted::Any), Ok(expected), "{written}");
        };
        let file = |path: &str| Place::File(path.into());
        check("out/jira", file("out/jira.parquet"));
        check("out/jira.parquet", file("out/jira.parquet"));
        check("jira.PQ", file("jira.PQ"));
        check("out/v1.2", file("out/v1.2.parquet"));
        check("out/Ä b", file("out/Ä b.parquet"));
        check("file:///tmp/x", file("/tmp/x.parquet"));
        check("out/", Place::Folder("out".into()));
        check("..", Place::Folder("..".into()));
        check("-", Place::Stdout);
        check("s3://bucket/jira", Place::Object("s3://bucket/jira.parquet".into()));
        check("s3://bucket/jira/", Place::Prefix("s3://bucket/jira/".into()));
        check("gs://bucket", Place::Prefix("gs://bucket/".into()));
        check("memory:///x/y.pq", Place::Object("memory:///x/y.pq".into()));
        let folder = Place::resolve("out/jira", PARQUET, Wanted::Folder("mode"));
        assert_eq!(folder, Ok(Place::Folder("out/jira".into())));
    }

    #[test]
    fn a_sandbox_has_a_path_of_its_own() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(sandbox_path(Path::new(path)), expected.map(PathBuf::from), "{path}");
        };
        check("out/jira.parquet", Some("out-sandbox/jira.parquet"));
        check("out/v1.2/jira", Some("out-sandbox/v1.2/jira"));
        check("./out/./jira", Some("./out-sandbox/jira"));
        check("../out/jira", Some("../out-sandbox/jira"));
        check("v1.2/jira", Some("v1.2-sandbox/jira"));
        check("jira.parquet", Some("jira-sandbox.parquet"));
        check("../jira.v1.csv", Some("../jira.v1-sandbox.csv"));
        check("out", Some("out-sandbox"));
        check(".hidden", Some(".hidden-sandbox"));
        check("/srv/out/jira", None);
        check("..", None);
        check(".", None);
        check("", None);
        // Whose parent is the parent of the real one.
        check("out/../jira", None);
        let folder = |path: &str, expected: Option<&str>| {
            assert_eq!(sandbox_folder(Path::new(path)), expected.map(PathBuf::from), "{path}");
        };
        folder("out/t", Some("out-sandbox/t"));
        folder("v1.2", Some("v1.2-sandbox"));
        folder("../t", Some("../t-sandbox"));
        for nameless in [".", "./", "./.", "..", "../..", "/srv/t", "out/../t"] {
            folder(nameless, None);
        }
    }

    #[test]
    fn paths_that_mean_something_else_are_refused() {
        let check = |written: &str, wanted: Wanted<'_>, problem: &str, help: &str| {
            assert_eq!(Place::resolve(written, PARQUET, wanted), Err((problem.into(), help.into())));
        };
        check(
            "out/jira.csv",
            Wanted::Any,
            "`out/jira.csv` ends in `.csv`, but the kind is `parquet`",
            "write `kind: csv`, or a path without extension",
        );
        check("~/x", Wanted::Any, "`~` is not replaced in a path", "write `${HOME}/x`");
        check("", Wanted::Any, "the path is empty", "write a file name such as `out/rows.parquet`");
        check(
            "out/x.pq",
            Wanted::Folder("mode: append"),
            "`out/x.pq` is a file, and `mode: append` asks for a folder",
            "write the path without `.pq`",
        );
        check(
            "-",
            Wanted::Folder("partition_by"),
            "stdout is no folder, which `partition_by` asks for",
            "take `partition_by` away",
        );
    }
}
