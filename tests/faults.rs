//! What servers do to requests: whatever it is, the rows are complete, or the error has a name and an exit code.

use std::{
    fs,
    time::{Duration, Instant},
};

use pipeline_sandbox::{Faults, SandboxOptions};

use crate::support::{Done, Home, JIRA, Site, every};

/// As many as make three pages.
const N_ISSUES: usize = 120;

const CURSOR: &str = "{ path: /search/jql, params: { jql: project = ABC order by key, fields: summary, maxResults: 50 }, \
                      pagination: { kind: cursor, next: nextPageToken, param: nextPageToken } }";

const OFFSET: &str = "{ path: /search, params: { jql: project = ABC order by key, fields: summary }, \
                      pagination: { kind: offset, param: startAt, size: 50, size_param: maxResults, total: total } }";

/// A run against a site of its own.
struct Trial {
    site: Site,
    home: Home,
    done: Done,
    took: Duration,
}

impl Trial {
    /// `rules` are those of [`Faults::from_json`]; `limits` the YAML of `limits:`.
    fn run(query: &str, rules: &str, limits: &str) -> Self {
        Self::at(Site::with_issues(N_ISSUES), query, &format!("{{\"rules\":[{rules}]}}"), limits)
    }

    fn at(site: Site, query: &str, faults: &str, limits: &str) -> Self {
        site.sandbox.set_faults(Faults::from_json(faults).expect("faults"));
        let home = site.home();
        let yaml = format!(
            "{JIRA}  limits: {{ requests_per_second: 1000, backoff: 20ms, {limits} }}
query: {query}
converter:
  script: |
    function convert(json) {{ return JSON.parse(json).issues.map(issue => ({{ key: issue.key }})); }}
sink: {{ kind: jsonl, path: rows }}
"
        );
        home.write("trial.yaml", &yaml);
        let started = Instant::now();
        let done = home.run(&["run", "trial.yaml"]);
        Self { site, home, done, took: started.elapsed() }
    }

    /// Every row, once and in order.
    fn completes(self, case: &str) -> Self {
        assert_eq!(self.done.code, Some(0), "{case}: {}", self.done.stderr);
        let expected: String = (1..=N_ISSUES).map(|n| format!("{{\"key\":\"ABC-{n}\"}}\n")).collect();
        assert!(
            self.home.read("rows.jsonl") == expected,
            "{case}: rows are missing, doubled or out of order"
        );
        self
    }

    /// The exit code, the words on stderr, and no file.
    fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.done.code, Some(code), "{}", self.done.stderr);
        for word in words {
            assert!(self.done.stderr.contains(word), "`{word}` in\n{}", self.done.stderr);
        }
        let left = fs::read_dir(self.home.path("")).expect("listed").flatten().map(|entry| entry.file_name());
        assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("rows")), "no file is left");
        self
    }

    fn took(self, at_least: Duration) -> Self {
        assert!(self.took >= at_least, "it took {:?} only", self.took);
        self
    }
}

/// Strikes the second search so many times.
fn second(times: u32, fault: &str) -> String {
    format!(r#"{{"on":"search","request":2,"times":{times},"fault":{fault}}}"#)
}

#[test]
fn what_passes_is_waited_out() {
    for (case, fault) in every(
        4,
        [
            ("408", r#"{"kind":"status","status":408}"#),
            ("425", r#"{"kind":"status","status":425}"#),
            ("429 without a time", r#"{"kind":"status","status":429}"#),
            ("429 in HTML", r#"{"kind":"status","status":429,"body":"html"}"#),
            ("500", r#"{"kind":"status","status":500}"#),
            ("502 in HTML", r#"{"kind":"status","status":502,"body":"html"}"#),
            ("503", r#"{"kind":"status","status":503,"body":"empty"}"#),
            ("504", r#"{"kind":"status","status":504}"#),
            ("a reset in mid-body", r#"{"kind":"reset"}"#),
            ("a truncated body", r#"{"kind":"truncate"}"#),
        ],
    ) {
        for query in [CURSOR, OFFSET] {
            let trial = Trial::run(query, &second(2, fault), "").completes(case);
            assert_eq!(trial.site.stats().faults.values().sum::<u64>(), 2, "{case}");
        }
    }
}

#[test]
fn retry_after_in_seconds_is_a_minimum() {
    let fault = r#"{"kind":"status","status":429,"retry_after":{"seconds":1}}"#;
    Trial::run(CURSOR, &second(1, fault), "").completes("seconds").took(Duration::from_secs(1));
}

#[test]
fn retry_after_as_a_date_is_a_minimum() {
    // A date has whole seconds, so that two of them are at least one.
    let fault = r#"{"kind":"status","status":503,"retry_after":{"date":2}}"#;
    Trial::run(CURSOR, &second(1, fault), "").completes("date").took(Duration::from_secs(1));
}

#[test]
fn a_reset_of_the_rate_limit_is_a_minimum() {
    let fault = r#"{"kind":"status","status":429,"reset_after":2}"#;
    Trial::run(CURSOR, &second(1, fault), "").completes("reset").took(Duration::from_secs(1));
    let fault = r#"{"kind":"status","status":429,"headers":{"RateLimit":"\"burst\";r=0;t=1"}}"#;
    Trial::run(CURSOR, &second(1, fault), "").completes("structured").took(Duration::from_secs(1));
}

/// Jira's answer when the points of the hour are used up, with a shorter hour.
fn quota(seconds: u64) -> String {
    format!(
        r#"{{"kind":"status","status":429,"retry_after":{{"seconds":{seconds}}},"reason":"jira-quota-global-based",
            "headers":{{"X-RateLimit-Remaining":"0"}}}}"#
    )
}

#[test]
fn a_quota_within_max_wait_is_waited_out() {
    let trial = Trial::run(CURSOR, &second(1, &quota(2)), "max_wait: 10s").completes("quota");
    let trial = trial.took(Duration::from_secs(2));
    assert!(trial.done.stderr.contains("the quota is used up"), "{}", trial.done.stderr);
}

#[test]
fn a_quota_beyond_max_wait_ends_with_4_at_once() {
    let trial = Trial::run(CURSOR, &second(1, &quota(40)), "max_wait: 30s").fails(
        4,
        &[
            "`trial`: fetch: page 2: GET http",
            "wants no more requests until",
            "`max_wait` is 30s",
            "run it again",
        ],
    );
    assert!(trial.took < Duration::from_secs(10), "{:?}", trial.took);
}

#[test]
fn a_slow_body_is_asked_for_again_when_it_is_too_slow() {
    let slow = r#"{"kind":"slow_body","chunk":4000,"delay_ms":20}"#;
    Trial::run(CURSOR, &second(1, slow), "").completes("slow");
    let slower = r#"{"kind":"slow_body","chunk":1000,"delay_ms":700}"#;
    Trial::run(CURSOR, &second(1, slower), "read_timeout: 200ms").completes("too slow");
    Trial::run(CURSOR, &second(9, slower), "timeout: 300ms, max_attempts: 2")
        .fails(1, &["fetch: page 2", "GET http", "no whole answer within 300ms", "(attempt 2 of 2)"]);
}

#[test]
fn what_does_not_pass_is_an_error_with_its_page() {
    let check = |query: &str, fault: &str, words: &[&str]| {
        let words = [&["error: `trial`: fetch: page 2: GET http://127.0.0.1:"], words].concat();
        Trial::run(query, &second(20, fault), "max_attempts: 2").fails(1, &words);
    };
    check(CURSOR, r#"{"kind":"html"}"#, &["(200)", "a web page, not data", "Log in", "= help:"]);
    check(CURSOR, r#"{"kind":"invalid_utf8"}"#, &["(200)", "the body is not UTF-8: byte"]);
    check(CURSOR, r#"{"kind":"repeated_cursor"}"#, &["leads back to a page that was read before"]);
    check(CURSOR, r#"{"kind":"status","status":401}"#, &["the server answered 401", "= help:"]);
    check(
        CURSOR,
        r#"{"kind":"status","status":404,"body":"html"}"#,
        &["the server answered 404: ", "= help:"],
    );
    check(
        CURSOR,
        r#"{"kind":"status","status":200,"body":{"text":"{\"issues\":["}}"#,
        &["not JSON", "line 1 column"],
    );
    check(OFFSET, r#"{"kind":"empty_page"}"#, &["no records, though the server counts 120 and 50 have come"]);
    check(OFFSET, r#"{"kind":"status","status":400}"#, &["the server answered 400: "]);
    Trial::run(CURSOR, &second(20, r#"{"kind":"status","status":500}"#), "max_attempts: 2")
        .fails(1, &["fetch: page 2: GET http", "the server answered 500: Internal Server Error"]);
    Trial::run(CURSOR, &second(20, r#"{"kind":"reset"}"#), "max_attempts: 2").fails(1, &["(attempt 2 of 2)"]);
    Trial::run(CURSOR, &second(20, r#"{"kind":"oversize","bytes":70000}"#), "max_response: 64KiB")
        .fails(1, &["larger than `max_response`, 65536 bytes"]);
}

#[test]
fn the_errors_of_a_query_say_what_to_write_instead() {
    let site = || Site::with_issues(N_ISSUES);
    Trial::at(site(), OFFSET, r#"{"search_removed":true}"#, "").fails(
        1,
        &["page 1: GET http", "answered 410: The requested API has been removed", "= help:", "/search/jql"],
    );
    let unbounded = CURSOR.replace("project = ABC ", "");
    Trial::at(site(), &unbounded, "{}", "")
        .fails(1, &["answered 400: Unbounded JQL", "= help: restrict the JQL"]);
}

#[test]
fn an_empty_page_with_a_cursor_goes_on_but_not_for_ever() {
    let empty = r#"{"kind":"empty_page"}"#;
    let trial = Trial::run(CURSOR, &second(5, empty), "").completes("empty pages");
    assert_eq!(trial.site.stats().search_requests, 8);
    let bounded = CURSOR.replace("pagination:", "max_empty_pages: 3, pagination:");
    Trial::run(&bounded, &second(2, empty), "").completes("two of three");
    Trial::run(&bounded, &second(20, empty), "")
        .fails(1, &["page 4", "3 pages in a row had no records", "max_empty_pages"]);
    let ends = CURSOR.replace("pagination:", "empty_page: end, pagination:");
    let trial = Trial::run(&ends, &second(1, empty), "");
    assert_eq!(trial.home.read("rows.jsonl").lines().count(), 50, "the user said that it is the end");
}

#[test]
fn a_token_that_ends_in_mid_paging_is_renewed_once() {
    for query in [CURSOR, OFFSET] {
        let trial = Trial::run(query, &second(1, r#"{"kind":"expire_access_tokens"}"#), "").completes("401");
        let stats = trial.site.stats();
        assert_eq!((stats.refreshes, stats.reuse_detections), (2, 0), "{stats:?}");
    }
}

#[test]
fn a_redirect_to_another_host_takes_no_credentials_along() {
    let other = Site::with_issues(N_ISSUES);
    let variables = other.sandbox.variables();
    let base = &variables.iter().find(|(name, _)| *name == "JIRA_BASE_URL").expect("it has one").1;
    let fault = format!(r#"{{"kind":"redirect","to":"{base}/search/jql?jql=project%20%3D%20ABC"}}"#);
    Trial::run(CURSOR, &second(9, &fault), "").fails(1, &["page 2: GET", base, "answered 401"]);
    let stats = other.stats();
    assert!(stats.unauthorized_requests >= 1 && stats.issues_served == 0, "{stats:?}");
    let within = r#"{"kind":"redirect","to":"/elsewhere"}"#;
    Trial::run(CURSOR, &second(1, within), "").fails(1, &["page 2: GET", "/elsewhere", "answered 404"]);
    let unsafe_host = r#"{"kind":"redirect","to":"http://example.com/"}"#;
    Trial::run(CURSOR, &second(1, unsafe_host), "")
        .fails(1, &["page 2", "leads to `example.com` without https"]);
}

#[test]
fn fifty_pages_with_latency_take_a_few_round_trips() {
    let options =
        || SandboxOptions { issues: 500, latency: Duration::from_millis(20), ..SandboxOptions::default() };
    let query = OFFSET.replace("size: 50", "size: 10");
    let run = |concurrency: usize| {
        let trial = Trial::at(Site::start(options()), &query, "{}", &format!("concurrency: {concurrency}"));
        assert_eq!(trial.done.code, Some(0), "{}", trial.done.stderr);
        let rows = trial.home.read("rows.jsonl");
        let n_at_once = trial.site.stats().max_concurrent_requests;
        (rows, n_at_once, trial.site.stats().search_requests)
    };
    let (alone, side_by_side) = (run(1), run(8));
    assert_eq!(alone.0.lines().count(), 500);
    assert!(alone.0 == side_by_side.0, "the same rows in the same order");
    assert_eq!((alone.2, side_by_side.2), (50, 50), "no page is asked for twice");
    assert_eq!(alone.1, 1);
    assert!((4..=8).contains(&side_by_side.1), "{} at once", side_by_side.1);
}
