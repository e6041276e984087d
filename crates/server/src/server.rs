//! Starts and stops.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{Router, middleware::from_fn_with_state, routing::get};
use pipeline_config::Secret;
use pipeline_scheduler::Supervisor;
use pipeline_worker::n_cores;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{AppState, ServerError, Token, access, api, connections, metrics, session, studio};

/// How many pieces of code may be tried at once, one for each core; others wait.
const MIN_TRIALS: usize = 2;
const MAX_TRIALS: usize = 8;

/// Where to listen, and who may ask.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The address; anything but loopback demands a token.
    pub listen: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// What everybody must show.
    pub token: Token,
    /// Names that the server may be called by, besides `localhost` and addresses.
    pub hosts: Vec<String>,
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    /// The token that it has made.
    random: Option<Secret>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens from now on.
    ///
    /// # Errors
    /// [`ServerError`] when others could reach it without a token, or the port is taken.
    pub async fn start(supervisor: Supervisor, options: &ServerOptions) -> Result<Self, ServerError> {
        let wanted = SocketAddr::new(options.listen, options.port);
        let token = access::token(wanted, &options.token)?;
        let listen = |source| ServerError::Listen { address: wanted, source };
        let listener = TcpListener::bind(wanted).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let boot = session::unguessable()[..8].into();
        let access = Arc::new(access::AccessPolicy::new(address, token.as_ref(), &options.hosts));
        let router = router(AppState {
            supervisor,
            access,
            trials: Arc::new(Semaphore::new(n_cores().clamp(MIN_TRIALS, MAX_TRIALS))),
            boot,
        });
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            // Open event streams must not keep the server: whoever stops it has waited for the runs already.
            tokio::select! {
                () = connections::serve(listener, router) => {}
                () = stopped.cancelled() => {}
            }
        });
        let random = token.filter(|_| matches!(options.token, Token::Random));
        Ok(Self { address, random, stop, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that opens the page: with the token, where the server has made it. It is for whoever has started the
    /// server, and for no log.
    pub fn url(&self) -> String {
        let address = self.address;
        match &self.random {
            Some(token) => format!("http://{address}/?token={}", token.expose()),
            None => format!("http://{address}"),
        }
    }

    /// The token that the server has made, for what must not show it.
    pub fn random_token(&self) -> Option<&Secret> {
        self.random.as_ref()
    }

    /// Listens no more.
    pub async fn stop(self) {
        self.stop.cancel();
        // It was told to end; that it panicked before is in the log.
        let _ = self.task.await;
    }
}

/// All routes, for whom they are.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .nest("/api", api::routes())
        .route("/healthz", get(metrics::health))
        .route("/metrics", get(metrics::metrics))
        .route("/login", get(api::login::page).post(api::login::enter))
        .with_state(state.clone())
        .merge(studio::routes(&state))
        .layer(from_fn_with_state(state, access::guard))
}
