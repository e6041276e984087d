//! Instances of classes: what they say of themselves, as `JSON.stringify` asks them, and those that hide what they hold.

use boa_engine::{JsSymbol, JsValue, js_string, object::JsObject};

use super::{CellReader, Refusal};
use crate::{json::Partial, values::own_data};

/// What stands in a cell for an instance.
pub(super) enum Shown {
    /// Its own properties.
    Members,
    /// What its `toJSON` has answered.
    Instead(JsValue),
}

impl CellReader<'_> {
    /// What stands for an object whose own properties may not be all that it holds.
    pub(super) fn shown(&mut self, object: &JsObject) -> Result<Shown, Refusal> {
        // What `JSON.parse` has made is no instance, however much of it there is yet.
        let Some(class) = object.prototype().filter(|_| !object.is::<Partial>()) else {
            return Ok(Shown::Members);
        };
        let plain = self.context.intrinsics().constructors().object().prototype();
        if JsObject::equals(&class, &plain) {
            return Ok(Shown::Members);
        }
        let to_json = object.get(js_string!("toJSON"), self.context)?;
        if let Some(to_json) = to_json.as_callable() {
            let key = js_string!("").into();
            return Ok(Shown::Instead(to_json.call(&object.clone().into(), &[key], self.context)?));
        }
        match self.keys(object)?.is_empty() {
            true => self.refuse_hidden(&class),
            false => Ok(Shown::Members),
        }
    }

    /// Refuses an instance without properties: what it holds is private, or known to the engine alone.
    fn refuse_hidden(&mut self, class: &JsObject) -> Result<Shown, Refusal> {
        let constructor = own_data(class, "constructor").and_then(|constructor| constructor.as_object());
        // What a prototype without a constructor of its own holds is no secret of a class.
        let is_instance = constructor.is_some();
        let name = constructor.and_then(|constructor| own_data(&constructor, "name"));
        let tag = class.get(JsSymbol::to_string_tag(), self.context)?;
        let name = [name, Some(tag)].into_iter().flatten().find_map(|name| name.as_string());
        let name = name.filter(|name| !name.is_empty()).map(|name| name.to_std_string_lossy());
        if name.is_none() && !is_instance {
            return Ok(Shown::Members);
        }
        let help = match name.as_deref().unwrap_or_default() {
            "URLSearchParams" => "write `String(params)` for its text, or `Object.fromEntries(params)`",
            _ => {
                "return what it holds as a text, a number, an array or an object; `toJSON()` of its class may say so"
            }
        };
        let name = name.map_or_else(|| "a class that has no name,".to_owned(), |name| format!("`{name}`"));
        let problem = format!("an instance of {name} without properties of its own has no place in a table");
        Err(Refusal::Bad { problem, help: vec![help.into()] })
    }
}
