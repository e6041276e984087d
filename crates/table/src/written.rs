//! Whether values that were written in one type look as they do in a wider one, in files that are not written again.

use crate::{
    column_type::ColumnType,
    columns::{ColumnSpec, Columns, JsonValues},
};

impl Columns {
    /// The first column whose values these wider columns would write in another way than they were written, with both types:
    /// `x` and `"x"`, `1` and `"1"`. Readers of all files would take them for different values.
    pub fn written_otherwise<'c>(
        &'c self,
        wider: &'c Columns,
        json: JsonValues,
    ) -> Option<(&'c str, &'c ColumnType, &'c ColumnType)> {
        let of_both = |column: &'c ColumnSpec| {
            let now = wider.get(&column.name)?;
            Some((column.name.as_str(), &column.column_type, now))
        };
        let is_other = |(_, before, now): &(&str, &ColumnType, &ColumnType)| match json {
            JsonValues::None => false,
            JsonValues::All => !is_alike_in_json(before, now),
            JsonValues::Nested if before.is_scalar() => **now == ColumnType::Json && is_quoted(before),
            JsonValues::Nested => !is_alike_in_json(before, now),
        };
        self.iter().filter_map(of_both).find(is_other)
    }
}

/// Whether JSON has values of the type as text.
fn is_quoted(column_type: &ColumnType) -> bool {
    use ColumnType::{Bool, Decimal, Float, Int, Long, Null};
    column_type.is_scalar() && !matches!(column_type, Null | Bool | Int | Long | Float | Decimal { .. })
}

fn is_alike_in_json(before: &ColumnType, now: &ColumnType) -> bool {
    use ColumnType::{Json, List, Map, Mixed, Null, Struct, Text};
    match (before, now) {
        (Null, _) | (_, Json) => true,
        (List(before), List(now)) | (Map(before), Map(now)) => is_alike_in_json(before, now),
        (Struct(before), Struct(now)) => before.iter().all(|(name, before)| {
            let now = now.iter().find(|(known, _)| known == name);
            now.is_none_or(|(_, now)| is_alike_in_json(before, now))
        }),
        (before, Text | Mixed) => is_quoted(before),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnSpec;

    fn columns(type_name: &str) -> Columns {
        let column_type = ColumnType::parse(type_name).unwrap();
        Columns::new(vec![ColumnSpec { name: "a".into(), column_type, required: false }])
    }

    #[test]
    fn text_and_numbers_change_where_their_files_say_what_they_are() {
        let check = |before: &str, now: &str, [in_csv, in_jsonl]: [bool; 2]| {
            let (before, now) = (columns(before), columns(now));
            let is_other = |json| before.written_otherwise(&now, json).is_some();
            let found = [is_other(JsonValues::Nested), is_other(JsonValues::All)];
            assert_eq!(found, [in_csv, in_jsonl], "{before:?} {now:?}");
            assert!(!is_other(JsonValues::None));
        };
        check("string", "json", [true, false]);
        check("timestamp", "json", [true, false]);
        check("date", "string", [false, false]);
        check("int", "json", [false, false]);
        check("int", "float", [false, false]);
        check("decimal(5,2)", "decimal(7,4)", [false, false]);
        for number in ["int", "float", "bool", "decimal(5,2)"] {
            check(number, "string", [false, true]);
            check(&format!("list<{number}>"), "list<string>", [true, true]);
            check(&format!("struct<b: {number}>"), "struct<b: string, c: int>", [true, true]);
        }
        check("list<string>", "json", [false, false]);
        check("struct<b: int>", "struct<b: float, c: int>", [false, false]);
    }
}
