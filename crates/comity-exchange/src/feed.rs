//! Feeds: collections of other TAXII 2.1 servers that a party pulls from, or pushes to, and MISP feeds that it pulls. Where a
//! feed leads and under which rule it runs is an act of the house; its password and its cursor are the rim's.

use comity_record::{PartyCode, label::Tlp};
use minicbor::{Decode, Encode};

/// Which way objects go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Direction {
    /// From the other server to here.
    #[n(0)]
    Pull,
    /// From here to the other server.
    #[n(1)]
    Push,
}

/// What is at an address that is no collection of TAXII 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// A MISP feed: a folder with `manifest.json`, `hashes.csv` and a file for each event.
    #[n(1)]
    Misp,
    /// A MISP server, by its REST interface.
    #[n(2)]
    MispServer,
}

impl Kind {
    /// Its word, in options.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Misp => "misp",
            Kind::MispServer => "misp-server",
        }
    }
}

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Feed {
    /// Its name: small letters, digits and hyphens, at most 40.
    #[n(0)]
    pub name: String,
    /// Which way.
    #[n(1)]
    pub direction: Direction,
    /// The address of the other server's collection, of the folder of a MISP feed or of a MISP server, up to its last `/`.
    #[n(2)]
    pub address: String,
    /// The user name there; empty for none.
    #[n(3)]
    pub user: String,
    /// Pulled: the audience of objects without a TLP marking.
    #[n(4)]
    pub unmarked: Tlp,
    /// Pushed: the collection here, by its alias.
    #[n(5)]
    pub collection: String,
    /// Pushed: the party whose server it is. For another party only what the border has cleared for it is pushed.
    #[n(6)]
    pub to: Option<PartyCode>,
    /// Minutes between two runs; 0 for none but those that a person asks for.
    #[n(7)]
    pub minutes: u32,
    /// What is there; none for a collection of TAXII 2.1.
    #[n(8)]
    pub kind: Option<Kind>,
}

/// Why there cannot be such a feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedFault {
    /// The name has other characters, or is too long.
    #[error("`{name}` is no name for a feed: small letters, digits and hyphens, at most 40, a letter first")]
    Name {
        /// The name, shortened.
        name: String,
    },
    /// The address is not one of a collection.
    #[error(
        "`{address}` is no address of a collection (`https://HOST/…/collections/ID/`), or of a MISP feed or server (`https://HOST/…/`)"
    )]
    Address {
        /// The address, shortened.
        address: String,
    },
    /// MISP is only pulled from: a feed takes nothing, and to a server nothing is pushed here.
    #[error("a MISP feed or server can be pulled from, and not pushed to")]
    PushedMisp,
    /// In clear to another machine.
    #[error("`{address}` would send a password in clear to another machine")]
    InClear {
        /// The address, shortened.
        address: String,
    },
}

impl FeedFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            FeedFault::Name { .. } => "feed/name",
            FeedFault::Address { .. } => "feed/address",
            FeedFault::PushedMisp => "feed/misp-push",
            FeedFault::InClear { .. } => "feed/in-clear",
        }
    }
}

/// An address in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken.
    pub secure: bool,
    /// The host's name or address, without brackets.
    pub host: String,
    /// Host and port as the `Host` header has them.
    pub authority: String,
    /// The port.
    pub port: u16,
    /// The path, with its last `/`.
    pub path: String,
}

impl Feed {
    /// Whether there can be such a feed.
    pub fn check(&self) -> Result<(), FeedFault> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let first = self.name.starts_with(|c: char| c.is_ascii_lowercase());
        if !first || self.name.len() > 40 || !self.name.chars().all(letters) {
            return Err(FeedFault::Name { name: self.name.chars().take(60).collect() });
        }
        if self.kind.is_some() && self.direction == Direction::Push {
            return Err(FeedFault::PushedMisp);
        }
        let address = || self.address.chars().take(200).collect::<String>();
        let target = self.target().ok_or_else(|| FeedFault::Address { address: address() })?;
        let near = matches!(target.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if target.secure || near { Ok(()) } else { Err(FeedFault::InClear { address: address() }) }
    }

    /// The address in its parts; `None` where it is none.
    pub fn target(&self) -> Option<Target> {
        let (scheme, rest) = self.address.split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.split_once('/')?;
        let plain = |byte: u8| {
            byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@' | b'"' | b'<' | b'>' | b'\\')
        };
        if authority.is_empty() || !rest.bytes().all(plain) {
            return None;
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().ok()?,
            None if secure => 443,
            None => 80,
        };
        let slash = if path.is_empty() || path.ends_with('/') { "" } else { "/" };
        let path = format!("/{path}{slash}");
        (self.kind.is_some() || path.contains("/collections/")).then(|| Target {
            secure,
            host: host.to_owned(),
            authority: authority.to_owned(),
            port,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(name: &str, address: &str) -> Feed {
        Feed {
            name: name.to_owned(),
            direction: Direction::Pull,
            address: address.to_owned(),
            user: String::new(),
            unmarked: Tlp::Green,
            collection: String::new(),
            to: None,
            minutes: 0,
            kind: None,
        }
    }

    #[test]
    fn addresses_are_taken_apart_and_passwords_do_not_go_in_clear() {
        let target = feed("a", "https://taxii.example:8443/api/collections/1").target().unwrap();
        assert_eq!((target.secure, target.host.as_str(), target.port), (true, "taxii.example", 8443));
        assert_eq!(
            (target.path.as_str(), target.authority.as_str()),
            ("/api/collections/1/", "taxii.example:8443")
        );
        let target = feed("a", "http://[::1]:80/collections/1/").target().unwrap();
        assert_eq!((target.host.as_str(), target.port), ("::1", 80));
        for (name, address, code) in [
            ("a", "https://taxii.example/api/collections/1/", None),
            ("a", "http://localhost/collections/1/", None),
            ("A b", "https://taxii.example/api/collections/1/", Some("feed/name")),
            ("a", "ftp://taxii.example/collections/1/", Some("feed/address")),
            ("a", "https://taxii.example/api/", Some("feed/address")),
            ("a", "https://user@taxii.example/collections/1/", Some("feed/address")),
            ("a", "https://taxii.example/collections/1/?x", Some("feed/address")),
            ("a", "https://taxii.example:x/collections/1/", Some("feed/address")),
            ("a", "http://taxii.example/collections/1/", Some("feed/in-clear")),
        ] {
            assert_eq!(feed(name, address).check().err().map(|fault| fault.code()), code, "{address}");
        }
    }

    #[test]
    fn a_misp_feed_is_a_folder_and_is_only_pulled() {
        let misp = |address: &str| Feed { kind: Some(Kind::Misp), ..feed("a", address) };
        assert_eq!(misp("https://misp.example/feed-osint").target().unwrap().path, "/feed-osint/");
        assert_eq!(misp("https://misp.example/").target().unwrap().path, "/");
        let pushed = Feed { direction: Direction::Push, ..misp("https://misp.example/feed/") };
        assert_eq!(pushed.check().unwrap_err().code(), "feed/misp-push");
        assert_eq!(misp("http://misp.example/feed/").check().unwrap_err().code(), "feed/in-clear");
    }

    #[test]
    fn an_act_from_before_there_were_misp_feeds_reads_and_writes_as_it_was() {
        let old = feed("a", "https://taxii.example/collections/1/");
        let bytes = minicbor::to_vec(&old).unwrap();
        // A map of the eight members that there were (RFC 8949 section 3.1: major type 5).
        assert_eq!(bytes.first(), Some(&0xa7), "without `to`, which is none");
        assert_eq!(minicbor::decode::<Feed>(&bytes).unwrap(), old);
    }
}
