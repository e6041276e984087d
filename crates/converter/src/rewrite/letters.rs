//! Letters of a regular expression with `i`, outside of classes.
//!
//! Without `u` the engine takes two letters for one that have the same upper case, where ECMA-262 asks for one upper case of one
//! code unit, which for letters beyond ASCII lies beyond ASCII: `/i/i` finds `ı`, `/s/i` `ſ`, `/ᾀ/i` `ᾈ`. With `v` it follows the
//! same rules, and not those of `u`, which it follows in classes alone.

use super::{
    classes::{folding, upper},
    regexps::Mode,
};

/// What stands for the letter, if the engine would find others.
pub(super) fn instead(letter: char, mode: Mode) -> Option<String> {
    match (mode.has_sets, mode.is_unicode) {
        (true, _) => folds_otherwise(letter).then(|| format!("(?i:[{letter}])")),
        (false, true) => None,
        (false, false) => shares_upper_case(letter).then(|| format!("(?-i:{})", both_cases(letter))),
    }
}

/// The letters that the engine takes for others.
fn shares_upper_case(letter: char) -> bool {
    matches!(letter, 'i' | 'I' | 'ı' | 's' | 'S' | 'ſ' | '\u{1f80}'..='\u{1faf}')
        || matches!(letter, 'ᾳ' | 'ᾼ' | 'ῃ' | 'ῌ' | 'ῳ' | 'ῼ')
}

/// The letters for which the rules of `u` may differ from those of upper cases.
fn folds_otherwise(letter: char) -> bool {
    matches!(letter, 'i' | 'I' | 'k' | 'K') || (!letter.is_ascii() && letter.is_alphabetic())
}

/// `i` → `[Ii]`
fn both_cases(letter: char) -> String {
    let same = u16::try_from(u32::from(letter)).ok().and_then(|unit| folding().get(&upper(unit)));
    match same {
        Some(same) => {
            let same = same.iter().filter_map(|unit| char::from_u32(u32::from(*unit)));
            format!("[{}]", same.collect::<String>())
        }
        None => letter.to_string(),
    }
}
