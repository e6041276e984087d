//! What a refusal means at servers we know, as words; the engine treats all servers alike.

use std::time::Duration;

use pipeline_config::{clipped, on_one_line};
use url::Url;

/// What a server that is out of order says of when to come back: seconds or a date (RFC 9110 §10.2.3), nothing for anything else.
pub(crate) fn patience(retry_after: &str, max_wait: Duration) -> Option<String> {
    const MAX_CHARS: usize = 40;
    let said = on_one_line(retry_after.trim());
    let is_time = said.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_time.then(|| {
        let said = clipped(&said, MAX_CHARS);
        format!(
            "run it again once `Retry-After: {said}` of the server has passed; a request waits for {max_wait:?} in all (`max_wait`)"
        )
    })
}

/// What to do about a status, where the status alone does not say.
pub(crate) fn hint(status: u16, url: &Url, message: &str) -> Option<&'static str> {
    let host = url.host_str().unwrap_or_default();
    let path = url.path();
    let message = message.to_lowercase();
    let is_jira_search = path.contains("/rest/api/") && path.ends_with("/search");
    Some(match status {
        410 if is_jira_search => {
            "Jira Cloud removed /search in 2025: write `path: /search/jql` and `pagination: { kind: cursor, \
             next: nextPageToken, param: nextPageToken }`, as in pipelines/jira.yaml"
        }
        400 if path.ends_with("/search/jql") && message.contains("unbounded") => {
            "restrict the JQL, for example with `project = ABC` or `updated >= -30d`"
        }
        401 | 403 if message.contains("scope") => {
            "add the scope to the application, then log in again: tokens keep the scopes they were made with"
        }
        401 if host.ends_with(".atlassian.net") => {
            "OAuth tokens work at https://api.atlassian.com/ex/jira/[SITE_ID]/rest/api/2, not at the site's own address"
        }
        401 => "the server did not take the credentials: check the `auth` section",
        403 => "the account may not see this: check its permissions and scopes",
        404 => "check `base_url` and `path`; some servers say this of what the account may not see",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_asks_for_is_told_in_a_few_words() {
        let told = patience(&format!("9\u{1b}[2J{}", "9".repeat(5_000)), Duration::from_secs(3600)).unwrap();
        assert!(
            told.starts_with("run it again once `Retry-After: 9 [2J999")
                && told.ends_with("3600s in all (`max_wait`)"),
            "{told}"
        );
        assert!(told.len() < 200, "{told}");
        assert_eq!(patience("-5", Duration::ZERO), None);
    }

    #[test]
    fn tells_what_to_do() {
        let check = |status: u16, url: &str, message: &str, expected: &str| {
            let found = hint(status, &url.parse().unwrap(), message).unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{url}: {found}");
        };
        check(410, "https://x.test/ex/jira/1/rest/api/2/search", "", "/search/jql");
        check(410, "https://x.test/other", "", "");
        check(401, "https://a.atlassian.net/rest/api/2/myself", "", "api.atlassian.com");
        check(401, "https://x.test/", "Unauthorized; scope does not match", "scope");
        check(400, "https://x.test/rest/api/3/search/jql", "Unbounded JQL queries", "restrict");
        check(500, "https://x.test/", "", "");
    }
}
