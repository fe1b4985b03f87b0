//! Export: STIX becomes what other tools read. Of files here, where nothing of a node is read and nothing is kept; of what
//! is held in [`held`].

pub mod held;

use super::{Fault, lists::unfolded};
use crate::random::Random;
use comity_record::Timestamp;
use comity_threat::{
    Object,
    export::{Export, Options, Report},
    reader::{ObjectSplitter, ReadFault},
    value::Value,
    warning::WarningLists,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

pub use comity_threat::{export::Format, value::Kind};

/// More of a warning list is not read; one that is longer is refused as cut off.
const MAX_LIST_BYTES: u64 = 256 << 20;
/// Bytes read at a time.
const WINDOW: usize = 1 << 18;
/// The number of the first Suricata rule where none is asked for: within the range that is kept for local rules.
pub const FIRST_RULE: u32 = 1_000_000;

/// What is to be exported, and how.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The files, in order.
    pub files: Vec<PathBuf>,
    /// The form.
    pub format: Format,
    /// Kinds of value; all, where empty.
    pub kinds: BTreeSet<Kind>,
    /// What the export is called in headers.
    pub name: String,
    /// The present.
    pub now: Timestamp,
    /// The number of the first Suricata rule.
    pub first_rule: u32,
    /// Warning lists in the format of MISP; what they hold is left out.
    pub warning_lists: Vec<PathBuf>,
}

/// What an export did.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ExportShown {
    /// Objects read.
    pub objects: u64,
    /// Lines, rules or objects written.
    pub written: u64,
    /// Values that came again.
    pub repeated: u64,
    /// Left out, by reason.
    pub left_out: Vec<(String, u64)>,
    /// Values that a warning list holds, with the list; the first thousand.
    pub suppressed: Vec<(String, String)>,
}

/// Writes the export of the files' objects.
pub fn export(
    options: &ExportOptions,
    random: &dyn Random,
    out: &mut dyn Write,
) -> Result<ExportShown, Fault> {
    let now = options.now.to_string().parse().map_err(Fault::input)?;
    let kinds = options.kinds.clone();
    let asked = Options {
        format: options.format,
        now,
        kinds,
        name: options.name.clone(),
        first_rule: options.first_rule,
    };
    let lists = warnings(&options.warning_lists, random)?;
    let suppress = |value: &Value| lists.check(value).map(|warning| warning.list.to_owned());
    let mut export = Export::new(asked, &suppress);
    for file in &options.files {
        of_file(file, &mut export, out)?;
    }
    let (rest, report) = export.finish();
    out.write_all(rest.as_bytes()).map_err(|why| unwritable(&why))?;
    Ok(show(&report))
}

fn of_file(file: &Path, export: &mut Export<'_>, out: &mut dyn Write) -> Result<(), Fault> {
    let unreadable = |why: io::Error| {
        Fault::new("import/unreadable", format!("`{}` cannot be read: {why}", file.display()))
    };
    let unsound = |fault: ReadFault| Fault::new(fault.code(), format!("`{}`: {fault}", file.display()));
    let mut input = unfolded(file).map_err(unreadable)?;
    let mut window = vec![0; WINDOW];
    let mut splitter = ObjectSplitter::new();
    loop {
        let read = input.read(&mut window).map_err(unreadable)?;
        let Some(bytes) = window.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        splitter.push(bytes);
        while let Some(raw) = splitter.next_object().map_err(unsound)? {
            match Object::read(raw.bytes) {
                Ok(object) => export.take(&object),
                Err(fault) if fault.is_of_object_only() => export.refuse(),
                Err(fault) => return Err(unsound(raw.place(fault))),
            }
        }
        out.write_all(export.drain().as_bytes()).map_err(|why| unwritable(&why))?;
    }
    splitter.finish().map(|_| ()).map_err(unsound)
}

fn warnings(files: &[PathBuf], random: &dyn Random) -> Result<WarningLists, Fault> {
    let mut secret = [0; 32];
    random.fill(&mut secret).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let mut lists = WarningLists::new(secret);
    for file in files {
        let unreadable = |why: io::Error| {
            Fault::new("import/unreadable", format!("`{}` cannot be read: {why}", file.display()))
        };
        let mut json = Vec::new();
        unfolded(file)
            .and_then(|input| input.take(MAX_LIST_BYTES).read_to_end(&mut json))
            .map_err(unreadable)?;
        lists
            .add(&json)
            .map_err(|fault| Fault::new(fault.code(), format!("`{}`: {fault}", file.display())))?;
    }
    Ok(lists)
}

fn unwritable(why: &io::Error) -> Fault {
    Fault::new("export/unwritable", format!("the export could not be written: {why}"))
}

fn show(report: &Report) -> ExportShown {
    ExportShown {
        objects: report.objects,
        written: report.written,
        repeated: report.repeated,
        left_out: report.left_out.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect(),
        suppressed: report.suppressed.clone(),
    }
}
