//! The `query` section.

mod fields;
mod pages;

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_config::{
    Diagnostic, Node, Part, Reader, Section, Span, Spanned, Template, Value as Yaml, known_names,
    shown_parameter,
};

pub use fields::{Decode, Delimiter, QUERY_FIELDS};
use pages::EndKeys;

use crate::{
    ask::{Ask, AskBody, param_name},
    body::BodyTemplate,
    charset::Charset,
    for_each::{ForEach, is_placeholder_name},
    incremental::{Incremental, WhenEmpty, with_window_names},
    known::KnownColumns,
    noted,
    pagination::{self, PageMark, PagePolicy, Pagination, PaginationContext, Position},
    selector::Selector,
    split::{SPLIT_NAMES, Split, SplitError, Window},
    values::Values,
};

/// What may stand in one segment of a path (RFC 3986 §3.3) without being encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What to ask, page after page.
#[derive(Debug, Clone)]
pub struct Query {
    method: String,
    path: Template,
    params: Vec<(String, Template)>,
    written_params: Vec<(String, String)>,
    headers: Vec<(String, Template)>,
    body: Option<BodyTemplate>,
    is_form: bool,
    decode: Decode,
    charset: Option<Charset>,
    delimiter: Option<Delimiter>,
    select: Option<Selector>,
    error: Option<Selector>,
    pagination: Arc<dyn Pagination>,
    ends: EndKeys,
    /// So many pages are looked at, whatever the user wants.
    look: Option<Look>,
    split: Option<Split>,
    for_each: Option<ForEach>,
    incremental: Option<Incremental>,
    /// Where to go on, and how many pages came before; the first page without it.
    resumed: Option<(Position, u64)>,
    /// What is known of the pages before, the last of them at the end.
    marks: Vec<PageMark>,
    columns: KnownColumns,
}

/// A segment of a path with what is encoded of dots and slashes.
fn decoded_dots(text: &str) -> String {
    let mut decoded = text.to_owned();
    for (from, to) in [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\")] {
        decoded = decoded.replace(from, to);
    }
    decoded
}

/// A look at the first pages.
#[derive(Debug, Clone, Copy)]
struct Look {
    n_pages: u64,
    /// Whether a page that contradicts itself is told and not an error.
    is_lenient: bool,
}

impl Query {
    /// Reads a section that was held against [`QUERY_FIELDS`]; `None` after reporting why there can be none.
    ///
    /// `values` are those that placeholders may name; their values may change from run to run.
    pub fn read(section: &Section<'_>, values: &Values) -> Option<Self> {
        let (split, for_each) = (Split::read(section), ForEach::read(section));
        let incremental = Incremental::read(section);
        let with_window = incremental.as_ref().map(|_| with_window_names(values));
        let values = with_window.as_ref().unwrap_or(values);
        let known = with_own_names(values, split.as_ref(), for_each.as_ref());
        let report_at = |template: &Template, span: Span, left_out: WhenEmpty| {
            report_missing(section, (template, span), &known);
            if let Some(incremental) = &incremental {
                incremental.report_empty_cursor(section.reader(), (template, span), left_out);
            }
        };
        let report = |template: &Template, span: Span| report_at(template, span, WhenEmpty::LeftOut);
        let path = section.template("path").unwrap_or_default();
        report_at(&path, section.span_of("path"), WhenEmpty::Sent);
        let [params, headers] = ["params", "headers"].map(|name| templates(section, name, &report));
        let method = section.text("method");
        let report = |template: &Template, node: &Node| report_at(template, node.span, WhenEmpty::Sent);
        let body = body_node(section, &method).map(|node| BodyTemplate::read_body(section, node, &report));
        noted::note(section, &path, values);
        split.iter().for_each(|split| split.report(section.reader(), values));
        let (names, ends) = (names_of(&params, &path), EndKeys::read(section));
        let names = &names.iter().map(String::as_str).collect::<Vec<_>>();
        let context = PaginationContext { params: names, empty_page: ends.empty_page, method: &method };
        let pagination = pagination::read(section, &context)?;
        let query = Self {
            method,
            path,
            params,
            written_params: written_params(section.reader(), section.node("params")),
            headers,
            body,
            is_form: section.text("body_format") == "form",
            decode: Decode::parse(&section.text("decode")),
            charset: charset(section),
            delimiter: section.optional_text("delimiter").and_then(|name| Delimiter::parse(&name)),
            select: optional_selector(section, "select"),
            error: optional_selector(section, "error"),
            pagination,
            ends,
            look: None,
            split,
            for_each,
            incremental,
            resumed: None,
            marks: Vec::new(),
            columns: KnownColumns::default(),
        };
        query.report_unused_window(section, values);
        query.report_unused_names(section, values);
        Some(query)
    }

    /// A query that does not name its window is the same every time.
    fn report_unused_window(&self, section: &Section<'_>, values: &Values) {
        let Some(incremental) = self.incremental.as_ref().filter(|_| self.split.is_none()) else { return };
        let asked = |day: i64| self.ask_without_position(&incremental.example(values, day));
        if asked(1) == asked(20) {
            let message = "`incremental` is set, and the query asks for everything every time";
            let error = section.error("Q009", "incremental", message);
            section.reader().report(error.help(
                "name the window in the query: `${window.jql}` in JQL, or `${window.from}`, `${window.from_ms}`, \
                 `${state.cursor}`",
            ));
        }
    }

    /// A query that names neither its window nor the row that it is for asks for the same again and again.
    fn report_unused_names(&self, section: &Section<'_>, values: &Values) {
        // Nothing can name it otherwise, and its name is an error already.
        let each =
            self.for_each.as_ref().map(|each| each.name.as_str()).filter(|name| is_placeholder_name(name));
        let split = self.split.iter().map(|_| ("split", &SPLIT_NAMES[..], "for each window"));
        let each = each.iter().map(|name| ("each", std::slice::from_ref(name), "for each row"));
        for (scope, names, when) in split.chain(each) {
            let asked = |text: &str| {
                let named = |values: Values, name: &&str| values.with(scope, name, text);
                self.ask_without_position(&names.iter().fold(values.clone(), named))
            };
            if asked("1") == asked("2") {
                let key = if scope == "split" { "split" } else { "for_each" };
                let message = format!("`{key}` is set, and the query asks for the same {when}");
                let wanted = names.iter().map(|name| format!("`${{{scope}.{name}}}`")).collect::<Vec<_>>();
                section.reader().report(section.error("Q009", key, message).help(format!(
                    "name {} in `path`, `params`, `headers` or `body`",
                    match wanted.as_slice() {
                        [from, to, last] => format!("{from} and {to} (or {last})"),
                        other => other.join(" and "),
                    }
                )));
            }
        }
    }

    /// The same, ending after so many pages; for a look at the data, which asks for no page ahead of them.
    #[must_use]
    pub fn first_pages(&self, n_pages: usize) -> Self {
        Self { look: Some(Look { n_pages: n_pages as u64, is_lenient: false }), ..self.clone() }
    }

    /// The same with [`Step::doubt`](crate::Step::doubt) in the place of an error where a page contradicts itself, so
    /// that an author sees the page.
    #[must_use]
    pub fn leniently(&self) -> Self {
        Self { look: self.look.map(|look| Look { is_lenient: true, ..look }), ..self.clone() }
    }

    /// Where the first page is; that of [`starting_at`](Self::starting_at), where it was called.
    pub fn first_position(&self) -> Position {
        self.resumed.as_ref().map_or_else(|| self.pagination.first(), |(position, _)| position.clone())
    }

    /// Whether `position` says how many records or pages come before it, so that it leads elsewhere once there are more or
    /// fewer of them.
    pub fn is_counted(&self, position: &Position) -> bool {
        self.pagination.is_counted(position)
    }

    /// The same from a later page on, before which `n_pages` were read.
    #[must_use]
    pub fn starting_at(&self, position: Position, n_pages: u64) -> Self {
        Self { resumed: Some((position, n_pages)), ..self.clone() }
    }

    /// The same with what is known of the pages that were read before.
    #[must_use]
    pub fn after(&self, marks: Vec<PageMark>) -> Self {
        Self { marks, ..self.clone() }
    }

    /// The same with the columns that name a row, which are likely to be members that name a record; without any, those
    /// that `incremental` names.
    #[must_use]
    pub fn with_key(self, key: &[String]) -> Self {
        let mut ends = self.ends;
        ends.record_key = key.to_vec();
        Self { ends, ..self }
    }

    /// The same with what is known of the columns of its rows.
    #[must_use]
    pub fn knowing(&self, columns: KnownColumns) -> Self {
        Self { columns, ..self.clone() }
    }

    /// What is known of the columns of its rows.
    pub fn columns(&self) -> &KnownColumns {
        &self.columns
    }

    /// The members that are likely to name a record.
    fn record_key(&self) -> &[String] {
        match (self.ends.record_key.as_slice(), &self.incremental) {
            ([], Some(incremental)) => &incremental.key,
            (key, _) => key,
        }
    }

    /// How many pages were read before the first one.
    pub fn n_pages_before(&self) -> u64 {
        self.resumed.as_ref().map_or(0, |(_, n_pages)| *n_pages)
    }

    /// How it asks for changes only.
    pub fn incremental(&self) -> Option<&Incremental> {
        self.incremental.as_ref()
    }

    /// What [`written_params`] gives for it.
    pub fn written_params(&self) -> Vec<(String, String)> {
        self.written_params.clone()
    }

    /// After how many pages to stop, whatever the server says.
    pub fn max_pages(&self) -> Option<u64> {
        let looked_at = self.look.map(|look| look.n_pages);
        self.ends.max_pages.into_iter().chain(looked_at).min()
    }

    /// The status that means that the page before was the last one.
    pub fn end_status(&self) -> Option<u64> {
        self.ends.end_status
    }

    /// Whether the user says that pages end with an empty one, as they do where the token stays the same to the end.
    pub fn may_keep_token(&self) -> bool {
        self.ends.empty_page == Some(PagePolicy::End)
    }

    /// Whether the windows of a split must have other records each.
    pub fn has_distinct_windows(&self) -> bool {
        self.split.is_some() && self.for_each.is_none() && self.ends.same_page != Some(PagePolicy::Follow)
    }

    /// What stands before a link that begins with `/`.
    pub fn link_base(&self) -> Option<&str> {
        self.pagination.link_base()
    }

    /// Where the records are in the body, as it is written.
    pub fn select(&self) -> Option<&str> {
        self.select.as_ref().map(Selector::as_str)
    }

    /// How a body becomes JSON.
    pub fn decode(&self) -> Decode {
        self.decode
    }

    /// What the bytes of the body are, where the query says so.
    pub fn charset(&self) -> Option<Charset> {
        self.charset
    }

    /// What separates the fields of CSV, where the query says so.
    pub fn delimiter(&self) -> Option<Delimiter> {
        self.delimiter
    }

    /// What is asked for below the base, as text: a path, a pattern of files, the name of a stream.
    pub fn target(&self, values: &Values) -> String {
        values.fill(&self.path, str::to_owned)
    }

    /// The same with `*` for all that differs from run to run, from window to window and from row to row.
    pub fn any_target(&self, values: &Values) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Placeholder { scope, name, .. } if scope == "param" => {
                values.get(scope, name).unwrap_or("*").to_owned()
            }
            Part::Placeholder { .. } => "*".to_owned(),
            Part::Variable { .. } => String::new(),
        };
        let target: String = self.path.parts.iter().map(piece).collect();
        // Two stars within a name are one; as a name they are folders at any depth, which is more and not less.
        let names = target.split('/').map(|name| if name == "**" { name.to_owned() } else { one_star(name) });
        names.collect::<Vec<_>>().join("/")
    }

    /// The path as the file has it.
    pub fn path_written(&self) -> String {
        self.path.to_source()
    }

    /// Why the path with these values leads elsewhere than it says: a segment with a placeholder that is empty, `.` or `..`
    /// is one that URLs leave out (RFC 3986 §5.2.4), and the request would be for something else. Servers that decode a path
    /// twice, or before they take it apart, find `%2E%2E`, and the `..` of `a/../b`, too.
    pub fn path_problem(&self, values: &Values) -> Option<String> {
        let mut segments = vec![(String::new(), Vec::new())];
        let path = Template { parts: before_query(&self.path.parts) };
        for part in &path.parts {
            let last = segments.last_mut().expect("there is one from the beginning");
            match part {
                Part::Text(text) => {
                    let mut pieces = text.split('/');
                    last.0.push_str(pieces.next().unwrap_or_default());
                    segments.extend(pieces.map(|piece| (piece.to_owned(), Vec::new())));
                }
                Part::Placeholder { scope, name, .. } => {
                    last.0.push_str(values.get(scope, name).unwrap_or_default());
                    last.1.push(format!("`${{{scope}.{name}}}`"));
                }
                Part::Variable { .. } => {}
            }
        }
        let left_out = |(text, names): &(String, Vec<String>)| {
            let text = decoded_dots(text);
            let what = match text.as_str() {
                _ if names.is_empty() => return None,
                "" => "empty",
                "." => "`.`",
                ".." => "`..`",
                text if text.split(['/', '\\']).any(|step| step == "..") => "a way with `..`",
                _ => return None,
            };
            Some((what, names.join(" with ")))
        };
        segments.iter().find_map(left_out).map(|(what, names)| {
            format!(
                "{names} in `path` is {what}, which an address leaves out, so that the request would be for something else; leave \
                 such values out, or put them into `params`"
            )
        })
    }

    /// A value of another table in the path that leads out of a folder, where the path is one of files: `../other`.
    pub fn climbing_value(&self, values: &Values) -> Option<String> {
        let value = |part: &Part| match part {
            Part::Placeholder { scope, name, .. } if scope == "each" => values.get(scope, name),
            _ => None,
        };
        let climbs = |value: &&str| value.split(['/', '\\']).any(|step| step == "..");
        self.path.parts.iter().filter_map(value).find(climbs).map(str::to_owned)
    }

    /// The rows of another table that this query is asked for, one by one.
    pub fn for_each(&self) -> Option<&ForEach> {
        self.for_each.as_ref()
    }

    /// The windows that this query is cut into; `None` when it is asked whole.
    ///
    /// # Errors
    /// [`SplitError`] when the values make no range.
    pub fn windows(&self, values: &Values) -> Result<Option<Vec<Window>>, SplitError> {
        self.split.as_ref().map(|split| split.windows(values)).transpose()
    }

    /// The request for one page.
    pub fn ask(&self, position: &Position, values: &Values) -> Ask {
        let mut ask = self.ask_without_position(values);
        self.pagination.apply(position, &mut ask);
        ask
    }

    /// What was asked before pagination had its say. A parameter or header that is nothing but empty placeholders
    /// is left out.
    pub fn ask_without_position(&self, values: &Values) -> Ask {
        let filled = |templates: &[(String, Template)]| {
            templates
                .iter()
                .filter_map(|(name, template)| Some((name.clone(), values.fill_if_any(template)?)))
                .collect()
        };
        Ask {
            method: self.method.clone(),
            path: values.fill(&self.path, |value| utf8_percent_encode(value, SEGMENT).to_string()),
            params: filled(&self.params),
            headers: filled(&self.headers),
            body: self.body.as_ref().map(|body| match body.fill_form(values).filter(|_| self.is_form) {
                Some(pairs) => AskBody::Form(pairs),
                None => AskBody::Json(body.fill(values)),
            }),
        }
    }

    /// The request for the first page as the file has it: what differs from run to run, from window to window and from
    /// row to row stands there as its placeholder, for people to read.
    pub fn described(&self, values: &Values) -> Ask {
        let own = with_own_names(&Values::default(), self.split.as_ref(), self.for_each.as_ref());
        let own = if self.incremental.is_some() { with_window_names(&own) } else { own };
        let mut named = values.clone();
        for full in own.names() {
            let (scope, name) = full.split_once('.').expect("a scope and a name");
            named = named.with(scope, name, format!("${{{full}}}"));
        }
        let mut ask = self.ask_without_position(&named);
        // Braces of placeholders would be percent-encoded.
        ask.path = named.fill(&self.path, str::to_owned);
        self.pagination.apply(&self.first_position(), &mut ask);
        ask
    }

    pub(crate) fn headers(&self) -> &[(String, Template)] {
        &self.headers
    }

    pub(crate) fn pagination(&self) -> &dyn Pagination {
        self.pagination.as_ref()
    }
}

/// The names of the parameters in the query of a path.
fn names_in_path(path: &Template) -> Vec<String> {
    let text = path.to_source();
    let query = text.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter(|pair| !pair.is_empty()).map(param_name).collect()
}

/// A name in which no star follows another.
fn one_star(name: &str) -> String {
    let mut one = String::new();
    for c in name.chars() {
        if c != '*' || !one.ends_with('*') {
            one.push(c);
        }
    }
    one
}

/// The parts of a path before its `?`.
fn before_query(parts: &[Part]) -> Vec<Part> {
    let mut before = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) if text.contains('?') => {
                let path = text.split('?').next().unwrap_or_default();
                before.push(Part::Text(path.to_owned()));
                return before;
            }
            part => before.push(part.clone()),
        }
    }
    before
}

/// The content of a request, which a `GET` has not.
fn body_node<'r>(section: &Section<'r>, method: &str) -> Option<&'r Node> {
    let node = section.node("body");
    if method == "GET" && node.is_some() {
        let error = section.error("Q002", "body", "a `GET` request has no body");
        section.reader().report(error.help("add `method: POST`, or write `params:`"));
    }
    node
}

/// Reads a path into the body.
pub(crate) fn selector(section: &Section<'_>, name: &str, text: &str) -> Option<Selector> {
    let selector = Selector::parse(text);
    if selector.is_none() {
        let error = section.error("Q003", name, format!("`{text}` is not a path into the body"));
        section.reader().report(error.help("write `meta.next`, or a JSON Pointer such as `/meta/next`"));
    }
    if let Some(path) = text.strip_prefix("$.").or_else(|| text.strip_prefix("$[")) {
        let error = section.error("Q003", name, format!("`{text}` is JSONPath, which is not read here"));
        section.reader().report(error.help(format!("write `{}`", path.replace('[', ".").replace(']', ""))));
    }
    selector
}

/// Reads a path into the body that may be missing.
pub(crate) fn optional_selector(section: &Section<'_>, name: &str) -> Option<Selector> {
    selector(section, name, &section.optional_text(name)?)
}

/// `charset` of the query; `None` also after reporting that it is not known.
fn charset(section: &Section<'_>) -> Option<Charset> {
    let name = section.optional_text("charset")?;
    let charset = Charset::of(&name);
    if charset.is_none() {
        let error = section.error("Q011", "charset", format!("the charset `{name}` is not known"));
        section.reader().report(error.help(
            "it is one that browsers know, such as `utf-8`, `windows-1252`, `shift_jis` or `utf-16le`",
        ));
    }
    charset
}

/// `values` and the names that this query brings itself; their values come later.
fn with_own_names(values: &Values, split: Option<&Split>, for_each: Option<&ForEach>) -> Values {
    let mut known = values.clone();
    for name in SPLIT_NAMES.iter().filter(|_| split.is_some()) {
        known = known.with("split", name, "");
    }
    if let Some(for_each) = for_each {
        known = known.with("each", &for_each.name, "");
    }
    known
}

fn report_missing(section: &Section<'_>, (template, span): (&Template, Span), known: &Values) {
    let names = known.names();
    for missing in known.missing(template) {
        let error = Diagnostic::error("Q001", span, format!("nothing is known as `${{{missing}}}`"));
        let help = match missing.split_once('.').map(|(scope, _)| scope) {
            Some("window" | "state") if section.node("incremental").is_none() => {
                "it comes with `incremental: { column: … }` in the query, which brings `${window.from}`, `${window.to}`, \
                 `${window.jql}` and others, and `${state.cursor}`"
                    .to_owned()
            }
            Some("split") if section.node("split").is_none() => {
                "it comes with `split: { from: …, every: … }` in the query".to_owned()
            }
            Some("each") if section.node("for_each").is_none() => {
                "it comes with `for_each: { table: …, column: …, as: … }` in the query".to_owned()
            }
            _ => known_names(&missing, names.iter().map(String::as_str)),
        };
        section.reader().report(error.help(help));
    }
}

fn names_of(params: &[(String, Template)], path: &Template) -> Vec<String> {
    params.iter().map(|(name, _)| name.clone()).chain(names_in_path(path)).collect()
}

/// Query parameters as they are written, variables, placeholders and all; of credentials their names alone.
pub fn written_params(reader: &Reader, params: Option<&Node>) -> Vec<(String, String)> {
    let written = |(name, item): (&str, &Node)| {
        let value = reader.scalar(item)?;
        Some((name.to_owned(), shown_parameter(name, &value).to_owned()))
    };
    params.into_iter().flat_map(Node::entries).flat_map(of_one_name).filter_map(written).collect()
}

/// A list is the same name several times.
fn of_one_name((key, node): &(Spanned<String>, Node)) -> impl Iterator<Item = (&str, &Node)> {
    let items = match &node.value {
        Yaml::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().map(|item| (key.value.as_str(), item))
}

/// A mapping to text with placeholders.
fn templates(section: &Section<'_>, name: &str, report: &dyn Fn(&Template, Span)) -> Vec<(String, Template)> {
    let mut templates = Vec::new();
    for (key, item) in section.entries(name).iter().flat_map(of_one_name) {
        if let Some(template) = section.template_of(item) {
            report(&template, item.span);
            section.reader().note_named(key, item);
            templates.push((key.to_owned(), template));
        }
    }
    templates
}
