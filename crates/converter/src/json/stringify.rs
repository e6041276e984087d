//! `JSON.stringify` for what it is called with almost always: data without functions in it.
//!
//! Boa's own follows ECMA-262 §25.5.2 step by step and looks every member up by hash, several times. Here the text is written in one
//! pass over the values as they are stored, as long as nothing can notice: no replacer, no `toJSON`, no getter, no proxy, no
//! object of a class. Anything else is left to Boa's, from the beginning; nothing of the script has run by then.

use boa_engine::{
    Context, JsArgs, JsResult, JsStr, JsString, JsValue, JsVariant, builtins::object::OrdinaryObject,
    js_string, object::JsObject, property::PropertyKey, string::JsStrVariant,
};

/// Deeper values are left to the engine, which counts calls.
const MAX_DEPTH: usize = 400;
/// ECMA-262 §25.5.2 step 5.
const MAX_GAP: usize = 10;

/// Calls the original only where this one cannot do the same.
pub(super) fn quick(
    this: &JsValue,
    arguments: &[JsValue],
    original: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    match written(arguments, context) {
        Some(text) => Ok(text),
        None => original.call(this, arguments, context),
    }
}

/// The text, or `undefined` for a value without one; `None` where the original must be asked.
fn written(arguments: &[JsValue], context: &Context) -> Option<JsValue> {
    if !arguments.get_or_undefined(1).is_null_or_undefined() {
        return None;
    }
    let constructors = context.intrinsics().constructors();
    let mut writer = Writer {
        out: Vec::new(),
        gap: gap(arguments.get_or_undefined(2))?,
        depth: 0,
        object: constructors.object().prototype(),
        array: constructors.array().prototype(),
        to_json: js_string!("toJSON").into(),
    };
    if !writer.has_no_hooks() {
        return None;
    }
    Some(match writer.value(arguments.get_or_undefined(0))? {
        Written::Text => writer.into_string().into(),
        Written::Nothing => JsValue::undefined(),
    })
}

/// What each level is indented by; `None` for an object, which may have code.
fn gap(space: &JsValue) -> Option<Vec<u16>> {
    match space.variant() {
        JsVariant::Undefined | JsVariant::Null | JsVariant::Boolean(_) => Some(Vec::new()),
        JsVariant::String(text) => Some(text.iter().take(MAX_GAP).collect()),
        JsVariant::Integer32(n) => Some(vec![u16::from(b' '); usize::try_from(n).unwrap_or(0).min(MAX_GAP)]),
        JsVariant::Float64(n) if n.is_finite() => {
            let n = n.clamp(0.0, MAX_GAP as f64).trunc();
            Some(vec![u16::from(b' '); n as usize])
        }
        _ => None,
    }
}

/// What came of a value.
enum Written {
    Text,
    /// `undefined` and symbols: members are left out, items are `null`.
    Nothing,
}

struct Writer {
    out: Vec<u16>,
    gap: Vec<u16>,
    depth: usize,
    /// The prototypes that objects and arrays of data have.
    object: JsObject,
    array: JsObject,
    to_json: PropertyKey,
}

impl Writer {
    /// Whether nothing that all data inherits from has a `toJSON`.
    fn has_no_hooks(&self) -> bool {
        let has = |object: &JsObject| object.borrow().properties().contains_key(&self.to_json);
        let array_inherits = self.array.prototype();
        !has(&self.object)
            && !has(&self.array)
            && array_inherits.is_some_and(|above| JsObject::equals(&above, &self.object))
    }

    fn value(&mut self, value: &JsValue) -> Option<Written> {
        match value.variant() {
            JsVariant::Undefined | JsVariant::Symbol(_) => return Some(Written::Nothing),
            JsVariant::Null => self.ascii("null"),
            JsVariant::Boolean(true) => self.ascii("true"),
            JsVariant::Boolean(false) => self.ascii("false"),
            JsVariant::Integer32(n) => self.ascii(ryu_js::Buffer::new().format(f64::from(n))),
            JsVariant::Float64(n) if n.is_finite() => self.ascii(ryu_js::Buffer::new().format(n)),
            JsVariant::Float64(_) => self.ascii("null"),
            JsVariant::String(text) => self.quoted(text.as_str()),
            // It throws.
            JsVariant::BigInt(_) => return None,
            JsVariant::Object(object) => return self.object(&object),
        }
        Some(Written::Text)
    }

    fn object(&mut self, object: &JsObject) -> Option<Written> {
        // A cycle ends here too, and the original says what is wrong with it.
        if self.depth == MAX_DEPTH {
            return None;
        }
        let prototype = object.prototype()?;
        self.depth += 1;
        if object.is::<OrdinaryObject>() && JsObject::equals(&prototype, &self.object) {
            self.members(object)?;
        } else if object.is_array() && JsObject::equals(&prototype, &self.array) {
            self.items(object)?;
        } else {
            return None;
        }
        self.depth -= 1;
        Some(Written::Text)
    }

    fn members(&mut self, object: &JsObject) -> Option<()> {
        let borrowed = object.borrow();
        let properties = borrowed.properties();
        let mut indices: Vec<u32> = properties.index_property_keys().collect();
        indices.sort_unstable();
        let keys = indices.into_iter().map(PropertyKey::from).chain(borrowed.shape().keys());
        self.out.push(u16::from(b'{'));
        let mut n_written = 0;
        for key in keys.filter(|key| !matches!(key, PropertyKey::Symbol(_))) {
            let property = properties.get(&key)?;
            if key == self.to_json {
                return None;
            }
            if property.enumerable() != Some(true) {
                continue;
            }
            let value = property.value()?;
            let before = self.out.len();
            self.separate(n_written);
            match &key {
                PropertyKey::String(name) => self.quoted(name.as_str()),
                PropertyKey::Index(index) => self.quoted(JsString::from(index.get().to_string()).as_str()),
                PropertyKey::Symbol(_) => {}
            }
            self.ascii(if self.gap.is_empty() { ":" } else { ": " });
            match self.value(value)? {
                Written::Text => n_written += 1,
                Written::Nothing => self.out.truncate(before),
            }
        }
        self.end(n_written, b'}');
        Some(())
    }

    fn items(&mut self, array: &JsObject) -> Option<()> {
        let borrowed = array.borrow();
        let properties = borrowed.properties();
        let length = properties.get(&js_string!("length").into())?.value()?.as_number()?;
        if properties.contains_key(&self.to_json) {
            return None;
        }
        self.out.push(u16::from(b'['));
        for index in 0..length as u32 {
            // Holes look at the prototype.
            let property = properties.get(&PropertyKey::from(index))?;
            self.separate(index);
            if matches!(self.value(property.value()?)?, Written::Nothing) {
                self.ascii("null");
            }
        }
        self.end(length as u32, b']');
        Some(())
    }

    /// What stands before a member or an item that has so many before it.
    fn separate(&mut self, n_before: u32) {
        if n_before > 0 {
            self.out.push(u16::from(b','));
        }
        if !self.gap.is_empty() {
            self.line(self.depth);
        }
    }

    /// What stands after so many members or items.
    fn end(&mut self, n: u32, bracket: u8) {
        if n > 0 && !self.gap.is_empty() {
            self.line(self.depth - 1);
        }
        self.out.push(u16::from(bracket));
    }

    fn line(&mut self, depth: usize) {
        self.out.push(u16::from(b'\n'));
        for _ in 0..depth {
            self.out.extend_from_slice(&self.gap);
        }
    }

    fn ascii(&mut self, text: &str) {
        self.out.extend(text.bytes().map(u16::from));
    }

    /// ECMA-262 §25.5.2.3.
    fn quoted(&mut self, text: JsStr<'_>) {
        self.out.push(u16::from(b'"'));
        match text.variant() {
            JsStrVariant::Latin1(bytes) => self.units(bytes.iter().map(|byte| u16::from(*byte))),
            // Only pairs of surrogates may stand as they are.
            JsStrVariant::Utf16(units) => {
                for unit in char::decode_utf16(units.iter().copied()) {
                    match unit {
                        Ok(char) => self.units(char.encode_utf16(&mut [0; 2]).iter().copied()),
                        Err(lone) => self.escaped(lone.unpaired_surrogate()),
                    }
                }
            }
        }
        self.out.push(u16::from(b'"'));
    }

    fn units(&mut self, units: impl Iterator<Item = u16>) {
        for unit in units {
            match unit {
                0x08 => self.ascii("\\b"),
                0x09 => self.ascii("\\t"),
                0x0A => self.ascii("\\n"),
                0x0C => self.ascii("\\f"),
                0x0D => self.ascii("\\r"),
                0x22 => self.ascii("\\\""),
                0x5C => self.ascii("\\\\"),
                0..0x20 => self.escaped(unit),
                _ => self.out.push(unit),
            }
        }
    }

    fn escaped(&mut self, unit: u16) {
        self.ascii(&format!("\\u{unit:04x}"));
    }

    /// In one byte per character where that is enough, as the engine keeps texts itself.
    fn into_string(self) -> JsString {
        let bytes: Result<Vec<u8>, _> = self.out.iter().map(|unit| u8::try_from(*unit)).collect();
        match bytes {
            Ok(bytes) => JsString::from(JsStr::latin1(&bytes)),
            Err(_) => JsString::from(self.out.as_slice()),
        }
    }
}
