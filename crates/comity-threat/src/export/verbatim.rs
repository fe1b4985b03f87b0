//! Indicators that are rules already: written as they came, where the tool that reads them would take them for one rule and
//! for nothing else.
//!
//! All rules of an export stand in one text, and most tools refuse the whole of it for one fault, or let one rule decide
//! over the others. So each is read here as its tool would read it before it is written.

mod sigma;
mod suricata;
mod yara;

use super::{Format, line::safe_id};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Longest rule that is read: 256 KiB.
const LONGEST: usize = 256 << 10;

/// The rules that stand in the text so far, so that a further one is none of them.
#[derive(Default)]
pub(super) struct Rules {
    yara: yara::Beside,
    numbers: BTreeSet<u32>,
    /// The next number of a rule of ours.
    next: Option<u32>,
}

impl Rules {
    /// Writes a rule.
    ///
    /// # Errors
    /// Why it is left out.
    pub(super) fn write(
        &mut self,
        format: Format,
        id: &str,
        pattern: &str,
        out: &mut String,
    ) -> Result<(), &'static str> {
        let pattern = pattern.trim();
        if pattern.len() > LONGEST {
            return Err("a rule longer than is read");
        }
        match format {
            Format::Suricata => {
                let number = suricata::number(pattern)?;
                if !self.numbers.insert(number) {
                    return Err("a rule whose number is taken");
                }
                out.push_str(pattern);
            }
            Format::Sigma => {
                sigma::check(pattern)?;
                let _always = write!(out, "---\n# {}\n{pattern}", safe_id(id));
            }
            Format::Yara => {
                self.yara.check(pattern)?;
                let _always = write!(out, "// {}\n{pattern}", safe_id(id));
            }
            _ => return Err("not written in this language"),
        }
        out.push('\n');
        Ok(())
    }

    /// A number for a rule of ours, from `first` on, that no rule has.
    pub(super) fn free(&mut self, first: u32) -> u32 {
        let mut number = self.next.unwrap_or(first);
        while !self.numbers.insert(number) && number < u32::MAX {
            number += 1;
        }
        self.next = Some(number.saturating_add(1));
        number
    }
}
