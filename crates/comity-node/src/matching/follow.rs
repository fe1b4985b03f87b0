//! Following a growing file, through rotation: what stands behind the name is read to its end, and when the name stands
//! for another file, or the file was cut, reading goes on from the beginning of what is there now.

use super::{
    Hit, LogShown, Matching,
    logs::{Log, Window, shown},
};
use std::{
    fs::{self, File, Metadata},
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A file that is followed. It is not unfolded: what grows is text.
#[derive(Debug)]
pub struct Follow<'m> {
    matching: &'m Matching<'m>,
    path: PathBuf,
    open: Option<Open<'m>>,
    earlier: comity_threat::log::Tally,
    files: u64,
}

#[derive(Debug)]
struct Open<'m> {
    file: File,
    id: Id,
    at: u64,
    window: Window,
    log: Log<'m>,
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

impl<'m> Follow<'m> {
    /// A file, which need not be there yet.
    pub fn new(matching: &'m Matching<'m>, path: &Path) -> Follow<'m> {
        Follow { matching, path: path.to_owned(), open: None, earlier: Default::default(), files: 0 }
    }

    /// Reads what is there by now and was not read before. Returns whether that was anything.
    ///
    /// # Errors
    /// What the system says; the next turn tries again.
    pub fn turn(&mut self, each: &mut dyn FnMut(&Hit)) -> io::Result<bool> {
        let mut read = self.read_on(each)?;
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            // Between the old file's going and the new one's coming.
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(read),
            Err(why) => return Err(why),
        };
        let other = self.open.as_ref().is_none_or(|open| open.id != Id::of(&found) || found.len() < open.at);
        if other {
            self.close(each);
            let file = File::open(&self.path)?;
            let id = Id::of(&file.metadata()?);
            let log = self.matching.log(&self.path.display().to_string());
            self.open = Some(Open { file, id, at: 0, window: Window::default(), log });
            self.files += 1;
            read |= self.read_on(each)?;
        }
        Ok(read)
    }

    /// The counts so far, once following ends.
    pub fn finish(mut self, each: &mut dyn FnMut(&Hit)) -> LogShown {
        self.close(each);
        shown(self.path.display().to_string(), self.files, &self.earlier)
    }

    fn read_on(&mut self, each: &mut dyn FnMut(&Hit)) -> io::Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        open.file.seek(SeekFrom::Start(open.at))?;
        let before = open.at;
        loop {
            let read = open.window.fill(&mut open.file)?;
            open.at += read as u64;
            if read == 0 {
                return Ok(open.at > before);
            }
            let taken = open.log.read(open.window.bytes(), open.window.is_over_long(), each);
            open.window.drop_first(taken);
        }
    }

    /// Reads what has no newline at its end, since none will come.
    fn close(&mut self, each: &mut dyn FnMut(&Hit)) {
        if let Some(mut open) = self.open.take() {
            open.log.read(open.window.bytes(), true, each);
            self.earlier.join(&open.log.finish());
        }
    }
}
