//! What a browser may do with a converter: the API of the studio, asked without its page.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    browser::send,
    support::{Home, Killed, every},
};

const TOKEN: &str = "correct horse battery";

const INLINE: &str = "datasource: { kind: file, folder: ../data }
query: { path: page.json }
# Above the code,
converter:
  script: |
    function convert(json) {
      return JSON.parse(json);
    }
# and below it.
sink: { kind: jsonl, path: out/inline }
";

const CODE: &str = "function convert(json) {\n  return JSON.parse(json);\n}\n";

/// A folder of pipelines over a page of 10,000 records.
fn home() -> Home {
    let home = Home::new().with([("PIPELINE_SERVE_TOKEN", TOKEN)]);
    let cache = home.path("cache").to_string_lossy().into_owned();
    let home = home.with([("XDG_CACHE_HOME", cache)]);
    let page: Vec<Value> = (0..10_000).map(|id| json!({"id": id, "text": format!("b{id}")})).collect();
    home.write("data/page.json", &json!(page).to_string());
    home.write("p/inline.yaml", INLINE);
    let own = INLINE.replace("converter:\n  script: |\n", "converter: own.js\n");
    home.write(
        "p/own.yaml",
        &own.lines()
            .filter(|line| !line.starts_with("    "))
            .fold(String::new(), |all, line| all + line + "\n"),
    );
    home.write("p/own.js", CODE);
    home.write(
        "p/line.yaml",
        &INLINE.replace(
            "|\n    function convert(json) {\n      return JSON.parse(json);\n    }\n",
            "\"convert = json => []\"\n",
        ),
    );
    home
}

struct Desk {
    url: String,
    server: Killed,
}

impl Desk {
    fn open(home: &Home) -> Self {
        let mut command = home.command(&["serve", "p", "--port", "0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut url).expect("its address");
        Self { url: url.trim_end().to_owned(), server: Killed(child) }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers =
            format!("Authorization: Bearer {TOKEN}\r\nX-Pipeline: 1\r\nContent-Type: application/json\r\n");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let visit = send(method, &format!("{}{path}", self.url), &headers, &body);
        let answer = serde_json::from_str(&visit.body);
        (visit.status, answer.unwrap_or_else(|error| panic!("{path}: {error}: {}", visit.body)))
    }

    fn code(&self, id: &str) -> Value {
        let (status, desk) = self.ask("GET", &format!("/api/pipelines/{id}/desk"), &Value::Null);
        assert_eq!(status, 200, "{desk}");
        desk["tables"][0]["code"].clone()
    }

    fn save(&self, id: &str, code: &str, version: &Value) -> (u16, Value) {
        let body = json!({"table": id, "code": code, "version": version});
        self.ask("PUT", &format!("/api/pipelines/{id}/code"), &body)
    }

    fn convert(&self, id: &str, more: &Value) -> Value {
        let mut body = json!({"table": id});
        for (key, value) in more.as_object().expect("a map") {
            body[key] = value.clone();
        }
        let (status, made) = self.ask("POST", &format!("/api/pipelines/{id}/convert"), &body);
        assert_eq!(status, 200, "{made}");
        made
    }
}

#[test]
fn what_is_saved_is_the_code_and_nothing_else() {
    let home = home();
    let desk = Desk::open(&home);
    let evil = "schedule: { cron: \"* * * * *\", catch_up: none, on_failure: [\"id > PWNED\"] }";
    for id in ["inline", "own"] {
        let file = if id == "own" { "p/own.js" } else { "p/inline.yaml" };
        let before = home.read(file);
        let version = desk.code(id)["version"].clone();
        for end in [
            "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}", "\0", "\u{1b}", "\u{202e}", "\u{1}",
            "\n\r",
        ] {
            let (status, answer) =
                desk.save(id, &format!("function convert() {{}}{end}{evil}{end}"), &version);
            assert_eq!(status, 422, "{end:?}: {answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains("stays as it is: line ") && message.contains("U+"), "{message}");
        }
        for empty in ["", " \n\t\n"] {
            assert_eq!(desk.save(id, empty, &version).0, 422);
        }
        assert_eq!(home.read(file), before);

        // What looks like YAML is code in a block like all other.
        let code = format!("// x\n---\n...\n{evil}\n\n\tfunction convert(json) {{ return [] }}\n");
        let (status, saved) = desk.save(id, &code, &version);
        assert_eq!(status, 200, "{saved}");
        assert_eq!((&desk.code(id)["text"], &desk.code(id)["version"]), (&json!(code), &saved["version"]));
        assert_eq!(desk.save(id, CODE, &version).0, 409, "the version of before");
        let (status, answer) = desk.save(id, CODE, &saved["version"]);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(home.read(file), before);

        // However it begins and ends, it is saved as it is, and can be saved again.
        let mut version = desk.code(id)["version"].clone();
        for code in ["\n\nconst a = 1;\n", "  const b = 2;\n  // c", "\t// d\n \n\n", "// e\n\u{a0}", CODE] {
            let (status, saved) = desk.save(id, code, &version);
            assert_eq!((status, &desk.code(id)["text"]), (200, &json!(code)), "{saved}");
            version = saved["version"].clone();
        }
        // An editor's byte order mark is no code, and the file is the one that was saved.
        let (status, saved) = desk.save(id, &format!("\u{feff}{CODE}"), &version);
        assert_eq!((status, &desk.code(id)["text"]), (200, &json!(CODE)), "{saved}");
        assert_eq!(desk.code(id)["version"], saved["version"]);
        fs::write(home.path(file), &before).unwrap();

        // Somebody else writes, and the server may not have seen it yet.
        let version = desk.code(id)["version"].clone();
        let theirs = before.replace("JSON.parse(json)", "[{ theirs: 1 }]");
        fs::write(home.path(file), &theirs).unwrap();
        assert_eq!(desk.save(id, "convert = () => []", &version).0, 409);
        assert_eq!(home.read(file), theirs);
        fs::write(home.path(file), &before).unwrap();
    }
}

/// Spaces that YAML would take for the indentation of the block, where that is not written.
#[test]
fn code_that_is_indented_is_saved_with_the_sign_of_its_block() {
    let home = home();
    let desk = Desk::open(&home);
    home.write("p/again.yaml", INLINE);
    let (status, pipelines) = desk.ask("GET", "/api/pipelines", &Value::Null);
    assert!(status == 200 && pipelines.to_string().contains("inline"), "{pipelines}");
    let version = desk.code("inline")["version"].clone();
    let indented = "    convert = () =>\n  []\n";
    let (status, answer) = desk.save("inline", indented, &version);
    assert_eq!((status, &desk.code("inline")["text"]), (200, &json!(indented)), "{answer}");
    let (head, end) = (INLINE.split_once("|\n").unwrap().0, INLINE.split_once("    }\n").unwrap().1);
    assert_eq!(home.read("p/inline.yaml"), format!("{head}|2\n        convert = () =>\n      []\n{end}"));
    let (status, answer) = desk.save("line", CODE, &desk.code("line")["version"]);
    assert!(status == 409 && answer["error"]["help"].as_str().unwrap().contains("after `|`"), "{answer}");
}

/// One request must not end all pipelines of a server.
#[test]
fn no_code_ends_the_server_or_reads_files() {
    let home = home();
    home.write("p/.env", "DB_PASSWORD=CANARY\n");
    home.write("p/secret.json", "{\"password\": \"CANARY\"}");
    let desk = Desk::open(&home);
    let deep = [
        ("[", 30_000, ""),
        ("if (a); else ", 30_000, ";"),
        ("a ? b : ", 30_000, "c"),
        ("a.", 300_000, "b"),
        ("function f() { ", 30_000, ""),
        ("`${", 30_000, ""),
    ];
    for (before, n, after) in every(4, deep) {
        let code = format!("function convert() {{\n{}{after}\n}}", before.repeat(n));
        let made = desk.convert("inline", &json!({"code": code}));
        let failed = &made["failed"];
        assert!(failed["message"].as_str().unwrap().contains("more than "), "{before}: {failed}");
        assert_eq!(failed["line"], 2, "{before}: {failed}");
    }
    let links: String = (0..1_500).map(|n| format!("  else if (n === {n}) return '{n}';\n")).collect();
    let code = format!(
        "function name(n) {{\n  if (n < 0) return '';\n{links}}}\nfunction convert(json) {{ return JSON.parse(json).slice(0, 9).map(({{ id }}) => ({{ n: name(id) }})) }}"
    );
    assert_eq!(desk.convert("inline", &json!({"code": code}))["nRows"], 9);
    for name in [".env", "secret.json", "inline.yaml", "../data/page.json"] {
        for with in ["", " with { type: 'json' }"] {
            let code = format!("import x from './{name}'{with};\nexport const convert = () => [{{ x }}];");
            for id in ["inline", "own"] {
                let made = desk.convert(id, &json!({"code": code}));
                assert!(!made["failed"].is_null() && !made.to_string().contains("CANARY"), "{made}");
            }
        }
    }
    // A file in the folder that is nested so: the server starts, and says so.
    let deep = format!("function convert() {{ return {} }}", "[".repeat(100_000));
    home.write("p/own.js", &deep);
    let desk = Desk::open(&home);
    let (_, own) = desk.ask("GET", "/api/pipelines/own", &Value::Null);
    assert!(own["problems"].as_str().unwrap().contains("J001"), "{own}");
    for command in ["validate", "explain", "run"] {
        let done = home.run(&[command, "p/own.yaml"]);
        assert!(done.code == Some(2) && done.stderr.contains("own.js:1:"), "{command}: {done:?}");
    }
}

/// The processes that try code for a server, where `/proc` tells.
fn n_trials(server: u32) -> usize {
    let is_trial = |folder: std::path::PathBuf| {
        let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        parent == Some(server)
            && fs::read_to_string(folder.join("cmdline")).is_ok_and(|line| line.contains("converter-worker"))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter(|process| is_trial(process.path())).count()
}

#[test]
fn only_so_many_pieces_of_code_are_tried_at_once_and_the_others_wait() {
    let home = home();
    home.write("p/inline.yaml", &INLINE.replace("  script:", "  limits: { timeout: 700ms }\n  script:"));
    let desk = Desk::open(&home);
    // The page is there from now on.
    desk.convert("inline", &json!({}));
    let n_places = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
    let endless = json!({"code": "function convert(json) { for (;;); }"});
    let mut most = 0;
    std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..n_places + 2).map(|_| scope.spawn(|| desk.convert("inline", &endless))).collect();
        while asked.iter().any(|asked| !asked.is_finished()) {
            most = most.max(n_trials(desk.server.0.id()));
            assert_eq!(desk.ask("GET", "/api/pipelines", &Value::Null).0, 200);
        }
        for made in asked {
            let made = made.join().expect("an answer");
            assert!(made.to_string().contains("did not come back within 700ms"), "{made}");
        }
    });
    let least = if cfg!(target_os = "linux") { 2 } else { 0 };
    assert!((least..=n_places).contains(&most), "{most} of {n_places}");
}

#[test]
fn order_and_statistics_are_of_all_rows() {
    let home = home();
    let desk = Desk::open(&home);
    let made = desk.convert("inline", &json!({"order": {"column": "id", "down": true}}));
    assert_eq!(made["rows"].as_array().unwrap().len(), 1_000);
    assert_eq!(
        (&made["nRows"], &made["rows"][0], &made["numbers"][0]),
        (&json!(10_000), &json!([9999, "b9999"]), &json!(10_000))
    );
    let facts = &made["columns"][0]["facts"];
    assert_eq!(
        (&facts["total"], &facts["distinct"], &facts["greatest"]),
        (&json!(10_000), &json!(10_000), &json!("9999"))
    );
    let made = desk.convert("inline", &json!({"order": {"column": "text", "down": false}}));
    assert_eq!((&made["rows"][2][1], &made["rows"][999][1]), (&json!("b2"), &json!("b999")));
    let made = desk.convert("inline", &json!({"order": {"column": "gone", "down": false}}));
    assert_eq!((&made["rows"][0][0], &made["numbers"][0]), (&json!(0), &json!(1)));
}
