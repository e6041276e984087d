//! Keys, as they are pressed on a terminal, or as lines come from a pipe.

use std::future;

use tokio::io::{AsyncReadExt, Stdin, stdin};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    NextRows,
    PreviousRows,
    Json,
    NextTable,
    Refetch,
    Page,
    Quit,
}

impl Key {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'n' | b' ' => Self::NextRows,
            b'p' => Self::PreviousRows,
            b'j' => Self::Json,
            b't' => Self::NextTable,
            b'r' => Self::Refetch,
            b'o' => Self::Page,
            b'q' => Self::Quit,
            _ => return None,
        })
    }
}

/// Where keys come from.
#[derive(Debug)]
pub(super) struct Keys {
    /// `None` when it has ended: a command in the background goes on without.
    stdin: Option<Stdin>,
    _mode: Option<KeyMode>,
}

impl Keys {
    pub(super) fn open() -> Self {
        Self { stdin: Some(stdin()), _mode: KeyMode::set() }
    }

    pub(super) async fn next(&mut self) -> Key {
        while let Some(stdin) = &mut self.stdin {
            match stdin.read_u8().await {
                Ok(byte) => {
                    if let Some(key) = Key::of(byte) {
                        return key;
                    }
                }
                Err(_) => self.stdin = None,
            }
        }
        future::pending().await
    }
}

/// Gives each key at once and does not show it; elsewhere, and in pipes, Enter sends it.
///
/// Only this: Ctrl-C stays a signal, and lines end as ever.
#[cfg(unix)]
#[derive(Debug)]
struct KeyMode(rustix::termios::Termios);

#[cfg(unix)]
impl KeyMode {
    fn set() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        // Fails for what is no terminal.
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut mode = before.clone();
        mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Now, &mode).ok()?;
        Some(Self(before))
    }
}

#[cfg(unix)]
impl Drop for KeyMode {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, &self.0);
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct KeyMode;

#[cfg(not(unix))]
impl KeyMode {
    fn set() -> Option<Self> {
        None
    }
}
