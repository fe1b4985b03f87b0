//! What the fields of one record hit. The rules are those of `docs/reference/matching.md`.

use super::{Field, Record, Role};
use crate::{
    matching::{Depth, Matcher, Origin, Scanner},
    value::{self, Kind},
};
use std::{borrow::Cow, net::IpAddr};

/// How a record hits an indicator. A record counts once for each rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The name that was asked for or spoken to.
    Name,
    /// The address that began.
    Source,
    /// The address that was spoken to.
    Destination,
    /// That address with its port.
    AddressPort,
    /// The whole URL.
    Url,
    /// What a name was answered with.
    Answer,
    /// A file hash.
    Hash,
    /// A mail address.
    Mail,
    /// A value that stands somewhere else in the record.
    Text,
}

/// One rule that a record fulfils.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: Rule,
    /// The field that decided; empty where the format has no names.
    pub field: String,
    /// The value as the log has it.
    pub text: String,
    /// The chain of the indicators.
    pub head: u32,
    /// For names, whether the indicator is the whole name; true of all else.
    pub exact: bool,
}

impl Rule {
    /// Its word, in answers.
    pub fn word(self) -> &'static str {
        match self {
            Rule::Name => "name",
            Rule::Source => "source",
            Rule::Destination => "destination",
            Rule::AddressPort => "address-port",
            Rule::Url => "url",
            Rule::Answer => "answer",
            Rule::Hash => "hash",
            Rule::Mail => "mail",
            Rule::Text => "text",
        }
    }
}

/// Whether an indicator counts for something that happened at a time (milliseconds since 1970; none where the log does
/// not say).
pub type Valid<'v> = dyn Fn(Origin, Option<i64>) -> bool + 'v;

/// What judging goes by.
pub(super) struct Judge<'j> {
    pub matcher: &'j Matcher,
    pub valid: &'j Valid<'j>,
    pub scanner: &'j mut Scanner,
    pub found: Vec<Found>,
    pub time: Option<i64>,
}

impl Judge<'_> {
    pub(super) fn record(&mut self, record: &Record<'_>) {
        self.time = record.time;
        let of = |role: Role| record.fields.iter().filter(move |field| field.role == role);
        self.names(of(Role::Name).collect());
        self.urls(record);
        for field in &record.fields {
            match field.role {
                Role::Source => self.address(Rule::Source, field, &field.text),
                Role::Destination => {
                    self.address(Rule::Destination, field, &field.text);
                    self.port(field, of(Role::DestinationPort).next());
                }
                Role::Answer => {
                    field.text.split([',', ';']).for_each(|answer| self.answer(field, answer.trim()));
                }
                Role::Hash | Role::Mail | Role::Text | Role::Target => self.mentions(field),
                Role::Name | Role::Url | Role::DestinationPort | Role::Time | Role::Ignored => {}
            }
        }
    }

    fn is_open(&self, rule: Rule) -> bool {
        self.found.iter().all(|found| found.rule != rule)
    }

    fn counts(&self, head: u32) -> bool {
        self.matcher.indicators(head).any(|indicator| (self.valid)(indicator.origin, self.time))
    }

    /// Notes a hit, where the rule has none yet and the indicator counts at that time.
    fn add(&mut self, rule: Rule, field: &Field<'_>, text: &str, head: u32, exact: bool) {
        if self.is_open(rule) && self.counts(head) {
            let (field, text) = (field.name.as_ref().to_owned(), text.to_owned());
            self.found.push(Found { rule, field, text, head, exact });
        }
    }

    /// The first field that hits decides, the whole name before its parents.
    fn names(&mut self, mut fields: Vec<&Field<'_>>) {
        fields.sort_by_key(|field| field.rank);
        for field in &fields {
            self.name(Rule::Name, field, &field.text);
        }
        if self.is_open(Rule::Name) {
            // An address, where others have a name.
            fields.iter().for_each(|field| self.mentions(field));
        }
    }

    fn name(&mut self, rule: Rule, field: &Field<'_>, text: &str) {
        let name = bare_name(text);
        for hit in self.matcher.names(&name) {
            self.add(rule, field, text, hit.head, hit.depth == Depth::Exact);
        }
    }

    fn address(&mut self, rule: Rule, field: &Field<'_>, text: &str) {
        let Some(address) = address(text) else { return };
        let mut heads = Vec::new();
        self.matcher.heads_of(address, |head| heads.push(head));
        heads.into_iter().for_each(|head| self.add(rule, field, text, head, true));
    }

    fn port(&mut self, field: &Field<'_>, port: Option<&Field<'_>>) {
        let Some(port) = port.and_then(|port| value::port(&port.text)) else { return };
        let Some(address) = address(&field.text) else { return };
        if let Some(head) = self.matcher.port(address, port) {
            self.add(
                Rule::AddressPort,
                field,
                &std::net::SocketAddr::new(address, port).to_string(),
                head,
                true,
            );
        }
    }

    fn answer(&mut self, field: &Field<'_>, text: &str) {
        if address(text).is_some() {
            self.address(Rule::Answer, field, text);
        } else {
            self.name(Rule::Answer, field, text);
        }
    }

    /// Whole URLs: of one field, or of host and target.
    fn urls(&mut self, record: &Record<'_>) {
        for field in record.fields.iter().filter(|field| field.role == Role::Url) {
            self.url(field, &field.text);
            let host = value::normalise(Kind::Url, &field.text);
            let host = host.as_ref().ok().and_then(|url| value::split_url(url.text()));
            if let Some(host) = host.map(|parts| parts.host.trim_matches(['[', ']'])) {
                match address(host) {
                    Some(_) => self.address(Rule::Destination, field, host),
                    None => self.name(Rule::Name, field, host),
                }
            }
        }
        let Some(target) = record.fields.iter().find(|field| field.role == Role::Target) else { return };
        if target.text.contains("://") {
            return self.url(target, &target.text);
        }
        let host =
            record.fields.iter().filter(|field| field.role == Role::Name).min_by_key(|field| field.rank);
        if let Some(host) = host {
            let slash = if target.text.starts_with('/') { "" } else { "/" };
            // What passes a sensor in clear is of this scheme.
            self.url(target, &format!("http://{}{slash}{}", host.text, target.text));
        }
    }

    fn url(&mut self, field: &Field<'_>, text: &str) {
        let Ok(url) = value::normalise(Kind::Url, text) else { return };
        if let Some(head) = self.matcher.url(url.text()) {
            self.add(Rule::Url, field, text, head, true);
        }
    }

    /// Values that stand in a text. In fields of hashes and mail only those count under that rule.
    fn mentions(&mut self, field: &Field<'_>) {
        // Nothing that is shorter is a value.
        if field.text.len() < 4 {
            return;
        }
        let mut seen = Vec::new();
        self.matcher.mentions(self.scanner, &field.text, |mention| seen.push(mention));
        for mention in seen {
            let Some(indicator) = self.matcher.indicators(mention.head).next() else { continue };
            let before = field.text.get(..mention.at).unwrap_or_default();
            let rule = match (indicator.kind, field.role) {
                (kind, _) if kind.is_hash() && ends_with(before, "imphash=") => continue,
                (kind, _) if kind.is_hash() => Rule::Hash,
                (Kind::Email, Role::Mail) => Rule::Mail,
                _ => Rule::Text,
            };
            let text = indicator.text.to_owned();
            self.add(rule, field, &text, mention.head, mention.exact);
        }
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
}

/// A name as the rules compare it: lower case, without a port and without one dot at its end.
fn bare_name(text: &str) -> Cow<'_, str> {
    let text = match text.rsplit_once(':') {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => text,
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    if !text.is_ascii() {
        return match value::normalise(Kind::Name, text) {
            Ok(name) => Cow::Owned(name.text().to_owned()),
            Err(_) => Cow::Owned(text.to_lowercase()),
        };
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn address(text: &str) -> Option<IpAddr> {
    value::v4(text)
        .map(IpAddr::V4)
        .or_else(|| value::range(text).filter(|_| !text.contains('/')).map(|r| r.first))
}
