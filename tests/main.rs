//! The real `pipeline` against its own sandbox, as a user would run it.

mod addresses;
mod alike;
mod architecture;
mod auth;
mod authoring;
mod bodies;
mod bounds;
mod browser;
#[cfg(feature = "cluster")]
mod cluster;
mod commits;
#[cfg(feature = "external-tests")]
mod commits_s3;
mod cut_lists;
mod datasources;
mod desk;
mod disguised;
#[cfg(unix)]
mod docs;
mod edited_queries;
mod error_codes;
mod exactness;
mod examples;
mod faults;
mod file_inputs;
mod fixtures;
#[cfg(target_os = "linux")]
mod folder_runs;
mod going_on;
mod hostile;
mod incremental;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(target_os = "linux")]
mod killed_ends;
mod kills;
#[cfg(feature = "external-tests")]
mod kills_s3;
mod logins;
#[cfg(target_os = "linux")]
mod lost_journals;
mod masked;
mod moved_cursors;
mod numbers;
mod objects;
mod outputs;
mod paging;
mod paging_ends;
mod paging_from_0;
mod paging_instead;
mod paging_records;
mod paging_totals;
mod partly_committed;
#[cfg(target_os = "linux")]
mod processes;
mod recorded;
mod run;
mod sandbox_outputs;
mod serve;
mod silent;
mod spelled;
mod stale;
mod state;
#[cfg(feature = "external-tests")]
mod studio;
#[cfg(feature = "external-tests")]
mod studio_edits;
mod support;
mod table_files;
mod values;
#[cfg(target_os = "linux")]
mod workers;
mod written;
mod wrong_files;
