//! Guests and constituents: readers who are no officers of the party. Their accounts and tokens are acts of the house; and of
//! whom of ours what is held speaks.

use super::{
    Action, Ctx, Fault,
    house::{TokenGiven, day, enter},
    peer::Entered,
    search::Searching,
    search::what,
};
use crate::{
    projection::index::{ClassId, WITHHELD},
    reading::{Bound, Copy, Query, Reader, Seen, Sight, serves_constituents},
};
use comity_exchange::{
    Act, Scope,
    account::{Constituent, Guest, Pass},
    concern::Territories,
};
use comity_ledger::store::Store;
use comity_record::{OfficerId, PartyCode};
use comity_threat::{
    Object,
    index::Family,
    value::{Kind, normalise, values_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Gives an officer of another party an account to read here.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AddGuest {
    /// The id of the account, such as `xb.duty`.
    pub id: String,
    /// The party.
    pub party: String,
    /// The name or office.
    pub name: String,
    /// What for; our border judges every record under it.
    pub purpose: String,
    /// Circles.
    pub circles: Vec<String>,
    /// Saved searches that are offered.
    pub collections: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
}

/// Gives somebody at home whom the party serves an account, or replaces what was known of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AddConstituent {
    /// The id of the account, such as `hospital-north`.
    pub id: String,
    /// The name.
    pub name: String,
    /// Whom to reach, and how.
    pub contact: String,
    /// Addresses and ranges.
    pub ranges: Vec<String>,
    /// Numbers of autonomous systems.
    pub networks: Vec<u32>,
    /// Names; each speaks of all below it.
    pub domains: Vec<String>,
    /// Circles.
    pub circles: Vec<String>,
    /// Saved searches that are offered.
    pub collections: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
}

/// Ends an account of a guest or constituent, and every token of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndAccount {
    /// The id.
    pub id: String,
}

/// Gives out a token of an account. It reads, and nothing else; it is shown once and stored only as its hash.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddPass {
    /// The id of the account.
    pub id: String,
    /// For how many days; 90 where absent.
    pub days: Option<u16>,
}

/// Offers saved searches to the members of a circle, in the place of those offered so far.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GiveCircle {
    /// The circle.
    pub circle: String,
    /// The names of saved searches; none ends the offer.
    pub collections: Vec<String>,
}

/// Lists guests, constituents and circles.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListAccounts {}

/// Lists what is held that speaks of constituents.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListHits {
    /// One constituent; all where absent.
    pub id: Option<String>,
}

/// The accounts today.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AccountsShown {
    /// Officers of other parties.
    pub guests: Vec<GuestShown>,
    /// Constituents.
    pub constituents: Vec<ConstituentShown>,
    /// Circles, with the saved searches that their members are offered.
    pub circles: BTreeMap<String, Vec<String>>,
}

/// An officer of another party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GuestShown {
    /// The id.
    pub id: String,
    /// The party.
    pub party: String,
    /// The name or office.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// Circles.
    pub circles: Vec<String>,
    /// The saved searches offered, those of circles too.
    pub collections: Vec<String>,
    /// Tokens in force.
    pub tokens: u64,
}

/// A constituent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConstituentShown {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Whom to reach.
    pub contact: String,
    /// Addresses and ranges.
    pub ranges: Vec<String>,
    /// Numbers of autonomous systems.
    pub networks: Vec<u32>,
    /// Names.
    pub domains: Vec<String>,
    /// Circles.
    pub circles: Vec<String>,
    /// The saved searches offered, those of circles too.
    pub collections: Vec<String>,
    /// Tokens in force.
    pub tokens: u64,
}

/// An object that speaks of a constituent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HitsShown {
    /// The constituent.
    pub constituent: String,
    /// The object.
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// Its name, value or pattern, shortened.
    pub what: String,
    /// Its values that belong to the constituent.
    pub values: Vec<String>,
    /// Sightings of it that are held.
    pub sightings: u64,
    /// The audience of its record.
    pub tlp: String,
    /// Who signed the record.
    pub origin: String,
    /// When it was added here.
    pub added: String,
    /// Whether the constituent sees it. What it may not see a person has to decide about.
    pub shown: bool,
}

impl Action for AddGuest {
    const NAME: &'static str = "guest.add";
    const SUMMARY: &'static str = "gives an officer of another party an account to read here";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let party: PartyCode = self.party.parse().map_err(Fault::input)?;
        let known = party.clone();
        let peer = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.peer(&known).map(drop) }));
        peer.await??;
        let guest = Guest {
            id: self.id.parse().map_err(Fault::input)?,
            party,
            name: self.name,
            purpose: self.purpose.parse().map_err(Fault::input)?,
            circles: self.circles.into_iter().collect(),
            collections: searches(ctx, self.collections)?,
            from: day(ctx, self.from.as_deref())?,
        };
        enter(ctx, Act::GuestBegins(guest)).await
    }
}

impl Action for AddConstituent {
    const NAME: &'static str = "constituent.add";
    const SUMMARY: &'static str = "gives somebody at home whom the party serves an account";
    const SCOPE: Scope = Scope::Officers;
    const LONGEST: Option<usize> = Some(2 << 20);
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let one_form = |kind: Kind, texts: &[String]| -> Result<BTreeSet<String>, Fault> {
            let read = texts.iter().map(|text| normalise(kind, text).map(|value| value.text().to_owned()));
            read.collect::<Result<_, _>>().map_err(|fault| Fault::new(fault.code(), fault.to_string()))
        };
        let constituent = Constituent {
            id: self.id.parse().map_err(Fault::input)?,
            name: self.name,
            contact: self.contact,
            ranges: one_form(Kind::Cidr, &self.ranges)?,
            networks: self.networks.into_iter().collect(),
            domains: one_form(Kind::Name, &self.domains)?,
            circles: self.circles.into_iter().collect(),
            collections: searches(ctx, self.collections)?,
            from: day(ctx, self.from.as_deref())?,
        };
        enter(ctx, Act::ConstituentBegins(constituent)).await
    }
}

impl Action for EndAccount {
    const NAME: &'static str = "account.end";
    const SUMMARY: &'static str = "ends an account of a guest or constituent, and every token of it";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        enter(ctx, Act::AccountEnds { id: self.id.parse().map_err(Fault::input)? }).await
    }
}

impl Action for AddPass {
    const NAME: &'static str = "account.token";
    const SUMMARY: &'static str = "gives out a token of a guest or constituent, which reads and nothing else";
    const SCOPE: Scope = Scope::Officers;
    type Reply = TokenGiven;

    async fn run(self, ctx: &Ctx) -> Result<TokenGiven, Fault> {
        let token = crate::http::api::Token::draw(&*ctx.random)
            .map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let from = ctx.now();
        let until = from.date().plus_days(i32::from(self.days.unwrap_or(90))).start();
        let (hash, account) = (token.hash(), self.id.parse().map_err(Fault::input)?);
        enter(ctx, Act::Pass(Pass { hash, account, from, until })).await?;
        Ok(TokenGiven { token: token.reveal().to_owned(), hash: hash.to_string(), until: until.to_string() })
    }
}

impl Action for GiveCircle {
    const NAME: &'static str = "circle.give";
    const SUMMARY: &'static str = "offers saved searches to the members of a circle";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let collections = self.collections.into_iter().collect();
        enter(ctx, Act::CircleGiven { circle: self.circle, collections }).await
    }
}

impl Action for ListAccounts {
    const NAME: &'static str = "account.list";
    const SUMMARY: &'static str = "lists guests, constituents and circles";
    const SCOPE: Scope = Scope::Officers;
    type Reply = AccountsShown;

    async fn run(self, ctx: &Ctx) -> Result<AccountsShown, Fault> {
        let (house, now) = (ctx.sequencer.house(), ctx.now());
        let tokens = |id: &OfficerId| {
            house.passes.values().filter(|pass| pass.account == *id && now < pass.until).count() as u64
        };
        let listed = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        let offered = |id: &OfficerId| {
            house.account(id).map(|account| listed(&house.offered(&account))).unwrap_or_default()
        };
        let guest = |one: &Guest| GuestShown {
            id: one.id.to_string(),
            party: one.party.to_string(),
            name: one.name.clone(),
            purpose: one.purpose.to_string(),
            circles: listed(&one.circles),
            collections: offered(&one.id),
            tokens: tokens(&one.id),
        };
        let constituent = |one: &Constituent| ConstituentShown {
            id: one.id.to_string(),
            name: one.name.clone(),
            contact: one.contact.clone(),
            ranges: listed(&one.ranges),
            networks: one.networks.iter().copied().collect(),
            domains: listed(&one.domains),
            circles: listed(&one.circles),
            collections: offered(&one.id),
            tokens: tokens(&one.id),
        };
        Ok(AccountsShown {
            guests: house.guests.values().map(guest).collect(),
            constituents: house.constituents.values().map(constituent).collect(),
            circles: house.circles.iter().map(|(name, set)| (name.clone(), listed(set))).collect(),
        })
    }
}

/// Objects of one page, and sightings of one that are counted.
const PAGE: usize = 500;
const SIGHTINGS: u32 = 1000;

impl Action for ListHits {
    const NAME: &'static str = "constituent.hits";
    const SUMMARY: &'static str = "lists what is held that speaks of constituents, and whether they see it";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<HitsShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<HitsShown>, Fault> {
        let house = ctx.sequencer.house();
        let wanted: Option<OfficerId> =
            self.id.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        if let Some(id) = wanted.as_ref().filter(|id| !house.constituents.contains_key(*id)) {
            return Err(Fault::new("account/none", format!("there is no constituent `{id}`")));
        }
        let store = ctx.views.feed().store();
        ctx.views.index().objects.reaches(store.head().await?.size).await?;
        let sight = Sight::of(ctx, Reader::Own).await?;
        let search = Searching { ctx, store, sight: &sight };
        let mut shown = Vec::new();
        for one in house.constituents.values() {
            if wanted.as_ref().is_none_or(|id| *id == one.id) {
                shown.extend(hits(search, one).await?);
            }
        }
        Ok(shown)
    }
}

/// What speaks of one, newest first.
async fn hits(search: Searching<'_>, constituent: &Constituent) -> Result<Vec<HitsShown>, Fault> {
    let Some(term) = search.ctx.views.index().concerned.term(&constituent.id) else { return Ok(Vec::new()) };
    let query = Query { any: vec![vec![(Family::Concerns, term)]], ..Query::default() };
    let served = search.ctx.views.index().classes.all().into_iter();
    let served: BTreeSet<ClassId> =
        served.filter(|(_, known)| serves_constituents(known)).map(|(id, _)| id).collect();
    let territory = Territories::of([constituent]);
    let (mut shown, mut after) = (Vec::new(), None);
    loop {
        let page = search.finder().page(&query, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(shown) };
        let place = last.seen.place;
        after = Some(Bound { at: last.at, entry: place.entry, slot: place.slot });
        let seen: Vec<Seen> =
            page.iter().map(|found| found.seen).filter(|seen| seen.class != WITHHELD).collect();
        let classes: BTreeMap<_, ClassId> = seen.iter().map(|seen| (seen.place, seen.class)).collect();
        for copy in search.read(&seen).await? {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            if object.common().is_revoked() || !search.stands(object.id(), copy.place).await? {
                continue;
            }
            let sees = classes.get(&copy.place).is_some_and(|class| served.contains(class));
            let sightings = sightings(search, object.id()).await?;
            shown.push(hit(constituent, &territory, &copy, &object, sightings, Sees(sees)));
        }
        if page.len() < PAGE {
            return Ok(shown);
        }
    }
}

/// Whether the constituent sees an object.
struct Sees(bool);

fn hit(
    constituent: &Constituent,
    territory: &Territories,
    copy: &Copy,
    object: &Object<'_>,
    sightings: u64,
    Sees(shown): Sees,
) -> HitsShown {
    let values = values_of(object).into_iter().filter(|value| !territory.holders(value).is_empty());
    HitsShown {
        constituent: constituent.id.to_string(),
        id: object.id().to_owned(),
        r#type: object.type_name().to_owned(),
        what: what(object),
        values: values.map(|value| value.text().to_owned()).collect(),
        sightings,
        tlp: copy.header.labels.tlp.to_string(),
        origin: copy.header.origin.to_string(),
        added: copy.header.at.to_string(),
        shown,
    }
}

async fn sightings(search: Searching<'_>, id: &str) -> Result<u64, Fault> {
    let found = search.finder().with(Family::Reference, id, SIGHTINGS).await?;
    let seen: Vec<Seen> = found.iter().map(|found| found.seen).collect();
    let copies = search.read(&seen).await?;
    let is = |copy: &&Copy| Object::read(&copy.bytes).is_ok_and(|object| object.type_name() == "sighting");
    Ok(copies.iter().filter(is).count() as u64)
}

/// Names of saved searches, each of which there is.
fn searches(ctx: &Ctx, names: Vec<String>) -> Result<BTreeSet<String>, Fault> {
    let house = ctx.sequencer.house();
    match names.iter().find(|name| !house.searches.contains_key(*name)) {
        Some(name) => Err(Fault::new(
            "house/no-search",
            format!("there is no saved search `{}`", crate::http::shown(name, 60)),
        )
        .help("`comity collection add` begins one")),
        None => Ok(names.into_iter().collect()),
    }
}
