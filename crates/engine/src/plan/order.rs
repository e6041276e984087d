//! Tables after those they go through.

use pipeline_config::{Diagnostic, Reader, known_names};

use super::TablePlan;

/// The tables in an order in which each comes after the one its `for_each` names, otherwise as in the file.
///
/// Reports tables that are not there and circles.
pub(super) fn in_order(reader: &Reader, tables: Vec<TablePlan>) -> Vec<TablePlan> {
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let (mut waiting, mut ordered): (Vec<TablePlan>, Vec<TablePlan>) = (tables, Vec::new());
    loop {
        let is_ready = |table: &TablePlan| match table.query.for_each() {
            None => true,
            Some(each) => {
                ordered.iter().any(|done| done.name == each.table.value) || !names.contains(&each.table.value)
            }
        };
        let Some(ready) = waiting.iter().position(is_ready) else { break };
        ordered.push(waiting.remove(ready));
    }
    for table in ordered.iter().chain(&waiting) {
        let Some(each) = table.query.for_each() else { continue };
        let wanted = &each.table.value;
        if !names.contains(wanted) {
            let error = Diagnostic::error("P005", each.table.span, format!("there is no table `{wanted}`"));
            reader.report(error.help(known_names(wanted, names.iter().map(String::as_str))));
        } else if waiting.iter().any(|other| other.name == table.name) {
            let message = format!("`{}` goes through `{wanted}`, which waits for it in turn", table.name);
            let help = "a table's `for_each` may not lead back to itself";
            reader.report(Diagnostic::error("P005", each.table.span, message).help(help));
        }
    }
    ordered.append(&mut waiting);
    ordered
}
