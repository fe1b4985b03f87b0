//! `comity evidence pack`: files become a package.

use super::{
    bar::{bar, text},
    transfer,
};
use crate::{Exit, Fault, Screen, place::Chosen, reach::Way, screen::Tone, verb::share::Resting};
use clap::Args;
use comity_node::app::{
    evidence::{
        pack::{Pack as Asked, PackedObject, PersonalAsked},
        stage::{PIECE, Stage},
    },
    share::Share,
};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

const HELP: &str = "\
Each file is hashed twice (SHA-256 and SHA-512) while it is read, and sealed in \
pieces; memory does not grow with it. The manifest is signed by the party, the first \
entries of the custody record are collected, hashed and sealed. Conditions travel \
with every object: secret, only-for:PROCEEDINGS, no-onward, delete-by@DAY, \
report-use, consult-before-court, return-after-use[@DAY], other:WORDS.

Example:
  comity evidence pack disk.img mail.mbox --order 'Gs 12/26 of XA court 3' \\
    --source 'mail.example' --selector 'account person-1' \\
    --tool 'imager 4.2' --operator lab.two --condition 'only-for:court 3, 12/26'

Next:
  comity share RECORD --to XB --purpose criminal-investigation --yes
  comity evidence show RECORD";

/// `comity evidence pack`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Pack {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The order relied on at home
    #[arg(long, value_name = "TEXT")]
    order: String,
    /// The selector under which they were found
    #[arg(long, value_name = "TEXT")]
    selector: String,
    /// The tool and its version
    #[arg(long, value_name = "TEXT")]
    tool: String,
    /// Who operated the tool; the officer who asks if left out
    #[arg(long, value_name = "OFFICER")]
    operator: Option<String>,
    /// Where they come from: a provider, a device
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// What their times rest on, and the zone
    #[arg(long, value_name = "TEXT", default_value = "UTC")]
    time_basis: String,
    /// The executing unit
    #[arg(long = "by", value_name = "CODE")]
    executing: Option<String>,
    /// Where this happens
    #[arg(long, value_name = "TEXT", default_value = "")]
    place: String,
    /// The case, by its id
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// The record of the request that it answers
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// The purpose
    #[arg(long, value_name = "PURPOSE", default_value = "criminal-investigation")]
    purpose: String,
    /// A condition on use; several are possible
    #[arg(long = "condition", value_name = "CONDITION")]
    conditions: Vec<String>,
    /// The media type of all files; by their endings if left out
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// A file that may be privileged or immune; 'all' for all
    #[arg(long = "privileged", value_name = "NAME")]
    privileged: Vec<String>,
    /// How personal the data are: personal, special-category, …
    #[arg(long, value_name = "KIND", requires_all = ["personal_basis", "personal_until"])]
    personal: Option<String>,
    /// The legal basis of personal data
    #[arg(long, value_name = "TEXT")]
    personal_basis: Option<String>,
    /// The last day on which personal data may be accessed
    #[arg(long, value_name = "DAY")]
    personal_until: Option<String>,
    /// Whether personal data may be passed on
    #[arg(long, value_name = "RULE", default_value = "prohibited")]
    personal_onward: String,
    /// A label of the manifest, such as category=content
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// The certificate of authenticity in the court's own words
    #[arg(long, value_name = "TEXT", default_value = "")]
    certificate: String,
    /// Put it to the border for a State and seal it for a courier
    #[arg(long, value_name = "PARTY", requires = "out")]
    seal_to: Option<String>,
    /// The new file for the courier
    #[arg(long, value_name = "FILE", requires = "seal_to")]
    out: Option<PathBuf>,
    #[command(flatten)]
    resting: Resting,
}

/// Packs the files.
pub fn run(verb: &Pack, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    Way::with(&place, |way| {
        let mut objects = Vec::with_capacity(verb.files.len());
        for file in &verb.files {
            objects.push(verb.object(way, file)?);
        }
        let packed = way.ask(verb.asked(objects))?;
        screen.answer(&packed, |screen| {
            let (objects, bytes) = (packed.objects, packed.bytes);
            screen.say(Tone::Good, &format!("Packed: {objects} objects, {bytes} bytes."));
            screen.item(8, "record", Tone::Plain, &packed.record);
            screen.item(8, "custody", Tone::Plain, &packed.custody);
            screen.item(8, "entry", Tone::Faint, &format!("{} in the ledger", packed.entry));
        });
        let (Some(to), Some(out)) = (&verb.seal_to, &verb.out) else { return Ok(Exit::Ok) };
        let share = Share {
            to: vec![to.to_uppercase()],
            purpose: verb.purpose.clone(),
            records: vec![packed.record.clone()],
            preview: false,
            grounds: verb.resting.grounds(),
        };
        let shared = way.ask(share)?;
        shared.judged.iter().for_each(|one| crate::verb::share::judged(screen, one));
        if shared.cleared == 0 {
            return Ok(Exit::No);
        }
        transfer::write(way, &packed.record, to, None, out, screen)?;
        Ok(Exit::Ok)
    })
}

impl Pack {
    /// Sends a file piece by piece; what comes back is its name in the package.
    fn object(&self, way: &Way, path: &Path) -> Result<PackedObject, Fault> {
        let failed = |why: std::io::Error| Fault::file(path, &why);
        let mut file = File::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        if found.is_dir() {
            return Err(Fault::file(path, &std::io::ErrorKind::IsADirectory.into()));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bar = bar(&name, found.len());
        let (mut upload, mut ahead) = (None, piece(&mut file).map_err(failed)?);
        loop {
            let next = if ahead.len() < PIECE { Vec::new() } else { piece(&mut file).map_err(failed)? };
            let last = next.is_empty();
            bar.inc(ahead.len() as u64);
            let staged = way.ask(Stage { upload, bytes: text(&ahead), last })?;
            upload = Some(staged.upload);
            if last {
                break;
            }
            ahead = next;
        }
        bar.finish_and_clear();
        let media_type = self.media_type.clone().unwrap_or_else(|| media_type(path).to_owned());
        let privileged = self.privileged.iter().any(|named| named == "all" || *named == name);
        Ok(PackedObject { upload: upload.unwrap_or_default(), name, media_type, privileged })
    }

    fn asked(&self, objects: Vec<PackedObject>) -> Asked {
        let personal = self.personal.as_ref().map(|kind| PersonalAsked {
            kind: kind.clone(),
            basis: self.personal_basis.clone().unwrap_or_default(),
            until: self.personal_until.clone().unwrap_or_default(),
            onward: self.personal_onward.clone(),
        });
        Asked {
            objects,
            order: self.order.clone(),
            source: self.source.clone(),
            selector: self.selector.clone(),
            time_basis: self.time_basis.clone(),
            tool: self.tool.clone(),
            operator: self.operator.clone(),
            unit: self.executing.clone(),
            place: self.place.clone(),
            case: self.case.clone(),
            request: self.request.clone(),
            purpose: self.purpose.clone(),
            conditions: self.conditions.clone(),
            certificate: self.certificate.clone(),
            personal,
            labels: self.labels.clone(),
        }
    }
}

/// The next piece of a file; shorter than [`PIECE`] only at its end.
fn piece(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The media type that a file's ending stands for (IANA media types).
fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("txt" | "log") => "text/plain",
        Some("csv") => "text/csv",
        Some("html" | "htm") => "text/html",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("gz") => "application/gzip",
        Some("mbox") => "application/mbox",
        Some("eml") => "message/rfc822",
        Some("pcap") => "application/vnd.tcpdump.pcap",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("mp4") => "video/mp4",
        _ => "application/octet-stream",
    }
}
