//! Takes out of a page what must not be kept.

use pipeline_config::is_credential_of_data;
use pipeline_transport::Redactor;

use super::{
    json::Json,
    stored_page::{StoredBody, StoredPage},
};

/// What stands in place of text that was removed.
const REMOVED: &str = "[removed]";

/// Headers that say something about the page; all others are about the server, the connection or the user.
const HEADERS: [&str; 6] =
    ["content-type", "etag", "last-modified", "link", "retry-after", "content-language"];

/// Beginnings of headers of the same kind.
const HEADER_GROUPS: [&str; 6] = ["x-total", "x-page", "x-next", "x-prev", "x-per-page", "x-ratelimit"];

/// Cleans pages before they are written anywhere.
#[derive(Debug, Clone, Default)]
pub struct Sanitizer {
    redactor: Redactor,
    /// Each a list of names; `*` is any item or member, and a path of one name is found at any depth.
    removed: Vec<Vec<String>>,
    max_records: Option<usize>,
}

impl Sanitizer {
    /// Removes the secrets that `redactor` knows, values of keys that name credentials, and headers about the user.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor, ..Self::default() }
    }

    /// Removes the values at these paths too: `email` at any depth, or `issues.*.fields.reporter`.
    #[must_use]
    pub fn removing(mut self, paths: &[String]) -> Self {
        self.removed.extend(paths.iter().map(|path| path.split('.').map(str::to_owned).collect()));
        self
    }

    /// Keeps no more than so many items of the lists at the top of the body.
    #[must_use]
    pub fn with_max_records(mut self, n: Option<usize>) -> Self {
        self.max_records = n;
        self
    }

    /// The page without them. Its body stays as it came, byte for byte, where there is nothing to remove.
    pub fn clean(&self, mut page: StoredPage) -> StoredPage {
        page.url = self.clean_address(&page.url);
        page.headers.retain(|name, _| is_kept(name));
        let parameters = page.query_parameters.iter_mut().map(|(name, value)| (&*name, value));
        for (name, value) in page.headers.iter_mut().chain(parameters) {
            *value = if is_credential_of_data(name) {
                REMOVED.into()
            } else {
                // A link is an address, and parameters are pieces of one.
                self.clean_address(value)
            };
        }
        let text = page.body.text();
        let text = self.redactor.redact_content(&text);
        page.body = match Json::read(&text) {
            Ok(mut json) => match self.clean_json(&mut json) {
                true => StoredBody::Json(json),
                false => StoredBody::Text(text.into_owned()),
            },
            Err(_) => StoredBody::Text(text.into_owned()),
        };
        page
    }

    fn clean_address(&self, address: &str) -> String {
        self.redactor.redact_content(&self.redactor.redact_address(address)).into_owned()
    }

    /// Whether anything was changed.
    fn clean_json(&self, json: &mut Json) -> bool {
        let mut is_changed = self.cut(json);
        is_changed |= remove_credentials(json);
        for path in &self.removed {
            is_changed |= match path.as_slice() {
                [name] => remove_named(json, name),
                path => remove_at(json, path),
            };
        }
        is_changed
    }

    fn cut(&self, json: &mut Json) -> bool {
        let Some(max) = self.max_records else { return false };
        let cut = |list: &mut Json| match list {
            Json::Array(items) if items.len() > max => {
                items.truncate(max);
                true
            }
            _ => false,
        };
        match json {
            Json::Object(members) => members.values_mut().fold(false, |any, member| cut(member) | any),
            list => cut(list),
        }
    }
}

fn is_kept(header: &str) -> bool {
    HEADERS.contains(&header) || HEADER_GROUPS.iter().any(|group| header.starts_with(group))
}

/// Keeps the shape, so that converters do not trip over what is gone.
fn remove(value: &mut Json) -> bool {
    match value {
        Json::Null => return false,
        Json::Text(text) if text == REMOVED => return false,
        Json::Text(text) => *text = REMOVED.into(),
        Json::Number(number) => *number = "0".into(),
        Json::Bool(value) => *value = false,
        Json::Array(items) => return items.iter_mut().fold(false, |any, item| remove(item) | any),
        Json::Object(members) => {
            return members.values_mut().fold(false, |any, member| remove(member) | any);
        }
    }
    true
}

fn remove_credentials(json: &mut Json) -> bool {
    match json {
        Json::Array(items) => items.iter_mut().fold(false, |any, item| remove_credentials(item) | any),
        Json::Object(members) => members.iter_mut().fold(false, |any, (name, member)| {
            let is_removed = match member {
                // What is nested under such a name is more than a credential: look inside.
                Json::Text(_) if is_credential_of_data(name) => remove(member),
                member => remove_credentials(member),
            };
            is_removed | any
        }),
        _ => false,
    }
}

fn remove_named(json: &mut Json, name: &str) -> bool {
    match json {
        Json::Array(items) => items.iter_mut().fold(false, |any, item| remove_named(item, name) | any),
        Json::Object(members) => members.iter_mut().fold(false, |any, (key, member)| {
            let is_removed = if key == name { remove(member) } else { remove_named(member, name) };
            is_removed | any
        }),
        _ => false,
    }
}

fn remove_at(json: &mut Json, path: &[String]) -> bool {
    let Some((step, rest)) = path.split_first() else { return remove(json) };
    match (json, step.as_str()) {
        (Json::Array(items), "*") => items.iter_mut().fold(false, |any, item| remove_at(item, rest) | any),
        (Json::Object(members), "*") => {
            members.values_mut().fold(false, |any, item| remove_at(item, rest) | any)
        }
        (Json::Object(members), name) => members.get_mut(name).is_some_and(|member| remove_at(member, rest)),
        (Json::Array(items), index) => {
            let index = index.parse::<usize>().ok();
            index.and_then(|index| items.get_mut(index)).is_some_and(|item| remove_at(item, rest))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use pipeline_config::Secret;

    use super::*;

    fn cleaned(cleaner: &Sanitizer, body: &str) -> String {
        cleaner.clean(StoredPage::of_text(body)).body.text()
    }

    #[test]
    fn removes_known_secrets_and_what_is_named_like_one() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hunT3r22"));
        let cleaner = Sanitizer::new(redactor);
        let check = |body: &str, expected: &str| assert_eq!(cleaned(&cleaner, body), expected);
        check(r#"{"a":"x hunT3r22 y"}"#, r#"{"a":"x [REDACTED] y"}"#);
        check(
            r#"{"a":[{"Access-Token":"abc","nextPageToken":"n"}]}"#,
            r#"{"a":[{"Access-Token":"[removed]","nextPageToken":"n"}]}"#,
        );
        check("no json: hunT3r22", "no json: [REDACTED]");
        // Nothing to remove: byte for byte.
        check("{ \"n\" : 1.50 }", "{ \"n\" : 1.50 }");
    }

    #[test]
    fn a_page_that_repeats_a_token_has_it_in_no_spelling_and_keeps_everyday_words() {
        let redactor = Redactor::default();
        ["xoxb-12/34=aB3x9fZq", "admin"].iter().for_each(|secret| redactor.add(&Secret::new(*secret)));
        let cleaner = Sanitizer::new(redactor);
        let body = r#"{"a":"xoxb-12\/34=aB3x9fZq","b":"?t=xoxb-12%2F34%3DaB3x9fZq","c":"at/xoxb-12/34=aB3x9fZq/",
            "d":"xoxb-12\u002f34\u003daB3x9fZq","admin":"admin","e":"eG94Yi0xMi8zND1hQjN4OWZacQ=="}"#;
        let text = cleaned(&cleaner, body);
        let words = Json::read(&text).map(|json| json.to_string()).unwrap_or_else(|_| panic!("{text}"));
        for word in ["xoxb", "9fZq", "eG94Yi"] {
            assert!(!words.contains(word), "{text}");
        }
        assert!(text.contains(r#""admin":"admin""#), "{text}");
    }

    #[test]
    fn an_address_of_a_kept_page_has_no_secret_behind_other_letters() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("123456:ABC-def9"));
        let address = "https://x.test/bot123456:ABC-def9/updates";
        let mut page = StoredPage { url: address.into(), ..StoredPage::of_text("") };
        page.headers.insert("link".into(), format!("<{address}?page=2>; rel=next"));
        let page = Sanitizer::new(redactor).clean(page);
        assert_eq!(page.url, "https://x.test/bot[REDACTED]/updates");
        assert_eq!(page.headers["link"], "<https://x.test/bot[REDACTED]/updates?page=2>; rel=next");
    }

    #[test]
    fn removes_chosen_fields_and_keeps_their_shape() {
        let paths = ["email", "issues.*.fields.reporter", "issues.0.n"].map(str::to_owned);
        let cleaner = Sanitizer::default().removing(&paths).with_max_records(Some(2));
        let body = r#"{"issues":[{"n":7,"fields":{"reporter":{"name":"Ann","on":true},"x":{"email":"a@b"}}},{"n":8},{"n":9}]}"#;
        let expected = r#"{"issues":[{"n":0,"fields":{"reporter":{"name":"[removed]","on":false},"x":{"email":"[removed]"}}},{"n":8}]}"#;
        assert_eq!(cleaned(&cleaner, body), expected);
    }

    #[test]
    fn keeps_no_header_about_the_user() {
        let mut page = StoredPage::of_text("");
        for (name, value) in
            [("set-cookie", "s=1"), ("x-total-count", "9"), ("x-ausername", "ann"), ("link", "<u>")]
        {
            page.headers.insert(name.into(), value.into());
        }
        page.query_parameters.push(("api_key".into(), "k".into()));
        let page = Sanitizer::default().clean(page);
        assert_eq!(page.headers.keys().collect::<Vec<_>>(), ["x-total-count", "link"]);
        assert_eq!(page.query_parameters, [("api_key".into(), REMOVED.into())]);
    }
}
