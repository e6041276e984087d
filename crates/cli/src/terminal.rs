//! The two ends of a command: data on stdout, talk on stderr.

use std::io::{self, IsTerminal, Write};

use pipeline_config::Style;

use crate::args::{ColorChoice, Global};

/// How this run talks to its user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    style: Style,
    is_interactive: bool,
    is_quiet: bool,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        let on_terminal = io::stderr().is_terminal();
        // https://no-color.org: any non-empty value switches colours off.
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_interactive = match global.color {
            ColorChoice::Auto => on_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        let is_colored = is_interactive && (global.color == ColorChoice::Always || !wants_none);
        let style = if is_colored { Style::Colored } else { Style::Plain };
        Self { style, is_interactive, is_quiet: global.quiet }
    }

    /// How diagnostics and logs are drawn.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Whether a progress bar makes sense.
    pub(crate) fn is_interactive(&self) -> bool {
        self.is_interactive && !self.is_quiet
    }

    /// How many characters fit on a line of stdout.
    pub(crate) fn width(&self) -> usize {
        stdout_width()
    }

    /// Prints data in place of all that the terminal shows; elsewhere it follows what was printed before.
    ///
    /// # Errors
    /// As of [`print`](Self::print).
    pub(crate) fn show_anew(&self, text: impl AsRef<str>) -> io::Result<()> {
        // Everything visible and what was scrolled out, then the cursor to the top: ECMA-48, and xterm's 3J.
        let clear = if is_stdout_terminal() { "\x1b[2J\x1b[3J\x1b[H" } else { "" };
        self.print(format!("{clear}{}", text.as_ref()))
    }

    /// Whether the user wants to hear of errors only.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Tells the user something, unless they asked for quiet.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if !self.is_quiet {
            self.complain(text);
        }
    }

    /// Tells the user something that must be read.
    pub(crate) fn complain(&self, text: impl AsRef<str>) {
        // A closed stderr is no reason to fail a run.
        let _ = writeln!(io::stderr().lock(), "{}", text.as_ref().trim_end());
    }

    /// Prints data.
    ///
    /// # Errors
    /// Whatever stdout says; a closed pipe (`| head`) is no error.
    pub(crate) fn print(&self, text: impl AsRef<str>) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{}", text.as_ref().trim_end()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Whether somebody looks at stdout.
pub(crate) fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

/// How many characters fit on a line of stdout.
pub(crate) fn stdout_width() -> usize {
    let found = comfy_table::Table::new().width().map(usize::from);
    found.filter(|_| is_stdout_terminal()).unwrap_or(110)
}

/// How many lines fit on the screen.
pub(crate) fn height() -> usize {
    /// What a pipe is taken for: a screen for ten rows.
    const DEFAULT: usize = 26;
    #[cfg(unix)]
    let found = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_row));
    #[cfg(not(unix))]
    let found: Option<usize> = None;
    found.filter(|lines| *lines > 0).unwrap_or(DEFAULT)
}
