//! What the fuzzer in `tests/fuzz` holds the private decoders of this crate to.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::decode::{Decoder, Format, unpacked};

/// What a body is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Fields with commas.
    Csv,
    /// Fields with tabulators.
    Tsv,
    /// A value a line.
    Ndjson,
    /// Elements.
    Xml,
    /// Compressed, of any sort.
    Packed,
}

/// Decodes a body: what comes of it is JSON, and the same again where the body can be written in another way.
pub fn decoded(kind: Body, body: &[u8]) {
    let Some(json) = json_of(kind, body) else { return };
    match kind {
        Body::Packed => {}
        Body::Csv | Body::Tsv => {
            let Ok(Value::Array(records)) = serde_json::from_slice::<Value>(&json) else { return };
            // One column alone may look like several that are separated otherwise.
            if let Some(text) =
                written(&records).filter(|_| records[0].as_object().is_some_and(|r| r.len() > 1))
            {
                let again = Decoder::default().to_json(text.into(), (Format::Csv, None));
                assert_eq!(again.map_err(|unread| unread.problem).as_deref(), Ok(&*json));
            }
        }
        Body::Ndjson | Body::Xml => {
            let Ok(text) = std::str::from_utf8(body) else { return };
            let marked = [b"\xEF\xBB\xBF", text.trim_start_matches('\u{feff}').as_bytes()].concat();
            assert_eq!(json_of(kind, &marked), Some(json));
        }
    }
}

fn json_of(kind: Body, body: &[u8]) -> Option<Bytes> {
    let format = match kind {
        Body::Csv => Format::Csv,
        Body::Tsv => Format::Tsv,
        Body::Ndjson => Format::Ndjson,
        Body::Xml => Format::Xml,
        Body::Packed => {
            const MAX: u64 = 1 << 20;
            let unpacked = unpacked(Bytes::copy_from_slice(body), MAX).ok()?;
            assert!(unpacked.len() as u64 <= MAX.max(body.len() as u64));
            return Some(unpacked);
        }
    };
    let decoder = Decoder::default().for_answers_up_to(1 << 20);
    let json = decoder.to_json(Bytes::copy_from_slice(body), (format, None)).ok()?;
    let read = serde_json::from_slice::<IgnoredAny>(&json);
    let is_json = read.map(drop).map_err(|error| error.to_string());
    assert!(is_json.as_ref().err().is_none_or(|error| error.contains("recursion")), "{is_json:?}");
    Some(json)
}

/// Records as CSV with quotes around everything.
fn written(records: &[Value]) -> Option<Vec<u8>> {
    let members = |record: &Value| record.as_object().cloned();
    let names: Vec<String> = members(records.first()?)?.keys().cloned().collect();
    let mut csv = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    csv.write_record(&names).ok()?;
    for record in records {
        let members = members(record)?;
        csv.write_record(members.values().map(|value| value.as_str().unwrap_or_default())).ok()?;
    }
    csv.into_inner().ok()
}
