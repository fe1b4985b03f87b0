//! Whether a text is a pattern: the grammar, and two rules beside it. Nothing is made and nothing allocated.

use super::{
    fault::PatternFault,
    lexer::{Kind, Token},
    parser::{Build, Junction, Operator, RawQualifier, parse},
};
use crate::{
    SpecVersion,
    validate::text::{is_property_name, is_type_name},
};

/// Checks that a text is a pattern of this edition of STIX.
///
/// Beside the grammar (STIX 2.1 section 9) two things are asked, as the reference validator does: a hash that is compared
/// has the form of its algorithm, and in 2.1 no qualifier stands twice behind one observation expression. A pattern that
/// passes may still be one that cannot be evaluated here, such as one with a look-ahead; see [`super::Plan`].
///
/// # Errors
/// `threat/bad-pattern`, with the place and what was expected.
pub fn check(text: &str, version: SpecVersion) -> Result<(), PatternFault> {
    parse(text, version, &mut Check { text, odd_name: None })
}

/// The same, and the first name in it that no type and no property can have (STIX 2.1 section 9.7), where there is one.
/// The grammar takes such names; a validator of objects does not.
pub(crate) fn check_names(text: &str, version: SpecVersion) -> Result<Option<&str>, PatternFault> {
    let mut check = Check { text, odd_name: None };
    parse(text, version, &mut check)?;
    Ok(check.odd_name)
}

struct Check<'p> {
    text: &'p str,
    odd_name: Option<&'p str>,
}

/// What has to be known of a path: whether a key `hashes` was passed, and the last key.
#[derive(Clone, Copy, Default)]
struct HashPath<'p> {
    inside: bool,
    last: Option<&'p str>,
}

impl<'p> Build<'p> for Check<'p> {
    type Path = HashPath<'p>;
    type Operand = ();
    type Comparison = ();
    type Observation = ();
    const STRICT: bool = true;

    fn path(&mut self, object_type: Token<'p>) -> HashPath<'p> {
        let name = object_type.text.trim_matches('\'');
        self.odd_name = self.odd_name.or((!is_type_name(name)).then_some(name));
        HashPath::default()
    }

    fn key(&mut self, path: &mut HashPath<'p>, key: Token<'p>) {
        let name = key.text.trim_matches('\'');
        let first = path.last.is_none();
        let odd = first && name != "id" && !is_property_name(name);
        self.odd_name = self.odd_name.or(odd.then_some(name));
        path.inside |= path.last == Some("hashes");
        path.last = Some(name);
    }

    fn index(&mut self, _: &mut HashPath<'p>, _: Option<Token<'p>>) -> Result<(), PatternFault> {
        Ok(())
    }

    fn operand(&mut self) {}

    fn constant(
        &mut self,
        path: &HashPath<'p>,
        operator: Operator,
        (): &mut (),
        constant: Token<'p>,
    ) -> Result<(), PatternFault> {
        let whole = matches!(operator, Operator::Equal | Operator::NotEqual | Operator::In);
        let Some(algorithm) = path.last.filter(|_| path.inside && whole) else { return Ok(()) };
        let text = constant.text.trim_matches('\'');
        if constant.kind == Kind::Text && is_hash(algorithm, text).unwrap_or(true) {
            return Ok(());
        }
        if is_hash(algorithm, "").is_none() {
            return Ok(());
        }
        Err(PatternFault::syntax(self.text, constant.at, "a hash that has not the form of its algorithm"))
    }

    fn test(&mut self, _: HashPath<'p>, _: bool, _: Operator, (): ()) -> Result<(), PatternFault> {
        Ok(())
    }

    fn exists(&mut self, _: HashPath<'p>, _: bool) {}
    fn compare_both(&mut self, _: Junction, (): (), (): ()) {}
    fn observation(&mut self, (): ()) {}
    fn observe_both(&mut self, _: Junction, (): (), (): ()) {}
    fn qualify(&mut self, (): (), _: RawQualifier<'p>) -> Result<(), PatternFault> {
        Ok(())
    }
}

/// Hexadecimal digits of each algorithm of the hash vocabulary (STIX 2.1 section 10.6, and what tools write beside it).
const DIGITS: &[(&str, &[usize])] = &[
    ("MD5", &[32]),
    ("MD6", &[32, 40, 56, 64, 96, 128]),
    ("RIPEMD160", &[40]),
    ("SHA1", &[40]),
    ("SHA224", &[56]),
    ("SHA256", &[64]),
    ("SHA384", &[96]),
    ("SHA512", &[128]),
    ("SHA3224", &[56]),
    ("SHA3256", &[64]),
    ("SHA3384", &[96]),
    ("SHA3512", &[128]),
    ("WHIRLPOOL", &[128]),
];

/// Whether the text has the form of this algorithm; `None` for an algorithm that is not known.
fn is_hash(algorithm: &str, text: &str) -> Option<bool> {
    let letters = |name: &str| {
        let mut written = algorithm.bytes().filter(|b| *b != b'-').map(|b| b.to_ascii_uppercase());
        name.bytes().all(|b| written.next() == Some(b)) && written.next().is_none()
    };
    if letters("SSDEEP") {
        let fuzzy = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b':' | b'.');
        return Some((1..=148).contains(&text.len()) && text.bytes().all(fuzzy));
    }
    let (_, lengths) = DIGITS.iter().find(|(name, _)| letters(name))?;
    Some(lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()))
}
