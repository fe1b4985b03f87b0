//! Which relationships the standard suggests between which types (STIX 2.1 section 5.1 and appendix B; 2.0 part 2
//! section 3.1). Others are allowed; they are only advised against.

use crate::SpecVersion;

/// How a relationship stands to the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Suggested, or about a custom type, for which there is no suggestion.
    Suggested,
    /// The source has no such relationship.
    Verb,
    /// The relationship does not lead to this target.
    Target,
}

/// Relationships that all types have.
const COMMON: &[&str] = &["derived-from", "duplicate-of", "related-to"];

/// How a relationship stands to the matrix of an edition.
pub(crate) fn fit(source: &str, verb: &str, target: &str, version: SpecVersion) -> Fit {
    let custom = |name: &str| super::rule(name).is_none();
    if COMMON.contains(&verb) || custom(source) || custom(target) {
        return Fit::Suggested;
    }
    let matrix = if version == SpecVersion::V20 { V20 } else { V21 };
    let mut rows = matrix.iter().filter(|row| row.0 == source && row.1 == verb).peekable();
    if rows.peek().is_none() {
        return Fit::Verb;
    }
    if rows.any(|row| row.2.contains(&target)) { Fit::Suggested } else { Fit::Target }
}

type Row = (&'static str, &'static str, &'static [&'static str]);

const OBSERVABLES: &[&str] = &[
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];
const ADDRESSES: &[&str] = &["ipv4-addr", "ipv6-addr", "domain-name", "url"];
const MEANS: &[&str] = &["attack-pattern", "infrastructure", "malware", "tool"];
const VICTIMS: &[&str] = &["identity", "location", "vulnerability"];
const PLACED: &[&str] = &["location"];
const MALWARE: &[&str] = &["malware"];
const BUILT: &[&str] = &["infrastructure"];

const V21: &[Row] = &[
    ("attack-pattern", "delivers", MALWARE),
    ("attack-pattern", "targets", VICTIMS),
    ("attack-pattern", "uses", &["malware", "tool"]),
    ("campaign", "attributed-to", &["intrusion-set", "threat-actor"]),
    ("campaign", "compromises", BUILT),
    ("campaign", "originates-from", PLACED),
    ("campaign", "targets", VICTIMS),
    ("campaign", "uses", MEANS),
    ("course-of-action", "investigates", &["indicator"]),
    ("course-of-action", "mitigates", &["attack-pattern", "indicator", "malware", "tool", "vulnerability"]),
    ("course-of-action", "remediates", &["malware", "vulnerability"]),
    ("domain-name", "resolves-to", &["domain-name", "ipv4-addr", "ipv6-addr"]),
    ("identity", "located-at", PLACED),
    (
        "indicator",
        "indicates",
        &["attack-pattern", "campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool"],
    ),
    ("indicator", "based-on", &["observed-data"]),
    ("infrastructure", "communicates-with", &["infrastructure"]),
    ("infrastructure", "communicates-with", ADDRESSES),
    ("infrastructure", "consists-of", &["infrastructure", "observed-data"]),
    ("infrastructure", "consists-of", OBSERVABLES),
    ("infrastructure", "controls", &["infrastructure", "malware"]),
    ("infrastructure", "delivers", MALWARE),
    ("infrastructure", "has", &["vulnerability"]),
    ("infrastructure", "hosts", &["tool", "malware"]),
    ("infrastructure", "located-at", PLACED),
    ("infrastructure", "uses", BUILT),
    ("intrusion-set", "attributed-to", &["threat-actor"]),
    ("intrusion-set", "compromises", BUILT),
    ("intrusion-set", "hosts", BUILT),
    ("intrusion-set", "owns", BUILT),
    ("intrusion-set", "originates-from", PLACED),
    ("intrusion-set", "targets", VICTIMS),
    ("intrusion-set", "uses", MEANS),
    ("ipv4-addr", "belongs-to", &["autonomous-system"]),
    ("ipv4-addr", "resolves-to", &["mac-addr"]),
    ("ipv6-addr", "belongs-to", &["autonomous-system"]),
    ("ipv6-addr", "resolves-to", &["mac-addr"]),
    ("malware", "authored-by", &["threat-actor", "intrusion-set"]),
    ("malware", "beacons-to", BUILT),
    ("malware", "exfiltrates-to", BUILT),
    ("malware", "communicates-with", ADDRESSES),
    ("malware", "controls", MALWARE),
    ("malware", "downloads", &["malware", "tool", "file"]),
    ("malware", "drops", &["malware", "tool", "file"]),
    ("malware", "exploits", &["vulnerability"]),
    ("malware", "originates-from", PLACED),
    ("malware", "targets", &["identity", "infrastructure", "location", "vulnerability"]),
    ("malware", "uses", MEANS),
    ("malware", "variant-of", MALWARE),
    ("malware-analysis", "characterizes", MALWARE),
    ("malware-analysis", "analysis-of", MALWARE),
    ("malware-analysis", "static-analysis-of", MALWARE),
    ("malware-analysis", "dynamic-analysis-of", MALWARE),
    ("threat-actor", "attributed-to", &["identity"]),
    ("threat-actor", "compromises", BUILT),
    ("threat-actor", "hosts", BUILT),
    ("threat-actor", "owns", BUILT),
    ("threat-actor", "impersonates", &["identity"]),
    ("threat-actor", "located-at", PLACED),
    ("threat-actor", "targets", VICTIMS),
    ("threat-actor", "uses", MEANS),
    ("tool", "delivers", MALWARE),
    ("tool", "drops", MALWARE),
    ("tool", "has", &["vulnerability"]),
    ("tool", "targets", &["identity", "infrastructure", "location", "vulnerability"]),
    ("tool", "uses", BUILT),
];

const V20: &[Row] = &[
    ("attack-pattern", "targets", &["identity", "vulnerability"]),
    ("attack-pattern", "uses", &["malware", "tool"]),
    ("campaign", "attributed-to", &["intrusion-set", "threat-actor"]),
    ("campaign", "targets", &["identity", "vulnerability"]),
    ("campaign", "uses", &["attack-pattern", "malware", "tool"]),
    ("course-of-action", "mitigates", &["attack-pattern", "malware", "tool", "vulnerability"]),
    (
        "indicator",
        "indicates",
        &["attack-pattern", "campaign", "intrusion-set", "malware", "threat-actor", "tool"],
    ),
    ("intrusion-set", "attributed-to", &["threat-actor"]),
    ("intrusion-set", "targets", &["identity", "vulnerability"]),
    ("intrusion-set", "uses", &["attack-pattern", "malware", "tool"]),
    ("malware", "targets", &["identity", "vulnerability"]),
    ("malware", "uses", &["tool"]),
    ("malware", "variant-of", MALWARE),
    ("threat-actor", "attributed-to", &["identity"]),
    ("threat-actor", "impersonates", &["identity"]),
    ("threat-actor", "targets", &["identity", "vulnerability"]),
    ("threat-actor", "uses", &["attack-pattern", "malware", "tool"]),
    ("tool", "targets", &["identity", "vulnerability"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_differs_between_editions() {
        for (source, verb, target, v21, v20) in [
            ("indicator", "indicates", "malware", Fit::Suggested, Fit::Suggested),
            ("indicator", "indicates", "identity", Fit::Target, Fit::Target),
            ("indicator", "based-on", "observed-data", Fit::Suggested, Fit::Verb),
            ("infrastructure", "communicates-with", "url", Fit::Suggested, Fit::Verb),
            ("tool", "related-to", "note", Fit::Suggested, Fit::Suggested),
            ("x-thing", "eats", "tool", Fit::Suggested, Fit::Suggested),
        ] {
            let found = [SpecVersion::V21, SpecVersion::V20].map(|v| fit(source, verb, target, v));
            assert_eq!(found, [v21, v20], "{source} {verb} {target}");
        }
    }
}
