//! `kind: rest`: an HTTP API.

mod address;
#[cfg(test)]
mod ahead_tests;
mod base;
mod links;
mod paging;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use base::Base;
use pipeline_auth::{AuthContext, Authenticator, send_authorized};
use pipeline_config::{Field, Kind, Section, Shape, Template};
use pipeline_query::{Ask, AskBody, Decode, Query, Values};
use pipeline_transport::{
    Body, Client, LIMITS_FIELDS, Limits, Method, Repeat, Request, Response, SendError, StatsSnapshot,
    SystemClock, is_private, server_message,
};
use url::Url;

use crate::{
    Ahead, Datasource, DatasourceBuild, DatasourceContext, DatasourceError, PageStream, Shared, Tested,
    account::account,
    decode::Format,
    hints::{hint, patience},
    origin,
};

pub(crate) const KIND: Kind<DatasourceBuild> = Kind {
    name: "rest",
    summary: "An HTTP API that answers page by page, in JSON or in what can become JSON.",
    fields: &[
        Field::required(
            "base_url",
            Shape::Url,
            "What stands before every path; a query in it goes with every request. `[SITE_ID]` in it is replaced by the id of `site`.",
        ),
        Field::optional(
            "site",
            Shape::Text,
            "For `[SITE_ID]`: the address of your Atlassian site, such as `https://your-site.atlassian.net`; not needed \
             where the login may use only one.",
        ),
        Field::default("test_path", Shape::Text, "", "What `pipeline check` asks for."),
        Field::optional("headers", Shape::Map(&Shape::Text), "Headers for every request."),
        Field::optional("auth", Shape::Kind("auth"), "Who we are to the server; nobody without it."),
        Field::optional(
            "limits",
            Shape::Section(LIMITS_FIELDS),
            "What may be asked of the server and of our patience.",
        ),
    ],
    build,
};

#[derive(Debug)]
struct Rest {
    base: Base,
    test_path: String,
    headers: Vec<(String, String)>,
    auth: Arc<dyn Authenticator>,
    client: Client,
}

fn build(section: &Section<'_>, context: &DatasourceContext) -> Option<Arc<dyn Datasource>> {
    let reader = section.reader();
    let limits =
        section.section("limits", LIMITS_FIELDS).map_or_else(Limits::default, |limits| Limits::read(&limits));
    let clock = Arc::new(SystemClock);
    let (redactor, observer) = (context.redactor.clone(), context.observer.clone());
    let client = match &context.shared {
        Some(shared) => Client::with_turns((limits, Arc::clone(&shared.turns)), redactor, clock, observer),
        None => Client::with(limits, redactor, clock, observer),
    };
    let client =
        client.map_err(|error| reader.report(section.error("D002", "limits", error.to_string()))).ok()?;
    let auth_context = AuthContext::new(client.clone(), context.state.clone());
    let auth = match (&context.shared, section.node("auth")) {
        // The section is for the process that has the login.
        (Some(shared), _) => Some(Arc::clone(&shared.auth)),
        (None, Some(node)) => {
            let (auth, kind) = Section::read_kind(reader, node, pipeline_auth::KINDS, "auth")?;
            (kind.build)(&auth, &auth_context)
        }
        (None, None) => Some(pipeline_auth::anonymous()),
    };
    let base: Url = section.optional_text("base_url")?.parse().ok()?;
    if !is_private(&base) {
        let error = section.error("D001", "base_url", "a server elsewhere is not asked without encryption");
        reader.report(error.help("write `https://`; only a server on this machine is asked without"));
        return None;
    }
    let fixed = |(name, template): (String, Template)| (name, template.to_source());
    let headers = section.templates("headers").into_iter().map(fixed).collect();
    let auth = auth?;
    let site = section.optional_text("site");
    let base = Base::new(base, site);
    Some(Arc::new(Rest { base, test_path: section.text("test_path"), headers, auth, client }))
}

/// What to write where a page names an address at another server.
const ELSEWHERE: &str = "credentials go to the server of `base_url` alone: write the address that the server calls itself as \
                         `base_url`, or send what leads on yourself, as with `pagination: { kind: cursor, next: …, \
                         next_param: cursor, param: cursor }`";

/// One answered request.
struct Answered {
    request: Request,
    response: Response,
}

impl Rest {
    /// The request for `ask`, seen from `current`, the page before.
    fn request(&self, ask: &Ask, current: Option<&Url>, page: usize) -> Result<Request, DatasourceError> {
        let with_hint = |problem: String, hint: Option<&'static str>| {
            let place = self.client.redacted(current.unwrap_or(self.base.url())).to_string();
            DatasourceError::Body { page, place, problem, hint: hint.map(Into::into) }
        };
        let wrong = |problem: String| with_hint(problem, None);
        let mut url = self
            .join(&ask.path, current)
            .ok_or_else(|| wrong(format!("`{}` is not an address", ask.path)))?;
        let base = self.base.url();
        if url.scheme() == "http" && base.scheme() == "https" && url.host() == base.host() {
            // Servers behind a proxy that ends TLS write links as they see themselves.
            let _ = url.set_scheme("https");
        }
        // Credentials are for one server; a page must not be able to send them anywhere else.
        if url.origin() != base.origin() {
            let problem = format!("the next page would be at another server, {}", self.client.redacted(&url));
            return Err(with_hint(problem, Some(ELSEWHERE)));
        }
        // Servers do not write whoever asks into their links, and do not say who that is. Both fail only for addresses that have no
        // host.
        let _ = url.set_username(base.username());
        let _ = url.set_password(base.password());
        url = address::with_query_of(base, url);
        address::with_params(base, &mut url, &ask.params);
        let method = ask.method.parse().map_err(|_| wrong(format!("`{}` is no method", ask.method)))?;
        let mut request = Request::new(method, url);
        // A query reads, whatever its method, so sending it again does no harm.
        request.repeat = Repeat::Always;
        for (name, value) in &self.headers {
            request.headers.set(name.clone(), value.clone());
        }
        let mut own: Vec<&str> = Vec::new();
        for (name, value) in &ask.headers {
            // The query's headers replace the datasource's; given twice in the query, both are sent.
            match own.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                true => request.headers.add(name.clone(), value.clone()),
                false => request.headers.set(name.clone(), value.clone()),
            }
            own.push(name);
        }
        request.body = ask.body.as_ref().map(|body| match body {
            AskBody::Json(json) => Body::json(json.to_string()),
            AskBody::Written(json) => Body::json(json.clone()),
            AskBody::Form(pairs) => {
                Body::form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            }
        });
        Ok(request)
    }

    /// A path below the base; a link as browsers resolve it.
    fn join(&self, path: &str, current: Option<&Url>) -> Option<Url> {
        if let Some(current) = current {
            return current.join(path).ok();
        }
        // A link that was kept for another day; a path never has a scheme.
        if let Ok(link) = Url::parse(path)
            && link.has_host()
        {
            return Some(link);
        }
        let mut url = self.base.url().clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        if !path.is_empty() {
            let joined = format!("{}/{}", url.path().trim_end_matches('/'), path.trim_start_matches('/'));
            url.set_path(&joined);
        }
        url.set_query(query);
        Some(url)
    }

    /// Sends with a credential; an answer that is a refusal is an error.
    async fn send(&self, mut request: Request, page: usize) -> Result<Answered, DatasourceError> {
        let sent = send_authorized(&self.client, &*self.auth, &mut request).await;
        let response = sent.map_err(|error| match error {
            SendError::Authorize(error) => error.into(),
            SendError::Transport(source) => DatasourceError::Transport { page, source },
        })?;
        if response.is_success() {
            return Ok(Answered { request, response });
        }
        Err(self.refused(page, request.method, &response))
    }

    /// The error for an answer that is none, in the server's own words.
    fn refused(&self, page: usize, method: Method, response: &Response) -> DatasourceError {
        let message = server_message(response).map(|text| self.client.redactor().redact(&text).into_owned());
        let known = hint(response.status, &response.url, message.as_deref().unwrap_or_default());
        let asked = response.headers.get("retry-after").filter(|_| response.status >= 500);
        DatasourceError::Status {
            page,
            method,
            url: self.client.redacted(&response.url),
            status: response.status,
            hint: known
                .map(Into::into)
                .or_else(|| Some(patience(asked?, self.client.limits().max_wait)?.into())),
            message,
        }
    }

    /// What was asked and how it was answered, safe to print.
    fn place(&self, answered: &Answered) -> String {
        let (request, response) = (&answered.request, &answered.response);
        format!("{} {} ({})", request.method, self.client.redacted(&request.url), response.status)
    }
}

#[async_trait]
impl Datasource for Rest {
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
        paging::pages(self, query, values)
    }

    fn can_resume(&self) -> bool {
        true
    }

    fn ahead(&self) -> Ahead {
        let limits = self.client.limits();
        Ahead { n_queries: limits.concurrency, bytes: limits.read_ahead }
    }

    fn origin(&self) -> Vec<String> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut origin = vec![origin::of_address(self.base.written())];
        origin.extend(self.base.site().map(str::to_owned));
        origin.extend(origin::of_named(headers));
        origin
    }

    fn shared(&self) -> Option<Shared> {
        Some(Shared { auth: Arc::clone(&self.auth), turns: Arc::clone(self.client.turns()) })
    }

    async fn test(&self) -> Result<Tested, DatasourceError> {
        let ask = Ask {
            method: "GET".into(),
            path: self.test_path.clone(),
            params: vec![],
            headers: vec![],
            body: None,
        };
        let started = Instant::now();
        self.locate().await?;
        let mut request = self.request(&ask, None, 0)?;
        if request.headers.get("accept").is_none() {
            request.headers.set("Accept", Format::accept(Decode::Auto));
        }
        let answered = self.send(request, 0).await?;
        let url = self.client.redacted(&answered.response.url).to_string();
        let response = &answered.response;
        let account = account(&response.body);
        Ok(Tested { url, status: response.status, account, elapsed: started.elapsed() })
    }

    async fn locate(&self) -> Result<Option<String>, DatasourceError> {
        let site = self.base.locate(&self.client, &*self.auth).await?;
        Ok(site.map(|site| format!("{} is {}", site.url, site.id)))
    }

    fn stats(&self) -> StatsSnapshot {
        self.client.stats().snapshot()
    }

    fn authenticator(&self) -> Option<&dyn Authenticator> {
        Some(&*self.auth)
    }
}
