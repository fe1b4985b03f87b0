//! Import: a file of indicators becomes signed records in the embedded store, durable in groups.

use crate::{
    Outcome, cast, feed,
    line::{Line, Target, rounded},
    machine::{Memory, Since},
    player::{Player, say},
};
use comity_node::{
    app::Ctx,
    projection::Words,
    reading::{Finder, Query, Reader, Seen, Shelf, Sight, authorise},
};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// What the importing process measured of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Imported {
    objects: u64,
    records: usize,
    cpu: f64,
    wall: f64,
    /// With closing the store, which writes out what was only in its journal.
    cpu_closed: f64,
    peak: f64,
    /// Peak before the import.
    before: f64,
    /// When the records were durable, before the indexes had come to them.
    cpu_durable: f64,
    /// Milliseconds of CPU for reading a thousand objects of one record.
    page: f64,
    stored: u64,
}

/// Imports a feed twice, each time in a process of its own: without the index of words, and with it.
pub fn measure(dir: &Path, objects: u64) -> Outcome<Vec<Line>> {
    let path = dir.join("feed.json");
    let raw = feed::write(&path, 0, objects)?;
    let got = imported("import", &dir.join("xa"), &path, objects)?;
    let words = imported("import-words", &dir.join("xb"), &path, objects)?;
    let stored = |got: &Imported| rounded(got.stored as f64 / raw as f64);
    let rate =
        Line::new("import", objects as f64 / got.cpu, "objects per CPU-second", Target::AtLeast(20_000.0))
            .beside("objects", objects)
            .beside("records", got.records)
            .beside("bytes_per_object", raw / objects)
            .beside("cpu_seconds", rounded(got.cpu))
            .beside("wall_seconds", rounded(got.wall))
            .beside("cpu_seconds_with_closing", rounded(got.cpu_closed))
            .beside("stored_bytes_per_raw_byte", stored(&got))
            .beside("cpu_seconds_until_durable", rounded(got.cpu_durable))
            .beside("indexes", "ids, types, values, labels, sources, references, times")
            .beside("with_words_objects_per_cpu_second", rounded(objects as f64 / words.cpu))
            .beside("with_words_stored_bytes_per_raw_byte", stored(&words));
    let memory = Line::new("import-memory", got.peak, "MB resident at most", Target::AtMost(300.0))
        .beside("objects", objects)
        .beside("before_import", rounded(got.before))
        .beside("with_words", rounded(words.peak));
    let page = Line::new("read-1000", got.page, "CPU milliseconds", Target::AtMost(2.0))
        .beside("objects", 1000)
        .beside("read", "authorised for the party itself, fetched, opened; all of one record");
    Ok(vec![rate, memory, page])
}

/// What the process of a part says of its import.
fn imported(part: &str, dir: &Path, feed: &Path, objects: u64) -> Outcome<Imported> {
    let mut player = Player::start(part, &[dir, feed])?;
    let got: Imported = player.hear()?;
    player.end()?;
    if got.objects != objects {
        return Err(format!("{} of {objects} objects were imported", got.objects).into());
    }
    Ok(got)
}

/// The process that imports.
pub fn part(dir: &Path, feed: &Path, words: Words) -> Outcome<()> {
    let imported = cast::runtime()?.block_on(async {
        let node = cast::Node::start_with(dir, "XA", words).await?;
        let before = Memory::now().peak;
        let since = Since::now();
        let shown = node.import(feed).await?;
        let cpu_durable = since.cpu();
        node.indexed().await?;
        let (cpu, wall) = (since.cpu(), since.wall());
        let page = read_page(node.ctx()?).await?;
        let since_page = Since::now();
        node.running.stop().await?;
        let (cpu_closed, peak) = (cpu + since_page.cpu(), Memory::now().peak);
        let (objects, records, stored) = (shown.taken, shown.records.len(), size(dir)?);
        Outcome::Ok(Imported {
            objects,
            records,
            cpu,
            wall,
            cpu_closed,
            peak,
            before,
            cpu_durable,
            page,
            stored,
        })
    })?;
    say(&imported)
}

/// The CPU of reading the thousand objects of the last record, once it is known that they are there.
async fn read_page(ctx: &Ctx) -> Outcome<f64> {
    const TIMES: u32 = 100;
    let (store, bodies) = (ctx.views.feed().store(), ctx.views.feed().bodies());
    let sight = Sight::of(ctx, Reader::Own).await?;
    let finder = Finder::new(store, ctx.views.index(), &sight);
    let found = finder.page(&Query::default(), None, 1000).await?;
    let seen: Vec<Seen> = found.iter().map(|found| found.seen).collect();
    let since = Since::now();
    for _ in 0..TIMES {
        let permitted = authorise(ctx, &sight, store, bodies, &seen).await?;
        let copies = Shelf::new(store, bodies).read(&permitted).await?;
        if copies.len() != seen.len() {
            return Err(format!("{} of {} objects were read", copies.len(), seen.len()).into());
        }
    }
    Ok(since.cpu() * 1000.0 / f64::from(TIMES))
}

/// Bytes of all files below a folder.
fn size(dir: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let (entry, at) = entry.map(|entry| (entry.metadata(), entry.path()))?;
        let about = entry?;
        bytes += if about.is_dir() { size(&at)? } else { about.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_of_folders_add_up() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        std::fs::write(dir.path().join("in/a"), [0; 5]).unwrap();
        std::fs::write(dir.path().join("b"), [0; 2]).unwrap();
        assert_eq!(super::size(dir.path()).unwrap(), 7);
    }
}
