//! Bodies that say with a good status that something went wrong.

use super::{
    promises::{EMPTY, check, ends},
    *,
};

#[test]
fn without_pagination_a_body_that_is_nothing_but_an_error_is_one() {
    for (text, words) in [
        (r#"{"error":"maintenance, try again later"}"#, "`error`"),
        (r#"{"error":{"code":401,"message":"token expired"}}"#, "token expired"),
        (r#"{"error":true,"message":"denied"}"#, "denied"),
        (r#"{"errors":[{"message":"x"}]}"#, "`errors`"),
        (r#"{"errors":["x"]}"#, "`errors`"),
        (r#"{"errors":[{"status":"401","title":"denied","detail":"no token"}]}"#, "`errors`"),
        (
            r#"{"message":"API rate limit exceeded","documentation_url":"https://x"}"#,
            "API rate limit exceeded",
        ),
        (r#"{"message":"API rate limit exceeded"}"#, "`message`"),
        (r#"{"detail":"Request was throttled."}"#, "`detail`"),
        (r#"{"code":401,"message":"token expired"}"#, "token expired"),
        (r#"{"Code":40001,"Msg":"denied"}"#, "denied"),
        (r#"{"code":"TooManyRequests_limit","message":"slow down"}"#, "slow down"),
        (r#"{"status":"error","message":"denied","data":null}"#, "denied"),
        (
            r#"{"status":503,"error":"Service Unavailable","path":"/x","timestamp":"2024"}"#,
            "Service Unavailable",
        ),
        (r#"{"type":"about:blank","title":"Unauthorized","status":401}"#, "Unauthorized"),
        (r#"{"success":false}"#, "`success`"),
        (r#"{"ok":false}"#, "`ok`"),
        (r#"{"error_code":17,"error_msg":"limit reached"}"#, "limit reached"),
        (r#"{"fault":{"faultstring":"Rate limit quota violation"}}"#, "quota violation"),
        (r#"{"items":[],"error":"quota used up"}"#, "quota used up"),
        (r#"{"errorMessages":["denied"],"errors":{}}"#, "denied"),
    ] {
        for yaml in [
            "{}",
            "{pagination: {kind: none}}",
            "{split: {from: 1, to: 9, every: 4}, params: {a: '${split.from}'}}",
        ] {
            check(yaml, &[body(text)], &[words, "ignore_signals: ["]);
        }
    }
}

#[test]
fn without_pagination_a_record_is_one() {
    for text in [
        r#"{"id":7,"name":"x","error":null}"#,
        r#"{"id":7,"name":"x","errors":[]}"#,
        r#"{"id":7,"error":"boom","status":"failed"}"#,
        r#"{"id":7,"message":"a message","code":404}"#,
        r#"{"sha":"a","message":"Mend it","author":{"name":"x"}}"#,
        r#"{"status":"ok"}"#,
        r#"{"status":"success","message":"https://x/dog.jpg"}"#,
        r#"{"message":"pong"}"#,
        r#"{"code":0,"message":"ok"}"#,
        r#"{"code":200,"message":"done well","data":{"id":1}}"#,
        r#"{"code":0,"msg":"","data":[{"id":1}]}"#,
        r#"{"errors":[{"id":1,"message":"a record"}]}"#,
        r#"{"title":"a task","type":"task","status":"open","description":"x"}"#,
        r#"{"error":false,"data":{"id":1}}"#,
        r#"{"error":{"code":0,"message":""},"result":{"id":1}}"#,
        r#"{"ok":false,"version":3}"#,
        r#"{"version":"1","status":"error","checks":{"db":"down"}}"#,
        "{}",
        r#"{"USD":1.1}"#,
    ] {
        let steps = steps("{}", &[body(text)]).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(steps[0].doubt, None, "{text}");
    }
    let excused = "{ignore_signals: [message]}";
    assert!(steps(excused, &[body(r#"{"message":"a message of the day"}"#)]).is_ok());
}

#[test]
fn an_empty_array_beside_words_of_failure_is_an_error() {
    let kinds = ["offset, param: o", "page_number, param: p", "cursor, next: next, param: c"];
    for (more, words) in [
        (r#""code":429,"message":"too many requests""#, "too many requests"),
        (r#""code":40001,"msg":"denied""#, "`code`"),
        (r#""code":"rate_limited","message":"slow down""#, "slow down"),
        (r#""error_code":17,"error_msg":"daily request limit reached""#, "daily request limit"),
        (r#""errorCode":"E1","errorMessage":"denied""#, "denied"),
        (r#""error_message":"denied""#, "denied"),
        (r#""meta":{"status":500,"error":"shard down"}"#, "shard down"),
        (r#""meta":{"error":{"message":"shard down"}}"#, "shard down"),
        (r#""response":{"error":"shard down"}"#, "shard down"),
        (r#""result":"error""#, "`result`"),
        (r#""status":"error""#, "`status`"),
        (r#""status":"fail","message":"denied""#, "denied"),
        (r#""stat":"fail""#, "`stat`"),
        (r#""success":false"#, "`success`"),
        (r#""isSuccess":false"#, "`isSuccess`"),
        (r#""ok":false"#, "`ok`"),
        (r#""partial":true"#, "`partial`"),
        (r#""incomplete_results":true"#, "`incomplete_results`"),
        (r#""errors":[{"message":"denied"}]"#, "denied"),
        (r#""error":1,"message":"denied""#, "denied"),
    ] {
        for kind in kinds {
            let first = body(r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"a"}"#);
            let text = format!(r#"{{"items":[],{more}}}"#);
            check(
                &format!("{{select: items, pagination: {{kind: {kind}}}}}"),
                &[first, body(&text)],
                &[words],
            );
            check(&format!("{{pagination: {{kind: {kind}}}}}"), &[first, body(&text)], &[words]);
            // In the place of the array, too.
            let text = format!("{{{more}}}");
            if !more.contains("partial") && !more.contains("incomplete") {
                check(
                    &format!("{{select: items, pagination: {{kind: {kind}}}}}"),
                    &[first, body(&text)],
                    &[words],
                );
            }
        }
        check("{select: items}", &[body(&format!(r#"{{"items":[],{more}}}"#))], &[words]);
    }
}

#[test]
fn an_empty_array_beside_words_of_success_is_empty() {
    for more in [
        r#""code":0"#,
        r#""code":200,"message":"OK""#,
        r#""code":1,"msg":"success""#,
        r#""code":"0","message":"""#,
        r#""code":"SUCCESS","message":"done well""#,
        r#""code":40400,"message":"no data found""#,
        r#""status":"ok","message":"""#,
        r#""status":"success","message":"Fetched successfully""#,
        r#""status":200"#,
        r#""result":"ok""#,
        r#""success":true,"error":null,"errors":[]"#,
        r#""error":"","error_code":0,"error_msg":"""#,
        r#""error":"none""#,
        r#""error":{"code":0,"message":""}"#,
        r#""meta":{"error":null,"status":200}"#,
        r#""partial":false,"timed_out":false"#,
        r#""errcode":"0000","errmsg":"ok""#,
    ] {
        for kind in ["offset, param: o", "page_number, param: p", "cursor, next: next, param: c"] {
            let first = body(r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"a"}"#);
            let text = format!(r#"{{"items":[],{more}}}"#);
            let yaml = format!("{{select: items, pagination: {{kind: {kind}}}}}");
            assert_eq!(ends(&yaml, &[first, body(&text)]), None, "{yaml} {text}");
        }
    }
    assert_eq!(ends("{pagination: {kind: page_number, param: p}}", &[body(EMPTY)]), None);
}
