//! How far a part of an event may go: its distribution and its tags, as our labels. Never wider than the original.
//!
//! The levels of MISP stand in `data/threat/misp-distribution.csv`. The strictest of the level and the `tlp:` tags counts,
//! and what lies inside of something is never wider than what is around it.

use crate::{
    TableFault,
    marking::{self, OWN_LABELS, pap_named, tlp_named},
    table::{Row, rows},
};
use comity_record::label::{LabelFault, Onward, Pap, Tlp};
use std::collections::BTreeMap;

/// How an event came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// An officer of the party wrote it or brings it: its level is meant for this node.
    Written,
    /// It was pulled from another community: one step of its level is used up.
    Pulled,
}

/// `misp-distribution.csv`, read.
#[derive(Debug, Default)]
pub(super) struct Levels {
    levels: BTreeMap<(String, Arrival), Reach>,
}

/// How far something may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The audience, where anything names one.
    pub tlp: Option<Tlp>,
    /// Permitted actions, where a tag names them.
    pub pap: Option<Pap>,
    /// Whether a recipient may pass it on to nobody.
    pub held: bool,
    /// Source and information evaluation, from the admiralty tags.
    pub evaluation: (Option<char>, Option<char>),
}

impl Levels {
    pub(super) fn built_in() -> Result<Levels, TableFault> {
        Levels::read(include_str!("../../../../data/threat/misp-distribution.csv"))
    }

    fn read(text: &str) -> Result<Levels, TableFault> {
        let mut levels = Levels::default();
        let header = ["distribution", "arrival", "tlp", "onward", "note"];
        rows("misp-distribution.csv", text, &header, |row| levels.add(&row))?;
        Ok(levels)
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), TableFault> {
        let arrival = match row.field(1) {
            "written" => Arrival::Written,
            "pulled" => Arrival::Pulled,
            other => return Err(row.fault(format!("`{other}` is neither written nor pulled"))),
        };
        let named = Some(row.field(2)).filter(|text| !text.is_empty());
        let tlp =
            named.map(str::parse).transpose().map_err(|fault: LabelFault| row.fault(fault.to_string()))?;
        let held = match row.field(3) {
            "prohibited" => true,
            "free" => false,
            other => return Err(row.fault(format!("`{other}` is neither prohibited nor free"))),
        };
        self.levels.insert((row.field(0).to_owned(), arrival), Reach { tlp, held, ..Reach::default() });
        Ok(())
    }

    /// What a distribution says; `None` is one that is absent.
    pub(super) fn of(&self, distribution: Option<&str>, arrival: Arrival) -> Reach {
        let level = |name: &str| self.levels.get(&(name.to_owned(), arrival));
        let found = level(distribution.unwrap_or("absent")).or_else(|| level("other"));
        // Without a row for it nothing is known of it.
        let unknown = Reach { tlp: Some(Tlp::Red), held: true, ..Reach::default() };
        found.cloned().unwrap_or(unknown)
    }
}

impl Reach {
    /// With what else is said; the stricter counts.
    pub(super) fn join(&self, other: &Reach) -> Reach {
        Reach {
            tlp: self.tlp.max(other.tlp),
            pap: self.pap.max(other.pap),
            held: self.held || other.held,
            evaluation: (
                self.evaluation.0.max(other.evaluation.0),
                self.evaluation.1.max(other.evaluation.1),
            ),
        }
    }

    /// What a tag says of handling; nothing for most. A colour that nobody knows counts as the strictest.
    pub(super) fn of_tag(tag: &str) -> Reach {
        let lower = tag.trim().to_ascii_lowercase();
        let mut reach = Reach::default();
        if lower.starts_with("tlp:") {
            reach.tlp = Some(tlp_named(&lower).unwrap_or(Tlp::Red));
        } else if lower.starts_with("pap:") {
            reach.pap = Some(pap_named(&lower).unwrap_or(Pap::Red));
        } else if let Some(code) = lower.strip_prefix("admiralty-scale:source-reliability=") {
            let code = code.trim_matches('"').chars().next().map(|c| c.to_ascii_uppercase());
            reach.evaluation.0 = code.filter(|c| matches!(c, 'A'..='F'));
        } else if let Some(code) = lower.strip_prefix("admiralty-scale:information-credibility=") {
            reach.evaluation.1 = code.trim_matches('"').chars().next().filter(|c| matches!(c, '1'..='6'));
        }
        reach
    }

    /// Nothing leaves.
    pub(super) fn home() -> Reach {
        Reach { tlp: Some(Tlp::Red), held: true, ..Reach::default() }
    }

    /// Whether both go equally far.
    pub(super) fn is_as_far_as(&self, other: &Reach) -> bool {
        (self.tlp, self.pap, self.held) == (other.tlp, other.pap, other.held)
    }

    /// The ids of the markings that say so.
    pub(super) fn markings(&self) -> impl Iterator<Item = String> {
        let tlp = self.tlp.map(|tlp| marking::reference(tlp).to_owned());
        tlp.into_iter().chain(self.pap.and_then(marking::id_of_pap))
    }

    /// The labels beyond the markings, each with its value as JSON will hold it.
    pub(super) fn labels(&self) -> Vec<(&'static str, String)> {
        let mut labels = Vec::new();
        if self.held {
            labels.push(("onward", Onward::Prohibited.to_string()));
        }
        if let (Some(source), Some(information)) = self.evaluation {
            labels.push(("evaluation", format!("{source}{information}")));
        }
        labels
    }

    /// A text that is the same for what goes equally far, for ids.
    pub(super) fn name(&self) -> String {
        format!("{:?} {:?} {}", self.tlp, self.pap, self.held)
    }
}

/// The property that holds [`Reach::labels`].
pub(super) const LABELS: &str = OWN_LABELS;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every level, way and tag in one table a person can read, held against `tests/misp/distribution.golden`.
    #[test]
    fn distribution_and_tags_give_the_labels_of_the_golden_table() {
        let levels = Levels::built_in().unwrap();
        let mut table = String::from("distribution arrival tag            -> tlp onward\n");
        for distribution in
            [Some("0"), Some("1"), Some("2"), Some("3"), Some("4"), Some("5"), None, Some("9")]
        {
            for arrival in [Arrival::Written, Arrival::Pulled] {
                for tag in
                    ["", "tlp:clear", "tlp:green", "tlp:amber", "tlp:amber+strict", "tlp:red", "tlp:unknown"]
                {
                    let reach = levels.of(distribution, arrival).join(&Reach::of_tag(tag));
                    let tlp = reach.tlp.map_or("as configured".to_owned(), |tlp| tlp.to_string());
                    let onward = if reach.held { "prohibited" } else { "free" };
                    let (distribution, arrival) =
                        (distribution.unwrap_or("none"), format!("{arrival:?}").to_lowercase());
                    let line = format!("{distribution:<12} {arrival:<7} {tag:<16} -> {tlp} {onward}\n");
                    table.push_str(&line);
                }
            }
        }
        assert_eq!(table, include_str!("../../../../tests/misp/distribution.golden"));
    }

    #[test]
    fn what_joins_is_never_wider() {
        let all = [Reach::default(), Reach::home(), Reach::of_tag("tlp:amber"), Reach::of_tag("PAP:RED")];
        for a in &all {
            for b in &all {
                let joined = a.join(b);
                assert!(joined.tlp >= a.tlp && joined.pap >= a.pap && joined.held >= a.held);
                assert_eq!(joined, b.join(a));
            }
        }
    }

    #[test]
    fn admiralty_tags_grade_source_and_information() {
        let source = Reach::of_tag("admiralty-scale:source-reliability=\"b\"");
        let both = source.join(&Reach::of_tag("admiralty-scale:information-credibility=\"2\""));
        assert_eq!(both.labels(), [("evaluation", "B2".to_owned())]);
        assert_eq!(source.labels(), []);
    }
}
