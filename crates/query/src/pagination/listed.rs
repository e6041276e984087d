//! Lists of links in a body, `[{"rel": "next", "href": …}]`, in the forms that servers give them. Pure.

use serde_json::Value;

use super::envelope::plain;

/// What a list of links says of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListedNext {
    /// It is there.
    At(String),
    /// The links are known, and none leads on.
    Nowhere,
    /// There are links that cannot be read; what the list has, in words.
    Unclear(String),
}

/// Hold the relation of a link.
const RELATION: &[&str] = &["rel", "relation", "relationship", "rels"];
/// Holds it too, where it is a known one.
const NAME: &str = "name";
/// Hold the address of a link.
const ADDRESS: &[&str] = &["href", "url", "uri", "link", "target", "address", "ref"];
/// Lead on.
const NEXT: &[&str] = &["next", "nextpage", "nextlink"];
/// Relations of pages that are known, and lead elsewhere.
const ELSEWHERE: &[&str] = &[
    "self",
    "prev",
    "previous",
    "first",
    "last",
    "start",
    "end",
    "up",
    "collection",
    "current",
    "alternate",
];

/// What one link is.
enum Link {
    Next(Option<String>),
    Other,
    Unclear,
}

/// Reads a list of links, or one link that stands where a list would have several, as XML does.
pub(crate) fn next_in(list: &Value) -> ListedNext {
    let one = std::slice::from_ref(list);
    let links = list.as_array().map_or(one, Vec::as_slice);
    let read: Vec<Link> = links.iter().map(read).collect();
    let address = |link: &Link| match link {
        Link::Next(address) => address.clone(),
        Link::Other | Link::Unclear => None,
    };
    if let Some(address) = read.iter().find_map(address) {
        return match address.is_empty() {
            true => ListedNext::Nowhere,
            false => ListedNext::At(address),
        };
    }
    match read.iter().all(|link| matches!(link, Link::Other)) {
        true => ListedNext::Nowhere,
        false => ListedNext::Unclear(shown(links)),
    }
}

/// As [`next_in`], of what stands at a path that ends in `key`: HAL has a list of one link without a relation at
/// `_links.next`.
pub(crate) fn next_at(key: &str, list: &Value) -> ListedNext {
    match (list.as_array().map(Vec::as_slice), next_in(list)) {
        (Some([only]), ListedNext::Unclear(shown)) if is_next(key) => match address(only) {
            Some(address) if address.is_empty() => ListedNext::Nowhere,
            Some(address) => ListedNext::At(address),
            None => ListedNext::Unclear(shown),
        },
        (_, next) => next,
    }
}

/// Whether a value is a link with a relation.
pub(crate) fn is_link(value: &Value) -> bool {
    member(value, RELATION).is_some()
}

fn read(link: &Value) -> Link {
    let Some(members) = link.as_object() else { return Link::Unclear };
    let named = |names: &[&str]| members.iter().find(|(key, _)| names.contains(&plain(key).as_str()));
    let relations = match (member(link, RELATION), member(link, &[NAME]).map(words)) {
        (Some(relations), _) => words(relations),
        (None, Some(names)) if names.iter().all(|name| is_next(name) || is_elsewhere(name)) => names,
        // `[{"self": "/a"}, {"next": "/b"}]`
        _ => match (named(NEXT), named(ELSEWHERE)) {
            (Some((_, next)), _) => return Link::Next(address(next)),
            (None, Some(_)) => return Link::Other,
            (None, None) => return Link::Unclear,
        },
    };
    match relations.iter().any(|relation| is_next(relation)) {
        true => Link::Next(address(link)),
        false if relations.is_empty() => Link::Unclear,
        false => Link::Other,
    }
}

/// The relations in a text, or in a list of texts.
fn words(relations: &Value) -> Vec<String> {
    let texts = match relations {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    };
    texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

/// Whether a relation is `next`; some are addresses that end so.
fn is_next(relation: &str) -> bool {
    let name = relation.rsplit(['/', '#', ':']).next().unwrap_or_default();
    NEXT.contains(&plain(name).as_str())
}

fn is_elsewhere(relation: &str) -> bool {
    ELSEWHERE.contains(&plain(relation).as_str())
}

/// The address of a link, empty where the server says that there is none; `None` where nothing is an address.
fn address(link: &Value) -> Option<String> {
    match link {
        Value::String(address) => return Some(address.clone()),
        Value::Null | Value::Bool(false) => return Some(String::new()),
        _ => {}
    }
    let named = ADDRESS.iter().find_map(|name| member(link, &[name]));
    match named {
        Some(Value::String(address)) => Some(address.clone()),
        Some(Value::Null | Value::Bool(false)) => Some(String::new()),
        Some(Value::Object(_)) => named.and_then(address),
        _ => {
            let is_address = |text: &&str| text.starts_with(['/', '?']) || text.starts_with("http");
            link.as_object()?.values().filter_map(Value::as_str).find(is_address).map(str::to_owned)
        }
    }
}

/// A member by its name without case and punctuation: `@rel` of XML is `rel`.
fn member<'v>(link: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let members = link.as_object()?;
    members.iter().find(|(key, _)| names.contains(&plain(key).as_str())).map(|(_, value)| value)
}

/// What the entries of a list have, in words; no values but relations, since addresses may be signed.
fn shown(links: &[Value]) -> String {
    let entry = |link: &Value| match link {
        Value::Object(members) => {
            let names: Vec<String> =
                members.keys().take(8).map(|key| format!("`{}`", pipeline_config::escaped(key))).collect();
            let relation = member(link, RELATION).map(|relation| format!(" (`rel` is {relation})"));
            format!("objects with {}{}", names.join(", "), relation.unwrap_or_default())
        }
        Value::String(_) => "texts".into(),
        Value::Array(_) => "arrays".into(),
        other => other.to_string(),
    };
    let mut shown: Vec<String> = Vec::new();
    for entry in links.iter().map(entry) {
        if !shown.contains(&entry) && shown.len() < 3 {
            shown.push(entry);
        }
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, expected: &ListedNext) {
        assert_eq!(next_in(&serde_json::from_str(list).unwrap()), *expected, "{list}");
    }

    #[test]
    fn next_links_are_read_in_the_forms_of_servers() {
        for list in [
            r#"[{"rel":"self","href":"/a"},{"rel":"next","href":"/n"}]"#,
            r#"[{"rel":["self"],"href":"/a"},{"rel":["next"],"href":"/n"}]"#,
            r#"[{"rel":"Next","href":"/n"}]"#,
            r#"[{"rel":"next last","href":"/n"}]"#,
            r#"[{"rel":["last","NEXT"],"url":"/n"}]"#,
            r#"[{"@rel":"self","@href":"/a"},{"@rel":"next","@href":"/n"}]"#,
            r#"{"@rel":"next","@href":"/n"}"#,
            r#"[{"rel":"next","uri":"/n"}]"#,
            r#"[{"name":"self","href":"/a"},{"name":"next","href":"/n"}]"#,
            r#"[{"relation":"next","url":"/n"}]"#,
            r#"[{"rel":"https://x.test/rels/next","href":"/n"}]"#,
            r#"[{"rel":"next","href":{"uri":"/n"}}]"#,
            r#"[{"rel":"next","path":"/n","method":"GET"}]"#,
            r#"[{"self":"/a"},{"next":"/n"}]"#,
            r#"[{"self":{"href":"/a"}},{"next":{"href":"/n"}}]"#,
        ] {
            check(list, &ListedNext::At("/n".into()));
        }
    }

    #[test]
    fn known_links_without_a_next_are_the_end() {
        for list in [
            "[]",
            r#"[{"rel":"self","href":"/a"},{"rel":"prev","href":"/b"},{"rel":"first","href":"/c"}]"#,
            r#"[{"rel":["self","canonical"],"href":"/a"}]"#,
            r#"{"@rel":"self","@href":"/a"}"#,
            r#"[{"name":"self","href":"/a"},{"name":"last","href":"/b"}]"#,
            r#"[{"rel":"next","href":null}]"#,
            r#"[{"rel":"next","href":""}]"#,
            r#"[{"self":"/a"},{"next":null}]"#,
            r#"[{"prev":"/a"}]"#,
            r#"[{"rel":"alternate","href":"/a"}]"#,
        ] {
            check(list, &ListedNext::Nowhere);
        }
    }

    #[test]
    fn the_path_may_say_where_the_only_link_leads() {
        let at = |key: &str, list: &str| next_at(key, &serde_json::from_str(list).unwrap());
        assert_eq!(at("next", r#"[{"href":"/n"}]"#), ListedNext::At("/n".into()));
        assert_eq!(at("next", r#"["/n"]"#), ListedNext::At("/n".into()));
        assert_eq!(at("next", "[]"), ListedNext::Nowhere);
        assert!(matches!(at("links", r#"[{"href":"/n"}]"#), ListedNext::Unclear(_)));
        assert!(matches!(at("next", r#"[{"href":"/n"},{"href":"/m"}]"#), ListedNext::Unclear(_)));
    }

    #[test]
    fn what_is_no_link_is_shown() {
        for (list, shown) in [
            (r#"["/a","/b"]"#, "texts"),
            (r#"[{"name":"docs","href":"/a"}]"#, "objects with `name`, `href`"),
            (r#"[{"title":"x","to":"/a"},{"rel":"self","href":"/a"}]"#, "objects with `title`, `to`"),
            (r#"[{"rel":"next","method":"GET"}]"#, "objects with `rel`, `method` (`rel` is \"next\")"),
            (r#"[["next","/a"]]"#, "arrays"),
            ("[7]", "7"),
        ] {
            match next_in(&serde_json::from_str(list).unwrap()) {
                ListedNext::Unclear(found) => assert!(found.contains(shown), "{list}: {found}"),
                other => panic!("{list}: {other:?}"),
            }
        }
    }
}
