//! The class cache: a ruling is the same for every record of one class, so it is worked out once for each.
//!
//! The key is every input: packs, register and standing by their hashes, and request and record class by full equality;
//! a hash only finds the place. A ruling is kept from the day it was made to the day before its next date threshold. A
//! change of packs, register or standing empties the cache.

use crate::{
    decide::rule, decision::Ruling, pack::Packs, request::Request, standing::Standing, subject::Subject,
};
use comity_law::Register;
use comity_record::{Date, Hash, RecordId};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::{
    hash::{BuildHasher, Hash as _, Hasher},
    sync::Arc,
};

/// Rulings by class.
#[derive(Debug)]
pub struct ClassCache {
    made_under: Option<[Hash; 3]>,
    rulings: FxHashMap<u64, Vec<Kept>>,
    kept: usize,
    capacity: usize,
    hits: u64,
    misses: u64,
}

/// One ruling with everything it was made from.
#[derive(Debug)]
struct Kept {
    subject: Subject,
    /// The record, where a consent speaks of it by its id.
    named: Option<RecordId>,
    request: Request,
    from: Date,
    ruling: Arc<Ruling>,
}

impl ClassCache {
    /// A cache for at most so many classes; when it is full it starts anew.
    pub fn new(capacity: usize) -> ClassCache {
        ClassCache {
            made_under: None,
            rulings: FxHashMap::default(),
            kept: 0,
            capacity: capacity.max(1),
            hits: 0,
            misses: 0,
        }
    }

    /// The ruling on this class, from the cache or worked out.
    pub fn rule(
        &mut self,
        packs: &Packs,
        register: &Register,
        standing: &Standing,
        subject: &Subject,
        request: &Request,
    ) -> Arc<Ruling> {
        let on = request.on();
        let named = named(subject, standing, request);
        let place = place(subject, named, request);
        if let Some(ruling) = self.find(packs, register, standing, subject, request, named, place, on) {
            self.hits += 1;
            return ruling;
        }
        self.misses += 1;
        let ruling = Arc::new(rule(packs, register, standing, subject, request));
        let kept = Kept {
            subject: subject.clone(),
            named,
            request: request.clone(),
            from: on,
            ruling: ruling.clone(),
        };
        self.keep([packs.hash(), register.hash(), standing.hash()], place, kept);
        ruling
    }

    /// How many lookups were answered from the cache, and how many were worked out.
    pub fn counts(&self) -> (u64, u64) {
        (self.hits, self.misses)
    }

    /// How many classes are kept.
    pub fn len(&self) -> usize {
        self.kept
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.kept == 0
    }

    #[expect(clippy::too_many_arguments, reason = "the key is every input")]
    fn find(
        &self,
        packs: &Packs,
        register: &Register,
        standing: &Standing,
        subject: &Subject,
        request: &Request,
        named: Option<RecordId>,
        place: u64,
        on: Date,
    ) -> Option<Arc<Ruling>> {
        if self.made_under != Some([packs.hash(), register.hash(), standing.hash()]) {
            return None;
        }
        let fits = |kept: &&Kept| {
            kept.named == named
                && kept.from <= on
                && kept.ruling.next_threshold.is_none_or(|threshold| on < threshold)
                && same_subject(&kept.subject, subject)
                && same_request(&kept.request, request)
        };
        self.rulings.get(&place)?.iter().find(fits).map(|kept| kept.ruling.clone())
    }

    fn keep(&mut self, made_under: [Hash; 3], place: u64, kept: Kept) {
        if self.made_under != Some(made_under) || self.kept >= self.capacity {
            self.rulings.clear();
            self.kept = 0;
            self.made_under = Some(made_under);
        }
        self.rulings.entry(place).or_default().push(kept);
        self.kept += 1;
    }
}

/// The record's id belongs to its class only where a consent speaks of it.
fn named(subject: &Subject, standing: &Standing, request: &Request) -> Option<RecordId> {
    let record = subject.record?;
    let stated = || request.consents.iter().any(|consent| consent.record == Some(record));
    (standing.names_record(&record) || stated()).then_some(record)
}

/// Where to look. The recorded time is left out: only its day counts, and that is checked against the threshold.
fn place(subject: &Subject, named: Option<RecordId>, request: &Request) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    named.hash(&mut hasher);
    (&subject.author, &subject.kind, subject.known, &subject.labels, &subject.asked, &subject.redacted)
        .hash(&mut hasher);
    (request.direction, &request.from, &request.to, request.purpose).hash(&mut hasher);
    (&request.sender_unit, &request.receiver_unit, &request.legal_basis, &request.confirmed)
        .hash(&mut hasher);
    (&request.case, &request.transfer_ground, &request.via, &request.assurances).hash(&mut hasher);
    (&request.terms, &request.consents, &request.attribution_release, &request.sovereign_release)
        .hash(&mut hasher);
    hasher.finish()
}

/// Equal but for the record's id.
fn same_subject(a: &Subject, b: &Subject) -> bool {
    a.labels == b.labels
        && a.author == b.author
        && a.kind == b.kind
        && a.known == b.known
        && a.asked == b.asked
        && a.redacted == b.redacted
}

/// Equal but for the recorded time.
fn same_request(a: &Request, b: &Request) -> bool {
    // Written out, so that a new field does not compile until somebody decides about it.
    let Request {
        direction,
        from,
        to,
        purpose,
        at: _,
        sender_unit,
        receiver_unit,
        legal_basis,
        confirmed,
        case,
        transfer_ground,
        via,
        assurances,
        terms,
        consents,
        attribution_release,
        sovereign_release,
    } = a;
    *direction == b.direction
        && *from == b.from
        && *to == b.to
        && *purpose == b.purpose
        && *sender_unit == b.sender_unit
        && *receiver_unit == b.receiver_unit
        && *legal_basis == b.legal_basis
        && *confirmed == b.confirmed
        && *case == b.case
        && *transfer_ground == b.transfer_ground
        && *via == b.via
        && *assurances == b.assurances
        && *terms == b.terms
        && *consents == b.consents
        && *attribution_release == b.attribution_release
        && *sovereign_release == b.sovereign_release
}
