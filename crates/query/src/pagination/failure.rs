//! Bodies that say, with a status that is fine, that something went wrong. Pure.

use super::{
    PaginationError, Way,
    envelope::{Entry, Envelope},
};
use crate::{raw::value_at, scan::Found, selector::Selector};

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
/// has no records for such a reason would else be the last one.
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
        .or_else(|| suspect.is_partial())?;
    let says = message(body).map(|message| format!(": {message}")).unwrap_or_default();
    Some(PaginationError::Contradiction {
        problem: format!("the status is fine, and the body says at `{key}` that something went wrong{says}"),
        help: format!(
            "mend what the server complains of; if `{key}` means something else, `ignore_signals: [{key}]`"
        ),
    })
}

impl Suspect<'_> {
    /// What a member at the top is.
    fn at(&self, name: &str) -> Option<&Found> {
        let is_it = |entry: &&Entry| entry.path == [name];
        self.envelope.entries.iter().find(is_it).map(|entry| &entry.found)
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

    fn says_no(&self) -> Option<&'static str> {
        // Without pagination the body may be a record, such as that of a health check.
        let may_be_record = self.way == Way::Single && self.select.is_none() && message(self.body).is_none();
        let is_no = |name: &&str| match self.at(name) {
            Some(Found::Bool(value)) => !value,
            // A number may count what went well.
            found => found.and_then(Found::truth) == Some(false) && !self.has_records(name),
        };
        ["ok", "success"].into_iter().filter(|_| !may_be_record).find(is_no)
    }

    /// `errors` of GraphQL stand beside `data`; elsewhere they count only in the place of records.
    fn has_errors(&self) -> Option<&'static str> {
        let selects_them = self.select.is_some_and(|select| select.as_str() == "errors");
        let is_graphql = value_at(self.body, &["data".to_owned()]).is_some();
        let is_instead = self.select.is_some() && !self.has_records("errors");
        let are_there =
            matches!(self.at("errors"), Some(Found::Array(n)) if *n > 0) && errors_have_messages(self.body);
        (are_there && !selects_them && (is_graphql || is_instead)).then_some("errors")
    }

    /// A record may have an error of its own, so that it counts only in the place of records.
    fn has_error(&self) -> Option<&'static str> {
        let may_be_record = self.way == Way::Single && self.select.is_none();
        let is_error = |name: &&str| match self.at(name) {
            Some(Found::Text(text)) => !text.is_empty(),
            Some(Found::Bool(is_error)) => *is_error,
            found => found == Some(&Found::Object),
        };
        let names = ["error", "fault", "exception"].into_iter();
        names.filter(|name| !may_be_record && !self.has_records(name)).find(is_error)
    }

    /// A word or a number that says that there is an error, beside a message and in the place of records.
    fn has_bad_status(&self) -> Option<&'static str> {
        let may_be_record = self.way == Way::Single && self.select.is_none();
        let number = |found: &Found| found.integer();
        let is_bad = |name: &&str| {
            let Some(found) = self.at(name) else { return false };
            match *name {
                "hasError" | "has_error" | "isError" | "is_error" => found.truth() == Some(true),
                "errorMessages" => matches!(found, Found::Array(n) if *n > 0),
                "errcode" | "errCode" | "errorCode" | "retCode" | "retcode" => {
                    found.cursor().is_some() && number(found) != Some(0) && message(self.body).is_some()
                }
                _ => {
                    let is_word = matches!(found, Found::Text(text)
                        if ["error", "fail", "failed", "failure"].contains(&text.to_ascii_lowercase().as_str()));
                    let is_number = number(found).is_some_and(|status| (400..600).contains(&status));
                    (is_word || is_number) && message(self.body).is_some()
                }
            }
        };
        let names = [
            "errorMessages",
            "hasError",
            "has_error",
            "isError",
            "is_error",
            "errcode",
            "errCode",
            "errorCode",
            "retCode",
            "retcode",
            "status",
            "statusCode",
            "status_code",
        ];
        names.into_iter().filter(|name| !may_be_record && !self.has_records(name)).find(is_bad)
    }

    /// Elasticsearch says so beside the hits that it has found in time.
    fn is_partial(&self) -> Option<&'static str> {
        let at = |path: &[&str]| {
            let is_it = |entry: &&Entry| entry.path == path;
            self.envelope.entries.iter().find(is_it).map(|entry| &entry.found)
        };
        let is_search = at(&["took"]).is_some() && at(&["hits"]).is_some();
        let has_failed = at(&["_shards", "failed"]).and_then(Found::integer).is_some_and(|n| n > 0);
        match is_search {
            true if at(&["timed_out"]) == Some(&Found::Bool(true)) => Some("timed_out"),
            true if has_failed => Some("_shards.failed"),
            _ => None,
        }
    }
}

/// Whether the first of the errors says something.
fn errors_have_messages(body: &[u8]) -> bool {
    let Some(first) = value_at(body, &["errors".to_owned(), "0".to_owned()]) else { return false };
    let is_told = |name: &str| value_at(first, &[name.to_owned()]).is_some();
    first.starts_with(b"\"") || ["message", "detail", "title"].into_iter().any(is_told)
}

/// What the body says went wrong, in its own words.
fn message(body: &[u8]) -> Option<String> {
    const PLACES: &[&[&str]] = &[
        &["errors", "0", "message"],
        &["errors", "0", "detail"],
        &["errors", "0", "title"],
        &["errors", "0"],
        &["errorMessages", "0"],
        &["_shards", "failures", "0", "reason", "reason"],
        &["error", "message"],
        &["error", "description"],
        &["error_description"],
        &["error"],
        &["fault", "message"],
        &["message"],
        &["msg"],
        &["errmsg"],
        &["errMsg"],
        &["error_msg"],
        &["errorMessage"],
        &["retMsg"],
        &["retmsg"],
        &["statusMessage"],
        &["detail"],
        &["reason"],
    ];
    let text = |place: &&[&str]| {
        let path: Vec<String> = place.iter().map(|step| (*step).to_owned()).collect();
        serde_json::from_slice::<String>(value_at(body, &path)?).ok()
    };
    let text = PLACES.iter().find_map(text).filter(|text| !text.is_empty())?;
    Some(text.chars().take(300).collect())
}
