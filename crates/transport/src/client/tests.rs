use std::{
    io::Read,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    routing::any,
};
use pipeline_config::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    // By the zlib of node and of Python.
    check("gzip", "1f8b0800000000000003ab562aca2f2f56b28a36d431d2318ead05005febddec10000000").await;
    check("x-gzip", "1f8b0800000000000003ab562aca2f2f56b28a36d431d2318ead05005febddec10000000").await;
    // With zlib's frame, as RFC 9110 says, and without.
    check("deflate", "789cab562aca2f2f56b28a36d431d2318ead05002c3104e8").await;
    check("deflate", "ab562aca2f2f56b28a36d431d2318ead0500").await;
    let broken = send("deflate", "7b226e6f223a317d", 100).await.unwrap_err().to_string();
    assert!(broken.contains("deflate"), "{broken}");
    // A mebibyte of blanks in a thousand bytes.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::repeat(b' ').take(1 << 20), &mut gzip).unwrap();
    let bomb: String = gzip.finish().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let bomb: &'static str = bomb.leak();
    assert_eq!(send("gzip", bomb, 1 << 20).await.unwrap().body.len(), 1 << 20);
    let error = send("gzip", bomb, (1 << 20) - 1).await.unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn times_beyond_patience_end_the_request_at_once_with_when_to_come_back() {
    let (dates, numbers) = ("Fri, 31 Dec 9999 23:59:59 GMT", "99999999999999999999");
    for (status, header, value, until) in [
        (429, "retry-after", numbers, "3025-"),
        (429, "retry-after", "1e300", "3025-"),
        (429, "retry-after", dates, "9999-"),
        (429, "x-ratelimit-reset", "253402300799999", "9999-"),
        (429, "x-ratelimit-reset", "9999-12-30T21:59:59.999999999Z", "9999-"),
        (403, "x-ratelimit-reset", numbers, ""),
        (429, "ratelimit", "\"a\";r=0;t=999999999999999", "9999-12-30T22:00:00Z"),
    ] {
        let headers = [(header, value.to_owned()), ("x-ratelimit-remaining", "0".to_owned())];
        let url = server(move |_, _| answer(status, &headers, "")).await;
        let clock = clock();
        let error =
            client(Limits::default(), &clock).send(&Request::new(Method::Get, url)).await.unwrap_err();
        let expected = format!("the server wants no more requests until {until}");
        assert!(error.to_string().contains(&expected), "{header} {value}: {error}");
        assert!(error.to_string().len() < 200 && clock.sleeps().is_empty(), "{error}");
    }
    // What is out of order is handed over with its answer.
    let url = server(move |_, _| answer(503, &[("retry-after", numbers.to_owned())], "")).await;
    let response = client(Limits::default(), &clock()).send(&Request::new(Method::Get, url)).await.unwrap();
    assert_eq!(response.status, 503);
}

/// A server that goes on to say that an answer is to come: at once, or now and then.
async fn server_of_hints(pause: Duration) -> (url::Url, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let n_open = Arc::new(AtomicUsize::new(0));
    let open = Arc::clone(&n_open);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let open = Arc::clone(&open);
            open.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
                let _ = stream.read(&mut [0; 4096]).await;
                while stream.write_all(hint).await.is_ok() {
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (url, n_open)
}

#[tokio::test]
async fn answers_that_are_to_come_for_ever_end_with_the_timeout() {
    for pause in [Duration::ZERO, Duration::from_millis(20)] {
        let (url, n_open) = server_of_hints(pause).await;
        let limits = Limits { timeout: Duration::from_millis(300), max_attempts: 2, ..Limits::default() };
        let start = Instant::now();
        let error = client(limits, &clock()).send(&Request::new(Method::Get, url)).await.unwrap_err();
        assert!(error.to_string().contains("no whole answer within 300ms"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        // Nobody goes on to read.
        while n_open.load(Ordering::SeqCst) > 0 {
            assert!(start.elapsed() < Duration::from_secs(5), "a connection is still open");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
