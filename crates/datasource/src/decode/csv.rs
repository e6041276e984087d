//! CSV as RFC 4180 has it: what the `csv` crate would mend in silence is an error with its line.

use std::io::{self, Chain, Cursor, Read};

use serde_json::{Map, Value};

use super::BYTE_ORDER_MARK;

/// The records of one body or file as objects of texts, as CSV knows nothing else.
pub(crate) struct CsvRecords<R> {
    reader: csv::Reader<Quotes<Chain<Cursor<Vec<u8>>, R>>>,
    header: Vec<String>,
    record: csv::StringRecord,
}

impl<R: Read> CsvRecords<R> {
    /// Reads the header, whose names must differ: of two values with one name one would be lost.
    pub(crate) fn open(mut input: R) -> io::Result<Self> {
        let mut begin = Vec::new();
        input.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut begin)?;
        let n_mark = if begin.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let input = Cursor::new(begin.split_off(n_mark)).chain(input);
        let mut reader = csv::Reader::from_reader(Quotes::new(input));
        let header: Vec<String> = reader.headers().map_err(problem)?.iter().map(str::to_owned).collect();
        let twice = header.iter().enumerate().find(|(index, name)| header[..*index].contains(name));
        if let Some((_, name)) = twice {
            return Err(wrong(format!("two columns of the header are called `{name}`")));
        }
        Ok(Self { reader, header, record: csv::StringRecord::new() })
    }

    /// The next record; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Value>> {
        if !self.reader.read_record(&mut self.record).map_err(problem)? {
            return Ok(None);
        }
        let fields = self.header.iter().zip(&self.record);
        let fields = fields.map(|(name, value)| (name.clone(), Value::String(value.to_owned())));
        Ok(Some(Value::Object(fields.collect::<Map<_, _>>())))
    }
}

/// What is wrong with the content, in contrast to what happens on the way to it.
fn wrong(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

fn problem(error: csv::Error) -> io::Error {
    let line = error.position().map_or(0, csv::Position::line);
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
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Plain,
    Quoted,
    ClosingQuote,
}

impl<R> Quotes<R> {
    fn new(input: R) -> Self {
        Self { input, delimiter: b',', at: At::FieldStart, line: 1, began: 1, is_after_return: false }
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
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let mut records = CsvRecords::open(text.as_bytes()).map_err(|error| error.to_string())?;
        let mut read = Vec::new();
        while let Some(record) = records.next().map_err(|error| error.to_string())? {
            read.push(record);
        }
        Ok(Value::Array(read).to_string())
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
        check("a,a\n", Err("two columns of the header are called `a`"));
    }
}
