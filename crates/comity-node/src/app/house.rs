//! Units, officers and tokens: dated administrative acts, each entered in the ledger.

use super::{Action, Ctx, Fault, peer::Entered};
use comity_exchange::{
    Act, DeskFault, Scope,
    house::{Officer, Token, Unit},
};
use comity_record::{Date, Hash, OfficerId, UnitCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Adds a unit, or replaces its entry from a day on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddUnit {
    /// The code, such as `police/cyber`.
    pub code: String,
    /// The name.
    pub name: String,
    /// The unit above it.
    pub parent: Option<String>,
    /// The law or decision that makes it competent.
    pub competence: String,
    /// The purposes it is competent for; none means all.
    pub purposes: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
}

/// Ends a unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndUnit {
    /// The code.
    pub code: String,
    /// Its last day; today where absent.
    pub on: Option<String>,
}

/// Adds an officer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddOfficer {
    /// The id, such as `duty.officer`.
    pub id: String,
    /// The unit.
    pub unit: String,
    /// The name or office.
    pub name: String,
    /// From which day; today where absent.
    pub from: Option<String>,
}

/// Ends an officer, and with that every token bound to the officer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndOfficer {
    /// The id.
    pub id: String,
    /// The last day; today where absent.
    pub on: Option<String>,
}

/// Gives out a token bound to an officer. The token is shown once and stored only as its hash.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddToken {
    /// The officer.
    pub officer: String,
    /// What it allows: read, import, share, cases, law, peers, keys, officers, erase, operate, tasks, oversight.
    pub scopes: Vec<String>,
    /// For how many days; 90 where absent.
    pub days: Option<u16>,
}

/// Ends a token at once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndToken {
    /// The hash, or its first eight digits or more.
    pub hash: String,
}

/// Lists units, officers and tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListHouse {}

/// A token given out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TokenGiven {
    /// The token: shown now and never again.
    pub token: String,
    /// Its hash, by which it is listed and ended.
    pub hash: String,
    /// Until when it is good.
    pub until: String,
}

/// The house today.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HouseShown {
    /// The units.
    pub units: Vec<UnitShown>,
    /// The officers.
    pub officers: Vec<OfficerShown>,
    /// The tokens.
    pub tokens: Vec<TokenShown>,
}

/// A unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnitShown {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The unit above it.
    pub parent: Option<String>,
    /// What makes it competent.
    pub competence: String,
    /// The purposes; none means all.
    pub purposes: Vec<String>,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
}

/// An officer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OfficerShown {
    /// The id.
    pub id: String,
    /// The unit.
    pub unit: String,
    /// The name or office.
    pub name: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
}

/// A token.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TokenShown {
    /// Its hash.
    pub hash: String,
    /// The officer.
    pub officer: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// Until when.
    pub until: String,
}

impl Action for AddUnit {
    const NAME: &'static str = "unit.add";
    const SUMMARY: &'static str = "adds a unit with the law that makes it competent";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let purposes: Result<_, _> = self.purposes.iter().map(|purpose| purpose.parse()).collect();
        let unit = Unit {
            code: unit_code(&self.code)?,
            name: self.name,
            parent: self.parent.as_deref().map(unit_code).transpose()?,
            competence: self.competence,
            purposes: purposes.map_err(Fault::input)?,
            from: day(ctx, self.from.as_deref())?,
            until: None,
        };
        enter(ctx, Act::Unit(unit)).await
    }
}

impl Action for EndUnit {
    const NAME: &'static str = "unit.end";
    const SUMMARY: &'static str = "ends a unit";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let on = day(ctx, self.on.as_deref())?;
        enter(ctx, Act::UnitEnds { code: unit_code(&self.code)?, on }).await
    }
}

impl Action for AddOfficer {
    const NAME: &'static str = "officer.add";
    const SUMMARY: &'static str = "adds an officer to a unit";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let officer = Officer {
            id: officer_id(&self.id)?,
            unit: unit_code(&self.unit)?,
            name: self.name,
            from: day(ctx, self.from.as_deref())?,
            until: None,
        };
        enter(ctx, Act::Officer(officer)).await
    }
}

impl Action for EndOfficer {
    const NAME: &'static str = "officer.end";
    const SUMMARY: &'static str = "ends an officer and every token bound to the officer";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let on = day(ctx, self.on.as_deref())?;
        enter(ctx, Act::OfficerEnds { id: officer_id(&self.id)?, on }).await
    }
}

impl Action for AddToken {
    const NAME: &'static str = "token.add";
    const SUMMARY: &'static str = "gives out a token bound to an officer; it is shown once";
    const SCOPE: Scope = Scope::Officers;
    type Reply = TokenGiven;

    async fn run(self, ctx: &Ctx) -> Result<TokenGiven, Fault> {
        let scopes: Result<_, String> = self.scopes.iter().map(|scope| scope.parse()).collect();
        let token = crate::http::api::Token::draw(&*ctx.random)
            .map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let from = ctx.now();
        let until = from.date().plus_days(i32::from(self.days.unwrap_or(90))).start();
        let hash = token.hash();
        let scopes = scopes.map_err(Fault::input)?;
        enter(ctx, Act::Token(Token { hash, officer: officer_id(&self.officer)?, scopes, from, until }))
            .await?;
        Ok(TokenGiven { token: token.reveal().to_owned(), hash: hash.to_string(), until: until.to_string() })
    }
}

impl Action for EndToken {
    const NAME: &'static str = "token.end";
    const SUMMARY: &'static str = "ends a token at once";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let wanted = self.hash.to_lowercase();
        let hashes = ctx.sequencer.run(|desk, _| {
            Box::pin(async move { desk.house().tokens.keys().copied().collect::<Vec<Hash>>() })
        });
        let fits = |hash: &Hash| wanted.len() >= 8 && hash.to_string().starts_with(&wanted);
        let mut found = hashes.await?.into_iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(hash), None) => enter(ctx, Act::TokenEnds { hash, at: ctx.now() }).await,
            (None, _) => Err(Fault::new("house/no-token", format!("there is no token `{wanted}`"))),
            (Some(_), Some(_)) => Err(Fault::new("house/ambiguous-token", "several tokens begin so")
                .help("give more digits of the hash")),
        }
    }
}

impl Action for ListHouse {
    const NAME: &'static str = "house.list";
    const SUMMARY: &'static str = "lists units, officers and tokens";
    const SCOPE: Scope = Scope::Officers;
    type Reply = HouseShown;

    async fn run(self, ctx: &Ctx) -> Result<HouseShown, Fault> {
        let house = ctx.sequencer.run(|desk, _| Box::pin(async move { desk.house().clone() })).await?;
        let until = |until: Option<Date>| until.map(|day| day.to_string());
        let unit = |unit: &Unit| UnitShown {
            code: unit.code.to_string(),
            name: unit.name.clone(),
            parent: unit.parent.as_ref().map(ToString::to_string),
            competence: unit.competence.clone(),
            purposes: unit.purposes.iter().map(ToString::to_string).collect(),
            from: unit.from.to_string(),
            until: until(unit.until),
        };
        let officer = |officer: &Officer| OfficerShown {
            id: officer.id.to_string(),
            unit: officer.unit.to_string(),
            name: officer.name.clone(),
            from: officer.from.to_string(),
            until: until(officer.until),
        };
        let token = |token: &Token| TokenShown {
            hash: token.hash.to_string(),
            officer: token.officer.to_string(),
            scopes: token.scopes.iter().map(ToString::to_string).collect(),
            until: token.until.to_string(),
        };
        Ok(HouseShown {
            units: house.units.values().map(unit).collect(),
            officers: house.officers.values().map(officer).collect(),
            tokens: house.tokens.values().map(token).collect(),
        })
    }
}

/// Does an administrative act for whoever asks.
pub(in crate::app) async fn enter(ctx: &Ctx, act: Act) -> Result<Entered, Fault> {
    let by = ctx.by.clone();
    let entered = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let entered = desk.act(now, means.entropy(), by, act).await?;
            Ok::<_, DeskFault>(entered.map(|_| Entered { ledger_size: desk.log().size() }))
        })
    });
    Ok(entered.await???)
}

pub(super) fn unit_code(text: &str) -> Result<UnitCode, Fault> {
    text.parse().map_err(Fault::input)
}

fn officer_id(text: &str) -> Result<OfficerId, Fault> {
    text.parse().map_err(Fault::input)
}

pub(in crate::app) fn day(ctx: &Ctx, text: Option<&str>) -> Result<Date, Fault> {
    text.map_or_else(|| Ok(ctx.now().date()), |text| text.parse().map_err(Fault::input))
}
