//! `console.log` and its siblings: lines in the run's log, with the page they are about.

use boa_engine::{
    Context, JsResult, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, JsObject},
    property::Attribute,
};

/// Longer lines are cut: `console.log(json)` must not put half a megabyte into the log.
const MAX_CHARS: usize = 4_000;

/// Further lines of a page are dropped: a loop must not fill the disk with its log.
const MAX_LINES: usize = 1_000;

/// The page that is being converted, kept in the context for `console`; `None` while the top level runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrentPage(pub(crate) Option<usize>);

/// How many lines this page has logged.
#[derive(Debug, Clone, Copy, Default)]
struct Lines(Option<usize>, usize);

/// Adds the global `console`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let console = JsObject::with_object_proto(context.intrinsics());
    let functions: [(&str, NativeFunction); 5] = [
        ("log", NativeFunction::from_fn_ptr(info)),
        ("info", NativeFunction::from_fn_ptr(info)),
        ("warn", NativeFunction::from_fn_ptr(warn)),
        ("error", NativeFunction::from_fn_ptr(error)),
        ("debug", NativeFunction::from_fn_ptr(debug)),
    ];
    for (name, function) in functions {
        let function =
            FunctionObjectBuilder::new(context.realm(), function).name(js_string!(name)).length(0).build();
        console.create_data_property_or_throw(js_string!(name), function, context)?;
    }
    context.register_global_property(
        js_string!("console"),
        console,
        Attribute::WRITABLE | Attribute::CONFIGURABLE,
    )
}

fn info(_: &JsValue, values: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(line) = line(values, context) {
        tracing::info!(target: "converter", page = page(context), "{line}");
    }
    Ok(JsValue::undefined())
}

fn warn(_: &JsValue, values: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(line) = line(values, context) {
        tracing::warn!(target: "converter", page = page(context), "{line}");
    }
    Ok(JsValue::undefined())
}

fn error(_: &JsValue, values: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(line) = line(values, context) {
        tracing::error!(target: "converter", page = page(context), "{line}");
    }
    Ok(JsValue::undefined())
}

fn debug(_: &JsValue, values: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(line) = line(values, context) {
        tracing::debug!(target: "converter", page = page(context), "{line}");
    }
    Ok(JsValue::undefined())
}

/// Counts from 1, as all messages do.
fn page(context: &Context) -> Option<usize> {
    context.get_data::<CurrentPage>().and_then(|current| current.0).map(|index| index + 1)
}

/// The values as one line, unless the page has logged enough.
fn line(values: &[JsValue], context: &mut Context) -> Option<String> {
    let page = page(context);
    let lines = context.get_data::<Lines>().filter(|lines| lines.0 == page).map_or(0, |lines| lines.1);
    context.insert_data(Lines(page, lines + 1));
    match lines {
        MAX_LINES => {
            return Some(format!("more than {MAX_LINES} lines; the others of this page are dropped"));
        }
        more if more > MAX_LINES => return None,
        _ => {}
    }
    let shown = |value: &JsValue| match value.as_string() {
        Some(text) => text.to_std_string_lossy(),
        // Objects are shown on one line.
        None => value.display().to_string().lines().map(str::trim).collect::<Vec<_>>().join(" "),
    };
    let line = values.iter().map(shown).collect::<Vec<_>>().join(" ");
    let line = pipeline_config::escaped(&line);
    Some(match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}… ({} bytes more)", &line[..end], line.len() - end),
        None => line.into_owned(),
    })
}
