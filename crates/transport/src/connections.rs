//! The clients of HTTP below ours: through the proxy, if there is one, and for this machine.

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use url::Url;

use crate::{
    attempt::Failure,
    buffers::Buffers,
    error::TransportError,
    limits::Limits,
    reach::{OutOfReach, Reach, Resolved, Resolver},
    safety::is_loopback,
};

/// Each is made by the first request that needs it: reading the certificates of the system takes milliseconds, and a
/// system may have none.
pub(crate) struct Connections {
    connect_timeout: Duration,
    read_timeout: Duration,
    proxy: Option<reqwest::Proxy>,
    /// What bodies are read into.
    pub(crate) buffers: Buffers,
    /// Those of `ca_file`.
    authorities: Vec<reqwest::Certificate>,
    /// By from where their requests come: a connection of one must not be used for what another may not reach.
    remote: [Made; 3],
    resolved: Resolved,
    /// From where hosts could be reached when they first answered.
    reached: Mutex<HashMap<String, Reach>>,
    /// The host of `proxy`.
    proxy_host: Option<String>,
    /// A proxy could not reach this machine.
    loopback: Made,
    /// The same without TLS, and so without certificates.
    plain_loopback: Made,
}

/// What is wrong in words, where it could not be made.
type Made = OnceLock<Result<reqwest::Client, String>>;

impl Connections {
    /// Reads the settings, and opens nothing.
    ///
    /// # Errors
    /// [`TransportError::Settings`] when the proxy or the CA file cannot be used.
    pub(crate) fn new(limits: &Limits) -> Result<Self, TransportError> {
        let proxy = limits.proxy.as_ref().map(|proxy| {
            reqwest::Proxy::all(proxy.as_str()).map_err(|_| TransportError::Settings {
                problem: "`proxy` is not the address of a proxy".into(),
            })
        });
        Ok(Self {
            connect_timeout: limits.connect_timeout,
            read_timeout: limits.read_timeout,
            proxy: proxy.transpose()?,
            authorities: authorities(limits)?,
            buffers: Buffers::default(),
            remote: Default::default(),
            resolved: Resolved::default(),
            reached: Mutex::default(),
            proxy_host: limits.proxy.as_ref().and_then(Url::host_str).map(str::to_owned),
            loopback: Made::new(),
            plain_loopback: Made::new(),
        })
    }

    /// The client for this address, where something with this reach leads there.
    ///
    /// # Errors
    /// [`Failure::Redirect`] where it must not, [`Failure::Hopeless`], such as on a system without certificates.
    pub(crate) fn to(&self, url: &Url, from: Reach) -> Result<&reqwest::Client, Failure> {
        if let Some(reach) = Reach::of_url(url).filter(|reach| *reach < from) {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Failure::Redirect(OutOfReach { host, reach }.to_string()));
        }
        let made = match (is_loopback(url), url.scheme()) {
            (true, "http") => {
                self.plain_loopback.get_or_init(|| build(self.builder().no_proxy().tls_certs_only([])))
            }
            (true, _) => self.loopback.get_or_init(|| build(self.trusting().no_proxy())),
            (false, _) => self.remote[from as usize].get_or_init(|| {
                let (proxy, resolved) = (self.proxy_host.clone(), self.resolved.clone());
                let builder = self.trusting().dns_resolver(Arc::new(Resolver { from, proxy, resolved }));
                build(match &self.proxy {
                    Some(proxy) => builder.proxy(proxy.clone()),
                    None => builder,
                })
            }),
        };
        made.as_ref().map_err(|problem| Failure::Hopeless(problem.clone()))
    }

    /// Notes from where the server can be reached that has answered.
    pub(crate) fn answered(&self, url: &Url, remote: Option<SocketAddr>) -> Reach {
        let reach = self.resolved.reach(url, remote);
        let host = url.host_str().unwrap_or_default().to_owned();
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).entry(host).or_insert(reach);
        reach
    }

    /// From where the host of `url` could be reached when it first answered.
    pub(crate) fn reach(&self, url: &Url) -> Option<Reach> {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.get(url.host_str()?).copied()
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("pipeline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            // Redirects and retries are ours: theirs know neither credentials nor limits.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
    }

    fn trusting(&self) -> reqwest::ClientBuilder {
        let builder = self.builder();
        // None at all would mean that those of the system do not count.
        match self.authorities.is_empty() {
            true => builder,
            false => builder.tls_certs_merge(self.authorities.clone()),
        }
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    // reqwest asks the process for its TLS provider. An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder.build().map_err(|error| {
        let problem = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        match problem.contains("No CA certificates") {
            true => "this system has no certificates of authorities; install its package `ca-certificates`, or name a file \
                     with them as SSL_CERT_FILE"
                .into(),
            false => problem,
        }
    })
}

/// The certificates of `ca_file`.
fn authorities(limits: &Limits) -> Result<Vec<reqwest::Certificate>, TransportError> {
    let Some(path) = &limits.ca_file else { return Ok(Vec::new()) };
    let refuse = |problem: &dyn fmt::Display| TransportError::Settings {
        problem: format!("`ca_file` {}: {problem}", path.display()),
    };
    let pem = std::fs::read(path).map_err(|error| refuse(&error))?;
    let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| refuse(&error))?;
    if authorities.is_empty() {
        return Err(refuse(&"there is no certificate in it"));
    }
    Ok(authorities)
}
