//! `pipeline auth …`: logging in, and looking after logins.

mod login;
mod status;

use std::io::Read;

use pipeline_auth::OAuth2;
use pipeline_config::without_byte_order_mark;
use pipeline_engine::Access;

use crate::{
    Failure, Session,
    args::{AuthCommand, Format},
};

pub(crate) async fn auth(session: &Session, command: &AuthCommand) -> Result<(), Failure> {
    let access = session.access(command.file())?;
    let oauth2 = access.oauth2().ok_or_else(|| {
        Failure::usage("this datasource has no login: only `kind: oauth2` in its `auth` section has one")
    })?;
    match command {
        AuthCommand::Login(args) => {
            login::login(session, oauth2, args).await?;
            greet(session, &access, oauth2).await
        }
        AuthCommand::Import(_) => {
            oauth2.import(&stdin()?).await?;
            greet(session, &access, oauth2).await
        }
        AuthCommand::Status { format, .. } => {
            let login = oauth2.status()?;
            if login.is_usable && login.account.is_none() {
                access.learn_account(oauth2).await;
            }
            status::print(session, &oauth2.status()?, *format)
        }
        AuthCommand::Refresh(_) => {
            oauth2.refresh_now().await?;
            status::print(session, &oauth2.status()?, Format::Text)
        }
        AuthCommand::Logout(_) => logout(session, oauth2).await,
    }
}

/// Shows the new login, and whether the server takes it.
async fn greet(session: &Session, access: &Access, oauth2: &OAuth2) -> Result<(), Failure> {
    if let Some(problem) = access.learn_account(oauth2).await {
        session.terminal.say(session.redactor.redact(&format!(
            "warning: the tokens are stored, but the test path does not answer: {problem}"
        )));
    }
    let login = oauth2.status()?;
    if !login.is_renewable {
        session.terminal.say(
            "warning: no refresh token came, so this login ends with its access token\n  = help: add \
             `offline_access` to `scope`, or what your provider calls it",
        );
    }
    status::print(session, &login, Format::Text)
}

async fn logout(session: &Session, oauth2: &OAuth2) -> Result<(), Failure> {
    let before = oauth2.status()?;
    if !oauth2.log_out().await? {
        session.terminal.say("nobody was logged in");
        return Ok(());
    }
    let place = before.revoke_at.map_or_else(
        || format!("in the settings of your account at {}", before.server),
        |place| format!("at {place}"),
    );
    session.terminal.say(format!(
        "logged out: the tokens are gone from {}\nThe consent itself stays at the provider until you take it back {place}",
        before.store.display()
    ));
    Ok(())
}

fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(without_byte_order_mark(&text).to_owned())
}
