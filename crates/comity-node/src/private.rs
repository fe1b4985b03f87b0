//! Files of secrets: only their owner reads them, and they are whole or not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

/// What follows the heading of a file that its owner alone can open; `None` where there is no file.
pub(crate) fn read(path: &Path, heading: &str) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mode = file.metadata()?.mode();
    if mode & 0o077 != 0 {
        return Err(io::Error::other(format!("others can open it (mode {:o})", mode & 0o777)));
    }
    let mut text = String::new();
    file.take(1000).read_to_string(&mut text)?;
    let rest = text.strip_prefix(heading).map(|rest| rest.trim().to_owned());
    rest.map(Some).ok_or_else(|| io::Error::other("it is not such a file"))
}

/// Puts a heading and a text in a file, in place of what was there.
pub(crate) fn write(path: &Path, heading: &str, text: &str) -> io::Result<()> {
    // Several processes of a party share the file by links: what is replaced is the file, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let part = path.with_extension("part");
    match fs::remove_file(&part) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    writeln!(file, "{heading}\n{text}")?;
    file.sync_all()?;
    fs::rename(&part, path)
}
