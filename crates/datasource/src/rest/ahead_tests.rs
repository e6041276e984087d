//! Pages fetched ahead against a server that is irregular, slow and broken in random ways: every row, once, in order.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request as HttpRequest,
    http::StatusCode,
    response::{IntoResponse, Response as HttpResponse},
};
use futures::TryStreamExt;
use pipeline_config::{Environment, Reader, Style};
use pipeline_query::QUERY_FIELDS;
use pipeline_transport::Redactor;
use proptest::prelude::*;

use super::*;

/// A server, and how it is asked.
#[derive(Debug, Clone)]
struct Case {
    total: usize,
    size: usize,
    concurrency: usize,
    pagination: Paging,
    /// Offsets at which a page comes with fewer records than it could have.
    short: HashSet<usize>,
    /// Positions whose first answers are broken, and how.
    faults: Vec<(usize, Fault)>,
    /// Milliseconds until an answer, by position.
    delays: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Paging {
    Offset(Told),
    PageNumber(Told),
}

/// Where the server says how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Body,
    Header,
    Nowhere,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Unavailable,
    TooMany,
    BrokenBody,
}

impl Case {
    fn query(&self) -> String {
        let size = self.size;
        let (kind, told) = match self.pagination {
            Paging::Offset(told) => {
                ("kind: offset, param: at", (told, "total: total", "total_header: x-total"))
            }
            Paging::PageNumber(told) => {
                let told = (told, "total_pages: pages", "total_pages_header: x-pages");
                ("kind: page_number, param: at, first: 0", told)
            }
        };
        let told = match told {
            (Told::Body, body, _) => body,
            (Told::Header, _, header) => header,
            (Told::Nowhere, ..) => "",
        };
        format!(
            "{{path: /rows, select: rows, pagination: {{{kind}, size: {size}, size_param: size, {told}}}}}"
        )
    }

    /// The records at a position, by the server.
    fn records(&self, at: usize) -> std::ops::Range<usize> {
        let (start, size) = match self.pagination {
            Paging::Offset(_) if self.short.contains(&at) => (at, self.size.div_ceil(2)),
            Paging::Offset(_) => (at, self.size),
            Paging::PageNumber(_) => (at * self.size, self.size),
        };
        start.min(self.total)..(start + size).min(self.total)
    }
}

struct Server {
    case: Case,
    broken: Mutex<HashSet<usize>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    async fn answer(self: Arc<Self>, request: HttpRequest) -> HttpResponse {
        let at =
            request.uri().query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("at="));
        let at: usize = at.and_then(|text| text.parse().ok()).unwrap_or(0);
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let delay = self.case.delays[at % self.case.delays.len()];
        tokio::time::sleep(Duration::from_millis(delay)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        let fault = self.case.faults.iter().find(|(place, _)| *place == at);
        if let Some((_, fault)) = fault.filter(|_| self.broken.lock().unwrap().insert(at)) {
            return match fault {
                Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                Fault::TooMany => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
                Fault::BrokenBody => {
                    let pieces = [Ok(Bytes::from_static(b"{\"rows\":[")), Err(std::io::Error::other("cut"))];
                    Body::from_stream(futures::stream::iter(pieces)).into_response()
                }
            };
        }
        let rows: Vec<usize> = self.case.records(at).collect();
        let (total, pages) = (self.case.total, self.case.total.div_ceil(self.case.size));
        let body = serde_json::json!({"rows": rows, "total": total, "pages": pages}).to_string();
        let headers = [
            ("x-total", total.to_string()),
            ("x-pages", pages.to_string()),
            ("content-type", "application/json".into()),
        ];
        (headers, body).into_response()
    }
}

/// The rows that come, and the most requests that were under way at once.
async fn rows(case: &Case) -> (Vec<usize>, usize) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Arc::new(Server {
        case: case.clone(),
        broken: Mutex::default(),
        running: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let answering = Arc::clone(&server);
    let router = Router::new().fallback(move |request: HttpRequest| Arc::clone(&answering).answer(request));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let reader = Reader::new(Environment::empty());
    let yaml = format!(
        "{{kind: rest, base_url: '{url}', limits: {{requests_per_second: 100000, backoff: 1ms, concurrency: {}}}}}",
        case.concurrency
    );
    let node = reader.parse("p.yaml", &yaml).unwrap();
    let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
    let state = tempfile::tempdir().unwrap();
    let context = DatasourceContext::new(Redactor::default(), state.path().to_owned());
    let datasource = (kind.build)(&section, &context);
    let query = reader.parse("query.yaml", &case.query()).unwrap();
    let query = Query::read(&Section::read(&reader, &query, QUERY_FIELDS), &Values::default());
    let (datasource, query) = reader.finish(datasource.zip(query), Style::Plain).unwrap();
    let pages: Vec<crate::Page> =
        datasource.pages(Arc::new(query), Arc::default()).try_collect().await.unwrap();
    serving.abort();
    let indexes: Vec<usize> = pages.iter().map(|page| page.index).collect();
    assert_eq!(indexes, (0..pages.len()).collect::<Vec<_>>(), "pages are numbered in order");
    let rows = pages.iter().flat_map(|page| {
        let body: serde_json::Value = serde_json::from_slice(&page.body).unwrap();
        let rows = body["rows"].as_array().unwrap().iter().map(|row| row.as_u64().unwrap() as usize);
        rows.collect::<Vec<_>>()
    });
    (rows.collect(), server.most.load(Ordering::SeqCst))
}

fn cases() -> impl Strategy<Value = Case> {
    let told = || prop_oneof![Just(Told::Body), Just(Told::Header), Just(Told::Nowhere)];
    let paging = prop_oneof![told().prop_map(Paging::Offset), told().prop_map(Paging::PageNumber)];
    let fault = prop_oneof![Just(Fault::Unavailable), Just(Fault::TooMany), Just(Fault::BrokenBody)];
    (0_usize..80, 1_usize..15, 1_usize..10, paging).prop_flat_map(
        move |(total, size, concurrency, pagination)| {
            let positions = 0..total.max(1) + size;
            (
                proptest::collection::hash_set(positions.clone(), 0..4),
                proptest::collection::vec((positions, fault.clone()), 0..4),
                proptest::collection::vec(0_u64..6, 1..8),
            )
                .prop_map(move |(short, faults, delays)| Case {
                    total,
                    size,
                    concurrency,
                    pagination,
                    short,
                    faults,
                    delays,
                })
        },
    )
}

/// `PIPELINE_TEST_CASES` asks for more.
fn n_cases() -> u32 {
    std::env::var("PIPELINE_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: n_cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_comes_once_and_in_order(case in cases()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (found, most) = runtime.block_on(rows(&case));
        prop_assert_eq!(found, (0..case.total).collect::<Vec<_>>());
        prop_assert!(most <= case.concurrency, "{most} at once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_really_are_under_way_side_by_side() {
    let case = Case {
        total: 60,
        size: 5,
        concurrency: 6,
        pagination: Paging::Offset(Told::Body),
        short: HashSet::new(),
        faults: Vec::new(),
        delays: vec![20],
    };
    let (found, most) = rows(&case).await;
    assert_eq!((found.len(), most), (60, 6));
}
