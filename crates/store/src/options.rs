//! `options:` beside an URL in the YAML.

use pipeline_config::{Part, Section, Template};

/// The options of a store in a section whose key `options` is a mapping to text; names in small letters.
pub fn options(section: &Section<'_>) -> Vec<(String, String)> {
    let text = |(key, value): (String, Template)| {
        // `Shape::Text` has refused what is known only while the pipeline runs.
        (key.to_lowercase(), value.parts.into_iter().filter_map(plain).collect())
    };
    section.templates("options").into_iter().map(text).collect()
}

/// Whether the store of an URL with this scheme knows an option; a store that is not built in knows all.
pub(crate) fn is_known(scheme: &str, name: &str) -> bool {
    match scheme {
        #[cfg(feature = "s3")]
        "s3" | "s3a" => name.parse::<object_store::aws::AmazonS3ConfigKey>().is_ok(),
        #[cfg(feature = "gcs")]
        "gs" => name.parse::<object_store::gcp::GoogleConfigKey>().is_ok(),
        #[cfg(feature = "azure")]
        "az" | "azure" | "abfs" | "abfss" => name.parse::<object_store::azure::AzureConfigKey>().is_ok(),
        _ => true,
    }
}

/// What is wrong with an endpoint that is not encrypted, where nobody has allowed that: requests to it would end in an error that does not
/// say so. Of options of one meaning the last one counts.
pub(crate) fn refuse_http(scheme: &str, options: &[(String, String)]) -> Result<(), (String, String)> {
    let (endpoints, allows): (&[&[&str]], _) = match scheme {
        "s3" | "s3a" => (
            &[&["aws_endpoint_url_s3"], &["aws_endpoint_url", "aws_endpoint", "endpoint_url", "endpoint"]],
            "aws_allow_http",
        ),
        "az" | "azure" | "abfs" | "abfss" => {
            (&[&["azure_storage_endpoint", "azure_endpoint", "endpoint"]], "azure_allow_http")
        }
        _ => return Ok(()),
    };
    let last = |names: &[&str]| options.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
    let is_on = |names: &[&str]| {
        let on =
            |value: &str| matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y");
        last(names).is_some_and(|(_, value)| on(value.trim()))
    };
    let emulator = ["azure_storage_use_emulator", "object_store_use_emulator", "use_emulator"];
    let Some((name, endpoint)) = endpoints.iter().find_map(|names| last(names)) else { return Ok(()) };
    let is_plain = endpoint.trim().to_ascii_lowercase().starts_with("http://");
    if !is_plain || is_on(&[allows, "allow_http"]) || scheme.starts_with('a') && is_on(&emulator) {
        return Ok(());
    }
    Err((
        format!("`{name}` begins with `http://`, and requests to stores are sent over HTTPS alone"),
        format!(
            "write `https://`; or, for a server that you reach without anybody in between, `{allows}: true` in `options`, or the \
             variable {}=true",
            allows.to_ascii_uppercase()
        ),
    ))
}

fn plain(part: Part) -> Option<String> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}
