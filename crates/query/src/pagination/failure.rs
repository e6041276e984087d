//! Bodies that say, with a status that is fine, that something went wrong. Pure.

mod vocabulary;

use vocabulary as words;

use super::{
    PaginationError, Way,
    envelope::{Entry, Envelope, plain},
};
use crate::{
    raw::{self, value_at},
    scan::Found,
    selector::Selector,
};

/// A body, and what the query looks for in it.
struct Suspect<'b> {
    envelope: &'b Envelope,
    way: Way,
    body: &'b [u8],
    select: Option<&'b Selector>,
}

/// The error of a body that has one in the place of records; what it says is quoted.
///
/// GraphQL (`{"data": …, "errors": [{"message": …}]}`) and Slack (`{"ok": false, "error": …}`) answer so. A page that
/// has no records for such a reason would else be the last one, and without pagination the only row.
pub(crate) fn find(
    envelope: &Envelope,
    way: Way,
    (body, select): (&[u8], Option<&Selector>),
) -> Option<PaginationError> {
    let suspect = Suspect { envelope, way, body, select };
    let key = suspect
        .says_no()
        .or_else(|| suspect.has_errors())
        .or_else(|| suspect.has_error())
        .or_else(|| suspect.has_bad_status())
        .or_else(|| suspect.has_bad_code())
        .or_else(|| suspect.has_error_text())
        .or_else(|| suspect.is_partial())
        .or_else(|| suspect.is_message())?;
    let says = suspect.message().map(|message| format!(": {message}")).unwrap_or_default();
    Some(PaginationError::Contradiction {
        problem: format!("the status is fine, and the body says at `{key}` that something went wrong{says}"),
        help: format!(
            "mend what the server complains of; if `{key}` means something else, `ignore_signals: [{key}]`"
        ),
    })
}

impl Suspect<'_> {
    /// The members at the top that have one of these names.
    fn at<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Entry> {
        self.envelope
            .entries
            .iter()
            .filter(|entry| entry.path.len() == 1 && names.contains(&plain(entry.key()).as_str()))
    }

    /// As [`at`](Self::at), also within an object that speaks of the answer.
    fn about<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Entry> {
        let within = self.envelope.entries.iter().filter(|entry| {
            let [parent, key] = entry.path.as_slice() else { return false };
            words::ABOUT_ANSWER.contains(&plain(parent).as_str()) && names.contains(&plain(key).as_str())
        });
        self.at(names).chain(within)
    }

    /// Whether there are records, or without `select` any array but the one at `name` that holds something.
    fn has_records(&self, name: &str) -> bool {
        match self.select {
            Some(select) => self.envelope.n_items(select.as_str()).is_some_and(|n| n > 0),
            None => self
                .envelope
                .entries
                .iter()
                .any(|entry| entry.path != [name] && matches!(entry.found, Found::Array(n) if n > 0)),
        }
    }

    /// Whether the body is an object of nothing but members for which `is_known`, as far as they hold anything.
    fn has_only(&self, is_known: fn(&str) -> bool) -> bool {
        let is_fine = |entry: &Entry| {
            let says_nothing = matches!(entry.found, Found::Null | Found::Array(0));
            says_nothing || entry.path.first().is_none_or(|key| is_known(&plain(key)))
        };
        self.envelope.is_object && self.envelope.entries.iter().all(is_fine)
    }

    /// Without pagination the body may be a record with a status or an error of its own, such as that of a health check;
    /// but not where it has nothing beside.
    fn may_be_record(&self) -> bool {
        self.way == Way::Single && self.select.is_none() && !self.has_only(words::is_of_errors)
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
        named.find(|entry| !may_be_record && is_no(entry)).map(Entry::name)
    }

    /// `errors` of GraphQL stand beside `data`; elsewhere they count only in the place of records.
    fn has_errors(&self) -> Option<String> {
        let selects_them = self.select.is_some_and(|select| select.as_str() == "errors");
        let is_graphql = value_at(self.body, &["data".to_owned()]).is_some();
        let others_are_empty = self.envelope.entries.iter().any(|entry| entry.found == Found::Array(0));
        let has_place = self.select.is_some() || self.way != Way::Single && others_are_empty;
        let is_instead = has_place && !self.has_records("errors");
        let is_alone = self.has_only(words::is_of_errors) && errors_are_words(self.body);
        let are_there = self.at(&["errors"]).any(|entry| matches!(entry.found, Found::Array(n) if n > 0))
            && errors_have_messages(self.body);
        (are_there && !selects_them && (is_graphql || is_instead || is_alone)).then(|| "errors".to_owned())
    }

    /// Whether an object says more than `{"code": 0, "message": ""}`.
    fn says_something(&self, object: &Entry) -> bool {
        let is_within =
            |entry: &&Entry| entry.path.len() > object.path.len() && entry.path.starts_with(&object.path);
        self.envelope.entries.iter().filter(is_within).any(|entry| match &entry.found {
            Found::Text(text) => !words::is_affirmative(text),
            Found::Number(_) => entry.found.integer() != Some(0),
            found => found.is_something() && found != &Found::Object,
        })
    }

    /// A record may have an error of its own, so that it counts only in the place of records.
    fn has_error(&self) -> Option<String> {
        if self.may_be_record() {
            return None;
        }
        let is_error = |entry: &&Entry| match &entry.found {
            Found::Text(text) => !words::is_affirmative(text),
            Found::Bool(is_error) => *is_error,
            Found::Number(_) => entry.found.integer() != Some(0) && self.message().is_some(),
            found => found == &Found::Object && self.says_something(entry),
        };
        let mut named = self.about(words::ERROR);
        named.find(|entry| !self.has_records(entry.key()) && is_error(entry)).map(Entry::name)
    }

    /// A text that is written of errors only, in the place of records.
    fn has_error_text(&self) -> Option<String> {
        let is_told =
            |entry: &&Entry| matches!(&entry.found, Found::Text(text) if !words::is_affirmative(text));
        let mut named = self.about(words::ERROR_TEXT);
        let text = named.find(|entry| !self.has_records(entry.key()) && is_told(entry));
        text.filter(|_| !self.may_be_record()).map(Entry::name)
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
        (!self.has_records(found.key())).then(|| found.name())
    }

    /// A code that is that of an error, beside a message and in the place of records.
    fn has_bad_code(&self) -> Option<String> {
        if self.may_be_record() {
            return None;
        }
        let message = self.message()?;
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
        (!words::is_affirmative(&message) && !self.has_records(code.key())).then(|| code.name())
    }

    /// Elasticsearch says so beside the hits that it has found in time.
    fn is_partial(&self) -> Option<String> {
        let at = |path: &[&str]| {
            let is_it = |entry: &&Entry| entry.path == path;
            self.envelope.entries.iter().find(is_it).map(|entry| &entry.found)
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
        let has_array = self.envelope.entries.iter().any(|entry| matches!(entry.found, Found::Array(_)));
        let message = self.at(words::MESSAGE).find(is_told)?;
        let is_all = !has_array && self.has_only(words::is_of_messages);
        (is_all && !self.at(&["code"]).any(is_fine)).then(|| message.name())
    }

    /// What the body says went wrong, in its own words.
    fn message(&self) -> Option<String> {
        let text = |place: &&[&str]| {
            let path: Vec<String> = place.iter().map(|step| (*step).to_owned()).collect();
            serde_json::from_slice::<String>(value_at(self.body, &path)?).ok()
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
