//! The files that a pipeline is made of.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use pipeline_config::{Environment, Node, Reader};

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
            imports(&script).iter().for_each(|import| add_script(&folder.join(import), &mut files));
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
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    for import in imports(&fs::read_to_string(&path).unwrap_or_default()) {
        add_script(&folder.join(import), files);
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
        write("p/x.yaml", "a: [");
        assert_eq!(source_files(&folder.path().join("p/x.yaml")).len(), 2);
    }
}
