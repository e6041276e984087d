use std::time::Duration;

use super::access::BASIC;
use super::*;
use crate::Quota;

const PAGE: &str = "2/search/jql?jql=project=ABC&fields=summary&maxResults=10";

fn with_points(points: u64) -> Offline {
    let quota = Some(Quota { points, window: Duration::from_secs(3_600) });
    Offline::new(SandboxOptions { issues: 50, quota, ..SandboxOptions::default() })
}

#[tokio::test]
async fn a_request_costs_one_point_and_one_per_issue() {
    let sandbox = with_points(1_000);
    sandbox.api(PAGE).await;
    sandbox.api("2/myself").await;
    assert_eq!(sandbox.site.counters.snapshot().points_used, 11 + 1);
}

#[tokio::test]
async fn all_requests_are_refused_until_the_window_ends() {
    let sandbox = with_points(20);
    for _ in 0..2 {
        assert_eq!(sandbox.api(PAGE).await.status, StatusCode::OK);
    }
    sandbox.site.clock.advance(Duration::from_secs(600));
    let refused = sandbox.api("2/myself").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((2_990..=3_000).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-reason"), "jira-quota-global-based");
    assert!(refused.header("x-ratelimit-reset").ends_with('Z'), "{refused:?}");
    sandbox.site.clock.advance(Duration::from_secs(wait));
    assert_eq!(sandbox.api(PAGE).await.status, StatusCode::OK);
    let stats = sandbox.site.counters.snapshot();
    assert_eq!((stats.points_used, stats.quota_refusals), (33, 1));
}

#[tokio::test]
async fn api_tokens_have_no_quota() {
    let sandbox = with_points(1);
    for _ in 0..3 {
        let answer = sandbox.get_as(BASIC, &format!("/ex/jira/{CLOUD_ID}/rest/api/{PAGE}")).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(sandbox.site.counters.snapshot().points_used, 0);
}
