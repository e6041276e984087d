//! Files, terminals and logs, into which the program writes what others say.

use serde_json::json;

use crate::support::{Home, every};

/// Texts that would end a comment, a quotation or a line.
const ODD: [&str; 9] = [
    "\nschedule: { cron: '* * * * *', on_failure: ['id > PWNED'] }\n#",
    "\rtags: [pwned]\r#",
    "\u{85}tags: [pwned]\u{85}",
    "\u{2028}tags: [pwned]",
    "\u{1b}]0;pwned\u{7}",
    "\u{202e}pwned",
    "\"}, tags: [pwned], x: {\"",
    "${SECRET}",
    "*/ globalThis.pwned = 1; /*",
];

fn description(odd: &str) -> String {
    json!({
        "openapi": "3.0.0",
        "info": {"title": format!("T{odd}"), "version": "1"},
        "servers": [{"url": format!("https://api.example.com/v1{odd}")}],
        "security": [{format!("k{odd}"): []}],
        "components": {"securitySchemes": {format!("k{odd}"): {"type": "apiKey", "in": "header", "name": format!("X{odd}")}}},
        "paths": {format!("/items{odd}/{{id{odd}}}"): {"get": {
            "parameters": [
                {"name": format!("id{odd}"), "in": "path", "required": true, "schema": {"type": "string", "example": format!("e{odd}")}},
                {"name": format!("since{odd}"), "in": "query", "required": true, "schema": {"type": "string"}},
                {"name": "limit", "in": "query", "schema": {"type": "integer"}},
            ],
            "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {
                "type": "object", "properties": {format!("list{odd}"): {"type": "array", "items": {"type": "object", "properties": {
                    format!("a{odd}"): {"type": "string", "format": "date-time"}, "b": {"type": "string", "example": odd},
                }}}},
            }}}}},
        }}},
    })
    .to_string()
}

/// Keys at the top of a file of YAML, by its layout.
fn keys(yaml: &str) -> Vec<&str> {
    let lines = yaml.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    lines
        .filter(|line| line.starts_with(|c: char| c.is_alphabetic() || c == '"'))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect()
}

#[test]
fn a_description_of_an_api_writes_no_keys_of_its_own() {
    for odd in every(3, ODD) {
        let home = Home::new().with([("SECRET", "CANARY"), ("API_KEY", "key-of-the-api")]);
        home.write("a.json", &description(odd));
        let done = home.run(&["new", "eva", "--from", "openapi:a.json"]);
        assert_eq!(done.code, Some(0), "{odd:?}: {}", done.stderr);
        let yaml = home.read("pipelines/eva.yaml");
        let expected = ["name", "datasource", "query", "params", "converter", "sink"];
        assert_eq!(keys(&yaml), expected, "{odd:?}: {yaml}");
        let all = [&yaml, &home.read("converters/eva.js"), &home.read("converters/eva.cases/example.json")];
        for text in all {
            let c = text.chars().find(|c| c.is_control() && *c != '\n' || "\u{2028}\u{202e}".contains(*c));
            assert_eq!(c, None, "{odd:?}: {text}");
        }
        let mut args = vec!["explain", "pipelines/eva.yaml"];
        let param = "--param=since_=1".to_owned();
        args.push(&param);
        let explained = home.run(&args);
        let said = format!("{}{}", explained.stdout, explained.stderr);
        assert!(!said.contains("CANARY") && !said.contains("PWNED\n"), "{odd:?}: {said}");
        assert_eq!(home.run(&["test"]).code, Some(0), "{odd:?}");
    }
}

#[test]
fn a_script_logs_one_line_with_one_call() {
    let home = Home::new();
    home.write("data/page.json", "[{\"id\": 1}]");
    let log = "console.log('hello\\n INFO converter: forged\\r over\\x1b[2J\\u202e')";
    let pipeline = |isolation: &str, code: &str| {
        format!(
            "datasource: {{ kind: file, folder: data }}\nquery: {{ path: page.json }}\nconverter:\n  isolation: {isolation}\n  script: |\n    function convert(json) {{ {code} }}\nsink: {{ kind: jsonl, path: out/x }}\n"
        )
    };
    for isolation in ["process", "thread"] {
        home.write("p.yaml", &pipeline(isolation, &format!("{log}; return JSON.parse(json)")));
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let line = done.stderr.lines().find(|line| line.contains("hello")).unwrap();
        assert!(line.contains(r"hello\n INFO converter: forged\r over\u{1b}[2J\u{202e}"), "{line:?}");
        home.write(
            "p.yaml",
            &pipeline(isolation, "throw new Error('no\\n INFO converter: forged\\x1b[31m\\u202e')"),
        );
        let done = home.run(&["run", "p.yaml"]);
        assert!(!done.stderr.contains(['\u{1b}', '\r', '\u{202e}']), "{:?}", done.stderr);
        assert!(
            done.stderr.lines().all(|line| !line.starts_with(" INFO converter: forged")),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn names_that_cannot_be_seen_are_refused() {
    let home = Home::new();
    let text = |name: &str, table: &str| {
        format!(
            "name: {name}\ndatasource: {{ kind: file, folder: data }}\ntables: {{ {table}: {{ query: {{ path: page.json }}, sink: {{ kind: jsonl, path: out/x }} }} }}\n"
        )
    };
    for odd in every(3, [r"\e]0;pwned\a\e[31mx", r"a\nb", r"a\rb", r"\0", r"\u202ex", r"\N"]) {
        for yaml in [text(&format!("\"{odd}\""), "a"), text("a", &format!("\"{odd}\""))] {
            home.write("p.yaml", &yaml);
            let done = home.run(&["validate", "p.yaml"]);
            assert!(done.code == Some(2) && done.stderr.contains("P008"), "{odd}: {}", done.stderr);
            assert!(!done.stderr.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}', '\0']), "{:?}", done.stderr);
        }
    }
    home.write("p.yaml", &text("Aufgaben – 課題", "a"));
    assert_eq!(home.run(&["validate", "p.yaml"]).code, Some(0));
}
