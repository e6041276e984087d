use std::time::Duration;

use super::*;

/// Which of ten searches are struck.
fn struck(rules: &str) -> Vec<usize> {
    let faults = Faults::from_json(&format!("{{\"rules\":[{rules}]}}")).expect("good faults");
    let mut schedule = FaultSchedule::new(faults);
    (1..=10).filter(|_| schedule.next(Endpoint::Search).is_some()).collect()
}

#[test]
fn rules_strike_the_requests_they_name() {
    #[track_caller]
    fn check(rules: &str, expected: &[usize]) {
        assert_eq!(struck(rules), expected, "{rules}");
    }
    let html = r#""fault":{"kind":"html"}"#;
    check("", &[]);
    check(&format!("{{{html}}}"), &[1]);
    check(&format!(r#"{{"request":3,{html}}}"#), &[3]);
    check(&format!(r#"{{"on":"search","request":3,"times":4,{html}}}"#), &[3, 4, 5, 6]);
    check(&format!(r#"{{"every":4,{html}}}"#), &[4, 8]);
    check(&format!(r#"{{"on":"api","every":2,"times":3,{html}}}"#), &[2, 4, 6]);
    check(&format!(r#"{{"on":"token",{html}}}"#), &[]);
    check(&format!(r#"{{"request":2,{html}}},{{"request":2,{html}}}"#), &[2, 3]);
}

#[test]
fn paths_belong_to_endpoints() {
    for (path, expected) in [
        ("/oauth/token", Endpoint::Token),
        ("/oauth/token/accessible-resources", Endpoint::OtherApi),
        ("/ex/jira/x/rest/api/2/search", Endpoint::Search),
        ("/rest/api/3/search/jql", Endpoint::Search),
        ("/ex/jira/x/rest/api/2/search/approximate-count", Endpoint::OtherApi),
        ("/ex/jira/x/rest/api/2/issue/ABC-1/worklog", Endpoint::Worklog),
        ("/ex/jira/x/rest/api/2/myself", Endpoint::OtherApi),
        ("/authorize", Endpoint::Open),
        ("/_sandbox/stats", Endpoint::Control),
    ] {
        assert_eq!(Endpoint::of(path), expected, "{path}");
    }
}

#[test]
fn every_fault_can_be_written_as_json() {
    let ms = Duration::from_millis;
    for (json, expected) in [
        (r#"{"kind":"status","status":503}"#, Fault::status(503)),
        (r#"{"kind":"html"}"#, Fault::Html),
        (r#"{"kind":"redirect","to":"/me"}"#, Fault::Redirect { to: "/me".to_owned(), status: 302 }),
        (r#"{"kind":"reset"}"#, Fault::Reset { after: None }),
        (r#"{"kind":"truncate","after":10}"#, Fault::Truncate { after: Some(10) }),
        (r#"{"kind":"slow_body","chunk":9,"delay_ms":7}"#, Fault::SlowBody { chunk: 9, delay: ms(7) }),
        (r#"{"kind":"slow_first_byte","delay_ms":7}"#, Fault::SlowFirstByte { delay: ms(7) }),
        (r#"{"kind":"invalid_utf8"}"#, Fault::InvalidUtf8),
        (r#"{"kind":"oversize","bytes":1048576}"#, Fault::Oversize { bytes: 1 << 20 }),
        (r#"{"kind":"repeated_cursor"}"#, Fault::RepeatedCursor),
        (r#"{"kind":"empty_page"}"#, Fault::EmptyPage),
        (r#"{"kind":"expire_access_tokens"}"#, Fault::ExpireAccessTokens),
        (r#"{"kind":"revoke_refresh_tokens"}"#, Fault::RevokeRefreshTokens),
    ] {
        assert!(json.contains(&format!(r#""kind":"{}""#, expected.kind())), "{json}");
        let faults = Faults::from_json(&format!(r#"{{"rules":[{{"fault":{json}}}]}}"#)).expect(json);
        assert_eq!(faults.rules, [FaultRule::nth(FaultTarget::Any, 1, expected)]);
    }
}

#[test]
fn wrong_faults_are_refused() {
    for (json, expected) in [
        ("5", "invalid type"),
        (r#"{"rule":[]}"#, "unknown field `rule`"),
        (r#"{"rules":[{"fault":{"kind":"flood"}}]}"#, "unknown variant `flood`"),
        (r#"{"rules":[{"on":"moon","fault":{"kind":"html"}}]}"#, "unknown variant `moon`"),
        (r#"{"rules":[{"request":1,"every":2,"fault":{"kind":"html"}}]}"#, "not both"),
        (r#"{"rules":[{"request":0,"fault":{"kind":"html"}}]}"#, "count from 1"),
        (r#"{"rules":[{"fault":{"kind":"status"}}]}"#, "missing field `status`"),
    ] {
        let message = Faults::from_json(json).expect_err(json).to_string();
        assert!(message.contains(expected), "{json}: {message}");
    }
}
