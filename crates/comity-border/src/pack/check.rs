//! What the annotations and the scope of a policy must say.

use crate::{
    Code,
    obligation::{DutyKind, Owner, Terms},
    pack::{DutyRule, Effect, Fault, Layer, Place, PolicyInfo, policy::LayerKind},
};
use cedar_policy::{ActionConstraint, Policy, PrincipalConstraint};
use std::str::FromStr;

/// The annotations that every policy has.
const ALWAYS: &[&str] = &["id", "citation", "sentence"];
/// Those of a forbid.
const OF_FORBIDS: &[&str] = &["code", "lift", "principle"];
/// Those of a duty.
const OF_DUTIES: &[&str] =
    &["obligation", "owner", "days", "hours", "until", "fields", "role", "from", "principle"];
/// Those of a permit.
const OF_PERMITS: &[&str] = &["principle"];

/// A policy under examination.
pub(super) struct Examined<'a> {
    policy: &'a Policy,
    id: String,
    faults: Vec<Fault>,
}

/// Reads what a policy says about itself, or lists all that is wrong with it.
pub(super) fn examine(policy: &Policy, layer: &Layer, place: &Place) -> Result<PolicyInfo, Vec<Fault>> {
    let id = policy.annotation("id").filter(|id| !id.trim().is_empty());
    let mut examined = Examined {
        policy,
        id: id.map_or_else(|| policy.id().to_string(), str::to_owned),
        faults: Vec::new(),
    };
    if id.is_none() {
        examined.missing("id");
    }
    let citation = examined.required("citation");
    let sentence = examined.required("sentence");
    let effect = examined.effect();
    examined.layer(layer, effect.as_ref());
    let principle = examined.principle(layer);
    match effect {
        Some(effect) if examined.faults.is_empty() => Ok(PolicyInfo {
            id: examined.id,
            layer: layer.kind(),
            citation,
            sentence,
            effect,
            principle,
            place: place.clone(),
        }),
        _ => Err(examined.faults),
    }
}

impl Examined<'_> {
    fn missing(&mut self, annotation: &'static str) {
        self.faults.push(Fault::Missing { policy: self.id.clone(), annotation });
    }

    fn required(&mut self, annotation: &'static str) -> String {
        match self.policy.annotation(annotation) {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => {
                self.missing(annotation);
                String::new()
            }
        }
    }

    fn bad(&mut self, annotation: &'static str, value: &str, why: impl Into<String>) {
        let value = value.chars().take(60).collect();
        self.faults.push(Fault::BadValue { policy: self.id.clone(), annotation, value, why: why.into() });
    }

    /// Reads an annotation that may be absent.
    fn optional<T: FromStr<Err: ToString>>(&mut self, annotation: &'static str) -> Option<T> {
        let text = self.policy.annotation(annotation)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(why) => {
                self.bad(annotation, text, why.to_string());
                None
            }
        }
    }

    fn only(&mut self, allowed: &[&str]) {
        let unexpected: Vec<String> = self
            .policy
            .annotations()
            .map(|(key, _)| key)
            .filter(|key| !ALWAYS.contains(key) && !allowed.contains(key))
            .map(str::to_owned)
            .collect();
        for annotation in unexpected {
            self.faults.push(Fault::Unexpected { policy: self.id.clone(), annotation });
        }
    }

    /// What the policy does, from its scope, its effect and its annotations.
    fn effect(&mut self) -> Option<Effect> {
        let policy = self.id.clone();
        let actions: Vec<String> = match self.policy.action_constraint() {
            ActionConstraint::Any => {
                self.faults.push(Fault::Unscoped { policy });
                return None;
            }
            ActionConstraint::Eq(action) => vec![action.id().unescaped().to_owned()],
            ActionConstraint::In(actions) => actions.iter().map(|a| a.id().unescaped().to_owned()).collect(),
        };
        let is_duty = |action: &String| action.starts_with("oblige-");
        let forbids = self.policy.effect() == cedar_policy::Effect::Forbid;
        match actions.as_slice() {
            [action] if is_duty(action) && forbids => {
                self.faults.push(Fault::ForbidsDuty { policy });
                None
            }
            [action] if is_duty(action) => self.duty(action.trim_start_matches("oblige-")),
            [] => {
                self.faults.push(Fault::Unscoped { policy });
                None
            }
            actions if actions.iter().any(is_duty) => {
                self.faults.push(if forbids {
                    Fault::ForbidsDuty { policy }
                } else {
                    Fault::MixedActions { policy }
                });
                None
            }
            _ if forbids => self.forbid(),
            _ => {
                self.only(OF_PERMITS);
                Some(Effect::Permit)
            }
        }
    }

    fn forbid(&mut self) -> Option<Effect> {
        self.only(OF_FORBIDS);
        let lift = self.required("lift");
        if self.policy.annotation("code").is_none() {
            self.missing("code");
        }
        let code = self.optional::<Code>("code")?;
        Some(Effect::Forbid { code, lift })
    }

    fn duty(&mut self, action: &str) -> Option<Effect> {
        self.only(OF_DUTIES);
        if self.policy.annotation("obligation").is_none() {
            self.missing("obligation");
        }
        let duty = self.optional::<DutyKind>("obligation")?;
        if duty.as_str() != action {
            self.bad("obligation", duty.as_str(), format!("its action asks for `{action}`"));
        }
        let owner = match self.policy.annotation("owner") {
            Some(_) => self.optional("owner")?,
            None => Owner::Receiver,
        };
        let (terms, from_label) = self.terms(duty);
        Some(Effect::Oblige(DutyRule { duty, owner, terms, from_label }))
    }

    /// The parameters that a duty takes, and no others.
    fn terms(&mut self, duty: DutyKind) -> (Terms, bool) {
        let mut terms = Terms::default();
        let mut from_label = false;
        match duty {
            DutyKind::Redact | DutyKind::Pseudonymise => terms.fields = self.fields(),
            DutyKind::RestrictAccess => terms.access = self.wanted("role"),
            DutyKind::SeekConsent => from_label = self.origin(&mut terms),
            DutyKind::Retain if self.policy.annotation("until").is_some() => {
                from_label = self.label_retention()
            }
            DutyKind::Retain | DutyKind::DeleteAndConfirm | DutyKind::NotifySubject | DutyKind::ReportUse => {
                terms.hours = self.days()
            }
            DutyKind::NotifyOriginator
            | DutyKind::NotifyDpa
            | DutyKind::Acknowledge
            | DutyKind::ReportBreach => {
                terms.hours = self.hours(true);
            }
            DutyKind::HumanReview => terms.hours = self.hours(false),
            DutyKind::NoOnward
            | DutyKind::PurposeBind
            | DutyKind::LogAccess
            | DutyKind::Attribute
            | DutyKind::DoNotAttribute
            | DutyKind::EncryptAtRest => {}
        }
        self.no_other_parameters(duty);
        (terms, from_label)
    }

    fn no_other_parameters(&mut self, duty: DutyKind) {
        let takes: &[&str] = match duty {
            DutyKind::Redact | DutyKind::Pseudonymise => &["fields"],
            DutyKind::RestrictAccess => &["role"],
            DutyKind::SeekConsent => &["from"],
            DutyKind::Retain => &["days", "until"],
            DutyKind::DeleteAndConfirm | DutyKind::NotifySubject | DutyKind::ReportUse => &["days"],
            DutyKind::NotifyOriginator
            | DutyKind::NotifyDpa
            | DutyKind::Acknowledge
            | DutyKind::ReportBreach
            | DutyKind::HumanReview => &["hours"],
            _ => &[],
        };
        for parameter in ["days", "hours", "until", "fields", "role", "from"] {
            if self.policy.annotation(parameter).is_some() && !takes.contains(&parameter) {
                self.faults
                    .push(Fault::Unexpected { policy: self.id.clone(), annotation: parameter.to_owned() });
            }
        }
    }

    fn wanted<T: FromStr<Err: ToString>>(&mut self, annotation: &'static str) -> Option<T> {
        if self.policy.annotation(annotation).is_none() {
            self.missing(annotation);
        }
        self.optional(annotation)
    }

    fn fields(&mut self) -> std::collections::BTreeSet<String> {
        let text = self.required("fields");
        let well_formed = |field: &str| {
            !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c))
        };
        let fields: std::collections::BTreeSet<String> =
            text.split(',').map(|f| f.trim().to_owned()).collect();
        if !text.is_empty() && !fields.iter().all(|field| well_formed(field)) {
            self.bad("fields", &text, "names of letters, digits and `-_.:/`, separated by commas");
        }
        fields
    }

    fn days(&mut self) -> Option<u32> {
        let days: u32 = self.wanted("days")?;
        self.within(days, "days", 36_500).map(|days| days * 24)
    }

    fn hours(&mut self, needed: bool) -> Option<u32> {
        let hours: u32 = if needed { self.wanted("hours")? } else { self.optional("hours")? };
        self.within(hours, "hours", 876_000)
    }

    /// Bounds a term to a hundred years and excludes zero, which would be due before it is known.
    fn within(&mut self, value: u32, annotation: &'static str, most: u32) -> Option<u32> {
        if (1..=most).contains(&value) {
            return Some(value);
        }
        self.bad(annotation, &value.to_string(), format!("1 to {most}"));
        None
    }

    fn label_retention(&mut self) -> bool {
        let text = self.policy.annotation("until").unwrap_or_default().to_owned();
        if text != "label" {
            self.bad("until", &text, "only `label`: the end that the label sets");
        }
        if self.policy.annotation("days").is_some() {
            self.faults.push(Fault::Unexpected { policy: self.id.clone(), annotation: "days".to_owned() });
        }
        true
    }

    /// Whose consent: `origin`, or a party by its code.
    fn origin(&mut self, terms: &mut Terms) -> bool {
        let text = self.required("from");
        if text == "origin" {
            return true;
        }
        match text.parse() {
            Ok(party) => {
                terms.consent_of.insert(party);
            }
            Err(_) if text.is_empty() => {}
            Err(_) => self.bad("from", &text, "`origin` or a party code"),
        }
        false
    }

    /// Each layer has its effects.
    fn layer(&mut self, layer: &Layer, effect: Option<&Effect>) {
        let rule = match (layer, effect) {
            (Layer::Instruments, Some(Effect::Forbid { .. } | Effect::Oblige(_))) => {
                "it permits crossings only"
            }
            (Layer::Safeguards, Some(Effect::Permit | Effect::Oblige(_))) => "it forbids crossings only",
            (Layer::Obligations, Some(Effect::Permit | Effect::Forbid { .. })) => "it attaches duties only",
            (Layer::Principles, Some(Effect::Permit)) => "a principle that binds nobody permits nothing",
            (Layer::National(party), Some(_)) => {
                let own = match self.policy.principal_constraint() {
                    PrincipalConstraint::Eq(uid) => uid.id().unescaped() == party.as_str(),
                    _ => false,
                };
                if !own {
                    let policy = self.id.clone();
                    self.faults.push(Fault::ForeignPrincipal { policy, party: party.to_string() });
                }
                return;
            }
            _ => return,
        };
        self.faults.push(Fault::Layer { policy: self.id.clone(), rule });
    }

    /// The letter of the principle: needed in that layer, and out of place in others.
    fn principle(&mut self, layer: &Layer) -> Option<char> {
        let text = self.policy.annotation("principle").map(str::to_owned);
        match (layer.kind() == LayerKind::Principles, text) {
            (true, None) => self.missing("principle"),
            (false, Some(_)) => {
                let annotation = "principle".to_owned();
                self.faults.push(Fault::Unexpected { policy: self.id.clone(), annotation });
            }
            (true, Some(text)) => {
                let mut chars = text.chars();
                if let (Some(letter @ 'a'..='h'), None) = (chars.next(), chars.next()) {
                    return Some(letter);
                }
                self.bad("principle", &text, "a letter from `a` to `h`");
            }
            (false, None) => {}
        }
        None
    }
}
