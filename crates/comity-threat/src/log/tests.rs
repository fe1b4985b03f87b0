//! Lines of every format, and the traps of reading them.

use super::*;
use crate::{
    matching::{Matcher, Scanner},
    value::{Kind, normalise},
};
use comity_scan::Way;

fn matcher() -> Matcher {
    let mut matcher = Matcher::new([7; 32], 0);
    for (kind, text) in [
        (Kind::Name, "evil.example.com"),
        (Kind::Name, "below.evil.example.com"),
        (Kind::Name, "bücher.example"),
        (Kind::Ipv4, "192.0.2.1"),
        (Kind::Cidr, "198.51.100.0/24"),
        (Kind::Ipv6, "2001:db8::1"),
        (Kind::AddressPort, "192.0.2.7:8080"),
        (Kind::Url, "http://www.example.org/a.php?x=1"),
        (Kind::Md5, "d41d8cd98f00b204e9800998ecf8427e"),
        (Kind::Email, "jane@example.org"),
    ] {
        matcher.insert(&normalise(kind, text).unwrap(), 0).unwrap();
    }
    matcher
}

/// What a log hits, a line each: `line rule field indicator`.
fn hits(format: Option<Format>, text: &str) -> Vec<String> {
    let (matcher, roles) = (matcher(), Roles::built_in().unwrap());
    let mut all = Vec::new();
    // Whole, and in pieces of every small size: the same hits.
    for piece in [usize::MAX, 1, 7, 64, 100] {
        let mut out = Vec::new();
        let mut reading = Reading::new(&matcher, &roles, Scanner::new(Way::best()), format);
        let mut kept: Vec<u8> = Vec::new();
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(piece.min(text.len().max(1))).collect();
        for (index, piece) in pieces.iter().enumerate() {
            kept.extend_from_slice(piece);
            let read = reading.read(&kept, index + 1 == pieces.len(), &mut |seen| {
                for found in seen.found {
                    let indicator = matcher.indicators(found.head).next().unwrap();
                    let below = if found.exact { "" } else { " (below)" };
                    let (line, rule) = (seen.line, found.rule.word());
                    out.push(format!("{line} {rule} {} {}{below}", found.field, indicator.text));
                }
            });
            kept.drain(..read);
        }
        assert!(kept.is_empty());
        all.push(out);
    }
    all.windows(2).for_each(|two| assert_eq!(two[0], two[1], "{text}"));
    all.swap_remove(0)
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(hits(None, text), expected, "{text}");
}

const ZEEK: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tx\n#fields\tts\tuid\tid.orig_h\tid.resp_h\tid.resp_p\tquery\thost\turi\tanswers\tja3\tmd5\tmailfrom\n";

fn zeek(rows: &[&str]) -> String {
    format!("{ZEEK}{}\n#close\t2026\n", rows.join("\n"))
}

#[test]
fn columns_of_zeek_have_their_roles() {
    let none = "d41d8cd98f00b204e9800998ecf8427e";
    check(
        &zeek(&[
            "1.5\tC1\t192.0.2.1\t10.0.0.1\t53\tX.Evil.example.com.\t-\t-\t198.51.100.9,evil.example.com\t-\t-\t-",
            "1.5\tC1\t10.0.0.1\t192.0.2.7\t8080\t-\tevil.example.com:8080\t/\t-\t-\t-\t-",
            "1.5\tC1\t10.0.0.1\t192.0.2.7\t80\t-\twww.example.org\t/a.php?x=1\t-\t-\t-\t-",
            &format!("1.5\tC1\t10.0.0.1\t2001:db8::1\t80\t-\t-\t-\t-\t{none}\t{none}\t<jane@Example.org>"),
            "1.5\tC1\t10.0.0.1\t10.0.0.2\t80\tb\\xc3\\xbccher.example\t192.0.2.1\t-\t-\t-\t-\t-",
            "1.5\tC1\t10.0.0.1\t10.0.0.2\t80\tbelow.evil.example.com\tevil.example.com\t-\t-\t-\t-\t-",
        ]),
        &[
            "7 name query evil.example.com (below)",
            "7 source id.orig_h 192.0.2.1",
            "7 answer answers 198.51.100.0/24",
            "8 name host evil.example.com",
            "8 address-port id.resp_h 192.0.2.7:8080",
            "9 url uri http://www.example.org/a.php?x=1",
            "10 destination id.resp_h 2001:db8::1",
            "10 hash md5 d41d8cd98f00b204e9800998ecf8427e",
            "10 mail mailfrom jane@example.org",
            "11 name query xn--bcher-kva.example",
            "12 name query below.evil.example.com",
        ],
    );
}

#[test]
fn a_second_header_changes_the_columns() {
    let text = format!("{}#fields\tts\tid.resp_h\n1.5\t192.0.2.1\n", zeek(&["1.5\tC1\t192.0.2.1\t-"]));
    check(&text, &["7 source id.orig_h 192.0.2.1", "10 destination id.resp_h 192.0.2.1"]);
}

#[test]
fn json_is_read_by_the_program_that_wrote_it() {
    let none = "d41d8cd98f00b204e9800998ecf8427e";
    check(
        &[
            r#"{"ts":1.5,"id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.7","id.resp_p":8080,"query":"evil.example.com"}"#,
            r#"{"timestamp":"2026-03-01T00:00:00.000000+0000","event_type":"dns","src_ip":"10.0.0.1","dest_ip":"192.0.2.1","dns":{"rrname":"a.evil.example.com"}}"#,
            &format!(r#"{{"event_type":"tls","tls":{{"sni":"good.example","fingerprint":"{none}","ja3":{{"hash":"{none}"}}}},"fileinfo":{{"md5":"{none}"}}}}"#),
            &format!(r#"{{"EventID":1,"Channel":"x","host":"evil.example.com","Hashes":"SHA1=0,IMPHASH={none}"}}"#),
            &format!(r#"{{"EventID":1,"Channel":"x","EventData":{{"Hashes":"MD5={none},IMPHASH={none}","DestinationIp":"192.0.2.1"}}}}"#),
            r#"{"event_type":"http","http":{"hostname":"www.example.org","url":"\/a.php?x=1"}}"#,
            r#"{"event_type":"dns","dns":{"rrname":"b\u00fccher.example","note":"c:\\users"}}"#,
            r#"{"event_type":"dns","dns":{"rrname":"evil\u002eexample\u002ecom"}}"#,
            r#"{"broken":"evil.example.com"#,
        ]
        .join("\r\n"),
        &[
            "1 name query evil.example.com",
            "1 source id.orig_h 192.0.2.1",
            "1 address-port id.resp_h 192.0.2.7:8080",
            "2 name dns.rrname evil.example.com (below)",
            "2 destination dest_ip 192.0.2.1",
            "3 hash fileinfo.md5 d41d8cd98f00b204e9800998ecf8427e",
            "4 text host evil.example.com",
            "5 hash EventData.Hashes d41d8cd98f00b204e9800998ecf8427e",
            "5 destination EventData.DestinationIp 192.0.2.1",
            "6 url http.url http://www.example.org/a.php?x=1",
            "7 name dns.rrname xn--bcher-kva.example",
            "8 name dns.rrname evil.example.com",
            "9 text  evil.example.com",
        ],
    );
}

#[test]
fn web_servers_proxies_and_tables_have_their_fields() {
    check(
        "192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \"http://evil.example.com/\" \"x\"\n\
         10.0.0.1 - - [17/May/2015:10:05:03 +0000] \"GET http://www.example.org/a.php?x=1 HTTP/1.1\" 200 5\n",
        &[
            "1 source client 192.0.2.1",
            "1 text referrer evil.example.com",
            "2 url request http://www.example.org/a.php?x=1",
        ],
    );
    check(
        "time;src_ip;url;note\n2026-01-01T00:00:00Z;192.0.2.1;https://evil.example.com/;\"a;\"\"b\"\"; jane@example.org\"\n",
        &["2 name url evil.example.com", "2 source src_ip 192.0.2.1", "2 text note jane@example.org"],
    );
    check(
        "Mar 1 host sshd: Failed password from 192.0.2.1 port 8080\nx 192.0.2.7:8080 y",
        &["1 text  192.0.2.1", "2 text  192.0.2.7:8080"],
    );
}

#[test]
fn defanged_text_in_a_log_is_no_hit() {
    check("evil[.]example[.]com hxxp://evil[.]example.com 192.0.2[.]1\n", &[]);
}

#[test]
fn the_time_of_the_log_counts_and_not_that_of_the_reading() {
    for (text, expected) in [
        ("1521911720.865716", Some(1_521_911_720_865)),
        ("2018-03-24T17:15:20.866586Z", Some(1_521_911_720_866)),
        ("2018-03-24T18:15:20.866+0100", Some(1_521_911_720_866)),
        ("2018-03-24T18:15:20+01:00", Some(1_521_911_720_000)),
        ("2018-03-24 17:15:20", Some(1_521_911_720_000)),
        ("1521911720865", Some(1_521_911_720_865)),
        ("yesterday", None),
        ("", None),
    ] {
        assert_eq!(time::read(text), expected, "{text}");
    }
    let (matcher, roles) = (matcher(), Roles::built_in().unwrap());
    // Valid from second 100 on, and until before second 200.
    let valid = |_, time: Option<i64>| time.is_none_or(|time| (100_000..200_000).contains(&time));
    let rows = ["99.9", "100.0", "199.9", "200.0", "-"].map(|ts| format!("{ts}\tC1\t192.0.2.1"));
    let mut lines = Vec::new();
    let mut reading = Reading::new(&matcher, &roles, Scanner::new(Way::best()), None).valid(valid);
    reading
        .read(zeek(&rows.each_ref().map(String::as_str)).as_bytes(), true, &mut |seen| lines.push(seen.line));
    assert_eq!((lines, reading.records()), (vec![8, 9, 11], 5));
}

#[test]
fn every_row_of_the_table_of_fields_can_be_read() {
    assert!(Roles::built_in().is_ok());
    for (row, fault) in [
        ("zeek,query,nothing,x", "`nothing` is no role"),
        ("syslog,a,name,x", "`syslog` is no format of this table"),
        ("zeek,a,name,", "the source must be given"),
    ] {
        let text = format!("format,field,role,source\n{row}\n");
        assert_eq!(Roles::read(&text).unwrap_err().message, fault);
    }
}

#[test]
fn hostile_bytes_of_every_format_give_equal_hits_in_every_way() {
    for text in [
        &b"\xff\xfe{\"a\":\"evil.example.org\xff"[..],
        b"#fields\n\x00\t\t192.0.2.1\n#fields\t\n",
        b"a,\"b\n\"\"\"\n[[[[{{{{",
        b"{\"a\":[[[[[[[[[[[[\"example.org\"]]]]]]]]]]]]}\n\n\r\n",
        &[b'x'; 300],
    ] {
        fuzz_entry(text);
    }
}
