//! What array patterns take apart: an iterator that stays done.
//!
//! Boa asks an iterator for the next item after it has said that it is done: `const [a, b] = iterator` takes for `b` what stands
//! there then. The language's own iterators stay done, those of a script need not. So `rewrite::patterns` puts `{ '\0[]': … }`
//! around patterns, and each object has a member of that name: itself where it is a plain array, else what asks its iterator
//! until that is done. Scripts without such a pattern have no such member.

use std::cell::Cell;

use boa_engine::{
    Context, Finalize, JsNativeError, JsResult, JsSymbol, JsValue, NativeFunction, Trace, js_string,
    object::{FunctionObjectBuilder, JsObject, builtins::JsArray},
    property::PropertyDescriptor,
};

use super::arrays::n_items;
use crate::{rewrite::TAKEN_APART, script::Script};

/// What arrays are before a script changes anything.
#[derive(Debug, Clone, Trace, Finalize)]
struct Arrays {
    plain: JsObject,
    prototype: JsObject,
    /// The method of `prototype` that makes iterators, and what all these inherit from, with its method.
    iterate: JsValue,
    iterators: JsObject,
    next: JsValue,
}

/// An iterator of the script's own.
#[derive(Debug, Trace, Finalize)]
struct Asked {
    iterator: JsObject,
    next: JsValue,
    #[unsafe_ignore_trace]
    is_done: Cell<bool>,
}

pub(super) fn install(script: &Script, context: &mut Context) -> JsResult<()> {
    let mut files = script.paths().filter_map(|path| script.file(path));
    if !files.any(|file| file.code().text.contains(TAKEN_APART)) {
        return Ok(());
    }
    let arrays = Arrays::read(context)?;
    let get = NativeFunction::from_copy_closure_with_captures(
        |this, _, arrays: &Arrays, context| arrays.member(this, context),
        arrays,
    );
    let get = FunctionObjectBuilder::new(context.realm(), get).build();
    let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
    let object = context.intrinsics().constructors().object().prototype();
    object.define_property_or_throw(js_string!("\0[]"), property, context)?;
    Ok(())
}

impl Arrays {
    fn read(context: &mut Context) -> JsResult<Self> {
        let prototype = context.intrinsics().constructors().array().prototype();
        let plain: JsObject = JsArray::new(context)?.into();
        let iterate = prototype.get(JsSymbol::iterator(), context)?;
        let broken = || JsNativeError::typ().with_message("arrays have no iterators");
        let iterator = iterate.as_callable().ok_or_else(broken)?.call(&plain.clone().into(), &[], context)?;
        let iterator = iterator.to_object(context)?;
        let iterators = iterator.prototype().unwrap_or_else(|| iterator.clone());
        let next = iterators.get(js_string!("next"), context)?;
        Ok(Self { plain, prototype, iterate, iterators, next })
    }

    fn member(&self, this: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        let is_plain = this.as_object().is_some_and(|object| n_items(&object, &self.plain).is_some());
        if is_plain && self.are_unchanged(context)? {
            return Ok(this.clone());
        }
        let iterate = this.to_object(context)?.get(JsSymbol::iterator(), context)?;
        // What cannot be taken apart, the engine itself refuses.
        let Some(iterate) = iterate.as_callable() else { return Ok(this.clone()) };
        let begin = NativeFunction::from_copy_closure_with_captures(
            |_, _, (this, iterate): &(JsValue, JsObject), context| begin(this, iterate, context),
            (this.clone(), iterate),
        );
        let begin = FunctionObjectBuilder::new(context.realm(), begin).build();
        let taken = JsObject::with_object_proto(context.intrinsics());
        taken.create_data_property_or_throw(JsSymbol::iterator(), begin, context)?;
        Ok(taken.into())
    }

    fn are_unchanged(&self, context: &mut Context) -> JsResult<bool> {
        let iterate = self.prototype.get(JsSymbol::iterator(), context)?;
        let next = self.iterators.get(js_string!("next"), context)?;
        Ok(iterate.strict_equals(&self.iterate) && next.strict_equals(&self.next))
    }
}

/// An iterator that asks the one of `this`.
fn begin(this: &JsValue, iterate: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let iterator = iterate.call(this, &[], context)?;
    let Some(iterator) = iterator.as_object() else { return Ok(iterator) };
    let next = iterator.get(js_string!("next"), context)?;
    let closes = NativeFunction::from_copy_closure_with_captures(
        |_, _, iterator: &JsObject, context| closing(iterator, context),
        iterator.clone(),
    );
    let asked = Asked { iterator, next, is_done: Cell::new(false) };
    let next = NativeFunction::from_copy_closure_with_captures(
        |_, _, asked: &Asked, context| asked.ask(context),
        asked,
    );
    let next = FunctionObjectBuilder::new(context.realm(), next).build();
    let closes = FunctionObjectBuilder::new(context.realm(), closes).build();
    let outer = JsObject::with_object_proto(context.intrinsics());
    outer.create_data_property_or_throw(js_string!("next"), next, context)?;
    outer.insert_property(
        js_string!("return"),
        PropertyDescriptor::builder().get(closes).enumerable(false).configurable(true),
    );
    Ok(outer.into())
}

/// What closes the iterator, if it can be closed.
fn closing(iterator: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let close = iterator.get(js_string!("return"), context)?;
    let Some(function) = close.as_callable() else { return Ok(close) };
    let call = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, (iterator, function): &(JsObject, JsObject), context| {
            function.call(&iterator.clone().into(), arguments, context)
        },
        (iterator.clone(), function),
    );
    Ok(FunctionObjectBuilder::new(context.realm(), call).build().into())
}

impl Asked {
    fn ask(&self, context: &mut Context) -> JsResult<JsValue> {
        let answer = JsObject::with_object_proto(context.intrinsics());
        if !self.is_done.get() {
            let Some(next) = self.next.as_callable() else {
                let message = format!("{} is not a function", self.next.display());
                return Err(JsNativeError::typ().with_message(message).into());
            };
            let result = next.call(&self.iterator.clone().into(), &[], context)?;
            let Some(result) = result.as_object() else { return Ok(result) };
            self.is_done.set(result.get(js_string!("done"), context)?.to_boolean());
            // Nobody asks for the value of an item that is passed over.
            let value = NativeFunction::from_copy_closure_with_captures(
                |_, _, result: &JsObject, context| result.get(js_string!("value"), context),
                result,
            );
            let value = FunctionObjectBuilder::new(context.realm(), value).build();
            answer.insert_property(
                js_string!("value"),
                PropertyDescriptor::builder().get(value).enumerable(true).configurable(true),
            );
        }
        answer.create_data_property_or_throw(js_string!("done"), self.is_done.get(), context)?;
        Ok(answer.into())
    }
}
