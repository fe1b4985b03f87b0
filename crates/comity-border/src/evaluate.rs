//! Puts facts and labels into Cedar's form and asks each set of policies once.
//!
//! Permits and forbids are evaluated apart, so that every satisfied policy of each is known, and not only those that Cedar
//! would name. A policy that cannot be evaluated is an error, and an error is a refusal: Cedar alone would skip it.

use crate::{
    facts::{ConsentState, Facts},
    obligation::DutyKind,
    pack::Packs,
    request::{Direction, Request},
    subject::Subject,
};
use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet,
    Request as CedarRequest, RestrictedExpression as Value, Schema,
};
use comity_record::{
    PartyCode,
    label::{Onward, Retention, Sovereign},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

/// The facts of one judgement in Cedar's form.
pub(crate) struct Case {
    principal: EntityUid,
    resource: EntityUid,
    crossing: EntityUid,
    context: Context,
    entities: Entities,
}

/// What the policies say.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Satisfied permits.
    pub(crate) permits: BTreeSet<String>,
    /// Satisfied forbids.
    pub(crate) forbids: BTreeSet<String>,
    /// Satisfied duties, by kind.
    pub(crate) duties: BTreeMap<DutyKind, BTreeSet<String>>,
}

/// A policy could not be evaluated, or the facts could not be put into Cedar's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyError(pub(crate) String);

impl PolicyError {
    fn new(why: impl fmt::Display) -> PolicyError {
        PolicyError(
            why.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect(),
        )
    }
}

/// Asks permits, forbids and duties.
pub(crate) fn evaluate(packs: &Packs, case: &Case) -> Result<Answers, PolicyError> {
    let mut answers = Answers {
        permits: case.satisfied(&packs.permits, &case.crossing)?,
        forbids: case.satisfied(&packs.forbids, &case.crossing)?,
        duties: BTreeMap::new(),
    };
    for (kind, duties) in &packs.duties {
        let satisfied = case.satisfied(&duties.policies, &duties.action)?;
        if !satisfied.is_empty() {
            answers.duties.insert(*kind, satisfied);
        }
    }
    Ok(answers)
}

/// The conditions of permits that hold, by the ids of their policies.
pub(crate) fn conditions(packs: &Packs, case: &Case) -> Result<BTreeSet<String>, PolicyError> {
    case.satisfied(&packs.conditions.policies, &case.crossing)
}

impl Case {
    /// Puts the facts into Cedar's form and checks them against the schema of the packs: with policies checked against the
    /// same schema, no evaluation can stumble over a type.
    pub(crate) fn new(
        packs: &Packs,
        subject: &Subject,
        request: &Request,
        facts: &Facts,
    ) -> Result<Case, PolicyError> {
        let names = Names::new()?;
        let resource = names.uid(&names.record, "record");
        let record = Entity::new(resource.clone(), record(&names, subject), HashSet::new())
            .map_err(PolicyError::new)?;
        let case = Case {
            principal: names.party(request.own()),
            crossing: names.uid(
                &names.action,
                match request.direction {
                    Direction::Sending => "send",
                    Direction::Receiving => "receive",
                },
            ),
            context: Context::from_pairs(context(&names, subject, request, facts))
                .map_err(PolicyError::new)?,
            entities: Entities::from_entities([record], Some(&packs.schema)).map_err(PolicyError::new)?,
            resource,
        };
        case.request(&case.crossing, Some(&packs.schema))?;
        Ok(case)
    }

    fn request(&self, action: &EntityUid, schema: Option<&Schema>) -> Result<CedarRequest, PolicyError> {
        let (principal, resource) = (self.principal.clone(), self.resource.clone());
        CedarRequest::new(principal, action.clone(), resource, self.context.clone(), schema)
            .map_err(PolicyError::new)
    }

    /// The ids of the satisfied policies of a set that holds one effect only.
    fn satisfied(&self, policies: &PolicySet, action: &EntityUid) -> Result<BTreeSet<String>, PolicyError> {
        let request = self.request(action, None)?;
        let response = Authorizer::new().is_authorized(&request, policies, &self.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(PolicyError::new(error));
        }
        Ok(response.diagnostics().reason().map(text_of).collect())
    }
}

fn text_of(id: &PolicyId) -> String {
    let text: &str = id.as_ref();
    text.to_owned()
}

/// The entity types of the schema.
struct Names {
    party: EntityTypeName,
    record: EntityTypeName,
    action: EntityTypeName,
}

impl Names {
    fn new() -> Result<Names, PolicyError> {
        let name = |text: &str| text.parse::<EntityTypeName>().map_err(PolicyError::new);
        Ok(Names { party: name("Party")?, record: name("Record")?, action: name("Action")? })
    }

    fn uid(&self, kind: &EntityTypeName, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
    }

    fn party(&self, party: &PartyCode) -> EntityUid {
        self.uid(&self.party, party.as_str())
    }
}

fn text(value: &str) -> Value {
    Value::new_string(value.to_owned())
}

/// What a label leaves unsaid.
fn stated(value: Option<&str>) -> Value {
    text(value.unwrap_or("unstated"))
}

fn set<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    Value::new_set(values.into_iter().map(text))
}

fn record(names: &Names, subject: &Subject) -> HashMap<String, Value> {
    let labels = &subject.labels;
    let evaluation = labels.evaluation.map(|e| (e.source.to_string(), e.information.to_string()));
    let party = |party: &PartyCode| Value::new_entity_uid(names.party(party));
    let pairs = [
        ("author", party(&subject.author)),
        ("origin", party(subject.origin())),
        ("kind", text(&subject.kind)),
        ("derived", Value::new_bool(subject.redacted.is_some())),
        ("tlp", text(labels.tlp.as_str())),
        ("pap", stated(labels.pap.map(|pap| pap.as_str()))),
        ("handling", stated(labels.handling.as_ref().map(|handling| handling.code.as_str()))),
        ("source", stated(evaluation.as_ref().map(|(source, _)| source.as_str()))),
        ("information", stated(evaluation.as_ref().map(|(_, information)| information.as_str()))),
        ("categories", set(labels.category.iter().map(|category| category.as_str()))),
        ("personal", text(labels.personal.as_str())),
        ("data_subjects", set(labels.data_subject.iter().map(|subject| subject.as_str()))),
        ("sovereign", text(sovereign(&labels.sovereign))),
        ("purposes", set(labels.purpose.iter().map(|purpose| purpose.as_str()))),
        ("onward", text(onward(&labels.onward))),
        ("use_limits", set(labels.use_limits.iter().map(|limit| limit.as_str()))),
        ("retention", stated(labels.retention.map(retention))),
        ("attribution", stated(labels.attribution.map(|directive| directive.as_str()))),
        (
            "affected_party_notifications",
            stated(labels.affected_party_notifications.map(|directive| directive.as_str())),
        ),
        ("dual_criminality", stated(labels.dual_criminality.map(|dual| dual.as_str()))),
        ("urgency", stated(labels.urgency.map(|urgency| urgency.as_str()))),
        ("attribution_claim", Value::new_bool(labels.attribution_claim.is_some())),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn context(names: &Names, subject: &Subject, request: &Request, facts: &Facts) -> Vec<(String, Value)> {
    let yes = Value::new_bool;
    let purposes = &subject.labels.purpose;
    let competence = |unit: &Option<crate::request::Competence>| {
        unit.as_ref().is_some_and(|unit| !unit.citation.trim().is_empty())
    };
    let finding = &facts.finding;
    let third_party = !facts.third_parties.is_empty();
    let pairs = [
        ("peer", Value::new_entity_uid(names.party(request.peer()))),
        ("sending", yes(request.direction == Direction::Sending)),
        ("purpose", text(request.purpose.as_str())),
        ("voluntary", yes(facts.voluntary)),
        ("case_data", yes(facts.case_data)),
        ("coercive", yes(facts.coercive)),
        ("needs_basis", yes(facts.needs_basis)),
        ("measure", text(if facts.matter.stated { &facts.matter.measure } else { "none" })),
        ("offence", text(facts.matter.offence.as_deref().unwrap_or("none"))),
        ("basis", text(finding.found.as_str())),
        ("instrument", text(finding.relied_on.as_ref().map_or("none", |(instrument, _)| instrument))),
        ("competence_sender", yes(competence(&request.sender_unit))),
        ("competence_receiver", yes(competence(&request.receiver_unit))),
        ("addressed", yes(request.receiver_unit.is_some())),
        ("ground", text(facts.ground.as_str())),
        ("third_party", yes(third_party)),
        ("consent", text(if third_party { facts.consent } else { ConsentState::None }.as_str())),
        ("onward_listed", yes(facts.onward_listed)),
        ("onward_within", yes(facts.onward_within)),
        ("peer_known", yes(facts.peer_known)),
        ("peer_suspended", yes(facts.peer_suspended)),
        ("way_known", yes(facts.way_known)),
        ("kind_known", yes(subject.known)),
        ("purpose_named", yes(purposes.contains(&request.purpose))),
        ("purpose_open", yes(purposes.is_empty())),
        ("attribution_released", yes(request.attribution_release.is_some())),
        ("sovereign_released", yes(request.sovereign_release.is_some())),
        ("security_agreement", yes(facts.security_agreement)),
        ("bulk", yes(facts.bulk)),
        ("no_end_date", yes(facts.no_end_date)),
        ("no_offence", yes(facts.no_offence)),
        ("retention_ended", yes(facts.retention_ended)),
        ("embargoed", yes(facts.embargoed)),
        ("outside_audience", yes(facts.outside_audience)),
        ("assured", set(request.assurances.iter().map(|limit| limit.as_str()))),
        ("terms_agreed", yes(request.terms.as_ref().is_some_and(|terms| !terms.trim().is_empty()))),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn sovereign(sovereign: &Sovereign) -> &'static str {
    sovereign.as_str()
}

fn onward(onward: &Onward) -> &'static str {
    onward.as_str()
}

fn retention(retention: Retention) -> &'static str {
    match retention {
        Retention::Until(_) => "until",
        Retention::AfterClosure(_) => "closure",
        Retention::Review(_) => "review",
    }
}
