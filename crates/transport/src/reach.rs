//! From where an address can be reached, and where the words of a server may lead: a redirect, or the link to a next page.
//!
//! Whoever runs a public server must not choose what is asked of this machine or of the network that it stands in: what a
//! service there answers would become rows, and go back as a cursor. Addresses count and not names, which anybody may let
//! lead anywhere, at another time elsewhere.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::safety::is_loopback;

/// From where an address can be reached; what a server says leads to no lesser one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// From this machine alone. What this machine says, and what the user writes, may lead anywhere.
    #[default]
    Loopback,
    /// From a network of one's own.
    Private,
    /// From everywhere.
    Public,
}

impl Reach {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match address.segments() {
                // The gateway of RFC 6052 asks the IPv4 address that is in it.
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    let [a, b] = high.to_be_bytes();
                    let [c, d] = low.to_be_bytes();
                    Self::of_v4(Ipv4Addr::new(a, b, c, d))
                }
                _ if address.is_loopback() || address.is_unspecified() => Self::Loopback,
                // Unique local addresses, link-local ones and multicast.
                [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first >= 0xff00 => {
                    Self::Private
                }
                _ => Self::Public,
            },
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, ..] = address.octets();
        let is_shared = first == 100 && second & 0b1100_0000 == 0b0100_0000;
        // `0.0.0.0` is this machine to those who connect to it.
        if address.is_loopback() || first == 0 {
            Self::Loopback
        } else if address.is_private() || address.is_link_local() || is_shared || first >= 224 {
            Self::Private
        } else {
            Self::Public
        }
    }

    /// That of an URL whose host is an address, or a name of this machine.
    pub(crate) fn of_url(url: &Url) -> Option<Self> {
        match url.host()? {
            _ if is_loopback(url) => Some(Self::Loopback),
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(Self::of(address.into())),
            Host::Ipv6(address) => Some(Self::of(address.into())),
        }
    }
}

/// Something that a server has led to, and must not lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutOfReach {
    pub(crate) host: String,
    pub(crate) reach: Reach,
}

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.reach {
            Reach::Loopback => "this machine",
            _ => "a private network",
        };
        write!(
            f,
            "`{}` is an address of {whose}, and a server elsewhere leads there; if that is meant, ask that address itself",
            self.host
        )
    }
}

impl std::error::Error for OutOfReach {}

/// Resolves names as the system does, and gives no address of lesser reach than `from`.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    pub(crate) from: Reach,
    /// The proxy, which may stand anywhere.
    pub(crate) proxy: Option<String>,
    pub(crate) resolved: Resolved,
}

/// The addresses that names had.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolved(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(resolver.allowed(name, found)?.into_iter()) as Addrs)
        })
    }
}

impl Resolver {
    fn allowed(&self, name: String, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, OutOfReach> {
        // Names of this machine come here only as those of a proxy.
        let is_proxy = self.proxy.as_ref() == Some(&name) || name.eq_ignore_ascii_case("localhost");
        let least = found.iter().map(|address| Reach::of(address.ip())).min();
        let allowed: Vec<SocketAddr> =
            found.into_iter().filter(|address| is_proxy || Reach::of(address.ip()) >= self.from).collect();
        match least {
            Some(reach) if allowed.is_empty() => Err(OutOfReach { host: name, reach }),
            _ => {
                let addresses = allowed.iter().map(SocketAddr::ip).collect();
                self.resolved.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, addresses);
                Ok(allowed)
            }
        }
    }
}

impl Resolved {
    /// From where `url` can be reached, which was answered by `remote`. A proxy resolves names itself, and is not that server:
    /// then it is taken for one of a private network.
    pub(crate) fn reach(&self, url: &Url, remote: Option<SocketAddr>) -> Reach {
        if let Some(reach) = Reach::of_url(url) {
            return reach;
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = url.host_str().and_then(|host| known.get(host));
        match (remote.map(|remote| remote.ip()), own) {
            (Some(remote), Some(own)) if own.contains(&remote) => Reach::of(remote),
            _ => Reach::Private,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_can_be_reached_from_everywhere_or_not() {
        use Reach::{Loopback, Private, Public};
        for (address, expected) in [
            ("127.0.0.1", Loopback),
            ("127.9.9.9", Loopback),
            ("0.0.0.0", Loopback),
            ("::1", Loopback),
            ("::", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("64:ff9b::7f00:1", Loopback),
            ("10.1.2.3", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.0.1", Private),
            ("169.254.169.254", Private),
            ("100.64.0.1", Private),
            ("::ffff:10.0.0.1", Private),
            ("64:ff9b::a00:1", Private),
            ("fd00::1", Private),
            ("fe80::1", Private),
            ("ff02::1", Private),
            ("255.255.255.255", Private),
            ("8.8.8.8", Public),
            ("172.32.0.1", Public),
            ("100.128.0.1", Public),
            ("2606:4700::1111", Public),
            ("64:ff9b::808:808", Public),
        ] {
            assert_eq!(Reach::of(address.parse().unwrap()), expected, "{address}");
        }
        for (url, expected) in [
            ("http://localhost:1/", Some(Loopback)),
            ("http://a.localhost/", Some(Loopback)),
            ("https://0x7f.1/", Some(Loopback)),
            ("https://2130706433/", Some(Loopback)),
            ("https://[::ffff:7f00:1]/", Some(Loopback)),
            ("https://10.0.0.1/", Some(Private)),
            ("https://8.8.8.8/", Some(Public)),
            ("https://jira.example.com/", None),
        ] {
            assert_eq!(Reach::of_url(&url.parse().unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn a_name_gives_the_addresses_that_a_server_may_lead_to() {
        let resolver = |from| {
            let proxy = Some("proxy.corp".to_owned());
            Resolver { from, proxy, resolved: Resolved::default() }
        };
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443)).collect()
        };
        let allowed = |from, name: &str, found: &[&str]| {
            let allowed = resolver(from).allowed(name.to_owned(), addresses(found));
            allowed
                .map(|found| found.iter().map(|found| found.ip().to_string()).collect::<Vec<_>>().join(" "))
        };
        let all = ["127.0.0.1", "10.0.0.1", "8.8.8.8"];
        assert_eq!(allowed(Reach::Loopback, "a.test", &all).unwrap(), "127.0.0.1 10.0.0.1 8.8.8.8");
        assert_eq!(allowed(Reach::Private, "a.test", &all).unwrap(), "10.0.0.1 8.8.8.8");
        assert_eq!(allowed(Reach::Public, "a.test", &all).unwrap(), "8.8.8.8");
        assert_eq!(allowed(Reach::Public, "proxy.corp", &all[..2]).unwrap(), "127.0.0.1 10.0.0.1");
        let refused = allowed(Reach::Public, "a.test", &all[..2]).unwrap_err();
        assert_eq!(refused, OutOfReach { host: "a.test".to_owned(), reach: Reach::Loopback });
        assert!(refused.to_string().contains("`a.test` is an address of this machine"), "{refused}");
        assert!(allowed(Reach::Private, "a.test", &["127.0.0.1"]).is_err());
        assert_eq!(allowed(Reach::Public, "a.test", &[]).unwrap(), "");
    }

    #[test]
    fn who_answers_through_a_proxy_is_not_known() {
        let resolver = Resolver { from: Reach::Loopback, proxy: None, resolved: Resolved::default() };
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        resolver.allowed("a.test".to_owned(), vec![address("8.8.8.8")]).unwrap();
        let reach = |url: &str, remote| resolver.resolved.reach(&url.parse().unwrap(), remote);
        assert_eq!(reach("https://a.test/", Some(address("8.8.8.8"))), Reach::Public);
        assert_eq!(reach("https://a.test/", Some(address("127.0.0.1"))), Reach::Private);
        assert_eq!(reach("https://b.test/", Some(address("10.0.0.1"))), Reach::Private);
        assert_eq!(reach("https://8.8.4.4/", None), Reach::Public);
    }
}
