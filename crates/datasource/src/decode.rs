//! Bodies of any format to JSON, as converters want them. Pure.

mod charset;
mod csv;
mod looks;
mod other;
mod packed;
mod pages;
mod xml;

use bytes::Bytes;
use pipeline_query::{Charset, Decode, Delimiter, Query};
use serde_json::Value;

use charset::Said;
pub(crate) use csv::CsvRecords;
pub(crate) use looks::Looks;
pub(crate) use other::decode_as;
pub(crate) use packed::{is_packed, unpacked};
pub(crate) use pages::{CsvPages, Told};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ndjson,
    Csv,
    /// CSV whose fields are separated by tabulators.
    Tsv,
    Xml,
    /// With the prefixes of names.
    XmlPrefixed,
    Text,
}

impl Format {
    /// What the user says; else what the server says; else JSON, which most servers forget to say.
    pub(crate) fn of(decode: Decode, media_type: Option<&str>) -> Self {
        let media_type = media_type.unwrap_or_default();
        match decode {
            Decode::Json => Self::Json,
            Decode::Ndjson => Self::Ndjson,
            Decode::Csv => Self::Csv,
            Decode::Xml => Self::Xml,
            Decode::XmlPrefixed => Self::XmlPrefixed,
            Decode::Text => Self::Text,
            Decode::Auto => match media_type {
                lines if decode.is_lines(lines) => Self::Ndjson,
                "text/csv" | "application/csv" | "application/x-csv" | "text/x-csv" => Self::Csv,
                "text/tab-separated-values" | "text/tsv" => Self::Tsv,
                "application/xml" | "text/xml" => Self::Xml,
                other if other.ends_with("+xml") && other != "application/xhtml+xml" => Self::Xml,
                _ => Self::Json,
            },
        }
    }

    /// What a request for it accepts.
    pub(crate) fn accept(decode: Decode) -> &'static str {
        match decode {
            Decode::Auto | Decode::Json => "application/json",
            Decode::Ndjson => "application/x-ndjson, application/json;q=0.5",
            Decode::Csv => "text/csv",
            Decode::Xml | Decode::XmlPrefixed => "application/xml, text/xml;q=0.9",
            Decode::Text => "*/*",
        }
    }
}

/// Why a body cannot be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// What is wrong.
    pub(crate) problem: String,
    /// What to write.
    pub(crate) hint: Option<Hint>,
}

/// What to write so that a body or a file can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// It is no text.
    OtherForm,
    /// It is JSON.
    IsJson,
    /// It is JSON in the place of a table.
    MayBeJson,
    /// Its text is UTF-8, whatever was said.
    Utf8,
    /// It has another charset.
    Charset,
}

impl Hint {
    /// In a query over HTTP.
    pub(crate) fn for_query(self) -> &'static str {
        match self {
            Self::OtherForm => {
                "ask the server for JSON, CSV or XML: by another path, a parameter, or the header `Accept`"
            }
            Self::IsJson => "the body is JSON: write `decode: json` in `query`",
            Self::MayBeJson => "`decode: json` in `query` reads it, if it is no error",
            Self::Utf8 => {
                "write `charset: utf-8` in `query` if the text is right then, or the charset that it has"
            }
            Self::Charset => {
                "write the charset that the body has in `query`, such as `charset: windows-1252`"
            }
        }
    }

    /// For files; charsets have words of their own.
    pub(crate) fn for_file(self) -> Option<&'static str> {
        match self {
            Self::OtherForm => Some("have JSON, NDJSON, CSV or XML made of it by the program that it is of"),
            Self::IsJson | Self::MayBeJson => Some("write `format: json` in the datasource"),
            Self::Utf8 | Self::Charset => None,
        }
    }
}

impl From<String> for Unread {
    fn from(problem: String) -> Self {
        Self { problem, hint: None }
    }
}

/// How the bodies of one query become JSON.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// Where the records are.
    select: Option<String>,
    /// What the query says of the bytes.
    charset: Option<Charset>,
    pub(crate) csv: CsvPages,
}

impl Decoder {
    pub(crate) fn new(query: &Query) -> Self {
        let select = query.select().map(str::to_owned);
        let told = if query.decode() == Decode::Auto { Told::ByServer } else { Told::ByUser };
        let csv = CsvPages::new(query.delimiter(), query.columns().for_pages(), told);
        let csv = if query.for_each().is_some() { csv.apart() } else { csv };
        Self { select, charset: query.charset(), csv }
    }

    /// The same for files, whose names and whose datasource say what they are, and how large a record may be.
    pub(crate) fn of_files(query: &Query, max_record: u64) -> Self {
        let decoder = Self::new(query);
        Self { csv: decoder.csv.by_user().with_records_up_to(max_record), ..decoder }
    }

    /// The same for answers that have no more bytes than this: as JSON they may be some times larger, and not more.
    pub(crate) fn for_answers_up_to(self, max_response: u64) -> Self {
        const GROWTH: u64 = 8;
        Self { csv: self.csv.with_json_up_to(max_response.saturating_mul(GROWTH)), ..self }
    }

    /// The body as JSON, in UTF-8. JSON that is so already is handed through unread, without its byte order mark: whoever
    /// reads a page finds JSON alone (RFC 8259 §8.1).
    ///
    /// # Errors
    /// [`Unread`] where it is no text, or not of the format.
    pub(crate) fn to_json(
        &self,
        body: Bytes,
        (format, content_type): (Format, Option<&str>),
    ) -> Result<Bytes, Unread> {
        let is_xml = matches!(format, Format::Xml | Format::XmlPrefixed);
        let said = Said { by_query: self.charset, content_type, is_xml };
        if let Some(unread) = packed::no_text(&body) {
            return Err(unread);
        }
        let body = charset::to_utf8(body, &said)?;
        let text = || simdutf8::basic::from_utf8(&body).map_err(|_| "the body is not UTF-8".to_owned());
        Ok(match format {
            Format::Json => body,
            Format::Ndjson => array(lines(text()?).map_err(|problem| or_json(&body, problem))?),
            Format::Csv | Format::Tsv => match self.json_in_place_of_csv(text()?)? {
                Some(json) => Bytes::copy_from_slice(json.as_bytes()),
                None if format == Format::Tsv => records_of(text()?, &self.csv.usually(Delimiter::Tab))?,
                None => records_of(text()?, &self.csv)?,
            },
            Format::Xml | Format::XmlPrefixed => {
                let names = if format == Format::Xml { xml::Names::Local } else { xml::Names::Prefixed };
                let json = xml::to_json(text()?, (names, self.select.as_deref()));
                json.map_err(|problem| or_json(&body, problem))?.to_string().into()
            }
            Format::Text => Value::String(text()?.to_owned()).to_string().into(),
        })
    }
}

impl Decoder {
    /// A body that is JSON as a whole, where `Content-Type` alone says that it is CSV: the records of an array, or of `select`.
    ///
    /// # Errors
    /// [`Unread`] for an object that has the place of a table, such as an error, and where the user says that it is CSV.
    fn json_in_place_of_csv<'t>(&self, text: &'t str) -> Result<Option<&'t str>, Unread> {
        let json = without_mark(text).trim();
        if !json.starts_with(['{', '[']) || check_json(json).is_err() {
            return Ok(None);
        }
        let has_records = json.starts_with('[') || self.select.is_some();
        if self.csv.told == Told::ByServer && has_records {
            return Ok(Some(json));
        }
        let shown: String = json.chars().take(100).collect();
        let problem = format!("the body is JSON, and should be CSV: `{shown}`");
        Err(Unread { problem, hint: Some(Hint::MayBeJson) })
    }
}

/// What is wrong with a body of another format, with what to write where it is JSON as a whole.
fn or_json(body: &[u8], problem: String) -> Unread {
    let is_json = std::str::from_utf8(body).is_ok_and(|text| check_json(without_mark(text).trim()).is_ok());
    Unread { problem, hint: is_json.then_some(Hint::IsJson) }
}

/// The records of CSV as one array. Each has the names of all columns, so that some kilobytes could become a terabyte.
fn records_of(text: &str, pages: &CsvPages) -> Result<Bytes, String> {
    let mut records = CsvRecords::open(text.as_bytes(), pages).map_err(|error| error.to_string())?;
    let mut json = String::from("[");
    while let Some(record) = records.next().map_err(|error| error.to_string())? {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&record);
        if json.len() as u64 > pages.max_json {
            let mebibytes = pages.max_json >> 20;
            return Err(format!(
                "its records, each with the names of all columns, have more than {mebibytes} MiB as JSON; have the server \
                 send fewer records per page"
            ));
        }
    }
    json.push(']');
    Ok(json.into())
}

/// The text without the byte order mark that it may begin with; each line of NDJSON is a text of its own.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// One array of texts that are JSON each.
pub(crate) fn array<'t>(records: impl IntoIterator<Item = &'t str>) -> Bytes {
    let mut json = String::from("[");
    for record in records {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(record);
    }
    json.push(']');
    json.into()
}

/// The lines that hold something, each of which must be JSON.
fn lines(text: &str) -> Result<Vec<&str>, String> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // RFC 7464 begins each value with a record separator.
        let line = without_mark(line).trim_start_matches('\u{1e}').trim();
        if !line.is_empty() {
            check_json(line).map_err(|problem| in_line((index + 1, line), &problem))?;
            lines.push(line);
        }
    }
    Ok(lines)
}

/// What is wrong with one line of many, of which a parser knows nothing but that it is its first.
pub(crate) fn in_line((number, line): (usize, &str), problem: &str) -> String {
    let Some((what, column)) = problem.rsplit_once(" at line 1 column ") else {
        return format!("line {number} is not JSON: {problem}");
    };
    let at = column.parse().ok().and_then(|column: usize| line.get(column.checked_sub(1)?..));
    let word = at.and_then(|rest| NO_NUMBERS.into_iter().find(|word| rest.starts_with(word)));
    let help = word.map(|word| format!("; `{word}` is no JSON: have the program that writes it write null"));
    format!("line {number} is not JSON: {what} at column {column}{}", help.unwrap_or_default())
}

/// What Python writes for numbers that are none.
const NO_NUMBERS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

pub(crate) fn check_json(text: &str) -> Result<(), String> {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
    read.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use pipeline_query::KnownColumns;

    use super::*;

    #[test]
    fn bodies_become_json() {
        let check = |format: Format, body: &str, expected: &str| {
            let json = Decoder::default().to_json(Bytes::copy_from_slice(body.as_bytes()), (format, None));
            assert_eq!(json.unwrap(), expected.as_bytes(), "{body}");
        };
        check(Format::Json, "{\"a\": 1}", "{\"a\": 1}");
        check(Format::Json, "\u{feff}{\"a\": \"\u{feff}\"}", "{\"a\": \"\u{feff}\"}");
        check(Format::Ndjson, "\u{feff}{}\n[]", "[{},[]]");
        check(Format::Ndjson, "{\"a\": 1}\r\n\n{\"a\":2}", "[{\"a\": 1},{\"a\":2}]");
        check(Format::Ndjson, "\u{feff}{\"a\":1e400}\n\u{feff}{\"a\":1.10}", "[{\"a\":1e400},{\"a\":1.10}]");
        check(Format::Ndjson, "", "[]");
        check(Format::Csv, "a,b c\n1,\"x, \"\"y\"\"\"\n", r#"[{"a":"1","b c":"x, \"y\""}]"#);
        check(Format::Csv, "\u{feff}a\né\n", r#"[{"a":"é"}]"#);
        check(Format::Csv, "", "[]");
        check(Format::Tsv, "id\tname\n1\ta,b\n", r#"[{"id":"1","name":"a,b"}]"#);
        check(Format::Ndjson, "\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n", r#"[{"a":1},{"a":2}]"#);
        check(Format::Text, "a \"b\"\n", r#""a \"b\"\n""#);
        check(Format::Xml, "<r><i>1</i></r>", r#"{"r":{"i":"1"}}"#);
    }

    #[test]
    fn says_where_a_body_is_broken() {
        let check = |format: Format, body: &[u8], expected: &str| {
            let error = Decoder::default().to_json(Bytes::copy_from_slice(body), (format, None)).unwrap_err();
            assert!(error.problem.contains(expected), "{error:?}");
        };
        check(Format::Json, b"{\"a\": \"\xc3(\"}", "not UTF-8: byte 7");
        check(Format::Ndjson, b"{}\n\n{]", "line 3 is not JSON: key must be a string at column 2");
        check(Format::Ndjson, b"{}\n{\"a\":NaN}", "at column 6; `NaN` is no JSON");
        check(Format::Csv, b"a,b\n1\n", "line 2 has 1 fields");
        check(Format::Xml, b"<r><i></r>", "not XML");
        let hint = |format: Format, body: &'static str| {
            Decoder::default().to_json(Bytes::from_static(body.as_bytes()), (format, None)).unwrap_err().hint
        };
        assert_eq!(hint(Format::Xml, "{\"a\": 1}"), Some(Hint::IsJson));
        assert_eq!(hint(Format::Ndjson, "[\n{\"a\": 1}]"), Some(Hint::IsJson));
        assert!(Hint::IsJson.for_query().contains("`decode: json` in `query`"));
        assert!(
            Hint::IsJson.for_file().is_some_and(|hint| hint.contains("`format: json` in the datasource"))
        );
        assert_eq!((hint(Format::Xml, "Internal error"), hint(Format::Ndjson, "{}\n{]")), (None, None));
    }

    #[test]
    fn the_user_goes_before_the_server() {
        let check = |decode, media_type, expected| assert_eq!(Format::of(decode, media_type), expected);
        check(Decode::Auto, None, Format::Json);
        check(Decode::Auto, Some("application/json"), Format::Json);
        check(Decode::Auto, Some("text/plain"), Format::Json);
        check(Decode::Auto, Some("application/vnd.api+json"), Format::Json);
        check(Decode::Auto, Some("application/x-ndjson"), Format::Ndjson);
        check(Decode::Auto, Some("text/csv"), Format::Csv);
        check(Decode::Auto, Some("application/atom+xml"), Format::Xml);
        check(Decode::Csv, Some("text/plain"), Format::Csv);
        check(Decode::Auto, Some("application/stream+json"), Format::Ndjson);
        check(Decode::Auto, Some("application/json-lines"), Format::Ndjson);
        check(Decode::Auto, Some("application/geo+json"), Format::Json);
        check(Decode::Auto, Some("text/tab-separated-values"), Format::Tsv);
        check(Decode::Json, Some("text/csv"), Format::Json);
    }

    #[test]
    fn json_that_is_sent_as_csv_is_read_as_json_or_refused() {
        let by_server = |select: Option<&str>| {
            let csv = CsvPages::new(None, KnownColumns::default(), Told::ByServer);
            Decoder { select: select.map(str::to_owned), csv, ..Decoder::default() }
        };
        let read = |decoder: &Decoder, body: &str| {
            let json =
                decoder.to_json(Bytes::copy_from_slice(body.as_bytes()), (Format::Csv, Some("text/csv")));
            json.map(|json| String::from_utf8(json.to_vec()).unwrap()).map_err(|unread| unread.problem)
        };
        let list = "\u{feff} [{\"id\": 1}]\n";
        assert_eq!(read(&by_server(None), list).as_deref(), Ok(r#"[{"id": 1}]"#));
        assert_eq!(read(&by_server(None), "[]").as_deref(), Ok("[]"));
        assert_eq!(read(&by_server(Some("d")), "{\"d\":[1]}").as_deref(), Ok("{\"d\":[1]}"));
        for object in ["{\"error\":\"boom\"}", "{\n \"error\": {\"a\": 1}\n}", "{}"] {
            let error = read(&by_server(None), object).unwrap_err();
            assert!(error.contains("the body is JSON, and should be CSV") && error.contains('{'), "{error}");
        }
        for body in [list, "{\"error\":\"boom\"}", "[1]"] {
            assert!(read(&Decoder::default(), body).unwrap_err().contains("should be CSV"), "{body}");
        }
        for broken in ["{\"error\": \"bo", "{\"id\":1}\n{\"id\":2}\n", "[{\"id\":1},"] {
            assert!(
                read(&by_server(None), broken).unwrap_err().contains("it is JSON and no CSV"),
                "{broken}"
            );
        }
        assert!(read(&by_server(None), "<html><body>").unwrap_err().contains("web page and no CSV"));
        let brackets = "[Order ID],{a},<b>\n[1],x,y\n";
        assert_eq!(
            read(&by_server(None), brackets).as_deref(),
            Ok(r#"[{"[Order ID]":"[1]","{a}":"x","<b>":"y"}]"#)
        );
    }
}
