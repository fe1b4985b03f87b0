//! Asking another State for help: the request becomes a record of its own and goes through the border like any other.

use super::{
    Action, Ctx, Fault,
    share::{Grounds, JudgedShown, Share},
};
use comity_exchange::{DeskFault, Manuscript, Scope};
use comity_record::{
    Body, Labels, PartyCode, Timestamp,
    body::{Request, Selector},
    label::{Purpose, Tlp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Writes a request and puts it to the border; it is sent where it is cleared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// The asked party.
    pub to: String,
    /// A code of measures.csv, such as `preserve_stored_data`.
    pub measure: String,
    /// A code of offences.csv.
    pub offence: Option<String>,
    /// The greatest penalty in years.
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    pub organised: Option<bool>,
    /// What it is aimed at: one person, account, address or device.
    pub selector: SelectorAsked,
    /// Short facts, and the link between the data and the offence.
    pub facts: String,
    /// Our own reference.
    pub reference: String,
    /// The purpose: `preservation`, `criminal-investigation` and so on.
    pub purpose: String,
    /// What the request rests on.
    pub grounds: Grounds,
}

/// A bounded selector.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelectorAsked {
    /// A named person.
    Person {
        /// The name.
        name: String,
    },
    /// An account at a provider.
    Account {
        /// The provider.
        provider: String,
        /// The account.
        account: String,
    },
    /// An address with the time it was seen.
    Address {
        /// IPv4 or IPv6.
        address: String,
        /// The port.
        port: Option<u16>,
        /// When, in UTC.
        at: String,
    },
    /// One device.
    Device {
        /// Its name or number.
        device: String,
    },
}

/// What became of a request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The record of the request.
    pub record: String,
    /// The judgement.
    pub judged: Vec<JudgedShown>,
}

impl Action for Ask {
    const NAME: &'static str = "ask";
    const SUMMARY: &'static str =
        "asks another State for help: writes the request, judges it and sends it where cleared";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Asked;

    async fn run(self, ctx: &Ctx) -> Result<Asked, Fault> {
        let _checked: PartyCode = self.to.parse().map_err(Fault::input)?;
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let body = Request {
            measure: self.measure,
            offence: self.offence,
            penalty: self.penalty,
            organised: self.organised,
            selector: selector(self.selector)?,
            facts: self.facts,
            until: None,
            reference: self.reference,
            further: None,
        };
        // A request is for the asked authority alone; the organisation that gets it is the addressee.
        let mut labels = Labels::new(Tlp::Amber);
        labels.purpose.insert(purpose);
        let mut manuscript = Manuscript::body(labels, Body::Request(body));
        manuscript.officer = ctx.by.clone();
        let authored = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let authored = desk.author(now, means.entropy(), vec![manuscript]).await?;
                Ok::<_, DeskFault>(authored.first().map(|one| one.record.to_string()))
            })
        });
        let record =
            authored.await??.ok_or_else(|| Fault::new("desk/fault", "no record came of the request"))?;
        let share = Share {
            to: vec![self.to],
            purpose: self.purpose,
            records: vec![record.clone()],
            preview: false,
            grounds: self.grounds,
        };
        Ok(Asked { record, judged: share.run(ctx).await?.judged })
    }
}

/// A selector in the words of a record.
pub(super) fn selector(asked: SelectorAsked) -> Result<Selector, Fault> {
    Ok(match asked {
        SelectorAsked::Person { name } => Selector::Person(name),
        SelectorAsked::Account { provider, account } => Selector::Account { provider, account },
        SelectorAsked::Address { address, port, at } => {
            Selector::Address { address, port, at: at.parse::<Timestamp>().map_err(Fault::input)? }
        }
        SelectorAsked::Device { device } => Selector::Device(device),
    })
}
