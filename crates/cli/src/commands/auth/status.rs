//! What `auth status` prints.

use jiff::Timestamp;
use pipeline_auth::LoginStatus;
use serde_json::json;

use crate::{Failure, Session, args::Format, numbers};

/// Prints the login; an error when there is none.
pub(super) fn print(session: &Session, login: &LoginStatus, format: Format) -> Result<(), Failure> {
    let text = match format {
        Format::Text => lines(login, Timestamp::now()),
        Format::Json => as_json(login).to_string(),
    };
    session.terminal.print(session.redactor.redact(&text))?;
    if login.is_logged_in() {
        return Ok(());
    }
    Err(Failure::logged_out("error: nobody is logged in"))
}

fn lines(login: &LoginStatus, now: Timestamp) -> String {
    let account = login.account.as_deref().unwrap_or("unknown");
    let granted = login.granted.as_ref().map(|scopes| scopes.join(" "));
    let missing = match login.missing_scopes().as_slice() {
        [] => String::new(),
        missing => format!("; not granted: {}", missing.join(" ")),
    };
    let place = match (login.is_stored, login.is_logged_in()) {
        (true, _) => "",
        (false, true) => " (nothing there yet; the tokens of the YAML are used)",
        (false, false) => " (nothing there yet)",
    };
    format!(
        "account  {account}\nserver   {}, application {}\nscopes   {}{missing}\ntoken    {}\nstore    {}{place}",
        login.server,
        login.client_id,
        granted.as_deref().unwrap_or("not told by the server"),
        validity(login, now),
        login.store.display(),
    )
}

fn validity(login: &LoginStatus, now: Timestamp) -> String {
    let renewal =
        if login.is_renewable { "renewed when needed" } else { "cannot be renewed: no refresh token" };
    let left = login.expires_at.map(|end| now.duration_until(end));
    match left {
        _ if !login.is_logged_in() => "none".into(),
        Some(left) if login.is_usable => {
            format!("ends in {}; {renewal}", numbers::time(left.unsigned_abs()))
        }
        Some(left) => format!("ended {} ago; {renewal}", numbers::time(left.unsigned_abs())),
        None if login.is_usable => format!("its end is not known; {renewal}"),
        None => format!("none yet; {renewal}"),
    }
}

fn as_json(login: &LoginStatus) -> serde_json::Value {
    json!({
        "account": login.account,
        "server": login.server,
        "client_id": login.client_id,
        "scopes": {"wanted": login.wanted, "granted": login.granted, "missing": login.missing_scopes()},
        "obtained_at": login.obtained_at.map(|time| time.to_string()),
        "expires_at": login.expires_at.map(|time| time.to_string()),
        "usable": login.is_usable,
        "renewable": login.is_renewable,
        "stored": login.is_stored,
        "store": login.store,
    })
}
