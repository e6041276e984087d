//! `kind: command`: another program knows the token.

mod output;

use std::{fmt, io, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use async_trait::async_trait;
use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_process::ProcessGroup;
use pipeline_transport::{Client, Redactor};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    AuthBuild, AuthContext, AuthError, Authenticator,
    cached::{Cached, Fetched, TokenSource},
    fixed::is_header_name,
};

pub(crate) const KIND: Kind<AuthBuild> = Kind {
    name: "command",
    summary: "A program that prints the token, such as `gcloud auth print-access-token` or `op read …`.",
    fields: &[
        Field::required(
            "command",
            Shape::List(&Shape::Text),
            "The program and its arguments, as a list; no shell reads it. It prints the token, or JSON with \
             `access_token` and perhaps `expires_in`; a scheme before it (`Bearer …`) is taken for that. It runs in the folder of the \
             YAML file, where relative paths start; it cannot ask at the terminal, and what it has started ends with it.",
        ),
        Field::default("timeout", Shape::Duration, "30s", "How long it may take."),
        Field::optional(
            "ttl",
            Shape::Duration,
            "How long a token is used when the program does not say; without it, until the server refuses it.",
        ),
        Field::default("header", Shape::Text, "Authorization", "The header that the token goes into."),
        Field::optional(
            "scheme",
            Shape::Text,
            "What stands before the token; without it, `Bearer` in `Authorization` and nothing in other headers.",
        ),
    ],
    build,
};

/// No token is longer than this.
const MAX_OUTPUT: u64 = 256 * 1024;

fn build(section: &Section<'_>, context: &AuthContext) -> Option<Arc<dyn Authenticator>> {
    let reader = section.reader();
    let words = section.texts("command");
    section.hide_arguments(&words);
    let mut words = words.into_iter().map(|word| word.value);
    let program = words.next().filter(|program| !program.trim().is_empty());
    let Some(program) = program else {
        // A missing key was reported by the reader.
        if section.node("command").is_some() {
            let error = section.error("A004", "command", "there is no program to run");
            reader.report(
                error.help("write the program and its arguments: `[op, read, 'op://vault/item/token']`"),
            );
        }
        return None;
    };
    let arguments: Vec<String> = words.collect();
    if arguments.is_empty() && program.contains(char::is_whitespace) {
        let error = section.error("A004", "command", format!("`{program}` is the name of no program"));
        let list = program.split_whitespace().collect::<Vec<_>>().join(", ");
        reader.report(error.help(format!("no shell takes it apart; write a list: `[{list}]`")));
        return None;
    }
    let header = section.text("header");
    if !is_header_name(&header) {
        let error = section.error("A002", "header", format!("`{header}` is not the name of a header"));
        reader.report(error.help("headers are named with letters, digits and `-`"));
        return None;
    }
    let default = if header.eq_ignore_ascii_case("authorization") { "Bearer" } else { "" };
    let scheme = section.optional_text("scheme").unwrap_or_else(|| default.to_owned());
    let source = Command {
        program,
        arguments,
        folder: reader.folder(section.span()),
        timeout: section.duration("timeout").unwrap_or(Duration::from_secs(30)),
        ttl: section.duration("ttl"),
        client: context.client.clone(),
        scheme: scheme.clone(),
    };
    Some(Arc::new(Cached::new(source, context.client.clone(), (header, scheme))))
}

struct Command {
    program: String,
    arguments: Vec<String>,
    /// Where the YAML stands, which relative paths start from.
    folder: PathBuf,
    timeout: Duration,
    ttl: Option<Duration>,
    client: Client,
    /// What is sent before the token; empty for nothing.
    scheme: String,
}

impl Command {
    /// Runs the program to its end.
    async fn run(&self) -> io::Result<std::process::Output> {
        let is_path = self.program.contains(['/', std::path::MAIN_SEPARATOR]);
        let program = if is_path { self.folder.join(&self.program) } else { self.program.clone().into() };
        let mut command = tokio::process::Command::new(program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        // The program ends with the patience for it.
        let mut child = ProcessGroup::spawn(&mut command)?;
        let (stdout, stderr) = (child.stdout(), child.stderr());
        let (stdout, stderr, status) = tokio::try_join!(all(stdout), all(stderr), child.wait())?;
        Ok(std::process::Output { status, stdout, stderr })
    }

    fn error(&self, problem: String) -> AuthError {
        AuthError::Command { program: self.program.clone(), problem }
    }
}

/// All that comes, read to the end so that the program is never stuck, but only so much of it kept.
async fn all(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(MAX_OUTPUT).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

#[async_trait]
impl TokenSource for Command {
    async fn fetch(&self) -> Result<Fetched, AuthError> {
        let ended = tokio::time::timeout(self.timeout, self.run()).await;
        let ended = ended.map_err(|_| self.error(format!("it did not end within {:?}", self.timeout)))?;
        let ended = ended.map_err(|error| self.error(error.to_string()))?;
        let fetched = output::read(&ended.stdout, self.client.clock().now());
        // Programs that tell what they do may say it on stderr too.
        if let Ok(fetched) = &fetched {
            self.client.redactor().add(&fetched.token);
        }
        let said = said(&ended.stderr, self.client.redactor());
        if !ended.status.success() {
            let said = if said.is_empty() { "it said nothing on stderr".to_owned() } else { said };
            return Err(self.error(format!("{}: {said}", ended.status)));
        }
        if !said.is_empty() {
            tracing::info!(program = self.program, stderr = said, "the program for the token said something");
        }
        let fetched = fetched.map_err(|problem| self.error(problem))?;
        let token =
            output::behind_scheme(&fetched.token, &self.scheme).map_err(|problem| self.error(problem))?;
        Ok(Fetched { token, lifetime: fetched.lifetime.or(self.ttl) })
    }
}

/// The end of what a program wrote for people, on one line.
fn said(stderr: &[u8], redactor: &Redactor) -> String {
    const MAX_CHARS: usize = 500;
    let is_cut = stderr.len() as u64 == MAX_OUTPUT;
    let text = String::from_utf8_lossy(stderr);
    // What was cut may be a part of a token.
    let text = text.rsplit_once(char::is_whitespace).filter(|_| is_cut).map_or(&*text, |(whole, _)| whole);
    let visible = pipeline_config::on_one_line(text);
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = redactor.redact(&line);
    let n_over = line.chars().count().saturating_sub(MAX_CHARS);
    line.chars().skip(n_over).collect()
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments may be passwords.
        f.debug_struct("Command").field("program", &self.program).finish_non_exhaustive()
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Reader, Style};
    use pipeline_transport::{Limits, Method, Request};

    use super::*;

    /// What a shell script's token looks like in a request.
    async fn sent(script: &str, more: &str) -> Result<String, String> {
        let reader = Reader::new(Environment::empty().with([("SCRIPT".to_owned(), script.to_owned())]));
        let yaml = format!("{{kind: command, command: [sh, -c, '${{SCRIPT}}']{more}}}");
        let node = reader.parse("auth.yaml", &yaml).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "auth").unwrap();
        let client = Client::new(Limits::default(), Redactor::default()).unwrap();
        let auth = (kind.build)(&section, &AuthContext::new(client, "state".into()));
        let auth = reader.finish(auth, Style::Plain).unwrap();
        let mut request = Request::new(Method::Get, "https://x.test/".parse().unwrap());
        auth.authorize(&mut request).await.map_err(|error| error.to_string())?;
        let (name, value) = request.credential_headers().next().unwrap();
        Ok(format!("{name}: {}", value.expose()))
    }

    #[tokio::test]
    async fn sends_what_the_program_prints() {
        assert_eq!(sent("echo t1", "").await.unwrap(), "Authorization: Bearer t1");
        assert_eq!(sent("echo t1", ", scheme: token").await.unwrap(), "Authorization: token t1");
        assert_eq!(sent("echo t1", ", header: X-Key").await.unwrap(), "X-Key: t1");
        assert_eq!(sent("echo bearer t1", "").await.unwrap(), "Authorization: Bearer t1");
        assert_eq!(sent("echo Basic t1", ", scheme: Basic").await.unwrap(), "Authorization: Basic t1");
        assert_eq!(sent("echo Bearer t1", ", header: X-Key").await.unwrap(), "X-Key: Bearer t1");
        let json = r#"echo "{\"token\":\"Bearer t1\"}""#;
        assert_eq!(sent(json, "").await.unwrap(), "Authorization: Bearer t1");
        let error = sent("echo Basic t1", "").await.unwrap_err();
        assert!(error.contains("`Bearer` would stand before") && !error.contains("t1"), "{error}");
        assert_eq!(sent("echo talk >&2; echo t1", "").await.unwrap(), "Authorization: Bearer t1");
    }

    #[tokio::test]
    async fn says_how_the_program_failed() {
        let error = sent("echo 'no such vault' >&2; exit 7", "").await.unwrap_err();
        assert_eq!(error, "the program `sh` gave no token: exit status: 7: no such vault");
        let error = sent("echo t0ken-9f3aB; printf 'got t0ken-9f3aB\\033[2J%01000d' 7 >&2; exit 7", "")
            .await
            .unwrap_err();
        assert!(error.ends_with(&format!("status: 7: {}7", "0".repeat(499))), "{error}");
        let error =
            sent("echo t0ken-9f3aB; printf 'got t0ken-9f3aB\\033[2J\\n' >&2; exit 7", "").await.unwrap_err();
        assert!(error.ends_with("status: 7: got [REDACTED] [2J"), "{error}");
        let error = sent("sleep 30", ", timeout: 50ms").await.unwrap_err();
        assert!(error.contains("did not end within 50ms"), "{error}");
        let error = sent("true", "").await.unwrap_err();
        assert!(error.contains("printed nothing"), "{error}");
    }
}
