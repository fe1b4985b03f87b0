//! Import: STIX from a file becomes records of our own, in groups that are durable one after another.
//!
//! The input is read twice: first to find its faults and its marking definitions, then to take it. So an input that is
//! not sound JSON leaves nothing behind, whatever its length, and memory does not grow with it. Reading is done on a
//! thread of its own; a bounded channel between it and the sequencer keeps both at the pace of the slower.

use super::{
    Ctx, Fault,
    lists::{ListOptions, ListShown, author as author_list},
    sequencer::NodeDesk,
};
use comity_exchange::{DeskFault, Manuscript};
use comity_record::{Timestamp, UnitCode, label::Tlp};
use comity_threat::{Chunk, Context, Import, ImportReport, Policy, Survey, Tables, misp, reader::ReadFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;

/// Bytes read at a time.
const WINDOW: usize = 1 << 18;
/// Records committed together.
const GROUP: usize = 4;
/// Groups of records that may wait for the sequencer.
const AHEAD: usize = 2;
/// An input may unfold to at most this many bytes: 64 GiB.
const LIMIT: u64 = 64 << 30;

/// What an import did.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ImportShown {
    /// Objects found.
    pub objects: u64,
    /// Objects taken.
    pub taken: u64,
    /// Records made of them.
    pub records: Vec<String>,
    /// Taken objects by type.
    pub by_type: Vec<(String, u64)>,
    /// Taken objects by audience.
    pub by_tlp: Vec<(String, u64)>,
    /// Objects without a TLP marking, which got the configured one.
    pub unmarked: u64,
    /// The audience that those got.
    pub unmarked_as: String,
    /// Objects with a marking that is not known, kept at RED.
    pub unresolved: u64,
    /// Objects with granular markings.
    pub granular: u64,
    /// Objects with personal data.
    pub personal: u64,
    /// Objects that claim a State's involvement.
    pub claims: u64,
    /// Objects that came twice in the input.
    pub repeated: u64,
    /// Objects whose version came before with other bytes; both are kept.
    pub conflicting: u64,
    /// How many were refused.
    pub refused: u64,
    /// Refused objects, one line each; the first thousand.
    pub refusals: Vec<String>,
    /// What the input gave as a list, where it was one.
    pub list: Option<ListShown>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file read so far, over both readings.
    pub bytes: u64,
    /// Bytes to read in both.
    pub total: u64,
    /// Objects durable so far.
    pub durable: u64,
}

/// Settings of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The audience of an object without a TLP marking.
    pub unmarked: Tlp,
    /// The unit that is the author.
    pub unit: Option<UnitCode>,
    /// How an input that is no STIX is read.
    pub list: ListOptions,
}

/// Imports a file; `.zst` is unfolded. Every group of records is durable before the next is committed; on a fault in the
/// second reading (a full disk) the groups before it stand, and the reply of a repeated import counts them again.
pub async fn import_file(
    ctx: &Ctx,
    path: &Path,
    options: ImportOptions,
    progress: impl FnMut(Progress) + Send,
) -> Result<ImportShown, Fault> {
    import_named(ctx, path, &path.display().to_string(), options, progress).await
}

/// The same, with another name for the file in faults: that under which the asker knows it.
pub async fn import_named(
    ctx: &Ctx,
    path: &Path,
    name: &str,
    options: ImportOptions,
    progress: impl FnMut(Progress) + Send,
) -> Result<ImportShown, Fault> {
    let list = author_list(ctx, path, name, &options.list, options.unmarked).await?;
    let Some((spooled, list)) = list else { return import_stix(ctx, path, name, options, progress).await };
    let nothing = list.preview || list.new + list.changed == 0;
    let shown = match nothing {
        true => ImportShown { unmarked_as: options.unmarked.to_string(), ..ImportShown::default() },
        false => import_stix(ctx, spooled.path(), name, options, progress).await?,
    };
    Ok(ImportShown { list: Some(list), ..shown })
}

async fn import_stix(
    ctx: &Ctx,
    path: &Path,
    name: &str,
    options: ImportOptions,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<ImportShown, Fault> {
    let tables = Tables::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let policy = Policy { unmarked: options.unmarked, ..Policy::new(ctx.now().date()) };
    let (groups, mut waiting) = mpsc::channel(AHEAD);
    let reader = Reader {
        path: path.to_owned(),
        name: name.to_owned(),
        groups,
        tables: Arc::new(tables),
        policy,
        converted: None,
    };
    let reading = tokio::task::spawn_blocking(move || reader.read());
    let (mut shown, mut durable) = (ImportShown::default(), 0);
    while let Some(step) = waiting.recv().await {
        match step {
            Step::Read { bytes, total } => progress(Progress { bytes, total, durable }),
            Step::Group(chunks) => {
                durable += chunks.iter().map(|chunk| chunk.objects.len() as u64).sum::<u64>();
                shown.records.extend(author(ctx, chunks, options.unit.clone()).await?);
            }
        }
    }
    let report = reading.await.map_err(|fault| Fault::new("import/broken", fault.to_string()))??;
    Ok(show(shown, &report, options.unmarked))
}

pub(super) async fn author(
    ctx: &Ctx,
    chunks: Vec<Chunk>,
    unit: Option<UnitCode>,
) -> Result<Vec<String>, Fault> {
    let by = ctx.by.clone();
    let authored = ctx.sequencer.run(move |desk: &mut NodeDesk, means| {
        Box::pin(async move {
            let now: Timestamp = means.now();
            let manuscripts = chunks.into_iter().map(|chunk| {
                let mut manuscript = Manuscript::objects(chunk.labels, chunk.objects);
                (manuscript.unit, manuscript.officer) = (unit.clone(), by.clone());
                manuscript
            });
            desk.author(now, means.entropy(), manuscripts.collect()).await
        })
    });
    let authored: Result<_, DeskFault> = authored.await?;
    let size = *ctx.sequencer.changes().borrow();
    ctx.views.keep_pace(size).await;
    Ok(authored?.into_iter().map(|one| one.record.to_string()).collect())
}

enum Step {
    Read { bytes: u64, total: u64 },
    Group(Vec<Chunk>),
}

struct Reader {
    path: PathBuf,
    name: String,
    groups: mpsc::Sender<Step>,
    tables: Arc<Tables>,
    policy: Policy,
    /// The objects of a file of MISP events.
    converted: Option<Vec<u8>>,
}

impl Reader {
    fn read(mut self) -> Result<ImportReport, Fault> {
        self.unfold_misp()?;
        let total = std::fs::metadata(&self.path).map_err(|why| self.unreadable(&why))?.len() * 2;
        let mut survey = Survey::new(Context::new(&self.tables, self.policy.clone()));
        let mut before = 0;
        self.windows(|window, bytes| {
            survey.feed(window).map_err(|fault| self.unsound(&fault))?;
            before = bytes;
            self.send(Step::Read { bytes, total })
        })?;
        let (context, _) = survey.finish().map_err(|fault| self.unsound(&fault))?;
        let mut import = Import::new(&context);
        let mut group = Vec::new();
        self.windows(|window, bytes| {
            for chunk in import.feed(window).map_err(|fault| self.unsound(&fault))? {
                group.push(chunk);
                if group.len() == GROUP {
                    self.send(Step::Group(std::mem::take(&mut group)))?;
                }
            }
            self.send(Step::Read { bytes: before + bytes, total })
        })?;
        let (rest, report) = import.finish().map_err(|fault| self.unsound(&fault))?;
        group.extend(rest);
        while !group.is_empty() {
            let next = group.split_off(group.len().min(GROUP));
            self.send(Step::Group(std::mem::replace(&mut group, next)))?;
        }
        Ok(report)
    }

    /// Where the input is MISP, converts it: what follows reads the objects that came of it.
    fn unfold_misp(&mut self) -> Result<(), Fault> {
        let mut input = self.open()?;
        let mut window = vec![0; WINDOW];
        let read = input.read(&mut window).map_err(|why| self.unreadable(&why))?;
        if !misp::looks_like_misp(window.get(..read).unwrap_or_default()) {
            return Ok(());
        }
        let mut whole = Vec::new();
        self.file_windows(|window, _| {
            // What is longer is refused by the conversion, and need not be kept.
            if whole.len() <= misp::MAX_INPUT_BYTES {
                whole.extend_from_slice(window);
            }
            Ok(())
        })?;
        let mapping = misp::Mapping::built_in();
        let mapping = mapping.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let context = Context::new(&self.tables, self.policy.clone());
        let arrival = misp::Arrival::Written;
        let conversion = misp::Conversion { mapping: &mapping, context: &context, arrival };
        let (objects, _) = conversion.input(&whole).map_err(|fault| self.unsound(&fault))?;
        self.converted = Some(objects);
        Ok(())
    }

    /// Gives the input window by window, each with the bytes read so far.
    fn windows(&self, mut take: impl FnMut(&[u8], u64) -> Result<(), Fault>) -> Result<(), Fault> {
        let Some(objects) = &self.converted else { return self.file_windows(take) };
        let mut read = 0;
        objects.chunks(WINDOW).try_for_each(|window| {
            read += window.len() as u64;
            take(window, read)
        })
    }

    /// Gives the unfolded file window by window, each with the bytes of the file read so far.
    fn file_windows(&self, mut take: impl FnMut(&[u8], u64) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut input = self.open()?;
        let mut unfolded = 0u64;
        let mut window = vec![0; WINDOW];
        loop {
            let read = input.read(&mut window).map_err(|why| self.unreadable(&why))?;
            unfolded += read as u64;
            self.bounded(unfolded)?;
            match window.get(..read) {
                None | Some([]) => return Ok(()),
                Some(bytes) => take(bytes, input.count())?,
            }
        }
    }

    fn open(&self) -> Result<Input, Fault> {
        let file = File::open(&self.path).map_err(|why| self.unreadable(&why))?;
        Input::new(file).map_err(|why| self.unreadable(&why))
    }

    fn bounded(&self, unfolded: u64) -> Result<(), Fault> {
        if unfolded <= LIMIT {
            return Ok(());
        }
        let text = format!("`{}` unfolds to more than {LIMIT} bytes", self.name);
        Err(Fault::new("import/too-long", text).help("split the input"))
    }

    fn send(&self, step: Step) -> Result<(), Fault> {
        let stopped = || Fault::new("import/stopped", "the import was stopped");
        self.groups.blocking_send(step).map_err(|_| stopped())
    }

    fn unreadable(&self, why: &io::Error) -> Fault {
        Fault::new("import/unreadable", format!("`{}` cannot be read: {why}", self.name))
    }

    fn unsound(&self, fault: &ReadFault) -> Fault {
        Fault::new(fault.code(), format!("`{}`: {fault}", self.name))
            .help("nothing of this file was taken; mend it and import it again")
    }
}

/// The folder in a party's folder where inputs lie while they are read.
pub(super) fn spool(dir: &Path) -> PathBuf {
    dir.join("spool")
}

/// Removes inputs that a process left behind when it died: they are not sealed.
pub(super) fn clear_spool(dir: &Path) -> Result<(), Fault> {
    let folder = spool(dir);
    match std::fs::remove_dir_all(&folder) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => {
            let text = format!("`{}` cannot be removed: {why}", folder.display());
            Err(Fault::new("import/spool", text))
        }
        _ => Ok(()),
    }
}

/// The first bytes of a zstd frame (RFC 8878 section 3.1.1).
pub(super) const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A file as it is, or unfolded.
enum Input {
    Plain(BufReader<Counting>),
    Folded(Box<zstd::stream::read::Decoder<'static, BufReader<Counting>>>),
}

impl Input {
    fn new(file: File) -> io::Result<Input> {
        let mut input = BufReader::with_capacity(WINDOW, Counting { file, count: 0 });
        if !io::BufRead::fill_buf(&mut input)?.starts_with(ZSTD) {
            return Ok(Input::Plain(input));
        }
        let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
        decoder.window_log_max(27)?;
        Ok(Input::Folded(Box::new(decoder)))
    }

    /// Bytes of the file read so far.
    fn count(&self) -> u64 {
        match self {
            Input::Plain(input) => input.get_ref().count,
            Input::Folded(input) => input.get_ref().get_ref().count,
        }
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(input) => input.read(out),
            Input::Folded(input) => input.read(out),
        }
    }
}

struct Counting {
    file: File,
    count: u64,
}

impl Read for Counting {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.count += read as u64;
        Ok(read)
    }
}

fn show(shown: ImportShown, report: &ImportReport, unmarked: Tlp) -> ImportShown {
    let refusal = |refused: &comity_threat::Refused| {
        format!(
            "object {} at {}:{} ({}): {} [{}]",
            refused.index, refused.at.line, refused.at.column, refused.id, refused.message, refused.code
        )
    };
    ImportShown {
        objects: report.objects,
        taken: report.taken,
        by_type: report.by_type.iter().map(|(name, count)| (name.clone(), *count)).collect(),
        by_tlp: report.by_tlp.iter().map(|(tlp, count)| (tlp.to_string(), *count)).collect(),
        unmarked: report.unmarked,
        unmarked_as: unmarked.to_string(),
        unresolved: report.unresolved,
        granular: report.granular,
        personal: report.personal,
        claims: report.claims,
        repeated: report.repeated,
        conflicting: report.conflicting,
        refused: report.refusals(),
        refusals: report.refused.iter().map(refusal).collect(),
        ..shown
    }
}
