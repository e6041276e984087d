//! The issues: all of them are functions of (seed, number), nothing is stored.

mod custom;
mod dataset;
mod fields;
mod issue;
mod people;
mod random;
mod text;
mod time;
mod worklog;

pub(crate) use dataset::Dataset;
pub(crate) use fields::FieldChoice;
pub(crate) use issue::{FIRST_ID, PROJECT_ID, PROJECT_KEY, PROJECT_NAME, Source, write_issue};
pub(crate) use people::{SELF_ACCOUNT, TIME_ZONE, write_own_account};
pub(crate) use random::mix;
pub(crate) use time::civil_to_millis;
pub(crate) use worklog::{worklog_count, write_worklog};

/// The two REST APIs; they differ in rich text: wiki markup in 2, Atlassian Document Format in 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ApiVersion {
    V2,
    V3,
}

impl ApiVersion {
    /// Reads the path segment after `/rest/api/`; `latest` is 2, as in Jira Cloud.
    pub(crate) fn of(segment: &str) -> Option<ApiVersion> {
        match segment {
            "2" | "latest" => Some(ApiVersion::V2),
            "3" => Some(ApiVersion::V3),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ApiVersion::V2 => "2",
            ApiVersion::V3 => "3",
        }
    }
}

/// The start of every `self` link: fixed, so that the same seed gives the same bytes on any port.
pub(crate) const SELF_ORIGIN: &str = "https://jira.example";

/// Appends formatted text.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    std::fmt::Write::write_fmt(out, text).expect("writing into a String never fails");
}

#[cfg(test)]
mod tests;
