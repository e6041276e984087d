//! Where a text stands in another one.

use boa_engine::{JsStr, string::JsStrVariant};

/// The first place at `from` or behind it where `sought` begins.
pub(super) fn find(text: JsStr<'_>, sought: JsStr<'_>, from: usize) -> Option<usize> {
    match (text.variant(), sought.variant()) {
        (JsStrVariant::Latin1(text), JsStrVariant::Latin1(sought)) => find_in(text, sought, from),
        (JsStrVariant::Utf16(text), JsStrVariant::Utf16(sought)) => find_in(text, sought, from),
        (JsStrVariant::Utf16(text), JsStrVariant::Latin1(sought)) => {
            let sought: Vec<u16> = sought.iter().copied().map(u16::from).collect();
            find_in(text, &sought, from)
        }
        (JsStrVariant::Latin1(text), JsStrVariant::Utf16(sought)) => {
            let sought: Option<Vec<u8>> = sought.iter().map(|unit| u8::try_from(*unit).ok()).collect();
            find_in(text, &sought?, from)
        }
    }
}

fn find_in<T: Copy + PartialEq>(text: &[T], sought: &[T], from: usize) -> Option<usize> {
    let Some((first, rest)) = sought.split_first() else { return (from <= text.len()).then_some(from) };
    let last = text.len().checked_sub(sought.len())?;
    let mut at = from;
    while at <= last {
        at += text[at..=last].iter().position(|unit| unit == first)?;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use boa_engine::JsString;

    use super::*;

    #[test]
    fn places_are_those_of_the_text() {
        let check = |text: &str, sought: &str, from: usize, expected: Option<usize>| {
            let (text, sought) = (JsString::from(text), JsString::from(sought));
            let wide: Vec<u16> = text.iter().collect();
            let wide_sought: Vec<u16> = sought.iter().collect();
            for text in [text.as_str(), JsStr::utf16(&wide)] {
                for sought in [sought.as_str(), JsStr::utf16(&wide_sought)] {
                    assert_eq!(find(text, sought, from), expected);
                }
            }
        };
        check("a,b,,c", ",", 0, Some(1));
        check("a,b,,c", ",", 2, Some(3));
        check("a,b,,c", ",,", 0, Some(3));
        check("a,b,,c", "c", 5, Some(5));
        check("a,b,,c", "c", 6, None);
        check("a,b,,c", "cc", 0, None);
        check("aaab", "aab", 0, Some(1));
        check("abc", "", 3, Some(3));
        check("abc", "", 4, None);
        check("", "a", 0, None);
        check("é€", "é", 0, Some(0));
        check("abc", "€", 0, None);
        check("a€é€", "€", 2, Some(3));
    }
}
