//! Backups of a party, taken while it serves, and brought back.
//!
//! A backup has two files. The *log* holds the ledger, everything entered and received, and what the node remembers as a
//! witness; it is sealed to the party's own sealing key, so that whoever takes it opens nothing. The *keys* are what
//! opens it: the purpose keys, the keys of the bodies with their epoch's key, and which bodies were erased. Of the keys
//! only the latest copy is kept: an older one could open what was erased since. The root key is in neither. The sealed
//! pieces of evidence are too large for either and go into a folder of their own.
//!
//! The log is read before the keys. So every body in it has its key in the copy, unless it was erased meanwhile.

mod pieces;
mod place;
mod restore;

pub use pieces::Pieces;
pub use restore::{Restore, Restored, restore};

use super::{Action, Ctx, Fault, link::chain, party::key_fault};
use crate::{keys::Keys, seal::SealFault};
use comity_border::Layer;
use comity_exchange::{
    Scope,
    tables::{ERASURES, LASTING_SPACES, LOG_TABLES},
};
use comity_store::{
    AnyStore,
    backup::{BackupFault, Contents, Parts, export_parts},
    vault::KEYS,
};
use place::{LatestSink, SealedSink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// The epoch's key, beside the purpose keys in the copy of the keys.
const EPOCH: &str = "epoch.key";
/// The newest checkpoint, in the copy of the keys: it shows whether a log is older than they are.
const CHECKPOINT: &str = "checkpoint";

/// The newest checkpoint that a witness cosigned, in the copy of the keys: it names who holds the hashes of what an older
/// log lacks, where nobody has cosigned the newest one yet. Copies made before it was kept are without it.
const WITNESSED: &str = "witnessed";

/// Backs the party up into new files on the node's machine.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// The new file of the log, as an absolute path.
    pub log: String,
    /// The file of the keys, as an absolute path; a former copy there is replaced. Absent: no copy of the keys is made.
    pub keys: Option<String>,
    /// The folder of the sealed pieces of evidence, as an absolute path; what is there already stays. Absent: no piece is
    /// copied.
    #[serde(default)]
    pub pieces: Option<String>,
}

/// A backup as made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackedUp {
    /// Entries of the ledger in it.
    pub entries: u64,
    /// The root of the ledger at that size.
    pub root: String,
    /// Bytes of the file of the log.
    pub log_bytes: u64,
    /// Bytes of the file of the keys, where one was made.
    pub key_bytes: Option<u64>,
    /// The pieces of evidence, where they were copied.
    pub pieces: Option<Pieces>,
}

impl Action for Backup {
    const NAME: &'static str = "backup";
    const SUMMARY: &'static str = "backs the party up into files on the node's machine, while it serves";
    const SCOPE: Scope = Scope::Operate;
    type Reply = BackedUp;

    async fn run(self, ctx: &Ctx) -> Result<BackedUp, Fault> {
        let log = Path::new(&self.log);
        let keys = self.keys.as_deref().map(Path::new);
        let pieces = self.pieces.as_deref().map(Path::new);
        if let Some(path) = [Some(log), keys, pieces].into_iter().flatten().find(|path| !path.is_absolute()) {
            let text = format!("`{}` is no absolute path", path.display());
            return Err(Fault::new("input/bad-value", text));
        }
        if log.exists() {
            let text = format!("`{}` exists already", log.display());
            return Err(Fault::new("backup/exists", text).help("name a new file; a backup replaces none"));
        }
        let contents = back_up_log(ctx, log).await?;
        if let Some(path) = keys {
            back_up_keys(ctx, path).await?;
        }
        // After the log: what it knows of is held by then, or was deleted meanwhile.
        let pieces = match pieces {
            Some(folder) => Some(back_up_pieces(ctx, folder).await?),
            None => None,
        };
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
        Ok(BackedUp {
            entries: contents.head.size,
            root: contents.head.root.to_string(),
            log_bytes: bytes(log),
            key_bytes: keys.map(bytes),
            pieces,
        })
    }
}

/// The log is read as one view of the store, beside the sequencer, which goes on.
async fn back_up_log(ctx: &Ctx, path: &Path) -> Result<Contents, Fault> {
    let read = ctx.sequencer.run(|desk, _| {
        Box::pin(async move {
            let national = desk
                .law()
                .packs
                .source()
                .texts
                .iter()
                .filter(|text| matches!(text.layer, Layer::National(_)));
            let texts = national.map(|text| (text.file.clone(), text.text.clone()));
            (desk.store().clone(), texts.collect::<Vec<_>>())
        })
    });
    let (store, national) = read.await?;
    let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
    let sealing = keys.sealing_keys().pop();
    let key = sealing.ok_or_else(|| Fault::new("backup/no-sealing-key", "the party has no sealing key"))?;
    let sink = SealedSink::create(path, &ctx.party, key.public(), &*ctx.random)
        .map_err(|fault| of_seal(path, &fault))?;
    let files = if ctx.exercise { Vec::new() } else { pack_files(national) };
    let parts = Parts {
        files,
        spaces: LASTING_SPACES.iter().map(|space| (*space).to_owned()).collect(),
        tables: LOG_TABLES.to_vec(),
    };
    export_parts(&store, parts, Box::new(sink), path).await.map_err(of_backup)
}

/// The pieces are read beside the sequencer: they never change.
async fn back_up_pieces(ctx: &Ctx, folder: &Path) -> Result<Pieces, Fault> {
    let read =
        ctx.sequencer.run(|desk, _| Box::pin(async move { (desk.store().clone(), desk.bodies().clone()) }));
    let (store, bodies) = read.await?;
    Ok(pieces::keep(&store, &bodies, folder).await?)
}

/// National packs are files of the configuration, not of the party's folder: without them a restored node would judge
/// otherwise.
fn pack_files(texts: Vec<(String, String)>) -> Vec<(String, Vec<u8>)> {
    let name = |file: &str| Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned());
    let numbered = texts.into_iter().enumerate();
    numbered
        .map(|(number, (file, text))| {
            let name = name(&file).unwrap_or_else(|| "national.cedar".to_owned());
            (format!("packs/{number:02}-{name}"), text.into_bytes())
        })
        .collect()
}

/// The keys are read by the sequencer, so that no erasure is under way meanwhile.
async fn back_up_keys(ctx: &Ctx, path: &Path) -> Result<(), Fault> {
    let (dir, path) = (ctx.dir.clone(), path.to_path_buf());
    let copied = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            let mut files = key_files(&dir)?;
            // Where no head may be signed at present, the copy is made without one.
            if let Ok(note) = desk.checkpoint(now).await {
                files.push((CHECKPOINT.to_owned(), note));
            }
            if let Some(note) = desk.cosigned_checkpoint(now).await? {
                files.push((WITNESSED.to_owned(), note));
            }
            let parts = Parts { files, spaces: vec![KEYS.to_owned()], tables: vec![ERASURES] };
            let sink = LatestSink::create(&path).map_err(|why| of_file(&path, &why))?;
            let store: AnyStore = desk.store().clone();
            export_parts(&store, parts, Box::new(sink), &path).await.map_err(of_backup)
        })
    });
    copied.await?.map(drop)
}

/// The files below `keys/` and the epoch's key.
fn key_files(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut files = Vec::new();
    let mut read = |name: String| {
        let path = dir.join(&name);
        files.push((name, fs::read(&path).map_err(|why| of_file(&path, &why))?));
        Ok::<_, Fault>(())
    };
    read(EPOCH.to_owned())?;
    let keys = dir.join("keys");
    for entry in fs::read_dir(&keys).map_err(|why| of_file(&keys, &why))? {
        let name = entry.map_err(|why| of_file(&keys, &why))?.file_name();
        read(format!("keys/{}", name.to_string_lossy()))?;
    }
    Ok(files)
}

fn of_backup(fault: BackupFault) -> Fault {
    Fault { help: fault.help(), ..Fault::new(fault.code(), chain(&fault)) }
}

fn of_seal(path: &Path, fault: &SealFault) -> Fault {
    Fault {
        help: fault.help(),
        ..Fault::new(fault.code(), format!("`{}`: {}", path.display(), chain(fault)))
    }
}

fn of_file(path: &Path, why: &std::io::Error) -> Fault {
    Fault::new("backup/file", format!("`{}`: {why}", path.display()))
}
