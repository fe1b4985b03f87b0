//! Forms that open no case of their own: the account of use, the waiver and the extension are steps within one. Their fields
//! are asked for with the step; where the step has room for one text, the fields stand in it line by line by their codes, so
//! that every version reads the words and this one also the fields.

use super::{FIELDS, Field, Form, FormFault};
use std::collections::BTreeMap;

/// The fields that stand on this form and on no other.
pub fn own_fields(form: Form) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.forms == form.set())
}

/// Everything that is wrong with the own fields of a form.
pub fn check_own(form: Form, values: &BTreeMap<String, String>) -> Vec<FormFault> {
    let mut faults = Vec::new();
    for field in own_fields(form) {
        match values.get(field.code).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            Some(value) => faults.extend(super::check::bad_value(field, value)),
            None => faults.push(FormFault::Missing { form, field: field.code }),
        }
    }
    let unknown = values.keys().filter(|code| !own_fields(form).any(|field| field.code == code.as_str()));
    faults.extend(unknown.map(|code| FormFault::Unknown { form, field: code.chars().take(40).collect() }));
    faults
}

/// The own fields as one text: `CODE: VALUE`, further lines of a value indented.
pub fn in_words(form: Form, values: &BTreeMap<String, String>) -> String {
    let written = own_fields(form).filter_map(|field| {
        let value = values.get(field.code)?.trim().lines().map(str::trim).collect::<Vec<_>>();
        Some(format!("{}: {}", field.code, value.join("\n  ")))
    });
    written.collect::<Vec<_>>().join("\n")
}

/// The own fields of such a text; `None` where it is other words.
pub fn of_words(form: Form, text: &str) -> Option<BTreeMap<String, String>> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut last: Option<String> = None;
    for line in text.lines() {
        if let Some(more) = line.strip_prefix("  ") {
            let value = values.get_mut(last.as_ref()?)?;
            value.push('\n');
            value.push_str(more);
            continue;
        }
        let (code, value) = line.split_once(": ")?;
        if !own_fields(form).any(|field| field.code == code) || values.contains_key(code) {
            return None;
        }
        values.insert(code.to_owned(), value.to_owned());
        last = Some(code.to_owned());
    }
    (!values.is_empty()).then_some(values)
}
