//! Which parts of an object are about a person. What counts is a table, `data/threat/personal.csv`.
//!
//! A row names a type (or `*`), a path and, where it is needed, a condition: the value of a neighbouring property
//! (`identity_class=individual`) or the shape of the value itself (`value~mail`). A path that begins with `**.` is a
//! property name at any depth. Rows of observables also hold inside STIX 2.0 observed data, and in the comparisons of
//! indicator patterns, where the whole pattern is then the personal part.
//!
//! IP addresses and free text are not searched: the table says so by not naming them.

use crate::{
    Object, Selector, Step, TableFault,
    pattern::words::{NamedPath, Word, words},
    reader::{JsonKind, Value},
    selector,
    table::{Row, rows},
};
use comity_record::label::Personal;
use std::collections::BTreeMap;

/// A part of an object that is about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalPart {
    /// Where it is.
    pub selector: Selector,
    /// How personal.
    pub level: Personal,
}

/// `personal.csv`, read.
#[derive(Debug, Default)]
pub(crate) struct PersonalTable {
    by_type: BTreeMap<String, Vec<Rule>>,
    any_type: Vec<Rule>,
    by_name: BTreeMap<String, Personal>,
}

#[derive(Debug)]
struct Rule {
    /// `None` is any member or element.
    path: Vec<Option<String>>,
    when: When,
    level: Personal,
}

#[derive(Debug)]
enum When {
    Always,
    Sibling { key: String, values: Vec<String> },
    Shape(Shape),
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// The whole value is a mail address.
    Mail,
    /// A mail address is inside.
    MailInside,
    /// A path below a folder that is named after its user.
    HomeFolder,
}

/// The personal parts of an object, in the order of their selectors; a part inside of another is not named again.
pub fn personal_parts(tables: &crate::Tables, object: &Object<'_>) -> Vec<PersonalPart> {
    parts(&tables.personal, object)
}

pub(crate) fn parts(table: &PersonalTable, object: &Object<'_>) -> Vec<PersonalPart> {
    let mut found = Found { table, parts: BTreeMap::new() };
    let root = object.root();
    found.typed(root, object.type_name(), &mut Vec::new());
    found.rules(&table.any_type, root, &mut Vec::new());
    if object.type_name() == "observed-data" {
        found.embedded(root);
    }
    found.names(root);
    if let Some(level) = object.text_of("pattern").and_then(|pattern| found.in_pattern(object, &pattern)) {
        found.add(&[Step::Key("pattern".to_owned())], level);
    }
    found.outermost()
}

/// The most personal level of these parts.
pub fn level_of(parts: &[PersonalPart]) -> Personal {
    parts.iter().map(|part| part.level).max().unwrap_or(Personal::None)
}

struct Found<'t> {
    table: &'t PersonalTable,
    parts: BTreeMap<Selector, Personal>,
}

impl<'t> Found<'t> {
    fn add(&mut self, path: &[Step], level: Personal) {
        let entry = self.parts.entry(Selector::new(path.to_vec())).or_insert(level);
        *entry = (*entry).max(level);
    }

    fn typed(&mut self, value: Value<'_>, name: &str, path: &mut Vec<Step>) {
        if let Some(rules) = self.table.by_type.get(name) {
            self.rules(rules, value, path);
        }
    }

    fn rules(&mut self, rules: &'t [Rule], value: Value<'_>, path: &mut Vec<Step>) {
        for rule in rules {
            self.follow(rule, &rule.path, value, path);
        }
    }

    fn follow(&mut self, rule: &Rule, rest: &[Option<String>], parent: Value<'_>, path: &mut Vec<Step>) {
        let Some((step, rest)) = rest.split_first() else { return };
        let key = step.as_deref();
        let list = parent.kind() == JsonKind::Array;
        let one = key.and_then(|key| parent.get(key));
        let many = key.is_none().then(|| parent.children()).into_iter().flatten();
        for (index, child) in one.into_iter().chain(many).enumerate() {
            path.push(if list { Step::Index(index) } else { Step::Key(child.key().into_owned()) });
            if !rest.is_empty() {
                self.follow(rule, rest, child, path);
            } else if rule.when.holds(parent, child) && !is_placeholder(child) {
                self.add(path, rule.level);
            }
            path.pop();
        }
    }

    fn embedded(&mut self, root: Value<'_>) {
        let Some(map) = root.get("objects").filter(|map| map.kind() == JsonKind::Object) else { return };
        for observable in map.children() {
            let Some(name) = observable.text_of("type") else { continue };
            let mut path = vec![Step::Key("objects".to_owned()), Step::Key(observable.key().into_owned())];
            self.typed(observable, &name, &mut path);
        }
    }

    fn names(&mut self, root: Value<'_>) {
        let table = self.table;
        if !root.any_key(|key| table.by_name.contains_key(key)) {
            return;
        }
        selector::walk(root, &mut |path, value| {
            if let Some(level) = table.by_name.get(value.key().as_ref()) {
                self.add(path.selector().steps(), *level);
            }
        });
    }

    fn in_pattern(&self, object: &Object<'_>, pattern: &str) -> Option<Personal> {
        let stix = object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
        if !stix {
            return None;
        }
        let mut level = None;
        let mut path = None;
        for word in words(pattern) {
            match word {
                Word::Path(found) => {
                    level = level.max(self.table.of_path(&found, None));
                    path = Some(found);
                }
                Word::Text(constant) => {
                    level =
                        level.max(path.as_ref().and_then(|path| self.table.of_path(path, Some(&constant))));
                }
            }
        }
        level
    }

    /// Drops parts that lie inside of others.
    fn outermost(self) -> Vec<PersonalPart> {
        let mut out: Vec<PersonalPart> = Vec::new();
        for (selector, level) in self.parts {
            match out.last_mut().filter(|last| last.selector.covers(&selector)) {
                Some(last) => last.level = last.level.max(level),
                None => out.push(PersonalPart { selector, level }),
            }
        }
        out
    }
}

impl PersonalTable {
    /// The number of rows.
    #[cfg(test)]
    pub(crate) fn rules(&self) -> usize {
        self.by_type.values().map(Vec::len).sum::<usize>() + self.any_type.len() + self.by_name.len()
    }

    pub(crate) fn read(text: &str) -> Result<PersonalTable, TableFault> {
        let mut table = PersonalTable::default();
        let header = ["type", "path", "when", "level", "note", "source"];
        rows("personal.csv", text, &header, |row| table.add(&row))?;
        Ok(table)
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), TableFault> {
        let level: Personal = row
            .field(3)
            .parse()
            .map_err(|fault: comity_record::label::LabelFault| row.fault(fault.to_string()))?;
        if row.field(4).is_empty() || row.field(5).is_empty() {
            return Err(row.fault("note and source must be given"));
        }
        let when = when(row)?;
        let (name, path) = (row.field(0), row.field(1));
        if let Some(key) = path.strip_prefix("**.") {
            if name != "*" || !matches!(when, When::Always) || key.contains('.') {
                return Err(row.fault("`**.` takes one name, any type and no condition"));
            }
            self.by_name.insert(key.to_owned(), level);
            return Ok(());
        }
        let step = |step: &str| (step != "*").then(|| step.to_owned());
        if path.split('.').any(str::is_empty) {
            return Err(row.fault(format!("`{path}` is no path")));
        }
        let rule = Rule { path: path.split('.').map(step).collect(), when, level };
        match name {
            "*" => self.any_type.push(rule),
            _ => self.by_type.entry(name.to_owned()).or_default().push(rule),
        }
        Ok(())
    }

    /// The level of a property that a pattern compares. Rules with a shape need the constant.
    fn of_path(&self, path: &NamedPath<'_>, constant: Option<&str>) -> Option<Personal> {
        let keys = &path.keys;
        let named = keys.iter().filter_map(|key| self.by_name.get(key.as_ref()).copied()).max();
        let rules = self.by_type.get(path.object_type).into_iter().flatten();
        let covered = rules.filter(|rule| rule.covers(keys)).filter(|rule| match (&rule.when, constant) {
            (When::Always, _) => true,
            (When::Shape(shape), Some(constant)) => shape.fits(constant),
            // A pattern does not say what the neighbouring property is.
            (When::Shape(_), None) | (When::Sibling { .. }, _) => false,
        });
        covered.map(|rule| rule.level).max().max(named)
    }
}

impl Rule {
    /// Whether the path of a comparison leads to the rule's property or into it.
    fn covers(&self, keys: &[std::borrow::Cow<'_, str>]) -> bool {
        let named: Vec<&str> = self.path.iter().flatten().map(String::as_str).collect();
        named.len() <= keys.len() && named.iter().zip(keys).all(|(a, b)| *a == b.as_ref())
    }
}

/// What a redaction put in the place of a name is about nobody.
fn is_placeholder(value: Value<'_>) -> bool {
    value.as_str().is_some_and(|text| text == crate::redact::PLACEHOLDER)
}

fn when(row: &Row<'_>) -> Result<When, TableFault> {
    let text = row.field(2);
    if text.is_empty() {
        return Ok(When::Always);
    }
    match (text.split_once('='), text.strip_prefix("value~")) {
        (_, Some("mail")) => Ok(When::Shape(Shape::Mail)),
        (_, Some("mail-inside")) => Ok(When::Shape(Shape::MailInside)),
        (_, Some("home-folder")) => Ok(When::Shape(Shape::HomeFolder)),
        (Some((key, values)), None) => {
            Ok(When::Sibling { key: key.to_owned(), values: values.split('|').map(str::to_owned).collect() })
        }
        _ => Err(row.fault(format!("`{text}` is neither key=value nor value~shape"))),
    }
}

impl When {
    fn holds(&self, parent: Value<'_>, value: Value<'_>) -> bool {
        match self {
            When::Always => true,
            When::Sibling { key, values } => parent
                .text_of(key)
                .is_some_and(|found| values.iter().any(|value| found.eq_ignore_ascii_case(value))),
            When::Shape(shape) => value.as_str().is_some_and(|text| shape.fits(&text)),
        }
    }
}

impl Shape {
    fn fits(self, text: &str) -> bool {
        match self {
            Shape::Mail => is_mail(text.trim()),
            Shape::MailInside => {
                text.split(|c: char| c.is_whitespace() || "=,;:/<>\"'()".contains(c)).any(is_mail)
            }
            Shape::HomeFolder => names_a_user(text),
        }
    }
}

fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    !local.is_empty()
        && text.len() <= 320
        && !local.contains(|c: char| c.is_whitespace() || matches!(c, '@' | '<' | '>' | ',' | '/' | ':'))
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty() && label.chars().all(letters))
}

/// Folder names that stand for no person.
const NOBODY: &[&str] = &[
    "public",
    "default",
    "default user",
    "all users",
    "admin",
    "administrator",
    "user",
    "username",
    "guest",
    "root",
    "shared",
    "test",
    "public user",
    "localservice",
    "networkservice",
];

/// Whether the path goes through a folder below `Users`, `home` or `Documents and Settings` that names a person.
fn names_a_user(path: &str) -> bool {
    let mut parts = path
        .split(['\\', '/'])
        .map(str::to_lowercase)
        .skip_while(|part| !matches!(part.as_str(), "users" | "home" | "documents and settings"));
    parts.next();
    parts.find(|part| !part.is_empty()).is_some_and(|folder| {
        !NOBODY.contains(&folder.as_str())
            && !folder.contains(['%', '*', '<', '>', '$', '{', '_'])
            && folder != ".."
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tables;

    fn check(text: &str, expected: &[&str]) {
        let tables = Tables::built_in().unwrap();
        let object = Object::read(text.as_bytes()).unwrap();
        let found: Vec<String> =
            parts(&tables.personal, &object).iter().map(|p| p.selector.to_string()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn persons_are_found_in_typed_objects() {
        check(
            r#"{"type":"email-addr","value":"a@example.org","display_name":"A"}"#,
            &["display_name", "value"],
        );
        check(
            r#"{"type":"identity","identity_class":"individual","name":"A","contact_information":"x"}"#,
            &["contact_information", "name"],
        );
        check(
            r#"{"type":"identity","identity_class":"organization","name":"A","contact_information":"x"}"#,
            &[],
        );
        check(
            r#"{"type":"email-message","is_multipart":false,"to_refs":["a"],"body":"x"}"#,
            &["body", "to_refs"],
        );
        check(
            r#"{"type":"threat-actor","resource_level":"individual","name":"x","aliases":["y"]}"#,
            &["aliases", "name"],
        );
        check(r#"{"type":"directory","path":"C:\\Users\\jane.doe\\AppData"}"#, &["path"]);
        check(r#"{"type":"directory","path":"C:\\Users\\Public\\x"}"#, &[]);
        check(r#"{"type":"directory","path":"/home/%USER%/x"}"#, &[]);
        check(r#"{"type":"x509-certificate","subject":"CN=x, emailAddress=a@example.org"}"#, &["subject"]);
        check(r#"{"type":"x509-certificate","subject":"CN=example.org"}"#, &[]);
        check(r#"{"type":"ipv4-addr","value":"192.0.2.1"}"#, &[]);
    }

    #[test]
    fn persons_are_found_in_patterns_embedded_observables_and_custom_objects() {
        let pattern = |pattern: &str, expected: &[&str]| {
            check(&format!(r#"{{"type":"indicator","pattern":"{pattern}"}}"#), expected);
        };
        pattern("[email-addr:value = 'a@example.org']", &["pattern"]);
        pattern("[url:value = 'a'] OR [email-message:from_ref.value = 'x']", &["pattern"]);
        pattern("[user-account:user_id IN ('x','y')]", &["pattern"]);
        pattern("[email-message:to_refs[*].value = 'x']", &["pattern"]);
        pattern("[x-person:full_name = 'x']", &["pattern"]);
        pattern("[directory:path = 'C:\\\\\\\\Users\\\\\\\\jane\\\\\\\\x']", &["pattern"]);
        pattern("[directory:path = 'C:\\\\\\\\Windows']", &[]);
        pattern("[url:value = 'email-addr:value']", &[]);
        pattern("[file:name = 'a@example.org']", &[]);
        check(
            r#"{"type":"observed-data","objects":{"0":{"type":"email-addr","value":"a@b.c"},"1":{"type":"url","value":"x"}}}"#,
            &["objects.0.value"],
        );
        check(
            r#"{"type":"x-case","person":{"full_name":"A","phones":[{"phone_number":"1"}]}}"#,
            &["person.full_name", "person.phones.[0].phone_number"],
        );
        check(r#"{"type":"x-case","email":{"email_address":"x"}}"#, &["email"]);
        check(r#"{"type":"x-case","em\u0061il":"x"}"#, &["email"]);
        check(
            r#"{"type":"x-misp-attribute","x_misp_type":"email-src","x_misp_value":"x"}"#,
            &["x_misp_value"],
        );
        check(r#"{"type":"x-misp-attribute","x_misp_type":"pdb","x_misp_value":"x"}"#, &[]);
        check(
            r#"{"type":"x-misp-object","x_misp_attributes":[{"type":"text","value":"a"},{"type":"full-name","value":"b"}]}"#,
            &["x_misp_attributes.[1].value"],
        );
        check(r#"{"type":"malware","name":"a@example.org"}"#, &["name"]);
    }

    #[test]
    fn the_most_personal_part_decides() {
        let tables = Tables::built_in().unwrap();
        let object = Object::read(br#"{"type":"x-a","email":"x","criminal_record":"y"}"#).unwrap();
        assert_eq!(level_of(&parts(&tables.personal, &object)), Personal::CriminalConviction);
        assert_eq!(level_of(&[]), Personal::None);
    }
}
