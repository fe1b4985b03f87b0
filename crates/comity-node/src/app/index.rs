//! The views of the log: how far they are, and having the indexes built anew.

use super::{Action, Ctx, Fault};
use crate::projection::index::IndexKey;
use comity_exchange::Scope;
use comity_ledger::store::Store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long is waited for a view that is not there yet.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Shows how far every view of the log is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowIndex {}

/// Has the indexes built anew under a fresh key at the next start: rows under the former key, wherever copies of them
/// are, can then not even be compared with a guess.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RebuildIndex {}

/// The views of a party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IndexShown {
    /// Each view.
    pub views: Vec<ViewShown>,
    /// How many classes of records the border tells apart.
    pub classes: u64,
    /// Objects read here by other parties since the start, after the first read of a record.
    pub reads: Vec<ReadsShown>,
}

/// A view.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ViewShown {
    /// Its name.
    pub name: String,
    /// Entries of the log that it has read.
    pub through: u64,
    /// Entries of the log.
    pub entries: u64,
    /// What hinders it.
    pub fault: Option<String>,
}

/// Reads of a party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadsShown {
    /// The party.
    pub party: String,
    /// Objects.
    pub objects: u64,
}

/// What will be done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RebuildShown {
    /// The views that are built anew.
    pub views: Vec<String>,
}

impl Action for ShowIndex {
    const NAME: &'static str = "index.show";
    const SUMMARY: &'static str = "shows how far every view of the log is";
    const SCOPE: Scope = Scope::Read;
    type Reply = IndexShown;

    async fn run(self, ctx: &Ctx) -> Result<IndexShown, Fault> {
        // Where no node runs, the views have only just begun to look.
        let size = ctx.views.feed().store().head().await?.size;
        let _still_behind = tokio::time::timeout(A_MOMENT, ctx.views.reach(size)).await.is_err();
        let view = |progress: &crate::projection::Progress| {
            let stage = progress.stage();
            let name = progress.name().to_owned();
            ViewShown { name, through: stage.through, entries: stage.head, fault: stage.fault }
        };
        let counts = ctx.views.reads().counts().into_iter();
        Ok(IndexShown {
            views: ctx.views.progress().iter().map(view).collect(),
            classes: ctx.views.index().classes.all().len() as u64,
            reads: counts.map(|(party, objects)| ReadsShown { party: party.to_string(), objects }).collect(),
        })
    }
}

impl Action for RebuildIndex {
    const NAME: &'static str = "index.rebuild";
    const SUMMARY: &'static str = "has the indexes built anew under a fresh key at the next start";
    const SCOPE: Scope = Scope::Operate;
    type Reply = RebuildShown;

    async fn run(self, ctx: &Ctx) -> Result<RebuildShown, Fault> {
        IndexKey::draw_at(&ctx.dir.join("index.key"), &*ctx.random)?;
        let index = ctx.views.index();
        let rebuilt = [Some(&index.objects), index.text.as_ref()].into_iter().flatten();
        Ok(RebuildShown { views: rebuilt.map(|view| view.name().to_owned()).collect() })
    }
}
