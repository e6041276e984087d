//! Values of clauses: dates, issues, the project.

use jiff::civil::{Date, DateTime};

use super::JqlError;
use super::lexer::Token;
use crate::data::{FIRST_ID, PROJECT_ID, PROJECT_KEY, PROJECT_NAME, civil_to_millis};

/// A date in the account's time zone, or milliseconds since 1970, which mean the same everywhere.
pub(super) fn instant(field: &str, value: &Token) -> Result<i64, JqlError> {
    let text = value.text.replace('/', "-");
    let civil = DateTime::strptime("%Y-%m-%d %H:%M", &text)
        .or_else(|_| Date::strptime("%Y-%m-%d", &text).map(|date| date.at(0, 0, 0, 0)));
    let millis = match civil {
        Ok(civil) => civil_to_millis(civil),
        Err(_) => text.parse().ok(),
    };
    millis.ok_or_else(|| {
        JqlError(format!(
            "Date value '{}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
             'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
            value.text
        ))
    })
}

/// An issue's id, from the id itself or a key.
pub(super) fn issue_id(field: &str, value: &Token) -> Result<i64, JqlError> {
    let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
    let by_key = value
        .text
        .split_once('-')
        .filter(|(project, _)| project.eq_ignore_ascii_case(PROJECT_KEY))
        .and_then(|(_, rest)| number(rest))
        .map(|number| number + i64::from(FIRST_ID));
    by_key.or_else(|| number(&value.text)).ok_or_else(|| {
        JqlError(format!("An issue with key '{}' does not exist for field '{field}'.", value.text))
    })
}

/// Accepts the only project by key, name or id.
pub(super) fn is_project(value: &Token) -> Result<(), JqlError> {
    let known = [PROJECT_KEY, PROJECT_NAME, PROJECT_ID];
    if known.iter().any(|name| value.text.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(JqlError(format!("The value '{}' does not exist for the field 'project'.", value.text)))
}
