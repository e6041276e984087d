//! `pipeline explain-error`: what a code such as `C005` means, and what to write instead.

use crate::{Failure, terminal::Terminal};

/// One section for each code, each with the code as its heading.
const PAGE: &str = include_str!("../../../../docs/reference/errors.md");

/// Prints the section of `code`, or one line for each code where none is given.
pub(crate) fn explain_error(terminal: Terminal, code: Option<&str>) -> Result<(), Failure> {
    let Some(code) = code else {
        let lines: Vec<String> =
            sections().map(|(code, text)| format!("{code}  {}", first_sentence(text))).collect();
        terminal.print(lines.join("\n"))?;
        return Ok(());
    };
    // As people copy it: `error[C005]`, `[c005]`.
    let wanted = code.trim_start_matches("error").trim_start_matches("warning").trim_matches(['[', ']', ' ']);
    match sections().find(|(known, _)| known.eq_ignore_ascii_case(wanted)) {
        Some((known, text)) => Ok(terminal.print(format!("{known}: {text}"))?),
        None => {
            let known =
                pipeline_config::known_names(wanted, sections().map(|(code, _)| code).collect::<Vec<_>>());
            Err(Failure::usage(format!("no error has the code `{code}`; {known}")))
        }
    }
}

/// Each code with its text, without blank lines at its ends.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(code, text)| (code, text.trim()))
}

/// The text up to its first full stop, on one line.
fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n```").next().unwrap_or_default().replace('\n', " ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |at| at + 1);
    paragraph[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_sentence_and_stands_once() {
        let all: Vec<(&str, &str)> = sections().collect();
        assert!(all.is_sorted_by(|before, after| before.0 < after.0), "in order, each once");
        for (code, text) in all {
            let is_code = code.len() == 4 && code[1..].bytes().all(|byte| byte.is_ascii_digit());
            assert!(is_code && first_sentence(text).ends_with(['.', ':']), "{code}: {text}");
        }
    }
}
