//! What is left of a secret where a text was clipped: messages are bounded before they are masked.

/// Stands where a text was clipped.
pub(super) const ELLIPSIS: char = '…';
/// Fewer bytes tell little of a secret, and stand in other texts by chance.
const MIN_LENGTH: usize = 6;

/// `text` with `mask` in the place of the beginning of `secret` before an ellipsis, and of its end behind one; `None` if there is
/// neither.
pub(super) fn without_parts(text: &str, secret: &str, mask: &str) -> Option<String> {
    let (mut clean, mut end) = (String::new(), 0);
    let mut is_changed = false;
    for (at, sign) in text.match_indices(ELLIPSIS) {
        // A secret may have one of its own, which went with its end.
        if at < end {
            continue;
        }
        let before = &text[end..at];
        let behind = at + sign.len();
        let n_before = n_shown(secret, |part| before.ends_with(&secret[..part]));
        let n_behind = n_shown(secret, |part| text[behind..].starts_with(&secret[secret.len() - part..]));
        clean.push_str(&before[..before.len() - n_before]);
        clean.push_str(if n_before > 0 { mask } else { "" });
        clean.push(ELLIPSIS);
        clean.push_str(if n_behind > 0 { mask } else { "" });
        is_changed |= n_before + n_behind > 0;
        end = behind + n_behind;
    }
    is_changed.then(|| clean + &text[end..])
}

/// The greatest number of bytes for which `is_shown` holds, from where on a secret is worth masking.
fn n_shown(secret: &str, is_shown: impl Fn(usize) -> bool) -> usize {
    let is_whole =
        |part: &usize| secret.is_char_boundary(*part) && secret.is_char_boundary(secret.len() - part);
    (MIN_LENGTH..secret.len()).rev().filter(is_whole).find(|part| is_shown(*part)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_beside_an_ellipsis_are_masked() {
        for (text, expected) in [
            ("of abcdefgh…", "of <>…"),
            ("of abcdef…, 9 more", "of <>…, 9 more"),
            ("of abcde…", "of abcde…"),
            ("abcdefg…(9 characters)…efghij.", "<>…(9 characters)…<>."),
            ("(\"abcdefghi…\") and abcdefgh…", "(\"<>…\") and <>…"),
            ("…bcdefghij…x", "…<>…x"),
            ("…fghij…abcdefg…", "…fghij…<>…"),
            ("zabcdefgh… é…", "z<>… é…"),
        ] {
            let found = without_parts(text, "abcdefghij", "<>");
            assert_eq!(found.unwrap_or_else(|| text.to_owned()), expected, "{text}");
        }
        assert_eq!(without_parts("aéöüß…", "aéöüßx", "<>").as_deref(), Some("<>…"));
        assert_eq!(without_parts("a…bcde…fghij", "abcde…fghijk", "<>"), None);
        assert_eq!(without_parts("a…bc…defghij.", "zabc…defghij", "<>").as_deref(), Some("a…<>."));
        assert_eq!(without_parts("nothing…", "abcdefghij", "<>"), None);
    }
}
