//! The query of an address, from the parts of a file that each have one. Pure.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

/// Adds the parameters of `base` whose names the address does not have: `base_url` stands before every path, and servers
/// leave out of their links what they take for credentials or for part of their own name.
pub(super) fn with_query_of(base: &Url, mut url: Url) -> Url {
    let Some(theirs) = base.query().filter(|query| !query.is_empty()) else { return url };
    let own = url.query().unwrap_or_default();
    let mut pairs: Vec<&str> = pairs(theirs).filter(|pair| !has(own, &name(pair))).collect();
    pairs.extend(self::pairs(own));
    let all = pairs.join("&");
    url.set_query(Some(&all));
    url
}

/// Adds parameters; one of the address that has the name of an added one, and comes from `base`, goes.
pub(super) fn with_params(base: &Url, url: &mut Url, params: &[(String, String)]) {
    if params.is_empty() {
        return;
    }
    let is_replaced = |pair: &&str| {
        let name = name(pair);
        has(base.query().unwrap_or_default(), &name) && params.iter().any(|(known, _)| *known == name)
    };
    let kept: Vec<&str> = pairs(url.query().unwrap_or_default()).filter(|pair| !is_replaced(pair)).collect();
    let kept = kept.join("&");
    url.set_query((!kept.is_empty()).then_some(&kept));
    url.query_pairs_mut().extend_pairs(params);
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

fn name(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}

fn has(query: &str, wanted: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_the_base_goes_with_each_address() {
        let check = |base: &str, url: &str, expected: &str| {
            let found = with_query_of(&base.parse().unwrap(), url.parse().unwrap());
            assert_eq!(found.as_str(), expected, "{base} {url}");
        };
        let base = "https://h.test/v1?tenant=a%20b&x=";
        check(base, "https://h.test/v1/i", "https://h.test/v1/i?tenant=a%20b&x=");
        check(base, "https://h.test/v1/i?s=o", "https://h.test/v1/i?tenant=a%20b&x=&s=o");
        check(base, "https://h.test/v1/i?tenant=b", "https://h.test/v1/i?x=&tenant=b");
        check(base, "https://h.test/v1/i?ten%61nt=b&x=1", "https://h.test/v1/i?ten%61nt=b&x=1");
        check("https://h.test/v1?", "https://h.test/v1/i?a=1", "https://h.test/v1/i?a=1");
        check("https://h.test/v1?e=1&e=2", "https://h.test/i?a=1", "https://h.test/i?e=1&e=2&a=1");
    }

    #[test]
    fn parameters_go_before_those_of_the_base() {
        let check = |base: &str, url: &str, params: &[(&str, &str)], expected: &str| {
            let params: Vec<(String, String)> =
                params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let mut found = url.parse().unwrap();
            with_params(&base.parse().unwrap(), &mut found, &params);
            assert_eq!(found.as_str(), expected, "{url}");
        };
        let base = "https://h.test/?size=5";
        check(base, "https://h.test/i?size=5&a=1", &[("size", "9")], "https://h.test/i?a=1&size=9");
        check(base, "https://h.test/i?size=5", &[("size", "9")], "https://h.test/i?size=9");
        // What a path says twice is sent twice.
        check(base, "https://h.test/i?e=1", &[("e", "2")], "https://h.test/i?e=1&e=2");
        check(base, "https://h.test/i?size=5", &[], "https://h.test/i?size=5");
    }
}
