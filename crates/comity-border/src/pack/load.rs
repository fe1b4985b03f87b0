//! From text to packs in force: parse, check against the schema, read the annotations, and hold permits, forbids and duties
//! apart. Every fault is collected; packs with one are not loaded.

use crate::{
    obligation::DutyKind,
    pack::{
        Adoption, Conditions, Duties, Effect, Fault, Layer, PackFault, PackInfo, PackSource, PackText, Packs,
        Place, PolicyInfo, check::examine, policy::LayerKind,
    },
};
use cedar_policy::{
    EntityUid, ParseErrors, Policy, PolicyId, PolicySet, Schema, SchemaFragment, ValidationMode, Validator,
};
use comity_record::{Hash, sha256};
use miette::Diagnostic;
use std::{collections::BTreeMap, str::FromStr, sync::Arc};

/// The file name that faults of the schema carry.
const SCHEMA_FILE: &str = "packs/schema.cedarschema";

/// Loads packs under a schema.
pub(super) fn load(source: Arc<PackSource>) -> Result<Packs, Vec<PackFault>> {
    let PackSource { schema, texts, adoption } = &*source;
    let hash = hash(schema, texts, adoption);
    let schema = read_schema(schema)?;
    let mut loading = Loading {
        validator: Validator::new(schema.clone()),
        adoption,
        packs: empty(schema, Arc::clone(&source), hash),
        faults: Vec::new(),
        declinable: Vec::new(),
    };
    for text in texts {
        loading.take(text);
    }
    loading.check_adoption();
    let Loading { packs, mut faults, .. } = loading;
    faults.sort_by(|a, b| a.place.cmp(&b.place));
    if faults.is_empty() { Ok(packs) } else { Err(faults) }
}

fn empty(schema: Schema, source: Arc<PackSource>, hash: Hash) -> Packs {
    Packs {
        schema,
        permits: PolicySet::new(),
        forbids: PolicySet::new(),
        duties: BTreeMap::new(),
        conditions: Conditions::default(),
        policies: BTreeMap::new(),
        packs: Vec::new(),
        source,
        hash,
    }
}

/// Commits to every text and to its length, so that no two sets of packs have one hash.
fn hash(schema: &str, texts: &[PackText], adoption: &Adoption) -> Hash {
    let mut parts = vec!["comity packs 1".to_owned(), schema.to_owned()];
    for text in texts {
        let layer = match &text.layer {
            Layer::National(party) => format!("national {party}"),
            layer => layer.kind().to_string(),
        };
        parts.extend([text.file.clone(), layer, text.text.clone()]);
    }
    match adoption {
        Adoption::Whole => parts.push("whole".to_owned()),
        Adoption::Declined => parts.push("declined".to_owned()),
        Adoption::Without(ids) => parts.extend(ids.iter().map(|id| format!("without {id}"))),
    }
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let pieces: Vec<&[u8]> =
        lengths.iter().zip(&parts).flat_map(|(length, part)| [length.as_slice(), part.as_bytes()]).collect();
    sha256(&pieces)
}

fn read_schema(text: &str) -> Result<Schema, Vec<PackFault>> {
    let fault = |why: &dyn Diagnostic| {
        let place = Place::of(SCHEMA_FILE, text, offset(why));
        vec![PackFault { place, fault: Fault::Syntax(one_line(&why.to_string())) }]
    };
    let (fragment, _) = SchemaFragment::from_cedarschema_str(text).map_err(|why| fault(&why))?;
    Schema::from_schema_fragments([fragment]).map_err(|why| fault(&why))
}

/// A set of packs while it is loaded.
struct Loading<'a> {
    validator: Validator,
    adoption: &'a Adoption,
    packs: Packs,
    faults: Vec<PackFault>,
    declinable: Vec<String>,
}

impl Loading<'_> {
    fn take(&mut self, text: &PackText) {
        let fault = |offset: usize, fault: Fault| PackFault {
            place: Place::of(&text.file, &text.text, offset),
            fault,
        };
        let Some((name, version)) = header(&text.text) else {
            self.faults.push(fault(0, Fault::Header));
            return;
        };
        let policies = match PolicySet::from_str(&text.text) {
            Ok(policies) => policies,
            Err(why) => {
                self.faults.extend(syntax(&why, text));
                return;
            }
        };
        if policies.num_of_templates() > 0 {
            self.faults.push(fault(0, Fault::Template));
        }
        self.validate(&policies, text);
        let before = self.packs.policies.len();
        let mut policies: Vec<&Policy> = policies.policies().collect();
        policies.sort_by_key(|policy| start(policy));
        for policy in policies {
            self.add(policy, text);
        }
        let policies = self.packs.policies.len() - before;
        let layer = text.layer.kind();
        self.packs.packs.push(PackInfo { name, version, layer, file: text.file.clone(), policies });
    }

    /// Strict: a warning of the validator is a fault too, since it means that a policy can never apply or hides
    /// characters.
    fn validate(&mut self, policies: &PolicySet, text: &PackText) {
        let result = self.validator.validate(policies, ValidationMode::Strict);
        let errors = result
            .validation_errors()
            .map(|error| -> (&dyn Diagnostic, &PolicyId) { (error, error.policy_id()) });
        let warnings = result
            .validation_warnings()
            .map(|warning| -> (&dyn Diagnostic, &PolicyId) { (warning, warning.policy_id()) });
        for (why, id) in errors.chain(warnings) {
            let offset = first_label(why).or_else(|| policies.policy(id).map(start)).unwrap_or(0);
            let message = one_line(&why.to_string());
            self.faults.push(PackFault {
                place: Place::of(&text.file, &text.text, offset),
                fault: Fault::Schema(message),
            });
        }
    }

    fn add(&mut self, policy: &Policy, text: &PackText) {
        let place = Place::of(&text.file, &text.text, start(policy));
        let info = match examine(policy, &text.layer, &place) {
            Ok(info) => info,
            Err(faults) => {
                self.faults.extend(faults.into_iter().map(|fault| PackFault { place: place.clone(), fault }));
                return;
            }
        };
        if let Some(first) = self.packs.policies.get(&info.id) {
            let fault = Fault::Duplicate { policy: info.id, first: first.place.clone() };
            self.faults.push(PackFault { place, fault });
            return;
        }
        if text.layer.kind() == LayerKind::Principles {
            self.declinable.push(info.id.clone());
            if self.is_declined(&info.id) {
                return;
            }
        }
        if let Err(why) = self.put_in_force(policy, &info) {
            self.faults.push(PackFault { place, fault: Fault::Syntax(why) });
        }
        self.packs.policies.insert(info.id.clone(), info);
    }

    fn put_in_force(&mut self, policy: &Policy, info: &PolicyInfo) -> Result<(), String> {
        let policy = policy.new_id(PolicyId::new(&info.id));
        let packs = &mut self.packs;
        let added = match &info.effect {
            Effect::Permit => {
                packs.conditions.add(&policy)?;
                packs.permits.add(policy)
            }
            Effect::Forbid { .. } => packs.forbids.add(policy),
            Effect::Oblige(rule) => {
                let held = match packs.duties.entry(rule.duty) {
                    std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
                    std::collections::btree_map::Entry::Vacant(free) => {
                        free.insert(Duties { action: duty_action(rule.duty)?, policies: PolicySet::new() })
                    }
                };
                held.policies.add(policy)
            }
        };
        added.map_err(|why| why.to_string())
    }

    fn is_declined(&self, id: &str) -> bool {
        match self.adoption {
            Adoption::Whole => false,
            Adoption::Without(ids) => ids.contains(id),
            Adoption::Declined => true,
        }
    }

    fn check_adoption(&mut self) {
        let Adoption::Without(ids) = self.adoption else { return };
        for id in ids.iter().filter(|id| !self.declinable.contains(id)) {
            let place = Place { file: "adoption".to_owned(), line: 1, column: 1 };
            self.faults.push(PackFault { place, fault: Fault::NothingToDecline { policy: id.clone() } });
        }
    }
}

/// The action that asks for a duty.
fn duty_action(duty: DutyKind) -> Result<EntityUid, String> {
    format!("Action::\"oblige-{duty}\"").parse().map_err(|why: ParseErrors| why.to_string())
}

/// Name and version from the comment at the top.
fn header(text: &str) -> Option<(String, u32)> {
    let mut lines = text.lines().map_while(|line| line.strip_prefix("//"));
    let name = lines.next()?.trim().strip_prefix("pack:")?.trim();
    let version = lines.next()?.trim().strip_prefix("version:")?.trim().parse().ok()?;
    (!name.is_empty() && version > 0).then(|| (name.to_owned(), version))
}

fn syntax(errors: &ParseErrors, text: &PackText) -> Vec<PackFault> {
    errors
        .iter()
        .map(|error| PackFault {
            place: Place::of(&text.file, &text.text, offset(error)),
            fault: Fault::Syntax(one_line(&error.to_string())),
        })
        .collect()
}

/// Where a policy begins in its file.
fn start(policy: &Policy) -> usize {
    policy.as_ref().loc().map_or(0, |loc| loc.start())
}

fn offset(why: &dyn Diagnostic) -> usize {
    first_label(why).unwrap_or(0)
}

fn first_label(why: &dyn Diagnostic) -> Option<usize> {
    let own = why.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    own.or_else(|| why.related().and_then(|mut related| related.next()).and_then(first_label))
}

/// A message on one line and of bounded length.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
