//! The files that a pipeline is made of.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use pipeline_config::{Environment, Node, Reader};
use pipeline_converter::{imported, read_script};

/// Nobody imports more; a scan must end.
const MAX_FILES: usize = 1_000;

/// The pipeline, its `.env`, its datasource's file, its converters and what these import, also where they are not there
/// or have mistakes: a file that is being edited has them.
pub fn source_files(pipeline: &Path) -> BTreeSet<PathBuf> {
    let folder = pipeline.parent().unwrap_or(Path::new(""));
    let mut files = BTreeSet::from([pipeline.to_owned(), folder.join(".env")]);
    let reader = Reader::new(Environment::empty());
    let Some(node) = reader.read_file(pipeline, None) else { return files };
    let text = |node: Option<&Node>| node.and_then(|node| reader.scalar(node));
    if let Some(path) = text(node.get("datasource")) {
        files.insert(folder.join(path));
    }
    let tables = node.get("tables").map(Node::entries).unwrap_or_default();
    for table in tables.iter().map(|(_, table)| table).chain([&node]) {
        let Some(converter) = table.get("converter") else { continue };
        if let Some(path) = text(Some(converter)).or_else(|| text(converter.get("path"))) {
            add_script(&folder.join(path), &mut files);
        } else if let Some(script) = text(converter.get("script")) {
            add_imports(pipeline, &script, &mut files);
        }
    }
    files
}

/// Adds a script and what it imports.
pub(super) fn add_script(path: &Path, files: &mut BTreeSet<PathBuf>) {
    let path = plain_path(path);
    if files.len() >= MAX_FILES || !files.insert(path.clone()) {
        return;
    }
    add_imports(&path, &read_script(&path).unwrap_or_default(), files);
}

/// What looks like an import may be a comment, and may name anything: only what can be imported is looked into.
fn add_imports(path: &Path, script: &str, files: &mut BTreeSet<PathBuf>) {
    for import in imports(script).iter().filter_map(|specifier| imported(path, specifier)) {
        add_script(&import, files);
    }
}

/// `a/./b` and `a/x/../b` as `a/b`, so that a file is watched once.
pub fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        let last = plain.components().next_back();
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(last, Some(Component::Normal(_))) => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}

/// What stands in quotes after `from` and `import`; what is none, such as a comment's, does no harm.
fn imports(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in ["from", "import"] {
        for (at, _) in script.match_indices(word) {
            let rest = script[at + word.len()..].trim_start_matches([' ', '\t', '(']);
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else { continue };
            if let Some((path, _)) = rest[1..].split_once(quote)
                && path.starts_with('.')
                && !path.contains('\n')
            {
                found.push(path.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn follows_imports_and_takes_files_that_are_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), text).unwrap();
        };
        let yaml = "datasource: site.yaml\ntables:\n  a: { converter: ../c/a.js }\n  b: { converter: { path: ../c/b.js } }\n";
        write("p/x.yaml", yaml);
        write("c/a.js", "import { f } from './lib/f.js';\nexport function convert(");
        write("c/lib/f.js", "import '../a.js'; import('./g.js')");
        let found = source_files(&folder.path().join("p/x.yaml"));
        let names: Vec<String> = found
            .iter()
            .map(|path| plain_path(path).strip_prefix(folder.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(
            names,
            ["c/a.js", "c/b.js", "c/lib/f.js", "c/lib/g.js", "p/.env", "p/site.yaml", "p/x.yaml"]
        );
        // A comment leads nowhere, least of all to what never ends.
        let odd = "// from '../../../../../../../../dev/zero'\n// from './.env'\n/* import './d.json' import('./../p/x.yaml') */";
        write("c/b.js", &format!("{odd}\nimport './pipe.js'"));
        #[cfg(unix)]
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("c/pipe.js")).unwrap();
        assert_eq!(source_files(&folder.path().join("p/x.yaml")).len(), names.len() + 1);
        write("p/x.yaml", "a: [");
        assert_eq!(source_files(&folder.path().join("p/x.yaml")).len(), 2);
    }
}
