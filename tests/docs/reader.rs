//! Somebody who reads a document from top to bottom and does what it says, in a folder of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pipeline_sandbox::Faults;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    apis::{self, Pipeline, RECORDS},
    blocks::{Block, Variables, blocks},
    console::{self, Printed, Shown},
    fragments,
    stand_ins::{issues, led_home, two_revisions},
};
use crate::{
    recorded::Server,
    support::{Home, Site, all_or, root, spare_a_start},
};

/// The issues of the sandbox: three pages of at most 100.
const ISSUES: u64 = 250;
/// The records that the stand-in of a tap prints: three pages of at most 1,000.
const OF_THE_TAP: u64 = 2_500;

/// What nobody has at hand; a part with such a word is validated.
const NEEDS: [(&str, &str); 1] = [("s3://", "a bucket")];

/// What the sandbox answers when the quota of two hours is used up.
const USED_UP: &str = r#"{ "rules": [{ "on": "search", "request": 3, "times": 99,
    "fault": { "kind": "status", "status": 429, "retry_after": { "seconds": 7200 },
        "reason": "jira-quota-global-based" } }] }"#;

/// What has become of the parts of a document: alternatives of `yaml`, commands of `console`, whole blocks of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) run: usize,
    pub(crate) validated: usize,
    pub(crate) shown: usize,
}

/// Where a document begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// In an empty folder.
    Empty,
    /// With the pipelines and converters of the checkout.
    Checkout,
}

/// The reader, and what they have found.
#[derive(Debug)]
pub(crate) struct Reader {
    document: String,
    home: Home,
    programs: TempDir,
    site: Site,
    apis: Server,
    callback_port: u16,
    counts: Counts,
    log: Vec<String>,
    wrong: Vec<String>,
    n_scripts: usize,
    /// The parts so far that nothing below them needs.
    n_alone: usize,
}

/// Does all that `document` says; fails with everything that is not as the document says.
#[expect(clippy::print_stdout, reason = "what was done with each block, for who runs the test")]
pub(crate) fn follow(document: &str, start: Start, expected: Counts) {
    let blocks = blocks(document);
    let mut reader = Reader::new(document, start);
    for block in &blocks {
        reader.keep(block);
    }
    for block in &blocks {
        reader.follow(block);
    }
    let Reader { counts, log, wrong, .. } = reader;
    let log = log.join("\n");
    println!("{document}: {counts:?}\n{log}");
    assert!(wrong.is_empty(), "{} of {document}:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(counts, expected, "{document}\n{log}");
}

impl Reader {
    fn new(document: &str, start: Start) -> Self {
        let reader = Self {
            document: document.to_owned(),
            home: Home::new(),
            programs: tempfile::tempdir().expect("a temporary folder"),
            site: Site::with_issues(usize::try_from(ISSUES).expect("few")),
            apis: apis::start(),
            callback_port: crate::browser::free_port(),
            counts: Counts::default(),
            log: Vec::new(),
            wrong: Vec::new(),
            n_scripts: 0,
            n_alone: 0,
        };
        console::link_to_pipeline(reader.programs.path());
        if start == Start::Checkout {
            for folder in ["pipelines", "converters"] {
                copy(&root().join(folder), &reader.home.path(folder));
            }
        }
        let stem = Path::new(document).file_stem().expect("a file").to_str().expect("UTF-8");
        let files = root().join("tests/docs/files").join(stem);
        if files.exists() {
            copy(&files, &reader.home.path(""));
        }
        reader
    }

    /// Writes a pipeline or a script that is shown whole, before anything is run: each names files further down.
    fn keep(&self, block: &Block) {
        if block.language != "json"
            && let (Some(name), None) = (block.file_name(), &block.marker.within)
        {
            self.home.write(name, &led_home(&block.text));
        }
    }

    fn follow(&mut self, block: &Block) {
        match (block.language.as_str(), &block.marker.shown) {
            ("yaml" | "js" | "console" | "json" | "sh", Some(reason)) => self.show(block, reason),
            ("yaml", None) => self.yaml(block),
            ("js", None) => self.js(block),
            ("console", None) => self.console(block),
            ("json", None) if block.marker.file.is_some() => self.json(block),
            ("text", None) if block.marker.after.is_some() => self.error(block),
            ("text", _) => self.show(block, "what a program prints"),
            ("sql" | "python" | "", _) => self.show(block, "for another program"),
            (language, _) => {
                self.complain(block, &format!("nothing says what is done with this `{language}`"));
            }
        }
    }

    fn show(&mut self, block: &Block, reason: &str) {
        let n_parts = if block.language == "console" { console::commands(&block.text).len() } else { 1 };
        self.counts.shown += n_parts;
        self.note(block, &format!("shown: {reason}"));
    }

    fn note(&mut self, block: &Block, what: &str) {
        self.log.push(format!("  {} `{}`: {what}", block.place, block.language));
    }

    fn complain(&mut self, block: &Block, what: &str) {
        self.wrong.push(format!("{}: {what}", block.place));
    }

    fn yaml(&mut self, block: &Block) {
        let parts = fragments::alternatives(&block.text);
        for (index, part) in parts.iter().enumerate() {
            match self.file_with(block, part, index) {
                Ok(file) => self.pipeline(block, part, &file),
                Err(problem) => self.complain(block, &problem),
            }
        }
    }

    /// The file in which a part stands, written for it.
    fn file_with(&self, block: &Block, part: &str, index: usize) -> Result<String, String> {
        if block.marker.within.is_none() {
            let name = block.file_name().ok_or("a pipeline needs a name, a part `in: FILE`")?;
            return Ok(name.to_owned());
        }
        let within = block.marker.within.clone().unwrap_or_default();
        let beside = |file: &str| {
            let line = block.place.rsplit(':').next().unwrap_or_default();
            Path::new(file).with_file_name(format!("part_{line}_{index}.yaml")).to_string_lossy().into_owned()
        };
        let (text, file) = if within == "the pipeline of each API" {
            let comments = fragments::comments(part);
            match apis::pipeline_of(&comments) {
                Some(Pipeline::File(file)) => (self.home.read(&file), beside(&file)),
                Some(Pipeline::Text(text)) => (text, beside("pipelines/x.yaml")),
                None => return Err(format!("`{comments}` names no API that tests/docs/apis.rs has")),
            }
        } else {
            (self.home.read(&within), beside(&within))
        };
        let file = block.marker.saved_as.clone().unwrap_or(file);
        let mut text = fragments::put(&text, &led_home(part));
        if block.marker.saved_as.is_some() {
            text = fragments::without(&text, "name");
        }
        self.home.write(&file, &text);
        Ok(file)
    }

    /// Runs a pipeline, or validates it where the document says why it cannot be run.
    fn pipeline(&mut self, block: &Block, part: &str, file: &str) {
        let needs =
            NEEDS.iter().find(|(word, _)| part.contains(word)).map(|(_, what)| format!("needs {what}"));
        if let Some(reason) = block.marker.validated.clone().or(needs) {
            let done = self.shell(&format!("pipeline validate {file}"), Variables::Sandbox);
            if done.code != Some(0) {
                self.complain(block, &format!("`validate` says\n{}", done.text));
            }
            self.counts.validated += 1;
            self.note(block, &format!("validated: {reason}"));
            return;
        }
        if block.marker.within.is_some() && block.marker.saved_as.is_none() && self.is_left_to_ci() {
            return self.note(block, "left to CI");
        }
        // Another part may have written the same table in another way.
        let _ = fs::remove_dir_all(self.home.path("out"));
        let output =
            self.command(&format!("exec pipeline run {file} --format json"), Variables::Sandbox).output();
        let output = output.expect("a shell");
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let problem = match output.status.code() {
            Some(0) if part.contains("path: \"-\"") => wrong_lines(&stdout),
            Some(0) => wrong_rows(&stdout),
            code => Some(format!("exit code {code:?}")),
        };
        if let Some(problem) = problem {
            self.complain(block, &format!("{problem}\n{part}--\n{stderr}{stdout}"));
        }
        self.counts.run += 1;
        self.note(block, "run");
    }

    /// Counts a part that nothing below it needs, and says whether only CI runs it: elsewhere it is every seventh.
    fn is_left_to_ci(&mut self) -> bool {
        self.n_alone += 1;
        let is_left = !self.n_alone.is_multiple_of(all_or(7, 1));
        self.counts.run += usize::from(is_left);
        is_left
    }

    /// Writes a file that commands further down read.
    fn json(&mut self, block: &Block) {
        self.home.write(block.file_name().unwrap_or_default(), &block.text);
        self.counts.run += 1;
        self.note(block, "a file of the commands below");
    }

    /// Runs a script on three pages of three issues; the snapshot has its rows.
    fn js(&mut self, block: &Block) {
        self.n_scripts += 1;
        let name = block.file_name().map_or_else(|| format!("script_{}.js", self.n_scripts), str::to_owned);
        self.home.write(&name, &block.text);
        for page in 1..=3 {
            self.home.write(&format!("pages/page-{page}.json"), &issues(page).to_string());
        }
        if self.is_left_to_ci() {
            return self.note(block, "left to CI");
        }
        let pipeline = format!(
            "datasource: {{ kind: file, folder: pages }}\nquery: {{ path: '*.json' }}\nconverter: {name}\nsink: {{ kind: jsonl, path: out/rows }}\n"
        );
        self.home.write("of_a_script.yaml", &pipeline);
        let _ = fs::remove_dir_all(self.home.path("out"));
        let done = self.shell("pipeline run of_a_script.yaml", Variables::None);
        self.counts.run += 1;
        self.note(block, "run");
        if done.code != Some(0) {
            return self.complain(block, &format!("exit code {:?}\n{}", done.code, done.text));
        }
        let rows = self.home.read("out/rows.jsonl");
        let n_rows = rows.lines().count() as u64;
        if n_rows != RECORDS {
            return self.complain(block, &format!("{n_rows} rows of {RECORDS} issues\n{rows}"));
        }
        let stem = Path::new(&self.document).file_stem().expect("a file").to_string_lossy().into_owned();
        insta::assert_snapshot!(format!("{stem}_{}", self.n_scripts), rows, &block.text);
    }

    /// Runs a pipeline into its error, or a script, on a page beside it or on the one that all have.
    fn error(&mut self, block: &Block) {
        let file = block.marker.after.as_deref().unwrap_or_default();
        let done = if file.ends_with(".yaml") {
            self.shell(&format!("pipeline run {file}"), Variables::Sandbox)
        } else {
            self.home.write("converters/jira.js", &self.home.read(file));
            let own = file.replace(".js", ".json");
            let page = if self.home.path(&own).exists() { own } else { "mistakes/page.json".to_owned() };
            self.shell(&format!("pipeline convert converters/jira.js {page}"), Variables::None)
        };
        self.counts.run += 1;
        self.note(block, "run");
        // A run says before it what has failed, and it was another page.
        let printed = done.text.replace("page 1: ", "page 3: ");
        if done.code == Some(0) || !console::agrees(&format!("…{}", block.text), &printed) {
            self.complain(block, &format!("-- shown:\n{}-- printed:\n{printed}", block.text));
        }
    }

    fn console(&mut self, block: &Block) {
        for (index, shown) in console::commands(&block.text).into_iter().enumerate() {
            if block.marker.quota {
                let faults = if index == 0 { USED_UP } else { "{}" };
                self.site.sandbox.set_faults(Faults::from_json(faults).expect("faults"));
            }
            self.counts.run += 1;
            self.note(block, &format!("run: {}", shown.command));
            let command = self.command(&self.as_typed(&shown), block.marker.variables);
            let browser = block.marker.browser.as_deref().filter(|_| shown.command.contains("auth login"));
            let mut done = console::run(command, &shown, browser);
            done.text = done.text.replace(&*self.home.path("").to_string_lossy(), "~/");
            if let Some(problem) = console::problem(&shown, &done) {
                self.complain(block, &problem);
            }
        }
    }

    /// A command as it is run here: the binary is built, ports are free ones, and ids are those of runs that there were.
    fn as_typed(&self, shown: &Shown) -> String {
        let mut command = shown.command.replace("cargo run --locked -- ", "pipeline ");
        if command.starts_with("pipeline serve") {
            command = command.replacen("pipeline serve", "pipeline serve --port 0", 1);
        }
        if shown.command.starts_with("pipeline auth login issues.yaml") {
            // The callback of the document is a fixed port, which may be taken.
            command.push_str(" --paste");
        }
        if command.starts_with("pipeline runs show") {
            let runs = self.shell("pipeline runs --format json", Variables::None).text;
            let runs: Value = serde_json::from_str(&runs).unwrap_or_default();
            let id = runs.as_array().and_then(|runs| runs.last()).and_then(|run| run["run_id"].as_str());
            command = format!("pipeline runs show {}", id.unwrap_or("of-no-run"));
        }
        if command.contains("--changed-since") {
            command = match Command::new("git").arg("--version").output() {
                Ok(_) => format!("{} && {command}", two_revisions()),
                // Tests need no git; a time will do as well.
                Err(_) => command.replace("HEAD~1", "1day"),
            };
        }
        // The shell becomes the command, so that Ctrl-C reaches it.
        if console::goes_on(&command) { format!("exec {command}") } else { command }
    }

    fn shell(&self, command: &str, variables: Variables) -> Printed {
        let shown = Shown { command: String::new(), output: String::new() };
        console::run(self.command(command, variables), &shown, None)
    }

    /// A shell in the reader's folder, whose stderr goes where its stdout goes.
    fn command(&self, command: &str, variables: Variables) -> Command {
        let mut shell = Command::new("sh");
        let merged = if command.contains("--format json") { "" } else { "exec 2>&1; " };
        shell.args(["-c", &format!("{merged}{command}")]).current_dir(self.home.path("")).env_clear();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = [self.programs.path().to_owned(), self.home.path("bin")];
        let path =
            std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).expect("folders");
        shell
            .env("PATH", path)
            .env("HOME", self.home.path(""))
            .env("CALLBACK_PORT", self.callback_port.to_string());
        spare_a_start(&mut shell);
        if variables == Variables::Sandbox {
            shell.envs(self.site.sandbox.variables()).envs(apis::variables(&self.apis));
        }
        shell
    }
}

/// What is wrong with the summary of a run that must have read several pages of several records.
fn wrong_rows(summary: &str) -> Option<String> {
    let Ok(summary) = serde_json::from_str::<Value>(summary) else { return Some("no summary".into()) };
    let tables = summary["tables"].as_array().cloned().unwrap_or_default();
    let number = |table: &Value, key: &str| table[key].as_u64().unwrap_or_default();
    let first = tables.first().map(|table| number(table, "rows")).unwrap_or_default();
    if ![RECORDS, ISSUES, OF_THE_TAP].contains(&first) {
        return Some(format!("{first} rows"));
    }
    let few = tables.iter().find(|table| number(table, "rows") < RECORDS || number(table, "pages") < 3);
    few.map(|table| format!("{} rows on {} pages", number(table, "rows"), number(table, "pages")))
}

/// What is wrong with rows on stdout, below a header.
fn wrong_lines(stdout: &str) -> Option<String> {
    let n_lines = stdout.lines().count() as u64;
    (n_lines < RECORDS + 1).then(|| format!("{n_lines} lines on stdout"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}
