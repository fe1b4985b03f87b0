//! The languages that the desk of another party accepts, as it has told, and whether a form is written in one of them. What
//! does not agree is told to who writes; it blocks nothing, since the other State alone decides what it takes.

use comity_record::Date;
use minicbor::{Decode, Encode};

/// The languages accepted from a day on, with who says so.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Accepted {
    /// The languages as BCP 47 tags.
    #[n(0)]
    pub languages: Vec<String>,
    /// From which day.
    #[n(1)]
    pub from: Date,
    /// The declaration, letter or call by which it is known.
    #[n(2)]
    pub source: String,
}

/// Something that is no tag of a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no tag of a language, such as `fr`, `zh-Hant` or `pt-BR`")]
pub struct NoTag {
    /// What was given, at most 40 characters of it.
    pub text: String,
}

impl NoTag {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "input/language"
    }
}

impl Accepted {
    /// Whether every language is named by a tag.
    pub fn check(&self) -> Result<(), NoTag> {
        match self.languages.iter().find(|text| !is_tag(text)) {
            Some(text) => Err(NoTag { text: text.chars().take(40).collect() }),
            None => Ok(()),
        }
    }

    /// What is to be said where the languages that a form names, its own and those of its translation, are none of these, or
    /// are not named so that they can be compared. `party` is whose desk it is.
    pub fn warning(&self, party: &str, named: &str) -> Option<String> {
        let accepts =
            format!("`{party}` accepts {} (from {}; {})", self.languages.join(", "), self.from, self.source);
        let tags: Vec<&str> = named.split(is_between).filter(|text| !text.is_empty()).collect();
        if tags.is_empty() {
            return None;
        }
        if !tags.iter().all(|tag| is_tag(tag)) {
            let shown: String = named.chars().take(60).collect();
            return Some(format!("{accepts}; `{shown}` names languages not by tags, and is not compared"));
        }
        let taken = tags.iter().any(|tag| self.languages.iter().any(|range| is_in(tag, range)));
        (!taken).then(|| format!("{accepts}; the form names {} alone", tags.join(", ")))
    }
}

/// What may stand between tags.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '/' | '+' | '&' | '(' | ')')
}

/// The form of a tag (RFC 5646, section 2.1), its language being of two or three letters.
fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.chars().all(|c| c.is_ascii_alphabetic());
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    is_language && parts.all(is_part)
}

/// Whether a tag is of a range (RFC 4647, section 3.3.1): `fr-CH` is of `fr`, and `zh` is not of `zh-Hant`.
fn is_in(tag: &str, range: &str) -> bool {
    let mut parts = tag.split('-');
    range.split('-').all(|wanted| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_no_accepted_language_is_warned_of_and_every_other_is_not() {
        let accepted = Accepted {
            languages: vec!["en".into(), "zh-Hant".into()],
            from: Date::new(2026, 1, 1).unwrap(),
            source: "its letter of 2025-12-01".into(),
        };
        for fits in ["en", "EN-gb", "ar, en", "ja; zh-Hant-TW", "ar (en)", ""] {
            assert_eq!(accepted.warning("XB", fits), None, "{fits}");
        }
        let said = "`XB` accepts en, zh-Hant (from 2026-01-01; its letter of 2025-12-01); ";
        assert_eq!(
            accepted.warning("XB", "ar, fr").as_deref(),
            Some(&*format!("{said}the form names ar, fr alone"))
        );
        assert!(accepted.warning("XB", "zh").is_some(), "a range is not in a narrower one");
        assert!(accepted.warning("XB", "eng").is_some(), "tags are compared as they are written");
        assert_eq!(
            accepted.warning("XB", "English").as_deref(),
            Some(&*format!("{said}`English` names languages not by tags, and is not compared"))
        );
        assert_eq!(accepted.check(), Ok(()));
        let wrong = Accepted { languages: vec!["French".into()], ..accepted };
        assert_eq!(wrong.check().unwrap_err().code(), "input/language");
    }
}
