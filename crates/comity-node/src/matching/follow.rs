//! Following a growing file, through rotation: what stands behind the name is read to its end, and when the name stands
//! for another file, or the file was cut, reading goes on from the beginning of what is there now. Each turn has a matching
//! of its own, so that indicators may come between turns.

use super::{
    Hit, LogShown, Matching,
    logs::{Paused, Window, shown},
};
use std::{
    fs::{self, File, Metadata},
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A file that is followed. It is not unfolded: what grows is text.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    open: Option<Open>,
    earlier: comity_threat::log::Tally,
    files: u64,
}

#[derive(Debug)]
struct Open {
    file: File,
    id: Id,
    at: u64,
    window: Window,
    paused: Option<Paused>,
}

/// What tells one file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Id(u64, u64);

impl Id {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Id {
        use std::os::unix::fs::MetadataExt;
        Id(found.dev(), found.ino())
    }

    /// Without inodes a rotation shows in the length alone.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Id {
        Id(0, 0)
    }
}

impl Follow {
    /// A file, which need not be there yet.
    pub fn new(path: &Path) -> Follow {
        Follow { path: path.to_owned(), open: None, earlier: Default::default(), files: 0 }
    }

    /// Reads what is there by now and was not read before. Returns whether that was anything.
    ///
    /// # Errors
    /// What the system says; the next turn tries again.
    pub fn turn(&mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) -> io::Result<bool> {
        let mut read = self.read_on(matching, each)?;
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            // Between the old file's going and the new one's coming.
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(read),
            Err(why) => return Err(why),
        };
        let other = self.open.as_ref().is_none_or(|open| open.id != Id::of(&found) || found.len() < open.at);
        if other {
            self.close(matching, each);
            let file = File::open(&self.path)?;
            let id = Id::of(&file.metadata()?);
            let paused = Some(Paused::new(matching.format()));
            self.open = Some(Open { file, id, at: 0, window: Window::default(), paused });
            self.files += 1;
            read |= self.read_on(matching, each)?;
        }
        Ok(read)
    }

    /// The counts so far, once following ends.
    pub fn finish(mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) -> LogShown {
        self.close(matching, each);
        shown(self.path.display().to_string(), self.files, &self.earlier)
    }

    fn read_on(&mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) -> io::Result<bool> {
        let name = self.path.display().to_string();
        let Some(open) = &mut self.open else { return Ok(false) };
        open.file.seek(SeekFrom::Start(open.at))?;
        let before = open.at;
        let paused = open.paused.take().unwrap_or_else(|| Paused::new(matching.format()));
        let mut log = matching.going_on(&name, paused);
        let read = loop {
            match open.window.fill(&mut open.file) {
                Ok(0) => break Ok(open.at > before),
                Ok(read) => open.at += read as u64,
                Err(why) => break Err(why),
            }
            let taken = log.read(open.window.bytes(), open.window.is_over_long(), each);
            open.window.drop_first(taken);
        };
        open.paused = Some(log.pause());
        read
    }

    /// Reads what has no newline at its end, since none will come.
    fn close(&mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) {
        let Some(mut open) = self.open.take() else { return };
        let Some(paused) = open.paused.take() else { return };
        let mut log = matching.going_on(&self.path.display().to_string(), paused);
        log.read(open.window.bytes(), true, each);
        self.earlier.join(&log.pause().tally);
    }
}
