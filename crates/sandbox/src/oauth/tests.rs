use std::time::Duration;

use super::grants::{Consent, Exchange, GrantError, Grants, TokenPolicy, Tokens};
use super::{INITIAL_SCOPE, has_scope};

const START: Duration = Duration::from_secs(1_000);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

fn grants(rotation_leeway: Duration) -> Grants {
    Grants::new(TokenPolicy { access_token_lifetime: HOUR, rotation_leeway })
}

fn refresh_token(tokens: &Tokens) -> String {
    tokens.refresh_token.clone().expect("the scope has offline_access")
}

#[test]
fn each_refresh_gives_a_new_pair_and_uses_up_the_old_token() {
    let mut grants = grants(Duration::ZERO);
    let mut tokens = grants.grant(INITIAL_SCOPE, START);
    for round in 1..=5 {
        let now = START + MINUTE * round;
        let next = grants.refresh(&refresh_token(&tokens), now).expect("the newest token is good");
        assert_ne!(next.access_token, tokens.access_token);
        assert_ne!(next.refresh_token, tokens.refresh_token);
        assert_eq!(grants.scope_of(&next.access_token, now), Some(INITIAL_SCOPE));
        // Rotation does not end access tokens that are still young.
        assert_eq!(grants.scope_of(&tokens.access_token, now), Some(INITIAL_SCOPE));
        tokens = next;
    }
}

#[test]
fn a_reused_refresh_token_revokes_its_family_and_no_other() {
    let mut grants = grants(Duration::ZERO);
    let (first, other) = (grants.grant(INITIAL_SCOPE, START), grants.grant(INITIAL_SCOPE, START));
    let second = grants.refresh(&refresh_token(&first), START).expect("the first use");
    assert_eq!(grants.refresh(&refresh_token(&first), START), Err(GrantError::ReusedRefreshToken));
    assert_eq!(grants.refresh(&refresh_token(&second), START), Err(GrantError::DeadRefreshToken));
    assert_eq!(grants.refresh(&refresh_token(&first), START), Err(GrantError::DeadRefreshToken));
    assert_eq!(grants.scope_of(&second.access_token, START), None);
    assert!(grants.refresh(&refresh_token(&other), START).is_ok());
    assert_eq!(grants.refresh("sandbox-refresh-of-another-day", START), Err(GrantError::DeadRefreshToken));
}

#[test]
fn within_the_leeway_a_token_may_come_again() {
    let mut grants = grants(10 * MINUTE);
    let first = refresh_token(&grants.grant(INITIAL_SCOPE, START));
    assert!(grants.refresh(&first, START).is_ok());
    let again = grants.refresh(&first, START + 9 * MINUTE).expect("the leeway is ten minutes");
    assert!(grants.refresh(&refresh_token(&again), START + 9 * MINUTE).is_ok());
    assert_eq!(grants.refresh(&first, START + 10 * MINUTE), Err(GrantError::ReusedRefreshToken));
}

#[test]
fn tokens_age() {
    let mut grants = grants(Duration::ZERO);
    let tokens = grants.grant(INITIAL_SCOPE, START);
    let just_before = START + HOUR - Duration::from_millis(1);
    assert!(grants.scope_of(&tokens.access_token, just_before).is_some());
    assert_eq!(grants.scope_of(&tokens.access_token, START + HOUR), None);
    let next = grants.refresh(&refresh_token(&tokens), START + 89 * DAY).expect("90 days have not passed");
    let dead = grants.refresh(&refresh_token(&next), START + 180 * DAY);
    assert_eq!(dead, Err(GrantError::DeadRefreshToken));
}

#[test]
fn faults_end_access_tokens_or_everything() {
    let mut grants = grants(Duration::ZERO);
    let first = grants.grant(INITIAL_SCOPE, START);
    grants.expire_access_tokens();
    assert_eq!(grants.scope_of(&first.access_token, START), None);
    let second = grants.refresh(&refresh_token(&first), START).expect("refresh tokens stay good");
    grants.revoke_all();
    assert_eq!(grants.scope_of(&second.access_token, START), None);
    assert_eq!(grants.refresh(&refresh_token(&second), START), Err(GrantError::DeadRefreshToken));
}

#[test]
fn codes_are_good_once_for_ten_minutes_with_their_redirect_uri_and_verifier() {
    // The pair of RFC 7636, appendix B.
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let callback = "https://example.com/";
    #[track_caller]
    fn check(challenge: Option<&str>, back: Exchange<'_>, after: Duration, expected: Result<(), GrantError>) {
        let mut grants = grants(Duration::ZERO);
        let consent = Consent {
            redirect_uri: "https://example.com/".to_owned(),
            scope: "read:jira-work".to_owned(),
            challenge: challenge.map(str::to_owned),
        };
        let code = grants.consent(consent, START);
        let answer = grants.exchange(Exchange { code: &code, ..back }, START + after);
        assert!(answer.as_ref().is_ok_and(|tokens| tokens.refresh_token.is_none()) || answer.is_err());
        assert_eq!(answer.map(drop), expected);
        assert_eq!(grants.exchange(Exchange { code: &code, ..back }, START), Err(GrantError::BadCode));
    }
    let plain = Exchange { code: "", redirect_uri: callback, verifier: None };
    let proven = Exchange { verifier: Some(verifier), ..plain };
    check(None, plain, Duration::ZERO, Ok(()));
    check(None, proven, Duration::ZERO, Ok(()));
    check(Some(challenge), proven, Duration::ZERO, Ok(()));
    check(Some(challenge), plain, Duration::ZERO, Err(GrantError::BadVerifier));
    check(Some(challenge), Exchange { verifier: Some("x"), ..plain }, MINUTE, Err(GrantError::BadVerifier));
    check(None, Exchange { redirect_uri: "https://example.com", ..plain }, MINUTE, Err(GrantError::BadCode));
    check(None, plain, 11 * MINUTE, Err(GrantError::BadCode));
}

#[test]
fn scopes_are_words() {
    assert!(has_scope("a read:jira-work b", "read:jira-work"));
    assert!(!has_scope("read:jira-workflow", "read:jira-work"));
    assert!(!has_scope("", "read:jira-work"));
}
