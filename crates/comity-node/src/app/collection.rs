//! Collections as the party's own people see them: those of audience classes, and saved searches that they begin and end.

use super::{Action, Ctx, Fault, house::enter, peer::Entered};
use crate::collections::{Collection, Of};
use comity_exchange::{
    Act, Scope,
    search::{Query, SavedSearch},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, str::FromStr};

/// Begins a saved search: a read-only collection. Values of one condition are joined by "or", conditions by "and".
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AddCollection {
    /// Its name: small letters, digits and hyphens.
    pub name: String,
    /// Its title; the name where absent.
    pub title: Option<String>,
    /// STIX types.
    pub types: Vec<String>,
    /// TLP of the records.
    pub tlp: Vec<String>,
    /// Labels of the objects.
    pub labels: Vec<String>,
    /// Ids of their authors.
    pub authors: Vec<String>,
    /// Parties from which the records come.
    pub origins: Vec<String>,
    /// Texts in any of their strings.
    pub texts: Vec<String>,
    /// Values that they speak of: names, with what is below them, addresses, with the ranges they are in, URLs, hashes, mail.
    #[serde(default)]
    pub values: Vec<String>,
}

/// Ends a saved search.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndCollection {
    /// Its name.
    pub name: String,
}

/// Lists the collections.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListCollections {}

/// A collection.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CollectionShown {
    /// Its UUID.
    pub id: String,
    /// A name that may stand for it.
    pub alias: String,
    /// Its title.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Object versions in it.
    pub objects: u64,
    /// When the last one came; empty where none did.
    pub last_added: String,
    /// Whether it can be added to.
    pub writable: bool,
}

impl Action for AddCollection {
    const NAME: &'static str = "collection.add";
    const SUMMARY: &'static str = "begins a saved search: a read-only collection for tools that speak TAXII";
    const SCOPE: Scope = Scope::Operate;
    type Reply = CollectionShown;

    async fn run(self, ctx: &Ctx) -> Result<CollectionShown, Fault> {
        let query = Query {
            types: self.types.into_iter().collect(),
            tlp: parsed(&self.tlp)?,
            labels: self.labels.into_iter().collect(),
            authors: self.authors.into_iter().collect(),
            origins: parsed(&self.origins)?,
            texts: self.texts.into_iter().collect(),
            values: (!self.values.is_empty())
                .then(|| self.values.iter().map(|text| canonical(text)).collect()),
        };
        let title = self.title.unwrap_or_else(|| self.name.clone());
        let search = SavedSearch { name: self.name.clone(), title, query };
        enter(ctx, Act::SearchBegins(search)).await?;
        ctx.collections.reach(ctx.sequencer.size()).await?;
        let begun = ctx.collections.find(&self.name).map(shown);
        begun
            .ok_or_else(|| Fault::new("collection/none", format!("the collection `{}` has ended", self.name)))
    }
}

impl Action for EndCollection {
    const NAME: &'static str = "collection.end";
    const SUMMARY: &'static str = "ends a saved search; the objects that it found stay";
    const SCOPE: Scope = Scope::Operate;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        enter(ctx, Act::SearchEnds { name: self.name }).await
    }
}

impl Action for ListCollections {
    const NAME: &'static str = "collection.list";
    const SUMMARY: &'static str = "lists the collections that tools read over TAXII";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<CollectionShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<CollectionShown>, Fault> {
        ctx.collections.reach(ctx.sequencer.size()).await?;
        Ok(ctx.collections.list().into_iter().map(shown).collect())
    }
}

fn shown(collection: Collection) -> CollectionShown {
    let last = collection.head.added();
    CollectionShown {
        id: collection.id.to_string(),
        alias: collection.alias,
        title: collection.title,
        description: collection.description,
        objects: collection.head.count,
        last_added: if last.0 > 0 { last.to_string() } else { String::new() },
        writable: matches!(collection.of, Of::Class(_)),
    }
}

/// A value in its one form; what is none is refused with the search.
fn canonical(text: &str) -> String {
    comity_threat::value::recognise(text).map_or_else(|| text.to_owned(), |value| value.text().to_owned())
}

fn parsed<T: FromStr<Err: std::fmt::Display> + Ord>(texts: &[String]) -> Result<BTreeSet<T>, Fault> {
    texts.iter().map(|text| text.parse().map_err(Fault::input)).collect()
}
