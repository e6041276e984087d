//! Sends runs, tables, requests and conversions as traces over OpenTelemetry's protocol (OTLP over HTTP), where the
//! standard variables name a collector: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME` and
//! their like (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use pipeline_transport::SPANS;
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::terminal::Terminal;

/// What the collector calls us, where no variable does.
const SERVICE: &str = "pipeline";
/// Either of them turns traces on.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// Spans on their way to the collector.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: Option<SdkTracerProvider>,
    terminal: Terminal,
}

/// Begins to collect spans, where there is somebody to send them to.
pub(crate) fn start<S>(terminal: Terminal) -> (Traces, Option<impl Layer<S>>)
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let is_wanted =
        ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let provider = if is_wanted { provider(terminal) } else { None };
    let layer = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE));
        // Events are log lines, which have passed no redactor here.
        layer.with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == SPANS))
    });
    (Traces { provider, terminal }, layer)
}

fn provider(terminal: Terminal) -> Option<SdkTracerProvider> {
    let exporter = match opentelemetry_otlp::SpanExporter::builder().with_http().build() {
        Ok(exporter) => exporter,
        Err(error) => {
            terminal.complain(format!("warning: no traces are sent: {error}"));
            return None;
        }
    };
    let mut resource = opentelemetry_sdk::Resource::builder();
    if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(SERVICE);
    }
    Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

impl Traces {
    /// Sends what is left; a collector that is away costs a message, and no run.
    pub(crate) fn finish(self) {
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown()) {
            self.terminal.complain(format!("warning: the last traces were not sent: {error}"));
        }
    }
}
