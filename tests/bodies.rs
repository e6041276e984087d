//! Bodies as servers send them: packed, and in other charsets than UTF-8.

use serde_json::Value;

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Done, Home},
};

/// Runs a pipeline that reads three pages from `server`; gives how it ended and its rows.
pub(crate) fn three_pages(server: &Server, query: &str) -> (Done, Vec<Value>) {
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}', limits: {{ backoff: 1ms, max_attempts: 2 }} }}\n\
             query: {{ path: /x, pagination: {{ kind: page_number, param: page }}, max_pages: 3{query} }}\n\
             sink: {{ kind: jsonl, path: rows }}\n"
        ),
    );
    let done = home.run(&["run", "p.yaml"]);
    let rows = std::fs::read_to_string(home.path("rows.jsonl")).unwrap_or_default();
    (done, rows.lines().map(|line| serde_json::from_str(line).expect("a row")).collect())
}

fn page_of(asked: &Asked) -> usize {
    asked.param("page").map_or(1, |page| page.parse().expect("a number"))
}

/// One member of a gzip stream (RFC 1952), stored as it is.
fn member(text: &str) -> Vec<u8> {
    let crc = text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    });
    let length = u16::try_from(text.len()).expect("a short text");
    let head = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 1];
    let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    let end = [(!crc).to_le_bytes(), u32::from(length).to_le_bytes()].concat();
    [&head[..], &lengths, text.as_bytes(), &end].concat()
}

#[test]
fn all_members_of_gzip_are_rows() {
    for encoding in ["gzip", "GZIP", "x-gzip"] {
        for (media_type, head) in [("text/csv", "id\n"), ("application/x-ndjson", "")] {
            let server = Server::start(move |asked| {
                let page = page_of(asked);
                let rows = (page * 3 - 2..=page * 3).map(|id| match head {
                    "" => member(&format!("{{\"id\":{id}}}\n")),
                    _ => member(&format!("{id}\n")),
                });
                let members: Vec<Vec<u8>> = std::iter::once(member(head)).chain(rows).collect();
                Reply::of(media_type, members.concat()).with("content-encoding", encoding)
            });
            for _ in 0..2 {
                let (done, rows) = three_pages(&server, "");
                assert_eq!((done.code, rows.len()), (Some(0), 9), "{encoding} {media_type} {}", done.stderr);
                assert!(!format!("{}{}", done.stdout, done.stderr).contains(" 0 B in"), "{}", done.stderr);
            }
        }
    }
}

#[test]
fn what_is_no_gzip_behind_a_member_is_an_error() {
    let check = |encoding: &'static str, body: Vec<u8>, words: &str| {
        let server = Server::start(move |_| {
            Reply::of("application/x-ndjson", body.clone()).with("content-encoding", encoding)
        });
        let (done, rows) = three_pages(&server, "");
        assert_eq!((done.code, rows.len()), (Some(1), 0), "{}", done.stderr);
        assert!(done.stderr.contains(words), "{}", done.stderr);
    };
    let row = member("{\"id\":1}\n");
    check(
        "gzip",
        [row.clone(), b"{\"id\":22}\n".to_vec()].concat(),
        "is not `gzip` from its first byte to its last",
    );
    check("gzip", [row.clone(), row[..20].to_vec()].concat(), "are no whole `gzip`");
    check("gzip", b"{\"id\":11}\n".to_vec(), "is not `gzip`");
    check("zstd", vec![0x28, 0xB5, 0x2F, 0xFD], "what can be read is `gzip` and `deflate`");
}

/// Three pages of CSV with one word each, in the bytes of `encode`.
fn worded(content_type: &'static str, encode: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        let page = page_of(asked);
        let rows: String = (page * 3 - 2..=page * 3).map(|id| format!("{id},é{id}\n")).collect();
        Reply::of(content_type, encode(&format!("id,x\n{rows}")))
    })
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a character of Latin-1")).collect()
}

#[test]
fn text_is_read_by_the_charset_that_is_named() {
    let words = |(done, rows): (Done, Vec<Value>)| {
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        rows.iter().map(|row| row["x"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let expected: Vec<String> = (1..=9).map(|id| format!("é{id}")).collect();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let plain = |text: &str| text.as_bytes().to_vec();
    assert_eq!(words(three_pages(&worded("text/csv; charset=ISO-8859-1", latin_1), "")), expected);
    assert_eq!(words(three_pages(&worded("text/csv; charset=utf-16", wide), "")), expected);
    assert_eq!(words(three_pages(&worded("text/csv; charset=\"UTF-8\"", plain), "")), expected);
    // The query goes before a server that is wrong.
    assert_eq!(words(three_pages(&worded("text/csv", latin_1), ", charset: latin1")), expected);
    let wrong = worded("text/csv; charset=ISO-8859-1", plain);
    assert_eq!(words(three_pages(&wrong, ", charset: utf-8")), expected);
}

#[test]
fn text_that_two_charsets_read_differently_is_an_error() {
    let check = |server: &Server, query: &str, parts: &[&str]| {
        let (done, rows) = three_pages(server, query);
        assert_eq!(rows.len(), 0, "{}", done.stderr);
        assert!(
            done.code != Some(0) && parts.iter().all(|part| done.stderr.contains(part)),
            "{}",
            done.stderr
        );
    };
    let plain = |text: &str| text.as_bytes().to_vec();
    check(&worded("text/csv", latin_1), "", &["not UTF-8: byte 7", "`charset: windows-1252`"]);
    check(
        &worded("text/csv; charset=ISO-8859-1", plain),
        "",
        &["its `Content-Type` says `ISO-8859-1`", "its bytes are UTF-8", "write `charset: utf-8` in `query`"],
    );
    check(&worded("text/csv; charset=utf-32", plain), "", &["`utf-32`, which is not known"]);
    check(&worded("text/csv", plain), ", charset: nonsense", &["the charset `nonsense` is not known"]);
}

#[test]
fn a_part_of_an_answer_is_an_error() {
    let server = |range: &'static str| {
        Server::start(move |asked| {
            let page = page_of(asked);
            let rows: String = (page * 3 - 2..=page * 3).map(|id| format!("{{\"id\":{id}}}\n")).collect();
            Reply::of("application/x-ndjson", rows).of_status(206).with("content-range", range)
        })
    };
    for range in ["bytes 0-26/100", "bytes 0-26/*", "bytes 27-53/54"] {
        let (done, rows) = three_pages(&server(range), "");
        assert_eq!((done.code, rows.len()), (Some(1), 0), "{range}: {}", done.stderr);
        assert!(
            done.stderr.contains(&format!("a part of a whole: `Content-Range: {range}`")),
            "{}",
            done.stderr
        );
    }
    for range in ["bytes 0-26/27", "items 0-2/9"] {
        let (done, rows) = three_pages(&server(range), "");
        assert_eq!((done.code, rows.len()), (Some(0), 9), "{range}: {}", done.stderr);
    }
}

#[test]
fn a_packed_file_is_unpacked_and_another_one_named() {
    for media_type in ["application/gzip", "application/x-gzip", "text/csv", "application/octet-stream"] {
        let server = Server::start(move |asked| {
            let page = page_of(asked);
            let rows = (page * 3 - 2..=page * 3).map(|id| format!("{id},\u{e9}\n")).collect::<String>();
            Reply::of(media_type, member(&format!("id,n\n{rows}")))
        });
        for query in [", decode: csv", ", decode: csv, charset: utf-8"] {
            let (done, rows) = three_pages(&server, query);
            assert_eq!((done.code, rows.len()), (Some(0), 9), "{media_type}{query} {}", done.stderr);
            assert_eq!(rows[8]["n"], "\u{e9}", "{media_type}{query}");
        }
    }
    for (body, words) in [
        (&b"PK\x03\x04\x14\x00\x06\x00\x08\x00"[..], "a ZIP archive"),
        (b"PAR1\x15\x04\x15\x00\xFF", "a Parquet file"),
        (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "a PDF"),
        (b"\x1F\x8B\x08\x00\x00", "cannot be unpacked"),
    ] {
        let server = Server::start(move |_| Reply::of("application/octet-stream", body));
        for query in [", decode: csv", ", decode: csv, charset: windows-1252", ""] {
            let (done, rows) = three_pages(&server, query);
            assert_eq!((done.code, rows.len()), (Some(1), 0), "{words}{query} {}", done.stderr);
            assert!(done.stderr.contains(words) && !done.stderr.contains("`charset:"), "{}", done.stderr);
        }
    }
}
