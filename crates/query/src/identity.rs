//! What makes a query the same from run to run, and what sets two of them apart. Pure.

use std::collections::BTreeMap;

use pipeline_config::{
    Part, Template, fingerprint, is_credential_name, is_credential_parameter, is_owner_name,
};
use serde_json::Value;

use crate::{
    Query,
    ask::{Ask, AskBody, param_name},
    pagination::plain,
    values::Values,
};

/// What a query asks for, without the window, the row and the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Names all of it.
    pub query: String,
    /// The same without what brings no other rows: how many records a page has, the order of parameters, and credentials.
    pub rows: String,
    /// The values of the pipeline's parameters that it names, as hashes by their names; credentials left out.
    pub params: BTreeMap<String, String>,
}

impl Identity {
    /// Whether it asks for other rows by intent: both name a parameter that has another value here.
    pub fn is_apart(&self, params: &BTreeMap<String, String>) -> bool {
        self.params.iter().any(|(name, value)| params.get(name).is_some_and(|other| other != value))
    }
}

impl Query {
    /// Names what is asked for: the same for every run that asks for the same.
    pub fn fingerprint(&self, values: &Values) -> String {
        let values = values.without_run();
        self.fingerprint_of(&self.ask_without_position(&values), &values)
    }

    /// What is asked for, as far as a later run can tell.
    pub fn identity(&self, values: &Values) -> Identity {
        self.identity_without(values, &str::to_owned)
    }

    /// The same; `clean` takes values that are known as credentials out of a text, whatever the parameter is called.
    pub fn identity_without(&self, values: &Values, clean: &dyn Fn(&str) -> String) -> Identity {
        let values = values.without_run();
        let rows = self.rows_of(&values, clean);
        let params = values.names_of("param").filter(|name| !is_credential_name(name)).filter_map(|name| {
            let value = values.get("param", name)?;
            // Another number, since the size of a page is one.
            let other = values.with("param", name, format!("{value}1"));
            let is_named = rows != self.rows_of(&other, clean);
            is_named.then(|| (name.to_owned(), fingerprint([name, value])))
        });
        let params = params.collect();
        Identity { query: self.fingerprint(&values), rows, params }
    }

    /// What its headers say of whose rows come.
    pub fn owners(&self, values: &Values) -> Vec<String> {
        let values = values.without_run();
        let headers = self.headers().iter().filter(|(name, _)| is_owner_name(name));
        let mut owners: Vec<String> = headers
            .map(|(name, template)| {
                format!("{}={}", name.to_ascii_lowercase(), values.fill(template, str::to_owned))
            })
            .collect();
        owners.sort();
        owners
    }

    fn rows_of(&self, values: &Values, clean: &dyn Fn(&str) -> String) -> String {
        let secret = values.names_of("param").filter(|name| is_credential_name(name));
        let values = secret.fold(values.clone(), |values, name| values.with("param", name, ""));
        let mut ask = self.ask_without_position(&values);
        let stays = |name: &str, value: &str| {
            let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            !(is_credential_parameter(name) || is_number && self.is_page_size(name))
        };
        ask.params.retain(|(name, value)| stays(name, value));
        ask.params.sort_by(|(name, _), (other, _)| name.cmp(other));
        if let Some((path, query)) = ask.path.split_once('?') {
            let pairs = query.split('&');
            let pairs =
                pairs.filter(|pair| stays(&param_name(pair), pair.split_once('=').unwrap_or_default().1));
            let pairs = pairs.collect::<Vec<_>>().join("&");
            ask.path = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{pairs}") };
        }
        match &mut ask.body {
            Some(AskBody::Form(pairs)) => pairs.retain(|(name, value)| stays(name, value)),
            Some(AskBody::Json(json)) => {
                prune(json, &stays);
                json.sort_all_objects();
                ask.body = Some(AskBody::Written(clean(&json.to_string())));
            }
            Some(AskBody::Written(_)) | None => {}
        }
        ask.path = clean(&ask.path);
        ask.params.iter_mut().for_each(|(_, value)| *value = clean(value));
        self.fingerprint_of(&ask, &values)
    }

    /// Whether a number of this name says how many records a page has.
    fn is_page_size(&self, name: &str) -> bool {
        self.pagination().size_param() == Some(name)
            || is_page_size_name(name) && self.pagination().has_pages()
    }

    fn fingerprint_of(&self, ask: &Ask, values: &Values) -> String {
        let body = match &ask.body {
            None => String::new(),
            Some(AskBody::Json(json)) => json.to_string(),
            Some(AskBody::Written(text)) => text.clone(),
            Some(AskBody::Form(pairs)) => serde_json::to_string(pairs).expect("texts are JSON"),
        };
        // What a header says that is the same in all runs has never been a part of it.
        let names_params = |(name, template): &&(String, Template)| {
            !is_credential_parameter(name) && template.parts.iter().any(is_param)
        };
        let headers = self.headers().iter().filter(names_params);
        let headers: Vec<[String; 2]> = headers
            .map(|(name, template)| [name.to_ascii_lowercase(), values.fill(template, str::to_owned)])
            .collect();
        let params = ask.params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        let parts = [ask.method.as_str(), &ask.path, &body].into_iter().chain(params);
        fingerprint(parts.chain(headers.iter().flatten().map(String::as_str)))
    }
}

/// Whether a number of this name is how many records a page has, in most APIs that have pages.
pub fn is_page_size_name(name: &str) -> bool {
    const SIZES: [&str; 9] = [
        "limit",
        "maxresults",
        "perpage",
        "pagesize",
        "pagelimit",
        "itemsperpage",
        "resultsperpage",
        "recordsperpage",
        "top",
    ];
    SIZES.contains(&plain(name).as_str())
}

fn is_param(part: &Part) -> bool {
    matches!(part, Part::Placeholder { scope, .. } if scope == "param")
}

/// Leaves out members of a body that do not stay, also below those that are about pages.
fn prune(json: &mut Value, stays: &dyn Fn(&str, &str) -> bool) {
    let Value::Object(members) = json else { return };
    members.retain(|name, value| match value {
        Value::Number(number) => stays(name, &number.to_string()),
        Value::String(text) => stays(name, text),
        _ => true,
    });
    for (name, value) in members {
        match name.as_str() {
            "page" | "paging" | "pagination" => prune(value, &|name, value| {
                let is_size = name == "size" && value.parse::<u64>().is_ok();
                !is_size && stays(name, value)
            }),
            "variables" => prune(value, stays),
            _ => prune(value, &|name, _| !is_credential_parameter(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Reader, Section, Style};

    use super::*;
    use crate::QUERY_FIELDS;

    fn identity(yaml: &str, params: &[(&str, &str)]) -> Identity {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("query.yaml", yaml).unwrap();
        let values = Values::new(params.iter().map(|(name, value)| ("param", *name, *value)));
        let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &values);
        reader.finish(query, Style::Plain).unwrap().identity(&values)
    }

    fn is_same_rows(before: &str, after: &str) -> bool {
        let [before, after] = [before, after].map(|yaml| identity(yaml, &[]));
        assert_ne!(before.query, after.query);
        before.rows == after.rows
    }

    const PAGES: &str = "pagination: { kind: cursor, next: next, param: cursor }";

    #[test]
    fn the_size_of_a_page_brings_no_other_rows() {
        let check = |parts: &str, is_same: bool| {
            let yaml = |size: &str| parts.replace("SIZE", size).replace("PAGES", PAGES);
            assert_eq!(is_same_rows(&yaml("50"), &yaml("100")), is_same, "{parts}");
        };
        check("{ path: /x, params: { limit: SIZE }, PAGES }", true);
        check("{ path: /x, params: { maxResults: 'SIZE', q: a }, PAGES }", true);
        check("{ path: '/x?per_page=SIZE&q=a', PAGES }", true);
        check("{ path: /x, params: { 'page[size]': SIZE }, PAGES }", true);
        check("{ method: POST, body: { maxResults: SIZE, q: a }, PAGES }", true);
        check("{ method: POST, body: { page: { size: SIZE } }, PAGES }", true);
        check("{ method: POST, body_format: form, body: { page_size: SIZE }, PAGES }", true);
        let own = "pagination: { kind: offset, param: from, size: 5, size_param: n }";
        check(&format!("{{ path: /x, params: {{ n: SIZE }}, {own} }}"), true);
        // The first page alone; a size of something else; no number.
        check("{ path: /x, params: { limit: SIZE } }", false);
        check("{ path: /x, params: { size: SIZE }, PAGES }", false);
        check("{ path: /x, params: { limit: aSIZE }, PAGES }", false);
        check("{ path: /x, params: { n: SIZE }, PAGES }", false);
    }

    #[test]
    fn neither_do_the_order_of_parameters_and_credentials() {
        assert!(is_same_rows("{ path: /x, params: { a: 1, b: 2 } }", "{ path: /x, params: { b: 2, a: 1 } }"));
        assert!(is_same_rows(
            "{ path: /x, params: { api_key: s3 } }",
            "{ path: /x, params: { api_key: s4 } }"
        ));
        assert!(!is_same_rows("{ path: /x }", "{ path: /y }"));
        assert!(!is_same_rows("{ path: /x, params: { a: 1 } }", "{ path: /x, params: { a: 1, b: 2 } }"));
    }

    #[test]
    fn parameters_set_queries_apart() {
        let yaml = "{ path: /x, params: { q: 'p = ${param.project}', limit: '${param.size}' }, PAGES, \
                    headers: { X-Tenant: '${param.tenant}', Authorization: '${param.login}' } }";
        let yaml = yaml.replace("PAGES", PAGES);
        let of = |project: &str, size: &str, tenant: &str, login: &str| {
            let params = [("project", project), ("size", size), ("tenant", tenant), ("login", login)];
            identity(&yaml, &[&params[..], &[("unused", "1")]].concat())
        };
        let first = of("A", "50", "t", "x");
        assert_eq!(first.params.keys().collect::<Vec<_>>(), ["project", "tenant"]);
        for (other, is_same_query, is_apart) in [
            (of("B", "50", "t", "x"), false, true),
            (of("A", "50", "u", "x"), false, true),
            (of("A", "100", "t", "x"), false, false),
            (of("A", "50", "t", "y"), true, false),
        ] {
            assert_eq!(other.query == first.query, is_same_query, "{other:?}");
            assert_eq!(
                (first.is_apart(&other.params), first.rows != other.rows),
                (is_apart, is_apart),
                "{other:?}"
            );
        }
        // One that names none is about all of them.
        assert!(!identity("{ path: /x }", &[]).is_apart(&first.params));
    }
}
