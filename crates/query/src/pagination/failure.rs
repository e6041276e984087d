//! Bodies that say, with a status that is fine, that something went wrong. Pure.

mod lines;
mod places;
mod vocabulary;

use std::borrow::Cow;

use vocabulary as words;

use super::{
    PaginationError, Way,
    envelope::{Entry, Envelope, path_text, plain},
    suggest::quoted,
};
use crate::{
    raw::{self, value_at},
    scan::Found,
    selector::Selector,
};

pub(crate) use lines::find_in_lines;

/// A body, and what the query looks for in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looked<'b> {
    pub(crate) body: &'b [u8],
    pub(crate) select: Option<&'b Selector>,
    /// Whether the body was XML, all of which stands in one element.
    pub(crate) is_xml: bool,
}

/// One object of a body that may say that something went wrong.
struct Suspect<'b> {
    /// All of the body.
    envelope: &'b Envelope,
    way: Way,
    looked: Looked<'b>,
    /// Where the object stands; nothing for the body itself.
    place: Vec<String>,
    /// The text of the object.
    text: &'b [u8],
    /// What is in the object, by paths that begin in it.
    entries: Cow<'b, [Entry]>,
}

/// The error of a body that has one in the place of records; what it says is quoted.
///
/// GraphQL (`{"data": …, "errors": [{"message": …}]}`) and Slack (`{"ok": false, "error": …}`) answer so. A page that
/// has no records for such a reason would else be the last one, and without pagination the only row. Servers whose records
/// stand deeper write their errors there, too: every object on the way to `select` is looked at, and so is what XML has in
/// the place of its payload.
pub(crate) fn find(envelope: &Envelope, way: Way, looked: Looked<'_>) -> Option<PaginationError> {
    let (text, entries) = (looked.body, Cow::Borrowed(envelope.entries.as_slice()));
    let top = Suspect { envelope, way, looked, place: Vec::new(), text, entries };
    // Most of a page with records need not be read again.
    let within = || {
        let places = if top.has_selected() { Vec::new() } else { places::within(looked) };
        places.into_iter().find_map(|place| Suspect::within(place, (envelope, way), looked)?.error())
    };
    top.error().or_else(within)
}

/// Whether a body has a message for people, at the top or in an object about the answer, which says more than that all is well.
pub(super) fn has_message(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| {
        let name = plain(entry.key());
        let is_about_answer =
            entry.parent().last().is_none_or(|parent| words::ABOUT_ANSWER.contains(&plain(parent).as_str()));
        let lists = [words::MESSAGE, words::ERROR, words::ERROR_TEXT];
        let is_named = lists.iter().any(|names| names.contains(&name.as_str()));
        is_about_answer
            && is_named
            && matches!(&entry.found, Found::Text(text) if !words::is_affirmative(text))
    })
}

impl<'b> Suspect<'b> {
    /// The object at `place`, deeper than the top; `None` where there is none, or it may be a record.
    fn within(place: Vec<String>, (envelope, way): (&'b Envelope, Way), looked: Looked<'b>) -> Option<Self> {
        let text = value_at(looked.body, &place).filter(|text| text.starts_with(b"{"))?;
        let is_within =
            |entry: &&Entry| entry.path.len() > place.len() && entry.path.starts_with(place.as_slice());
        let below = |entry: &Entry| Entry { path: entry.path[place.len()..].to_vec(), ..entry.clone() };
        let entries = envelope.entries.iter().filter(is_within).map(below).collect();
        let suspect = Self { envelope, way, looked, place, text, entries: Cow::Owned(entries) };
        // Where it is not known in which place the records stand, an object may be one.
        (looked.select.is_some() || suspect.has_only(words::is_of_errors)).then_some(suspect)
    }

    fn error(&self) -> Option<PaginationError> {
        let key = self
            .says_no()
            .or_else(|| self.has_errors())
            .or_else(|| self.has_error())
            .or_else(|| self.has_bad_status())
            .or_else(|| self.has_bad_code())
            .or_else(|| self.has_error_text())
            .or_else(|| self.is_partial())
            .or_else(|| self.is_message())?;
        let says = self.message().map(|message| format!(": {message}")).unwrap_or_default();
        Some(PaginationError::Contradiction {
            problem: format!(
                "the status is fine, and the body says at `{key}` that something went wrong{says}"
            ),
            help: format!(
                "mend what the server complains of; if `{key}` means something else, `ignore_signals: [{}]`",
                quoted(&key)
            ),
        })
    }

    /// Where a member of the object stands in the body.
    fn full(&self, path: &[String]) -> Vec<String> {
        [self.place.as_slice(), path].concat()
    }

    fn name(&self, entry: &Entry) -> String {
        path_text(&self.full(&entry.path))
    }

    /// Whether `select` leads to records.
    fn has_selected(&self) -> bool {
        self.looked.select.and_then(|select| self.envelope.n_items(select)).is_some_and(|n| n > 0)
    }

    /// The members at the top that have one of these names.
    fn at<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.path.len() == 1 && names.contains(&plain(entry.key()).as_str()))
    }

    /// As [`at`](Self::at), also within an object that speaks of the answer.
    fn about<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Entry> {
        let within = self.entries.iter().filter(|entry| {
            let [parent, key] = entry.path.as_slice() else { return false };
            words::ABOUT_ANSWER.contains(&plain(parent).as_str()) && names.contains(&plain(key).as_str())
        });
        self.at(names).chain(within)
    }

    /// Whether there are records, or without `select` any array but the member `name` that holds something.
    fn has_records(&self, name: &str) -> bool {
        let own = self.full(&[name.to_owned()]);
        match self.looked.select {
            Some(_) => self.has_selected(),
            None => self
                .envelope
                .entries
                .iter()
                .any(|entry| entry.path != own && matches!(entry.found, Found::Array(n) if n > 0)),
        }
    }

    /// Whether the body is an object of nothing but members for which `is_known`, as far as they hold anything.
    fn has_only(&self, is_known: fn(&str) -> bool) -> bool {
        let is_fine = |entry: &Entry| {
            let says_nothing = matches!(entry.found, Found::Null | Found::Array(0));
            says_nothing || entry.path.first().is_none_or(|key| is_known(&plain(key)))
        };
        let is_object = self.envelope.is_object || !self.place.is_empty();
        is_object && self.entries.iter().all(is_fine)
    }

    /// Without pagination the body may be a record with a status or an error of its own, such as that of a health check;
    /// but not where it has nothing beside.
    fn may_be_record(&self) -> bool {
        self.way == Way::Single && self.looked.select.is_none() && !self.has_only(words::is_of_errors)
    }

    fn says_no(&self) -> Option<String> {
        let may_be_record = self.may_be_record() && self.message().is_none();
        let is_no = |entry: &&Entry| match &entry.found {
            Found::Bool(value) => !value,
            // A number may count what went well.
            found => {
                let is_sure = words::SUCCESS.contains(&plain(entry.key()).as_str());
                is_sure && found.truth() == Some(false) && !self.has_records(entry.key())
            }
        };
        let mut named = self.at(words::SUCCESS).chain(self.at(words::SUCCESS_IF_BOOLEAN));
        named.find(|entry| !may_be_record && is_no(entry)).map(|entry| self.name(entry))
    }

    /// `errors` of GraphQL stand beside `data`; elsewhere they count only in the place of records.
    fn has_errors(&self) -> Option<String> {
        let selects_them = self.looked.select.is_some_and(|select| select.as_str() == "errors");
        let are_there = self.at(&["errors"]).any(|entry| matches!(entry.found, Found::Array(n) if n > 0))
            && errors_have_messages(self.text);
        if !are_there {
            return None;
        }
        let is_graphql = value_at(self.text, &["data".to_owned()]).is_some();
        let others_are_empty = self.entries.iter().any(|entry| entry.found == Found::Array(0));
        let has_place = self.looked.select.is_some() || self.way != Way::Single && others_are_empty;
        let is_instead = has_place && !self.has_records("errors");
        let is_alone = self.has_only(words::is_of_errors) && errors_are_words(self.text);
        (!selects_them && (is_graphql || is_instead || is_alone))
            .then(|| path_text(&self.full(&["errors".to_owned()])))
    }

    /// Whether an object says more than `{"code": 0, "message": ""}`.
    fn says_something(&self, object: &Entry) -> bool {
        let is_within =
            |entry: &&Entry| entry.path.len() > object.path.len() && entry.path.starts_with(&object.path);
        self.entries.iter().filter(is_within).any(|entry| match &entry.found {
            Found::Text(text) => is_told(text),
            Found::Number(_) => entry.found.integer() != Some(0),
            found => found.is_something() && found != &Found::Object,
        })
    }

    /// Whether nothing but this member stands in the object.
    fn is_all(&self, member: &Entry) -> bool {
        self.entries.iter().all(|entry| entry.path.is_empty() || entry.path.first() == member.path.first())
    }

    /// A record may have an error of its own, so that it counts only in the place of records.
    fn has_error(&self) -> Option<String> {
        if self.may_be_record() {
            return None;
        }
        let is_error = |entry: &&Entry| match &entry.found {
            Found::Text(text) => is_told(text) || self.looked.is_xml && entry.found.truth() == Some(true),
            Found::Bool(is_error) => *is_error,
            Found::Number(_) => entry.found.integer() != Some(0) && self.message().is_some(),
            // An element says so by its name where it is all that there is.
            Found::Null => self.looked.is_xml && self.is_all(entry),
            found => found == &Found::Object && self.says_something(entry),
        };
        let mut named = self.about(words::ERROR);
        named.find(|entry| !self.has_records(entry.key()) && is_error(entry)).map(|entry| self.name(entry))
    }

    /// A text that is written of errors only, in the place of records.
    fn has_error_text(&self) -> Option<String> {
        let is_told =
            |entry: &&Entry| matches!(&entry.found, Found::Text(text) if !words::is_affirmative(text));
        let mut named = self.about(words::ERROR_TEXT);
        let text = named.find(|entry| !self.has_records(entry.key()) && is_told(entry));
        text.filter(|_| !self.may_be_record()).map(|entry| self.name(entry))
    }

    /// A word, a flag or the number of a status that says that there is an error, in the place of records.
    fn has_bad_status(&self) -> Option<String> {
        if self.may_be_record() {
            return None;
        }
        let is_bad = |entry: &&Entry| {
            let is_word = matches!(&entry.found, Found::Text(text) if words::is_error_word(text));
            is_word || entry.found.integer().is_some_and(|status| (400..600).contains(&status))
        };
        let status = self.about(words::STATUS).find(is_bad);
        let flag = || self.at(words::HAS_ERROR).find(|entry| entry.found.truth() == Some(true));
        let messages =
            || self.at(&["errormessages"]).find(|entry| matches!(entry.found, Found::Array(n) if n > 0));
        let partial = || self.at(words::PARTIAL).find(|entry| entry.found == Found::Bool(true));
        let found = status.or_else(flag).or_else(messages).or_else(partial)?;
        (!self.has_records(found.key())).then(|| self.name(found))
    }

    /// A code that is that of an error, beside a message and in the place of records.
    fn has_bad_code(&self) -> Option<String> {
        if self.may_be_record() {
            return None;
        }
        let is_bad = |entry: &&Entry| match &entry.found {
            Found::Text(text) if text.parse::<i64>().is_err() => words::is_error_code(text),
            found => {
                let code = found.cursor().and_then(|code| code.parse::<i64>().ok());
                code.is_some_and(|code| !matches!(code, 0 | 1 | 200..=299))
            }
        };
        let is_no_zero =
            |entry: &&Entry| entry.found.cursor().is_some_and(|code| !code.trim_matches('0').is_empty());
        let code = self.about(words::ERROR_CODE).find(is_no_zero);
        let code = code.or_else(|| self.about(words::CODE).find(is_bad))?;
        let is_told = || self.message().is_some_and(|message| !words::is_affirmative(&message));
        (!self.has_records(code.key()) && is_told()).then(|| self.name(code))
    }

    /// Elasticsearch says so beside the hits that it has found in time.
    fn is_partial(&self) -> Option<String> {
        let at = |path: &[&str]| {
            let is_it = |entry: &&Entry| entry.path == path;
            self.entries.iter().find(is_it).map(|entry| &entry.found)
        };
        let is_search = at(&["took"]).is_some() && at(&["hits"]).is_some();
        let has_failed = at(&["_shards", "failed"]).and_then(Found::integer).is_some_and(|n| n > 0);
        match is_search {
            true if at(&["timed_out"]) == Some(&Found::Bool(true)) => Some("timed_out".to_owned()),
            true if has_failed => Some("_shards.failed".to_owned()),
            _ => None,
        }
    }

    /// A body that is nothing but a message has no records: `{"message": "API rate limit exceeded"}`.
    fn is_message(&self) -> Option<String> {
        let is_told =
            |entry: &&Entry| matches!(&entry.found, Found::Text(text) if !words::is_affirmative(text));
        let is_fine = |entry: &Entry| match &entry.found {
            Found::Text(text) if words::is_affirmative(text) => true,
            found => matches!(found.integer(), Some(0 | 1 | 200..=299)),
        };
        // An array that is empty says so itself, and the message may be about that.
        let has_array = self.entries.iter().any(|entry| matches!(entry.found, Found::Array(_)));
        let message = self.at(words::MESSAGE).find(is_told)?;
        let is_all = !has_array && self.has_only(words::is_of_messages);
        (is_all && !self.at(&["code"]).any(is_fine)).then(|| self.name(message))
    }

    /// What the body says went wrong, in its own words.
    fn message(&self) -> Option<String> {
        let text = |place: &&[&str]| {
            let path: Vec<String> = place.iter().map(|step| (*step).to_owned()).collect();
            serde_json::from_slice::<String>(value_at(self.text, &path)?).ok()
        };
        let named = |name: &&str| {
            self.about(std::slice::from_ref(name)).find_map(|entry| match &entry.found {
                Found::Text(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            })
        };
        let is_said = |text: &String| !text.is_empty();
        let text = words::MESSAGES
            .iter()
            .filter_map(text)
            .find(is_said)
            .or_else(|| words::MESSAGE_NAMES.iter().find_map(named))?;
        Some(text.chars().take(300).collect())
    }
}

/// Whether a text says that something went wrong, in the place of an error; XML has no numbers.
fn is_told(text: &str) -> bool {
    !words::is_affirmative(text) && text.trim() != "0"
}

/// The first of the errors.
fn first_error(body: &[u8]) -> Option<&[u8]> {
    value_at(body, &["errors".to_owned(), "0".to_owned()])
}

/// Whether the first of the errors says something.
fn errors_have_messages(body: &[u8]) -> bool {
    let Some(first) = first_error(body) else { return false };
    let is_told = |name: &str| value_at(first, &[name.to_owned()]).is_some();
    first.starts_with(b"\"") || ["message", "detail", "title"].into_iter().any(is_told)
}

/// Whether the first of the errors is no record: text, or nothing but words of errors.
fn errors_are_words(body: &[u8]) -> bool {
    let Some(first) = first_error(body) else { return false };
    let is_word =
        |key: &String| words::is_of_errors(&plain(key)) || matches!(key.as_str(), "field" | "source");
    first.starts_with(b"\"") || raw::keys(first).is_some_and(|keys| keys.iter().all(is_word))
}
