//! "Did you mean …?"

use crate::visible::escaped;

/// The known name closest to `name`, if it is close enough to be a slip of the keyboard.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        // A third of the letters may differ: `cursr` finds `cursor`, `foo` finds nothing; and one must be the same, so that
        // `a` does not find `b`.
        .filter(|(distance, candidate)| {
            let (n_letters, n_known) = (lower.chars().count(), candidate.chars().count());
            *distance <= n_known.max(n_letters).div_ceil(3) && (*distance == 0 || *distance < n_known.min(n_letters))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether `name` is `known` with a slip of the keyboard: one letter, or two in a long name.
pub fn is_slip(name: &str, known: &str) -> bool {
    let n_letters = name.chars().count().max(known.chars().count());
    let distance = strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    (1..=(n_letters / 6).min(2)).contains(&distance)
}

/// A help line: the nearest known name, when there is one, and all of them.
pub fn known_names<'k>(name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let mut all: Vec<&str> = known.clone().into_iter().collect();
    all.sort_unstable();
    // Some are of files and servers.
    let all = escaped(&all.join(", ")).into_owned();
    match nearest(name, known) {
        Some(candidate) => format!("did you mean `{}`? known: {all}", escaped(candidate)),
        None => format!("known: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_nothing_else() {
        let known = ["cursor", "link_header", "offset", "path", "kind"];
        let check = |name, expected| assert_eq!(nearest(name, known), expected, "{name}");
        check("cursr", Some("cursor"));
        check("Offset", Some("offset"));
        check("linkheader", Some("link_header"));
        check("pth", Some("path"));
        check("knid", Some("kind"));
        check("zebra", None);
        let short = |name, known| assert_eq!(nearest(name, [known]), None, "{name} {known}");
        short("a", "b");
        short("a", "ab");
        assert_eq!(nearest("A", ["a"]), Some("a"));
        assert_eq!(nearest("ix", ["id"]), Some("id"));
    }

    #[test]
    fn a_slip_is_a_letter_or_two() {
        let check = |name, known, expected| assert_eq!(is_slip(name, known), expected, "{name} {known}");
        check("paging.cursors.aftr", "paging.cursors.after", true);
        check("nextPageTokn", "nextPageToken", true);
        check("nextPageToken", "nextSyncToken", false);
        check("next", "text", false);
        check("next", "prev", false);
        check("next", "next", false);
    }
}
