//! Exports: from STIX objects to the forms that other tools read.
//!
//! An [`Export`] takes objects one after another and writes one text. What a format cannot say, what has ended and what a
//! warning list holds is left out and counted with the reason: [`Report`]. Text of strangers is never copied into a place
//! where a tool would read it as more than text.
//!
//! The crate is pure: whoever calls hands in objects that the reader may have, and writes the text away.

mod format;
mod line;
mod misp;
mod suricata;
mod verbatim;
mod zone;

pub use format::{Format, UnknownFormat};

use crate::{
    Moment, Object,
    value::{Kind, Value, decisive, range, values_of},
};
use comity_record::label::Tlp;
use std::collections::{BTreeMap, BTreeSet};

/// What an export is to hold.
#[derive(Clone, Debug)]
pub struct Options {
    /// The form.
    pub format: Format,
    /// The present: indicators that have ended by now are left out.
    pub now: Moment,
    /// Kinds of value to be written; all, where empty.
    pub kinds: BTreeSet<Kind>,
    /// What the export is called, in headers and as the source: letters, digits and hyphens.
    pub name: String,
    /// The number of the first Suricata rule.
    pub first_rule: u32,
}

/// What was written and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Objects seen.
    pub objects: u64,
    /// Lines, rules or objects written.
    pub written: u64,
    /// Values that came again.
    pub repeated: u64,
    /// Left out, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Values that a warning list holds, with the list; the first [`MAX_SUPPRESSED`] of them.
    pub suppressed: Vec<(String, String)>,
}

/// Most suppressed values that are shown one by one.
pub const MAX_SUPPRESSED: usize = 1000;

/// The warning list that holds a value, where one does.
pub type Suppress<'s> = &'s (dyn Fn(&Value) -> Option<String> + Sync);

/// An export in the making.
pub struct Export<'s> {
    options: Options,
    suppress: Suppress<'s>,
    seen: BTreeSet<Value>,
    out: String,
    report: Report,
    events: misp::Events,
    /// The rules written as they came, and the numbers of all.
    rules: verbatim::Rules,
    /// The latest begin or end of a validity that has passed, and the next one that will.
    turned: Option<Moment>,
    turns: Option<Moment>,
}

/// How far an object may go, which the form of MISP says in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// The TLP of its record, or of its own marking.
    pub tlp: Option<Tlp>,
    /// Whether the record's onward rule limits it further.
    pub limited: bool,
}

impl Reach {
    /// What the object's own markings say.
    pub fn of(object: &Object<'_>) -> Reach {
        let refs = object.get("object_marking_refs");
        let refs = refs.into_iter().flat_map(crate::reader::Value::children);
        let named = refs.filter_map(crate::reader::Value::as_str);
        let tlp = named.filter_map(|id| crate::marking::fixed(&id)?.tlp).max();
        Reach { tlp, limited: false }
    }
}

impl std::fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export")
            .field("options", &self.options)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// A value on its way out, with what its object says.
struct Row<'r> {
    value: &'r Value,
    id: &'r str,
    name: &'r str,
    labels: &'r str,
    valid_from: &'r str,
    valid_until: &'r str,
    confidence: &'r str,
}

impl<'s> Export<'s> {
    /// An export that has its header only.
    pub fn new(options: Options, suppress: Suppress<'s>) -> Export<'s> {
        let mut export = Export::headless(options, suppress);
        line::header(&export.options, &mut export.out);
        export
    }

    /// An export that gets its header last: [`Export::close`].
    pub fn headless(options: Options, suppress: Suppress<'s>) -> Export<'s> {
        Export {
            options,
            suppress,
            seen: BTreeSet::new(),
            out: String::new(),
            report: Report::default(),
            events: misp::Events::default(),
            rules: verbatim::Rules::default(),
            turned: None,
            turns: None,
        }
    }

    /// Takes one object, which goes as far as its own markings say.
    pub fn take(&mut self, object: &Object<'_>) {
        self.take_as(object, Reach::of(object));
    }

    /// Takes one object of a record that goes as far as told.
    pub fn take_as(&mut self, object: &Object<'_>, reach: Reach) {
        self.report.objects += 1;
        if self.options.format == Format::Stix {
            return self.splice(object);
        }
        if self.options.format == Format::Misp && self.events.part(object, reach) {
            return;
        }
        self.convert(object, reach);
    }

    fn convert(&mut self, object: &Object<'_>, reach: Reach) {
        self.events.reach = reach;
        if object.common().is_revoked() {
            return self.leave_out("revoked");
        }
        match object.type_name() {
            "indicator" => self.indicator(object),
            _ if crate::schema::is_observable(object.type_name()) => self.observable(object),
            _ => self.leave_out("neither an indicator nor an observable"),
        }
    }

    /// Counts an object that cannot be read as one.
    pub fn refuse(&mut self) {
        self.report.objects += 1;
        self.leave_out("not an object of STIX");
    }

    /// What was written so far, taken away; for writing piece by piece.
    pub fn drain(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The end of the text, and the report.
    pub fn finish(mut self) -> (String, Report) {
        let now = self.options.now;
        self.settle(now);
        line::footer(&self.options, self.report.written, &mut self.out);
        (self.out, self.report)
    }

    /// The whole text of a headless export. Its header says when what it holds changed last: when the last object was
    /// added, or when an indicator began or ended to count since. So equal content is an equal text at any time.
    pub fn close(mut self, added: Moment) -> (String, Report) {
        let stamp = self.turned.map_or(added, |turned| turned.max(added));
        self.settle(stamp);
        let options = Options { now: stamp, ..self.options.clone() };
        let mut out = String::new();
        line::header(&options, &mut out);
        out.push_str(&self.out);
        line::footer(&options, self.report.written, &mut out);
        (out, self.report)
    }

    /// When the next indicator begins or ends to count, so far as objects were taken.
    pub fn turns(&self) -> Option<Moment> {
        self.turns
    }

    /// Events of MISP come at the end, since their parts come in any order.
    fn settle(&mut self, stamp: Moment) {
        if self.options.format != Format::Misp {
            return;
        }
        for (text, reach) in self.events.assemble() {
            if let Ok(object) = Object::read(text.as_bytes()) {
                self.convert(&object, reach);
            }
        }
        self.report.written += self.events.assembled();
        let name = self.options.name.clone();
        self.out = std::mem::take(&mut self.events).finish(&name, stamp);
    }

    /// The bytes of the object as they came.
    fn splice(&mut self, object: &Object<'_>) {
        self.out.push_str(if self.report.written > 0 { ",\n" } else { ",\"objects\":[\n" });
        self.out.push_str(object.text());
        self.report.written += 1;
    }

    fn indicator(&mut self, object: &Object<'_>) {
        let until = object.text_of("valid_until").unwrap_or_default();
        if until.parse::<Moment>().is_ok_and(|until| self.has_passed(until)) {
            return self.leave_out("no longer valid");
        }
        let from = object.text_of("valid_from").unwrap_or_default();
        if from.parse::<Moment>().is_ok_and(|from| !self.has_passed(from)) {
            return self.leave_out("not valid yet");
        }
        let kind = object.text_of("pattern_type").unwrap_or("stix".into());
        let pattern = object.text_of("pattern").unwrap_or_default();
        if kind != "stix" {
            return self.rule_text(object, &kind, &pattern);
        }
        if self.options.format.takes_rules_only() {
            return self.leave_out("not written in this language");
        }
        // What needs more than one value to be true would match too much when only one of them is left.
        match decisive(&pattern) {
            Some(decisive) => self.values(object, &decisive.values),
            None if self.options.format == Format::Misp => self.whole(object, "stix2-pattern", &pattern),
            None => self.leave_out("a pattern that no single value decides"),
        }
    }

    fn observable(&mut self, object: &Object<'_>) {
        if self.options.format.takes_rules_only() {
            return self.leave_out("not written in this language");
        }
        let values: Vec<Value> =
            values_of(object).into_iter().filter(|value| value.kind() != Kind::Other).collect();
        match values.is_empty() {
            true => self.leave_out("no value"),
            false => self.values(object, &values),
        }
    }

    fn values(&mut self, object: &Object<'_>, values: &[Value]) {
        let text = |key: &str| object.text_of(key).unwrap_or_default();
        let (name, valid_from, valid_until) = (text("name"), text("valid_from"), text("valid_until"));
        let labels: Vec<String> = object
            .get("labels")
            .into_iter()
            .flat_map(crate::reader::Value::children)
            .filter_map(|label| Some(label.as_str()?.into_owned()))
            .collect();
        let labels = labels.join("|");
        let confidence = object.get("confidence").map_or("", crate::reader::Value::raw);
        for value in values {
            let row = Row {
                value,
                id: object.id(),
                name: &name,
                labels: &labels,
                valid_from: &valid_from,
                valid_until: &valid_until,
                confidence,
            };
            self.value(&row);
        }
    }

    fn value(&mut self, row: &Row<'_>) {
        if !self.options.kinds.is_empty() && !self.options.kinds.contains(&row.value.kind()) {
            return self.leave_out("of another kind than asked for");
        }
        if let Some(list) = (self.suppress)(row.value) {
            *self.report.left_out.entry("held by a warning list").or_default() += 1;
            if self.report.suppressed.len() < MAX_SUPPRESSED {
                self.report.suppressed.push((row.value.text().to_owned(), list));
            }
            return;
        }
        if self.seen.contains(row.value) {
            self.report.repeated += 1;
            return;
        }
        if self.options.format == Format::Misp {
            match self.events.value(row) {
                Ok(()) => {
                    self.seen.insert(row.value.clone());
                    self.report.written += 1;
                }
                Err(reason) => self.leave_out(reason),
            }
            return;
        }
        match line::write(&self.options, row, &mut self.rules, &mut self.out) {
            Ok(lines) => {
                self.seen.insert(row.value.clone());
                self.report.written += lines;
            }
            Err(reason) => self.leave_out(reason),
        }
    }

    /// An indicator whose pattern is a rule already.
    fn rule_text(&mut self, object: &Object<'_>, kind: &str, pattern: &str) {
        if self.options.format == Format::Misp {
            // MISP has one type for both.
            let named = if kind == "suricata" { "snort" } else { kind };
            return match named {
                "snort" | "yara" | "sigma" => self.whole(object, named, pattern),
                _ => self.leave_out("written in another language"),
            };
        }
        if self.options.format.rule_type() != Some(kind) {
            return self.leave_out("written in another language");
        }
        match self.rules.write(self.options.format, object.id(), pattern, &mut self.out) {
            Ok(()) => self.report.written += 1,
            Err(reason) => self.leave_out(reason),
        }
    }

    /// An attribute of MISP that is a whole pattern or rule.
    fn whole(&mut self, object: &Object<'_>, kind: &str, pattern: &str) {
        self.events.whole(object, kind, pattern);
        self.report.written += 1;
    }

    /// Whether a begin or end of validity has passed; which is remembered.
    fn has_passed(&mut self, moment: Moment) -> bool {
        let passed = moment <= self.options.now;
        match passed {
            true => self.turned = Some(self.turned.map_or(moment, |turned| turned.max(moment))),
            false => self.turns = Some(self.turns.map_or(moment, |turns| turns.min(moment))),
        }
        passed
    }

    fn leave_out(&mut self, reason: &'static str) {
        *self.report.left_out.entry(reason).or_default() += 1;
    }
}

/// Whether a range of addresses is so wide that what acts on it would act on everybody: less than 8 bits of an IPv4 or 16 of
/// an IPv6 address are given.
fn wide(value: &Value) -> bool {
    range(value.text()).is_none_or(|range| range.prefix < if range.first.is_ipv4() { 8 } else { 16 })
}

/// For fuzzing: reads a text as a rule of every language. Must never panic; what was taken is taken once.
pub fn fuzz_entry(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut rules = verbatim::Rules::default();
    for format in [Format::Suricata, Format::Sigma, Format::Yara] {
        let mut out = String::new();
        let taken = rules.write(format, "indicator--1", &text, &mut out);
        let again = rules.write(format, "indicator--1", &text, &mut out);
        debug_assert!(taken.is_err() || again.is_err() || format == Format::Sigma, "{text}");
    }
}

#[cfg(test)]
mod tests;
