//! Packing: objects that were sealed become a package. Manifest, first custody entries and keys are one commit.

use super::{EvidenceFault, Vessel};
use crate::{
    Authored, Bodies, Desk, DeskFault, Entropy, Manuscript, draw,
    tables::{EVIDENCE, EvidenceRow, evidence_shelf},
};
use comity_affairs::custody::{self, Act, Chain, Package};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{
    Body, Canonical, Entry, EntryKind, Hash, Labels, OfficerId, PartyCode, RecordId, Timestamp, UnitCode,
};

/// Who handles evidence, where, why and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// The unit.
    pub unit: UnitCode,
    /// Who.
    pub officer: OfficerId,
    /// Where.
    pub place: String,
    /// Why.
    pub reason: String,
    /// The tool and its version; empty where none.
    pub tool: String,
}

/// What is to become a package.
#[derive(Clone, Debug)]
pub struct Packing {
    /// The manifest; its custody head is filled in here.
    pub package: Package,
    /// The sealed pieces of each object, in the manifest's order.
    pub vessels: Vec<Vessel>,
    /// The labels of the manifest's record.
    pub labels: Labels,
    /// The request that it answers.
    pub thread: Option<RecordId>,
    /// Who packs.
    pub hand: Hand,
}

impl Hand {
    /// An act of this hand; number and predecessor are filled in when it is entered.
    pub fn does(&self, party: &PartyCode, at: Timestamp, act: Act, objects: Vec<Hash>) -> custody::Entry {
        custody::Entry {
            number: 0,
            previous: None,
            party: party.clone(),
            unit: self.unit.clone(),
            officer: self.officer.clone(),
            at,
            act,
            objects,
            place: self.place.clone(),
            reason: self.reason.clone(),
            tool: self.tool.clone(),
            transfer: None,
        }
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Closes a package: durable on return, or nothing of it.
    pub async fn pack(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        packing: Packing,
    ) -> Result<Authored, EvidenceFault> {
        let Packing { mut package, vessels, labels, thread, hand } = packing;
        let objects: Vec<Hash> = package.items.iter().map(|item| item.sha256).collect();
        let acts = [Act::Collected, Act::Hashed, Act::Sealed];
        let acts: Vec<custody::Entry> =
            acts.map(|act| hand.does(&self.party, now, act, objects.clone())).into();
        // The head that closes the manifest does not depend on the record's id; the rows do.
        let mut closing = Chain::default();
        for act in acts.clone() {
            closing.write(act)?;
        }
        package.custody = closing.head().unwrap_or_default();
        package.check()?;
        let mut manuscript = Manuscript::body(labels, Body::Evidence(package.to_bytes()));
        (manuscript.unit, manuscript.officer) = (Some(hand.unit.clone()), Some(hand.officer.clone()));
        manuscript.thread = thread;
        let one = self.write_apart(now, entropy, &manuscript, &[]).await?;
        let record = one.record.id();
        let written = self.write_custody(now, entropy, record, &mut Chain::default(), acts)?;
        let mut authored = Entry::new(EntryKind::Authored, now, self.party.clone());
        authored.record = Some(record);
        let index = self.log.size();
        let mut entries = vec![(authored, draw(entropy))];
        entries.extend(written.entries);
        let mut rows = self.hold(index, vec![one], None).await?;
        rows.extend(written.rows);
        rows.push(self.shelve(record, vessels, None).await?);
        self.commit(entries, rows).await?;
        Ok(Authored { record, index })
    }

    /// The row that keeps the pieces of a package; the keys are durable when this returns.
    pub(super) async fn shelve(
        &self,
        record: RecordId,
        vessels: Vec<Vessel>,
        from: Option<PartyCode>,
    ) -> Result<Row, DeskFault> {
        let shelf = evidence_shelf(&record);
        // Part 0 is that of an envelope, and there is none on this shelf.
        let mut parts = vec![Vec::new()];
        parts.extend(vessels.iter().map(|vessel| vessel.key.to_vec()));
        let sealed = self.bodies.seal(&[(shelf, parts)]).await?.pop().unwrap_or_default();
        let keys = sealed.into_iter().skip(1).map(Into::into).collect();
        let chunks = vessels.into_iter().map(|vessel| vessel.chunks).collect();
        let row = EvidenceRow { from, chunks, keys };
        Ok(Row { table: EVIDENCE, partition: 0, key: record.0.0.to_vec(), value: row.to_bytes() })
    }
}
