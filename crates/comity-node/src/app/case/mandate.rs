//! What the State has set: which unit authorises in which role and reads which thread, and who must authorise what.

use crate::app::{
    Action, Ctx, Fault,
    house::{day, enter},
    peer::Entered,
};
use comity_affairs::home::{Mandate, Rule};
use comity_exchange::{Act, Scope};
use comity_record::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Says what a unit may do in cases, from a day on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetMandate {
    /// The unit.
    pub unit: String,
    /// In which roles its officers authorise: investigator, prosecutor, judge, central-authority.
    pub roles: Vec<String>,
    /// Which threads they read and write: police, judicial, diplomatic.
    pub threads: Vec<String>,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// The law or decision behind it.
    pub source: String,
}

/// Says who must authorise cases before they are sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SetRule {
    /// Its name; a rule of the same name is replaced.
    pub name: String,
    /// The measures it is about, as codes of measures.csv; none means every case.
    pub measures: Vec<String>,
    /// Roles each of which must authorise.
    pub roles: Vec<String>,
    /// How many different officers must authorise, at least.
    pub persons: u8,
    /// From which day; today where absent.
    pub from: Option<String>,
    /// The last day.
    pub until: Option<String>,
    /// The law or decision behind it.
    pub source: String,
}

impl Action for SetMandate {
    const NAME: &'static str = "case.mandate";
    const SUMMARY: &'static str = "says in which roles a unit authorises cases and which threads it reads";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let roles: Result<_, String> = self.roles.iter().map(|role| role.parse()).collect();
        let threads: Result<_, Fault> = self.threads.iter().map(|text| super::thread(text)).collect();
        let mandate = Mandate {
            unit: self.unit.parse().map_err(Fault::input)?,
            roles: roles.map_err(Fault::input)?,
            threads: threads?,
            from: day(ctx, self.from.as_deref())?,
            until: last_day(self.until.as_deref())?,
            source: self.source,
        };
        enter(ctx, Act::Mandate(mandate)).await
    }
}

impl Action for SetRule {
    const NAME: &'static str = "case.rule";
    const SUMMARY: &'static str = "says who must authorise cases before they are sent";
    const SCOPE: Scope = Scope::Officers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let roles: Result<_, String> = self.roles.iter().map(|role| role.parse()).collect();
        let rule = Rule {
            name: self.name,
            measures: self.measures.into_iter().collect(),
            roles: roles.map_err(Fault::input)?,
            persons: self.persons,
            from: day(ctx, self.from.as_deref())?,
            until: last_day(self.until.as_deref())?,
            source: self.source,
        };
        enter(ctx, Act::CaseRule(rule)).await
    }
}

fn last_day(text: Option<&str>) -> Result<Option<Date>, Fault> {
    text.map(str::parse).transpose().map_err(Fault::input)
}
