//! What no table says: rules between the properties of one type.

use super::{Rule, place::Place, text, walk::Check};
use crate::{
    SpecVersion,
    reader::{JsonKind, Value, brief},
    schema::{Class, Fit, Seen, TypeRule, fit},
};

impl<'o> Check<'o, '_> {
    pub(super) fn rules_of_type(&mut self, rule: &'static TypeRule, _seen: &Seen) {
        let root = self.object.root();
        match rule.name {
            "indicator" => self.indicator(root),
            "relationship" => self.relationship(root),
            "malware" => self.malware(root),
            "extension-definition" => self.extension_definition(root),
            "marking-definition" => self.marking_definition(root),
            name if rule.class == Class::Observable => {
                self.rules_of_observable(name, root, &Place::Top);
                self.contributing(name, root);
            }
            _ => {}
        }
    }

    fn indicator(&mut self, root: Value<'o>) {
        if self.wants_advice() && (root.get("name").is_none() || root.get("description").is_none()) {
            let message = || "an indicator should have a name and a description".to_owned();
            self.should(Rule::BetterWith, &Place::Top, message);
        }
    }

    fn relationship(&mut self, root: Value<'o>) {
        if !self.wants_advice() {
            return;
        }
        let text = |key| root.text_of(key).unwrap_or_default();
        let (verb, source, target) = (text("relationship_type"), text("source_ref"), text("target_ref"));
        let (Some(from), Some(to)) = (text::type_of(&source), text::type_of(&target)) else { return };
        let message = match fit(from, &verb, to, self.version) {
            Fit::Suggested => return,
            Fit::Verb => format!("the standard suggests no `{}` from {from}", brief(&verb)),
            Fit::Target => format!("the standard suggests no `{}` from {from} to {to}", brief(&verb)),
        };
        self.should(Rule::UnusualRelation, &Place::Top.key("relationship_type"), || message);
    }

    /// A family has a name (2.1 section 4.11).
    fn malware(&mut self, root: Value<'o>) {
        let family = root.get("is_family").is_some_and(|value| value.raw() == "true");
        if self.version == SpecVersion::V21 && family && root.get("name").is_none() {
            self.must(
                Rule::MissingProperty,
                &Place::Top.key("name"),
                "is missing; a family must have a name",
            );
        }
    }

    fn extension_definition(&mut self, root: Value<'o>) {
        let types = root.get("extension_types").filter(|list| list.kind() == JsonKind::Array);
        let is_top_level =
            |kind: Value<'_>| kind.as_str().is_some_and(|text| text == "toplevel-property-extension");
        let top_level = types.into_iter().flat_map(Value::children).any(is_top_level);
        match (top_level, root.get("extension_properties").is_some()) {
            (false, true) => {
                let message = "only a `toplevel-property-extension` lists properties";
                self.must(Rule::BadExtension, &Place::Top.key("extension_properties"), message);
            }
            (true, false) => {
                let message = || "a `toplevel-property-extension` should list its properties".to_owned();
                self.should(Rule::BetterWith, &Place::Top.key("extension_properties"), message);
            }
            _ => {}
        }
        if root.get("description").is_none() {
            let message = || "an extension definition should have a description".to_owned();
            self.should(Rule::BetterWith, &Place::Top.key("description"), message);
        }
        if root.get("created_by_ref").is_none() {
            let message = "is missing; STIX 2.1 requires it of extension-definition";
            self.must(Rule::MissingProperty, &Place::Top.key("created_by_ref"), message);
        }
    }

    fn marking_definition(&mut self, root: Value<'o>) {
        let own = self.object.id();
        if self.object.common().object_marking_refs().any(|reference| reference == own) {
            self.must(
                Rule::BadMarking,
                &Place::Top.key("object_marking_refs"),
                "a marking cannot mark itself",
            );
        }
        let granular = root.get("granular_markings").filter(|list| list.kind() == JsonKind::Array);
        let marks_itself =
            |mark: Value<'_>| mark.text_of("marking_ref").is_some_and(|reference| reference == own);
        if granular.into_iter().flat_map(Value::children).any(marks_itself) {
            self.must(Rule::BadMarking, &Place::Top.key("granular_markings"), "a marking cannot mark itself");
        }
        for key in ["modified", "revoked"] {
            if root.get(key).is_some() {
                self.should(Rule::BadMarking, &Place::Top.key(key), || {
                    "a marking has no versions".to_owned()
                });
            }
        }
        self.definition(root);
    }

    fn definition(&mut self, root: Value<'o>) {
        let kind = root.text_of("definition_type").unwrap_or_default();
        let definition = root.get("definition");
        let here = Place::Top.key("definition");
        if let Some(definition) = definition.filter(|definition| definition.kind() != JsonKind::Object) {
            let message = format!("`{}` is not an object", brief(definition.raw()));
            return self.must(Rule::WrongKind, &here, message);
        }
        match &*kind {
            "" => {}
            "statement" if definition.is_some_and(|object| object.text_of("statement").is_none()) => {
                self.must(Rule::MissingProperty, &here.key("statement"), "is missing");
            }
            "tlp" if crate::marking::fixed(self.object.id()).is_none() => {
                let message = || "TLP markings other than the standard's four should not be made".to_owned();
                self.should(Rule::BadMarking, &Place::Top.key("id"), message);
            }
            "statement" | "tlp" => {}
            _ => {
                let message = || "a custom marking should be an extension".to_owned();
                self.should(Rule::CustomContent, &Place::Top.key("definition_type"), message);
            }
        }
    }

    /// Rules of one observable, at the top or inside of observed data.
    pub(super) fn rules_of_observable(&mut self, name: &str, value: Value<'o>, place: &Place<'_>) {
        match name {
            "network-traffic" => self.network_traffic(value, place),
            "email-message" => self.email_message(value, place),
            "file" if self.version == SpecVersion::V20 => self.encrypted_file(value, place),
            _ => {}
        }
    }

    fn network_traffic(&mut self, value: Value<'o>, place: &Place<'_>) {
        if value.get("is_active").is_some_and(|active| active.raw() == "true") && value.get("end").is_some() {
            self.must(Rule::PropertiesClash, &place.key("end"), "traffic that is active has no end");
        }
        if self.wants_advice() && (value.get("src_port").is_none() || value.get("dst_port").is_none()) {
            self.should(Rule::BetterWith, place, || "traffic should have both ports".to_owned());
        }
    }

    fn email_message(&mut self, value: Value<'o>, place: &Place<'_>) {
        let parts = value.get("is_multipart").is_some_and(|multipart| multipart.raw() == "true");
        let excluded = if parts { "body" } else { "body_multipart" };
        if value.get(excluded).is_some() {
            let message = format!("`is_multipart` is {parts}, which excludes `{excluded}`");
            self.must(Rule::PropertiesClash, &place.key(excluded), message);
        }
    }

    /// Keys and algorithms go with encryption (2.0 part 4 section 2.6).
    fn encrypted_file(&mut self, value: Value<'o>, place: &Place<'_>) {
        let encrypted = value.get("is_encrypted").is_some_and(|encrypted| encrypted.raw() == "true");
        for key in ["encryption_algorithm", "decryption_key"] {
            if !encrypted && value.get(key).is_some() {
                self.must(Rule::PropertiesClash, &place.key(key), "goes with `is_encrypted` only");
            }
        }
    }

    /// Without a property that contributes to its id, an observable has a random one (2.1 section 2.9).
    fn contributing(&mut self, name: &str, root: Value<'o>) {
        let contributing: &[&str] = match name {
            "process" => &[],
            "artifact" => &["hashes", "payload_bin"],
            "email-message" => &["from_ref", "subject", "body"],
            "user-account" => &["account_type", "user_id", "account_login"],
            "windows-registry-key" => &["key", "values"],
            "x509-certificate" => &["hashes", "serial_number"],
            _ => return,
        };
        let random = text::uuid_version(self.object.id()) == Some(4);
        if !random && !contributing.iter().any(|key| root.get(key).is_some()) {
            let message = "without properties that contribute to it, the id must be a random UUID";
            self.must(Rule::BadId, &Place::Top.key("id"), message);
        }
    }
}
