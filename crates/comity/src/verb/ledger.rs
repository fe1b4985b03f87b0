//! `comity ledger`: verify a ledger from its files alone, in the form of C2SP tlog-tiles.

use crate::{
    Exit, Fault, Screen, World,
    place::Chosen,
    reach,
    screen::Tone,
    trust::{Trusted, Vouched},
    verb::{open, succession},
};
use clap::{Args, Subcommand};
use comity_ledger::{
    Checkpoint, TreeHead,
    files::{FilesCheck, FilesFault, FilesFound},
    note::MAX_NOTE,
    tile::{TilePath, new_files},
};
use comity_node::app::{
    audit::audit,
    hex,
    ledger::{LedgerFiles, LedgerHead, OverrideHead, VerifyPeer},
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest tile or bundle: 256 entries of 34 bytes.
const LONGEST: u64 = 256 * 34;
const NAMES: usize = 10;
/// The longest file that is read for a token.
const TOKEN: u64 = 1024;
/// Files of the ledger that are asked for together.
const FILES_AT_ONCE: usize = 64;

const HELP: &str = "\
Without WHERE the node's own store (--dir) is read whole; no node may run on it.
A folder holds `checkpoint` and `tile/...` as C2SP tlog-tiles lays them out. No node \
need run and no network is used. Without --trust nobody vouches for the checkpoint, \
and the answer says so.
An address, or the code of a peer, is asked over mutual TLS for its checkpoint and \
its tiles, which are compared with its letter and with the head that this node \
cosigned last. Every hash is computed again from the lowest tiles up.

Example:
  comity ledger verify ./ledger-xa --trust xa.letter --trust xb.letter
  comity ledger verify node.xb.example:4433 --dir ./xa

Next:
  comity receipt verify crossing.receipt --trust xa.letter --trust xb.letter";

const EXPORT_HELP: &str = "\
DIR gets `checkpoint` and `tile/...` as C2SP tlog-tiles lays them out: commitments \
only, nothing of what they commit to. The checkpoint carries every cosignature that \
came in so far. What is written verifies without this node, years later.

Example:
  comity ledger export ./ledger-xa --dir ./xa

Next:
  comity ledger verify ./ledger-xa --trust xa.letter --trust xb.letter";

const OVERRIDE_HELP: &str = "\
After a start nothing is signed until a witness confirms the last head: a restored \
backup must not fork the ledger. Where no witness can be reached, two officers may \
answer for the head together. Each shows by a token of the scope `operate` who it \
is; both names and the reason are entered in the ledger. Where a witness has shown \
that entries are missing, nobody can override that.

Example:
  comity ledger override --token duty.token --token head.token \\
    --reason 'all lines are down since noon' --dir ./xa

Next:
  comity peer list --dir ./xa         who cosigned how much";

/// The verbs of the ledger.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Verify a ledger: every tile, the root, and who signed it
    Verify(Verify),
    /// Write the ledger's checkpoint and tiles to a folder that anybody can verify
    Export(Export),
    /// Let heads be signed again where no witness can be reached
    Override(Override),
    /// Let a ledger that lost entries for good go on under a new origin
    Succeed(succession::Succeed),
}

/// `comity ledger verify`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// A folder with checkpoint and tiles, a peer's address, or its code; the node's own store if left out
    #[arg(value_name = "WHERE")]
    place: Option<PathBuf>,
    /// A letter whose keys are trusted: the ledger's own party, and witnesses
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
}

/// `comity ledger export`
#[derive(Debug, Args)]
#[command(after_help = EXPORT_HELP)]
pub struct Export {
    /// The new folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// `comity ledger override`
#[derive(Debug, Args)]
#[command(after_help = OVERRIDE_HELP)]
pub struct Override {
    /// A file with the token of an officer who may operate the node; twice
    #[arg(long = "token", value_name = "FILE", required = true)]
    tokens: Vec<PathBuf>,
    /// Why, in a sentence
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A ledger that verified.
#[derive(Debug)]
pub struct Verified {
    /// Its head.
    pub checkpoint: Checkpoint,
    /// Who vouches for the head; `None` where no letter is trusted.
    pub vouched: Option<Vouched>,
    found: FilesFound,
}

/// Does what the verb asks.
pub fn run(verb: &Ledger, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let wanted = match verb {
        Ledger::Verify(wanted) => wanted,
        Ledger::Override(wanted) => return override_head(wanted, chosen, screen),
        Ledger::Succeed(wanted) => return succession::succeed(wanted, chosen, world, screen),
        Ledger::Export(wanted) => return export(&wanted.folder, chosen, screen),
    };
    let Some(folder) = &wanted.place else {
        if wanted.trust.is_empty() {
            return own(chosen, screen);
        }
        let fault = Fault::new(
            Exit::Usage,
            "cli/trust-without-ledger",
            "`--trust` says who must have signed a checkpoint; the node's own store is read without one",
        );
        return Err(fault.with_help(
            "write the ledger to a folder with `comity ledger export DIR`, and verify that, as anybody else would",
        ));
    };
    if let Some(peer) = peer_named(folder) {
        return of_peer(peer, chosen, screen);
    }
    let Verified { checkpoint, vouched, found } = verify(folder, &Trusted::read(&wanted.trust)?)?;
    let value = value(&checkpoint, &found, vouched.as_ref());
    screen.answer(&value, |screen| show(screen, &checkpoint, &found, vouched.as_ref()));
    Ok(Exit::Ok)
}

/// The text where it can be no folder: an address with a port, or the code of a party.
fn peer_named(place: &Path) -> Option<&str> {
    let text = place.to_str().filter(|_| !place.exists())?;
    let is_address =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    let is_code = text.parse::<comity_record::PartyCode>().is_ok()
        || text.to_uppercase().parse::<comity_record::PartyCode>().is_ok();
    (is_address || is_code).then_some(text)
}

/// Has the node ask a peer for its ledger.
fn of_peer(peer: &str, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let asked = reach::ask(&chosen.place()?, VerifyPeer { peer: peer.to_owned() });
    let verified = asked.map_err(|fault| {
        // A ledger that does not verify is an answer; a peer that cannot be reached is a fault.
        let exit = if fault.code.starts_with("ledger/") { Exit::No } else { fault.exit };
        Fault { exit, ..fault }
    })?;
    screen.answer(&verified, |screen| {
        screen.say(
            Tone::Good,
            &format!("The ledger of {} is whole: {} entries.", verified.party, verified.size),
        );
        screen.item(NAMES, "root", Tone::Plain, &verified.root);
        let files = format!("{} tiles and {} bundles agree with the root", verified.tiles, verified.bundles);
        screen.item(NAMES, "files", Tone::Plain, &files);
        screen.item(
            NAMES,
            "signed",
            Tone::Good,
            &format!("by {} with both keys, stated {}", verified.party, verified.stated),
        );
        match verified.seen {
            Some(size) => {
                let text = format!("the {size} entries that this node cosigned last are its beginning");
                screen.item(NAMES, "seen", Tone::Good, &text);
            }
            None => screen.item(NAMES, "seen", Tone::Open, "this node has cosigned nothing of it yet"),
        }
        for name in &verified.cosigned {
            screen.item(NAMES, "cosigned", Tone::Good, &format!("by {name}"));
        }
    });
    Ok(Exit::Ok)
}

/// Writes checkpoint and tiles beside the folder, which takes its name in the last step.
fn export(folder: &Path, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if folder.exists() {
        let text = format!("`{}` exists already", folder.display());
        return Err(Fault::new(Exit::Fault, "cli/file-exists", text)
            .with_help("name a new folder; none is overwritten"));
    }
    let place = chosen.place()?;
    let head = reach::ask(&place, LedgerHead {})?;
    let beside = folder.with_extension("part");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |failed: std::io::Error| Fault::file(&path, &failed)
    };
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(failed(&beside))?;
    }
    let (mut tiles, mut absent) = (0u64, 0u64);
    for paths in new_files(0, head.size).chunks(FILES_AT_ONCE) {
        let asked = LedgerFiles { paths: paths.iter().map(ToString::to_string).collect() };
        for (path, bytes) in paths.iter().zip(reach::ask(&place, asked)?.files) {
            let Some(bytes) = bytes.as_deref().and_then(hex) else {
                absent += 1;
                continue;
            };
            let file = beside.join(path.to_string());
            let parent = file.parent().unwrap_or(&beside);
            fs::create_dir_all(parent).map_err(failed(parent))?;
            open::write_new(&file, &bytes)?;
            tiles += 1;
        }
    }
    fs::create_dir_all(&beside).map_err(failed(&beside))?;
    open::write_new(&beside.join("checkpoint"), head.checkpoint.as_bytes())?;
    fs::rename(&beside, folder).map_err(failed(folder))?;
    let value = json!({ "folder": folder, "size": head.size, "files": tiles, "absent": absent });
    screen.answer(&value, |screen| {
        screen.say(Tone::Good, &format!("`{}`: {} entries in {tiles} files.", folder.display(), head.size));
        if absent > 0 {
            screen.say(
                Tone::Open,
                &format!("{absent} bundles hold entries whose content was lost; they are left out."),
            );
        }
    });
    Ok(Exit::Ok)
}

fn override_head(verb: &Override, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut tokens = Vec::new();
    for file in &verb.tokens {
        let bytes = open::file(file, TOKEN)?;
        tokens.push(String::from_utf8_lossy(&bytes).trim().to_owned());
    }
    let overridden = reach::ask(&chosen.place()?, OverrideHead { tokens, reason: verb.reason.clone() })?;
    screen.answer(&overridden, |screen| {
        let officers = overridden.officers.join(" and ");
        let text = format!("{officers} answer for the head of {} entries.", overridden.size);
        screen.say(Tone::Open, &text);
        screen.item(NAMES, "entry", Tone::Plain, &overridden.entry.to_string());
    });
    Ok(Exit::Ok)
}

/// Audits the store of a party of the node: every entry and tile is read and compared with the head.
fn own(chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let found = reach::runtime()?.block_on(audit(&place.folder.join("store")));
    let (found, size) = found.map_err(|fault| {
        let told = Fault::from(fault);
        // A ledger that is not whole is an answer; a store that cannot be opened is a fault.
        let exit = if told.code.starts_with("ledger/") { Exit::No } else { told.exit };
        Fault { exit, ..told }
    })?;
    let value = json!({
        "verified": true, "party": place.party.as_str(), "size": size, "root": found.head.root.to_string(),
        "lost": found.lost,
    });
    screen.answer(&value, |screen| {
        screen.say(Tone::Good, &format!("The ledger of {} is whole: {size} entries.", place.party));
        screen.item(NAMES, "root", Tone::Plain, &found.head.root.to_string());
        if found.lost > 0 {
            let lost = format!("of {} entries only the hash is left; the content was lost", found.lost);
            screen.item(NAMES, "lost", Tone::Open, &lost);
        }
    });
    Ok(Exit::Ok)
}

/// Verifies the ledger of a folder: who signed its head, and every tile below it.
pub fn verify(folder: &Path, trust: &Trusted) -> Result<Verified, Fault> {
    let bytes = open::file(&folder.join("checkpoint"), MAX_NOTE as u64)?;
    let checkpoint = Checkpoint::peek(&bytes).map_err(|fault| broken(fault.code(), &fault.to_string()))?;
    let vouched = if trust.is_empty() { None } else { Some(trust.vouch(checkpoint.origin(), &bytes)?) };
    let found = check_tree(folder, checkpoint.head())?;
    Ok(Verified { checkpoint, vouched, found })
}

fn value(checkpoint: &Checkpoint, found: &FilesFound, vouched: Option<&Vouched>) -> serde_json::Value {
    json!({
        "verified": true,
        "origin": checkpoint.origin(),
        "size": checkpoint.head().size,
        "root": checkpoint.head().root.to_string(),
        "tiles": found.tiles, "bundles": found.bundles, "bundles_absent": found.bundles_absent,
        "signed_by": vouched.map(|vouched| vouched.letter.party.as_str()),
        "stated": vouched.map(|vouched| vouched.signed.stated().to_string()),
        "cosigned": vouched.map(|vouched| vouched.cosigned.iter().map(|cosigned| json!({
            "by": cosigned.name, "at": cosigned.at.to_string(),
        })).collect::<Vec<_>>()),
    })
}

fn show(screen: &mut Screen<'_>, checkpoint: &Checkpoint, found: &FilesFound, vouched: Option<&Vouched>) {
    let TreeHead { size, root } = checkpoint.head();
    screen.say(Tone::Good, &format!("The ledger `{}` is whole: {size} entries.", checkpoint.origin()));
    screen.item(NAMES, "root", Tone::Plain, &root.to_string());
    let bundles = match (found.bundles, found.bundles_absent) {
        (held, 0) => format!("{held} bundles"),
        (held, absent) => format!("{held} bundles ({absent} are not here)"),
    };
    screen.item(
        NAMES,
        "files",
        Tone::Plain,
        &format!("{} tiles and {bundles} agree with the root", found.tiles),
    );
    let Some(vouched) = vouched else {
        let text = "not checked: no letter is trusted. `--trust FILE` names one";
        return screen.item(NAMES, "signed", Tone::Open, text);
    };
    let signed = format!("by {} with both keys, stated {}", vouched.letter.party, vouched.signed.stated());
    screen.item(NAMES, "signed", Tone::Good, &signed);
    if vouched.cosigned.is_empty() {
        screen.item(NAMES, "cosigned", Tone::Open, "by none of the trusted parties");
    }
    for cosigned in &vouched.cosigned {
        screen.item(NAMES, "cosigned", Tone::Good, &format!("by {} at {}", cosigned.name, cosigned.at));
    }
}

/// Computes the tree again from its lowest tiles and compares every file on the way.
fn check_tree(folder: &Path, head: TreeHead) -> Result<FilesFound, Fault> {
    let refused = |fault: FilesFault| broken(fault.code(), &fault.to_string());
    let mut check = FilesCheck::new(head);
    while let Some(path) = check.wanted() {
        check.give(read(folder, path)?.as_deref()).map_err(refused)?;
    }
    check.finish().map_err(refused)
}

/// The bytes of a file of the layout; where the partial file is gone, those of the full one that replaced it.
fn read(folder: &Path, path: TilePath) -> Result<Option<Vec<u8>>, Fault> {
    let full = match path {
        TilePath::Tile { id, .. } => TilePath::Tile { id, width: 256 },
        TilePath::Entries { index, .. } => TilePath::Entries { index, width: 256 },
    };
    for path in [path, full] {
        match open::file(&folder.join(path.to_string()), LONGEST) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(fault) if fault.code == "cli/file-missing" => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

/// A ledger that does not verify: the answer is no.
fn broken(code: &'static str, text: &str) -> Fault {
    let fault = Fault::new(Exit::No, code, text);
    fault.with_help("this ledger does not verify; ask its witnesses for the heads and hashes that they hold")
}
