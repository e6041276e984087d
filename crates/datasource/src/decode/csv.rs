//! CSV as RFC 4180 has it: what the `csv` crate would mend in silence is an error with its line.

use std::io::{self, Chain, Cursor, Read};

use pipeline_query::Delimiter;
use serde_json::Value;

use super::{
    BYTE_ORDER_MARK,
    looks::{self, Looks},
    pages::CsvPages,
};

/// The records of one body or file as objects of texts, as CSV knows nothing else.
pub(crate) struct CsvRecords<R> {
    reader: csv::Reader<Quotes<Chain<Cursor<Vec<u8>>, R>>>,
    header: Vec<String>,
    /// The names as they stand before their values in JSON.
    keys: Vec<String>,
    record: csv::StringRecord,
    /// Lines that come before what the reader sees.
    n_lines_before: u64,
    /// What the header is held against where no record follows it, with the header that came before; `None` once one has come.
    alone: Option<(CsvPages, Vec<String>)>,
}

/// What a body is that begins so, where it is no CSV.
fn refuse_others(begin: &[u8], pages: &CsvPages) -> io::Result<()> {
    let Some(looks) = Looks::of(begin) else { return Ok(()) };
    let text = String::from_utf8_lossy(begin);
    let line: String = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(100)
        .collect();
    let help = match looks {
        Looks::Json if pages.are_of_files() => {
            "; write `format: json` (`ndjson` where each line is a value) in the datasource if that is meant"
        }
        Looks::Json => {
            "; write `decode: json` (`ndjson` where each line is a value) in `query` if that is meant"
        }
        Looks::Markup => "",
    };
    Err(wrong(format!("it is {} and no CSV: `{}`{help}", looks.name(), line.trim_end())))
}

impl<R: Read> CsvRecords<R> {
    /// Reads the header, whose names are made to differ: of two values with one name one would be lost.
    pub(crate) fn open(mut input: R, pages: &CsvPages) -> io::Result<Self> {
        let mut begin = Vec::new();
        input.by_ref().take(looks::N_BYTES as u64).read_to_end(&mut begin)?;
        refuse_others(&begin, pages)?;
        let Beginning { n_bytes, n_lines, delimiter } = Beginning::of(&begin);
        let said = pages.delimiter.map(Delimiter::byte).or(delimiter);
        let delimiter = said.or(pages.usual.map(Delimiter::byte)).unwrap_or(b',');
        let input = Cursor::new(begin.split_off(n_bytes)).chain(input);
        let quotes = Quotes { delimiter, max_record: pages.max_record, ..Quotes::new(input, n_lines) };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(quotes);
        let header = reader.headers().map_err(|error| problem(error, n_lines))?;
        let header = pages.distinct(header.iter().map(str::to_owned).collect());
        let alone = Some((pages.clone(), pages.before().to_vec()));
        pages.check_message(&header)?;
        pages.check_header(&header)?;
        pages.check_delimiter(&header, delimiter)?;
        let keys = header.iter().map(|name| format!("{}:", json_text(name))).collect();
        let record = csv::StringRecord::new();
        Ok(Self { reader, header, keys, record, n_lines_before: n_lines, alone })
    }

    /// The next record, as JSON; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<String>> {
        let is_read = self.reader.read_record(&mut self.record);
        let is_read = is_read.map_err(|error| problem(error, self.n_lines_before))?;
        if let Some((pages, before)) = self.alone.take().filter(|_| !is_read) {
            pages.check_alone(&self.header, &before)?;
        }
        if !is_read {
            return Ok(None);
        }
        let mut json = String::from("{");
        for (key, value) in self.keys.iter().zip(&self.record) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(key);
            json.push_str(&json_text(value));
        }
        json.push('}');
        Ok(Some(json))
    }
}

/// A text of JSON, in its quotes.
fn json_text(text: &str) -> String {
    Value::from(text).to_string()
}

/// What comes before the header.
struct Beginning {
    n_bytes: usize,
    n_lines: u64,
    delimiter: Option<u8>,
}

impl Beginning {
    /// A byte order mark, and the line by which Excel learns the delimiter.
    fn of(begin: &[u8]) -> Self {
        let n_mark = if begin.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let none = Self { n_bytes: n_mark, n_lines: 0, delimiter: None };
        let text = &begin[n_mark..];
        let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return none };
        let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
        let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        match line {
            [s, e, p, b'=', delimiter]
                if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" && delimiter.is_ascii() =>
            {
                Self { n_bytes: n_mark + end + 1, n_lines: 1, delimiter: Some(*delimiter) }
            }
            _ => none,
        }
    }
}

/// What is wrong with the content, in contrast to what happens on the way to it.
pub(super) fn wrong(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

fn problem(error: csv::Error, n_lines_before: u64) -> io::Error {
    let line = error.position().map_or(0, csv::Position::line) + n_lines_before;
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            wrong(format!("line {line} has {len} fields, and the header has {expected_len}"))
        }
        csv::ErrorKind::Utf8 { err, .. } => {
            wrong(format!("line {line} is not UTF-8 in its field {}", err.field() + 1))
        }
        other => wrong(format!("{other:?}")),
    }
}

/// Hands bytes on, and looks at their quotes: one that is never closed would make one field of all that follows, and of
/// text behind a closing quote the `csv` crate would take the quotes away.
struct Quotes<R> {
    input: R,
    delimiter: u8,
    at: At,
    /// The line that is being read, from 1.
    line: u64,
    /// The line of the last quote that began a field.
    began: u64,
    is_after_return: bool,
    /// Bytes of the record that is being read, and how many it may have.
    n_bytes: u64,
    max_record: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Plain,
    Quoted,
    ClosingQuote,
}

impl<R> Quotes<R> {
    /// `n_lines` come before `input`.
    fn new(input: R, n_lines: u64) -> Self {
        let line = n_lines + 1;
        Self {
            input,
            delimiter: b',',
            at: At::FieldStart,
            line,
            began: line,
            is_after_return: false,
            n_bytes: 0,
            max_record: u64::MAX,
        }
    }

    fn see(&mut self, byte: u8) -> io::Result<()> {
        let is_line_end = matches!(byte, b'\n' | b'\r');
        self.at = match (self.at, byte) {
            (At::FieldStart, b'"') => {
                self.began = self.line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::ClosingQuote,
            (At::ClosingQuote, b'"') | (At::Quoted, _) => At::Quoted,
            (_, byte) if is_line_end || byte == self.delimiter => At::FieldStart,
            (At::ClosingQuote, _) => return Err(self.text_after_quote()),
            (At::FieldStart | At::Plain, _) => At::Plain,
        };
        self.n_bytes = if is_line_end && self.at == At::FieldStart { 0 } else { self.n_bytes + 1 };
        if self.n_bytes > self.max_record {
            return Err(wrong(format!(
                "the record that ends in line {} or later is larger than `max_file`, {} bytes{}",
                self.line,
                self.max_record,
                if self.at == At::Quoted { "; the quote may not be closed" } else { "" }
            )));
        }
        if is_line_end && !(byte == b'\n' && self.is_after_return) {
            self.line += 1;
        }
        self.is_after_return = byte == b'\r';
        Ok(())
    }

    fn text_after_quote(&self) -> io::Error {
        let of = match self.began == self.line {
            true => String::new(),
            false => format!(" of the field that begins in line {}", self.began),
        };
        wrong(format!(
            "line {} has text after the closing quote{of}; a quote within quotes is written twice, `\"\"`",
            self.line
        ))
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.input.read(buffer)?;
        if n_read == 0 && !buffer.is_empty() && self.at == At::Quoted {
            return Err(wrong(format!(
                "the quote that begins a field in line {} is never closed",
                self.began
            )));
        }
        buffer[..n_read].iter().try_for_each(|byte| self.see(*byte))?;
        Ok(n_read)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use pipeline_query::KnownColumns;

    use super::*;
    use crate::decode::Told;

    fn read(text: &str) -> Result<String, String> {
        read_page(text, &CsvPages::default())
    }

    pub(crate) fn read_page(text: &str, pages: &CsvPages) -> Result<String, String> {
        let mut records = CsvRecords::open(text.as_bytes(), pages).map_err(|error| error.to_string())?;
        let mut read = Vec::new();
        while let Some(record) = records.next().map_err(|error| error.to_string())? {
            read.push(record);
        }
        Ok(format!("[{}]", read.join(",")))
    }

    #[test]
    fn a_record_is_bounded_while_it_is_read() {
        let pages = CsvPages::default().with_records_up_to(11);
        assert_eq!(
            read_page("a,b\n123,\"\n6789\"\n", &pages).as_deref(),
            Ok(r#"[{"a":"123","b":"\n6789"}]"#)
        );
        for (text, expected) in [
            ("a,b\n12345,678901\n", "in line 2 or later is larger than `max_file`, 11 bytes"),
            ("a,b\n1,\"\n\n\n\n\n\n\n\n\n\n", "the quote may not be closed"),
            ("a,b,c,d,e,f,g\n", "in line 1 or later"),
        ] {
            let error = read_page(text, &pages).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn many_columns_cost_what_their_length_costs() {
        let header = |name: char| (0..60_000).map(|n| format!("{name}{n}")).collect::<Vec<_>>().join(",");
        let pages = CsvPages::default();
        let values = vec!["1"; 60_000].join(",");
        assert!(
            read_page(&format!("{}\n{values}\n", header('x')), &pages).unwrap().starts_with(r#"[{"x0":"1","#)
        );
        assert!(read_page(&format!("{}\n", header('y')), &pages).is_err());
    }

    #[test]
    fn quotes_are_closed_and_end_their_fields() {
        let check = |text: &str, expected: Result<&str, &str>| match (read(text), expected) {
            (Ok(json), Ok(expected)) => assert_eq!(json, expected, "{text}"),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
            (read, expected) => panic!("{text}: {read:?} and not {expected:?}"),
        };
        check("a,b\n1,\"x\ny\"\r\n\n2,\"\"\n", Ok(r#"[{"a":"1","b":"x\ny"},{"a":"2","b":""}]"#));
        check("a,b\r1,\"\"\"x\"\"\"\r2,y\"z\"", Ok(r#"[{"a":"1","b":"\"x\""},{"a":"2","b":"y\"z\""}]"#));
        check("a,b\n1, \"x\"\n", Ok(r#"[{"a":"1","b":" \"x\""}]"#));
        check("\u{feff}\"a\",b\n1,2\n", Ok(r#"[{"a":"1","b":"2"}]"#));
        check("a,b\n1,x\n2,\"y\n3,z\n4,u\n", Err("the quote that begins a field in line 3 is never closed"));
        check("a,b\r\n1,x\r\n2,\"y", Err("in line 3 is never closed"));
        check("a,b\n1,\"x\" y\n", Err("line 2 has text after the closing quote; a quote within"));
        check("a,b\n1,\"x\\\"y\"\n", Err("line 2 has text after the closing quote"));
        let swallowed = "a,b\n1,\"x\n2,y\n3,\"z\"\n";
        check(swallowed, Err("line 4 has text after the closing quote of the field that begins in line 2"));
        check("\u{feff}\"a\"x,b\n", Err("line 1 has text after"));
        check("a,b\n1\n", Err("line 2 has 1 fields, and the header has 2"));
    }

    #[test]
    fn columns_of_one_name_are_numbered_and_told() {
        let told = |text: &str| {
            let columns = KnownColumns::new(Vec::new);
            let pages = CsvPages::new(None, columns.clone(), Told::ByUser);
            (read_page(text, &pages).unwrap(), columns.renamed().cloned())
        };
        let (json, said) = told("id,c,c,c_2,c\n1,2,3,4,5\n");
        assert_eq!(json, r#"[{"id":"1","c":"2","c_3":"3","c_2":"4","c_4":"5"}]"#);
        let said = said.unwrap();
        assert!(said.contains("3 columns called `c`") && said.contains("`c_3`"), "{said}");
        let (json, said) = told("a,b,,\n1,2,3,4\n");
        assert_eq!((json.as_str(), said.is_some()), (r#"[{"a":"1","b":"2","":"3","_2":"4"}]"#, true));
        assert_eq!(told("a,A,a_2\n1,2,3\n").1, None);
    }

    #[test]
    fn a_page_without_the_columns_of_the_first_one_begins_with_data() {
        let check = |later: &str, expected: Option<&str>| {
            let pages = CsvPages::default();
            read_page("", &pages).unwrap();
            read_page("id,n\n1,a\n", &pages).unwrap();
            read_page("id,n\n2,b\n", &pages).unwrap();
            let read = read_page(later, &pages);
            match expected {
                None => assert!(read.is_ok(), "{later}: {read:?}"),
                Some(expected) => assert!(read.unwrap_err().contains(expected), "{later}"),
            }
        };
        check("n,id\nc,3\n", None);
        check("id,more\n3,c\n", None);
        check("", None);
        check(
            "4,d\n5,e\n",
            Some("none of the first page's columns (id,n): its first line, `4,d`, may be data"),
        );
        check("4,\n", Some("may be data"));
        check(",\n", Some("may be data"));
    }

    #[test]
    fn another_delimiter_is_understood_or_named() {
        let one = r#"[{"id":"1","n":"a"}]"#;
        for text in ["sep=;\nid;n\n1;a\n", "\u{feff}\"sep=\t\"\r\nid\tn\r\n1\ta\r\n", "SEP=,\nid,n\n1,a\n"] {
            assert_eq!(read(text).as_deref(), Ok(one), "{text}");
        }
        let pages = |delimiter| CsvPages::new(Some(delimiter), KnownColumns::default(), Told::ByUser);
        let with = |delimiter, text: &str| read_page(text, &pages(delimiter));
        assert_eq!(with(Delimiter::Tab, "id\tn\n1\ta\n").as_deref(), Ok(one));
        assert_eq!(with(Delimiter::Semicolon, "sep=;\nid;n\n1;a\n").as_deref(), Ok(one));
        assert_eq!(with(Delimiter::Pipe, "id|n\n1|\"a\"\n").as_deref(), Ok(one));
        assert_eq!(with(Delimiter::Comma, "id;n\n1;a\n").as_deref(), Ok(r#"[{"id;n":"1;a"}]"#));
        assert_eq!(read("\"id,n\"\n1\n").as_deref(), Ok(r#"[{"id,n":"1"}]"#));
        let check = |text: &str, expected: &str| {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("id;n\n1;a\n", "one column, `id;n`; write `delimiter: semicolon` in `query`");
        check("id\tn\n", "one column, `id\\tn`; write `delimiter: tab`");
        check("id|n\n", "`delimiter: pipe`");
        check("sep=;\nid,n\n1,a\n", "one column, `id,n`; write `delimiter: comma`");
        check("sep=;\nid;n\n1;\"a\n", "in line 3 is never closed");
        check("sep=;\nid;n\n1\n", "line 3 has 1 fields");
    }

    #[test]
    fn json_and_web_pages_are_no_csv() {
        for (text, expected) in [
            (
                "{\"error\": \"boom\"}\n",
                "it is JSON and no CSV: `{\"error\": \"boom\"}`; write `decode: json`",
            ),
            ("[\n{\"id\": 1}]", "it is JSON"),
            ("<html>\n", "it is XML or a web page and no CSV: `<html>`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(read("[id],<b>\n1,2\n").as_deref(), Ok(r#"[{"[id]":"1","<b>":"2"}]"#));
    }
}
