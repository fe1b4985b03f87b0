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
    note::MAX_NOTE,
    tile::{Edge, FullTile, HEIGHT, MAX_LEVEL, TileId, TilePath, WIDTH, parse_bundle, parse_tile},
    tree::commitment_leaf,
};
use comity_node::app::{audit::audit, ledger::OverrideHead};
use comity_record::Hash;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The longest tile or bundle: 256 entries of 34 bytes.
const LONGEST: u64 = 256 * 34;
const NAMES: usize = 10;
/// The longest file that is read for a token.
const TOKEN: u64 = 1024;

const HELP: &str = "\
Without DIR the node's own store (--dir) is read whole; no node may run on it.
DIR holds `checkpoint` and `tile/...` as C2SP tlog-tiles lays them out. No node \
need run and no network is used. Every hash is computed again from the lowest \
tiles up. Without --trust nobody vouches for the checkpoint, and the answer says so.

Example:
  comity ledger verify ./ledger-xa --trust xa.letter --trust xb.letter

Next:
  comity receipt verify crossing.receipt --trust xa.letter --trust xb.letter";

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
    /// Verify a ledger offline: every tile, the root, and who signed it
    Verify(Verify),
    /// Let heads be signed again where no witness can be reached
    Override(Override),
    /// Let a ledger that lost entries for good go on under a new origin
    Succeed(succession::Succeed),
}

/// `comity ledger verify`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// The folder with the checkpoint and the tiles; the node's own store if left out
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// A letter whose keys are trusted: the ledger's own party, and witnesses
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
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

/// What was found in order.
#[derive(Debug, Default)]
struct Found {
    tiles: u64,
    bundles: u64,
    bundles_absent: u64,
}

/// A ledger that verified.
#[derive(Debug)]
pub struct Verified {
    /// Its head.
    pub checkpoint: Checkpoint,
    /// Who vouches for the head; `None` where no letter is trusted.
    pub vouched: Option<Vouched>,
    found: Found,
}

/// Does what the verb asks.
pub fn run(verb: &Ledger, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let wanted = match verb {
        Ledger::Verify(wanted) => wanted,
        Ledger::Override(wanted) => return override_head(wanted, chosen, screen),
        Ledger::Succeed(wanted) => return succession::succeed(wanted, chosen, world, screen),
    };
    let Some(folder) = &wanted.folder else { return own(chosen, screen) };
    let Verified { checkpoint, vouched, found } = verify(folder, &Trusted::read(&wanted.trust)?)?;
    let value = value(&checkpoint, &found, vouched.as_ref());
    screen.answer(&value, |screen| show(screen, &checkpoint, &found, vouched.as_ref()));
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

fn value(checkpoint: &Checkpoint, found: &Found, vouched: Option<&Vouched>) -> serde_json::Value {
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

fn show(screen: &mut Screen<'_>, checkpoint: &Checkpoint, found: &Found, vouched: Option<&Vouched>) {
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
fn check_tree(folder: &Path, head: TreeHead) -> Result<Found, Fault> {
    let mut edge = Edge::default();
    let mut found = Found::default();
    for index in 0..head.size.div_ceil(WIDTH) {
        let id = TileId { level: 0, index };
        let leaves = read_tile(folder, id, id.width_at(head.size))?;
        found.tiles += 1;
        check_bundle(folder, index, &leaves, &mut found)?;
        let mut full = Vec::new();
        leaves.into_iter().for_each(|leaf| edge.push(leaf, &mut full));
        for tile in full.iter().filter(|tile| tile.id.level > 0) {
            check_tile(folder, tile, &mut found)?;
        }
    }
    for level in 1..=MAX_LEVEL {
        let hashes = edge.partial(level).to_vec();
        let index = (head.size >> (HEIGHT * u32::from(level))) / WIDTH;
        if !hashes.is_empty() {
            check_tile(folder, &FullTile { id: TileId { level, index }, hashes }, &mut found)?;
        }
    }
    let computed = edge.frontier().head();
    if computed == head {
        return Ok(found);
    }
    let text = format!(
        "the tiles give the root {}, the checkpoint says {}",
        computed.root.short(),
        head.root.short()
    );
    Err(broken("ledger/root", &text))
}

/// The entries of a bundle are those that the tile was made of. A bundle may be absent.
fn check_bundle(folder: &Path, index: u64, leaves: &[Hash], found: &mut Found) -> Result<(), Fault> {
    let width = u16::try_from(leaves.len()).unwrap_or(u16::MAX);
    let path = TilePath::Entries { index, width };
    let Some(bytes) = read(folder, path)? else {
        found.bundles_absent += 1;
        return Ok(());
    };
    let malformed =
        || broken("ledger/bundle-malformed", &format!("`{path}` is no bundle of {width} entries"));
    let commitments = parse_bundle(&bytes).ok_or_else(malformed)?;
    let commitments = commitments.get(..leaves.len()).ok_or_else(malformed)?;
    let differs = commitments.iter().zip(leaves).position(|(entry, leaf)| commitment_leaf(entry) != *leaf);
    match differs {
        None => {
            found.bundles += 1;
            Ok(())
        }
        Some(offset) => {
            let entry = index * WIDTH + offset as u64;
            Err(broken(
                "ledger/entry-altered",
                &format!("entry {entry} in `{path}` is not the one in the tree"),
            ))
        }
    }
}

/// A tile above the lowest level is what the tiles below it give.
fn check_tile(folder: &Path, computed: &FullTile, found: &mut Found) -> Result<(), Fault> {
    let width = u16::try_from(computed.hashes.len()).unwrap_or(u16::MAX);
    let held = read_tile(folder, computed.id, width)?;
    found.tiles += 1;
    if held == computed.hashes {
        return Ok(());
    }
    let path = TilePath::Tile { id: computed.id, width };
    Err(broken("ledger/tile-altered", &format!("`{path}` does not agree with the tiles below it")))
}

fn read_tile(folder: &Path, id: TileId, width: u16) -> Result<Vec<Hash>, Fault> {
    let path = TilePath::Tile { id, width };
    let missing = || {
        broken(
            "ledger/tile-missing",
            &format!("`{path}` is missing, and the tree cannot be computed without it"),
        )
    };
    let bytes = read(folder, path)?.ok_or_else(missing)?;
    let mut hashes = parse_tile(&bytes)
        .filter(|hashes| hashes.len() >= usize::from(width))
        .ok_or_else(|| broken("ledger/tile-malformed", &format!("`{path}` is no tile of {width} hashes")))?;
    hashes.truncate(usize::from(width));
    Ok(hashes)
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
