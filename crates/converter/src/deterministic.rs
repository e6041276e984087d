//! The time and the chance that a converter sees: the same for every page and thread of a run.

use boa_engine::{
    Context, JsResult, JsValue, NativeFunction,
    context::time::{Clock, JsInstant},
    js_string,
    object::FunctionObjectBuilder,
};
use serde::{Deserialize, Serialize};

/// When a run began, and where its random numbers begin.
///
/// `Date.now()` stands still at `started_at`, so that rows do not depend on how fast a thread was; `Math.random()`
/// begins anew with each page, so that they do not depend on which thread took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeterministicEnv {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub started_at: i64,
    /// Other seeds, other random numbers.
    pub seed: u64,
}

impl Clock for DeterministicEnv {
    fn now(&self) -> JsInstant {
        JsInstant::new(0, 0)
    }

    fn system_time_millis(&self) -> i64 {
        self.started_at
    }
}

/// The state of `Math.random()`, kept in the context.
#[derive(Debug, Clone, Copy)]
struct Random(u64);

/// Replaces `Math.random`; until the first page it has the numbers of none.
pub(crate) fn install(deterministic: DeterministicEnv, context: &mut Context) -> JsResult<()> {
    let random = NativeFunction::from_fn_ptr(random);
    let random = FunctionObjectBuilder::new(context.realm(), random).name(js_string!("random")).build();
    let math = context.global_object().get(js_string!("Math"), context)?;
    if let Some(math) = math.as_object() {
        math.insert_property(
            js_string!("random"),
            boa_engine::property::PropertyDescriptor::builder()
                .value(random)
                .writable(true)
                .enumerable(false)
                .configurable(true),
        );
    }
    context.insert_data(Random(deterministic.seed));
    Ok(())
}

/// Begins the random numbers of a page.
pub(crate) fn begin_page(deterministic: DeterministicEnv, page: usize, context: &mut Context) {
    context.insert_data(Random(mix(deterministic.seed ^ mix(page as u64 + 1))));
}

/// SplitMix64 (Steele, Lea, Flood 2014): any seed will do, and each page's numbers are apart from the others'.
fn random(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let state = context.get_data::<Random>().map_or(0, |random| random.0).wrapping_add(STEP);
    context.insert_data(Random(state));
    // The 53 bits of a double's fraction.
    Ok(JsValue::new((mix(state) >> 11) as f64 / (1_u64 << 53) as f64))
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
