//! `pipeline auth`: from a consent to a login that renews itself.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    process::{Child, Stdio},
    time::Duration,
};

use pipeline_sandbox::{Faults, SandboxOptions};

use crate::{
    browser,
    support::{Done, Home, Site},
};

/// A pipeline without a token in it; `more` are further keys of `auth`.
pub(crate) fn pipeline(more: &str) -> String {
    format!(
        "datasource:
  kind: rest
  base_url: ${{JIRA_BASE_URL}}
  test_path: /myself
  auth:
    kind: oauth2
    authentication_url: ${{JIRA_AUTH_URL}}
    client_id: ${{JIRA_CLIENT_ID}}
    client_secret: ${{JIRA_CLIENT_SECRET}}
    scope: read:jira-work
    audience: api.atlassian.com
{more}
query:
  path: /search/jql
  params: {{ jql: project = ABC order by key, fields: summary, maxResults: 10 }}
  pagination: {{ kind: cursor, next: nextPageToken, param: nextPageToken }}
  select: issues
sink: {{ kind: jsonl, path: rows }}
"
    )
}

pub(crate) const SEED: &str = "    refresh_token: ${JIRA_REFRESH_TOKEN}";
const PASTE: &str = "    redirect_url: https://example.com";

fn site() -> (Site, Home) {
    let site = Site::with_issues(20);
    let home = site.home();
    (site, home)
}

/// `auth login` in the background, up to the address that it shows.
struct Login {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
    url: String,
}

impl Login {
    fn begin(home: &Home, args: &[&str]) -> Self {
        let mut command = home.command(&[&["auth", "login", "p.yaml"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let url = loop {
            let start = said.len();
            let n = stderr.read_line(&mut said).expect("text");
            assert!(n > 0, "no address in\n{said}");
            if let Some(url) = said[start..].strip_prefix("  http") {
                break format!("http{}", url.trim());
            }
        };
        Self { child, stderr, said, url }
    }

    fn paste(mut self, text: &str) -> Done {
        writeln!(self.child.stdin.take().expect("piped"), "{text}").expect("it reads");
        self.end()
    }

    fn end(mut self) -> Done {
        drop(self.child.stdin.take());
        std::io::Read::read_to_string(&mut self.stderr, &mut self.said).expect("text");
        Done { stderr: self.said, ..Done::wait(self.child) }
    }
}

/// Agrees to everything; the address that the browser is sent to.
fn consent(authorize_url: &str) -> String {
    let visit = browser::open(authorize_url);
    assert_eq!(visit.status, 302, "{}", visit.body);
    visit.location.expect("it leads back")
}

/// Logs in by pasting.
pub(crate) fn log_in(home: &Home) -> Done {
    let login = Login::begin(home, &[]);
    let redirected = consent(&login.url);
    let done = login.paste(&redirected);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    done
}

/// The one token file.
pub(crate) fn token_file(home: &Home) -> std::path::PathBuf {
    let entries = fs::read_dir(home.path("state/tokens")).expect("tokens");
    let mut files = entries.map(|entry| entry.expect("an entry").path());
    files.find(|path| path.extension().is_some_and(|end| end == "json")).expect("a token file")
}

/// The tokens on disk.
pub(crate) fn tokens(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(token_file(home)).expect("readable");
    text.split('"').filter(|word| word.starts_with("sandbox-")).map(str::to_owned).collect()
}

#[test]
fn a_login_with_the_browser_on_this_machine() {
    let (site, home) = site();
    let callback = format!("http://127.0.0.1:{}/callback", browser::free_port());
    home.write("p.yaml", &pipeline(&format!("    redirect_url: {callback}")));
    let login = Login::begin(&home, &[]);
    for part in
        ["/authorize?audience=api.atlassian.com&client_id=", "scope=read%3Ajira-work%20offline_access"]
    {
        assert!(login.url.contains(part), "{part} in {}", login.url);
    }
    for part in ["&response_type=code&prompt=consent", "&code_challenge=", "code_challenge_method=S256"] {
        assert!(login.url.contains(part), "{part} in {}", login.url);
    }
    let redirected = consent(&login.url);
    let origin = callback.strip_suffix("/callback").expect("as above");
    // What browsers and others do on the way.
    let _idle = TcpStream::connect(origin.strip_prefix("http://").expect("as above")).expect("it listens");
    assert_eq!(browser::open(&format!("{origin}/favicon.ico")).status, 404);
    assert_eq!(browser::open(&callback).status, 400);
    let foreign = browser::open(&format!("{callback}?code=abc&state=of-another-login"));
    assert!(foreign.status == 400 && foreign.body.contains("another login"), "{}", foreign.body);
    let page = browser::open(&redirected);
    assert!(page.status == 200 && page.body.contains("You can close this page"), "{}", page.body);
    let done = login.end();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("Zoë Müller"), "{}", done.stdout);
    assert!(done.stderr.contains("turned away"), "{}", done.stderr);
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    assert_eq!(site.stats().refreshes, 0);
}

#[test]
fn a_login_with_a_pasted_address() {
    let (site, home) = site();
    home.write("p.yaml", &pipeline(PASTE));
    let done = log_in(&home);
    assert!(done.stderr.contains("paste the address"), "{}", done.stderr);
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    site.sandbox.advance_clock(Duration::from_secs(7200));
    home.summary(&["p.yaml"]);
    assert_eq!(site.stats().refreshes, 1);
    // Forced on a callback that could be listened at, and with the code alone.
    home.write("p.yaml", &pipeline(""));
    let login = Login::begin(&home, &["--paste"]);
    let redirected = consent(&login.url);
    let code = redirected.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code");
    let done = login.paste(code);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

#[test]
fn a_login_that_fails_says_why_and_keeps_the_one_before() {
    let (_site, home) = site();
    home.write("p.yaml", &pipeline(PASTE));
    log_in(&home);
    let before = tokens(&home);
    let check = |answer: &dyn Fn(&str) -> String, expected: &[&str]| {
        let login = Login::begin(&home, &[]);
        let pasted = answer(&login.url);
        let done = login.paste(&pasted);
        assert_eq!(done.code, Some(3), "{}", done.stderr);
        for part in expected {
            assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
        }
        assert_eq!(tokens(&home), before);
    };
    let state = |url: &str| {
        let state = url.split('&').find_map(|pair| pair.strip_prefix("state=")).expect("a state");
        assert!(state.len() >= 40, "{state}");
        state.to_owned()
    };
    check(&|_| String::new(), &["there is no `code` in it"]);
    check(&|url| consent(url).replace("state=", "state=x"), &["another login"]);
    check(
        &|url| format!("https://example.com/?error=access_denied&state={}", state(url)),
        &["the consent was refused: access_denied"],
    );
    check(
        &|url| format!("https://example.com/?code=made-up&state={}", state(url)),
        &["did not take the code", "Invalid authorization code", "works once"],
    );
}

#[test]
fn a_login_needs_an_answer_a_port_and_an_oauth2_section() {
    let (_site, home) = site();
    let port = browser::free_port();
    let callback = format!("    redirect_url: http://localhost:{port}/callback");
    home.write("p.yaml", &pipeline(&callback));
    let done = Login::begin(&home, &["--timeout", "50ms"]).end();
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    assert!(done.stderr.contains("no answer came within 50ms"), "{}", done.stderr);
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    let done = home.run(&["auth", "login", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    assert!(
        done.stderr.contains("cannot be listened at") && done.stderr.contains("--paste"),
        "{}",
        done.stderr
    );
    home.write("basic.yaml", "datasource: { kind: rest, base_url: 'http://127.0.0.1:1' }\n");
    let done = home.run(&["auth", "status", "basic.yaml"]);
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert!(done.stderr.contains("no login"), "{}", done.stderr);
}

#[test]
fn status_refresh_and_logout() {
    let (site, home) = site();
    home.write("p.yaml", &pipeline(PASTE));
    let done = home.run(&["auth", "status", "p.yaml"]);
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    assert!(done.stderr.contains("`pipeline auth login p.yaml`"), "{}", done.stderr);
    log_in(&home);
    let done = home.run(&["auth", "status", "p.yaml", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(status["account"], "Zoë Müller");
    assert_eq!(status["scopes"]["granted"], serde_json::json!(["read:jira-work", "offline_access"]));
    assert_eq!((&status["usable"], &status["renewable"]), (&true.into(), &true.into()));
    let before = tokens(&home);
    let done = home.run(&["auth", "refresh", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for part in ["ends in 59 min", "read:jira-work offline_access", "tokens/127.0.0.1-"] {
        assert!(done.stdout.contains(part), "{part} in\n{}", done.stdout);
    }
    assert!(tokens(&home).iter().all(|token| !before.contains(token)));
    assert_eq!(site.stats().refreshes, 1);
    let done = home.run(&["auth", "logout", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("stays at the provider"), "{}", done.stderr);
    assert!(tokens(&home).is_empty());
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(3), "{}", done.stderr);
}

#[test]
fn the_answer_of_the_guides_curl_is_imported() {
    let (site, home) = site();
    home.write("p.yaml", &pipeline(PASTE));
    let seed =
        site.sandbox.variables().into_iter().find(|(name, _)| *name == "JIRA_REFRESH_TOKEN").expect("one").1;
    let response = format!(
        r#"{{"access_token": "old", "expires_in": 0, "token_type": "Bearer", "refresh_token": "{seed}", "scope": "read:jira-work"}}"#
    );
    home.write("response.json", &response);
    let mut command = home.command(&["auth", "import", "p.yaml"]);
    command.stdin(fs::File::open(home.path("response.json")).expect("written"));
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (1, 0));
}

#[test]
fn a_dead_login_ends_with_3_and_the_command_that_helps() {
    let (_site, home) = site();
    let home = home.with([("JIRA_REFRESH_TOKEN", "sandbox-refresh-that-nobody-knows")]);
    home.write("my pipelines/p.yaml", &pipeline(SEED));
    for args in [&["run", "my pipelines/p.yaml"][..], &["preview", "my pipelines/p.yaml"]] {
        let done = home.run(args);
        assert_eq!(done.code, Some(3), "{}", done.stderr);
        let expected = "the login is no longer valid: unauthorized_client: refresh_token is invalid\n  \
                        = help: log in: `pipeline auth login 'my pipelines/p.yaml'`";
        assert!(
            done.stderr.starts_with("error: ") && done.stderr.trim().ends_with(expected),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn the_site_is_found_by_its_address() {
    let (site, home) = site();
    let gateway = format!("{}/ex/jira/[SITE_ID]/rest/api/2", site.sandbox.url());
    let at_gateway = |more: &str| {
        let base = format!("{gateway}\n{more}");
        pipeline(SEED).replace("${JIRA_BASE_URL}", &base)
    };
    // By the login's own list; the only site there is needs no name.
    for more in ["  site: ${JIRA_SITE}", ""] {
        home.write("p.yaml", &at_gateway(more));
        let done = home.run(&["check", "p.yaml"]);
        assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
        assert!(done.stdout.contains(&format!("{} is 5a9d1c0e-", site.sandbox.url())), "{}", done.stdout);
        assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    }
    // A site that the login may not use: the list is shown.
    home.write("p.yaml", &at_gateway("  site: http://127.0.0.1:1\n  limits: { max_attempts: 1 }"));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in ["`http://127.0.0.1:1` is not among its sites", "may use http://127.0.0.1:", "`site: http"] {
        assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
    }
    // An API token has no such list; the site itself tells its id.
    let auth = "  auth: { kind: basic, username: '${JIRA_EMAIL}', password: '${JIRA_API_TOKEN}' }\nquery:";
    let text = at_gateway("  site: ${JIRA_SITE}");
    let (start, end) = (text.find("  auth:").expect("there"), text.find("query:").expect("there"));
    home.write("p.yaml", &format!("{}{auth}{}", &text[..start], &text[end + "query:".len()..]));
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
}

/// How often something is done; more where it is measured than where it is only tested.
fn times(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Lets the access token end by the clock of this machine.
pub(crate) fn end_access_token(home: &Home) {
    let path = token_file(home);
    let text = fs::read_to_string(&path).expect("readable");
    let aged: Vec<String> = text
        .lines()
        .map(|line| match line.trim_start().starts_with("\"obtained_at\"") {
            true => "\"obtained_at\": \"2026-01-01T00:00:00Z\",".to_owned(),
            false => line.to_owned(),
        })
        .collect();
    fs::write(path, aged.join("\n")).expect("writable");
}

/// `PIPELINE_TEST_PROCESSES` and `PIPELINE_TEST_ROUNDS` ask for more.
#[test]
fn processes_that_find_an_ended_token_together_refresh_it_once() {
    let (n_processes, n_rounds) = (times("PIPELINE_TEST_PROCESSES", 4), times("PIPELINE_TEST_ROUNDS", 2));
    // No second use of a refresh token is forgiven.
    let options = SandboxOptions { issues: 20, rotation_leeway: Duration::ZERO, ..SandboxOptions::default() };
    let site = Site::start(options);
    let home = site.home();
    home.write("p.yaml", &pipeline(SEED));
    home.summary(&["p.yaml"]);
    for round in 0..n_rounds {
        // The token ends by the server's clock, which answers 401, or by ours, which asks ahead.
        match round % 2 {
            0 => site.sandbox.advance_clock(Duration::from_secs(3601)),
            _ => end_access_token(&home),
        }
        let processes: Vec<Child> = (0..n_processes)
            .map(|n| {
                let file = format!("p{n}.yaml");
                home.write(&file, &pipeline(SEED).replace("path: rows", &format!("path: rows{n}")));
                let mut command = home.command(&["run", &file]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
            })
            .collect();
        for process in processes {
            let done = Done::wait(process);
            assert_eq!(done.code, Some(0), "round {round}: {}", done.stderr);
        }
    }
    let stats = site.stats();
    eprintln!("{n_processes} processes, {n_rounds} rounds: {stats:?}");
    assert_eq!((stats.refreshes, stats.reuse_detections), (1 + n_rounds as u64, 0), "{stats:?}");
}

/// `PIPELINE_TEST_KILLS` asks for more.
#[test]
fn a_login_outlives_kill_9_around_its_refresh() {
    let n_kills = times("PIPELINE_TEST_KILLS", 6);
    // Atlassian's: a token whose answer was lost may come once more for ten minutes.
    let leeway = Duration::from_secs(600);
    let site =
        Site::start(SandboxOptions { issues: 5, rotation_leeway: leeway, ..SandboxOptions::default() });
    // The answer comes slowly, so that many kills fall between the server's rotation and our save.
    let slow = r#"{"rules":[{"on":"token","every":1,"fault":{"kind":"slow_body","chunk":20,"delay_ms":1}}]}"#;
    site.sandbox.set_faults(Faults::from_json(slow).expect("faults"));
    let home = site.home();
    home.write("p.yaml", &pipeline(SEED));
    let refresh = || {
        let started = std::time::Instant::now();
        assert_eq!(home.run(&["auth", "refresh", "p.yaml"]).code, Some(0));
        started.elapsed()
    };
    let whole = (0..3).map(|_| refresh()).min().expect("three times");
    let (mut n_caught, mut n_lost) = (0, 0);
    for n in 0..n_kills {
        let (before, n_before) = (tokens(&home), site.stats().refreshes);
        let mut command = home.command(&["auth", "refresh", "p.yaml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        // Spread over the whole time that a refresh takes, and a little more.
        std::thread::sleep(whole * (n as u32 * 7919 % 100) / 90);
        child.kill().expect("it is there");
        let is_caught = !child.wait().expect("dead").success();
        n_caught += usize::from(is_caught);
        // The server has rotated, and nobody has kept what it answered.
        n_lost += usize::from(site.stats().refreshes > n_before && tokens(&home) == before);
        let done = home.run(&["auth", "refresh", "p.yaml"]);
        assert_eq!(done.code, Some(0), "kill {n}: {}", done.stderr);
    }
    let left = fs::read_dir(home.path("state/tokens")).expect("there").count();
    eprintln!("{n_kills} kills: {n_caught} in time, {n_lost} with a lost answer; a refresh takes {whole:?}");
    assert_eq!((left, site.stats().reuse_detections), (2, 0), "a token file and its lock");
}

#[test]
fn no_secret_is_in_any_output_at_the_most_verbose_level() {
    let (site, home) = site();
    home.write("p.yaml", &pipeline(PASTE));
    let secret =
        |name: &str| site.sandbox.variables().into_iter().find(|(known, _)| *known == name).expect("one").1;
    let mut secrets = BTreeSet::from([secret("JIRA_CLIENT_SECRET"), secret("JIRA_REFRESH_TOKEN")]);
    let mut outputs = Vec::new();
    let login = Login::begin(&home, &["-vvv"]);
    let redirected = consent(&login.url);
    let code = redirected.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code");
    secrets.insert(code.to_owned());
    outputs.push(login.paste(&redirected));
    secrets.extend(tokens(&home));
    // The code a second time, which the server refuses.
    let again = Login::begin(&home, &["-vvv"]);
    let state =
        again.url.split('&').find_map(|pair| pair.strip_prefix("state=")).expect("a state").to_owned();
    outputs.push(again.paste(&format!("https://example.com/?code={code}&state={state}")));
    for args in ["run p.yaml", "check p.yaml", "auth status p.yaml", "auth refresh p.yaml", "preview p.yaml"]
    {
        site.sandbox.advance_clock(Duration::from_secs(7200));
        let args: Vec<&str> = args.split(' ').chain(["-vvv"]).collect();
        outputs.push(home.run(&args));
        secrets.extend(tokens(&home));
    }
    home.write("p.yaml", &pipeline(SEED).replace("/search/jql", "/search/${param.none}"));
    outputs.push(home.run(&["run", "p.yaml", "-vvv"]));
    home.write(
        "p.yaml",
        &pipeline("    refresh_token: hunter2-in-the-file\n    refresh_tokens: hunter2-in-a-typo"),
    );
    secrets.extend(["hunter2-in-the-file", "hunter2-in-a-typo"].map(str::to_owned));
    outputs.push(home.run(&["run", "p.yaml", "-vvv"]));
    assert!(secrets.len() >= 10, "{}", secrets.len());
    let text: String = outputs.iter().map(|done| format!("{}\n{}\n", done.stdout, done.stderr)).collect();
    assert!(text.contains("TRACE") && text.contains("renewed the access token"), "the log is on");
    for secret in &secrets {
        let place = text.find(secret.as_str()).map(|at| &text[at.saturating_sub(200)..at]);
        assert_eq!(place, None, "a secret of {} characters stands behind this", secret.len());
    }
}
