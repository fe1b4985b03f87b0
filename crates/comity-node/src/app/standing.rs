//! As what somebody acts at home: for the national desk, which sees every task, or for a unit, which sees its own.

use super::{Ctx, Fault};
use comity_affairs::home::{Authority, AuthorityKind, Tree};
use comity_exchange::House;
use comity_record::{Date, UnitCode};

/// As what somebody acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The unit; absent for the machine's console where the State has named no national desk.
    pub unit: Option<UnitCode>,
    /// Whether it is the national desk.
    pub is_desk: bool,
}

impl Standing {
    /// The unit that acts.
    pub fn acting(&self) -> Result<&UnitCode, Fault> {
        self.unit.as_ref().ok_or_else(|| {
            Fault::new("home/no-desk", "no authority of this State is its national desk today").help(
                "add one of kind central or round-the-clock, without a parent, by `comity authority add`",
            )
        })
    }
}

/// As what the asker acts. An officer acts for the own unit and for no other; the machine's console for the unit that it
/// names, else for the national desk.
pub fn of(ctx: &Ctx, named: Option<&str>) -> Result<Standing, Fault> {
    let house = ctx.sequencer.house();
    let today = ctx.now().date();
    let named: Option<UnitCode> = named.map(str::parse).transpose().map_err(Fault::input)?;
    let unit = match (&ctx.by, named) {
        (None, named) => named,
        (Some(officer), named) => {
            let own = house.unit_of(officer, today).cloned();
            let own = own.ok_or_else(|| {
                Fault::new("house/no-officer", format!("`{officer}` serves in no unit today"))
            })?;
            if let Some(other) = named.filter(|named| *named != own) {
                return Err(Fault::new("task/not-yours", format!("`{officer}` does not serve in `{other}`")));
            }
            Some(own)
        }
    };
    let desks = desks(&house, today);
    Ok(match unit {
        Some(unit) => {
            let is_desk = desks.contains(&unit);
            Standing { unit: Some(unit), is_desk }
        }
        None => Standing { unit: desks.into_iter().next(), is_desk: true },
    })
}

/// The units that are the national desk on a day: central authorities and round-the-clock contacts at the top of the tree.
pub fn desks(house: &House, on: Date) -> Vec<UnitCode> {
    let tree = house.tree();
    let mut desks: Vec<UnitCode> =
        tree.all().filter(|one| is_desk(one, on)).map(|one| one.code.clone()).collect();
    desks.sort();
    desks
}

fn is_desk(authority: &Authority, on: Date) -> bool {
    let kind = matches!(authority.kind, AuthorityKind::Central | AuthorityKind::RoundTheClock);
    kind && authority.parent.is_none() && authority.stands_on(on)
}

/// The authority of a code on a day, or why there is none: it never was one, or its designation ended.
pub fn standing_authority<'t>(tree: &'t Tree, code: &UnitCode, on: Date) -> Result<&'t Authority, Fault> {
    if let Some(found) = tree.find(code, on) {
        return Ok(found);
    }
    let last = tree.ever(code).max_by_key(|one| one.from);
    let text = match last {
        None => format!("`{code}` is no authority of this State"),
        Some(one) if one.from > on => format!("`{code}` is an authority from {} on only", one.from),
        Some(one) => {
            let until = one.until.map_or_else(String::new, |until| format!(" on {until}"));
            format!("the designation of `{code}` ended{until}")
        }
    };
    Err(Fault::new("home/no-authority", text).help("`comity authority tree` shows who stands today"))
}
