//! The options by which an officer names what a crossing rests on.

use clap::Args;
use comity_node::app::case::resting::RestsOn;

/// A legal basis, as options.
#[derive(Debug, Args)]
pub struct BasisGiven {
    /// The article relied on, such as 'budapest 29'
    #[arg(long, value_name = "BASIS")]
    pub basis: Option<String>,
    /// An assurance of reciprocity in place of an article
    #[arg(long, value_name = "TEXT", conflicts_with = "basis")]
    pub assurance: Option<String>,
    /// Another basis that the authority names in place of an article
    #[arg(long, value_name = "NAME", conflicts_with_all = ["basis", "assurance"])]
    pub other_basis: Option<String>,
    /// A condition confirmed, as 'INSTRUMENT ARTICLE CONDITION'
    #[arg(long = "confirm", value_name = "CONDITION")]
    pub confirmed: Vec<String>,
}

impl BasisGiven {
    /// What is named.
    pub fn named(&self) -> RestsOn {
        RestsOn {
            basis: self.basis.clone(),
            assurance: self.assurance.clone(),
            other_basis: self.other_basis.clone(),
            confirmed: self.confirmed.clone(),
        }
    }
}
