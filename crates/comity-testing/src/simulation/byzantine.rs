//! The Byzantine peer: a party with valid keys and two histories. What it says is sometimes true, sometimes altered in
//! one of many ways, sometimes another party's, sometimes noise.

use super::{
    Broken,
    cast::{BYZANTINE, CODES, cast, code},
    node::Node,
    observer::Observer,
    steps::request,
};
use crate::desks::SeededEntropy;
use comity_exchange::{
    Acknowledgement, Dispatch, Manuscript, Outcome, Sharing,
    turn::{Announcement, Cosignature, Item, Leaves, Piece, Span, Turn},
};
use comity_ledger::memory::block_on;
use comity_record::{
    Attested, Canonical, CrossingId, Entry, EntryKind, Hash, Labels, RecordId, Timestamp, label::Tlp, sha256,
};
use minicbor::bytes::{ByteArray, ByteVec};

/// Turns kept for a replay.
const CAPTURED: usize = 64;

/// The peer that nobody should have trusted.
#[derive(Debug)]
pub(super) struct Byzantine {
    /// One party, two histories.
    masks: [Node; 2],
    /// The mask that spoke last.
    worn: usize,
    /// Turns of others, and its own.
    captured: Vec<Vec<u8>>,
}

impl Byzantine {
    pub fn new(seed: u64) -> Byzantine {
        let masks = [Node::new(BYZANTINE, seed), Node::new(BYZANTINE, !seed)];
        Byzantine { masks, worn: 0, captured: Vec::new() }
    }

    /// Sees a turn between others: it listens everywhere.
    pub fn capture(&mut self, bytes: &[u8]) {
        if self.captured.len() == CAPTURED {
            self.captured.remove(0);
        }
        self.captured.push(bytes.to_vec());
    }

    pub fn author_and_share(
        &mut self,
        random: &mut SeededEntropy,
        now: Timestamp,
        to: usize,
        object: Vec<u8>,
    ) {
        let mask = &mut self.masks[random.below(2) as usize];
        let mut labels = Labels::new(Tlp::Green);
        labels.set("category", "technical-indicator").unwrap();
        let manuscript = Manuscript::objects(labels, vec![object]);
        // A mask may be shown a head of the other one, and then takes its own tail for lost.
        let Ok(authored) = block_on(mask.desk.author(now, &mut mask.entropy, vec![manuscript])) else {
            return;
        };
        let sharing = Sharing { record: authored[0].record, request: request(BYZANTINE, to, now) };
        block_on(mask.desk.share(now, &mut mask.entropy, vec![sharing])).unwrap();
    }

    /// Its turn for a node, or its answer.
    pub fn speak(
        &mut self,
        random: &mut SeededEntropy,
        observer: &mut Observer,
        now: Timestamp,
        to: usize,
        lacking: Option<u64>,
    ) -> Result<Option<Vec<u8>>, Broken> {
        self.worn = usize::from(random.below(2) == 0);
        if random.below(2) == 0 {
            self.level(now);
        }
        let peer = code(to);
        let mask = &mut self.masks[self.worn];
        let mut turn = block_on(mask.desk.fill_turn(now, &mut mask.entropy, &peer))
            .map_err(|fault| fault.to_string())?;
        block_on(mask.desk.add_acknowledgements(&peer, lacking.unwrap_or(1), &mut turn))
            .map_err(|fault| fault.to_string())?;
        observer.signed(BYZANTINE, &mask.desk, &mask.store, &turn)?;
        if let Some(offer) = turn.checkpoint.as_mut().filter(|_| random.below(4) == 0) {
            // Without leaf hashes only the proof ties a head to the one before.
            offer.entries.clear();
        }
        for _ in 0..random.below(4) {
            self.alter(random, &mut turn, to, now);
        }
        let mut bytes = turn.to_bytes();
        self.capture(&bytes);
        match random.below(20) {
            0 => flip(random, &mut bytes),
            1 => bytes.truncate(random.below(bytes.len() as u64) as usize),
            2 => bytes = (0..random.below(200)).map(|_| random.below(256) as u8).collect(),
            3 if !self.captured.is_empty() => {
                bytes = self.captured[random.below(self.captured.len() as u64) as usize].clone();
            }
            _ => {}
        }
        Ok(Some(bytes))
    }

    /// Brings the second history to the length of the first, so that it has two heads of one size.
    fn level(&mut self, now: Timestamp) {
        let [first, second] = &mut self.masks;
        for _ in 0..40 {
            let (short, long) = if first.desk.log().size() < second.desk.log().size() {
                (&mut *first, &*second)
            } else {
                (&mut *second, &*first)
            };
            if short.desk.log().size() >= long.desk.log().size() {
                return;
            }
            let body = comity_record::Body::Recall(comity_record::body::Recall {
                record: RecordId(sha256(&[b"nothing", &short.desk.log().size().to_le_bytes()])),
                objects: Vec::new(),
                reason: "filler".to_owned(),
                change: None,
            });
            let manuscript = Manuscript::body(Labels::new(Tlp::Green), body);
            if block_on(short.desk.author(now, &mut short.entropy, vec![manuscript])).is_err() {
                return;
            }
        }
    }

    /// Takes a turn in behind both masks, if it can be read. What its speaker lacks.
    pub fn hear(&mut self, now: Timestamp, from: usize, bytes: &[u8]) -> Option<u64> {
        let turn = Turn::from_bytes(bytes).ok()?;
        let peer = code(from);
        for mask in &mut self.masks {
            block_on(mask.desk.take_turn(now, &mut mask.entropy, &peer, &turn)).ok()?;
        }
        Some(turn.lacking)
    }

    /// One lie.
    fn alter(&self, random: &mut SeededEntropy, turn: &mut Turn, to: usize, now: Timestamp) {
        match random.below(22) {
            0 => turn.have = [0, u64::MAX, random.below(1000)][random.below(3) as usize],
            1 => turn.lacking = [0, u64::MAX, random.below(1000)][random.below(3) as usize],
            2 => turn.from = code(random.below(CODES.len() as u64) as usize),
            3 => turn.to = code(random.below(CODES.len() as u64) as usize),
            4 => turn.items.extend(self.stolen(random).map(|turn| turn.items).unwrap_or_default()),
            5 => {
                let stolen = self.stolen(random).map(|turn| turn.acknowledgements);
                turn.acknowledgements.extend(stolen.unwrap_or_default());
            }
            6 => {
                if let Some(stolen) = self.stolen(random) {
                    *turn = Turn { from: turn.from.clone(), to: turn.to.clone(), ..stolen };
                }
            }
            7 => alter_item(random, turn, |random, item| flip_some(random, &mut item.frame)),
            8 => alter_item(random, turn, |random, item| flip_some(random, &mut item.dispatch)),
            9 => alter_item(random, turn, |random, item| {
                let far =
                    [0, u64::MAX, item.position.saturating_add(99_999), item.position.wrapping_add(100_001)];
                item.position = far[random.below(4) as usize];
            }),
            10 => alter_item(random, turn, |random, item| {
                (item.dispatch, item.frame) = (None, None);
                item.position = item.position.saturating_add(random.below(4));
            }),
            11 => alter_item(random, turn, |random, item| self.sign_again(random, item)),
            12 => turn.items.extend(turn.items.clone()),
            13 => turn.acknowledgements.push(self.forged(random, to, now)),
            14 => {
                (turn.witnessed, turn.kept) =
                    (random.below(200), [random.below(200), u64::MAX][random.below(2) as usize])
            }
            15 => turn.cosignatures.push(Cosignature {
                size: random.below(100),
                lines: "\u{2014} xf.example/ledger AAAAAAAAAAAAAAAAAAAA\n".to_owned(),
            }),
            16 => alter_checkpoint(random, turn),
            17..=20 => self.alter_further(random, turn),
            _ => {
                let stolen = self.stolen(random);
                turn.checkpoint = stolen.and_then(|turn| turn.checkpoint);
            }
        }
    }

    /// A lie about roots and lost tails.
    fn alter_further(&self, random: &mut SeededEntropy, turn: &mut Turn) {
        let stolen = self.stolen(random).and_then(|turn| turn.further).unwrap_or_default();
        let further = turn.further.get_or_insert_default();
        let size = random.below(100);
        match random.below(8) {
            0 => further.announced = stolen.announced,
            1 => further
                .announced
                .extend(stolen.announced.into_iter().map(|one| Announcement { place: None, ..one })),
            2 => {
                further.wanted =
                    Some(Span { from: random.below(100), to: [size, u64::MAX][random.below(2) as usize] })
            }
            3 => {
                further.leaves =
                    Some(Leaves { from: size, hashes: (0..size).map(|_| any_hash(random)).collect() })
            }
            4 => {
                further.piece = Some(Piece { hashes: vec![any_hash(random)], proof: vec![any_hash(random)] })
            }
            5 => further.lost = Some(Span { from: [0, size][random.below(2) as usize], to: u64::MAX }),
            6 => {
                (further.letter, further.returned) =
                    (random.below(9), [0, u64::MAX][random.below(2) as usize])
            }
            _ => further.revoked.clear(),
        }
    }

    fn stolen(&self, random: &mut SeededEntropy) -> Option<Turn> {
        let at = random.below(self.captured.len() as u64) as usize;
        Turn::from_bytes(self.captured.get(at)?).ok()
    }

    /// Changes a dispatch of its own and signs it again, or sends a good one to the wrong party.
    fn sign_again(&self, random: &mut SeededEntropy, item: &mut Item) {
        let Some(bytes) = &item.dispatch else { return };
        let Ok(signed) = Attested::<Dispatch>::from_bytes(bytes) else { return };
        let mut dispatch = signed.claimed().clone();
        match random.below(7) {
            0 => dispatch.to = code(random.below(CODES.len() as u64) as usize),
            1 => dispatch.from = code(random.below(CODES.len() as u64) as usize),
            2 => dispatch.record = RecordId(any_hash(random)),
            3 => dispatch.frame = any_hash(random),
            4 => dispatch.expires = dispatch.at.plus_millis(-1),
            5 => dispatch.at = dispatch.at.plus_millis(40 * 24 * 3_600_000),
            _ => {
                dispatch.position = dispatch.position.saturating_add(random.below(3));
                item.position = dispatch.position;
            }
        }
        item.dispatch = self.sign(dispatch);
    }

    fn sign<T: comity_record::Addressed>(&self, value: T) -> Option<ByteVec> {
        let signer = &cast().roles[BYZANTINE].party.signers.record;
        Attested::sign(value, &**signer).ok().map(|signed| signed.as_bytes().to_vec().into())
    }

    /// An acknowledgement, well signed, of something that was perhaps never sent.
    fn forged(&self, random: &mut SeededEntropy, to: usize, now: Timestamp) -> ByteVec {
        let (dispatch, record) = (any_hash(random), RecordId(any_hash(random)));
        let crossing = CrossingId::of(&record, &code(to), &code(BYZANTINE));
        let mut entry = Entry::new(EntryKind::Received, now, code(BYZANTINE));
        entry.counterparty = Some(code(to));
        entry.crossing = Some(crossing);
        entry.subject = Some(dispatch);
        let acknowledgement = Acknowledgement {
            from: code(BYZANTINE),
            to: code(to),
            position: random.below(8),
            dispatch,
            crossing,
            outcome: Outcome::TakenIn,
            at: now,
            entry: entry.to_bytes().into(),
            salt: ByteArray::from([7; 16]),
            index: random.below(100),
        };
        self.sign(acknowledgement).unwrap_or_else(|| Vec::new().into())
    }
}

fn any_hash(random: &mut SeededEntropy) -> Hash {
    sha256(&[&random.number().to_le_bytes()])
}

fn alter_item(
    random: &mut SeededEntropy,
    turn: &mut Turn,
    change: impl FnOnce(&mut SeededEntropy, &mut Item),
) {
    if turn.items.is_empty() {
        turn.items.push(Item { position: random.below(5), dispatch: None, frame: None, authored: None });
    }
    let at = random.below(turn.items.len() as u64) as usize;
    change(random, &mut turn.items[at]);
}

fn alter_checkpoint(random: &mut SeededEntropy, turn: &mut Turn) {
    let Some(offer) = &mut turn.checkpoint else { return };
    match random.below(4) {
        0 => {
            let mut note = offer.note.to_vec();
            flip(random, &mut note);
            offer.note = note.into();
        }
        1 => offer.old_size = random.below(100),
        2 => offer.proof.push(any_hash(random)),
        _ => offer.entries.push(any_hash(random)),
    }
}

fn flip_some(random: &mut SeededEntropy, bytes: &mut Option<ByteVec>) {
    if let Some(some) = bytes {
        let mut altered = some.to_vec();
        flip(random, &mut altered);
        *bytes = Some(altered.into());
    }
}

fn flip(random: &mut SeededEntropy, bytes: &mut [u8]) {
    if !bytes.is_empty() {
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << random.below(8);
    }
}
