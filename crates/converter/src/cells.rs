//! JavaScript values to cells.

mod instances;

use std::{borrow::Cow, cell, fmt::Write, rc::Rc, sync::Arc};

use boa_engine::{
    Context, JsBigInt, JsError, JsString, JsValue, JsVariant,
    builtins::object::OrdinaryObject,
    object::{JsObject, builtins::JsDate, shape::Shape},
    property::PropertyKey,
    string::JsStrVariant,
};
use encoding_rs::mem;
use instances::Shown;
use pipeline_table::{Cell, DeclaredColumns, MAX_SAFE_INTEGER};

use crate::{
    engine::Natives,
    json,
    values::{self, Kind, describe},
};

/// Deeper values are refused; JSON of APIs rarely has more than 20 levels, and a proxy may have no end.
pub(crate) const MAX_DEPTH: usize = 128;

/// What is said of them.
pub(crate) fn too_deep() -> String {
    format!("nested more than {MAX_DEPTH} levels deep")
}

/// Why a value is no cell.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A getter or a proxy's trap threw.
    Threw(JsError),
    /// What is wrong with the value, and what to do.
    Bad { problem: String, help: Vec<String> },
}

impl From<JsError> for Refusal {
    fn from(error: JsError) -> Self {
        Self::Threw(error)
    }
}

impl Refusal {
    fn bad(problem: impl Into<String>) -> Self {
        Self::Bad { problem: problem.into(), help: Vec::new() }
    }

    fn no_place(value: &JsValue, help: &str) -> Self {
        Self::Bad { problem: format!("{} has no place in a table", describe(value)), help: vec![help.into()] }
    }
}

/// Reads the values of one row; knows where it is.
pub(crate) struct CellReader<'c> {
    pub(crate) context: &'c mut Context,
    pub(crate) natives: &'c Natives,
    path: Vec<Step>,
    /// The objects whose content is being read, outermost first.
    open: Vec<JsObject>,
    /// Set by a text that has half of a surrogate pair; whoever takes the cell takes it back.
    lone: Rc<cell::Cell<bool>>,
}

/// The columns of rows with the same hidden class: those of one object literal.
#[derive(Debug)]
pub(crate) struct KnownRows {
    declared: Arc<DeclaredColumns>,
    shapes: Vec<(Shape, Names)>,
    bytes: Vec<u8>,
}

/// Keys with their text, in order.
type Names = Rc<[(PropertyKey, String)]>;

/// Rows of more hidden classes are read name by name.
const MAX_SHAPES: usize = 8;

impl KnownRows {
    pub(crate) fn new(declared: Arc<DeclaredColumns>) -> Self {
        Self { declared, shapes: Vec::new(), bytes: Vec::new() }
    }

    /// The columns of a plain object, if all are known from its hidden class.
    fn names(&mut self, row: &JsObject) -> Option<Names> {
        if !row.is::<OrdinaryObject>() {
            return None;
        }
        let row = row.borrow();
        if row.properties().index_property_keys().next().is_some() {
            return None;
        }
        let address = row.shape().to_addr_usize();
        if let Some((_, names)) = self.shapes.iter().find(|(shape, _)| shape.to_addr_usize() == address) {
            return Some(Rc::clone(names));
        }
        if self.shapes.len() >= MAX_SHAPES || !row.shape().is_shared() {
            return None;
        }
        let named = |key| match key {
            PropertyKey::String(name) => Some((PropertyKey::String(name.clone()), text(&name))),
            _ => None,
        };
        let is_whole = |key: &PropertyKey| !matches!(key, PropertyKey::String(name) if !is_whole(name));
        if !row.shape().keys().iter().all(is_whole) {
            return None;
        }
        let names = row.shape().keys().into_iter().filter_map(named);
        let names: Names = names.filter(|(_, name)| self.declared.wants(name)).collect();
        // Holding the shape keeps its address from being used again.
        self.shapes.push((row.shape().clone(), Rc::clone(&names)));
        Some(names)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(u64),
}

impl<'c> CellReader<'c> {
    pub(crate) fn new(context: &'c mut Context, natives: &'c Natives) -> Self {
        Self { context, natives, path: Vec::new(), open: Vec::new(), lone: Rc::default() }
    }

    /// The same, which says in `lone` that a cell has a text with half of a surrogate pair.
    pub(crate) fn telling(self, lone: &Rc<cell::Cell<bool>>) -> Self {
        Self { lone: Rc::clone(lone), ..self }
    }

    /// The name of a member; those with half of a surrogate pair would be one name.
    fn name(&self, name: &JsString) -> Result<String, Refusal> {
        match is_whole(name) {
            true => Ok(text(name)),
            false => Err(Refusal::bad(format!(
                "the name `{}` has half of a surrogate pair, which is no character",
                text(name)
            ))),
        }
    }

    /// Where it stopped: `assignee.links[2]`; `None` outside of any column.
    pub(crate) fn path(&self) -> Option<String> {
        shown(&self.path)
    }

    /// The same as [`CellReader::members`] for a row whose hidden class is known.
    ///
    /// Text is handed over without a copy where it can be.
    pub(crate) fn row<E: From<Refusal>>(
        &mut self,
        object: &JsObject,
        known: &mut KnownRows,
        mut take: impl FnMut(&str, Cell<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(names) = known.names(object) else {
            return self.members(object, take);
        };
        self.open.push(object.clone());
        for (key, name) in names.iter() {
            let own = object.borrow().properties().get(key);
            match own.as_ref().and_then(|own| own.value().filter(|_| own.expect_enumerable())) {
                Some(value) if !value.is_object() => {
                    let taken = match value.as_string() {
                        Some(string) => {
                            if !is_whole(&string) {
                                self.lone.set(true);
                            }
                            let text = borrowed_text(&string, &mut known.bytes);
                            take(name, Cell::Text(Cow::Borrowed(text)))
                        }
                        None => self.cell(value).map_err(E::from).and_then(|cell| take(name, cell)),
                    };
                    if taken.is_err() {
                        self.path.push(Step::Name(name.clone()));
                    }
                    taken?;
                }
                // Getters, hidden properties and what has content of its own.
                _ => {
                    let Some((name, value)) = self.member(object, key.clone())? else { continue };
                    let cell = self.cell(&value)?;
                    take(&name, cell)?;
                    self.path.pop();
                }
            }
        }
        self.open.pop();
        Ok(())
    }

    /// Calls `take` with each own enumerable property with a string name, in JavaScript's order.
    ///
    /// After an error, [`CellReader::path`] says where.
    pub(crate) fn members<E: From<Refusal>>(
        &mut self,
        object: &JsObject,
        mut take: impl FnMut(&str, Cell<'static>) -> Result<(), E>,
    ) -> Result<(), E> {
        json::complete(object, self.context).map_err(Refusal::from)?;
        self.open.push(object.clone());
        let keys = self.keys(object)?;
        for key in keys {
            let Some((name, value)) = self.member(object, key)? else {
                continue;
            };
            let cell = self.cell(&value)?;
            take(&name, cell)?;
            self.path.pop();
        }
        self.open.pop();
        Ok(())
    }

    /// The name and the value of an own property, unless it is a symbol's or not enumerable; enters the path.
    fn member(&mut self, object: &JsObject, key: PropertyKey) -> Result<Option<(String, JsValue)>, Refusal> {
        let name = match &key {
            PropertyKey::String(name) => self.name(name)?,
            PropertyKey::Index(index) => index.get().to_string(),
            PropertyKey::Symbol(_) => return Ok(None),
        };
        let own = match values::kind(object) {
            // Looked up again: a getter may have removed it.
            Kind::Plain => object.borrow().properties().get(&key),
            _ => {
                self.path.push(Step::Name(name.clone()));
                let value = object.get(key, self.context)?;
                return Ok(Some((name, value)));
            }
        };
        let Some(own) = own.filter(|own| own.expect_enumerable()) else {
            return Ok(None);
        };
        self.path.push(Step::Name(name.clone()));
        let value = match own.value() {
            Some(value) => value.clone(),
            None => object.get(key, self.context)?,
        };
        Ok(Some((name, value)))
    }

    fn keys(&mut self, object: &JsObject) -> Result<Vec<PropertyKey>, Refusal> {
        if let Kind::Plain = values::kind(object) {
            return Ok(object.own_property_keys(self.context)?);
        }
        // `Object.keys` asks a proxy's traps which names there are and which of them are enumerable.
        let names = self.natives.keys.call(&JsValue::undefined(), &[object.clone().into()], self.context)?;
        let mut keys = Vec::new();
        let names = names.as_object();
        for index in 0..self.length(names.as_ref())? {
            if let Some(names) = &names {
                keys.push(names.get(index, self.context)?.to_property_key(self.context)?);
            }
        }
        Ok(keys)
    }

    fn length(&mut self, array: Option<&JsObject>) -> Result<u64, Refusal> {
        let Some(array) = array else { return Ok(0) };
        let length = array.get(boa_engine::js_string!("length"), self.context)?;
        Ok(length.to_length(self.context)?)
    }

    /// One value.
    pub(crate) fn cell(&mut self, value: &JsValue) -> Result<Cell<'static>, Refusal> {
        Ok(match value.variant() {
            JsVariant::Null => Cell::Null,
            JsVariant::Undefined => Cell::Undefined,
            JsVariant::Boolean(boolean) => Cell::Bool(boolean),
            JsVariant::String(string) => {
                if !is_whole(&string) {
                    self.lone.set(true);
                }
                Cell::Text(Cow::Owned(text(&string)))
            }
            JsVariant::Integer32(number) => Cell::Int(number.into()),
            JsVariant::Float64(number) => self::number(number),
            JsVariant::BigInt(number) => bigint(&number),
            JsVariant::Symbol(_) => {
                return Err(Refusal::no_place(value, "write `String(symbol)` for its text"));
            }
            JsVariant::Object(object) => return self.object(&object),
        })
    }

    fn object(&mut self, object: &JsObject) -> Result<Cell<'static>, Refusal> {
        if let Some(at) = self.open.iter().position(|open| JsObject::equals(open, object)) {
            // Each open object but the row is one step further down.
            let outer = shown(&self.path[..at]).map_or("the row".into(), |path| format!("\"{path}\""));
            return Err(Refusal::bad(format!("this is {outer} again, and a table has no cycles")));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Refusal::bad(too_deep()));
        }
        match values::kind(object) {
            Kind::Plain => match self.shown(object)? {
                Shown::Members => self.structure(object),
                Shown::Instead(value) => self.instead(object, &value),
            },
            Kind::Array => self.list(object),
            Kind::Date => self.date(object),
            Kind::Boxed(primitive) => self.cell(&primitive),
            Kind::Proxy => match self.natives.is_array(object, self.context)? {
                true => self.list(object),
                false => self.structure(object),
            },
            Kind::Function => {
                Err(Refusal::no_place(&object.clone().into(), "call it, if its result is meant"))
            }
            Kind::Opaque(opaque) => Err(Refusal::no_place(&object.clone().into(), opaque.help)),
        }
    }

    /// What stands for an object, which may not hold it again.
    fn instead(&mut self, object: &JsObject, value: &JsValue) -> Result<Cell<'static>, Refusal> {
        // One that answers with itself is asked no second time.
        if value.as_object().is_some_and(|same| JsObject::equals(&same, object)) {
            return self.structure(object);
        }
        self.open.push(object.clone());
        let cell = self.cell(value)?;
        self.open.pop();
        Ok(cell)
    }

    fn structure(&mut self, object: &JsObject) -> Result<Cell<'static>, Refusal> {
        let mut members: Vec<(Cow<'static, str>, Cell<'static>)> = Vec::new();
        self.members(object, |name, cell| {
            members.push((Cow::Owned(name.to_owned()), cell));
            Ok::<_, Refusal>(())
        })?;
        Ok(Cell::Struct(members))
    }

    fn list(&mut self, array: &JsObject) -> Result<Cell<'static>, Refusal> {
        self.open.push(array.clone());
        let mut items = Vec::new();
        for index in 0..self.length(Some(array))? {
            self.path.push(Step::Index(index));
            let item = array.get(index, self.context)?;
            items.push(self.cell(&item)?);
            self.path.pop();
        }
        self.open.pop();
        Ok(Cell::List(items))
    }

    fn date(&mut self, object: &JsObject) -> Result<Cell<'static>, Refusal> {
        let milliseconds = JsDate::from_object(object.clone())?.get_time(self.context)?;
        match milliseconds.as_number() {
            // ECMA-262 §21.4.1.1: at most ±8.64e15 ms, so that the microseconds fit.
            Some(milliseconds) if milliseconds.is_finite() => Ok(Cell::Timestamp(milliseconds as i64 * 1000)),
            _ => Err(Refusal::Bad {
                problem: "an invalid Date".into(),
                help: vec!["`new Date(text)` could not read its text; return the text, or null".into()],
            }),
        }
    }
}

fn shown(path: &[Step]) -> Option<String> {
    let mut text = String::new();
    for step in path {
        // Writing to a string cannot fail.
        let _ = match step {
            Step::Name(name) if text.is_empty() => write!(text, "{name}"),
            Step::Name(name) => write!(text, ".{name}"),
            Step::Index(index) => write!(text, "[{index}]"),
        };
    }
    (!path.is_empty()).then_some(text)
}

/// A number, which is an integer where it has no fraction.
pub(crate) fn number(number: f64) -> Cell<'static> {
    match number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64 {
        // -0 becomes 0.
        true => Cell::Int(number as i64),
        false => Cell::Float(number),
    }
}

/// A BigInt, which has all digits of the number that it is.
fn bigint(number: &JsBigInt) -> Cell<'static> {
    let digits = number.to_string();
    digits.parse().map_or_else(|_| Cell::Number(Cow::Owned(digits)), Cell::Int)
}

/// Whether each surrogate has its other half, so that the text is one of characters.
fn is_whole(string: &JsString) -> bool {
    match string.as_str().variant() {
        JsStrVariant::Latin1(_) => true,
        JsStrVariant::Utf16(units) => mem::utf16_valid_up_to(units) == units.len(),
    }
}

/// The text of a string; halves of surrogate pairs become U+FFFD.
pub(crate) fn text(string: &JsString) -> String {
    let mut bytes = Vec::new();
    borrowed_text(string, &mut bytes).to_owned()
}

/// The same without a copy where the engine's string is text already, and otherwise in `bytes`.
fn borrowed_text<'t>(string: &'t JsString, bytes: &'t mut Vec<u8>) -> &'t str {
    match string.as_str().variant() {
        JsStrVariant::Latin1(latin1) if latin1.is_ascii() => {
            return simdutf8::basic::from_utf8(latin1).unwrap_or_default();
        }
        JsStrVariant::Latin1(latin1) => {
            bytes.resize(latin1.len() * 2, 0);
            let length = mem::convert_latin1_to_utf8(latin1, bytes);
            bytes.truncate(length);
        }
        JsStrVariant::Utf16(units) => {
            // The converter wants room for the longest encoding before it starts.
            bytes.resize(units.len() * 3, 0);
            let length = mem::convert_utf16_to_utf8(units, bytes);
            bytes.truncate(length);
        }
    }
    simdutf8::basic::from_utf8(bytes).unwrap_or_default()
}
