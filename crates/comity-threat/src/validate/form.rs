//! One value against the form its property must have.

use super::{
    Rule,
    place::Place,
    text::{is_dictionary_key, is_hash, is_identifier, is_property_name, type_of},
    walk::Check,
};
use crate::{
    Moment, Selector, SpecVersion,
    pattern::check_names,
    reader::{JsonKind, Value, brief},
    schema::{self, EXTENSION_TYPES, Form, Precision, Predefined, Shape, Targets, Vocabulary, Wording},
};

/// The largest whole number that every JSON reader holds exactly (STIX 2.1 section 2.7).
const MOST_INTEGER: i64 = (1 << 53) - 1;

impl<'o> Check<'o, '_> {
    pub(super) fn form(&mut self, value: Value<'o>, form: &'static Form, place: &Place<'_>) {
        match form {
            Form::Any => self.something(value, place),
            Form::Null => self.kind(value, JsonKind::Null, "null", place),
            Form::Text => self.kind(value, JsonKind::String, "a text", place),
            Form::Boolean => self.kind(value, JsonKind::Boolean, "true or false", place),
            Form::Integer(least, most) => self.integer(value, *least, *most, place),
            Form::Number(least, most) => self.number(value, *least, *most, place),
            Form::Time(precision) => self.time(value, *precision, place),
            Form::Worded(wording) => self.worded(value, wording, place),
            Form::Advised(wording) => self.advised(value, wording, place),
            Form::Closed(vocabulary) => self.closed(value, vocabulary, place),
            Form::Open(vocabulary) => self.open(value, vocabulary, place),
            Form::Reference(targets) => self.reference(value, *targets, place),
            Form::List(form) => self.list(value, form, place),
            Form::Rows(form) => self.rows(value, form, place),
            Form::Hashes => self.hashes(value, place),
            Form::Object(shape) => self.object_of(value, shape, place),
            Form::Dictionary(form) => self.dictionary(value, form, None, place),
            Form::Keyed(wording, form) => self.dictionary(value, form, Some(wording), place),
            Form::Extensions(predefined) => self.extensions(value, predefined, place),
            Form::GranularMarkings => self.granular_markings(value, place),
            Form::ExternalReferences(shape) => self.external_references(value, shape, place),
            Form::Translations => self.translations(value, place),
            Form::Observables => self.observables(value, place),
            Form::Pattern => self.pattern(value, place),
        }
    }

    fn something(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.is_empty() && matches!(value.kind(), JsonKind::Null | JsonKind::Array) {
            self.must(Rule::EmptyValue, place, "is null, or an empty list");
        }
    }

    fn kind(&mut self, value: Value<'o>, kind: JsonKind, what: &str, place: &Place<'_>) {
        if value.kind() != kind {
            self.wrong(value, what, place);
        }
    }

    fn wrong(&mut self, value: Value<'o>, what: &str, place: &Place<'_>) {
        self.must(Rule::WrongKind, place, format!("`{}` is not {what}", brief(value.raw())));
    }

    fn integer(&mut self, value: Value<'o>, least: i64, most: i64, place: &Place<'_>) {
        let whole = value.kind() == JsonKind::Number && !value.raw().contains(['.', 'e', 'E']);
        if !whole {
            return self.wrong(value, "a whole number", place);
        }
        let (least, most) = (least.max(-MOST_INTEGER), most.min(MOST_INTEGER));
        if !value.raw().parse::<i64>().is_ok_and(|number| (least..=most).contains(&number)) {
            let message = format!("`{}` is not between {least} and {most}", brief(value.raw()));
            self.must(Rule::OutOfRange, place, message);
        }
    }

    fn number(&mut self, value: Value<'o>, least: f64, most: f64, place: &Place<'_>) {
        if value.kind() != JsonKind::Number {
            return self.wrong(value, "a number", place);
        }
        if !value.raw().parse::<f64>().is_ok_and(|number| (least..=most).contains(&number)) {
            let message = format!("`{}` is not between {least} and {most}", brief(value.raw()));
            self.must(Rule::OutOfRange, place, message);
        }
    }

    fn time(&mut self, value: Value<'o>, precision: Precision, place: &Place<'_>) {
        let text = value.as_str();
        let Some(text) = text.filter(|text| text.parse::<Moment>().is_ok()) else {
            let message =
                format!("`{}` is not a time of the form 2026-03-01T12:00:00.000Z", brief(value.raw()));
            return self.must(Rule::BadTimestamp, place, message);
        };
        // `2026-03-01T12:00:00` has nineteen letters; then a point, the fraction and `Z`.
        let fraction = text.len().saturating_sub(21);
        match precision {
            Precision::Milliseconds if fraction < 3 => {
                self.should(Rule::BadTimestamp, place, || "should be precise to the millisecond".to_owned());
            }
            Precision::Seconds if fraction > 0 => {
                self.must(Rule::BadTimestamp, place, "is precise to the second only")
            }
            _ => {}
        }
    }

    fn worded(&mut self, value: Value<'o>, wording: &Wording, place: &Place<'_>) {
        match value.as_str() {
            None => self.wrong(value, "a text", place),
            Some(text) if (wording.holds)(&text) => {}
            Some(text) => {
                let message = format!("`{}` is not {}", brief(&text), wording.what);
                self.must(Rule::BadValue, place, message);
            }
        }
    }

    fn advised(&mut self, value: Value<'o>, wording: &Wording, place: &Place<'_>) {
        match value.as_str() {
            None => self.wrong(value, "a text", place),
            Some(text) if self.wants_advice() && !(wording.holds)(&text) => {
                self.should(Rule::BadValue, place, || {
                    format!("`{}` should be {}", brief(&text), wording.what)
                });
            }
            Some(_) => {}
        }
    }

    fn closed(&mut self, value: Value<'o>, vocabulary: &Vocabulary, place: &Place<'_>) {
        match value.as_str() {
            None => self.wrong(value, "a text", place),
            Some(text) if vocabulary.holds(&text) || vocabulary.name == "spec_version" => {}
            Some(text) => {
                let message = format!("`{}` is not a value of {}", brief(&text), vocabulary.name);
                self.must(Rule::UnknownValue, place, message);
            }
        }
    }

    fn open(&mut self, value: Value<'o>, vocabulary: &Vocabulary, place: &Place<'_>) {
        match value.as_str() {
            None => self.wrong(value, "a text", place),
            Some(text) if self.wants_advice() && !vocabulary.holds(&text) => {
                let message = || format!("`{}` is not a value of {}", brief(&text), vocabulary.name);
                self.should(Rule::OpenVocabulary, place, message);
            }
            Some(_) => {}
        }
    }

    fn reference(&mut self, value: Value<'o>, targets: Targets, place: &Place<'_>) {
        let Some(text) = value.as_str() else { return self.wrong(value, "a reference", place) };
        if let Some(map) = self.map {
            return self.local_reference(&text, map, targets, place);
        }
        let Some(name) = type_of(&text) else {
            let message = format!("`{}` is not of the form type--UUID", brief(&text));
            return self.must(Rule::BadReference, place, message);
        };
        self.target(name, &text, targets, place);
    }

    fn local_reference(&mut self, key: &str, map: Value<'o>, targets: Targets, place: &Place<'_>) {
        let Some(target) = map.get(key) else {
            let message = format!("`{}` is no key of the map of observables", brief(key));
            return self.must(Rule::BadReference, place, message);
        };
        if let Some(name) = target.text_of("type") {
            self.target(&name, key, targets, place);
        }
    }

    fn target(&mut self, name: &str, text: &str, targets: Targets, place: &Place<'_>) {
        let message = |verb: &str, names: &[&str]| format!("`{}` {verb} {}", brief(text), names.join(", "));
        match targets {
            Targets::Of(names) if !names.contains(&name) => {
                self.must(Rule::BadReference, place, message("names none of", names));
            }
            Targets::NotOf(names) if names.contains(&name) => {
                self.must(Rule::BadReference, place, message("names one of", names));
            }
            Targets::Ideally(names) if !names.contains(&name) => {
                self.should(Rule::BadReference, place, || message("names none of", names));
            }
            _ => {}
        }
    }

    fn list(&mut self, value: Value<'o>, form: &'static Form, place: &Place<'_>) {
        if value.kind() == JsonKind::Array && value.is_empty() {
            return self.must(Rule::EmptyValue, place, "a list must not be empty");
        }
        self.rows(value, form, place);
    }

    fn rows(&mut self, value: Value<'o>, form: &'static Form, place: &Place<'_>) {
        if value.kind() != JsonKind::Array {
            return self.wrong(value, "a list", place);
        }
        for (index, element) in value.children().enumerate() {
            self.form(element, form, &place.index(index));
        }
    }

    fn hashes(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.wrong(value, "a map of hashes", place);
        }
        for hash in value.children() {
            let algorithm = hash.key();
            self.hash(hash, &algorithm, &place.key(&algorithm));
        }
    }

    fn hash(&mut self, hash: Value<'o>, algorithm: &str, here: &Place<'_>) {
        let Some(text) = hash.as_str() else { return self.wrong(hash, "a text", here) };
        if algorithm.len() < 3 || !is_dictionary_key(algorithm) {
            return self.must(Rule::BadHash, here, "is no name of an algorithm");
        }
        let known = schema::hash_algorithms(self.version).holds(algorithm);
        if known && is_hash(algorithm, &text) == Some(false) {
            let message = format!("`{}` does not have the form of {}", brief(&text), brief(algorithm));
            return self.must(Rule::BadHash, here, message);
        }
        if !known && !algorithm.starts_with("x_") {
            let message = || format!("`{}` is no algorithm of the standard's vocabulary", brief(algorithm));
            self.should(Rule::OpenVocabulary, here, message);
        }
    }

    fn object_of(&mut self, value: Value<'o>, shape: &'static Shape, place: &Place<'_>) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.wrong(value, "an object with properties", place);
        }
        self.members(value, shape, place);
    }

    fn dictionary(
        &mut self,
        value: Value<'o>,
        form: &'static Form,
        keys: Option<&Wording>,
        place: &Place<'_>,
    ) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.wrong(value, "a map with entries", place);
        }
        for entry in value.children() {
            let key = entry.key();
            let here = place.key(&key);
            if !is_dictionary_key(&key) {
                self.must(
                    Rule::BadName,
                    &here,
                    "a key has ASCII letters, digits, hyphens and underscores only",
                );
            }
            match keys {
                Some(wording) if !(wording.holds)(&key) => {
                    self.should(Rule::BadName, &here, || {
                        format!("`{}` should be {}", brief(&key), wording.what)
                    });
                }
                None if key.contains(|letter: char| letter.is_ascii_uppercase()) => {
                    self.should(Rule::BadName, &here, || "a key should be in lower case".to_owned());
                }
                _ => {}
            }
            self.form(entry, form, &here);
        }
    }

    fn extensions(&mut self, value: Value<'o>, predefined: &'static [Predefined], place: &Place<'_>) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.wrong(value, "a map of extensions", place);
        }
        for extension in value.children() {
            let key = extension.key();
            let here = place.key(&key);
            match predefined.iter().find(|known| known.0 == key) {
                Some(known) => self.object_of(extension, known.1, &here),
                None if key.starts_with("extension-definition--") => self.defined(extension, &key, &here),
                None => self.custom_extension(extension, &key, &here),
            }
        }
    }

    /// An extension by definition (2.1 section 7.3).
    fn defined(&mut self, extension: Value<'o>, key: &str, here: &Place<'_>) {
        if !is_identifier(key) {
            self.must(Rule::BadExtension, here, "is not the id of an extension definition");
        }
        if extension.kind() != JsonKind::Object || extension.is_empty() {
            return self.wrong(extension, "an object with properties", here);
        }
        match extension.get("extension_type") {
            None => self.must(Rule::BadExtension, &here.key("extension_type"), "is missing"),
            Some(kind) => self.closed(kind, EXTENSION_TYPES, &here.key("extension_type")),
        }
        self.named_properties(extension, here);
    }

    /// Extensions of the older kind, by a name that ends in `-ext`.
    fn custom_extension(&mut self, extension: Value<'o>, key: &str, here: &Place<'_>) {
        let v21 = self.version == SpecVersion::V21;
        if (v21 && !key.ends_with("-ext")) || !is_dictionary_key(key) {
            let message = "is neither the id of an extension definition nor a name that ends in `-ext`";
            return self.must(Rule::BadExtension, here, message);
        }
        if extension.kind() != JsonKind::Object || (v21 && extension.is_empty()) {
            return self.wrong(extension, "an object with properties", here);
        }
        let covered = if v21 { self.uses.properties } else { key.starts_with("x-") };
        if !covered {
            self.should(Rule::CustomContent, here, || "the standard has no such extension".to_owned());
        }
        if v21 {
            self.named_properties(extension, here);
        }
    }

    fn named_properties(&mut self, extension: Value<'o>, here: &Place<'_>) {
        for property in extension.children() {
            let key = property.key();
            if !is_property_name(&key) && key != "id" {
                let message = "a name of a property is 3 to 250 of a-z, 0-9 and underscore";
                self.must(Rule::BadName, &here.key(&key), message);
            }
            self.something(property, &here.key(&key));
        }
    }

    fn granular_markings(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.kind() != JsonKind::Array || value.is_empty() {
            return self.must(Rule::BadGranularMarking, place, "is not a list of markings");
        }
        for (index, marking) in value.children().enumerate() {
            let here = place.index(index);
            match (marking.get("marking_ref"), marking.get("lang")) {
                (None, None) => {
                    self.must(Rule::BadGranularMarking, &here, "names neither a marking nor a language")
                }
                (Some(_), Some(_)) => {
                    self.must(Rule::BadGranularMarking, &here, "names a marking and a language")
                }
                (Some(reference), None) => {
                    let targets = Targets::Of(&["marking-definition"]);
                    self.reference(reference, targets, &here.key("marking_ref"));
                }
                (None, Some(language)) => self.worded(language, &super::text::LANGUAGE, &here.key("lang")),
            }
            let selectors = marking.get("selectors");
            match selectors.filter(|list| list.kind() == JsonKind::Array && !list.is_empty()) {
                Some(selectors) => self.selectors(selectors, &here.key("selectors")),
                None => self.must(Rule::BadGranularMarking, &here, "has no selectors"),
            }
        }
    }

    fn selectors(&mut self, selectors: Value<'o>, place: &Place<'_>) {
        for (position, value) in selectors.children().enumerate() {
            let selector = value.as_str().and_then(|text| text.parse::<Selector>().ok());
            if selector.and_then(|selector| selector.resolve(self.object.root())).is_none() {
                let message = format!("{} leads to nothing in this object", brief(value.raw()));
                self.must(Rule::UnresolvedSelector, &place.index(position), message);
            }
        }
    }

    fn external_references(&mut self, value: Value<'o>, shape: &'static Shape, place: &Place<'_>) {
        if value.kind() != JsonKind::Array || value.is_empty() {
            return self.wrong(value, "a list of references", place);
        }
        for (index, reference) in value.children().enumerate() {
            let here = place.index(index);
            self.object_of(reference, shape, &here);
            self.catalogue_number(reference, &here);
            if reference.get("url").is_some() && reference.get("hashes").is_none() {
                self.should(Rule::BetterWith, &here, || "an address should have hashes beside it".to_owned());
            }
        }
    }

    /// `cve` and `capec` go with numbers of their catalogue, and such numbers with them (2.1 section 2.5.2).
    fn catalogue_number(&mut self, reference: Value<'o>, here: &Place<'_>) {
        let source = reference.text_of("source_name").unwrap_or_default();
        let number = reference.text_of("external_id").unwrap_or_default();
        let expected = super::text::catalogue_of(&number);
        let named = matches!(&*source, "cve" | "capec");
        if expected.is_some_and(|catalogue| catalogue != source) || (named && expected.is_none()) {
            let message =
                "a CVE or CAPEC number goes with `source_name` `cve` or `capec`, and the other way round";
            self.must(Rule::BadValue, &here.key("external_id"), message);
        }
    }

    fn translations(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.wrong(value, "a map of languages", place);
        }
        for language in value.children() {
            let key = language.key();
            let here = place.key(&key);
            if !(super::text::LANGUAGE.holds)(&key) {
                self.must(Rule::BadName, &here, "is not a language tag (RFC 5646)");
            }
            if language.kind() != JsonKind::Object || language.is_empty() {
                self.wrong(language, "a map of properties", &here);
                continue;
            }
            for property in language.children() {
                let name = property.key();
                if !is_property_name(&name) {
                    let message = "a name of a property is 3 to 250 of a-z, 0-9 and underscore";
                    self.must(Rule::BadName, &here.key(&name), message);
                }
            }
        }
    }

    /// The map of observables: of STIX 2.0, and deprecated in 2.1.
    fn observables(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.kind() != JsonKind::Object || value.is_empty() {
            return self.must(Rule::BadObservables, place, "is not a map of observables");
        }
        self.map = Some(value);
        for observable in value.children() {
            let key = observable.key();
            self.observable(observable, &key, &place.key(&key));
        }
        self.map = None;
    }

    fn observable(&mut self, observable: Value<'o>, key: &str, here: &Place<'_>) {
        if !key.bytes().all(|byte| byte.is_ascii_digit()) {
            self.should(Rule::BadName, here, || {
                "the key of an observable should be a whole number".to_owned()
            });
        }
        if observable.kind() != JsonKind::Object {
            return self.wrong(observable, "an observable", here);
        }
        let Some(name) = observable.text_of("type") else {
            return self.must(Rule::MissingProperty, &here.key("type"), "is missing");
        };
        if name == "action" {
            return self.must(Rule::ReservedName, &here.key("type"), "`action` is kept for a later edition");
        }
        match schema::rule(&name).filter(|rule| rule.class == schema::Class::Observable) {
            Some(rule) => {
                self.members(observable, rule.shape, here);
                self.rules_of_observable(&name, observable, here);
            }
            None => self.should(Rule::CustomContent, &here.key("type"), || {
                format!("the standard has no observable `{}`", brief(&name))
            }),
        }
    }

    fn pattern(&mut self, value: Value<'o>, place: &Place<'_>) {
        let Some(pattern) = value.as_str() else {
            return self.must(Rule::BadPattern, place, "is not a text");
        };
        let stix = self.object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
        if !stix {
            return;
        }
        match check_names(&pattern, self.version) {
            Ok(None) => {}
            Ok(Some(name)) => {
                let message = format!("`{}` is no name of a type or property", brief(name));
                self.must(Rule::BadPattern, place, message);
            }
            Err(fault) => self.must(Rule::BadPattern, place, fault.to_string()),
        }
    }
}
