//! Every kind of check, by what it says.

use pipeline_config::{Environment, Field, Reader, Section, Shape, Style};

use super::*;
use crate::{Batch, BatchBuilder, Cell, DeclaredColumns};

const FIELDS: &[Field] = &[Field::optional("checks", Shape::List(&Shape::Kind("check")), "")];

fn read(yaml: &str) -> Result<Checks, String> {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("pipeline.yaml", &format!("checks:\n  - {yaml}\n")).unwrap();
    let checks = Checks::read(&Section::read(&reader, &node, FIELDS), "checks");
    reader.finish(Some(checks), Style::Plain).map_err(|invalid| invalid.rendered)
}

/// A page of rows of (key, status, points, updated).
fn page(rows: &[(Option<&'static str>, &'static str, f64, &'static str)]) -> Batch {
    let mut batch = BatchBuilder::new(DeclaredColumns::default().into());
    for (key, status, points, updated) in rows {
        batch.push("key", key.map_or(Cell::Null, |key| Cell::Text(key.into()))).unwrap();
        batch.push("status", Cell::Text((*status).into())).unwrap();
        batch.push("points", Cell::Float(*points)).unwrap();
        batch.push("updated", Cell::Text((*updated).into())).unwrap();
        batch.end_row().unwrap();
    }
    batch.finish().unwrap()
}

fn verdict(yaml: &str) -> String {
    let pages = [
        page(&[
            (Some("A-1"), "Done", 1.0, "2024-11-28T10:00:00.000+0000"),
            (None, "To Do", 2.5, "2024-11-01"),
        ]),
        page(&[]),
        page(&[
            (Some("A-1"), "Gone", -1.0, "2024-11-29T10:44:51.887-0800"),
            (Some("A-2"), "Done", 8.0, "2024-11-02"),
        ]),
    ];
    let mut probes = read(yaml).unwrap().begin();
    for (index, page) in pages.iter().enumerate() {
        probes.add(index, page).unwrap();
    }
    let facts = RunFacts {
        n_rows: 4,
        n_rows_before: Some(5),
        now: "2024-12-01T00:00:00Z".parse().unwrap(),
        ..RunFacts::default()
    };
    let finding = probes.finish(&facts).remove(0);
    let severity = if finding.severity == Severity::Warn { " (warn)" } else { "" };
    format!("{}{severity}: {}", finding.check, finding.problem.map_or("holds".into(), |p| p.to_string()))
}

#[test]
fn each_kind_says_what_is_wrong_and_where() {
    let checks = [
        "{ kind: unique, columns: key }",
        "{ kind: unique, columns: [key, status], severity: warn }",
        "{ kind: unique, columns: key, max_keys: 1 }",
        "{ kind: unique, columns: Key }",
        "{ kind: not_null, columns: [key, status] }",
        "{ kind: not_null, columns: status }",
        "{ kind: accepted_values, column: status, values: [Done, To Do] }",
        "{ kind: accepted_values, column: status, values: [Done, To Do, Gone] }",
        "{ kind: range, column: points, min: 0, max: 5 }",
        "{ kind: range, column: points, min: -1, max: 8.0 }",
        "{ kind: range, column: updated, min: 2024-11-02 }",
        "{ kind: row_count, min: 5 }",
        "{ kind: row_count, max: 3 }",
        "{ kind: row_count, min: 1, max: 9, max_change: 20% }",
        "{ kind: row_count, max_change: 10% }",
        "{ kind: freshness, column: updated, max_age: 30h }",
        "{ kind: freshness, column: updated, max_age: 1day }",
        "{ kind: freshness, column: status, max_age: 1day }",
    ];
    insta::assert_snapshot!(checks.map(verdict).join("\n"));
}

#[test]
fn mistakes_in_checks_are_shown_where_they_stand() {
    let wrong = [
        "{ kind: uniqe, columns: key }",
        "{ kind: range, column: points }",
        "{ kind: range, column: points, min: low }",
        "{ kind: row_count, max_change: 0.2 }",
        "{ kind: row_count }",
        "{ kind: not_null, columns: [] }",
        "{ kind: freshness, column: updated, max_age: 5 }",
        "{ kind: unique, columns: key, severity: error }",
    ];
    insta::assert_snapshot!(wrong.map(|yaml| read(yaml).unwrap_err()).join("\n"));
}

#[test]
fn values_are_cut_and_examples_counted() {
    let long: &'static str = "x".repeat(100).leak();
    let mut probes = read("{ kind: accepted_values, column: status, values: [Done] }").unwrap().begin();
    probes.add(0, &page(&[(None, long, 0.0, ""); 9])).unwrap();
    let problem = probes.finish(&RunFacts { n_rows: 9, ..RunFacts::default() }).remove(0).problem.unwrap();
    assert_eq!((problem.n_rows, problem.examples.len()), (9, 5));
    assert_eq!(problem.examples[0].value.as_ref().unwrap().chars().count(), 81);
    assert!(problem.to_string().ends_with("… and 4 more"), "{problem}");
}

#[test]
fn a_run_without_rows_has_no_missing_columns() {
    let probes = read("{ kind: unique, columns: key }").unwrap().begin();
    assert_eq!(probes.finish(&RunFacts::default()).remove(0).problem, None);
}
