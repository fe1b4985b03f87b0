//! What a form shows for a measure and a basis, and whether it is filled in well enough to be sent.

use super::{Field, FieldKind, Form, Need};
use comity_record::{Date, Hash};
use std::collections::BTreeMap;

/// What the rest of the request says, on which the need of fields depends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// It rests on a general instrument of mutual assistance (specificity `general_regional` or `general_global`).
    pub general: bool,
    /// An assurance or another basis is named in place of an article.
    pub other_basis: bool,
    /// Life is in danger: the offence may follow.
    pub emergency: bool,
}

/// Something wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// A field is needed and empty.
    #[error("`{field}` is needed on the form `{form}`")]
    Missing {
        /// The form.
        form: Form,
        /// The field.
        field: &'static str,
    },
    /// A value does not have its notation.
    #[error("`{field}` must be {expected}, not `{found}`")]
    BadValue {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What was given, at most 40 characters of it.
        found: String,
    },
    /// The form has no such field.
    #[error("the form `{form}` has no field `{field}`")]
    Unknown {
        /// The form.
        form: Form,
        /// The field given, at most 40 characters of it.
        field: String,
    },
}

impl FormFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            FormFault::Missing { .. } => "form/missing",
            FormFault::BadValue { .. } => "form/bad-value",
            FormFault::Unknown { .. } => "form/unknown-field",
        }
    }
}

/// The fields that a form shows for what is asked, each with whether it is needed.
pub fn shown(form: Form, with: Shown, values: &BTreeMap<String, String>) -> Vec<(&'static Field, bool)> {
    let follow_up = values.get("status").is_some_and(|status| status != "new");
    form.fields()
        .filter(|field| is_filled_by_hand(field) && is_shown(field, with, follow_up))
        .map(|field| (field, is_needed(field, with, follow_up)))
        .collect()
}

/// Everything that is wrong with a form; nothing where it may be sent.
pub fn check(form: Form, with: Shown, values: &BTreeMap<String, String>) -> Vec<FormFault> {
    let mut faults = Vec::new();
    for (field, needed) in shown(form, with, values) {
        match values.get(field.code).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            Some(value) => faults.extend(bad_value(field, value)),
            None if needed => faults.push(FormFault::Missing { form, field: field.code }),
            None => {}
        }
    }
    let known = |code: &str| form.fields().any(|field| field.code == code && is_filled_by_hand(field));
    let unknown = values.keys().filter(|code| !known(code));
    faults.extend(unknown.map(|code| FormFault::Unknown { form, field: code.chars().take(40).collect() }));
    faults
}

/// Fields that stand elsewhere: in the record's signature, in the request itself, in the steps of the other side.
fn is_filled_by_hand(field: &Field) -> bool {
    !matches!(field.kind, FieldKind::Selector | FieldKind::Same(_) | FieldKind::Signature | FieldKind::Answer)
}

/// The form shows only what the measure and the basis need.
fn is_shown(field: &Field, with: Shown, follow_up: bool) -> bool {
    match field.need {
        Need::FollowUp => follow_up,
        Need::General => with.general,
        Need::Never => false,
        _ => true,
    }
}

fn is_needed(field: &Field, with: Shown, follow_up: bool) -> bool {
    match field.need {
        Need::Always => true,
        Need::FollowUp => follow_up,
        Need::Offence => !with.emergency,
        Need::Basis => !with.other_basis,
        Need::General => with.general,
        Need::IfKnown | Need::Optional | Need::Never => false,
    }
}

pub(super) fn bad_value(field: &Field, value: &str) -> Option<FormFault> {
    let expected = match field.kind {
        FieldKind::Line if value.lines().count() > 1 => "one line".to_owned(),
        FieldKind::Date if value.parse::<Date>().is_err() => "a day such as 2026-03-01".to_owned(),
        FieldKind::Interval if !is_interval(value) => "two days such as 2026-01-01/2026-01-31".to_owned(),
        FieldKind::TimeZone if !is_time_zone(value) => "a time zone such as Asia/Tokyo or +09:00".to_owned(),
        FieldKind::Flag if !matches!(value, "yes" | "no") => "`yes` or `no`".to_owned(),
        FieldKind::Choice(codes) if !codes.contains(&value) => format!("one of {}", codes.join(", ")),
        FieldKind::Choices(codes) if !value.split(',').all(|one| codes.contains(&one.trim())) => {
            format!("some of {}, separated by commas", codes.join(", "))
        }
        FieldKind::File if !is_file(value) => "a file name and its SHA-256".to_owned(),
        _ => return None,
    };
    Some(FormFault::BadValue { field: field.code, expected, found: value.chars().take(40).collect() })
}

fn is_interval(value: &str) -> bool {
    let days = value.split_once('/').map(|(from, to)| (from.parse::<Date>(), to.parse::<Date>()));
    matches!(days, Some((Ok(from), Ok(to))) if from <= to)
}

/// A name of the time-zone database by its form alone (area, slash, place), `UTC`, or an offset.
fn is_time_zone(value: &str) -> bool {
    let named = |value: &str| {
        let sound = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        };
        value.contains('/') && value.split('/').all(sound)
    };
    let offset = |value: &str| {
        let digits = value.strip_prefix(['+', '-'])?;
        let (hours, minutes) = digits.split_once(':')?;
        let of_two = |text: &str, most: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|n| n <= most);
        Some(of_two(hours, 14) && of_two(minutes, 59))
    };
    value == "UTC" || named(value) || offset(value) == Some(true)
}

fn is_file(value: &str) -> bool {
    value
        .rsplit_once(' ')
        .is_some_and(|(name, hash)| !name.trim().is_empty() && Hash::from_hex(hash).is_some())
}
