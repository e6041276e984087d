//! Whole numbers of a page that `JSON.parse` rounds, as text that a script may make of them.

use std::collections::{HashMap, HashSet};

/// Fewer digits are those of numbers that doubles tell apart.
const MIN_DIGITS: usize = 16;

/// More digits are printed with an exponent.
const MAX_DIGITS: usize = 21;

/// What `String(number)` and `BigInt(number)` give for each number of a page that a double does not hold; nothing that
/// stands in the page as well. `None` where a double holds all.
pub(crate) fn texts_of_rounded(body: &[u8]) -> Option<HashSet<String>> {
    let (mut texts, mut written) = (HashSet::new(), HashSet::new());
    let mut at = 0;
    // A run of so many digits has one at each multiple of its least length.
    while let Some(digit) = body.get(at + MIN_DIGITS - 1) {
        if !digit.is_ascii_digit() {
            at += MIN_DIGITS;
            continue;
        }
        let is_digit = |at: &usize| body[*at].is_ascii_digit();
        let middle = at + MIN_DIGITS - 1;
        let start = (0..middle).rev().take_while(is_digit).last().unwrap_or(middle);
        let end = (middle..body.len()).take_while(is_digit).last().map_or(middle, |last| last + 1);
        let is_fraction = start.checked_sub(1).is_some_and(|before| body[before] == b'.');
        if !is_fraction && (MIN_DIGITS..=MAX_DIGITS).contains(&(end - start)) {
            let digits = std::str::from_utf8(&body[start..end]).unwrap_or_default();
            written.insert(digits);
            texts.extend(texts_of(digits));
        }
        at = end;
    }
    let has_any = !texts.is_empty();
    texts.retain(|text| !written.contains(text.as_str()));
    has_any.then_some(texts)
}

/// The page with the next double in place of each whole number that a double does not hold; `None` where it has none.
pub(crate) fn with_next_doubles(body: &[u8]) -> Option<Vec<u8>> {
    with_others(body, |number| other_double(number, f64::next_up))
}

/// The same page with other digits in place of each such number, which are of the same double: what a script takes from the
/// text of the page differs then, and nothing else.
pub(crate) fn with_same_doubles(body: &[u8]) -> Option<Vec<u8>> {
    with_others(body, |number| other_double(number, |double| double))
}

/// The page with doubles of their own for whole numbers that one double stands for although they differ, so that a script can
/// tell them apart; `None` where it has no such numbers.
pub(crate) fn with_distinct_doubles(body: &[u8]) -> Option<Vec<u8>> {
    let mut written: HashMap<u64, Vec<String>> = HashMap::new();
    with_others(body, |number| {
        let (digits, double) = large(number)?;
        let of_double = written.entry(double.to_bits()).or_default();
        if !of_double.iter().any(|known| known == digits) {
            of_double.push(digits.to_owned());
        }
        None
    });
    let mut used: HashSet<u64> = written.keys().copied().collect();
    let mut others = HashMap::new();
    for (bits, digits) in &written {
        for digits in &digits[1..] {
            let mut own = f64::from_bits(*bits);
            while !used.insert(own.to_bits()) {
                own = own.next_up();
            }
            others.insert(digits.clone(), (own as i128).to_string());
        }
    }
    if others.is_empty() {
        return None;
    }
    with_others(body, |number| others.get(large(number)?.0).cloned())
}

/// The digits of a whole number that may be too large for a double, and the double that stands for it.
fn large(number: &[u8]) -> Option<(&str, f64)> {
    let is_large = (MIN_DIGITS..=MAX_DIGITS).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
    let digits = std::str::from_utf8(number).ok().filter(|_| is_large)?;
    Some((digits, digits.parse().ok()?))
}

/// The page with what `other` gives in place of numbers; `None` where it gives nothing.
fn with_others(body: &[u8], mut other: impl FnMut(&[u8]) -> Option<String>) -> Option<Vec<u8>> {
    let mut changed: Option<Vec<u8>> = None;
    let (mut at, mut copied, mut in_text) = (0, 0, false);
    while at < body.len() {
        match body[at] {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'0'..=b'9' if !in_text => {
                let is_of_number =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                let n_bytes = body[at..].iter().take_while(is_of_number).count();
                if let Some(next) = other(&body[at..at + n_bytes]) {
                    let text = changed.get_or_insert_with(|| Vec::with_capacity(body.len() + 16));
                    text.extend_from_slice(&body[copied..at]);
                    text.extend_from_slice(next.as_bytes());
                    copied = at + n_bytes;
                }
                at += n_bytes - 1;
            }
            _ => {}
        }
        at += 1;
    }
    let mut changed = changed?;
    changed.extend_from_slice(&body[copied..]);
    Some(changed)
}

/// The digits of another double, of digits that a double does not hold.
fn other_double(number: &[u8], other: fn(f64) -> f64) -> Option<String> {
    let (digits, double) = large(number)?;
    let exact = digits.parse::<i128>().ok()?;
    (double as i128 != exact).then(|| (other(double) as i128).to_string())
}

fn texts_of(digits: &str) -> Vec<String> {
    let (Ok(exact), Ok(double)) = (digits.parse::<i128>(), digits.parse::<f64>()) else { return Vec::new() };
    let rounded = double as i128;
    match rounded == exact {
        true => Vec::new(),
        false => vec![ryu_js::Buffer::new().format(double).to_owned(), rounded.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_numbers_that_doubles_do_not_hold() {
        let check = |body: &str, expected: Option<&str>| {
            let found = with_next_doubles(body.as_bytes()).map(|body| String::from_utf8(body).unwrap());
            assert_eq!(found.as_deref(), expected, "{body}");
        };
        check(r#"{"a":-9007199254740993,"b":1}"#, Some(r#"{"a":-9007199254740994,"b":1}"#));
        check("[9007199254740992, 9007199254740993.0, 1e300, 12]", None);
        check(r#"{"9007199254740993":"9007199254740993 \" 9007199254740993"}"#, None);
        check(r#"["\\",9007199254740993]"#, Some(r#"["\\",9007199254740994]"#));
    }

    #[test]
    fn tells_numbers_apart_that_one_double_stands_for() {
        let check = |body: &str, expected: Option<&str>| {
            let found = with_distinct_doubles(body.as_bytes()).map(|body| String::from_utf8(body).unwrap());
            assert_eq!(found.as_deref(), expected, "{body}");
        };
        check("[9007199254740993,9007199254740993,9007199254740994,5]", None);
        check("[9007199254740993,9007199254740992]", Some("[9007199254740993,9007199254740994]"));
        // Both are rounded, and the next double is another number's.
        check(
            r#"[{"a":9007199254740995},{"a":9007199254740997},{"a":9007199254740998},{"b":9007199254740997}]"#,
            Some(
                r#"[{"a":9007199254740995},{"a":9007199254741000},{"a":9007199254740998},{"b":9007199254741000}]"#,
            ),
        );
        check(r#"["9007199254740993",9007199254740992]"#, None);
    }

    #[test]
    fn finds_numbers_that_doubles_do_not_hold() {
        let check = |body: &str, expected: &[&str]| {
            let mut found: Vec<String> = texts_of_rounded(body.as_bytes()).into_iter().flatten().collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{body}");
        };
        check(r#"[{"id":1909699624467843943}]"#, &["1909699624467843800", "1909699624467843840"]);
        check(r#"[{"id":-9007199254740993,"n":9007199254740992}]"#, &[]);
        check(r#"{"a":-9007199254740993}"#, &["9007199254740992"]);
        check(r#"{"a":0.1234567890123456789,"b":123456789012345}"#, &[]);
        check(r#"{"a":10000000000000000000000000000}"#, &[]);
        check("9007199254740993", &["9007199254740992"]);
        check("", &[]);
        for n_before in 0..40 {
            check(&format!("{}9007199254740993 ", "x".repeat(n_before)), &["9007199254740992"]);
        }
    }
}
