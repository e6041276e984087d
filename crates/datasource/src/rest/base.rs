//! What stands before every path, which may have to be asked for first.

use pipeline_auth::{
    Authenticator,
    atlassian::{Site, SiteError, find_site},
};
use pipeline_transport::Client;
use tokio::sync::OnceCell;
use url::Url;

use crate::DatasourceError;

/// As the guide writes it; brackets have no meaning in the path of a URL.
const SITE_ID: &str = "[SITE_ID]";

/// The base of a datasource.
#[derive(Debug)]
pub(super) struct Base {
    written: Url,
    /// Which site is meant.
    site: Option<String>,
    /// Asked for once, before the first request.
    found: OnceCell<(Site, Url)>,
}

impl Base {
    pub(super) fn new(written: Url, site: Option<String>) -> Self {
        Self { written, site, found: OnceCell::new() }
    }

    /// The base, once [`locate`](Self::locate) has been waited for.
    pub(super) fn url(&self) -> &Url {
        self.found.get().map_or(&self.written, |(_, url)| url)
    }

    /// As the pipeline file has it.
    pub(super) fn written(&self) -> &Url {
        &self.written
    }

    /// The site that the file names.
    pub(super) fn site(&self) -> Option<&str> {
        self.site.as_deref()
    }

    /// A path of the user's with the id of the site, once [`locate`](Self::locate) has been waited for.
    pub(super) fn fill(&self, path: &str) -> String {
        match self.found.get() {
            Some((site, _)) => path.replace(SITE_ID, &site.id),
            None => path.to_owned(),
        }
    }

    /// Finds the site, if the base needs one.
    pub(super) async fn locate(
        &self,
        client: &Client,
        authenticator: &dyn Authenticator,
    ) -> Result<Option<&Site>, DatasourceError> {
        if !self.written.path().contains(SITE_ID) {
            return Ok(None);
        }
        let find = async || -> Result<(Site, Url), SiteError> {
            let site = find_site((client, authenticator), &self.written, self.site.as_deref()).await?;
            let mut url = self.written.clone();
            url.set_path(&self.written.path().replace(SITE_ID, &site.id));
            tracing::debug!(site = site.url, id = site.id, "found the site");
            Ok((site, url))
        };
        match self.found.get_or_try_init(find).await {
            Ok((site, _)) => Ok(Some(site)),
            Err(SiteError::Auth(error)) => Err(error.into()),
            Err(SiteError::Transport(source)) => Err(DatasourceError::Transport { page: 0, source }),
            Err(error) => Err(DatasourceError::Site(error)),
        }
    }
}
