//! Runs the commands of a `console` block and compares what they print with what the block shows.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use regex::Regex;

use crate::{browser, support::Killed};

/// A command and what the document shows below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) command: String,
    pub(crate) output: String,
}

/// The commands of a block, each with its output.
pub(crate) fn commands(text: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(Shown { command: command.to_owned(), output: String::new() });
        } else {
            let shown =
                commands.last_mut().unwrap_or_else(|| panic!("output before the first command:\n{text}"));
            shown.output.push_str(line);
            shown.output.push('\n');
        }
    }
    commands
}

/// How a command ended, with stdout and stderr as a terminal mixes them.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

/// Runs `shell`, a command that is prepared but for its streams, to its end. Commands that go on until somebody ends
/// them get a Ctrl-C when they have printed what is shown, or a first line where nothing is. `browser` says that somebody
/// agrees to a login there, and that the address is pasted where that is `pastes`.
pub(crate) fn run(mut shell: Command, shown: &Shown, browser: Option<&str>) -> Printed {
    let child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut child = Killed(child);
    let mut stdin = child.0.stdin.take().expect("piped");
    let mut stdout = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut text = String::new();
    if let Some(how) = browser {
        log_in(&mut stdout, &mut text, &mut stdin, how);
    }
    drop(stdin);
    if goes_on(&shown.command) {
        let last = shown.output.lines().rfind(|line| *line != "…").map(normal).unwrap_or_default();
        while stdout.read_line(&mut text).is_ok_and(|n| n > 0) {
            let line = normal(text.lines().last().unwrap_or_default());
            if last.is_empty() || fits(&last, &line) {
                break;
            }
        }
        // What is said on the way out is not part of what is shown.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        return Printed { code: interrupt(&mut child.0), text };
    }
    stdout.read_to_string(&mut text).expect("text");
    Printed { code: child.0.wait().expect("it ends").code(), text }
}

/// Whether a command ends only when it is told to.
pub(crate) fn goes_on(command: &str) -> bool {
    ["pipeline serve", "pipeline dev", "--watch"].iter().any(|words| command.contains(words))
}

/// Sends Ctrl-C until the command has ended, for one that comes while nobody listens is lost.
fn interrupt(child: &mut Child) -> Option<i32> {
    for _ in 0..150 {
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        sent.expect("`kill` is everywhere");
        std::thread::sleep(Duration::from_millis(200));
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
    }
    panic!("30 s of Ctrl-C have not ended it");
}

/// Reads up to the address of a login, and agrees there.
fn log_in(stdout: &mut impl BufRead, text: &mut String, stdin: &mut impl Write, how: &str) {
    let url = loop {
        let start = text.len();
        assert!(stdout.read_line(text).expect("text") > 0, "no address to log in at:\n{text}");
        if let Some(url) = text[start..].strip_prefix("  http") {
            break format!("http{}", url.trim());
        }
    };
    let visit = browser::open(&url);
    let back = visit.location.unwrap_or_else(|| panic!("it leads back: {}", visit.body));
    if how == "pastes" {
        writeln!(stdin, "{back}").expect("it reads");
        // A terminal shows what is typed.
        while !text.ends_with("an error):\n") {
            assert!(stdout.read_line(text).expect("text") > 0, "nobody asks for the address:\n{text}");
        }
        text.push_str(&format!("{back}\n"));
    } else {
        while !text.contains("waiting for the browser") {
            assert!(stdout.read_line(text).expect("text") > 0, "nobody waits for the browser:\n{text}");
        }
        browser::open(&back);
    }
}

/// What is wrong with how a command ended, if anything: it fails only where the document shows an error.
pub(crate) fn problem(Shown { command, output }: &Shown, done: &Printed) -> Option<String> {
    let stopped = goes_on(command) && done.code == Some(130);
    if !stopped && (done.code == Some(0)) == output.starts_with("error") {
        return Some(format!("$ {command}\nexit code {:?}\n{}", done.code, done.text));
    }
    let agrees = output.is_empty() || agrees(output, &done.text);
    (!agrees).then(|| format!("$ {command}\n-- shown:\n{output}-- printed:\n{}", done.text))
}

/// Whether `printed` is what the document shows: `…` stands for anything, a line of nothing else for any lines, and
/// what differs from run to run (ids, times, durations, sizes, ports, widths of tables) may differ.
pub(crate) fn agrees(shown: &str, printed: &str) -> bool {
    let shown: Vec<String> = shown.lines().map(normal).collect();
    let printed: Vec<String> = printed.lines().filter(|line| !PROGRESS.is_match(line)).map(normal).collect();
    lines_fit(&shown, &printed)
}

fn lines_fit(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => (0..=printed.len()).any(|n| lines_fit(rest, &printed[n..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(found, others)| fits(line, found) && lines_fit(rest, others))
        }
    }
}

fn fits(shown: &str, printed: &str) -> bool {
    let Some((first, mut rest)) = shown.split_once('…') else { return shown == printed };
    let Some(mut printed) = printed.strip_prefix(first) else { return false };
    while let Some((part, others)) = rest.split_once('…') {
        let Some(place) = printed.find(part) else { return false };
        printed = &printed[place + part.len()..];
        rest = others;
    }
    printed.ends_with(rest)
}

/// Lines that slow runs print every ten seconds.
static PROGRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\S+: [\d,]+ pages, [\d,]+ rows, .*rows/s").expect("a pattern"));

/// What differs from run to run.
static VARIABLE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"\d{8}T\d{6}\.\d{6}Z(-[0-9a-f]{4})?", "RUN"),
        (
            r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC| CEST| CET)?",
            "TIME",
        ),
        (r"(127\.0\.0\.1|localhost):\d+", "HOST"),
        (r"\d+ min \d+ s", "SIZE"),
        (r"\b\d[\d.,]* ?(ms|s|h|B|KiB|MiB|GiB|bytes)\b", "SIZE"),
        (r"[─═]+", "─"),
        (r"\s+", " "),
    ];
    patterns.map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name)).into()
});

fn normal(line: &str) -> String {
    let line = VARIABLE
        .iter()
        .fold(line.to_owned(), |line, (pattern, name)| pattern.replace_all(&line, *name).into_owned());
    line.trim().to_owned()
}

/// A folder with `pipeline` in it, to be first in `PATH`.
pub(crate) fn link_to_pipeline(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pipeline"), folder.join("pipeline")).expect("a link");
}

#[test]
fn output_is_compared_but_for_what_differs() {
    let check = |shown: &str, printed: &str, expected: bool| {
        assert_eq!(agrees(shown, printed), expected, "{shown}\n--\n{printed}");
    };
    check("jira: 5 rows in 4.2 s\n", "jira: 5 rows in 0.2 s\n", true);
    check("jira: 5 rows in 4.2 s\n", "jira: 6 rows in 4.2 s\n", false);
    check("a\n…\nz\n", "a\nb\nc\nz\n", true);
    check("a\n…\nz\n", "a\nz\n", true);
    check("a\n…\nz\n", "a\nb\n", false);
    check("a\n", "a\nb\n", false);
    check("a … c\n", "a b c\n", true);
    check("a … c\n", "a b\n", false);
    check("─────\n a  b\n", "──\n a b\n", true);
    check("run 20250101T020000.000000Z-3f1c\n", "run 20261129T172035.123456Z-00aa\n", true);
    let shown = commands("$ a\n1\n$ b\n");
    assert_eq!(shown[0], Shown { command: "a".into(), output: "1\n".into() });
    assert_eq!(shown[1], Shown { command: "b".into(), output: String::new() });
}
