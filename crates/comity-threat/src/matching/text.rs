//! Values in free text, where no field says what is what.

use super::{Candidate, Class, Matcher, Scanner};
use crate::value::{self, Kind};

/// A value that a text mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where in the text.
    pub at: usize,
    /// The head of its chain.
    pub head: u32,
    /// For names, whether the indicator is the whole name.
    pub exact: bool,
}

/// What ends a URL in a text.
const AFTER_URL: &[u8] = b"\"'<>`|\\^{}";

impl Matcher {
    /// The values that a text mentions. A URL counts where it stands as a whole; of an address with a port, both must be
    /// there.
    pub fn mentions(&self, scanner: &mut Scanner, text: &str, mut each: impl FnMut(Mention)) {
        let found: Vec<Candidate> = self.scan(scanner, text.as_bytes()).to_vec();
        for candidate in found {
            let Candidate { start, end, head, exact } = candidate;
            let Some(entry) = self.entry(head) else { continue };
            if entry.kind.is_some() {
                each(Mention { at: start, head, exact });
            }
            if exact && self.has_urls(head) {
                let url = self.url_around(text, start, end);
                url.into_iter().for_each(|head| each(Mention { at: start, head, exact }));
            }
            if matches!(entry.class, Class::Four | Class::Six) {
                let port = self.port_after(text, start, end);
                port.into_iter().for_each(|head| each(Mention { at: start, head, exact }));
            }
        }
    }

    /// The URL of which `start..end` is the host.
    fn url_around(&self, text: &str, start: usize, end: usize) -> Option<u32> {
        let before = text.get(..start)?.trim_end_matches('[');
        let scheme = match before.strip_suffix("://") {
            Some(before) => {
                let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
                before.trim_end_matches(letters).len()
            }
            None => start,
        };
        let rest = text.get(end..)?;
        let stop = rest
            .bytes()
            .position(|b| b.is_ascii_whitespace() || b.is_ascii_control() || AFTER_URL.contains(&b));
        let whole = text.get(scheme..end + stop.unwrap_or(rest.len()))?;
        // A sentence may go on after a URL.
        let bare = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        [whole, bare].into_iter().find_map(|url| self.url(value::normalise(Kind::Url, url).ok()?.text()))
    }

    fn port_after(&self, text: &str, start: usize, end: usize) -> Option<u32> {
        let address = text.get(start..end)?.parse().ok()?;
        let rest = text.get(end..)?;
        let rest = rest.strip_prefix(']').unwrap_or(rest).strip_prefix(':')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.port(address, value::port(rest.get(..digits)?)?)
    }
}
