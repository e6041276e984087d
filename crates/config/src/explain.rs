//! Errors in words.

/// An error with its causes; its help, which follows a line break, stays behind them.
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
    message
}

#[cfg(test)]
mod tests {
    use super::explain;

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
