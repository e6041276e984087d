//! One thread's converter.

use std::{
    any::Any,
    cell::RefCell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
};

use boa_engine::Context;
use pipeline_table::{Batch, DeclaredColumns};

use crate::{
    analysis::{self, Proven},
    engine::{Engine, NotStarted, Page},
    error::{ConverterError, Report, Where},
    json::{Learned, Objects},
    metadata::Metadata,
    outline::Outline,
    rows::{Reason, Stop},
    script::Script,
    thrown::{End, Thrown},
};

/// How far a converter may go; time and memory are not limited yet.
#[derive(Debug, Clone)]
pub struct ConverterLimits {
    /// Calls inside calls; a call through a built-in such as `map` counts twice. 1,000 fit into
    /// [`Converter::THREAD_STACK`].
    pub max_recursion: usize,
    /// Iterations of one loop; `None` is no limit.
    pub max_loop_iterations: Option<u64>,
    /// Values on the engine's stack: locals of all active calls, and the items of `f(...items)`.
    pub max_stack_values: usize,
}

impl Default for ConverterLimits {
    fn default() -> Self {
        // A million values are 8 MB; `Math.max(...items)` works in node up to about 120,000 items.
        Self { max_recursion: 1_000, max_loop_iterations: None, max_stack_values: 1 << 20 }
    }
}

/// One response.
#[derive(Debug, Clone, Copy)]
pub struct PageInput<'a> {
    /// Which page of the run, from 0.
    pub index: usize,
    /// The body, UTF-8.
    pub body: &'a [u8],
    /// What else `convert` may know.
    pub metadata: Metadata<'a>,
}

/// Runs a script on page after page; lives on one thread.
pub struct Converter {
    script: Script,
    declared: Arc<DeclaredColumns>,
    limits: ConverterLimits,
    proven: Proven,
    /// Which members the script uses, for its next pages.
    learned: Rc<RefCell<Learned>>,
    /// A scope for the next page: the one that `new` made to see that the script starts, or that of the last page if
    /// nothing can be left in it.
    ready: Option<Engine>,
}

/// A scope ends after so many pages, to give back what the engine keeps of each.
const PAGES_PER_SCOPE: usize = 500;

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The engine's context would print megabytes.
        f.debug_struct("Converter").field("script", &self.script.path()).finish_non_exhaustive()
    }
}

impl Converter {
    /// The stack that a thread needs for the default limits, measured in a debug build with the greediest built-ins
    /// (`sort`, `replace` and a reviver calling themselves); only what is touched takes memory.
    pub const THREAD_STACK: usize = 32 << 20;

    /// Compiles the script and runs its top level.
    ///
    /// # Errors
    /// [`ConverterError::Syntax`], [`ConverterError::TopLevel`], [`ConverterError::MissingConvert`].
    pub fn new(
        script: &Script,
        declared: Arc<DeclaredColumns>,
        limits: ConverterLimits,
    ) -> Result<Self, ConverterError> {
        // Our own parse knows where a syntax error stands; the engine says it in prose only.
        let parsed = script.parse().map_err(|error| script.syntax_error(&error))?;
        let mut converter = Self {
            script: script.clone(),
            declared,
            limits,
            proven: analysis::prove(&parsed),
            learned: Rc::default(),
            ready: None,
        };
        converter.ready = Some(converter.start(&converter.objects())?);
        Ok(converter)
    }

    /// Converts one page in a scope of its own.
    ///
    /// # Errors
    /// Any [`ConverterError`] but those of files; the converter can go on with other pages.
    pub fn convert(&mut self, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        let engine = match self.ready.take() {
            Some(engine) => engine,
            None => self.start(&self.objects())?,
        };
        let is_partial = engine.json.is_partial();
        match self.attempt(engine, page) {
            // With whole objects the page may be right, and if not, the error names what the user knows.
            Err(_) if is_partial => self.attempt(self.start(&Objects::Whole)?, page),
            converted => converted,
        }
    }

    fn objects(&self) -> Objects {
        match self.proven.by_name_only {
            true => Objects::Partial(Rc::clone(&self.learned)),
            false => Objects::Whole,
        }
    }

    fn attempt(&mut self, mut engine: Engine, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        let text = match engine.page_text(page.body, self.proven) {
            Ok(text) => text,
            Err(offset) => return Err(self.not_utf8(page, offset)),
        };
        let input = Page { index: page.index, text, metadata: page.metadata, declared: &self.declared };
        let converted = catch_unwind(AssertUnwindSafe(|| {
            engine.convert(&input).map_err(|stop| self.explain(stop, page.index, &mut engine.context))
        }));
        // What stops one page would stop the others too.
        self.proven.by_name_only &= !engine.json.is_stopped();
        match converted {
            Ok(Ok(batch)) => {
                if self.proven.keeps_nothing && engine.n_pages < PAGES_PER_SCOPE {
                    self.ready = Some(engine);
                }
                Ok(batch)
            }
            Ok(Err(error)) => Err(error),
            Err(panic) => {
                // Whatever state it is in, do not run its destructors.
                std::mem::forget(engine);
                let at = Where { page: Some(page.index), ..Where::default() };
                Err(ConverterError::Engine(at, panic_message(&*panic)))
            }
        }
    }

    fn start(&self, objects: &Objects) -> Result<Engine, ConverterError> {
        let mut engine = Engine::new(&self.limits, objects)
            .map_err(|error| ConverterError::Engine(Where::default(), error.to_string()))?;
        let started = catch_unwind(AssertUnwindSafe(|| {
            engine.start(&self.script).map_err(|reason| self.not_started(&reason, &mut engine.context))
        }));
        match started {
            Ok(started) => started.map(|()| engine),
            Err(panic) => {
                std::mem::forget(engine);
                Err(ConverterError::Engine(Where::default(), panic_message(&*panic)))
            }
        }
    }

    fn not_started(&self, reason: &NotStarted, context: &mut Context) -> ConverterError {
        let NotStarted::Threw(error) = reason else {
            return self.outline().unwrap_or_default().missing_convert(&self.script);
        };
        let thrown = Thrown::read(error, &self.script, context).at_top_level();
        let report = thrown.report("while the converter's top level ran: ", &self.script);
        ConverterError::TopLevel(Box::new(report))
    }

    fn outline(&self) -> Option<Outline> {
        self.script.parse().ok().map(|parsed| Outline::read(&parsed, &self.script))
    }

    fn not_utf8(&self, page: &PageInput<'_>, offset: usize) -> ConverterError {
        let at = Where { page: Some(page.index), ..Where::default() };
        let byte = page.body.get(offset).copied().unwrap_or_default();
        let message = format!("{at}: the body is not UTF-8: byte 0x{byte:02X} at offset {offset}");
        ConverterError::Body(at, Box::new(Report::new(&self.script, message, None)))
    }

    fn explain(&self, stop: Stop, page: usize, context: &mut Context) -> ConverterError {
        let at = Where { page: Some(page), row: stop.row, column: stop.column };
        let result_is = self.script.result_is();
        // The caret goes to what `convert` returns.
        let report = |at: &Where, message: String, help: Vec<String>| {
            let place = self.outline().and_then(|outline| outline.result);
            Box::new(Report::new(&self.script, at.prefix() + &message, place).help(help))
        };
        match stop.reason {
            Reason::Threw(error) => self.thrown(&Thrown::read(&error, &self.script, context), at),
            Reason::Unawaited(error) => {
                let thrown = Thrown::read(&error, &self.script, context);
                let report = thrown.report(&at.prefix(), &self.script);
                let help = "it was thrown into a promise that nothing awaits";
                ConverterError::Thrown(at, Box::new(report.help([help.to_owned()])))
            }
            Reason::NeverSettled => {
                let message = format!("{result_is} a promise that never settles");
                let help = "nothing is left that could settle it; converters have no timers and no network";
                ConverterError::ReturnType(at.clone(), report(&at, message, vec![help.into()]))
            }
            Reason::Result { found, help } => {
                let message = format!("{result_is} {found}, expected an array of row objects");
                ConverterError::ReturnType(at.clone(), report(&at, message, help))
            }
            Reason::Row { found, help } => {
                let message = format!("{found}, expected an object with the row's columns");
                ConverterError::Row(at.clone(), report(&at, message, help))
            }
            Reason::Cell { problem, help } => ConverterError::Cell(at.clone(), report(&at, problem, help)),
            Reason::Table(source) => {
                let at = Where { row: source.row(), column: None, ..at };
                let report = report(&at, source.to_string(), source.help().into_iter().collect());
                ConverterError::Table { at, source: Box::new(source), report }
            }
        }
    }

    fn thrown(&self, thrown: &Thrown, at: Where) -> ConverterError {
        let report = Box::new(thrown.report(&at.prefix(), &self.script));
        match thrown.end {
            End::Limit(limit) => ConverterError::Limit(at, limit, report),
            End::Engine => ConverterError::Engine(at, thrown.message.clone()),
            End::Exception => ConverterError::Thrown(at, report),
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}
