//! `--update`: what converters return now becomes what is expected, if the author says so.

use std::io::{self, BufRead, IsTerminal};

use super::outcome::{Outcome, Tested};
use crate::{Failure, args::TestArgs, terminal::Terminal};

enum Answer {
    Yes,
    No,
    All,
    Stop,
}

/// Writes the cases that have changed; on a terminal, those to which the answer is yes.
pub(super) fn review(terminal: Terminal, args: &TestArgs, tested: &mut [Tested]) -> Result<(), Failure> {
    let mut asks = !args.yes && io::stdin().is_terminal();
    for tested in tested {
        let (Outcome::Different { now, .. } | Outcome::Unknown { now }) = &tested.outcome else { continue };
        if asks {
            terminal.complain(tested.to_text());
            match ask(terminal)? {
                Answer::Yes => {}
                Answer::No => continue,
                Answer::All => asks = false,
                Answer::Stop => return Ok(()),
            }
        }
        now.write(&tested.path)?;
        tested.outcome = Outcome::Updated;
    }
    Ok(())
}

fn ask(terminal: Terminal) -> io::Result<Answer> {
    loop {
        terminal.complain("is that right? y yes · n no · a yes to all · q stop");
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(Answer::Stop);
        }
        match line.trim() {
            "y" | "yes" => return Ok(Answer::Yes),
            "n" | "no" => return Ok(Answer::No),
            "a" | "all" => return Ok(Answer::All),
            "q" | "quit" => return Ok(Answer::Stop),
            _ => {}
        }
    }
}
