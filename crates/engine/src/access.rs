//! The datasource of a pipeline alone, for those who only want to get in.

use std::{path::Path, sync::Arc};

use pipeline_auth::OAuth2;
use pipeline_config::{Invalid, Reader, Section};
use pipeline_datasource::{Datasource, Tested};

use crate::{
    plan::{LoadOptions, Loader, datasource},
    registry::Registry,
    run::RunError,
    spec::PIPELINE_FIELDS,
};

/// A datasource without queries.
#[derive(Debug)]
pub struct Access {
    datasource: Arc<dyn Datasource>,
    /// Warnings, rendered; empty when there are none.
    pub warnings: String,
}

impl Access {
    /// Reads the datasource of a pipeline file; what stands in the other sections does not matter.
    ///
    /// # Errors
    /// [`Invalid`] with all mistakes of the datasource.
    pub fn open(registry: &Registry, path: &Path, options: &LoadOptions) -> Result<Self, Invalid> {
        let reader = Reader::new(options.environment.clone());
        let found = reader.read_file(path, None).and_then(|node| {
            let section = Section::read(&reader, &node, PIPELINE_FIELDS);
            datasource(&Loader { registry, reader: &reader, options, shared: None }, &section)
        });
        options.redactor.learn(&reader);
        let datasource = reader.finish(found, options.style)?;
        Ok(Self { datasource, warnings: reader.render(options.style) })
    }

    /// The login, where the datasource has one.
    pub fn oauth2(&self) -> Option<&OAuth2> {
        self.datasource.authenticator()?.oauth2()
    }

    /// Asks the server whose login it is, and remembers it; the problem when the server does not answer.
    pub async fn learn_account(&self, oauth2: &OAuth2) -> Option<String> {
        match self.test().await {
            Ok(tested) => {
                if let Some(account) = tested.account
                    && let Err(error) = oauth2.name_account(&account).await
                {
                    tracing::warn!(%error, "the name of the account is not remembered");
                }
                None
            }
            Err(error) => Some(pipeline_config::explain(&error)),
        }
    }

    /// One `GET` on the datasource's `test_path`.
    ///
    /// # Errors
    /// [`RunError::Datasource`].
    pub async fn test(&self) -> Result<Tested, RunError> {
        Ok(self.datasource.test().await?)
    }
}
