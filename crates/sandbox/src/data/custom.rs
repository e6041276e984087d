//! The 60 custom fields: every kind of value that a real site mixes, and many nulls.

use super::people::write_user;
use super::random::Rng;
use super::text::{write_note, write_sentence, write_words};
use super::time::{write_date, write_timestamp};
use super::{ApiVersion, SELF_ORIGIN, put};

/// Appends the value of custom field `index` (from 0); its kind depends on the index alone, as on a real site.
pub(super) fn write_custom(out: &mut String, index: usize, rng: &mut Rng, version: ApiVersion) {
    if rng.chance(25) {
        return out.push_str("null");
    }
    match index % 12 {
        1 => put(out, format_args!("{}.{:02}", rng.below(100), rng.below(100))),
        2 => write_sentence(out, rng, 4),
        3 if index < 24 => write_option(out, index, rng, version),
        4 => write_strings(out, rng),
        6 => write_timestamp(out, moment(rng)),
        7 if index < 24 => write_options(out, index, rng, version),
        8 if index < 12 => write_user(out, rng, version),
        9 => put(out, format_args!("{}", rng.below(1 << 20))),
        10 if index < 24 => write_note(out, rng, version),
        11 if index < 12 => write_sprint(out, rng),
        11 => write_date(out, moment(rng)),
        _ => out.push_str("null"),
    }
}

/// Some moment of 2024.
fn moment(rng: &mut Rng) -> i64 {
    1_704_096_000_000 + rng.below(31_536_000_000) as i64
}

fn write_option(out: &mut String, index: usize, rng: &mut Rng, version: ApiVersion) {
    let (option, api) = (10_100 + index as u64 * 10 + rng.below(10), version.as_str());
    put(out, format_args!(r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/customFieldOption/{option}","value":""#));
    write_words(out, rng, 1);
    put(out, format_args!(r#"","id":"{option}"}}"#));
}

fn write_options(out: &mut String, index: usize, rng: &mut Rng, version: ApiVersion) {
    out.push('[');
    for position in 0..1 + rng.below(2) {
        if position > 0 {
            out.push(',');
        }
        write_option(out, index, rng, version);
    }
    out.push(']');
}

fn write_strings(out: &mut String, rng: &mut Rng) {
    out.push('[');
    for position in 0..rng.below(4) {
        if position > 0 {
            out.push(',');
        }
        write_sentence(out, rng, 1);
    }
    out.push(']');
}

fn write_sprint(out: &mut String, rng: &mut Rng) {
    let sprint = 1 + rng.below(40);
    put(
        out,
        format_args!(
            r#"[{{"id":{sprint},"name":"ABC Sprint {sprint}","state":"closed","boardId":10,"goal":""}}]"#
        ),
    );
}
