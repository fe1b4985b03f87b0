//! Opening objects: the conditions that came with them are looked at first, and the custody record says who opened what.

use super::{
    super::{Action, Ctx, Fault},
    Held, hand, hashes, objects,
    vessel::{Spoilt, open_chunk},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{conditions::Use, custody::Act};
use comity_exchange::{Scope, Vessel};
use comity_record::{OfficerId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::PoisonError};

/// How long a ticket is good, in milliseconds.
const GOOD: i64 = 3_600_000;

/// Asks to open objects of a package.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The objects, by id, name or digits of the SHA-256; none means all.
    pub objects: Vec<String>,
    /// What for: `open`, `court`, `export` or `filter`.
    pub wanted: Wanted,
    /// The proceedings.
    pub proceedings: String,
    /// Whether the giving State was consulted about use in court.
    pub consulted: bool,
    /// Whether what has to be confirmed was read.
    pub confirmed: bool,
    /// Where this happens.
    pub place: String,
    /// Why.
    pub reason: String,
    /// With which tool.
    pub tool: String,
}

/// What objects are opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// To work with them.
    Open,
    /// To put them before a court.
    Court,
    /// To take them out of the node.
    Export,
    /// To look, as the filter team, whether they are privileged or immune.
    Filter,
}

/// Leave to open objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    /// Good for an hour, for whoever asked.
    pub ticket: String,
    /// The record of the manifest.
    pub record: String,
    /// The objects.
    pub objects: Vec<OpenedObject>,
    /// What was confirmed.
    pub confirmed: Vec<String>,
}

/// An object that may be read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenedObject {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: u64,
    /// SHA-256.
    pub sha256: String,
    /// How many pieces it has.
    pub pieces: u64,
}

/// Reads a piece of an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadEvidence {
    /// The ticket.
    pub ticket: String,
    /// The object's id.
    pub object: String,
    /// The piece, from 0.
    pub piece: u64,
}

/// A piece.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PieceRead {
    /// The bytes in base64.
    pub bytes: String,
}

/// What a ticket opens.
#[derive(Clone, Debug)]
pub struct Ticket {
    by: Option<OfficerId>,
    until: Timestamp,
    vessels: BTreeMap<String, Vessel>,
}

impl Action for OpenEvidence {
    const NAME: &'static str = "evidence.open";
    const SUMMARY: &'static str = "opens objects where their conditions allow it; the custody record says so";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Opened;

    async fn run(self, ctx: &Ctx) -> Result<Opened, Fault> {
        let asker = ctx.clone();
        let opened = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let Held { record, package, .. } = Held::find(desk, &self.record).await?;
                let places = objects(&package, &self.objects)?;
                let about = (self.place.as_str(), self.reason.as_str(), self.tool.as_str());
                let hand = hand(&asker, desk, None, about)?;
                if self.wanted == Wanted::Filter {
                    asker.evidence.is_filter_team(&asker, &hand)?;
                }
                let care = desk.care(record).await?;
                let waived = super::care::waived(desk, &package).await?;
                let mut confirm = Vec::new();
                for item in places.iter().filter_map(|place| package.items.get(*place)) {
                    let ruling = care.rule(&package, item, &waived, self.as_use(), now.date());
                    if !ruling.is_free() {
                        return Err(blocked(&item.id, ruling.blocked.iter().map(|bar| bar.why.as_str())));
                    }
                    confirm.extend(ruling.confirm.into_iter().map(|bar| bar.why));
                }
                confirm.sort();
                confirm.dedup();
                if !confirm.is_empty() && !self.confirmed {
                    let text = format!("this has to be read and confirmed first: {}", confirm.join("; "));
                    return Err(Fault::new("evidence/confirm", text).help("ask again with --confirmed"));
                }
                let vessels = desk.vessels(record).await?;
                let act = match self.wanted {
                    Wanted::Open | Wanted::Filter => Act::Opened,
                    Wanted::Court | Wanted::Export => Act::Exported,
                };
                let acts = vec![hand.does(desk.party(), now, act, hashes(&package, &places))];
                desk.enter_custody(now, means.entropy(), record, acts).await?;
                let (mut shown, mut given) = (Vec::new(), BTreeMap::new());
                for place in places {
                    let (Some(item), Some(Some(vessel))) = (package.items.get(place), vessels.get(place))
                    else {
                        continue;
                    };
                    shown.push(OpenedObject {
                        id: item.id.clone(),
                        name: item.name.clone(),
                        size: item.size,
                        sha256: item.sha256.to_string(),
                        pieces: vessel.chunks.len() as u64,
                    });
                    given.insert(item.id.clone(), vessel.clone());
                }
                Ok((record, shown, given, confirm))
            })
        });
        let (record, objects, vessels, confirmed) = opened.await??;
        let ticket = ctx.evidence.give(ctx, vessels)?;
        Ok(Opened { ticket, record: record.to_string(), objects, confirmed })
    }
}

impl OpenEvidence {
    fn as_use(&self) -> Use<'_> {
        let proceedings = self.proceedings.as_str();
        match self.wanted {
            Wanted::Open => Use::Open { proceedings },
            Wanted::Court => Use::InCourt { proceedings, consulted: self.consulted },
            Wanted::Export => Use::Export { proceedings },
            Wanted::Filter => Use::Filter,
        }
    }
}

fn blocked<'w>(object: &str, why: impl Iterator<Item = &'w str>) -> Fault {
    let text = format!("object {object} is blocked: {}", why.collect::<Vec<_>>().join("; "));
    Fault::new("evidence/blocked", text)
        .help("a waiver is asked of the State that set the condition, as a step of the case")
}

impl Action for ReadEvidence {
    const NAME: &'static str = "evidence.read";
    const SUMMARY: &'static str = "reads a piece of an object that a ticket opens";
    const SCOPE: Scope = Scope::Cases;
    type Reply = PieceRead;

    async fn run(self, ctx: &Ctx) -> Result<PieceRead, Fault> {
        let vessel = ctx.evidence.vessel(ctx, &self.ticket, &self.object)?;
        let store = super::stage::store(ctx).await?;
        let number = usize::try_from(self.piece).map_err(Fault::input)?;
        match open_chunk(&vessel, number, &store).await? {
            Ok(bytes) => Ok(PieceRead { bytes: STANDARD.encode(bytes) }),
            Err(spoilt) => Err(spoilt_piece(&self.object, number, spoilt)),
        }
    }
}

/// A piece that cannot be read.
pub(super) fn spoilt_piece(object: &str, number: usize, spoilt: Spoilt) -> Fault {
    Fault::new("evidence/piece-spoilt", format!("piece {number} of object {object} is {spoilt}"))
        .help("`comity evidence check` reports it; `comity evidence fetch` has it sent again")
}

impl super::Bench {
    fn give(&self, ctx: &Ctx, vessels: BTreeMap<String, Vessel>) -> Result<String, Fault> {
        let id = ctx.random.id().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let more = ctx.random.id().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let ticket = format!("{id}{more}");
        let now = ctx.now();
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, ticket| now < ticket.until);
        let value = Ticket { by: ctx.by.clone(), until: now.plus_millis(GOOD), vessels };
        tickets.insert(ticket.clone(), value);
        Ok(ticket)
    }

    fn vessel(&self, ctx: &Ctx, ticket: &str, object: &str) -> Result<Vessel, Fault> {
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tickets.get(ticket).filter(|found| found.by == ctx.by && ctx.now() < found.until);
        found.and_then(|found| found.vessels.get(object)).cloned().ok_or_else(|| {
            Fault::new("evidence/no-ticket", "the ticket does not open this object, or no longer")
                .help("open the objects again")
        })
    }

    /// Whether the hand is of the filter team: the machine's console, or an officer of the unit that is configured.
    pub(super) fn is_filter_team(&self, ctx: &Ctx, hand: &comity_exchange::Hand) -> Result<(), Fault> {
        let unit = self.settings.evidence.filter_unit.as_str();
        match ctx.by {
            Some(_) if unit.is_empty() => {
                Err(Fault::new("evidence/no-filter-team", "no unit is the filter team here")
                    .help("set `filter_unit` of `[evidence]` in the configuration"))
            }
            Some(_) if hand.unit.as_str() != unit => Err(Fault::new(
                "evidence/not-filter-team",
                format!("only officers of `{unit}` are the filter team"),
            )),
            _ => Ok(()),
        }
    }
}
