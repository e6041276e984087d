//! What depends on a locale: `Intl`, `toLocaleString` and its kin, `localeCompare`.
//!
//! ```text
//! arguments ─tag──▶ Locale (data/locales.txt) ─┐
//!          ─options─▶ NumberFormat, DateRequest, Collation ─format──▶ Parts ──▶ text
//! ```
//! A call gives what node gives, or throws: for a locale, an option or a member that is not here it throws a refusal
//! (`refusal`), never another text. Without a locale, the locale is `en-US`, and without a time zone, the zone is UTC, on
//! every machine. ADR 0056 says why this is not the engine's own `Intl`.

mod casing;
mod class;
mod collate;
mod collator_object;
mod data;
mod date;
mod date_object;
mod date_options;
mod decimal;
mod formatter;
mod list;
mod locale_object;
mod methods;
mod number;
mod number_object;
mod number_options;
mod objects;
mod options;
mod parts;
mod pattern;
mod plural;
mod plural_object;
mod refusal;
mod relative;
mod tag;
mod zone;

#[cfg(test)]
pub(crate) use data::names;
pub(crate) use refusal::help;

use boa_engine::{Context, JsResult};

/// Puts the methods in the place of the engine's, and adds `Intl`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    methods::install(context)?;
    objects::install(context)
}
