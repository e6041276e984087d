//! How the constructors of `Intl` are made.

use boa_engine::{
    Context, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_string,
    native_function::NativeFunctionPointer,
    object::{FunctionObjectBuilder, JsObject, NativeObject},
    property::PropertyDescriptor,
};

use super::{refusal, tag};
use crate::builtins::methods::define;

/// A constructor under construction.
#[derive(Debug)]
pub(super) struct Class<'c> {
    constructor: JsObject,
    pub(super) prototype: JsObject,
    pub(super) context: &'c mut Context,
}

/// What one constructor is.
#[derive(Debug)]
pub(super) struct ClassSpec<T> {
    /// `NumberFormat`
    pub(super) name: &'static str,
    /// `Intl.NumberFormat`
    pub(super) full_name: &'static str,
    /// Whether it may be called without `new`.
    pub(super) is_callable: bool,
    pub(super) create: fn(&[JsValue], &mut Context) -> JsResult<T>,
}

impl<'c> Class<'c> {
    /// A constructor whose objects hold what `create` returns.
    pub(super) fn new<T: NativeObject>(spec: &ClassSpec<T>, context: &'c mut Context) -> JsResult<Self> {
        let prototype = JsObject::with_object_proto(context.intrinsics());
        let &ClassSpec { name, full_name, is_callable, create } = spec;
        let construct = NativeFunction::from_copy_closure_with_captures(
            move |new_target, arguments, own: &JsObject, context| {
                let given = match new_target.as_object() {
                    Some(new_target) => new_target.get(js_string!("prototype"), context)?.as_object(),
                    None if is_callable => None,
                    None => {
                        let message = format!("Constructor {full_name} requires 'new'");
                        return Err(refusal::wrong_type(message));
                    }
                };
                let data = create(arguments, context)?;
                let prototype = given.unwrap_or_else(|| own.clone());
                Ok(JsObject::from_proto_and_data(prototype, data).into())
            },
            prototype.clone(),
        );
        let constructor = FunctionObjectBuilder::new(context.realm(), construct)
            .name(JsString::from(name))
            .length(0)
            .constructor(true)
            .build();
        let constructor = JsObject::from(constructor);
        let fixed = PropertyDescriptor::builder().writable(false).enumerable(false).configurable(false);
        constructor.define_property_or_throw(
            js_string!("prototype"),
            fixed.value(prototype.clone()),
            context,
        )?;
        let hidden = PropertyDescriptor::builder().writable(true).enumerable(false).configurable(true);
        prototype.define_property_or_throw(
            js_string!("constructor"),
            hidden.value(constructor.clone()),
            context,
        )?;
        name_tag(&prototype, full_name, context)?;
        let class = Self { constructor, prototype, context };
        Ok(class)
    }

    pub(super) fn method(
        self,
        name: &'static str,
        length: usize,
        function: NativeFunctionPointer,
    ) -> JsResult<Self> {
        define(&self.prototype, name, (length, NativeFunction::from_fn_ptr(function)), self.context)?;
        Ok(self)
    }

    /// A property that is computed when it is read.
    pub(super) fn getter(self, name: &'static str, get: NativeFunction) -> JsResult<Self> {
        let get = FunctionObjectBuilder::new(self.context.realm(), get).build();
        let property = PropertyDescriptor::builder().get(get).enumerable(false).configurable(true);
        self.prototype.define_property_or_throw(JsString::from(name), property, self.context)?;
        Ok(self)
    }

    /// The constructor with `supportedLocalesOf`.
    pub(super) fn with_locales(self) -> JsResult<JsObject> {
        let supported = NativeFunction::from_fn_ptr(supported_locales);
        define(&self.constructor, "supportedLocalesOf", (1, supported), self.context)?;
        Ok(self.constructor)
    }

    pub(super) fn done(self) -> JsObject {
        self.constructor
    }
}

/// Names what `Object.prototype.toString` shows.
pub(super) fn name_tag(object: &JsObject, name: &'static str, context: &mut Context) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(JsString::from(name))
        .writable(false)
        .enumerable(false)
        .configurable(true);
    object.define_property_or_throw(JsSymbol::to_string_tag(), property, context)?;
    Ok(())
}

/// Tags that converters have no data for are refused: node may support them.
fn supported_locales(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let tags = tag::tags(arguments.first().unwrap_or(&JsValue::undefined()), context)?;
    if let Some(unknown) = tags.iter().find(|tag| !tag::is_known(tag)) {
        return Err(refusal::locale("Intl.supportedLocalesOf", &unknown.base()));
    }
    Ok(tag::array_of_texts(tags.iter().map(tag::Tag::text), context))
}

/// An object of names and values, such as `resolvedOptions` returns; undefined values are left out.
pub(super) fn options_object(
    entries: impl IntoIterator<Item = (&'static str, JsValue)>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    for (name, value) in entries {
        if !value.is_undefined() {
            object.create_data_property_or_throw(JsString::from(name), value, context)?;
        }
    }
    Ok(object.into())
}

/// A text as a value.
pub(super) fn text(text: &str) -> JsValue {
    JsString::from(text).into()
}

/// The tag of `resolvedOptions`; which keywords of it node keeps is not known here.
pub(super) fn shown_tag(tag: &str, what: &str) -> JsResult<JsValue> {
    match tag.contains("-u-") {
        true => Err(refusal::unsupported(what, &format!("`resolvedOptions` of the locale `{tag}`"))),
        // ICU has no data for it but those of the language, and node says so.
        false => Ok(text(if tag == "nb-NO" { "nb" } else { tag })),
    }
}
