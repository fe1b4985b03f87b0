//! Rules on single texts: addresses, names, encodings and tags. None of them takes memory from the heap.

use crate::{Moment, schema::Wording};
use std::{cmp::Ordering, net::Ipv4Addr, net::Ipv6Addr, sync::OnceLock};

macro_rules! wordings {
    ($($constant:ident $test:path: $what:literal;)*) => {
        $(pub(crate) static $constant: Wording = Wording { holds: $test, what: $what };)*
    };
}

wordings! {
    BASE64 is_base64: "base64 with padding (RFC 4648 section 4)";
    CHARACTER_SET is_character_set: "the name of a character set of the IANA registry";
    COUNTRY is_country: "an ISO 3166-1 alpha-2 code";
    CPE is_cpe: "a CPE 2.3 formatted string";
    DOMAIN_NAME is_domain_name: "a domain name";
    EMAIL is_email: "an e-mail address without a display name (RFC 5322 section 3.4.1)";
    HEX is_hex: "hexadecimal digits in pairs";
    HTTP_FIELD is_http_field: "a name of an HTTP header field";
    IPFIX is_ipfix: "a name of an IPFIX information element";
    IPV4 is_ipv4: "an IPv4 address or range in dotted form";
    IPV6 is_ipv6: "an IPv6 address or range";
    LANGUAGE is_language: "a language tag (RFC 5646)";
    LOWER_WORD is_lower_word: "in lower case with hyphens between words";
    MAC is_mac: "a MAC address in lower case with colons";
    MEDIA_TYPE is_media_type: "a media type such as `text/plain`";
    PDF_KEY is_pdf_key: "a key of a PDF document information dictionary";
    PRIORITY_CLASS is_priority_class: "a priority class, which ends in `_CLASS`";
    PROPERTY_NAME is_property_name: "a name of a property: 3 to 250 of a-z, 0-9 and underscore";
    PROTOCOL is_protocol: "a name of a protocol of the IANA registry";
    REGISTRY_KEY is_registry_key: "a registry key whose hive is written out";
    SOCKET_OPTION is_socket_option: "a socket option such as `SO_KEEPALIVE`";
    SOFTWARE_LANGUAGE is_software_language: "an ISO 639-2 code of three letters";
    URI is_uri: "an address with a scheme (RFC 3986)";
    VERB is_verb: "a relationship of a-z, 0-9 and hyphens";
}

/// `type--UUID` (STIX 2.1 section 2.9).
pub fn is_identifier(text: &str) -> bool {
    type_of(text).is_some()
}

/// The type in an identifier; `None` where the text is none.
pub fn type_of(text: &str) -> Option<&str> {
    let length = text.len().checked_sub(UUID_LENGTH + 2)?;
    let (name, rest) = text.split_at_checked(length)?;
    let uuid = rest.strip_prefix("--")?;
    (is_type_name(name) && is_uuid(uuid)).then_some(name)
}

const UUID_LENGTH: usize = 36;

/// A UUID of RFC 9562's variant, versions 1 to 5.
pub(crate) fn is_uuid(text: &str) -> bool {
    let Ok(mut bytes) = <[u8; UUID_LENGTH]>::try_from(text.as_bytes()) else { return false };
    if [bytes[8], bytes[13], bytes[18], bytes[23]] != [b'-'; 4] {
        return false;
    }
    let known =
        matches!(bytes[14], b'1'..=b'5') && matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    (bytes[8], bytes[13], bytes[18], bytes[23]) = (b'0', b'0', b'0', b'0');
    // Without branches, so that the compiler takes many bytes at a time.
    known & bytes.iter().fold(true, |all, byte| all & is_hex_digit(*byte))
}

const fn is_hex_digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10 || (byte | 0x20).wrapping_sub(b'a') < 6
}

/// The version digit of a UUID that was found to be one.
pub(crate) fn uuid_version(id: &str) -> Option<u8> {
    let bytes = id.as_bytes();
    bytes
        .len()
        .checked_sub(UUID_LENGTH - 14)
        .and_then(|at| bytes.get(at))
        .map(|digit| digit.wrapping_sub(b'0'))
}

/// 3 to 250 of a-z, 0-9 and hyphen, not two hyphens in a row (STIX 2.1 section 3.1).
pub(crate) fn is_type_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=250).contains(&bytes.len())
        && bytes.iter().fold(true, |all, byte| all & allowed(*byte))
        && !bytes.windows(2).any(|pair| pair == b"--")
}

/// 3 to 250 of a-z, 0-9 and underscore (STIX 2.1 section 3.1).
pub(crate) fn is_property_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (3..=250).contains(&name.len()) && name.bytes().all(allowed)
}

/// The key of a dictionary (STIX 2.1 section 2.4): ASCII letters, digits, hyphen and underscore.
pub(crate) fn is_dictionary_key(key: &str) -> bool {
    (1..=250).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a hash has the length and letters of its algorithm; `None` for an algorithm that is not known.
pub(crate) fn is_hash(algorithm: &str, value: &str) -> Option<bool> {
    let hex = |length: usize| value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let other = |most: usize, more: &[u8]| {
        (1..=most).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    Some(match algorithm {
        "MD5" => hex(32),
        "SHA-1" | "RIPEMD-160" => hex(40),
        "SHA-224" | "SHA3-224" => hex(56),
        "SHA-256" | "SHA3-256" => hex(64),
        "SHA-384" | "SHA3-384" => hex(96),
        "SHA-512" | "SHA3-512" | "WHIRLPOOL" => hex(128),
        "MD6" => [32, 40, 56, 64, 96, 128].into_iter().any(hex),
        "SSDEEP" | "ssdeep" => other(150, b"/+:."),
        // Seventy digits, or seventy-two with the version `T1` before them.
        "TLSH" => other(72, b"") && matches!(value.len(), 70 | 72),
        _ => return None,
    })
}

/// The order of two timestamps; `None` where one of them is none.
pub(crate) fn compare_times(first: &str, second: &str) -> Option<Ordering> {
    let (first, second) = (first.parse::<Moment>().ok()?, second.parse::<Moment>().ok()?);
    Some(first.compare(second))
}

/// The catalogue that a number such as `CVE-2024-12345` or `CAPEC-66` belongs to.
pub(crate) fn catalogue_of(number: &str) -> Option<&'static str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = number.strip_prefix("CVE-") {
        let (year, serial) = rest.split_once('-')?;
        // Four digits, or more without a leading zero.
        let long = serial.len() == 4 || (serial.len() > 4 && !serial.starts_with('0'));
        return (year.len() == 4 && digits(year) && digits(serial) && long).then_some("cve");
    }
    number.strip_prefix("CAPEC-").filter(|serial| digits(serial)).map(|_| "capec")
}

fn is_ipv4(text: &str) -> bool {
    let (address, length) = split_range(text);
    // The standard library refuses leading zeros and short forms, as STIX does.
    address.parse::<Ipv4Addr>().is_ok() && length.is_none_or(|length| is_prefix(length, 32))
}

fn is_ipv6(text: &str) -> bool {
    let (address, length) = split_range(text);
    address.parse::<Ipv6Addr>().is_ok() && length.is_none_or(|length| is_prefix(length, 128))
}

fn split_range(text: &str) -> (&str, Option<&str>) {
    text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)))
}

fn is_prefix(text: &str, most: u8) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain && text.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_mac(text: &str) -> bool {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    text.len() == 17
        && text.bytes().enumerate().all(|(at, byte)| if at % 3 == 2 { byte == b':' } else { lower_hex(byte) })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let odd = |letter: char| {
        letter.is_whitespace() || letter.is_control() || matches!(letter, '<' | '>' | ',' | ';')
    };
    let quoted = local.starts_with('"') && local.ends_with('"') && local.len() > 2;
    !local.is_empty() && !domain.is_empty() && (quoted || !local.contains(odd)) && !domain.contains(odd)
}

fn is_domain_name(text: &str) -> bool {
    let odd = |letter: char| {
        letter.is_whitespace() || letter.is_control() || matches!(letter, '/' | ':' | '@' | '?' | '#')
    };
    !text.is_empty() && text.len() <= 1024 && !text.contains(odd)
}

/// An absolute address: a scheme and something after it, without white space.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let begins = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let scheme_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    begins
        && scheme.bytes().all(scheme_letter)
        && !rest.is_empty()
        && !rest.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !text.is_empty() && text.len().is_multiple_of(4) && padding <= 2 && body.bytes().all(letter)
}

fn is_media_type(text: &str) -> bool {
    let Some((top, sub)) = text.split_once('/') else { return false };
    const TOP: [&str; 10] = [
        "application",
        "audio",
        "font",
        "haptics",
        "image",
        "message",
        "model",
        "multipart",
        "text",
        "video",
    ];
    // Parameters after a semicolon do no harm.
    let sub = sub.split_once(';').map_or(sub, |(sub, _)| sub);
    let letter = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'+' | b'_' | b'-' | b'!' | b'#' | b'$' | b'&' | b'^')
    };
    TOP.contains(&top) && !sub.is_empty() && sub.bytes().all(letter)
}

/// Names of the IANA registry hold no dots but in a version such as `ISO_646.irv:1983`.
fn is_character_set(text: &str) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'(' | b')' | b'-' | b':' | b'+');
    let plain = (2..=45).contains(&text.len()) && text.bytes().all(letter);
    plain || matches!(text, "ISO_646.basic:1983" | "ISO_646.irv:1983" | "ISO_646.irv:1991")
}

/// Thirteen parts between colons that no backslash escapes (NIST IR 7695 section 6.2).
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let (mut parts, mut escaped, mut length) = (1, false, 0usize);
    for letter in rest.chars() {
        match letter {
            _ if escaped => (escaped, length) = (false, length + 1),
            '\\' => escaped = true,
            ':' if length == 0 => return false,
            ':' => (parts, length) = (parts + 1, 0),
            '-' | '.' | '_' | '*' | '?' | '~' => length += 1,
            _ if letter.is_ascii_alphanumeric() => length += 1,
            _ => return false,
        }
    }
    parts == 11
        && length > 0
        && !escaped
        && matches!(rest.as_bytes(), [b'a' | b'h' | b'o' | b'*' | b'-', b':', ..])
}

/// A primary subtag of the registry, then subtags of the right form.
fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let form =
        |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
    let private = matches!(primary, "x" | "i") && text.len() > 2;
    (private || is_registered_language(primary)) && subtags.all(form)
}

/// ISO 639-2 has codes of three letters only; every one of them is a subtag of the registry, or a bibliographic twin.
fn is_software_language(text: &str) -> bool {
    const BIBLIOGRAPHIC: [&str; 20] = [
        "alb", "arm", "baq", "bur", "chi", "cze", "dut", "fre", "geo", "ger", "gre", "ice", "mac", "mao",
        "may", "per", "rum", "slo", "tib", "wel",
    ];
    /// The registry prefers two letters where there are such, and does not list the three-letter form.
    const SHORTENED: &str = include_str!("../../../../data/threat/languages-639-2.txt");
    let form = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    form && (is_registered_language(text)
        || BIBLIOGRAPHIC.contains(&text)
        || SHORTENED.lines().any(|line| line.split(' ').any(|code| code == text)))
}

/// One bit for each word of two or three letters.
fn is_registered_language(text: &str) -> bool {
    static BITS: OnceLock<Vec<u64>> = OnceLock::new();
    const TEXT: &str = include_str!("../../../../data/threat/languages.txt");
    let bits = BITS.get_or_init(|| {
        let mut bits = vec![0u64; 27 * 27 * 27 / 64 + 1];
        let words = TEXT.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' '));
        for place in words.filter_map(language_place) {
            if let Some(word) = bits.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        bits
    });
    language_place(text)
        .is_some_and(|place| bits.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0))
}

fn language_place(text: &str) -> Option<usize> {
    let letters = text.bytes().map(|byte| byte.to_ascii_lowercase());
    let number =
        |sum: usize, byte: u8| byte.is_ascii_lowercase().then(|| sum * 27 + usize::from(byte - b'a') + 1);
    (matches!(text.len(), 2 | 3)).then(|| letters.into_iter().try_fold(0, number)).flatten()
}

/// The codes in use, and those that ISO 3166 leaves to users.
fn is_country(text: &str) -> bool {
    const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
        BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
        FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
        JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ \
        MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO \
        RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW \
        TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
    let upper = text.to_ascii_uppercase();
    let of_users =
        matches!(upper.as_bytes(), [b'A', b'A'] | [b'Q', b'M'..=b'Z'] | [b'X', b'A'..=b'Z'] | [b'Z', b'Z']);
    of_users || CODES.split(' ').any(|code| code == upper)
}

fn is_lower_word(text: &str) -> bool {
    text == text.to_lowercase() && text.chars().any(char::is_alphabetic) && !text.contains(['_', ' '])
}

fn is_verb(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_protocol(text: &str) -> bool {
    (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_ipfix(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A token (RFC 9110 section 5.6.2) whose words begin with a capital, as the standard's examples write them.
fn is_http_field(text: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|letter: char| letter.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text.split('-').all(word)
}

/// ISO 32000-1 table 317.
fn is_pdf_key(text: &str) -> bool {
    const KEYS: [&str; 9] = [
        "Title",
        "Author",
        "Subject",
        "Keywords",
        "Creator",
        "Producer",
        "CreationDate",
        "ModDate",
        "Trapped",
    ];
    KEYS.contains(&text)
}

fn is_priority_class(text: &str) -> bool {
    text.ends_with("_CLASS")
}

fn is_registry_key(text: &str) -> bool {
    const SHORT: [&str; 5] = ["HKLM", "HKCC", "HKCR", "HKCU", "HKU"];
    let hive = text.split('\\').next().unwrap_or_default();
    !SHORT.iter().any(|short| hive.eq_ignore_ascii_case(short))
}

fn is_socket_option(text: &str) -> bool {
    const AREAS: [&str; 8] = ["SO", "ICMP", "ICMP6", "IP", "IPV6", "MCAST", "TCP", "IRLMP"];
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.split_once('_')
        .is_some_and(|(area, rest)| AREAS.contains(&area) && !rest.is_empty() && rest.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wording: &Wording, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((wording.holds)(text), "`{text}` is {}", wording.what);
        }
        for text in bad {
            assert!(!(wording.holds)(text), "`{text}` is not {}", wording.what);
        }
    }

    #[test]
    fn addresses_and_names_keep_their_rules() {
        check(
            &IPV4,
            &["198.51.100.7", "198.51.100.0/24", "0.0.0.0/0"],
            &["198.51.100", "198.051.100.7", "198.51.100.7/33", "198.51.100.7/08", "x"],
        );
        check(
            &IPV6,
            &["2001:db8::1", "::ffff:198.51.100.7", "2001:db8::/32"],
            &["foo", "2001:db8::/129", "2001:db8::/", "2001:db8::/03"],
        );
        check(&MAC, &["02:00:5e:00:53:01"], &["02-00-5e-00-53-01", "02:00:5E:00:53:01", "02:00:5e:00:53"]);
        check(
            &EMAIL,
            &["a@example.org", "\"a b\"@example.org", "用户@例子.example"],
            &["A <a@example.org>", "a", "@example.org", "a@"],
        );
        check(
            &DOMAIN_NAME,
            &["example.org", "_dmarc.example.org", "例子.example"],
            &["", "http://example.org", "a b", "example.org:80"],
        );
        check(
            &URI,
            &["http://example.org/a?b=c#d", "urn:x:y", "https://例子.example/ü"],
            &["foo", "www.example.org", "1a:b", "http://a b"],
        );
        check(&REGISTRY_KEY, &["HKEY_LOCAL_MACHINE\\a", "HKLMx\\a"], &["HKLM\\a", "hkcu\\a"]);
    }

    #[test]
    fn encodings_and_tags_keep_their_rules() {
        check(&HEX, &["00ff"], &["", "0", "0g"]);
        check(&BASE64, &["QUJD", "QUI=", "QQ=="], &["", "QUJ", "Q===", "QU=J", "a b="]);
        check(
            &CPE,
            &["cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*", "cpe:2.3:a:x:y\\:z:1:-:*:*:*:*:*:*"],
            &["invalid", "cpe:2.3:a:x", "cpe:/a:x:y", "cpe:2.3:a:::::::::::"],
        );
        check(&LANGUAGE, &["en", "zh-Hant-TW", "cmn", "x-mine"], &["foo", "", "en_GB", "english"]);
        check(&SOFTWARE_LANGUAGE, &["eng", "ger", "deu", "yue"], &["en", "ENG", "qqq1"]);
        check(&MEDIA_TYPE, &["text/plain", "image/svg+xml"], &["text", "foo/bar", "text/"]);
        check(&CHARACTER_SET, &["UTF-8", "ISO_646.irv:1983"], &["bla.bla.bla", "a"]);
        check(&COUNTRY, &["JP", "jp", "XA"], &["JPN", "UK"]);
    }

    #[test]
    fn identifiers_and_hashes_have_their_length() {
        let uuid = "11111111-2222-4333-8444-555555555555";
        assert_eq!(type_of(&format!("x-a--{uuid}")), Some("x-a"));
        for bad in ["x--a--", "X-a--", "xa-", "a--"] {
            assert_eq!(type_of(&format!("{bad}{uuid}")), None, "{bad}");
        }
        for bad in [
            "11111111-2222-0333-8444-555555555555",
            "11111111-2222-4333-1444-555555555555",
            "11111111-2222-4333-8444-55555555555g",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
        assert_eq!(uuid_version(&format!("x-a--{uuid}")), Some(4));
        assert_eq!(is_hash("MD5", &"a".repeat(32)), Some(true));
        assert_eq!(is_hash("SHA-256", &"a".repeat(63)), Some(false));
        assert_eq!(is_hash("TLSH", &format!("T1{}", "A".repeat(70))), Some(true));
        assert_eq!(is_hash("x_mine", "anything"), None);
    }
}
