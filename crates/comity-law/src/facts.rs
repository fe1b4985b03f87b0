//! The typed rows beside the instruments: parties, measures, offences, purposes, principles, norms, positions, grounds of
//! refusal, fields of requests, and national laws.

use crate::{
    AsOf, InstrumentId, LawId, MeasureCode, OffenceCode, PurposeCode, Register,
    vocabulary::{
        Field, Membership, OffenceClass, TextRead, Through, TreatyBasis, UnStatus, WithoutTreatyStatus, YesNo,
    },
};
use comity_record::{Date, PartialDate, PartyCode};
use minicbor::{Decode, Encode};

/// A party that the register knows (states.csv, or a change set).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Party {
    /// Its code.
    #[n(0)]
    pub code: PartyCode,
    /// ISO 3166-1 alpha-3, where it has one.
    #[n(1)]
    pub alpha3: String,
    /// UN M49 code, where it has one.
    #[n(2)]
    pub m49: String,
    /// The short name used by the United Nations.
    #[n(3)]
    pub name: String,
    /// A name for search only.
    #[n(4)]
    pub common_name: String,
    /// How it stands towards the United Nations.
    #[n(5)]
    pub un_status: UnStatus,
    /// The year of membership.
    #[cbor(n(6), with = "crate::cbor::optional")]
    pub un_since: Option<PartialDate>,
    /// The M49 region, subregion and intermediate region, each as code and name.
    #[n(7)]
    pub region: Region,
    /// Member of AALCO.
    #[n(8)]
    pub aalco_member: Membership,
    /// Member of the APPF.
    #[n(9)]
    pub appf_member: Membership,
    /// The party of which it is a part: a territory with its own authority, say.
    #[n(10)]
    pub part_of: Option<PartyCode>,
    /// Until when it is a party; only a change set says so.
    #[cbor(n(11), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
}

/// Where the M49 standard places a party; empty where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Region {
    /// Code of the region.
    #[n(0)]
    pub region_code: String,
    /// The region.
    #[n(1)]
    pub region: String,
    /// Code of the subregion.
    #[n(2)]
    pub subregion_code: String,
    /// The subregion.
    #[n(3)]
    pub subregion: String,
    /// The intermediate region.
    #[n(4)]
    pub intermediate: String,
}

/// What may be asked (measures.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Measure {
    /// Its code.
    #[n(0)]
    pub code: MeasureCode,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// The field it belongs to.
    #[n(2)]
    pub field: Field,
    /// Whether it compels someone.
    #[n(3)]
    pub coercive: YesNo,
    /// Whether a general assistance article covers it, and how.
    #[n(4)]
    pub under_general_mla: Option<Through>,
    /// The categories of data it is about.
    #[n(5)]
    pub data_categories: Vec<String>,
}

/// An offence (offences.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Offence {
    /// Its code.
    #[n(0)]
    pub code: OffenceCode,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Its class.
    #[n(2)]
    pub class: OffenceClass,
}

/// What a purpose needs (purposes.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Purpose {
    /// Its code.
    #[n(0)]
    pub code: PurposeCode,
    /// Whether it needs a treaty basis.
    #[n(1)]
    pub treaty_basis: TreatyBasis,
    /// The measures under which its records travel.
    #[n(2)]
    pub measures: PurposeMeasures,
    /// A note.
    #[n(3)]
    pub note: String,
}

/// The measures of a purpose.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub enum PurposeMeasures {
    /// The measure of the request that is sent or answered.
    #[n(0)]
    OfTheRequest,
    /// These.
    #[n(1)]
    These(#[n(0)] Vec<MeasureCode>),
}

/// A principle or paragraph of the two texts that Comity follows (principles.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Principle {
    /// Its id, such as `aalco-f`.
    #[n(0)]
    pub id: String,
    /// The text and place.
    #[n(1)]
    pub source: String,
    /// What it says, in our words.
    #[n(2)]
    pub summary: String,
    /// What it asks of software, in our words.
    #[n(3)]
    pub derived_requirement: String,
}

/// A voluntary norm of responsible behaviour (norms.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Norm {
    /// Its id, such as `norm-c`.
    #[n(0)]
    pub id: String,
    /// The text and place.
    #[n(1)]
    pub reference: String,
    /// What it says, in our words.
    #[n(2)]
    pub summary: String,
    /// Where software serves it.
    #[n(3)]
    pub system_place: String,
}

/// A position of a party on a question of law (positions.csv, or a change set of that party).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Position {
    /// The party.
    #[n(0)]
    pub party: PartyCode,
    /// The question.
    #[n(1)]
    pub topic: String,
    /// The position, as a word.
    #[n(2)]
    pub position: String,
    /// The position, in our words.
    #[n(3)]
    pub summary: String,
    /// Source codes.
    #[n(4)]
    pub source: String,
    /// The latest date that the source shows.
    #[cbor(n(5), with = "crate::cbor::text")]
    pub as_of: AsOf,
}

/// A position and whose word it is. What others report stays hidden until the party confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct HeldPosition {
    /// The position.
    #[n(0)]
    pub position: Position,
    /// When the party itself said or confirmed it; `None`: reported by others.
    #[n(1)]
    pub confirmed: Option<Date>,
}

/// A ground on which help may be refused, postponed or made conditional, or an answer code (refusal_grounds.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct RefusalGround {
    /// The instrument.
    #[n(0)]
    pub instrument: InstrumentId,
    /// The article.
    #[n(1)]
    pub article: String,
    /// The ground.
    #[n(2)]
    pub ground: String,
    /// What it allows, as a word.
    #[n(3)]
    pub effect: String,
    /// A measure, or `mla`, `mla_noncoercive`, `any_personal_data`.
    #[n(4)]
    pub applies_to: String,
    /// The ground in our words.
    #[n(5)]
    pub description: String,
    /// The duties of one who relies on it.
    #[n(6)]
    pub duties: String,
    /// How much of the text was read.
    #[n(7)]
    pub text_read: TextRead,
    /// Source codes.
    #[n(8)]
    pub source: String,
}

/// A field that a request holds (request_fields.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct RequestField {
    /// The section of the form.
    #[n(0)]
    pub section: String,
    /// The field.
    #[n(1)]
    pub field: String,
    /// What kind of value it takes.
    #[n(2)]
    pub kind: String,
    /// Whether it is needed, in the form's words.
    #[n(3)]
    pub required: String,
    /// The form or article that asks for it.
    #[n(4)]
    pub form_or_article: String,
    /// Where it was seen.
    #[n(5)]
    pub seen_in_source: String,
}

/// A national law as its own State states it. None is shipped; it arrives by that State's change set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NationalLaw {
    /// The State whose law it is.
    #[n(0)]
    pub party: PartyCode,
    /// Its id, as the State names it.
    #[n(1)]
    pub id: LawId,
    /// Its title.
    #[n(2)]
    pub title: String,
    /// Its date.
    #[cbor(n(3), with = "crate::cbor::optional")]
    pub dated: Option<PartialDate>,
    /// The date of the consolidated text.
    #[cbor(n(4), with = "crate::cbor::optional")]
    pub consolidated: Option<PartialDate>,
    /// The official address of the text.
    #[n(5)]
    pub link: String,
    /// The language of the text, as a BCP 47 tag.
    #[n(6)]
    pub language: String,
    /// Which offences it makes, beside the treaty articles that they carry out.
    #[n(7)]
    pub offences: Vec<NationalOffence>,
    /// Which powers it gives, beside the measures that they carry out.
    #[n(8)]
    pub powers: Vec<NationalPower>,
    /// What it says of helping without a treaty; `None`: it does not say.
    #[n(9)]
    pub without_treaty: Option<WithoutTreatyLaw>,
    /// Who oversees its use.
    #[n(10)]
    pub oversight: String,
    /// What is missing, in the State's words.
    #[n(11)]
    pub gap_note: String,
    /// From when it is in force.
    #[cbor(n(12), with = "crate::cbor::optional")]
    pub in_force: Option<PartialDate>,
    /// When it ceased.
    #[cbor(n(13), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
    /// The latest date at which the statement holds.
    #[cbor(n(14), with = "crate::cbor::text")]
    pub as_of: AsOf,
}

/// An offence of national law.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NationalOffence {
    /// The offence.
    #[n(0)]
    pub offence: OffenceCode,
    /// The section of the law.
    #[n(1)]
    pub section: String,
    /// The treaty article that it carries out, such as `budapest 2`; empty where there is none.
    #[n(2)]
    pub treaty_article: String,
    /// The range of penalties, in the State's words.
    #[n(3)]
    pub penalty: String,
}

/// A power of national law.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NationalPower {
    /// The measure.
    #[n(0)]
    pub measure: MeasureCode,
    /// The section of the law.
    #[n(1)]
    pub section: String,
    /// Its conditions, in the State's words.
    #[n(2)]
    pub conditions: String,
}

/// What a national law says of helping another State without a treaty.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WithoutTreatyLaw {
    /// The answer; never `not-on-record`.
    #[n(0)]
    pub status: WithoutTreatyStatus,
    /// The measures it speaks of; empty: all.
    #[n(1)]
    pub measures: Vec<MeasureCode>,
    /// The State's words.
    #[n(2)]
    pub note: String,
}

impl Party {
    /// Whether it is invented, so that everything shown of it is exercise data.
    pub fn is_exercise(&self) -> bool {
        self.un_status == UnStatus::Exercise
    }
}

impl RefusalGround {
    /// Whether the ground is about a measure. `mla` means every measure of field criminal but extradition,
    /// `mla_noncoercive` those of them that are not coercive, `any_personal_data` any measure where personal data are asked
    /// for.
    pub fn is_about(&self, register: &Register, measure: &str, personal: bool) -> bool {
        let known = register.measure(measure);
        let mutual = known.is_some_and(|one| one.field == Field::Criminal) && measure != "extradition";
        match self.applies_to.as_str() {
            "any_personal_data" => personal,
            "mla" => mutual,
            "mla_noncoercive" => mutual && known.is_some_and(|one| one.coercive == YesNo::No),
            other => other == measure,
        }
    }
}

impl NationalLaw {
    /// Whether it is in force on `on`; without a date from which, it is taken as in force.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.in_force.is_none_or(|from| from.last_day() <= on)
            && self.ended.is_none_or(|ended| ended.first_day() > on)
    }

    /// What it says of `measure` without a treaty: a statement that names the measure comes before one for all.
    pub fn without_treaty_for(&self, measure: &MeasureCode) -> Option<&WithoutTreatyLaw> {
        self.without_treaty.as_ref().filter(|law| law.measures.is_empty() || law.measures.contains(measure))
    }
}
