//! `kind: cursor`: the page says what to send to get the next one.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use pipeline_config::{Field, Kind, Section, Shape};

use super::{
    Facts, Names, NextPlace, PageReport, Pagination, PaginationBuild, PaginationContext, PaginationError,
    Position, Way, counted,
    envelope::is_none,
    marks::{HAS_MORE, IS_LAST, Marks, TOTAL},
    place::{IN, Place, report_empty},
    report::{Counted, Total},
    web_link,
    within::{self, Wanted},
};
use crate::{
    ask::Ask,
    raw::{keys, value_at},
    scan::{Found, without_bom},
    selector::Selector,
};

const FIRST_ONLY: Field = Field::optional(
    "first_only",
    Shape::List(&Shape::Text),
    "Names of `params` that are sent with the first page only, where the token takes the place of all conditions (OAI-PMH's \
     `metadataPrefix`).",
);

pub(crate) const KIND: Kind<PaginationBuild> = Kind {
    name: "cursor",
    summary: "A token in the page leads to the next one; its absence is the end (Jira's /search/jql).",
    fields: &[
        Field::optional(
            "next",
            Shape::Text,
            "Where the token stands in the body, such as `nextPageToken`; `data.-1.id` is the id of the last record. `in: body` sends \
             numbers, arrays and objects as they are.",
        ),
        Field::optional(
            "next_header",
            Shape::Text,
            "The header that holds the token, in place of `next`; of `Link` the address with `rel=\"next\"`.",
        ),
        Field::optional(
            "next_param",
            Shape::Text,
            "Where `next` or `next_header` holds an address: the parameter in it that is the token, such as `cursor`.",
        ),
        Field::required("param", Shape::Text, "What it is sent back as; in a body a dotted path."),
        IN,
        FIRST_ONLY,
        IS_LAST,
        HAS_MORE,
        TOTAL,
    ],
    build,
};

#[derive(Debug)]
struct Cursor {
    param: String,
    place: Place,
    next_header: Option<String>,
    next_param: Option<String>,
    /// The query's own parameters that do not go with a token.
    first_only: Vec<String>,
    marks: Marks,
}

fn build(section: &Section<'_>, context: &PaginationContext<'_>) -> Option<Arc<dyn Pagination>> {
    let next_header = section.optional_text("next_header");
    if next_header.is_some() == section.node("next").is_some() {
        let error = section.error("Q005", "next", "a cursor has either `next` or `next_header`");
        section.reader().report(error.help("`next` is a path into the body, `next_header` names a header"));
    }
    let next_param = section.optional_text("next_param");
    report_empty(section, "param");
    let (param, place, marks) = (section.text("param"), Place::read(section, context), Marks::named(section));
    let first_only = first_only(section, context, &param);
    Some(Arc::new(Cursor { param, place, next_header, next_param, first_only, marks }))
}

/// The names of `first_only`; one that the query does not send, or sends the token as, is a slip.
fn first_only(section: &Section<'_>, context: &PaginationContext<'_>, param: &str) -> Vec<String> {
    let names: Vec<String> = section.texts("first_only").into_iter().map(|name| name.value).collect();
    if let Some(name) = names.iter().find(|name| *name == param || !context.params.contains(&name.as_str())) {
        let problem = match name == param {
            true => format!("`{name}` is what takes the token, and cannot be sent with the first page only"),
            false => format!("the query has no parameter `{name}`"),
        };
        let help =
            "`first_only` names those of the query's own `params` that the server refuses beside the token";
        section.reader().report(section.error("Q005", "first_only", problem).help(help));
    }
    names
}

impl Cursor {
    /// The token, if the page has one.
    fn token(&self, facts: &Facts<'_>) -> Result<NextPlace, PaginationError> {
        let (name, text) = match &self.next_header {
            Some(header) => match self.header(header, facts) {
                Ok(text) => (header.as_str(), text),
                Err(unreadable) => return Ok(unreadable),
            },
            None => {
                let Some((selector, found)) = self.marks.next(facts) else { return Ok(NextPlace::Absent) };
                if let Some(json) = self.json_in((selector, found), facts) {
                    return Ok(NextPlace::At(Position::Value(json)));
                }
                (selector.as_str(), token_in((selector, found), facts)?)
            }
        };
        let token = match (&self.next_param, text) {
            (Some(param), Some(address)) => {
                Some(parameter(&address, param).ok_or_else(|| PaginationError::Contradiction {
                    problem: format!("the address in `{name}` has no parameter `{param}`: {address}"),
                    help: "`next_param` names the parameter of the address that is the token".into(),
                })?)
            }
            (_, text) => text,
        };
        Ok(token.map_or(NextPlace::Absent, |token| NextPlace::At(Position::Cursor(token))))
    }

    fn header(&self, name: &str, facts: &Facts<'_>) -> Result<Option<String>, NextPlace> {
        if name.eq_ignore_ascii_case("link") {
            let found = web_link::find(facts.answer.header(name), "next");
            return found.map_err(|web_link::UnreadableLink(text)| NextPlace::Unreadable(text));
        }
        Ok(facts.answer.header(name).next().filter(|token| !is_none(token)).map(str::to_owned))
    }

    /// The JSON of a token that is no text, where it goes back in a body: a number stays one there, and an array, as
    /// Elasticsearch's `sort`, or an object, as DynamoDB's `LastEvaluatedKey`, is sent back as a whole.
    fn json_in(&self, (selector, found): (&Selector, &Found), facts: &Facts<'_>) -> Option<String> {
        let is_json = matches!(found, Found::Number(_) | Found::Array(1..) | Found::Object);
        if !is_json || self.next_param.is_some() || !matches!(self.place, Place::Body) {
            return None;
        }
        let body = without_bom(facts.answer.body?);
        let text = selector.ways().iter().find_map(|way| value_at(body, way))?;
        // An object without members leads nowhere.
        let is_empty = keys(text).is_some_and(|keys| keys.is_empty());
        String::from_utf8(text.to_vec()).ok().filter(|_| !is_empty)
    }
}

fn token_in(
    (selector, found): (&Selector, &Found),
    facts: &Facts<'_>,
) -> Result<Option<String>, PaginationError> {
    match (found.cursor(), found) {
        // A value of a record means what it says.
        (Some(token), Found::Text(_)) if is_none(token) && !leads_into_array(selector) => Ok(None),
        (Some(token), _) => Ok(Some(token.to_owned())),
        (None, Found::Absent | Found::Null | Found::Bool(false) | Found::Text(_) | Found::Array(0)) => {
            Ok(None)
        }
        (None, _) => Err(PaginationError::Shape {
            selector: selector.as_str().to_owned(),
            found: found.shown(),
            expected: "a token",
            help: within::help(selector, facts.answer.body, Wanted::Token),
        }),
    }
}

fn leads_into_array(selector: &Selector) -> bool {
    let is_index = |step: &String| step == "-1" || step.parse::<usize>().is_ok();
    selector.ways().iter().flatten().any(is_index)
}

/// The value of a parameter in an address, decoded.
pub(super) fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .find(|(key, _)| decoded(key) == name)
        .map(|(_, value)| decoded(value))
        .filter(|value| !value.is_empty())
}

impl Pagination for Cursor {
    fn apply(&self, position: &Position, ask: &mut Ask) {
        if matches!(position, Position::Cursor(_) | Position::Value(_)) {
            self.first_only.iter().for_each(|name| ask.remove_param(name));
        }
        match position {
            Position::Cursor(cursor) => self.place.set_text(ask, &self.param, cursor),
            Position::Value(json) => self.place.set_json(ask, &self.param, json),
            Position::First | Position::Offset(_) | Position::Page(_) | Position::Url(_) => {}
        }
    }

    fn selectors(&self) -> &[Selector] {
        self.marks.selectors()
    }

    fn read(&self, _: &Position, facts: &Facts<'_>) -> Result<PageReport, PaginationError> {
        let next = self.token(facts)?;
        report(&self.marks, next, facts)
    }

    fn is_counted(&self, position: &Position) -> bool {
        matches!(position, Position::Cursor(cursor) | Position::Value(cursor) if counted::is_counted(&self.param, cursor))
    }

    fn names(&self) -> Names {
        let next = match &self.next_header {
            Some(header) => format!("header `{header}`"),
            None => self.marks.next_name(),
        };
        let next_key = if self.next_header.is_some() { "next_header" } else { "next" };
        Names { param: self.param.clone(), next, next_key, flag: self.marks.flag_name(), ..Names::default() }
    }
}

/// What a page says that names its next one.
pub(super) fn report(
    marks: &Marks,
    next: NextPlace,
    facts: &Facts<'_>,
) -> Result<PageReport, PaginationError> {
    let report = PageReport::new(Way::Named, facts);
    let total = marks.total(None, facts)?;
    let total = total.map(|in_all| Total { in_all, of: Counted::Records });
    Ok(PageReport { next, flag: marks.flag(facts), total, ..report })
}
