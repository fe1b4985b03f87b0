//! `comity evidence check`, `record`, `stamp` and `delete`.

use super::bar::bytes;
use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::open::write_new};
use clap::Args;
use comity_node::app::evidence::{
    check::CheckEvidence, delete::DeleteEvidence, record::RecordAct, stamp::StampEvidence,
};
use std::path::PathBuf;

const CHECK_HELP: &str = "\
Every object is opened and hashed again. What does not agree with the manifest is \
kept as a defect report; whether it is accepted, a person decides. A served node \
does the same on a schedule (`check_hours` of `[evidence]`).

Example:
  comity evidence check 1a2b3c4d --dir ./xa

Next:
  comity evidence decide RECORD defects --accepted --reason TEXT
  comity evidence fetch RECORD     has what is missing sent again";

const RECORD_HELP: &str = "\
What the node does by itself is entered by itself: packing, opening, exporting, \
checking, handing over. This enters what was done outside.

Example:
  comity evidence record 1a2b3c4d --act analysed --place 'lab, room 4' \\
    --reason 'timeline for court 3' --tool 'plaso 2024'

Next:
  comity evidence show RECORD";

const STAMP_HELP: &str = "\
The services stand in the configuration, each in a section `[timestamp.NAME]` with \
`url` and `roots`. A stamp (RFC 3161) is verified before it is kept: imprint, nonce, \
signature, and the certificate's way to a root.

Example:
  comity evidence stamp 1a2b3c4d --dir ./xa

Next:
  comity evidence export RECORD --out ./package
  comity evidence verify ./package --trust xa.letter --stamp-root roots.pem";

const DELETE_HELP: &str = "\
A person deletes, never a clock, and only what a condition or the end of personal \
data says must go. A court hold, an open appeal or an exculpatory claim stops it. \
The keys of the objects are destroyed, the manifest and the custody record stay, and \
a signed statement says what was deleted.

Example:
  comity evidence delete 1a2b3c4d --condition 2 --reason 'end of retention' \\
    --statement deleted.statement

Next:
  comity evidence show RECORD";

/// `comity evidence check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub struct Check {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
}

/// `comity evidence record`
#[derive(Debug, Args)]
#[command(after_help = RECORD_HELP)]
pub struct Record {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The objects: id, name or digits of the SHA-256; all if none
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// copied, moved, opened, analysed, exported, returned or destroyed
    #[arg(long, value_name = "ACT")]
    act: String,
    /// Where
    #[arg(long, value_name = "TEXT")]
    place: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// With which tool
    #[arg(long, value_name = "TEXT", default_value = "")]
    tool: String,
}

/// `comity evidence stamp`
#[derive(Debug, Args)]
#[command(after_help = STAMP_HELP)]
pub struct Stamp {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// One service; each of them if left out
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

/// `comity evidence delete`
#[derive(Debug, Args)]
#[command(after_help = DELETE_HELP)]
pub struct Delete {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The objects: id, name or digits of the SHA-256; all if none
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// The condition whose day has come
    #[arg(long, value_name = "NUMBER")]
    condition: Option<u16>,
    /// Where this happens
    #[arg(long, value_name = "TEXT", default_value = "")]
    place: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The new file of the signed statement
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
}

/// Hashes again.
pub fn check(verb: &Check, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let checked = reach::ask(&chosen.place()?, CheckEvidence { record: verb.record.clone() })?;
    let good = checked.defects.is_empty();
    screen.answer(&checked, |screen| {
        match good {
            true => screen.say(Tone::Good, &format!("{} objects agree with the manifest.", checked.objects)),
            false => screen.say(Tone::Bad, "What is held does not agree with the manifest:"),
        }
        checked.defects.iter().for_each(|defect| screen.indented(2, Tone::Bad, defect));
    });
    Ok(if good { Exit::Ok } else { Exit::No })
}

/// Enters an act.
pub fn record(verb: &Record, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let act = RecordAct {
        record: verb.record.clone(),
        act: verb.act.clone(),
        objects: verb.objects.clone(),
        place: verb.place.clone(),
        reason: verb.reason.clone(),
        tool: verb.tool.clone(),
    };
    let entered = reach::ask(&chosen.place()?, act)?;
    screen.answer(&entered, |screen| {
        screen.say(Tone::Good, &format!("Entered: the ledger has {} entries.", entered.ledger_size));
    });
    Ok(Exit::Ok)
}

/// Has the manifest stamped.
pub fn stamp(verb: &Stamp, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let wanted = StampEvidence { record: verb.record.clone(), service: verb.service.clone() };
    let stamped = reach::ask(&chosen.place()?, wanted)?;
    screen.answer(&stamped, |screen| {
        stamped.stamps.iter().for_each(|stamp| screen.say(Tone::Good, stamp));
        stamped.faults.iter().for_each(|fault| screen.say(Tone::Bad, fault));
    });
    Ok(if stamped.faults.is_empty() { Exit::Ok } else { Exit::No })
}

/// Deletes, and writes the statement.
pub fn delete(verb: &Delete, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let delete = DeleteEvidence {
        record: verb.record.clone(),
        objects: verb.objects.clone(),
        condition: verb.condition,
        place: verb.place.clone(),
        reason: verb.reason.clone(),
    };
    let deleted = reach::ask(&chosen.place()?, delete)?;
    write_new(&verb.statement, &bytes(&deleted.statement)?)?;
    screen.answer(&deleted, |screen| {
        let text =
            format!("{} objects deleted; the statement is addressed to {}.", deleted.objects, deleted.to);
        screen.say(Tone::Good, &text);
        screen.item(9, "entry", Tone::Faint, &format!("{} in the ledger", deleted.entry));
        screen.item(9, "statement", Tone::Plain, &verb.statement.display().to_string());
    });
    Ok(Exit::Ok)
}
