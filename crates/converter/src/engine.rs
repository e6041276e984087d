//! One global scope of the engine: built, run once, asked for one page.

use std::{rc::Rc, sync::Arc};

use boa_engine::{
    Context, JsError, JsResult, JsString, JsValue, Script as JsScript, Source,
    builtins::promise::PromiseState, context::ContextBuilder, js_string, object::JsObject,
    optimizer::OptimizerOptions,
};
use pipeline_table::{Batch, DeclaredColumns};

use crate::{
    analysis::Proven,
    budget::Budget,
    builtins,
    console::{self, CurrentPage},
    deterministic::{self, DeterministicEnv},
    direct::{DirectColumns, NotDirect, RecordReader},
    hooks::Hooks,
    imports::Loader,
    json::{self, Json, Objects},
    limits::ConverterLimits,
    metadata::Metadata,
    rows::{Reason, RowReader, Stop},
    script::{Form, Script},
};

/// A scope in which the script's top level has run.
pub(crate) struct Engine {
    pub(crate) context: Context,
    pub(crate) natives: Rc<Natives>,
    pub(crate) json: Rc<Json>,
    hooks: Rc<Hooks>,
    modules: Rc<Loader>,
    deterministic: DeterministicEnv,
    /// How many pages it has converted.
    pub(crate) n_pages: usize,
    /// The user's function, once the top level has run.
    convert: Option<JsObject>,
}

/// Functions of the language, taken before the user's code can replace them.
#[derive(Debug)]
pub(crate) struct Natives {
    /// `Object.keys`
    pub(crate) keys: JsObject,
    is_array: JsObject,
    /// `Reflect.deleteProperty`
    pub(crate) delete_property: JsObject,
}

impl Natives {
    fn take(context: &mut Context) -> JsResult<Self> {
        let constructors = context.intrinsics().constructors();
        let (object, array) = (constructors.object().constructor(), constructors.array().constructor());
        let reflect = context.intrinsics().objects().reflect();
        let mut function = |of: JsObject, name: JsString| {
            let value = of.get(name, context)?;
            Ok::<_, JsError>(value.as_callable().unwrap_or(of))
        };
        Ok(Self {
            keys: function(object, js_string!("keys"))?,
            is_array: function(array, js_string!("isArray"))?,
            delete_property: function(reflect, js_string!("deleteProperty"))?,
        })
    }

    /// Whether it is an array or a proxy for one.
    pub(crate) fn is_array(&self, object: &JsObject, context: &mut Context) -> JsResult<bool> {
        let value = self.is_array.call(&JsValue::undefined(), &[object.clone().into()], context)?;
        Ok(value.to_boolean())
    }
}

/// Why there is no scope.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// The top level threw.
    Threw(JsError),
    /// There is no function `convert`.
    NoConvert,
    /// A module awaits what never comes.
    NeverSettles,
}

impl From<JsError> for NotStarted {
    fn from(error: JsError) -> Self {
        Self::Threw(error)
    }
}

/// Why a promise has no value.
#[derive(Debug)]
pub(crate) enum Unsettled {
    Rejected(JsError),
    Pending,
}

impl From<JsError> for Unsettled {
    fn from(error: JsError) -> Self {
        Self::Rejected(error)
    }
}

impl Engine {
    /// A scope without the user's code.
    pub(crate) fn new(
        (script, limits, deterministic): (&Script, &ConverterLimits, DeterministicEnv),
        objects: &Objects,
    ) -> JsResult<Self> {
        let (hooks, modules) = (Hooks::new(), Loader::new(script));
        let mut context = ContextBuilder::new()
            .host_hooks(Rc::clone(&hooks))
            .clock(Rc::new(deterministic))
            // Boa's own loader would let `import()` read files of the current directory.
            .module_loader(Rc::clone(&modules))
            .build()?;
        // It computes `**` of literals otherwise than that of variables, and what it saves is not worth a second reading of
        // the language.
        context.set_optimizer_options(OptimizerOptions::empty());
        let runtime = context.runtime_limits_mut();
        runtime.set_recursion_limit(limits.max_recursion);
        runtime.set_loop_iteration_limit(limits.max_loop_iterations);
        runtime.set_stack_size_limit(limits.max_stack_values);
        // `Atomics.waitAsync` would keep the page waiting for another thread, which does not exist.
        context.global_object().delete_property_or_throw(js_string!("Atomics"), &mut context)?;
        console::install(&mut context)?;
        deterministic::install(deterministic, &mut context)?;
        builtins::install(script, &mut context)?;
        context.insert_data(CurrentPage(None));
        let natives = Rc::new(Natives::take(&mut context)?);
        let json = json::install((objects, script.big_integers()), &natives, &mut context)?;
        Ok(Self { context, natives, json, hooks, modules, deterministic, n_pages: 0, convert: None })
    }

    /// Runs the script's top level and finds `convert`.
    pub(crate) fn start(&mut self, script: &Script) -> Result<(), NotStarted> {
        let context = &mut self.context;
        let convert = match script.form() {
            Form::Script => {
                JsScript::parse(script.js_source(), None, context)?.evaluate(context)?;
                context.run_jobs()?;
                // A `const convert = json => …` is no property of the global object, so ask by name.
                let find = Source::from_bytes("typeof convert === 'function' ? convert : undefined");
                context.eval(find)?
            }
            Form::Module => exported(&self.modules, context)?,
        };
        if let Some(error) = self.hooks.take_unhandled() {
            return Err(error.into());
        }
        let convert = convert.as_callable().ok_or(NotStarted::NoConvert)?;
        self.convert = Some(convert);
        Ok(())
    }

    /// The string that `convert` gets.
    ///
    /// # Errors
    /// The offset of the first byte that is not UTF-8.
    pub(crate) fn page_text(&self, body: &[u8], proven: Proven) -> Result<JsString, usize> {
        match proven.only_parses && self.json.is_partial() {
            true => self.json.page_unseen(body),
            false => self.json.page(body),
        }
    }

    /// Calls `convert` and reads its rows.
    pub(crate) fn convert(&mut self, page: &Page<'_>) -> Result<Batch, Stop> {
        let batch = self.convert_text(page);
        self.n_pages += 1;
        self.json.end_page();
        builtins::end_page(&mut self.context);
        match batch {
            // The error that stopped it may have been lost in a promise.
            Ok(_) if self.json.is_stopped() => {
                Err(Stop { row: None, column: None, reason: Reason::Threw(self.json.stop()) })
            }
            batch => batch,
        }
    }

    fn convert_text(&mut self, page: &Page<'_>) -> Result<Batch, Stop> {
        let stop = |reason| Stop { row: None, column: None, reason };
        let result = self.call(page).map_err(stop)?;
        let budget = Budget::new(page.limits);
        let shared = page.direct.and_then(|_| self.json.page_document());
        let document = shared.as_ref().map(|shared| shared.document());
        let document = document.as_ref().and_then(|document| document.as_ref());
        let records =
            page.direct.map(|direct| RecordReader::new(direct, document.ok_or(NotDirect)?, page.declared));
        let records = records.transpose().map_err(|not| stop(not.into()))?;
        let reader = RowReader::new(&mut self.context, &self.natives, page.declared, budget);
        let batch = reader.with_records(records).read(&result)?;
        self.context.run_jobs().map_err(|error| stop(Reason::Threw(error)))?;
        match self.hooks.take_unhandled() {
            Some(error) => Err(stop(Reason::Unawaited(error))),
            None => Ok(batch),
        }
    }

    fn call(&mut self, page: &Page<'_>) -> Result<JsValue, Reason> {
        self.context.insert_data(CurrentPage(Some(page.index)));
        deterministic::begin_page(self.deterministic, page.index, &mut self.context);
        let metadata = page.metadata.to_js(page.index, &mut self.context)?;
        let arguments = [page.text.clone().into(), metadata.into()];
        let result = match &self.convert {
            Some(convert) => convert.call(&JsValue::undefined(), &arguments, &mut self.context)?,
            None => JsValue::undefined(),
        };
        Ok(settle(result, &mut self.context)?)
    }
}

/// What a module exports as `convert`, or else as its default.
fn exported(modules: &Rc<Loader>, context: &mut Context) -> Result<JsValue, NotStarted> {
    let module = modules.main(context)?;
    let evaluated = module.load_link_evaluate(context);
    match settle(evaluated.into(), context) {
        Ok(_) => {}
        Err(Unsettled::Rejected(error)) => return Err(error.into()),
        Err(Unsettled::Pending) => return Err(NotStarted::NeverSettles),
    }
    let exports = module.namespace(context);
    let convert = exports.get(js_string!("convert"), context)?;
    Ok(match convert.is_callable() {
        true => convert,
        false => exports.get(js_string!("default"), context)?,
    })
}

/// One page, ready for the engine.
pub(crate) struct Page<'a> {
    pub(crate) index: usize,
    pub(crate) text: JsString,
    pub(crate) metadata: Metadata<'a>,
    pub(crate) declared: &'a Arc<DeclaredColumns>,
    pub(crate) limits: &'a ConverterLimits,
    /// Set where the script is what is left of one.
    pub(crate) direct: Option<&'a DirectColumns>,
}

/// The value of a promise, once all jobs have run; any other value as it is.
pub(crate) fn settle(value: JsValue, context: &mut Context) -> Result<JsValue, Unsettled> {
    let Some(promise) = value.as_promise() else {
        return Ok(value);
    };
    context.run_jobs()?;
    match promise.state() {
        PromiseState::Fulfilled(value) => Ok(value),
        PromiseState::Rejected(reason) => Err(Unsettled::Rejected(JsError::from_opaque(reason))),
        PromiseState::Pending => Err(Unsettled::Pending),
    }
}
