//! A browser small enough to read: one request, no redirects followed.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// What a page answered.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) status: u16,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// What it sets.
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
}

/// Opens `url`, which must be `http://HOST:PORT/…`.
pub(crate) fn open(url: &str) -> Visit {
    ask("GET", url, "")
}

/// Sends a request without a body; `headers` are whole lines, each with its end.
pub(crate) fn ask(method: &str, url: &str, headers: &str) -> Visit {
    send(method, url, headers, "")
}

/// The same with a body.
pub(crate) fn send(method: &str, url: &str, headers: &str, body: &str) -> Visit {
    let rest = url.strip_prefix("http://").expect("a server on this machine");
    let slash = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(slash);
    let mut stream = TcpStream::connect(authority).expect("it listens");
    let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let host = if headers.contains("Host: ") { String::new() } else { format!("Host: {authority}\r\n") };
    let head = format!("{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n");
    write!(stream, "{head}{length}{headers}\r\n{body}").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
        })
    };
    let (location, cookie) = (header("location"), header("set-cookie"));
    Visit { status, location, cookie, body: body.to_owned() }
}

/// A port that nobody listens at right now.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
