//! `comity evidence open` and `export`: objects leave the node as files, and the custody record says so.

use super::{
    bar::{bar, bytes},
    case_uco, certificate,
};
use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach::{self, Way},
    screen::Tone,
    verb::open::write_new,
};
use clap::{Args, ValueEnum};
use comity_affairs::custody::{Digest, Dossier, Roots};
use comity_node::app::evidence::{
    read::{OpenEvidence, Opened, OpenedObject, ReadEvidence, Wanted},
    show::EvidenceDossier,
};
use comity_record::{Canonical, KeyRing};
use serde_json::json;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

/// The name of the dossier in an exported folder.
pub const DOSSIER: &str = "dossier.comity";

const OPEN_HELP: &str = "\
Conditions that came with an object are looked at first; what they forbid is blocked. \
What may be privileged or immune opens for the filter team only, until that lets it \
pass. Each opening is an entry of the custody record.

Example:
  comity evidence open 1a2b3c4d 0001 --proceedings 'court 3, 12/26' \\
    --place 'lab, room 4' --reason 'reading the mailbox' --out ./work

Next:
  comity evidence record RECORD --act analysed --place TEXT --reason TEXT";

const EXPORT_HELP: &str = "\
The folder holds the objects and a dossier: the signed manifest, the custody record \
of each holder, time-stamps and statements. Anybody can verify it with letters alone. \
--case-uco writes manifest and custody as CASE/UCO JSON-LD, --certificate as a page \
to print; neither holds an object.

Example:
  comity evidence export 1a2b3c4d --proceedings 'court 3, 12/26' --out ./package
  comity evidence export 1a2b3c4d --case-uco --out package.jsonld
  comity evidence export 1a2b3c4d --certificate ar --out certificate.html

Next:
  comity evidence verify ./package --trust xa.letter --trust xb.letter";

/// What objects are opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum For {
    /// To work with them
    Work,
    /// To put them before a court
    Court,
    /// To look, as the filter team
    Filter,
}

/// `comity evidence open`
#[derive(Debug, Args)]
#[command(after_help = OPEN_HELP)]
pub struct Open {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The objects: id, name or digits of the SHA-256; all if none
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    /// What for
    #[arg(long = "for", value_name = "WHAT", default_value = "work")]
    wanted: For,
    #[command(flatten)]
    about: About,
    /// The folder that gets the objects
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// `comity evidence export`
#[derive(Debug, Args)]
#[command(after_help = EXPORT_HELP)]
pub struct Export {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// The objects: id, name or digits of the SHA-256; all if none
    #[arg(value_name = "OBJECT")]
    objects: Vec<String>,
    #[command(flatten)]
    about: About,
    /// Write manifest and custody as CASE/UCO JSON-LD into a file
    #[arg(long, conflicts_with_all = ["certificate", "objects"])]
    case_uco: bool,
    /// Write a certificate of authenticity into a file
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "objects")]
    certificate: Option<certificate::Language>,
    /// The new folder, or the new file
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// In which proceedings, where, why and with what.
#[derive(Debug, Args)]
pub struct About {
    /// The proceedings
    #[arg(long, value_name = "TEXT", default_value = "")]
    proceedings: String,
    /// The giving State was consulted about use in court
    #[arg(long)]
    consulted: bool,
    /// What has to be confirmed was read
    #[arg(long)]
    confirmed: bool,
    /// Where this happens
    #[arg(long, value_name = "TEXT", default_value = "")]
    place: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// With which tool
    #[arg(long, value_name = "TEXT", default_value = "")]
    tool: String,
}

impl About {
    fn asked(&self, record: &str, objects: &[String], wanted: Wanted) -> OpenEvidence {
        OpenEvidence {
            record: record.to_owned(),
            objects: objects.to_vec(),
            wanted,
            proceedings: self.proceedings.clone(),
            consulted: self.consulted,
            confirmed: self.confirmed,
            place: self.place.clone(),
            reason: self.reason.clone(),
            tool: self.tool.clone(),
        }
    }
}

/// Opens objects into a folder.
pub fn open(verb: &Open, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let wanted = match verb.wanted {
        For::Work => Wanted::Open,
        For::Court => Wanted::Court,
        For::Filter => Wanted::Filter,
    };
    Way::with(&chosen.place()?, |way| {
        let opened = way.ask(verb.about.asked(&verb.record, &verb.objects, wanted))?;
        folder(&verb.out)?;
        let files = write_all(way, &opened, &verb.out)?;
        say(screen, &opened, &files);
        Ok(Exit::Ok)
    })
}

/// Writes a package out with its dossier, or what its manifest and custody records say.
pub fn export(verb: &Export, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if verb.case_uco || verb.certificate.is_some() {
        return told(verb, chosen, screen);
    }
    Way::with(&chosen.place()?, |way| {
        let opened = way.ask(verb.about.asked(&verb.record, &verb.objects, Wanted::Export))?;
        folder(&verb.out)?;
        let mut files = write_all(way, &opened, &verb.out)?;
        // After the objects, so that the custody record in it ends with this very export.
        let dossier = way.ask(EvidenceDossier { record: opened.record.clone() })?;
        let path = verb.out.join(DOSSIER);
        write_new(&path, &bytes(&dossier.dossier)?)?;
        files.push(path);
        say(screen, &opened, &files);
        Ok(Exit::Ok)
    })
}

fn told(verb: &Export, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let given = reach::ask(&chosen.place()?, EvidenceDossier { record: verb.record.clone() })?;
    let unreadable = |why: String| {
        let text = format!("what the node gave of the package cannot be used: {why}");
        Fault::new(Exit::Fault, "evidence/dossier", text)
    };
    let dossier = Dossier::from_bytes(&bytes(&given.dossier)?).map_err(|why| unreadable(why.to_string()))?;
    // Read, not verified: the node gave what it holds.
    let report = dossier.verify(&KeyRing::default(), &Roots::default());
    let (Some(record), Some(package)) = (report.record, &report.package) else {
        return Err(unreadable("the dossier has no manifest that can be read".to_owned()));
    };
    let page = match verb.certificate {
        Some(language) => certificate::page(language, record, package, &report.chains),
        None => {
            let graph = case_uco::graph(record, package, &report.chains);
            serde_json::to_string_pretty(&graph).map_err(|why| unreadable(why.to_string()))?
        }
    };
    write_new(&verb.out, page.as_bytes())?;
    let value = json!({ "record": given.record, "file": verb.out });
    screen.answer(&value, |screen| screen.say(Tone::Good, &format!("`{}`", verb.out.display())));
    Ok(Exit::Ok)
}

fn say(screen: &mut Screen<'_>, opened: &Opened, files: &[PathBuf]) {
    let value = json!({ "record": opened.record, "files": files, "confirmed": opened.confirmed });
    screen.answer(&value, |screen| {
        for file in files {
            screen.say(Tone::Good, &format!("`{}`", file.display()));
        }
        for text in &opened.confirmed {
            screen.item(9, "confirmed", Tone::Open, text);
        }
    });
}

fn folder(path: &Path) -> Result<(), Fault> {
    fs::create_dir_all(path).map_err(|why| Fault::file(path, &why))
}

fn write_all(way: &Way, opened: &Opened, out: &Path) -> Result<Vec<PathBuf>, Fault> {
    opened.objects.iter().map(|object| write(way, &opened.ticket, object, out)).collect()
}

/// The name of an object's file in a folder.
pub fn file_name(id: &str, name: &str) -> String {
    format!("{id}-{name}")
}

/// Writes an object piece by piece; it is hashed on the way and compared.
fn write(way: &Way, ticket: &str, object: &OpenedObject, out: &Path) -> Result<PathBuf, Fault> {
    let path = out.join(file_name(&object.id, &object.name));
    let failed = |why: std::io::Error| Fault::file(&path, &why);
    let mut file = File::create_new(&path).map_err(failed)?;
    let (bar, mut digest) = (bar(&object.name, object.size), Digest::new());
    for piece in 0..object.pieces {
        let read = way.ask(ReadEvidence { ticket: ticket.to_owned(), object: object.id.clone(), piece })?;
        let read = bytes(&read.bytes)?;
        digest.update(&read);
        file.write_all(&read).map_err(failed)?;
        bar.inc(read.len() as u64);
    }
    file.sync_all().map_err(failed)?;
    bar.finish_and_clear();
    let (_, found, _) = digest.finish();
    if found.to_string() != object.sha256 {
        let text = format!("object {} has SHA-256 {found}, its manifest says {}", object.id, object.sha256);
        return Err(Fault::new(Exit::Fault, "evidence/object-differs", text)
            .with_help("`comity evidence check` reports it"));
    }
    Ok(path)
}
