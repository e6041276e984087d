//! What is particular to Atlassian, so that nothing else has to know it.
//!
//! Source: "OAuth 2.0 (3LO) apps", developer.atlassian.com.

mod site;

use url::Url;

pub use site::{Site, SiteError, find_site};

/// Who the tokens are for; their authorize page asks for it by this name.
const AUDIENCE: &str = "api.atlassian.com";

/// Where a user takes back what an application may do.
pub(crate) const REVOKE_AT: &str = "https://id.atlassian.com/manage-profile/apps";

/// Whether the server is one of Atlassian's.
pub(crate) fn is_atlassian(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    ["atlassian.com", "atlassian.net"]
        .iter()
        .any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// The `audience` that the authorize page of this token endpoint wants.
pub(crate) fn audience(token_endpoint: &Url) -> Option<&'static str> {
    is_atlassian(token_endpoint).then_some(AUDIENCE)
}

/// The authorize page that goes with a token endpoint of this server family, `…/oauth/token`.
pub(crate) fn authorize_url(token_endpoint: &Url) -> Option<Url> {
    let base = token_endpoint.path().strip_suffix("/oauth/token")?.to_owned();
    let mut url = token_endpoint.clone();
    url.set_path(&format!("{base}/authorize"));
    url.set_query(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_atlassian_by_its_domains() {
        let check = |url: &str, expected: bool| {
            assert_eq!(is_atlassian(&url.parse().unwrap()), expected, "{url}");
        };
        check("https://auth.atlassian.com/oauth/token", true);
        check("https://your-site.atlassian.net/", true);
        check("https://atlassian.com.example.net/", false);
        check("https://notatlassian.com/", false);
    }

    #[test]
    fn finds_the_authorize_page() {
        let check = |url: &str, expected: Option<&str>| {
            let found = authorize_url(&url.parse().unwrap());
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{url}");
        };
        check("https://auth.atlassian.com/oauth/token", Some("https://auth.atlassian.com/authorize"));
        check("https://x.test/a/oauth/token?b=c", Some("https://x.test/a/authorize"));
        check("https://x.test/token", None);
    }
}
