//! One document of YAML, read so that readers of YAML 1.1 and 1.2 agree on what it is.

use saphyr_parser::{Event, Parser, ScalarStyle};

/// How deep a document may nest, and how many events its text may have.
const DEEPEST: usize = 24;
const MOST: usize = 20_000;
/// Why a text is no such document.
const UNREAD: &str = "a rule that cannot be read";
const SEVERAL: &str = "a rule of more than one document";

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A word or text; bare or in quotes.
    Text {
        /// What it says.
        value: String,
        /// Whether it stands without quotes, so that it may be a number, a day or nothing.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// Names with what they stand for.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A member of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(members) => members.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text, where every reader takes it for one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Text { value, plain } if !(*plain && is_no_text(value)) => Some(value),
            _ => None,
        }
    }

    /// The word as it stands, whatever it is taken for.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Node::Text { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether it stands for nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Node::Text { value, plain: true } if matches!(value.to_ascii_lowercase().as_str(), "" | "~" | "null"))
    }
}

/// Whether YAML 1.1 may read a bare word as something else than text: nothing, a truth value, a number or a day.
fn is_no_text(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let spoken = matches!(word.as_str(), "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off");
    let number = |byte: u8| byte.is_ascii_hexdigit() || b"_:.+-xot ".contains(&byte);
    let begins = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    spoken
        || (begins
            && (word.bytes().all(number) || matches!(word.trim_start_matches(['+', '-']), ".inf" | ".nan")))
}

/// `2026-03-01`, or with slashes as old rules have it; a day that there is.
pub(super) fn is_day(text: &str) -> bool {
    let dashed = text.replace('/', "-");
    dashed.len() == 10 && format!("{dashed}T00:00:00Z").parse::<crate::Moment>().is_ok()
}

/// Whether YAML 1.1 takes a bare word for a day. One that there is not is a fault of the whole file.
fn looks_like_day(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(3, '-').collect();
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(parts.as_slice(), [year, month, rest]
        if year.len() == 4 && digits(year, 4) && digits(month, 2) && rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Reads the one document of a text: no second one, no directive, no anchor, alias or tag, no name twice.
///
/// # Errors
/// What it is instead, in words for a report.
pub(super) fn document(text: &str) -> Result<Node, &'static str> {
    // Wherever these begin a line, a reader takes them for the end of the document.
    let ends = |line: &str| line.starts_with("---") || line.starts_with("...") || line.starts_with('%');
    if text.lines().any(ends) {
        return Err(SEVERAL);
    }
    let strange = |c: char| {
        (c.is_control() && c != '\n' && c != '\r') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if text.contains(strange) {
        return Err(UNREAD);
    }
    let mut open: Vec<(Node, Option<Node>)> = Vec::new();
    let mut done = None;
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, _) = event.map_err(|_| UNREAD)?;
        if count > MOST || open.len() > DEEPEST {
            return Err("a rule longer than is read");
        }
        let node = match event {
            Event::Scalar(value, style, 0, None) => scalar(value.into_owned(), style == ScalarStyle::Plain)?,
            Event::SequenceStart(0, None) => {
                open.push((Node::List(Vec::new()), None));
                continue;
            }
            Event::MappingStart(0, None) => {
                open.push((Node::Map(Vec::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().ok_or(UNREAD)?.0,
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err("a rule with an anchor, an alias or a tag of YAML");
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut() {
            Some(within) => put(within, node).ok_or(UNREAD)?,
            None if done.is_none() => done = Some(node),
            None => return Err(SEVERAL),
        }
    }
    done.ok_or(UNREAD)
}

fn scalar(value: String, plain: bool) -> Result<Node, &'static str> {
    // Bare, the first two have a meaning of their own in YAML 1.1, and a day must be one.
    let unsound =
        plain && (matches!(value.as_str(), "=" | "<<") || (looks_like_day(&value) && !is_day(&value)));
    if unsound { Err(UNREAD) } else { Ok(Node::Text { value, plain }) }
}

/// Puts a node into the one that is open: `None` for a name that is no text or came before.
fn put(within: &mut (Node, Option<Node>), node: Node) -> Option<()> {
    match (&mut within.0, within.1.take()) {
        (Node::List(several), _) => several.push(node),
        (Node::Map(members), Some(key)) => members.push((key.text()?.to_owned(), node)),
        (Node::Map(members), None) => {
            let name = node.text()?;
            if members.iter().any(|(key, _)| key == name) {
                return None;
            }
            within.1 = Some(node);
        }
        (Node::Text { .. }, _) => return None,
    }
    Some(())
}
