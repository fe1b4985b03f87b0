//! Grounds on which help may be refused, as the register lists them. The software shows and warns; it never blocks: an
//! asked State may always rest on its own law, another treaty, or its discretion where no treaty binds.

use comity_law::{RefusalGround, Register};

/// What a request is about, for the choice of grounds.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The instrument relied on; none where the request rests on an assurance or another basis.
    pub instrument: Option<&'a str>,
    /// The measure, a code of `measures.csv`.
    pub measure: &'a str,
    /// Whether personal data are asked for.
    pub personal: bool,
    /// Whether a reservation of the asked State on the article is on record.
    pub reserved: bool,
}

/// What a row lets the asked State do, as a code of refusal_grounds.csv.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Refuse.
    Refuse,
    /// Refuse, but only where it has reserved the right (Budapest 29(4)).
    RefuseIfReserved,
    /// Postpone.
    Postpone,
    /// Withhold.
    Withhold,
    /// Make conditions.
    Condition,
    /// Ask the sender first, who decides whether to go on.
    AskSender,
    /// An answer to a notice.
    Answer,
    /// Suspend transfers.
    Suspend,
    /// Instruct a provider not to disclose.
    Instruct,
    /// The instrument says that it is no ground.
    Barred,
    /// The measure was reserved out.
    ReservedOut,
}

impl Effect {
    /// The effect of a code; `None` where the code is not known.
    pub fn of_code(code: &str) -> Option<Effect> {
        Some(match code {
            "may_refuse" | "must_or_may_refuse" | "may_refuse_or_condition" => Effect::Refuse,
            "may_refuse_if_reserved" => Effect::RefuseIfReserved,
            "may_postpone" => Effect::Postpone,
            "may_withhold" => Effect::Withhold,
            "may_condition" => Effect::Condition,
            "ask_sender" => Effect::AskSender,
            "answer_code" => Effect::Answer,
            "may_suspend_transfers" => Effect::Suspend,
            "may_instruct_provider_not_to_disclose" => Effect::Instruct,
            "barred_ground" => Effect::Barred,
            "barred_measure" | "reservation_seen" => Effect::ReservedOut,
            _ => return None,
        })
    }
}

/// How a ground stands for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// On the register's list for this instrument and measure.
    Listed,
    /// On the list, but only for a State that has reserved the right, and no reservation is on record.
    NotReserved,
    /// The instrument says that it is no ground.
    Barred,
    /// Not on the register's list: it may be relied on all the same, and is shown so.
    NotListed,
}

impl Standing {
    /// How it is marked on a page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Standing::Listed => "on the register's list",
            Standing::NotReserved => "only with a reservation, and none is on record",
            Standing::Barred => "barred by the instrument",
            Standing::NotListed => "not on the register's list",
        }
    }
}

/// A ground offered to the asked State.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered<'a> {
    /// The row.
    pub row: &'a RefusalGround,
    /// How it stands.
    pub standing: Standing,
}

/// The grounds on record for a request: open ones first, then those that the instrument bars.
pub fn offered<'a>(register: &'a Register, about: About<'a>) -> Vec<Offered<'a>> {
    let Some(instrument) = about.instrument else { return Vec::new() };
    let rows = register
        .refusal_grounds(instrument)
        .filter(|row| row.is_about(register, about.measure, about.personal));
    let mut offered: Vec<Offered<'a>> =
        rows.map(|row| Offered { row, standing: standing_of(row, about) }).collect();
    offered.sort_by(|a, b| {
        (a.standing, &a.row.article, &a.row.ground).cmp(&(b.standing, &b.row.article, &b.row.ground))
    });
    offered
}

/// How a ground code stands for a request. A ground that is listed in one article and barred in another counts as
/// barred, so that the officer sees the bar.
pub fn standing(register: &Register, about: About<'_>, ground: &str) -> Standing {
    let of_ground = offered(register, about).into_iter().filter(|offered| offered.row.ground == ground);
    of_ground.map(|offered| offered.standing).max().unwrap_or(Standing::NotListed)
}

fn standing_of(row: &RefusalGround, about: About<'_>) -> Standing {
    match Effect::of_code(&row.effect) {
        Some(Effect::Barred) => Standing::Barred,
        Some(Effect::RefuseIfReserved) if !about.reserved => Standing::NotReserved,
        _ => Standing::Listed,
    }
}
