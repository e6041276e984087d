//! Connections: how many there may be, and how long one may say nothing.
//!
//! Whoever reaches the port can open connections, without any token. So there is a number of them that leaves descriptors for
//! runs; where it is reached, the connection that has waited longest for a request is closed in favour of the new one. A head
//! that is not there in time ends its connection.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use hyper::{
    body::{Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long the head of a request may take; also how long a connection may wait for the next one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// More browsers and programs than a team has.
const MAX_CONNECTIONS: usize = 512;
/// How long nothing is accepted after the system has refused a connection, for want of descriptors mostly.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is at the other end; an extension of each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Serves whoever connects, until it is dropped.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let (limit, known) = (limit(), Known::default());
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                while tasks.len() >= limit {
                    // Where all are being answered, the new one waits for the first of them.
                    known.end_idle();
                    tasks.join_next().await;
                }
                tasks.spawn(answer(stream, peer, (router.clone(), known.begin())));
            }
            Err(error) => {
                tracing::debug!(%error, "no connection could be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// A quarter of the descriptors, for runs need the others.
fn limit() -> usize {
    #[cfg(unix)]
    {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let quarter = descriptors.and_then(|limit| usize::try_from(limit / 4).ok());
        quarter.unwrap_or(MAX_CONNECTIONS).clamp(8, MAX_CONNECTIONS)
    }
    #[cfg(not(unix))]
    MAX_CONNECTIONS
}

async fn answer(stream: TcpStream, peer: SocketAddr, (router, connection): (Router, Arc<Connection>)) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let busy = connection.busy();
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let answered = router.clone().oneshot(request);
        async move {
            let response: Response = answered.await?;
            Ok::<_, std::convert::Infallible>(response.map(|body| Answering { body, _busy: busy }))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let served = http.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A head that is none, or a browser that has gone, is no fault of ours.
        ended = served => ended.unwrap_or_else(|error| tracing::debug!(%error, "a connection has ended")),
        () = connection.end.cancelled() => {}
    }
}

/// The connections there are.
#[derive(Debug, Default)]
struct Known(Mutex<Vec<Arc<Connection>>>);

impl Known {
    fn begin(&self) -> Arc<Connection> {
        let connection = Arc::new(Connection::default());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whose task has ended is held here alone.
        known.retain(|connection| Arc::strong_count(connection) > 1);
        known.push(Arc::clone(&connection));
        connection
    }

    /// Ends the connection that has waited longest for a request, if one waits.
    fn end_idle(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = known.iter().enumerate().filter_map(|(place, connection)| {
            let since = connection.idle_since()?;
            (Arc::strong_count(connection) > 1).then_some((since, place))
        });
        if let Some((_, place)) = idle.min() {
            known.swap_remove(place).end.cancel();
        }
    }
}

/// One connection.
#[derive(Debug)]
struct Connection {
    /// `None` while a request is being answered.
    idle_since: Mutex<Option<Instant>>,
    end: CancellationToken,
}

impl Default for Connection {
    fn default() -> Self {
        Self { idle_since: Mutex::new(Some(Instant::now())), end: CancellationToken::new() }
    }
}

impl Connection {
    fn idle_since(&self) -> Option<Instant> {
        *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(self: &Arc<Self>) -> Busy {
        *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Busy(Arc::clone(self))
    }
}

/// Kept while a request is being answered.
#[derive(Debug)]
struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// The body of an answer, such as a stream of events.
struct Answering {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
