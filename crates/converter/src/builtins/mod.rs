//! What converters have besides the language: dates as V8 reads them, helpers, and what the engine has otherwise than
//! ECMA-262 says.

mod arrays;
mod bigint;
mod clear;
mod date;
mod date_text;
mod date_tokens;
mod errors;
mod join;
mod lazy;
mod locale;
mod methods;
mod natives;
mod number;
mod parse_int;
mod primitive;
mod regexp;
mod search;
mod sort;
mod source_text;
mod taken_apart;

pub(crate) use locale::help as help_for_locale;
#[cfg(test)]
pub(crate) use locale::names as locale_names;

use boa_engine::{Context, JsResult};

use crate::script::Script;

/// Frees what was kept for one page.
pub(crate) fn end_page(context: &mut Context) {
    regexp::forget_text(context);
}

/// Adds all of it to the global object.
pub(crate) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    date::install(context)?;
    arrays::install(context)?;
    bigint::install(script, context)?;
    clear::install(context)?;
    join::install(context)?;
    locale::install(context)?;
    primitive::install(script, context)?;
    errors::install(context)?;
    number::install(context)?;
    parse_int::install(context)?;
    regexp::install(script, context)?;
    search::install(context)?;
    sort::install(context)?;
    source_text::install(script, context)?;
    taken_apart::install(script, context)?;
    lazy::install(script, context)
}
