//! Domain objects, relationships, sightings and meta objects (STIX 2.1 sections 4, 5 and 7; 2.0 part 2).

use super::{
    Class, TypeRule,
    common::{DOMAIN, KILL_CHAIN, LABELLED, MARKING, TEXTS, TIME},
    shape::{Form, Period, Property, Shape, Targets, p, plan, shape},
    vocabulary as words,
};
use crate::validate::text;

/// The rules of a type.
pub(super) fn rule(name: &str) -> Option<&'static TypeRule> {
    // The most frequent types come first.
    TYPES.iter().find(|rule| rule.name == name)
}

const fn domain(name: &'static str, in_v20: bool, shape: &'static Shape) -> TypeRule {
    TypeRule { name, class: Class::Domain, shape, in_v20 }
}

static TYPES: [TypeRule; 24] = [
    domain("indicator", true, &INDICATOR),
    domain("relationship", true, &RELATIONSHIP),
    domain("sighting", true, &SIGHTING),
    domain("observed-data", true, &OBSERVED_DATA),
    domain("malware", true, &MALWARE),
    domain("attack-pattern", true, &ATTACK_PATTERN),
    domain("identity", true, &IDENTITY),
    domain("report", true, &REPORT),
    domain("vulnerability", true, &VULNERABILITY),
    domain("campaign", true, &CAMPAIGN),
    domain("course-of-action", true, &COURSE_OF_ACTION),
    domain("grouping", false, &GROUPING),
    domain("incident", false, &INCIDENT),
    domain("infrastructure", false, &INFRASTRUCTURE),
    domain("intrusion-set", true, &INTRUSION_SET),
    domain("location", false, &LOCATION),
    domain("malware-analysis", false, &MALWARE_ANALYSIS),
    domain("note", false, &NOTE),
    domain("opinion", false, &OPINION),
    domain("threat-actor", true, &THREAT_ACTOR),
    domain("tool", true, &TOOL),
    domain("extension-definition", false, &EXTENSION_DEFINITION),
    domain("language-content", false, &LANGUAGE_CONTENT),
    TypeRule { name: "marking-definition", class: Class::Marking, shape: &MARKING_DEFINITION, in_v20: true },
];

const SEEN: [Period; 1] = [Period { first: "first_seen", last: "last_seen", may_be_equal: true }];
const OBJECT_REFS: Form = Form::List(&Form::Reference(Targets::Any));
const SOFTWARE: Form = Form::Reference(Targets::Of(&["software"]));
const MOTIVATION: Form = Form::Open(&words::ATTACK_MOTIVATION);
/// What a relationship cannot connect (2.1 section 5.1).
const CONNECTABLE: Form = Form::Reference(Targets::NotOf(&[
    "relationship",
    "sighting",
    "bundle",
    "marking-definition",
    "language-content",
]));

static ATTACK_PATTERN: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("aliases", TEXTS).only21(),
        p("kill_chain_phases", KILL_CHAIN),
    ],
    &DOMAIN,
);

static CAMPAIGN: Shape = plan(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("aliases", TEXTS),
        p("first_seen", TIME),
        p("last_seen", TIME),
        p("objective", Form::Text),
    ],
    &DOMAIN,
)
.periods(&SEEN)
.shape();

static COURSE_OF_ACTION: Shape =
    shape(&[p("name", Form::Text).must(), p("description", Form::Text), p("action", Form::Any)], &DOMAIN);

static GROUPING: Shape = shape(
    &[
        p("name", Form::Text),
        p("description", Form::Text),
        p("context", Form::Open(&words::GROUPING_CONTEXT)).must(),
        p("object_refs", OBJECT_REFS).must(),
    ],
    &DOMAIN,
);

static IDENTITY: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("roles", TEXTS).only21(),
        p("identity_class", Form::Open(&words::IDENTITY_CLASS)).must20(),
        p("sectors", Form::List(&Form::Open(&words::INDUSTRY_SECTOR))),
        p("contact_information", Form::Text),
    ],
    &DOMAIN,
);

static INCIDENT: Shape = shape(&[p("name", Form::Text).must(), p("description", Form::Text)], &DOMAIN);

static INDICATOR: Shape = plan(
    &[
        p("name", Form::Text),
        p("description", Form::Text),
        p("indicator_types", Form::List(&Form::Open(&words::INDICATOR_TYPE))).only21(),
        p("pattern", Form::Pattern).must(),
        p("pattern_type", Form::Open(&words::PATTERN_TYPE)).only21().must21(),
        p("pattern_version", Form::Text).only21(),
        p("valid_from", TIME).must(),
        p("valid_until", TIME),
        p("kill_chain_phases", KILL_CHAIN),
    ],
    &LABELLED,
)
.periods(&[Period { first: "valid_from", last: "valid_until", may_be_equal: false }])
.shape();

static INFRASTRUCTURE: Shape = plan(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("infrastructure_types", Form::List(&Form::Open(&words::INFRASTRUCTURE_TYPE))),
        p("aliases", TEXTS),
        p("kill_chain_phases", KILL_CHAIN),
        p("first_seen", TIME),
        p("last_seen", TIME),
    ],
    &DOMAIN,
)
.periods(&SEEN)
.shape();

static INTRUSION_SET: Shape = plan(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("aliases", TEXTS),
        p("first_seen", TIME),
        p("last_seen", TIME),
        p("goals", TEXTS),
        p("resource_level", Form::Open(&words::ATTACK_RESOURCE_LEVEL)),
        p("primary_motivation", MOTIVATION),
        p("secondary_motivations", Form::List(&MOTIVATION)),
    ],
    &DOMAIN,
)
.periods(&SEEN)
.shape();

static LOCATION: Shape = plan(
    &[
        p("name", Form::Text),
        p("description", Form::Text),
        p("latitude", Form::Number(-90.0, 90.0)),
        p("longitude", Form::Number(-180.0, 180.0)),
        p("precision", Form::Number(0.0, f64::MAX)),
        p("region", Form::Open(&words::REGION)),
        p("country", Form::Advised(&text::COUNTRY)),
        p("administrative_area", Form::Text),
        p("city", Form::Text),
        p("street_address", Form::Text),
        p("postal_code", Form::Text),
    ],
    &DOMAIN,
)
.one_of(&["region", "country", "latitude"])
.with(&[("latitude", "longitude"), ("longitude", "latitude"), ("precision", "latitude")])
.shape();

static MALWARE: Shape = plan(
    &[
        p("name", Form::Text).must20(),
        p("description", Form::Text),
        p("malware_types", Form::List(&Form::Open(&words::MALWARE_TYPE))).only21(),
        p("is_family", Form::Boolean).only21().must21(),
        p("aliases", TEXTS).only21(),
        p("kill_chain_phases", KILL_CHAIN),
        p("first_seen", TIME).only21(),
        p("last_seen", TIME).only21(),
        p("operating_system_refs", Form::List(&SOFTWARE)).only21(),
        p("architecture_execution_envs", Form::List(&Form::Open(&words::PROCESSOR_ARCHITECTURE))).only21(),
        p("implementation_languages", Form::List(&Form::Open(&words::IMPLEMENTATION_LANGUAGE))).only21(),
        p("capabilities", Form::List(&Form::Open(&words::MALWARE_CAPABILITY))).only21(),
        p("sample_refs", Form::List(&Form::Reference(Targets::Of(&["artifact", "file"])))).only21(),
    ],
    &LABELLED,
)
.periods(&SEEN)
.shape();

static MALWARE_ANALYSIS: Shape = plan(
    &[
        p("product", Form::Advised(&text::LOWER_WORD)).must(),
        p("version", Form::Text),
        p("host_vm_ref", SOFTWARE),
        p("operating_system_ref", SOFTWARE),
        p("installed_software_refs", Form::List(&SOFTWARE)),
        p("configuration_version", Form::Text),
        p("modules", TEXTS),
        p("analysis_engine_version", Form::Text),
        p("analysis_definition_version", Form::Text),
        p("submitted", TIME),
        p("analysis_started", TIME),
        p("analysis_ended", TIME),
        p("result_name", Form::Text),
        p("result", Form::Open(&words::MALWARE_RESULT)),
        p("analysis_sco_refs", OBJECT_REFS),
        p("sample_ref", Form::Reference(Targets::Of(&["artifact", "file", "network-traffic"]))),
    ],
    &DOMAIN,
)
.one_of(&["result", "analysis_sco_refs"])
.shape();

static NOTE: Shape = shape(
    &[
        p("abstract", Form::Text),
        p("content", Form::Text).must(),
        p("authors", TEXTS),
        p("object_refs", OBJECT_REFS).must(),
    ],
    &DOMAIN,
);

static OBSERVED_DATA: Shape = plan(
    &[
        p("first_observed", TIME).must(),
        p("last_observed", TIME).must(),
        p("number_observed", Form::Integer(1, 999_999_999)).must(),
        p("objects", Form::Observables).must20().deprecated(),
        p("object_refs", OBJECT_REFS).only21(),
    ],
    &DOMAIN,
)
.one_of(&["objects", "object_refs"])
.apart(&[("objects", "object_refs")])
.periods(&[Period { first: "first_observed", last: "last_observed", may_be_equal: true }])
.shape();

static OPINION: Shape = shape(
    &[
        p("explanation", Form::Text),
        p("authors", TEXTS),
        p("opinion", Form::Closed(&words::OPINION)).must(),
        p("object_refs", OBJECT_REFS).must(),
    ],
    &DOMAIN,
);

static REPORT: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("report_types", Form::List(&Form::Open(&words::REPORT_TYPE))).only21(),
        p("published", TIME).must(),
        p("object_refs", OBJECT_REFS).must(),
    ],
    &LABELLED,
);

static THREAT_ACTOR: Shape = plan(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("threat_actor_types", Form::List(&Form::Open(&words::THREAT_ACTOR_TYPE))).only21(),
        p("aliases", TEXTS),
        p("first_seen", TIME).only21(),
        p("last_seen", TIME).only21(),
        p("roles", Form::List(&Form::Open(&words::THREAT_ACTOR_ROLE))),
        p("goals", TEXTS),
        p("sophistication", Form::Open(&words::THREAT_ACTOR_SOPHISTICATION)),
        p("resource_level", Form::Open(&words::ATTACK_RESOURCE_LEVEL)),
        p("primary_motivation", MOTIVATION),
        p("secondary_motivations", Form::List(&MOTIVATION)),
        p("personal_motivations", Form::List(&MOTIVATION)),
    ],
    &LABELLED,
)
.periods(&SEEN)
.shape();

static TOOL: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("tool_types", Form::List(&Form::Open(&words::TOOL_TYPE))).only21(),
        p("aliases", TEXTS).only21(),
        p("kill_chain_phases", KILL_CHAIN),
        p("tool_version", Form::Text),
    ],
    &LABELLED,
);

static VULNERABILITY: Shape = shape(&[p("name", Form::Text).must(), p("description", Form::Text)], &DOMAIN);

static RELATIONSHIP: Shape = plan(
    &[
        p("relationship_type", Form::Worded(&text::VERB)).must(),
        p("description", Form::Text),
        p("source_ref", CONNECTABLE).must(),
        p("target_ref", CONNECTABLE).must(),
        p("start_time", TIME).only21(),
        p("stop_time", TIME).only21(),
    ],
    &DOMAIN,
)
.periods(&[Period { first: "start_time", last: "stop_time", may_be_equal: false }])
.shape();

static SIGHTING: Shape = plan(
    &[
        p("description", Form::Text),
        p("first_seen", TIME),
        p("last_seen", TIME),
        p("count", Form::Integer(0, 999_999_999)),
        p("sighting_of_ref", CONNECTABLE).must(),
        p("observed_data_refs", Form::List(&Form::Reference(Targets::Of(&["observed-data"])))),
        p("where_sighted_refs", Form::List(&Form::Reference(Targets::Of(&["identity", "location"])))),
        p("summary", Form::Boolean),
    ],
    &DOMAIN,
)
.periods(&SEEN)
.shape();

static EXTENSION_DEFINITION: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("description", Form::Text),
        p("schema", Form::Text).must(),
        p("version", Form::Text).must(),
        p("extension_types", Form::List(&Form::Closed(&words::EXTENSION_TYPE))).must(),
        p("extension_properties", Form::List(&Form::Worded(&text::PROPERTY_NAME))),
    ],
    &DOMAIN,
);

static LANGUAGE_CONTENT: Shape = shape(
    &[
        p("object_ref", Form::Reference(Targets::NotOf(&["bundle", "language-content"]))).must(),
        p("object_modified", TIME),
        p("contents", Form::Translations).must(),
    ],
    &DOMAIN,
);

static DEFINITION: [Property; 1] = [p("definition", Form::Any).must20()];
static MARKING_DEFINITION: Shape = plan(&DEFINITION, &MARKING)
    .one_of(&["definition", "extensions"])
    .with(&[("definition", "definition_type")])
    .shape();
