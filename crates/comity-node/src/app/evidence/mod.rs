//! Evidence at the node: objects are taken in piece by piece, sealed, and kept by hash; every touch is a signed entry of
//! the custody record; conditions that came with an object are looked at before each use.
//!
//! No object ever stands in a record, an index or a page. Only the manifest does.

pub mod care;
pub mod check;
pub mod courier;
pub mod delete;
pub mod ended;
pub mod fetch;
pub mod give;
pub mod pack;
pub mod parcel_file;
pub mod read;
pub mod record;
pub mod show;
pub mod stage;
pub mod stamp;
pub mod unit;
pub mod vessel;
pub mod watch;

use super::{Ctx, Fault, link::chain, sequencer::NodeDesk};
use crate::config;
use comity_affairs::custody::Package;
use comity_exchange::{EvidenceFault, Hand, HeldRecord};
use comity_record::{Hash, OfficerId, RecordId, UnitCode, label::Purpose};
use comity_store::AnyStore;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

/// What actions on evidence share: settings, uploads under way and tickets given out. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Bench {
    /// The settings.
    pub settings: Arc<Settings>,
    uploads: Arc<Mutex<HashMap<String, stage::Upload>>>,
    tickets: Arc<Mutex<HashMap<String, read::Ticket>>>,
}

/// The settings of a party's evidence.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How often everything held is checked again, and the filter team.
    pub evidence: config::Evidence,
    /// Services of time-stamps by name.
    pub services: BTreeMap<String, config::TimeStamp>,
}

impl Bench {
    /// A bench with the settings of a configuration.
    pub fn of(config: &config::Config) -> Bench {
        let settings = Settings { evidence: config.evidence.clone(), services: config.timestamp.clone() };
        Bench { settings: Arc::new(settings), ..Bench::default() }
    }
}

impl From<EvidenceFault> for Fault {
    fn from(fault: EvidenceFault) -> Fault {
        match fault {
            EvidenceFault::Desk(fault) => fault.into(),
            other => Fault::new(other.code(), chain(&other)),
        }
    }
}

/// The manifest that a text means: its record's id, or at least eight digits of it.
pub(super) async fn find(desk: &NodeDesk, text: &str) -> Result<RecordId, Fault> {
    if let Ok(record) = text.parse::<RecordId>() {
        return Ok(record);
    }
    let digits = text.to_lowercase();
    let none = || {
        Fault::new("evidence/none", format!("no manifest here has an id that begins with `{digits}`"))
            .help("`comity evidence list` lists them")
    };
    if digits.len() < 8 {
        return Err(none().help("give at least eight digits of the id"));
    }
    let mut found = desk.manifests().await?.into_iter().filter(|id| id.to_string().starts_with(&digits));
    match (found.next(), found.next()) {
        (Some(record), None) => Ok(record),
        _ => Err(none()),
    }
}

/// A package as an action needs it.
pub(super) struct Held {
    pub record: RecordId,
    pub held: HeldRecord,
    pub package: Package,
    pub store: AnyStore,
}

impl Held {
    pub(super) async fn find(desk: &NodeDesk, text: &str) -> Result<Held, Fault> {
        let record = find(desk, text).await?;
        let (held, package) = desk.manifest(record).await?;
        Ok(Held { record, held, package, store: desk.store().clone() })
    }
}

/// The objects that texts mean, by their place in the manifest; all where none is named.
pub(super) fn objects(package: &Package, named: &[String]) -> Result<Vec<usize>, Fault> {
    if named.is_empty() {
        return Ok((0..package.items.len()).collect());
    }
    let one = |text: &String| {
        let none = || EvidenceFault::NoObject { object: text.chars().take(80).collect() };
        package.find(text).map(|(place, _)| place).ok_or_else(|| Fault::from(none()))
    };
    named.iter().map(one).collect()
}

/// The SHA-256 of objects by their place.
pub(super) fn hashes(package: &Package, places: &[usize]) -> Vec<Hash> {
    places.iter().filter_map(|place| package.items.get(*place)).map(|item| item.sha256).collect()
}

/// The hand that does something: the officer who asks with the officer's unit, or the machine's console.
pub(super) fn hand(
    ctx: &Ctx,
    desk: &NodeDesk,
    unit: Option<&str>,
    (place, reason, tool): (&str, &str, &str),
) -> Result<Hand, Fault> {
    let officer = officer(ctx)?;
    let named: Option<UnitCode> = unit.map(str::parse).transpose().map_err(Fault::input)?;
    let of_officer = || desk.house().officers.get(&officer).map(|officer| officer.unit.clone());
    let today = ctx.now().date();
    let of_party = || Some(desk.house().any_competence(Purpose::CriminalInvestigation, today)?.unit);
    let unit = named.or_else(of_officer).or_else(of_party).ok_or_else(|| {
        Fault::new("evidence/no-unit", "no unit is known here that could hold evidence")
            .help("add one with `comity unit add`, or name it with --unit")
    })?;
    Ok(Hand { unit, officer, place: place.to_owned(), reason: reason.to_owned(), tool: tool.to_owned() })
}

/// The officer who asks; the machine's console has an id of its own.
pub(super) fn officer(ctx: &Ctx) -> Result<OfficerId, Fault> {
    ctx.by.clone().map_or_else(|| super::routes::CONSOLE.parse().map_err(Fault::input), Ok)
}
