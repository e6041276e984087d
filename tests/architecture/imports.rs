//! Which modules of a crate import which, from its `use` lines and paths.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{code, sources};

/// A module's names from the top of its crate; none for the top itself.
type Module = Vec<String>;

/// The paths that each module names.
struct Crate(BTreeMap<Module, Vec<Vec<String>>>);

/// Groups of two or more modules that import each other in a circle. A module and the one around it may know each other.
pub(super) fn circles(folder: &Path) -> Vec<Vec<String>> {
    let of_crate = Crate::read(folder);
    let imports: BTreeMap<Module, BTreeSet<Module>> =
        of_crate.0.keys().map(|module| (module.clone(), of_crate.imports(module))).collect();
    let reached: BTreeMap<&Module, BTreeSet<Module>> =
        imports.keys().map(|module| (module, reachable(&imports, module))).collect();
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, from_here) in &reached {
        let group = from_here.iter().filter(|other| reached[other].contains(*module));
        let mut names: Vec<String> = group.map(|module| module.join("::")).collect();
        names.sort();
        if names.len() > 1 {
            found.insert(names);
        }
    }
    found.into_iter().collect()
}

/// Every module that `from` imports, and those that these import.
fn reachable(imports: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<Module> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from.clone()];
    while let Some(module) = waiting.pop() {
        for next in &imports[&module] {
            if found.insert(next.clone()) {
                waiting.push(next.clone());
            }
        }
    }
    found
}

impl Crate {
    fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        sources(folder, &mut files);
        let modules = files.iter().map(|path| {
            let below = path.strip_prefix(folder).expect("it is below").with_extension("");
            let mut names: Module = below.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                names.pop();
            }
            (names, paths(&without_comments(&code(path))))
        });
        Self(modules.collect())
    }

    /// The modules that one imports, without itself and those around it and within it.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let found = self.0[module].iter().filter_map(|path| self.resolve(module, path, 0));
        found.filter(|other| !other.starts_with(module) && !module.starts_with(other)).collect()
    }

    /// The module that has what a path of `module` names, also where another one exports it again.
    fn resolve(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut at, mut rest) = (module.clone(), path);
        match path.first()?.as_str() {
            "crate" => at = Module::new(),
            "super" => drop(at.pop()),
            "self" => {}
            first if self.0.contains_key(&[at.as_slice(), &[first.to_owned()]].concat()) => rest = path,
            _ => return None,
        }
        if matches!(path[0].as_str(), "crate" | "super" | "self") {
            rest = &path[1..];
        }
        while let Some((name, further)) = rest.split_first() {
            if name == "super" {
                at.pop();
            } else {
                let inner = [at.as_slice(), std::slice::from_ref(name)].concat();
                if !self.0.contains_key(&inner) {
                    break;
                }
                at = inner;
            }
            rest = further;
        }
        let Some(name) = rest.first().filter(|_| depth < 8) else { return Some(at) };
        let exported = self.0.get(&at)?.iter();
        let again = exported.filter(|path| path.last() == Some(name) && path.len() > 1);
        // A name that comes from another crate resolves to nothing here, and stays with the module that names it.
        let found = again.filter_map(|path| self.resolve(&at, path, depth + 1)).find(|found| *found != at);
        Some(found.unwrap_or(at))
    }
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// All paths of `use` lines, and those that begin with `crate::` or `super::` elsewhere.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let is_word = code[..at].chars().next_back().is_none_or(|before| before.is_whitespace());
        if is_word && let Some((tree, _)) = code[at + 4..].split_once(';') {
            expand(&[], tree, &mut found);
        }
    }
    for begin in ["crate::", "super::"] {
        for (at, _) in code.match_indices(begin) {
            let end = code[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let path = &code[at..end.map_or(code.len(), |end| at + end)];
            let names: Vec<String> =
                path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            found.push(names);
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{D, E}}`.
fn expand(before: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let names = |text: &str| -> Vec<String> {
        let text = text.split(" as ").next().unwrap_or_default();
        text.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let Some((head, rest)) = tree.split_once('{') else {
        return found.push([before, &names(tree)].concat());
    };
    let before = [before, &names(head)].concat();
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut begin) = (0_usize, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                if !inner[begin..at].trim().is_empty() {
                    expand(&before, &inner[begin..at], found);
                }
                begin = at + 1;
            }
            _ => {}
        }
    }
}
