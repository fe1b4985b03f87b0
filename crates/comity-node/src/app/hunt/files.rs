//! Hunting in files at hand: nothing of them is sent.

use super::{Fault, Given, HuntShown, Judged, add, compiled, objects};
use comity_threat::{
    Object,
    hunt::{Hunting, Judging, indicators_of, is_of_use, observation_of},
    log::{Lines, Roles},
    pattern::observations,
    reader::read_all,
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Longest file of patterns or observations, unfolded: 1 GiB.
const LONGEST: u64 = 1 << 30;

/// The patterns of files: STIX, or one pattern a line; `.zst` and `.gz` are unfolded.
pub fn patterns(files: &[PathBuf]) -> Result<Vec<Given>, Fault> {
    let mut all = Vec::new();
    for file in files {
        let bytes = unfolded(file)?;
        let found = indicators_of(&bytes).map_err(|fault| unsound(file, &fault))?;
        all.extend(found.into_iter().map(Given::from));
    }
    Ok(all)
}

/// Hunts among the observed data in files of STIX, and in logs. Both are read here, and nothing of them is sent.
/// `progress` hears of each log how many of its bytes are read.
pub fn in_files(
    patterns: Vec<Given>,
    observed: &[PathBuf],
    logs: &[PathBuf],
    judged: Judged<'_>,
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<HuntShown, Fault> {
    let patterns = Arc::new(compiled(patterns)?);
    let kept = observed_in(observed)?;
    let objects = objects(kept.iter().map(Vec::as_slice));
    let (seen, unfit) = observations(&objects);
    let mut hunting = Hunting::new(Arc::clone(&patterns));
    judged.with(|judging| {
        (0..).zip(&seen).for_each(|(name, observation)| hunting.observe(name, observation, judging));
    });
    let mut unread = 0;
    for (place, path) in (1..).zip(logs) {
        unread +=
            judged.with(|judging| in_log(&mut hunting, (place << LINE_BITS, path), judging, progress))?;
    }
    let named = |name: u64| match name >> LINE_BITS {
        0 => seen.get(name as usize).map(|one| one.id.clone().into_owned()).unwrap_or_default(),
        place => {
            let path = logs.get(place as usize - 1).map(|path| path.display().to_string());
            format!("{}:{}", path.unwrap_or_default(), name & ((1 << LINE_BITS) - 1))
        }
    };
    let mut hunted = judged.with(|judging| hunting.finish(&named, judging));
    hunted.unfit = unfit.into_iter().map(|(id, why)| (id.to_owned(), why)).collect();
    let mut shown = HuntShown { unread_lines: unread, ..HuntShown::default() };
    add(&mut shown, &patterns, hunted);
    Ok(shown)
}

/// The name of an observation in a log is its line, below the place of the log.
const LINE_BITS: u32 = 40;
/// Lines between two words about progress.
const TOLD: u64 = 4096;
/// The longest line of a log that is read; what is behind it is passed over.
const LONGEST_LINE: u64 = 1 << 20;

/// Leads the lines of a log through a hunt. Returns how many lines were no observation: those without a time, or without
/// anything that patterns speak of.
fn in_log(
    hunting: &mut Hunting,
    (first, path): (u64, &Path),
    judging: &Judging<'_>,
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<u64, Fault> {
    let roles = Roles::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let count = Arc::default();
    let mut input = BufReader::new(opened(path, &count)?);
    let (mut lines, mut unread) = (Lines::new(&roles, None), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|why| unreadable(path, &why))? == 0 {
            return Ok(unread);
        }
        if lines.number().is_multiple_of(TOLD) {
            progress(path, count.load(Relaxed));
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_LINE {
            input.skip_until(b'\n').map_err(|why| unreadable(path, &why))?;
        }
        lines.read(&line, |number, record| match observation_of(String::new(), record) {
            Some(observation) => hunting.observe(first | number, &observation, judging),
            None => unread += 1,
        });
    }
}

/// What hunts have a use for in files of STIX.
fn observed_in(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut kept = Vec::new();
    for file in files {
        let bytes = unfolded(file)?;
        let read = read_all(&bytes, |raw| {
            let object = Object::read(raw.bytes).map_err(|fault| raw.place(fault))?;
            if is_of_use(object.type_name()) {
                kept.push(raw.bytes.to_vec());
            }
            Ok(())
        });
        read.map_err(|fault| unsound(file, &fault))?;
    }
    Ok(kept)
}

/// A file, unfolded where its first bytes say that it is folded; `count` hears how many of its bytes were read.
fn opened(path: &Path, count: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>, Fault> {
    let file = File::open(path).map_err(|why| unreadable(path, &why))?;
    crate::matching::unfold(file, Arc::clone(count)).map_err(|why| unreadable(path, &why))
}

fn unfolded(path: &Path) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = opened(path, &Arc::default())?.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|why| unreadable(path, &why))?;
    if bytes.len() as u64 > LONGEST {
        let text = format!("`{}` is longer than {LONGEST} bytes", path.display());
        return Err(Fault::new("hunt/too-long", text).help("split the file"));
    }
    Ok(bytes)
}

pub(super) fn unreadable(path: &Path, why: &io::Error) -> Fault {
    Fault::new("hunt/unreadable", format!("`{}` cannot be read: {why}", path.display()))
}

fn unsound(path: &Path, fault: &comity_threat::reader::ReadFault) -> Fault {
    Fault::new(fault.code(), format!("`{}`: {fault}", path.display()))
}
