//! The real `pipeline` against its own sandbox, as a user would run it.

mod hostile;
mod run;
mod support;
mod table_files;
mod wrong_files;
