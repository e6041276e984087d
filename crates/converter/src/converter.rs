//! One thread's converter.

use std::{
    any::Any,
    cell::RefCell,
    collections::HashMap,
    fmt,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
};

use boa_engine::Context;
use pipeline_table::{Batch, BatchBuilder, DeclaredColumns};
use tracing::subscriber::NoSubscriber;

use crate::{
    analysis::{self, Proven},
    deterministic::DeterministicEnv,
    direct::DirectColumns,
    engine::{Engine, NotStarted, Page},
    error::{ConverterError, Report, Where},
    hints::Hints,
    json::{self, BigIntegers, Learned, Objects, Tape},
    limits::ConverterLimits,
    metadata::Metadata,
    outline::Outline,
    page_records::{self, PageRecords},
    rounded::{texts_of_rounded, with_distinct_doubles, with_next_doubles, with_same_doubles},
    rows::{Reason, Stop},
    script::Script,
    selected::Selection,
    thrown::{End, Thrown},
    undefined::{self, Undefined},
};

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
    deterministic: DeterministicEnv,
    pub(crate) proven: Proven,
    /// Which members the script uses, for its next pages.
    learned: Rc<RefCell<Learned>>,
    /// What of the rows is read without the script, while pages are as it takes for granted.
    pub(crate) direct: Option<DirectColumns>,
    /// A scope for the next page: the one that `new` made to see that the script starts, or that of the last page if
    /// nothing can be left in it.
    pub(crate) ready: Option<Engine>,
    /// Bytes of pages since garbage was collected.
    n_bytes: usize,
    /// Pages with whole numbers that `JSON.parse` rounded.
    n_rounded_pages: u64,
    /// Those of them where one double stands for several numbers of the page.
    n_merged_pages: u64,
    /// Used again from page to page, where there is no script.
    tape: Tape,
    /// Why columns were undefined in all rows of a page, which is looked for once.
    undefined: HashMap<String, Undefined>,
}

/// Garbage is collected after pages of so many bytes. The engine counts its objects, but not the members they have: without
/// this, pages of hundreds of columns leave hundreds of megabytes behind before it finds them worth a look.
const BYTES_PER_COLLECTION: usize = 2 << 20;

/// A scope ends after so many pages, to give back what the engine keeps of each.
const PAGES_PER_SCOPE: usize = 500;

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The engine's context would print megabytes.
        f.debug_struct("Converter").field("script", &self.script.path()).finish_non_exhaustive()
    }
}

impl Converter {
    /// The stack that a thread needs for the default limits, measured in a debug build: half of it for calls of the greediest
    /// built-ins (`sort`, `replace` and a reviver calling themselves), half for code that is nested as deep as it may be,
    /// which `eval` may read in the innermost of them. Only what is touched takes memory.
    pub const THREAD_STACK: usize = 64 << 20;

    /// Compiles the script and runs its top level.
    ///
    /// # Errors
    /// [`ConverterError::Syntax`], [`ConverterError::TopLevel`], [`ConverterError::MissingConvert`].
    pub fn new(
        script: &Script,
        declared: Arc<DeclaredColumns>,
        limits: ConverterLimits,
    ) -> Result<Self, ConverterError> {
        Self::at(script, declared, limits, DeterministicEnv::default())
    }

    /// The same with a time that `Date.now()` tells and a seed for `Math.random()`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn at(
        script: &Script,
        declared: Arc<DeclaredColumns>,
        limits: ConverterLimits,
        deterministic: DeterministicEnv,
    ) -> Result<Self, ConverterError> {
        // Our own parse knows where a syntax error stands; the engine says it in prose only.
        let parsed = script.parse_for_run()?;
        let analysis = analysis::read(&parsed);
        let mut converter = Self {
            script: script.clone(),
            declared,
            limits,
            deterministic,
            proven: analysis.proven,
            direct: DirectColumns::of(script, &parsed, &analysis),
            learned: Rc::default(),
            ready: None,
            n_bytes: 0,
            n_rounded_pages: 0,
            n_merged_pages: 0,
            tape: Tape::default(),
            undefined: HashMap::new(),
        };
        if script.selection().is_none() {
            let code = converter.code(converter.direct.as_ref());
            converter.ready = Some(converter.start(code, &converter.objects())?);
        }
        Ok(converter)
    }

    /// Converts one page in a scope of its own.
    ///
    /// # Errors
    /// Any [`ConverterError`] but those of files; the converter can go on with other pages.
    pub fn convert(&mut self, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        if page.body.len() as u64 > self.limits.max_page {
            let size = page.body.len() as u64;
            return Err(ConverterError::page_too_large(
                &self.script,
                page.index,
                (size, self.limits.max_page),
            ));
        }
        if let Some(selection) = self.script.selection().cloned() {
            return self.select(&selection, page);
        }
        let batch = self.run(page)?;
        let batch = self.with_reasons(batch, page.body);
        Ok(match self.script.big_integers() {
            BigIntegers::Number => match texts_of_rounded(page.body) {
                Some(texts) => {
                    let batch = self.with_computed(batch.with_rounded_texts(&texts), page);
                    self.with_merged(batch, page)
                }
                None => batch,
            },
            BigIntegers::BigInt => batch,
        })
    }

    /// Says of columns that are undefined in all rows why they are; those that are made of nulls are as good as null.
    fn with_reasons(&mut self, batch: Batch, body: &[u8]) -> Batch {
        if batch.outcome().undefined.is_empty() {
            return batch;
        }
        let mut outcome = batch.outcome().clone();
        let places = outcome.undefined.keys().filter(|place| !self.undefined.contains_key(*place));
        let new: Vec<String> = places.cloned().collect();
        if !new.is_empty() {
            let reasons = undefined::reasons(&self.script, &new, body);
            self.undefined.extend(new.into_iter().zip(reasons));
        }
        outcome.undefined.retain(|place, why| match self.undefined.get(place) {
            Some(Undefined::OfNull) => false,
            Some(Undefined::Absent(reason)) => {
                *why = Some(reason.clone());
                true
            }
            Some(Undefined::Unknown) | None => true,
        });
        batch.with_outcome(outcome)
    }

    /// Finds the columns that the script computes from numbers that `JSON.parse` rounded: those that are others where the page has
    /// other doubles. What a script does it does on most pages, so that not all of them are converted twice.
    fn with_computed(&mut self, batch: Batch, page: &PageInput<'_>) -> Batch {
        self.n_rounded_pages += 1;
        let is_tried = self.n_rounded_pages <= 4 || self.n_rounded_pages.is_power_of_two();
        let Some(next) = with_next_doubles(page.body).filter(|_| is_tried) else { return batch };
        let Ok(changed) = self.convert_changed(&next, page) else { return batch };
        // Digits that a script takes from the text of the page are exact.
        let same = with_same_doubles(page.body).and_then(|body| self.convert_changed(&body, page).ok());
        batch.with_computed(&changed, same.as_ref())
    }

    /// Finds rows, and columns, that are others where the script can tell numbers apart of which `JSON.parse` makes one.
    fn with_merged(&mut self, batch: Batch, page: &PageInput<'_>) -> Batch {
        let Some(distinct) = with_distinct_doubles(page.body) else { return batch };
        self.n_merged_pages += 1;
        if self.n_merged_pages > 16 && !self.n_merged_pages.is_power_of_two() {
            return batch;
        }
        let Ok(apart) = self.convert_changed(&distinct, page) else { return batch };
        let same = with_same_doubles(page.body).and_then(|body| self.convert_changed(&body, page).ok());
        batch.with_merged(&apart, same.as_ref())
    }

    /// The rows of the page with other numbers in it.
    fn convert_changed(&mut self, body: &[u8], page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        let changed = PageInput { body, ..*page };
        let (ready, proven) = (self.ready.take(), self.proven);
        // Its messages have been logged already.
        let converted = tracing::subscriber::with_default(NoSubscriber::default(), || {
            let engine = self.start(&self.script, &Objects::Whole)?;
            self.attempt(engine, &changed, None)
        });
        (self.ready, self.proven) = (ready, proven);
        converted
    }

    /// Converts one page by the script.
    fn run(&mut self, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        while let Some(direct) = self.direct.take() {
            let engine = self.engine(Some(&direct))?;
            if let Ok(batch) = self.attempt(engine, page, Some(&direct)) {
                self.direct = Some(direct);
                return Ok(batch);
            }
            if direct.has_refused() {
                self.direct = direct.without_refused(&self.script);
                continue;
            }
            // A page with an error says nothing about the others; one without is beyond direct columns.
            let converted = self.convert_whole(page);
            self.direct = converted.is_err().then_some(direct);
            return converted;
        }
        self.convert_whole(page)
    }

    /// Takes the records of a page as they are.
    fn select(&mut self, selection: &Selection, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        let body = json::utf8(page.body).map_err(|offset| self.not_utf8(page, offset))?;
        let mut tape = std::mem::take(&mut self.tape);
        let rows = selection.rows(body, (&self.declared, &self.limits), &mut tape);
        self.tape = tape;
        rows.map_err(|stop| self.refused(stop, page.index))
    }

    /// The same with nothing but the whole script.
    fn convert_whole(&mut self, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
        let engine = self.engine(None)?;
        let is_partial = engine.json.is_partial();
        match self.attempt(engine, page, None) {
            // With whole objects the page may be right, and if not, the error names what the user knows.
            Err(_) if is_partial => self.attempt(self.start(&self.script, &Objects::Whole)?, page, None),
            converted => converted,
        }
    }

    /// What is run: the script, or what direct columns leave of it.
    fn code<'a>(&'a self, direct: Option<&'a DirectColumns>) -> &'a Script {
        direct.map_or(&self.script, |direct| &direct.rest)
    }

    /// The scope that is ready, or a new one.
    fn engine(&mut self, direct: Option<&DirectColumns>) -> Result<Engine, ConverterError> {
        match self.ready.take() {
            Some(engine) => Ok(engine),
            None => self.start(self.code(direct), &self.objects()),
        }
    }

    fn objects(&self) -> Objects {
        match self.proven.by_name_only {
            true => Objects::Partial(Rc::clone(&self.learned)),
            false => Objects::Whole,
        }
    }

    fn attempt(
        &mut self,
        mut engine: Engine,
        page: &PageInput<'_>,
        direct: Option<&DirectColumns>,
    ) -> Result<Batch, ConverterError> {
        let text = match engine.page_text(page.body, self.proven) {
            Ok(text) => text,
            Err(offset) => return Err(self.not_utf8(page, offset)),
        };
        let (declared, limits, body) = (&self.declared, &self.limits, page.body);
        let input = Page { index: page.index, text, metadata: page.metadata, declared, limits, direct };
        let converted = catch_unwind(AssertUnwindSafe(|| {
            engine.convert(&input).or_else(|stop| match stop.reason {
                Reason::Undefined if self.may_return_nothing(body) => self.no_rows(),
                _ => Err(self.explain(stop, (page.index, body), &mut engine.context)),
            })
        }));
        self.n_bytes += page.body.len();
        if self.n_bytes >= BYTES_PER_COLLECTION {
            self.n_bytes = 0;
            boa_gc::force_collect();
        }
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
                Err(ConverterError::panicked(&self.script, page.index, panic_message(&*panic)))
            }
        }
    }

    fn start(&self, script: &Script, objects: &Objects) -> Result<Engine, ConverterError> {
        let mut engine = Engine::new((script, &self.limits, self.deterministic), objects)
            .map_err(|error| ConverterError::Engine(Where::default(), error.to_string()))?;
        let started = catch_unwind(AssertUnwindSafe(|| {
            engine.start(script).map_err(|reason| self.not_started(&reason, &mut engine.context))
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
        let error = match reason {
            NotStarted::Threw(error) => error,
            NotStarted::NoConvert => return self.outline().unwrap_or_default().missing_convert(&self.script),
            NotStarted::NeverSettles => {
                let message = "the converter's top level awaits a promise that never settles".to_owned();
                return ConverterError::TopLevel(Box::new(Report::new(&self.script, message, None)));
            }
        };
        let thrown = Thrown::read(error, &self.script, context).at_top_level();
        let report = thrown.report("while the converter's top level ran: ", &self.script, &[]);
        ConverterError::TopLevel(Box::new(report))
    }

    fn outline(&self) -> Option<Outline> {
        self.script.parse().ok().map(|parsed| Outline::read(&parsed, &self.script))
    }

    /// Whether a result of undefined can mean that the page has no rows.
    fn may_return_nothing(&self, body: &[u8]) -> bool {
        match page_records::count(body) {
            PageRecords::EmptyPage => true,
            PageRecords::Some(n_records) => {
                n_records == 0 && self.outline().is_none_or(|outline| outline.returns_value)
            }
        }
    }

    fn no_rows(&self) -> Result<Batch, ConverterError> {
        let rows = BatchBuilder::new(Arc::clone(&self.declared)).finish();
        rows.map_err(|error| ConverterError::Engine(Where::default(), error.to_string()))
    }

    /// What to say of a result that is undefined for a page with something in it.
    fn undefined(&self, body: &[u8]) -> (String, Vec<String>) {
        let result_is = self.script.result_is();
        let page = match page_records::count(body) {
            PageRecords::Some(1) => "a page of 1 record".to_owned(),
            PageRecords::Some(n_records) if n_records > 0 => format!("a page of {n_records} records"),
            PageRecords::Some(_) | PageRecords::EmptyPage => "the page".to_owned(),
        };
        let outline = self.outline().unwrap_or_default();
        let text = &self.script.shown().text;
        let returned = outline.result.filter(|_| outline.returns_value).and_then(|range| text.get(range));
        let first = match returned {
            Some(returned) if returned.contains(".forEach(") => {
                "`forEach` returns nothing: write `map`, which returns the rows"
            }
            Some(_) => "is `return` missing on some way through it, or in a function that it calls?",
            None => "is `return` missing? an arrow function with `{ … }` needs one too",
        };
        let help = vec![first.to_owned(), "return `[]` for a page without rows".to_owned()];
        (format!("{result_is} undefined for {page}, expected an array of row objects"), help)
    }

    fn not_utf8(&self, page: &PageInput<'_>, offset: usize) -> ConverterError {
        let at = Where { page: Some(page.index), ..Where::default() };
        let byte = page.body.get(offset).copied().unwrap_or_default();
        let message = format!("{at}: the body is not UTF-8: byte 0x{byte:02X} at offset {offset}");
        ConverterError::Body(at, Box::new(Report::new(&self.script, message, None)))
    }

    fn explain(&self, stop: Stop, (page, body): (usize, &[u8]), context: &mut Context) -> ConverterError {
        match &stop.reason {
            Reason::Threw(error) => {
                self.thrown(&Thrown::read(error, &self.script, context), stop.at(page), body)
            }
            Reason::Unawaited(error) => {
                let at = stop.at(page);
                let thrown = Thrown::read(error, &self.script, context);
                let report = thrown.report(&at.prefix(), &self.script, body);
                let help = "it was thrown into a promise that nothing awaits";
                ConverterError::Thrown(at, Box::new(report.help([help.to_owned()])))
            }
            Reason::Undefined => {
                let at = stop.at(page);
                let (message, help) = self.undefined(body);
                let place = self.outline().and_then(|outline| outline.result);
                let report = Report::new(&self.script, at.prefix() + &message, place).help(help);
                ConverterError::ReturnType(at, Box::new(report))
            }
            _ => self.refused(stop, page),
        }
    }

    /// The error for a promise that nothing can settle.
    fn unsettled(&self, at: Where) -> ConverterError {
        let message = format!("{} a promise that never settles", self.script.result_is());
        let help = [
            "nothing is left that could settle it; converters have no timers and no network",
            // The engine ends what goes beyond a limit after an `await` without a word.
            &format!(
                "after an `await`, calls nested more than {} deep end here too, and loops that run more than {} times: \
                 `limits: {{ recursion: …, loop_iterations: … }}`",
                self.limits.max_recursion, self.limits.max_loop_iterations
            ),
        ];
        let report = Report::new(&self.script, at.prefix() + &message, self.never_settled());
        ConverterError::ReturnType(at, Box::new(report.help(help.map(str::to_owned))))
    }

    /// What is wrong with rows, whoever made them.
    fn refused(&self, stop: Stop, page: usize) -> ConverterError {
        let at = stop.at(page);
        let result_is = self.script.result_is();
        // The caret goes to what `convert` returns.
        let report = |at: &Where, message: String, help: Vec<String>| {
            let place = self.outline().and_then(|outline| outline.result);
            Box::new(Report::new(&self.script, at.prefix() + &message, place).help(help))
        };
        match stop.reason {
            Reason::Body(problem) => {
                let message = at.prefix() + &problem;
                ConverterError::Thrown(at, Box::new(Report::new(&self.script, message, None)))
            }
            Reason::NeverSettled => self.unsettled(at),
            Reason::Result { found, help } => {
                let message = format!("{result_is} {found}, expected an array of row objects");
                ConverterError::ReturnType(at.clone(), report(&at, message, help))
            }
            Reason::Row { found, help } => {
                let message = format!("{found}, expected an object with the row's columns");
                ConverterError::Row(at.clone(), report(&at, message, help))
            }
            Reason::Cell { problem, help } => ConverterError::Cell(at.clone(), report(&at, problem, help)),
            // The others come from a script alone, and are explained with its page.
            Reason::Undefined | Reason::NotDirect | Reason::Threw(_) | Reason::Unawaited(_) => {
                ConverterError::Engine(at, "columns cannot be read without the script".into())
            }
            Reason::Exceeded(exceeded) => {
                let at = Where { page: at.page, ..Where::default() };
                let report = report(&at, exceeded.message, exceeded.help);
                ConverterError::Limit(at, exceeded.limit, report)
            }
            Reason::Table(source) => {
                let at = Where { row: source.row(), column: None, ..at };
                let help = match self.script.is_shown() {
                    true => source.help(),
                    false => source.help_without_script(),
                };
                let report = report(&at, source.to_string(), help.into_iter().collect());
                ConverterError::Table(at, report)
            }
        }
    }

    /// Where a promise is made or awaited that never settles; `None` where it may be one of several.
    fn never_settled(&self) -> Option<Range<usize>> {
        let awaits = Hints::of(&self.script).map(|hints| hints.awaits()).unwrap_or_default();
        match awaits.as_slice() {
            [] => self.outline().and_then(|outline| outline.result),
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    fn thrown(&self, thrown: &Thrown, at: Where, body: &[u8]) -> ConverterError {
        // What Boa throws when a buffer cannot be had.
        if thrown.end == End::Exception && thrown.message.ends_with("while allocating data block") {
            let memory = Some(self.limits.memory);
            return ConverterError::out_of_memory(&self.script, at.page.unwrap_or_default(), memory);
        }
        let report = Box::new(thrown.report(&at.prefix(), &self.script, body));
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
