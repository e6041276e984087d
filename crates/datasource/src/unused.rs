//! What a query may say of an answer over HTTP, and to nothing else.

use crate::UnusedKey;

const NO_REQUEST_TO_FILES: &str = "files are read, not asked for over HTTP";
const NO_REQUEST_TO_COMMANDS: &str = "a program is started, not asked over HTTP";
const TAKE_AWAY: &str = "take it away; it is for `kind: rest`";

const fn unused(key: &'static str, why: &'static str, help: &'static str) -> UnusedKey {
    UnusedKey { key, why, help }
}

/// For `kind: file`.
pub(crate) const OF_FILES: &[UnusedKey] = &[
    unused(
        "pagination",
        "all files that `path` names are read to their ends",
        "take it away; `page_size` of the datasource says how many records make a page, `max_pages` how many to read",
    ),
    unused(
        "decode",
        "the names of files say what they hold",
        "take it away, or write `format:` in the datasource",
    ),
    unused("charset", "files are read as UTF-8, and XML as it says itself", TAKE_AWAY),
    unused("method", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("headers", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("body", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("body_format", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("error", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("empty_page", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("max_empty_pages", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("same_page", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("end_status", NO_REQUEST_TO_FILES, TAKE_AWAY),
    unused("ignore_signals", NO_REQUEST_TO_FILES, TAKE_AWAY),
];

/// For `kind: command`.
pub(crate) const OF_COMMANDS: &[UnusedKey] = &[
    unused(
        "pagination",
        "the program itself follows the pages of its source",
        "take it away; `page_size` of the datasource says how many records make a page, `max_pages` how many to read",
    ),
    unused("decode", "the program prints lines of JSON", TAKE_AWAY),
    unused("delimiter", "the program prints lines of JSON", TAKE_AWAY),
    unused("charset", "the program prints lines of JSON", TAKE_AWAY),
    unused("method", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("headers", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("body", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("body_format", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("error", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("empty_page", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("max_empty_pages", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("same_page", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("end_status", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
    unused("ignore_signals", NO_REQUEST_TO_COMMANDS, TAKE_AWAY),
];
