//! What `convert` returned, to rows.

use std::{cell, rc::Rc, sync::Arc};

use boa_engine::{Context, JsError, JsResult, JsSymbol, JsValue, js_string, object::JsObject};
use pipeline_table::{Batch, BatchBuilder, Cell, DeclaredColumns, TableError};

use crate::{
    budget::{Budget, Exceeded},
    cells::{CellReader, KnownRows, Refusal},
    direct::{NotDirect, RecordReader},
    engine::{Natives, Unsettled, settle},
    error::Where,
    values::{self, Kind, describe},
};

/// Why a result is no batch, and at which row and column.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) row: Option<usize>,
    pub(crate) column: Option<String>,
    pub(crate) reason: Reason,
}

impl Stop {
    /// Where it is, on this page.
    pub(crate) fn at(&self, page: usize) -> Where {
        let column = self.column.as_deref().map(shorten_middle);
        Where { page: Some(page), row: self.row, column }
    }
}

/// The way into a value that is nested deeply says most at its ends.
fn shorten_middle(path: &str) -> String {
    const N_FIRST: usize = 60;
    const N_LAST: usize = 40;
    let n_chars = path.chars().count();
    if n_chars <= N_FIRST + N_LAST {
        return path.to_owned();
    }
    let first = path.chars().take(N_FIRST);
    let last = path.chars().skip(n_chars - N_LAST);
    first.chain(['…']).chain(last).collect()
}

#[derive(Debug)]
pub(crate) enum Reason {
    /// JavaScript threw.
    Threw(JsError),
    /// JavaScript threw into a promise that nothing waits for.
    Unawaited(JsError),
    /// A promise stayed open.
    NeverSettled,
    /// The page has no records where they should be.
    Body(String),
    /// The result is undefined, which says nothing of the rows.
    Undefined,
    /// The result has no rows in it.
    Result { found: String, help: Vec<String> },
    /// A row is not an object.
    Row { found: String, help: Vec<String> },
    /// A value is no cell.
    Cell { problem: String, help: Vec<String> },
    /// A cell does not fit.
    Table(Box<TableError>),
    /// There are too many rows, or too much in them.
    Exceeded(Exceeded),
    /// Columns cannot be read without the whole script.
    NotDirect,
}

impl From<NotDirect> for Reason {
    fn from(_: NotDirect) -> Self {
        Self::NotDirect
    }
}

impl From<Exceeded> for Reason {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<JsError> for Reason {
    fn from(error: JsError) -> Self {
        Self::Threw(error)
    }
}

impl From<TableError> for Reason {
    fn from(error: TableError) -> Self {
        Self::Table(Box::new(error))
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Threw(error) => Self::Threw(error),
            Refusal::Bad { problem, help } => Self::Cell { problem, help },
        }
    }
}

impl From<Unsettled> for Reason {
    fn from(unsettled: Unsettled) -> Self {
        match unsettled {
            Unsettled::Rejected(error) => Self::Threw(error),
            Unsettled::Pending => Self::NeverSettled,
        }
    }
}

/// Adds rows until the result ends.
pub(crate) struct RowReader<'c> {
    context: &'c mut Context,
    natives: &'c Natives,
    rows: BatchBuilder,
    budget: Budget,
    known: KnownRows,
    /// Where columns come from that the script does not make.
    records: Option<RecordReader<'c>>,
    /// Whether rows have begun, so that errors have a row.
    in_rows: bool,
    column: Option<String>,
    /// Whether the next cell has a text with half of a surrogate pair.
    lone: Rc<cell::Cell<bool>>,
}

impl<'c> RowReader<'c> {
    pub(crate) fn new(
        context: &'c mut Context,
        natives: &'c Natives,
        declared: &Arc<DeclaredColumns>,
        budget: Budget,
    ) -> Self {
        let rows = BatchBuilder::new(Arc::clone(declared));
        let known = KnownRows::new(Arc::clone(declared));
        Self {
            context,
            natives,
            rows,
            budget,
            known,
            records: None,
            in_rows: false,
            column: None,
            lone: Rc::default(),
        }
    }

    /// The same with the records that columns come from.
    pub(crate) fn with_records(self, records: Option<RecordReader<'c>>) -> Self {
        Self { records, ..self }
    }

    /// Reads a settled result.
    pub(crate) fn read(mut self, result: &JsValue) -> Result<Batch, Stop> {
        match self.result(result) {
            Ok(()) => {
                let stop = |error| Stop { row: None, column: None, reason: Reason::Table(Box::new(error)) };
                self.rows.finish().map_err(stop)
            }
            Err(reason) => {
                let row = self.in_rows.then(|| self.rows.n_rows());
                Err(Stop { row, column: self.column, reason })
            }
        }
    }

    fn result(&mut self, result: &JsValue) -> Result<(), Reason> {
        match &self.records {
            Some(_) => self.rows_of_records(result),
            None => self.any(result),
        }
    }

    /// An array with a row for each record.
    fn rows_of_records(&mut self, result: &JsValue) -> Result<(), Reason> {
        let array = result.as_object().filter(JsObject::is_array).ok_or(NotDirect)?;
        self.array(&array)?;
        match self.records.as_mut().is_none_or(RecordReader::is_done) {
            true => Ok(()),
            false => Err(Reason::NotDirect),
        }
    }

    fn any(&mut self, result: &JsValue) -> Result<(), Reason> {
        if result.is_undefined() {
            return Err(Reason::Undefined);
        }
        if result.is_null() {
            return Ok(());
        }
        let Some(object) = result.as_object() else {
            return Err(refused(result, &[]));
        };
        match values::kind(&object) {
            Kind::Array => return self.array(&object),
            Kind::Function | Kind::Boxed(_) | Kind::Date => return Err(refused(result, &[])),
            Kind::Plain | Kind::Proxy | Kind::Opaque(_) => {}
        }
        if let Some(method) = self.method(&object, JsSymbol::iterator())? {
            return self.iterate(&object, &method, Wait::No);
        }
        if let Some(method) = self.method(&object, JsSymbol::async_iterator())? {
            return self.iterate(&object, &method, Wait::Yes);
        }
        match values::kind(&object) {
            Kind::Opaque(opaque) => Err(refused(result, &[opaque.help])),
            _ => self.row(result),
        }
    }

    fn array(&mut self, array: &JsObject) -> Result<(), Reason> {
        self.in_rows = true;
        let length = array.get(js_string!("length"), self.context)?.to_length(self.context)?;
        for index in 0..length {
            let row = array.get(index, self.context)?;
            self.row(&row)?;
        }
        self.in_rows = false;
        Ok(())
    }

    fn method(&mut self, object: &JsObject, symbol: JsSymbol) -> JsResult<Option<JsObject>> {
        Ok(object.get(symbol, self.context)?.as_callable())
    }

    /// ECMA-262 §7.4: asks for the next row until `done`; closes the iterator if a row is bad.
    fn iterate(&mut self, object: &JsObject, method: &JsObject, wait: Wait) -> Result<(), Reason> {
        self.in_rows = true;
        let this = JsValue::from(object.clone());
        let iterator = method.call(&this, &[], self.context)?;
        let Some((iterator, next)) = self.next_method(&iterator)? else {
            let found = describe(&iterator);
            return Err(Reason::Result {
                found: format!("an iterator without `next`, {found}"),
                help: Vec::new(),
            });
        };
        loop {
            let mut step = next.call(&iterator.clone().into(), &[], self.context)?;
            if wait == Wait::Yes {
                step = settle(step, self.context)?;
            }
            let Some(step) = step.as_object() else {
                let found = format!("an iterator whose `next` gives {}", describe(&step));
                return Err(Reason::Result { found, help: Vec::new() });
            };
            if step.get(js_string!("done"), self.context)?.to_boolean() {
                break;
            }
            let row = step.get(js_string!("value"), self.context)?;
            if let Err(reason) = self.row(&row) {
                // What closing throws is dropped: the row's error is the cause.
                let close = iterator.get(js_string!("return"), self.context).ok();
                if let Some(close) = close.and_then(|close| close.as_callable()) {
                    let _ = close.call(&iterator.into(), &[], self.context);
                }
                return Err(reason);
            }
        }
        self.in_rows = false;
        Ok(())
    }

    fn next_method(&mut self, iterator: &JsValue) -> JsResult<Option<(JsObject, JsObject)>> {
        let Some(iterator) = iterator.as_object() else { return Ok(None) };
        let next = iterator.get(js_string!("next"), self.context)?.as_callable();
        Ok(next.map(|next| (iterator, next)))
    }

    fn row(&mut self, row: &JsValue) -> Result<(), Reason> {
        let not_an_object = |help: &[&str]| Reason::Row {
            found: describe(row),
            help: help.iter().map(|line| (*line).to_owned()).collect(),
        };
        let Some(object) = row.as_object() else {
            let help: &[&str] = if row.is_undefined() { NO_ROW } else { &[] };
            return Err(not_an_object(help));
        };
        match values::kind(&object) {
            Kind::Plain => {}
            Kind::Proxy if !self.natives.is_array(&object, self.context)? => {}
            Kind::Array | Kind::Proxy => {
                return Err(not_an_object(&["name the columns: `{ id: row[0], … }`"]));
            }
            Kind::Opaque(opaque) => return Err(not_an_object(&[opaque.help])),
            Kind::Function | Kind::Boxed(_) | Kind::Date => return Err(not_an_object(&[])),
        }
        self.in_rows = true;
        let mut reader = CellReader::new(self.context, self.natives).telling(&self.lone);
        let (rows, budget, known, lone) = (&mut self.rows, &mut self.budget, &mut self.known, &self.lone);
        budget.row()?;
        let mut push = |column: &str, cell: Cell<'_>| {
            budget.cell(&cell)?;
            if lone.take() {
                rows.note_surrogate(column, &shown(&cell));
            }
            Ok::<_, Reason>(rows.push(column, cell)?)
        };
        let read = match &mut self.records {
            None => reader.row(&object, known, &mut push),
            Some(records) => {
                records.advance()?;
                let mut next = 0;
                reader.row(&object, known, |column, cell| {
                    let is_lone = lone.take();
                    next = records.cells_before((Some(column), next), lone, &mut push)?;
                    lone.set(is_lone);
                    push(column, cell)
                })?;
                records.cells_before((None, next), lone, &mut push).map(|_| ())
            }
        };
        if read.is_err() {
            self.column = reader.path();
        }
        read?;
        Ok(self.rows.end_row()?)
    }
}

/// What to do about a row that is undefined: `r => { id: r.id }` is a function with a label in it.
const NO_ROW: &[&str] = &[
    "a function after `=>` returns an object only in parentheses: `r => ({ id: r.id })`",
    "one with `{ … }` needs `return` on every way through it; leave rows out with `filter` or `flatMap`",
];

/// How a text begins, for messages; what is nested is not shown.
pub(crate) fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => values::shorten(text, 40),
        _ => String::new(),
    }
}

/// Whether each step of an iterator is a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Yes,
    No,
}

fn refused(result: &JsValue, help: &[&str]) -> Reason {
    Reason::Result { found: describe(result), help: help.iter().map(|line| (*line).to_owned()).collect() }
}
