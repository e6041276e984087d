//! Converters that are modules, and what they import.

use std::{fs, path::Path};

use super::*;

/// A folder with these files; the first is the converter.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Script, ConverterError>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join("converters").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let script = Script::from_file(folder.path().join("converters").join(files[0].0));
    (folder, script)
}

fn run(files: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let (folder, script) = folder(files);
    let converted = script.and_then(|script| {
        script.check()?;
        let mut converter = Converter::new(&script, Default::default(), Default::default())?;
        // Twice: each page has its own modules.
        converter.convert(&page("[]"))?;
        converter.convert(&page("[1]"))
    });
    let shown =
        |error: ConverterError| error.to_string().replace(&folder.path().display().to_string(), "[FOLDER]");
    converted.map(|batch| json_rows(&batch)).map_err(shown)
}

#[test]
fn modules_have_the_helpers_of_their_folder() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(run(files).unwrap_or_else(|error| panic!("{files:?}: {error}")), expected, "{files:?}");
    };
    check(
        &[("a.js", "export function convert(json) { return { n: JSON.parse(json).length } }")],
        &["{n: 1}"],
    );
    check(&[("a.js", "export default json => ({ n: JSON.parse(json).length })")], &["{n: 1}"]);
    check(&[("a.js", "const convert = () => ({ n: 1 });\nexport { convert };")], &["{n: 1}"]);
    check(
        &[("a.js", "const n = await Promise.resolve(1);\nexport async function convert() { return { n } }")],
        &["{n: 1}"],
    );
    check(
        &[
            (
                "a.js",
                "import { key } from './lib/keys.js';\nimport rest, * as all from './rest.js';\nexport const convert = () => ({ [key]: rest + all.more })",
            ),
            ("lib/keys.js", "import { suffix } from './suffix.js';\nexport const key = 'k' + suffix;"),
            ("lib/suffix.js", "export const suffix = '1';"),
            ("rest.js", "export default 1;\nexport const more = 2;"),
        ],
        &["{k1: 3}"],
    );
    // What the engine computes wrongly is changed in all files, and what another file exports may change.
    check(
        &[
            (
                "a.js",
                "import { n, grow, counted } from './b.js';\nexport function convert(json) {\n  let i = 0; for (; i < n; i++) if (i < 3) grow();\n  return { i, c: counted('5'), d: atob(btoa('x')) }\n}",
            ),
            (
                "b.js",
                "export let n = 1;\nexport const grow = () => { n++ };\nexport function counted(s) { const old = s++; return typeof old + (s - (s = 1)) }",
            ),
        ],
        &["{i: 4, c: \"number5\", d: \"x\"}"],
    );
}

#[test]
fn modules_are_modules() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(run(files).unwrap_or_else(|error| panic!("{files:?}: {error}")), expected, "{files:?}");
    };
    // State of a module ends with the page.
    check(
        &[
            ("a.js", "import { next } from './count.js';\nexport const convert = () => ({ n: next() })"),
            ("count.js", "let n = 0;\nexport const next = () => ++n;"),
        ],
        &["{n: 1}"],
    );
    // Modules that import each other.
    check(
        &[
            (
                "a.js",
                "import { b } from './b.js';\nexport const a = 1;\nexport const convert = () => ({ n: b() })",
            ),
            ("b.js", "import { a } from './a.js';\nexport const b = () => a + 1;"),
        ],
        &["{n: 2}"],
    );
    check(
        &[
            (
                "a.js",
                "import './b.js';\nexport const convert = async () => ({ n: (await import('./b.js')).b })",
            ),
            ("b.js", "export const b = 5;"),
        ],
        &["{n: 5}"],
    );
    // The words alone do not make a module of a script, which may do what modules may not.
    check(
        &[("a.js", "/*\nimport nothing\nexport nothing\n*/\nx = 010; function convert() { return { x } }")],
        &["{x: 8}"],
    );
}

/// Whatever the words are in which a file exports its function.
#[test]
fn every_way_to_export_convert_is_one() {
    let rows = |files: &[(&str, &str)]| {
        let (_folder, script) = folder(files);
        let script = script.unwrap_or_else(|error| panic!("{files:?}: {error}"));
        script.check().unwrap_or_else(|error| panic!("{files:?}: {error}"));
        let mut converter = Converter::new(&script, Default::default(), Default::default())
            .unwrap_or_else(|error| panic!("{files:?}: {error}"));
        let pages = [
            r#"[{"k":"A"},{"k":"B"},{"k":"C"}]"#,
            r#"[{"k":"D"},{},{"k":null}]"#,
            r#"[{"k":1},{"k":2},{"k":3}]"#,
        ];
        let rows = pages.map(|body| json_rows(&converter.convert(&page(body)).unwrap()).concat());
        assert_eq!(
            rows,
            [r#"{k: "A"}{k: "B"}{k: "C"}"#, r#"{k: "D"}{k: null}{k: null}"#, r#"{k: 1}{k: 2}{k: 3}"#],
            "{files:?}"
        );
    };
    let map = "JSON.parse(json).map(r => ({ k: r.k ?? null }))";
    for (before, after) in [
        (
            "var s=r=>r.k??null;function n(t){return JSON.parse(t).map(r=>({k:s(r)}))}export{n as convert};",
            "",
        ),
        ("const n = json => ", "; export { n as default };"),
        ("const n = json => ", "\nexport { n as default, n as convert }"),
        ("export default async json => ", ""),
        ("export default async (json) => ", ";\nconst a = 1"),
        ("const a = 1; export default json => ", ""),
        ("export default async function (json) { return ", " }"),
        ("let f; export { f as convert }; f = async json => ", ""),
        ("var convert = json => ", "; export { convert }; export const x = 1"),
        ("/* export */ export\ndefault json => ", ""),
        ("class A { static convert(json) { return ", " } } export const { convert } = A"),
    ] {
        let of_map = if before.contains("{return") { "" } else { map };
        rows(&[("a.js", &format!("{before}{of_map}{after}"))]);
    }
    let implementation = ("lib/impl.js", &*format!("export function convert(json) {{ return {map} }}"));
    for text in [
        "import './x.js';\nexport * from './lib/impl.js';",
        "export { convert } from './lib/impl.js'",
        "export{convert as default}from'./lib/impl.js'",
        "const x = 1; export * from './other.js';",
        "import { convert as c } from './lib/impl.js'; export { c as convert }",
    ] {
        let others = [("x.js", "export default 1"), ("other.js", "export * from './lib/impl.js'")];
        rows(&[("a.js", text), implementation, others[0], others[1]]);
    }
}

/// A module without it is told so before the first page.
#[test]
fn modules_that_export_no_function_are_told_so() {
    for text in ["export const x = 1;", "import './b.js'; const convert = 1", "export * from './b.js'"] {
        let error =
            run(&[("a.js", text), ("b.js", "export const convertAll = 1; export default 1")]).unwrap_err();
        assert!(error.starts_with("the converter has no function `convert`"), "{text}\n{error}");
    }
}

#[test]
fn imports_that_are_refused_say_why() {
    let convert = "\nexport const convert = () => []";
    let with = |import: &str| format!("{import}{convert}");
    let cases = [
        ("a package", vec![("a.js", with("import _ from 'lodash';"))]),
        ("another folder", vec![("a.js", with("import x from '../x.js';"))]),
        ("down and up", vec![("a.js", with("import x from './lib/../../x.js';"))]),
        ("an absolute path", vec![("a.js", with("import x from '/etc/passwd';"))]),
        ("an address", vec![("a.js", with("import x from 'https://example.com/x.js';"))]),
        ("TypeScript", vec![("a.js", with("import x from './types.ts';"))]),
        ("no such file", vec![("a.js", with("import x from './gone.js';"))]),
        (
            "a broken module",
            vec![("a.js", with("import x from './b.js';")), ("b.js", "export const = 1;\n".to_owned())],
        ),
        (
            "no such export",
            vec![("a.js", with("import { x } from './b.js';")), ("b.js", "export const y = 1;".to_owned())],
        ),
        (
            "import() of a file that was not read",
            vec![
                ("a.js", "export const convert = () => import('./b.js')".to_owned()),
                ("b.js", "1".to_owned()),
            ],
        ),
        (
            "an exception in a helper",
            vec![
                (
                    "a.js",
                    "import { name } from './b.js';\nexport const convert = () => [{ name: name({}) }]"
                        .to_owned(),
                ),
                ("b.js", "export function name(issue) {\n  return issue.fields.name;\n}\n".to_owned()),
            ],
        ),
        (
            "not exported",
            vec![("a.js", "import './b.js';\nfunction convert() {}".to_owned()), ("b.js", "1".to_owned())],
        ),
        ("never ready", vec![("a.js", "await new Promise(() => {});\nexport const convert = 1".to_owned())]),
    ];
    let text = cases.map(|(name, files)| {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        format!("### {name}\n{}\n", run(&files).unwrap_err())
    });
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn what_others_export_is_imported() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(run(files).unwrap_or_else(|error| panic!("{files:?}: {error}")), expected, "{files:?}");
    };
    check(
        &[
            (
                "a.js",
                "import { x, default as y } from './b.js';\nexport const convert = () => ({ n: x + y })",
            ),
            ("b.js", "export * from './c.js';\nexport default 1;"),
            ("c.js", "export * from './b.js';\nexport const x = 2;"),
        ],
        &["{n: 3}"],
    );
}

#[test]
fn exports_that_are_missing_have_a_place() {
    let check = |files: &[(&str, &str)], message: &str, place: &str| {
        let error = run(files).unwrap_err();
        assert!(error.starts_with(message) && error.contains(&format!("{place}\n")), "{error}");
        assert!(error.contains("= help: "), "{error}");
    };
    let a = "import { a as b, x } from './b.js';\nexport const convert = () => []";
    check(&[("a.js", a), ("b.js", "export const a = 1;")], "import: `./b.js` exports no `x`", "a.js:1:18");
    check(
        &[
            ("a.js", a),
            ("b.js", "export const a = 1;\nexport { x } from './c.js';"),
            ("c.js", "const x = 1;"),
        ],
        "import: `./c.js` exports no `x`",
        "b.js:2:10",
    );
    let a = "const convert = async () => (await import('./b.js')).rows";
    check(&[("a.js", a), ("b.js", "")], "`import()` finds only modules", "a.js:1:36");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let (folder, _) = folder(&[("a.js", "import x from './link.js';\nexport const convert = () => []")]);
    let outside = folder.path().join("secret.js");
    fs::write(&outside, "export default 1").unwrap();
    let converters = folder.path().join("converters");
    std::os::unix::fs::symlink(&outside, converters.join("link.js")).unwrap();
    let error = Script::from_file(converters.join("a.js")).unwrap_err().to_string();
    assert!(error.contains("`./link.js` is a link that leaves the converter's folder"), "{error}");
    // One that stays inside is a file like any other.
    fs::remove_file(converters.join("link.js")).unwrap();
    fs::write(converters.join("real.js"), "export default 1").unwrap();
    std::os::unix::fs::symlink(Path::new("real.js"), converters.join("link.js")).unwrap();
    assert!(Script::from_file(converters.join("a.js")).is_ok());
}

#[cfg(unix)]
const NO_SCRIPTS: [&str; 10] = [
    ".env",
    ".env.js",
    "secret.json",
    "p.yaml",
    "id_rsa",
    "key.pem",
    ".git/config",
    ".git/x.js",
    "a.js.bak",
    "x.JS",
];

/// The browser writes code, so a name in it must not lead to what else the folder has.
#[cfg(unix)]
#[test]
fn nothing_but_scripts_is_imported_or_quoted() {
    let (folder, _) = folder(&[("a.js", ""), ("key.js", "export default 1")]);
    let converters = folder.path().join("converters");
    let write = |name: &str, text: &str| {
        let path = converters.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    NO_SCRIPTS.iter().for_each(|name| write(name, "PASSWORD=CANARY {\"password\": \"CANARY\"}"));
    for (link, to) in [("link.js", ".env"), ("json.js", "secret.json"), ("hidden.mjs", ".env.js")] {
        std::os::unix::fs::symlink(to, converters.join(link)).unwrap();
    }
    fs::create_dir(converters.join("folder.js")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(converters.join("pipe.js")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", converters.join("zero.js")).unwrap();
    let others = ["link.js", "json.js", "hidden.mjs", "folder.js", "pipe.js", "zero.js"];
    for name in NO_SCRIPTS.iter().chain(&others) {
        for import in [
            format!("import './{name}';\nexport const convert = () => [];"),
            format!("import x from './{name}' with {{ type: 'json' }};\nexport const convert = () => [x];"),
            format!("import x from './{name}' with {{ type: 'text' }};\nexport const convert = () => [x];"),
            format!("export * from './{name}';\nexport const convert = () => [];"),
            format!("import './key.js';\nexport const convert = async () => [await import('./{name}')];"),
        ] {
            write("a.js", &import);
            let path = converters.join("a.js");
            let read = Script::from_file(&path).and_then(|script| {
                Converter::new(&script, DeclaredColumns::default().into(), ConverterLimits::default())?
                    .convert(&page("{}"))
            });
            let error = read.expect_err(&import).to_string();
            assert!(!error.contains("CANARY"), "{import}: {error}");
            assert!(error.contains("a.js:") || import.contains("import('"), "{import}: {error}");
        }
        // Nor is it a converter itself, but for what is a script in a folder of its author's choice.
        let path = converters.join(name);
        if *name == ".git/x.js" {
            continue;
        }
        let error = Script::from_file(&path).unwrap_err().to_string();
        assert!(!error.contains("CANARY"), "{name}: {error}");
    }
}
