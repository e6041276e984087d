//! What converters have no answer for: errors that name the call, what it wants, and what to write instead.
//!
//! A refusal is a `RangeError`, as is every option that node does not know, but no `catch` gets it.

use boa_engine::{JsError, JsNativeError};

use super::data;
use crate::refused::refused;

/// How refusals end, so that the error's help can be found by it.
const UNKNOWN_LOCALE: &str = "converters have no data for the locale ";
/// What node says of a tag that is none.
pub(super) const MALFORMED: &str = "Incorrect locale information provided";
const UNSUPPORTED: &str = " is not available in converters";

/// No data for this locale.
pub(super) fn locale(what: &str, tag: &str) -> JsError {
    refused(JsNativeError::range().with_message(format!("{what}: {UNKNOWN_LOCALE}`{tag}`")))
}

/// An option, a value of one, or a member of `Intl` that converters do not have.
pub(super) fn unsupported(what: &str, wanted: &str) -> JsError {
    refused(JsNativeError::range().with_message(format!("{what}: {wanted}{UNSUPPORTED}")))
}

/// A `RangeError` with the words of node.
pub(super) fn range(message: String) -> JsError {
    JsNativeError::range().with_message(message).into()
}

/// A `TypeError` with the words of node.
pub(super) fn wrong_type(message: String) -> JsError {
    JsNativeError::typ().with_message(message).into()
}

/// What to write in the place of a call that is refused with `message`.
pub(crate) fn help(message: &str) -> Option<String> {
    let what = message.split(':').next().unwrap_or_default();
    let instead = match what {
        _ if what.contains("Date") && !what.contains("Relative") => {
            "`PocketQuery.formatDate(value, 'YYYY-MM-DD')` or `date.toISOString()` give texts of every date"
        }
        _ if what.contains("Number") || what.contains("BigInt") => {
            "`value.toFixed(2)` or the number itself as a column needs no locale"
        }
        _ if what.contains("localeCompare") || what.contains("Collator") => {
            "compare with `a < b ? -1 : a > b ? 1 : 0`, or with the locale `en`"
        }
        _ => "the guide lists what `Intl` has in converters: docs/writing-converters.md#locales",
    };
    if message.contains(UNKNOWN_LOCALE) {
        let known: Vec<&str> = data::names().collect();
        return Some(format!("known locales: {}; {instead}", known.join(", ")));
    }
    if message == MALFORMED {
        return Some("a locale is a tag such as `en-US` or `de`, with a hyphen".to_owned());
    }
    message.contains(UNSUPPORTED).then(|| instead.to_owned())
}
