//! What verbs open: the register built in, files with a bound, and words that are not there.

use crate::{Exit, Fault};
use comity_law::{QueryFault, Register};
use comity_record::PartyCode;
use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// The register built into the program, with the invented States.
pub fn register() -> Result<Register, Fault> {
    Register::with_exercise().map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        let text = format!("the register built into this program has {} faults, first {first}", faults.len());
        Fault::new(Exit::Fault, "law/built-in-register", text)
    })
}

/// The party that a text names by its code; small letters are taken as capitals.
pub fn party(register: &Register, text: &str) -> Result<PartyCode, Fault> {
    let found = register.find_party(&text.to_uppercase()).or_else(|_| register.find_party(text));
    found.map_err(|fault| query(&fault))
}

/// A question to the register that names what does not exist.
pub fn query(fault: &QueryFault) -> Fault {
    let list = match fault {
        QueryFault::UnknownParty { .. } => Some("`comity law parties` lists them"),
        QueryFault::UnknownMeasure { .. } => Some("`comity law measures` lists them"),
        QueryFault::UnknownOffence { .. } => Some("`comity law offences` lists them"),
        QueryFault::UnknownInstrument { .. } => Some("`comity law instruments` lists them"),
        QueryFault::SameParty(_) | QueryFault::PartyEnded { .. } => None,
    };
    let help: Vec<String> = fault.help().into_iter().chain(list.map(str::to_owned)).collect();
    let refused = Fault::new(Exit::Usage, fault.code(), fault.to_string());
    if help.is_empty() { refused } else { refused.with_help(help.join("; ")) }
}

/// The bytes of a file of at most `limit` bytes.
pub fn file(path: &Path, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(|failed| Fault::file(path, &failed))?;
    opened.take(limit + 1).read_to_end(&mut bytes).map_err(|failed| Fault::file(path, &failed))?;
    if bytes.len() as u64 > limit {
        let text = format!("`{}` has more than the {limit} bytes that are read", path.display());
        return Err(Fault::new(Exit::Fault, "cli/file-too-long", text));
    }
    Ok(bytes)
}

/// Writes a new file whole and durably; one that exists is kept.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    NewFile::claim(path)?.write(bytes)
}

/// A new file, claimed before the act whose outcome goes into it: what could not be handed over is not done. It is gone
/// again unless it was written whole.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
    is_whole: bool,
}

impl NewFile {
    /// Makes the file; one that exists is kept.
    pub fn claim(path: &Path) -> Result<NewFile, Fault> {
        let file = File::create_new(path).map_err(|failed| match failed.kind() {
            std::io::ErrorKind::AlreadyExists => {
                let text = format!("`{}` exists already", path.display());
                let fault = Fault::new(Exit::Fault, "cli/file-exists", text);
                fault.with_help("name a new file; none is overwritten")
            }
            _ => Fault::file(path, &failed),
        })?;
        Ok(NewFile { path: path.to_owned(), file, is_whole: false })
    }

    /// Writes it whole and durably.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        written.map_err(|failed| Fault::file(&self.path, &failed))?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_whole {
            // What is left where it cannot be removed is an empty file, and the next one to claim it is told of it.
            let _gone = fs::remove_file(&self.path).is_err();
        }
    }
}
