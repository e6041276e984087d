//! What is different between two tables.

use indexmap::IndexMap;

use super::{
    json::{Json, JsonObject, is_same_number},
    rows::JsonRows,
};

/// One thing that is different.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A column that was not there before.
    NewColumn {
        /// Its name.
        column: String,
        /// Its type.
        now: String,
    },
    /// A column that is there no more.
    LostColumn {
        /// Its name.
        column: String,
        /// What its type was.
        before: String,
    },
    /// A column has another type.
    Type {
        /// Its name.
        column: String,
        /// What its type was.
        before: String,
        /// What it is.
        now: String,
    },
    /// Rows that were not there before.
    NewRows {
        /// Index of the first one, from 0.
        at: usize,
        /// How many.
        n: usize,
    },
    /// Rows that are there no more.
    LostRows {
        /// Index of the first one among the rows before, from 0.
        at: usize,
        /// How many.
        n: usize,
    },
    /// A value is another one.
    Cell {
        /// Index of the row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// What it was.
        before: Json,
        /// What it is.
        now: Json,
    },
}

/// Everything that is different, columns first.
///
/// Rows that only one side has are found between the rows that both begin with and those that both end with. A column
/// that is absent is as one of nulls, and types count only where both sides know them.
pub fn compare(before: &JsonRows, now: &JsonRows) -> Vec<Difference> {
    let mut differences = columns(&before.columns, &now.columns);
    let (old, new) = (before.rows.as_slice(), now.rows.as_slice());
    let n_same_start = old.iter().zip(new).take_while(|(old, new)| is_same(old, new)).count();
    let (old, new) = (&old[n_same_start..], &new[n_same_start..]);
    let n_same_end =
        old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| is_same(old, new)).count();
    let (old, new) = (&old[..old.len() - n_same_end], &new[..new.len() - n_same_end]);
    for (index, (old, new)) in old.iter().zip(new).enumerate() {
        differences.extend(cells(n_same_start + index, old, new));
    }
    let n_both = old.len().min(new.len());
    let at = n_same_start + n_both;
    if new.len() > n_both {
        differences.push(Difference::NewRows { at, n: new.len() - n_both });
    }
    if old.len() > n_both {
        differences.push(Difference::LostRows { at, n: old.len() - n_both });
    }
    differences
}

fn columns(before: &IndexMap<String, String>, now: &IndexMap<String, String>) -> Vec<Difference> {
    // A case need not say anything about types.
    if before.is_empty() || now.is_empty() {
        return Vec::new();
    }
    let mut differences = Vec::new();
    for (column, now) in now {
        match before.get(column) {
            None => differences.push(Difference::NewColumn { column: column.clone(), now: now.clone() }),
            Some(before) if before != now => differences.push(Difference::Type {
                column: column.clone(),
                before: before.clone(),
                now: now.clone(),
            }),
            Some(_) => {}
        }
    }
    for (column, before) in before.iter().filter(|(column, _)| !now.contains_key(*column)) {
        differences.push(Difference::LostColumn { column: column.clone(), before: before.clone() });
    }
    differences
}

fn is_same(old: &JsonObject, new: &JsonObject) -> bool {
    cells(0, old, new).next().is_none()
}

fn cells<'r>(row: usize, old: &'r JsonObject, new: &'r JsonObject) -> impl Iterator<Item = Difference> + 'r {
    let names = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name)));
    names.filter_map(move |column| {
        let before = old.get(column).unwrap_or(&Json::Null);
        let now = new.get(column).unwrap_or(&Json::Null);
        (!is_equal(before, now)).then(|| Difference::Cell {
            row,
            column: column.clone(),
            before: before.clone(),
            now: now.clone(),
        })
    })
}

/// `1` and `1.0` are one number, as in JavaScript; members that are null are as if they were not there.
fn is_equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => is_same_number(a, b),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let is_in = |of: &JsonObject, (name, value): (&String, &Json)| {
                is_equal(value, of.get(name).unwrap_or(&Json::Null))
            };
            a.iter().all(|member| is_in(b, member)) && b.iter().all(|member| is_in(a, member))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(text: &str) -> Json {
        Json::Text(text.into())
    }

    fn table(rows: &[Value]) -> JsonRows {
        let object = |row: &Value| match Json::from(row.clone()) {
            Json::Object(members) => members,
            _ => JsonObject::new(),
        };
        let rows = rows.iter().map(object).collect();
        JsonRows { columns: IndexMap::new(), rows }
    }

    #[test]
    fn finds_rows_and_cells() {
        let check = |old: &[Value], new: &[Value], expected: &[Difference]| {
            assert_eq!(compare(&table(old), &table(new)), expected, "{old:?} {new:?}");
        };
        let [a, b, c] = [json!({"k": "a"}), json!({"k": "b"}), json!({"k": "c"})];
        check(&[], &[], &[]);
        check(
            &[a.clone(), c.clone()],
            &[a.clone(), b.clone(), c.clone()],
            &[Difference::NewRows { at: 1, n: 1 }],
        );
        check(
            &[a.clone(), b.clone(), c.clone()],
            std::slice::from_ref(&c),
            &[Difference::LostRows { at: 0, n: 2 }],
        );
        let changed = Difference::Cell { row: 1, column: "k".into(), before: text("b"), now: text("x") };
        check(&[a.clone(), b, c.clone()], &[a.clone(), json!({"k": "x"}), c], &[changed]);
        check(std::slice::from_ref(&a), &[json!({"k": "a", "n": null})], &[]);
        check(&[json!({"n": 1, "o": {"x": 1, "y": null}})], &[json!({"n": 1.0, "o": {"x": 1}})], &[]);
        let gone = Difference::Cell { row: 0, column: "k".into(), before: text("a"), now: Json::Null };
        check(&[a], &[json!({})], &[gone]);
    }

    #[test]
    fn large_integers_are_not_rounded_together() {
        let is_equal = |a: Value, b: Value| super::is_equal(&a.into(), &b.into());
        assert!(!is_equal(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64)));
        assert!(!is_equal(json!([0.030330565571784974]), json!([0.030330565571784977])));
        assert!(is_equal(json!(1), json!(1.0)));
    }

    #[test]
    fn finds_columns_where_both_sides_know_them() {
        let with = |columns: &[(&str, &str)]| JsonRows {
            columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect(),
            rows: Vec::new(),
        };
        assert_eq!(compare(&with(&[]), &with(&[("a", "int")])), []);
        let found = compare(&with(&[("a", "int"), ("b", "int")]), &with(&[("a", "float"), ("c", "int")]));
        let expected = [
            Difference::Type { column: "a".into(), before: "int".into(), now: "float".into() },
            Difference::NewColumn { column: "c".into(), now: "int".into() },
            Difference::LostColumn { column: "b".into(), before: "int".into() },
        ];
        assert_eq!(found, expected);
    }
}
