//! Sealing keys of units: entered as dated acts of the house, and stated to those who seal to them. Only public halves come
//! here.

use super::{
    Action, Ctx, Fault,
    house::{day, enter, unit_code},
    party::key_fault,
    peer::Entered,
    to_hex,
};
use crate::{
    keys::{Keys, armour_attested, unarmour_attested, unarmour_key},
    seal::RecipientKey,
};
use comity_affairs::home::{DatedKey, UnitKey};
use comity_exchange::{Act, House, Scope};
use comity_record::{Attested, Date, Hash, KeyPurpose, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Enters the sealing key of a unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddUnitKey {
    /// The unit.
    pub unit: String,
    /// The public half, as text between its two marks.
    pub key: String,
    /// On what it rests that this is the unit's key.
    pub source: String,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// Its last day, where it is known.
    pub until: Option<String>,
}

/// Ends the sealing key of a unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndUnitKey {
    /// The key, by its SHA-256 or at least eight digits of it.
    pub key: String,
    /// Its last day; today where absent.
    pub on: Option<String>,
}

/// Lists the sealing keys of units.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListUnitKeys {}

/// States the sealing key of a unit to those who seal to it, signed by the party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GiveUnitKey {
    /// The unit.
    pub unit: String,
}

/// Takes in what another State states of a sealing key of a unit of its own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakeUnitKey {
    /// The signed statement, as text between its two marks.
    pub statement: String,
}

/// A sealing key as listed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnitKeyShown {
    /// The key, by its SHA-256.
    pub key: String,
    /// Whose unit it is.
    pub party: String,
    /// The unit.
    pub unit: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
    /// On what it rests that this is the unit's key.
    pub source: String,
    /// Whether things are sealed to it today.
    pub stands: bool,
}

/// A key as it is given out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnitKeyGiven {
    /// The key, by its SHA-256.
    pub key: String,
    /// The unit.
    pub unit: String,
    /// The signed statement, as text between its two marks.
    pub statement: String,
}

impl Action for AddUnitKey {
    const NAME: &'static str = "unit.add-key";
    const SUMMARY: &'static str = "enters the public half of a unit's sealing key";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let key = unarmour_key(&self.key).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        RecipientKey::from_bytes(&key).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let key = DatedKey {
            unit: unit_code(&self.unit)?,
            key: key.into(),
            from: day(ctx, self.from.as_deref())?,
            until: self.until.as_deref().map(|text| text.parse().map_err(Fault::input)).transpose()?,
            source: self.source,
        };
        enter(ctx, Act::UnitKey(key)).await
    }
}

impl Action for EndUnitKey {
    const NAME: &'static str = "unit.end-key";
    const SUMMARY: &'static str = "ends a unit's sealing key";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let wanted = self.key.to_lowercase();
        let house = ctx.sequencer.house();
        let fits = |id: &Hash| wanted.len() >= 8 && id.to_string().starts_with(&wanted);
        let mut found = house.unit_keys.all().map(DatedKey::id).filter(fits);
        let (Some(key), None) = (found.next(), found.next()) else {
            let shown: String = wanted.chars().take(64).collect();
            return Err(Fault::new("house/no-unit-key", format!("no one sealing key begins with `{shown}`"))
                .help("`comity unit key list` shows them; give eight digits or more"));
        };
        let on = day(ctx, self.on.as_deref())?;
        enter(ctx, Act::UnitKeyEnds { key, on }).await
    }
}

impl Action for ListUnitKeys {
    const NAME: &'static str = "unit.keys";
    const SUMMARY: &'static str = "lists the sealing keys of units";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Vec<UnitKeyShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<UnitKeyShown>, Fault> {
        let today = ctx.now().date();
        let house = ctx.sequencer.house();
        let own = house.unit_keys.all().map(|key| show(ctx, &house, key, today));
        Ok(own.chain(house.peer_unit_keys.all().map(|key| show_stated(&house, key, today))).collect())
    }
}

impl Action for GiveUnitKey {
    const NAME: &'static str = "unit.give-key";
    const SUMMARY: &'static str = "states a unit's sealing key to those who seal to it";
    const SCOPE: Scope = Scope::Officers;
    type Reply = UnitKeyGiven;

    async fn run(self, ctx: &Ctx) -> Result<UnitKeyGiven, Fault> {
        let (unit, now) = (unit_code(&self.unit)?, ctx.now());
        let house = ctx.sequencer.house();
        let key = house.unit_keys.of(&unit, now.date()).ok_or_else(|| {
            Fault::new("house/no-unit-key", format!("`{unit}` has no sealing key today"))
                .help("make one with `comity unit key make`, and enter its public half")
        })?;
        let statement = statement(ctx, &house, key, now);
        let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
        let signer = keys.signer(KeyPurpose::Record, now).map_err(key_fault)?;
        let signed = Attested::sign(statement, &*signer);
        let signed = signed.map_err(|failed| key_fault(failed.into()))?;
        Ok(UnitKeyGiven {
            key: to_hex(key.id().as_bytes()),
            unit: unit.to_string(),
            statement: armour_attested(&signed),
        })
    }
}

impl Action for TakeUnitKey {
    const NAME: &'static str = "unit.take-key";
    const SUMMARY: &'static str = "takes in a sealing key of another State's unit, as that State states it";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let signed = unarmour_attested::<UnitKey>(&self.statement);
        let signed = signed.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let stated = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let stated = signed.verify(desk.keys());
                stated.cloned().map_err(|fault| Fault::new(fault.code(), fault.to_string()))
            })
        });
        let stated = stated.await??;
        RecipientKey::from_bytes(&stated.key).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        if stated.party == ctx.party {
            return Err(Fault::new("house/own-unit-key", "the key is of a unit of ours")
                .help("`comity unit key add` enters it"));
        }
        enter(ctx, Act::PeerUnitKey(Box::new(stated))).await
    }
}

/// What the party states of a key.
fn statement(ctx: &Ctx, house: &House, key: &DatedKey, at: Timestamp) -> UnitKey {
    let authority = house.tree().find(&key.unit, at.date()).map(|authority| authority.kind);
    let name = house.units.get(&key.unit).map(|unit| unit.name.clone());
    UnitKey {
        version: 1,
        party: ctx.party.clone(),
        unit: key.unit.clone(),
        name: name.unwrap_or_default(),
        kind: authority,
        key: key.key.clone(),
        from: key.from,
        until: key.until,
        at,
    }
}

fn show(ctx: &Ctx, house: &House, key: &DatedKey, today: Date) -> UnitKeyShown {
    let standing = house.unit_keys.of(&key.unit, today).map(DatedKey::id);
    UnitKeyShown {
        key: to_hex(key.id().as_bytes()),
        party: ctx.party.to_string(),
        unit: key.unit.to_string(),
        from: key.from.to_string(),
        until: key.until.map(|day| day.to_string()),
        source: key.source.clone(),
        stands: standing == Some(key.id()),
    }
}

fn show_stated(house: &House, key: &UnitKey, today: Date) -> UnitKeyShown {
    let standing = house.peer_unit_keys.of(&key.party, &key.unit, today).map(UnitKey::id);
    UnitKeyShown {
        key: to_hex(key.id().as_bytes()),
        party: key.party.to_string(),
        unit: key.unit.to_string(),
        from: key.from.to_string(),
        until: key.until.map(|day| day.to_string()),
        source: format!("stated by {} on {}", key.party, key.at.date()),
        stands: standing == Some(key.id()),
    }
}
