//! Starting and stopping the server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::access::{API_TOKEN, EMAIL};
use crate::clock::Clock;
use crate::connection::{Doorway, Line};
use crate::data::Dataset;
use crate::faults::{FaultSchedule, Faults};
use crate::oauth::{CLIENT_ID, CLIENT_SECRET, Grants, INITIAL_SCOPE, TokenPolicy};
use crate::page_cache::PageCache;
use crate::quota::{Meter, Quota};
use crate::server::{CLOUD_ID, Site, router};
use crate::stats::{Counters, SandboxStats};

/// What kind of Jira Cloud to pretend.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// How many issues the project `ABC` has, at most ten million; 250 by default.
    pub issues: usize,
    /// The same seed gives the same issues, byte for byte; 0 by default.
    pub seed: u64,
    /// Added to each answer that needs an access token; none by default.
    pub latency: Duration,
    /// The TCP port on 127.0.0.1; 0, the default, takes a free one.
    pub port: u16,
    /// Atlassian's hour by default.
    pub access_token_lifetime: Duration,
    /// How long after its first use a refresh token may come again. Atlassian grants 10 minutes; none by
    /// default, so that every reuse is noticed.
    pub rotation_leeway: Duration,
    /// What an app may ask for; no end by default.
    pub quota: Option<Quota>,
    /// Bytes of issues as JSON that are kept once they have been written, for answers at the speed of copying; none by
    /// default.
    pub cache: u64,
    /// What goes wrong; nothing by default.
    pub faults: Faults,
}

/// A running sandbox. It stops when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    site: Arc<Site>,
    refresh_token: String,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// Why a sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken, or loopback is not there.
    #[error("127.0.0.1:{port} cannot be opened")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// More issues than ids are reserved for.
    #[error("the sandbox has at most {most} issues, not {asked}")]
    TooManyIssues {
        /// The number that was asked for.
        asked: usize,
        /// The most that there can be.
        most: u32,
    },
    /// The text of [`Faults::from_json`] is wrong.
    #[error("faults: {0}")]
    Faults(#[from] serde_json::Error),
}

const MOST_ISSUES: u32 = 10_000_000;

/// How long [`Sandbox::shutdown`] waits for answers that are still being sent.
const GRACE: Duration = Duration::from_millis(500);

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            issues: 250,
            seed: 0,
            latency: Duration::ZERO,
            port: 0,
            access_token_lifetime: Duration::from_secs(3_600),
            rotation_leeway: Duration::ZERO,
            quota: None,
            cache: 0,
            faults: Faults::default(),
        }
    }
}

impl Sandbox {
    /// Opens the port and answers from now on, on the current tokio runtime.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] when the port cannot be opened, [`SandboxError::TooManyIssues`].
    pub async fn start(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        let port = options.port;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listen = |source| SandboxError::Listen { port, source };
        let (site, refresh_token) = site(options)?;
        let doorway = Doorway(TcpListener::bind(address).await.map_err(listen)?);
        let url = format!("http://{}", doorway.local_addr().map_err(listen)?);
        let site = Arc::new(Site { url, ..site });
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router(&site).into_make_service_with_connect_info::<Line>();
        let server = axum::serve(doorway, service).with_graceful_shutdown(async {
            // An error means that the handle was dropped, which stops the server as well.
            let _ = stopped.await;
        });
        let server = tokio::spawn(async {
            // Serving never ends with an error: failed accepts are tried again.
            let _ = server.await;
        });
        Ok(Sandbox { site, refresh_token, stop: Some(stop), server })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.site.url
    }

    /// The variables that `pipelines/jira.yaml` reads. `JIRA_ACCESS_TOKEN` is not among them, so that a run
    /// begins with a refresh; `JIRA_REFRESH_TOKEN` is the first of its family and used up by that.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let url = self.url();
        vec![
            ("JIRA_BASE_URL", format!("{url}/ex/jira/{CLOUD_ID}/rest/api/2")),
            ("JIRA_SITE", url.to_owned()),
            ("JIRA_AUTH_URL", format!("{url}/oauth/token")),
            ("JIRA_CLIENT_ID", CLIENT_ID.to_owned()),
            ("JIRA_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("JIRA_REFRESH_TOKEN", self.refresh_token.clone()),
            ("JIRA_EMAIL", EMAIL.to_owned()),
            ("JIRA_API_TOKEN", API_TOKEN.to_owned()),
        ]
    }

    /// What has been asked so far.
    pub fn stats(&self) -> SandboxStats {
        self.site.counters.snapshot()
    }

    /// Replaces all faults, and their tallies, by these.
    pub fn set_faults(&self, faults: Faults) {
        *self.site.faults() = FaultSchedule::new(faults);
    }

    /// Lets tokens age without waiting.
    pub fn advance_clock(&self, by: Duration) {
        self.site.clock.advance(by);
    }

    /// Changes issue `ABC-number` at this time, in milliseconds since 1970, which is then its `updated`.
    pub fn edit_issue(&self, number: u32, at_ms: i64) {
        self.site.dataset.edit(number, at_ms);
    }

    /// Closes the port, lets answers that are being sent end for half a second, and stops.
    pub async fn shutdown(mut self) {
        self.stop.take();
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

/// The site before it has a URL, and the refresh token of its first grant.
pub(crate) fn site(options: SandboxOptions) -> Result<(Site, String), SandboxError> {
    let too_many = SandboxError::TooManyIssues { asked: options.issues, most: MOST_ISSUES };
    let issues =
        u32::try_from(options.issues).ok().filter(|issues| *issues <= MOST_ISSUES).ok_or(too_many)?;
    let clock = Clock::new();
    let mut grants = Grants::new(TokenPolicy {
        access_token_lifetime: options.access_token_lifetime,
        rotation_leeway: options.rotation_leeway,
    });
    let first = grants.grant(INITIAL_SCOPE, clock.now());
    let refresh_token = first.refresh_token.expect("the initial scope has offline_access");
    let site = Site {
        url: String::new(),
        seed: options.seed,
        latency: options.latency,
        dataset: Dataset::new(options.seed, issues),
        clock,
        counters: Counters::default(),
        grants: Mutex::new(grants),
        meter: Meter::new(options.quota),
        cache: PageCache::new(options.cache),
        faults: Mutex::new(FaultSchedule::new(options.faults)),
    };
    Ok((site, refresh_token))
}
