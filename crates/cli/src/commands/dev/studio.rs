//! The page in the browser, for one pipeline.

use std::{net::Ipv4Addr, sync::Arc};

use pipeline_engine::{
    n_cores,
    supervisor::{Attention, Supervisor, SupervisorOptions, SystemClock},
};
use pipeline_server::{Server, ServerError, ServerOptions};

use crate::{Failure, Session, args::DevArgs, browser, session::Surroundings};

/// Where the page is, if nobody else is there.
const PORT: u16 = 7700;

/// A server that ends with the command.
#[derive(Debug)]
pub(super) struct Studio {
    server: Server,
}

impl Studio {
    /// Begins to serve the pipeline, on this machine only.
    pub(super) async fn start(
        session: &Session,
        args: &DevArgs,
        surroundings: &Surroundings,
    ) -> Result<Self, Failure> {
        let file = &args.pipeline.file;
        let canonical = std::fs::canonicalize(file);
        let canonical =
            canonical.map_err(|error| Failure::usage(format!("`{}`: {error}", file.display())))?;
        let options = SupervisorOptions {
            folder: canonical.parent().map(Into::into).unwrap_or_default(),
            state: surroundings.state().to_owned(),
            logins: surroundings.logins().to_owned(),
            outputs: surroundings.outputs_of_runs(),
            registry: session.registry.clone(),
            redactor: session.redactor.clone(),
            environment: surroundings.environment(),
            cache: session.cache()?,
            place: surroundings.place(),
            attention: Attention::One { file: canonical, params: args.pipeline.params.clone() },
            n_converters: n_cores(),
            max_runs: 1,
        };
        let supervisor = Supervisor::start(options, Arc::new(SystemClock::default()))?;
        let at =
            |port| ServerOptions { listen: Ipv4Addr::LOCALHOST.into(), port, token: None, hosts: Vec::new() };
        let server = match Server::start(supervisor.clone(), &at(PORT)).await {
            Err(ServerError::Listen { .. }) => Server::start(supervisor, &at(0)).await?,
            started => started?,
        };
        Ok(Self { server })
    }

    /// Where it is.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Shows it, where there is a browser.
    pub(super) fn open(&self) {
        browser::open(&self.url());
    }
}
