//! `pipeline auth login`: a browser, and where its answer comes in.

use std::io::{self, BufRead, IsTerminal};

use pipeline_auth::{CallbackListener, LoginAttempt, OAuth2};

use crate::{Failure, Session, args::LoginArgs, browser};

pub(super) async fn login(session: &Session, oauth2: &OAuth2, args: &LoginArgs) -> Result<(), Failure> {
    let redirect_url = args.port.map(|port| at_port(oauth2.redirect_url(), port)).transpose()?;
    let attempt = oauth2.begin_login(redirect_url.as_deref())?;
    // First of all: who cannot listen need not send anybody to the browser.
    let listener = match !args.paste && CallbackListener::can_listen(attempt.redirect_url()) {
        true => Some(CallbackListener::bind(attempt.redirect_url()).await?),
        false => None,
    };
    session
        .terminal
        .complain(format!("Open this page, log in and allow access:\n\n  {}\n", attempt.authorize_url()));
    if !args.no_browser {
        browser::open(attempt.authorize_url().as_str());
    }
    let redirected = match listener {
        Some(listener) => listen(session, &listener, &attempt, args).await?,
        None => {
            session.terminal.complain(
                "Then paste the address that the browser ends up at (the page itself may be an error):",
            );
            pasted().await?
        }
    };
    oauth2.finish_login(&attempt, &redirected).await?;
    Ok(())
}

/// Waits for the browser, and on a terminal for a pasted address too: the browser may run on another machine.
async fn listen(
    session: &Session,
    listener: &CallbackListener,
    attempt: &LoginAttempt,
    args: &LoginArgs,
) -> Result<String, Failure> {
    let wait = listener.wait(attempt, args.timeout);
    if !io::stdin().is_terminal() {
        session.terminal.say(format!("waiting for the browser at {}", attempt.redirect_url()));
        return Ok(wait.await?);
    }
    session.terminal.say(format!(
        "waiting for the browser at {}; if it runs on another machine, paste the address it ends up at:",
        attempt.redirect_url()
    ));
    tokio::select! {
        redirected = wait => Ok(redirected?),
        redirected = pasted() => redirected,
    }
}

/// The first line on stdin that is not empty; an empty text at its end.
async fn pasted() -> Result<String, Failure> {
    let read = || {
        let mut lines = io::stdin().lock().lines();
        lines.find(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty())).transpose()
    };
    let line = tokio::task::spawn_blocking(read).await.map_err(io::Error::from)??;
    Ok(line.unwrap_or_default())
}

/// The callback at another port, for servers that let programs choose it (RFC 8252 §7.3).
fn at_port(redirect_url: &str, port: u16) -> Result<String, Failure> {
    let refuse = || {
        Failure::usage(format!("`--port` changes a callback on this machine, and `{redirect_url}` is none"))
    };
    if !CallbackListener::can_listen(redirect_url) {
        return Err(refuse());
    }
    let mut url: url::Url = redirect_url.parse().map_err(|_| refuse())?;
    url.set_port(Some(port)).map_err(|()| refuse())?;
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_replaces_that_of_a_callback_on_this_machine() {
        let check = |url: &str, expected: Option<&str>| {
            assert_eq!(at_port(url, 9000).ok().as_deref(), expected, "{url}");
        };
        check("http://localhost:8765/callback", Some("http://localhost:9000/callback"));
        check("http://127.0.0.1/x", Some("http://127.0.0.1:9000/x"));
        check("https://example.com", None);
    }
}
