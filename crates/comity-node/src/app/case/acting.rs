//! Who acts in a case: an officer of a unit that its State has designated, on the day.

use crate::app::{Fault, NodeDesk};
use comity_affairs::{Thread, home::Role};
use comity_border::Competence;
use comity_exchange::House;
use comity_record::{Date, OfficerId, UnitCode, label::Purpose};
use std::collections::BTreeSet;

/// The officer who acts, and the officer's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The officer; `console` where nobody is named at the machine itself.
    pub officer: OfficerId,
    /// The officer's unit; none for the console.
    pub unit: Option<UnitCode>,
}

impl Acting {
    /// The officer of a token, or the one that the console names. A token speaks for its own officer alone.
    pub fn of(house: &House, by: Option<&OfficerId>, named: Option<&str>, on: Date) -> Result<Acting, Fault> {
        let named: Option<OfficerId> = named.map(str::parse).transpose().map_err(Fault::input)?;
        let id = match (by, named) {
            (Some(by), Some(named)) if *by != named => {
                let text = format!("this token is `{by}`'s and cannot act for `{named}`");
                return Err(Fault::new("case/not-you", text).help("act with that officer's own token"));
            }
            (Some(by), _) => by.clone(),
            (None, Some(named)) => named,
            (None, None) => {
                let officer = "console".parse().map_err(Fault::input)?;
                return Ok(Acting { officer, unit: None });
            }
        };
        let officer = house
            .officers
            .get(&id)
            .filter(|officer| officer.from <= on && officer.until.is_none_or(|until| on <= until));
        let officer = officer.ok_or_else(|| {
            Fault::new("case/no-officer", format!("`{id}` is no officer here on {on}"))
                .help("`comity officer list` shows who is")
        })?;
        Ok(Acting { officer: id, unit: Some(officer.unit.clone()) })
    }

    /// The roles in which the officer may authorise on a day.
    pub fn roles(&self, house: &House, on: Date) -> BTreeSet<Role> {
        let mandate = self.unit.as_ref().and_then(|unit| house.mandates.get(unit));
        mandate.filter(|mandate| mandate.stands_on(on)).map(|m| m.roles.clone()).unwrap_or_default()
    }

    /// Whether the officer reads and writes a thread. The console does; where the State has set no mandates, everybody
    /// with the scope does.
    pub fn reads(&self, house: &House, thread: Thread, on: Date) -> bool {
        let Some(unit) = &self.unit else { return true };
        house.mandates.is_empty() || is_mandated(house, unit, thread, on)
    }

    /// Refuses who does not read a thread. What is not there and what may not be seen answer alike.
    pub fn must_read(&self, house: &House, thread: Thread, case: &str, on: Date) -> Result<(), Fault> {
        if self.reads(house, thread, on) {
            return Ok(());
        }
        let digits: String = case.chars().take(40).collect();
        Err(Fault::new("case/none", format!("there is no case `{digits}` here")))
    }

    /// The unit that takes a step, with the entry that shows its competence on the day: the one named, the officer's own,
    /// or the first that is competent.
    pub fn competence(
        &self,
        desk: &NodeDesk,
        named: Option<&UnitCode>,
        purpose: Purpose,
        on: Date,
    ) -> Result<Competence, Fault> {
        let house = desk.house();
        let unit = named.or(self.unit.as_ref());
        let found = match unit {
            Some(unit) => house.competence(unit, purpose, on),
            None => house.any_competence(purpose, on),
        };
        found.ok_or_else(|| undesignated(house, unit, purpose, on))
    }
}

/// Whether the State has given a unit a mandate for a thread that stands on the day.
pub fn is_mandated(house: &House, unit: &UnitCode, thread: Thread, on: Date) -> bool {
    let mandate = house.mandates.get(unit).filter(|mandate| mandate.stands_on(on));
    mandate.is_some_and(|mandate| mandate.threads.contains(&thread))
}

fn undesignated(house: &House, unit: Option<&UnitCode>, purpose: Purpose, on: Date) -> Fault {
    let text = match unit.map(|code| (code, house.units.get(code))) {
        None => format!("no unit of this party is designated for `{purpose}` on {on}"),
        Some((code, None)) => format!("there is no unit `{code}`"),
        Some((code, Some(unit))) => match unit.until {
            Some(until) if until < on => format!("the designation of `{code}` ended on {until}"),
            _ if unit.from > on => format!("the designation of `{code}` begins on {}", unit.from),
            _ => format!("`{code}` is not designated for `{purpose}`"),
        },
    };
    let fault = Fault::new("case/no-designation", text);
    fault.help("`comity unit add` enters a designation with its law; another unit is named with --unit")
}
