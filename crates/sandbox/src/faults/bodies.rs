//! Bodies that break, crawl or never end.

use std::io;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::stream::{self, Stream};

use crate::connection::Line;

/// The first `length` bytes, then an error, on which hyper gives the connection up.
pub(super) fn broken(body: &Bytes, length: usize, line: Option<Line>) -> Body {
    let head = body.slice(..length.min(body.len()));
    Body::from_stream(stream::unfold(Some(head), move |head| {
        let line = line.clone();
        async move {
            if let Some(head) = head.filter(|head| !head.is_empty()) {
                return Some((Ok(head), Some(Bytes::new())));
            }
            flushed().await;
            line.as_ref().inspect(|line| line.cut());
            Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
        }
    }))
}

/// The whole body in pieces of `chunk` bytes, each after `delay`.
pub(super) fn slow(body: Bytes, chunk: usize, delay: Duration) -> Body {
    let chunk = chunk.max(1);
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(delay).await;
        let piece = rest.split_to(chunk.min(rest.len()));
        Some((Ok::<_, io::Error>(piece), rest))
    }))
}

/// `{"padding":"xxx…"}` of `bytes` bytes, in pieces, so that its length is known only at the end.
pub(super) fn oversize(bytes: u64) -> Body {
    const HEAD: &str = "{\"padding\":\"";
    const TAIL: &str = "\"}";
    let filling = bytes.saturating_sub((HEAD.len() + TAIL.len()) as u64);
    let pieces = padding(filling);
    let whole = futures::StreamExt::chain(
        futures::StreamExt::chain(stream::iter([Bytes::from_static(HEAD.as_bytes())]), pieces),
        stream::iter([Bytes::from_static(TAIL.as_bytes())]),
    );
    Body::from_stream(futures::StreamExt::map(whole, Ok::<_, io::Error>))
}

fn padding(bytes: u64) -> impl Stream<Item = Bytes> {
    const PIECE: &[u8] = &[b'x'; 64 * 1024];
    stream::unfold(bytes, |left| async move {
        let piece = left.min(PIECE.len() as u64);
        (piece > 0).then(|| (Bytes::from_static(&PIECE[..piece as usize]), left - piece))
    })
}

/// The body with two bytes inside its first string value that no UTF-8 has; appended where there is none.
pub(super) fn invalid_utf8(body: &Bytes) -> Bytes {
    const VALUE: &[u8] = b"\":\"";
    let at = body.windows(VALUE.len()).position(|window| window == VALUE);
    let at = at.map_or(body.len(), |at| at + VALUE.len());
    let mut spoilt = BytesMut::with_capacity(body.len() + 2);
    spoilt.extend_from_slice(&body[..at]);
    spoilt.extend_from_slice(&[0xC3, 0x28]);
    spoilt.extend_from_slice(&body[at..]);
    spoilt.freeze()
}

/// Gives hyper the turn in which it writes out what it has; an error that comes with the last bytes would
/// otherwise take them along.
async fn flushed() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}
