//! Warning lists in the format of MISP: values that are often taken for malicious and seldom are, such as the addresses of
//! resolvers or the hash of the empty file. A hit on such a value is suppressed, shown and counted, never dropped.
//!
//! Lists of type `string` name values literally, `hostname` names and what is below them, `cidr` ranges, `substring` and
//! `regex` texts. The last two hold only for the kinds of value that the list itself names, since they misfire easily.

use crate::{
    matching::{Depth, Matcher, Origin, Secret},
    reader::brief,
    value::{self, Kind, Value},
};
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;
use std::{borrow::Cow, net::IpAddr};

/// Most bytes of one list.
pub const MAX_LIST_BYTES: usize = 64 << 20;
/// Most memory of the expressions of one list, compiled.
const MAX_REGEX_BYTES: usize = 8 << 20;

/// How a list names a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// As a string or host name, literally.
    Literally,
    /// As a name below one of its host names.
    Below,
    /// By a range.
    Range,
    /// By a part of its text.
    Part,
    /// By an expression.
    Expression,
}

impl How {
    /// Its word, in answers.
    pub fn word(self) -> &'static str {
        match self {
            How::Literally => "literally",
            How::Below => "below",
            How::Range => "range",
            How::Part => "part",
            How::Expression => "expression",
        }
    }
}

/// A list that names a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning<'w> {
    /// The name of the list.
    pub list: &'w str,
    /// How it names the value.
    pub how: How,
}

/// A list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Larger than any list.
    #[error("a warning list larger than {MAX_LIST_BYTES} bytes")]
    TooLarge,
    /// Not of the format.
    #[error("not a warning list in the format of MISP: {0}")]
    Format(String),
    /// A type of list that does not exist.
    #[error("`{0}` is no type of warning list")]
    Type(String),
    /// Expressions that cannot be used.
    #[error("a regular expression that cannot be used: {0}")]
    Expression(String),
}

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::TooLarge => "warning/too-large",
            Fault::Format(_) => "warning/format",
            Fault::Type(_) => "warning/type",
            Fault::Expression(_) => "warning/expression",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Written<'w> {
    name: String,
    #[serde(rename = "type")]
    of_type: String,
    #[serde(borrow)]
    list: Vec<Cow<'w, str>>,
    #[serde(default, borrow)]
    matching_attributes: Vec<Cow<'w, str>>,
}

/// Warning lists, ready to be asked.
#[derive(Debug)]
pub struct WarningLists {
    names: Vec<String>,
    literal: Matcher,
    /// Texts of `string` lists that are no value of another kind.
    others: std::collections::BTreeMap<Box<str>, Origin>,
    hosts: Matcher,
    ranges: Matcher,
    parts: Vec<(Origin, Vec<Kind>, Vec<Box<str>>)>,
    expressions: Vec<(Origin, Vec<Kind>, RegexSet)>,
}

impl WarningLists {
    /// None yet; the secret is that of [`Matcher::new`].
    pub fn new(secret: Secret) -> WarningLists {
        WarningLists {
            names: Vec::new(),
            literal: Matcher::new(secret, 0).with_wide_ranges(),
            others: std::collections::BTreeMap::new(),
            hosts: Matcher::new(secret, 0),
            ranges: Matcher::new(secret, 0).with_wide_ranges(),
            parts: Vec::new(),
            expressions: Vec::new(),
        }
    }

    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Takes in a list: one JSON document. Returns how many of its entries are used; one that is no value of the list's
    /// type is passed over.
    ///
    /// # Errors
    /// A document of another form leaves the lists as they were.
    pub fn add(&mut self, json: &[u8]) -> Result<usize, Fault> {
        if json.len() > MAX_LIST_BYTES {
            return Err(Fault::TooLarge);
        }
        let written: Written<'_> =
            serde_json::from_slice(json).map_err(|error| Fault::Format(brief(&error.to_string())))?;
        let number = self.names.len() as Origin;
        let used = match written.of_type.as_str() {
            "string" => written.list.iter().filter(|text| self.add_string(text, number)).count(),
            "hostname" => written.list.iter().filter(|text| self.add_host(text, number)).count(),
            "cidr" => {
                let range = |text: &&Cow<'_, str>| {
                    value::normalise(Kind::Cidr, text)
                        .is_ok_and(|value| self.ranges.insert(&value, number).is_ok())
                };
                written.list.iter().filter(range).count()
            }
            "substring" => {
                let texts: Vec<Box<str>> = written.list.iter().map(|t| t.to_lowercase().into()).collect();
                let used = texts.len();
                self.parts.push((number, kinds(&written.matching_attributes), texts));
                used
            }
            "regex" => {
                let set = expressions(&written.list)?;
                self.expressions.push((number, kinds(&written.matching_attributes), set));
                written.list.len()
            }
            other => return Err(Fault::Type(brief(other))),
        };
        self.names.push(written.name);
        Ok(used)
    }

    fn add_string(&mut self, text: &str, number: Origin) -> bool {
        let lower = text.trim().to_lowercase();
        let value = value::recognise(&lower).or_else(|| value::normalise(Kind::Name, &lower).ok());
        if value.is_some_and(|value| self.literal.insert(&value, number).is_ok()) {
            return true;
        }
        self.others.entry(lower.into()).or_insert(number);
        true
    }

    fn add_host(&mut self, text: &str, number: Origin) -> bool {
        let bare = text.trim().trim_start_matches('.');
        value::normalise(Kind::Name, bare).is_ok_and(|value| self.hosts.insert(&value, number).is_ok())
    }

    /// The list that names a value: literally before anything else. Of a URL also the host is looked up, of a mail address
    /// its domain, of an address with a port the address.
    pub fn check(&self, value: &Value) -> Option<Warning<'_>> {
        let part = part_of(value);
        let part = part.as_ref().unwrap_or(value);
        self.literally(value)
            .or_else(|| self.below(part))
            .or_else(|| self.range(part))
            .or_else(|| self.part(value))
            .or_else(|| self.expression(value))
    }

    /// The list of type `string` or `hostname` that names a value literally.
    pub fn literally(&self, value: &Value) -> Option<Warning<'_>> {
        let text = value.text();
        let head = match value.kind() {
            Kind::Name => self.literal.name(text).filter(|hit| hit.depth == Depth::Exact).map(|hit| hit.head),
            Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr => self.literal.exactly(text),
            Kind::Url => self.literal.url(text),
            Kind::Email => self.literal.mail(text),
            kind if kind.is_hash() => self.literal.file_hash(text),
            _ => None,
        };
        let named = head.and_then(|head| self.of_head(&self.literal, head, How::Literally));
        let host = || {
            let hit = (value.kind() == Kind::Name).then(|| self.hosts.name(text)).flatten();
            hit.filter(|hit| hit.depth == Depth::Exact)
                .and_then(|hit| self.of_head(&self.hosts, hit.head, How::Literally))
        };
        let other = || {
            let number = self.others.get(text.to_lowercase().as_str())?;
            self.named(*number, How::Literally)
        };
        named.or_else(host).or_else(other)
    }

    fn below(&self, value: &Value) -> Option<Warning<'_>> {
        if value.kind() != Kind::Name {
            return None;
        }
        let hit = self.hosts.name(value.text())?;
        let how = if hit.depth == Depth::Exact { How::Literally } else { How::Below };
        self.of_head(&self.hosts, hit.head, how)
    }

    fn range(&self, value: &Value) -> Option<Warning<'_>> {
        let range = value::range(value.text())?;
        let mut found = None;
        self.ranges.heads_of(range.first, |head| {
            // A range is named where a wider one holds it whole.
            let wide = self.ranges.indicators(head).any(|indicator| {
                value::range(indicator.text).is_some_and(|list| list.prefix <= range.prefix)
            });
            if wide && found.is_none() {
                found = self.of_head(&self.ranges, head, How::Range);
            }
        });
        found
    }

    fn part(&self, value: &Value) -> Option<Warning<'_>> {
        let text = value.text().to_lowercase();
        let fits = self.parts.iter().filter(|(_, kinds, _)| kinds.contains(&value.kind()));
        let mut lists = fits.filter(|(_, _, parts)| parts.iter().any(|part| text.contains(&**part)));
        lists.next().and_then(|(number, _, _)| self.named(*number, How::Part))
    }

    fn expression(&self, value: &Value) -> Option<Warning<'_>> {
        let fits = self.expressions.iter().filter(|(_, kinds, _)| kinds.contains(&value.kind()));
        let mut lists = fits.filter(|(_, _, set)| set.is_match(value.text()));
        lists.next().and_then(|(number, _, _)| self.named(*number, How::Expression))
    }

    fn of_head(&self, matcher: &Matcher, head: u32, how: How) -> Option<Warning<'_>> {
        let number = matcher.indicators(head).map(|indicator| indicator.origin).next()?;
        self.named(number, how)
    }

    fn named(&self, number: Origin, how: How) -> Option<Warning<'_>> {
        Some(Warning { list: self.names.get(number as usize)?, how })
    }
}

/// What else of a value may be on a list.
fn part_of(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Url => {
            let host = value::split_url(value.text())?.host.trim_matches(['[', ']']);
            let kind = match host.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => Kind::Ipv4,
                Ok(IpAddr::V6(_)) => Kind::Ipv6,
                Err(_) => Kind::Name,
            };
            value::normalise(kind, host).ok()
        }
        Kind::Email => value::normalise(Kind::Name, value.text().rsplit('@').next()?).ok(),
        Kind::AddressPort => {
            let address: std::net::SocketAddr = value.text().parse().ok()?;
            let kind = if address.is_ipv4() { Kind::Ipv4 } else { Kind::Ipv6 };
            value::normalise(kind, &address.ip().to_string()).ok()
        }
        _ => None,
    }
}

/// The kinds of value that MISP's types of attribute are; all, where a list names none.
fn kinds(attributes: &[Cow<'_, str>]) -> Vec<Kind> {
    if attributes.is_empty() {
        return Kind::ALL.to_vec();
    }
    let mut out = Vec::new();
    for attribute in attributes.iter().flat_map(|attribute| attribute.split('|')) {
        match attribute {
            "ip" | "ip-src" | "ip-dst" => out.extend([Kind::Ipv4, Kind::Ipv6, Kind::Cidr]),
            "port" => out.push(Kind::AddressPort),
            "domain" | "hostname" => out.push(Kind::Name),
            "url" | "uri" | "link" => out.push(Kind::Url),
            "md5" => out.push(Kind::Md5),
            "sha1" => out.push(Kind::Sha1),
            "sha256" => out.push(Kind::Sha256),
            "sha512" => out.push(Kind::Sha512),
            mail if mail.starts_with("email") || mail.ends_with("-email") => out.push(Kind::Email),
            _ => {}
        }
    }
    out
}

/// Expressions as MISP writes them: between slashes, with letters after the second.
fn expressions(list: &[Cow<'_, str>]) -> Result<RegexSet, Fault> {
    let bare = |text: &str| {
        let (inner, letters) =
            text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).unwrap_or((text, ""));
        // An escaped `@` or `/` is nothing special to the engine, which refuses to be told so.
        let inner = inner.replace("\\@", "@").replace("\\/", "/");
        if letters.contains('i') { format!("(?i){inner}") } else { inner }
    };
    RegexSetBuilder::new(list.iter().map(|text| bare(text)))
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map_err(|error| Fault::Expression(brief(&error.to_string())))
}

/// For fuzzing. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let mut lists = WarningLists::new([3; 32]);
    if lists.add(bytes).is_ok() {
        for text in ["example.org", "192.0.2.1", "a@example.org", "http://example.org/", "192.0.2.1:80"] {
            let _named = value::recognise(text).as_ref().and_then(|value| lists.check(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(of: &[(&str, &[&str])]) -> WarningLists {
        let mut lists = WarningLists::new([1; 32]);
        for (of_type, list) in of {
            let json = serde_json::json!({"name": of_type, "type": of_type, "list": list, "matching_attributes":
                if matches!(*of_type, "substring" | "regex") { vec!["email-src", "url"] } else { vec![] }});
            lists.add(json.to_string().as_bytes()).unwrap();
        }
        lists
    }

    #[test]
    fn each_type_of_list_acts_in_its_own_way() {
        let lists = lists(&[
            (
                "string",
                &["Example.ORG", "d41d8cd98f00b204e9800998ecf8427e", "192.0.2.1", "http://a.example.com/x"],
            ),
            ("hostname", &["big.example.com", ".lead.example.com"]),
            ("cidr", &["10.0.0.0/8", "224.0.0.0/4", "2001:db8::/32", "198.51.100.7"]),
            ("substring", &["mailinator"]),
            ("regex", &["/^(noc|abuse)\\@.*$/i"]),
        ]);
        for (kind, text, expected) in [
            (Kind::Name, "example.org", "string literally"),
            (Kind::Name, "x.example.org", "-"),
            (Kind::Md5, "D41D8CD98F00B204E9800998ECF8427E", "string literally"),
            (Kind::Ipv4, "192.0.2.1", "string literally"),
            (Kind::Url, "http://a.example.com/x", "string literally"),
            (Kind::Name, "big.example.com", "hostname literally"),
            (Kind::Name, "www.big.example.com", "hostname below"),
            (Kind::Name, "lead.example.com", "hostname literally"),
            (Kind::Url, "https://www.big.example.com/evil", "hostname below"),
            (Kind::Ipv4, "10.1.2.3", "cidr range"),
            (Kind::Ipv4, "239.1.2.3", "cidr range"),
            (Kind::Cidr, "10.1.0.0/16", "cidr range"),
            (Kind::Ipv6, "2001:db8::5", "cidr range"),
            (Kind::Ipv4, "198.51.100.7", "cidr range"),
            (Kind::AddressPort, "10.1.2.3:80", "cidr range"),
            (Kind::Ipv4, "198.51.100.8", "-"),
            (Kind::Email, "x@mailinator.com", "substring part"),
            (Kind::Email, "NOC@example.net", "regex expression"),
            (Kind::Name, "mailinator.com", "-"),
        ] {
            let value = value::normalise(kind, text).unwrap();
            let shown =
                lists.check(&value).map_or("-".to_owned(), |w| format!("{} {}", w.list, w.how.word()));
            assert_eq!(shown, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_and_changes_nothing() {
        let mut lists = WarningLists::new([1; 32]);
        for (json, code) in [
            ("{", "warning/format"),
            (r#"{"name":"a","type":"string"}"#, "warning/format"),
            (r#"{"name":"a","type":"other","list":[]}"#, "warning/type"),
            (r#"{"name":"a","type":"regex","list":["/(/"]}"#, "warning/expression"),
            (r#"{"name":"a","type":"regex","list":["/(a{1000}){1000}/"]}"#, "warning/expression"),
        ] {
            assert_eq!(lists.add(json.as_bytes()).unwrap_err().code(), code, "{json}");
        }
        assert!(lists.is_empty());
    }
}
