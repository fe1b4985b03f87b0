//! `comity config`: the configuration with every key and its comment.

use crate::{Exit, Fault, Screen, place::Chosen};
use clap::Args;
use comity_node::config::Config as Configuration;
use serde_json::json;

const HELP: &str = "\
Example:
  comity config > comity.toml          the default, every key with its comment
  comity config --check --dir D        whether D/comity.toml can be read
  comity config --keys                 one line for each key

Next:
  comity init --party JP --dir D       make a node's folder";

/// `comity config`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Config {
    /// Check the configuration in --dir instead
    #[arg(long, conflicts_with = "keys")]
    check: bool,
    /// One line for each key, with its default
    #[arg(long)]
    keys: bool,
}

/// Writes the sample, or checks a file.
pub fn run(verb: &Config, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if verb.check {
        let config = chosen.config()?;
        let parties: Vec<&str> = config.party.keys().map(|code| code.0.as_str()).collect();
        let path = chosen.config_path();
        screen.answer(&json!({ "file": path, "parties": parties }), |screen| {
            let hosted = if parties.is_empty() { "no party".to_owned() } else { parties.join(", ") };
            screen.text(&format!("`{}` is in order; it hosts {hosted}.", path.display()));
        });
    } else if verb.keys {
        let keys = Configuration::keys();
        screen.answer(&keys, |screen| keys.iter().for_each(|key| screen.verbatim(key)));
    } else {
        let sample = Configuration::sample();
        screen.answer(&json!({ "sample": sample }), |screen| screen.page(&sample));
    }
    Ok(Exit::Ok)
}
