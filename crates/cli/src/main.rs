//! The `pipeline` binary; everything is in the library, so that plug-ins can build their own.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pipeline_cli::main(pipeline_cli::Registry::builtin())
}
