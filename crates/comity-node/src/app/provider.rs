//! Orders to providers: given by our own authority, in its own words, with the fields of a case that an officer chose one by
//! one. The order holds nothing else of the case: no party, no reference, no step. Answers come back with their hashes.

use super::{
    Action, Ctx, Fault,
    case::{acting::Acting, authorise::thread_of},
    house::{day, enter, unit_code},
    paper::held,
    party::key_fault,
    peer::Entered,
    sequencer::{Means, NodeDesk},
    standing::{self, Standing, standing_authority},
    to_hex,
};
use crate::{
    keys::Keys,
    paper::{Line, Page, PageKind, Said},
};
use comity_affairs::provider::{Order, OrderFault, Provider, chosen};
use comity_exchange::{
    Act, Scope,
    inner::{InnerAct, OrderAnswered, OrderGiven, next_order, orders},
};
use comity_record::{Attested, Canonical, Date, Hash, KeyPurpose, OfficerId, Signer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// Adds a provider, or replaces its entry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddProvider {
    /// Its code here, such as `mail-example`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where orders are handed over.
    pub contact: String,
    /// On what its duty to answer rests.
    pub source: String,
    /// From which day; today where absent.
    pub from: Option<String>,
}

/// Ends a provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndProvider {
    /// Its code.
    pub code: String,
    /// The last day; today where absent.
    pub on: Option<String>,
}

/// Lists the providers, with the orders given to each.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListProviders {}

/// A provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderShown {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where orders are handed over.
    pub contact: String,
    /// On what its duty to answer rests.
    pub source: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
    /// Its orders.
    pub orders: Vec<OrderShown>,
}

/// An order as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderShown {
    /// Its number.
    pub number: u32,
    /// What is ordered.
    pub what: String,
    /// When.
    pub at: String,
    /// Until when an answer is wanted.
    pub due: String,
    /// The case it serves, at home.
    pub case: Option<String>,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// The answers, each with its hashes.
    pub answers: Vec<AnswerShown>,
}

/// An answer of a provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerShown {
    /// The name of the file.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of it.
    pub sha256: String,
    /// SHA-512 of it.
    pub sha512: String,
    /// When it was taken back.
    pub at: String,
    /// By whom; absent for the machine's console.
    pub by: Option<String>,
}

/// Gives an order to a provider.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderProvider {
    /// The provider.
    pub provider: String,
    /// The case it serves; it stays at home.
    pub case: Option<String>,
    /// What is ordered, in words.
    pub what: String,
    /// The domestic law or decision that it rests on.
    pub law: String,
    /// The fields of the case that are told, by their codes; none where none is named.
    pub fields: Vec<String>,
    /// Until which day an answer is wanted.
    pub due: String,
    /// Whether the provider must keep it secret from the person concerned.
    pub secret: bool,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// The unit that orders; only the machine's console may name one.
    pub unit: Option<String>,
}

/// An order, signed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderMade {
    /// Its number.
    pub number: u32,
    /// The provider's name.
    pub provider: String,
    /// The page in HTML, complete in itself.
    pub page: String,
    /// The signed order in hexadecimal digits.
    pub order: String,
    /// Exactly what the provider is told.
    pub told: Vec<(String, String)>,
}

/// Takes an answer back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerOrder {
    /// The number of the order.
    pub number: u32,
    /// The name of the file.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of it.
    pub sha256: String,
    /// SHA-512 of it.
    pub sha512: String,
}

impl Action for AddProvider {
    const NAME: &'static str = "provider.add";
    const SUMMARY: &'static str = "adds a provider to whom orders may be given";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let provider = Provider {
            code: unit_code(&self.code)?,
            name: self.name,
            contact: self.contact,
            source: self.source,
            from: day(ctx, self.from.as_deref())?,
            until: None,
        };
        enter(ctx, Act::Provider(provider)).await
    }
}

impl Action for EndProvider {
    const NAME: &'static str = "provider.end";
    const SUMMARY: &'static str = "ends a provider";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let on = day(ctx, self.on.as_deref())?;
        enter(ctx, Act::ProviderEnds { code: unit_code(&self.code)?, on }).await
    }
}

impl Action for ListProviders {
    const NAME: &'static str = "provider.list";
    const SUMMARY: &'static str = "lists the providers with their orders and answers";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<ProviderShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<ProviderShown>, Fault> {
        let read = ctx.sequencer.run(|desk, _| {
            Box::pin(async move {
                let entries = desk.inner_entries().await?;
                Ok::<_, Fault>((orders(&entries), desk.house().providers.clone()))
            })
        });
        let (orders, providers) = read.await??;
        let shown = |provider: Provider| {
            let of_it = orders.values().filter(|(given, _)| given.provider == provider.code);
            ProviderShown {
                orders: of_it.map(|(given, answers)| order_shown(given, answers)).collect(),
                code: provider.code.to_string(),
                name: provider.name,
                contact: provider.contact,
                source: provider.source,
                from: provider.from.to_string(),
                until: provider.until.map(|day| day.to_string()),
            }
        };
        Ok(providers.into_values().map(shown).collect())
    }
}

impl Action for OrderProvider {
    const NAME: &'static str = "provider.order";
    const SUMMARY: &'static str =
        "gives an order to a provider: a signed page with what was chosen and nothing else";
    const SCOPE: Scope = Scope::Cases;
    type Reply = OrderMade;

    async fn run(self, ctx: &Ctx) -> Result<OrderMade, Fault> {
        let standing = standing::of(ctx, self.unit.as_deref())?;
        let by = ctx.by.clone();
        let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
        let signer = keys.signer(KeyPurpose::Record, ctx.now()).map_err(key_fault)?;
        ctx.sequencer.run(move |desk, means| Box::pin(order(desk, means, standing, by, signer, self))).await?
    }
}

impl Action for AnswerOrder {
    const NAME: &'static str = "provider.answer";
    const SUMMARY: &'static str = "takes a provider's answer back, by its hashes";
    const SCOPE: Scope = Scope::Cases;
    type Reply = OrderShown;

    async fn run(self, ctx: &Ctx) -> Result<OrderShown, Fault> {
        let by = ctx.by.clone();
        let sha256 = Hash::from_hex(&self.sha256);
        let sha512 = super::hex(&self.sha512).filter(|bytes| bytes.len() == 64);
        let (Some(sha256), Some(sha512)) = (sha256, sha512) else {
            return Err(Fault::new("input/bad-value", "the hashes are not in hexadecimal digits"));
        };
        let answered = OrderAnswered {
            number: self.number,
            name: self.name.chars().take(255).collect(),
            size: self.size,
            sha256,
            sha512: sha512.into(),
        };
        ctx.sequencer.run(move |desk, means| Box::pin(answer(desk, means, by, answered))).await?
    }
}

async fn order(
    desk: &mut NodeDesk,
    means: &mut Means,
    standing: Standing,
    by: Option<OfficerId>,
    signer: Arc<dyn Signer>,
    asked: OrderProvider,
) -> Result<OrderMade, Fault> {
    let now = means.now();
    let unit = standing.acting()?.clone();
    let tree = desk.house().tree();
    let authority_name = standing_authority(&tree, &unit, now.date())?.name.clone();
    let code = unit_code(&asked.provider)?;
    let provider = desk.house().providers.get(&code).filter(|one| one.stands_on(now.date())).cloned();
    let provider = provider.ok_or_else(|| {
        Fault::new("provider/none", format!("there is no provider `{code}` today"))
            .help("`comity provider list` shows them")
    })?;
    let case = match &asked.case {
        None => None,
        Some(wanted) => {
            let acting = Acting::of(desk.house(), by.as_ref(), None, now.date())?;
            let case = desk.find_case(wanted).await?;
            acting.must_read(desk.house(), thread_of(desk, case).await?, wanted, now.date())?;
            Some(held(desk, case).await?)
        }
    };
    let codes: BTreeSet<String> = asked.fields.iter().cloned().collect();
    let view = case.as_ref().map(|file| file.history.view());
    let fields = match &view {
        Some(view) => chosen(view, &codes)?,
        None if codes.is_empty() => Default::default(),
        None => {
            return Err(Fault::new("provider/no-case", "fields are chosen from a case, and none is named"));
        }
    };
    if asked.what.trim().is_empty() || asked.law.trim().is_empty() {
        return Err(OrderFault::Words.into());
    }
    let exercise = asked.exercise || view.as_ref().is_some_and(|view| view.exercise);
    let number = next_order(&desk.inner_entries().await?);
    let console = || "console".parse().map_err(Fault::input);
    let order = Order {
        version: 1,
        party: desk.party().clone(),
        number,
        provider: provider.name.clone(),
        authority: unit,
        authority_name,
        officer: by.clone().map_or_else(console, Ok)?,
        at: now,
        law: asked.law,
        what: asked.what,
        fields,
        due: asked.due.parse::<Date>().map_err(Fault::input)?,
        secret: asked.secret,
        exercise,
    };
    let case = case.map(|file| file.case);
    let entry = OrderGiven { provider: code, case, order: order.clone() };
    desk.enter_inner(now, means.entropy(), by, InnerAct::Order(Box::new(entry))).await?;
    let told = told(&order);
    let id = order.hash();
    let signed = Attested::sign(order.clone(), &*signer);
    let signed = signed.map_err(|failed| key_fault(failed.into()))?;
    let line = |(code, value): &(String, String)| Line {
        code: code.clone(),
        name: code.clone(),
        value: value.clone(),
    };
    let page = Page {
        kind: PageKind::Order,
        from: order.authority_name.clone(),
        to: order.provider.clone(),
        at: now.to_string(),
        exercise,
        records: vec![Said {
            kind: format!("Order {number}"),
            record: id.to_string(),
            from: format!("{} {} ({})", order.party, order.authority, order.officer),
            labels: String::new(),
            lines: told.iter().map(line).collect(),
        }],
        payload: signed.as_bytes().to_vec(),
    };
    let (provider, page) = (order.provider, page.html()?);
    Ok(OrderMade { number, provider, page, order: to_hex(signed.as_bytes()), told })
}

/// Everything that an order tells, in order.
pub fn told(order: &Order) -> Vec<(String, String)> {
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let mut told = vec![
        ("authority".to_owned(), format!("{} ({}, {})", order.authority_name, order.party, order.authority)),
        ("officer".to_owned(), order.officer.to_string()),
        ("law".to_owned(), order.law.clone()),
        ("what".to_owned(), order.what.clone()),
        ("due".to_owned(), order.due.to_string()),
        ("secret".to_owned(), yes(order.secret)),
    ];
    if order.exercise {
        told.push(("exercise".to_owned(), "this is an exercise".to_owned()));
    }
    told.extend(order.fields.iter().map(|(code, value)| (code.clone(), value.clone())));
    told
}

async fn answer(
    desk: &mut NodeDesk,
    means: &mut Means,
    by: Option<OfficerId>,
    answered: OrderAnswered,
) -> Result<OrderShown, Fault> {
    let number = answered.number;
    let none = || Fault::new("provider/no-order", format!("no order {number} was given"));
    orders(&desk.inner_entries().await?).get(&number).ok_or_else(none)?;
    desk.enter_inner(means.now(), means.entropy(), by, InnerAct::OrderAnswered(answered)).await?;
    let after = orders(&desk.inner_entries().await?);
    let (given, answers) = after.get(&number).ok_or_else(none)?;
    Ok(order_shown(given, answers))
}

fn order_shown(given: &OrderGiven, answers: &[comity_exchange::inner::Answer]) -> OrderShown {
    let shown = |answer: &comity_exchange::inner::Answer| AnswerShown {
        name: answer.answered.name.clone(),
        size: answer.answered.size,
        sha256: answer.answered.sha256.to_string(),
        sha512: to_hex(&answer.answered.sha512),
        at: answer.at.to_string(),
        by: answer.by.as_ref().map(ToString::to_string),
    };
    OrderShown {
        number: given.order.number,
        what: given.order.what.clone(),
        at: given.order.at.to_string(),
        due: given.order.due.to_string(),
        case: given.case.map(|case| case.to_string()),
        exercise: given.order.exercise,
        answers: answers.iter().map(shown).collect(),
    }
}

impl From<OrderFault> for Fault {
    fn from(fault: OrderFault) -> Fault {
        Fault::new(fault.code(), fault.to_string())
    }
}
