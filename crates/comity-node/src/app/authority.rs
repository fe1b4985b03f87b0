//! Authorities: the units of a party as its register of authorities has them, dated and superseding one another. Each
//! change is an act of the house, entered in the ledger.

use super::{
    Action, Ctx, Fault,
    house::{day, enter, unit_code},
    peer::Entered,
    standing::standing_authority,
    zone,
};
use comity_affairs::home::{Accepted, Authority, CallBack, Hours, HoursFault, Tree};
use comity_exchange::{Act, House, Scope, house::DatedAuthority};
use comity_record::{Date, PartyCode, Timestamp, UnitCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// When a desk works.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoursAsked {
    /// The time zone, by its name in the IANA database, such as `Asia/Tokyo`.
    pub zone: String,
    /// The days of the week, such as `mon-fri`, `sun-thu` or `all`.
    pub week: String,
    /// The hours of the day, such as `09:00-17:00` or `00:00-24:00`.
    pub day: String,
    /// Days on which nobody works.
    pub holidays: Vec<String>,
}

/// A key and the telephone by which its fingerprint is confirmed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CallBackAsked {
    /// The fingerprint, as it is read out.
    pub fingerprint: String,
    /// The number to call.
    pub telephone: String,
}

/// Adds an authority, or supersedes its entry from a day on. It is a unit as well.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddAuthority {
    /// The code, such as `police/north`.
    pub code: String,
    /// The name.
    pub name: String,
    /// What it is for: central, extradition, round-the-clock, diplomatic, technical, prosecutor, court, police,
    /// data-protection, oversight.
    pub kind: String,
    /// The authority above it.
    pub parent: Option<String>,
    /// The territory it serves, as codes; none means all of the State.
    pub territory: Vec<String>,
    /// Territories inside it that have an authority of their own.
    pub excepted: Vec<String>,
    /// The measures it may carry out, as codes of measures.csv; none means all.
    pub measures: Vec<String>,
    /// The offences it deals with, as codes of offences.csv; none means all.
    pub offences: Vec<String>,
    /// The languages it works in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// When it works.
    pub hours: Option<HoursAsked>,
    /// Who stands in where it does not answer, in this order.
    pub deputies: Vec<String>,
    /// Its keys.
    pub keys: Vec<CallBackAsked>,
    /// The federal clause under which it acts, in words.
    pub federal_clause: Option<String>,
    /// The purposes it is competent for; none means all.
    pub purposes: Vec<String>,
    /// The law, decree or designation that makes it competent.
    pub source: String,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// Its last day, where it is known.
    pub until: Option<String>,
}

/// Ends an authority.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndAuthority {
    /// The code.
    pub code: String,
    /// Its last day; today where absent.
    pub on: Option<String>,
}

/// Lists the authorities that stand on a day.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListAuthorities {
    /// The day; today where absent.
    pub on: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
}

/// Shows an authority with all its entries, past ones and later ones too.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowAuthority {
    /// The code.
    pub code: String,
}

/// Names a level of the tree.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NameLevel {
    /// The level, 1 being the top.
    pub level: u16,
    /// The State's own name for it.
    pub name: String,
}

/// Records when the desk of another party works, as it has told us.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetPeerHours {
    /// The other party.
    pub party: String,
    /// Its hours.
    pub hours: HoursAsked,
}

/// Records which languages the desk of another party accepts, as it has told us.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetPeerLanguages {
    /// The other party.
    pub party: String,
    /// The languages, as BCP 47 tags; none where it takes any.
    pub languages: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// The declaration, letter or call by which it is known.
    pub source: String,
}

/// Working hours as shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HoursShown {
    /// The time zone.
    pub zone: String,
    /// The days of the week.
    pub week: String,
    /// The hours of the day.
    pub day: String,
    /// Days on which nobody works.
    pub holidays: Vec<String>,
    /// What a clock on the wall there shows now.
    pub now: String,
    /// Whether the desk is at work now.
    pub at_work: bool,
}

/// An authority as shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuthorityShown {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// What it is for.
    pub kind: String,
    /// The level, 1 being the top.
    pub level: u64,
    /// The State's own name for that level.
    pub level_name: Option<String>,
    /// The authority above it.
    pub parent: Option<String>,
    /// The territory it serves; none means all of the State.
    pub territory: Vec<String>,
    /// Territories inside it that have an authority of their own.
    pub excepted: Vec<String>,
    /// The measures; none means all.
    pub measures: Vec<String>,
    /// The offences; none means all.
    pub offences: Vec<String>,
    /// The languages.
    pub languages: Vec<String>,
    /// When it works.
    pub hours: Option<HoursShown>,
    /// Its deputies.
    pub deputies: Vec<String>,
    /// Its keys.
    pub keys: Vec<CallBackAsked>,
    /// The federal clause.
    pub federal_clause: Option<String>,
    /// The purposes; none means all.
    pub purposes: Vec<String>,
    /// What makes it competent.
    pub source: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
    /// Whether it stands today.
    pub stands: bool,
}

impl Action for AddAuthority {
    const NAME: &'static str = "authority.add";
    const SUMMARY: &'static str = "adds an authority, or supersedes its entry from a day on";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let dated = read(ctx, self)?;
        let (measures, offences) = (dated.authority.measures.clone(), dated.authority.offences.clone());
        let unknown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let register = &desk.law().register;
                let measure = measures.into_iter().find(|code| register.measure(code).is_none());
                let offence = offences.into_iter().find(|code| register.offence(code).is_none());
                measure.map(|code| ("measure", code)).or(offence.map(|code| ("offence", code)))
            })
        });
        if let Some((what, code)) = unknown.await? {
            let text = format!("`{code}` is no {what} of the register");
            return Err(Fault::new("input/bad-value", text).help(format!("`comity law {what}s` lists them")));
        }
        enter(ctx, Act::Authority(dated)).await
    }
}

impl Action for EndAuthority {
    const NAME: &'static str = "authority.end";
    const SUMMARY: &'static str = "ends the designation of an authority";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let (code, on) = (unit_code(&self.code)?, day(ctx, self.on.as_deref())?);
        if !ctx.sequencer.house().is_authority(&code) {
            return Err(Fault::new("home/no-authority", format!("`{code}` is no authority of this State"))
                .help("`comity authority tree` shows who stands today"));
        }
        enter(ctx, Act::UnitEnds { code, on }).await
    }
}

impl Action for NameLevel {
    const NAME: &'static str = "authority.level";
    const SUMMARY: &'static str = "names a level of the tree of authorities";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        enter(ctx, Act::Level { level: self.level, name: self.name }).await
    }
}

impl Action for SetPeerHours {
    const NAME: &'static str = "authority.hours";
    const SUMMARY: &'static str = "records when the desk of another party works";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let party: PartyCode = self.party.parse().map_err(Fault::input)?;
        enter(ctx, Act::PeerHours { party, hours: hours(&self.hours)? }).await
    }
}

impl Action for SetPeerLanguages {
    const NAME: &'static str = "authority.languages";
    const SUMMARY: &'static str = "records which languages the desk of another party accepts";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let party: PartyCode = self.party.parse().map_err(Fault::input)?;
        let from = day(ctx, self.from.as_deref())?;
        let accepted = Accepted { languages: self.languages, from, source: self.source };
        accepted.check().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        enter(ctx, Act::PeerLanguages { party, accepted }).await
    }
}

impl Action for ListAuthorities {
    const NAME: &'static str = "authority.list";
    const SUMMARY: &'static str = "lists the authorities that stand on a day";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = Vec<AuthorityShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<AuthorityShown>, Fault> {
        let on = day(ctx, self.on.as_deref())?;
        let house = ctx.sequencer.house();
        let tree = house.tree();
        let standing = house.authorities.values().filter(|one| one.authority.stands_on(on));
        let wanted = standing
            .filter(|one| self.kind.as_deref().is_none_or(|kind| one.authority.kind.as_str() == kind));
        wanted.map(|one| show(ctx.now(), &house, &tree, one)).collect()
    }
}

impl Action for ShowAuthority {
    const NAME: &'static str = "authority.show";
    const SUMMARY: &'static str = "shows an authority with all its entries";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = Vec<AuthorityShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<AuthorityShown>, Fault> {
        let code = unit_code(&self.code)?;
        let house = ctx.sequencer.house();
        let tree = house.tree();
        let entries = house.authorities.range((code.clone(), Date::MIN)..=(code.clone(), Date::MAX));
        let shown: Result<Vec<AuthorityShown>, Fault> =
            entries.map(|(_, one)| show(ctx.now(), &house, &tree, one)).collect();
        match shown? {
            none if none.is_empty() => Err(standing_authority(&tree, &code, ctx.now().date()).map_or_else(
                |fault| fault,
                |one| Fault::new("home/no-authority", format!("`{}` has no entry", one.code)),
            )),
            shown => Ok(shown),
        }
    }
}

fn read(ctx: &Ctx, asked: AddAuthority) -> Result<DatedAuthority, Fault> {
    let codes = |texts: &[String]| -> Result<Vec<UnitCode>, Fault> {
        texts.iter().map(|text| unit_code(text)).collect()
    };
    let set = |texts: Vec<String>| texts.into_iter().collect::<BTreeSet<String>>();
    let purposes: Result<_, _> = asked.purposes.iter().map(|purpose| purpose.parse()).collect();
    let call_back = |key: CallBackAsked| CallBack { fingerprint: key.fingerprint, telephone: key.telephone };
    let authority = Authority {
        code: unit_code(&asked.code)?,
        name: asked.name,
        kind: asked.kind.parse().map_err(Fault::input)?,
        parent: asked.parent.as_deref().map(unit_code).transpose()?,
        territory: set(asked.territory),
        excepted: set(asked.excepted),
        measures: set(asked.measures),
        offences: set(asked.offences),
        languages: asked.languages,
        hours: asked.hours.as_ref().map(hours).transpose()?,
        deputies: codes(&asked.deputies)?,
        keys: asked.keys.into_iter().map(call_back).collect(),
        federal_clause: asked.federal_clause,
        from: day(ctx, asked.from.as_deref())?,
        until: asked.until.as_deref().map(|text| text.parse().map_err(Fault::input)).transpose()?,
        source: asked.source,
    };
    Ok(DatedAuthority { authority, purposes: purposes.map_err(Fault::input)? })
}

/// Reads hours; the time zone must be one of the database.
pub(super) fn hours(asked: &HoursAsked) -> Result<Hours, Fault> {
    zone::zone(&asked.zone)?;
    let holidays: Result<BTreeSet<Date>, _> = asked.holidays.iter().map(|day| day.parse()).collect();
    Ok(Hours::read(&asked.zone, &asked.week, &asked.day, holidays.map_err(Fault::input)?)?)
}

fn show(now: Timestamp, house: &House, tree: &Tree, dated: &DatedAuthority) -> Result<AuthorityShown, Fault> {
    let one = &dated.authority;
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect();
    let level = tree.level(one);
    let name = u16::try_from(level).ok().and_then(|level| house.levels.get(&level)).cloned();
    let call_back = |key: &CallBack| CallBackAsked {
        fingerprint: key.fingerprint.clone(),
        telephone: key.telephone.clone(),
    };
    Ok(AuthorityShown {
        code: one.code.to_string(),
        name: one.name.clone(),
        kind: one.kind.to_string(),
        level: level as u64,
        level_name: name,
        parent: one.parent.as_ref().map(ToString::to_string),
        territory: list(&one.territory),
        excepted: list(&one.excepted),
        measures: list(&one.measures),
        offences: list(&one.offences),
        languages: one.languages.clone(),
        hours: one.hours.as_ref().map(|hours| show_hours(now, hours)).transpose()?,
        deputies: one.deputies.iter().map(ToString::to_string).collect(),
        keys: one.keys.iter().map(call_back).collect(),
        federal_clause: one.federal_clause.clone(),
        purposes: dated.purposes.iter().map(ToString::to_string).collect(),
        source: one.source.clone(),
        from: one.from.to_string(),
        until: one.until.map(|day| day.to_string()),
        stands: one.stands_on(now.date()),
    })
}

fn show_hours(now: Timestamp, hours: &Hours) -> Result<HoursShown, Fault> {
    let zone = zone::zone(&hours.zone)?;
    let today = zone.day(now);
    let open = zone.instant(today, hours.opens) <= now && now < zone.instant(today, hours.closes);
    let calendar = hours.calendar(zone);
    Ok(HoursShown {
        zone: hours.zone.clone(),
        week: hours.week_text(),
        day: hours.day_text(),
        holidays: hours.holidays.iter().map(ToString::to_string).collect(),
        now: zone::on_the_wall(&hours.zone, now)?,
        at_work: open && calendar.works_on(today),
    })
}

impl From<HoursFault> for Fault {
    fn from(fault: HoursFault) -> Fault {
        Fault::new(fault.code(), fault.to_string())
    }
}
