//! Which crate may depend on which. The table is the one of `ARCHITECTURE.md`; an edge outside of it fails.

use crate::{
    manifest::{self, CrateManifest},
    report::Outcome,
    tree,
};
use std::{fs, io, path::Path};

/// One crate's place in the house.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The crate.
    pub name: &'static str,
    /// Crates of ours it may depend on.
    pub ours: &'static [&'static str],
    /// Whether it is pure: it must not be able to reach I/O, clock, network or SQL.
    pub kind: Kind,
}

/// Whether a crate belongs to the pure centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No I/O, clock, environment or randomness.
    Pure,
    /// The rim, and what stands beside.
    Rim,
}

const ALL: &[&str] = &[
    "comity-record",
    "comity-law",
    "comity-ledger",
    "comity-scan",
    "comity-heap",
    "comity-threat",
    "comity-border",
    "comity-affairs",
    "comity-exchange",
    "comity-store",
    "comity-node",
];

/// The allowed edges.
pub const HOUSE: &[Place] = &[
    Place { name: "comity-record", ours: &[], kind: Kind::Pure },
    Place { name: "comity-law", ours: &["comity-record"], kind: Kind::Pure },
    Place { name: "comity-ledger", ours: &["comity-record"], kind: Kind::Pure },
    Place { name: "comity-scan", ours: &[], kind: Kind::Pure },
    Place { name: "comity-threat", ours: &["comity-record", "comity-scan"], kind: Kind::Pure },
    Place { name: "comity-border", ours: &["comity-record", "comity-law"], kind: Kind::Pure },
    Place { name: "comity-affairs", ours: &["comity-record", "comity-law"], kind: Kind::Pure },
    Place {
        name: "comity-exchange",
        ours: &[
            "comity-record",
            "comity-law",
            "comity-ledger",
            "comity-border",
            "comity-threat",
            "comity-affairs",
        ],
        kind: Kind::Pure,
    },
    Place { name: "comity-heap", ours: &[], kind: Kind::Rim },
    Place { name: "comity-store", ours: &["comity-record", "comity-ledger"], kind: Kind::Rim },
    Place {
        name: "comity-node",
        ours: &[
            "comity-record",
            "comity-law",
            "comity-ledger",
            "comity-threat",
            "comity-border",
            "comity-affairs",
            "comity-exchange",
            "comity-store",
        ],
        kind: Kind::Rim,
    },
    Place {
        name: "comity",
        ours: &[
            "comity-heap",
            "comity-node",
            "comity-record",
            "comity-law",
            "comity-ledger",
            "comity-border",
            "comity-affairs",
            "comity-exchange",
        ],
        kind: Kind::Rim,
    },
    Place { name: "comity-testing", ours: ALL, kind: Kind::Rim },
    Place { name: "comity-bench", ours: ALL, kind: Kind::Rim },
    Place { name: "xtask", ours: &[], kind: Kind::Rim },
];

/// What a pure crate may depend on beside ours: libraries that compute and do nothing else.
const PURE_LIBRARIES: &[&str] = &[
    "aho-corasick",
    "aws-lc-rs",
    "base64",
    // Compiles rules of YARA. It could read a file that a rule includes: such a rule is refused before, and includes are off.
    "boreal",
    "boreal-parser",
    "cedar-policy",
    // DER, CMS and certificates of time-stamps: types and parsers, no I/O.
    "cms",
    "csv",
    // The group under voprf; arithmetic alone.
    "curve25519-dalek",
    "der",
    "form_urlencoded",
    "idna",
    "jiff",
    "memchr",
    "miette",
    "minicbor",
    "psl",
    // Traits alone, without its feature `getrandom`: voprf takes our bytes through them.
    "rand_core",
    "regex",
    "regex-syntax",
    "rustc-hash",
    "rustls-pki-types",
    // Verifies chains at a time that it is given.
    "rustls-webpki",
    "saphyr-parser",
    "serde",
    "md-5",
    "serde_json",
    "thiserror",
    "unicode-normalization",
    "voprf",
    "zstd",
    "x509-cert",
];

/// Checks every manifest of the workspace.
pub fn check(root: &Path) -> io::Result<Outcome> {
    let mut faults = Vec::new();
    let mut edges = 0;
    let folders = tree::crates(root)?;
    for folder in &folders {
        let path = folder.join("Cargo.toml");
        match manifest::read(&fs::read_to_string(&path)?) {
            Ok(manifest) => {
                edges += manifest.normal.len() + manifest.dev.len();
                faults.extend(
                    faults_of(&manifest).into_iter().map(|f| format!("{}: {f}", tree::shown(root, &path))),
                );
            }
            Err(why) => faults.push(format!("{}: {why}", tree::shown(root, &path))),
        }
    }
    Ok(Outcome::of_check(format!("{edges} edges of {} crates against the table", folders.len()), faults))
}

fn faults_of(manifest: &CrateManifest) -> Vec<String> {
    let Some(place) = HOUSE.iter().find(|p| p.name == manifest.name) else {
        return vec![format!("`{}` has no place in the table of allowed edges", manifest.name)];
    };
    let is_ours = |name: &str| HOUSE.iter().any(|p| p.name == name);
    let mut faults = Vec::new();
    for name in &manifest.normal {
        if is_ours(name) && !place.ours.contains(&name.as_str()) {
            faults.push(format!("`{}` must not depend on `{name}`", place.name));
        }
        if !is_ours(name) && place.kind == Kind::Pure && !PURE_LIBRARIES.contains(&name.as_str()) {
            faults
                .push(format!("`{}` is pure and `{name}` is not on the list of pure libraries", place.name));
        }
    }
    for name in manifest.dev.iter().filter(|name| is_ours(name)) {
        if !place.ours.contains(&name.as_str()) && name != "comity-testing" {
            faults.push(format!("`{}` must not depend on `{name}`, not in its tests either", place.name));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, normal: &[&str], dev: &[&str]) -> Vec<String> {
        let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        faults_of(&CrateManifest { name: name.to_owned(), normal: owned(normal), dev: owned(dev) })
    }

    #[test]
    fn edges_of_the_table_are_allowed() {
        assert_eq!(
            faults("comity-border", &["comity-law", "cedar-policy"], &["proptest", "comity-testing"]),
            [""; 0]
        );
    }

    #[test]
    fn edges_outside_of_the_table_are_not() {
        for (name, normal, dev) in [
            ("comity-law", &["comity-border"][..], &[][..]),
            ("comity-law", &["tokio"], &[]),
            ("comity-record", &[], &["comity-store"]),
            ("comity-unheard", &[], &[]),
        ] {
            assert_eq!(faults(name, normal, dev).len(), 1, "{name} {normal:?} {dev:?}");
        }
    }

    #[test]
    fn the_table_has_no_circle() {
        let mut known: Vec<&str> = Vec::new();
        while known.len() < HOUSE.len() {
            let ready = |p: &&Place| !known.contains(&p.name) && p.ours.iter().all(|o| known.contains(o));
            let next: Vec<&str> = HOUSE.iter().filter(ready).map(|p| p.name).collect();
            assert!(!next.is_empty(), "a circle outside of {known:?}");
            known.extend(next);
        }
    }
}
