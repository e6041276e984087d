//! One file per command.

pub(crate) mod auth;
pub(crate) mod check;
pub(crate) mod convert;
pub(crate) mod dev;
pub(crate) mod explain;
pub(crate) mod explain_error;
pub(crate) mod kinds;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod preview;
pub(crate) mod record;
pub(crate) mod run;
mod run_many;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod test;
pub(crate) mod validate;
