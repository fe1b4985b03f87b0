//! The stable codes of refusals. They appear in the API, in entries and in the reference.

use crate::words::words;

words! {
    /// Why a record did not cross. A policy that forbids names one of these; a default denial gets one from what was
    /// missing.
    Code, "border code":
    /// The kind or version is not understood here.
    0 UnknownKind "border/unknown-kind"
    /// No letter of that party is accepted.
    1 UnknownPeer "border/unknown-peer"
    /// Dealings with that party are suspended.
    2 Suspended "border/suspended"
    /// A party on the way is unknown or suspended.
    3 Via "border/via"
    /// A request without a bounded selector.
    4 Bulk "border/bulk"
    /// Collection in real time without an end ahead.
    5 NoEndDate "border/no-end-date"
    /// A request without an offence.
    6 NoOffence "border/no-offence"
    /// The audience of the label.
    7 Tlp "border/tlp"
    /// The onward rule of a third party's record.
    8 Onward "border/onward"
    /// The consent of a third party ran out.
    9 ConsentExpired "border/consent-expired"
    /// A handling code that only a person can apply.
    10 Handling "border/handling"
    /// The purpose is not one that the label names.
    11 Purpose "border/purpose"
    /// A limit of use stands against the purpose.
    12 UseLimit "border/use-limit"
    /// An assurance that the label asks for was not given.
    13 AssuranceMissing "border/assurance-missing"
    /// Terms that must be agreed first.
    14 Terms "border/terms"
    /// The retention of the record has ended.
    15 Retention "border/retention"
    /// Personal data without a ground for the transfer.
    16 PersonalWithoutGround "border/personal-without-ground"
    /// A special category on too weak a ground.
    17 SpecialCategory "border/special-category"
    /// The sovereign sphere, not released.
    18 Sovereign "border/sovereign"
    /// Classified information without an agreement or release.
    19 Classified "border/classified"
    /// An attribution claim that no person has released.
    20 AttributionHeld "border/attribution-held"
    /// A rule of a national pack.
    21 NationalRule "border/national-rule"
    /// The party's own policy, guided by a principle.
    22 OwnPolicy "border/own-policy"
    /// Data that needs a legal basis has none.
    23 NoBasis "border/no-basis"
    /// The competence of a unit is not shown.
    24 NoCompetence "border/no-competence"
    /// No policy permits it, for another reason.
    25 NotPermitted "border/not-permitted"
    /// The request does not fit the record it goes with.
    26 Mismatch "border/mismatch"
    /// The record itself stays; one made from it by redaction may be put to the border.
    28 RedactFirst "border/redact-first"
    /// The embargo of the label has not ended.
    29 Embargo "border/embargo"
    /// Its author narrowed the audience since.
    30 Narrowed "border/narrowed"
    /// A policy could not be evaluated; that is a refusal.
    27 PolicyError "border/policy-error"
}
