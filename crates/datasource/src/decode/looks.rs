//! What a body is that should be CSV: every text is CSV of some sort, and the page of an error, or JSON, is no table. Pure.

/// What is no CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looks {
    /// An object, or an array of objects, arrays or texts.
    Json,
    /// XML, or a web page.
    Markup,
}

/// So many bytes of a body are looked at.
pub(super) const N_BYTES: usize = 512;

impl Looks {
    /// What a text is that begins so; `None` where it may be CSV: columns may be called `[Order ID]`, `{a}` or `<TICKER>`.
    pub(crate) fn of(begin: &[u8]) -> Option<Self> {
        let begin = begin.strip_prefix(super::BYTE_ORDER_MARK).unwrap_or(begin).trim_ascii_start();
        let after = begin.get(1..).unwrap_or_default().trim_ascii_start();
        match (begin.first()?, after.first()) {
            (b'{', None | Some(b'"' | b'}')) | (b'[', None | Some(b'{' | b'[' | b'"' | b']')) => {
                Some(Self::Json)
            }
            (b'<', _) => is_markup(&begin[1..]).then_some(Self::Markup),
            _ => None,
        }
    }

    /// As messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Markup => "XML or a web page",
        }
    }
}

/// Whether what follows a `<` makes the text one of elements.
fn is_markup(rest: &[u8]) -> bool {
    const HTML: [&str; 11] = ["html", "head", "body", "title", "h1", "h2", "p", "div", "center", "pre", "br"];
    if matches!(rest.first(), Some(b'!' | b'?')) || rest.windows(2).any(|pair| pair == b"</") {
        return true;
    }
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let name = String::from_utf8_lossy(&rest[..end]).to_ascii_lowercase();
    let close = rest.iter().position(|byte| *byte == b'>');
    // A header in angle brackets goes on with its delimiter.
    let next = close.and_then(|close| rest[close + 1..].trim_ascii_start().first());
    let is_html = HTML.contains(&name.as_str()) && !matches!(next, Some(b',' | b';' | b'\t' | b'|'));
    next == Some(&b'<') || is_html || rest[..close.unwrap_or(0)].ends_with(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_markup_are_no_headers() {
        let check = |begin: &str, expected: Option<Looks>| {
            assert_eq!(Looks::of(begin.as_bytes()), expected, "{begin}");
        };
        for json in [
            r#"{"error":"boom"}"#,
            "\u{feff} \n{ \"a\": 1,",
            "{}",
            "{",
            "[]",
            r#"[{"id":1}]"#,
            "[ [1]]",
            r#"["a"]"#,
        ] {
            check(json, Some(Looks::Json));
        }
        for markup in [
            "<!DOCTYPE html>",
            "<?xml version='1.0'?>",
            "\n<html>",
            "<h1>Bad Gateway",
            "<p>Oops<br>",
            "<Error><Code>x",
            "<Error>boom</Error>",
            "<error/>",
            "<html lang=\"en\">\n",
        ] {
            check(markup, Some(Looks::Markup));
        }
        for csv in [
            "id,v\n",
            "[Order ID],[Name]\n[1],[x]\n",
            "{a},{b}\n",
            "<TICKER>,<PER>,<DATE>\n1,2,3\n",
            "<TITLE>;<BODY>\n",
            "<b\n",
            "\"{\"\"a\"\"}\"\n",
            "",
            "1,<a></a>",
        ] {
            check(csv, None);
        }
    }
}
