//! Labels of fields in several languages.

use super::FIELDS;

/// The labels: one line for each field, in the order of [`FIELDS`].
const LABELS: &str = include_str!("../../../../data/affairs/field_labels.csv");

/// A language of the forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
    /// Arabic, written from right to left.
    Arabic,
    /// Chinese.
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Language] =
        &[Language::English, Language::French, Language::Arabic, Language::Chinese];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
            Language::Arabic => "ar",
            Language::Chinese => "zh",
        }
    }

    /// Whether it is written from right to left.
    pub const fn is_right_to_left(self) -> bool {
        matches!(self, Language::Arabic)
    }

    /// The language of a tag, its region left aside.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.split('-').next().unwrap_or(tag);
        Language::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    const fn column(self) -> usize {
        match self {
            Language::English => 1,
            Language::French => 2,
            Language::Arabic => 3,
            Language::Chinese => 4,
        }
    }
}

/// The label of a field, by its code.
pub fn label(code: &str, language: Language) -> Option<&'static str> {
    let at = FIELDS.iter().position(|field| field.code == code)?;
    cell(LABELS.lines().nth(at + 1)?, language.column())
}

/// A cell of a line in which only cells with commas are quoted and none holds a quotation mark.
fn cell(line: &str, column: usize) -> Option<&str> {
    let mut rest = line;
    for _ in 0..column {
        rest = after(rest)?;
    }
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(',').next(),
    }
}

fn after(rest: &str) -> Option<&str> {
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",").map(|(_, rest)| rest),
        None => rest.split_once(',').map(|(_, rest)| rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_label_in_every_language() {
        assert_eq!(LABELS.lines().count(), FIELDS.len() + 1);
        for (field, line) in FIELDS.iter().zip(LABELS.lines().skip(1)) {
            assert_eq!(cell(line, 0), Some(field.code));
            for language in Language::ALL {
                let text = label(field.code, *language).unwrap_or_default();
                assert!(!text.trim().is_empty(), "{} in {}", field.code, language.tag());
            }
        }
        assert_eq!(label("territory", Language::English), None);
        assert_eq!(label("effect", Language::English), Some("Effect, without attribution"));
    }

    #[test]
    fn scripts_are_what_they_say() {
        for field in FIELDS {
            let arabic = label(field.code, Language::Arabic).unwrap();
            assert!(arabic.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{}", field.code);
            let chinese = label(field.code, Language::Chinese).unwrap();
            assert!(chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{}", field.code);
        }
    }
}
