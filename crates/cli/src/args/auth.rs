//! `pipeline auth …`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Log in with a browser, once; runs then renew the login by themselves.
    Login(LoginArgs),
    /// Tell whose login it is, what it may do and until when; never the token.
    Status {
        #[command(flatten)]
        file: AuthFile,
        /// How to print it.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Get a new access token now.
    Refresh(AuthFile),
    /// Forget the tokens on this machine; the consent itself stays at the provider.
    Logout(AuthFile),
    /// Store a token response (JSON with `access_token`, `refresh_token`, …) that comes on stdin.
    Import(AuthFile),
}

#[derive(Debug, Args)]
pub(crate) struct AuthFile {
    /// The pipeline file; only its `datasource` is read.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    pub(crate) pipeline: AuthFile,
    /// Open no browser, only show the address.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Do not listen for the browser; read the address that it ends up at from stdin.
    #[arg(long, conflicts_with = "port")]
    pub(crate) paste: bool,
    /// Listen at this port in place of the one in `redirect_url`.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// How long to wait for the browser.
    #[arg(long, default_value = "10m", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
}

impl AuthCommand {
    /// The pipeline file.
    pub(crate) fn file(&self) -> &AuthFile {
        match self {
            Self::Login(args) => &args.pipeline,
            Self::Status { file, .. } | Self::Refresh(file) | Self::Logout(file) | Self::Import(file) => file,
        }
    }
}
