//! Lists and feeds that are not STIX: they become STIX in a file beside, which is imported like any other.
//!
//! The objects are authored by the party. What it holds of the same list is looked for first by the index of ids, so that a
//! second import brings only what is new or changed.

use super::{Ctx, Fault, import::spool, search::Searching, upload::Spooled};
use crate::reading::{Reader, Seen, Sight};
use comity_ledger::store::Store;
use comity_record::{Timestamp, label::Tlp};
use comity_threat::{
    Object,
    index::Family,
    lists::{Author, Entry, MAX_LIST_BYTES, Reading, Standing, Thing, Written, read},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
    path::Path,
};

pub use comity_threat::lists::Format;

/// How a list is to be read.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// What the list is called; without it, its file.
    pub source: Option<String>,
    /// Its format; without it, what its beginning looks like.
    pub format: Option<Format>,
    /// The columns of a table, as `value=URL,date=date`.
    pub columns: Option<String>,
    /// Whether it is taken or only shown.
    pub look: Look,
}

/// Whether a list is taken or only shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Free text is shown first, the other formats are taken.
    #[default]
    ByFormat,
    /// Shown only.
    Preview,
    /// Taken.
    Take,
}

/// What a list gave.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListShown {
    /// What the list is called.
    pub source: String,
    /// Its format.
    pub format: String,
    /// The columns that were read, where it has columns.
    pub columns: Option<String>,
    /// Lines that hold something.
    pub lines: u64,
    /// Objects that are not held yet.
    pub new: u64,
    /// Objects of which the list says something else now.
    pub changed: u64,
    /// Objects that are held as they are.
    pub known: u64,
    /// Values that came again in the list.
    pub repeated: u64,
    /// Lines that gave nothing, by reason.
    pub refused: Vec<(String, u64)>,
    /// Such lines, one by one; the first thousand.
    pub refusals: Vec<String>,
    /// Whether it was only shown, and nothing was taken.
    pub preview: bool,
    /// The first hundred things, where it was only shown.
    pub shown: Vec<String>,
}

/// Ids looked up at once, and copies of one that are looked at.
const AT_ONCE: usize = 256;
const COPIES: u32 = 1000;
/// Things that a preview shows.
const SHOWN: usize = 100;

/// What a list became: STIX in a file, and what is told about it. `None` where the input is no list.
pub(super) async fn author(
    ctx: &Ctx,
    path: &Path,
    name: &str,
    options: &ListOptions,
    tlp: Tlp,
) -> Result<Option<(Spooled, ListShown)>, Fault> {
    let reading = {
        let (path, name, options) = (path.to_owned(), name.to_owned(), options.clone());
        tokio::task::spawn_blocking(move || open(&path, &name, &options)).await
    };
    let reading = reading.map_err(|fault| Fault::new("import/broken", fault.to_string()))??;
    let Some((format, reading)) = reading else { return Ok(None) };
    let author = writer(ctx, name, options, tlp);
    let mut shown = told(&author, format, &reading);
    shown.preview =
        options.look == Look::Preview || (options.look == Look::ByFormat && format == Format::Prose);
    let held = held(ctx, &author, &reading.entries).await?;
    let spooled = Spooled::new(&spool(&ctx.dir), &*ctx.random)?;
    let file = spooled.create()?;
    write(&author, &reading.entries, &held, file, &mut shown).map_err(|why| {
        Fault::new("import/spool", format!("the objects of the list could not be kept: {why}"))
    })?;
    Ok(Some((spooled, shown)))
}

/// Reads the file where it is a list.
fn open(path: &Path, name: &str, options: &ListOptions) -> Result<Option<(Format, Reading)>, Fault> {
    let unreadable =
        |why: io::Error| Fault::new("import/unreadable", format!("`{name}` cannot be read: {why}"));
    let mut input = unfolded(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    input.by_ref().take(1 << 16).read_to_end(&mut bytes).map_err(unreadable)?;
    let Some(format) = options.format.or_else(|| Format::of(name, &bytes)) else { return Ok(None) };
    let rest = (MAX_LIST_BYTES as u64).saturating_add(1).saturating_sub(bytes.len() as u64);
    input.take(rest).read_to_end(&mut bytes).map_err(unreadable)?;
    let reading = read(&bytes, format, options.columns.as_deref()).map_err(|fault| {
        let told = Fault::new(fault.code(), format!("`{name}`: {fault}"));
        match fault.help() {
            Some(help) => told.help(help),
            None => told,
        }
    })?;
    Ok(Some((format, reading)))
}

pub(super) fn unfolded(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut input = BufReader::new(File::open(path)?);
    if !input.fill_buf()?.starts_with(super::import::ZSTD) {
        return Ok(Box::new(input));
    }
    let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
    decoder.window_log_max(27)?;
    Ok(Box::new(decoder))
}

fn writer(ctx: &Ctx, name: &str, options: &ListOptions, tlp: Tlp) -> Author {
    let file = Path::new(name).file_name().map_or_else(|| name.into(), |file| file.to_string_lossy());
    let stem = file.split('.').next().unwrap_or_default().to_owned();
    let now: Timestamp = ctx.now();
    Author {
        party: ctx.party.to_string(),
        name: ctx.party.to_string(),
        source: options.source.clone().unwrap_or(stem),
        now,
        tlp,
    }
}

fn told(author: &Author, format: Format, reading: &Reading) -> ListShown {
    let refusal = |line: &comity_threat::lists::RefusedLine| {
        format!("line {}: {} [{}]", line.line, line.message, line.code)
    };
    ListShown {
        source: author.source.clone(),
        format: format.to_string(),
        columns: reading.mapping.as_ref().map(ToString::to_string),
        lines: reading.lines,
        repeated: reading.repeated,
        refused: reading.refused_by_code.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect(),
        refusals: reading.refused.iter().map(refusal).collect(),
        ..ListShown::default()
    }
}

/// The latest versions that we hold of these entries' objects, by id.
async fn held(ctx: &Ctx, author: &Author, entries: &[Entry]) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let wanted: BTreeSet<String> = entries.iter().map(|entry| author.id_of(&entry.thing)).collect();
    let own = author.identity_id();
    let store = ctx.views.feed().store();
    ctx.views.index().objects.reaches(store.head().await?.size).await?;
    let sight = Sight::of(ctx, Reader::Own).await?;
    let search = Searching { ctx, store, sight: &sight };
    let ids: Vec<&String> = std::iter::once(&own).chain(&wanted).collect();
    let mut held = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let looked = ids.iter().map(|id| async move { search.finder().with(Family::Id, id, COPIES).await });
        let looked = futures_util::future::try_join_all(looked).await?;
        let seen: Vec<Seen> = looked.into_iter().flatten().map(|found| found.seen).collect();
        for copy in search.read(&seen).await? {
            keep(&mut held, &wanted, &own, &copy.bytes);
        }
    }
    Ok(held)
}

/// Keeps the object where it is ours, wanted, and later than the one kept.
fn keep(held: &mut BTreeMap<String, Vec<u8>>, wanted: &BTreeSet<String>, own: &str, bytes: &[u8]) {
    let Ok(object) = Object::read(bytes) else { return };
    let ours = object.common().created_by_ref() == Some(own) || object.id() == own;
    if !ours || !(wanted.contains(object.id()) || object.id() == own) {
        return;
    }
    let older = held.get(object.id()).and_then(|kept| Object::read(kept).ok()?.moment());
    if older.is_none_or(|older| object.moment() > Some(older)) {
        held.insert(object.id().to_owned(), bytes.to_vec());
    }
}

/// Writes what is new or changed, one object a line.
fn write(
    author: &Author,
    entries: &[Entry],
    held: &BTreeMap<String, Vec<u8>>,
    file: File,
    shown: &mut ListShown,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(file);
    let identity = author.identity();
    if !held.contains_key(&identity.id) {
        writeln!(out, "{}", identity.text)?;
    }
    for entry in entries {
        if shown.preview && shown.shown.len() < SHOWN {
            shown.shown.push(line(entry));
        }
        let known = held.get(&author.id_of(&entry.thing)).and_then(|bytes| Object::read(bytes).ok());
        let written: Option<Written> =
            match known.map(|object| author.against(&entry.thing, entries, &object)) {
                None => {
                    shown.new += 1;
                    Some(author.write(&entry.thing, entries))
                }
                Some(Standing::Changed(next)) => {
                    shown.changed += 1;
                    Some(next)
                }
                Some(Standing::Known) => {
                    shown.known += 1;
                    None
                }
            };
        if let Some(written) = written {
            writeln!(out, "{}", written.text)?;
        }
    }
    out.flush()
}

/// An entry for a person.
fn line(entry: &Entry) -> String {
    match &entry.thing {
        Thing::Indicator(one) => format!("line {}: {} {}", entry.line, one.value.kind(), one.value.shown()),
        Thing::Vulnerability(one) => format!("line {}: vulnerability {}", entry.line, one.name),
        Thing::Report(one) => format!("report `{}`", one.name),
    }
}
