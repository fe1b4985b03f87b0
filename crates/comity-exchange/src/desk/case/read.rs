//! Reading cases back: the chains of both sides from their records, in the order in which they were entered.

use super::CaseFault;
use crate::{
    Bodies,
    desk::{Desk, DeskFault},
    tables::{CASE_EVENTS, CaseRow},
};
use comity_affairs::{AffairFault, Arrived, CaseId, Event, Flow, History, Side, State};
use comity_border::{Basis, Case, Confirmation, Decision, Request, Verdict};
use comity_ledger::store::{Kv, Order, Store};
use comity_record::{Body, Canonical, CrossingId, Hash, PartyCode, RecordId, body};
use std::collections::{BTreeMap, BTreeSet};

/// A case as it is held here.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The case.
    pub case: CaseId,
    /// The other party.
    pub peer: PartyCode,
    /// Our side.
    pub side: Side,
    /// Both chains.
    pub history: History,
    /// Every step held, in the order of our ledger.
    pub entries: Vec<CaseEntry>,
    /// Steps of the other side that had waited and proved to break a rule once their turn came.
    pub dropped: Vec<(RecordId, AffairFault)>,
    /// Steps whose bodies were erased.
    pub erased: Vec<RecordId>,
}

/// A step as it is held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEntry {
    /// The step.
    pub event: Event,
    /// Its record.
    pub record: RecordId,
    /// The entry of the judgement under which it crossed.
    pub judged: u64,
    /// Whether it came from the other party.
    pub received: bool,
}

/// The judgement under which a step crossed.
#[derive(Clone, Debug)]
pub struct Crossed {
    /// Its entry.
    pub index: u64,
    /// The decision.
    pub decision: Decision,
    /// What was put to the border.
    pub request: Request,
}

impl Crossed {
    /// What it rests on, in words: the basis that was named, else the article that the border relied on.
    pub fn basis(&self) -> Option<String> {
        match &self.request.legal_basis {
            Some(Basis::Assurance { text, .. }) => Some(format!("an assurance: {text}")),
            Some(Basis::Other { name, .. }) => Some(format!("another basis: {name}")),
            Some(Basis::Emergency { danger, .. }) => Some(format!("danger to life: {danger}")),
            _ => self.article().map(|(instrument, article)| format!("{instrument} {article}")),
        }
    }

    /// The article that it rests on, where it does on one.
    pub fn article(&self) -> Option<(String, String)> {
        let relied_on = self.decision.ruling.considered.iter().find(|considered| considered.relied_on);
        match &self.request.legal_basis {
            Some(Basis::Instrument { instrument, article }) => Some((instrument.clone(), article.clone())),
            Some(_) => None,
            None => relied_on.map(|one| (one.instrument.clone(), one.article.clone())),
        }
    }
}

/// A basis that an officer names for a step, in place of that on which the case rested so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBasis {
    /// The basis; the one before where none is named.
    pub basis: Option<Basis>,
    /// Conditions of articles that the officer confirmed.
    pub confirmed: Vec<Confirmation>,
}

impl NewBasis {
    /// Has a crossing rest on it. What was confirmed for the former basis says nothing of another.
    pub fn put(&self, request: &mut Request) {
        if let Some(basis) = &self.basis {
            request.legal_basis = Some(basis.clone());
            request.confirmed.clear();
        }
        request.confirmed.extend(self.confirmed.iter().cloned());
    }
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSummary {
    /// The case.
    pub case: CaseId,
    /// The other party.
    pub peer: PartyCode,
    /// Our side.
    pub side: Side,
    /// The flow.
    pub flow: Flow,
    /// Where it stands.
    pub state: State,
    /// The asking side's reference.
    pub reference: Option<String>,
}

impl CaseFile {
    /// A case of which nothing is held yet.
    pub fn new(case: CaseId, flow: Flow, exercise: bool, peer: PartyCode, side: Side) -> CaseFile {
        let history = History::new(case, flow, exercise);
        CaseFile { case, peer, side, history, entries: Vec::new(), dropped: Vec::new(), erased: Vec::new() }
    }

    /// The record of the request, as the step that opened the case names it.
    pub fn request(&self) -> Option<RecordId> {
        self.history.view().request
    }

    /// The party that opened the case.
    pub fn asking<'a>(&'a self, own: &'a PartyCode) -> &'a PartyCode {
        if self.side == Side::Asking { own } else { &self.peer }
    }

    /// Takes in a step as it is held. What waits, waits; what proves wrong is kept apart.
    fn take(&mut self, entry: CaseEntry) {
        match self.history.arrive(entry.event.clone()) {
            Ok(Arrived::Placed { dropped, .. }) => {
                let record = entry.record;
                self.dropped.extend(dropped.into_iter().map(|fault| (record, fault)));
            }
            Ok(Arrived::Waiting | Arrived::Known) => {}
            Err(fault) => self.dropped.push((entry.record, fault)),
        }
        self.entries.push(entry);
    }
}

/// What a request asks for, in the words of the border.
pub fn case_of(request: &body::Request, asking: &PartyCode) -> Case {
    Case {
        measure: request.measure.clone(),
        offence: request.offence.clone(),
        penalty: request.penalty,
        organised: request.organised,
        asking: Some(asking.clone()),
    }
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// A case with both chains; `None` where no step of it is held.
    pub async fn case_file(&self, case: CaseId) -> Result<Option<CaseFile>, DeskFault> {
        let to = [case.0.0.as_slice(), &[0xff]].concat();
        let rows = self.store.scan(CASE_EVENTS, 0, &case.0.0, &to, 10_000, Order::Ascending).await?;
        let mut by_entry = BTreeMap::new();
        for (key, value) in rows {
            let index = key.last_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
            by_entry.insert((index, key), CaseRow::from_bytes(&value)?);
        }
        let (mut file, mut erased): (Option<CaseFile>, Vec<RecordId>) = (None, Vec::new());
        for row in by_entry.into_values() {
            let Some(event) = self.step_of(row.record).await? else {
                erased.push(row.record);
                continue;
            };
            let side = if row.received { event.side.other() } else { event.side };
            let entry = CaseEntry { event, record: row.record, judged: row.judged, received: row.received };
            let (flow, exercise) = (entry.event.flow, entry.event.exercise);
            file.get_or_insert_with(|| CaseFile::new(case, flow, exercise, row.peer, side)).take(entry);
        }
        Ok(file.map(|file| CaseFile { erased, ..file }))
    }

    /// The step that a record holds; `None` where its body was erased.
    async fn step_of(&self, record: RecordId) -> Result<Option<Event>, DeskFault> {
        let held = match self.envelope(record).await {
            Err(DeskFault::Erased { .. }) => return Ok(None),
            held => held?,
        };
        let Body::CaseEvent { version, bytes } = &held.record.statement().body else {
            return Err(DeskFault::NoRecord { record: record.0.short() });
        };
        Ok(Some(Event::read(*version, bytes).map_err(CaseFault::from)?))
    }

    /// The ids of all cases of which a step is held.
    pub async fn case_ids(&self) -> Result<BTreeSet<CaseId>, DeskFault> {
        let rows = self.rows(CASE_EVENTS, 0).await?;
        Ok(rows.iter().filter_map(|(key, _)| Hash::from_slice(key.get(..32)?).map(CaseId)).collect())
    }

    /// Every case, with where it stands.
    pub async fn cases(&self) -> Result<Vec<CaseSummary>, DeskFault> {
        let mut cases = Vec::new();
        for case in self.case_ids().await? {
            let Some(file) = self.case_file(case).await? else { continue };
            let view = file.history.view();
            cases.push(CaseSummary {
                case,
                peer: file.peer,
                side: file.side,
                flow: view.flow,
                state: view.state,
                reference: view.reference,
            });
        }
        Ok(cases)
    }

    /// The one case whose id begins with these digits, whose reference or ticket this is: sent, received or still a draft.
    pub async fn find_case(&self, wanted: &str) -> Result<CaseId, DeskFault> {
        let digits = wanted.to_lowercase();
        let mut ids = self.case_ids().await?;
        ids.extend(self.home_cases().await?);
        let by_digits = |id: &&CaseId| digits.len() >= 8 && id.to_string().starts_with(&digits);
        let mut found: Vec<CaseId> = ids.iter().filter(by_digits).copied().collect();
        if found.is_empty() {
            for id in ids {
                let view = self.case_file(id).await?.map(|file| file.history.view());
                let named = view.is_some_and(|view| {
                    view.reference.as_deref() == Some(wanted) || view.ticket.as_deref() == Some(wanted)
                });
                let drafted = self.home_of(id).await?.draft;
                let drafted = drafted.and_then(|draft| draft.fields.get("reference").cloned());
                if named || drafted.as_deref() == Some(wanted) {
                    found.push(id);
                }
            }
        }
        let digits: String = wanted.chars().take(40).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(CaseFault::None { digits }.into()),
            _ => Err(CaseFault::Several { digits }.into()),
        }
    }

    /// The judgement under which a step crossed: that of its taking, or a later one where it was put to the border again.
    pub async fn crossed(&self, file: &CaseFile, entry: &CaseEntry) -> Result<Option<Crossed>, DeskFault> {
        let first = self.decision(entry.judged).await?;
        let Some((_, decision, request)) = first else { return Ok(None) };
        let found = Crossed { index: entry.judged, decision, request };
        if entry.received {
            return Ok(Some(found));
        }
        let crossing = CrossingId::of(&entry.record, &self.party, &file.peer);
        for index in self.crossing_entries(&crossing).await?.into_iter().rev() {
            if index <= entry.judged {
                break;
            }
            if let Some((_, decision, request)) = self.decision(index).await?
                && decision.ruling.verdict == Verdict::Cleared
            {
                return Ok(Some(Crossed { index, decision, request }));
            }
        }
        Ok(Some(found))
    }

    /// The judgement of the step that crossed last, on whose basis the case rests now.
    pub async fn case_basis(&self, file: &CaseFile) -> Result<Option<Crossed>, DeskFault> {
        let mut newest: Option<Crossed> = None;
        for received in [true, false] {
            let Some(last) = file.entries.iter().rev().find(|entry| entry.received == received) else {
                continue;
            };
            let crossed = self.crossed(file, last).await?;
            newest = newest.into_iter().chain(crossed).max_by_key(|one| one.index);
        }
        Ok(newest)
    }

    /// The crossing under which our next step in a case goes out: purpose and addressed unit as those of the case, the basis
    /// that of the step that crossed last. The sending unit is for the caller to name.
    pub async fn case_request(&self, file: &CaseFile) -> Result<Option<Request>, DeskFault> {
        let Some(last) = file.entries.iter().rev().find(|entry| entry.received).or(file.entries.last())
        else {
            return Ok(None);
        };
        let Some(crossed) = self.crossed(file, last).await? else { return Ok(None) };
        let Some(newest) = self.case_basis(file).await? else { return Ok(None) };
        let request = crossed.request;
        // A step of our own that was given back came from them.
        let ours = request.from == self.party;
        let addressed = if ours { request.receiver_unit.clone() } else { request.sender_unit.clone() };
        Ok(Some(Request {
            legal_basis: newest.request.legal_basis,
            confirmed: newest.request.confirmed,
            from: self.party.clone(),
            to: file.peer.clone(),
            sender_unit: None,
            receiver_unit: addressed,
            direction: comity_border::Direction::Sending,
            attribution_release: None,
            sovereign_release: None,
            ..request
        }))
    }
}
