use super::*;

#[tokio::test]
async fn a_refresh_answers_in_atlassians_shape_and_rotates() {
    let sandbox = Offline::with_issues(1);
    let answer = sandbox.refresh(&sandbox.refresh_token).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    let json = answer.json();
    assert_eq!(json["expires_in"], 3_600);
    assert_eq!(json["token_type"], "Bearer");
    assert!(json["scope"].as_str().unwrap().contains("read:jira-work"));
    assert_ne!(json["refresh_token"], sandbox.refresh_token);
    let bearer = format!("Bearer {}", json["access_token"].as_str().unwrap());
    let myself = sandbox.get_as(&bearer, &format!("/ex/jira/{CLOUD_ID}/rest/api/2/myself")).await;
    assert_eq!(myself.status, StatusCode::OK);
}

#[tokio::test]
async fn reuse_answers_with_the_body_seen_live_and_ends_the_family() {
    let sandbox = Offline::with_issues(1);
    let second = sandbox.refresh(&sandbox.refresh_token).await.json();
    let reuse = sandbox.refresh(&sandbox.refresh_token).await;
    assert_eq!(reuse.status, StatusCode::FORBIDDEN);
    assert_eq!(
        reuse.json(),
        serde_json::json!({ "error": "unauthorized_client", "error_description": "refresh_token is invalid" })
    );
    let newest = sandbox.refresh(second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(newest.status, StatusCode::FORBIDDEN);
    let bearer = format!("Bearer {}", second["access_token"].as_str().unwrap());
    assert_eq!(sandbox.get_as(&bearer, "/me").await.status, StatusCode::UNAUTHORIZED);
    let stats = sandbox.site.counters.snapshot();
    assert_eq!((stats.token_requests, stats.refreshes, stats.reuse_detections), (3, 1, 1));
}

#[tokio::test]
async fn forms_and_basic_authentication_are_taken_too() {
    let sandbox = Offline::with_issues(1);
    let form = format!(
        "grant_type=refresh_token&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&refresh_token={}",
        sandbox.refresh_token
    );
    let answer = sandbox.post("/oauth/token", "application/x-www-form-urlencoded", &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    // base64 of the client's id and secret.
    let basic = "Basic c2FuZGJveENsaWVudElkNGYxYjdjOnNhbmRib3hDbGllbnRTZWNyZXQ5ZDJlNjFhOA==";
    let request = Request::post("/oauth/token")
        .header("authorization", basic)
        .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
        .body(Body::from("grant_type=client_credentials&scope=read%3Ajira-work+offline_access"));
    let answer = sandbox.send(request.unwrap()).await;
    assert_eq!(answer.json()["scope"], "read:jira-work");
    assert!(answer.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn wrong_token_requests_are_refused() {
    let sandbox = Offline::with_issues(1);
    let token = sandbox.refresh_token.clone();
    for (fields, status, error) in [
        (
            vec![("client_secret", "wrong"), ("grant_type", "refresh_token"), ("refresh_token", &token)],
            401,
            "access_denied",
        ),
        (vec![("client_id", "wrong"), ("grant_type", "client_credentials")], 401, "access_denied"),
        (vec![("grant_type", "refresh_token")], 400, "invalid_request"),
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "password")], 403, "unsupported_grant_type"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "unknown")], 403, "unauthorized_client"),
        (
            vec![
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("redirect_uri", "https://example.com"),
            ],
            403,
            "invalid_grant",
        ),
    ] {
        let answer = sandbox.token(&fields).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (status, &Value::from(error)),
            "{fields:?}"
        );
    }
    let answer = sandbox.post("/oauth/token", "application/json", "{").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(sandbox.refresh(&token).await.status, StatusCode::OK, "no failure uses up a token");
}

/// The parameters of a good authorize request, some of them replaced; an empty value leaves one out.
fn authorize(changes: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("audience", "api.atlassian.com"),
        ("client_id", CLIENT_ID),
        ("scope", "read:jira-work offline_access"),
        ("redirect_uri", "https://example.com/callback?x=1"),
        ("state", "a b&c"),
        ("response_type", "code"),
        ("prompt", "consent"),
    ];
    fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("/authorize?{query}")
}

/// The parameters that a redirect brings back.
fn brought_back(answer: &Answer) -> HashMap<String, String> {
    assert_eq!(answer.status, StatusCode::FOUND);
    let location = url::Url::parse(answer.header("location")).expect("an absolute URL");
    location.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_consent_leads_to_a_code_and_to_tokens() {
    let sandbox = Offline::with_issues(1);
    // RFC 7636, appendix B.
    let proof = [
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ];
    let answer = sandbox.get_as("", &authorize(&proof)).await;
    let back = brought_back(&answer);
    assert!(answer.header("location").starts_with("https://example.com/callback?x=1&"));
    assert_eq!(back["state"], "a b&c");
    let mut exchange = vec![
        ("grant_type", "authorization_code"),
        ("code", back["code"].as_str()),
        ("redirect_uri", "https://example.com/callback?x=1"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ];
    let tokens = sandbox.token(&exchange).await;
    assert_eq!(tokens.json()["scope"], "read:jira-work offline_access");
    let again = sandbox.token(&exchange).await;
    assert_eq!(again.json()["error"], "invalid_grant");
    assert_eq!(
        sandbox.refresh(tokens.json()["refresh_token"].as_str().unwrap()).await.status,
        StatusCode::OK
    );

    let back = brought_back(&sandbox.get_as("", &authorize(&proof)).await);
    exchange[1].1 = &back["code"];
    exchange.pop();
    let unproven = sandbox.token(&exchange).await;
    assert_eq!(unproven.json()["error_description"], "Failed to verify code verifier");
}

#[tokio::test]
async fn wrong_authorize_requests_are_refused_where_the_user_sees_it() {
    let sandbox = Offline::with_issues(1);
    for change in [
        ("client_id", "other"),
        ("client_id", ""),
        ("redirect_uri", ""),
        ("redirect_uri", "http://example.com/"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "https://example.com/#part"),
    ] {
        let answer = sandbox.get_as("", &authorize(&[change])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{change:?}");
        assert!(answer.header("content-type").starts_with("text/html"));
    }
    for (change, error) in [
        (("state", ""), "invalid_request"),
        (("scope", ""), "invalid_request"),
        (("audience", ""), "invalid_request"),
        (("audience", "example.com"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", "x"), "invalid_request"),
    ] {
        let back = brought_back(&sandbox.get_as("", &authorize(&[change])).await);
        assert_eq!(back["error"], error, "{change:?}");
        assert!(!back.contains_key("code"));
    }
    for callback in ["http://127.0.0.1:7998/callback", "http://localhost:3000/", "https://example.com"] {
        assert!(
            brought_back(&sandbox.get_as("", &authorize(&[("redirect_uri", callback)])).await)
                .contains_key("code")
        );
    }
}
