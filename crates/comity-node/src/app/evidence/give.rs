//! What peers are given of evidence: parcels and sealed pieces, where the border cleared the manifest for them.
//!
//! Every byte goes out through a [`Released`], which the desk makes only of a clearance that stands and is committed.

use super::{
    super::{Ctx, Fault, NodeDesk, to_hex},
    Held, hand,
    vessel::SEALED,
};
use crate::{
    http::exchange::TurnRefusal,
    seal::{self, RecipientKey},
};
use comity_affairs::custody::{Consignment, ObjectKeys, SignedChain};
use comity_exchange::{DeskFault, EvidenceFault, Released};
use comity_ledger::store::Blobs;
use comity_record::{Canonical, Hash, PartyCode, RecordId, Timestamp, UnitCode};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How long a look at the clearance counts where the log has not grown, in milliseconds.
const LOOK: i64 = 10_000;

/// Gives evidence to the peers of one party. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Giver {
    ctx: Ctx,
    looks: Arc<Mutex<HashMap<(PartyCode, RecordId), Look>>>,
}

/// A clearance as it was found at a size of the log.
#[derive(Clone, Debug)]
struct Look {
    size: u64,
    at: Timestamp,
    released: Arc<Released>,
}

impl Giver {
    /// A giver of a party.
    pub fn new(ctx: Ctx) -> Giver {
        Giver { ctx, looks: Arc::default() }
    }

    /// The right of a party to a package, as it stands now. What is not cleared is not found: a peer does not learn that it
    /// exists.
    pub async fn released(&self, peer: &PartyCode, record: RecordId) -> Result<Arc<Released>, TurnRefusal> {
        let key = (peer.clone(), record);
        let (size, now) = (self.ctx.sequencer.size(), self.ctx.now());
        let known = self.looks.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(look) = known
            && look.size == size
            && now.as_millis() - look.at.as_millis() < LOOK
        {
            return Ok(look.released);
        }
        let party = peer.clone();
        let found = self.ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.released(now, means.entropy(), record, &party).await
            })
        });
        let found = found.await?.map_err(|fault| failed(peer, &Fault::from(fault)))?;
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(released) = found.map(Arc::new) else {
            looks.remove(&key);
            return Err(TurnRefusal::NotFound);
        };
        let size = self.ctx.sequencer.size();
        looks.insert(key, Look { size, at: now, released: Arc::clone(&released) });
        Ok(released)
    }

    /// Parcel and custody record for a peer.
    pub async fn consignment(&self, peer: &PartyCode, record: RecordId) -> Result<Vec<u8>, TurnRefusal> {
        let released = self.released(peer, record).await?;
        let made = consign(&self.ctx, peer, &released, None).await;
        Ok(made.map_err(|fault| failed(peer, &fault))?.to_bytes())
    }

    /// A sealed piece for a peer.
    pub async fn chunk(
        &self,
        peer: &PartyCode,
        record: RecordId,
        chunk: Hash,
    ) -> Result<Vec<u8>, TurnRefusal> {
        let released = self.released(peer, record).await?;
        let bytes = piece(&self.ctx, &released, chunk).await.map_err(|fault| failed(peer, &fault))?;
        bytes.ok_or(TurnRefusal::NotFound)
    }

    /// The end of a transfer: the receiver's signed entry comes, our signed custody record goes.
    pub async fn close(
        &self,
        peer: &PartyCode,
        record: RecordId,
        body: &[u8],
    ) -> Result<Vec<u8>, TurnRefusal> {
        let released = self.released(peer, record).await?;
        let chain = hand_over(&self.ctx, &released, body.to_vec()).await;
        let chain = chain
            .map_err(|fault| TurnRefusal::Refused { code: "evidence/not-accepted", text: fault.text })?;
        Ok(SignedChain { entries: chain.into_iter().map(Into::into).collect() }.to_bytes())
    }
}

/// What a giver sends before the pieces. The keys of the objects are sealed to the unit that it is meant for, where the peer
/// has stated a key of that unit; else to the peer's own key, as its letter names it.
pub(super) async fn consign(
    ctx: &Ctx,
    peer: &PartyCode,
    released: &Arc<Released>,
    unit: Option<UnitCode>,
) -> Result<Consignment, Fault> {
    let (party, own, released, random) =
        (peer.clone(), ctx.party.clone(), Arc::clone(released), Arc::clone(&ctx.random));
    let made = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let (now, record) = (means.now(), released.record());
            let vessels: Option<Vec<_>> = desk.vessels(record).await?.into_iter().collect();
            let vessels = vessels.ok_or_else(|| {
                Fault::from(EvidenceFault::NotHeld { record: record.0.short() })
                    .help("objects of the package were deleted")
            })?;
            let keys = ObjectKeys { keys: vessels.iter().map(|vessel| vessel.key.into()).collect() };
            let unit = match unit {
                Some(unit) => Some(unit),
                None => asking_unit(desk, record, &party).await?,
            };
            let of_unit = unit.as_ref().and_then(|unit| {
                desk.house().peer_unit_keys.of(&party, unit, now.date()).map(|stated| stated.key.to_vec())
            });
            let key = of_unit.or(desk.peer(&party)?.letter.sealing_key(now).map(<[u8]>::to_vec));
            let key = key.ok_or_else(|| {
                let text = format!("the letter of `{party}` names no sealing key that is valid now");
                Fault::new("pouch/no-sealing-key", text).help("ask the party for a new letter")
            })?;
            let of_seal = |fault: seal::SealFault| Fault::new(fault.code(), fault.to_string());
            let key = RecipientKey::from_bytes(&key).map_err(of_seal)?;
            let sealed = seal::seal(&own, &party, &key, &keys.to_bytes(), &*random).map_err(of_seal)?;
            let parcel = desk.parcel(now, &released, unit, sealed).await?;
            let chain = desk.custody_entries(record).await?;
            Ok::<_, Fault>(Consignment {
                parcel: parcel.as_bytes().to_vec().into(),
                chain: chain.into_iter().map(Into::into).collect(),
            })
        })
    });
    made.await?
}

/// The unit that asked for a package, where the request is held and says so.
async fn asking_unit(desk: &NodeDesk, record: RecordId, peer: &PartyCode) -> Result<Option<UnitCode>, Fault> {
    let (held, _) = desk.manifest(record).await?;
    let Some(thread) = held.record.statement().thread else { return Ok(None) };
    match desk.envelope(thread).await {
        Ok(asked) if asked.record.statement().origin == *peer => Ok(asked.record.statement().unit.clone()),
        Ok(_) | Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

/// A sealed piece of a package that may be given.
pub(super) async fn piece(ctx: &Ctx, released: &Released, chunk: Hash) -> Result<Option<Vec<u8>>, Fault> {
    if !released.covers(&chunk) {
        return Ok(None);
    }
    let store = super::stage::store(ctx).await?;
    Ok(store.get(chunk, 0, SEALED as u64).await?)
}

/// Closes a transfer at the giver's; our signed custody record.
pub(super) async fn hand_over(
    ctx: &Ctx,
    released: &Arc<Released>,
    received: Vec<u8>,
) -> Result<Vec<Vec<u8>>, Fault> {
    let (asker, released) = (ctx.clone(), Arc::clone(released));
    let closed = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let Held { held, package, .. } = Held::find(desk, &released.record().to_string()).await?;
            let mut hand =
                hand(&asker, desk, Some(package.unit.as_str()), ("", "transfer", super::check::tool()))?;
            // Who packed answers for the giving; the machine's console does where nobody is named.
            if let Some(officer) = &held.record.statement().officer {
                hand.officer = officer.clone();
            }
            Ok::<_, Fault>(desk.hand_over(now, means.entropy(), &released, &received, &hand).await?)
        })
    });
    closed.await?
}

fn failed(peer: &PartyCode, fault: &Fault) -> TurnRefusal {
    tracing::warn!(%peer, code = %fault.code, "evidence could not be given: {}", fault.text);
    TurnRefusal::Failed
}

/// The digits of a chunk's hash as they stand in a path.
pub(super) fn digits(chunk: &Hash) -> String {
    to_hex(chunk.as_bytes())
}
