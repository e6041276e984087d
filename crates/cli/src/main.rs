//! The `pipeline` binary; everything is in the library, so that plug-ins can build their own.

use std::process::ExitCode;

use pipeline_cli::Registry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let registry = Registry::builtin();
    #[cfg(feature = "postgres")]
    let registry = registry.with_sink(pipeline_postgres::KIND);
    pipeline_cli::main(registry)
}
