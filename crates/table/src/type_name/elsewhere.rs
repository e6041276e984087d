//! What types are called elsewhere, and what is written here. Pure.

/// What types are called elsewhere, and what is written here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[
            "bigint",
            "integer",
            "smallint",
            "tinyint",
            "mediumint",
            "int2",
            "int4",
            "int8",
            "int16",
            "int32",
            "int64",
            "long",
            "short",
            "uint",
            "uint32",
            "uint64",
            "serial",
            "bigserial",
            "hugeint",
            "i32",
            "i64",
        ],
        "`int`",
    ),
    (
        &[
            "varchar",
            "text",
            "char",
            "character",
            "nvarchar",
            "nchar",
            "str",
            "utf8",
            "uuid",
            "enum",
            "clob",
            "name",
            "varchar2",
            "citext",
            "charactervarying",
        ],
        "`string`",
    ),
    (&["boolean", "bit", "logical"], "`bool`"),
    (
        &["double", "real", "float4", "float8", "float32", "float64", "doubleprecision", "f64", "f32"],
        "`float`",
    ),
    (
        &["number", "numeric", "money", "dec"],
        "`int`, `float`, or `decimal(p,s)` with the digits in all and those after the point",
    ),
    (
        &["datetime", "timestamptz", "timestamp_tz", "timestampwithtimezone", "instant", "datetimeoffset"],
        "`timestamp`",
    ),
    (
        &["datetime2", "timestampntz", "timestampwithouttimezone", "localtimestamp", "local_timestamp"],
        "`timestamp_ntz`",
    ),
    (&["jsonb", "object", "variant", "any", "super"], "`json`"),
    (&["bytes", "bytea", "blob", "varbinary", "byte_array", "base64"], "`binary`"),
    (&["interval", "timedelta", "timespan"], "`duration`"),
    (&["array", "list"], "`list<…>`, such as `list<string>`"),
    (&["record", "struct", "row"], "`struct<…>`, such as `struct<id: int, name: string>`"),
    (&["map", "dict"], "`map<string, …>`, such as `map<string, int>`"),
];

/// What to write for a type that is called otherwise here, or that YAML has cut.
pub(crate) fn advice(written: &str) -> Option<String> {
    let word: String =
        written.split(['(', '<', '{']).next()?.chars().filter(|c| !c.is_whitespace()).collect();
    let word = word.to_ascii_lowercase();
    let is_open = |open: char, close: char| written.matches(open).count() > written.matches(close).count();
    let is_cut = is_open('(', ')') || is_open('<', '>') || is_open('{', '}');
    if is_cut {
        let help =
            "in `{…}` and `[…]` a comma ends a value: put the type in quotes, such as `\"decimal(18,2)\"`";
        let has_comma = ["decimal", "numeric", "map", "struct"].contains(&word.as_str());
        return has_comma.then(|| help.to_owned());
    }
    let known = ELSEWHERE.iter().find(|(names, _)| names.contains(&word.as_str()));
    known.map(|(_, known)| format!("write {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnType;

    #[test]
    fn says_what_types_of_other_systems_are_called() {
        let check = |written: &str, expected: &str| {
            assert!(ColumnType::parse(written).is_err(), "{written}");
            let found = advice(written).unwrap_or_default();
            assert!(found.contains(expected), "{written}: {found}");
        };
        check("bigint", "`int`");
        check("INTEGER", "`int`");
        check("varchar(255)", "`string`");
        check("boolean", "`bool`");
        check("double precision", "`float`");
        check("number", "`decimal(p,s)`");
        check("timestamptz", "`timestamp`");
        check("jsonb", "`json`");
        check("array", "`list<string>`");
        check("decimal(18", "in quotes");
        check("struct<a: int", "in quotes");
        assert_eq!(advice("nonsense"), None);
    }
}
