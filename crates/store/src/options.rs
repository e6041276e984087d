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

fn plain(part: Part) -> Option<String> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}
