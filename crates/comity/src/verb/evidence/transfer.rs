//! `comity evidence fetch`, `seal`, `take` and `close`: from one holder to the other, by network or by courier.

use super::bar::{bar, bytes, text};
use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach::Way,
    screen::Tone,
    verb::{
        open::{file, write_new},
        unit_key::of_key,
    },
};
use clap::Args;
use comity_affairs::custody::{Consignment, ObjectKeys, Parcel};
use comity_node::{
    app::evidence::{
        courier::{
            ArriveEvidence, CloseTransfer, ConsignEvidence, PieceOfEvidence, TakeChain, TakeParcel, TakePiece,
        },
        fetch::FetchEvidence,
        parcel_file::{self, ParcelFileFault, PieceFound},
        show::EvidenceDossier,
        unit::{ParcelForUnit, UnitParcel},
    },
    keys::read_unit_key,
    random::SystemRandom,
    seal::{self, RecipientKey, SealFault},
};
use comity_record::{Attested, Canonical, Hash, PartyCode};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

const FETCH_HELP: &str = "\
The manifest came through the border like any other record; this brings the objects, \
sealed, from the State that gave it. Where that State sealed it to one unit of ours \
(`comity unit key`), the unit opens it with --key. Cut off at any point, it goes on \
with what is missing. At the end everything is hashed against the manifest, and the custody \
records of both holders name each other.

Example:
  comity evidence fetch 1a2b3c4d --dir ./xa

Next:
  comity evidence show RECORD
  comity evidence open RECORD --proceedings TEXT --out DIR";

const SEAL_HELP: &str = "\
Possible where the border cleared the manifest for that State. The file holds the \
manifest and the custody record for everybody, and the objects for that State alone: \
for the unit (--unit) alone, where the State has stated a key of it. The manifest itself travels by network or pouch.

Example:
  comity evidence seal 1a2b3c4d --to XB --out case-7.parcel --dir ./xa

Next, at the receiver's:
  comity pouch open to-xb.pouch
  comity evidence take case-7.parcel --reply received.entry";

const TAKE_HELP: &str = "\
What is damaged is named and left out, what is whole is kept: another copy of the \
file, or `comity evidence fetch`, brings the rest. Once all is here it is hashed \
against the manifest, and --reply writes the signed entry for the giver.

Example:
  comity evidence take case-7.parcel --reply received.entry --dir ./xb

Next, at the giver's:
  comity evidence close RECORD --from XB --entry received.entry --out giver.chain";

const CLOSE_HELP: &str = "\
At the giver's: the receiver's signed entry closes the transfer, and our signed \
custody record goes back to it. At the receiver's: --chain keeps that record.

Example:
  comity evidence close 1a2b3c4d --from XB --entry received.entry \\
    --out giver.chain --dir ./xa
  comity evidence close 1a2b3c4d --chain giver.chain --dir ./xb

Next:
  comity evidence show RECORD";

/// The longest custody record that is read from a file.
const CHAIN: u64 = 8 << 20;

/// `comity evidence fetch`
#[derive(Debug, Args)]
#[command(after_help = FETCH_HELP)]
pub struct Fetch {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The secret key of the unit that it is sealed to
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// `comity evidence seal`
#[derive(Debug, Args)]
#[command(after_help = SEAL_HELP)]
pub struct Seal {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The State
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// The unit that it is meant for
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity evidence take`
#[derive(Debug, Args)]
#[command(after_help = TAKE_HELP)]
pub struct Take {
    /// The file that was carried
    #[arg(value_name = "FILE")]
    parcel: PathBuf,
    /// The new file of the signed entry for the giver
    #[arg(long, value_name = "FILE")]
    reply: PathBuf,
    /// The secret key of the unit that it is sealed to
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// `comity evidence close`
#[derive(Debug, Args)]
#[command(after_help = CLOSE_HELP)]
pub struct Close {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The State that received it
    #[arg(long, value_name = "PARTY", requires = "entry")]
    from: Option<String>,
    /// Its signed entry
    #[arg(long, value_name = "FILE", requires_all = ["from", "out"])]
    entry: Option<PathBuf>,
    /// The new file of our signed custody record
    #[arg(long, value_name = "FILE", requires = "entry")]
    out: Option<PathBuf>,
    /// The giver's signed custody record, at the receiver's
    #[arg(long, value_name = "FILE", conflicts_with = "entry", required_unless_present = "entry")]
    chain: Option<PathBuf>,
}

/// Fetches, step by step.
pub fn fetch(verb: &Fetch, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    Way::with(&chosen.place()?, |way| {
        let keys = match &verb.key {
            None => None,
            Some(key) => {
                let parcel = way.ask(UnitParcel { record: Some(verb.record.clone()) })?;
                let consignment = bytes(parcel.consignment.as_deref().unwrap_or_default())?;
                Some(opened_by_unit(key, &parcel, &consignment)?)
            }
        };
        let drawn = bar("pieces", 1);
        let fetched = loop {
            let step = way.ask(FetchEvidence { record: verb.record.clone(), keys: keys.clone() });
            let step = step.inspect_err(|_| drawn.finish_and_clear())?;
            drawn.set_length(step.pieces.max(1));
            drawn.set_position(step.here);
            if step.here == step.pieces {
                break step;
            }
        };
        drawn.finish_and_clear();
        screen.answer(&fetched, |screen| {
            if fetched.received {
                screen.say(
                    Tone::Good,
                    &format!("Received whole: {} pieces, all hashes agree.", fetched.pieces),
                );
                screen.text("Both custody records name each other's head.");
            } else {
                screen.say(Tone::Bad, "What came does not agree with the manifest:");
            }
            fetched.defects.iter().for_each(|defect| screen.indented(2, Tone::Bad, defect));
        });
        Ok(if fetched.received { Exit::Ok } else { Exit::No })
    })
}

/// Writes a parcel for a courier.
pub fn seal(verb: &Seal, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    Way::with(&chosen.place()?, |way| {
        write(way, &verb.record, &verb.to, verb.unit.clone(), &verb.out, screen)?;
        Ok(Exit::Ok)
    })
}

/// Writes a parcel; the file is complete or not there.
pub fn write(
    way: &Way,
    record: &str,
    to: &str,
    unit: Option<String>,
    out: &Path,
    screen: &mut Screen<'_>,
) -> Result<(), Fault> {
    let to = to.to_uppercase();
    let consigned = way.ask(ConsignEvidence { record: record.to_owned(), to: to.clone(), unit })?;
    let record = consigned.record;
    let dossier = way.ask(EvidenceDossier { record: record.clone() })?;
    let failed = |why: std::io::Error| Fault::file(out, &why);
    let mut file = BufWriter::new(File::create_new(out).map_err(failed)?);
    let written = || -> Result<(), Fault> {
        parcel_file::begin(&mut file, &bytes(&dossier.dossier)?, &bytes(&consigned.consignment)?)
            .map_err(failed)?;
        let drawn = bar("pieces", consigned.pieces.len() as u64);
        for piece in &consigned.pieces {
            let given =
                way.ask(PieceOfEvidence { record: record.clone(), to: to.clone(), piece: piece.clone() })?;
            parcel_file::add(&mut file, &bytes(&given.bytes)?).map_err(failed)?;
            drawn.inc(1);
        }
        drawn.finish_and_clear();
        file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed)
    };
    let mut written = written;
    written().inspect_err(|_| {
        // What failed first is what the person has to know; a file that stays is seen in its place.
        let _gone = std::fs::remove_file(out).is_err();
    })?;
    let unit = consigned.unit;
    let value =
        json!({ "file": out, "record": record, "to": to, "pieces": consigned.pieces.len(), "unit": unit });
    screen.answer(&value, |screen| {
        let pieces = consigned.pieces.len();
        let to = unit.map_or_else(
            || format!("{to} as a whole: no key of a unit is on record"),
            |unit| format!("the unit `{unit}` of {to}"),
        );
        screen.say(Tone::Good, &format!("`{}`: {pieces} pieces, sealed to {to}.", out.display()));
    });
    Ok(())
}

/// Takes a carried parcel in.
pub fn take(verb: &Take, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    Way::with(&chosen.place()?, |way| {
        let opened = File::open(&verb.parcel).map_err(|why| Fault::file(&verb.parcel, &why))?;
        let mut input = BufReader::new(opened);
        let head = parcel_file::head(&mut input).map_err(|fault| of_file(&verb.parcel, &fault))?;
        let keys = match &verb.key {
            None => None,
            Some(key) => {
                let parcel = way.ask(UnitParcel { record: None })?;
                Some(opened_by_unit(key, &parcel, &head.consignment)?)
            }
        };
        let taken = way.ask(TakeParcel { consignment: text(&head.consignment), keys })?;
        let wanted: BTreeSet<String> = taken.wanted.into_iter().collect();
        let chunks: Vec<Hash> = head.parcel.claimed().all_chunks().collect();
        let (drawn, mut damaged) = (bar("pieces", chunks.len() as u64), Vec::new());
        for (number, chunk) in (0u64..).zip(&chunks) {
            let found =
                parcel_file::piece(&mut input, *chunk).map_err(|fault| of_file(&verb.parcel, &fault))?;
            let piece = chunk.to_string();
            match found {
                PieceFound::Whole(bytes) if wanted.contains(&piece) => {
                    way.ask(TakePiece { record: taken.record.clone(), piece, bytes: text(&bytes) })?;
                }
                PieceFound::Whole(_) => {}
                PieceFound::Damaged | PieceFound::Missing if !wanted.contains(&piece) => {}
                PieceFound::Damaged => damaged.push(format!("piece {number} is damaged")),
                PieceFound::Missing => damaged.push(format!("piece {number} is missing")),
            }
            drawn.inc(1);
        }
        drawn.finish_and_clear();
        let mut defects = damaged;
        if defects.is_empty() {
            let arrived = way.ask(ArriveEvidence { record: taken.record.clone() })?;
            defects = arrived.defects;
            if let Some(entry) = arrived.entry {
                write_new(&verb.reply, &bytes(&entry)?)?;
            }
        }
        let whole = defects.is_empty();
        let value = json!({ "record": taken.record, "received": whole, "defects": defects });
        screen.answer(&value, |screen| {
            if whole {
                screen
                    .say(Tone::Good, &format!("Received whole: {} pieces, all hashes agree.", chunks.len()));
                screen.item(8, "record", Tone::Plain, &taken.record);
                screen.item(8, "reply", Tone::Plain, &verb.reply.display().to_string());
            } else {
                screen.say(Tone::Bad, "Not received; what came whole is kept:");
                defects.iter().for_each(|defect| screen.indented(2, Tone::Bad, defect));
                screen.text("Another copy of the file, or `comity evidence fetch`, brings the rest.");
            }
        });
        Ok(if whole { Exit::Ok } else { Exit::No })
    })
}

/// Closes a transfer by courier.
pub fn close(verb: &Close, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    Way::with(&chosen.place()?, |way| {
        if let Some(chain) = &verb.chain {
            let read = file(chain, CHAIN)?;
            way.ask(TakeChain { record: verb.record.clone(), chain: text(&read) })?;
        }
        if let (Some(from), Some(entry), Some(out)) = (&verb.from, &verb.entry, &verb.out) {
            let entry = text(&file(entry, CHAIN)?);
            let close = CloseTransfer { record: verb.record.clone(), to: from.to_uppercase(), entry };
            let closed = way.ask(close)?;
            write_new(out, &bytes(&closed.chain)?)?;
        }
        let value = json!({ "closed": true, "file": verb.out });
        screen.answer(&value, |screen| {
            screen.say(Tone::Good, "Closed: the custody records name each other's head.");
        });
        Ok(Exit::Ok)
    })
}

/// The keys of a parcel's objects, opened with the key of the unit that it is sealed to, and sealed anew to the party's own key.
/// From here on the node holds them, and its rules of care bind whoever opens the objects.
fn opened_by_unit(key: &Path, parcel: &ParcelForUnit, consignment: &[u8]) -> Result<String, Fault> {
    let unit = read_unit_key(key).map_err(|fault| of_key(&fault))?;
    let wrong = |code: &'static str, why: String| Fault::new(Exit::No, code, why);
    let party: PartyCode = parcel.party.parse().map_err(|bad: comity_record::BadCode| {
        wrong("api/answer", format!("the node's answer cannot be read: {bad}"))
    })?;
    let malformed = |bad: comity_record::Malformed| wrong(bad.code(), bad.to_string());
    let sealed = Consignment::from_bytes(consignment).map_err(malformed)?.parcel;
    let sealed = Attested::<Parcel>::from_bytes(&sealed).map_err(malformed)?;
    let of_seal = |fault: SealFault| wrong(fault.code(), fault.to_string());
    let opened = seal::open(&sealed.claimed().keys, &party, &[unit], ObjectKeys::LIMIT);
    let (_, keys) = opened.map_err(of_seal)?;
    let own = RecipientKey::from_bytes(&bytes(&parcel.key)?).map_err(of_seal)?;
    Ok(text(&seal::seal(&party, &party, &own, &keys, &SystemRandom).map_err(of_seal)?))
}

/// A parcel file that cannot be read.
pub fn of_file(path: &Path, fault: &ParcelFileFault) -> Fault {
    Fault::new(Exit::No, fault.code(), format!("`{}`: {fault}", path.display()))
}
