//! `pipeline sandbox`.

use pipeline_sandbox::{Quota, Sandbox, SandboxOptions};

use crate::{Failure, args::SandboxArgs, terminal::Terminal};

pub(crate) async fn sandbox(terminal: Terminal, args: &SandboxArgs) -> Result<(), Failure> {
    let sandbox = Sandbox::start(SandboxOptions {
        issues: args.issues,
        seed: args.seed,
        latency: args.latency,
        port: args.port,
        access_token_lifetime: args.token_lifetime,
        quota: args.points.map(|points| Quota { points, window: args.points_window }),
        cache: args.cache.as_u64(),
        ..SandboxOptions::default()
    })
    .await?;
    let lines: Vec<String> =
        sandbox.variables().into_iter().map(|(name, value)| format!("export {name}='{value}'")).collect();
    terminal.print(lines.join("\n"))?;
    terminal.say(format!(
        "a Jira Cloud look-alike with {} issues answers at {}; Ctrl-C ends it",
        args.issues,
        sandbox.url()
    ));
    tokio::signal::ctrl_c().await?;
    Ok(())
}
