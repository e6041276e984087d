//! `Intl.Collator`

use boa_engine::{
    Context, JsArgs, JsData, JsResult, JsValue, NativeFunction,
    object::{FunctionObjectBuilder, JsObject},
};
use boa_gc::{Finalize, Trace};

use super::{
    class::{Class, ClassSpec, options_object, shown_tag, text},
    collate::{self, Collator, Sensitivity},
    refusal,
};

const NAME: &str = "Intl.Collator";

/// The data of an object.
#[derive(Debug, Trace, Finalize, JsData)]
struct JsCollator {
    // Nothing in it is on the engine's heap.
    #[unsafe_ignore_trace]
    collator: Collator,
}

/// The constructor.
pub(super) fn collator(context: &mut Context) -> JsResult<JsObject> {
    let create = |arguments: &[JsValue], context: &mut Context| {
        let asked = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
        let collation = collate::read(asked, NAME, context)?;
        Ok(JsCollator { collator: Collator::new(collation, NAME)? })
    };
    let spec = ClassSpec { name: "Collator", full_name: NAME, is_callable: true, create };
    Class::new(&spec, context)?
        .getter("compare", NativeFunction::from_fn_ptr(bound_compare))?
        .method("resolvedOptions", 0, resolved_options)?
        .with_locales()
}

fn object(this: &JsValue) -> JsResult<JsObject> {
    let object = this.as_object().filter(JsObject::is::<JsCollator>);
    object.ok_or_else(|| refusal::wrong_type(format!("this is not an {NAME} object")))
}

/// `compare` is a function that knows its object, so that it can be passed to `sort`.
fn bound_compare(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let compare = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, object: &JsObject, context| {
            let left = arguments.get_or_undefined(0).to_string(context)?;
            let right = arguments.get_or_undefined(1).to_string(context)?;
            let data = object.downcast_ref::<JsCollator>();
            Ok(JsValue::new(data.map_or(0, |data| data.collator.compare(&left, &right))))
        },
        object(this)?,
    );
    Ok(FunctionObjectBuilder::new(context.realm(), compare).length(2).build().into())
}

fn resolved_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = object(this)?;
    let Some(collation) = object.downcast_ref::<JsCollator>().map(|data| data.collator.collation.clone())
    else {
        return Ok(JsValue::undefined());
    };
    let usual_case = if collation.tag.starts_with("da") { "upper" } else { "false" };
    let tag = match &collation.kind {
        Some(kind) if !collation.tag.contains("-u-") => text(&format!("{}-u-co-{kind}", collation.tag)),
        _ if collation.tag == "nb-NO" => text("nb-NO"),
        _ => shown_tag(&collation.tag, NAME)?,
    };
    let entries = [
        ("locale", tag),
        ("usage", text("sort")),
        (
            "sensitivity",
            text(match collation.sensitivity {
                Sensitivity::Base => "base",
                Sensitivity::Accent => "accent",
                Sensitivity::Case => "case",
                Sensitivity::Variant => "variant",
            }),
        ),
        ("ignorePunctuation", JsValue::from(collation.ignores_punctuation)),
        ("collation", text(collation.kind.as_deref().unwrap_or("default"))),
        ("numeric", JsValue::from(collation.is_numeric)),
        ("caseFirst", text(collation.case_first.unwrap_or(usual_case))),
    ];
    options_object(entries, context)
}
