//! From a STIX object to the labels of the record that will carry it.

use crate::{
    Context, Finding, Level, Object, TableFault, attribution,
    marking::{self, GranularMark, Meaning, OWN_LABELS},
    personal::{self, PersonalPart},
    reader::{JsonKind, Value, brief},
    table::{Row, rows},
};
use comity_record::{
    Date, Labels,
    label::{AttributionClaim, Category, LabelFault, Tlp},
};
use std::collections::BTreeMap;

/// What a node decides about objects that say too little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The audience of an object without a TLP marking. GREEN by default.
    pub unmarked: Tlp,
    /// The least audience of an object with a marking whose definition is not known. RED by default: it does not leave.
    pub unresolved: Tlp,
    /// The day to put into a claim of attribution by an object without a date: the day of the import.
    pub received: Date,
}

impl Policy {
    /// GREEN without a marking, RED with an unknown one.
    pub fn new(received: Date) -> Policy {
        Policy { unmarked: Tlp::Green, unresolved: Tlp::Red, received }
    }
}

impl Default for Policy {
    /// As [`Policy::new`], received on 1970-01-01.
    fn default() -> Self {
        Policy::new(comity_record::Timestamp::from_millis(0).date())
    }
}

/// Where the audience of an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// From its markings.
    Marked,
    /// It has no TLP marking; [`Policy::unmarked`].
    Unmarked,
    /// It has a marking whose definition is not known; at least [`Policy::unresolved`].
    Unresolved,
}

/// The labels of an object and how they came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The labels of the object as a whole: the strictest of its markings, granular ones included.
    pub labels: Labels,
    /// The audience of the object without the parts that have granular markings.
    pub tlp_without_granular: Tlp,
    /// Where the audience comes from.
    pub audience: Audience,
    /// The granular markings.
    pub granular: Vec<GranularMark>,
    /// The personal parts.
    pub personal: Vec<PersonalPart>,
    /// The rules of `attribution.csv` that found a claim.
    pub claims: Vec<String>,
}

impl Labelled {
    /// The parts whose granular marking is stricter than `audience`; without them the object may go there, if
    /// [`Labelled::tlp_without_granular`] allows.
    pub fn stricter_than(&self, audience: Tlp) -> Vec<crate::Selector> {
        let strict = self.granular.iter().filter(|mark| mark.meaning.tlp > Some(audience));
        strict.flat_map(|mark| mark.selectors.iter().cloned()).collect()
    }
}

/// The labels of an object.
///
/// The audience is the strictest that its object markings, granular markings, tags and [`OWN_LABELS`] name. Categories,
/// personal parts and claims of attribution come from the tables and only add to what the object says of itself.
pub fn labels_for(object: &Object<'_>, context: &Context<'_>) -> Labelled {
    let (whole, resolved) = object_meaning(object, context);
    let (tlp, audience) = audience(object, context, &whole, resolved);
    let granular = marking::granular(object, context);
    let personal = personal::parts(&context.tables().personal, object);
    let claims = attribution::claims(object, context);

    let mut labels = Labels::new(tlp);
    labels.pap = whole.pap;
    for (key, value) in &whole.labels {
        add_label(&mut labels, key, value);
    }
    let tlp_without_granular = labels.tlp;
    for mark in &granular {
        labels.tlp = labels.tlp.max(mark.meaning.tlp.unwrap_or(Tlp::Clear));
        labels.pap = labels.pap.max(mark.meaning.pap);
        for (key, value) in &mark.meaning.labels {
            add_label(&mut labels, key, value);
        }
    }
    labels.personal = labels.personal.max(personal::level_of(&personal));
    context.tables().categories.add_to(object, &mut labels);
    if !personal.is_empty() {
        labels.category.insert(Category::Identity);
    }
    if !claims.is_empty() {
        labels.attribution_claim = Some(claim(object, context));
    }
    Labelled { labels, tlp_without_granular, audience, granular, personal, claims }
}

/// What the markings of the whole object say together, and whether all their definitions are known.
fn object_meaning(object: &Object<'_>, context: &Context<'_>) -> (Meaning, bool) {
    let mut whole = marking::tags(object);
    let mut resolved = true;
    for marking_ref in object.common().object_marking_refs() {
        match context.meaning(marking_ref) {
            Some(meaning) => whole.join(&meaning),
            None => resolved = false,
        }
    }
    whole.labels.extend(marking::own_labels(object.root()));
    (whole, resolved)
}

fn audience(object: &Object<'_>, context: &Context<'_>, whole: &Meaning, resolved: bool) -> (Tlp, Audience) {
    let policy = context.policy();
    match (whole.tlp, resolved) {
        (tlp, false) => (tlp.unwrap_or(policy.unmarked).max(policy.unresolved), Audience::Unresolved),
        (Some(tlp), true) => (tlp, Audience::Marked),
        // What a marking is called is public; what it marks may not be.
        (None, true) if object.type_name() == "marking-definition" => (Tlp::Clear, Audience::Marked),
        (None, true) => (policy.unmarked, Audience::Unmarked),
    }
}

fn claim(object: &Object<'_>, context: &Context<'_>) -> AttributionClaim {
    let author = object.common().created_by_ref();
    let by = author.map_or("unnamed source", |id| context.name_of(id));
    let created = object.common().created().and_then(|text| text.parse::<crate::Moment>().ok());
    let on = created.map_or(context.policy().received, crate::Moment::date);
    AttributionClaim { by: by.chars().take(200).collect(), on }
}

/// Sets a label, but never to something looser than it is.
fn add_label(labels: &mut Labels, key: &str, value: &str) {
    let mut set = labels.clone();
    // Unknown labels and values refuse the object when it is validated.
    if set.set(key, value).is_err() {
        return;
    }
    set.tlp = set.tlp.max(labels.tlp);
    set.pap = set.pap.max(labels.pap);
    set.personal = set.personal.max(labels.personal);
    set.sovereign = set.sovereign.max(labels.sovereign.clone());
    // The values of `Onward` go from narrow to wide.
    set.onward = set.onward.min(labels.onward.clone());
    set.use_limits.extend(labels.use_limits.iter().copied());
    set.category.extend(labels.category.iter().copied());
    *labels = set;
}

/// Finds labels in [`OWN_LABELS`] that the vocabulary does not hold.
pub(crate) fn check_own_labels(object: &Object<'_>, found: &mut Vec<Finding>) {
    let Some(map) = object.get(OWN_LABELS) else { return };
    let mut must = |path: String, message: String| {
        found.push(Finding { level: Level::Must, code: "threat/unknown-label", path, message });
    };
    if map.kind() != JsonKind::Object {
        return must(OWN_LABELS.to_owned(), "is not a map from label to value".to_owned());
    }
    for value in map.children() {
        let path = format!("{OWN_LABELS}.{}", brief(&value.key()));
        let set = |text: &str| Labels::new(Tlp::Clear).set(&value.key(), text);
        match value.as_str().map(|text| set(&text)) {
            Some(Ok(())) => {}
            Some(Err(fault)) => must(path, fault.to_string()),
            None => must(path, format!("`{}` is not a text", brief(value.raw()))),
        }
    }
}

/// `categories.csv`, read.
#[derive(Debug, Default)]
pub(crate) struct CategoryTable {
    /// By type: the property that must be there, if any, and the category.
    by_type: BTreeMap<String, Vec<(String, Category)>>,
}

impl CategoryTable {
    /// The number of rows.
    #[cfg(test)]
    pub(crate) fn rules(&self) -> usize {
        self.by_type.values().map(Vec::len).sum()
    }

    pub(crate) fn read(text: &str) -> Result<CategoryTable, TableFault> {
        let mut table = CategoryTable::default();
        rows("categories.csv", text, &["type", "property", "category", "note"], |row| table.add(&row))?;
        Ok(table)
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), TableFault> {
        let category = row.field(2).parse().map_err(|fault: LabelFault| row.fault(fault.to_string()))?;
        let rule = (row.field(1).to_owned(), category);
        self.by_type.entry(row.field(0).to_owned()).or_default().push(rule);
        Ok(())
    }

    fn add_to(&self, object: &Object<'_>, labels: &mut Labels) {
        self.add_typed(object.type_name(), object.root(), labels);
        if object.type_name() != "observed-data" {
            return;
        }
        let embedded = object.get("objects").filter(|map| map.kind() == JsonKind::Object);
        for observable in embedded.into_iter().flat_map(Value::children) {
            self.add_typed(&observable.text_of("type").unwrap_or_default(), observable, labels);
        }
    }

    fn add_typed(&self, name: &str, value: Value<'_>, labels: &mut Labels) {
        let rules = self.by_type.get(name).into_iter().flatten();
        let fitting = rules.filter(|(property, _)| property.is_empty() || value.get(property).is_some());
        labels.category.extend(fitting.map(|(_, category)| *category));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tables, marking::TLP_2_EXTENSION};

    const AMBER: &str = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
    const RED_2: &str = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
    const OWN: &str = "marking-definition--11111111-2222-4333-8444-000000000001";
    const SECRET: &str = "marking-definition--11111111-2222-4333-8444-000000000002";
    const AUTHOR: &str = "identity--11111111-2222-4333-8444-000000000003";

    fn check(members: &str, expected: &str) -> Labelled {
        let tables = Tables::built_in().unwrap();
        let mut context = Context::new(&tables, Policy::default());
        for known in [
            format!(
                r#"{{"type":"marking-definition","id":"{OWN}","extensions":{{"{TLP_2_EXTENSION}":{{"tlp_2_0":"amber+strict"}}}},"x_comity_labels":{{"onward":"prior-authorisation"}}}}"#
            ),
            format!(r#"{{"type":"identity","id":"{AUTHOR}","name":"CERT of XA"}}"#),
        ] {
            context.note(&Object::read(known.as_bytes()).unwrap());
        }
        let text = format!("{{{members}}}");
        let labelled = labels_for(&Object::read(text.as_bytes()).unwrap(), &context);
        assert_eq!(labelled.labels.to_string(), expected, "{members}");
        labelled
    }

    #[test]
    fn the_strictest_marking_decides_and_its_absence_is_known() {
        let unmarked = check(r#""type":"url""#, "tlp=green category=technical-indicator");
        assert_eq!(unmarked.audience, Audience::Unmarked);
        let amber = check(
            &format!(r#""type":"url","object_marking_refs":["{AMBER}"]"#),
            "tlp=amber category=technical-indicator",
        );
        assert_eq!(amber.audience, Audience::Marked);
        check(
            &format!(r#""type":"url","object_marking_refs":["{AMBER}"],"labels":["tlp:red","PAP:AMBER"]"#),
            "tlp=red pap=amber category=technical-indicator",
        );
        check(
            &format!(r#""type":"url","object_marking_refs":["{OWN}"]"#),
            "tlp=amber+strict category=technical-indicator onward=prior-authorisation",
        );
        let unknown = check(
            &format!(r#""type":"url","object_marking_refs":["{SECRET}"]"#),
            "tlp=red category=technical-indicator",
        );
        assert_eq!(unknown.audience, Audience::Unresolved);
        check(r#""type":"marking-definition""#, "tlp=clear");
    }

    #[test]
    fn granular_markings_count_until_their_parts_are_gone() {
        let labelled = check(
            &format!(
                r#""type":"url","value":"x","x_note":"y","object_marking_refs":["{AMBER}"],"granular_markings":[{{"marking_ref":"{RED_2}","selectors":["x_note"]}},{{"lang":"fr","selectors":["value"]}}]"#
            ),
            "tlp=red category=technical-indicator",
        );
        assert_eq!(labelled.tlp_without_granular, Tlp::Amber);
        assert_eq!(labelled.stricter_than(Tlp::Amber), ["x_note".parse().unwrap()]);
        assert_eq!(labelled.stricter_than(Tlp::Red), []);
        let unknown = check(
            &format!(
                r#""type":"url","value":"x","granular_markings":[{{"marking_ref":"{SECRET}","selectors":["value"]}}]"#
            ),
            "tlp=red category=technical-indicator",
        );
        assert_eq!((unknown.tlp_without_granular, unknown.audience), (Tlp::Green, Audience::Unmarked));
    }

    #[test]
    fn own_labels_add_but_never_loosen() {
        check(
            r#""type":"url","x_comity_labels":{"sovereign":"critical-infrastructure","tlp":"clear"}"#,
            "tlp=green category=technical-indicator sovereign=critical-infrastructure",
        );
        check(
            &format!(
                r#""type":"url","object_marking_refs":["{OWN}"],"x_comity_labels":{{"onward":"free","personal":"minor-or-victim"}}"#
            ),
            "tlp=amber+strict category=technical-indicator personal=minor-or-victim onward=prior-authorisation",
        );
        let object =
            Object::read(br#"{"type":"url","x_comity_labels":{"colour":"x","tlp":"mauve","pap":1}}"#)
                .unwrap();
        let mut found = Vec::new();
        check_own_labels(&object, &mut found);
        let paths: Vec<_> = found.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["x_comity_labels.colour", "x_comity_labels.tlp", "x_comity_labels.pap"]);
        assert!(found[1].message.contains("known: clear, green"));
    }

    #[test]
    fn persons_categories_and_claims_are_labelled() {
        check(
            r#""type":"email-addr","value":"a@example.org""#,
            "tlp=green category=identity personal=personal",
        );
        check(r#""type":"network-traffic","start":"x""#, "tlp=green category=technical-indicator,traffic");
        check(
            r#""type":"observed-data","objects":{"0":{"type":"email-message","body":"x"}}"#,
            "tlp=green category=technical-indicator,content,identity personal=personal",
        );
        let claimed = check(
            &format!(
                r#""type":"intrusion-set","resource_level":"government","created_by_ref":"{AUTHOR}","created":"2026-03-01T00:00:00Z""#
            ),
            "tlp=green category=technical-indicator attribution-claim=CERT of XA:2026-03-01",
        );
        assert_eq!(claimed.claims, ["resources"]);
        check(
            r#""type":"intrusion-set","resource_level":"government""#,
            "tlp=green category=technical-indicator attribution-claim=unnamed source:1970-01-01",
        );
    }
}
