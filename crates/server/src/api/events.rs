//! `/api/events`: what happens, as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, stream};
use pipeline_scheduler::FeedKind;

use crate::AppState;

/// Proxies end connections that are silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Events from now on, or after the one that the browser says it saw last.
///
/// Nothing is kept per reader: each goes through the server's own ring of events. One that is too slow finds its place gone;
/// it is told to ask for everything again, and goes on from there.
pub(super) async fn events(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let start = match seen {
        Some(id) => Place::of(id, &state.boot),
        None => Place::At(state.supervisor.feed().last()),
    };
    Sse::new(stream::unfold((state, start), next)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Where a reader is.
enum Place {
    /// It has seen everything up to here.
    At(u64),
    /// What it saw last is gone.
    Lost,
}

impl Place {
    fn of(id: &str, boot: &str) -> Self {
        let number =
            id.split_once('-').filter(|(of, _)| *of == boot).and_then(|(_, number)| number.parse().ok());
        number.map_or(Self::Lost, Self::At)
    }
}

async fn next((state, place): (AppState, Place)) -> Option<(Result<Event, Infallible>, (AppState, Place))> {
    if let Place::At(after) = place
        && let Ok(event) = state.supervisor.feed().next(after).await
    {
        let shown = event_of(&state.boot, event.number, &event.kind);
        return Some((Ok(shown), (state, Place::At(event.number))));
    }
    let last = state.supervisor.feed().last();
    let shown = event_of(&state.boot, last, &FeedKind::PipelinesChanged {});
    Some((Ok(shown), (state, Place::At(last))))
}

fn event_of(boot: &str, number: u64, kind: &FeedKind) -> Event {
    let event = Event::default().id(format!("{boot}-{number}")).event(kind.name());
    // Text and numbers only.
    event.json_data(kind).unwrap_or_default()
}
