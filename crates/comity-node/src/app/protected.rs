//! The register of protected objects: one's own, and those that other States have stated to us. A measure aimed at one is shown
//! its sign and wants a second reading.

use super::{
    Action, Ctx, Fault,
    house::{day, enter},
    party::key_fault,
    peer::Entered,
};
use crate::keys::{Keys, armour_attested, unarmour_attested};
use comity_affairs::{
    home::Draft,
    protected::{Mark, Protected, ProtectedFault, Visibility},
};
use comity_exchange::{Act, House, Scope};
use comity_record::{Attested, Date, KeyPurpose, PartyCode, body::Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Enters a protected object of ours, or replaces its entry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddProtected {
    /// Its code here.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is: medical, humanitarian, cultural, indispensable, dangerous-forces, civil-defence, peace-operation, press,
    /// diplomatic.
    pub kind: String,
    /// The law that protects it, with its article.
    pub basis: String,
    /// Who gave it the emblem, where it bears one.
    pub issuer: Option<String>,
    /// By what it is known, each as `address 203.0.113.0/28`, `name hospital.example`, `account PROVIDER:ACCOUNT` or
    /// `device NUMBER`.
    pub marks: Vec<String>,
    /// Whom to tell of harm to it.
    pub contact: String,
    /// `public`, or `trust`; where States are named, they alone are shown it.
    pub visibility: Option<String>,
    /// The States that are shown it.
    pub shown_to: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// Its last day, where it is known.
    pub until: Option<String>,
}

/// Takes in what another State states of a protected object of its own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TakeProtected {
    /// The signed statement, as text between its two marks.
    pub statement: String,
}

/// States a protected object of ours to another State.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GiveProtected {
    /// Its code.
    pub code: String,
    /// The State.
    pub to: String,
}

/// Lists the protected objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListProtected {}

/// A protected object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProtectedShown {
    /// Whose it is.
    pub owner: String,
    /// Its code there.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// The law that protects it.
    pub basis: String,
    /// Who gave it the emblem.
    pub issuer: Option<String>,
    /// By what it is known.
    pub marks: Vec<String>,
    /// Whom to tell of harm to it.
    pub contact: String,
    /// To whom it is shown.
    pub visibility: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
    /// Whether it is protected today.
    pub stands: bool,
}

/// A statement about a protected object.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProtectedGiven {
    /// The object's code.
    pub code: String,
    /// The signed statement, as text between its two marks.
    pub statement: String,
}

impl Action for AddProtected {
    const NAME: &'static str = "protected.add";
    const SUMMARY: &'static str = "enters a protected object of ours";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let parties: Result<BTreeSet<PartyCode>, _> =
            self.shown_to.iter().map(|party| party.parse()).collect();
        let parties = parties.map_err(Fault::input)?;
        let visibility = match (self.visibility.as_deref(), parties.is_empty()) {
            (None, false) => Visibility::Named(parties),
            (Some("public"), true) => Visibility::Public,
            (Some("trust") | None, true) => Visibility::Trust,
            _ => {
                return Err(Fault::input("an object is public, held in trust, or shown to the States named"));
            }
        };
        let marks: Result<BTreeSet<Mark>, ProtectedFault> =
            self.marks.iter().map(|mark| mark.parse()).collect();
        let object = Protected {
            version: 1,
            owner: ctx.party.clone(),
            code: self.code,
            name: self.name,
            kind: self.kind.parse().map_err(of_object)?,
            basis: self.basis,
            issuer: self.issuer,
            marks: marks.map_err(of_object)?,
            contact: self.contact,
            visibility,
            from: day(ctx, self.from.as_deref())?,
            until: self.until.as_deref().map(|text| text.parse().map_err(Fault::input)).transpose()?,
            at: ctx.now(),
        };
        enter(ctx, Act::Protected(Box::new(object))).await
    }
}

impl Action for TakeProtected {
    const NAME: &'static str = "protected.take";
    const SUMMARY: &'static str = "takes in what another State states of a protected object of its own";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let signed = unarmour_attested::<Protected>(&self.statement);
        let signed = signed.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let object = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let object = signed.verify(desk.keys());
                object.cloned().map_err(|fault| Fault::new(fault.code(), fault.to_string()))
            })
        });
        let object = object.await??;
        if object.owner == ctx.party {
            return Err(
                Fault::new("protected/own", "the object is ours").help("`comity protected add` enters it")
            );
        }
        // What was stated later counts, so that an older statement does not bring back what has changed.
        let house = ctx.sequencer.house();
        let known = house.protected.get(&(object.owner.clone(), object.code.clone()));
        if known.is_some_and(|known| known.at > object.at) {
            return Err(Fault::new("protected/older", "a later statement about this object is held"));
        }
        enter(ctx, Act::Protected(Box::new(object))).await
    }
}

impl Action for GiveProtected {
    const NAME: &'static str = "protected.give";
    const SUMMARY: &'static str = "states a protected object of ours to a State that is shown it";
    const SCOPE: Scope = Scope::Officers;
    type Reply = ProtectedGiven;

    async fn run(self, ctx: &Ctx) -> Result<ProtectedGiven, Fault> {
        let to: PartyCode = self.to.parse().map_err(Fault::input)?;
        let house = ctx.sequencer.house();
        let object =
            house.protected.get(&(ctx.party.clone(), self.code.clone())).cloned().ok_or_else(|| {
                let code: String = self.code.chars().take(40).collect();
                Fault::new("protected/none", format!("no object of ours has the code `{code}`"))
                    .help("`comity protected list` shows them")
            })?;
        object.may_be_told(&to).map_err(of_object)?;
        // Who is shown it need not learn who else is.
        let object = Protected { visibility: Visibility::Named([to].into()), at: ctx.now(), ..object };
        let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
        let signer = keys.signer(KeyPurpose::Record, object.at).map_err(key_fault)?;
        let signed = Attested::sign(object, &*signer);
        let signed = signed.map_err(|failed| key_fault(failed.into()))?;
        Ok(ProtectedGiven { code: self.code, statement: armour_attested(&signed) })
    }
}

impl Action for ListProtected {
    const NAME: &'static str = "protected.list";
    const SUMMARY: &'static str = "lists protected objects: ours, and those that other States have stated";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<ProtectedShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<ProtectedShown>, Fault> {
        let (house, today) = (ctx.sequencer.house(), ctx.now().date());
        Ok(house.protected.values().map(|object| show(object, today)).collect())
    }
}

fn show(object: &Protected, today: Date) -> ProtectedShown {
    ProtectedShown {
        owner: object.owner.to_string(),
        code: object.code.clone(),
        name: object.name.clone(),
        kind: object.kind.to_string(),
        basis: object.basis.clone(),
        issuer: object.issuer.clone(),
        marks: object.marks.iter().map(ToString::to_string).collect(),
        contact: object.contact.clone(),
        visibility: object.visibility.to_string(),
        from: object.from.to_string(),
        until: object.until.map(|day| day.to_string()),
        stands: object.stands_on(today),
    }
}

/// The signs of what these selectors are aimed at on a day.
pub(super) fn signs<'a>(
    house: &House,
    selectors: impl IntoIterator<Item = &'a Selector>,
    on: Date,
) -> Vec<String> {
    let selectors: Vec<&Selector> = selectors.into_iter().collect();
    let aimed_at = |object: &&Protected| selectors.iter().any(|one| object.is_aimed_at(one));
    let standing = house.protected.values().filter(|object| object.stands_on(on));
    standing.filter(aimed_at).map(Protected::sign).collect()
}

/// What a draft that is aimed at a protected object wants before it may be sent: that two persons have authorised it.
pub(super) fn second_reading(
    house: &House,
    draft: &Draft,
    authorised: &BTreeSet<&comity_record::OfficerId>,
    on: Date,
) -> Option<String> {
    let signs = signs(house, draft.selectors(), on);
    let first = signs.first().filter(|_| authorised.len() < 2)?;
    Some(format!("a second reading by another officer, for it is aimed at what is protected: {first}"))
}

fn of_object(fault: ProtectedFault) -> Fault {
    Fault::new(fault.code(), fault.to_string())
}
