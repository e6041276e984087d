use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    routing::any,
};
use pipeline_config::Secret;

use super::*;
use crate::{ManualClock, Method};

/// Answers the n-th request, counted from 0, with what `answer` gives.
async fn server<A>(answer: A) -> url::Url
where
    A: Fn(usize, HeaderMap) -> axum::response::Response + Clone + Send + Sync + 'static,
{
    let n_requests = Arc::new(AtomicUsize::new(0));
    let route = any(move |headers: HeaderMap| {
        let response = answer(n_requests.fetch_add(1, Ordering::SeqCst), headers);
        async move { response }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(route)).await });
    url
}

fn answer(status: u16, headers: &[(&'static str, String)], body: &'static str) -> axum::response::Response {
    let mut response = axum::response::Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-03-02T10:00:00Z".parse().unwrap()))
}

fn client(limits: Limits, clock: &Arc<ManualClock>) -> Client {
    Client::with(limits, Redactor::default(), Arc::clone(clock) as Arc<dyn Clock>, None).unwrap()
}

#[tokio::test]
async fn tries_again_and_counts_it() {
    let url = server(|n, _| if n < 2 { answer(503, &[], "") } else { answer(200, &[], "fine") }).await;
    let clock = clock();
    let client = client(Limits::default(), &clock);
    let response = client.send(&Request::new(Method::Get, url)).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"fine"[..]));
    let stats = client.stats().snapshot();
    assert_eq!((stats.requests, stats.retries, stats.bytes), (3, 2, 4));
    let slept = clock.sleeps().iter().sum::<Duration>();
    assert!(slept.abs_diff(stats.waited) < Duration::from_millis(5), "{slept:?} {:?}", stats.waited);
    let seconds: Vec<f64> = clock.sleeps().iter().map(Duration::as_secs_f64).collect();
    assert!((1.4..=2.6).contains(&seconds[0]) && (2.8..=5.2).contains(&seconds[1]), "{seconds:?}");
}

#[tokio::test]
async fn the_last_answer_is_handed_over() {
    let url = server(|_, _| answer(500, &[], "broken")).await;
    let client = client(Limits { max_attempts: 3, ..Limits::default() }, &clock());
    let response = client.send(&Request::new(Method::Get, url)).await.unwrap();
    assert_eq!((response.status, client.stats().snapshot().requests), (500, 3));
}

#[tokio::test]
async fn a_quota_within_patience_is_waited_out_and_beyond_it_is_an_error() {
    let reason = ("ratelimit-reason", "jira-quota-global-based".to_owned());
    let quota = move |n: usize, _| match n {
        0 => answer(429, &[("retry-after", "40".to_owned()), reason.clone()], ""),
        _ => answer(200, &[], ""),
    };
    let url = server(quota.clone()).await;
    let clock = clock();
    let patient = client(Limits::default(), &clock);
    assert_eq!(patient.send(&Request::new(Method::Get, url)).await.unwrap().status, 200);
    assert_eq!(clock.sleeps(), [Duration::from_secs(40)]);

    let url = server(quota).await;
    let hasty = client(Limits { max_wait: Duration::from_secs(39), ..Limits::default() }, &clock);
    let error = hasty.send(&Request::new(Method::Get, url)).await.unwrap_err();
    assert!(matches!(error, TransportError::Quota { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_to_another_origin_carries_no_credentials() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let other = server(move |_, headers: HeaderMap| {
        log.lock().unwrap().push(headers.contains_key(header::AUTHORIZATION));
        answer(200, &[], "")
    })
    .await;
    let target = other.to_string();
    let url = server(move |_, headers| {
        assert!(headers.contains_key(header::AUTHORIZATION));
        answer(302, &[("location", target.clone())], "")
    })
    .await;
    let mut request = Request::new(Method::Get, url);
    request.set_credential_header("Authorization", Secret::new("Bearer hunter2"));
    let response = client(Limits::default(), &clock()).send(&request).await.unwrap();
    assert_eq!((response.status, response.url), (200, other));
    assert_eq!(*seen.lock().unwrap(), [false]);
}

#[tokio::test]
async fn an_endless_answer_and_an_endless_redirect_end() {
    let url = server(|_, _| answer(200, &[], "0123456789")).await;
    let small = client(Limits { max_response: 9, ..Limits::default() }, &clock());
    let error = small.send(&Request::new(Method::Get, url)).await.unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { limit: 9, .. }), "{error}");
    let url = server(|_, _| answer(302, &[("location", "/again".to_owned())], "")).await;
    let error = small.send(&Request::new(Method::Get, url)).await.unwrap_err();
    assert!(error.to_string().ends_with("more than 10 redirects"), "{error}");
}

#[tokio::test]
async fn an_unreachable_server_is_tried_again_and_named() {
    // A port that was just free has no listener.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}/?api_key=hunter2").parse().unwrap();
    let client = client(Limits { max_attempts: 2, ..Limits::default() }, &clock());
    let error = client.send(&Request::new(Method::Get, url)).await.unwrap_err().to_string();
    assert!(error.contains("api_key=[REDACTED]") && error.ends_with("(attempt 2 of 2)"), "{error}");
    assert!(error.contains("refused"), "{error}");
}

fn packed(encoding: &'static str, hex: &str) -> axum::response::Response {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let mut response = axum::response::Response::new(bytes.into());
    response.headers_mut().insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
    response
}

#[tokio::test]
async fn packed_answers_are_unpacked_and_measured_unpacked() {
    let send = async |encoding: &'static str, hex: &'static str, max_response: u64| {
        let url = server(move |_, headers| {
            let accepted = headers.get(header::ACCEPT_ENCODING).unwrap().to_str().unwrap().to_owned();
            // Nobody agrees on what `deflate` is, so it is read and not asked for.
            let is_asked_for = accepted.split(',').any(|name| name.trim() == encoding);
            assert!(is_asked_for != matches!(encoding, "deflate" | "x-gzip"), "{encoding} in {accepted}");
            packed(encoding, hex)
        })
        .await;
        let client = client(Limits { max_response, max_attempts: 1, ..Limits::default() }, &clock());
        client.send(&Request::new(Method::Get, url)).await
    };
    let check = async |encoding: &'static str, hex: &'static str| {
        let response = send(encoding, hex, 100).await.unwrap();
        assert_eq!(&response.body[..], br#"{"rows":[1,2,3]}"#, "{encoding}");
    };
    // By node's zlib and the program `zstd`.
    check("gzip", "1f8b0800000000000003ab562aca2f2f56b28a36d431d2318ead05005febddec10000000").await;
    check("br", "8b07807b22726f7773223a5b312c322c335d7d03").await;
    check("zstd", "28b52ffd04588100007b22726f7773223a5b312c322c335d7d333b6df0").await;
    check("x-gzip", "1f8b0800000000000003ab562aca2f2f56b28a36d431d2318ead05005febddec10000000").await;
    // With zlib's frame, as RFC 9110 says, and without.
    check("deflate", "789cab562aca2f2f56b28a36d431d2318ead05002c3104e8").await;
    check("deflate", "ab562aca2f2f56b28a36d431d2318ead0500").await;
    let broken = send("deflate", "7b226e6f223a317d", 100).await.unwrap_err().to_string();
    assert!(broken.contains("deflate"), "{broken}");
    // A mebibyte of blanks in some bytes.
    let bombs = [
        ("br", "5bffff8f5f02241e0b0472ef1f00"),
        (
            "zstd",
            "28b52ffd04684c000008200100fcff3910020200102002001020020010200200102002001020020010200300102085f8fa42",
        ),
    ];
    for (encoding, bomb) in bombs {
        assert_eq!(send(encoding, bomb, 1 << 20).await.unwrap().body.len(), 1 << 20, "{encoding}");
        let error = send(encoding, bomb, (1 << 20) - 1).await.unwrap_err();
        assert!(matches!(error, TransportError::TooLarge { .. }), "{encoding}: {error}");
    }
}
