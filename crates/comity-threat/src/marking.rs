//! Data markings: TLP 1.0 and 2.0, PAP, statements that name a colour, and granular markings.
//!
//! The ids of TLP 1.0 are fixed by STIX 2.1 section 7.2.1.4; those of TLP 2.0 and PAP by the extension definitions
//! `60a3c5c5-…` and `f8d78575-…` of the OASIS CTI TC's common objects. OpenCTI's marking definitions
//! (`x_opencti_definition`) and MISP's tags written as statements are read too.

use crate::{Context, Finding, Level, Object, Selector, reader::JsonKind, reader::Value};
use comity_record::label::{Pap, Tlp};

/// The property by which an object or a marking definition carries labels of Comity's own vocabulary:
/// `"x_comity_labels": {"sovereign": "critical-infrastructure"}`.
pub const OWN_LABELS: &str = "x_comity_labels";

/// The extension definition of TLP 2.0.
pub const TLP_2_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
/// The extension definition of PAP.
pub const PAP_EXTENSION: &str = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b";

/// What a marking says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// The audience, where it names one.
    pub tlp: Option<Tlp>,
    /// Permitted actions, where it names them.
    pub pap: Option<Pap>,
    /// Further labels, from [`OWN_LABELS`].
    pub labels: Vec<(String, String)>,
}

/// A marking of some parts of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GranularMark {
    /// The parts.
    pub selectors: Vec<Selector>,
    /// What they are marked with; an unknown marking has the audience the policy gives to such.
    pub meaning: Meaning,
}

impl Meaning {
    /// Adds what another says; the stricter counts.
    pub fn join(&mut self, other: &Meaning) {
        self.tlp = self.tlp.max(other.tlp);
        self.pap = self.pap.max(other.pap);
        self.labels.extend(
            other.labels.iter().filter(|label| !self.labels.contains(label)).cloned().collect::<Vec<_>>(),
        );
    }
}

/// An audience, permitted actions, or both.
type Colours = (Option<Tlp>, Option<Pap>);

const fn tlp(tlp: Tlp) -> Colours {
    (Some(tlp), None)
}

const fn pap(pap: Pap) -> Colours {
    (None, Some(pap))
}

/// The markings whose ids are fixed.
const FIXED: &[(&str, Colours)] = &[
    ("613f2e26-407d-48c7-9eca-b8e91df99dc9", tlp(Tlp::Clear)),
    ("34098fce-860f-48ae-8e50-ebd3cc5e41da", tlp(Tlp::Green)),
    ("f88d31f6-486f-44da-b317-01333bde0b82", tlp(Tlp::Amber)),
    ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", tlp(Tlp::Red)),
    ("94868c89-83c2-464b-929b-a1a8aa3c8487", tlp(Tlp::Clear)),
    ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", tlp(Tlp::Green)),
    ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", tlp(Tlp::Amber)),
    ("939a9414-2ddd-4d32-a0cd-375ea402b003", tlp(Tlp::AmberStrict)),
    ("e828b379-4e03-4974-9ac4-e53a884c97c1", tlp(Tlp::Red)),
    ("ad15a0cd-55b6-4588-a14c-a66105329b92", pap(Pap::Clear)),
    ("a3bea94c-b469-41dc-9cfe-d6e7daba7730", pap(Pap::Clear)),
    ("c43594d1-4b11-4c59-93ab-1c9b14d53ce9", pap(Pap::Green)),
    ("60f8932b-e51e-4458-b265-a2e8be9a80ab", pap(Pap::Amber)),
    ("740d36e5-7714-4c30-961a-3ae632ceee0e", pap(Pap::Red)),
];

/// The meaning of a marking whose id is fixed.
pub fn fixed(marking_ref: &str) -> Option<Meaning> {
    let uuid = marking_ref.strip_prefix("marking-definition--")?;
    let (_, (tlp, pap)) = FIXED.iter().find(|(known, _)| known.eq_ignore_ascii_case(uuid))?;
    Some(Meaning { tlp: *tlp, pap: *pap, labels: Vec::new() })
}

/// The id of the PAP marking of these actions.
pub(crate) fn id_of_pap(pap: Pap) -> Option<String> {
    let found = FIXED.iter().find(|(_, colours)| *colours == (None, Some(pap)));
    found.map(|(uuid, _)| format!("marking-definition--{uuid}"))
}

/// The marking definition of TLP 2.0 for an audience.
pub fn reference(tlp: Tlp) -> &'static str {
    match tlp {
        Tlp::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
}

/// The colour that a text names, such as `TLP:AMBER+STRICT` or `white`.
pub fn tlp_named(text: &str) -> Option<Tlp> {
    let colour = text.trim().to_ascii_lowercase();
    match colour.strip_prefix("tlp:").unwrap_or(&colour).trim() {
        "clear" | "white" => Some(Tlp::Clear),
        "green" => Some(Tlp::Green),
        "amber" => Some(Tlp::Amber),
        "amber+strict" | "amber-strict" | "amber_strict" => Some(Tlp::AmberStrict),
        "red" => Some(Tlp::Red),
        _ => None,
    }
}

/// The colour that a text names, such as `PAP:AMBER` or `white`.
pub fn pap_named(text: &str) -> Option<Pap> {
    let colour = text.trim().to_ascii_lowercase();
    match colour.strip_prefix("pap:").unwrap_or(&colour).trim() {
        "clear" | "white" => Some(Pap::Clear),
        "green" => Some(Pap::Green),
        "amber" => Some(Pap::Amber),
        "red" => Some(Pap::Red),
        _ => None,
    }
}

/// What a marking definition means. Colours it names but nobody knows are found by [`check_definition`].
pub fn meaning_of(definition: &Object<'_>) -> Meaning {
    let mut meaning = fixed(definition.id()).unwrap_or_default();
    let named = Named::of(definition);
    for text in &named.tlp {
        meaning.tlp = meaning.tlp.max(tlp_named(text));
    }
    for text in &named.pap {
        meaning.pap = meaning.pap.max(pap_named(text));
    }
    meaning.labels = own_labels(definition.root());
    meaning
}

/// Finds marking definitions with unknown colours, and those that give a fixed id another meaning.
pub(crate) fn check_definition(object: &Object<'_>, found: &mut Vec<Finding>) {
    if object.type_name() != "marking-definition" {
        return;
    }
    let named = Named::of(object);
    let mut must = |code, message: String| {
        found.push(Finding { level: Level::Must, code, path: "definition".to_owned(), message });
    };
    let unknown_tlp = named.tlp.iter().filter(|text| tlp_named(text).is_none());
    for text in unknown_tlp.chain(named.pap.iter().filter(|text| pap_named(text).is_none())) {
        must(
            "threat/unknown-marking",
            format!("`{}` is no colour of TLP or PAP", crate::reader::brief(text)),
        );
    }
    if let Some(fixed) = fixed(object.id()) {
        let other = named.tlp.iter().any(|text| tlp_named(text) != fixed.tlp)
            || named.pap.iter().any(|text| pap_named(text) != fixed.pap);
        if other {
            must("threat/marking-redefined", "gives a fixed TLP or PAP id another meaning".to_owned());
        }
    }
}

/// The granular markings of an object that bear on its handling; languages are left out.
pub fn granular(object: &Object<'_>, context: &Context<'_>) -> Vec<GranularMark> {
    let Some(markings) = object.get("granular_markings").filter(|list| list.kind() == JsonKind::Array) else {
        return Vec::new();
    };
    let mark = |marking: Value<'_>| {
        let marking_ref = marking.text_of("marking_ref")?;
        let unknown = || Meaning { tlp: Some(context.policy().unresolved), ..Meaning::default() };
        let meaning = context.meaning(&marking_ref).map_or_else(unknown, std::borrow::Cow::into_owned);
        let selectors = marking.get("selectors")?.children();
        let selectors = selectors.filter_map(|text| text.as_str()?.parse().ok()).collect();
        Some(GranularMark { selectors, meaning })
    };
    markings.children().filter_map(mark).collect()
}

/// The colours that an object's own `labels` name, such as the MISP tag `tlp:amber`.
pub(crate) fn tags(object: &Object<'_>) -> Meaning {
    let mut meaning = Meaning::default();
    let Some(labels) = object.get("labels").filter(|labels| labels.kind() == JsonKind::Array) else {
        return meaning;
    };
    for label in labels.children().filter_map(Value::as_str) {
        let lower = label.trim().to_ascii_lowercase();
        if lower.starts_with("tlp:") {
            meaning.tlp = meaning.tlp.max(tlp_named(&lower));
        } else if lower.starts_with("pap:") {
            meaning.pap = meaning.pap.max(pap_named(&lower));
        }
    }
    meaning
}

/// The pairs of [`OWN_LABELS`]; what is no text is found by [`crate::validate`].
pub(crate) fn own_labels(root: Value<'_>) -> Vec<(String, String)> {
    let Some(map) = root.get(OWN_LABELS).filter(|map| map.kind() == JsonKind::Object) else {
        return Vec::new();
    };
    let pair = |value: Value<'_>| Some((value.key().into_owned(), value.as_str()?.into_owned()));
    map.children().filter_map(pair).collect()
}

/// The texts by which a marking definition names colours.
#[derive(Default)]
struct Named {
    tlp: Vec<String>,
    pap: Vec<String>,
}

impl Named {
    fn of(object: &Object<'_>) -> Named {
        let mut named = Named::default();
        named.read_definition(object);
        let extension =
            |id: &str, key: &str| Some(object.get("extensions")?.get(id)?.text_of(key)?.into_owned());
        named.tlp.extend(extension(TLP_2_EXTENSION, "tlp_2_0"));
        named.pap.extend(extension(PAP_EXTENSION, "pap"));
        named.read_opencti(object);
        named
    }

    fn read_definition(&mut self, object: &Object<'_>) {
        let Some(kind) = object.text_of("definition_type") else { return };
        let definition = |key: &str| {
            let definition = object.get("definition")?;
            let text = definition.as_str().or_else(|| definition.text_of(key));
            Some(text?.into_owned())
        };
        match kind.to_ascii_lowercase().as_str() {
            "tlp" => self.tlp.push(definition("tlp").unwrap_or_default()),
            "pap" => self.pap.push(definition("pap").unwrap_or_default()),
            "statement" => self.read_statement(&definition("statement").unwrap_or_default()),
            other => self.read_statement(other),
        }
    }

    /// A statement that is a colour and nothing else, as MISP writes its tags.
    fn read_statement(&mut self, text: &str) {
        let lower = text.trim().to_ascii_lowercase();
        let one_word = !lower.contains(char::is_whitespace);
        if lower.starts_with("tlp:") && one_word {
            self.tlp.push(lower);
        } else if lower.starts_with("pap:") && one_word {
            self.pap.push(lower);
        }
    }

    fn read_opencti(&mut self, object: &Object<'_>) {
        let kind = object.text_of("x_opencti_definition_type").unwrap_or_default().to_ascii_lowercase();
        let text = object.text_of("x_opencti_definition").map(|text| text.into_owned()).unwrap_or_default();
        match kind.as_str() {
            "tlp" => self.tlp.push(text),
            "pap" => self.pap.push(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(members: &str, tlp: Option<Tlp>, pap: Option<Pap>) {
        let id = "marking-definition--11111111-2222-4333-8444-555555555555";
        let text = format!(r#"{{"type":"marking-definition","id":"{id}",{members}}}"#);
        let object = Object::read(text.as_bytes()).unwrap();
        let mut found = Vec::new();
        check_definition(&object, &mut found);
        assert_eq!(found, [], "{members}");
        let meaning = meaning_of(&object);
        assert_eq!((meaning.tlp, meaning.pap), (tlp, pap), "{members}");
    }

    #[test]
    fn every_way_of_naming_a_colour_is_read() {
        check(r#""definition_type":"tlp","definition":{"tlp":"white"}"#, Some(Tlp::Clear), None);
        check(r#""definition_type":"TLP","definition":{"tlp":"amber+strict"}"#, Some(Tlp::AmberStrict), None);
        check(
            &format!(r#""name":"TLP:RED","extensions":{{"{TLP_2_EXTENSION}":{{"tlp_2_0":"red"}}}}"#),
            Some(Tlp::Red),
            None,
        );
        check(
            &format!(
                r#""definition_type":"TLP:GREEN","extensions":{{"{TLP_2_EXTENSION}":{{"tlp_2_0":"green"}}}}"#
            ),
            Some(Tlp::Green),
            None,
        );
        check(&format!(r#""extensions":{{"{PAP_EXTENSION}":{{"pap":"amber"}}}}"#), None, Some(Pap::Amber));
        check(r#""definition_type":"statement","definition":{"statement":"PAP:RED"}"#, None, Some(Pap::Red));
        check(
            r#""definition_type":"statement","definition":{"statement":"tlp:amber"}"#,
            Some(Tlp::Amber),
            None,
        );
        check(
            r#""definition_type":"statement","definition":{"statement":"custom"},"x_opencti_definition_type":"TLP","x_opencti_definition":"TLP:AMBER+STRICT""#,
            Some(Tlp::AmberStrict),
            None,
        );
        check(
            r#""definition_type":"statement","definition":{"statement":"Copyright TLP: red ink"}"#,
            None,
            None,
        );
    }

    #[test]
    fn unknown_colours_and_redefined_ids_are_found() {
        for (id, members, code) in [
            ("1-", r#""definition_type":"tlp","definition":{"tlp":"mauve"}"#, "threat/unknown-marking"),
            ("1-", r#""definition_type":"tlp","definition":{}"#, "threat/unknown-marking"),
            (
                "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
                r#""definition_type":"tlp","definition":{"tlp":"white"}"#,
                "threat/marking-redefined",
            ),
        ] {
            let text =
                format!(r#"{{"type":"marking-definition","id":"marking-definition--{id}",{members}}}"#);
            let mut found = Vec::new();
            check_definition(&Object::read(text.as_bytes()).unwrap(), &mut found);
            assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [code]);
        }
    }

    #[test]
    fn fixed_ids_have_their_meaning_without_a_definition() {
        let known: Vec<_> =
            FIXED.iter().map(|(uuid, _)| fixed(&format!("marking-definition--{uuid}")).unwrap()).collect();
        assert_eq!(known.iter().filter(|m| m.tlp == Some(Tlp::Red)).count(), 2);
        assert_eq!(known.iter().filter(|m| m.pap.is_some()).count(), 5);
        for tlp in Tlp::ALL {
            assert_eq!(fixed(reference(*tlp)).unwrap().tlp, Some(*tlp));
        }
        assert!(fixed("identity--613f2e26-407d-48c7-9eca-b8e91df99dc9").is_none());
    }
}
