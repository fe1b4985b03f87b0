//! The manifest of what is given.

use super::{Digest, Sha512};
use crate::{CaseId, Condition};
use comity_record::{
    Body, Canonical, Date, Hash, Malformed, OfficerId, PartyCode, Timestamp, UnitCode,
    label::{Onward, Purpose},
};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// Under which terms personal data in an object are held (UN Convention art. 36; LED art. 4 and 5; reference, section 1.7).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PersonalTerms {
    /// What for.
    #[n(0)]
    pub purpose: Purpose,
    /// The legal basis, as a citation.
    #[n(1)]
    pub basis: String,
    /// The last day on which they may be accessed.
    #[n(2)]
    pub until: Date,
    /// Whether they may be passed on.
    #[n(3)]
    pub onward: Onward,
}

/// One object of a package.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// Its id in the package.
    #[n(0)]
    pub id: String,
    /// A file name, without path.
    #[n(1)]
    pub name: String,
    /// Media type (RFC 6838).
    #[n(2)]
    pub media_type: String,
    /// Size in bytes.
    #[n(3)]
    pub size: u64,
    /// SHA-256 of the bytes.
    #[n(4)]
    pub sha256: Hash,
    /// SHA-512 of the bytes.
    #[n(5)]
    pub sha512: Sha512,
    /// Where it comes from: a provider, a device, a system.
    #[n(6)]
    pub source: String,
    /// The selector under which it was found.
    #[n(7)]
    pub selector: String,
    /// What its times rest on, and in which zone.
    #[n(8)]
    pub time_basis: String,
    /// The tool and its version.
    #[n(9)]
    pub tool: String,
    /// Who operated it.
    #[n(10)]
    pub operator: OfficerId,
    /// Whether it may be privileged or immune: a filter team sees it first.
    #[n(11)]
    pub privileged: bool,
    /// The terms of personal data in it; absent where there are none.
    #[n(12)]
    pub personal: Option<PersonalTerms>,
}

/// A package of evidence: what one State gives another under a case.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Package {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// The giving State.
    #[n(2)]
    pub from: PartyCode,
    /// The executing unit.
    #[n(3)]
    pub unit: UnitCode,
    /// The order relied on at home.
    #[n(4)]
    pub order: String,
    /// When the package was closed.
    #[n(5)]
    pub closed: Timestamp,
    /// The objects.
    #[n(6)]
    pub items: Vec<Item>,
    /// The conditions that travel with every object.
    #[n(7)]
    pub conditions: Vec<Condition>,
    /// The head of the giver's custody chain at closing.
    #[n(8)]
    pub custody: Hash,
    /// The certificate of authenticity in the form that the asking court needs, in words.
    #[n(9)]
    pub certificate: String,
}

impl Canonical for Package {
    const NAME: &'static str = "an evidence package";
    // It travels as the body of a record.
    const LIMIT: usize = Body::LIMIT;
}

/// What is wrong with a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// It cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A version of a later program.
    #[error("the package has version {version}, this program reads version 1")]
    Version {
        /// The version.
        version: u16,
    },
    /// Nothing in it, or too much.
    #[error("a package has 1 to 10000 objects, this one has {count}")]
    Count {
        /// How many.
        count: usize,
    },
    /// An id stands twice, or a name is not one.
    #[error("object `{id}`: {why}")]
    Item {
        /// The object.
        id: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl PackageFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            PackageFault::Malformed(malformed) => malformed.code(),
            PackageFault::Version { .. } => "evidence/version",
            PackageFault::Count { .. } => "evidence/count",
            PackageFault::Item { .. } => "evidence/item",
        }
    }
}

impl Package {
    /// Reads a manifest from the body of a record and checks it.
    pub fn read(bytes: &[u8]) -> Result<Package, PackageFault> {
        let package = Package::from_bytes(bytes)?;
        package.check()?;
        Ok(package)
    }

    /// The object that an id, a name or the first digits of its SHA-256 mean; none where several fit.
    pub fn find(&self, text: &str) -> Option<(usize, &Item)> {
        let digits = text.len() >= 8;
        let fits = |item: &Item| {
            item.id == text || item.name == text || (digits && item.sha256.to_string().starts_with(text))
        };
        let mut found = self.items.iter().enumerate().filter(|(_, item)| fits(item));
        found.next().filter(|_| found.next().is_none())
    }

    /// Whether the manifest is sound by itself.
    pub fn check(&self) -> Result<(), PackageFault> {
        if self.version != 1 {
            return Err(PackageFault::Version { version: self.version });
        }
        if self.items.is_empty() || self.items.len() > 10_000 {
            return Err(PackageFault::Count { count: self.items.len() });
        }
        let mut ids = BTreeSet::new();
        for item in &self.items {
            let fault = |why| Err(PackageFault::Item { id: item.id.clone(), why });
            if !ids.insert(item.id.as_str()) {
                return fault("the id stands twice");
            }
            let is_name = !item.name.is_empty()
                && !item.name.contains(['/', '\\', '\0'])
                && !item.name.starts_with('.');
            if !is_name {
                return fault("its name is not a plain file name");
            }
            if [&item.source, &item.selector, &item.time_basis, &item.tool]
                .iter()
                .any(|text| text.trim().is_empty())
            {
                return fault("source, selector, time basis and tool must be stated");
            }
            if item.personal.as_ref().is_some_and(|terms| terms.basis.trim().is_empty()) {
                return fault("personal data need a legal basis");
            }
        }
        Ok(())
    }
}

/// What came of an object, hashed by whoever received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The object's id.
    pub id: String,
    /// Its size and hashes.
    pub found: (u64, Hash, Sha512),
}

impl Piece {
    /// Of bytes that are at hand.
    pub fn of(id: &str, bytes: &[u8]) -> Piece {
        let mut digest = Digest::new();
        digest.update(bytes);
        Piece { id: id.to_owned(), found: digest.finish() }
    }
}

/// Compares what came with the manifest: every defect, by object; nothing where all agrees.
pub fn check_pieces(package: &Package, pieces: &[Piece]) -> Vec<crate::Defect> {
    let mut defects = Vec::new();
    let mut defect = |object: &str, found: String| {
        defects.push(crate::Defect { object: object.to_owned(), found });
    };
    for item in &package.items {
        match pieces.iter().find(|piece| piece.id == item.id).map(|piece| piece.found) {
            None => defect(&item.id, "missing".to_owned()),
            Some((size, ..)) if size != item.size => {
                defect(&item.id, format!("{size} bytes instead of {}", item.size));
            }
            Some((_, short, long)) if short != item.sha256 || long != item.sha512 => {
                defect(&item.id, format!("another hash: SHA-256 is {short}"));
            }
            Some(_) => {}
        }
    }
    for piece in pieces.iter().filter(|piece| package.items.iter().all(|item| item.id != piece.id)) {
        defect(&piece.id, "not in the manifest".to_owned());
    }
    defects
}
