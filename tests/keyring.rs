//! `token_store: keyring` with a real Secret Service, on a message bus of its own: the keyring of whoever runs the tests
//! is not touched.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use pipeline_sandbox::SandboxOptions;

use crate::{
    auth::{log_in, pipeline},
    support::{Done, Home, Site},
};

const KEYRING: &str = "    redirect_url: https://example.com\n    token_store: keyring";

/// A message bus with gnome-keyring on it, unlocked; both end when it is dropped.
struct SecretService {
    session: Child,
    address: String,
}

impl SecretService {
    /// `None` where Debian's `dbus` and `gnome-keyring` are not installed.
    #[expect(clippy::print_stderr, reason = "a test that tries nothing must say so")]
    fn start(home: &Home) -> Option<Self> {
        // An empty line is the password of a new keyring; `cat` waits until the test lets go of its input.
        const SCRIPT: &str = "command -v gnome-keyring-daemon >&2 || exit 1
            echo | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 1
            echo \"$DBUS_SESSION_BUS_ADDRESS\"
            exec cat";
        fs::create_dir_all(home.path("run")).expect("a folder");
        let mut command = Command::new("dbus-run-session");
        command
            .args(["--", "sh", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
            .env("HOME", home.path(""))
            .env("XDG_RUNTIME_DIR", home.path("run"))
            .env_remove("XDG_DATA_HOME");
        let mut address = String::new();
        let session = command.spawn().ok().and_then(|mut session| {
            let stdout = session.stdout.take().expect("piped");
            BufReader::new(stdout).read_line(&mut address).expect("text");
            if address.trim().is_empty() {
                session.wait().map(|_| None).expect("it ends")
            } else {
                Some(session)
            }
        });
        if session.is_none() {
            eprintln!("dbus-run-session and gnome-keyring-daemon are not installed; no keyring was tried");
        }
        session.map(|session| Self { session, address: address.trim().to_owned() })
    }
}

impl Drop for SecretService {
    fn drop(&mut self) {
        drop(self.session.stdin.take());
        let _ = self.session.wait();
    }
}

/// A site that forgives no second use of a refresh token, and a home with a keyring.
fn site() -> Option<(Site, Home, SecretService)> {
    let options = SandboxOptions { issues: 20, rotation_leeway: Duration::ZERO, ..SandboxOptions::default() };
    let site = Site::start(options);
    let home = site.home();
    let service = SecretService::start(&home)?;
    let home = home.with([("DBUS_SESSION_BUS_ADDRESS", service.address.as_str())]);
    Some((site, home, service))
}

/// Everything in the state folder, as one text.
fn state_files(home: &Home) -> Vec<(String, String)> {
    let entries = fs::read_dir(home.path("state/tokens")).expect("the lock is there");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned();
            (path.extension().unwrap_or_default().to_string_lossy().into_owned(), text)
        })
        .collect()
}

#[test]
fn a_login_in_the_keyring_is_renewed_there() {
    let Some((site, home, _service)) = site() else { return };
    home.write("p.yaml", &pipeline(KEYRING));
    let done = log_in(&home);
    assert!(done.stdout.contains("keyring:pipeline/127.0.0.1-"), "{}", done.stdout);
    assert_eq!(state_files(&home), [("lock".to_owned(), String::new())], "no token is in a file");
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    assert_eq!(site.stats().refreshes, 0);
    for n_refreshes in 1..=2 {
        site.sandbox.advance_clock(Duration::from_secs(7200));
        home.summary(&["p.yaml"]);
        assert_eq!(
            (site.stats().refreshes, site.stats().reuse_detections),
            (n_refreshes, 0),
            "rotated and kept"
        );
    }
    let done = home.run(&["auth", "refresh", "p.yaml"]);
    assert_eq!((done.code, site.stats().refreshes), (Some(0), 3), "{}", done.stderr);
    let done = home.run(&["auth", "logout", "p.yaml"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(3));
    assert_eq!(state_files(&home), [("lock".to_owned(), String::new())]);
}

#[test]
fn processes_that_share_a_keyring_refresh_once() {
    const N_PROCESSES: usize = 4;
    let Some((site, home, _service)) = site() else { return };
    home.write("p.yaml", &pipeline(KEYRING));
    log_in(&home);
    for round in 1..=3 {
        site.sandbox.advance_clock(Duration::from_secs(3601));
        let processes: Vec<Child> = (0..N_PROCESSES)
            .map(|n| {
                let file = format!("p{n}.yaml");
                home.write(&file, &pipeline(KEYRING).replace("path: rows", &format!("path: rows{n}")));
                let mut command = home.command(&["run", &file]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
            })
            .collect();
        for process in processes {
            let done = Done::wait(process);
            assert_eq!(done.code, Some(0), "round {round}: {}", done.stderr);
        }
        assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (round, 0), "round {round}");
    }
}

#[test]
fn without_a_keyring_the_error_says_what_to_write_instead() {
    let site = Site::with_issues(1);
    let home = site.home().with([("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")]);
    home.write("p.yaml", &pipeline(KEYRING));
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for part in ["keyring:pipeline/127.0.0.1-", "the keyring", "`token_store: file`"] {
        assert!(done.stderr.contains(part), "{part} in\n{}", done.stderr);
    }
}
