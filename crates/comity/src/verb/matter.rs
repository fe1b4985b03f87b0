//! What a request is about, and what it is aimed at: the options that several verbs share.

use crate::{Exit, Fault};
use clap::Args;
use comity_node::app::ask::SelectorAsked;
use comity_record::Timestamp;

/// The offence and the selectors of a request.
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
    account: Vec<String>,
    /// A named person
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    person: Vec<String>,
    /// One device
    #[arg(long, value_name = "DEVICE", conflicts_with_all = ["account", "person"])]
    device: Vec<String>,
    /// An address, seen at --at; or 'IP TIME', or 'IP PORT TIME'
    #[arg(long, value_name = "IP", conflicts_with_all = ["account", "person", "device"])]
    address: Vec<String>,
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

    /// What the request is aimed at, the first before the others; none where nothing is named.
    pub fn selectors(&self) -> Result<Vec<SelectorAsked>, Fault> {
        let accounts = self.account.iter().map(|account| account_of(account));
        let addresses = self.address.iter().map(|address| self.address_of(address));
        let persons = self.person.iter().map(|name| Ok(SelectorAsked::Person { name: name.clone() }));
        let devices = self.device.iter().map(|device| Ok(SelectorAsked::Device { device: device.clone() }));
        accounts.chain(persons).chain(devices).chain(addresses).collect()
    }

    /// The one thing that the request is aimed at, where one must be named and no more may be.
    pub fn one_selector(&self) -> Result<SelectorAsked, Fault> {
        match <[SelectorAsked; 1]>::try_from(self.selectors()?) {
            Ok([one]) => Ok(one),
            Err(none) if none.is_empty() => Err(wrong("say whom or what the request is aimed at")),
            Err(_) => Err(wrong("such a request is aimed at one; `comity case new` takes several")),
        }
    }

    /// `IP` with the port and time of their own options, or all of it in one.
    fn address_of(&self, text: &str) -> Result<SelectorAsked, Fault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (address, port, at) = match (words.as_slice(), self.at) {
            ([address], Some(at)) if self.address.len() == 1 => (address, self.port, at.to_string()),
            ([address, at], None) => (address, None, (*at).to_owned()),
            ([address, port, at], None) => {
                let port = port.parse().map_err(|_| wrong("a port is a number up to 65535"))?;
                (address, Some(port), (*at).to_owned())
            }
            _ => return Err(wrong("an address is named with the time at which it was seen")),
        };
        Ok(SelectorAsked::Address { address: (*address).to_owned(), port, at })
    }
}

fn account_of(text: &str) -> Result<SelectorAsked, Fault> {
    let (provider, account) = text.split_once(':').ok_or_else(|| wrong("an account is PROVIDER:ACCOUNT"))?;
    Ok(SelectorAsked::Account { provider: provider.to_owned(), account: account.to_owned() })
}

fn wrong(text: &str) -> Fault {
    let fault = Fault::new(Exit::Usage, "cli/selector", text);
    fault.with_help("give --account PROVIDER:ACCOUNT, --person, --device, or --address with --at")
}
