//! One small set of objects in every form.

use super::*;

fn indicator(n: u32, pattern: &str, more: &str) -> String {
    let pattern = serde_json::to_string(pattern).unwrap();
    format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--c0a1170e-0000-4000-8000-{n:012}","created":"2026-02-01T08:00:00.000Z","modified":"2026-02-01T08:00:00.000Z","name":"=Loader \"{n}\"; rev:9","pattern_type":"stix","pattern":{pattern},"valid_from":"2026-02-01T08:00:00.000Z"{more}}}"#
    )
}

fn objects() -> Vec<String> {
    vec![
        indicator(1, "[domain-name:value = 'Bad.example.']", r#","labels":["a","b"],"confidence":80"#),
        indicator(2, "[ipv4-addr:value = '198.51.100.7'] OR [ipv4-addr:value ISSUBSET '203.0.113.0/24']", ""),
        indicator(3, "[ipv6-addr:value = '2001:db8::53']", ""),
        indicator(4, "[url:value = 'http://bad.example/a;b?c=\"d\"']", ""),
        indicator(5, "[file:hashes.'SHA-256' = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855']", ""),
        indicator(6, "[domain-name:value = 'bad.example']", ""),
        indicator(7, "[domain-name:value = 'ended.example']", r#","valid_until":"2026-02-02T08:00:00.000Z""#),
        indicator(8, "[domain-name:value = 'gone.example']", r#","revoked":true"#),
        indicator(9, "[domain-name:value = 'x.example' AND domain-name:value LIKE 'y%']", ""),
        indicator(10, "[domain-name:value = 'good.example']", ""),
        indicator(11, "rule a { condition: true }", "").replace(r#""stix""#, r#""yara""#),
        indicator(12, "title: b\ndetection: {}", "").replace(r#""stix""#, r#""sigma""#),
        r#"{"type":"url","spec_version":"2.1","id":"url--c0a1170e-0000-5000-8000-000000000013","value":"https://other.example/"}"#.to_owned(),
        r#"{"type":"identity","spec_version":"2.1","id":"identity--c0a1170e-0000-4000-8000-000000000014","name":"A"}"#.to_owned(),
    ]
}

fn export(format: Format) -> (String, Report) {
    let options = Options {
        format,
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        kinds: BTreeSet::new(),
        name: "trial".to_owned(),
        first_rule: 9_100_000,
    };
    let suppress = |value: &Value| (value.text() == "good.example").then(|| "trial list".to_owned());
    let mut export = Export::new(options, &suppress);
    for text in objects() {
        export.take(&Object::read(text.as_bytes()).unwrap());
    }
    export.finish()
}

#[test]
fn a_bundle_holds_the_bytes_as_they_came() {
    let (text, report) = export(Format::Stix);
    assert_eq!(report.written, 14);
    assert!(objects().iter().all(|object| text.contains(object.as_str())));
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
}

#[test]
fn plain_lists_hold_canonical_values_once_and_what_is_left_out_is_counted() {
    let (text, report) = export(Format::Plain);
    let expected = "bad.example\n198.51.100.7\n203.0.113.0/24\n2001:db8::53\nhttp://bad.example/a;b?c=%22d%22\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nhttps://other.example/\n";
    assert_eq!(text, expected);
    assert_eq!((report.written, report.repeated), (7, 1));
    assert_eq!(report.suppressed, [("good.example".to_owned(), "trial list".to_owned())]);
    let left: Vec<_> = report.left_out.into_iter().collect();
    assert_eq!(
        left,
        [
            ("a pattern that no single value decides", 1),
            ("held by a warning list", 1),
            ("neither an indicator nor an observable", 1),
            ("no longer valid", 1),
            ("revoked", 1),
            ("written in another language", 2),
        ]
    );
}

#[test]
fn a_sheet_finds_no_formula_in_csv() {
    let (text, _) = export(Format::Csv);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let first = rows.records().next().unwrap().unwrap();
    let fields: Vec<&str> = first.iter().collect();
    assert_eq!(
        fields,
        [
            "name",
            "bad.example",
            "'=Loader \"1\"; rev:9",
            "a|b",
            "80",
            "2026-02-01T08:00:00.000Z",
            "",
            "indicator--c0a1170e-0000-4000-8000-000000000001"
        ]
    );
    assert_eq!(rows.records().count(), 6);
}

#[test]
fn names_of_strangers_cannot_end_a_rule() {
    let (text, report) = export(Format::Suricata);
    let rules: Vec<&str> = text.lines().collect();
    assert_eq!(report.written, 6);
    assert_eq!(
        rules[0],
        "alert dns $HOME_NET any -> any any (msg:\"=Loader  1   rev 9\"; dns.query; dotprefix; content:\".bad.example\"; nocase; \
         endswith; classtype:trojan-activity; metadata:stix_id indicator--c0a1170e-0000-4000-8000-000000000001; sid:9100000; rev:1;)"
    );
    assert!(rules[4].contains("content:\"/a|3B|b?c=%22d%22\"; startswith;"), "{}", rules[4]);
    assert!(rules.iter().all(|rule| rule.matches("rev:").count() == 1));
}

#[test]
fn zeek_and_zones_have_their_forms() {
    let (text, report) = export(Format::Zeek);
    assert_eq!(text.lines().nth(1), Some("bad.example\tIntel::DOMAIN\ttrial\t=Loader \"1\"; rev:9"));
    assert!(text.lines().skip(1).all(|line| line.split('\t').count() == 4));
    assert_eq!(report.written, 7);
    let (text, report) = export(Format::Rpz);
    let records: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(
        records,
        [
            "bad.example CNAME .",
            "*.bad.example CNAME .",
            "32.7.100.51.198.rpz-ip CNAME .",
            "24.0.113.0.203.rpz-ip CNAME .",
            "128.53.zz.db8.2001.rpz-ip CNAME ."
        ]
    );
    assert_eq!((report.written, report.left_out["a kind that a policy zone cannot say"]), (5, 3));
}

#[test]
fn rules_of_other_languages_come_out_as_they_came() {
    assert!(export(Format::Yara).0.ends_with("\nrule a { condition: true }\n"));
    assert!(export(Format::Sigma).0.ends_with("\ntitle: b\ndetection: {}\n"));
}
