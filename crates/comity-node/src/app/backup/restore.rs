//! Bringing a party back. Both files are read to their end and checked before anything is written; everything is made in
//! a folder beside, which takes its name in the last step. Interrupted, a restore is simply repeated.
//!
//! Afterwards every erasure that either file knows of is applied again, and nothing is signed until a witness confirms the
//! last head: a ledger that went on elsewhere, or after the backup, must not be forked.

use super::{
    CHECKPOINT, EPOCH, Pieces, WITNESSED, of_backup, of_file, of_seal, pieces,
    place::{SealedSource, write_private},
};
use crate::{
    app::{
        Fault, SealedBodies,
        erasures::Erasures,
        link::chain,
        party::{folder, key_fault, open_store},
    },
    config::{Config, Party, Text},
    keys::{Keys, unarmour},
};
use comity_exchange::{
    desk::distrust_head,
    tables::{ERASURES, LASTING_SPACES, LOG_TABLES},
};
use comity_ledger::{Checkpoint, Log, note::Note, store::LogHead, witness::forget_leaves};
use comity_record::{Letter, PartyCode, RootSigned};
use comity_store::{
    AnyStore,
    backup::{FileSource, Section, Source, check_source, import_parts, put_space, rows_of},
    vault::KEYS,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What is to be brought back, and where.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The file of the log.
    pub log: PathBuf,
    /// The file of the keys.
    pub keys: PathBuf,
    /// The folder of the sealed pieces of evidence, where they were copied.
    pub pieces: Option<PathBuf>,
    /// The configuration of the node that is to host the party. Where it has a section for the party, that says which
    /// store is filled; otherwise one is added. Where there is no configuration, one is made.
    pub config: PathBuf,
}

/// A party as brought back.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Restored {
    /// The party.
    pub party: String,
    /// Entries of its ledger.
    pub entries: u64,
    /// The root of its ledger.
    pub root: String,
    /// Erasures applied again.
    pub erasures: u64,
    /// What the ledger lacks, where the keys were copied from a longer one.
    pub newer: Option<Newer>,
    /// The size of the ledger when the keys were copied, where that was before the backup: bodies that came in between
    /// have no key.
    pub keys_from: Option<u64>,
    /// The pieces of evidence that are there again, and the packages that lack some.
    pub pieces: Pieces,
}

/// Entries that came after the backup.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Newer {
    /// The first entry that is missing.
    pub from: u64,
    /// One past the last that is known of.
    pub to: u64,
    /// The ledgers of the witnesses that cosigned a longer one, and hold hashes that this one lacks.
    pub holders: Vec<String>,
    /// One past the last entry whose hash they hold; absent where nobody is known to hold any.
    pub held_to: Option<u64>,
}

/// The folder of the purpose keys, as names in the copy begin.
const FOLDER: &str = "keys/";

/// Both files, checked, and what was made of the smaller one.
struct Read {
    party: PartyCode,
    letter: Letter,
    files: BTreeMap<String, Vec<u8>>,
    keys: Arc<dyn Source>,
    keys_head: LogHead,
}

/// Brings a party back. Blocking work is done off the runtime's threads by the store.
pub async fn restore(wanted: &Restore) -> Result<Restored, Fault> {
    let read = read_keys(&wanted.keys).await?;
    let (mut config, data_dir) = configuration(&wanted.config)?;
    let place = folder(&data_dir, &read.party);
    if place.exists() {
        let text = format!("`{}` exists already", place.display());
        return Err(Fault::new("restore/exists", text)
            .help("a restore goes into an empty place: move that folder away, or name another --dir"));
    }
    let beside = Beside::make(place.with_extension("new"))?;
    for (name, bytes) in
        read.files.iter().filter(|(name, _)| ![CHECKPOINT, WITNESSED].contains(&name.as_str()))
    {
        let path = beside.0.join(name);
        write_private(&path, bytes).map_err(|why| of_file(&path, &why))?;
    }
    let keys = Keys::open(&beside.0).map_err(key_fault)?;
    let sealed =
        SealedSource { path: wanted.log.clone(), party: read.party.clone(), keys: keys.sealing_keys() };
    sealed.check().map_err(|fault| of_seal(&wanted.log, &fault))?;
    let log: Arc<dyn Source> = Arc::new(sealed);
    check_source(Arc::clone(&log)).await.map_err(of_backup)?;
    let packs = rows_of(Arc::clone(&log), Section::Files).await.map_err(of_backup)?;
    let settings = settings(&mut config, (&wanted.config, &data_dir), &read, packs, &beside.0)?;
    let store = open_store(&beside.0, &settings).await?;
    let restored = fill(&store, &beside.0, &read, (log, wanted.pieces.as_deref())).await;
    if let AnyStore::Fjall(store) = &store {
        store.close().await.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    }
    drop(store);
    let restored = restored?;
    // The configuration first: without the folder, it only lets this be repeated.
    if !Config::load(&wanted.config).is_ok_and(|known| known.party.contains_key(&Text(read.party.clone()))) {
        config.add_party(&wanted.config, &read.party).map_err(|why| of_file(&wanted.config, &why))?;
    }
    beside.take_place(&place)?;
    Ok(restored)
}

/// Reads and checks the copy of the keys.
async fn read_keys(path: &Path) -> Result<Read, Fault> {
    let keys = FileSource::shared(path);
    let contents = check_source(Arc::clone(&keys)).await.map_err(of_backup)?;
    let rows = rows_of(Arc::clone(&keys), Section::Files).await.map_err(of_backup)?;
    let damaged = |why: &str| {
        Fault::new("restore/no-keys", format!("`{}` is no copy of a party's keys: {why}", path.display()))
    };
    let mut files = BTreeMap::new();
    for (name, bytes) in rows {
        let name = String::from_utf8(name).map_err(|_| damaged("a name is not text"))?;
        let inner = name.strip_prefix(FOLDER).unwrap_or(&name);
        // A name must not lead out of the folder that it is written into.
        let plain = inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            && !inner.starts_with('.');
        if !plain || !(name.starts_with(FOLDER) || [EPOCH, CHECKPOINT, WITNESSED].contains(&name.as_str())) {
            return Err(damaged("it holds a file of another kind"));
        }
        files.insert(name, bytes);
    }
    let text = files.get(&format!("{FOLDER}letter")).ok_or_else(|| damaged("it has no letter"))?;
    let signed: RootSigned<Letter> =
        unarmour(&String::from_utf8_lossy(text)).map_err(|why| damaged(&why.to_string()))?;
    let letter = signed.introduce().map_err(|why| damaged(&why.to_string()))?;
    if !files.contains_key(EPOCH) {
        return Err(damaged("the epoch's key is not in it"));
    }
    Ok(Read { party: letter.party.clone(), letter, files, keys, keys_head: contents.head })
}

/// The configuration with its data folder, or a new one.
fn configuration(path: &Path) -> Result<(Config, PathBuf), Fault> {
    if path.exists() {
        let config = Config::load(path)
            .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })?;
        let data_dir = config.node.data_dir.clone();
        return Ok((config, data_dir));
    }
    let config = Config::default();
    let data_dir =
        path.parent().map_or_else(|| config.node.data_dir.clone(), |dir| dir.join(&config.node.data_dir));
    Ok((config, data_dir))
}

/// The party's section: the one that is there, or one made of the letter and the national packs of the backup.
fn settings(
    config: &mut Config,
    (at, data_dir): (&Path, &Path),
    read: &Read,
    packs: Vec<(Vec<u8>, Vec<u8>)>,
    beside: &Path,
) -> Result<Party, Fault> {
    if let Some(known) = config.party.get(&Text(read.party.clone())) {
        return Ok(known.clone());
    }
    let mut settings = Party {
        address: read.letter.address.clone(),
        ledger: read.letter.ledger.clone(),
        ..Party::default()
    };
    for (name, text) in &packs {
        let name = Path::new(std::str::from_utf8(name).unwrap_or_default()).file_name();
        let path = beside.join("packs").join(name.unwrap_or_default());
        write_private(&path, text).map_err(|why| of_file(&path, &why))?;
    }
    if !packs.is_empty() {
        // Paths of a configuration count from its folder, so that both can be moved together.
        let place = folder(data_dir, &read.party).join("packs");
        let near = at.parent().and_then(|dir| place.strip_prefix(dir).ok()).map(Path::to_path_buf);
        settings.packs = vec![near.unwrap_or(place)];
    }
    config.party.insert(Text(read.party.clone()), settings.clone());
    Ok(settings)
}

async fn fill(
    store: &AnyStore,
    dir: &Path,
    read: &Read,
    (log, folder): (Arc<dyn Source>, Option<&Path>),
) -> Result<Restored, Fault> {
    let of_store = |fault: comity_ledger::store::StoreFault| Fault::new(fault.code(), fault.to_string());
    let contents = import_parts(store, LOG_TABLES, LASTING_SPACES, log).await.map_err(of_backup)?;
    put_space(store, KEYS, Arc::clone(&read.keys)).await.map_err(of_backup)?;
    distrust_head(store).await.map_err(of_store)?;
    forget_leaves(store).await.map_err(|fault| Fault::new(fault.code(), chain(&fault)))?;
    let of_log = |fault: comity_ledger::LogFault| Fault {
        help: fault.help(),
        ..Fault::new(fault.code(), chain(&fault))
    };
    let whole = Log::open(store).await.map_err(of_log)?;
    whole.audit(store).await.map_err(of_log)?;
    let of_vault = |fault: comity_store::vault::VaultFault| Fault {
        help: fault.help(),
        ..Fault::new(fault.code(), chain(&fault))
    };
    let bodies = SealedBodies::open(store.clone(), &dir.join(EPOCH)).await.map_err(of_vault)?;
    let erasures = erase_again(store, &bodies, read).await?;
    let pieces = pieces::bring_back(store, &bodies, folder).await.map_err(of_store)?;
    let (ours, theirs) = (contents.head.size, read.keys_head.size);
    Ok(Restored {
        party: read.party.to_string(),
        entries: ours,
        root: contents.head.root.to_string(),
        erasures,
        newer: (theirs > ours).then(|| newer(read, ours, theirs)),
        keys_from: (theirs < ours).then_some(theirs),
        pieces,
    })
}

/// Applies every erasure that the log or the copy of the keys knows of; how many records they concern.
async fn erase_again(store: &AnyStore, bodies: &SealedBodies, read: &Read) -> Result<u64, Fault> {
    let mut erasures = Erasures::of_log(store).await?;
    let table = Section::Table(ERASURES.name.to_owned());
    for (_, row) in rows_of(Arc::clone(&read.keys), table).await.map_err(of_backup)? {
        erasures.add(&row)?;
    }
    let records = erasures.records();
    erasures.unfinished(bodies).await?.carry_out(bodies).await?;
    Ok(records)
}

/// Who cosigned a head longer than ours, of the checkpoints in the copy of the keys. Who cosigned a shorter one holds nothing
/// that ours lacks.
fn newer(read: &Read, ours: u64, theirs: u64) -> Newer {
    let mut holders = BTreeSet::new();
    let mut held_to = None;
    for bytes in [CHECKPOINT, WITNESSED].iter().filter_map(|name| read.files.get(*name)) {
        let (Ok(note), Ok(claimed)) = (Note::parse(bytes), Checkpoint::peek(bytes)) else { continue };
        let others = note.lines().iter().filter(|line| line.name != read.letter.ledger);
        let names: Vec<String> = others.map(|line| line.name.clone()).collect();
        let size = claimed.head().size.min(theirs);
        if size > ours && !names.is_empty() {
            holders.extend(names);
            held_to = held_to.max(Some(size));
        }
    }
    Newer { from: ours, to: theirs, holders: holders.into_iter().collect(), held_to }
}

/// The folder in which a restore is made. It is removed where the restore does not come to its end.
struct Beside(PathBuf);

impl Beside {
    fn make(path: PathBuf) -> Result<Beside, Fault> {
        use std::os::unix::fs::DirBuilderExt;
        let made = || {
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)
        };
        made().map_err(|why| of_file(&path, &why))?;
        Ok(Beside(path))
    }

    fn take_place(self, place: &Path) -> Result<(), Fault> {
        let renamed = fs::rename(&self.0, place).and_then(|()| match place.parent() {
            Some(dir) => fs::File::open(dir)?.sync_all(),
            None => Ok(()),
        });
        renamed.map_err(|why| of_file(place, &why))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where it took its place it is no longer here; what could not be removed, the next restore removes first.
        let _gone = fs::remove_dir_all(&self.0).is_err();
    }
}
