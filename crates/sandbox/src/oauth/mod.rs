//! OAuth 2.0 as Atlassian's `auth.atlassian.com` does it: 3LO with rotating refresh tokens.

mod authorize;
mod grants;
mod token;

pub(crate) use authorize::authorize;
pub(crate) use grants::{Grants, TokenPolicy, has_scope};
pub(crate) use token::token;

/// The one app that is registered.
pub(crate) const CLIENT_ID: &str = "sandboxClientId4f1b7c";
/// Its secret; worthless anywhere else.
pub(crate) const CLIENT_SECRET: &str = "sandboxClientSecret9d2e61a8";
/// Scopes of the grant that exists from the start.
pub(crate) const INITIAL_SCOPE: &str =
    "manage:jira-project read:jira-work read:jira-user read:me offline_access";

#[cfg(test)]
mod tests;
