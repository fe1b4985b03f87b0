//! The rules of `docs/reference/values.md`, one by one.

use super::*;
use crate::Object;
use proptest::prelude::*;

/// Each line: kind, text as written, canonical text (with its kind where that is another), or the code of the fault.
fn check(kind: Kind, text: &str, expected: &str) {
    let shown = match normalise(kind, text) {
        Ok(value) if value.kind() == kind => value.text().to_owned(),
        Ok(value) => format!("{} {value}", value.kind()),
        Err(fault) => fault.code().to_owned(),
    };
    assert_eq!(shown, expected, "{kind} {text:?}");
}

#[test]
fn names_are_lower_case_a_labels_without_root_port_and_star() {
    for (text, expected) in [
        ("WWW.Example.ORG", "www.example.org"),
        ("example.org.", "example.org"),
        ("example.org:8080", "example.org"),
        ("*.example.org", "example.org"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("localhost", "localhost"),
        // UTS #46 non-transitional: the sharp s stays itself, the capital becomes the small letter.
        ("straße.example", "xn--strae-oqa.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ＥＸＡＭＰＬＥ．org", "example.org"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        // Cyrillic а: another name.
        ("аpple.com", "xn--pple-43d.com"),
        ("a..b", "value/not-a-name"),
        (".", "value/not-a-name"),
        ("a b.org", "value/not-a-name"),
        ("1.2.3", "value/not-a-name"),
        ("1.2.3.4.5", "value/not-a-name"),
        ("example.org:x", "value/not-a-name"),
        ("example[.]org", "value/not-a-name"),
        (" ", "value/empty"),
    ] {
        check(Kind::Name, text, expected);
    }
    check(Kind::Name, &format!("{}.org", "a".repeat(64)), "value/not-a-name");
    check(Kind::Name, &vec!["a"; 128].join("."), "value/not-a-name");
    let name = normalise(Kind::Name, "bücher.example").unwrap();
    assert_eq!((name.text(), &*name.shown()), ("xn--bcher-kva.example", "bücher.example"));
}

#[test]
fn ipv4_has_four_decimal_numbers_and_no_other_form() {
    for (text, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.77/24", "cidr 192.0.2.0/24"),
        ("192.0.02.1", "value/not-an-address"),
        ("0300.0.2.1", "value/not-an-address"),
        ("192.0.513", "value/not-an-address"),
        ("3221225985", "value/not-an-address"),
        ("0xc0000201", "value/not-an-address"),
        ("192.0.2.256", "value/not-an-address"),
        ("1.2.3.4.5", "value/not-an-address"),
        ("1.2.3.4-rc1", "value/not-an-address"),
        ("192.0.2.1/33", "value/not-an-address"),
        ("192.0.2.1/08", "value/not-an-address"),
        ("2001:db8::1", "value/not-an-address"),
    ] {
        check(Kind::Ipv4, text, expected);
    }
}

#[test]
fn ipv6_is_compared_as_bits_and_written_as_rfc_5952_says() {
    for (text, expected) in [
        ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "ipv4 192.0.2.1"),
        ("2001:db8::77/64", "cidr 2001:db8::/64"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("::ffff:192.0.2.0/120", "value/not-an-address"),
        ("2001:db8::1%", "value/not-an-address"),
        ("2001:db8:::1", "value/not-an-address"),
        ("2001:db8::1/129", "value/not-an-address"),
    ] {
        check(Kind::Ipv6, text, expected);
    }
    check(Kind::Cidr, "::ffff:192.0.2.0/120", "192.0.2.0/24");
    check(Kind::Cidr, "0.0.0.0/0", "0.0.0.0/0");
    check(Kind::Cidr, "example.org/24", "value/not-a-range");
}

#[test]
fn a_range_holds_its_addresses_and_no_others() {
    let range = |text| range(text).unwrap();
    for (of, address, holds) in [
        ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("2001:db8::/33", "2001:db8:7fff::", true),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("::/0", "192.0.2.1", false),
        ("192.0.2.0/24", "::c000:201", false),
    ] {
        assert_eq!(range(of).holds(address.parse().unwrap()), holds, "{of} {address}");
    }
}

#[test]
fn an_address_with_a_port_keeps_both() {
    for (text, expected) in [
        ("192.0.2.1:443", "192.0.2.1:443"),
        ("[2001:DB8::1]:443", "[2001:db8::1]:443"),
        ("192.0.2.1:0443", "value/not-an-address-port"),
        ("192.0.2.1:0", "value/not-an-address-port"),
        ("192.0.2.1:65536", "value/not-an-address-port"),
        ("2001:db8::1:443", "value/not-an-address-port"),
        ("192.0.2.1", "value/not-an-address-port"),
    ] {
        check(Kind::AddressPort, text, expected);
    }
}

#[test]
fn urls_are_normalised_as_rfc_3986_says() {
    for (text, expected) in [
        ("HTTP://WWW.Example.ORG", "http://www.example.org/"),
        ("http://example.org:80/A", "http://example.org/A"),
        ("https://example.org:80/", "https://example.org:80/"),
        ("http://user:pass@example.org/", "http://example.org/"),
        ("http://good.example@evil.example/x", "http://evil.example/x"),
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/a/..", "http://example.org/"),
        ("http://example.org/../../a/", "http://example.org/a/"),
        ("http://example.org/%7euser/%2e%2e/%3a%3A", "http://example.org/%3A%3A"),
        ("http://example.org/a#b", "http://example.org/a"),
        ("http://example.org?b=2&a=1", "http://example.org/?b=2&a=1"),
        ("http://example.org/ü b%", "http://example.org/%C3%BC%20b%25"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2001:DB8:0::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://192.0.2.1\\x\\..\\y", "http://192.0.2.1/y"),
        ("http://example.org./", "http://example.org/"),
        ("example.org/a?u=http://x.example/", "//example.org/a?u=http://x.example/"),
        ("//example.org", "//example.org/"),
        ("ftp://example.org:21/a", "ftp://example.org/a"),
        ("http://", "value/not-a-url"),
        ("http:///a", "value/not-a-url"),
        ("http://exa mple.org/", "value/not-a-url"),
        ("http://example.org:99999/", "value/not-a-url"),
        ("ht tp://example.org/", "value/not-a-url"),
        ("http://010.0.0.1/", "value/not-a-url"),
        ("mailto:a@example.org", "value/not-a-url"),
        ("http://example.org/\u{7}", "value/not-a-url"),
    ] {
        check(Kind::Url, text, expected);
    }
    let parts = split_url("//[2001:db8::1]:8080/x?y").unwrap();
    assert_eq!(
        (parts.scheme, parts.host, parts.port, parts.target),
        ("", "[2001:db8::1]", Some(8080), "/x?y")
    );
}

#[test]
fn mail_addresses_keep_the_case_of_their_local_part() {
    for (text, expected) in [
        ("Jane.Doe@Example.ORG", "Jane.Doe@example.org"),
        ("mailto:a@bücher.example", "a@xn--bcher-kva.example"),
        ("a+b@example.org.", "a+b@example.org"),
        ("a@b@example.org", "value/not-a-mail-address"),
        ("@example.org", "value/not-a-mail-address"),
        ("a b@example.org", "value/not-a-mail-address"),
        ("a@[192.0.2.1]", "value/not-a-mail-address"),
        ("example.org", "value/not-a-mail-address"),
    ] {
        check(Kind::Email, text, expected);
    }
}

#[test]
fn hashes_have_the_length_of_their_algorithm() {
    let empty = "D41D8CD98F00B204E9800998ECF8427E";
    check(Kind::Md5, empty, &empty.to_lowercase());
    check(Kind::Sha1, empty, "value/not-a-hash");
    check(Kind::Md5, "g41d8cd98f00b204e9800998ecf8427e", "value/not-a-hash");
    check(Kind::Other, " 3:a:B ", "3:a:B");
    for (kind, digits) in [(Kind::Sha1, 40), (Kind::Sha256, 64), (Kind::Sha512, 128)] {
        check(kind, &"A".repeat(digits), &"a".repeat(digits));
    }
}

#[test]
fn defanged_values_are_recognised_and_ambiguous_ones_refused() {
    for (text, expected) in [
        ("hxxp://evil[.]example[.]com/a", "url http://evil.example.com/a"),
        ("hXXps[:]//evil(dot)example.com/a", "url https://evil.example.com/a"),
        ("hxxps[://]evil{.}example.com", "url https://evil.example.com/"),
        ("h**p://evil.example.com/", "url http://evil.example.com/"),
        ("evil[DOT]com", "name evil.com"),
        ("evil\\.com", "name evil.com"),
        ("192.0.2[.]1", "ipv4 192.0.2.1"),
        ("192[.]0[.]2[.]1[:]8080", "address-port 192.0.2.1:8080"),
        ("192.0.2.0/24", "cidr 192.0.2.0/24"),
        ("[2001:db8::1]:443", "address-port [2001:db8::1]:443"),
        ("2001:db8[:]:1", "ipv6 2001:db8::1"),
        ("jane[at]evil[.]com", "email jane@evil.com"),
        ("evil.com/a.php", "url //evil.com/a.php"),
        ("evil.com:8080", "name evil.com"),
        ("abcdefabcdef.onion", "name abcdefabcdef.onion"),
        ("d41d8cd98f00b204e9800998ecf8427e", "md5 d41d8cd98f00b204e9800998ecf8427e"),
        ("公司.cn", "name xn--55qx5d.cn"),
        ("setup.exe", "-"),
        ("n/a", "-"),
        ("1.2.3", "-"),
        ("1.2.3.4-rc1", "-"),
        ("evil[.com", "-"),
        ("evil[x]com", "-"),
        ("evil com", "-"),
        ("localhost", "-"),
        ("evil.com,", "-"),
        ("", "-"),
    ] {
        let shown = recognise(text).map_or("-".to_owned(), |value| format!("{} {value}", value.kind()));
        assert_eq!(shown, expected, "{text}");
    }
    // Only `recognise` takes defanging back.
    check(Kind::Url, "hxxp://evil.example/", "hxxp://evil.example/");
    check(Kind::Ipv4, "192.0.2[.]1", "value/not-an-address");
}

#[test]
fn public_suffixes_of_the_icann_section_are_known() {
    for (name, expected) in [
        ("com", true),
        ("co.uk", true),
        ("gov.in", true),
        ("xn--55qx5d.cn", true),
        ("anything.ck", true),
        ("www.ck", false),
        ("example.co.uk", false),
        ("example.com", false),
        // The private section: firms that let customers have names. Such a name is a parent.
        ("github.io", false),
        ("blogspot.com", false),
    ] {
        assert_eq!(is_public_suffix(name), expected, "{name}");
    }
}

fn values(text: &str) -> Vec<String> {
    let object = Object::read(text.as_bytes()).unwrap();
    values_of(&object).iter().map(|value| format!("{} {value}", value.kind())).collect()
}

#[test]
fn observables_of_both_editions_have_their_values() {
    for (text, expected) in [
        (r#"{"type":"domain-name","value":"Example.ORG"}"#, &["name example.org"][..]),
        (r#"{"type":"ipv4-addr","value":"192.0.2.0/24"}"#, &["cidr 192.0.2.0/24"]),
        (r#"{"type":"url","value":"not a url"}"#, &["other not a url"]),
        (
            r#"{"type":"file","name":"a.exe","hashes":{"MD5":"D41D8CD98F00B204E9800998ECF8427E","SSDEEP":"3:a:b"},
                "extensions":{"windows-pebinary-ext":{"sections":[{"name":"x","hashes":{"MD5":"D41D8CD98F00B204E9800998ECF8427F"}}]}}}"#,
            &[
                "md5 d41d8cd98f00b204e9800998ecf8427e",
                "md5 d41d8cd98f00b204e9800998ecf8427f",
                "other 3:a:b",
                "other a.exe",
            ],
        ),
        (
            r#"{"type":"observed-data","objects":{"0":{"type":"ipv6-addr","value":"2001:DB8::1"},"1":{"type":"email-addr","value":"a@B.org"}}}"#,
            &["ipv6 2001:db8::1", "email a@b.org"],
        ),
        (r#"{"type":"autonomous-system","number":64500}"#, &["other AS64500"]),
        (
            r#"{"type":"indicator","pattern":"[domain-name:value = 'B.org' OR domain-name:value IN ('a.org','B.org')]"}"#,
            &["name a.org", "name b.org"],
        ),
        (r#"{"type":"indicator","pattern_type":"yara","pattern":"rule x { condition: true }"}"#, &[]),
        (r#"{"type":"identity","name":"x"}"#, &[]),
    ] {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn patterns_give_what_they_compare_for_equality() {
    for (pattern, expected) in [
        ("[file:hashes.SSDEEP = 'x' OR file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']", 2),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", 1),
        ("[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443]", 1),
        ("[domain-name:value != 'a.org' AND domain-name:value = 'b.org']", 1),
        ("[domain-name:value NOT IN ('a.org','b.org')]", 0),
        ("[domain-name:value LIKE '%.org']", 0),
        ("[url:value = 'http://a.org'] FOLLOWEDBY [domain-name:value = 'b.org']", 2),
        ("[domain-name:value = 'a.org' AND", 0),
    ] {
        assert_eq!(values_of_pattern(pattern).len(), expected, "{pattern}");
    }
}

#[test]
fn a_pattern_is_decided_by_a_value_only_where_nothing_else_must_hold() {
    for (pattern, expected) in [
        ("[domain-name:value = 'A.org']", Some("a.org")),
        ("[domain-name:value = 'a.org' OR ipv4-addr:value = '192.0.2.1']", Some("a.org 192.0.2.1")),
        ("[domain-name:value = 'a.org'] OR [url:value = 'http://b.org']", Some("a.org http://b.org/")),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", Some("192.0.2.0/24")),
        (
            "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443]",
            Some("192.0.2.1:443"),
        ),
        (
            "[network-traffic:dst_port = 443 AND network-traffic:dst_ref.value = '2001:db8::1']",
            Some("[2001:db8::1]:443"),
        ),
        ("[domain-name:value = 'a.org' AND domain-name:value = 'b.org']", None),
        ("[domain-name:value = 'a.org'] FOLLOWEDBY [domain-name:value = 'b.org']", None),
        ("[domain-name:value != 'a.org']", None),
        ("[domain-name:value NOT IN ('a.org')]", None),
        ("[domain-name:value = 'a.org'] REPEATS 5 TIMES", None),
        ("[process:command_line = 'a']", None),
        ("[domain-name:value = 'a.org' OR process:command_line = 'a']", None),
    ] {
        let shown = decisive(pattern)
            .map(|found| found.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        assert_eq!(shown.as_deref(), expected, "{pattern}");
    }
}

#[test]
fn kinds_have_words_that_are_read_back() {
    for kind in Kind::ALL {
        assert_eq!(kind.word().parse(), Ok(kind));
    }
    assert_eq!("names".parse::<Kind>().unwrap_err().code(), "value/unknown-kind");
}

proptest! {
    #[test]
    fn a_canonical_form_is_its_own(text in r"([a-zA-Z0-9ßüа:/.@%\\\[\]()#?&=_*-]|http://|\.\.|%2e|dot|[.]|:80|::){0,24}") {
        fuzz_entry(text.as_bytes());
    }

    #[test]
    fn addresses_come_back_as_they_are(bits: u128, port in 1u16..) {
        let address = std::net::Ipv6Addr::from_bits(bits);
        if address.to_ipv4_mapped().is_none() {
            let value = normalise(Kind::Ipv6, &address.to_string()).unwrap();
            prop_assert_eq!(v6(value.text()), Some(address));
            let both = format!("[{address}]:{port}");
            let value = normalise(Kind::AddressPort, &both).unwrap();
            prop_assert_eq!(value.text().parse::<std::net::SocketAddr>().unwrap(), both.parse().unwrap());
        }
    }
}
