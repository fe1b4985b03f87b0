//! One small set of objects in every form.

use super::*;

fn indicator(n: u32, pattern: &str, more: &str) -> String {
    let pattern = serde_json::to_string(pattern).unwrap();
    format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--c0a1170e-0000-4000-8000-{n:012}","created":"2026-02-01T08:00:00.000Z","modified":"2026-02-01T08:00:00.000Z","name":"=Loader \"{n}\"; rev:9","pattern_type":"stix","pattern":{pattern},"valid_from":"2026-02-01T08:00:00.000Z"{more}}}"#
    )
}

const SIGMA: &str =
    "title: b\nlogsource:\n  product: windows\ndetection:\n  one:\n    EventID: 1\n  condition: one";

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
        indicator(12, SIGMA, "").replace(r#""stix""#, r#""sigma""#),
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
    // What is written with percent signs is looked for as it was sent, and the whole of it.
    let target = "http.uri.raw; content:\"/a|3B|b?c=%22d%22\"; startswith; bsize:14; ";
    assert!(rules[4].contains(target), "{}", rules[4]);
    assert!(rules.iter().all(|rule| rule.matches("rev:").count() == 1));
}

#[test]
fn what_would_act_on_everybody_or_on_others_is_left_out() {
    let hostile = [
        indicator(1, "[domain-name:value = '0.0.0.0.0.rpz-ip']", ""),
        indicator(2, "[ipv4-addr:value ISSUBSET '0.0.0.0/0']", ""),
        indicator(3, "[url:value = 'https://shared.example/bad']", ""),
        indicator(4, "[email-addr:value = '#a@mail.example']", ""),
        indicator(5, "rule a { condition: true }", "").replace(r#""stix""#, r#""yara""#),
        indicator(6, "rule a { condition: false }", "").replace(r#""stix""#, r#""yara""#),
        indicator(7, "global rule b { condition: false }", "").replace(r#""stix""#, r#""yara""#),
        indicator(8, "rule c { condition: $x }", "").replace(r#""stix""#, r#""yara""#),
        indicator(9, "include \"/etc/passwd\" rule d { condition: true }", "")
            .replace(r#""stix""#, r#""yara""#),
        indicator(10, "alert ip any any -> any any (msg:\"a\"; sid:9100000;)", "")
            .replace(r#""stix""#, r#""suricata""#),
        indicator(11, "pass ip any any -> any any (msg:\"a\"; sid:5;)", "")
            .replace(r#""stix""#, r#""suricata""#),
        indicator(12, "[ipv4-addr:value = '192.0.2.1']", "")
            .replace("indicator--c0", "indicator--\\n; sid:1; --c0"),
    ];
    let export = |format: Format| {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let (kinds, name) = (BTreeSet::new(), "trial".to_owned());
        let mut export = Export::new(Options { format, now, kinds, name, first_rule: 9_100_000 }, &|_| None);
        hostile.iter().for_each(|text| export.take(&Object::read(text.as_bytes()).unwrap()));
        export.finish()
    };
    let (zone, report) = export(Format::Rpz);
    assert_eq!(zone.lines().skip(3).collect::<Vec<_>>(), ["32.1.2.0.192.rpz-ip CNAME ."]);
    assert_eq!(report.left_out["a name that policy zones keep for themselves"], 1);
    assert_eq!(report.left_out["a block too wide to act on"], 1);
    let (rules, report) = export(Format::Suricata);
    let numbers: Vec<&str> =
        rules.lines().filter_map(|rule| rule.split_once("sid:")?.1.split(';').next()).collect();
    // A rule that came keeps its number, ours go round it; what comes later with a number of ours is left out.
    assert_eq!(numbers, ["9100000", "9100001", "9100002"]);
    assert_eq!(report.left_out["a rule whose number is taken"], 1);
    assert_eq!(report.left_out["a rule that does more than raise an alert"], 1);
    assert_eq!(report.left_out["a path or address behind TLS, which Suricata does not see"], 1);
    let (rules, report) = export(Format::Yara);
    assert_eq!(rules.matches("rule ").count(), 1, "{rules}");
    assert_eq!(report.left_out["a rule with the name of one before it"], 1);
    assert_eq!(report.left_out["a rule that decides over all others"], 1);
    assert_eq!(report.left_out["a rule that does not compile"], 1);
    assert_eq!(report.left_out["a rule that includes a file"], 1);
    let (intel, _) = export(Format::Zeek);
    // A line that begins with the sign would be a comment.
    assert!(intel.contains("\n\\x23a@mail.example\tIntel::EMAIL\t"), "{intel}");
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
fn what_never_was_misp_becomes_an_event_that_goes_no_further_than_its_objects() {
    use crate::{
        Context, Policy, Tables,
        misp::{Arrival, Conversion, Mapping, events},
    };
    let green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
    let red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
    let marked = |text: &str, marking: &str| {
        text.replacen('{', &format!(r#"{{"object_marking_refs":["{marking}"],"#), 1)
    };
    let mut texts = vec![
        marked(&indicator(1, "[domain-name:value = 'a.bad.example.org']", r#","labels":["a"]"#), green),
        marked(
            &indicator(
                2,
                "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 80]",
                "",
            ),
            red,
        ),
        indicator(9, "[domain-name:value = 'x.example' AND domain-name:value LIKE 'y%']", ""),
        indicator(11, "rule a { condition: true }", "").replace(r#""stix""#, r#""yara""#),
    ];
    // An event that is held in parts comes out as it was.
    let held = r#"{"Event":{"uuid":"c0a1170e-0000-4000-8000-00000000aaaa","info":"held","date":"2026-01-01","timestamp":"1767225600","distribution":"3","Attribute":[{"uuid":"c0a1170e-0000-4000-8000-00000000bbbb","type":"domain","category":"Network activity","value":"held.example.org","to_ids":true,"timestamp":"1767225600","distribution":"5"}]}}"#;
    let (mapping, tables) = (Mapping::built_in().unwrap(), Tables::built_in().unwrap());
    let context = Context::new(&tables, Policy::default());
    let conversion = Conversion { mapping: &mapping, context: &context, arrival: Arrival::Written };
    for event in events(held.as_bytes()).unwrap() {
        conversion.event(held.as_bytes(), event, &mut |object| texts.push(object)).unwrap();
    }
    let now: Moment = "2026-03-01T12:00:00Z".parse().unwrap();
    let options =
        Options { format: Format::Misp, now, kinds: BTreeSet::new(), name: "trial".into(), first_rule: 1 };
    let mut export = Export::headless(options, &|_| None);
    texts.iter().for_each(|text| export.take(&Object::read(text.as_bytes()).unwrap()));
    let (text, _) = export.close("2026-02-15T00:00:00Z".parse().unwrap());
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let events = whole["response"].as_array().unwrap();
    assert_eq!(events.len(), 2, "{text}");
    let found = events.iter().find(|event| event["Event"]["info"] == "held").unwrap();
    assert_eq!(found, &serde_json::from_str::<serde_json::Value>(held).unwrap());
    let made = &events.iter().find(|event| event["Event"]["info"] == "trial").unwrap()["Event"];
    assert_eq!((&made["date"], &made["distribution"]), (&"2026-02-15".into(), &"2".into()));
    let attributes = made["Attribute"].as_array().unwrap().iter();
    let shown: Vec<_> = attributes
        .map(|one| {
            ["type", "value", "distribution"].map(|key| one[key].as_str().unwrap().to_owned()).join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "hostname a.bad.example.org 2",
            "ip-dst|port 198.51.100.7|80 0",
            "stix2-pattern [domain-name:value = 'x.example' AND domain-name:value LIKE 'y%'] 0",
            "yara rule a { condition: true } 0",
        ]
    );
}

#[test]
fn equal_content_is_an_equal_text_and_the_end_of_a_validity_changes_it() {
    let at = |now: &str| {
        let now = now.parse().unwrap();
        let options =
            Options { format: Format::Rpz, now, kinds: BTreeSet::new(), name: "a".into(), first_rule: 1 };
        let mut export = Export::headless(options, &|_| None);
        let ends = indicator(
            7,
            "[domain-name:value = 'ended.example']",
            r#","valid_until":"2026-03-02T08:00:00.000Z""#,
        );
        export.take(&Object::read(ends.as_bytes()).unwrap());
        let turns = export.turns().map(|turns| turns.to_string());
        (export.close("2026-02-15T00:00:00Z".parse().unwrap()).0, turns)
    };
    let (first, turns) = at("2026-03-01T00:00:00Z");
    assert_eq!(turns.as_deref(), Some("2026-03-02T08:00:00.000Z"));
    assert!(first.contains("ended.example CNAME"));
    assert_eq!(at("2026-03-02T07:59:59Z").0, first);
    let (second, turns) = at("2026-03-02T08:00:00Z");
    assert_eq!((second.contains("ended.example"), turns), (false, None));
    assert_ne!(second.lines().nth(1), first.lines().nth(1), "the serial grows with what ends");
    // Before it counts, an indicator is not handed out.
    assert!(!at("2026-02-01T00:00:00Z").0.contains("ended.example"));
}

#[test]
fn rules_of_other_languages_come_out_as_they_came() {
    assert!(export(Format::Yara).0.ends_with("\nrule a { condition: true }\n"));
    assert!(export(Format::Sigma).0.ends_with(&format!("\n{SIGMA}\n")));
}
