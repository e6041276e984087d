//! What converters have besides the language: dates as V8 reads them, and helpers that are made when first used.

mod date;
mod date_text;
mod date_tokens;
mod lazy;
mod locale;
mod natives;

pub(crate) use locale::help as help_for_locale;
#[cfg(test)]
pub(crate) use locale::names as locale_names;

use boa_engine::{Context, JsResult};

/// Adds all of it to the global object.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    date::install(context)?;
    locale::install(context)?;
    lazy::install(context)
}
