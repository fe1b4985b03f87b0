//! How answers read to a person. Every sentence about a State carries the date of its source; one older than 24 months,
//! or undated, adds "may have changed".

use crate::{
    AsOf,
    answer::{Answer, Candidate, Outcome},
    standing::{Standing, StandingOf},
    vocabulary::{Specificity, Through},
};
use comity_record::{Date, PartialDate};

/// Said under everything that names a party.
pub const DESIGNATIONS: &str = "Designations imply no opinion on the status of any country, territory or authority, or on any \
                            frontier.";
/// Said under every answer.
pub const ARGUMENT: &str = "This is an argument for an authority. It blocks nothing: an authority may name another basis or \
                            an assurance, which is recorded under its name.";
/// Said at the head of everything in which an invented State occurs.
pub const EXERCISE: &str = "EXERCISE DATA: the standing of XA, XB and XC is invented.";

/// Lines of a given width.
#[derive(Debug, Default)]
pub(crate) struct Page {
    width: usize,
    text: String,
}

impl Page {
    pub(crate) fn new(width: usize) -> Page {
        Page { width: width.max(20), text: String::new() }
    }

    /// A paragraph whose lines begin with so many spaces, wrapped at words.
    pub(crate) fn say(&mut self, indent: usize, text: &str) {
        let mut column = usize::MAX;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if column == usize::MAX {
                self.text.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else if column + 1 + length > self.width {
                self.text.push('\n');
                self.text.extend(std::iter::repeat_n(' ', indent + 2));
                column = indent + 2;
            } else {
                self.text.push(' ');
                column += 1;
            }
            self.text.push_str(word);
            column += length;
        }
        self.text.push('\n');
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

impl Answer {
    /// The answer as text, wrapped at `width` columns (at least 20).
    pub fn to_text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        if self.is_exercise() {
            page.say(0, EXERCISE);
            page.blank();
        }
        page.say(0, &self.question());
        if let Some(known) = self.context.known {
            page.say(
                0,
                &format!(
                    "Only what the register knew on {known} of instruments, standings and reservations."
                ),
            );
        }
        page.blank();
        if self.candidates.is_empty() {
            page.say(0, "No article on record lets the one ask the other for this.");
        }
        for (index, candidate) in self.candidates.iter().enumerate() {
            self.say_candidate(&mut page, index + 1, candidate);
        }
        self.say_rest(&mut page);
        page.finish()
    }

    fn question(&self) -> String {
        let Answer { from, to, measure, on, context, .. } = self;
        format!(
            "On which basis may {} ({from}) ask {} ({to}) on {on} to: {} ({measure})?",
            context.from_name, context.to_name, context.measure_name
        )
    }

    fn say_candidate(&self, page: &mut Page, number: usize, candidate: &Candidate) {
        let Candidate { instrument, article, heading, outcome, grade, .. } = candidate;
        page.say(
            0,
            &format!(
                "{number}. {}: {instrument}, {}: {heading}",
                in_words(*outcome),
                article_in_words(article)
            ),
        );
        match candidate.through {
            Some(Through::Listed) => page.say(3, "A general article that lists this measure."),
            Some(Through::CatchAll) => {
                page.say(3, "A general article, through its clause for other assistance.")
            }
            None => {}
        }
        page.say(3, &instrument_sentence(candidate, self.on));
        for (standing, name) in
            candidate.standings.iter().zip([&self.context.from_name, &self.context.to_name])
        {
            page.say(3, &standing_sentence(standing, name, self.on, self.context.set_date));
        }
        for reason in &candidate.reasons {
            page.say(3, &format!("{reason}. What would lift it: {}", reason.lifted_by()));
        }
        for condition in &candidate.conditions {
            page.say(3, &format!("Condition an authority must confirm: {}.", condition.text));
        }
        self.say_restrictions(page, candidate);
        page.say(3, &format!("Grade: {grade}."));
        for weak in &candidate.weak {
            page.say(3, &format!("Weak: {weak}."));
        }
        page.blank();
    }

    fn say_restrictions(&self, page: &mut Page, candidate: &Candidate) {
        for restriction in &candidate.restrictions {
            page.say(3, &format!("Limit by reservation: {restriction}."));
        }
        for (party, as_of) in &candidate.reservations_as_of {
            page.say(3, &format!("The reservation of {party} was read ({}).", as_of.in_words(self.on)));
        }
    }

    fn say_rest(&self, page: &mut Page) {
        let Answer { from, to, .. } = self;
        if !self.no_record_for_either.is_empty() {
            let ids: Vec<&str> = self.no_record_for_either.iter().map(|id| id.as_str()).collect();
            let silent = format!(
                "The register of {} is silent on both {from} and {to} under: {}. That is not evidence of how they stand.",
                self.context.set_date,
                ids.join(", ")
            );
            page.say(0, &silent);
        }
        page.say(0, &format!("Without a treaty: {}", self.without_treaty.note));
        page.blank();
        page.say(0, ARGUMENT);
        page.say(0, DESIGNATIONS);
    }
}

fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Available => "available",
        Outcome::Conditional => "conditional",
        Outcome::Unsettled => "unsettled, confirm with the depositary",
        Outcome::Supports => "supports (non-binding)",
        Outcome::Excluded => "excluded",
    }
}

fn article_in_words(article: &str) -> String {
    if article.starts_with(|c: char| c.is_ascii_digit()) {
        format!("article {article}")
    } else {
        article.to_owned()
    }
}

fn instrument_sentence(candidate: &Candidate, on: Date) -> String {
    let as_of = candidate.instrument_as_of.in_words(on);
    let instrument = &candidate.instrument;
    let soft = candidate.specificity == Specificity::Soft;
    match candidate.instrument_in_force {
        Some(opened) if soft => format!("{instrument}: adopted {opened}, not binding ({as_of})."),
        None if soft => format!("{instrument}: not binding, its date is not known ({as_of})."),
        Some(date) if date.last_day() <= on => format!("{instrument}: in force since {date} ({as_of})."),
        Some(date) => format!("{instrument}: in force from {date} ({as_of})."),
        None => format!("{instrument}: no date of entry into force on record ({as_of})."),
    }
}

/// One sentence on how a party stands, with the date of its source.
pub fn standing_sentence(of: &StandingOf, name: &str, on: Date, set_date: Date) -> String {
    let Some(as_of) = of.as_of else {
        return format!(
            "{name}: the register of {set_date} has no row. That is not evidence of how {name} stands."
        );
    };
    format!("{name}: {} ({}).", standing_words(of, as_of, on), as_of.in_words(on))
}

fn standing_words(of: &StandingOf, as_of: AsOf, on: Date) -> String {
    let dated = |date: Option<PartialDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let signed = of.signed.map_or_else(|| "signed".to_owned(), |date| format!("signed on {date}"));
    let stale = if as_of.is_fresh(on) { "" } else { "; later acts may have followed" };
    match of.standing {
        Standing::Bound => format!("bound since {}", dated(of.in_force)),
        Standing::NotYet => format!("bound from {}", dated(of.in_force)),
        Standing::Ended => format!("ceased to be bound on {}", dated(of.ended)),
        Standing::NotParty => format!("not a party at the date of the source{stale}"),
        Standing::Invited => format!("invited to accede{stale}"),
        Standing::PartyDateUnknown => {
            "a party by its act; the date from which it is bound was not seen".to_owned()
        }
        Standing::SignedOnly => format!("{signed}; no binding act at the date of the source{stale}"),
        Standing::DateUnknown => "what was seen does not settle whether and from when it is bound".to_owned(),
        Standing::NoRecord => "no row".to_owned(),
    }
}
