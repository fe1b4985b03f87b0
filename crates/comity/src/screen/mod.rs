//! The one door to the terminal: every line that a person or a program reads goes through [`Screen`].
//!
//! Text is at most [`COLUMNS`] wide, is wrapped, and is cleaned of anything that could steer a terminal. Colour appears
//! only where the caller found a terminal. With `--json`, [`Screen::answer`] writes one JSON document and the text forms
//! write nothing.

mod layout;
mod table;

pub use layout::{width, wrap};
pub use table::{Cell, Table};

use crate::Fault;
use layout::{clean, pad};
use serde::Serialize;
use serde_json::json;
use std::{
    fmt,
    io::{self, Write},
};

/// The widest line written.
pub const COLUMNS: usize = 80;

/// Whether answers are for a person or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of text.
    Text,
    /// JSON documents.
    Json,
}

/// Whether the caller found a terminal that shows colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Escape sequences for colour are written.
    On,
    /// None are written.
    Off,
}

/// What a line is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ordinary.
    #[default]
    Plain,
    /// A heading or a name.
    Strong,
    /// Available, cleared, as it should be.
    Good,
    /// Open: conditional, unsettled, a warning.
    Open,
    /// Refused, excluded, wrong.
    Bad,
    /// Beside the point: sources, dates, notices.
    Faint,
}

/// Where answers and faults are written.
pub struct Screen<'w> {
    out: Box<dyn Write + 'w>,
    err: Box<dyn Write + 'w>,
    form: Form,
    colour: Colour,
    broken: Option<io::Error>,
}

impl fmt::Debug for Screen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("form", &self.form)
            .field("colour", &self.colour)
            .finish_non_exhaustive()
    }
}

impl<'w> Screen<'w> {
    /// A screen for text; [`Screen::speak`] changes the form once the arguments are read.
    pub fn new(out: Box<dyn Write + 'w>, err: Box<dyn Write + 'w>, colour: Colour) -> Screen<'w> {
        Screen { out, err, form: Form::Text, colour, broken: None }
    }

    /// Sets the form of everything that follows.
    pub fn speak(&mut self, form: Form) {
        self.form = form;
    }

    /// The form in which answers are given.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Gives an answer: `value` as one JSON document with `--json`, else whatever `text` writes.
    pub fn answer(&mut self, value: &impl Serialize, text: impl FnOnce(&mut Screen<'w>)) {
        match self.form {
            Form::Text => text(self),
            Form::Json => self.document(value),
        }
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.put("");
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.say(Tone::Strong, text);
    }

    /// A paragraph, wrapped.
    pub fn text(&mut self, text: &str) {
        self.say(Tone::Plain, text);
    }

    /// A paragraph in a tone, wrapped.
    pub fn say(&mut self, tone: Tone, text: &str) {
        self.indented(0, tone, text);
    }

    /// A paragraph in a tone, wrapped, `indent` columns from the left.
    pub fn indented(&mut self, indent: usize, tone: Tone, text: &str) {
        for line in wrap(&clean(text), COLUMNS.saturating_sub(indent)) {
            let line = self.toned(tone, &line);
            self.put(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// A name and what it says, wrapped beside the name; names take `name_columns`.
    pub fn item(&mut self, name_columns: usize, name: &str, tone: Tone, text: &str) {
        let mut left = pad(&clean(name), name_columns);
        for line in wrap(&clean(text), COLUMNS.saturating_sub(name_columns + 1)) {
            let line = self.toned(tone, &line);
            self.put(&format!("{left} {line}"));
            left = " ".repeat(name_columns);
        }
    }

    /// A line exactly as it is, cleaned but not wrapped: a command to copy, a hash, a file's own text.
    pub fn verbatim(&mut self, text: &str) {
        self.put(&clean(text));
    }

    /// A page laid out elsewhere, line by line.
    pub fn page(&mut self, page: &str) {
        page.lines().for_each(|line| self.verbatim(line));
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        for line in table.lines(self.colour, COLUMNS) {
            self.put(&line);
        }
    }

    /// Writes what is still held back, so that it is seen while the work goes on.
    pub fn show_now(&mut self) {
        let flushed = self.out.flush();
        self.keep(flushed);
    }

    /// Says what went wrong, and what would help, on the error stream.
    pub fn fault(&mut self, fault: &Fault) {
        let written = match self.form {
            Form::Json => self.fault_document(fault),
            Form::Text => self.fault_text(fault),
        };
        self.keep(written);
    }

    /// Writes what is still held back. The first failure of any write so far is returned here; a reader that went away
    /// (a closed pipe) is none.
    pub fn finish(mut self) -> io::Result<()> {
        let flushed = self.out.flush().and_then(|()| self.err.flush());
        self.keep(flushed);
        match self.broken {
            Some(broken) if broken.kind() != io::ErrorKind::BrokenPipe => Err(broken),
            _ => Ok(()),
        }
    }

    fn document(&mut self, value: &impl Serialize) {
        let written = serde_json::to_string_pretty(value).map_err(io::Error::other);
        match written {
            Ok(document) => self.raw(&document),
            Err(broken) => self.keep(Err(broken)),
        }
    }

    fn fault_document(&mut self, fault: &Fault) -> io::Result<()> {
        let document = json!({ "error": { "code": fault.code, "text": fault.text, "help": fault.help } });
        writeln!(self.err, "{document}")
    }

    fn fault_text(&mut self, fault: &Fault) -> io::Result<()> {
        self.remark(Tone::Bad, &format!("error[{}]", fault.code), &fault.text)?;
        fault.help.as_ref().map_or(Ok(()), |help| self.remark(Tone::Strong, "help", help))
    }

    /// `name: text`, each line of the text wrapped where it is too long, the name in its tone.
    fn remark(&mut self, tone: Tone, name: &str, text: &str) -> io::Result<()> {
        let whole = format!("{name}: {text}");
        let fitted = |line: String| if width(&line) <= COLUMNS { vec![line] } else { wrap(&line, COLUMNS) };
        let mut lines = whole.lines().flat_map(|line| fitted(clean(line)));
        if let Some(rest) = lines.next().as_deref().and_then(|first| first.strip_prefix(name)) {
            let name = self.toned(tone, name);
            writeln!(self.err, "{name}{rest}")?;
        }
        lines.try_for_each(|line| writeln!(self.err, "{line}"))
    }

    fn toned(&self, tone: Tone, text: &str) -> String {
        tone.paint(self.colour, text)
    }

    /// A line of a text answer; with `--json` nothing.
    fn put(&mut self, line: &str) {
        if self.form == Form::Text {
            self.raw(line);
        }
    }

    fn raw(&mut self, line: &str) {
        if self.broken.is_none() {
            let written = writeln!(self.out, "{line}");
            self.keep(written);
        }
    }

    fn keep(&mut self, written: io::Result<()>) {
        if let (Err(broken), None) = (written, &self.broken) {
            self.broken = Some(broken);
        }
    }
}

impl Tone {
    /// The text in this tone's colour, by ECMA-48 sequences.
    fn paint(self, colour: Colour, text: &str) -> String {
        let code = match self {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Good => "32",
            Tone::Open => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
        };
        match colour {
            Colour::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Colour::Off => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    fn written(form: Form, colour: Colour, show: impl FnOnce(&mut Screen<'_>)) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut screen = Screen::new(Box::new(&mut out), Box::new(&mut err), colour);
        screen.speak(form);
        show(&mut screen);
        screen.finish().unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn text_is_wrapped_and_colour_is_only_there_when_asked_for() {
        let show = |screen: &mut Screen<'_>| screen.item(6, "basis", Tone::Good, &"word ".repeat(20));
        let (plain, _) = written(Form::Text, Colour::Off, show);
        assert!(plain.lines().all(|line| width(line) <= COLUMNS) && !plain.contains('\u{1b}'));
        assert!(plain.lines().skip(1).all(|line| line.starts_with("       word")));
        let (coloured, _) = written(Form::Text, Colour::On, show);
        assert!(coloured.contains("\u{1b}[32mword"));
    }

    #[test]
    fn with_json_only_documents_are_written() {
        let (out, _) = written(Form::Json, Colour::Off, |screen| {
            screen.text("not for programs");
            screen.answer(&json!({"a": 1}), |screen| screen.text("nor this"));
        });
        assert_eq!(out, "{\n  \"a\": 1\n}\n");
    }

    #[test]
    fn a_fault_has_code_text_and_help() {
        let fault = Fault::new(Exit::Usage, "cli/x", "no `a`").with_help("try `b`");
        let (_, err) = written(Form::Text, Colour::Off, |screen| screen.fault(&fault));
        assert_eq!(err, "error[cli/x]: no `a`\nhelp: try `b`\n");
        let (_, err) = written(Form::Json, Colour::Off, |screen| screen.fault(&fault));
        assert_eq!(err, "{\"error\":{\"code\":\"cli/x\",\"text\":\"no `a`\",\"help\":\"try `b`\"}}\n");
    }

    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_reported_at_the_end() {
        let mut screen = Screen::new(Box::new(Full), Box::new(io::sink()), Colour::Off);
        screen.text("x");
        assert_eq!(screen.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
