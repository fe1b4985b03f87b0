//! The first pass: from bytes in chunks to the slices of single objects.

use super::{Cause, MAX_DEPTH, MAX_OBJECT_BYTES, MAX_SHELL_BYTES, Outline, Position, ReadFault, brief, utf8};
use comity_scan::{
    BLOCK, Way,
    json::{Marks, marks},
};
use memchr::memchr2;

/// Blocks that are marked at once.
const WINDOW: usize = 8;

/// One object as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawObject<'s> {
    /// Its number in the input, from 0.
    pub index: u64,
    /// Where it begins.
    pub at: Position,
    /// Its exact bytes, from `{` to `}`.
    pub bytes: &'s [u8],
}

impl RawObject<'_> {
    /// Moves a fault found inside these bytes to its place in the input.
    pub fn place(&self, fault: ReadFault) -> ReadFault {
        let offset = usize::try_from(fault.at.offset).unwrap_or(usize::MAX);
        ReadFault { at: self.at.within(self.bytes, offset), object: Some(self.index), ..fault }
    }
}

/// Finds the objects of an input that comes in chunks.
///
/// Accepted are a STIX bundle or TAXII envelope (an object with an array `objects`), a bare array, a single object, and
/// any number of these on lines of their own. Memory is bounded by one object and one chunk.
///
/// ```
/// # use comity_threat::reader::ObjectSplitter;
/// let mut splitter = ObjectSplitter::new();
/// splitter.push(br#"{"type":"bundle","objects":[{"a":1},"#);
/// assert_eq!(splitter.next_object()?.map(|o| o.bytes.to_vec()), Some(br#"{"a":1}"#.to_vec()));
/// assert_eq!(splitter.next_object()?, None);
/// splitter.push(b"{}]}");
/// assert!(splitter.next_object()?.is_some());
/// assert!(splitter.next_object()?.is_none());
/// assert_eq!(splitter.finish()?, 2);
/// # Ok::<(), comity_threat::reader::ReadFault>(())
/// ```
#[derive(Debug)]
pub struct ObjectSplitter {
    buffer: Vec<u8>,
    /// First byte of the buffer that is still needed.
    start: usize,
    /// Next byte to look at.
    next: usize,
    state: State,
    scan: Scan,
    /// The bytes of the bundle around its objects.
    shell: Vec<u8>,
    shell_at: Position,
    /// Place of `counted` in the input; grows with the reading.
    counted: usize,
    place: Position,
    objects: u64,
    /// Whether a line ended since the last document.
    fresh_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between documents.
    Top,
    /// In an object that may turn out to be a bundle.
    Header,
    /// In the list of objects, before an element.
    Before { first: bool, bundle: bool },
    /// In an element.
    Element { bundle: bool },
    /// In the list, after an element.
    After { bundle: bool },
    /// In a bundle, after its list.
    Trailer,
}

/// A resumable walk over JSON text that knows only strings and brackets.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

enum Stop {
    /// The text ran out.
    More,
    /// The outermost bracket was closed; the position after it.
    Closed(usize),
    /// An array was opened at depth one; the position of its bracket.
    Array(usize),
    /// The depth bound is broken at this position.
    Deep(usize),
}

impl Scan {
    /// From `at`, which is inside the outermost bracket, to its end. Blocks without anything unusual are passed by what
    /// their marks add up to, the others a byte at a time.
    fn run_to_end(&mut self, bytes: &[u8], mut at: usize) -> Stop {
        let way = Way::best();
        let mut window = [Marks::default(); WINDOW];
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let whole = rest.len() / BLOCK * BLOCK;
            let count = marks(way, rest.get(..whole).unwrap_or_default(), &mut window);
            if count == 0 {
                return self.run(bytes, at, false);
            }
            for marks in window.iter().take(count) {
                match self.block(marks) {
                    Passed::On => {}
                    Passed::Closed(place) => return Stop::Closed(at + place + 1),
                    Passed::Unusual => match self.run(bytes.get(..at + BLOCK).unwrap_or(bytes), at, false) {
                        Stop::More => {}
                        stop => return stop,
                    },
                }
                at += BLOCK;
            }
        }
    }

    /// Passes a block by its marks. Where it gives `Unusual`, nothing has changed.
    fn block(&mut self, marks: &Marks) -> Passed {
        let (escaped, carried) = escaped(marks.backslash, self.escaped);
        let turns = inside(marks.quote & !escaped);
        let in_string = if self.in_string { !turns } else { turns };
        let (open, close) = (marks.open & !in_string, marks.close & !in_string);
        let opened = open.count_ones() as usize;
        // Backslashes outside of strings are no JSON, and escape nothing.
        if marks.backslash & !in_string != 0 || self.depth + opened > MAX_DEPTH {
            return Passed::Unusual;
        }
        let closed = close.count_ones() as usize;
        if closed >= self.depth
            && let Some(place) = end_of(self.depth, open, close)
        {
            return Passed::Closed(place);
        }
        self.depth = self.depth + opened - closed;
        self.in_string = in_string >> 63 == 1;
        self.escaped = carried;
        Passed::On
    }

    /// From `at`, which is inside the outermost bracket.
    fn run(&mut self, bytes: &[u8], mut at: usize, stop_at_array: bool) -> Stop {
        loop {
            if self.in_string {
                match self.string(bytes, at) {
                    Some(after) => at = after,
                    None => return Stop::More,
                }
            }
            let Some(&byte) = bytes.get(at) else { return Stop::More };
            match byte {
                b'"' => self.in_string = true,
                b'[' if stop_at_array && self.depth == 1 => return Stop::Array(at),
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Stop::Deep(at);
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Stop::Closed(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// The position after the closing quote.
    fn string(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            if self.escaped {
                bytes.get(at)?;
                self.escaped = false;
                at += 1;
            }
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            let quote = bytes.get(at) == Some(&b'"');
            at += 1;
            if quote {
                self.in_string = false;
                return Some(at);
            }
            self.escaped = true;
        }
    }
}

/// What came of a block that was passed by its marks.
enum Passed {
    /// All of it is inside of the outermost bracket.
    On,
    /// The outermost bracket closes at this place of it.
    Closed(usize),
    /// It is to be read a byte at a time.
    Unusual,
}

/// The bytes of a block that are escaped, and whether the first of the next block is.
fn escaped(backslash: u64, carried: bool) -> (u64, bool) {
    let mut escaped = u64::from(carried);
    let mut left = backslash & !escaped;
    while left != 0 {
        let next = (left & left.wrapping_neg()) << 1;
        if next == 0 {
            return (escaped, true);
        }
        escaped |= next;
        left &= left - 1;
        left &= !next;
    }
    (escaped, false)
}

/// From each odd quote up to the byte before the next one.
fn inside(quotes: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(quotes, |bits, shift| bits ^ bits << shift)
}

/// Where so many open brackets are all closed.
fn end_of(depth: usize, open: u64, close: u64) -> Option<usize> {
    let (mut depth, mut left) = (depth, open | close);
    while left != 0 {
        let place = left.trailing_zeros();
        depth = if close >> place & 1 == 1 { depth.saturating_sub(1) } else { depth + 1 };
        if depth == 0 {
            return Some(place as usize);
        }
        left &= left - 1;
    }
    None
}

impl Default for ObjectSplitter {
    fn default() -> Self {
        ObjectSplitter::new()
    }
}

impl ObjectSplitter {
    /// A splitter at the beginning of an input.
    pub fn new() -> ObjectSplitter {
        ObjectSplitter {
            buffer: Vec::new(),
            start: 0,
            next: 0,
            state: State::Top,
            scan: Scan::default(),
            shell: Vec::new(),
            shell_at: Position::START,
            counted: 0,
            place: Position::START,
            objects: 0,
            fresh_line: true,
        }
    }

    /// Takes the next bytes. Take all objects out with [`ObjectSplitter::next_object`] before the next call, or the memory
    /// bound is that of all bytes pushed.
    pub fn push(&mut self, chunk: &[u8]) {
        self.place = self.place_of(self.start);
        self.buffer.drain(..self.start);
        self.next -= self.start;
        self.counted = 0;
        self.start = 0;
        self.buffer.extend_from_slice(chunk);
    }

    /// The next complete object, or `None` when more bytes are needed.
    pub fn next_object(&mut self) -> Result<Option<RawObject<'_>>, ReadFault> {
        loop {
            let range = match self.state {
                State::Top => match self.top()? {
                    true => continue,
                    false => return Ok(None),
                },
                State::Header => match self.header()? {
                    Walk::More => return Ok(None),
                    Walk::Moved => continue,
                    Walk::Object(range) => range,
                },
                State::Before { first, bundle } => match self.before(first, bundle)? {
                    true => continue,
                    false => return Ok(None),
                },
                State::Element { bundle } => match self.element(bundle)? {
                    Some(range) => range,
                    None => return Ok(None),
                },
                State::After { bundle } => match self.after(bundle)? {
                    true => continue,
                    false => return Ok(None),
                },
                State::Trailer => match self.trailer()? {
                    true => continue,
                    false => return Ok(None),
                },
            };
            let at = self.advance_place(range.start);
            let index = self.objects;
            self.objects += 1;
            self.start = range.end;
            let bytes = self.buffer.get(range).unwrap_or_default();
            return Ok(Some(RawObject { index, at, bytes }));
        }
    }

    /// Ends the input; the number of objects. What is left open is a fault.
    pub fn finish(mut self) -> Result<u64, ReadFault> {
        while self.next_object()?.is_some() {}
        let inside = match self.state {
            State::Top if self.objects > 0 || !self.shell.is_empty() => return Ok(self.objects),
            State::Top => return Err(self.fault(self.next, Cause::Empty)),
            State::Header | State::Element { .. } => "an object",
            State::Before { .. } | State::After { .. } => "a list of objects",
            State::Trailer => "a bundle",
        };
        let object = matches!(self.state, State::Element { .. }).then_some(self.objects);
        Err(ReadFault { object, ..self.fault(self.buffer.len(), Cause::Truncated { inside }) })
    }

    fn top(&mut self) -> Result<bool, ReadFault> {
        if self.place.offset == 0 && self.next == 0 && !self.skip_byte_order_mark() {
            return Ok(false);
        }
        let Some(byte) = self.skip_space() else {
            self.start = self.next;
            return Ok(false);
        };
        if !self.fresh_line {
            let found = format!("`{}` after the end; a further document begins on its own line", show(byte));
            return Err(self.fault(self.next, Cause::Syntax(found)));
        }
        self.start = self.next;
        self.fresh_line = false;
        match byte {
            b'{' => {
                self.state = State::Header;
                self.scan = Scan { depth: 1, ..Scan::default() };
            }
            b'[' => {
                self.state = State::Before { first: true, bundle: false };
                // A bare array has an empty shell, which still says that something was read.
                self.shell = b"[]".to_vec();
            }
            _ => return Err(self.fault(self.next, Cause::NotAnObject { found: show(byte) })),
        }
        self.next += 1;
        Ok(true)
    }

    /// `false` while it cannot be told yet.
    fn skip_byte_order_mark(&mut self) -> bool {
        const MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.buffer.starts_with(MARK) {
            self.next = MARK.len();
            self.start = self.next;
        }
        self.buffer.len() >= MARK.len() || !MARK.starts_with(&self.buffer)
    }

    fn header(&mut self) -> Result<Walk, ReadFault> {
        loop {
            match self.scan.run(&self.buffer, self.next, true) {
                Stop::More => {
                    self.next = self.buffer.len();
                    self.check_size(Cause::ObjectTooLarge)?;
                    return Ok(Walk::More);
                }
                Stop::Deep(at) => return Err(self.fault(at, Cause::TooDeep)),
                Stop::Closed(end) => {
                    self.next = end;
                    self.check_size(Cause::ObjectTooLarge)?;
                    self.state = State::Top;
                    return Ok(Walk::Object(self.start..end));
                }
                Stop::Array(at) => {
                    self.next = at + 1;
                    let header = self.buffer.get(self.start..at).unwrap_or_default();
                    if !ends_with_objects_key(header) {
                        self.scan.depth += 1;
                        continue;
                    }
                    self.open_bundle(at)?;
                    return Ok(Walk::Moved);
                }
            }
        }
    }

    fn open_bundle(&mut self, bracket: usize) -> Result<(), ReadFault> {
        let header = self.buffer.get(self.start..=bracket).unwrap_or_default();
        if header.len() > MAX_SHELL_BYTES {
            return Err(self.fault(self.start, Cause::ShellTooLarge));
        }
        self.shell.clear();
        self.shell.extend_from_slice(header);
        self.shell_at = self.advance_place(self.start);
        self.start = bracket + 1;
        self.state = State::Before { first: true, bundle: true };
        Ok(())
    }

    fn before(&mut self, first: bool, bundle: bool) -> Result<bool, ReadFault> {
        let Some(byte) = self.skip_space() else {
            self.start = self.next;
            return Ok(false);
        };
        self.start = self.next;
        match byte {
            b'{' => {
                self.state = State::Element { bundle };
                self.scan = Scan { depth: 1, ..Scan::default() };
            }
            b']' if first => self.close_list(bundle),
            _ => {
                let fault = self.fault(self.next, Cause::NotAnObject { found: show(byte) });
                return Err(ReadFault { object: Some(self.objects), ..fault });
            }
        }
        self.next += 1;
        Ok(true)
    }

    fn element(&mut self, bundle: bool) -> Result<Option<std::ops::Range<usize>>, ReadFault> {
        let stop = self.scan.run_to_end(&self.buffer, self.next);
        self.next = match stop {
            Stop::Closed(end) => end,
            Stop::Deep(at) => {
                return Err(ReadFault { object: Some(self.objects), ..self.fault(at, Cause::TooDeep) });
            }
            Stop::More | Stop::Array(_) => self.buffer.len(),
        };
        self.check_size(Cause::ObjectTooLarge)?;
        let Stop::Closed(end) = stop else { return Ok(None) };
        self.state = State::After { bundle };
        Ok(Some(self.start..end))
    }

    fn after(&mut self, bundle: bool) -> Result<bool, ReadFault> {
        let Some(byte) = self.skip_space() else {
            self.start = self.next;
            return Ok(false);
        };
        self.start = self.next;
        match byte {
            b',' => self.state = State::Before { first: false, bundle },
            b']' => self.close_list(bundle),
            _ => {
                let expected = format!("`{}` where `,` or `]` must follow an object", show(byte));
                return Err(self.fault(self.next, Cause::Syntax(expected)));
            }
        }
        self.next += 1;
        Ok(true)
    }

    fn close_list(&mut self, bundle: bool) {
        self.start = self.next + 1;
        if bundle {
            self.shell.push(b']');
            self.scan = Scan { depth: 1, ..Scan::default() };
            self.state = State::Trailer;
        } else {
            self.state = State::Top;
        }
    }

    fn trailer(&mut self) -> Result<bool, ReadFault> {
        let (end, closed) = match self.scan.run_to_end(&self.buffer, self.next) {
            Stop::Closed(end) => (end, true),
            Stop::Deep(at) => return Err(self.fault(at, Cause::TooDeep)),
            Stop::More | Stop::Array(_) => (self.buffer.len(), false),
        };
        self.shell.extend_from_slice(self.buffer.get(self.start..end).unwrap_or_default());
        self.next = end;
        self.start = end;
        if self.shell.len() > MAX_SHELL_BYTES {
            return Err(self.fault(end, Cause::ShellTooLarge));
        }
        if closed {
            self.check_shell()?;
            self.state = State::Top;
        }
        Ok(closed)
    }

    /// The bytes around the objects are JSON of their own.
    fn check_shell(&self) -> Result<(), ReadFault> {
        let place = |fault: ReadFault| {
            let offset = usize::try_from(fault.at.offset).unwrap_or(usize::MAX);
            // What comes after the list has no exact place any more; it is shown at the place reached.
            let in_header = self.shell_at.within(&self.shell, offset);
            ReadFault { at: in_header, ..fault }
        };
        Outline::check(&self.shell).map_err(place)?;
        let text = utf8(&self.shell).map_err(place)?;
        let outline = Outline::of(text).map_err(place)?;
        // An envelope of TAXII names no type.
        let kind = outline.root(text).and_then(|shell| shell.text_of("type"));
        match kind.filter(|kind| kind != "bundle") {
            Some(kind) => Err(ReadFault {
                cause: Cause::NotABundle { kind: brief(&kind) },
                at: self.shell_at,
                object: None,
                path: "objects".to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn check_size(&self, cause: Cause) -> Result<(), ReadFault> {
        if self.next - self.start <= MAX_OBJECT_BYTES {
            return Ok(());
        }
        Err(ReadFault { object: Some(self.objects), ..self.fault(self.start, cause) })
    }

    /// Moves `next` to the first byte that is no white space.
    fn skip_space(&mut self) -> Option<u8> {
        loop {
            let byte = *self.buffer.get(self.next)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.fresh_line |= byte == b'\n';
            self.next += 1;
        }
    }

    fn place_of(&self, at: usize) -> Position {
        let counted = self.buffer.get(self.counted..).unwrap_or_default();
        self.place.within(counted, at.saturating_sub(self.counted))
    }

    fn advance_place(&mut self, at: usize) -> Position {
        self.place = self.place_of(at);
        self.counted = at.max(self.counted);
        self.place
    }

    fn fault(&self, at: usize, cause: Cause) -> ReadFault {
        ReadFault { cause, at: self.place_of(at), object: None, path: String::new() }
    }
}

enum Walk {
    More,
    Moved,
    Object(std::ops::Range<usize>),
}

/// Whether the text before a `[` at depth one is the key `objects` and its colon.
fn ends_with_objects_key(header: &[u8]) -> bool {
    let key = header.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
    let before = key.and_then(|key| key.strip_suffix(b"\"objects\""));
    // A quote after a backslash does not begin a key.
    before.is_some_and(|before| matches!(before.trim_ascii_end().last(), Some(b'{' | b',')))
}

fn show(byte: u8) -> String {
    char::from(byte).escape_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Objects = Vec<(u64, u64, String)>;

    fn split(input: &[u8], chunk: usize) -> Result<Objects, ReadFault> {
        let mut splitter = ObjectSplitter::new();
        let mut out = Vec::new();
        for chunk in input.chunks(chunk) {
            splitter.push(chunk);
            while let Some(o) = splitter.next_object()? {
                out.push((o.at.offset, o.at.line, String::from_utf8_lossy(o.bytes).into_owned()));
            }
        }
        let count = splitter.finish()?;
        assert_eq!(count, out.len() as u64);
        Ok(out)
    }

    /// Splits with chunks of every size and wants the same each time.
    fn check(input: &str) -> Result<Vec<String>, String> {
        let whole = split(input.as_bytes(), input.len().max(1));
        for chunk in 1..input.len() {
            let again = split(input.as_bytes(), chunk);
            assert_eq!(again.is_ok(), whole.is_ok(), "{chunk}");
            if let (Ok(again), Ok(whole)) = (&again, &whole) {
                assert_eq!(again, whole, "{chunk}");
            }
            if let (Err(again), Err(whole)) = (&again, &whole) {
                assert_eq!(again.code(), whole.code(), "{chunk}");
            }
        }
        for (offset, line, text) in whole.iter().flatten() {
            let (before, rest) = input.split_at(usize::try_from(*offset).unwrap());
            assert!(rest.starts_with(text.as_str()));
            assert_eq!(*line, before.matches('\n').count() as u64 + 1);
        }
        let texts = |objects: Objects| objects.into_iter().map(|(_, _, text)| text).collect();
        whole.map(texts).map_err(|fault| format!("{} {}", fault.code(), fault))
    }

    #[test]
    fn every_container_gives_the_same_objects() {
        let (a, b) = (r#"{"id":"a","objects":{"0":[1]}}"#, r#"{"x":"]}\"\\","y":[[{}]]}"#);
        let expected = Ok(vec![a.to_owned(), b.to_owned()]);
        for input in [
            format!(r#"{{"type":"bundle","l":["x"],"objects":[{a},{b}]}}"#),
            format!("{{\"objects\" :\n [ {a} ,\r\n{b} ], \"spec_version\": \"2.0\" }} \n"),
            format!(r#"{{"more":true,"objects":[{a},{b}],"next":"]"}}"#),
            format!("\u{feff}[{a},{b}]"),
            format!("{a}\n{b}\n"),
            format!("[{a}]\n{{\"objects\":[{b}]}}"),
        ] {
            assert_eq!(check(&input), expected, "{input}");
        }
        assert_eq!(check(r#"{"objects":[]}"#), Ok(vec![]));
        assert_eq!(check("[]"), Ok(vec![]));
        assert_eq!(check(r#"{"a,\"objects":[1]}"#), Ok(vec![r#"{"a,\"objects":[1]}"#.to_owned()]));
    }

    #[test]
    fn a_fault_names_its_place_and_code() {
        for (input, expected) in [
            ("", "threat/empty the input holds no JSON at line 1, column 1 (byte 0)"),
            (" \n ", "threat/empty the input holds no JSON at line 2, column 2 (byte 3)"),
            ("no", "threat/not-an-object `n` begins no object at line 1, column 1 (byte 0)"),
            ("[{},\n 5]", "threat/not-an-object `5` begins no object at line 2, column 2 (byte 6, object 1)"),
            ("[{},]", "threat/not-an-object `]` begins no object at line 1, column 5 (byte 4, object 1)"),
            (
                "[{} {}]",
                "threat/json-syntax not JSON: `{` where `,` or `]` must follow an object at line 1, column 5 (byte 4)",
            ),
            ("[{}", "threat/truncated the input ends inside a list of objects at line 1, column 4 (byte 3)"),
            (
                "[{\"a",
                "threat/truncated the input ends inside an object at line 1, column 5 (byte 4, object 0)",
            ),
            (
                "{\"objects\":[]",
                "threat/truncated the input ends inside a bundle at line 1, column 14 (byte 13)",
            ),
            (
                "[] []",
                "threat/json-syntax not JSON: `[` after the end; a further document begins on its own line at line 1, column 4 (byte 3)",
            ),
            (
                "{\"id\":1,\n\"id\":2,\"objects\":[]}",
                "threat/duplicate-key the key `id` appears twice in one object at line 2, column 1 (byte 9)",
            ),
            (
                "{\"type\":\"observed-data\",\"objects\":[{}]}",
                "threat/not-a-bundle `objects` is a list in a `observed-data`, which is no bundle at line 1, column 1 (byte 0, `objects`)",
            ),
            (
                "{\"objects\":[],\"objects\":[{}]}",
                "threat/duplicate-key the key `objects` appears twice in one object at line 1, column 15 (byte 14)",
            ),
        ] {
            assert_eq!(check(input), Err(expected.to_owned()), "{input}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let deep = format!("[{}", "{\"a\":".repeat(MAX_DEPTH + 1));
        let fault = split(deep.as_bytes(), 1000).unwrap_err();
        assert_eq!((fault.code(), fault.object), ("threat/too-deep", Some(0)));
        let mut splitter = ObjectSplitter::new();
        splitter.push(b"[{\"a\":\"");
        let filler = vec![b'x'; 1 << 20];
        let fault = (0..20).find_map(|_| {
            splitter.push(&filler);
            splitter.next_object().err()
        });
        assert_eq!(fault.unwrap().code(), "threat/object-too-large");
        let wide = format!("{{\"a\":\"{}\",\"objects\":[]}}", "x".repeat(MAX_SHELL_BYTES));
        assert_eq!(split(wide.as_bytes(), 1 << 16).unwrap_err().code(), "threat/shell-too-large");
    }

    #[test]
    fn the_bytes_that_are_escaped() {
        for (backslash, carried, expected) in [
            (0b0110, false, (0b0100, false)),
            (0b0111, false, (0b1010, false)),
            (0b0011, true, (0b0101, false)),
            (1 << 63, false, (0, true)),
            (0b11 << 62, false, (1 << 63, false)),
            (u64::MAX, true, (0x5555_5555_5555_5555, true)),
        ] {
            assert_eq!(escaped(backslash, carried), expected, "{backslash:b}");
        }
    }

    proptest! {
        /// Whether a block is passed by its marks or a byte at a time, the end is the same.
        #[test]
        fn blocks_end_where_bytes_end(
            text in r#"([a-z]{0,30}|"([a-z{}\[\]]{0,40}|\\["\\n]){0,5}"|[{\[]{1,3}|[}\]]{1,3}|\\|"){0,60}"#,
            depth in 1usize..70,
            at in 0usize..200,
        ) {
            let (mut quick, mut slow) = (Scan { depth, ..Scan::default() }, Scan { depth, ..Scan::default() });
            let at = at.min(text.len());
            let ends = |stop: Stop| match stop {
                Stop::More => (0, 0),
                Stop::Closed(at) => (1, at),
                Stop::Array(at) => (2, at),
                Stop::Deep(at) => (3, at),
            };
            let found = ends(quick.run_to_end(text.as_bytes(), at));
            prop_assert_eq!(found, ends(slow.run(text.as_bytes(), at, false)));
            if found.0 == 0 {
                let state = |scan: Scan| (scan.depth, scan.in_string, scan.escaped);
                prop_assert_eq!(state(quick), state(slow));
            }
        }
    }
}
