//! Cyber observables (STIX 2.1 section 6; 2.0 part 4).

use super::{
    Class, TypeRule,
    common::{OBSERVABLE, TEXTS, TIME},
    extension::{FILE, NETWORK, PROCESS, USER_ACCOUNT},
    shape::{Form, Period, Predefined, Shape, Targets, p, plan, shape},
    vocabulary as words,
};
use crate::validate::text;

/// The rules of a type.
pub(super) fn rule(name: &str) -> Option<&'static TypeRule> {
    // The most frequent types come first.
    TYPES.iter().find(|rule| rule.name == name)
}

const fn observable(name: &'static str, shape: &'static Shape) -> TypeRule {
    TypeRule { name, class: Class::Observable, shape, in_v20: false }
}

static TYPES: [TypeRule; 18] = [
    observable("ipv4-addr", &IPV4_ADDR),
    observable("domain-name", &DOMAIN_NAME),
    observable("url", &URL),
    observable("file", &FILE_OBJECT),
    observable("ipv6-addr", &IPV6_ADDR),
    observable("email-addr", &EMAIL_ADDR),
    observable("network-traffic", &NETWORK_TRAFFIC),
    observable("autonomous-system", &AUTONOMOUS_SYSTEM),
    observable("mac-addr", &MAC_ADDR),
    observable("artifact", &ARTIFACT),
    observable("directory", &DIRECTORY),
    observable("email-message", &EMAIL_MESSAGE),
    observable("mutex", &MUTEX),
    observable("process", &PROCESS_OBJECT),
    observable("software", &SOFTWARE),
    observable("user-account", &USER_ACCOUNT_OBJECT),
    observable("windows-registry-key", &WINDOWS_REGISTRY_KEY),
    observable("x509-certificate", &X509_CERTIFICATE),
];

const NONE: &[Predefined] = &[];
const COUNT: Form = Form::Integer(0, i64::MAX);
const PORT: Form = Form::Integer(0, 65_535);
const FILE_OR_FOLDER: Form = Form::Reference(Targets::Of(&["file", "directory"]));
const ARTIFACT_REF: Form = Form::Reference(Targets::Of(&["artifact"]));
const ACCOUNT_REF: Form = Form::Reference(Targets::Of(&["user-account"]));
const MAC_REFS: Form = Form::List(&Form::Reference(Targets::Of(&["mac-addr"])));
const AS_REFS: Form = Form::List(&Form::Reference(Targets::Of(&["autonomous-system"])));
const MAIL_REF: Form = Form::Reference(Targets::Of(&["email-addr"]));
const MAIL_REFS: Form = Form::List(&MAIL_REF);
const ENDPOINT: Form =
    Form::Reference(Targets::Ideally(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]));

static ARTIFACT: Shape = plan(
    &[
        p("mime_type", Form::Worded(&text::MEDIA_TYPE)),
        p("payload_bin", Form::Worded(&text::BASE64)),
        p("url", Form::Worded(&text::URI)),
        p("hashes", Form::Hashes),
        p("encryption_algorithm", Form::Closed(&words::ENCRYPTION_ALGORITHM)).only21(),
        p("decryption_key", Form::Text).only21(),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
)
.one_of(&["payload_bin", "url"])
.apart(&[("payload_bin", "url")])
.with(&[("url", "hashes"), ("decryption_key", "encryption_algorithm")])
.shape();

static AUTONOMOUS_SYSTEM: Shape = shape(
    &[
        p("number", Form::Integer(0, i64::MAX)).must(),
        p("name", Form::Text),
        p("rir", Form::Text),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static DIRECTORY: Shape = shape(
    &[
        p("path", Form::Text).must(),
        p("path_enc", Form::Worded(&text::CHARACTER_SET)),
        p("ctime", TIME).only21(),
        p("mtime", TIME).only21(),
        p("atime", TIME).only21(),
        p("created", TIME).only20(),
        p("modified", TIME).only20(),
        p("accessed", TIME).only20(),
        p("contains_refs", Form::List(&FILE_OR_FOLDER)),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static DOMAIN_NAME: Shape = shape(
    &[
        p("value", Form::Worded(&text::DOMAIN_NAME)).must(),
        p(
            "resolves_to_refs",
            Form::List(&Form::Reference(Targets::Of(&["ipv4-addr", "ipv6-addr", "domain-name"]))),
        ),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static EMAIL_ADDR: Shape = shape(
    &[
        p("value", Form::Worded(&text::EMAIL)).must(),
        p("display_name", Form::Text),
        p("belongs_to_ref", ACCOUNT_REF),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static EMAIL_MESSAGE: Shape = plan(
    &[
        p("is_multipart", Form::Boolean).must(),
        p("date", TIME),
        p("content_type", Form::Text),
        p("from_ref", MAIL_REF),
        p("sender_ref", MAIL_REF),
        p("to_refs", MAIL_REFS),
        p("cc_refs", MAIL_REFS),
        p("bcc_refs", MAIL_REFS),
        p("message_id", Form::Text).only21(),
        p("subject", Form::Text),
        p("received_lines", Form::Rows(&Form::Text)),
        p("additional_header_fields", Form::Dictionary(&Form::Any)),
        p("body", Form::Text),
        p("body_multipart", Form::List(&Form::Object(&MIME_PART))),
        p("raw_email_ref", ARTIFACT_REF),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
)
.apart(&[("body", "body_multipart")])
.shape();

static MIME_PART: Shape = plan(
    &[
        p("body", Form::Text),
        p("body_raw_ref", Form::Reference(Targets::Of(&["artifact", "file"]))),
        p("content_type", Form::Text),
        p("content_disposition", Form::Text),
    ],
    &[],
)
.one_of(&["body", "body_raw_ref"])
.apart(&[("body", "body_raw_ref")])
.shape();

static FILE_OBJECT: Shape = plan(
    &[
        p("extensions", Form::Extensions(FILE)),
        p("hashes", Form::Hashes),
        p("size", COUNT),
        p("name", Form::Text),
        p("name_enc", Form::Worded(&text::CHARACTER_SET)),
        p("magic_number_hex", Form::Worded(&text::HEX)),
        p("mime_type", Form::Advised(&text::MEDIA_TYPE)),
        p("ctime", TIME).only21(),
        p("mtime", TIME).only21(),
        p("atime", TIME).only21(),
        p("created", TIME).only20(),
        p("modified", TIME).only20(),
        p("accessed", TIME).only20(),
        p("parent_directory_ref", Form::Reference(Targets::Of(&["directory"]))),
        p("is_encrypted", Form::Boolean).only20(),
        p("encryption_algorithm", Form::Text).only20(),
        p("decryption_key", Form::Text).only20(),
        p("contains_refs", Form::List(&Form::Reference(Targets::Any))),
        p("content_ref", ARTIFACT_REF),
    ],
    &OBSERVABLE,
)
.one_of(&["hashes", "name"])
.shape();

static IPV4_ADDR: Shape = shape(
    &[
        p("value", Form::Worded(&text::IPV4)).must(),
        p("resolves_to_refs", MAC_REFS),
        p("belongs_to_refs", AS_REFS),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static IPV6_ADDR: Shape = shape(
    &[
        p("value", Form::Worded(&text::IPV6)).must(),
        p("resolves_to_refs", MAC_REFS),
        p("belongs_to_refs", AS_REFS),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static MAC_ADDR: Shape = shape(
    &[p("value", Form::Worded(&text::MAC)).must(), p("extensions", Form::Extensions(NONE))],
    &OBSERVABLE,
);

static MUTEX: Shape =
    shape(&[p("name", Form::Text).must(), p("extensions", Form::Extensions(NONE))], &OBSERVABLE);

static NETWORK_TRAFFIC: Shape = plan(
    &[
        p("extensions", Form::Extensions(NETWORK)),
        p("start", TIME),
        p("end", TIME),
        p("is_active", Form::Boolean),
        p("src_ref", ENDPOINT),
        p("dst_ref", ENDPOINT),
        p("src_port", PORT),
        p("dst_port", PORT),
        p("protocols", Form::List(&Form::Advised(&text::PROTOCOL))).must(),
        p("src_byte_count", COUNT),
        p("dst_byte_count", COUNT),
        p("src_packets", COUNT),
        p("dst_packets", COUNT),
        p("ipfix", Form::Keyed(&text::IPFIX, &Form::Any)),
        p("src_payload_ref", ARTIFACT_REF),
        p("dst_payload_ref", ARTIFACT_REF),
        p("encapsulates_refs", Form::List(&Form::Reference(Targets::Of(&["network-traffic"])))),
        p("encapsulated_by_ref", Form::Reference(Targets::Of(&["network-traffic"]))),
    ],
    &OBSERVABLE,
)
.one_of(&["src_ref", "dst_ref"])
.periods(&[Period { first: "start", last: "end", may_be_equal: true }])
.shape();

static PROCESS_OBJECT: Shape = plan(
    &[
        p("extensions", Form::Extensions(PROCESS)),
        p("is_hidden", Form::Boolean),
        p("pid", COUNT),
        p("name", Form::Text).only20(),
        p("created", TIME).only20(),
        p("created_time", TIME).only21(),
        p("cwd", Form::Text),
        p("arguments", TEXTS).only20(),
        p("command_line", Form::Text),
        p("environment_variables", Form::Dictionary(&Form::Text)),
        p("opened_connection_refs", Form::List(&Form::Reference(Targets::Of(&["network-traffic"])))),
        p("creator_user_ref", ACCOUNT_REF),
        p("binary_ref", Form::Reference(Targets::Of(&["file"]))).only20(),
        p("image_ref", Form::Reference(Targets::Of(&["file"]))).only21(),
        p("parent_ref", Form::Reference(Targets::Of(&["process"]))),
        p("child_refs", Form::List(&Form::Reference(Targets::Of(&["process"])))),
    ],
    &OBSERVABLE,
)
.one_of(&[
    "extensions",
    "is_hidden",
    "pid",
    "name",
    "created",
    "created_time",
    "cwd",
    "arguments",
    "command_line",
    "environment_variables",
    "opened_connection_refs",
    "creator_user_ref",
    "binary_ref",
    "image_ref",
    "parent_ref",
    "child_refs",
])
.shape();

static SOFTWARE: Shape = shape(
    &[
        p("name", Form::Text).must(),
        p("cpe", Form::Worded(&text::CPE)),
        p("swid", Form::Text).only21(),
        p("languages", Form::List(&Form::Worded(&text::SOFTWARE_LANGUAGE))),
        p("vendor", Form::Text),
        p("version", Form::Text),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
);

static URL: Shape = shape(
    &[p("value", Form::Worded(&text::URI)).must(), p("extensions", Form::Extensions(NONE))],
    &OBSERVABLE,
);

static USER_ACCOUNT_OBJECT: Shape = plan(
    &[
        p("extensions", Form::Extensions(USER_ACCOUNT)),
        p("user_id", Form::Text),
        p("credential", Form::Text).only21(),
        p("account_login", Form::Text),
        p("account_type", Form::Open(&words::ACCOUNT_TYPE)),
        p("display_name", Form::Text),
        p("is_service_account", Form::Boolean),
        p("is_privileged", Form::Boolean),
        p("can_escalate_privs", Form::Boolean),
        p("is_disabled", Form::Boolean),
        p("account_created", TIME),
        p("account_expires", TIME),
        p("password_last_changed", TIME).only20(),
        p("credential_last_changed", TIME).only21(),
        p("account_first_login", TIME),
        p("account_last_login", TIME),
    ],
    &OBSERVABLE,
)
.one_of(&[
    "extensions",
    "user_id",
    "credential",
    "account_login",
    "account_type",
    "display_name",
    "is_service_account",
    "is_privileged",
    "can_escalate_privs",
    "is_disabled",
    "account_created",
    "account_expires",
    "password_last_changed",
    "credential_last_changed",
    "account_first_login",
    "account_last_login",
])
.shape();

static WINDOWS_REGISTRY_KEY: Shape = plan(
    &[
        p("key", Form::Worded(&text::REGISTRY_KEY)).must20(),
        p("values", Form::Rows(&Form::Object(&REGISTRY_VALUE))),
        p("modified", TIME).only20(),
        p("modified_time", TIME).only21(),
        p("creator_user_ref", ACCOUNT_REF),
        p("number_of_subkeys", COUNT),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
)
.one_of(&["key", "values", "modified", "modified_time", "creator_user_ref", "number_of_subkeys"])
.shape();

static REGISTRY_VALUE: Shape = plan(
    &[p("name", Form::Text), p("data", Form::Text), p("data_type", Form::Closed(&words::REGISTRY_DATATYPE))],
    &[],
)
.one_of(&["name", "data", "data_type"])
.shape();

static X509_CERTIFICATE: Shape = plan(
    &[
        p("is_self_signed", Form::Boolean),
        p("hashes", Form::Hashes),
        p("version", Form::Text),
        p("serial_number", Form::Text),
        p("signature_algorithm", Form::Text),
        p("issuer", Form::Text),
        p("validity_not_before", TIME),
        p("validity_not_after", TIME),
        p("subject", Form::Text),
        p("subject_public_key_algorithm", Form::Text),
        p("subject_public_key_modulus", Form::Text),
        p("subject_public_key_exponent", Form::Integer(0, i64::MAX)),
        p("x509_v3_extensions", Form::Object(&X509_V3)),
        p("extensions", Form::Extensions(NONE)),
    ],
    &OBSERVABLE,
)
.one_of(&[
    "is_self_signed",
    "hashes",
    "version",
    "serial_number",
    "signature_algorithm",
    "issuer",
    "validity_not_before",
    "validity_not_after",
    "subject",
    "subject_public_key_algorithm",
    "subject_public_key_modulus",
    "subject_public_key_exponent",
    "x509_v3_extensions",
])
.shape();

static X509_V3: Shape = plan(
    &[
        p("basic_constraints", Form::Text),
        p("name_constraints", Form::Text),
        p("policy_constraints", Form::Text),
        p("key_usage", Form::Text),
        p("extended_key_usage", Form::Text),
        p("subject_key_identifier", Form::Text),
        p("authority_key_identifier", Form::Text),
        p("subject_alternative_name", Form::Text),
        p("issuer_alternative_name", Form::Text),
        p("subject_directory_attributes", Form::Text),
        p("crl_distribution_points", Form::Text),
        p("inhibit_any_policy", Form::Text),
        p("private_key_usage_period_not_before", TIME),
        p("private_key_usage_period_not_after", TIME),
        p("certificate_policies", Form::Text),
        p("policy_mappings", Form::Text),
    ],
    &[],
)
.one_of(&[
    "basic_constraints",
    "name_constraints",
    "policy_constraints",
    "key_usage",
    "extended_key_usage",
    "subject_key_identifier",
    "authority_key_identifier",
    "subject_alternative_name",
    "issuer_alternative_name",
    "subject_directory_attributes",
    "crl_distribution_points",
    "inhibit_any_policy",
    "private_key_usage_period_not_before",
    "private_key_usage_period_not_after",
    "certificate_policies",
    "policy_mappings",
])
.shape();
