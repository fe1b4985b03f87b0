//! Values that people write: STIX, patterns and packs. All of it is exercise data.

use super::{Target, texts};

const INDICATOR: &str = r#"{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-03-01T12:00:00.000Z","modified":"2026-03-01T12:00:00.000Z","pattern":"[email-addr:value = 'a@example.org'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.7'] WITHIN 5 SECONDS","pattern_type":"stix","valid_from":"2026-03-01T12:00:00Z","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}"#;
const IDENTITY: &str = r#"{"type":"identity","spec_version":"2.1","id":"identity--733c5838-34d9-4fbf-949c-62aba761184c","created":"2026-03-01T12:00:00Z","modified":"2026-03-01T12:00:00Z","name":"A \u0041\ud83d\ude00","identity_class":"individual","contact_information":"a@example.org","granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["name"]}]}"#;
const OBSERVED: &str = r#"{"type":"observed-data","id":"observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf","created":"2026-03-01T12:00:00Z","modified":"2026-03-01T12:00:00Z","first_observed":"2026-03-01T12:00:00Z","last_observed":"2026-03-01T12:00:00Z","number_observed":1,"objects":{"0":{"type":"email-addr","value":"a@example.org"},"1":{"type":"x-own","n":[1,-2.5e3,true,null,{}]}}}"#;

const EVENT: &str = r#"{"Event":{"info":"a","distribution":"3","Attribute":[{"type":"filename|md5","to_ids":true,"value":"a|b2a5abfeef9e36964281a31e17b57c97","Tag":[{"name":"x","local":1},{"name":"tlp:amber"}]}],"Object":[{"name":"file","ObjectReference":[{"referenced_uuid":"x"}],"Attribute":[]}]}}"#;

/// The targets whose values are text.
pub fn targets() -> Vec<Target> {
    let bundle = format!(
        r#"{{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[{INDICATOR},{IDENTITY}]}}"#
    );
    let envelope = format!("{{\"more\":false,\"objects\":[{OBSERVED}]}}");
    let array = format!("[\n{INDICATOR},\n{OBSERVED}\n]");
    let deep = format!("{{\"type\":\"x\",\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let json: &[(&str, &str)] = &[
        ("bundle", &bundle),
        ("envelope", &envelope),
        ("array", &array),
        ("one", IDENTITY),
        ("deep", &deep),
        ("twice", r#"{"type":"x","id":"x","\u0069d":"y"}"#),
        ("surrogate", r#"{"type":"\ud800"}"#),
    ];
    let objects = texts(&[("indicator", INDICATOR), ("identity", IDENTITY), ("observed", OBSERVED)]);
    vec![
        ("stix", texts(json)),
        ("import", texts(json)),
        ("redact", objects),
        ("pattern", patterns()),
        ("rule", rules()),
        ("index", indexed()),
        ("value", values()),
        ("scan", scans()),
        ("log", logs()),
        ("warning_list", warning_lists()),
        (
            "misp",
            texts(&[
                ("whole", include_str!("../../../tests/misp/whole.json")),
                ("small", EVENT),
                ("deep", &deep_event()),
            ]),
        ),
        ("list", lists()),
        ("pack", packs()),
    ]
}

fn deep_event() -> String {
    format!("[{{\"info\":\"a\",\"x\":{}{}}}]", "[".repeat(90), "]".repeat(90))
}

fn patterns() -> Vec<(String, Vec<u8>)> {
    texts(&[
        ("one", "[ipv4-addr:value = '192.0.2.7']"),
        (
            "path",
            "[file:hashes.'SHA-256' = 'ab' AND file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0]",
        ),
        ("set", "[url:value IN ('http://a', 'b\\'c')] REPEATS 5 TIMES WITHIN 1800 SECONDS"),
        ("time", "[a:b MATCHES '^x'] START t'2026-03-01T12:00:00Z' STOP t'2026-03-02T12:00:00Z'"),
        ("binary", "([a:b = b'AA=='] OR [a:c NOT LIKE h'00ff'])"),
    ])
}

fn rules() -> Vec<(String, Vec<u8>)> {
    texts(&[
        (
            "yara",
            "import \"pe\"\nrule a : t { meta: d = \"x\" strings: $a = \"b\" nocase $r = /c[0-9]{2}/ $h = { 6A ?? [2-4] 58 } condition: pe.is_dll() and any of them and filesize < 1MB }",
        ),
        (
            "sigma",
            "title: Loader\nlogsource:\n  product: windows\ndetection:\n  one:\n    Image|endswith: '\\a.exe'\n    Net|cidr: 192.0.2.0/24\n  two:\n    - x\n    - y: 5\n  condition: one and not (1 of t* or two)\n",
        ),
        (
            "suricata",
            r#"alert http $HOME_NET any -> [192.0.2.1, 192.0.2.2] any (msg:"a \; b"; content:"x|3B 20|y"; sid:7; rev:1;)"#,
        ),
    ])
}

fn values() -> Vec<(String, Vec<u8>)> {
    texts(&[
        ("name", "WWW.Exämple.org."),
        ("address", "::ffff:192.0.2.1"),
        ("range", "2001:db8::/33"),
        ("port", "[2001:db8::1]:443"),
        ("url", "HTTP://user@Example.org:80/a/../%7e?b#c"),
        ("defanged", "hxxp[:]//evil[.]example(dot)org/a"),
        ("mail", "Jane@Example.org"),
        ("hash", "D41D8CD98F00B204E9800998ECF8427E"),
        ("pattern", "[domain-name:value IN ('a.org') OR ipv4-addr:value ISSUBSET '192.0.2.0/24']"),
    ])
}

fn indexed() -> Vec<(String, Vec<u8>)> {
    texts(&[
        (
            "indicator",
            r#"{"type":"indicator","id":"indicator--1","created_by_ref":"identity--1","labels":["Bad"],"modified":"2026-01-01T00:00:00Z","pattern":"[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'Example.org']"}"#,
        ),
        (
            "scripts",
            r#"{"type":"note","id":"note--1","content":"恶意软件 ｶﾞ มัลแวร์ هُجُومٌ Tấn công 한국","object_refs":["a--1",7,["b--1"]],"x":{"y_ref":"c--1"}}"#,
        ),
    ])
}

fn scans() -> Vec<(String, Vec<u8>)> {
    texts(&[(
        "words",
        "a.B:9-_ ü 192.0.2.1 2001:db8::1\na.B:9-_ ü 192.0.2.1 2001:db8::1\na.B:9-_ ü 192.0.2.1 2001:db8::1\n",
    )])
}

fn logs() -> Vec<(String, Vec<u8>)> {
    texts(&[
        (
            "zeek",
            "#separator \\x09\n#unset_field\t-\n#fields\tts\tid.orig_h\tquery\thost\turi\n1.5\t192.0.2.1\tx.example.org\t-\t-\n1.5\t-\tb\\xc3\\xbc.example\texample.org\t/a\n",
        ),
        (
            "eve",
            "{\"timestamp\":\"2026-03-01T00:00:00.000000+0000\",\"event_type\":\"dns\",\"src_ip\":\"192.0.2.1\",\"dns\":{\"rrname\":\"a.example.org\"}}\n{\"event_type\":\"http\",\"http\":{\"hostname\":\"example\\u002eorg\",\"url\":\"\\/a\"}}\n",
        ),
        (
            "combined",
            "192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET http://example.org/a HTTP/1.1\" 200 5 \"http://example.org/\" \"x\"\n",
        ),
        ("csv", "time;src_ip;url\n2026-01-01T00:00:00Z;192.0.2.1;\"http://example.org/a\"\n"),
        ("text", "Mar 1 sshd: from 192.0.2.2:80 <a@example.org> 2001:db8::7\n"),
    ])
}

fn warning_lists() -> Vec<(String, Vec<u8>)> {
    texts(&[
        ("string", "{\"name\":\"a\",\"type\":\"string\",\"list\":[\"example.org\",\"192.0.2.1\"]}"),
        ("cidr", "{\"name\":\"a\",\"type\":\"cidr\",\"list\":[\"192.0.2.0/24\",\"::/0\"]}"),
        (
            "regex",
            "{\"name\":\"a\",\"type\":\"regex\",\"list\":[\"/^a@.*$/i\"],\"matching_attributes\":[\"email-src\"]}",
        ),
        ("hostname", "{\"name\":\"a\",\"type\":\"hostname\",\"list\":[\".example.org\"]}"),
        ("substring", "{\"name\":\"a\",\"type\":\"substring\",\"list\":[\"exam\"]}"),
    ])
}

fn lists() -> Vec<(String, Vec<u8>)> {
    texts(&[
        ("plain", "# list\nbad.example.com # loader\n0.0.0.0 worse.example.com\n198.51.100.7\t3\nnone\n"),
        ("table", "date;URL;tags\n2026-02-01;hxxp://bad[.]example[.]com/a;a,b\n"),
        ("prose", "2026-02-01 - X\n- hxxps://bad[.]example[.]com/a, d41d8cd98f00b204e9800998ecf8427e\n"),
        (
            "kev",
            "{\"catalogVersion\":\"1\",\"vulnerabilities\":[{\"cveID\":\"CVE-2024-0001\",\"dateAdded\":\"2024-01-02\"}]}",
        ),
        (
            "csaf",
            "{\"document\":{\"title\":\"T\",\"csaf_version\":\"2.0\",\"tracking\":{\"id\":\"X\",\"initial_release_date\":\"2024-01-02T00:00:00Z\",\"current_release_date\":\"2024-01-02T00:00:00Z\"}},\"vulnerabilities\":[{\"cve\":\"CVE-2024-0001\"}]}",
        ),
        ("quote", "a,b\n\"x\n198.51.100.7"),
    ])
}

fn packs() -> Vec<(String, Vec<u8>)> {
    texts(&[
        (
            "forbid",
            "// pack: exercise/fuzz\n// version: 1\n\n@id(\"fuzz/one\")\n@citation(\"exercise data\")\n\
             @code(\"border/own-policy\")\n@principle(\"a\")\n@lift(\"ask\")\n@sentence(\"Nothing red is sent.\")\n\
             forbid (principal, action == Action::\"send\", resource) when { resource.tlp == \"red\" };\n",
        ),
        (
            "duty",
            "// pack: exercise/duty\n// version: 2\n\n@id(\"fuzz/duty\")\n@obligation(\"log-access\")\n\
             @citation(\"exercise data\")\n@sentence(\"Each reading is logged.\")\n\
             permit (principal, action == Action::\"oblige-log-access\", resource);\n",
        ),
        ("wrong", "// pack: x\npermit (principal, action, resource) when { context.unheard == 1 };\n"),
    ])
}
