//! The records of a page, as the tape has them.

use std::cell;

use pipeline_table::{Cell, DeclaredColumns};

use super::DirectColumns;
use crate::json::{Children, Document, Kind, Place, Surrogates};

/// The page is not what direct columns take for granted; the whole script has to convert it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDirect;

/// Goes from record to record.
#[derive(Debug)]
pub(crate) struct RecordReader<'d> {
    direct: &'d DirectColumns,
    document: &'d Document,
    records: Children<'d>,
    /// The columns that the table wants.
    wanted: Vec<bool>,
    /// For each place where its value in the current record is.
    nodes: Vec<Option<usize>>,
    decoded: Vec<u8>,
}

impl<'d> RecordReader<'d> {
    /// Before the first record of the page.
    ///
    /// # Errors
    /// There is no array where the records should be.
    pub(crate) fn new(
        direct: &'d DirectColumns,
        document: &'d Document,
        declared: &DeclaredColumns,
    ) -> Result<Self, NotDirect> {
        let (tape, mut decoded) = (&document.tape, Vec::new());
        let mut at = 0;
        for name in &direct.found.records {
            if tape.node(at).kind() != Kind::Object {
                return Err(NotDirect);
            }
            let is_named = |member: &usize| document.name(*member, &mut decoded) == name.as_bytes();
            // Of two members with one name the later one counts.
            at = tape.children(at).filter(is_named).last().ok_or(NotDirect)? + 1;
        }
        let records = match tape.node(at).kind() {
            Kind::Array => tape.children(at),
            _ => return Err(NotDirect),
        };
        let wanted = direct.found.columns.iter().map(|column| declared.wants(&column.name)).collect();
        let nodes = vec![None; direct.places.len()];
        Ok(Self { direct, document, records, wanted, nodes, decoded })
    }

    /// Goes to the next record.
    ///
    /// # Errors
    /// There is none, or it is no object, or something is asked for a member and has none.
    pub(crate) fn advance(&mut self) -> Result<(), NotDirect> {
        let record = self.records.next().ok_or(NotDirect)?;
        if self.kind(record) != Kind::Object {
            return Err(NotDirect);
        }
        self.nodes.fill(None);
        self.nodes[0] = Some(record);
        self.members(record, Place::default());
        let places = self.direct.places.iter().enumerate().skip(1).filter(|(_, known)| known.has_members);
        for (index, known) in places {
            let is_asked = known.within.and_then(|within| self.nodes[within]);
            match (is_asked.map(|node| self.kind(node)), self.nodes[index].map(|node| self.kind(node))) {
                (Some(Kind::Object), None | Some(Kind::Null)) if known.must_be_there => {
                    return Err(NotDirect);
                }
                (Some(Kind::Object), None | Some(Kind::Null | Kind::Object)) => {}
                // Texts and arrays have members of their own.
                (Some(Kind::Object), _) => return Err(NotDirect),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether all records were read.
    pub(crate) fn is_done(&mut self) -> bool {
        self.records.next().is_none()
    }

    fn kind(&self, node: usize) -> Kind {
        self.document.tape.node(node).kind()
    }

    fn members(&mut self, object: usize, place: Place) {
        let (direct, document) = (self.direct, self.document);
        for name in document.tape.children(object) {
            let bytes = document.name(name, &mut self.decoded);
            let Some(used) = direct.learned.find(place, bytes) else { continue };
            let (index, value) = (used.place.index(), name + 1);
            let known = &direct.places[index];
            // Of two members with one name the later one counts, with all that is in it.
            self.nodes[index..=known.last].fill(None);
            self.nodes[index] = Some(value);
            if known.has_members && self.kind(value) == Kind::Object {
                self.members(value, used.place);
            }
        }
    }

    /// Gives the cells of the columns from `next` up to the one that the script made, or up to the end; returns where to go on.
    ///
    /// # Errors
    /// A value is an array or object, or what `take` says.
    pub(crate) fn cells_before<E: From<NotDirect>>(
        &mut self,
        (made, next): (Option<&str>, usize),
        lone: &cell::Cell<bool>,
        mut take: impl FnMut(&str, Cell<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let direct = self.direct;
        for (index, column) in direct.found.columns.iter().enumerate().skip(next) {
            match direct.at[index] {
                Some(place) if self.wanted[index] => take(&column.name, self.cell(index, place, lone)?)?,
                None if made == Some(&column.name) => return Ok(index + 1),
                _ => {}
            }
        }
        match made {
            // A property that does not stand in the script.
            Some(_) => Err(NotDirect.into()),
            None => Ok(direct.found.columns.len()),
        }
    }

    /// The cell of a column, undefined where the record has none; a text with half of a surrogate pair sets `lone`.
    fn cell(&mut self, column: usize, place: Place, lone: &cell::Cell<bool>) -> Result<Cell<'_>, NotDirect> {
        let Some(node) = self.nodes[place.index()] else { return Ok(Cell::Undefined) };
        Ok(match self.kind(node) {
            Kind::Null => Cell::Null,
            Kind::False => Cell::Bool(false),
            Kind::True => Cell::Bool(true),
            Kind::Number => self.document.number_cell(node),
            Kind::String => {
                let (text, surrogates) = self.document.text_of(node, &mut self.decoded);
                lone.set(surrogates == Surrogates::Lone);
                Cell::Text(text)
            }
            Kind::Array | Kind::Object => {
                self.direct.refused.set(Some(column));
                return Err(NotDirect);
            }
        })
    }
}
