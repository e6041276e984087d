//! The two ends of a command: data on stdout, talk on stderr.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use pipeline_config::{Style, escaped_lines};

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
        io::stdout().write_all(clear.as_bytes())?;
        self.print(text)
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
        let _ = writeln!(io::stderr().lock(), "{}", visible(text.as_ref().trim_end(), self.style));
    }

    /// Prints data.
    ///
    /// # Errors
    /// Whatever stdout says; a closed pipe (`| head`) is no error.
    pub(crate) fn print(&self, text: impl AsRef<str>) -> io::Result<()> {
        let text = text.as_ref().trim_end();
        // Programs get what the data are.
        let text = if is_stdout_terminal() { visible(text, Style::Colored) } else { text.into() };
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// The text without characters that steer a terminal, but for our own colours.
pub(crate) fn visible(text: &str, style: Style) -> Cow<'_, str> {
    if style == Style::Plain || !text.contains('\x1b') {
        return escaped_lines(text);
    }
    let mut parts = text.split('\x1b');
    let mut shown = escaped_lines(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        shown.push_str(if is_colour(part) { "\x1b" } else { "\\u{1b}" });
        shown.push_str(&escaped_lines(part));
    }
    Cow::Owned(shown)
}

/// Whether a text goes on with `[1;31m` (ECMA-48, SGR), of which 8 would hide what follows.
fn is_colour(text: &str) -> bool {
    let numbers = text.strip_prefix('[').and_then(|text| text.split_once('m')).map(|(numbers, _)| numbers);
    numbers.is_some_and(|numbers| {
        numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';')
            && numbers.split(';').all(|one| one != "8")
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_all_that_steers_a_terminal() {
        let check = |text: &str, colored: &str, plain: &str| {
            assert_eq!(visible(text, Style::Colored), colored);
            assert_eq!(visible(text, Style::Plain), plain);
        };
        check("a\tb\nc", "a\tb\nc", "a\tb\nc");
        check("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "\\u{1b}[1;31mred\\u{1b}[0m");
        let title = "\x1b]0;pwned\x07 \x1b[2J \x1b[8mhidden \r\u{202e} \u{9b}2J \0";
        let shown = "\\u{1b}]0;pwned\\u{7} \\u{1b}[2J \\u{1b}[8mhidden \\r\\u{202e} \\u{9b}2J \\u{0}";
        check(title, shown, shown);
    }
}
