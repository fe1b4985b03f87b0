//! The register: the law as dated data. Its parts are read here; questions are asked in [`crate::query`].

use crate::{
    HeldPosition, InstrumentId, MeasureCode, NationalLaw, Norm, Offence, OffenceCode, Party, Principle,
    Purpose, PurposeCode, RefusalGround, RequestField,
    change::Applied,
    facts::Measure,
    near::near_matches,
    rows::{Article, Instrument, Reservation, Status},
    version::Versions,
};
use comity_record::{Date, Hash, PartyCode, canonical, sha256};
use minicbor::Encode;
use std::collections::BTreeMap;

/// The law as dated data: loaded from texts with [`Register::load`], changed only by change sets with
/// [`Register::apply`], which makes a new register and leaves this one as it is.
#[derive(Clone, Debug)]
pub struct Register {
    content: Content,
    hash: Hash,
}

/// Everything that a register holds. Its deterministic encoding is what the register's hash is of.
#[derive(Clone, Debug, Encode)]
pub(crate) struct Content {
    #[n(0)]
    pub(crate) set_date: Date,
    #[n(1)]
    pub(crate) parties: BTreeMap<PartyCode, Versions<Party>>,
    #[n(2)]
    pub(crate) dossiers: BTreeMap<InstrumentId, Dossier>,
    #[n(3)]
    pub(crate) measures: BTreeMap<MeasureCode, Measure>,
    #[n(4)]
    pub(crate) offences: BTreeMap<OffenceCode, Offence>,
    #[n(5)]
    pub(crate) purposes: BTreeMap<PurposeCode, Purpose>,
    #[n(6)]
    pub(crate) principles: Vec<Principle>,
    #[n(7)]
    pub(crate) norms: Vec<Norm>,
    #[n(8)]
    pub(crate) positions: Vec<HeldPosition>,
    #[n(9)]
    pub(crate) grounds: Vec<RefusalGround>,
    #[n(10)]
    pub(crate) fields: Vec<RequestField>,
    #[n(11)]
    pub(crate) laws: BTreeMap<PartyCode, Vec<Versions<NationalLaw>>>,
    #[n(12)]
    pub(crate) applied: Vec<Applied>,
}

/// One instrument with all that belongs to it, so that a question finds its rows without a search.
#[derive(Clone, Debug, Encode)]
pub(crate) struct Dossier {
    #[n(0)]
    pub(crate) instrument: Versions<Instrument>,
    #[n(1)]
    pub(crate) articles: Vec<Versions<Article>>,
    #[n(2)]
    pub(crate) statuses: BTreeMap<PartyCode, Versions<Status>>,
    #[n(3)]
    pub(crate) reservations: Vec<Versions<Reservation>>,
}

impl Register {
    /// The party with this code.
    pub fn party(&self, code: &PartyCode) -> Option<&Party> {
        self.content.parties.get(code)?.current()
    }

    /// Whether the register knows the party.
    pub fn is_party_known(&self, code: &PartyCode) -> bool {
        self.content.parties.contains_key(code)
    }

    /// Every party, by code.
    pub fn parties(&self) -> impl Iterator<Item = &Party> {
        self.content.parties.values().filter_map(Versions::current)
    }

    /// The measure with this code.
    pub fn measure(&self, code: &str) -> Option<&Measure> {
        self.content.measures.get(code)
    }

    /// Every measure, by code.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.content.measures.values()
    }

    /// The offence with this code.
    pub fn offence(&self, code: &str) -> Option<&Offence> {
        self.content.offences.get(code)
    }

    /// Every offence, by code.
    pub fn offences(&self) -> impl Iterator<Item = &Offence> {
        self.content.offences.values()
    }

    /// What a purpose needs: a treaty basis or not, and under which measures its records travel.
    pub fn purpose(&self, code: &str) -> Option<&Purpose> {
        self.content.purposes.get(code)
    }

    /// Every purpose, by code.
    pub fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.content.purposes.values()
    }

    /// The principle with this id, such as `aalco-f`.
    pub fn principle(&self, id: &str) -> Option<&Principle> {
        self.content.principles.iter().find(|principle| principle.id == id)
    }

    /// Every principle, in the order of principles.csv.
    pub fn principles(&self) -> &[Principle] {
        &self.content.principles
    }

    /// The norm with this id, such as `norm-c`.
    pub fn norm(&self, id: &str) -> Option<&Norm> {
        self.content.norms.iter().find(|norm| norm.id == id)
    }

    /// Every norm, in the order of norms.csv.
    pub fn norms(&self) -> &[Norm] {
        &self.content.norms
    }

    /// The grounds of refusal and answer codes under an instrument.
    pub fn refusal_grounds<'a>(&'a self, instrument: &'a str) -> impl Iterator<Item = &'a RefusalGround> {
        self.content.grounds.iter().filter(move |ground| ground.instrument.as_str() == instrument)
    }

    /// The fields that a request holds, in the order of the forms.
    pub fn request_fields(&self) -> &[RequestField] {
        &self.content.fields
    }

    /// The instrument with this code, as the register knows it now.
    pub fn instrument(&self, id: &str) -> Option<&Instrument> {
        self.content.dossiers.get(id)?.instrument.current()
    }

    /// Every instrument, by code.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.content.dossiers.values().filter_map(|dossier| dossier.instrument.current())
    }

    /// The articles of an instrument, in the order of instrument_articles.csv.
    pub fn articles(&self, id: &str) -> impl Iterator<Item = &Article> {
        let dossier = self.content.dossiers.get(id);
        dossier.into_iter().flat_map(|dossier| dossier.articles.iter().filter_map(Versions::current))
    }

    /// The status row of a party under an instrument, as known now or on a day.
    pub fn status(&self, id: &str, party: &PartyCode, known: Option<Date>) -> Option<&Status> {
        self.content.dossiers.get(id)?.status(party, known)
    }

    /// Every status row of an instrument by party, as known now or on a day.
    pub fn statuses(&self, id: &str, known: Option<Date>) -> impl Iterator<Item = &Status> {
        let dossier = self.content.dossiers.get(id);
        dossier
            .into_iter()
            .flat_map(move |dossier| dossier.statuses.values().filter_map(move |row| row.known(known)))
    }

    /// Every reservation read under an instrument, as known now or on a day.
    pub fn reservations(&self, id: &str, known: Option<Date>) -> impl Iterator<Item = &Reservation> {
        let dossier = self.content.dossiers.get(id);
        dossier
            .into_iter()
            .flat_map(move |dossier| dossier.reservations.iter().filter_map(move |row| row.known(known)))
    }

    /// The positions that a party itself stated or confirmed. What others report of it is not among them.
    pub fn positions<'a>(&'a self, party: &'a PartyCode) -> impl Iterator<Item = &'a HeldPosition> {
        self.held_positions(party).filter(|held| held.confirmed.is_some())
    }

    /// What others report of a party's positions, for that party's own officers to confirm and for nobody else.
    pub fn positions_to_confirm<'a>(
        &'a self,
        party: &'a PartyCode,
    ) -> impl Iterator<Item = &'a HeldPosition> {
        self.held_positions(party).filter(|held| held.confirmed.is_none())
    }

    /// The national laws that a party stated by change set, as known now.
    pub fn national_laws(&self, party: &PartyCode) -> impl Iterator<Item = &NationalLaw> {
        let laws = self.content.laws.get(party);
        laws.into_iter().flat_map(|laws| laws.iter().filter_map(Versions::current))
    }

    /// The change sets applied, in order.
    pub fn applied(&self) -> &[Applied] {
        &self.content.applied
    }

    /// The date of the shipped set, from SOURCES.md.
    pub fn set_date(&self) -> Date {
        self.content.set_date
    }

    /// The hash of everything the register holds: equal content, equal hash.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    pub(crate) fn of(content: Content) -> Register {
        let hash = sha256(&[b"comity register 1\0", &canonical::encode(&content)]);
        Register { content, hash }
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    fn held_positions<'a>(&'a self, party: &'a PartyCode) -> impl Iterator<Item = &'a HeldPosition> {
        self.content.positions.iter().filter(move |held| held.position.party == *party)
    }
}

impl Dossier {
    pub(crate) fn new(instrument: Instrument, known_from: Date) -> Dossier {
        Dossier {
            instrument: Versions::new(instrument, known_from),
            articles: Vec::new(),
            statuses: BTreeMap::new(),
            reservations: Vec::new(),
        }
    }

    pub(crate) fn status(&self, party: &PartyCode, known: Option<Date>) -> Option<&Status> {
        self.statuses.get(party)?.known(known)
    }
}

impl Content {
    pub(crate) fn empty(set_date: Date) -> Content {
        Content {
            set_date,
            parties: BTreeMap::new(),
            dossiers: BTreeMap::new(),
            measures: BTreeMap::new(),
            offences: BTreeMap::new(),
            purposes: BTreeMap::new(),
            principles: Vec::new(),
            norms: Vec::new(),
            positions: Vec::new(),
            grounds: Vec::new(),
            fields: Vec::new(),
            laws: BTreeMap::new(),
            applied: Vec::new(),
        }
    }

    pub(crate) fn near_party(&self, text: &str) -> Vec<String> {
        let parties = self.parties.values().filter_map(Versions::current);
        near_matches(
            text,
            parties.map(|party| {
                let names = vec![party.name.as_str(), party.common_name.as_str(), party.alpha3.as_str()];
                (party.code.as_str(), names)
            }),
        )
    }

    pub(crate) fn near_instrument(&self, text: &str) -> Vec<String> {
        near_matches(text, self.dossiers.keys().map(|id| (id.as_str(), Vec::new())))
    }

    pub(crate) fn near_measure(&self, text: &str) -> Vec<String> {
        near_matches(text, self.measures.values().map(|row| (row.code.as_str(), vec![row.name.as_str()])))
    }

    pub(crate) fn near_offence(&self, text: &str) -> Vec<String> {
        near_matches(text, self.offences.values().map(|row| (row.code.as_str(), vec![row.name.as_str()])))
    }
}
