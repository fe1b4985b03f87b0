//! Which collection a record belongs to.

use comity_record::{
    Labels, PartyCode,
    label::{Onward, Tlp},
    sha256,
};
use std::fmt;

/// The audience of a collection: the TLP of its records, and whether their onward rule narrows it further. All records of
/// one class may be shown to the same readers at home; what another party may see is judged record by record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AudienceClass {
    /// The TLP.
    pub tlp: Tlp,
    /// Whether the record may be passed on to nobody, only with the origin's word, or only to parties listed.
    pub limited: bool,
}

/// The id of a collection: a UUID (RFC 9562, version 8) drawn from the party and the name, so that it is the same after
/// every rebuild and in every process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CollectionId([u8; 16]);

impl AudienceClass {
    /// Every class, from the widest audience to the narrowest.
    pub fn all() -> impl Iterator<Item = AudienceClass> {
        Tlp::ALL.iter().flat_map(|tlp| [false, true].map(|limited| AudienceClass { tlp: *tlp, limited }))
    }

    /// The class of a record with these labels.
    pub fn of(labels: &Labels) -> AudienceClass {
        let limited = match labels.onward {
            Onward::Prohibited | Onward::PriorAuthorisation | Onward::Listed(_) => true,
            Onward::WithinInstrument | Onward::Free => false,
        };
        AudienceClass { tlp: labels.tlp, limited }
    }

    /// The alias of its collection, such as `tlp-amber-strict` or `tlp-green-limited`.
    pub fn alias(self) -> String {
        let tlp = self.tlp.as_str().replace('+', "-");
        if self.limited { format!("tlp-{tlp}-limited") } else { format!("tlp-{tlp}") }
    }

    /// Its partition in the tables of collections: 1 to 10.
    pub fn partition(self) -> u32 {
        let tlp = Tlp::ALL.iter().position(|tlp| *tlp == self.tlp).unwrap_or_default();
        u32::try_from(tlp * 2 + usize::from(self.limited) + 1).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for AudienceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tlp:{}", self.tlp.as_str())?;
        if self.limited { f.write_str(" with a limited onward rule") } else { Ok(()) }
    }
}

impl CollectionId {
    /// The id of the collection `name` of a party; `since` tells two saved searches of one name apart: the ledger entry
    /// by which it was begun, 0 for those of audience classes.
    pub fn of(party: &PartyCode, name: &str, since: u64) -> CollectionId {
        let parts: [&[u8]; 5] = [
            b"comity taxii collection\0",
            party.as_str().as_bytes(),
            b"\0",
            name.as_bytes(),
            &since.to_be_bytes(),
        ];
        let hash = sha256(&parts);
        let mut id = [0; 16];
        id.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
        CollectionId::marked(id)
    }

    /// A UUID of these bytes, with the bits that make it one.
    pub fn marked(mut id: [u8; 16]) -> CollectionId {
        if let Some(version) = id.get_mut(6) {
            *version = *version & 0x0f | 0x80;
        }
        if let Some(variant) = id.get_mut(8) {
            *variant = *variant & 0x3f | 0x80;
        }
        CollectionId(id)
    }
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
