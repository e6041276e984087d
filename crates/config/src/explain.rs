//! Errors in words.

/// How many characters of a message people read, and logs and the history keep.
const MAX_CHARS: usize = 8_000;

/// A text of any origin as a message may have it: the middle of a long one is left out.
pub fn clipped(text: &str, max_chars: usize) -> std::borrow::Cow<'_, str> {
    let n_chars = text.chars().count();
    if n_chars <= max_chars {
        return text.into();
    }
    let n_last = max_chars / 4;
    let first: String = text.chars().take(max_chars - n_last).collect();
    let last: String = text.chars().skip(n_chars - n_last).collect();
    format!("{first}…({} characters)…{last}", n_chars - max_chars).into()
}

/// An error with its causes; its help, which follows a line break, stays behind them. What is longer than people read is clipped.
pub fn explain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let (message, help) = text.split_once('\n').map_or((text.as_str(), ""), |(first, rest)| (first, rest));
    let mut message = message.to_owned();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    if !help.is_empty() {
        message.push_str(&format!("\n{help}"));
    }
    clipped(&message, MAX_CHARS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, clipped, explain};

    #[test]
    fn long_texts_are_clipped_in_their_middle() {
        assert_eq!(clipped("ä".repeat(8).as_str(), 8), "ä".repeat(8));
        assert_eq!(clipped("aaaaaabbbbbbbcc", 8), "aaaaaa…(7 characters)…cc");
        let text = "x".repeat(10_000_000);
        assert!(explain(&std::io::Error::other(text)).chars().count() < MAX_CHARS + 50);
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn causes_come_before_the_help() {
        let check = |text: &'static str, cause: Option<&'static str>, expected: &str| {
            let source = cause.map(|text| Box::new(Layer { text, source: None }));
            assert_eq!(explain(&Layer { text, source }), expected);
        };
        check("cannot write", None, "cannot write");
        check("cannot write", Some("disk full"), "cannot write: disk full");
        check(
            "cannot write\n  = help: free some",
            Some("disk full"),
            "cannot write: disk full\n  = help: free some",
        );
    }
}
