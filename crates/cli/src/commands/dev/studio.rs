//! The page in the browser, for one pipeline.

use std::{net::Ipv4Addr, sync::Arc};

use pipeline_scheduler::{Attention, Supervisor, SupervisorOptions, SystemClock};
use pipeline_worker::n_cores;

use pipeline_server::{Server, ServerError, ServerOptions, Token};
use tempfile::NamedTempFile;

use crate::{Failure, Session, args::DevArgs, browser, session::RuntimeContext};

/// Where the page is, if nobody else is there.
const PORT: u16 = 7700;

/// A server that ends with the command.
#[derive(Debug)]
pub(super) struct Studio {
    server: Server,
    /// What the browser opens.
    page: Option<NamedTempFile>,
}

impl Studio {
    /// Begins to serve the pipeline, on this machine only.
    pub(super) async fn start(
        session: &Session,
        args: &DevArgs,
        runtime: &RuntimeContext,
    ) -> Result<Self, Failure> {
        let file = &args.pipeline.file;
        let canonical = std::fs::canonicalize(file);
        let canonical =
            canonical.map_err(|error| Failure::usage(format!("`{}`: {error}", file.display())))?;
        let options = SupervisorOptions {
            folder: canonical.parent().map(Into::into).unwrap_or_default(),
            state: runtime.state().to_owned(),
            logins: runtime.logins().to_owned(),
            outputs: runtime.outputs_of_runs(),
            registry: session.registry.clone(),
            redactor: session.redactor.clone(),
            environment: runtime.environment(),
            cache: session.cache()?,
            place: runtime.place(),
            attention: Attention::One { file: canonical, params: args.pipeline.params.clone() },
            n_converters: n_cores(),
            max_runs: 1,
        };
        let supervisor = Supervisor::start(options, Arc::new(SystemClock::default()))?;
        let token = if args.no_token { Token::None } else { Token::Random };
        let at = |port| ServerOptions {
            listen: Ipv4Addr::LOCALHOST.into(),
            port,
            token: token.clone(),
            hosts: Vec::new(),
        };
        let server = match Server::start(supervisor.clone(), &at(PORT)).await {
            Err(ServerError::Listen { .. }) => Server::start(supervisor, &at(0)).await?,
            started => started?,
        };
        let page = match server.random_token() {
            Some(token) => {
                session.redactor.add(token);
                // Where it cannot be written, the address is still on the terminal.
                browser::private_page(&server.url(), &session.cache()?).ok()
            }
            None => None,
        };
        Ok(Self { server, page })
    }

    /// Where it is, with the token that opens it.
    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// Shows it, where there is a browser.
    pub(super) fn open(&self) {
        match &self.page {
            Some(page) => browser::open(&page.path().to_string_lossy()),
            None if self.server.random_token().is_none() => browser::open(&self.url()),
            None => {}
        }
    }
}
