//! What is carried for verification beside the objects: the signed manifest, the custody record of each holder, stamps and
//! deletion statements. Verified with letters alone: no node and no network.

use super::{Chain, Entry, Package, Piece, Roots, Stamp, check_pieces};
use crate::conditions::DeletionStatement;
use comity_record::{
    AttestationFault, Attested, Body, Canonical, KeyRing, KeyRingFault, RecordId, Signed, Unverified,
};
use minicbor::{Decode, Encode, bytes::ByteVec};

/// What is carried.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dossier {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The record whose body is the manifest, as its author signed it.
    #[n(1)]
    pub record: ByteVec,
    /// The custody record of each holder, each an `Attested<Entry>`, in order.
    #[n(2)]
    pub chains: Vec<Vec<ByteVec>>,
    /// Time-stamps of the manifest.
    #[n(3)]
    pub stamps: Vec<Stamp>,
    /// Deletion statements, each an `Attested<DeletionStatement>`.
    #[n(4)]
    pub statements: Vec<ByteVec>,
}

impl Canonical for Dossier {
    const NAME: &'static str = "an evidence dossier";
    const LIMIT: usize = 64 << 20;
}

/// How one thing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Verified.
    Good,
    /// It could not be checked, for want of a letter or a root.
    Open(String),
    /// It does not hold: a stable code, and why.
    Bad(&'static str, String),
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What.
    pub what: String,
    /// How it stands.
    pub finding: Finding,
}

/// Everything that was checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The record of the manifest, where it can be read.
    pub record: Option<RecordId>,
    /// The manifest, where it can be read.
    pub package: Option<Package>,
    /// The custody records that hold, by holder.
    pub chains: Vec<Chain>,
    /// What was checked, in order.
    pub lines: Vec<Checked>,
}

impl Report {
    /// Whether everything holds and nothing was left open.
    pub fn holds(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.finding == Finding::Good)
    }

    /// Adds what was checked elsewhere.
    pub fn add(&mut self, what: impl Into<String>, finding: Finding) {
        self.lines.push(Checked { what: what.into(), finding });
    }

    /// Compares objects with the manifest, one line each.
    pub fn add_pieces(&mut self, pieces: &[Piece]) {
        let Some(package) = self.package.clone() else { return };
        let defects = check_pieces(&package, pieces);
        for item in &package.items {
            let what = format!(
                "object {} `{}`: {} bytes, SHA-256 {}, SHA-512",
                item.id, item.name, item.size, item.sha256
            );
            let defect = defects.iter().find(|defect| defect.object == item.id);
            let finding = defect.map_or(Finding::Good, |defect| {
                Finding::Bad("evidence/object-differs", defect.found.clone())
            });
            self.add(what, finding);
        }
        let known = |object: &str| package.items.iter().any(|item| item.id == object);
        for defect in defects.iter().filter(|defect| !known(&defect.object)) {
            let finding = Finding::Bad("evidence/object-differs", defect.found.clone());
            self.add(format!("object {}", defect.object), finding);
        }
    }
}

impl Dossier {
    /// Verifies everything in it with the keys of letters that are trusted.
    pub fn verify(&self, keys: &KeyRing, roots: &Roots) -> Report {
        let mut report = Report::default();
        if self.version != 1 {
            let why = format!("version {} is not read here", self.version);
            report.add("the dossier", Finding::Bad("evidence/version", why));
            return report;
        }
        self.verify_manifest(&mut report, keys);
        self.verify_chains(&mut report, keys);
        self.verify_stamps(&mut report, roots);
        self.verify_statements(&mut report, keys);
        report
    }

    fn verify_manifest(&self, report: &mut Report, keys: &KeyRing) {
        let signed = match Signed::from_bytes(&self.record) {
            Ok(signed) => signed,
            Err(why) => return report.add("the manifest", Finding::Bad(why.code(), why.to_string())),
        };
        let statement = signed.statement();
        report.record = Some(signed.id());
        let what = format!("the manifest, signed by {} on {}", statement.origin, statement.issued);
        let Body::Evidence(bytes) = &statement.body else {
            let why = "the record is no evidence manifest".to_owned();
            return report.add(what, Finding::Bad("evidence/no-manifest", why));
        };
        let package = Package::read(bytes);
        let origin = statement.origin.clone();
        let finding = match signed.verify(keys) {
            Ok(_) => Finding::Good,
            Err(Unverified::Key { why, .. }) => of_key(&why),
            Err(why) => Finding::Bad(why.code(), why.to_string()),
        };
        report.add(what, finding);
        match package {
            Ok(package) if package.from != origin => {
                let why = format!("it says that {} gives, and {origin} signed", package.from);
                report.add("the manifest's giver", Finding::Bad("evidence/other-giver", why));
            }
            Ok(package) => report.package = Some(package),
            Err(why) => report.add("the manifest's form", Finding::Bad(why.code(), why.to_string())),
        }
    }

    fn verify_chains(&self, report: &mut Report, keys: &KeyRing) {
        for signed in &self.chains {
            let chain = verify_chain(report, signed, keys);
            report.chains.push(chain);
        }
        let Some(package) = report.package.clone() else { return };
        let giver = report.chains.iter().find(|chain| chain.holder() == Some(&package.from)).cloned();
        let closed = giver.as_ref().is_some_and(|chain| chain.has_head(&package.custody));
        report.add(
            "the custody record that the manifest closes with",
            match closed {
                true => Finding::Good,
                false => Finding::Bad(
                    "evidence/chains-not-joined",
                    format!("the record of {} has no such head", package.from),
                ),
            },
        );
        let Some(giver) = giver else { return };
        for receiver in report.chains.clone().iter().filter(|chain| chain.holder() != giver.holder()) {
            let Some(holder) = receiver.holder() else { continue };
            let finding = match giver.joins(receiver) {
                Ok(()) => Finding::Good,
                // A transfer that the giver has not closed yet is no contradiction.
                Err(_) if !giver.handed_to(holder) => {
                    Finding::Open("the giver has not entered the transfer in this copy".to_owned())
                }
                Err(why) => Finding::Bad(why.code(), why.to_string()),
            };
            report.add(format!("the transfer from {} to {holder}, signed by both", package.from), finding);
        }
    }

    fn verify_stamps(&self, report: &mut Report, roots: &Roots) {
        let Some(record) = report.record else { return };
        for stamp in &self.stamps {
            let (what, finding) = match stamp.verify(&record.0, roots) {
                Ok(found) => {
                    let what = format!("time-stamp of `{}`: {} by {}", stamp.service, found.at, found.signer);
                    (what, Finding::Good)
                }
                Err(why @ super::StampFault::NoRoots) => {
                    (format!("time-stamp of `{}`", stamp.service), Finding::Open(why.to_string()))
                }
                Err(why) => {
                    (format!("time-stamp of `{}`", stamp.service), Finding::Bad(why.code(), why.to_string()))
                }
            };
            report.add(what, finding);
        }
    }

    fn verify_statements(&self, report: &mut Report, keys: &KeyRing) {
        for bytes in &self.statements {
            let statement = match Attested::<DeletionStatement>::from_bytes(bytes) {
                Ok(statement) => statement,
                Err(why) => {
                    report.add("a deletion statement", Finding::Bad(why.code(), why.to_string()));
                    continue;
                }
            };
            let said = statement.claimed();
            let objects = said.deletion.objects.len();
            let what =
                format!("deletion of {objects} objects stated by {} on {}", said.from, said.deletion.at);
            let finding = match statement.verify(keys) {
                Ok(said) if Some(said.record) != report.record => {
                    Finding::Bad("evidence/statement-other", "it is about another record".to_owned())
                }
                Ok(_) => Finding::Good,
                Err(why) => of_attestation(&why),
            };
            report.add(what, finding);
        }
    }
}

/// One line for each entry; the chain as far as it holds.
fn verify_chain(report: &mut Report, signed: &[ByteVec], keys: &KeyRing) -> Chain {
    let mut chain = Chain::default();
    for bytes in signed {
        let entry = match Attested::<Entry>::from_bytes(bytes) {
            Ok(entry) => entry,
            Err(why) => {
                report.add("a custody entry", Finding::Bad(why.code(), why.to_string()));
                return chain;
            }
        };
        let said = entry.claimed().clone();
        let what = format!(
            "custody {} of {}: {} objects {} on {} by {} of {}",
            said.number,
            said.party,
            said.objects.len(),
            said.act,
            said.at,
            said.officer,
            said.unit
        );
        let signature = entry.verify(keys).map(drop);
        if let Err(why) = chain.add(said) {
            report.add(what, Finding::Bad(why.code(), why.to_string()));
            return chain;
        }
        report.add(what, signature.map_or_else(|why| of_attestation(&why), |()| Finding::Good));
    }
    chain
}

fn of_attestation(why: &AttestationFault) -> Finding {
    match why {
        AttestationFault::Key(why) => of_key(why),
        AttestationFault::Signature { .. } => Finding::Bad(why.code(), why.to_string()),
    }
}

/// A key of which no trusted letter tells leaves the question open; one that was revoked or not valid answers it.
fn of_key(why: &KeyRingFault) -> Finding {
    match why {
        KeyRingFault::Unknown { .. } => Finding::Open(format!("{why}; give a letter with --trust")),
        _ => Finding::Bad(why.code(), why.to_string()),
    }
}
