//! The words that servers use for errors, in names without case and punctuation.

/// A yes or no about the whole answer.
pub(super) const SUCCESS: &[&str] = &["ok", "success"];
/// As those, where the value is a boolean: a number may count what went well.
pub(super) const SUCCESS_IF_BOOLEAN: &[&str] = &["issuccess", "successful", "succeeded", "issuccessful"];
/// Hold an error: a text, an object, a yes or a code.
pub(super) const ERROR: &[&str] = &["error", "fault", "exception", "err", "errors"];
/// Objects about the answer, which may hold an error of their own.
pub(super) const ABOUT_ANSWER: &[&str] =
    &["meta", "metadata", "response", "responseheader", "header", "info"];
/// Say yes where there is an error.
pub(super) const HAS_ERROR: &[&str] = &["haserror", "haserrors", "iserror", "failed", "isfailed"];
/// Say yes where only a part of the answer is there.
pub(super) const PARTIAL: &[&str] =
    &["partial", "ispartial", "partialresult", "partialresults", "incompleteresults", "timedout"];
/// Texts that are written only of errors.
pub(super) const ERROR_TEXT: &[&str] = &[
    "errormsg",
    "errmsg",
    "errormessage",
    "errordescription",
    "errordetail",
    "errorsummary",
    "errortext",
    "exceptionmessage",
    "faultstring",
];
/// Codes that are 0 where there is no error.
pub(super) const ERROR_CODE: &[&str] =
    &["errcode", "errorcode", "errno", "errorno", "errornumber", "retcode", "returncode", "faultcode"];
/// Codes that are 0, 1 or 200 where there is no error, and mean one only beside a message.
pub(super) const CODE: &[&str] =
    &["code", "resultcode", "responsecode", "statuscode", "httpstatus", "httpcode"];
/// Hold a word, or the number of a status.
pub(super) const STATUS: &[&str] = &["status", "result", "stat", "outcome", "statuscode", "httpstatus"];
/// Hold a message, of an error or not.
pub(super) const MESSAGE: &[&str] = &["message", "msg", "detail"];
/// Where a body says what went wrong, best first.
pub(super) const MESSAGES: &[&[&str]] = &[
    &["errors", "0", "message"],
    &["errors", "0", "detail"],
    &["errors", "0", "title"],
    &["errors", "0"],
    &["errorMessages", "0"],
    &["_shards", "failures", "0", "reason", "reason"],
    &["error", "message"],
    &["error", "description"],
    &["fault", "faultstring"],
    &["fault", "message"],
    // SOAP 1.1 and 1.2.
    &["Fault", "faultstring"],
    &["Fault", "Reason", "Text"],
    &["Fault", "Reason", "Text", "#text"],
    &["error", "#text"],
    &["Error", "Message"],
    &["meta", "error", "message"],
];
/// As those, by the names of members.
pub(super) const MESSAGE_NAMES: &[&str] = &[
    "errordescription",
    "error",
    "message",
    "msg",
    "errmsg",
    "errormsg",
    "errormessage",
    "errorsummary",
    "exceptionmessage",
    "retmsg",
    "statusmessage",
    "resultmessage",
    "detail",
    "reason",
    "title",
    "statustext",
    "description",
];
/// Hold more about an error, or about the request; a record has members beside them.
const BESIDE_MESSAGE: &[&str] = &[
    "code",
    "documentationurl",
    "docurl",
    "docsurl",
    "helpurl",
    "helplink",
    "help",
    "hint",
    "moreinfo",
    "requestid",
    "traceid",
    "correlationid",
    "timestamp",
    "path",
    "instance",
    "retryafter",
];
/// Stand in bodies that are nothing but an error; a record that is one has a member beside them, such as an id.
const BESIDE_ERROR: &[&str] = &[
    "errors",
    "errormessages",
    "errordetails",
    "errorcauses",
    "errorlink",
    "errorid",
    "erroruri",
    "errorurl",
    "errortype",
    "errorsubcode",
    "exceptiontype",
    "stacktrace",
    "messages",
    "details",
    "title",
    "reason",
    "description",
    "statustext",
    "statusmessage",
    "statusdescription",
    "retmsg",
    "resultmessage",
    "responsemessage",
    "type",
    "subcode",
    "trace",
    "severity",
    "locations",
    "extensions",
    "warnings",
];

/// Whether a name is one of those that bodies have which are nothing but an error.
pub(super) fn is_of_errors(name: &str) -> bool {
    let lists = [
        SUCCESS,
        SUCCESS_IF_BOOLEAN,
        ERROR,
        HAS_ERROR,
        ERROR_TEXT,
        ERROR_CODE,
        CODE,
        STATUS,
        MESSAGE,
        BESIDE_MESSAGE,
        BESIDE_ERROR,
    ];
    lists.iter().any(|names| names.contains(&name))
}

/// Whether a name stands in bodies that are nothing but a message.
pub(super) fn is_of_messages(name: &str) -> bool {
    MESSAGE.contains(&name) || BESIDE_MESSAGE.contains(&name)
}

/// Whether a word says that something went wrong.
pub(super) fn is_error_word(text: &str) -> bool {
    let words =
        ["error", "err", "fail", "failed", "failure", "nok", "ko", "denied", "unauthorized", "exception"];
    words.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// Whether a text says that nothing went wrong, or that there is nothing.
pub(super) fn is_affirmative(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', '!']).to_ascii_lowercase();
    let words = [
        "",
        "ok",
        "okay",
        "success",
        "successful",
        "succeeded",
        "done",
        "none",
        "no",
        "null",
        "false",
        "true",
        "yes",
        "pong",
        "accepted",
        "created",
        "healthy",
        "alive",
        "up",
        "running",
        "n/a",
        "no error",
        "no errors",
    ];
    let nothing = ["data", "record", "result", "more", "content", "item", "entr", "row", "match", "further"];
    let rest = text.strip_prefix("no ").unwrap_or_default();
    words.contains(&text.as_str())
        || text.ends_with("success")
        || text.ends_with("successful")
        || text.ends_with("successfully")
        || nothing.iter().any(|word| rest.starts_with(word))
}

/// Whether a code names an error in words, such as `rate_limited`.
pub(super) fn is_error_code(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = [
        "error",
        "fail",
        "denied",
        "limit",
        "invalid",
        "unauthor",
        "forbidden",
        "exceeded",
        "unavailable",
        "timeout",
        "throttl",
        "expired",
        "maintenance",
    ];
    words.iter().any(|word| text.contains(word))
}
