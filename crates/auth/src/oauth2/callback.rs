//! Listens for the browser that comes back from the authorize page (RFC 8252 §7.3).

use std::{io, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use pipeline_transport::is_loopback;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::{Host, Url};

use super::{LoginAttempt, LoginError};

/// Enough for the longest code seen, and no more than anybody should send.
const MAX_HEAD: usize = 64 * 1024;
/// Browsers open connections on suspicion and send nothing; those must not keep the answer waiting.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(20);
/// More than a browser opens to one host.
const MAX_CONNECTIONS: usize = 32;

/// Ears at the callback of an application.
#[derive(Debug)]
pub struct CallbackListener {
    first: TcpListener,
    /// `localhost` may mean either family of addresses to a browser.
    second: Option<TcpListener>,
    redirect_url: Url,
}

/// What one request was.
enum Visit {
    /// The browser with the answer: the address it was sent to.
    Answer(String),
    /// Anything else: an icon, a scanner, a connection without request.
    Stray,
}

impl CallbackListener {
    /// Whether this program can be what `redirect_url` leads to: plain HTTP on this machine.
    pub fn can_listen(redirect_url: &str) -> bool {
        Url::parse(redirect_url).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url))
    }

    /// Listens at exactly this host, port and path from now on.
    ///
    /// # Errors
    /// [`LoginError::Listen`], for example when the port is taken.
    pub async fn bind(redirect_url: &str) -> Result<Self, LoginError> {
        let error = |source| LoginError::Listen { redirect_url: redirect_url.to_owned(), source };
        let url: Url = redirect_url.parse().map_err(|problem| error(io::Error::other(problem)))?;
        let port = url.port_or_known_default().unwrap_or(80);
        let (first, second) = match url.host() {
            Some(Host::Ipv4(address)) => (TcpListener::bind((address, port)).await, None),
            Some(Host::Ipv6(address)) => (TcpListener::bind((address, port)).await, None),
            // Machines without IPv6 have no second address.
            _ => (TcpListener::bind(("127.0.0.1", port)).await, TcpListener::bind(("::1", port)).await.ok()),
        };
        Ok(Self { first: first.map_err(error)?, second, redirect_url: url })
    }

    /// Waits for the answer to `attempt` and gives the address that the browser was sent to.
    ///
    /// Answers to other logins are turned away, in the browser and in the log.
    ///
    /// # Errors
    /// [`LoginError::Timeout`], [`LoginError::Refused`], [`LoginError::Listen`].
    pub async fn wait(&self, attempt: &LoginAttempt, timeout: Duration) -> Result<String, LoginError> {
        let answer = tokio::time::timeout(timeout, self.answer(attempt)).await;
        answer.map_err(|_| LoginError::Timeout(timeout))?
    }

    async fn answer(&self, attempt: &LoginAttempt) -> Result<String, LoginError> {
        let mut visits = FuturesUnordered::new();
        loop {
            let accepted = tokio::select! {
                Some(visit) = visits.next() => {
                    if let Visit::Answer(redirected) = visit {
                        // A refusal ends the login; the caller finds it in the address again.
                        return Ok(redirected);
                    }
                    continue;
                }
                accepted = self.accept(), if visits.len() < MAX_CONNECTIONS => accepted,
            };
            match accepted {
                Ok(stream) => visits.push(self.visit(stream, attempt)),
                // A connection that was gone before it was accepted; out of files, the others end soon.
                Err(error) => {
                    tracing::debug!(%error, "a connection to the callback was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = match &self.second {
            Some(second) => tokio::select! {
                accepted = self.first.accept() => accepted?,
                accepted = second.accept() => accepted?,
            },
            None => self.first.accept().await?,
        };
        Ok(stream)
    }

    async fn visit(&self, mut stream: TcpStream, attempt: &LoginAttempt) -> Visit {
        let visit = async {
            let target = read_target(&mut stream).await?;
            let (status, text, visit) = self.judge(target.as_deref(), attempt);
            stream.write_all(page(status, text).as_bytes()).await?;
            stream.shutdown().await?;
            // Until the browser has read it and closes; closing first may destroy what it has not read yet.
            let _ = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut [0; 512])).await;
            Ok::<Visit, io::Error>(visit)
        };
        match tokio::time::timeout(CONNECTION_PATIENCE, visit).await {
            Ok(Ok(visit)) => visit,
            _ => Visit::Stray,
        }
    }

    /// What a request for `target` is, and what to say to it.
    fn judge(&self, target: Option<&str>, attempt: &LoginAttempt) -> (&'static str, &'static str, Visit) {
        let url = target.and_then(|target| self.redirect_url.join(target).ok());
        let Some(url) = url.filter(|url| url.path() == self.redirect_url.path()) else {
            return ("404 Not Found", "There is nothing here.", Visit::Stray);
        };
        match attempt.code(url.as_str()) {
            Ok(_) => (
                "200 OK",
                "The answer has arrived. You can close this page; the terminal tells how the login ended.",
                Visit::Answer(url.into()),
            ),
            Err(LoginError::Refused { .. }) => {
                ("200 OK", "The login was refused; the terminal tells why.", Visit::Answer(url.into()))
            }
            Err(LoginError::WrongState) => {
                tracing::warn!(
                    "the answer to another login came in and was turned away: its `state` is not ours"
                );
                (
                    "400 Bad Request",
                    "This is the answer to another login. Open the address that the terminal shows now.",
                    Visit::Stray,
                )
            }
            Err(_) => ("400 Bad Request", "There is no code in this address.", Visit::Stray),
        }
    }
}

/// Reads the head of a request; its target if it is a `GET`.
async fn read_target(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {
                let is_get = request.method == Some("GET");
                return Ok(request.path.filter(|_| is_get).map(str::to_owned));
            }
            Ok(httparse::Status::Partial) if head.len() < MAX_HEAD => {}
            _ => return Ok(None),
        }
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A page that takes the code out of the browser's address bar and history.
fn page(status: &str, text: &str) -> String {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pipeline</title>\
         <style>body{{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:20vh auto;padding:0 1em}}</style>\
         <script>history.replaceState(null,'',location.pathname)</script><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{html}",
        html.len()
    )
}
