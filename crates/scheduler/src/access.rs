//! Logins of datasources, begun by a server and ended by a browser.

use std::{sync::Arc, time::Duration};

use pipeline_auth::{CallbackListener, LoginStatus};
use pipeline_config::explain;
use pipeline_engine::{Access, LoadOptions, Silent};

use super::{Supervisor, SupervisorError, feed::FeedKind};

/// How long a browser may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where a user logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPage {
    /// For the user's eyes, as it holds the attempt's `state`.
    pub authorize_url: String,
}

impl Supervisor {
    /// The login of a pipeline's datasource; `None` where it has none.
    ///
    /// # Errors
    /// [`SupervisorError`] when the datasource's section is wrong or the stored login cannot be read.
    pub fn login(&self, id: &str) -> Result<Option<LoginStatus>, SupervisorError> {
        let access = self.access(id)?;
        Ok(access.oauth2().map(pipeline_auth::OAuth2::status).transpose()?)
    }

    /// Begins a login; the callback is listened for in the background, as `pipeline auth login` does.
    ///
    /// # Errors
    /// [`SupervisorError`] when there is no login, or nobody can listen at the callback.
    pub async fn begin_login(&self, id: &str) -> Result<LoginPage, SupervisorError> {
        let access = self.access(id)?;
        let none = || SupervisorError::NoLogin { id: id.to_owned() };
        let oauth2 = access.oauth2().ok_or_else(none)?;
        let attempt = oauth2.begin_login(None)?;
        let listener = CallbackListener::bind(attempt.redirect_url()).await?;
        let page = LoginPage { authorize_url: attempt.authorize_url().to_string() };
        let (feed, id) = (Arc::clone(&self.shared.feed), id.to_owned());
        let draining = self.shared.draining.clone();
        tokio::spawn(async move {
            let Some(oauth2) = access.oauth2() else { return };
            let redirected = tokio::select! {
                redirected = listener.wait(&attempt, PATIENCE) => redirected,
                () = draining.cancelled() => return,
            };
            let finished = match redirected {
                Ok(redirected) => oauth2.finish_login(&attempt, &redirected).await,
                Err(error) => Err(error),
            };
            match finished {
                Ok(_) => {
                    if let Some(problem) = access.learn_account(oauth2).await {
                        tracing::warn!(
                            pipeline = id,
                            problem,
                            "logged in, but the test path does not answer"
                        );
                    }
                }
                Err(error) => tracing::warn!(pipeline = id, error = explain(&error), "nobody has logged in"),
            }
            feed.tell(FeedKind::PipelinesChanged {});
        });
        Ok(page)
    }

    /// Forgets the tokens; `false` when there were none.
    ///
    /// # Errors
    /// [`SupervisorError`].
    pub async fn log_out(&self, id: &str) -> Result<bool, SupervisorError> {
        let access = self.access(id)?;
        let none = || SupervisorError::NoLogin { id: id.to_owned() };
        let had_tokens = access.oauth2().ok_or_else(none)?.log_out().await?;
        self.shared.feed.tell(FeedKind::PipelinesChanged {});
        Ok(had_tokens)
    }

    fn access(&self, id: &str) -> Result<Access, SupervisorError> {
        let file = self.with(id, |entry| Ok(entry.file.clone()))?;
        let options = self.load_options(&file)?;
        Ok(Access::open(&self.shared.options.registry, &file, &options)?)
    }

    /// What a file of the folder is read with.
    ///
    /// # Errors
    /// [`SupervisorError::Dotenv`] when the `.env` beside it is wrong.
    pub fn load_options(&self, file: &std::path::Path) -> Result<LoadOptions, SupervisorError> {
        let options = self.shared.load_options(file, Arc::new(Silent));
        options.map_err(|problem| SupervisorError::Dotenv { problem })
    }
}
