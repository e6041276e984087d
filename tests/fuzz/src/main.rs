//! One target under libFuzzer, by the name in `FUZZ_TARGET`; see `just fuzz`.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pipeline_fuzz::{check, target};

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let known = target(&name).expect("`FUZZ_TARGET` names a target");
        TARGET.set(known).expect("it is set once");
        // libFuzzer's own ends the process at panics that a reader catches.
        drop(std::panic::take_hook());
    },
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            check(*target, data);
        }
    }
);
