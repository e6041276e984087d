//! What tells the rows of one account, tenant or server from those of another, beside the query. Pure.

use pipeline_config::{is_credential_parameter, is_owner_name};
use pipeline_query::is_page_size_name;
use serde_json::Value;
use url::Url;

/// An address without what brings no other rows: who asks, credentials, the scheme and a final `/`.
pub(crate) fn of_address(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mut params: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, value)| !is_beside_the_rows(name, value)).collect();
    params.sort();
    let host = url.host_str().unwrap_or_default();
    format!("{host}{port}{} {params:?}", url.path().trim_end_matches('/'))
}

/// A credential, or how many records a page has.
fn is_beside_the_rows(name: &str, value: &str) -> bool {
    is_credential_parameter(name) || is_page_size_name(name) && value.parse::<u64>().is_ok()
}

/// Those of some named values that say whose rows come.
pub(crate) fn of_named<'v>(values: impl IntoIterator<Item = (&'v str, &'v str)>) -> Vec<String> {
    let values = values.into_iter().filter(|(name, _)| is_owner_name(name));
    let mut named: Vec<String> =
        values.map(|(name, value)| format!("{}={value}", name.to_ascii_lowercase())).collect();
    named.sort();
    named
}

/// The same of the arguments of a program; those without a name say what it is to do.
pub(crate) fn of_arguments(arguments: &[String]) -> Vec<String> {
    let mut origin = Vec::new();
    let mut option: Option<&str> = None;
    for argument in arguments {
        match (option.take(), argument.strip_prefix('-')) {
            (_, Some(name)) => match name.split_once('=') {
                Some(named) => origin.extend(of_named([named])),
                None => option = Some(name),
            },
            (Some(name), None) => origin.extend(of_named([(name, argument.as_str())])),
            (None, None) => origin.push(argument.clone()),
        }
    }
    origin
}

/// The same of the members of a configuration.
pub(crate) fn of_config(config: &Value) -> Vec<String> {
    let Value::Object(members) = config else { return Vec::new() };
    let values: Vec<(&str, String)> =
        members.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
    of_named(values.iter().map(|(name, value)| (*name, value.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn address(url: &str) -> String {
        of_address(&Url::parse(url).unwrap())
    }

    #[test]
    fn an_address_is_the_same_however_it_is_asked() {
        let plain = address("https://api.example.com/v1/A?tenant=7");
        for same in [
            "https://API.example.com/v1/A/?tenant=7",
            "https://api.example.com:443/v1/A?tenant=7",
            "https://user:secret@api.example.com/v1/A?tenant=7&api_key=one",
            "https://api.example.com/v1/A?limit=50&tenant=7",
            "http://api.example.com/v1/A?tenant=7",
        ] {
            assert_eq!(address(same), plain, "{same}");
        }
        for other in [
            "https://api.example.org/v1/A?tenant=7",
            "https://api.example.com/v1/B?tenant=7",
            "https://api.example.com/v1/A?tenant=8",
            "https://api.example.com:8443/v1/A?tenant=7",
        ] {
            assert_ne!(address(other), plain, "{other}");
        }
    }

    #[test]
    fn arguments_are_known_by_what_they_read() {
        let of = |line: &str| of_arguments(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("tap.py --token one --repo a"), of("tap.py --token two --repo a"));
        for other in ["tap.py --token one --repo b", "tap.py --repo=b", "other.py --repo a"] {
            assert_ne!(of("tap.py --token one --repo a"), of(other), "{other}");
        }
    }

    #[test]
    fn a_configuration_is_known_by_what_it_reads() {
        let config = json!({"repository": "a/b", "access_token": "one", "start_date": "2026-01-01"});
        let rotated = json!({"access_token": "two", "start_date": "2026-06-01", "repository": "a/b"});
        assert_eq!(of_config(&config), of_config(&rotated));
        assert_ne!(of_config(&config), of_config(&json!({"repository": "a/c"})));
        assert!(of_config(&Value::Null).is_empty());
    }
}
