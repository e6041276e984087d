//! The real `pipeline` against its own sandbox, as a user would run it.

mod auth;
mod authoring;
mod browser;
#[cfg(feature = "cluster")]
mod cluster;
mod datasources;
#[cfg(unix)]
mod docs;
mod examples;
mod faults;
mod fixtures;
mod hostile;
mod incremental;
#[cfg(feature = "keyring")]
mod keyring;
mod kills;
mod logins;
mod objects;
mod outputs;
mod paging;
mod recorded;
mod run;
mod serve;
mod state;
mod studio;
mod support;
mod table_files;
mod wrong_files;
