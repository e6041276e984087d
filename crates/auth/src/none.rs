//! `kind: none`.

use std::sync::Arc;

use async_trait::async_trait;
use pipeline_config::{Kind, Section};
use pipeline_transport::{Request, Response};

use crate::{Again, AuthBuild, AuthContext, AuthError, Authenticator, Credential};

pub(crate) const KIND: Kind<AuthBuild> =
    Kind { name: "none", summary: "No credentials; the same as no `auth` section.", fields: &[], build };

/// For datasources without an `auth` section.
pub fn anonymous() -> Arc<dyn Authenticator> {
    Arc::new(Anonymous)
}

#[derive(Debug)]
struct Anonymous;

#[expect(clippy::unnecessary_wraps, reason = "every kind has the same build function")]
fn build(_: &Section<'_>, _: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    Some(anonymous())
}

#[async_trait]
impl Authenticator for Anonymous {
    async fn authorize(&self, _: &mut Request) -> Result<Credential, AuthError> {
        Ok(Credential::UNCHANGING)
    }

    async fn rejected(&self, _: &Credential, _: &Response) -> Result<Again, AuthError> {
        Ok(Again::No)
    }
}
