//! User objects as Jira nests them into issues and worklogs.

use super::random::Rng;
use super::{ApiVersion, SELF_ORIGIN, put};

/// Account id of the account that the sandbox's credentials belong to.
pub(crate) const SELF_ACCOUNT: &str = "5b10ac8d82e05b22cc7d4e00";

/// Time zone of that account: always eight hours behind UTC, see [`super::time`].
pub(crate) const TIME_ZONE: &str = "Pacific/Pitcairn";

const N_USERS: u64 = 200;
const FIRST_NAMES: [&str; 14] = [
    "Zoë", "José", "Anna", "Łukasz", "Søren", "小龙", "Mia", "Priya", "Ngozi", "Renée", "Jürgen", "Fatima",
    "Олег", "Kim",
];
const LAST_NAMES: [&str; 15] = [
    "Müller",
    "Álvarez",
    "O'Brien",
    "Kowalska",
    "Østergård",
    "李",
    "Krystof",
    "Raghunathan",
    "Okafor",
    "Dubois",
    "Groß",
    "al-Sayed",
    "Петров",
    "Smith",
    "van der Berg",
];

/// Appends a user drawn from a crowd of 200.
pub(super) fn write_user(out: &mut String, rng: &mut Rng, version: ApiVersion) {
    // The account that asks is number 0 and turns up like everyone else.
    write_account(out, rng.below(N_USERS), version);
}

/// Appends the account that the sandbox's credentials belong to, as `/myself` shows it.
pub(crate) fn write_own_account(out: &mut String, version: ApiVersion) {
    write_account(out, 0, version);
}

fn write_account(out: &mut String, user: u64, version: ApiVersion) {
    let account = format_args!("5b10ac8d82e05b22cc7d4e{user:02x}").to_string();
    let first = FIRST_NAMES[(user % FIRST_NAMES.len() as u64) as usize];
    let last = LAST_NAMES[(user % LAST_NAMES.len() as u64) as usize];
    let api = version.as_str();
    put(
        out,
        format_args!(
            r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/user?accountId={account}","accountId":"{account}","avatarUrls":{{"#
        ),
    );
    for (index, size) in ["48x48", "24x24", "16x16", "32x32"].iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        put(out, format_args!(r#"{comma}"{size}":"https://avatar.example/{user}/{size}""#));
    }
    put(
        out,
        format_args!(
            r#"}},"displayName":"{first} {last}","active":{active},"timeZone":"{TIME_ZONE}","accountType":"atlassian"}}"#,
            active = user % 17 != 16
        ),
    );
}
