//! `comity evidence verify`: hashes, signatures, custody and time-stamps, from files and letters alone.

use super::{
    bar::bar,
    open::{DOSSIER, file_name},
    transfer::of_file,
};
use crate::{Exit, Fault, Screen, screen::Tone, trust::Trusted, verb::open::file};
use clap::Args;
use comity_affairs::custody::{Digest, Dossier, Finding, Piece, Report, Roots};
use comity_node::app::evidence::parcel_file::{self, PieceFound};
use comity_record::{Canonical, KeyRing, Letter};
use serde_json::json;
use std::{
    fs::{self, File},
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

const HELP: &str = "\
A folder that `comity evidence export` wrote is verified whole. A file for a courier \
is verified as far as it goes without the receiver's key: manifest, custody, parcel, \
and each sealed piece. No node need run and no network is used. Without a letter of \
the signers, signatures stay open, and the exit code is 1.

Example:
  comity evidence verify ./package --trust xa.letter --trust xb.letter
  comity evidence verify case-7.parcel --trust xa.letter --stamp-root roots.pem

Next:
  comity ledger verify DIR --trust xa.letter     the ledger that holds each act";

/// Bytes read at a time.
const WINDOW: usize = 1 << 20;

/// `comity evidence verify`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// The folder or the file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// A letter that you accepted: of the giver and of receivers
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Roots of time-stamp services, in PEM
    #[arg(long = "stamp-root", value_name = "FILE")]
    roots: Vec<PathBuf>,
}

/// Verifies; the exit status tells the truth.
pub fn run(verb: &Verify, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let letters = Trusted::read(&verb.trust)?.into_letters();
    let mut roots = Roots::default();
    for path in &verb.roots {
        let more = Roots::from_pem(&file(path, 16 << 20)?);
        let refused = |why: comity_affairs::custody::StampFault| {
            Fault::new(Exit::Usage, why.code(), format!("`{}`: {why}", path.display()))
        };
        roots = roots.and(more.map_err(refused)?);
    }
    let report = verified(&verb.path, &letters, &roots)?;
    let exit = if report.holds() { Exit::Ok } else { Exit::No };
    show(screen, &report);
    Ok(exit)
}

/// Verifies a folder or a file of evidence.
pub fn verified(path: &Path, letters: &[Letter], roots: &Roots) -> Result<Report, Fault> {
    let mut keys = KeyRing::default();
    letters.iter().for_each(|letter| letter.enter(&mut keys));
    let found = fs::metadata(path).map_err(|why| Fault::file(path, &why))?;
    if found.is_dir() { folder(path, &keys, roots) } else { parcel(path, &keys, roots) }
}

fn folder(path: &Path, keys: &KeyRing, roots: &Roots) -> Result<Report, Fault> {
    let dossier = path.join(DOSSIER);
    let bytes = file(&dossier, Dossier::LIMIT as u64)?;
    let read = Dossier::from_bytes(&bytes).map_err(|why| {
        Fault::new(Exit::No, why.code(), format!("`{}` is not a dossier: {why}", dossier.display()))
    })?;
    let mut report = read.verify(keys, roots);
    let Some(package) = report.package.clone() else { return Ok(report) };
    let mut pieces = Vec::new();
    for item in &package.items {
        let object = path.join(file_name(&item.id, &item.name));
        match fs::metadata(&object) {
            Ok(found) if found.is_file() => {
                pieces.push(Piece { id: item.id.clone(), found: digest(&object, found.len())? });
            }
            // A missing object is a finding, and is told as one.
            _ => {}
        }
    }
    report.add_pieces(&pieces);
    Ok(report)
}

fn digest(
    path: &Path,
    length: u64,
) -> Result<(u64, comity_record::Hash, comity_affairs::custody::Sha512), Fault> {
    let failed = |why: std::io::Error| Fault::file(path, &why);
    let mut input = File::open(path).map_err(failed)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (drawn, mut digest, mut window) = (bar(&name, length), Digest::new(), vec![0; WINDOW]);
    loop {
        let read = input.read(&mut window).map_err(failed)?;
        let bytes = window.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        digest.update(bytes);
        drawn.inc(read as u64);
    }
    drawn.finish_and_clear();
    Ok(digest.finish())
}

fn parcel(path: &Path, keys: &KeyRing, roots: &Roots) -> Result<Report, Fault> {
    let opened = File::open(path).map_err(|why| Fault::file(path, &why))?;
    let mut input = BufReader::new(opened);
    let head = parcel_file::head(&mut input).map_err(|fault| of_file(path, &fault))?;
    let mut report = head.dossier.verify(keys, roots);
    let said = head.parcel.claimed().clone();
    let what = format!("the parcel from {} to {}, signed on {}", said.from, said.to, said.at);
    let finding = match head.parcel.verify(keys) {
        Ok(_) => Finding::Good,
        Err(comity_record::AttestationFault::Key(why @ comity_record::KeyRingFault::Unknown { .. })) => {
            Finding::Open(format!("{why}; give a letter with --trust"))
        }
        Err(why) => Finding::Bad(why.code(), why.to_string()),
    };
    report.add(what, finding);
    if let (Some(record), Some(package)) = (report.record, report.package.clone()) {
        let fits = said.check(record, &package);
        let finding = fits.map_or_else(|why| Finding::Bad(why.code(), why.to_string()), |()| Finding::Good);
        report.add("the parcel against the manifest", finding);
    }
    let chunks: Vec<_> = said.all_chunks().collect();
    let drawn = bar("pieces", chunks.len() as u64);
    for (number, chunk) in chunks.iter().enumerate() {
        let found = parcel_file::piece(&mut input, *chunk).map_err(|fault| of_file(path, &fault))?;
        let finding = match found {
            PieceFound::Whole(_) => Finding::Good,
            PieceFound::Damaged => Finding::Bad("evidence/piece-damaged", "another SHA-256".to_owned()),
            PieceFound::Missing => Finding::Bad("evidence/piece-damaged", "it is missing".to_owned()),
        };
        report.add(format!("sealed piece {number}: SHA-256 {chunk}"), finding);
        drawn.inc(1);
    }
    drawn.finish_and_clear();
    Ok(report)
}

/// Shows a report, line by line.
pub fn show(screen: &mut Screen<'_>, report: &Report) {
    let lines: Vec<_> = report
        .lines
        .iter()
        .map(|line| match &line.finding {
            Finding::Good => json!({ "what": line.what, "finding": "good" }),
            Finding::Open(why) => json!({ "what": line.what, "finding": "open", "why": why }),
            Finding::Bad(code, why) => {
                json!({ "what": line.what, "finding": "bad", "code": code, "why": why })
            }
        })
        .collect();
    let value = json!({
        "verified": report.holds(), "record": report.record.map(|record| record.to_string()), "checked": lines,
    });
    screen.answer(&value, |screen| {
        for line in &report.lines {
            match &line.finding {
                Finding::Good => screen.item(5, "good", Tone::Good, &line.what),
                Finding::Open(why) => screen.item(5, "open", Tone::Open, &format!("{}: {why}", line.what)),
                Finding::Bad(code, why) => {
                    screen.item(5, "bad", Tone::Bad, &format!("{}: {why} [{code}]", line.what));
                }
            }
        }
        screen.blank();
        match report.holds() {
            true => screen.say(Tone::Good, "Verified: everything holds."),
            false => screen.say(Tone::Bad, "Not verified: see what is open or bad above."),
        }
    });
}
