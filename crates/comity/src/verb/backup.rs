//! `comity backup` and `comity restore`: a party in two files, and back.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::Args;
use comity_node::app::backup::{Backup as BackupAction, Pieces, Restore as Wanted, restore as bring_back};
use std::path::{Path, PathBuf};

const NAMES: usize = 8;

const BACKUP_HELP: &str = "\
The node goes on serving. FILE holds the ledger with everything received and \
entered, sealed to the party's own sealing key: whoever takes it opens nothing. \
--keys copies what opens it: the purpose keys and the keys of the bodies. Keep that \
copy apart, and only the latest: an older one could open what was erased since. A \
former copy at its place is replaced. The root key is in neither. Files of evidence \
are kept in sealed pieces, which --pieces copies into a folder: one folder serves every \
backup, and only what is new is added. They open with nothing but the other two.

Example:
  comity backup /backup/xa-1.log --keys /safe/xa.keys --dir ./xa
  comity backup /backup/xa-2.log --keys /safe/xa.keys --pieces /backup/xa-pieces \\
    --dir ./xa

Next:
  comity restore /backup/xa-1.log --keys /safe/xa.keys --dir ./again";

const RESTORE_HELP: &str = "\
Both files are checked whole before anything is written. Every erasure that either \
knows of is applied again. The store is the one that the configuration in --dir says \
for the party, embedded where it says nothing; a log from one engine goes into the \
other. Afterwards the node signs nothing until a witness confirms its last head: the \
ledger may have gone on after the backup. Interrupted, it is simply repeated. Each \
sealed piece of evidence in the folder of --pieces is checked against its hash; what is \
missing or damaged is named with its package, and the rest comes back without it.

Example:
  comity restore /backup/xa-1.log --keys /safe/xa.keys --dir ./again

Next:
  comity ledger verify --dir ./again  every entry read and compared
  comity serve --dir ./again          its witnesses confirm the head, or object";

/// `comity backup`
#[derive(Debug, Args)]
#[command(after_help = BACKUP_HELP)]
pub struct Backup {
    /// The new file of the log
    #[arg(value_name = "FILE")]
    log: PathBuf,
    /// The file of the keys; a former copy there is replaced
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The folder of the sealed pieces of evidence; what is there already stays
    #[arg(long, value_name = "DIR")]
    pieces: Option<PathBuf>,
}

/// `comity restore`
#[derive(Debug, Args)]
#[command(after_help = RESTORE_HELP)]
pub struct Restore {
    /// The file of the log
    #[arg(value_name = "FILE")]
    log: PathBuf,
    /// The file of the keys
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// The folder of the sealed pieces of evidence
    #[arg(long, value_name = "DIR")]
    pieces: Option<PathBuf>,
}

/// Backs up.
pub fn backup(verb: &Backup, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let text = |path: &Path| {
        let whole = std::path::absolute(path).map_err(|failed| Fault::file(path, &failed))?;
        Ok::<_, Fault>(whole.display().to_string())
    };
    let keys = verb.keys.as_deref().map(text).transpose()?;
    let pieces = verb.pieces.as_deref().map(text).transpose()?;
    let made = reach::ask(&chosen.place()?, BackupAction { log: text(&verb.log)?, keys, pieces })?;
    screen.answer(&made, |screen| {
        screen.say(Tone::Good, &format!("Backed up: {} entries of the ledger.", made.entries));
        let log = format!("{}, {} bytes, sealed", verb.log.display(), made.log_bytes);
        screen.item(NAMES, "log", Tone::Plain, &log);
        match (&verb.keys, made.key_bytes) {
            (Some(keys), Some(bytes)) => {
                let keys = format!("{}, {bytes} bytes: keep them apart from the log", keys.display());
                screen.item(NAMES, "keys", Tone::Open, &keys);
            }
            _ => screen.item(
                NAMES,
                "keys",
                Tone::Bad,
                "not copied: only a copy of the keys opens the log (--keys)",
            ),
        }
        if let Some(pieces) = &made.pieces {
            show_pieces(screen, pieces);
        }
    });
    Ok(Exit::Ok)
}

fn show_pieces(screen: &mut Screen<'_>, pieces: &Pieces) {
    let held = format!("{} sealed pieces of {} packages, checked", pieces.held, pieces.packages);
    screen.item(NAMES, "evidence", Tone::Plain, &held);
    for record in &pieces.incomplete {
        let short: String = record.chars().take(16).collect();
        let lacking = format!("pieces of {short} are missing or damaged (comity evidence show)");
        screen.item(NAMES, "lacking", Tone::Bad, &lacking);
    }
}

/// Restores.
pub fn restore(verb: &Restore, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let (log, keys, pieces) = (verb.log.clone(), verb.keys.clone(), verb.pieces.clone());
    let config = chosen.config_path();
    let restored = reach::runtime()?.block_on(bring_back(&Wanted { log, keys, pieces, config }))?;
    screen.answer(&restored, |screen| {
        let text = format!("{} is brought back: {} entries, all compared.", restored.party, restored.entries);
        screen.say(Tone::Good, &text);
        screen.item(NAMES, "root", Tone::Plain, &restored.root);
        screen.item(NAMES, "erased", Tone::Plain, &format!("{} records, again", restored.erasures));
        if let Some(newer) = &restored.newer {
            let holders = if newer.holders.is_empty() {
                "nobody known of".to_owned()
            } else {
                newer.holders.join(", ")
            };
            let held = match newer.held_to {
                Some(size) if size < newer.to => format!("the hashes of those below {size} are held by"),
                _ => "their hashes are held by".to_owned(),
            };
            let missing =
                format!("entries {} to {} came after this backup; {held} {holders}", newer.from, newer.to);
            screen.item(NAMES, "missing", Tone::Bad, &missing);
        }
        if let Some(size) = restored.keys_from {
            let older = format!("the keys are older than the log: bodies entered after {size} do not open");
            screen.item(NAMES, "keys", Tone::Bad, &older);
        }
        if restored.pieces.packages > 0 {
            show_pieces(screen, &restored.pieces);
        }
        screen.say(Tone::Open, "It signs nothing until a witness confirms its last head.");
    });
    Ok(Exit::Ok)
}
