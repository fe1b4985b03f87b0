//! Keys to which something is sealed so that one unit alone opens it. The secret half is made by the unit and stays with it:
//! the node, its keys and its administrators cannot open what is sealed to a unit.

use super::AuthorityKind;
use comity_record::{Addressed, Canonical, Date, Hash, PartyCode, Timestamp, UnitCode, sha256};
use minicbor::{Decode, Encode, bytes::ByteVec};

/// A sealing key of a unit, as the house has it: dated, and never changed in place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DatedKey {
    /// The unit that alone has the secret half.
    #[n(0)]
    pub unit: UnitCode,
    /// The public key (X-Wing).
    #[n(1)]
    pub key: ByteVec,
    /// First day.
    #[n(2)]
    pub from: Date,
    /// Last day.
    #[n(3)]
    pub until: Option<Date>,
    /// On what it rests that this is the unit's key: a minute of its handing over, a call back.
    #[n(4)]
    pub source: String,
}

impl DatedKey {
    /// SHA-256 of the public key, by which it is named.
    pub fn id(&self) -> Hash {
        sha256(&[&self.key])
    }

    /// Whether it stands on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// The keys of all units, in the order in which they were entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitKeys(Vec<DatedKey>);

impl UnitKeys {
    /// Enters a key.
    pub fn enter(&mut self, key: DatedKey) {
        self.0.push(key);
    }

    /// Ends a key.
    pub fn end(&mut self, id: &Hash, on: Date) {
        for key in self.0.iter_mut().filter(|key| key.id() == *id) {
            key.until = Some(key.until.map_or(on, |until| until.min(on)));
        }
    }

    /// The key of an id, ended or not.
    pub fn find(&self, id: &Hash) -> Option<&DatedKey> {
        self.0.iter().find(|key| key.id() == *id)
    }

    /// The key to which things are sealed for a unit on a day: the one that began last.
    pub fn of(&self, unit: &UnitCode, on: Date) -> Option<&DatedKey> {
        let standing = self.0.iter().filter(|key| key.unit == *unit && key.stands_on(on));
        standing.max_by_key(|key| key.from)
    }

    /// Every key.
    pub fn all(&self) -> impl Iterator<Item = &DatedKey> {
        self.0.iter()
    }
}

/// What a State states of a key of one of its units, for those who seal to it. Signed, it is an `Attested<UnitKey>`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UnitKey {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The State.
    #[n(1)]
    pub party: PartyCode,
    /// The unit.
    #[n(2)]
    pub unit: UnitCode,
    /// Its name.
    #[n(3)]
    pub name: String,
    /// What it is for, where it stands in the register of authorities.
    #[n(4)]
    pub kind: Option<AuthorityKind>,
    /// The public key (X-Wing).
    #[n(5)]
    pub key: ByteVec,
    /// First day.
    #[n(6)]
    pub from: Date,
    /// Last day.
    #[n(7)]
    pub until: Option<Date>,
    /// When it was stated.
    #[n(8)]
    pub at: Timestamp,
}

impl UnitKey {
    /// SHA-256 of the public key.
    pub fn id(&self) -> Hash {
        sha256(&[&self.key])
    }

    /// Whether it stands on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl Canonical for UnitKey {
    const NAME: &'static str = "the key of a unit";
    const LIMIT: usize = 16 * 1024;
}

/// It is stated to everybody; the addressee is the State itself, so that it cannot be passed off as a letter to another.
impl Addressed for UnitKey {
    fn sender(&self) -> &PartyCode {
        &self.party
    }

    fn recipient(&self) -> &PartyCode {
        &self.party
    }

    fn stated_at(&self) -> Timestamp {
        self.at
    }
}

/// The keys of other States' units, as those States stated them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerUnitKeys(Vec<UnitKey>);

impl PeerUnitKeys {
    /// Enters what a State stated. A later statement about a key takes the place of an earlier one.
    pub fn enter(&mut self, stated: UnitKey) {
        self.0.retain(|known| known.party != stated.party || known.id() != stated.id());
        self.0.push(stated);
    }

    /// The key of a unit of another State on a day: the one that began last.
    pub fn of(&self, party: &PartyCode, unit: &UnitCode, on: Date) -> Option<&UnitKey> {
        let of_unit = self.0.iter().filter(|key| key.party == *party && key.unit == *unit);
        of_unit.filter(|key| key.stands_on(on)).max_by_key(|key| (key.from, key.at))
    }

    /// Every key.
    pub fn all(&self) -> impl Iterator<Item = &UnitKey> {
        self.0.iter()
    }
}
