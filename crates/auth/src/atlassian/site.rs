//! Finds the id of a site, which every address of the gateway holds.
//!
//! The sites that a login may use are listed at `/oauth/token/accessible-resources`; a site tells its own id to
//! anyone at `/_edge/tenant_info`.

use pipeline_transport::{Client, Method, Request, Response, SendError, TransportError, server_message};
use serde_json::Value;
use url::Url;

use crate::{AuthError, Authenticator, send_authorized};

/// One site that a login may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// As it stands in the addresses of the gateway.
    pub id: String,
    /// Its address in a browser; empty where it is not known.
    pub url: String,
    /// Its name; empty where it is not known.
    pub name: String,
}

/// A site was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// Nobody is logged in.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// No answer came.
    #[error("the site's id could not be asked for")]
    Transport(#[from] TransportError),
    /// Nothing tells which of several sites is meant, or there is none like the one that was named.
    #[error("{problem}; this login may use {}{}", listed(sites), help(sites))]
    Unclear {
        /// What is unclear.
        problem: String,
        /// Those that there are.
        sites: Vec<Site>,
    },
    /// The server does not tell.
    #[error("{0}")]
    Untold(String),
}

fn listed(sites: &[Site]) -> String {
    match sites {
        [] => "no site".into(),
        _ => sites.iter().map(|site| site.url.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn help(sites: &[Site]) -> String {
    match sites {
        [] => "\n  = help: log in again and choose a site on the consent page".into(),
        [first, ..] => format!("\n  = help: say which one: `site: {}`", first.url),
    }
}

/// Asks as `authenticator` for the site that is `wanted`, or for the only one there is.
///
/// `gateway` is any address of the gateway; `wanted` a site's address or name.
///
/// # Errors
/// [`SiteError`]; of several sites, it lists them all.
pub async fn find_site(
    (client, authenticator): (&Client, &dyn Authenticator),
    gateway: &Url,
    wanted: Option<&str>,
) -> Result<Site, SiteError> {
    let resources = at(gateway, "/oauth/token/accessible-resources");
    let response = get(client, Some(authenticator), resources).await?;
    let Some(sites) = sites(&response) else {
        let said = server_message(&response).map(|said| format!(": {said}")).unwrap_or_default();
        let problem =
            format!("the sites of this login are not told: the server answered {}{said}", response.status);
        let wanted = wanted.ok_or_else(|| {
            SiteError::Untold(format!(
                "{problem}\n  = help: say which site: `site: https://your-site.atlassian.net`"
            ))
        })?;
        tracing::debug!(problem, "asking the site itself for its id");
        return tenant(client, wanted).await;
    };
    match choose(&sites, wanted) {
        Some(site) => Ok(site.clone()),
        None => match wanted {
            None => Err(SiteError::Unclear { problem: "`site` is not given".into(), sites }),
            Some(wanted) => by_other_address(client, wanted, &sites).await.ok_or_else(|| {
                SiteError::Unclear { problem: format!("`{wanted}` is not among its sites"), sites }
            }),
        },
    }
}

/// The site that is `wanted`, if exactly one is.
fn choose<'s>(sites: &'s [Site], wanted: Option<&str>) -> Option<&'s Site> {
    let Some(wanted) = wanted else {
        return match sites {
            [only] => Some(only),
            _ => None,
        };
    };
    let address = address(wanted);
    let same_host = |site: &&Site| {
        let url = site.url.parse::<Url>().ok();
        url.zip(address.as_ref()).is_some_and(|(url, address)| url.origin() == address.origin())
    };
    let same_name = |site: &&Site| site.name.eq_ignore_ascii_case(wanted) || site.id == wanted;
    let mut found = sites.iter().filter(|site| same_host(site) || same_name(site));
    match (found.next(), found.next()) {
        (Some(site), None) => Some(site),
        _ => None,
    }
}

/// A site may have an address of its owner's, which the list does not show; its id tells.
async fn by_other_address(client: &Client, wanted: &str, sites: &[Site]) -> Option<Site> {
    // Atlassian's own addresses are in the list, or the login may not use them.
    address(wanted).filter(|url| !super::is_atlassian(url))?;
    let found = tenant(client, wanted).await.ok()?;
    sites.iter().find(|site| site.id == found.id).cloned()
}

/// Asks the site itself, which takes no credentials.
async fn tenant(client: &Client, wanted: &str) -> Result<Site, SiteError> {
    let untold = |problem: String| {
        SiteError::Untold(format!(
            "the id of the site `{wanted}` is not told: {problem}\n  = help: check `site`"
        ))
    };
    let site = address(wanted).ok_or_else(|| untold("it is not an address".into()))?;
    let response = get(client, None, at(&site, "/_edge/tenant_info")).await?;
    let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    match value.get("cloudId").and_then(Value::as_str).filter(|id| is_id(id)) {
        Some(id) if response.is_success() => {
            Ok(Site { id: id.to_owned(), url: site.origin().ascii_serialization(), name: String::new() })
        }
        _ => Err(untold(format!("the server answered {} without a `cloudId`", response.status))),
    }
}

async fn get(
    client: &Client,
    authenticator: Option<&dyn Authenticator>,
    url: Url,
) -> Result<Response, SiteError> {
    let mut request = Request::new(Method::Get, url);
    request.headers.set("Accept", "application/json");
    let Some(authenticator) = authenticator else { return Ok(client.send(&request).await?) };
    send_authorized(client, authenticator, &mut request).await.map_err(|error| match error {
        SendError::Authorize(error) => error.into(),
        SendError::Transport(error) => error.into(),
    })
}

/// The sites of the list, each once: it holds one entry per product of a site.
fn sites(response: &Response) -> Option<Vec<Site>> {
    let value: Value = serde_json::from_slice(&response.body).ok()?;
    let entries = value.as_array().filter(|_| response.is_success())?;
    let mut sites: Vec<Site> = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let site = Site { id: text("id"), url: text("url"), name: text("name") };
        if is_id(&site.id) && sites.iter().all(|known| known.id != site.id) {
            sites.push(site);
        }
    }
    Some(sites)
}

/// It becomes part of an address, so it may not hold anything that would change its way.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// `https://your-site.atlassian.net`, `your-site.atlassian.net` or `your-site`.
fn address(wanted: &str) -> Option<Url> {
    let text = match wanted {
        _ if wanted.contains("://") => wanted.to_owned(),
        _ if wanted.contains('.') => format!("https://{wanted}"),
        _ => format!("https://{wanted}.atlassian.net"),
    };
    Url::parse(&text).ok().filter(Url::has_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str) -> Vec<Site> {
        sites(&Response {
            status: 200,
            headers: Default::default(),
            body: body.to_owned().into(),
            url: "https://api.test/".parse().unwrap(),
        })
        .unwrap()
    }

    const TWO: &str = r#"[
        {"id":"a1","url":"https://one.atlassian.net","name":"one","scopes":["read:jira-work"]},
        {"id":"a1","url":"https://one.atlassian.net","name":"one","scopes":["read:confluence-content"]},
        {"id":"b2","url":"https://two.atlassian.net","name":"Two"},
        {"id":"../evil","url":"https://three.atlassian.net","name":"three"}]"#;

    #[test]
    fn chooses_by_address_or_name() {
        let sites = all(TWO);
        assert_eq!(sites.len(), 2);
        let check = |wanted: Option<&str>, id: Option<&str>| {
            assert_eq!(choose(&sites, wanted).map(|site| site.id.as_str()), id, "{wanted:?}");
        };
        check(Some("https://two.atlassian.net"), Some("b2"));
        check(Some("https://two.atlassian.net/jira/projects"), Some("b2"));
        check(Some("two.atlassian.net"), Some("b2"));
        check(Some("two"), Some("b2"));
        check(Some("b2"), Some("b2"));
        check(Some("https://three.atlassian.net"), None);
        check(None, None);
        assert_eq!(choose(&sites[..1], None).map(|site| site.id.as_str()), Some("a1"));
    }

    #[test]
    fn lists_what_there_is() {
        let error = SiteError::Unclear { problem: "`site` is not given".into(), sites: all(TWO) };
        assert_eq!(
            error.to_string(),
            "`site` is not given; this login may use https://one.atlassian.net, https://two.atlassian.net\n  \
             = help: say which one: `site: https://one.atlassian.net`"
        );
    }
}
