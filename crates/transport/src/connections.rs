//! The clients of HTTP below ours: through the proxy, if there is one, and for this machine.

use std::{fmt, sync::OnceLock, time::Duration};

use url::Url;

use crate::{attempt::Failure, buffers::Buffers, error::TransportError, limits::Limits, safety::is_loopback};

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
    remote: Made,
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
            remote: Made::new(),
            loopback: Made::new(),
            plain_loopback: Made::new(),
        })
    }

    /// The client for this address.
    ///
    /// # Errors
    /// [`Failure::Hopeless`], such as on a system without certificates.
    pub(crate) fn to(&self, url: &Url) -> Result<&reqwest::Client, Failure> {
        let made = match (is_loopback(url), url.scheme()) {
            (true, "http") => {
                self.plain_loopback.get_or_init(|| build(self.builder().no_proxy().tls_certs_only([])))
            }
            (true, _) => self.loopback.get_or_init(|| build(self.trusting().no_proxy())),
            (false, _) => self.remote.get_or_init(|| {
                let builder = self.trusting();
                build(match &self.proxy {
                    Some(proxy) => builder.proxy(proxy.clone()),
                    None => builder,
                })
            }),
        };
        made.as_ref().map_err(|problem| Failure::Hopeless(problem.clone()))
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
