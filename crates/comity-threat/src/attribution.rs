//! Whether an object claims that a State is behind something. The rules are a table, `data/threat/attribution.csv`.
//!
//! Nothing is concluded here. A rule says which words, properties and relationships of a *source* are such a claim; the
//! label that follows names the source and the day, and a person looks before the record first leaves. Rules of kind
//! `claim` look at the object itself, `relation` at relationships whose target stands for a State, and `state` says which
//! objects stand for one. A target that is not known counts as one.

use crate::{
    Context, Object, TableFault,
    reader::{JsonKind, Value},
    table::{Row, rows},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// `attribution.csv`, read.
#[derive(Debug, Default)]
pub(crate) struct AttributionTable {
    claims: BTreeMap<String, Vec<Rule>>,
    states: BTreeMap<String, Vec<Rule>>,
    /// By the type of the source.
    relations: BTreeMap<String, Vec<Rule>>,
}

#[derive(Clone, Debug)]
struct Rule {
    id: String,
    property: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// The property is there and not empty.
    Present,
    /// It, or one of its elements, is one of these.
    Is(Vec<String>),
    /// Its text has one of these phrases, in any case.
    Mentions(Vec<String>),
    /// Its text has an adjective of `nationalities.csv` before one of these words.
    Nationality { adjectives: Arc<BTreeSet<String>>, nouns: Vec<String> },
}

/// The ids of the rules by which the object claims a State's involvement; empty where it does not.
pub fn claims(object: &Object<'_>, context: &Context<'_>) -> Vec<String> {
    let table = &context.tables().attribution;
    let root = object.root();
    let own = table.claims.get(object.type_name()).into_iter().flatten().filter(|rule| rule.fits(root));
    let mut found: Vec<String> = own.map(|rule| rule.id.clone()).collect();
    if object.type_name() == "relationship" {
        found.extend(table.relation(root, context));
    }
    found
}

/// Whether an object stands for a State, so that a relationship to it is a claim.
pub(crate) fn stands_for_a_state(table: &AttributionTable, object: &Object<'_>) -> bool {
    let rules = table.states.get(object.type_name()).into_iter().flatten();
    rules.into_iter().any(|rule| rule.fits(object.root()))
}

impl AttributionTable {
    /// The number of rows that apply to some type.
    #[cfg(test)]
    pub(crate) fn rules(&self) -> usize {
        [&self.claims, &self.states, &self.relations].iter().flat_map(|map| map.values()).map(Vec::len).sum()
    }

    pub(crate) fn read(text: &str, nationalities: &str) -> Result<AttributionTable, TableFault> {
        let mut adjectives = BTreeSet::new();
        rows("nationalities.csv", nationalities, &["adjective"], |row| {
            adjectives.insert(row.field(0).to_lowercase());
            Ok(())
        })?;
        let adjectives = Arc::new(adjectives);
        let mut table = AttributionTable::default();
        let header = ["id", "kind", "types", "property", "test", "values", "note"];
        rows("attribution.csv", text, &header, |row| table.add(&row, &adjectives))?;
        Ok(table)
    }

    fn add(&mut self, row: &Row<'_>, adjectives: &Arc<BTreeSet<String>>) -> Result<(), TableFault> {
        let test = test(row, adjectives)?;
        let rule = Rule { id: row.field(0).to_owned(), property: row.field(3).to_owned(), test };
        let map = match row.field(1) {
            "claim" => &mut self.claims,
            "state" => &mut self.states,
            "relation" => &mut self.relations,
            other => return Err(row.fault(format!("`{other}` is not one of claim, relation, state"))),
        };
        for name in row.list(2) {
            map.entry(name).or_default().push(rule.clone());
        }
        Ok(())
    }

    fn relation(&self, root: Value<'_>, context: &Context<'_>) -> Option<String> {
        let source = root.text_of("source_ref")?;
        let target = root.text_of("target_ref")?;
        let (source_type, target_type) = (source.split_once("--")?.0, target.split_once("--")?.0);
        let rule = self.relations.get(source_type)?.iter().find(|rule| rule.fits(root))?;
        let could_be_a_state = self.states.contains_key(target_type);
        (could_be_a_state && context.may_stand_for_a_state(&target)).then(|| rule.id.clone())
    }
}

fn test(row: &Row<'_>, adjectives: &Arc<BTreeSet<String>>) -> Result<Test, TableFault> {
    let values: Vec<String> = row.list(5).iter().map(|value| value.to_lowercase()).collect();
    match (row.field(4), values.is_empty()) {
        ("present", true) => Ok(Test::Present),
        ("present", false) => Err(row.fault("`present` takes no values")),
        ("is" | "mentions" | "nationality", true) => Err(row.fault("this test needs values")),
        ("is", false) => Ok(Test::Is(values)),
        ("mentions", false) => Ok(Test::Mentions(values)),
        ("nationality", false) => Ok(Test::Nationality { adjectives: Arc::clone(adjectives), nouns: values }),
        (other, _) => Err(row.fault(format!("`{other}` is not one of present, is, mentions, nationality"))),
    }
}

impl Rule {
    fn fits(&self, root: Value<'_>) -> bool {
        let Some(value) = root.get(&self.property) else { return false };
        match &self.test {
            Test::Present => !value.is_empty(),
            Test::Is(values) => texts(value).any(|text| values.contains(&text)),
            Test::Mentions(phrases) => {
                texts(value).any(|text| phrases.iter().any(|phrase| text.contains(phrase.as_str())))
            }
            Test::Nationality { adjectives, nouns } => texts(value).any(|text| {
                let words: Vec<&str> =
                    text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
                let pairs = words.iter().zip(words.iter().skip(1));
                pairs.into_iter().any(|(a, b)| adjectives.contains(*a) && nouns.iter().any(|noun| noun == b))
            }),
        }
    }
}

/// The text, or the texts of a list, in lower case.
fn texts(value: Value<'_>) -> impl Iterator<Item = String> {
    let list = (value.kind() == JsonKind::Array).then(|| value.children()).into_iter().flatten();
    let all = value.as_str().into_iter().chain(list.filter_map(Value::as_str));
    all.map(|text| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, Tables};

    const GOVERNMENT: &str = r#"{"type":"identity","id":"identity--11111111-2222-4333-8444-000000000001","name":"Ministry of XA","sectors":["government-national"]}"#;
    const FIRM: &str = r#"{"type":"identity","id":"identity--11111111-2222-4333-8444-000000000002","name":"Firm","sectors":["technology"]}"#;
    const XA: &str =
        r#"{"type":"location","id":"location--11111111-2222-4333-8444-000000000003","country":"XA"}"#;

    fn check(text: &str, expected: &[&str]) {
        let tables = Tables::built_in().unwrap();
        let mut context = Context::new(&tables, Policy::default());
        for known in [GOVERNMENT, FIRM, XA] {
            context.note(&Object::read(known.as_bytes()).unwrap());
        }
        let object = Object::read(text.as_bytes()).unwrap();
        assert_eq!(claims(&object, &context), expected, "{text}");
    }

    #[test]
    fn an_object_that_claims_a_state_says_by_which_rule() {
        check(
            r#"{"type":"threat-actor","threat_actor_types":["crime-syndicate","nation-state"]}"#,
            &["actor-type"],
        );
        check(r#"{"type":"threat-actor","threat_actor_types":["crime-syndicate"]}"#, &[]);
        check(r#"{"type":"intrusion-set","resource_level":"government"}"#, &["resources"]);
        check(r#"{"type":"intrusion-set","country":"XA"}"#, &["country"]);
        check(r#"{"type":"intrusion-set","country":""}"#, &[]);
        check(r#"{"type":"report","description":"A State-Sponsored group"}"#, &["words"]);
        check(r#"{"type":"report","description":"A suspected Ruritanian espionage group"}"#, &[]);
        check(r#"{"type":"report","description":"A suspected Icelandic espionage group"}"#, &["nationality"]);
        check(r#"{"type":"report","description":"Targets Icelandic ministries"}"#, &[]);
        check(r#"{"type":"indicator","description":"A State-Sponsored group"}"#, &[]);
    }

    #[test]
    fn a_relationship_is_a_claim_where_its_target_stands_for_a_state() {
        let relation = |source: &str, verb: &str, target: &str, expected: &[&str]| {
            let uuid = "11111111-2222-4333-8444-000000000009";
            check(
                &format!(
                    r#"{{"type":"relationship","relationship_type":"{verb}","source_ref":"{source}--{uuid}","target_ref":"{target}"}}"#
                ),
                expected,
            );
        };
        let id = |type_name: &str, n: u8| format!("{type_name}--11111111-2222-4333-8444-00000000000{n}");
        relation("intrusion-set", "attributed-to", &id("identity", 1), &["attributed"]);
        relation("intrusion-set", "attributed-to", &id("identity", 2), &[]);
        relation("intrusion-set", "attributed-to", &id("identity", 8), &["attributed"]);
        relation("intrusion-set", "targets", &id("identity", 1), &[]);
        relation("threat-actor", "located-at", &id("location", 3), &["origin"]);
        relation("infrastructure", "located-at", &id("location", 3), &[]);
        relation("campaign", "attributed-to", &id("intrusion-set", 7), &["attributed"]);
    }
}
