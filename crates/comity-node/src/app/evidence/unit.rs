//! Parcels that are sealed to a unit: the node holds the sealed pieces and cannot open them, until the unit itself has opened the
//! keys of the objects and given them to the node, sealed anew to the party's own key.

use super::{
    super::{Action, Ctx, Fault, party::key_fault},
    fetch,
};
use crate::{
    keys::Keys,
    seal::{self, SealFault},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::custody::{ObjectKeys, Parcel};
use comity_exchange::Scope;
use comity_record::{Canonical, PartyCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a unit needs to open a parcel that is sealed to it: the parcel of a package that its giver holds ready, and the key to
/// which the unit seals the keys of the objects anew.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnitParcel {
    /// The record of the manifest, or at least eight digits of the id; absent where the parcel is carried.
    pub record: Option<String>,
}

/// A parcel for a unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParcelForUnit {
    /// The party.
    pub party: String,
    /// Its own sealing key, in base64.
    pub key: String,
    /// Parcel and custody record, in base64, where a record was named.
    pub consignment: Option<String>,
}

impl Action for UnitParcel {
    const NAME: &'static str = "evidence.unit-parcel";
    const SUMMARY: &'static str = "gives a unit the parcel that is sealed to it, for the unit to open";
    const SCOPE: Scope = Scope::Cases;
    type Reply = ParcelForUnit;

    async fn run(self, ctx: &Ctx) -> Result<ParcelForUnit, Fault> {
        let consignment = match self.record {
            None => None,
            Some(record) => Some(STANDARD.encode(fetch::consignment(ctx, record).await?)),
        };
        let now = ctx.now();
        let key = ctx
            .sequencer
            .run(move |desk, _| Box::pin(async move { desk.letter().sealing_key(now).map(<[u8]>::to_vec) }));
        let key = key.await?.ok_or_else(|| {
            Fault::new("pouch/no-sealing-key", "our own letter names no sealing key that is valid now")
                .help("issue a letter: `comity letter issue`")
        })?;
        Ok(ParcelForUnit { party: ctx.party.to_string(), key: STANDARD.encode(key), consignment })
    }
}

/// The unit of a peer to which the keys of a parcel of ours are sealed; `None` where it is the peer as a whole.
pub(super) fn sealed_to(ctx: &Ctx, peer: &PartyCode, parcel: &Parcel) -> Result<Option<String>, Fault> {
    let header = seal::header(&parcel.keys).map_err(of_seal)?;
    let house = ctx.sequencer.house();
    let mut keys = house.peer_unit_keys.all();
    let unit = keys.find(|key| key.party == *peer && key.id() == header.key);
    Ok(unit.map(|key| key.unit.to_string()))
}

/// The keys of the objects: those that a unit gives, or those of the parcel, where it is sealed to the party itself.
pub(super) fn opened(ctx: &Ctx, sealed: &[u8], given: Option<&str>) -> Result<ObjectKeys, Fault> {
    let given = given.map(|text| STANDARD.decode(text).map_err(Fault::input)).transpose()?;
    let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
    let bytes = given.as_deref().unwrap_or(sealed);
    let opened = seal::open(bytes, &ctx.party, &keys.sealing_keys(), ObjectKeys::LIMIT);
    let (_, opened) = opened.map_err(|fault| for_unit(ctx, bytes).unwrap_or_else(|| of_seal(fault)))?;
    ObjectKeys::from_bytes(&opened).map_err(|bad| Fault::new(bad.code(), bad.to_string()))
}

/// What to say of keys that are sealed to a unit of ours.
fn for_unit(ctx: &Ctx, sealed: &[u8]) -> Option<Fault> {
    let header = seal::header(sealed).ok()?;
    let house = ctx.sequencer.house();
    let unit = &house.unit_keys.find(&header.key)?.unit;
    let text = format!("the parcel is sealed to `{unit}`, and its secret key is not here");
    Some(Fault::new("evidence/for-unit", text).help("the unit takes it with its key: add --key FILE"))
}

fn of_seal(fault: SealFault) -> Fault {
    Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) }
}
