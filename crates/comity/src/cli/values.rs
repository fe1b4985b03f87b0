//! Values of options, read into the record's own types.

use comity_record::{
    Labels,
    label::{LabelFault, Tlp},
};

/// One `--label key=value`, checked against the vocabulary.
#[derive(Clone, Debug)]
pub struct ReadLabel {
    /// The label.
    pub key: String,
    /// Its value as text.
    pub value: String,
}

/// Reads `key=value`.
pub fn label(text: &str) -> Result<ReadLabel, String> {
    let (key, value) = text.split_once('=').ok_or("a label is written key=value, such as tlp=amber")?;
    let checked: Result<(), LabelFault> = Labels::new(Tlp::Green).set(key, value);
    checked.map_err(|fault| fault.to_string())?;
    Ok(ReadLabel { key: key.to_owned(), value: value.to_owned() })
}
