//! Whether modules export what others import of them.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use boa_engine::{
    ast::declaration::{ExportEntry, ImportName, ReExportImportName},
    interner::{Interner, Sym},
};
use pipeline_config::Source;

use crate::{
    error::{ConverterError, Report},
    imports::{place, resolve},
    script::{Parsed, Script, Tree},
};

/// Looks through all modules; what is no module was refused before.
///
/// # Errors
/// One imports a name that another does not export.
pub(crate) fn check(script: &Script, modules: &[Arc<Source>]) -> Result<(), ConverterError> {
    let all = Modules { script, modules };
    let others = modules.iter().map(|module| Script::module(Arc::clone(module)));
    for module in std::iter::once(script.clone()).chain(others) {
        let Ok(parsed) = module.parse() else { continue };
        for (specifier, name) in imported(&parsed) {
            let Ok(path) = resolve(module.path(), &specifier) else { continue };
            let mut exported = BTreeSet::new();
            all.exported(&path, &mut Vec::new(), &mut exported);
            if !exported.contains(&name) {
                return Err(refused(&module, (&specifier, &name), &exported));
            }
        }
    }
    Ok(())
}

/// Whether the module exports `convert` or a default, or may do so by one that has not been read.
pub(crate) fn may_export_convert(script: &Script) -> bool {
    let modules = script.modules();
    let mut exported = BTreeSet::new();
    let is_whole = Modules { script, modules }.exported(script.path(), &mut Vec::new(), &mut exported);
    !is_whole || ["convert", "default"].iter().any(|name| exported.contains(*name))
}

/// Each name that is imported, or exported again, with the specifier of its module.
fn imported(parsed: &Parsed) -> Vec<(String, String)> {
    let Tree::Module(module) = &parsed.tree else { return Vec::new() };
    let text = |symbol| text(&parsed.interner, symbol);
    let imports = module.items().import_entries().into_iter().filter_map(|entry| match entry.import_name() {
        ImportName::Name(name) => Some((text(entry.module_request()), text(name))),
        ImportName::Namespace => None,
    });
    let exports = module.items().export_entries().into_iter().filter_map(|entry| match entry {
        ExportEntry::ReExport(entry) => match entry.import_name() {
            ReExportImportName::Name(name) => Some((text(entry.module_request()), text(name))),
            ReExportImportName::Star => None,
        },
        _ => None,
    });
    imports.chain(exports).collect()
}

fn text(interner: &Interner, symbol: Sym) -> String {
    interner.resolve_expect(symbol).to_string()
}

struct Modules<'s> {
    script: &'s Script,
    modules: &'s [Arc<Source>],
}

impl Modules<'_> {
    /// Adds the names that the module exports, with those of modules that it exports as a whole; false if one of those has not
    /// been read.
    fn exported(&self, path: &Path, seen: &mut Vec<String>, names: &mut BTreeSet<String>) -> bool {
        let shown = path.display().to_string();
        if seen.contains(&shown) {
            return true;
        }
        seen.push(shown);
        let module = match path == self.script.path() {
            true => Some(self.script.clone()),
            false => {
                let source = self.modules.iter().find(|module| module.path == path);
                source.map(|source| Script::module(Arc::clone(source)))
            }
        };
        let Some(Ok(parsed)) = module.map(|module| module.parse()) else { return false };
        let Tree::Module(module) = &parsed.tree else { return false };
        let mut is_whole = true;
        let own = module.items().exported_names();
        names.extend(own.into_iter().map(|name| text(&parsed.interner, name)));
        for entry in module.items().export_entries() {
            if let ExportEntry::StarReExport { module_request, .. } = entry
                && let Ok(path) = resolve(path, &text(&parsed.interner, module_request))
            {
                let mut of_other = BTreeSet::new();
                is_whole &= self.exported(&path, seen, &mut of_other);
                of_other.remove("default");
                names.extend(of_other);
            }
        }
        is_whole
    }
}

fn refused(module: &Script, (specifier, name): (&str, &str), exported: &BTreeSet<String>) -> ConverterError {
    let code = &module.shown().text;
    let names: Vec<String> = exported.iter().map(|name| format!("`{name}`")).collect();
    let help = match names.is_empty() {
        true => format!("`{specifier}` exports nothing: write `export` before what others may import"),
        false => format!("`{specifier}` exports {}", names.join(", ")),
    };
    // The name within the statement of the specifier.
    let range = place(code, specifier).map(|specifier| {
        let statement = code[..specifier.start].rfind("import").max(code[..specifier.start].rfind("export"));
        let from = statement.unwrap_or(specifier.start);
        word(&code[from..specifier.start], name).map_or(specifier, |at| from + at..from + at + name.len())
    });
    let message = format!("import: `{specifier}` exports no `{name}`");
    ConverterError::Import(Box::new(Report::new(module, message, range).help([help])))
}

/// Where the name stands as a whole word.
fn word(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let mut matches = text.match_indices(name).map(|(at, _)| at);
    matches.find(|at| {
        !is_part(text[..*at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}
