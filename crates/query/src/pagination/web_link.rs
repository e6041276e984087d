//! The header `Link` (RFC 8288). Pure.
//!
//! The crates for it are unkept since years (`http-link`, `hyperx`) or split at every comma (`parse_link_header`), so
//! this follows the algorithm of RFC 8288, Appendix B, with one difference: text that is no link is an error, because
//! a caller would take a missing link for the last page.

/// A header `Link` that cannot be read; holds its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnreadableLink(pub(crate) String);

/// One link of a header.
#[derive(Debug, Default, PartialEq, Eq)]
struct Link<'h> {
    target: &'h str,
    /// Of several `rel`, the first one counts (§3.3).
    rel: Option<String>,
    /// What the link is about, where that is not the page itself (§3.2).
    anchor: Option<String>,
    /// Whether there is nothing behind it: Sentry names a next page always, and says so with `results="false"`.
    is_empty: bool,
    /// Parameters without a value.
    bare: Vec<&'h str>,
}

/// The target of the first link with this relation, in all values of the header.
pub(crate) fn find<'h>(
    values: impl IntoIterator<Item = &'h str>,
    rel: &str,
) -> Result<Option<String>, UnreadableLink> {
    let mut unreadable = None;
    for value in values {
        let mut rest = value;
        loop {
            match next_link(&mut rest) {
                Ok(None) => break,
                Ok(Some(link)) if link.leads(rel) => return Ok(Some(link.target.trim().to_owned())),
                Ok(Some(link)) if link.may_mean(rel) => unreadable = Some(value),
                Ok(Some(_)) => {}
                Err(()) => {
                    unreadable = Some(value);
                    break;
                }
            }
        }
    }
    unreadable.map_or(Ok(None), |value| Err(UnreadableLink(value.to_owned())))
}

impl Link<'_> {
    fn leads(&self, rel: &str) -> bool {
        let is_about_the_page = self.anchor.as_deref().is_none_or(str::is_empty);
        let rels = self.rel.as_deref().unwrap_or_default();
        // Some servers write `rel='next'`, where the quotes are letters of the relation to RFC 8288.
        let is_rel = |word: &str| word.trim_matches('\'').eq_ignore_ascii_case(rel);
        is_about_the_page && !self.is_empty && rels.split_ascii_whitespace().any(is_rel)
    }

    /// `</x?page=2>; next` is no link with a relation, and surely meant to be one.
    fn may_mean(&self, rel: &str) -> bool {
        self.rel.is_none() && self.bare.iter().any(|word| word.trim_matches('"').eq_ignore_ascii_case(rel))
    }
}

/// Takes one link from the front of `text`; `None` at the end.
fn next_link<'h>(text: &mut &'h str) -> Result<Option<Link<'h>>, ()> {
    *text = text.trim_start_matches([' ', '\t', ',']);
    if text.is_empty() {
        return Ok(None);
    }
    let inner = text.strip_prefix('<').ok_or(())?;
    let (target, rest) = inner.split_once('>').ok_or(())?;
    let mut link = Link { target, ..Link::default() };
    *text = rest;
    loop {
        *text = trim_start(text);
        match text.chars().next() {
            None | Some(',') => return Ok(Some(link)),
            Some(';') => *text = trim_start(&text[1..]),
            Some(_) => return Err(()),
        }
        let end = text.find([' ', '\t', '=', ';', ',']).unwrap_or(text.len());
        let name = &text[..end];
        *text = trim_start(&text[end..]);
        let Some(after) = text.strip_prefix('=') else {
            link.bare.push(name);
            continue;
        };
        *text = trim_start(after);
        let value = value(text)?;
        match name.to_ascii_lowercase().as_str() {
            "rel" if link.rel.is_none() => link.rel = Some(value),
            "results" => link.is_empty |= value.eq_ignore_ascii_case("false"),
            "anchor" if link.anchor.is_none() => link.anchor = Some(value),
            _ => {}
        }
    }
}

/// Takes the value of a parameter from the front of `text`: a token, or a quoted string (RFC 9110 §5.6.4).
fn value(text: &mut &str) -> Result<String, ()> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let value = text[..end].trim().to_owned();
        *text = &text[end..];
        return Ok(value);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                *text = &quoted[at + 1..];
                return Ok(value);
            }
            '\\' => value.push(chars.next().ok_or(())?.1),
            _ => value.push(c),
        }
    }
    Err(())
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], expected: Result<Option<&str>, ()>) {
        let found = find(values.iter().copied(), "next");
        assert_eq!(found.as_ref().map(Option::as_deref).map_err(|_| ()), expected, "{values:?}");
    }

    #[test]
    fn finds_the_link_with_the_relation() {
        check(&[r#"<https://x/?page=2>; rel="next""#], Ok(Some("https://x/?page=2")));
        let two = r#"<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next""#;
        check(&[two], Ok(Some("https://x/?page=3")));
        check(&[r#"<https://x/?a=1,2;3>; title="a, b; c"; rel="last next""#], Ok(Some("https://x/?a=1,2;3")));
        check(&["</p?page=2>; REL=Next"], Ok(Some("/p?page=2")));
        check(&["</p?page=2> ; rel = next ; title=x"], Ok(Some("/p?page=2")));
        check(&["<>; rel=next"], Ok(Some("")));
        check(&["</a>; rel='prev', </b>; rel='next last'"], Ok(Some("/b")));
        check(&[r#"<https://x/?page=9>; rel="last""#], Ok(None));
        check(&[], Ok(None));
        check(&["", " , ,"], Ok(None));
        // Sentry.
        let sentry = |more: &str| {
            format!(
                r#"</p>; rel="previous"; results="false"; cursor="0:0:1", </n>; rel="next"; results="{more}"; cursor="0:100:0""#
            )
        };
        check(&[&sentry("true")], Ok(Some("/n")));
        check(&[&sentry("false")], Ok(None));
        // Several headers; empty items of a list; a parameter without a value.
        check(&["</a>; rel=prev", "</b>; rel=next"], Ok(Some("/b")));
        check(&[",,</a>; rel=prev,, </b>; crossorigin; rel=next,"], Ok(Some("/b")));
    }

    #[test]
    fn follows_rfc_8288() {
        // A quoted pair.
        check(&[r#"</P/x?page=2>; title="x\"y"; rel="next""#], Ok(Some("/P/x?page=2")));
        check(&[r#"</a>; title="\\"; rel="next""#], Ok(Some("/a")));
        check(&[r#"</a>; title="\">; rel=next, <b"; rel="prev""#], Ok(None));
        // §3.3: only the first `rel` counts.
        check(&[r#"</y>; rel="prev"; rel="next""#], Ok(None));
        // §3.2: a link with an anchor is about something else.
        check(&[r##"</y>; rel="next"; anchor="#part""##], Ok(None));
        check(&[r#"</y>; anchor="/z"; rel="next", </n>; rel=next"#], Ok(Some("/n")));
        check(&[r#"</y>; rel="next"; anchor="""#], Ok(Some("/y")));
        check(&["</a,b?c=1;d>; rel=next"], Ok(Some("/a,b?c=1;d")));
        check(&["</a>; rel=\"\tnext  x\""], Ok(Some("/a")));
        check(&["</a>; rel*=UTF-8''next; rel=prev"], Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_no_end() {
        check(&["<broken"], Err(()));
        check(&["https://x/?page=2; rel=next"], Err(()));
        check(&[r#"</a?page=2>; rel="next"#], Err(()));
        check(&["</a?page=2> rel=next"], Err(()));
        check(&["</a?page=2>; next"], Err(()));
        check(&[r#"</a?page=2>; "next""#], Err(()));
        check(&[r#"</a>; title="x"y; rel="next""#], Err(()));
        // A link that was found before counts.
        check(&["</a>; rel=next, <broken"], Ok(Some("/a")));
        check(&["<broken", "</a>; rel=next"], Ok(Some("/a")));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(value in "[<>;,\"= a-z\\\\:/?é]{0,40}") {
            let _ = find([value.as_str()], "next");
        }

        #[test]
        fn what_was_written_is_found(target in "[a-z0-9/?&=,;._~%-]{1,30}", title in "[ -~]{0,20}", rels in "[a-z]{1,5}") {
            let quoted: String = title.chars().flat_map(|c| if matches!(c, '"' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
            let header = format!("<x>; rel={rels}x, <{target}>; title=\"{quoted}\"; rel=\"{rels} next\"");
            let found = find([header.as_str()], "next");
            proptest::prop_assert_eq!(found, Ok(Some(target)));
        }
    }
}
