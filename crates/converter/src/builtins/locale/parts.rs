//! Formatted values as parts, as `formatToParts` returns them; the text is their concatenation.

use boa_engine::{
    Context, JsResult, JsString, JsValue, js_string,
    object::{JsObject, builtins::JsArray},
};

/// A part: its type and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// The parts of a value, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts(pub(super) Vec<Part>);

impl Parts {
    pub(super) fn push(&mut self, kind: &'static str, text: &str) {
        if !text.is_empty() {
            self.0.push(Part { kind, text: text.to_owned() });
        }
    }

    /// Text between fields; adjacent literals are one.
    pub(super) fn literal(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(last) if last.kind == "literal" => last.text.push_str(text),
            _ => self.push("literal", text),
        }
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(|part| part.text.as_str()).collect()
    }

    pub(super) fn to_js_text(&self) -> JsValue {
        JsString::from(self.text()).into()
    }

    /// The text of a date: V8 writes plain spaces where its parts have narrow ones that do not break.
    pub(super) fn to_js_date_text(&self) -> JsValue {
        JsString::from(self.text().replace('\u{202f}', " ")).into()
    }

    /// `[{ type, value }, …]`; parts that are no literals get `unit` besides, where there is one.
    pub(super) fn to_js(&self, unit: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
        let mut parts = Vec::with_capacity(self.0.len());
        for part in &self.0 {
            let object = JsObject::with_object_proto(context.intrinsics());
            object.create_data_property_or_throw(js_string!("type"), js_string!(part.kind), context)?;
            object.create_data_property_or_throw(
                js_string!("value"),
                JsString::from(part.text.as_str()),
                context,
            )?;
            if let Some(unit) = unit.filter(|_| part.kind != "literal") {
                object.create_data_property_or_throw(js_string!("unit"), JsString::from(unit), context)?;
            }
            parts.push(JsValue::from(object));
        }
        Ok(JsArray::from_iter(parts, context).into())
    }
}
