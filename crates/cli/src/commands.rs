//! One file per command.

pub(crate) mod auth;
pub(crate) mod check;
pub(crate) mod kinds;
pub(crate) mod preview;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod state;
pub(crate) mod validate;
