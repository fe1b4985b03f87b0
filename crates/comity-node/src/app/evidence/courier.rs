//! The same transfer by courier: parcel and sealed pieces as a file, the receiver's entry and the giver's record as answers.

use super::{
    super::{Action, Ctx, Fault},
    fetch, give,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::custody::{Parcel, SignedChain};
use comity_exchange::{Released, Scope};
use comity_ledger::store::Blobs;
use comity_record::{Attested, Canonical, Hash, PartyCode, RecordId, UnitCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Makes the parcel of a package for a party that the border cleared it for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConsignEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The party.
    pub to: String,
    /// The unit that it is meant for.
    pub unit: Option<String>,
}

/// A parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Consigned {
    /// The record of the manifest.
    pub record: String,
    /// Parcel and custody record, in base64.
    pub consignment: String,
    /// The sealed pieces that belong to it, in order, by SHA-256.
    pub pieces: Vec<String>,
    /// The unit that alone can open it; absent where it is sealed to the party as a whole.
    pub unit: Option<String>,
}

/// Gives out a sealed piece of a package for a party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PieceOfEvidence {
    /// The record of the manifest.
    pub record: String,
    /// The party.
    pub to: String,
    /// The piece, by its SHA-256.
    pub piece: String,
}

/// A sealed piece.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PieceGiven {
    /// The bytes in base64.
    pub bytes: String,
}

/// Takes in a parcel that was carried.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakeParcel {
    /// Parcel and custody record, in base64.
    pub consignment: String,
    /// The keys of the objects where the parcel is sealed to a unit: opened by that unit, sealed anew to the party's own key, in
    /// base64.
    #[serde(default)]
    pub keys: Option<String>,
}

/// What is still wanted of a parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ParcelTaken {
    /// The record of the manifest.
    pub record: String,
    /// The pieces that are not here, by SHA-256.
    pub wanted: Vec<String>,
}

/// Takes in a sealed piece that was carried.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakePiece {
    /// The record of the manifest.
    pub record: String,
    /// The piece, by its SHA-256.
    pub piece: String,
    /// The bytes in base64.
    pub bytes: String,
}

/// A piece kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PieceTaken {}

/// Ends the taking in of a carried package: it is hashed against its manifest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ArriveEvidence {
    /// The record of the manifest.
    pub record: String,
}

/// What arrived.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceArrived {
    /// What does not agree with the manifest, one line each.
    pub defects: Vec<String>,
    /// Our signed entry for the giver, in base64, where the package is whole.
    pub entry: Option<String>,
}

/// Closes a transfer by courier at the giver's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CloseTransfer {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The receiver.
    pub to: String,
    /// The receiver's signed entry, in base64.
    pub entry: String,
}

/// A transfer closed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TransferClosed {
    /// Our signed custody record, in base64, for the receiver.
    pub chain: String,
}

/// Keeps the giver's custody record after a transfer by courier.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakeChain {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The giver's signed custody record, in base64.
    pub chain: String,
}

impl Action for ConsignEvidence {
    const NAME: &'static str = "evidence.consign";
    const SUMMARY: &'static str = "makes the parcel of a package, sealed to a party that it was cleared for";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Consigned;

    async fn run(self, ctx: &Ctx) -> Result<Consigned, Fault> {
        let unit: Option<UnitCode> =
            self.unit.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let (to, released) = released(ctx, &self.record, &self.to).await?;
        let made = give::consign(ctx, &to, &released, unit).await?;
        let malformed = |fault: comity_record::Malformed| Fault::new(fault.code(), fault.to_string());
        let parcel = Attested::<Parcel>::from_bytes(&made.parcel).map_err(malformed)?;
        let pieces = parcel.claimed().all_chunks().map(|chunk| give::digits(&chunk)).collect();
        let record = released.record().to_string();
        let unit = super::unit::sealed_to(ctx, &to, parcel.claimed())?;
        Ok(Consigned { record, consignment: STANDARD.encode(made.to_bytes()), pieces, unit })
    }
}

impl Action for PieceOfEvidence {
    const NAME: &'static str = "evidence.piece";
    const SUMMARY: &'static str = "gives out a sealed piece of a package for a party that it was cleared for";
    const SCOPE: Scope = Scope::Cases;
    type Reply = PieceGiven;

    async fn run(self, ctx: &Ctx) -> Result<PieceGiven, Fault> {
        let (_, released) = released(ctx, &self.record, &self.to).await?;
        let bytes = give::piece(ctx, &released, hash(&self.piece)?).await?;
        let bytes = bytes.ok_or_else(|| Fault::new("evidence/no-piece", "the package has no such piece"))?;
        Ok(PieceGiven { bytes: STANDARD.encode(bytes) })
    }
}

impl Action for TakeParcel {
    const NAME: &'static str = "evidence.take";
    const SUMMARY: &'static str = "takes in the parcel of a package that was carried";
    const SCOPE: Scope = Scope::Cases;
    const LONGEST: Option<usize> = Some(64 << 20);
    type Reply = ParcelTaken;

    async fn run(self, ctx: &Ctx) -> Result<ParcelTaken, Fault> {
        let bytes = STANDARD.decode(&self.consignment).map_err(Fault::input)?;
        let record = fetch::take_consignment(ctx, &bytes, self.keys.as_deref()).await?;
        let chunks = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.wanted(record).await }));
        let store = super::stage::store(ctx).await?;
        let mut wanted = Vec::new();
        for chunk in chunks.await?? {
            if !store.exists(chunk).await? {
                wanted.push(give::digits(&chunk));
            }
        }
        Ok(ParcelTaken { record: record.to_string(), wanted })
    }
}

impl Action for TakePiece {
    const NAME: &'static str = "evidence.take-piece";
    const SUMMARY: &'static str = "takes in a sealed piece that was carried, where it is what its hash says";
    const SCOPE: Scope = Scope::Cases;
    const LONGEST: Option<usize> = Some(8 << 20);
    type Reply = PieceTaken;

    async fn run(self, ctx: &Ctx) -> Result<PieceTaken, Fault> {
        let bytes = STANDARD.decode(&self.bytes).map_err(Fault::input)?;
        let (record, chunk): (RecordId, Hash) =
            (self.record.parse().map_err(Fault::input)?, hash(&self.piece)?);
        let known = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.wanted(record).await }));
        if !known.await??.contains(&chunk) {
            return Err(Fault::new("evidence/no-piece", "the package has no such piece"));
        }
        fetch::keep(&super::stage::store(ctx).await?, chunk, &bytes).await?;
        Ok(PieceTaken {})
    }
}

impl Action for ArriveEvidence {
    const NAME: &'static str = "evidence.arrive";
    const SUMMARY: &'static str =
        "hashes a carried package against its manifest and enters that it was received";
    const SCOPE: Scope = Scope::Cases;
    type Reply = EvidenceArrived;

    async fn run(self, ctx: &Ctx) -> Result<EvidenceArrived, Fault> {
        let record: RecordId = self.record.parse().map_err(Fault::input)?;
        let arrived = fetch::arrive(ctx, record).await?;
        Ok(EvidenceArrived {
            defects: arrived.defects,
            entry: arrived.entry.map(|entry| STANDARD.encode(entry)),
        })
    }
}

impl Action for CloseTransfer {
    const NAME: &'static str = "evidence.close";
    const SUMMARY: &'static str =
        "closes a transfer by courier: our custody record names the receiver's head";
    const SCOPE: Scope = Scope::Cases;
    type Reply = TransferClosed;

    async fn run(self, ctx: &Ctx) -> Result<TransferClosed, Fault> {
        let (_, released) = released(ctx, &self.record, &self.to).await?;
        let entry = STANDARD.decode(&self.entry).map_err(Fault::input)?;
        let chain = give::hand_over(ctx, &released, entry).await?;
        let chain = SignedChain { entries: chain.into_iter().map(Into::into).collect() };
        Ok(TransferClosed { chain: STANDARD.encode(chain.to_bytes()) })
    }
}

impl Action for TakeChain {
    const NAME: &'static str = "evidence.take-chain";
    const SUMMARY: &'static str = "keeps the giver's custody record after a transfer by courier";
    const SCOPE: Scope = Scope::Cases;
    type Reply = PieceTaken;

    async fn run(self, ctx: &Ctx) -> Result<PieceTaken, Fault> {
        let bytes = STANDARD.decode(&self.chain).map_err(Fault::input)?;
        let found = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let record = super::find(desk, &self.record).await?;
                let (held, _) = desk.manifest(record).await?;
                Ok::<_, Fault>((record, held.received_from.clone()))
            })
        });
        let (record, from) = found.await??;
        let from = from.ok_or_else(|| Fault::new("evidence/own", "the package was packed here"))?;
        fetch::take_chain(ctx, record, from, &bytes).await?;
        Ok(PieceTaken {})
    }
}

/// The right of a party to a package, asked for by an officer here.
async fn released(ctx: &Ctx, record: &str, to: &str) -> Result<(PartyCode, Arc<Released>), Fault> {
    let party: PartyCode = to.parse().map_err(Fault::input)?;
    let (record, receiver) = (record.to_owned(), party.clone());
    let found = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let record = super::find(desk, &record).await?;
            Ok::<_, Fault>(desk.released(now, means.entropy(), record, &receiver).await?)
        })
    });
    let released = found.await??.ok_or_else(|| {
        Fault::new("evidence/not-cleared", format!("the manifest is not cleared for `{party}`"))
            .help("put it to the border first: `comity share RECORD --to PARTY --purpose …`")
    })?;
    Ok((party, Arc::new(released)))
}

fn hash(text: &str) -> Result<Hash, Fault> {
    Hash::from_hex(text).ok_or_else(|| Fault::input("a SHA-256 of 64 hexadecimal digits was expected"))
}
