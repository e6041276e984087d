//! `pipeline man` and `pipeline completions`: manual pages and completion scripts from the same definitions as `--help`.

use std::path::Path;

use clap::CommandFactory;

use crate::{Failure, args::Cli, terminal::Terminal};

pub(crate) fn man(terminal: Terminal, folder: Option<&Path>) -> Result<(), Failure> {
    let command = Cli::command();
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            clap_mangen::generate_to(command, folder)?;
            terminal.say(format!("the pages are in {}; read one with `man -l`", folder.display()));
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            terminal.print(String::from_utf8_lossy(&page))?;
        }
    }
    Ok(())
}

/// Prints the script by which a shell completes commands and flags.
pub(crate) fn completions(terminal: Terminal, shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pipeline", &mut script);
    terminal.print(String::from_utf8_lossy(&script))?;
    Ok(())
}
