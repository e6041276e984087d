//! All inputs of the corpus, and variations of them.

use std::{
    panic, thread,
    time::{Duration, Instant},
};

use pipeline_fuzz::{TARGETS, check, corpus};

/// How long each target gets variations.
const VARIATIONS: Duration = Duration::from_millis(60);

#[test]
fn readers_stay_within_bounds_whatever_they_read() {
    // A debug build of the YAML reader needs more than the stack of a test for the 64 levels that it takes, a release a fraction of it.
    thread::Builder::new().stack_size(16 << 20).spawn(read_all).unwrap().join().unwrap();
}

fn read_all() {
    // Another moment has other variations; what fails is shown.
    let mut random = fastrand::Rng::new();
    for (name, target) in TARGETS {
        let inputs = corpus::inputs(name).expect("the corpus is in the repository");
        assert!(!inputs.is_empty(), "{name} has a corpus");
        for input in &inputs {
            read(name, *target, input);
        }
        let begun = Instant::now();
        while begun.elapsed() < VARIATIONS {
            read(name, *target, &variation(&inputs, &mut random));
        }
    }
}

#[test]
fn inputs_stay_what_they_are_in_a_line() {
    let bytes: Vec<u8> = (0..=255).collect();
    let line = bytes.escape_ascii().to_string();
    assert_eq!(corpus::unescaped(&line), Some(bytes));
}

fn read(name: &str, target: fn(&[u8]), input: &[u8]) {
    let read = panic::catch_unwind(|| check(target, input));
    assert!(read.is_ok(), "{name} fails at {}", input.escape_ascii());
}

/// An input with a few bytes gone, changed, repeated, or from another input.
fn variation(inputs: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut input = inputs[random.usize(..inputs.len())].clone();
    for _ in 0..random.usize(1..4) {
        let start = random.usize(..=input.len());
        let end = (start + random.usize(..8)).min(input.len());
        let other = &inputs[random.usize(..inputs.len())];
        let new: Vec<u8> = match random.u8(..4) {
            0 => Vec::new(),
            1 => vec![random.u8(..)],
            2 => input[start..end].repeat(random.usize(1..20)),
            _ => other.iter().copied().skip(random.usize(..=other.len())).take(random.usize(..32)).collect(),
        };
        input.splice(start..end, new);
    }
    input
}
