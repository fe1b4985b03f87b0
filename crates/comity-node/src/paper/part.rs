//! The text of the codes: a payload cut into parts that can be scanned, typed or copied in any order.
//!
//! A part is `COMITY1:` and, with colons between, the first eight digits of the payload's SHA-256, the number of the part,
//! how many there are, and a piece of the payload in base 32 (RFC 4648, without padding). All of it is in the alphanumeric
//! alphabet of QR codes (ISO/IEC 18004), and white space anywhere does no harm.

use super::base32::{decode, encode, value};
use comity_record::sha256;
use std::collections::BTreeMap;

const PREFIX: &str = "COMITY1:";
/// Characters of base 32 in one part: a code of version 22 with error correction M, which prints well and scans from a
/// copy.
const PIECE: usize = 1_000;
/// Most parts of a payload: what is longer is carried as a pouch.
const MOST: usize = 64;

/// What cannot be cut or put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    /// Too long for paper.
    #[error("{bytes} bytes are too much for paper, which takes {limit}")]
    TooLong {
        /// The length.
        bytes: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// There is no part in what was read.
    #[error("there is no code of a page in this")]
    None,
    /// A part that cannot be read.
    #[error("part {number} of the page cannot be read")]
    Unreadable {
        /// Its number, as far as it can be read.
        number: String,
    },
    /// Parts of several pages.
    #[error("these are parts of {pages} different pages")]
    Mixed {
        /// How many.
        pages: usize,
    },
    /// Two different texts of one part.
    #[error("part {number} was given twice, and not the same")]
    Twice {
        /// Its number.
        number: usize,
    },
    /// Parts that are missing.
    #[error("of {of} parts these are missing: {missing}")]
    Missing {
        /// How many there are.
        of: usize,
        /// The missing ones.
        missing: String,
    },
    /// What was put together is not what was cut.
    #[error("the parts do not give what was printed: one of them was altered or misread")]
    Altered,
}

impl PartFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            PartFault::TooLong { .. } => "paper/too-long",
            PartFault::None => "paper/no-code",
            PartFault::Unreadable { .. } => "paper/unreadable",
            PartFault::Mixed { .. } => "paper/mixed",
            PartFault::Twice { .. } => "paper/twice",
            PartFault::Missing { .. } => "paper/missing",
            PartFault::Altered => "paper/altered",
        }
    }
}

/// Cuts a payload into the texts of codes.
pub fn split(payload: &[u8]) -> Result<Vec<String>, PartFault> {
    let text = encode(payload);
    let pieces: Vec<&str> = pieces(&text);
    if pieces.len() > MOST {
        return Err(PartFault::TooLong { bytes: payload.len(), limit: MOST * PIECE * 5 / 8 });
    }
    let mark = mark(payload);
    let part =
        |(number, piece): (usize, &&str)| format!("{PREFIX}{mark}:{}:{}:{piece}", number + 1, pieces.len());
    Ok(pieces.iter().enumerate().map(part).collect())
}

/// Puts a payload together from whatever was scanned or copied: a whole page in HTML, lines, parts in any order, some of
/// them twice.
pub fn join(read: &str) -> Result<Vec<u8>, PartFault> {
    let mut pages: BTreeMap<(String, usize), BTreeMap<usize, String>> = BTreeMap::new();
    for found in parts(read) {
        let (mark, number, of, piece) = found?;
        let page = pages.entry((mark, of)).or_default();
        if page.insert(number, piece.clone()).is_some_and(|before| before != piece) {
            return Err(PartFault::Twice { number });
        }
    }
    let count = pages.len();
    let mut pages = pages.into_iter();
    let ((wanted, of), page) = match (pages.next(), count) {
        (None, _) => return Err(PartFault::None),
        (Some(page), 1) => page,
        (Some(_), pages) => return Err(PartFault::Mixed { pages }),
    };
    let missing: Vec<String> =
        (1..=of).filter(|number| !page.contains_key(number)).map(|number| number.to_string()).collect();
    if !missing.is_empty() {
        return Err(PartFault::Missing { of, missing: missing.join(", ") });
    }
    let text: String = page.into_values().collect();
    let payload = decode(&text).ok_or(PartFault::Altered)?;
    if mark(&payload) == wanted { Ok(payload) } else { Err(PartFault::Altered) }
}

type Part = (String, usize, usize, String);

/// Every part in a text. Tags and white space inside a part are passed over, as a page or a scanner may have put them.
fn parts(read: &str) -> impl Iterator<Item = Result<Part, PartFault>> {
    let plain = without_tags(read);
    let found: Vec<String> = plain.split(PREFIX).skip(1).map(str::to_owned).collect();
    found.into_iter().map(|text| part(&text))
}

fn part(text: &str) -> Result<Part, PartFault> {
    let mut pieces = text.splitn(4, ':');
    let mut next =
        || pieces.next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (mark, number, of, rest) = (next(), next(), next(), next());
    let unreadable = || PartFault::Unreadable { number: number.chars().take(8).collect() };
    let piece: String = rest.chars().take_while(|c| value(*c).is_some()).collect();
    let of = of.parse().ok().filter(|of| (1..=MOST).contains(of)).ok_or_else(unreadable)?;
    let number = number.parse().ok().filter(|number| (1..=of).contains(number)).ok_or_else(unreadable)?;
    let sound = mark.len() == 8 && mark.chars().all(|c| c.is_ascii_hexdigit()) && piece.len() <= PIECE;
    if sound && !piece.is_empty() { Ok((mark, number, of, piece)) } else { Err(unreadable()) }
}

/// A tag becomes a character that no part has, so that what stands behind it does not run into a part.
fn without_tags(read: &str) -> String {
    let mut plain = String::with_capacity(read.len());
    let mut inside = false;
    for c in read.chars() {
        match c {
            '<' => {
                inside = true;
                plain.push('|');
            }
            '>' if inside => inside = false,
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}

fn mark(payload: &[u8]) -> String {
    sha256(&[payload]).to_string().chars().take(8).collect::<String>().to_uppercase()
}

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((piece, more)) = rest.split_at_checked(PIECE) {
        pieces.push(piece);
        rest = more;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (plain, text) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(decode("MZ1W6"), None);
        assert_eq!(decode("MZ"), None);
    }

    #[test]
    fn what_is_wrong_with_parts_is_told() {
        let payload = vec![7; 2_000];
        let parts = split(&payload).unwrap();
        assert_eq!(parts.len(), 4);
        assert!(
            parts
                .iter()
                .all(|part| part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ':'))
        );
        let other = split(&[8; 10]).unwrap().concat();
        let altered = parts.concat().replace("A4DQOBYH", "A4DQOBYA");
        let missing = parts[1..].join("\n");
        for (read, code) in [
            ("nothing here".to_owned(), "paper/no-code"),
            (missing, "paper/missing"),
            (format!("{} {other}", parts.concat()), "paper/mixed"),
            (altered, "paper/altered"),
            ("COMITY1:0123:1:1:AAAA".to_owned(), "paper/unreadable"),
            ("COMITY1:01234567:3:2:AAAA".to_owned(), "paper/unreadable"),
            (format!("{}\n{}", parts[0], parts[0].replace("A4", "B4")), "paper/twice"),
        ] {
            assert_eq!(join(&read).unwrap_err().code(), code, "{read:.60}");
        }
        assert_eq!(split(&vec![0; 100_000]).unwrap_err().code(), "paper/too-long");
    }

    proptest! {
        /// In any order, doubled, in tags and broken into lines.
        #[test]
        fn parts_give_the_payload_back(payload in prop::collection::vec(any::<u8>(), 1..3_000), turn in 0usize..5) {
            let mut parts = split(&payload).unwrap();
            let again = parts.clone();
            parts.extend(again);
            let count = parts.len();
            parts.rotate_left(turn % count);
            let page: String = parts.iter().map(|part| {
                let broken: Vec<String> = part.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
                format!("<p>a page</p><code>{}</code>", broken.join("\n  "))
            }).collect();
            prop_assert_eq!(join(&page).unwrap(), payload);
        }

        #[test]
        fn no_text_makes_it_fail_otherwise_than_by_a_fault(read in ".{0,400}") {
            let _read = join(&format!("COMITY1:{read}"));
        }
    }
}
