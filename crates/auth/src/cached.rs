//! A token that can be had again at any time, and is kept in memory while it is good.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pipeline_config::Secret;
use pipeline_transport::{Client, Request, Response};
use tokio::sync::Mutex;

use crate::{Again, AuthError, Authenticator, Credential, tokens::is_due};

/// Where a token comes from.
#[async_trait]
pub(crate) trait TokenSource: Debug + Send + Sync {
    /// A new token, and how long it is good for where that is known.
    async fn fetch(&self) -> Result<Fetched, AuthError>;
}

/// A token that has just come.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) token: Secret,
    pub(crate) lifetime: Option<Duration>,
}

/// Sends the token of a source in a header, and gets another when it ends or is refused.
#[derive(Debug)]
pub(crate) struct Cached<S> {
    source: S,
    client: Client,
    header: String,
    /// Stands before the token, such as `Bearer`; empty for none.
    scheme: String,
    /// Held across the wait for the source: one request per process, the rest wait for its result.
    current: Mutex<Current>,
}

#[derive(Debug, Default)]
struct Current {
    generation: u64,
    token: Option<Held>,
}

#[derive(Debug)]
struct Held {
    value: Secret,
    ends: Option<Timestamp>,
    lifetime: Option<Duration>,
}

impl<S> Cached<S> {
    /// As RFC 6750 §2.1 has it.
    pub(crate) fn bearer(source: S, client: Client) -> Self {
        Self::new(source, client, ("Authorization".into(), "Bearer".into()))
    }

    pub(crate) fn new(source: S, client: Client, (header, scheme): (String, String)) -> Self {
        Self { source, client, header, scheme, current: Mutex::default() }
    }
}

#[async_trait]
impl<S: TokenSource> Authenticator for Cached<S> {
    async fn authorize(&self, request: &mut Request) -> Result<Credential, AuthError> {
        let mut current = self.current.lock().await;
        let now = self.client.clock().now();
        let is_good = current.token.as_ref().is_some_and(|held| !is_due(held.ends, held.lifetime, now));
        if !is_good {
            let Fetched { token, lifetime } = self.source.fetch().await?;
            self.client.redactor().add(&token);
            let value = format!("{} {}", self.scheme, token.expose()).trim_start().to_owned();
            let ends = lifetime
                .and_then(|lifetime| now.saturating_add(SignedDuration::try_from(lifetime).ok()?).ok());
            tracing::debug!(?ends, "got an access token");
            current.token = Some(Held { value: Secret::new(value), ends, lifetime });
            current.generation += 1;
        }
        let held = current.token.as_ref().expect("it was just put there");
        request.set_credential_header(&self.header, held.value.clone());
        Ok(Credential { generation: current.generation, ends: held.ends, is_of_unknown_age: false })
    }

    async fn rejected(&self, credential: &Credential, response: &Response) -> Result<Again, AuthError> {
        if !credential.may_have_ended(response.status, self.client.clock().now()) {
            return Ok(Again::No);
        }
        let mut current = self.current.lock().await;
        if current.generation == credential.generation {
            current.token = None;
        }
        Ok(Again::Yes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use pipeline_transport::{Limits, ManualClock, Method, Redactor};

    use super::*;

    #[derive(Debug)]
    struct Counting(AtomicU64);

    #[async_trait]
    impl TokenSource for Counting {
        async fn fetch(&self) -> Result<Fetched, AuthError> {
            tokio::task::yield_now().await;
            let n = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(Fetched { token: Secret::new(format!("token-{n}")), lifetime: Some(Duration::from_secs(100)) })
        }
    }

    async fn sent(auth: &Cached<Counting>) -> (Credential, String) {
        let mut request = Request::new(Method::Get, "https://x.test/".parse().unwrap());
        let credential = auth.authorize(&mut request).await.unwrap();
        let value = request.credential_headers().next().unwrap().1.expose().to_owned();
        (credential, value)
    }

    #[tokio::test]
    async fn fetches_once_until_the_token_ends_or_is_refused() {
        let clock = Arc::new(ManualClock::new("2026-03-02T10:00:00Z".parse().unwrap()));
        let client = Client::with(Limits::default(), Redactor::default(), clock.clone(), None).unwrap();
        let auth = Cached::bearer(Counting(AtomicU64::new(0)), client);
        let (first, second) = tokio::join!(sent(&auth), sent(&auth));
        assert_eq!((first.1.as_str(), second.1.as_str()), ("Bearer token-1", "Bearer token-1"));
        clock.advance(Duration::from_secs(89));
        assert_eq!(sent(&auth).await.1, "Bearer token-1");
        clock.advance(Duration::from_secs(1));
        assert_eq!(sent(&auth).await.1, "Bearer token-2", "a tenth of its life ahead of its end");
        let refused = |status| Response {
            status,
            headers: Default::default(),
            body: Default::default(),
            url: "https://x.test/".parse().unwrap(),
        };
        let credential = sent(&auth).await.0;
        assert_eq!(auth.rejected(&credential, &refused(403)).await.unwrap(), Again::No);
        assert_eq!(auth.rejected(&credential, &refused(401)).await.unwrap(), Again::Yes);
        assert_eq!(sent(&auth).await.1, "Bearer token-3");
        // Two requests were refused together; the second one finds the new token.
        assert_eq!(auth.rejected(&credential, &refused(401)).await.unwrap(), Again::Yes);
        assert_eq!(sent(&auth).await.1, "Bearer token-3");
        // Past its time a 403 or a 404 may mean that it has ended, as a 400 never does.
        clock.advance(Duration::from_secs(101));
        for (status, again) in [(400, Again::No), (403, Again::Yes), (404, Again::Yes)] {
            assert_eq!(auth.rejected(&credential, &refused(status)).await.unwrap(), again, "{status}");
        }
    }
}
