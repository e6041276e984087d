//! What a login outlives: interrupts, full disks, damaged files, wrong clocks, and being shared.

use std::{
    fs,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use pipeline_sandbox::{Faults, SandboxOptions};
use serde_json::json;

use crate::{
    auth::{SEED, end_access_token, pipeline, token_file, tokens},
    commits::{QUERY, page},
    recorded::{Asked, Reply, Server},
    support::{Done, Home, Site, every},
};

/// A login that was used once, at a site that forgives no second use of a refresh token.
fn logged_in() -> (Site, Home) {
    let options = SandboxOptions { issues: 20, rotation_leeway: Duration::ZERO, ..SandboxOptions::default() };
    let site = Site::start(options);
    let home = site.home();
    home.write("p.yaml", &pipeline(SEED));
    home.summary(&["p.yaml"]);
    (site, home)
}

#[cfg(unix)]
#[test]
fn a_renewal_outlives_the_run_that_wanted_it() {
    let commands: [&[&str]; 4] =
        [&["run", "p.yaml"], &["preview", "p.yaml"], &["auth", "refresh", "p.yaml"], &["dev", "p.yaml"]];
    for (args, signal) in
        every(5, commands.iter().flat_map(|args| ["INT", "TERM", "HUP"].map(|signal| (*args, signal))))
    {
        let (site, home) = logged_in();
        let slow =
            r#"{"rules":[{"on":"token","every":1,"fault":{"kind":"slow_body","chunk":20,"delay_ms":20}}]}"#;
        site.sandbox.set_faults(Faults::from_json(slow).expect("faults"));
        end_access_token(&home);
        let before = tokens(&home);
        let mut command = home.command(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // The server has spent the refresh token, and its answer is on the way.
        while site.stats().refreshes < 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(tokens(&home), before);
        let mut kill = Command::new("kill");
        kill.args([&format!("-{signal}"), &child.id().to_string()]);
        assert!(kill.status().expect("kill").success());
        let done = Done::wait(child);
        // `refresh` has done all that it was asked for when the renewal ends, and a signal is how `dev` ends.
        let is_done = ["auth", "dev"].contains(&args[0]) && done.code == Some(0);
        assert!(is_done || done.code == Some(130), "{args:?} {signal}: {:?} {}", done.code, done.stderr);
        assert_ne!(
            tokens(&home),
            before,
            "{args:?} {signal}: the new tokens are kept although nobody waited for them"
        );
        assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
        assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (2, 0), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_found_before_a_refresh_token_is_spent() {
    let (site, home) = logged_in();
    let before = tokens(&home);
    let refresh = home.command(&["auth", "refresh", "p.yaml"]);
    // No file may become larger than some kilobytes, which is an error of `write` as that of a full disk.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""]).arg(refresh.get_program());
    command.args(refresh.get_args()).current_dir(home.path("")).env_clear().stdin(Stdio::null());
    command.envs(refresh.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for part in ["tokens cannot be kept in", "tokens/127.0.0.1-", "make room on that disk"] {
        assert!(stderr.contains(part), "{part} in\n{stderr}");
    }
    assert_eq!((site.stats().refreshes, tokens(&home)), (1, before));
    let done = home.run(&["auth", "refresh", "p.yaml"]);
    assert_eq!(
        (done.code, site.stats().refreshes, site.stats().reuse_detections),
        (Some(0), 2, 0),
        "{}",
        done.stderr
    );
}

#[test]
fn a_damaged_token_file_is_named_and_left_as_it_is() {
    let (site, home) = logged_in();
    let path = token_file(&home);
    let whole = fs::read(&path).expect("readable");
    let check = |content: &[u8]| {
        fs::write(&path, content).expect("writable");
        for args in
            [&["run", "p.yaml", "-vvv"][..], &["auth", "refresh", "p.yaml"], &["auth", "status", "p.yaml"]]
        {
            let done = home.run(args);
            assert_eq!(done.code, Some(1), "{args:?} {}", done.stderr);
            for part in ["tokens/127.0.0.1-", "not a token file", "move it away", "log in again"] {
                assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
            }
            assert!(!done.stderr.contains("sandbox-"), "no token is quoted: {}", done.stderr);
        }
        assert_eq!(fs::read(&path).expect("readable"), content);
    };
    check(&whole[..whole.len() / 2]);
    check(b"");
    check(b"\xff\xfe\x00");
    check(b"[]");
    fs::write(&path, whole).expect("writable");
    home.summary(&["p.yaml"]);
    assert_eq!(site.stats().reuse_detections, 0);
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let site = Site::with_issues(1);
    let home = site.home();
    home.write("p.yaml", &pipeline(SEED));
    home.write("state/tokens", "a file where the folder should be");
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in ["state/tokens/127.0.0.1-", "tokens cannot be kept", "--state-dir"] {
        assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
    }
    assert_eq!(site.stats().refreshes, 0, "the seed is not spent");
}

#[test]
fn a_state_folder_that_is_none_is_named() {
    let home = Home::new();
    home.write("state", "a file where the folder should be");
    home.write("in.json", r#"[{"id": 1}]"#);
    home.write("p.yaml", "datasource: { kind: file, folder: . }\nquery: { path: in.json }\nsink: { kind: jsonl, path: out.jsonl }\n");
    let done = home.run(&["run", "p.yaml"]);
    assert!(done.code == Some(1) && done.stderr.contains("/state` cannot be used"), "{}", done.stderr);
    assert!(done.stderr.contains("--state-dir"), "{}", done.stderr);
}

#[test]
fn a_clock_that_was_wrong_costs_one_refusal() {
    let (site, home) = logged_in();
    // The tokens came when this clock was ten years ahead, so by it they are good for ever.
    let text = fs::read_to_string(token_file(&home)).expect("readable");
    let place = text.find("\"obtained_at\": \"20").expect("as it is written") + "\"obtained_at\": \"".len();
    fs::write(token_file(&home), format!("{}2036{}", &text[..place], &text[place + 4..])).expect("writable");
    home.summary(&["p.yaml"]);
    assert_eq!(site.stats().refreshes, 1);
    site.sandbox.advance_clock(Duration::from_secs(7200));
    home.summary(&["p.yaml"]);
    assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (2, 0));
}

#[test]
fn datasources_of_one_application_share_a_login() {
    let (site, home) = logged_in();
    let by_site =
        format!("{}/ex/jira/[SITE_ID]/rest/api/2\n  limits: {{ concurrency: 2 }}", site.sandbox.url());
    let other = pipeline(SEED).replace("${JIRA_BASE_URL}", &by_site).replace("path: rows", "path: others");
    home.write("other.yaml", &other);
    for round in 1..=3 {
        end_access_token(&home);
        let start = |file: &str| {
            let mut command = home.command(&["run", file]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        };
        for child in [start("p.yaml"), start("other.yaml")] {
            let done = Done::wait(child);
            assert_eq!(done.code, Some(0), "round {round}: {}", done.stderr);
        }
        assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (1 + round, 0));
    }
    let n_files = fs::read_dir(home.path("state/tokens")).expect("there").count();
    assert_eq!(n_files, 2, "one token file and its lock");
}

/// A gateway with three pages at `/items` behind tokens, and the token endpoint itself.
struct Gateway {
    server: Server,
    home: Home,
}

impl Gateway {
    /// Tokens live for so many seconds; `page` answers requests that carry a token of this endpoint, `refused` all others.
    fn start(
        lifetime: u64,
        refused: u16,
        login: &str,
        page: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let issued: Mutex<Vec<Instant>> = Mutex::default();
        let server = Server::start(move |asked| {
            let mut issued = issued.lock().expect("nobody panics here");
            if asked.path == "/oauth/token" {
                issued.push(Instant::now());
                let token = format!("token-{}", issued.len());
                let answer = json!({ "access_token": token, "expires_in": lifetime, "refresh_token": token });
                return Reply::json(answer.to_string());
            }
            let number = asked.header("authorization").strip_prefix("Bearer token-");
            let number = number.and_then(|number| number.parse::<usize>().ok());
            let age = number.and_then(|number| issued.get(number - 1)).map(Instant::elapsed);
            match age.is_some_and(|age| age < Duration::from_secs(lifetime)) {
                true => page(asked),
                false => Reply::json("{}").of_status(refused),
            }
        });
        let home = Home::new().with([("URL", server.url.as_str())]);
        let yaml = format!(
            "datasource:
  kind: rest
  base_url: ${{URL}}
  auth: {{ authentication_url: '${{URL}}/oauth/token', client_id: me, client_secret: s3cr3t-of-the-client, {login} }}
{QUERY}sink: {{ kind: jsonl, path: rows }}
"
        );
        home.write("p.yaml", &yaml);
        Self { server, home }
    }

    fn n_tokens(&self) -> usize {
        self.server.asked().iter().filter(|asked| asked.path == "/oauth/token").count()
    }

    fn n_refused(&self, token: &str) -> usize {
        let asked = self.server.asked();
        asked.iter().filter(|asked| asked.header("authorization") == format!("Bearer {token}")).count()
    }
}

#[test]
fn each_attempt_carries_a_token_that_is_good() {
    for login in ["kind: oauth2, refresh_token: first-of-all", "kind: oauth2_client_credentials"] {
        for refused in [401, 403] {
            let n_waits = AtomicUsize::new(0);
            let gateway = Gateway::start(2, refused, login, move |asked| {
                let is_second = asked.param("cursor").as_deref() == Some("2");
                // Longer than the token lives, twice.
                match is_second && n_waits.fetch_add(1, Ordering::SeqCst) < 2 {
                    true => Reply::json("{}").of_status(429).with("retry-after", "3"),
                    false => page(asked),
                }
            });
            let done = gateway.home.run(&["run", "p.yaml"]);
            assert_eq!(done.code, Some(0), "{login} {refused}: {}", done.stderr);
            assert_eq!(gateway.home.read("rows.jsonl").lines().count(), 9);
            assert!(gateway.n_tokens() >= 3, "{login} {refused}: {}", gateway.n_tokens());
        }
    }
}

#[test]
fn a_token_of_unknown_age_is_renewed_once_whatever_refusal_says_so() {
    const LOGIN: &str = "kind: oauth2, access_token: stale, refresh_token: first-of-all";
    for refused in [401, 403, 404] {
        let gateway = Gateway::start(3600, refused, LOGIN, page);
        for run in 1..=2 {
            gateway.home.summary(&["p.yaml"]);
            assert_eq!((gateway.n_tokens(), gateway.n_refused("stale")), (1, 1), "{refused}, run {run}");
        }
        // The refusal of a fresh one stands.
        let gateway = Gateway::start(3600, refused, LOGIN, move |_| Reply::json("{}").of_status(refused));
        let done = gateway.home.run(&["run", "p.yaml"]);
        assert!(matches!(done.code, Some(1 | 3)), "{refused}: {}", done.stderr);
        assert!(gateway.n_tokens() <= 2, "{refused}: {}", gateway.n_tokens());
        let n_tokens = gateway.n_tokens();
        if refused != 401 {
            assert_eq!(n_tokens, 1, "{refused}");
        }
    }
}
