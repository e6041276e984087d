//! What a login outlives: interrupts, full disks, damaged files, wrong clocks, and being shared.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use pipeline_sandbox::{Faults, SandboxOptions};

use crate::{
    auth::{SEED, end_access_token, pipeline, token_file, tokens},
    support::{Done, Home, Site},
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
    let (site, home) = logged_in();
    let slow =
        r#"{"rules":[{"on":"token","every":1,"fault":{"kind":"slow_body","chunk":20,"delay_ms":20}}]}"#;
    site.sandbox.set_faults(Faults::from_json(slow).expect("faults"));
    end_access_token(&home);
    let before = tokens(&home);
    let mut command = home.command(&["run", "p.yaml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // The server has spent the refresh token, and its answer is on the way.
    while site.stats().refreshes < 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(tokens(&home), before);
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(interrupted.success());
    let done = Done::wait(child);
    assert_eq!(done.code, Some(130), "{}", done.stderr);
    assert_ne!(tokens(&home), before, "the new tokens are kept although nobody waited for them");
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 20);
    assert_eq!((site.stats().refreshes, site.stats().reuse_detections), (2, 0));
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
