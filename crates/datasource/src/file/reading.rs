//! One file after the other, page after page; blocks.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read},
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use pipeline_query::{Delimiter, Position};

use super::{
    Files,
    place::{Compression, Input, SourceFile},
};
use crate::{
    DatasourceError, Page,
    decode::{CsvRecords, Decoder, Format, Hint, Unread, array, check_json, in_line, without_mark},
};

/// Where the reading is.
pub(super) struct Reading {
    files: VecDeque<SourceFile>,
    open: Option<OpenFile>,
    format: Option<Format>,
    page_size: usize,
    max_file: u64,
    decoder: Decoder,
    n_pages: usize,
}

/// What a file begins with.
enum Started {
    /// It is one page.
    Page(Bytes),
    Records(Records),
}

/// The records of one file.
enum Records {
    Lines { lines: BufReader<Input>, number: usize },
    Csv(Box<CsvRecords<Input>>),
}

/// The records of a file that is being read.
struct OpenFile {
    file: SourceFile,
    records: Records,
    /// One for which there was no room on the page before.
    left: Option<String>,
}

impl Reading {
    pub(super) fn new(settings: &Files, files: Vec<SourceFile>, decoder: Decoder) -> Self {
        Self {
            files: files.into(),
            open: None,
            format: settings.format,
            page_size: settings.page_size,
            max_file: settings.max_file,
            decoder,
            n_pages: 0,
        }
    }

    /// The next page; `None` after the last one.
    pub(super) fn page(&mut self) -> Option<Result<Page, DatasourceError>> {
        loop {
            if let Some(mut open) = self.open.take() {
                match open.take((self.page_size, self.max_file)) {
                    Ok(taken) if taken.is_empty() => continue,
                    Ok(taken) => {
                        let body = array(taken.iter().map(String::as_str));
                        let page = self.made(&open.file, body);
                        self.open = Some(open);
                        return Some(Ok(page));
                    }
                    Err(problem) => return Some(Err(self.ended(&open.file, problem))),
                }
            }
            let file = self.files.pop_front()?;
            match self.start(&file) {
                Ok(Started::Page(body)) => return Some(Ok(self.made(&file, body))),
                Ok(Started::Records(records)) => self.open = Some(OpenFile { file, records, left: None }),
                Err(problem) => return Some(Err(self.ended(&file, problem))),
            }
        }
    }

    /// Opens a file: its body where it is one page, else its records are taken from now on.
    fn start(&self, file: &SourceFile) -> Result<Started, Problem> {
        let (name, compression) = file.name();
        let format = self.format.or_else(|| by_name(&name)).ok_or_else(|| {
            Problem::Content("its name does not tell what it holds; write `format:` in the datasource".into())
        })?;
        let bytes = file.open()?;
        let input: Input = match compression {
            Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Compression::None => bytes,
        };
        let input = match format {
            Format::Ndjson | Format::Csv | Format::Tsv => without_wide(input)?,
            Format::Json | Format::Xml | Format::XmlPrefixed | Format::Text => input,
        };
        let records = match format {
            Format::Ndjson => Records::Lines { lines: BufReader::new(input), number: 0 },
            Format::Csv => Records::Csv(Box::new(CsvRecords::open(input, &self.decoder.csv)?)),
            Format::Tsv => {
                let pages = self.decoder.csv.usually(Delimiter::Tab);
                Records::Csv(Box::new(CsvRecords::open(input, &pages)?))
            }
            Format::Json | Format::Xml | Format::XmlPrefixed | Format::Text => {
                let mut body = Vec::new();
                input.take(self.max_file.saturating_add(1)).read_to_end(&mut body)?;
                if body.len() as u64 > self.max_file {
                    let problem = format!(
                        "it is larger than `max_file`, {} bytes; NDJSON is read piece by piece",
                        self.max_file
                    );
                    return Err(Problem::Content(problem));
                }
                let read = self.decoder.to_json(body.into(), (format, None));
                return Ok(Started::Page(read.map_err(with_help)?));
            }
        };
        Ok(Started::Records(records))
    }

    fn made(&mut self, file: &SourceFile, body: Bytes) -> Page {
        let index = self.n_pages;
        self.n_pages += 1;
        Page::new(index, Position::Page(index as u64), file.shown.clone(), body)
    }

    /// The error for a file; nothing is read after it.
    fn ended(&mut self, file: &SourceFile, problem: Problem) -> DatasourceError {
        self.files.clear();
        let path = file.shown.clone();
        match problem {
            Problem::Read(source) => DatasourceError::File { path, source },
            Problem::Content(problem) if problem.contains("not UTF-8") => {
                let problem = format!("{problem}{}", to_utf8("WINDOWS-1252"));
                DatasourceError::Files { path, problem }
            }
            Problem::Content(problem) => DatasourceError::Files { path, problem },
        }
    }
}

impl OpenFile {
    /// Up to `n_most` records that have no more than `max_bytes` together, each as JSON; none at the end.
    fn take(&mut self, (n_most, max_bytes): (usize, u64)) -> Result<Vec<String>, Problem> {
        let (mut taken, mut n_bytes) = (Vec::new(), 0);
        while taken.len() < n_most {
            let next = match self.left.take() {
                Some(left) => Some(left),
                None => self.records.next(max_bytes)?,
            };
            let Some(record) = next else { break };
            n_bytes += record.len() as u64;
            if n_bytes > max_bytes && !taken.is_empty() {
                self.left = Some(record);
                break;
            }
            taken.push(record);
        }
        Ok(taken)
    }
}

impl Records {
    /// The next record, as JSON; `None` at the end.
    fn next(&mut self, max_bytes: u64) -> Result<Option<String>, Problem> {
        let (lines, number) = match self {
            Records::Csv(records) => return Ok(records.next()?),
            Records::Lines { lines, number } => (lines, number),
        };
        loop {
            let mut line = Vec::new();
            lines.by_ref().take(max_bytes.saturating_add(1)).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(None);
            }
            *number += 1;
            if line.len() as u64 > max_bytes {
                let problem = format!("line {number} is larger than `max_file`, {max_bytes} bytes");
                return Err(Problem::Content(problem));
            }
            let line = str::from_utf8(&line).map_err(|_| format!("line {number} is not UTF-8"))?;
            let line = without_mark(line).trim();
            if !line.is_empty() {
                check_json(line).map_err(|problem| in_line((*number, line), &problem))?;
                return Ok(Some(line.to_owned()));
            }
        }
    }
}

/// The same input, where it does not begin as UTF-16: that is not read piece by piece.
fn without_wide(input: Input) -> Result<Input, Problem> {
    let mut input = BufReader::new(input);
    match input.fill_buf()? {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            Err(Problem::Content(format!("it is UTF-16{}", to_utf8("UTF-16"))))
        }
        _ => Ok(Box::new(input)),
    }
}

/// Why a file cannot be read, with what to write.
fn with_help(Unread { problem, hint }: Unread) -> String {
    let help = hint.and_then(Hint::for_file).map(|hint| format!("\n  = help: {hint}"));
    problem + help.as_deref().unwrap_or_default()
}

/// What to do with a file in another charset.
fn to_utf8(charset: &str) -> String {
    format!(
        "\n  = help: files are read as UTF-8: make it of this one, as by `iconv -f {charset} -t UTF-8 OLD > NEW` with the charset \
         that it has"
    )
}

/// What is wrong with a file.
#[derive(Debug)]
enum Problem {
    Read(io::Error),
    Content(String),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Content(error.to_string()),
            _ => Self::Read(error),
        }
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Content(problem)
    }
}

/// What the ending of a name says.
fn by_name(name: &str) -> Option<Format> {
    match name.rsplit_once('.')?.1 {
        "json" => Some(Format::Json),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv),
        "tsv" => Some(Format::Tsv),
        "xml" => Some(Format::Xml),
        _ => None,
    }
}
