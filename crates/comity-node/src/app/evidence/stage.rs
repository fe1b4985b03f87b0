//! Taking in an object, piece by piece, before it is packed. What was begun and never packed is forgotten when the process
//! ends; its sealed pieces then open for nobody, since no key of them was kept.

use super::{
    super::{Action, Ctx, Fault},
    vessel::{Filled, Filling},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_exchange::Scope;
use comity_record::OfficerId;
use comity_store::AnyStore;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;

/// Bytes of a piece at most.
pub const PIECE: usize = 8 << 20;
/// Objects that may be under way.
const MOST: usize = 10_000;

/// An object under way, and whose it is.
#[derive(Debug)]
pub struct Upload {
    by: Option<OfficerId>,
    state: State,
}

#[derive(Debug)]
enum State {
    Filling(Box<Filling>),
    Filled(Box<Filled>),
}

/// Takes in the next piece of an object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// The upload, as the first reply named it; absent for the first piece.
    pub upload: Option<String>,
    /// The bytes, in base64; at most 8 MiB.
    pub bytes: String,
    /// Whether the object ends with them.
    pub last: bool,
}

/// How far the object is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Staged {
    /// The upload.
    pub upload: String,
    /// Its SHA-256, once it is whole.
    pub sha256: Option<String>,
    /// Its size, once it is whole.
    pub size: Option<u64>,
}

impl Action for Stage {
    const NAME: &'static str = "evidence.stage";
    const SUMMARY: &'static str = "takes in the next piece of an object that is to be packed";
    const SCOPE: Scope = Scope::Cases;
    const LONGEST: Option<usize> = Some(2 * PIECE);
    type Reply = Staged;

    async fn run(self, ctx: &Ctx) -> Result<Staged, Fault> {
        let bytes = STANDARD.decode(&self.bytes).map_err(Fault::input)?;
        if bytes.len() > PIECE {
            return Err(Fault::input(format!("a piece has at most {PIECE} bytes")));
        }
        let store = store(ctx).await?;
        if self.upload.is_none() {
            // Who could not pack is told before the first byte, and not after the last.
            let asker = ctx.clone();
            let found = ctx.sequencer.run(move |desk, _| {
                Box::pin(async move { super::hand(&asker, desk, None, ("", "", "")).map(drop) })
            });
            found.await??;
        }
        let (upload, mut filling) = begun(ctx, self.upload)?;
        filling.push(&bytes, &store).await?;
        if !self.last {
            keep(ctx, &upload, State::Filling(filling));
            return Ok(Staged { upload, sha256: None, size: None });
        }
        let filled = filling.finish(&store).await?;
        let staged = Staged {
            upload: upload.clone(),
            sha256: Some(filled.sha256.to_string()),
            size: Some(filled.size),
        };
        keep(ctx, &upload, State::Filled(Box::new(filled)));
        Ok(staged)
    }
}

/// The store of a party.
pub(super) async fn store(ctx: &Ctx) -> Result<AnyStore, Fault> {
    Ok(ctx.sequencer.run(|desk, _| Box::pin(async move { desk.store().clone() })).await?)
}

/// Takes a finished upload away.
pub(super) fn take(ctx: &Ctx, upload: &str) -> Result<Filled, Fault> {
    let mut uploads = ctx.evidence.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    match uploads.remove(upload) {
        Some(Upload { by, state: State::Filled(filled) }) if by == ctx.by => Ok(*filled),
        _ => Err(unknown(upload)),
    }
}

fn begun(ctx: &Ctx, upload: Option<String>) -> Result<(String, Box<Filling>), Fault> {
    let mut uploads = ctx.evidence.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(upload) = upload else {
        if uploads.len() >= MOST {
            return Err(Fault::new("node/busy", "too many objects are being taken in"));
        }
        let id = ctx.random.id().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        return Ok((id, Box::new(Filling::new(&*ctx.random)?)));
    };
    match uploads.remove(&upload) {
        Some(Upload { by, state: State::Filling(filling) }) if by == ctx.by => Ok((upload, filling)),
        _ => Err(unknown(&upload)),
    }
}

fn keep(ctx: &Ctx, upload: &str, state: State) {
    let mut uploads = ctx.evidence.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    uploads.insert(upload.to_owned(), Upload { by: ctx.by.clone(), state });
}

fn unknown(upload: &str) -> Fault {
    let shown: String = upload.chars().take(40).collect();
    Fault::new("evidence/no-upload", format!("no upload `{shown}` is under way here"))
        .help("the node was started anew meanwhile: pack the files again")
}
