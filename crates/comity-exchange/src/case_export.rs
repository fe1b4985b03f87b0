//! A case in one file, for a court, a parliament or the other State's archive: the signed records of both chains, the
//! letters that name their keys, the receipts of their crossings, and the custody packages. Everything in it can be checked
//! without a node and without a network.

use crate::desk::CaseFault;
use comity_affairs::custody::{Dossier, Finding, Report, Roots};
use comity_affairs::{AffairFault, Arrived, CaseId, Event, History, Side, State, View};
use comity_border::{Decision, Ruling};
use comity_ledger::receipt::{Contents, Provisional, Receipt, Trust};
use comity_record::{
    Body, Canonical, KeyRing, Letter, Malformed, PartyCode, RecordId, RootSigned, Signed, Timestamp, Verified,
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::collections::BTreeMap;

/// A case as exported.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseExport {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The case.
    #[n(1)]
    pub case: CaseId,
    /// Who exported it.
    #[n(2)]
    pub by: PartyCode,
    /// When.
    #[n(3)]
    pub at: Timestamp,
    /// Letters, root-signed: of both parties, past ones too, and of witnesses.
    #[n(4)]
    pub letters: Vec<ByteVec>,
    /// The envelopes of the records: the request, where there is one, and every step.
    #[n(5)]
    pub records: Vec<ByteVec>,
    /// The receipts of their crossings, or provisional ones where no quorum has cosigned yet.
    #[n(6)]
    pub receipts: Vec<ByteVec>,
    /// What is carried of each custody package: a [`Dossier`].
    #[n(7)]
    pub packages: Vec<ByteVec>,
}

impl Canonical for CaseExport {
    const NAME: &'static str = "an exported case";
    const LIMIT: usize = 64 << 20;
}

/// Why an export does not show what it should.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The file is no export.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A form of a later version.
    #[error("the export has version {version}, this program reads version 1")]
    Version {
        /// The version.
        version: u16,
    },
    /// A letter is not signed by its own root.
    #[error("a letter in the export is not signed by the root that it names: {why}")]
    Letter {
        /// Why.
        why: String,
    },
    /// A party's root is another one than that of the letter that the reader trusts.
    #[error("the export gives `{party}` another root key than the letter you trust")]
    OtherRoot {
        /// The party.
        party: PartyCode,
    },
    /// A record is not signed by a key that a letter names.
    #[error("a record of the case does not verify: {why}")]
    Record {
        /// Why.
        why: String,
    },
    /// The steps are no history.
    #[error("the steps are not one history: {0}")]
    History(#[from] CaseFault),
    /// Steps are missing.
    #[error("{steps} steps follow others that are not in the export")]
    Missing {
        /// How many.
        steps: usize,
    },
    /// The request that the case names is not among the records.
    #[error("the request of the case is not in the export")]
    NoRequest,
    /// A custody package does not verify, or is of another case.
    #[error("a custody package does not verify: {why}")]
    Package {
        /// Why.
        why: String,
    },
    /// A receipt does not verify.
    #[error("the receipt of record {record} does not verify: {why}")]
    Receipt {
        /// The record, shortened.
        record: String,
        /// Why.
        why: String,
    },
}

impl ExportFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ExportFault::Malformed(fault) => fault.code(),
            ExportFault::Version { .. } => "export/version",
            ExportFault::Letter { .. } => "export/letter",
            ExportFault::OtherRoot { .. } => "export/other-root",
            ExportFault::Record { .. } => "export/record",
            ExportFault::History(fault) => fault.code(),
            ExportFault::Missing { .. } => "export/missing-steps",
            ExportFault::NoRequest => "export/no-request",
            ExportFault::Package { .. } => "export/package",
            ExportFault::Receipt { .. } => "export/receipt",
        }
    }
}

/// What an export shows.
#[derive(Clone, Debug)]
pub struct CaseReport {
    /// The case.
    pub case: CaseId,
    /// Who exported it, and when.
    pub exported: (PartyCode, Timestamp),
    /// The asking and the asked party; the latter is not known before it has taken a step.
    pub parties: (Option<PartyCode>, Option<PartyCode>),
    /// What the steps come to.
    pub view: View,
    /// Every step, in the common order.
    pub steps: Vec<StepReport>,
    /// Every record with its signature.
    pub signatures: Vec<SignatureReport>,
    /// Parties whose root was compared with a letter that the reader trusts.
    pub trusted: Vec<PartyCode>,
    /// Parties whose root stands only in the export itself.
    pub untrusted: Vec<PartyCode>,
    /// What was checked of each custody package, line by line.
    pub packages: Vec<Report>,
}

/// A step as the export shows it.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// The step.
    pub event: Event,
    /// Its record.
    pub record: RecordId,
    /// Whose it is.
    pub party: PartyCode,
    /// The state before and after.
    pub states: (State, State),
}

/// A record with its signature and the proof of its crossing.
#[derive(Clone, Debug)]
pub struct SignatureReport {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Who signed.
    pub party: PartyCode,
    /// When its author recorded it.
    pub issued: Timestamp,
    /// The key, as its thumbprint begins.
    pub key: String,
    /// The crossing, where a receipt is in the export.
    pub crossing: Option<CrossingReport>,
}

/// The proof of a crossing.
#[derive(Clone, Debug)]
pub struct CrossingReport {
    /// What the entry says: cleared or received.
    pub entry: String,
    /// When it was entered.
    pub at: Timestamp,
    /// Its number in the ledger of who exported.
    pub index: u64,
    /// Whether no quorum has cosigned yet.
    pub provisional: bool,
    /// The witnesses that cosigned.
    pub witnesses: Vec<PartyCode>,
    /// The verdict.
    pub verdict: String,
    /// The legal basis it rests on, where it needs one.
    pub basis: Option<String>,
    /// Everything it relies on.
    pub citations: Vec<String>,
}

impl CaseExport {
    /// Checks everything in the export. `trusted` are letters that the reader accepted by himself; the roots in the export
    /// must be theirs, where they are of the same party.
    pub fn check(&self, trusted: &[Letter]) -> Result<CaseReport, ExportFault> {
        self.check_with(trusted, &Roots::default())
    }

    /// The same, with roots for the time-stamps of custody packages; without one a stamp stays open.
    pub fn check_with(&self, trusted: &[Letter], roots: &Roots) -> Result<CaseReport, ExportFault> {
        if self.version != 1 {
            return Err(ExportFault::Version { version: self.version });
        }
        let letters = self.letters()?;
        let mut keys = KeyRing::default();
        letters.iter().for_each(|letter| letter.enter(&mut keys));
        let (known, unknown) = compared(&letters, trusted)?;
        let records = self.verified(&keys)?;
        let (history, order) = self.history(&records)?;
        let view = history.view();
        let named = view.request.is_none_or(|request| records.iter().any(|record| record.id() == request));
        if !named {
            return Err(ExportFault::NoRequest);
        }
        let crossings = self.crossings(&letters)?;
        Ok(CaseReport {
            case: self.case,
            exported: (self.by.clone(), self.at),
            parties: parties(&order),
            steps: steps(&view, &order),
            view,
            signatures: records.iter().map(|record| signature(record, &crossings)).collect(),
            trusted: known,
            untrusted: unknown,
            packages: self.packages(&keys, roots)?,
        })
    }

    /// Every custody package, each line of it. A line that does not hold fails the whole; one that is open is told.
    fn packages(&self, keys: &KeyRing, roots: &Roots) -> Result<Vec<Report>, ExportFault> {
        let mut reports = Vec::with_capacity(self.packages.len());
        for bytes in &self.packages {
            let report = Dossier::from_bytes(bytes)?.verify(keys, roots);
            if report.package.as_ref().is_some_and(|package| package.case != self.case) {
                return Err(ExportFault::Package { why: "it is of another case".to_owned() });
            }
            for line in &report.lines {
                if let Finding::Bad(code, why) = &line.finding {
                    return Err(ExportFault::Package { why: format!("{}: {why} [{code}]", line.what) });
                }
            }
            reports.push(report);
        }
        Ok(reports)
    }

    fn letters(&self) -> Result<Vec<Letter>, ExportFault> {
        let letter = |bytes: &ByteVec| {
            let signed: RootSigned<Letter> = RootSigned::from_bytes(bytes)?;
            signed.introduce().map_err(|fault| ExportFault::Letter { why: fault.to_string() })
        };
        self.letters.iter().map(letter).collect()
    }

    fn verified(&self, keys: &KeyRing) -> Result<Vec<Verified>, ExportFault> {
        let mut records = Vec::with_capacity(self.records.len());
        for bytes in &self.records {
            let signed = Signed::from_bytes(bytes)?;
            records
                .push(signed.verify(keys).map_err(|fault| ExportFault::Record { why: fault.to_string() })?);
        }
        Ok(records)
    }

    /// Both chains, and each step with its record and party.
    fn history(&self, records: &[Verified]) -> Result<(History, Steps), ExportFault> {
        let mut history: Option<History> = None;
        let mut order = Steps::new();
        for record in records {
            let Body::CaseEvent { version, bytes } = &record.statement().body else { continue };
            let event = Event::read(*version, bytes).map_err(CaseFault::from)?;
            let new = || History::new(self.case, event.flow, event.exercise);
            let held = history.get_or_insert_with(new);
            if let Arrived::Placed { dropped, .. } = held.arrive(event.clone()).map_err(CaseFault::from)?
                && let Some(fault) = dropped.into_iter().next()
            {
                return Err(CaseFault::from(fault).into());
            }
            let key = (event.side, event.number);
            let own = order.values().find(|(other, _, _)| other.side == event.side);
            if own.is_some_and(|(_, _, party)| party != record.origin()) {
                return Err(CaseFault::NotASide.into());
            }
            order.insert(key, (event, record.id(), record.origin().clone()));
        }
        let history = history
            .ok_or_else(|| CaseFault::from(AffairFault::Elsewhere { what: "case: it has no step" }))?;
        match history.waiting() {
            0 => Ok((history, order)),
            steps => Err(ExportFault::Missing { steps }),
        }
    }

    fn crossings(&self, letters: &[Letter]) -> Result<BTreeMap<RecordId, CrossingReport>, ExportFault> {
        let trust = Trust::new(letters.to_vec());
        let mut crossings = BTreeMap::new();
        for bytes in &self.receipts {
            let (report, contents, provisional) = match Receipt::from_bytes(bytes) {
                Ok(receipt) => (receipt.verify(&trust), receipt.contents().clone(), false),
                Err(_) => {
                    let receipt = Provisional::from_bytes(bytes)?;
                    (receipt.verify(&trust), receipt.contents().clone(), true)
                }
            };
            let report = report.map_err(|fault| ExportFault::Receipt {
                record: contents_record(&contents),
                why: fault.to_string(),
            })?;
            let decision = contents.own.decision.as_ref().and_then(|bytes| Decision::from_bytes(bytes).ok());
            let basis = decision.as_ref().and_then(|decision| basis(&decision.ruling));
            let (verdict, citations) = decision.map_or_else(
                || ("not in the receipt".to_owned(), Vec::new()),
                |decision| (decision.ruling.verdict.to_string(), decision.ruling.citations.clone()),
            );
            crossings.insert(
                report.record,
                CrossingReport {
                    entry: report.kind.as_str().to_owned(),
                    at: report.at,
                    index: report.index,
                    provisional,
                    witnesses: report.cosigned.iter().map(|one| one.witness.clone()).collect(),
                    verdict,
                    basis,
                    citations,
                },
            );
        }
        Ok(crossings)
    }
}

/// The article that a ruling relied on, or the basis that an officer named, as the ruling cites it.
fn basis(ruling: &Ruling) -> Option<String> {
    let article = ruling.considered.iter().find(|considered| considered.relied_on);
    let named = format!("{}: ", ruling.basis);
    let cited = ruling.citations.iter().find(|citation| citation.starts_with(&named));
    article.map(|one| format!("{} {}", one.instrument, one.article)).or(cited.cloned())
}

/// Steps by their places in the chains, each with its record and party.
type Steps = BTreeMap<(Side, u32), (Event, RecordId, PartyCode)>;

/// The roots of the export against those of the letters that the reader trusts.
fn compared(letters: &[Letter], trusted: &[Letter]) -> Result<(Vec<PartyCode>, Vec<PartyCode>), ExportFault> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for letter in letters {
        let own = trusted.iter().find(|own| own.party == letter.party);
        let list = match own {
            Some(own) if own.root != letter.root => {
                return Err(ExportFault::OtherRoot { party: letter.party.clone() });
            }
            Some(_) => &mut known,
            None => &mut unknown,
        };
        if !list.contains(&letter.party) {
            list.push(letter.party.clone());
        }
    }
    Ok((known, unknown))
}

fn parties(order: &Steps) -> (Option<PartyCode>, Option<PartyCode>) {
    let of =
        |side: Side| order.values().find(|(event, ..)| event.side == side).map(|(_, _, party)| party.clone());
    (of(Side::Asking), of(Side::Asked))
}

fn steps(view: &View, order: &Steps) -> Vec<StepReport> {
    let step = |line: &comity_affairs::Line| {
        let (event, record, party) = order.get(&(line.side, line.number))?;
        let states = (line.from, line.to);
        Some(StepReport { event: event.clone(), record: *record, party: party.clone(), states })
    };
    view.lines.iter().filter_map(step).collect()
}

fn signature(record: &Verified, crossings: &BTreeMap<RecordId, CrossingReport>) -> SignatureReport {
    SignatureReport {
        record: record.id(),
        kind: record.header().kind.to_string(),
        party: record.origin().clone(),
        issued: record.statement().issued,
        key: record.header().key.0.short(),
        crossing: crossings.get(&record.id()).cloned(),
    }
}

fn contents_record(contents: &Contents) -> String {
    contents.own.entry.record.map_or_else(|| "unknown".to_owned(), |record| record.0.short())
}
