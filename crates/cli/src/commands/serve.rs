//! `pipeline serve`.

use std::{fs, sync::Arc};

use pipeline_config::{Secret, without_byte_order_mark};
use pipeline_scheduler::{Attention, Supervisor, SupervisorOptions, SystemClock};
use pipeline_server::{Server, ServerOptions, Token};
use pipeline_worker::n_cores;

use crate::{Failure, Session, args::ServeArgs, numbers, session::RuntimeContext, signals::StopSignals};

/// Where the token is, when no file is named.
const TOKEN_VARIABLE: &str = "PIPELINE_SERVE_TOKEN";

pub(crate) async fn serve(session: &Session, args: &ServeArgs) -> Result<(), Failure> {
    let token = token(args)?;
    if let Token::Given(token) = &token {
        session.redactor.add(token);
    }
    let runtime = session.runtime(args.sandbox.issues()).await?.that_write();
    let options = options(session, args, &runtime)?;
    // Before the first run begins: a signal in between must not end it in the middle.
    let mut signals = StopSignals::listen()?;
    let supervisor = Supervisor::start(options, Arc::new(SystemClock::default()))?;
    let options =
        ServerOptions { listen: args.listen, port: args.port, token, hosts: args.allow_host.clone() };
    let server = Server::start(supervisor.clone(), &options).await?;
    // In no log and no error, but in the address that is printed now.
    server.random_token().iter().for_each(|token| session.redactor.add(token));
    let n_pipelines = supervisor.pipelines().len() as u64;
    let counted = numbers::counted(n_pipelines, "pipeline");
    session.terminal.print(server.url())?;
    session.terminal.say(format!("serving {counted} of {}; Ctrl-C ends it", args.folder.display()));
    signals.next().await;
    let limit = numbers::time(args.drain);
    session.terminal.say(format!("stopping: runs may end within {limit}; once more to stop at once"));
    tokio::select! {
        drained = supervisor.drain(args.drain) => {
            if drained.interrupted > 0 {
                let counted = numbers::counted(drained.interrupted as u64, "run");
                session.terminal.say(format!("{counted} interrupted; the next start goes on with them"));
            }
        }
        () = signals.next() => std::process::exit(130),
    }
    server.stop().await;
    Ok(())
}

fn options(
    session: &Session,
    args: &ServeArgs,
    runtime: &RuntimeContext,
) -> Result<SupervisorOptions, Failure> {
    Ok(SupervisorOptions {
        folder: args.folder.clone(),
        state: runtime.state().to_owned(),
        logins: runtime.logins().to_owned(),
        outputs: runtime.outputs(),
        registry: session.registry.clone(),
        redactor: session.redactor.clone(),
        environment: runtime.environment(),
        cache: session.cache()?,
        place: runtime.place(),
        attention: Attention::All,
        n_converters: args.threads.map_or_else(n_cores, usize::from),
        max_runs: args.max_runs.into(),
    })
}

/// On the command line everybody who lists processes would see it.
fn token(args: &ServeArgs) -> Result<Token, Failure> {
    if args.no_token {
        return Ok(Token::None);
    }
    let Some(path) = &args.token_file else {
        let token = std::env::var(TOKEN_VARIABLE).ok().and_then(|text| first_line(&text));
        return Ok(token.map_or(Token::Random, Token::Given));
    };
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())))?;
    let token = first_line(&text).ok_or_else(|| {
        Failure::usage(format!("`{}`: there is no token in its first line", path.display()))
    })?;
    Ok(Token::Given(token))
}

fn first_line(text: &str) -> Option<Secret> {
    let token = without_byte_order_mark(text).lines().next().map(str::trim).filter(|token| !token.is_empty());
    token.map(|token| Secret::new(token.to_owned()))
}
