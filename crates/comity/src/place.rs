//! Where a node is: a folder with `comity.toml`, and below its data folder one folder for each party hosted.
//!
//! ```text
//! D/comity.toml              the configuration
//! D/comity-data/JP/keys      the party's purpose keys and its letter
//! D/comity-data/JP/root      its root key, until that is moved offline
//! ```

use crate::{Exit, Fault};
use comity_node::config::{Config, ConfigFault, Text};
use comity_record::{PartyCode, label::Tlp};
use std::path::{Path, PathBuf};

/// The name of the configuration in a node's folder.
pub const CONFIG: &str = "comity.toml";

/// Which node and which of its parties the command means.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The node's folder.
    pub dir: PathBuf,
    /// The party, where it was named.
    pub party: Option<String>,
}

/// A party of a node.
#[derive(Clone, Debug)]
pub struct Place {
    /// The node's folder.
    pub dir: PathBuf,
    /// The node's configuration.
    pub config: Config,
    /// The party.
    pub party: PartyCode,
    /// The party's folder.
    pub folder: PathBuf,
}

impl Place {
    /// The audience of objects that carry none, as the party's section says.
    pub fn default_tlp(&self) -> Tlp {
        let settings = self.config.party.get(&Text(self.party.clone()));
        settings.map_or(Tlp::Green, |settings| settings.default_tlp.0)
    }
}

impl Chosen {
    /// The file of the configuration.
    pub fn config_path(&self) -> PathBuf {
        self.dir.join(CONFIG)
    }

    /// Reads the configuration.
    pub fn config(&self) -> Result<Config, Fault> {
        Config::load(&self.config_path()).map_err(|fault| self.config_fault(&fault))
    }

    /// The party meant: the one named, or the only one that is hosted.
    pub fn place(&self) -> Result<Place, Fault> {
        let config = self.config()?;
        let hosted: Vec<&PartyCode> = config.party.keys().map(|code| &code.0).collect();
        let listed = hosted.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(", ");
        let fault =
            |text: String, help: String| Err(Fault::new(Exit::Usage, "cli/party", text).with_help(help));
        let dir = self.dir.display();
        let party = match (&self.party, hosted.as_slice()) {
            (_, []) => {
                return fault(
                    format!("`{dir}` hosts no party"),
                    "add one with `comity init --party`".to_owned(),
                );
            }
            (None, [only]) => (*only).clone(),
            (None, _) => {
                return fault(
                    format!("`{dir}` hosts several parties"),
                    format!("name one with --party: {listed}"),
                );
            }
            (Some(named), _) => match hosted.iter().find(|code| code.as_str().eq_ignore_ascii_case(named)) {
                Some(code) => (*code).clone(),
                None => {
                    let named: String = named.chars().take(40).collect();
                    return fault(format!("`{dir}` does not host `{named}`"), format!("it hosts {listed}"));
                }
            },
        };
        let folder = party_folder(&config, &party);
        Ok(Place { dir: self.dir.clone(), config, party, folder })
    }

    fn config_fault(&self, fault: &ConfigFault) -> Fault {
        if !self.config_path().exists() {
            let text = format!("`{}` is no node's folder: it has no `{CONFIG}`", self.dir.display());
            let fault = Fault::new(Exit::Fault, "cli/no-node", text);
            return fault.with_help("make one with `comity init --party PARTY`, or name another with --dir");
        }
        let told = Fault::new(Exit::Fault, fault.code(), fault.to_string());
        match fault.help() {
            Some(help) => told.with_help(help),
            None => told,
        }
    }
}

/// The folder of a party.
pub fn party_folder(config: &Config, party: &PartyCode) -> PathBuf {
    config.node.data_dir.join(party.as_str())
}

/// The folder of a root key: the one named, or that in the party's folder.
pub fn root_folder(place: &Place, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| place.folder.join("root"), Path::to_owned)
}
