//! A decision as a person reads it, in at most 80 columns, and as a machine does, in JSON.

use crate::{
    basis::Considered,
    decision::{Decision, Missing, PolicyRef, Ruling, Verdict},
    obligation::{Obligation, Obligations},
};
use comity_record::{Date, PartialDate};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::fmt::{self, Write as _};

/// Columns of a page.
const COLUMNS: usize = 80;

impl fmt::Display for Decision {
    /// Several lines of at most 80 columns, without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ruling = &self.ruling;
        let code = ruling.code().map(|code| format!(" {code}")).unwrap_or_default();
        let mut page = Page::default();
        let day = self.at.date();
        page.line(
            0,
            &format!("{}{code}: {} -> {} for {} on {day}", ruling.verdict, self.from, self.to, self.purpose),
        );
        page.line(0, &format!("judged by {}, {}", self.own(), self.direction));
        page.ruling(ruling, day);
        f.write_str(page.text.trim_end())
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn ruling(&mut self, ruling: &Ruling, on: Date) {
        match ruling.verdict {
            Verdict::Cleared => self.policies("permitted by", &ruling.permits),
            Verdict::RedactFirst | Verdict::Refused => {
                self.policies("forbidden by", &ruling.forbids);
                self.missing(&ruling.missing);
                self.list("what would lift it", ruling.lifts().into_iter().map(str::to_owned));
            }
        }
        self.list("articles considered", ruling.considered.iter().map(|considered| article(considered, on)));
        if ruling.verdict != Verdict::Refused {
            self.list("duties", ruling.obligations.iter().map(ToString::to_string));
        }
        self.list("rests on", ruling.citations.iter().cloned());
        if let Some(threshold) = ruling.next_threshold {
            self.line(0, &format!("to be judged again on {threshold}"));
        }
    }

    fn policies(&mut self, title: &str, policies: &[PolicyRef]) {
        if !policies.is_empty() {
            self.line(0, title);
        }
        for policy in policies {
            self.line(2, &format!("{} [{}]", policy.id, policy.citation));
            self.line(4, &policy.reason);
        }
    }

    fn missing(&mut self, missing: &[Missing]) {
        self.list("missing", missing.iter().map(|missing| format!("{}: {}", missing.code, missing.what)));
    }

    fn list(&mut self, title: &str, items: impl Iterator<Item = String>) {
        let mut items = items.peekable();
        if items.peek().is_some() {
            self.line(0, title);
        }
        for item in items {
            self.line(2, &item);
        }
    }

    /// One paragraph, broken at spaces; what follows the first line is indented by two more.
    fn line(&mut self, indent: usize, text: &str) {
        let mut column = 0;
        for word in text.split_whitespace().flat_map(pieces) {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > COLUMNS {
                self.text.push('\n');
                column = 0;
            }
            let continued = column == 0
                && !self.text.is_empty()
                && !self.text.ends_with("\n\n")
                && self.broke(text, &word);
            let gap = match column {
                0 => indent + if continued { 2 } else { 0 },
                _ => 1,
            };
            // Writing to a string does not fail.
            let _ = write!(self.text, "{:gap$}{word}", "");
            column += gap + width;
        }
        self.text.push('\n');
    }

    /// Whether a word opens a line but not the paragraph.
    fn broke(&self, text: &str, word: &str) -> bool {
        !text.trim_start().starts_with(word)
    }
}

/// One article on a line, with the date it is known by; what is older than 24 months, or undated, may have changed.
fn article(considered: &Considered, on: Date) -> String {
    let Considered { instrument, article, outcome, grade, .. } = considered;
    let reasons: Vec<&str> =
        considered.reasons.iter().chain(&considered.conditions).map(String::as_str).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    let as_of = considered.as_of.as_deref();
    let last_day = as_of.and_then(|date| date.parse::<PartialDate>().ok()).map(PartialDate::last_day);
    let fresh = last_day.is_some_and(|day| day.plus_months(24) >= on);
    let known = as_of.map_or("undated".to_owned(), |date| format!("as of {date}"));
    let changed = if fresh { "" } else { ", may have changed" };
    let relied_on = if considered.relied_on { "; relied on" } else { "" };
    format!("{instrument} {article}: {outcome}{reasons}; {grade}, {known}{changed}{relied_on}")
}

/// A word that fits on a line, or its pieces.
fn pieces(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    chars.chunks(COLUMNS - 8).map(|piece| piece.iter().collect()).collect()
}

impl Serialize for Obligations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Serialize for Obligation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Obligation", 10)?;
        out.serialize_field("duty", &self.duty)?;
        out.serialize_field("owner", &self.owner)?;
        out.serialize_field("fields", &self.terms.fields)?;
        out.serialize_field("hours", &self.terms.hours)?;
        out.serialize_field("until", &self.terms.until.map(|day| day.to_string()))?;
        out.serialize_field("after_closure_days", &self.terms.after_closure)?;
        out.serialize_field("review", &self.terms.review.map(|day| day.to_string()))?;
        out.serialize_field("access", &self.terms.access)?;
        let parties: Vec<&str> = self.terms.consent_of.iter().map(|party| party.as_str()).collect();
        out.serialize_field("consent_of", &parties)?;
        out.serialize_field("policies", &self.policies)?;
        out.end()
    }
}

impl Serialize for PolicyRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("PolicyRef", 4)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("citation", &self.citation)?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("lift", &self.lift)?;
        out.end()
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Missing", 4)?;
        out.serialize_field("code", &self.code)?;
        out.serialize_field("permit", &self.permit)?;
        out.serialize_field("what", &self.what)?;
        out.serialize_field("lift", &self.lift)?;
        out.end()
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ruling = &self.ruling;
        let mut out = serializer.serialize_struct("Decision", 24)?;
        out.serialize_field("verdict", &ruling.verdict)?;
        out.serialize_field("codes", &ruling.codes)?;
        out.serialize_field("from", self.from.as_str())?;
        out.serialize_field("to", self.to.as_str())?;
        out.serialize_field("purpose", self.purpose.as_str())?;
        out.serialize_field("direction", &self.direction)?;
        out.serialize_field("at", &self.at.to_string())?;
        out.serialize_field("record", &self.record.map(|record| record.to_string()))?;
        out.serialize_field("permits", &ruling.permits)?;
        out.serialize_field("forbids", &ruling.forbids)?;
        out.serialize_field("missing", &ruling.missing)?;
        out.serialize_field("lifts", &ruling.lifts())?;
        out.serialize_field("redact", &ruling.redact)?;
        out.serialize_field("obligations", &ruling.obligations)?;
        out.serialize_field("basis", &ruling.basis)?;
        out.serialize_field("considered", &ruling.considered)?;
        out.serialize_field("without_treaty", &ruling.without_treaty)?;
        out.serialize_field("ground", &ruling.ground)?;
        out.serialize_field("citations", &ruling.citations)?;
        out.serialize_field("next_threshold", &ruling.next_threshold.map(|day| day.to_string()))?;
        for (name, hash) in [
            ("pack", self.pack),
            ("register", self.register),
            ("standing", self.standing),
            ("request", self.request),
            ("subject", self.subject),
        ] {
            out.serialize_field(name, &hash.to_string())?;
        }
        out.serialize_field("engine", &self.engine)?;
        out.end()
    }
}
