//! Where a link of a page leads, in one form. Pure.

use url::Url;

/// The address that `link`, found in the page at `page`, means; addresses of one place are equal.
///
/// `base` is what the user says stands before links that begin with `/`.
pub(super) fn resolve(link: &str, page: &Url, base: Option<&str>) -> Option<Url> {
    let is_rooted = link.starts_with('/') && !link.starts_with("//");
    let below = match base.filter(|_| is_rooted) {
        Some(base) => below_base(link, base),
        None if is_rooted => below_atlassian_gateway(link, page.path()),
        None => None,
    };
    let mut url = page.join(below.as_deref().unwrap_or(link)).ok()?;
    if url.scheme() == "http" && page.scheme() == "https" && url.host() == page.host() {
        // Servers behind a proxy that ends TLS write links as they see themselves.
        let _ = url.set_scheme("https");
    }
    // Never sent, so it tells no pages apart.
    url.set_fragment(None);
    // Who asks is said by the pipeline. Both fail only for addresses that have no host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url)
}

fn below_base(link: &str, base: &str) -> Option<String> {
    let base = base.trim_end_matches('/');
    // A server that knows the base writes it itself.
    let is_there =
        link.strip_prefix(base).is_some_and(|rest| rest.starts_with(['/', '?']) || rest.is_empty());
    (!base.is_empty() && !is_there).then(|| format!("{base}{link}"))
}

/// Atlassian's gateway keeps its `/ex/PRODUCT/SITE_ID` to itself: behind it, Confluence writes `/wiki/api/v2/pages?…`
/// (v2), and `/rest/api/content?…` below `_links.base`, which ends in `/wiki` (v1).
fn below_atlassian_gateway(link: &str, page: &str) -> Option<String> {
    let mut segments = page.strip_prefix("/ex/")?.splitn(3, '/');
    let (product, site) = (segments.next()?, segments.next()?);
    let own = segments.next()?;
    let end = link.find(['?', '#']).unwrap_or(link.len());
    let (path, rest) = link.split_at(end);
    if path.starts_with("/ex/") {
        return None;
    }
    if format!("/{own}").trim_end_matches('/').ends_with(path.trim_end_matches('/')) {
        return Some(format!("{page}{rest}"));
    }
    let wiki = if product == "confluence" && !path.starts_with("/wiki/") { "/wiki" } else { "" };
    Some(format!("/ex/{product}/{site}{wiki}{link}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: &str, page: &str, base: Option<&str>, expected: &str) {
        let found = resolve(link, &page.parse().unwrap(), base).map(String::from);
        assert_eq!(found.as_deref(), Some(expected), "{link} in {page}");
    }

    #[test]
    fn links_are_resolved_as_browsers_do() {
        check("?page=2", "https://h.test/x?page=1&a=b", None, "https://h.test/x?page=2");
        check("/y?page=2", "https://h.test/a/x", None, "https://h.test/y?page=2");
        check("y", "https://h.test/a/x", None, "https://h.test/a/y");
        check("//h.test/y", "https://h.test/a/x", None, "https://h.test/y");
        check("https://other.test/y", "https://h.test/x", None, "https://other.test/y");
        check("http://h.test/y", "https://h.test/x", None, "https://h.test/y");
        check("https://user:pw@h.test/y", "https://h.test/x", None, "https://h.test/y");
    }

    #[test]
    fn one_place_has_one_address() {
        for link in
            ["/x?page=2", "?page=2", "HTTPS://H.test:443/x?page=2", "/a/../x?page=2#top", "//h.test/x?page=2"]
        {
            check(link, "https://h.test/x?page=1", None, "https://h.test/x?page=2");
        }
    }

    #[test]
    fn a_base_stands_before_links_from_the_root() {
        let base = Some("/gateway/api/");
        check("/x?c=1", "https://h.test/gateway/api/x", base, "https://h.test/gateway/api/x?c=1");
        check("/gateway/api/x?c=1", "https://h.test/gateway/api/x", base, "https://h.test/gateway/api/x?c=1");
        check("?c=1", "https://h.test/gateway/api/x", base, "https://h.test/gateway/api/x?c=1");
        let whole = Some("https://h.test/g");
        check("/x?c=1", "https://h.test/g/x", whole, "https://h.test/g/x?c=1");
    }

    #[test]
    fn confluence_is_followed_behind_the_gateway_of_atlassian() {
        let v2 = "https://api.atlassian.com/ex/confluence/CID/wiki/api/v2/pages?limit=3";
        let next = "https://api.atlassian.com/ex/confluence/CID/wiki/api/v2/pages?cursor=abc";
        check("/wiki/api/v2/pages?cursor=abc", v2, None, next);
        check("/ex/confluence/CID/wiki/api/v2/pages?cursor=abc", v2, None, next);
        check("?cursor=abc", v2, None, next);
        check(
            "/wiki/api/v2/other?cursor=abc",
            v2,
            None,
            "https://api.atlassian.com/ex/confluence/CID/wiki/api/v2/other?cursor=abc",
        );
        let v1 = "https://api.atlassian.com/ex/confluence/CID/wiki/rest/api/content?limit=3";
        check(
            "/rest/api/content?start=3",
            v1,
            None,
            "https://api.atlassian.com/ex/confluence/CID/wiki/rest/api/content?start=3",
        );
        check(
            "/rest/api/other?start=3",
            v1,
            None,
            "https://api.atlassian.com/ex/confluence/CID/wiki/rest/api/other?start=3",
        );
    }
}
