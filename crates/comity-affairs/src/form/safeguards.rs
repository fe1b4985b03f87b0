//! The safeguard check of a coercive measure: law, authority, necessity, proportion, duration, oversight. It asks officers to
//! say these things and judges nothing; what is not said is told, and blocks nothing.

use super::Form;
use std::collections::BTreeMap;

/// The law is a field of every form. Authority and end of a collection in real time are fields that its form cannot do without,
/// and are told as missing already.
const LAW: &str = "domestic-basis";

/// What the check of a form asks for and the fields do not say, by code; nothing where none of its measures is coercive.
pub fn unsaid(form: Form, values: &BTreeMap<String, String>) -> Vec<&'static str> {
    if !super::Forms::COERCIVE.contains(form) {
        return Vec::new();
    }
    let said = |code: &str| values.get(code).is_some_and(|value| !value.trim().is_empty());
    form.fields()
        .filter(|field| field.section == "safeguards" || field.code == LAW)
        .filter(|field| !said(field.code))
        .map(|field| field.code)
        .collect()
}
