//! The options that calls of `Intl` take (ECMA-402 §9.2.12).

use boa_engine::{Context, JsResult, JsString, JsValue, object::JsObject};

use super::refusal;

/// The options of one call, and what the call is named in errors.
#[derive(Debug)]
pub(super) struct Options<'a> {
    object: Option<JsObject>,
    pub(super) what: &'a str,
}

impl<'a> Options<'a> {
    /// Options as `NumberFormat`, `DateTimeFormat`, `Collator` and the methods of values take them: any value.
    pub(super) fn coerced(value: &JsValue, what: &'a str, context: &mut Context) -> JsResult<Self> {
        if value.is_null() {
            return Err(refusal::wrong_type(format!("{what} called on null or undefined")));
        }
        let object = match value.is_undefined() {
            true => None,
            false => Some(value.to_object(context)?),
        };
        Ok(Self { object, what })
    }

    /// Options as newer parts of `Intl` take them: an object or nothing.
    pub(super) fn object(value: &JsValue, what: &'a str) -> JsResult<Self> {
        match (value.as_object(), value.is_undefined()) {
            (None, false) => {
                Err(refusal::wrong_type(format!("Incorrect options information provided: {what}")))
            }
            (object, _) => Ok(Self { object, what }),
        }
    }

    /// The value of an option; undefined where it is not given.
    pub(super) fn get(&self, name: &'static str, context: &mut Context) -> JsResult<JsValue> {
        match &self.object {
            Some(object) => object.get(JsString::from(name), context),
            None => Ok(JsValue::undefined()),
        }
    }

    /// A text.
    pub(super) fn text(&self, name: &'static str, context: &mut Context) -> JsResult<Option<String>> {
        let value = self.get(name, context)?;
        if value.is_undefined() {
            return Ok(None);
        }
        Ok(Some(value.to_string(context)?.to_std_string_lossy()))
    }

    /// One of `values`, or the position of none.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &'static str,
        values: &[(&str, T)],
        context: &mut Context,
    ) -> JsResult<Option<T>> {
        let Some(text) = self.text(name, context)? else { return Ok(None) };
        match values.iter().find(|(known, _)| *known == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(self.out_of_range(name, &text)),
        }
    }

    /// True or false.
    pub(super) fn flag(&self, name: &'static str, context: &mut Context) -> JsResult<Option<bool>> {
        let value = self.get(name, context)?;
        Ok((!value.is_undefined()).then(|| value.to_boolean()))
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &self,
        name: &'static str,
        (least, most): (u8, u8),
        context: &mut Context,
    ) -> JsResult<Option<u8>> {
        let value = self.get(name, context)?;
        if value.is_undefined() {
            return Ok(None);
        }
        let number = value.to_number(context)?;
        match number >= f64::from(least) && number <= f64::from(most) {
            // Within the bounds of `u8`.
            true => Ok(Some(number.floor() as u8)),
            false => Err(refusal::range(format!("{name} value is out of range."))),
        }
    }

    /// Refuses an option that has another value than the one it has by default.
    pub(super) fn only(
        &self,
        name: &'static str,
        (default, others): (&str, &[&str]),
        context: &mut Context,
    ) -> JsResult<()> {
        match self.text(name, context)? {
            None => Ok(()),
            Some(text) if text == default => Ok(()),
            Some(text) if others.contains(&text.as_str()) => Err(self.unsupported(name, &text)),
            Some(text) => Err(self.out_of_range(name, &text)),
        }
    }

    /// The error for a value that converters do not have.
    pub(super) fn unsupported(&self, name: &str, value: &str) -> boa_engine::JsError {
        refusal::unsupported(self.what, &format!("`{name}: '{value}'`"))
    }

    fn out_of_range(&self, name: &str, value: &str) -> boa_engine::JsError {
        let what = self.what;
        refusal::range(format!("Value {value} out of range for {what} options property {name}"))
    }
}
