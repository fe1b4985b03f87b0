//! The walk through an object along the tables.

use super::{
    Finding, Level, Rule,
    place::Place,
    text::{is_property_name, is_type_name, is_uuid},
};
use crate::{
    Object, SpecVersion,
    reader::{JsonKind, Value, brief},
    schema::{self, Class, Period, Seen, Shape, TypeRule, is_reserved_property, is_reserved_type},
    selector,
};

/// Most findings that are kept of one object: a hostile one could have half a million.
const MOST_FINDINGS: usize = 200;

pub(super) struct Check<'o, 'a> {
    pub(super) object: &'o Object<'a>,
    pub(super) version: SpecVersion,
    /// The least level that is looked for.
    least: Level,
    /// The map of observables the walk is in; references are keys of it.
    pub(super) map: Option<Value<'o>>,
    /// The extension types that the object uses, as bits of [`Uses`].
    pub(super) uses: Uses,
    found: Vec<Finding>,
}

/// Which of the five extension types an object names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) new_observable: bool,
    pub(super) new_object: bool,
    pub(super) top_level: bool,
    pub(super) properties: bool,
}

impl Uses {
    fn of(object: &Object<'_>) -> Uses {
        let mut uses = Uses::default();
        let extensions = object.get("extensions").filter(|map| map.kind() == JsonKind::Object);
        for extension in extensions.into_iter().flat_map(Value::children) {
            match extension.text_of("extension_type").as_deref() {
                Some("new-sco") => uses.new_observable = true,
                Some("new-sdo" | "new-sro") => uses.new_object = true,
                Some("toplevel-property-extension") => uses.top_level = true,
                Some("property-extension") => uses.properties = true,
                _ => {}
            }
        }
        uses
    }
}

impl<'o, 'a> Check<'o, 'a> {
    pub(super) fn new(object: &'o Object<'a>, least: Level) -> Check<'o, 'a> {
        let version = object.version();
        Check { object, version, least, map: None, uses: Uses::default(), found: Vec::new() }
    }

    pub(super) fn run(mut self) -> Vec<Finding> {
        let object = self.object;
        if !self.identity() {
            return self.found;
        }
        self.uses = Uses::of(object);
        let rule = schema::rule(object.type_name());
        let shape = self.shape(rule);
        let seen = self.members(object.root(), shape, &Place::Top);
        match rule {
            Some(rule) => self.rules_of_type(rule, &seen),
            None => self.custom_type(),
        }
        if self.wants_advice() {
            self.uuid_version(rule);
        }
        crate::marking::check_definition(object, &mut self.found);
        crate::labels::check_own_labels(object, &mut self.found);
        self.emptiness();
        self.found
    }

    /// Whether findings at level `should` are looked for.
    pub(super) fn wants_advice(&self) -> bool {
        self.least == Level::Should
    }

    pub(super) fn must(&mut self, rule: Rule, place: &Place<'_>, message: impl Into<String>) {
        self.find(Level::Must, rule, place, message.into());
    }

    /// The message is made only where advice is wanted.
    pub(super) fn should(&mut self, rule: Rule, place: &Place<'_>, message: impl FnOnce() -> String) {
        if self.wants_advice() {
            self.find(Level::Should, rule, place, message());
        }
    }

    fn find(&mut self, level: Level, rule: Rule, place: &Place<'_>, message: String) {
        if self.found.len() < MOST_FINDINGS {
            self.found.push(Finding { level, code: rule.code(), path: place.selector(), message });
        }
    }

    /// Type, id and edition; `false` where nothing more can be said.
    fn identity(&mut self) -> bool {
        let (name, id) = (self.object.type_name(), self.object.id());
        if name.is_empty() {
            self.must(Rule::MissingProperty, &Place::Top.key("type"), "is missing");
            return false;
        }
        if !is_type_name(name)
            || (self.version == SpecVersion::V21 && !name.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            self.must(
                Rule::BadType,
                &Place::Top.key("type"),
                format!("`{}` is no name of a type", brief(name)),
            );
        }
        if name == "bundle" {
            let message = "a bundle inside of a bundle, or one without `objects`";
            self.must(Rule::NestedBundle, &Place::Top.key("type"), message);
            return false;
        }
        if is_reserved_type(name, self.version) {
            let message = format!("`{name}` is kept for a later edition than {}", self.version.as_str());
            self.must(Rule::ReservedName, &Place::Top.key("type"), message);
        }
        self.id(name, id);
        self.edition();
        true
    }

    fn id(&mut self, name: &str, id: &str) {
        if id.is_empty() {
            // A table says so for the others.
            if schema::rule(name).is_none() {
                self.must(Rule::MissingProperty, &Place::Top.key("id"), "is missing");
            }
            return;
        }
        match id.split_once("--") {
            Some((prefix, uuid)) if is_uuid(uuid) => {
                if prefix != name {
                    let message = format!("`{}` does not begin with the type `{}`", brief(id), brief(name));
                    self.must(Rule::BadId, &Place::Top.key("id"), message);
                }
            }
            _ => {
                let message = format!("`{}` is not of the form type--UUID", brief(id));
                self.must(Rule::BadId, &Place::Top.key("id"), message);
            }
        }
    }

    fn edition(&mut self) {
        let odd = self.object.common().spec_version().filter(|text| !matches!(*text, "2.0" | "2.1"));
        if let Some(text) = odd {
            let message = || format!("`{}` is neither 2.0 nor 2.1; read as 2.1", brief(text));
            self.should(Rule::UnknownVersion, &Place::Top.key("spec_version"), message);
        }
    }

    /// The table of the object. A type that 2.0 does not know is custom there, but what 2.1 asks of it is known.
    fn shape(&mut self, rule: Option<&'static TypeRule>) -> &'static Shape {
        if let Some(rule) = rule {
            if self.version == SpecVersion::V20 && !rule.in_v20 {
                self.version = SpecVersion::V21;
            }
            return rule.shape;
        }
        let common = self.object.common();
        let timeless = common.created().is_none() && common.modified().is_none();
        let observable = self.uses.new_observable || (timeless && !self.uses.new_object);
        if observable {
            // 2.0 has none outside of observed data.
            self.version = SpecVersion::V21;
        }
        schema::custom_shape(if observable { Class::Observable } else { Class::Domain })
    }

    /// Looks at the members of an object; which of the shape's properties are there.
    pub(super) fn members(&mut self, value: Value<'o>, shape: &'static Shape, place: &Place<'_>) -> Seen {
        let mut seen = Seen::NONE;
        for child in value.children() {
            let key = child.key();
            let here = place.key(&key);
            match shape.find(key.as_bytes(), self.version) {
                Some(known) => {
                    seen.note(known.number, child.number());
                    if known.property.is_deprecated() && self.version == SpecVersion::V21 {
                        self.should(Rule::Deprecated, &here, || "is deprecated by STIX 2.1".to_owned());
                    }
                    self.form(child, &known.property.form, &here);
                }
                None => self.beyond(child, shape, place, &here, &key),
            }
        }
        self.presence(shape, &seen, place);
        for (period, first, last) in shape.spans(seen) {
            self.period(*period, value.at(first), value.at(last), place);
        }
        seen
    }

    fn presence(&mut self, shape: &'static Shape, seen: &Seen, place: &Place<'_>) {
        for key in shape.missing(seen, self.version) {
            // Observables inside observed data have no id, and one without an edition is of 2.1 by its type.
            let excused = (self.map.is_some() && key == "id")
                || (key == "spec_version" && place.is_top() && self.version != self.object.version());
            if !excused {
                let edition = self.version.as_str();
                let message = match place {
                    Place::Top => {
                        format!("is missing; STIX {edition} requires it of {}", self.object.type_name())
                    }
                    _ => format!("is missing; STIX {edition} requires it here"),
                };
                self.must(Rule::MissingProperty, &place.key(key), message);
            }
        }
        if shape.lacks_one(seen, self.version) {
            let few: Vec<&str> = shape.plan.one_of.iter().take(4).copied().collect();
            let message = format!("at least one of its properties must be there, such as {}", few.join(", "));
            self.must(Rule::MissingProperty, place, message);
        }
        for (first, second) in shape.alone(seen) {
            self.must(
                Rule::PropertiesClash,
                &place.key(first),
                format!("`{first}` needs `{second}` beside it"),
            );
        }
        for (first, second) in shape.clashing(seen) {
            self.must(
                Rule::PropertiesClash,
                &place.key(second),
                format!("`{first}` and `{second}` exclude each other"),
            );
        }
    }

    /// A member that the table does not have.
    fn beyond(
        &mut self,
        child: Value<'o>,
        shape: &'static Shape,
        place: &Place<'_>,
        here: &Place<'_>,
        key: &str,
    ) {
        if shape.plan.closed {
            return self.must(Rule::BadName, here, "is none of the names that may stand here");
        }
        if !place.is_top() && self.map.is_none() {
            return self
                .should(Rule::CustomContent, here, || "the standard has no such property here".to_owned());
        }
        if is_reserved_property(key, self.version) && place.is_top() {
            return self.must(Rule::ReservedName, here, "the name is kept for a later edition");
        }
        let first = self.version == SpecVersion::V20 || key.starts_with(|c: char| c.is_ascii_lowercase());
        if !is_property_name(key) || !first {
            return self.must(
                Rule::BadName,
                here,
                "a name of a property is 3 to 250 of a-z, 0-9 and underscore",
            );
        }
        self.suffix(child, here, key);
        if child.is_empty() && matches!(child.kind(), JsonKind::Null | JsonKind::Array) {
            return self.must(Rule::EmptyValue, here, "is null, or an empty list");
        }
        self.custom_property(here, key);
    }

    /// Names that end in `_bin` or `_hex` say how the value is written (2.1 section 3.1).
    fn suffix(&mut self, child: Value<'o>, here: &Place<'_>, key: &str) {
        let wording = match key.rsplit_once('_') {
            Some((_, "bin")) => &super::text::BASE64,
            Some((_, "hex")) if self.version == SpecVersion::V21 => &super::text::HEX,
            _ => return,
        };
        if !child.as_str().is_some_and(|text| (wording.holds)(&text)) {
            self.must(Rule::BadValue, here, format!("is not {}", wording.what));
        }
    }

    fn custom_property(&mut self, here: &Place<'_>, key: &str) {
        let known_type = schema::rule(self.object.type_name()).is_some();
        let covered = match self.version {
            SpecVersion::V21 => self.uses.top_level || self.uses.new_object || self.uses.new_observable,
            SpecVersion::V20 => key.starts_with("x_"),
        };
        // Our own say what we hold of an object, and are taken by all who take `x_` names.
        let own = key == crate::marking::OWN_LABELS || key == crate::redact::REDACTED;
        if known_type && !covered && !own {
            let version = self.version;
            self.should(Rule::CustomContent, here, || match version {
                SpecVersion::V21 => "a property that no extension definition brings".to_owned(),
                SpecVersion::V20 => "a custom property should begin with `x_`".to_owned(),
            });
        }
    }

    fn custom_type(&mut self) {
        let name = self.object.type_name();
        let covered = match self.version {
            SpecVersion::V21 => self.uses.new_object || self.uses.new_observable,
            SpecVersion::V20 => name.starts_with("x-"),
        };
        if !covered {
            let version = self.version;
            self.should(Rule::CustomContent, &Place::Top.key("type"), || match version {
                SpecVersion::V21 => format!("no extension definition brings the type `{}`", brief(name)),
                SpecVersion::V20 => "a custom type should begin with `x-`".to_owned(),
            });
        }
    }

    /// Two times in their order; the standard says MUST of every pair.
    fn period(&mut self, period: Period, first: Value<'o>, last: Value<'o>, place: &Place<'_>) {
        let (Some(earlier), Some(later)) = (first.as_str(), last.as_str()) else { return };
        let order = super::text::compare_times(&earlier, &later);
        if order.is_some_and(|order| order.is_gt() || (order.is_eq() && !period.may_be_equal)) {
            let than = if period.may_be_equal { "is before" } else { "is not after" };
            let message = format!("{} {than} {} {}", brief(&later), period.first, brief(&earlier));
            self.must(Rule::TimeOrder, &place.key(period.last), message);
        }
    }

    /// Versions 4 for objects and 5 for observables (2.1 section 2.9).
    fn uuid_version(&mut self, rule: Option<&'static TypeRule>) {
        let name = self.object.type_name();
        let wanted = match rule.map(|rule| rule.class) {
            Some(Class::Observable) if name != "process" => 5,
            None => return,
            _ => 4,
        };
        let found = super::text::uuid_version(self.object.id());
        if self.version == SpecVersion::V21 && found.is_some_and(|found| found != wanted) {
            let message = || format!("the UUID of {name} should be of version {wanted}");
            self.should(Rule::UuidVersion, &Place::Top.key("id"), message);
        }
    }

    /// Empty values in places that no table speaks of.
    fn emptiness(&mut self) {
        let root = self.object.root();
        if !self.wants_advice() || !root.holds_empty() {
            return;
        }
        let mut empty = Vec::new();
        selector::walk(root, &mut |path, value| {
            if value.kind() != JsonKind::String && value.is_empty() && empty.len() < 8 {
                empty.push(path.selector().to_string());
            }
        });
        for path in empty {
            if !self.found.iter().any(|found| found.path == path) {
                let message = "is null, or an empty list or object".to_owned();
                self.found.push(Finding {
                    level: Level::Should,
                    code: Rule::EmptyValue.code(),
                    path,
                    message,
                });
            }
        }
    }
}
