//! What a request is about, and the one thing that it is aimed at: the options that several verbs share.

use crate::{Exit, Fault};
use clap::Args;
use comity_node::app::ask::SelectorAsked;
use comity_record::Timestamp;

/// The offence and the selector of a request.
#[derive(Debug, Args)]
pub struct Matter {
    /// The offence
    #[arg(long, value_name = "OFFENCE")]
    pub offence: Option<String>,
    /// Its greatest penalty in whole years
    #[arg(long, value_name = "YEARS")]
    pub penalty: Option<u8>,
    /// Whether an organised criminal group is involved
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"])]
    organised: Option<String>,
    /// An account, as PROVIDER:ACCOUNT
    #[arg(long, value_name = "PROVIDER:ACCOUNT")]
    account: Option<String>,
    /// A named person
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    person: Option<String>,
    /// One device
    #[arg(long, value_name = "DEVICE", conflicts_with_all = ["account", "person"])]
    device: Option<String>,
    /// An address, seen at --at
    #[arg(long, value_name = "IP", conflicts_with_all = ["account", "person", "device"], requires = "at")]
    address: Option<String>,
    /// The port of --address
    #[arg(long, value_name = "PORT", requires = "address")]
    port: Option<u16>,
    /// When --address was seen, such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "address")]
    at: Option<Timestamp>,
}

impl Matter {
    /// Whether an organised criminal group is involved, where that was said.
    pub fn is_organised(&self) -> Option<bool> {
        self.organised.as_deref().map(|said| said == "yes")
    }

    /// What the request is aimed at; `None` where nothing is named.
    pub fn selector(&self) -> Result<Option<SelectorAsked>, Fault> {
        if let Some(account) = &self.account {
            let (provider, account) =
                account.split_once(':').ok_or_else(|| wrong("an account is PROVIDER:ACCOUNT"))?;
            let (provider, account) = (provider.to_owned(), account.to_owned());
            return Ok(Some(SelectorAsked::Account { provider, account }));
        }
        Ok(match (&self.person, &self.device, &self.address, self.at) {
            (Some(name), ..) => Some(SelectorAsked::Person { name: name.clone() }),
            (_, Some(device), ..) => Some(SelectorAsked::Device { device: device.clone() }),
            (_, _, Some(address), Some(at)) => {
                Some(SelectorAsked::Address { address: address.clone(), port: self.port, at: at.to_string() })
            }
            _ => None,
        })
    }

    /// The same, where something must be named.
    pub fn needed_selector(&self) -> Result<SelectorAsked, Fault> {
        self.selector()?.ok_or_else(|| wrong("say whom or what the request is aimed at"))
    }
}

fn wrong(text: &str) -> Fault {
    let fault = Fault::new(Exit::Usage, "cli/selector", text);
    fault.with_help("give --account PROVIDER:ACCOUNT, --person, --device, or --address with --at")
}
