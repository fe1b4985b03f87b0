//! The verification of a receipt, step by step; each step leaves a sentence.

use super::{
    Contents, Part, ReceiptFault, RecordPart,
    trust::{Letters, Trust},
};
use crate::{
    checkpoint::{Checkpoint, CheckpointFault, SignedCheckpoint},
    cosignature::Strength,
    equivocation::verify_any,
    proof::verify_inclusion,
    quorum::Met,
    tree::{TreeHead, commitment_leaf},
};
use comity_record::{
    CrossingId, Entry, EntryKind, Hash, KeyRing, PartyCode, RecordId, Signed, Timestamp, sha256,
};
use std::collections::BTreeSet;

/// What a verified receipt proves.
#[derive(Clone, Debug)]
pub struct ReceiptReport {
    /// The crossing.
    pub crossing: CrossingId,
    /// The record.
    pub record: RecordId,
    /// The sender.
    pub from: PartyCode,
    /// The receiver.
    pub to: PartyCode,
    /// What the issuing node entered.
    pub kind: EntryKind,
    /// When, by the issuing node's record.
    pub at: Timestamp,
    /// The index of the entry in the issuing node's log.
    pub index: u64,
    /// The head under which it was proven.
    pub head: TreeHead,
    /// When the log says it signed that head.
    pub stated: Timestamp,
    /// The cosignatures that verified.
    pub cosigned: Vec<Cosigned>,
    /// How the quorum was met; `None` where it was not.
    pub quorum: Option<Met>,
    /// What the other node entered, where its twin entry is enclosed.
    pub twin: Option<EntryKind>,
    /// The acknowledgement enclosed, which the caller reads with `keys`.
    pub acknowledgement: Option<Vec<u8>>,
    /// The keys that the letters gave.
    pub keys: KeyRing,
    /// Everything that was checked, in plain sentences.
    pub checked: Vec<String>,
    /// Everything that could not be checked from this receipt, in plain sentences.
    pub unchecked: Vec<String>,
}

/// A verified cosignature on the issuing node's checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness.
    pub witness: PartyCode,
    /// When it says it signed.
    pub at: Timestamp,
    /// With which signatures.
    pub strength: Strength,
}

/// Sentences as they come.
#[derive(Default)]
struct Notes {
    checked: Vec<String>,
    unchecked: Vec<String>,
}

impl Notes {
    fn checked(&mut self, sentence: String) {
        self.checked.push(sentence);
    }

    fn unchecked(&mut self, sentence: String) {
        self.unchecked.push(sentence);
    }
}

/// Who crossed what, as an entry says.
struct Crossing {
    id: CrossingId,
    record: RecordId,
    from: PartyCode,
    to: PartyCode,
}

pub(super) fn verify(contents: &Contents, trust: &Trust) -> Result<ReceiptReport, ReceiptFault> {
    let mut notes = Notes::default();
    let letters = trust.read(&contents.letters)?;
    if letters.enclosed > 0 {
        notes
            .checked(format!("{} enclosed letters are signed by roots that you accepted.", letters.enclosed));
    }
    let own = &contents.own;
    let crossing = crossing_of(&own.entry)?;
    notes.checked(entry_sentence(&own.entry, &crossing));
    check_record(&contents.record, &crossing, &letters, &mut notes)?;
    check_decision(own, &mut notes)?;
    let place = own.place.as_ref().ok_or(ReceiptFault::NoPlace)?;
    let signed = check_place(own, &letters, &mut notes)?.ok_or(ReceiptFault::NoPlace)?;
    let cosigned = check_cosignatures(own, &signed, &letters, trust, &mut notes)?;
    let witnesses: BTreeSet<PartyCode> = cosigned.iter().map(|cosigned| cosigned.witness.clone()).collect();
    let counterpart = own.entry.counterparty.as_ref();
    let quorum = trust.quorum.met(&trust.parties(), &own.entry.party, counterpart, &witnesses);
    note_quorum(quorum.as_ref(), &mut notes);
    let twin = contents.twin.as_ref().map(|twin| check_twin(own, twin, &letters, &mut notes)).transpose()?;
    if contents.twin.is_none() {
        notes.unchecked("The twin entry of the other node is not enclosed.".to_owned());
    }
    note_acknowledgement(contents, &mut notes);
    Ok(ReceiptReport {
        crossing: crossing.id,
        record: crossing.record,
        from: crossing.from,
        to: crossing.to,
        kind: own.entry.kind,
        at: own.entry.at,
        index: place.index,
        head: signed.head(),
        stated: signed.stated(),
        cosigned,
        quorum,
        twin,
        acknowledgement: contents.acknowledgement.as_ref().map(|bytes| bytes.to_vec()),
        keys: letters.keys,
        checked: notes.checked,
        unchecked: notes.unchecked,
    })
}

/// The crossing of an entry; the crossing id must be that of its record and parties.
fn crossing_of(entry: &Entry) -> Result<Crossing, ReceiptFault> {
    let fault = |why| ReceiptFault::Entry { party: entry.party.clone(), why };
    let counterparty = entry.counterparty.clone().ok_or_else(|| fault("it names no other party"))?;
    let (from, to) = match entry.kind {
        EntryKind::Cleared | EntryKind::Refused => (entry.party.clone(), counterparty),
        EntryKind::Received | EntryKind::ReceptionRefused => (counterparty, entry.party.clone()),
        _ => return Err(fault("it is about something else")),
    };
    let record = entry.record.ok_or_else(|| fault("it names no record"))?;
    let id = CrossingId::of(&record, &from, &to);
    if entry.crossing == Some(id) {
        Ok(Crossing { id, record, from, to })
    } else {
        Err(fault("its crossing is not that of its record and parties"))
    }
}

fn check_record(
    record: &RecordPart,
    crossing: &Crossing,
    letters: &Letters,
    notes: &mut Notes,
) -> Result<(), ReceiptFault> {
    let bytes = match record {
        RecordPart::Envelope(bytes) => bytes,
        RecordPart::Id(id) if *id == crossing.record => {
            notes.unchecked(
                "The record is named by its id only; its content and author are not shown.".to_owned(),
            );
            return Ok(());
        }
        RecordPart::Id(_) => return Err(ReceiptFault::Record),
    };
    if sha256(&[bytes]) != crossing.record.0 {
        return Err(ReceiptFault::Record);
    }
    let signed = Signed::from_bytes(bytes)?;
    let origin = signed.statement().origin.clone();
    if letters.keys.of(&origin).next().is_none() {
        notes.unchecked(format!("The record says it is by {origin}, whose keys are not at hand."));
        return Ok(());
    }
    let verified = signed.verify(&letters.keys).map_err(ReceiptFault::Author)?;
    let (kind, issued) = (verified.header().kind.clone(), verified.statement().issued);
    notes.checked(format!("The record enclosed is a {kind} record signed by {origin} on {issued}."));
    Ok(())
}

fn check_decision(part: &Part, notes: &mut Notes) -> Result<(), ReceiptFault> {
    let party = &part.entry.party;
    match (&part.decision, part.entry.decision) {
        (Some(bytes), Some(hash)) if sha256(&[bytes]) == hash => {
            notes.checked(format!("The decision enclosed for {party} is the one that its entry commits to."));
            Ok(())
        }
        (Some(_), _) => Err(ReceiptFault::Decision { party: party.clone() }),
        (None, _) => {
            notes.unchecked(format!("The decision of {party} is not enclosed."));
            Ok(())
        }
    }
}

/// The checkpoint in whose tree the entry stands; `None` where the part does not say.
fn check_place(
    part: &Part,
    letters: &Letters,
    notes: &mut Notes,
) -> Result<Option<SignedCheckpoint>, ReceiptFault> {
    let Some(place) = &part.place else { return Ok(None) };
    let party = &part.entry.party;
    let signed = check_checkpoint(party, place.checkpoint.as_bytes(), letters)?;
    let head = signed.head();
    let leaf = commitment_leaf(&commitment(part));
    verify_inclusion(leaf, place.index, head.size, &place.proof, &head.root)
        .map_err(|why| ReceiptFault::NotIncluded { party: party.clone(), why })?;
    notes.checked(format!(
        "{party} signed the head of {} entries with both its checkpoint keys, on {}.",
        head.size,
        signed.stated()
    ));
    notes.checked(format!("The entry of {party} stands at index {} of that tree.", place.index));
    Ok(Some(signed))
}

fn check_checkpoint(
    party: &PartyCode,
    bytes: &[u8],
    letters: &Letters,
) -> Result<SignedCheckpoint, ReceiptFault> {
    let fault = |why| ReceiptFault::Checkpoint { party: party.clone(), why };
    let claimed = SignedCheckpoint::reopen(bytes).map_err(fault)?;
    let keys = letters.checkpoint_keys(party, claimed.stated());
    if keys.is_empty() {
        return Err(ReceiptFault::NoKeys { party: party.clone() });
    }
    let signed = verify_any(&keys, bytes).map_err(fault)?;
    // The keys were chosen by a time that nobody had verified; the verified time must be that one.
    if signed.stated() == claimed.stated() {
        Ok(signed)
    } else {
        Err(ReceiptFault::NoKeys { party: party.clone() })
    }
}

fn check_cosignatures(
    own: &Part,
    signed: &SignedCheckpoint,
    letters: &Letters,
    trust: &Trust,
    notes: &mut Notes,
) -> Result<Vec<Cosigned>, ReceiptFault> {
    let mut out = Vec::new();
    for witness in trust.parties().into_iter().filter(|party| *party != own.entry.party) {
        let fault = |why: CheckpointFault| ReceiptFault::Cosignature { party: witness.clone(), why };
        for keys in letters.checkpoint_keys(&witness, signed.stated()) {
            let Some(cosignature) = keys.cosignature(signed).map_err(fault)? else { continue };
            if !letters.checkpoint_keys(&witness, cosignature.at).contains(&keys) {
                return Err(ReceiptFault::NoKeys { party: witness });
            }
            let (at, strength) = (cosignature.at, cosignature.strength);
            let with = if strength == Strength::Both { "Ed25519 and ML-DSA-44" } else { "Ed25519" };
            notes.checked(format!("{witness} cosigned that head as a witness on {at}, with {with}."));
            out.push(Cosigned { witness: witness.clone(), at, strength });
            break;
        }
    }
    Ok(out)
}

/// The twin is an entry of the other side about the same crossing.
fn check_twin(
    own: &Part,
    twin: &Part,
    letters: &Letters,
    notes: &mut Notes,
) -> Result<EntryKind, ReceiptFault> {
    let fault = |why| Err(ReceiptFault::Twin { why });
    let (a, b) = (&own.entry, &twin.entry);
    let theirs = crossing_of(b)?;
    if Some(theirs.id) != a.crossing {
        return fault("it is about another crossing");
    }
    if Some(&b.party) != a.counterparty.as_ref() || b.counterparty.as_ref() != Some(&a.party) {
        return fault("it is not by the other party");
    }
    let kind = b.kind;
    notes.checked(format!("The twin entry of {} says: {kind}, on {}.", b.party, b.at));
    check_decision(twin, notes)?;
    if check_place(twin, letters, notes)?.is_none() {
        notes.unchecked(format!(
            "The twin entry is opened, but not shown to stand in the log of {}.",
            b.party
        ));
    }
    Ok(kind)
}

fn note_quorum(quorum: Option<&Met>, notes: &mut Notes) {
    match quorum {
        Some(Met::Independent(_)) => {
            notes.checked("The quorum is met by parties that are neither sender nor receiver.".to_owned());
        }
        Some(Met::CounterpartOnly(party)) => {
            notes.checked(format!(
                "The quorum is met by {party} alone, the counterpart: no third party is known."
            ));
        }
        None => notes.unchecked("No quorum of witnesses has cosigned yet: this is provisional.".to_owned()),
    }
}

fn note_acknowledgement(contents: &Contents, notes: &mut Notes) {
    let sentence = match &contents.acknowledgement {
        Some(bytes) => format!(
            "An acknowledgement of {} bytes is enclosed; its signature is read separately.",
            bytes.len()
        ),
        None => "No acknowledgement of the other node is enclosed.".to_owned(),
    };
    notes.unchecked(sentence);
}

fn entry_sentence(entry: &Entry, crossing: &Crossing) -> String {
    let Crossing { from, to, .. } = crossing;
    format!("{} entered on {}: {}, a record from {from} to {to}.", entry.party, entry.at, entry.kind)
}

fn commitment(part: &Part) -> Hash {
    part.entry.commitment(&part.salt)
}

/// What a checkpoint of a receipt claims, for a screen.
impl Contents {
    /// The checkpoint of the issuing node's place, unverified.
    pub fn claimed_head(&self) -> Option<Checkpoint> {
        self.own.place.as_ref().and_then(|place| Checkpoint::peek(place.checkpoint.as_bytes()).ok())
    }
}
