//! Names of types: what `columns:` says, and what messages and previews show.

mod elsewhere;

use std::fmt::Write;

pub(crate) use elsewhere::advice;

use crate::{
    column_type::{ColumnType, MAX_MEMBERS, MAX_PRECISION},
    text::push_json_string,
};

/// The names of types without parts; the others are `decimal(p,s)`, `list<…>`, `struct<…>` and `map<string, …>`.
const SIMPLE: &[(&str, ColumnType)] = &[
    ("string", ColumnType::Text),
    ("int", ColumnType::Long),
    ("float", ColumnType::Float),
    ("bool", ColumnType::Bool),
    ("date", ColumnType::Date),
    ("time", ColumnType::Time),
    ("timestamp", ColumnType::Timestamp),
    ("timestamp_ntz", ColumnType::LocalTimestamp),
    ("duration", ColumnType::Duration),
    ("binary", ColumnType::Binary),
    ("json", ColumnType::Json),
];

/// Types that only inference has, by the names under which a manifest keeps them.
const INFERRED: &[(&str, ColumnType)] = &[
    ("null", ColumnType::Null),
    ("safe_int", ColumnType::Int),
    ("mixed", ColumnType::Mixed),
    ("object", ColumnType::Struct(Vec::new())),
];

/// Which names there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// Those of `columns:`.
    Declared,
    /// Those of inference too.
    Exact,
}

/// Deeper types are a mistake, or data.
const MAX_DEPTH: usize = 32;

/// What `type:` may say, for messages.
pub(crate) const KNOWN: &str = "string, int, float, bool, decimal(p,s), date, time, timestamp, timestamp_ntz, \
                                duration, binary, json, list<…>, struct<name: …>, map<string, …>";

impl ColumnType {
    /// The name used in `columns:`, in previews and in messages: what readers see.
    pub fn name(&self) -> String {
        let mut name = String::new();
        self.push_name(Words::Declared, &mut name);
        name
    }

    /// A name from which [`parse_exact`](Self::parse_exact) makes the same type, inferred or declared.
    pub fn exact_name(&self) -> String {
        let mut name = String::new();
        self.push_name(Words::Exact, &mut name);
        name
    }

    fn push_name(&self, words: Words, name: &mut String) {
        if words == Words::Exact
            && let Some((word, _)) = INFERRED.iter().find(|(_, known)| known == self)
        {
            return name.push_str(word);
        }
        let simple = match self {
            ColumnType::Null | ColumnType::Mixed => &ColumnType::Text,
            ColumnType::Int => &ColumnType::Long,
            ColumnType::Struct(members) if members.is_empty() => &ColumnType::Json,
            other => other,
        };
        if let Some((word, _)) = SIMPLE.iter().find(|(_, known)| known == simple) {
            return name.push_str(word);
        }
        match self {
            ColumnType::Decimal { precision, scale } => {
                write!(name, "decimal({precision},{scale})").expect("a String takes everything");
            }
            ColumnType::List(item) => {
                name.push_str("list<");
                item.push_name(words, name);
                name.push('>');
            }
            ColumnType::Map(value) => {
                name.push_str("map<string, ");
                value.push_name(words, name);
                name.push('>');
            }
            ColumnType::Struct(members) => {
                name.push_str("struct<");
                for (index, (member, member_type)) in members.iter().enumerate() {
                    name.push_str(if index > 0 { ", " } else { "" });
                    match is_word(member) {
                        true => name.push_str(member),
                        false => push_json_string(member, name),
                    }
                    name.push_str(": ");
                    member_type.push_name(words, name);
                }
                name.push('>');
            }
            _ => unreachable!("types without parts have a name"),
        }
    }

    /// The type of this name; blanks do not matter, and `{` and `}` may stand for `<` and `>`.
    ///
    /// # Errors
    /// What is wrong, as a sentence about the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::parse_words(name, Words::Declared)
    }

    /// The type of an [exact name](Self::exact_name).
    ///
    /// # Errors
    /// As of [`parse`](Self::parse).
    pub fn parse_exact(name: &str) -> Result<Self, String> {
        Self::parse_words(name, Words::Exact)
    }

    fn parse_words(name: &str, words: Words) -> Result<Self, String> {
        let mut parser = Parser { rest: name, words };
        let parsed = parser.column_type(0)?;
        match parser.rest.trim_start() {
            "" => Ok(parsed),
            rest => Err(format!("there is `{rest}` after the end of the type")),
        }
    }
}

impl From<ColumnType> for String {
    fn from(column_type: ColumnType) -> Self {
        column_type.exact_name()
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::parse_exact(&name)
    }
}

/// Whether a name can stand without quotes.
fn is_word(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$');
    !name.is_empty() && name.chars().all(is_plain)
}

struct Parser<'t> {
    rest: &'t str,
    words: Words,
}

impl Parser<'_> {
    fn column_type(&mut self, depth: usize) -> Result<ColumnType, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the type has more than {MAX_DEPTH} levels"));
        }
        let word = self.word()?;
        if let Some((_, simple)) = SIMPLE.iter().find(|(known, _)| *known == word) {
            return Ok(simple.clone());
        }
        if self.words == Words::Exact
            && let Some((_, inferred)) = INFERRED.iter().find(|(known, _)| *known == word)
        {
            return Ok(inferred.clone());
        }
        match word.as_str() {
            "decimal" => self.decimal(),
            "list" => {
                self.take(&['<', '{'])?;
                let item = self.column_type(depth + 1)?;
                self.take(&['>', '}'])?;
                Ok(ColumnType::List(Box::new(item)))
            }
            "map" => {
                self.take(&['<', '{'])?;
                if self.word()? != "string" {
                    return Err("the keys of a map are `string`".into());
                }
                self.take(&[','])?;
                let value = self.column_type(depth + 1)?;
                self.take(&['>', '}'])?;
                Ok(ColumnType::Map(Box::new(value)))
            }
            "struct" => self.members(depth),
            "" => Err("a type is missing".into()),
            unknown => Err(format!("unknown type `{unknown}`")),
        }
    }

    fn decimal(&mut self) -> Result<ColumnType, String> {
        self.take(&['('])?;
        let precision = self.digits()?;
        let scale = if self.take(&[',']).is_ok() { self.digits()? } else { 0 };
        self.take(&[')'])?;
        if !(1..=MAX_PRECISION).contains(&precision) || scale > precision {
            return Err(format!(
                "a decimal has 1 to {MAX_PRECISION} digits, and not more than those after the point"
            ));
        }
        Ok(ColumnType::Decimal { precision, scale })
    }

    fn members(&mut self, depth: usize) -> Result<ColumnType, String> {
        self.take(&['<', '{'])?;
        let mut members: Vec<(String, ColumnType)> = Vec::new();
        loop {
            // JSON has members whose name is empty; they are in quotes.
            let is_quoted = self.rest.trim_start().starts_with('"');
            let name = self.word()?;
            if name.is_empty() && !is_quoted {
                return Err("a member of a struct has no name".into());
            }
            if members.iter().any(|(known, _)| *known == name) {
                return Err(format!("the member `{name}` is there twice"));
            }
            self.take(&[':'])?;
            members.push((name, self.column_type(depth + 1)?));
            if self.take(&['>', '}', ','])? != ',' {
                break;
            }
        }
        if members.len() > MAX_MEMBERS {
            return Err(format!("a struct has at most {MAX_MEMBERS} members; `map` or `json` takes more"));
        }
        Ok(ColumnType::Struct(members))
    }

    /// A word, or text in JSON's quotes; empty when there is something else.
    fn word(&mut self) -> Result<String, String> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            let mut texts = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let Some(Ok(text)) = texts.next() else {
                return Err("the quotes do not end".into());
            };
            self.rest = &self.rest[texts.byte_offset()..];
            return Ok(text);
        }
        let end = self.rest.find(|c: char| !is_word(c.encode_utf8(&mut [0; 4]))).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word.to_owned())
    }

    fn digits(&mut self) -> Result<u8, String> {
        let word = self.word()?;
        word.parse().map_err(|_| format!("`{word}` is not a number of digits"))
    }

    /// The next character, which must be one of these.
    fn take(&mut self, expected: &[char]) -> Result<char, String> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some(found) if expected.contains(&found) => {
                self.rest = &self.rest[found.len_utf8()..];
                Ok(found)
            }
            Some(found) => Err(format!("`{}` is missing before `{found}`", expected[0])),
            None => Err(format!("`{}` is missing at the end", expected[0])),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_a_user_may_declare() {
        let check = |name: &str, expected: &str| {
            assert_eq!(ColumnType::parse(name).map(|parsed| parsed.name()), Ok(expected.to_owned()));
        };
        check("decimal( 18 , 2 )", "decimal(18,2)");
        check("decimal(9)", "decimal(9,0)");
        check("list<list<date>>", "list<list<date>>");
        check("struct{a:int,\"Issue Key\": string}", "struct<a: int, \"Issue Key\": string>");
        check("map<string,map<string, json>>", "map<string, map<string, json>>");
        check(" timestamp_ntz ", "timestamp_ntz");
        check("struct<\"\": int, a: struct<\"\": date>>", "struct<\"\": int, a: struct<\"\": date>>");
    }

    #[test]
    fn says_what_is_wrong_with_a_type() {
        let check = |name: &str, expected: &str| {
            assert_eq!(ColumnType::parse(name), Err(expected.to_owned()), "{name}");
        };
        check("number", "unknown type `number`");
        check("", "a type is missing");
        check("list<int", "`>` is missing at the end");
        check("list int", "`<` is missing before `i`");
        check("decimal(39,2)", "a decimal has 1 to 38 digits, and not more than those after the point");
        check("decimal(a)", "`a` is not a number of digits");
        check("map<int, int>", "the keys of a map are `string`");
        check("struct<a: int, a: int>", "the member `a` is there twice");
        check("struct<\"a: int>", "the quotes do not end");
        check("struct<>", "a member of a struct has no name");
        check("int>", "there is `>` after the end of the type");
        check(&"list<".repeat(100), "the type has more than 32 levels");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(name in "[a-z<>{}(),:\"\\\\ 0-9é]{0,24}") {
            let _ = ColumnType::parse(&name);
        }

        #[test]
        fn a_struct_of_any_names_is_read_back(names in prop::collection::btree_set("(?s).{0,8}", 1..5)) {
            let members = names.into_iter().map(|name| (name, ColumnType::Date)).collect();
            let declared = ColumnType::List(Box::new(ColumnType::Struct(members)));
            prop_assert_eq!(ColumnType::parse(&declared.name()), Ok(declared));
        }

        #[test]
        fn an_exact_name_is_read_back(column_type in crate::column_type::tests::types()) {
            prop_assert_eq!(ColumnType::parse_exact(&column_type.exact_name()), Ok(column_type));
        }
    }
}
