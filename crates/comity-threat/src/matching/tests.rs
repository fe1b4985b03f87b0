//! The matcher against a plain reading of its rules, and its traps one by one.

use super::*;
use crate::value::normalise;
use comity_scan::Way;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn matcher(values: &[(Kind, &str)]) -> Matcher {
    let mut matcher = Matcher::new([7; 32], 0);
    for (kind, text) in values {
        matcher.insert(&normalise(*kind, text).unwrap(), 0).unwrap();
    }
    matcher
}

/// What a text mentions, as `value` or `value (below)`, in every way of this machine.
fn mentions(matcher: &Matcher, text: &str) -> Vec<String> {
    let mut each = Way::ALL.into_iter().filter(|way| way.is_here()).map(|way| {
        let mut out = BTreeSet::new();
        matcher.mentions(&mut Scanner::new(way), text, |mention| {
            let indicator = matcher.indicators(mention.head).next().unwrap();
            out.insert(format!("{}{}", indicator.text, if mention.exact { "" } else { " (below)" }));
        });
        out
    });
    let first = each.next().unwrap();
    each.for_each(|other| assert_eq!(first, other, "{text:?}"));
    first.into_iter().collect()
}

fn check(values: &[(Kind, &str)], cases: &[(&str, &[&str])]) {
    let matcher = matcher(values);
    for (text, expected) in cases {
        // The place in a block of 64 bytes must not matter.
        for lead in [0, 1, 40, 55, 60, 63, 64, 100, 8180] {
            let moved = format!("{}{text}", " ".repeat(lead));
            assert_eq!(mentions(&matcher, &moved), *expected, "{text:?} after {lead} bytes");
        }
    }
}

#[test]
fn names_hit_exactly_or_below_and_in_any_case() {
    check(
        &[(Kind::Name, "evil.example.com"), (Kind::Name, "a_b.example.org"), (Kind::Name, "localhost")],
        &[
            ("query=EVIL.Example.com", &["evil.example.com"]),
            ("evil.example.com.", &["evil.example.com"]),
            ("http://evil.example.com:8080/x", &["evil.example.com"]),
            ("x.y.evil.example.com", &["evil.example.com (below)"]),
            ("notevil.example.com", &[]),
            ("evil.example.com.au", &[]),
            ("evil.example.comx", &[]),
            ("a_b.example.org\r\n", &["a_b.example.org"]),
            ("x-evil.example.com", &[]),
            ("*.evil.example.com", &["evil.example.com (below)"]),
            (".evil.example.com", &["evil.example.com (below)"]),
            // A name of one label is never looked for in the middle of a text.
            ("localhost", &[]),
            ("x.localhost", &[]),
        ],
    );
}

#[test]
fn a_name_longer_than_two_blocks_is_read_whole() {
    let long = format!("{}.{}.{}.example.com", "a".repeat(60), "b".repeat(60), "c".repeat(60));
    check(
        &[(Kind::Name, "example.com"), (Kind::Name, &format!("{}.example.com", "c".repeat(60)))],
        &[(&long, &[&format!("{}.example.com (below)", "c".repeat(60)), "example.com (below)"])],
    );
}

#[test]
fn a_public_suffix_is_no_parent() {
    check(
        &[(Kind::Name, "co.uk"), (Kind::Name, "gov.in"), (Kind::Name, "github.io")],
        &[
            ("www.example.co.uk", &[]),
            ("co.uk", &["co.uk"]),
            ("x.gov.in", &[]),
            ("x.github.io", &["github.io (below)"]),
        ],
    );
    let matcher = matcher(&[(Kind::Name, "co.uk")]);
    assert_eq!(matcher.name("x.co.uk"), None);
    assert_eq!(matcher.name("co.uk").map(|hit| hit.depth), Some(Depth::Exact));
}

#[test]
fn names_in_letters_hit_their_a_label_and_homographs_do_not() {
    check(
        &[(Kind::Name, "bücher.example"), (Kind::Name, "apple.com"), (Kind::Email, "a@bücher.example")],
        &[
            ("www.bücher.example", &["xn--bcher-kva.example (below)"]),
            ("BÜCHER.EXAMPLE", &["xn--bcher-kva.example"]),
            ("xn--bcher-kva.example", &["xn--bcher-kva.example"]),
            ("a@bücher.example", &["a@xn--bcher-kva.example", "xn--bcher-kva.example"]),
            ("аpple.com", &[]),
        ],
    );
}

#[test]
fn ipv4_addresses_hit_as_numbers_and_never_as_parts() {
    check(
        &[(Kind::Ipv4, "192.0.2.1"), (Kind::Cidr, "198.51.100.0/25"), (Kind::Cidr, "203.0.113.8/30")],
        &[
            ("192.0.2.1", &["192.0.2.1"]),
            ("src=192.0.2.1:443", &["192.0.2.1"]),
            ("::ffff:192.0.2.1", &["192.0.2.1"]),
            ("from 192.0.2.1.", &["192.0.2.1"]),
            ("192.0.2.01", &[]),
            ("192.0.2.001", &[]),
            ("0192.0.2.1", &[]),
            ("192.0.2.1.5", &[]),
            ("5.192.0.2.1", &[]),
            ("192.0.2.1-rc1", &[]),
            ("192.0.2.11", &[]),
            ("v192.0.2.1", &[]),
            ("198.51.100.127", &["198.51.100.0/25"]),
            ("198.51.100.128", &[]),
            ("203.0.113.11", &["203.0.113.8/30"]),
            ("203.0.113.12", &[]),
            ("300.0.2.1", &[]),
        ],
    );
}

#[test]
fn ipv6_addresses_hit_in_every_form() {
    check(
        &[(Kind::Ipv6, "2001:db8::1"), (Kind::Cidr, "2001:db8:5::/48")],
        &[
            ("2001:db8::1", &["2001:db8::1"]),
            ("[2001:DB8::1]:443", &["2001:db8::1"]),
            ("2001:0db8:0000:0000:0000:0000:0000:0001", &["2001:db8::1"]),
            ("fe 2001:db8:0:0:0:0:0:1 x", &["2001:db8::1"]),
            ("\"2001:db8::1%eth0\"", &["2001:db8::1"]),
            ("2001:db8:5:9::7", &["2001:db8:5::/48"]),
            ("2001:db8:6::7", &[]),
            ("std::string 12:34:56 aa:bb:cc:dd:ee:ff", &[]),
            ("x2001:db8::1", &[]),
            ("2001:db8::12", &[]),
        ],
    );
}

#[test]
fn hashes_hit_as_whole_words_of_their_length() {
    let (md5, sha256) = (
        "d41d8cd98f00b204e9800998ecf8427e",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    let (upper, long) = (sha256.to_uppercase(), "ab".repeat(64));
    let glued = format!("{md5}f");
    let name = format!("{md5}.example.com");
    check(
        &[(Kind::Md5, md5), (Kind::Sha256, sha256), (Kind::Sha512, &long)],
        &[
            (&format!("MD5={md5},"), &[md5]),
            (&upper, &[sha256]),
            (&long, &[&long]),
            (&glued, &[]),
            (&name, &[]),
            (&format!("x{md5}"), &[]),
            (&format!("-{md5}"), &[]),
        ],
    );
}

#[test]
fn urls_and_mail_addresses_hit_as_a_whole() {
    check(
        &[
            (Kind::Url, "http://evil.example.com/a/b.php?x=1"),
            (Kind::Url, "//192.0.2.9/drop"),
            (Kind::Email, "Jane@example.org"),
            (Kind::AddressPort, "192.0.2.7:8080"),
            (Kind::AddressPort, "[2001:db8::7]:8080"),
        ],
        &[
            ("GET http://EVIL.example.com:80/a/./b.php?x=1 200", &["http://evil.example.com/a/b.php?x=1"]),
            ("see http://evil.example.com/a/b.php?x=1, or not", &["http://evil.example.com/a/b.php?x=1"]),
            ("evil.example.com/a/b.php?x=1", &["http://evil.example.com/a/b.php?x=1"]),
            ("https://evil.example.com/a/b.php?x=1", &[]),
            ("http://evil.example.com/a/B.php?x=1", &[]),
            ("http://x.evil.example.com/a/b.php?x=1", &[]),
            ("evil.example.com", &[]),
            ("https://192.0.2.9/drop", &["//192.0.2.9/drop"]),
            ("<Jane@Example.ORG>", &["Jane@example.org"]),
            ("jane@example.org", &[]),
            ("Mary.Jane@example.org", &[]),
            ("192.0.2.7:8080", &["192.0.2.7:8080"]),
            ("192.0.2.7:80", &[]),
            ("192.0.2.7", &[]),
            ("[2001:db8::7]:8080", &["[2001:db8::7]:8080"]),
        ],
    );
}

#[test]
fn nul_bytes_long_lines_and_a_missing_last_newline_change_nothing() {
    let matcher = matcher(&[(Kind::Name, "evil.example.com")]);
    let text = format!("\0evil.example.com\0{}evil.example.com", "x".repeat(200_000));
    assert_eq!(matcher.scan(&mut Scanner::new(Way::best()), text.as_bytes()).len(), 1);
    let text = format!("\0evil.example.com\0{} evil.example.com", "x".repeat(200_000));
    assert_eq!(matcher.scan(&mut Scanner::new(Way::best()), text.as_bytes()).len(), 2);
}

#[test]
fn what_would_hit_everything_or_nothing_is_refused() {
    let mut matcher = Matcher::new([0; 32], 0);
    for (kind, text, code) in [
        (Kind::Cidr, "10.0.0.0/7", "match/too-wide"),
        (Kind::Cidr, "::/8", "match/too-wide"),
        (Kind::Other, "a.exe", "match/kind"),
    ] {
        assert_eq!(matcher.insert(&normalise(kind, text).unwrap(), 0).unwrap_err().code(), code);
    }
    assert!(matcher.is_empty());
}

#[test]
fn one_value_of_many_origins_is_one_chain() {
    let mut matcher = Matcher::new([1; 32], 0);
    let value = normalise(Kind::Name, "evil.example.com").unwrap();
    let url = normalise(Kind::Url, "http://evil.example.com/").unwrap();
    matcher.insert(&url, 9).unwrap();
    for origin in [1, 2, 2, 3] {
        matcher.insert(&value, origin).unwrap();
    }
    let head = matcher.name("evil.example.com").unwrap().head;
    let mut origins: Vec<Origin> = matcher.indicators(head).map(|indicator| indicator.origin).collect();
    origins.sort_unstable();
    assert_eq!((origins, matcher.len()), (vec![1, 2, 3], 4));
}

#[test]
fn growing_changes_no_answer() {
    let mut matcher = Matcher::new([3; 32], 0);
    let name = |n: u32| format!("n{n}.example{}.com", n % 7);
    for n in 0..20_000 {
        matcher.insert(&normalise(Kind::Name, &name(n)).unwrap(), n).unwrap();
        // Also the one with which something grew.
        assert!(matcher.name(&name(n)).is_some(), "{n}");
    }
    let found = (0..20_000).filter(|n| matcher.name(&name(*n)).is_some()).count();
    let strange = (20_000..40_000).filter(|n| matcher.name(&name(*n)).is_some()).count();
    assert_eq!((found, strange), (20_000, 0));
}

/// The rules once more, as plainly as they can be written: split into words, and compare every suffix with every value.
fn plainly(values: &BTreeSet<String>, text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || !c.is_ascii();
    for token in text.split(|c| !word(c)) {
        let token = token.trim_end_matches('.');
        if token.ends_with(|c: char| c.is_ascii_digit()) {
            out.extend(values.get(token).cloned());
            continue;
        }
        let folded = match token.is_ascii() {
            true => token.to_ascii_lowercase(),
            false => match normalise(Kind::Name, token) {
                Ok(name) => name.text().to_owned(),
                Err(_) => continue,
            },
        };
        let dots = folded.match_indices('.').map(|(at, _)| at + 1);
        for start in std::iter::once(0).chain(dots) {
            let suffix = folded.get(start..).unwrap();
            if values.contains(suffix) && suffix.contains('.') {
                out.insert(format!("{suffix}{}", if start == 0 { "" } else { " (below)" }));
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn the_matcher_finds_what_a_plain_reading_finds(
        pieces in proptest::collection::vec(
            r"(evil|a|b|www|EVIL|1|22|192|ü)?[.](com|example|org|0|2|1)|[ ,:/\t=@-]|\.|x{1,70}|192\.0\.2\.1|evil\.com|a\.b\.org",
            0..60,
        ),
    ) {
        let held = ["evil.com", "a.b.org", "b.org", "xn--tda.com", "www.example.org", "192.0.2.1", "22.com", "a.evil.org"];
        let pairs: Vec<(Kind, &str)> = held
            .iter()
            .map(|text| (if text.ends_with('1') { Kind::Ipv4 } else { Kind::Name }, *text))
            .collect();
        let matcher = matcher(&pairs);
        let text = pieces.concat();
        let values: BTreeSet<String> = held.iter().map(|text| (*text).to_owned()).collect();
        let expected: Vec<String> = plainly(&values, &text).into_iter().collect();
        // A name in letters reports the nearest indicator, as a field does; the plain reading lists all.
        if text.is_ascii() {
            prop_assert_eq!(mentions(&matcher, &text), expected, "{:?}", text);
        } else {
            let found = mentions(&matcher, &text);
            prop_assert!(found.iter().all(|one| expected.contains(one)), "{found:?} {expected:?}");
            prop_assert_eq!(found.is_empty(), expected.is_empty(), "{:?}", text);
        }
    }
}
