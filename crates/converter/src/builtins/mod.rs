//! What converters have besides the language: dates as V8 reads them, and helpers that are made when first used.

mod date;
mod date_text;
mod date_tokens;
mod lazy;
mod natives;

use boa_engine::{Context, JsResult};

/// Adds all of it to the global object.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    date::install(context)?;
    lazy::install(context)
}
