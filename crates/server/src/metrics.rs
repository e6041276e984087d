//! `/healthz` and `/metrics`.

use std::fmt::Write;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use pipeline_history::RunOutcome;
use pipeline_scheduler::PipelineStatus;
use serde_json::json;

use crate::AppState;

/// Alive, since it answers; ready unless something says otherwise.
pub(crate) async fn health(State(state): State<AppState>) -> Response {
    let mut reasons = Vec::new();
    if state.supervisor.is_draining() {
        reasons.push("the server is being stopped".to_owned());
    }
    if state.supervisor.folder_problem().is_some() {
        reasons.push(
            "the folder of pipelines is gone; the last good plans go on, and the log of the server names it"
                .to_owned(),
        );
    }
    if let Err(error) = state.supervisor.history().runs(None, 1) {
        // Everybody may ask this, and the error names a file.
        tracing::warn!(%error, "not ready");
        reasons
            .push("the run history cannot be read or written; the log of the server says which".to_owned());
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let broken = state.supervisor.pipelines().iter().filter(|pipeline| pipeline.problems.is_some()).count();
    (
        status,
        Json(json!({"live": true, "ready": reasons.is_empty(), "reasons": reasons, "brokenFiles": broken})),
    )
        .into_response()
}

/// Prometheus' text format 0.0.4.
pub(crate) async fn metrics(State(state): State<AppState>) -> Response {
    let text = text(&state.supervisor.pipelines());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// One family: its name, kind and help, and a value per pipeline.
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: fn(&PipelineStatus) -> Option<f64>,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "pipeline_rows_total",
        kind: "counter",
        help: "Rows written since the server began.",
        value: |status| Some(status.totals.rows as f64),
    },
    Family {
        name: "pipeline_pages_total",
        kind: "counter",
        help: "Pages fetched since the server began.",
        value: |status| Some(status.totals.pages as f64),
    },
    Family {
        name: "pipeline_page_bytes_total",
        kind: "counter",
        help: "Bytes of pages since the server began.",
        value: |status| Some(status.totals.bytes as f64),
    },
    Family {
        name: "pipeline_http_retries_total",
        kind: "counter",
        help: "HTTP requests that were repeated after a failure.",
        value: |status| Some(status.totals.retries as f64),
    },
    Family {
        name: "pipeline_skipped_runs_total",
        kind: "counter",
        help: "Planned runs that were left out.",
        value: |status| Some(status.totals.skipped as f64),
    },
    Family {
        name: "pipeline_last_success_timestamp_seconds",
        kind: "gauge",
        help: "When a run last ended well.",
        value: |status| status.totals.last_success.map(|time| time.as_second() as f64),
    },
    Family {
        name: "pipeline_next_run_timestamp_seconds",
        kind: "gauge",
        help: "When the next planned run begins.",
        value: |status| Some(status.schedule.as_ref()?.next?.as_second() as f64),
    },
    Family {
        name: "pipeline_running",
        kind: "gauge",
        help: "Whether a run is under way here.",
        value: |status| Some(f64::from(u8::from(status.running.is_some()))),
    },
    Family {
        name: "pipeline_file_broken",
        kind: "gauge",
        help: "Whether the file is wrong, so that the last good plan is in use.",
        value: |status| Some(f64::from(u8::from(status.problems.is_some()))),
    },
];

/// Outcomes that are told of each pipeline, also while there are none: an alert on growth needs the zero.
const OUTCOMES: [RunOutcome; 4] =
    [RunOutcome::Done, RunOutcome::Failed, RunOutcome::Quota, RunOutcome::Interrupted];

pub(crate) fn text(pipelines: &[PipelineStatus]) -> String {
    let mut text = String::new();
    for family in FAMILIES {
        head(&mut text, (family.name, family.kind, family.help));
        for status in pipelines {
            if let Some(value) = (family.value)(status) {
                line(&mut text, (family.name, &label(&status.id)), value);
            }
        }
    }
    head(&mut text, ("pipeline_runs_total", "counter", "Ended runs by outcome since the server began."));
    for status in pipelines {
        for outcome in OUTCOMES {
            let known = status.totals.outcomes.iter().find(|(known, _)| *known == outcome);
            let labels = format!("{},outcome=\"{}\"", label(&status.id), outcome.word());
            line(&mut text, ("pipeline_runs_total", &labels), known.map_or(0, |(_, count)| *count) as f64);
        }
    }
    durations(&mut text, pipelines);
    text
}

fn durations(text: &mut String, pipelines: &[PipelineStatus]) {
    const NAME: &str = "pipeline_run_duration_seconds";
    head(text, (NAME, "histogram", "How long runs take."));
    for status in pipelines {
        let label = label(&status.id);
        let mut count = 0;
        for (end, sum) in status.totals.buckets() {
            let end = if end.is_finite() { end.to_string() } else { "+Inf".into() };
            line(text, (&format!("{NAME}_bucket"), &format!("{label},le=\"{end}\"")), sum as f64);
            count = sum;
        }
        line(text, (&format!("{NAME}_sum"), &label), status.totals.seconds);
        line(text, (&format!("{NAME}_count"), &label), count as f64);
    }
}

fn head(text: &mut String, (name, kind, help): (&str, &str, &str)) {
    // Writing to a text cannot fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, (name, labels): (&str, &str), value: f64) {
    let _ = writeln!(text, "{name}{{{labels}}} {value}");
}

fn label(id: &str) -> String {
    let escaped = id.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
    format!("pipeline=\"{escaped}\"")
}
