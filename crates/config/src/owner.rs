//! Which names say whose rows an answer has. Pure.

use crate::{is_credential_parameter, name_words};

/// Words of names whose values say whose rows come.
const WHOSE: &[&str] = &[
    "account",
    "bucket",
    "cloud",
    "company",
    "customer",
    "database",
    "dataset",
    "dc",
    "domain",
    "endpoint",
    "environment",
    "host",
    "instance",
    "org",
    "organisation",
    "organization",
    "owner",
    "project",
    "projects",
    "realm",
    "region",
    "repo",
    "repos",
    "repositories",
    "repository",
    "schema",
    "shop",
    "site",
    "space",
    "store",
    "subdomain",
    "subscription",
    "team",
    "tenant",
    "url",
    "workspace",
];

/// Whether a header or a member of a configuration of this name says whose rows come: those of another account, tenant or repository
/// are other rows.
pub fn is_owner_name(name: &str) -> bool {
    !is_credential_parameter(name) && name_words(name).iter().any(|word| WHOSE.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tenants_say_whose_rows_come() {
        for (name, is_it) in [
            ("X-Tenant-Id", true),
            ("Harvest-Account-ID", true),
            ("xero-tenant-id", true),
            ("X-Organization", true),
            ("repositories", true),
            ("accountId", true),
            ("Accept", false),
            ("User-Agent", false),
            ("X-Request-Id", false),
            ("Authorization", false),
            ("client_secret", false),
            ("X-Client-Version", false),
            ("start_date", false),
        ] {
            assert_eq!(is_owner_name(name), is_it, "{name}");
        }
    }
}
