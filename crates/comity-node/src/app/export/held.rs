//! Exports of what is held, found by the indexes: a search, or a collection, which may be a saved search.
//!
//! What a reader may not see is not read. Of an object the copy that stands goes out; what was taken out of a collection is
//! not in its exports.

use super::{ExportShown, Format, Kind, show};
use crate::{
    app::{
        Action, Ctx, Fault,
        search::{Search, Searching, asked_terms, no_words},
    },
    collections::{Collection, Of},
    reading::{Bound, Copy, Found, Query, Reader, Sight},
};
use comity_exchange::{Scope, taxii::AudienceClass};
use comity_ledger::store::Store;
use comity_record::label::Tlp;
use comity_threat::{
    Moment, Object,
    export::{Export, Options, Reach},
    index::{Family, fold},
    value::{Value, recognise},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Objects of one page.
const PAGE: usize = 1000;

/// Writes what is held in a form that other tools read: what a search finds, or what a collection holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ExportHeld {
    /// The search; its limits and versions do not count here.
    pub search: Search,
    /// The alias of a collection, such as a saved search; the search narrows it further.
    pub saved: Option<String>,
    /// The form.
    pub format: String,
    /// Kinds of value; all, where empty.
    pub kinds: Vec<String>,
    /// What the export is called in headers.
    pub name: String,
    /// The number of the first Suricata rule.
    pub first_rule: u32,
}

/// An export.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HeldExport {
    /// The text.
    pub text: String,
    /// What was written and left out.
    pub shown: ExportShown,
}

impl Action for ExportHeld {
    const NAME: &'static str = "export.held";
    const SUMMARY: &'static str = "writes what is held as STIX, MISP, lists, rules or zones for other tools";
    const SCOPE: Scope = Scope::Read;
    const LONGEST: Option<usize> = Some(4 << 20);
    const FOR_READERS: bool = true;
    type Reply = HeldExport;

    async fn run(self, ctx: &Ctx) -> Result<HeldExport, Fault> {
        let none = |name: &str| Fault::new("collection/none", format!("there is no collection `{name}`"));
        let collection = match &self.saved {
            Some(name) => Some(ctx.collection(name).ok_or_else(|| none(name))?),
            None => None,
        };
        let kinds: Result<_, _> = self.kinds.iter().map(|kind| kind.parse::<Kind>()).collect();
        let wanted = Wanted {
            search: self.search,
            collection,
            format: self.format.parse().map_err(Fault::input)?,
            kinds: kinds.map_err(Fault::input)?,
            name: self.name,
            first_rule: self.first_rule,
        };
        let written = write(ctx, ctx.reader.clone(), &wanted).await?;
        Ok(HeldExport { text: written.text, shown: written.shown })
    }
}

/// What an export is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub search: Search,
    pub collection: Option<Collection>,
    pub format: Format,
    pub kinds: BTreeSet<Kind>,
    pub name: String,
    pub first_rule: u32,
}

/// An export as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub text: String,
    pub shown: ExportShown,
    /// When the next indicator begins or ends to count: until then, and while nothing is added, it stays as it is.
    pub turns: Option<Moment>,
}

/// Writes what a reader may see of what is wanted.
pub(crate) async fn write(ctx: &Ctx, reader: Reader, wanted: &Wanted) -> Result<Written, Fault> {
    let store = ctx.views.feed().store();
    let size = store.head().await?.size;
    ctx.views.index().objects.reaches(size).await?;
    ctx.collections.reach(size).await?;
    if wanted.search.text.is_some() {
        ctx.views.index().text.as_ref().ok_or_else(no_words)?.reaches(size).await?;
    }
    // Only now: the classes that a reader may see are known by the index.
    let sight = &Sight::of(ctx, reader).await?;
    let lists = ctx.warnings.lists(&ctx.random).await?;
    let suppress = |value: &Value| lists.check(value).map(|warning| warning.list.to_owned());
    let mut export = Export::headless(wanted.options(ctx)?, &suppress);
    let searching = Searching { ctx, store, sight };
    let lengths = searching.lengths(&wanted.search.values).await?;
    let query = wanted.query(ctx, &lengths)?;
    let (mut after, mut added) = (None, i64::MIN);
    loop {
        let page = searching.finder().page(&query, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        let place = last.seen.place;
        after = Some(Bound { at: last.at, entry: place.entry, slot: place.slot });
        for copy in searching.read(&wanted.present(ctx, &page).await?).await? {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            if wanted.fits(&object, &copy, &query) && searching.stands(object.id(), copy.place).await? {
                added = added.max(copy.header.at.as_millis());
                export.take_as(&object, reach(&copy));
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    let turns = export.turns();
    let (text, report) = export.close(Moment::from_micros(added.max(0).saturating_mul(1000)));
    Ok(Written { text, shown: show(&report), turns })
}

fn reach(copy: &Copy) -> Reach {
    let class = AudienceClass::of(&copy.header.labels);
    Reach { tlp: Some(class.tlp), limited: class.limited }
}

fn tlp_term(tlp: Tlp) -> (Family, String) {
    (Family::Label, format!("tlp={}", tlp.as_str()))
}

/// What the indexes are asked for a saved search, so far as there are terms for its conditions.
pub(crate) fn conditions(asked: &comity_exchange::search::Query) -> Vec<Vec<(Family, String)>> {
    let list = |family: Family, texts: &BTreeSet<String>| -> Vec<(Family, String)> {
        texts.iter().map(|text| (family, text.clone())).collect()
    };
    let labels = asked.labels.iter().map(|label| (Family::Label, fold(label).into_owned()));
    // An address is also found in ranges, whose terms only a look at the index would tell.
    let values: Vec<Value> = asked.values().filter_map(recognise).collect();
    let by_terms = values.iter().all(|value| !matches!(value.kind(), Kind::Ipv4 | Kind::Ipv6));
    let none = (Vec::new(), Vec::new());
    let values = values.iter().filter(|_| by_terms).flat_map(|value| asked_terms(value, &none));
    let origins = asked.origins.iter().map(|party| (Family::Source, party.to_string()));
    let conditions = [
        list(Family::Type, &asked.types),
        asked.tlp.iter().map(|one| tlp_term(*one)).collect(),
        labels.collect(),
        values.collect(),
        list(Family::Source, &asked.authors),
        origins.collect(),
    ];
    conditions.into_iter().filter(|condition| !condition.is_empty()).collect()
}

impl Wanted {
    fn options(&self, ctx: &Ctx) -> Result<Options, Fault> {
        Ok(Options {
            format: self.format,
            now: ctx.now().to_string().parse().map_err(Fault::input)?,
            kinds: self.kinds.clone(),
            name: self.name.clone(),
            first_rule: self.first_rule,
        })
    }

    /// What the indexes are asked. The conditions of a saved search are asked so far as there are terms for them.
    fn query(&self, ctx: &Ctx, lengths: &(Vec<u8>, Vec<u8>)) -> Result<Query, Fault> {
        let mut query = self.search.query(lengths)?;
        match self.collection.as_ref().map(|collection| &collection.of) {
            None => {}
            Some(Of::Class(class)) => query.any.push(vec![tlp_term(class.tlp)]),
            Some(Of::Search(saved)) => {
                query.any.extend(conditions(&saved.query));
            }
            Some(Of::Concerning(id)) => {
                let none = || Fault::new("collection/none", "nothing is kept of this constituent yet");
                let term = ctx.views.index().concerned.term(id).ok_or_else(none)?;
                query.any.push(vec![(Family::Concerns, term)]);
            }
        }
        Ok(query)
    }

    /// Whether an object that was found is what is meant: terms are wider than some conditions.
    fn fits(&self, object: &Object<'_>, copy: &Copy, query: &Query) -> bool {
        let of_collection = match self.collection.as_ref().map(|collection| &collection.of) {
            None | Some(Of::Concerning(_)) => true,
            Some(Of::Class(class)) => AudienceClass::of(&copy.header.labels) == *class,
            Some(Of::Search(saved)) => saved.query.finds(object, &copy.header.origin, &copy.header.labels),
        };
        of_collection && query.text.is_in(object)
    }

    /// What was not taken out of the collection.
    async fn present(&self, ctx: &Ctx, page: &[Found]) -> Result<Vec<crate::reading::Seen>, Fault> {
        let seen: Vec<_> = page.iter().map(|found| found.seen).collect();
        let deletable = |one: &&Collection| !matches!(one.of, Of::Concerning(_));
        let Some(collection) = self.collection.as_ref().filter(deletable) else { return Ok(seen) };
        let places: Vec<_> = seen.iter().map(|one| (one.place.entry, one.place.slot)).collect();
        let present = ctx.collections.present(collection, &places).await?;
        Ok(seen.into_iter().zip(present).filter_map(|(one, there)| there.then_some(one)).collect())
    }
}
