//! Which values of an envelope speak of pages, by the names that APIs give them.

mod counting;

use super::{Entry, Envelope, Named, NextForm};
use crate::scan::Found;

pub(super) use counting::is_sure_total;

/// Names without case and punctuation: `has_more`, `hasMore` and `has-more` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Yes means that there are more pages.
const MORE: &[&str] = &[
    "hasmore",
    "hasnext",
    "hasnextpage",
    "hasmoreitems",
    "hasmorepages",
    "hasmoreresults",
    "hasmorerecords",
    "hasmoredata",
    "hasadditionalresults",
    "moreavailable",
    "moredata",
    "moreitems",
    "morepages",
    "morerecords",
    "moreresults",
    "moreresultsavailable",
    "moreitemsincollection",
    "morerecordsavailable",
    "moreresultsexist",
    "moreresult",
    "istruncated",
    "truncated",
    "exceededtransferlimit",
    "nextpageexists",
    "nextexists",
];
/// As those, where the value is a boolean: the words mean other things too.
const MORE_IF_BOOLEAN: &[&str] = &["more", "next", "nextpage", "incompleteresults", "incompletesearch"];
/// What `hasMore…` and `more…Available` name that is no list of records, or lies before the page.
const NO_RECORDS: &[&str] = &[
    "than",
    "info",
    "detail",
    "option",
    "setting",
    "permission",
    "filter",
    "action",
    "feature",
    "column",
    "field",
    "text",
    "content",
    "warning",
    "error",
    "prev",
    "before",
];
/// As those, where they stand beside the records or in an object that speaks of pages: how many records are left.
const LEFT: &[&str] = &[
    "remaining",
    "remainingcount",
    "remainingrecords",
    "remainingitems",
    "remainingitemcount",
    "recordsleft",
];
/// Yes means that this is the last page.
const LAST: &[&str] = &[
    "islast",
    "islastpage",
    "endofrecords",
    "isfinalpage",
    "nomoreresults",
    "endofstream",
    "isend",
    "endoflist",
];
/// As those, where the value is a boolean.
const LAST_IF_BOOLEAN: &[&str] = &["last", "lastpage", "done", "complete"];
/// Yes means that there is a page before this one.
const PREVIOUS: &[&str] = &["hasprevious", "hasprev", "haspreviouspage", "hasprevpage"];
/// Hold what leads to the page before this one.
const TO_PREVIOUS: &[&str] =
    &["previous", "prev", "previouspage", "prevpage", "previouspageurl", "prevpageurl", "previouslink"];

/// Hold what leads to the next page, wherever they stand.
const NEXT: &[&str] = &[
    "nextpagetoken",
    "nexttoken",
    "nextcursor",
    "nextpagecursor",
    "continuationtoken",
    "nextcontinuationtoken",
    "nextmarker",
    "nextlink",
    "nexturl",
    "nexturi",
    "nexthref",
    "nextpage",
    "nextpagelink",
    "nextpageurl",
    "nextpageuri",
    "nextpageid",
    "nextpagekey",
    "nextpagestart",
    "nextpageoffset",
    "nextoffset",
    "nextstart",
    "nextstartat",
    "nextskip",
    "nextrecordsurl",
    "nextresultsurl",
    "odatanextlink",
    "lastevaluatedkey",
    "paginationtoken",
    "nextkey",
    "nextbatch",
    "nextbookmark",
    // B2.
    "nextfilename",
    "nextfileid",
    "hydranext",
    // OAI-PMH.
    "resumptiontoken",
    // Wikidata.
    "searchcontinue",
    // Instagram.
    "nextmaxid",
    "nextmaxtagid",
];
/// Say the same, where they stand beside the records, or in an object that speaks of pages.
const NEXT_BESIDE_RECORDS: &[&str] = &["next", "continue", "nextid"];
/// Say the same beside the records, where they hold text that is not a number.
const TOKEN_BESIDE_RECORDS: &[&str] =
    &["after", "cursor", "offset", "marker", "pagetoken", "bookmark", "continuation", "nextcursormark"];
/// Objects beside the records that hold such a token: Datadog's `meta.page`, Gong's `records`.
const WITH_TOKEN: &[&str] = &["page", "paging", "pagination", "cursors", "records"];
/// What `next` may hold as an object.
const WITHIN_NEXT: &[&str] =
    &["href", "url", "uri", "link", "ref", "after", "startingafter", "cursor", "token", "page"];
/// Objects that speak of pages.
pub(super) const ABOUT_PAGES: &[&str] = &[
    "links",
    "paging",
    "pagination",
    "page",
    "pages",
    "pageinfo",
    "pagingmetadata",
    "meta",
    "metadata",
    "info",
    "cursor",
    "cursors",
    "navigation",
    "responsemetadata",
    "result",
    "resultinfo",
    "searchinfo",
    "additionaldata",
    "query",
    "queries",
    "hits",
    "total",
    "listinfo",
    "resultset",
    "pagedetails",
    "paginationinfo",
    "records",
    "view",
    "hydraview",
    "d",
];
/// Arrays that are surely not the records that a query looks for.
const BESIDE_THE_POINT: &[&str] = &[
    "errors",
    "warnings",
    "messages",
    "links",
    "link",
    "included",
    "facets",
    "aggregations",
    "filters",
    "columns",
    "fields",
    "schema",
    "sort",
    "sorts",
    // Google Analytics describes its columns.
    "columnheaders",
    "dimensionheaders",
    "metricheaders",
];
pub(super) const TOTAL: &[&str] = &[
    "total",
    "totalcount",
    "totalresults",
    "totalsize",
    "totalitems",
    "totalelements",
    "totalrecords",
    "totalrows",
    "totalhits",
    "totalentries",
    "totalmatches",
    "recordstotal",
    "numfound",
    "odatacount",
    "nbhits",
    "resultstotal",
    "itemcount",
    "recordcount",
    "rowcount",
    "numbermatched",
    "estimatedtotalhits",
    "totalsetsize",
    "hydratotalitems",
    "hitcount",
    "totalnumber",
    "totalavailable",
    "opensearchtotalresults",
    "totalfound",
    "itemstotal",
];
const PAGES: &[&str] =
    &["totalpages", "pagecount", "pagestotal", "numpages", "nbpages", "lastpage", "totalpagecount", "pages"];
/// Say nothing about pages, and are no records either.
const BESIDE_PAGES: &[&str] = &[
    "kind",
    "etag",
    "odataetag",
    "odatacontext",
    "object",
    "ok",
    "success",
    "took",
    "requestid",
    "self",
    "nextsynctoken",
    "synctoken",
    "batchcomplete",
    "currencycode",
    "timezone",
];
const PAGE: &[&str] = &["page", "currentpage", "pagenumber", "number", "pageindex"];
const PAGE_SIZE: &[&str] =
    &["limit", "maxresults", "perpage", "pagesize", "size", "itemsperpage", "pagelimit", "pagelen"];
const START: &[&str] = &["startat", "offset", "skip", "start", "startindex", "from"];

pub(super) fn classify(entries: Vec<Entry>) -> Envelope {
    let is_array = |entry: &&Entry| matches!(entry.found, Found::Array(_));
    let longest = entries.iter().filter(is_array).max_by_key(|entry| match entry.found {
        Found::Array(n) => n,
        _ => 0,
    });
    let Some(longest) = longest else {
        // Without a list there are no pages of it: `{"id": 7, "next": "step 2"}` is a record.
        return Envelope { entries, ..Envelope::default() };
    };
    let records = match longest.found {
        Found::Array(n) => Some(Named { name: longest.name(), value: n }),
        _ => None,
    };
    Envelope { records, ..signals(&entries) }.with(entries)
}

/// What the entries say of pages, whether or not there is a list.
pub(super) fn signals(entries: &[Entry]) -> Envelope {
    let facts = Facts { entries };
    let page = facts.page();
    let (total, page_size) = (facts.total(), facts.largest(PAGE_SIZE));
    let all_pages = facts.all_pages((total.as_ref().map(|total| total.value), page_size));
    // The number 0 is that of a server that counts from there; of others it is known by its first page.
    let current = page.as_ref().map_or(1, |page| page.value.max(1));
    let pages = all_pages.clone().filter(|pages| pages.value > current);
    let (more, next, previous, start) = (facts.flag(), facts.next(), facts.previous(), facts.number(START));
    let (next, is_likely) = next.map_or((None, false), |(next, is_likely)| (Some(next), is_likely));
    let is_lower_bound = entries.iter().any(|entry| {
        let is_of_total = entry.parent().last().is_some_and(|parent| plain(parent) == "total");
        is_of_total && entry.key() == "relation" && entry.found == Found::Text("gte".into())
    });
    Envelope {
        is_lower_bound,
        more,
        next,
        is_likely,
        total,
        pages,
        all_pages,
        page_size,
        start,
        page,
        previous,
        ..Envelope::default()
    }
}

impl Envelope {
    fn with(self, entries: Vec<Entry>) -> Self {
        Self { entries, ..self }
    }
}

/// Whether an array is surely not the records.
pub(super) fn is_beside_the_point(entry: &Entry) -> bool {
    BESIDE_THE_POINT.contains(&plain(entry.key()).as_str())
}

/// Whether a number may be that of the records that a filter leaves.
pub(super) fn is_total_of_all(entry: &Entry) -> bool {
    let name = plain(entry.key());
    TOTAL.contains(&name.as_str()) || name.contains("filter") || name.contains("match")
}

/// Whether a value is one that speaks of pages, or says nothing.
pub(super) fn is_of_pages(entry: &Entry) -> bool {
    let name = plain(entry.key());
    let lists = [
        MORE,
        LAST,
        LEFT,
        PREVIOUS,
        TO_PREVIOUS,
        NEXT,
        NEXT_BESIDE_RECORDS,
        TOTAL,
        PAGES,
        PAGE,
        PAGE_SIZE,
        START,
    ];
    let is_about_pages = || entry.found == Found::Object && ABOUT_PAGES.contains(&name.as_str());
    let is_of_headers =
        || matches!(entry.found, Found::Array(_)) && name.ends_with("headers") && is_beside_the_point(entry);
    entry.path.is_empty()
        || matches!(entry.found, Found::Null | Found::Array(0))
        || is_about_pages()
        || is_of_headers()
        || counting::is_of_pager(entry)
        || lists.iter().chain(&[BESIDE_PAGES]).any(|names| names.contains(&name.as_str()))
            && entry.found != Found::Object
}

/// The names that say yes where there are more pages, and those that say yes on the last one: whether `name` is one.
pub(crate) fn says_more(name: &str) -> Option<bool> {
    let name = plain(name);
    let is = |names: &[&str]| names.contains(&name.as_str());
    match (is(MORE) || says_more_of_records(&name), is(LAST)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Whether a name says that there are more records, whatever these are called: `hasMoreRows`, `moreDataAvailable`.
fn says_more_of_records(name: &str) -> bool {
    let available = || {
        let rest = name.strip_prefix("more")?;
        ["available", "exist", "exists"].iter().find_map(|end| rest.strip_suffix(end))
    };
    let records = name.strip_prefix("hasmore").or_else(available);
    records.is_some_and(|records| !NO_RECORDS.iter().any(|other| records.starts_with(other)))
}

/// What a value is that surely leads to the next page.
pub(super) fn form_of(entry: &Entry) -> NextForm {
    let text = entry.found.cursor().unwrap_or_default();
    text_form(&plain(entry.key()), text).unwrap_or(NextForm::Token)
}

/// Whether what stands there is a number of records to skip, and not that of a page.
pub(super) fn is_offset(name: &str) -> bool {
    let name = plain(name.rsplit(['.', '/']).next().unwrap_or_default());
    ["offset", "start", "startat", "skip"].iter().any(|end| name.ends_with(end))
}

struct Facts<'e> {
    entries: &'e [Entry],
}

impl Facts<'_> {
    /// Whether a value stands beside a list, at the top, or in an object that speaks of pages.
    fn is_about_pages(&self, entry: &Entry) -> bool {
        let parent = entry.parent();
        // Last.fm has an object `@attr`; Artifactory's `range` has a total, which no range of values has.
        let speaks = parent.last().is_none_or(|name| {
            ABOUT_PAGES.contains(&plain(name).as_str())
                || name == "@attr"
                || name == "range" && self.has_neighbour(entry, &["limit", "startpos"])
        });
        speaks || self.is_beside_records(entry)
    }

    fn is_beside_records(&self, entry: &Entry) -> bool {
        let is_list = |other: &Entry| matches!(other.found, Found::Array(_));
        self.entries.iter().any(|other| is_list(other) && other.parent() == entry.parent())
    }

    /// Yes where there are more pages; where flags disagree, more.
    fn flag(&self) -> Option<Named<bool>> {
        let mut last = None;
        for entry in self.entries {
            let name = plain(entry.key());
            let is = |names: &[&str]| names.contains(&name.as_str());
            let is_boolean = matches!(entry.found, Found::Bool(_)) && self.is_about_pages(entry);
            let more = match entry.found.truth() {
                Some(yes) if is(MORE) || is_boolean && is(MORE_IF_BOOLEAN) => yes,
                Some(yes) if is(LAST) || is_boolean && is(LAST_IF_BOOLEAN) => !yes,
                Some(yes) if is(LEFT) && self.is_about_pages(entry) => yes,
                // Where there are no more rows of that name, there may be others.
                Some(true) if is_boolean && says_more_of_records(&name) && !self.is_of_other_list(&name) => {
                    true
                }
                _ => continue,
            };
            let found = Named { name: entry.name(), value: more };
            match more {
                true => return Some(found),
                // `next: false` says less than `hasMore: false`.
                false if !is(MORE_IF_BOOLEAN) => last = last.or(Some(found)),
                false => {}
            }
        }
        last
    }

    /// What leads on, and whether that is only likely.
    fn next(&self) -> Option<(Named<NextForm>, bool)> {
        let sure = |entry: &Entry| Some((Named { name: entry.name(), value: self.next_form(entry)? }, false));
        let likely =
            |entry: &Entry| Some((Named { name: entry.name(), value: self.likely_form(entry)? }, true));
        let found = self.entries.iter().find_map(sure);
        // Intercom: `pages.next` is `{ page: 2, starting_after: … }`, and the number alone leads nowhere.
        let beside = |found: &(Named<NextForm>, bool)| {
            let outer = found.0.name.rsplit_once('.').map(|(outer, _)| outer);
            self.entries.iter().filter_map(sure).find(|(other, _)| {
                other.value == NextForm::Token
                    && outer.is_some()
                    && other.name.rsplit_once('.').map(|(outer, _)| outer) == outer
            })
        };
        let found = match &found {
            Some(number) if number.0.value == NextForm::Number => beside(number).or_else(|| found.clone()),
            _ => found.clone(),
        };
        // `{"cursor": "this page", "next_cursor": null}` leads nowhere.
        let says_none = self.entries.iter().any(|entry| {
            let name = plain(entry.key());
            let is_next = NEXT.contains(&name.as_str()) || NEXT_BESIDE_RECORDS.contains(&name.as_str());
            is_next && !entry.found.is_something()
        });
        found.or_else(|| self.entries.iter().filter(|_| !says_none).find_map(likely))
    }

    fn likely_form(&self, entry: &Entry) -> Option<NextForm> {
        let name = plain(entry.key());
        match &entry.found {
            // Elasticsearch has it on each page of a scroll; its records stand one object further down.
            Found::Text(text) if name == "scrollid" && entry.parent().is_empty() => text_form(&name, text),
            Found::Text(text)
                if TOKEN_BESIDE_RECORDS.contains(&name.as_str())
                    && (self.is_beside_records(entry) || self.is_with_token(entry))
                    && text.parse::<f64>().is_err()
                    && !matches!(text.as_str(), "nil" | "-end-" | "*") =>
            {
                text_form(&name, text)
            }
            _ => None,
        }
    }

    /// Facebook's `paging.cursors` has `before` and `after` on each page, the last one too.
    fn is_with_token(&self, entry: &Entry) -> bool {
        let parent = entry.parent().last().map(|name| plain(name)).unwrap_or_default();
        WITH_TOKEN.contains(&parent.as_str()) && !self.has_neighbour(entry, &["before"])
    }

    fn next_form(&self, entry: &Entry) -> Option<NextForm> {
        let name = plain(entry.key());
        let parent = entry.parent().last().map(|name| plain(name)).unwrap_or_default();
        let is = |names: &[&str]| names.contains(&name.as_str());
        // MediaWiki: `continue: { cmcontinue: … }`.
        let is_more_address = name.starts_with("more") && name.ends_with("url") && self.is_about_pages(entry);
        let is_text_of_token = entry.key() == "#text" && NEXT.contains(&parent.as_str());
        let is_within_next = is_text_of_token
            || is(WITHIN_NEXT)
                && parent != "resumptiontoken"
                && (parent == "next" || NEXT.contains(&parent.as_str()))
            || parent == "continue" && name.ends_with("continue");
        // `__next` of OData 2 is a word of its own.
        let is_next =
            is(NEXT) || entry.key() == "__next" || is(NEXT_BESIDE_RECORDS) && self.is_about_pages(entry);
        match &entry.found {
            Found::Text(_) if entry.is_next_link => Some(NextForm::Address),
            Found::Text(text) if is_more_address && !text.trim().is_empty() => Some(NextForm::Address),
            Found::Text(text) if is_next || is_within_next => text_form(&name, text),
            Found::Number(_) if is_next || is_within_next => {
                let form = if is_token(&name) { NextForm::Token } else { NextForm::Number };
                entry.found.integer().filter(|number| *number > 0).map(|_| form)
            }
            Found::Object if name == "lastevaluatedkey" => Some(NextForm::Token),
            _ => None,
        }
    }

    fn has_neighbour(&self, entry: &Entry, names: &[&str]) -> bool {
        let is_it =
            |other: &Entry| other.parent() == entry.parent() && names.contains(&plain(other.key()).as_str());
        self.entries.iter().any(is_it)
    }

    /// What says that there is a page before this one.
    fn previous(&self) -> Option<Named<()>> {
        let found = self.entries.iter().find(|entry| {
            let name = plain(entry.key());
            let is = |names: &[&str]| names.contains(&name.as_str());
            let is_first = name == "first" && entry.found == Found::Bool(false);
            let leads_back =
                is(TO_PREVIOUS) && entry.found.is_something() && entry.found.truth() != Some(false);
            // Spring counts its pages from 0.
            let is_springs = name == "number"
                && entry.found.integer().is_some_and(|number| number > 0)
                && self.has_neighbour(entry, &["totalelements"]);
            let is_flag = is(PREVIOUS) && entry.found.truth() == Some(true);
            self.is_about_pages(entry) && (is_first || leads_back || is_springs || is_flag)
        });
        found.map(|entry| Named { name: entry.name(), value: () })
    }

    /// The largest: Confluence has `limit`, and in `size` how many records there are.
    fn largest(&self, names: &[&str]) -> Option<u64> {
        let is_it =
            |entry: &&Entry| names.contains(&plain(entry.key()).as_str()) && self.is_about_pages(entry);
        self.entries.iter().filter(is_it).filter_map(|entry| entry.found.integer()).max()
    }

    fn number(&self, names: &[&str]) -> Option<Named<u64>> {
        let is_it =
            |entry: &&Entry| names.contains(&plain(entry.key()).as_str()) && self.is_about_pages(entry);
        self.entries
            .iter()
            .filter(is_it)
            .find_map(|entry| Some(Named { name: entry.name(), value: entry.found.integer()? }))
    }
}

/// Whether what has this name is sent back as it is, also where it looks like a number.
fn is_token(name: &str) -> bool {
    ["token", "cursor", "marker", "key", "id", "after"].iter().any(|end| name.ends_with(end))
}

/// Whether a text in the place of what leads on says that there is nothing: some servers write what they mean by it.
pub(crate) fn is_none(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "" | "null" | "nil" | "none" | "undefined" | "false")
}

/// An address, a number in quotes, or a token; nothing where it is empty.
fn text_form(name: &str, text: &str) -> Option<NextForm> {
    let text = text.trim();
    if is_none(text) {
        return None;
    }
    let is_address = text.starts_with("http://")
        || text.starts_with("https://")
        || text.starts_with(['/', '?'])
        || ["url", "uri", "href", "link"].iter().any(|end| name.ends_with(end));
    Some(match (is_address, text.parse::<u64>()) {
        (true, _) => NextForm::Address,
        (false, Ok(_)) if is_token(name) => NextForm::Token,
        (false, Ok(0)) => return None,
        (false, Ok(_)) => NextForm::Number,
        (false, Err(_)) => NextForm::Token,
    })
}
