//! Modules that a converter imports: files of its own folder, read before anything runs.
//!
//! Whoever runs a converter has its modules in memory, so no code of a converter can make it open a file. A specifier
//! begins with `./` and goes down only; a link that leads out of the folder is refused.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use boa_engine::{
    Context, JsNativeError, JsResult, Module as JsModule,
    module::{ModuleLoader, ModuleRequest, Referrer},
};
use pipeline_config::Source;

use crate::{
    error::{ConverterError, Report},
    exports,
    script::{Script, Tree},
};

/// More would be a library, which belongs into one file.
const MAX_MODULES: usize = 64;

/// The file that `specifier` names in a module at `referrer`.
///
/// # Errors
/// What is wrong with it, and what to do.
pub(crate) fn resolve(referrer: &Path, specifier: &str) -> Result<PathBuf, (String, String)> {
    let refuse = |what: &str| (format!("`{specifier}` {what}"), "write `./helpers.js`".to_owned());
    let Some(rest) = specifier.strip_prefix("./") else {
        let what = match specifier {
            _ if specifier.contains("://") => "is an address, and converters have no network",
            _ if specifier.starts_with("../") => "leaves the converter's folder",
            _ if specifier.starts_with('/') => "is no file of the converter's folder",
            _ => "is a package, and converters import files alone",
        };
        return Err(refuse(what));
    };
    let is_plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    if !rest.split('/').all(is_plain) {
        return Err(refuse("leaves the converter's folder"));
    }
    let name = rest.rsplit('/').next().unwrap_or(rest);
    if name.ends_with(".ts") {
        let help = "take the types out with `tsc` or `esbuild`, and import the `.js`".to_owned();
        return Err((format!("`{specifier}` is TypeScript"), help));
    }
    if name.ends_with(".json") {
        let help = "write `export default { … }` in a `.js` file".to_owned();
        return Err((format!("`{specifier}` is data, and converters import scripts alone"), help));
    }
    if rest.split('/').any(|part| part.starts_with('.')) || !is_script(name) {
        return Err(refuse(
            "is no script: the name of a module ends in `.js` or `.mjs`, and begins with no dot",
        ));
    }
    Ok(referrer.parent().unwrap_or(Path::new("")).join(rest))
}

/// Whether a file may be a module, by its name: what else stands in a converter's folder, such as `.env`, is nobody's to read.
fn is_script(name: &str) -> bool {
    !name.starts_with('.') && [".js", ".mjs"].iter().any(|end| name.ends_with(end))
}

/// Reads all modules that `script` imports, and those that they import.
pub(crate) fn read(script: &Script) -> Result<Vec<Arc<Source>>, ConverterError> {
    let folder =
        script.path().parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut modules: Vec<Arc<Source>> = Vec::new();
    let mut unread = vec![script.clone()];
    while let Some(module) = unread.pop() {
        for specifier in specifiers(&module) {
            let refuse = |(problem, help): (String, String)| refused(&module, &specifier, (&problem, help));
            let path = resolve(module.path(), &specifier).map_err(refuse)?;
            if path == script.path() || modules.iter().any(|known| known.path == path) {
                continue;
            }
            if modules.len() == MAX_MODULES {
                let problem = format!("more than {MAX_MODULES} modules");
                return Err(refuse((problem, "put them into fewer files".into())));
            }
            let text = read_inside(folder, &path).map_err(|problem| {
                refuse((
                    format!("`{specifier}` {problem}"),
                    format!("it is looked for at `{}`", path.display()),
                ))
            })?;
            let source = Arc::new(Source { path, text });
            let read = Script::module(Arc::clone(&source));
            read.parse_for_run()?;
            unread.push(read);
            modules.push(source);
        }
    }
    exports::check(script, &modules)?;
    Ok(modules)
}

fn read_inside(folder: &Path, path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let (folder, file) = (fs::canonicalize(folder).map_err(cannot)?, fs::canonicalize(path).map_err(cannot)?);
    if !file.starts_with(&folder) {
        return Err("is a link that leaves the converter's folder".into());
    }
    if !file.file_name().is_some_and(|name| is_script(&name.to_string_lossy())) {
        return Err("is a link to a file that is no script".into());
    }
    read_script(&file).map_err(cannot)
}

/// Larger files are no scripts.
const MAX_BYTES: u64 = 16 << 20;

/// The file that an import of `specifier` in `referrer` reads, if converters may import it.
pub fn imported(referrer: &Path, specifier: &str) -> Option<PathBuf> {
    resolve(referrer, specifier).ok()
}

/// The text of a script's file; whatever else has a name, such as a pipe or a device, is not waited for.
///
/// # Errors
/// It is no regular file, too large for a script, no UTF-8, or cannot be read.
pub fn read_script(path: &Path) -> io::Result<String> {
    let refuse = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if !fs::metadata(path)?.is_file() {
        return refuse("it is no file".into());
    }
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => refuse(format!("it has more than {} MiB", MAX_BYTES >> 20)),
        false => Ok(text),
    }
}

fn specifiers(script: &Script) -> Vec<String> {
    match script.parse() {
        Ok(parsed) => match &parsed.tree {
            Tree::Module(module) => {
                let requests = module.items().requests();
                requests.iter().map(|request| parsed.interner.resolve_expect(*request).to_string()).collect()
            }
            Tree::Script(_) => Vec::new(),
        },
        // It is reported where it is checked.
        Err(_) => Vec::new(),
    }
}

/// Where the specifier stands, with its quotation marks.
pub(crate) fn place(text: &str, specifier: &str) -> Option<Range<usize>> {
    let quoted = ['"', '\'', '`'].map(|quote| format!("{quote}{specifier}{quote}"));
    quoted.iter().find_map(|quoted| text.find(quoted).map(|at| at..at + quoted.len()))
}

fn refused(script: &Script, specifier: &str, (problem, help): (&str, String)) -> ConverterError {
    let place = place(&script.shown().text, specifier);
    let report = Report::new(script, format!("import: {problem}"), place).help([help]);
    ConverterError::Import(Box::new(report))
}

/// Gives the engine the modules that were read.
#[derive(Debug)]
pub(crate) struct Loader {
    script: Script,
    loaded: RefCell<HashMap<PathBuf, JsModule>>,
}

impl Loader {
    pub(crate) fn new(script: &Script) -> Rc<Self> {
        Rc::new(Self { script: script.clone(), loaded: RefCell::default() })
    }

    /// The converter itself, so that a module which imports it gets the same one.
    pub(crate) fn main(&self, context: &mut Context) -> JsResult<JsModule> {
        self.load(&self.script, context)
    }

    fn load(&self, script: &Script, context: &mut Context) -> JsResult<JsModule> {
        if let Some(module) = self.loaded.borrow().get(script.path()) {
            return Ok(module.clone());
        }
        let module = JsModule::parse(script.js_source(), None, context)?;
        self.loaded.borrow_mut().insert(script.path().to_owned(), module.clone());
        Ok(module)
    }

    fn find(&self, referrer: Option<&Path>, specifier: &str, context: &mut Context) -> JsResult<JsModule> {
        let referrer = referrer.unwrap_or(self.script.path());
        let refuse = |problem: String| JsNativeError::typ().with_message(format!("import: {problem}"));
        let path = resolve(referrer, specifier).map_err(|(problem, _)| refuse(problem))?;
        // A module that only `import()` names has not been read.
        let missing =
            || refuse(format!("`{specifier}` is not among the modules that are imported at the top"));
        let script = self.script.file(&path).ok_or_else(missing)?;
        self.load(&script, context)
    }
}

impl ModuleLoader for Loader {
    fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> impl Future<Output = JsResult<JsModule>> {
        let specifier = request.specifier().to_std_string_lossy();
        let found = self.find(referrer.path(), &specifier, &mut context.borrow_mut());
        std::future::ready(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_stay_in_the_folder() {
        let check = |specifier: &str, expected: Result<&str, &str>| {
            let resolved = resolve(Path::new("converters/jira.js"), specifier);
            let found = resolved.map(|path| path.display().to_string()).map_err(|(problem, _)| problem);
            let expected = expected.map(str::to_owned).map_err(|what| format!("`{specifier}` {what}"));
            assert_eq!(found, expected);
        };
        check("./dates.js", Ok("converters/dates.js"));
        check("./lib/dates.js", Ok("converters/lib/dates.js"));
        let (leaves, package) =
            ("leaves the converter's folder", "is a package, and converters import files alone");
        check("../dates.js", Err(leaves));
        check("./../dates.js", Err(leaves));
        check("./lib/../../x.js", Err(leaves));
        check("./lib/./x.js", Err(leaves));
        check("./lib//x.js", Err(leaves));
        check("./..\\x.js", Err(leaves));
        check("./c:x.js", Err(leaves));
        check("/etc/passwd", Err("is no file of the converter's folder"));
        check("lodash", Err(package));
        check("fs", Err(package));
        check("node:fs", Err(package));
        check("https://example.com/x.js", Err("is an address, and converters have no network"));
        check("file:///etc/passwd", Err("is an address, and converters have no network"));
        check("./types.ts", Err("is TypeScript"));
        check("./a.b.mjs", Ok("converters/a.b.mjs"));
        check("./fields.json", Err("is data, and converters import scripts alone"));
        let no_script = "is no script: the name of a module ends in `.js` or `.mjs`, and begins with no dot";
        for name in [
            ".env",
            ".env.js",
            ".js",
            ".git/config.js",
            "lib/.secret.mjs",
            "p.yaml",
            "key.pem",
            "env",
            "a.js.env",
            "a.JS",
            "js",
        ] {
            check(&format!("./{name}"), Err(no_script));
        }
    }
}
