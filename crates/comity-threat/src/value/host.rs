//! The host in a value, and the names above a name.

use super::{Kind, Value, is_public_suffix, normalise, split_url};

/// The host that a value speaks of: a name, an address or a range. Of a URL it is its host, of a mail address its domain,
/// of an address with a port the address; hashes and other texts have none.
pub fn host_of(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Name | Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => Some(value.clone()),
        Kind::AddressPort => host(value.text().rsplit_once(':')?.0),
        Kind::Url => host(split_url(value.text())?.host),
        Kind::Email => host(value.text().rsplit_once('@')?.1),
        _ => None,
    }
}

fn host(text: &str) -> Option<Value> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let kind = match bare.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => Kind::Ipv4,
        Ok(std::net::IpAddr::V6(_)) => Kind::Ipv6,
        Err(_) => Kind::Name,
    };
    normalise(kind, bare).ok()
}

/// The names above a canonical name, from the nearest up; a suffix under which strangers register names is none.
pub fn names_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(above(name), |name| above(name)).take_while(|above| !is_public_suffix(above))
}

fn above(name: &str) -> Option<&str> {
    name.split_once('.').map(|(_, above)| above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::recognise;

    #[test]
    fn a_host_is_found_in_every_value_that_has_one() {
        for (text, expected) in [
            ("http://www.example.org:8080/a", Some("www.example.org")),
            ("http://[2001:db8::1]/a", Some("2001:db8::1")),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("[2001:db8::1]:53", Some("2001:db8::1")),
            ("a@mail.example.org", Some("mail.example.org")),
            ("192.0.2.0/24", Some("192.0.2.0/24")),
            ("d41d8cd98f00b204e9800998ecf8427e", None),
        ] {
            let found = host_of(&recognise(text).unwrap());
            assert_eq!(found.as_ref().map(Value::text), expected, "{text}");
        }
    }

    #[test]
    fn names_above_end_below_the_public_suffix() {
        let above = |name| names_above(name).collect::<Vec<_>>();
        assert_eq!(above("a.b.example.co.uk"), ["b.example.co.uk", "example.co.uk"]);
        assert_eq!(above("example.co.uk"), Vec::<&str>::new());
        assert_eq!(above("example"), Vec::<&str>::new());
    }
}
