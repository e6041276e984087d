//! Where a request may go at all.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether the address is this machine: `localhost`, `127.0.0.0/8` or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            // RFC 6761 §6.3: names below `localhost` are loopback too.
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// Whether nobody on the way can read what is sent: https, or a server on this machine.
pub fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        let check = |url: &str, expected: bool| {
            assert_eq!(is_private(&url.parse().unwrap()), expected, "{url}");
        };
        check("https://example.com/", true);
        check("http://example.com/", false);
        check("http://localhost:8080/", true);
        check("http://api.localhost/", true);
        check("http://127.1.2.3/", true);
        check("http://[::1]:1/", true);
        check("http://localhost.example.com/", false);
        check("http://192.168.0.1/", false);
        check("file:///etc/passwd", false);
    }
}
