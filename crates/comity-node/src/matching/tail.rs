//! A file that grows, through rotation: what stands behind the name is read to its end, and when the name stands for
//! another file, or the file was cut, reading goes on from the beginning of what is there now.

use super::logs::Window;
use std::{
    fs::{self, File, Metadata},
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A file that grows, and need not be there yet. It is not unfolded: what grows is text.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    open: Option<Open>,
    files: u64,
}

/// What comes of it. Whoever takes a piece says how many of its bytes are done with.
#[derive(Debug)]
pub(crate) enum Piece<'t> {
    /// A file begins.
    Begins,
    /// Text of it. What is not taken comes again with what follows; nothing does where it is the `last`.
    Text {
        /// The text.
        bytes: &'t [u8],
        /// Whether it is to be taken whole.
        last: bool,
    },
}

#[derive(Debug)]
struct Open {
    file: File,
    id: Id,
    at: u64,
    window: Window,
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

impl Tail {
    pub(crate) fn new(path: &Path) -> Tail {
        Tail { path: path.to_owned(), open: None, files: 0 }
    }

    /// Its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Files that stood behind the name so far.
    pub(crate) fn files(&self) -> u64 {
        self.files
    }

    /// Reads what is there by now and was not read before. Returns whether that was anything.
    ///
    /// # Errors
    /// What the system says; the next turn tries again.
    pub(crate) fn turn(&mut self, each: &mut dyn FnMut(Piece<'_>) -> usize) -> io::Result<bool> {
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
            each(Piece::Begins);
            self.open = Some(Open { file, id, at: 0, window: Window::default() });
            self.files += 1;
            read |= self.read_on(each)?;
        }
        Ok(read)
    }

    /// Gives what has no newline at its end, since none will come.
    pub(crate) fn close(&mut self, each: &mut dyn FnMut(Piece<'_>) -> usize) {
        if let Some(open) = self.open.take() {
            each(Piece::Text { bytes: open.window.bytes(), last: true });
        }
    }

    fn read_on(&mut self, each: &mut dyn FnMut(Piece<'_>) -> usize) -> io::Result<bool> {
        let Some(open) = &mut self.open else { return Ok(false) };
        open.file.seek(SeekFrom::Start(open.at))?;
        let before = open.at;
        loop {
            match open.window.fill(&mut open.file)? {
                0 => return Ok(open.at > before),
                read => open.at += read as u64,
            }
            let (bytes, last) = (open.window.bytes(), open.window.is_over_long());
            let taken = each(Piece::Text { bytes, last });
            open.window.drop_first(taken);
        }
    }
}
