//! Fetching a package from the giver over the peers' listener. Each step takes some pieces and ends; asked again it goes on
//! with what is not here yet, whatever cut the step before.

use super::{
    super::{Action, Ctx, Fault, party::key_fault},
    Held, check, hand,
};
use crate::{
    http::exchange::{ClientLimits, PeerClient, PeerFault},
    keys::Keys,
    tls::{Peers, TlsIdentity},
};
use comity_affairs::custody::{Care, Consignment, Parcel, SignedChain};
use comity_exchange::{Scope, tables::EvidenceRow};
use comity_ledger::store::Blobs;
use comity_record::{Attested, Canonical, Hash, KeyPurpose, PartyCode, RecordId, sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{future::Future, sync::Arc, time::Duration};

/// How often a step asks again where the giver is busy for a moment: with other turns of ours at once, say.
const MOST_WAITS: u32 = 5;
/// The longest such moment, in seconds; after a longer one the caller asks again.
const MOMENT: u32 = 5;
/// Bytes fetched in one step at least, where there are so many.
const STEP: usize = 32 << 20;

/// Fetches the next pieces of a package.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FetchEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The keys of the objects where the parcel is sealed to a unit: opened by that unit, sealed anew to the party's own key, in
    /// base64.
    #[serde(default)]
    pub keys: Option<String>,
}

/// How far it is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Fetched {
    /// The record of the manifest.
    pub record: String,
    /// Pieces that are here.
    pub here: u64,
    /// Pieces that there are.
    pub pieces: u64,
    /// What of the package does not agree with its manifest, once every piece is here.
    pub defects: Vec<String>,
    /// Whether everything came, agrees with the manifest, and is entered.
    pub received: bool,
    /// Whether the giver closed the transfer: both custody records then name each other's head.
    pub closed: bool,
}

impl Action for FetchEvidence {
    const NAME: &'static str = "evidence.fetch";
    const SUMMARY: &'static str =
        "fetches the next sealed pieces of a package, and closes the transfer at the end";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Fetched;

    async fn run(self, ctx: &Ctx) -> Result<Fetched, Fault> {
        let (giver, row) = calling(ctx, self.record).await?;
        let record = giver.record;
        let row = match row {
            Some(row) => row,
            None => begin(ctx, &giver, self.keys.as_deref()).await?,
        };
        let (here, pieces) = fetch_pieces(ctx, &giver, &row).await?;
        let mut fetched = Fetched {
            record: record.to_string(),
            here,
            pieces,
            defects: Vec::new(),
            received: false,
            closed: false,
        };
        if here == pieces {
            let arrived = arrive(ctx, record).await?;
            fetched.defects = arrived.defects;
            fetched.received = arrived.entry.is_some();
            if let Some(entry) = arrived.entry {
                close(ctx, &giver, entry).await?;
                fetched.closed = true;
            }
        }
        Ok(fetched)
    }
}

/// A giver, as it is called for one package.
struct Calling {
    client: PeerClient,
    address: String,
    from: PartyCode,
    record: RecordId,
}

/// The giver of a package, and what is here of it.
async fn calling(ctx: &Ctx, wanted: String) -> Result<(Calling, Option<EvidenceRow>), Fault> {
    let found = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let Held { record, held, .. } = Held::find(desk, &wanted).await?;
            let from = held.received_from.clone().ok_or_else(|| {
                Fault::new("evidence/own", "the package was packed here: there is nothing to fetch")
            })?;
            let row = desk.evidence_row(record).await?;
            let address = desk.peer(&from)?.letter.address.clone();
            Ok::<_, Fault>((record, from, row, address))
        })
    });
    let (record, from, row, address) = found.await??;
    Ok((Calling { client: client(ctx).await?, address, from, record }, row))
}

/// The parcel of a package, as its giver sends it.
pub(super) async fn consignment(ctx: &Ctx, record: String) -> Result<Vec<u8>, Fault> {
    let (giver, _) = calling(ctx, record).await?;
    patiently(|| giver.client.consignment(&giver.address, &giver.from, &giver.record)).await
}

/// What came of everything being here.
pub(super) struct Arrived {
    pub defects: Vec<String>,
    /// Our signed entry, where the package is whole.
    pub entry: Option<Vec<u8>>,
}

async fn client(ctx: &Ctx) -> Result<PeerClient, Fault> {
    let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
    let signer = keys.signer(KeyPurpose::Tls, ctx.now()).map_err(key_fault)?;
    let identity = TlsIdentity::new(ctx.party.clone(), signer)
        .map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let peers = Arc::new(Peers::new(ctx.sequencer.roster().borrow().table(&ctx.party)));
    Ok(PeerClient::new(identity, peers, ctx.clock.clone(), ClientLimits::default()))
}

/// Asks for the parcel and keeps it: from here on the pieces are known.
async fn begin(ctx: &Ctx, giver: &Calling, keys: Option<&str>) -> Result<EvidenceRow, Fault> {
    let bytes = patiently(|| giver.client.consignment(&giver.address, &giver.from, &giver.record)).await?;
    take_consignment(ctx, &bytes, keys).await?;
    let record = giver.record;
    let row = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.evidence_row(record).await }));
    row.await??
        .ok_or_else(|| Fault::new("evidence/other-parcel", "the giver sent a parcel of another package"))
}

/// Opens the keys of a parcel and keeps it with the giver's custody record; the record of its manifest. Where the parcel is sealed
/// to a unit, `given` are the keys as that unit opened them.
pub(super) async fn take_consignment(
    ctx: &Ctx,
    bytes: &[u8],
    given: Option<&str>,
) -> Result<RecordId, Fault> {
    let malformed = |fault: comity_record::Malformed| Fault::new(fault.code(), fault.to_string());
    let consignment = Consignment::from_bytes(bytes).map_err(malformed)?;
    let parcel = Attested::<Parcel>::from_bytes(&consignment.parcel).map_err(malformed)?;
    let keys = super::unit::opened(ctx, &parcel.claimed().keys, given)?;
    let keys: Vec<[u8; 32]> = keys.keys.iter().map(|key| **key).collect();
    let record = parcel.claimed().record;
    let taken = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let chain: Vec<Vec<u8>> = consignment.chain.iter().map(|entry| entry.to_vec()).collect();
            desk.take_parcel(now, means.entropy(), &parcel, keys, &chain).await
        })
    });
    taken.await??;
    Ok(record)
}

/// Fetches pieces until the step is full; how many are here, and how many there are.
async fn fetch_pieces(ctx: &Ctx, giver: &Calling, row: &EvidenceRow) -> Result<(u64, u64), Fault> {
    let store = super::stage::store(ctx).await?;
    let (mut here, mut fetched) = (0, 0);
    let chunks: Vec<Hash> = row.chunks.iter().flatten().copied().collect();
    let all = chunks.len() as u64;
    for chunk in chunks {
        if store.exists(chunk).await? {
            here += 1;
        } else if fetched < STEP {
            let bytes =
                patiently(|| giver.client.chunk(&giver.address, &giver.from, &giver.record, &chunk)).await?;
            fetched += bytes.len();
            keep(&store, chunk, &bytes).await?;
            here += 1;
        }
    }
    Ok((here, all))
}

/// Keeps a sealed piece that is what its hash says.
pub(super) async fn keep(store: &impl Blobs, chunk: Hash, bytes: &[u8]) -> Result<(), Fault> {
    if sha256(&[bytes]) != chunk {
        let text = format!("piece {} came damaged; what came whole is kept", chunk.short());
        return Err(
            Fault::new("evidence/piece-damaged", text).help("fetch again: only what is missing is sent")
        );
    }
    store.put(bytes).await?;
    Ok(())
}

/// Every piece is here: the package is hashed against its manifest, and entered as received or reported as defective.
pub(super) async fn arrive(ctx: &Ctx, record: RecordId) -> Result<Arrived, Fault> {
    let read = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let Held { package, store, .. } = Held::find(desk, &record.to_string()).await?;
            let held = desk.custody_entries(record).await?.into_iter().next();
            Ok::<_, Fault>((package, store, desk.vessels(record).await?, held))
        })
    });
    let (package, store, vessels, held) = read.await??;
    if held.is_some() {
        return Ok(Arrived { defects: Vec::new(), entry: held });
    }
    let defects = check::examine(&package, &vessels, &Care::default(), &store).await?;
    let lines = defects.iter().map(|defect| format!("{}: {}", defect.object, defect.found)).collect();
    let (asker, by) = (ctx.clone(), ctx.by.clone());
    let entered = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            if !defects.is_empty() {
                let note = comity_affairs::custody::Note::Defects { found: defects };
                desk.note(now, means.entropy(), record, by, note).await?;
                return Ok::<_, Fault>(None);
            }
            let hand = hand(&asker, desk, None, ("", "transfer", check::tool()))?;
            Ok(Some(desk.receive_package(now, means.entropy(), record, &hand).await?))
        })
    });
    Ok(Arrived { defects: lines, entry: entered.await?? })
}

async fn close(ctx: &Ctx, giver: &Calling, entry: Vec<u8>) -> Result<(), Fault> {
    let answer =
        patiently(|| giver.client.close(&giver.address, &giver.from, &giver.record, entry.clone())).await?;
    take_chain(ctx, giver.record, giver.from.clone(), &answer).await
}

/// Keeps the giver's custody record as it stands after the transfer.
pub(super) async fn take_chain(
    ctx: &Ctx,
    record: RecordId,
    from: PartyCode,
    bytes: &[u8],
) -> Result<(), Fault> {
    let chain =
        SignedChain::from_bytes(bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let taken = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let chain: Vec<Vec<u8>> = chain.entries.iter().map(|entry| entry.to_vec()).collect();
            let giver = desk.take_chain(now, means.entropy(), record, &from, &chain).await?;
            let own = desk.own_chain(record).await?;
            giver.joins(&own).map_err(comity_exchange::EvidenceFault::from)?;
            Ok::<_, Fault>(())
        })
    });
    taken.await?
}

/// Asks the giver, and again where it is busy for a moment.
async fn patiently<T, F: Future<Output = Result<T, PeerFault>>>(ask: impl Fn() -> F) -> Result<T, Fault> {
    let mut waits = 0;
    loop {
        match ask().await {
            Err(PeerFault::Busy { seconds, .. }) if waits < MOST_WAITS && seconds <= MOMENT => {
                waits += 1;
                tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            }
            given => return given.map_err(of_peer),
        }
    }
}

fn of_peer(fault: PeerFault) -> Fault {
    Fault::new(fault.code(), super::super::link::chain(&fault))
        .help("ask again: what came is kept, and only what is missing is sent")
}
