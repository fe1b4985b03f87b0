//! The closed vocabularies of the register's columns. Each value is one word of a CSV file; a word that is not listed
//! here is a fault, never a guess.

/// A word that its vocabulary does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a known {what}; known are {}", .known.join(", "))]
pub struct UnknownWord {
    /// The word as given, at most 60 characters of it.
    pub text: String,
    /// What it was to be.
    pub what: &'static str,
    /// The words there are.
    pub known: Vec<&'static str>,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order in which the vocabulary lists them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as the register writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::vocabulary::UnknownWord;
            fn from_str(text: &str) -> Result<Self, crate::vocabulary::UnknownWord> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| crate::vocabulary::UnknownWord {
                    text: text.chars().take(60).collect(),
                    what: $what,
                    known: Self::ALL.iter().map(|value| value.as_str()).collect(),
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                crate::cbor::text::encode(self, e, ctx)
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
                crate::cbor::text::decode(d, ctx)
            }
        }
    };
}

vocabulary! {
    /// How a party stands towards the United Nations (states.csv, `un_status`).
    UnStatus, "un_status":
    /// A member State.
    Member = "member",
    /// A permanent observer State.
    ObserverState = "observer_state",
    /// An organisation.
    Organisation = "organisation",
    /// A State or territory with treaty capacity that is no member.
    NonMember = "non-member",
    /// Invented, for exercises: everything shown of it says "exercise data".
    Exercise = "exercise",
}

vocabulary! {
    /// What kind of text an instrument is (instruments.csv, `kind`).
    InstrumentKind, "kind":
    /// Open to States at large.
    Treaty = "treaty",
    /// Open to the States of a region or organisation.
    Regional = "regional",
    /// Between two.
    Bilateral = "bilateral",
    /// Not binding.
    SoftLaw = "soft-law",
}

vocabulary! {
    /// Yes or no.
    YesNo, "yes or no":
    /// Yes.
    Yes = "yes",
    /// No.
    No = "no",
}

vocabulary! {
    /// What is known of a membership (states.csv, `aalco_member`, `appf_member`).
    Membership, "membership":
    /// Named as a member in the source.
    Yes = "yes",
    /// Not named.
    No = "no",
    /// Sources differ.
    Unverified = "unverified",
}

vocabulary! {
    /// How close an instrument is to the matter; candidates are ordered by it (instruments.csv, `specificity`).
    Specificity, "specificity":
    /// Between the two.
    Bilateral = "bilateral",
    /// On cybercrime, of a region.
    CyberRegional = "cyber_regional",
    /// On cybercrime, open to all.
    CyberGlobal = "cyber_global",
    /// On assistance in general, of a region.
    GeneralRegional = "general_regional",
    /// On assistance in general, open to all.
    GeneralGlobal = "general_global",
    /// Not binding.
    Soft = "soft",
}

vocabulary! {
    /// Which offences an instrument's cooperation covers (instruments.csv, `material_scope`).
    MaterialScope, "material_scope":
    /// Any offence.
    AnyOffence = "any_offence",
    /// Computer offences, and electronic evidence of any offence.
    ComputerAndEEvidence = "computer_and_e_evidence",
    /// Corruption offences.
    Corruption = "corruption",
    /// Computer offences only.
    ComputerOnly = "computer_only",
    /// The convention's own offences, and serious crime.
    ConventionAndSerious = "convention_and_serious",
    /// Serious crime of organised groups, transnational.
    OrganisedTransnational = "organised_transnational",
    /// Security cooperation, no evidence channel.
    SecurityCooperation = "security_cooperation",
    /// No channel for requests.
    NotAChannel = "not_a_channel",
}

vocabulary! {
    /// How well an instrument row is supported (instruments.csv, `status`).
    InstrumentStatus, "instrument status":
    /// Seen in the source named.
    Verified = "verified",
    /// Seen in the source named, and not in force there.
    VerifiedNotInForce = "verified_not_in_force_at_as_of",
    /// Named in the source; a symbol or day comes from general knowledge.
    PartlyVerified = "partly_verified",
    /// The number comes from general knowledge.
    NumberFromMemory = "number_from_memory",
    /// The dates come from general knowledge.
    UnverifiedDates = "unverified_dates",
    /// General knowledge.
    Unverified = "unverified",
}

vocabulary! {
    /// What an article does (instrument_articles.csv, `scope`). Only the first two are ever a basis.
    ArticleScope, "scope":
    /// One party may ask, the other has agreed to help.
    Cooperation = "cooperation",
    /// One party may turn to a provider in the other.
    DirectToProvider = "direct_to_provider",
    /// An act that needs no asking.
    OwnAct = "own_act",
    /// A power each party must have at home.
    DomesticPower = "domestic_power",
    /// A definition.
    Definition = "definition",
    /// A rule.
    Rule = "rule",
}

vocabulary! {
    /// How much of an article's text was read (instrument_articles.csv, refusal_grounds.csv, `text_read`).
    TextRead, "text_read":
    /// All of it.
    Yes = "yes",
    /// Part of it.
    Partly = "partly",
    /// A summary of it.
    Summary = "summary",
    /// Its heading.
    HeadingOnly = "heading_only",
    /// None of it.
    No = "no",
    /// There is none: an answer code of ours.
    Derived = "derived",
}

vocabulary! {
    /// What the source says of a party and how well it is supported (instrument_status.csv, `status`; SOURCES.md).
    StatusWord, "status":
    /// Dates seen in the source named.
    Verified = "verified",
    /// Signed, no deposit at that date.
    SignedOnly = "signed_only_as_of_source",
    /// Named as party or ratified, date not seen.
    PartyDateUnverified = "party_date_unverified",
    /// Inferred from another fact.
    PartyInferred = "party_inferred_date_unverified",
    /// A signature reported by the press.
    SignatureReported = "signature_reported",
    /// A signature, verified; no more.
    VerifiedSignatureOnly = "verified_signature_only",
    /// A signature, verified.
    SignatureVerified = "signature_verified",
    /// A signature, inferred.
    SignatureInferred = "signature_inferred",
    /// A party; only the year was seen.
    YearOnly = "year_only",
    /// Invited to accede.
    Invited = "invited_to_accede",
    /// The source says that it is not a party.
    NotParty = "not_party_as_of_source",
    /// National approval, deposit not seen.
    RatificationLawOnly = "signed_ratification_law_only",
    /// General knowledge.
    Unverified = "unverified",
}

vocabulary! {
    /// The act by which a party was bound (instrument_status.csv, `act`).
    Act, "act":
    /// Ratification.
    Ratification = "ratification",
    /// Accession.
    Accession = "accession",
    /// Acceptance.
    Acceptance = "acceptance",
    /// Approval.
    Approval = "approval",
    /// Succession.
    Succession = "succession",
    /// Signature without reservation as to ratification.
    SignatureWithoutReservation = "signature_without_reservation",
    /// Exchange of notes.
    ExchangeOfNotes = "exchange of notes",
    /// Signature, which binds nobody by itself.
    Signature = "signature",
}

vocabulary! {
    /// Whom a reservation concerns (instrument_reservations.csv, `side`).
    Side, "side":
    /// The reserving party when it is asked.
    Asked = "asked",
    /// The reserving party when it asks.
    Asking = "asking",
    /// Either way.
    Both = "both",
}

vocabulary! {
    /// What a reservation does to the article (instrument_reservations.csv, `effect`).
    Effect, "effect":
    /// The article does not apply.
    Excluded = "excluded",
    /// The article applies with the limit that the text states.
    Restricted = "restricted",
}

vocabulary! {
    /// How well a reservation row is supported.
    ReservationStatus, "reservation status":
    /// Seen in the source named.
    Verified = "verified",
    /// Named in the source, in part from general knowledge.
    PartlyVerified = "partly_verified",
    /// General knowledge.
    Unverified = "unverified",
}

vocabulary! {
    /// The field a measure belongs to (measures.csv, `field`).
    Field, "field":
    /// Criminal justice.
    Criminal = "criminal",
    /// An act that needs no asking.
    OwnAct = "own_act",
    /// Cyber-defence.
    CyberDefence = "cyber-defence",
    /// Capacity-building.
    CapacityBuilding = "capacity-building",
    /// Confidence-building.
    ConfidenceBuilding = "confidence-building",
    /// Incident response.
    IncidentResponse = "incident-response",
    /// Content.
    Content = "content",
}

vocabulary! {
    /// How a general assistance article reaches a measure (measures.csv, `through`).
    Through, "through":
    /// The general article lists it.
    Listed = "listed",
    /// It comes under the clause for any other assistance.
    CatchAll = "catch_all",
}

vocabulary! {
    /// The class of an offence (offences.csv, `class`).
    OffenceClass, "offence class":
    /// Against or by means of computers.
    Computer = "computer",
    /// Corruption.
    Corruption = "corruption",
    /// Other.
    Other = "other",
}

vocabulary! {
    /// Whether records for a purpose need a treaty basis (purposes.csv, `treaty_basis`).
    TreatyBasis, "treaty_basis":
    /// They do.
    Required = "required",
    /// Voluntary sharing between authorities does not.
    NotRequired = "not_required",
}

vocabulary! {
    /// What a party's own law says of helping without a treaty.
    WithoutTreatyStatus, "without_treaty status":
    /// The register holds no such statement of that party.
    NotOnRecord = "not-on-record",
    /// Possible.
    Possible = "possible",
    /// Possible on an assurance of reciprocity or another assurance.
    NeedsAssurance = "needs-assurance",
    /// Excluded.
    Excluded = "excluded",
}

impl StatusWord {
    /// Whether the word claims that a source was seen.
    pub fn claims_source(self) -> bool {
        matches!(
            self,
            StatusWord::Verified | StatusWord::VerifiedSignatureOnly | StatusWord::SignatureVerified
        )
    }

    /// Whether the word names the party as a party while its date is open.
    pub fn names_party(self) -> bool {
        matches!(self, StatusWord::PartyDateUnverified | StatusWord::PartyInferred | StatusWord::YearOnly)
    }

    /// Whether the word is that of a signature and no more.
    pub fn is_signature(self) -> bool {
        matches!(
            self,
            StatusWord::SignedOnly
                | StatusWord::SignatureVerified
                | StatusWord::VerifiedSignatureOnly
                | StatusWord::RatificationLawOnly
        )
    }
}

impl InstrumentStatus {
    /// Whether the status begins with `verified` (design section 7, grade).
    pub fn is_verified(self) -> bool {
        matches!(self, InstrumentStatus::Verified | InstrumentStatus::VerifiedNotInForce)
    }
}

impl YesNo {
    /// Whether it is yes.
    pub fn is_yes(self) -> bool {
        self == YesNo::Yes
    }
}
