//! fjall's journals as files: what an audit finds in them before they are opened, and how they are emptied.

use super::fault::of_system;
use comity_ledger::store::StoreFault;
use std::{
    fs::{self, File},
    io::{BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// What ends each commit.
const TRAILER: [u8; 4] = *b"FJL\x03";
static BLANK: [u8; 1 << 16] = [0; 1 << 16];

/// Refuses journals that the engine would silently cut short or misread.
///
/// The engine takes whatever it cannot parse for the torn end of the last commit and drops what follows. Only the end of
/// the newest journal may be torn, so anything else after a broken place is damage. The engine's checksums cover the
/// rows of a commit but not its sequence number, which must therefore grow from one commit to the next.
pub(super) fn audit(dir: &Path) -> Result<(), StoreFault> {
    let journals = list(dir)?;
    let marker = dir.join("version");
    if journals.is_empty() && marker.try_exists().map_err(|error| of_system(&marker, &error))? {
        return Err(StoreFault::Damaged { why: format!("`{}` holds no journal", dir.display()) });
    }
    for pair in journals.windows(2) {
        if let [(before, path), (after, _)] = pair
            && before + 1 != *after
        {
            let why = format!("the journal after `{}` is missing", path.display());
            return Err(StoreFault::Damaged { why });
        }
    }
    let mut newest = None;
    for (place, (_, path)) in journals.iter().enumerate() {
        let last = place + 1 == journals.len();
        let read = audit_one(path, last, &mut newest).map_err(|error| of_system(path, &error))?;
        read.map_err(|why| StoreFault::Damaged { why: format!("the journal `{}` {why}", path.display()) })?;
    }
    Ok(())
}

fn audit_one(path: &Path, last: bool, newest: &mut Option<u64>) -> std::io::Result<Result<(), String>> {
    let mut journal = BufReader::with_capacity(1 << 16, File::open(path)?);
    let end = journal.get_ref().metadata()?.len();
    let mut at = 0;
    while let Some(commit) = read_commit(&mut journal, at, end)? {
        if newest.is_some_and(|newest| commit.sequence <= newest) {
            return Ok(Err(format!("has a commit out of order at byte {at}")));
        }
        *newest = Some(commit.sequence);
        at = commit.end;
    }
    journal.seek(SeekFrom::Start(at))?;
    if is_blank(&mut journal)? || last && !commit_after(&mut journal, at, end)? {
        return Ok(Ok(()));
    }
    Ok(Err(format!("is broken at byte {at}, and more follows")))
}

/// A whole commit in a journal.
struct Commit {
    sequence: u64,
    end: u64,
}

/// Reads the commit at `at`; `None` where there is none or not a whole one.
fn read_commit(journal: &mut (impl Read + Seek), at: u64, end: u64) -> std::io::Result<Option<Commit>> {
    match parse_commit(journal, at, end) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        other => other,
    }
}

/// The form of fjall's journals: a start with count and sequence number, the rows, an end with checksum and trailer.
fn parse_commit(journal: &mut (impl Read + Seek), at: u64, end: u64) -> std::io::Result<Option<Commit>> {
    let mut position = at;
    if tag(journal, &mut position)? != 1 {
        return Ok(None);
    }
    let count = u32::from_le_bytes(take(journal, &mut position)?);
    let sequence = u64::from_le_bytes(take(journal, &mut position)?);
    for _ in 0..count {
        match tag(journal, &mut position)? {
            2 => {
                let [kind, compression] = take(journal, &mut position)?;
                let _keyspace: [u8; 8] = take(journal, &mut position)?;
                let key = u64::from(u16::from_le_bytes(take(journal, &mut position)?));
                let _length: [u8; 4] = take(journal, &mut position)?;
                let value = u64::from(u32::from_le_bytes(take(journal, &mut position)?));
                position += key + value;
                if !matches!(kind, 0..=2 | 4) || compression > 1 || position > end {
                    return Ok(None);
                }
                journal.seek_relative(i64::try_from(key + value).unwrap_or(i64::MAX))?;
            }
            4 => {
                let _keyspace: [u8; 8] = take(journal, &mut position)?;
            }
            _ => return Ok(None),
        }
    }
    let ended = tag(journal, &mut position)? == 3;
    let _checksum: [u8; 8] = take(journal, &mut position)?;
    let trailer: [u8; 4] = take(journal, &mut position)?;
    Ok((ended && trailer == TRAILER).then_some(Commit { sequence, end: position }))
}

fn tag(journal: &mut impl Read, position: &mut u64) -> std::io::Result<u8> {
    let [tag] = take(journal, position)?;
    Ok(tag)
}

fn take<const N: usize>(journal: &mut impl Read, position: &mut u64) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    journal.read_exact(&mut bytes)?;
    *position += N as u64;
    Ok(bytes)
}

/// Whether only zeros follow: a journal is laid out before it is filled.
fn is_blank(journal: &mut impl Read) -> std::io::Result<bool> {
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = journal.read(&mut piece)?;
        if read == 0 {
            return Ok(true);
        }
        if piece.get(..read) != BLANK.get(..read) {
            return Ok(false);
        }
    }
}

/// Whether a whole commit follows somewhere behind a broken place. A torn last commit is followed by nothing.
fn commit_after(journal: &mut (impl Read + Seek), broken: u64, end: u64) -> std::io::Result<bool> {
    journal.seek(SeekFrom::Start(broken))?;
    let mut rest = Vec::new();
    journal.read_to_end(&mut rest)?;
    for (at, window) in (broken..).zip(rest.windows(TRAILER.len())) {
        let next = at + TRAILER.len() as u64;
        if window == TRAILER {
            journal.seek(SeekFrom::Start(next))?;
            if read_commit(journal, next, end)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Empties the journals of a closed database whose rows are all in tables. The newest stays, empty: without one the
/// engine would count its commits from zero again. A crash in between leaves a suffix of them, all of it in tables.
pub(super) fn empty(dir: &Path) -> Result<(), StoreFault> {
    let mut journals = list(dir)?;
    let newest = journals.pop();
    for (_, path) in journals {
        fs::remove_file(&path).map_err(|error| of_system(&path, &error))?;
    }
    if let Some((_, path)) = newest {
        let file = File::options().write(true).open(&path).map_err(|error| of_system(&path, &error))?;
        file.set_len(0).and_then(|()| file.sync_all()).map_err(|error| of_system(&path, &error))?;
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| of_system(dir, &error))
}

/// The journals by number.
fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, StoreFault> {
    let fault = |error: std::io::Error| of_system(dir, &error);
    if !dir.try_exists().map_err(fault)? {
        return Ok(Vec::new());
    }
    let mut journals = Vec::new();
    for entry in fs::read_dir(dir).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_none_or(|ending| ending != "jnl") {
            continue;
        }
        match path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()) {
            Some(number) => journals.push((number, path)),
            None => {
                return Err(StoreFault::Damaged {
                    why: format!("`{}` is no journal's name", path.display()),
                });
            }
        }
    }
    journals.sort_unstable();
    Ok(journals)
}
