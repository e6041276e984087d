//! `pipeline`, with one more kind.

mod inventory;

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline_cli::main(pipeline_cli::Registry::builtin().with_datasource(inventory::KIND))
}
