//! The indicators that a party holds, for matching at home: page by page from the collections, and those that come while
//! somebody waits.

use super::{Action, Ctx, Fault};
use crate::collections::Collection;
use comity_exchange::{
    Scope,
    taxii::{Added, AudienceClass, Item},
};
use comity_threat::{
    Object,
    hunt::is_of_use,
    indicators::{Word, of_object, words_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Gives the indicators that the party holds, and what others say of them, in the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HeldIndicators {
    /// The alias of a collection, such as a saved search; all that is held where absent.
    pub saved: Option<String>,
    /// Only those that came after this date, as an answer before gave it.
    pub after: Option<String>,
    /// How many seconds to wait for the first that comes, where none is there; at most 30.
    pub wait: Option<u32>,
}

/// A page of indicators.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct IndicatorsShown {
    /// The indicators.
    pub indicators: Vec<IndicatorShown>,
    /// What others say of indicators: the id, and whether it was seen (`true`) or somebody disagrees.
    pub words: Vec<(String, bool)>,
    /// The date to go on from.
    pub next: String,
    /// Whether there is more already.
    pub more: bool,
    /// Another one than before says that something was taken out: erased, recalled or deleted.
    pub generation: String,
}

/// An indicator or an observable.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IndicatorShown {
    /// The id of its object.
    pub id: String,
    /// Its version.
    pub modified: Option<String>,
    /// From when it counts.
    pub from: Option<String>,
    /// Until when it counts (exclusive).
    pub until: Option<String>,
    /// Whether this version takes it back.
    pub revoked: bool,
    /// How sure its author is.
    pub confidence: Option<u8>,
    /// The kinds and canonical texts of the values of which each alone is a hit.
    pub values: Vec<(String, String)>,
}

/// Objects of a page.
const PAGE: u32 = 5000;
/// The longest wait.
const WAIT: u32 = 30;

impl Action for HeldIndicators {
    const NAME: &'static str = "indicators.held";
    const SUMMARY: &'static str = "gives the indicators held, for matching at home, and those that come";
    const SCOPE: Scope = Scope::Read;
    type Reply = IndicatorsShown;

    async fn run(self, ctx: &Ctx) -> Result<IndicatorsShown, Fault> {
        let none = |name: &str| Fault::new("collection/none", format!("there is no collection `{name}`"));
        let after: Added = match &self.after {
            Some(date) => date.parse().map_err(|_| Fault::input(format!("`{date}` is no date")))?,
            None => Added::NEVER,
        };
        let wait = Duration::from_secs(self.wait.unwrap_or(0).min(WAIT).into());
        let mut changes = ctx.sequencer.changes();
        let waiting = tokio::time::sleep(wait);
        tokio::pin!(waiting);
        loop {
            let size = *changes.borrow_and_update();
            ctx.collections.reach(size).await?;
            let collections = match &self.saved {
                Some(name) => vec![ctx.collections.find(name).ok_or_else(|| none(name))?],
                None => every(ctx),
            };
            let shown = page(ctx, &collections, after).await?;
            let news = shown.next != after.to_string();
            if news || wait.is_zero() || waiting.is_elapsed() {
                return Ok(shown);
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return Ok(shown) },
                () = &mut waiting => {}
            }
        }
    }
}

/// The collections of all classes.
fn every(ctx: &Ctx) -> Vec<Collection> {
    AudienceClass::all().filter_map(|class| ctx.collections.find(&class.alias())).collect()
}

/// What came into these collections after a date, in order over all of them.
async fn page(ctx: &Ctx, collections: &[Collection], after: Added) -> Result<IndicatorsShown, Fault> {
    let generation = ctx.collections.generation();
    let (mut items, mut through): (Vec<Item>, Option<Added>) = (Vec::new(), None);
    for collection in collections {
        let found = ctx.collections.after(collection, after, PAGE).await?;
        if let Some(last) = found.last().filter(|_| found.len() >= PAGE as usize) {
            through = Some(through.map_or(last.added, |through: Added| through.min(last.added)));
        }
        items.extend(found);
    }
    items.retain(|item| through.is_none_or(|through| item.added <= through));
    items.sort_by_key(|item| item.added);
    let next = items.last().map_or(after, |item| item.added).to_string();
    let more = through.is_some();
    items.retain(|item| {
        matches!(item.type_name.as_str(), "indicator" | "sighting" | "opinion") || is_of_use(&item.type_name)
    });
    let mut shown = IndicatorsShown { next, more, generation, ..IndicatorsShown::default() };
    for bytes in ctx.collections.bytes(&items).await?.into_iter().flatten() {
        let Ok(object) = Object::read(&bytes) else { continue };
        words_of(&object, &mut |id, word| shown.words.push((id.to_owned(), word == Word::Sighted)));
        let Some(one) = of_object(&object) else { continue };
        let text = |moment: Option<comity_threat::Moment>| moment.map(|moment| moment.to_string());
        let values = one.values.iter().map(|value| (value.kind().word().to_owned(), value.text().to_owned()));
        shown.indicators.push(IndicatorShown {
            modified: text(one.modified),
            from: text(one.valid_from),
            until: text(one.valid_until),
            revoked: one.revoked,
            confidence: one.confidence,
            values: values.collect(),
            id: one.id,
        });
    }
    Ok(shown)
}
