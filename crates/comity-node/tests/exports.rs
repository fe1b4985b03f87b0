//! Exports of what is held: by search, and at addresses that stay.

use crate::support::{Node, configured, ctx_of, import, start};
use axum::body::{Body, Bytes};
use comity_node::{
    app::{
        Action, Ctx,
        collection::AddCollection,
        export::held::{ExportHeld, HeldExport},
        house::{AddOfficer, AddToken},
        search::{Search, Suggest},
    },
    config::{Listen, Text},
};
use comity_testing::python;
use http_body_util::BodyExt;
use hyper::{HeaderMap, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{fs, net::SocketAddr};
use tokio::net::TcpStream;

const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

fn indicator(number: u32, modified: u32, pattern: &str, more: Value) -> Value {
    let mut object = json!({
        "type": "indicator", "spec_version": "2.1",
        "id": format!("indicator--c0a1170e-2222-4000-8000-{number:012}"),
        "created": "2026-03-01T00:00:00.000Z", "modified": format!("2026-03-01T00:00:{modified:02}.000Z"),
        "name": format!("exercise {number}"), "pattern": pattern, "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z", "labels": ["phishing"], "object_marking_refs": [GREEN],
    });
    for (key, value) in more.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

async fn take_in(ctx: &Ctx, objects: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-2222-4000-8000-000000000000", "objects": objects });
    fs::write(&path, bundle.to_string()).unwrap();
    let shown = import(ctx, &path).await;
    assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn get(at: SocketAddr, path: &str, token: &str, known: &str) -> Reply {
    let stream = TcpStream::connect(at).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driving = tokio::spawn(connection);
    let mut request = Request::get(path).header("host", "node.example");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !known.is_empty() {
        request = request.header("if-none-match", known);
    }
    let (parts, body) = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    driving.abort();
    Reply { status: parts.status, headers: parts.headers, body }
}

async fn export(ctx: &Ctx, format: &str, search: Search) -> HeldExport {
    let export = ExportHeld {
        format: format.into(),
        search,
        name: "trial".into(),
        first_rule: 1,
        ..Default::default()
    };
    export.run(ctx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_goes_out_by_search_and_at_an_address_that_stays() {
    let node = Node::start("XA").await;
    node.running.stop().await.unwrap();
    let lists = node.dir.path().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("a.json"), r#"{"name":"trial list","type":"string","list":["good.example.org"]}"#)
        .unwrap();
    let mut config = configured(node.dir.path());
    config.party.get_mut(&Text(node.code.clone())).unwrap().warning_lists = vec![lists.clone()];
    let running = start(&config).await.unwrap();
    let (ctx, at) = (ctx_of(&running, &node.code), running.api_at.unwrap());
    let officer = AddOfficer { id: "analyst".into(), unit: "cert".into(), name: "A".into(), from: None };
    officer.run(ctx).await.unwrap();
    let give = |scope: &str| AddToken { officer: "analyst".into(), scopes: vec![scope.into()], days: None };
    let token = give("read").run(ctx).await.unwrap().token;
    let writer = give("import").run(ctx).await.unwrap().token;
    take_in(
        ctx,
        &[
            indicator(1, 1, "[domain-name:value = 'a.bad.example.org']", json!({})),
            indicator(2, 1, "[domain-name:value = 'old.example.org']", json!({})),
            indicator(3, 1, "[domain-name:value = 'good.example.org']", json!({})),
            indicator(4, 1, "[ipv4-addr:value = '192.0.2.1']", json!({ "labels": ["other"] })),
            indicator(5, 1, "[ipv4-addr:value = '192.0.2.2']", json!({ "valid_until": "2026-03-02T00:00:00Z" })),
            json!({ "type": "malware", "spec_version": "2.1", "id": "malware--c0a1170e-2222-4000-8000-000000000009",
                "created": "2026-03-01T00:00:00.000Z", "modified": "2026-03-01T00:00:00.000Z", "is_family": true,
                "name": "Paper Kite", "aliases": ["Boat"], "object_marking_refs": [GREEN] }),
        ],
    )
    .await;
    // A later version takes the place of the one before it, in whatever order they came.
    take_in(ctx, &[indicator(2, 9, "[domain-name:value = 'new.example.org']", json!({}))]).await;
    take_in(ctx, &[indicator(1, 0, "[domain-name:value = 'older.example.org']", json!({}))]).await;

    let all = export(ctx, "plain", Search::default()).await;
    let mut lines: Vec<&str> = all.text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["192.0.2.1", "a.bad.example.org", "new.example.org"]);
    assert_eq!(all.shown.suppressed, [("good.example.org".to_owned(), "trial list".to_owned())]);
    let ended = all.shown.left_out.iter().find(|(reason, _)| reason == "no longer valid");
    assert_eq!(ended.map(|(_, count)| *count), Some(1));
    // By what stands under a name, and by label.
    let under = Search { values: vec!["bad.example.org".into()], ..Search::default() };
    assert_eq!(export(ctx, "plain", under).await.text, "a.bad.example.org\n");
    let other = Search { labels: vec!["other".into()], ..Search::default() };
    assert_eq!(export(ctx, "plain", other).await.text, "192.0.2.1\n");
    let event: Value = serde_json::from_str(&export(ctx, "misp", Search::default()).await.text).unwrap();
    assert_eq!(event["response"][0]["Event"]["Attribute"].as_array().unwrap().len(), 3);
    let suggest = |typed: &str| Suggest { typed: typed.into() };
    assert_eq!(suggest("paper ki").run(ctx).await.unwrap()[0].name, "Paper Kite");
    assert_eq!(suggest("bo").run(ctx).await.unwrap().len(), 1);
    assert!(suggest("paper boat").run(ctx).await.unwrap().is_empty(), "words of two names");

    let saved =
        AddCollection { name: "phishing".into(), labels: vec!["phishing".into()], ..Default::default() };
    saved.run(ctx).await.unwrap();
    let first = get(at, "/export/phishing.txt", &token, "").await;
    assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "text/plain; charset=utf-8"));
    assert_eq!(first.text(), "new.example.org\na.bad.example.org\n");
    assert_eq!((first.header("x-comity-suppressed"), first.header("x-comity-left-out")), ("1", "2"));
    let tag = first.header("etag").to_owned();
    assert_eq!(get(at, "/export/phishing.txt", &token, &tag).await.status, StatusCode::NOT_MODIFIED);
    // What else the log takes in changes nothing; the same text has the same tag.
    take_in(ctx, &[indicator(6, 1, "[domain-name:value = 'x.example.net']", json!({ "labels": ["other"] }))])
        .await;
    assert_eq!(get(at, "/export/phishing.txt", &token, &tag).await.status, StatusCode::NOT_MODIFIED);
    let zone = get(at, "/export/phishing.zone", &token, "").await.header("etag").to_owned();
    take_in(ctx, &[indicator(7, 1, "[domain-name:value = 'y.example.net']", json!({}))]).await;
    let second = get(at, "/export/phishing.txt", &token, &tag).await;
    assert!(
        second.status == StatusCode::OK && second.text().starts_with("y.example.net\n"),
        "{}",
        second.text()
    );
    assert_ne!(get(at, "/export/phishing.rpz", &token, "").await.header("etag"), zone);
    let report: Value =
        serde_json::from_slice(&get(at, "/export/phishing.csv.report", &token, "").await.body).unwrap();
    assert_eq!(report["suppressed"], json!([["good.example.org", "trial list"]]));
    // A list that changes acts at once.
    fs::write(lists.join("b.json"), r#"{"name":"b","type":"string","list":["y.example.net"]}"#).unwrap();
    assert!(!get(at, "/export/phishing.txt", &token, "").await.text().contains("y.example.net"));

    // A search saved by value finds what is below a name and, of an address, what has it.
    let of_values = |name: &str, values: &[&str]| AddCollection {
        name: name.into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        ..Default::default()
    };
    of_values("below", &["Bad.Example.org"]).run(ctx).await.unwrap();
    assert_eq!(get(at, "/export/below.txt", &token, "").await.text(), "a.bad.example.org\n");
    let begun = of_values("ours", &["bad.example.org", "192.0.2.1"]).run(ctx).await.unwrap();
    assert_eq!((begun.objects, begun.description.contains("192.0.2.1")), (2, true), "{begun:?}");
    let mut ours: Vec<String> =
        get(at, "/export/ours.txt", &token, "").await.text().lines().map(str::to_owned).collect();
    ours.sort();
    assert_eq!(ours, ["192.0.2.1", "a.bad.example.org"]);
    let none = of_values("none", &["two words"]).run(ctx).await.unwrap_err();
    assert_eq!(none.code, "search/value");

    for (path, token, status) in [
        ("/export/phishing.txt", "", 401),
        ("/export/phishing.txt", writer.as_str(), 403),
        ("/export/nothing.txt", &token, 404),
        ("/export/phishing.exe", &token, 404),
        ("/export/phishing.txt?sort=1", &token, 400),
        ("/export/phishing.txt?kind=name", &token, 200),
        ("/export/tlp-green.json", &token, 200),
    ] {
        assert_eq!(get(at, path, token, "").await.status.as_u16(), status, "{path}");
    }
    running.stop().await.unwrap();
}

/// A pattern of STIX that is a rule of another language.
fn rule(number: u32, language: &str, text: &str) -> Value {
    indicator(number, 1, text, json!({ "pattern_type": language }))
}

/// What a peer may send: values and names with whatever ends a line, a string, a rule or a document somewhere.
fn hostile() -> Vec<Value> {
    let label = |letter: &str, length: usize| letter.repeat(length);
    let longest = [label("a", 63), label("b", 63), label("c", 63), label("d", 61)].join(".");
    let name = "\"; drop\\ |3b|\r\n---\n\tsid:1; rev:9) =cmd|'/c'!A1 '\u{2028}#";
    let named =
        |number: u32, pattern: String, name: &str| indicator(number, 1, &pattern, json!({ "name": name }));
    let sigma = |title: &str, search: &str| {
        format!(
            "title: {title}\nlogsource:\n  product: windows\ndetection:\n  one:\n    {search}\n  condition: one\n"
        )
    };
    let mut objects = vec![
        named(1, "[domain-name:value = 'bücher.example.org']".into(), name),
        named(2, format!("[domain-name:value = '{longest}']"), &"=".repeat(3000)),
        named(3, "[domain-name:value = '0.0.0.0.0.rpz-ip']".into(), "-"),
        named(4, "[domain-name:value = '_dmarc.x_y.example.net']".into(), "(empty)"),
        named(5, "[ipv4-addr:value = '198.51.100.7']".into(), name),
        named(6, "[ipv6-addr:value = '2001:db8:0:0:1:0:0:1']".into(), name),
        named(7, "[ipv4-addr:value ISSUBSET '203.0.113.77/24']".into(), "\t"),
        named(8, "[ipv4-addr:value ISSUBSET '0.0.0.0/0']".into(), "all"),
        named(9, "[ipv6-addr:value ISSUBSET '2001:db8::/32']".into(), "@"),
        named(10, r#"[url:value = 'http://bad.example.org:8080/a;b?c="d"&e=|x|:%7e']"#.into(), name),
        named(11, format!("[url:value = 'http://bad.example.org/{}']", "x;".repeat(1000)), name),
        named(12, "[url:value = 'https://shared.example.org/only/this']".into(), name),
        named(13, "[url:value = 'https://sni.example.org/']".into(), name),
        named(14, "[email-addr:value = '#x%s@mail.example.org']".into(), name),
        named(15, "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']".into(), name),
        named(16, format!("[file:hashes.'SHA-512' = '{}']", "ab".repeat(64)), name),
        named(
            17,
            "[network-traffic:dst_ref.value = '192.0.2.9' AND network-traffic:dst_port = 443]".into(),
            name,
        ),
    ];
    objects.extend([
        rule(
            20,
            "yara",
            "import \"pe\"\nrule taken { strings: $a = \"x\\\"}//\" condition: $a and pe.is_dll() }",
        ),
        rule(21, "yara", "global rule all { condition: false }"),
        rule(22, "yara", "include \"/etc/passwd\"\nrule with_file { condition: true }"),
        rule(23, "yara", "rule no_string { condition: $x }"),
        rule(24, "yara", "rule idle { strings: $a = \"x\" condition: true }"),
        rule(25, "yara", "rule swallows { condition: true } /*"),
        rule(26, "yara", "rule other { strings: $r = /a[\\/*]{2}/ condition: #r > 2 }"),
        rule(27, "yara", "import \"cuckoo\"\nrule sandbox { condition: true }"),
        rule(28, "yara", "rule pe { condition: true }"),
        rule(29, "yara", "rule share { strings: $a = \"x\" condition: 150% of them }"),
        rule(
            50,
            "yara",
            &format!("rule choices {{ strings: $a = /x({})/ condition: $a }}", ["a"; 200].join("|")),
        ),
        rule(30, "sigma", &sigma("Taken", "Image|endswith: '\\a; \"b\".exe'")),
        rule(31, "sigma", &format!("action: global\n{}", sigma("Global", "A: b"))),
        rule(32, "sigma", &format!("{}---\n{}", sigma("Two", "A: b"), sigma("Documents", "A: b"))),
        rule(33, "sigma", &sigma("Expression", "A|re: '('")),
        rule(39, "sigma", &sigma("Repetition", "A|re: 'a+*'")),
        rule(51, "sigma", &sigma("Taken too", "A|re: '^a.*\\\\b$'")),
        rule(34, "sigma", &sigma("[", "A: b")),
        rule(35, "sigma", &sigma("Tagged", "A: !!python/object/apply:os.system [x]")),
        rule(36, "sigma", &sigma("2026-01-01", "A: b")),
        rule(37, "sigma", &sigma("Words of a title: no", "A: b")),
        rule(38, "sigma", &sigma("\"Quoted: and # taken\"", "A|contains|all:\n      - x\n      - y")),
        rule(
            40,
            "suricata",
            r#"alert http any any -> any any (msg:"kept \; whole"; content:"|3B|a"; sid:2000001;)"#,
        ),
        rule(41, "suricata", r#"pass ip any any -> any any (msg:"all"; sid:4000002;)"#),
        rule(42, "suricata", r#"alert tcp any any -> any any (msg:"script"; lua:x.lua; sid:4000003;)"#),
        rule(43, "suricata", r#"alert tcp any any -> any any (msg:"open; sid:4000004;"#),
    ]);
    objects
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_are_read_by_the_tools_that_they_are_for() {
    let Some(python) = python::interpreter("readers of exports over a served node") else { return };
    let node = Node::start("XA").await;
    let (ctx, code) = (node.ctx(), node.code.clone());
    let objects = hostile();
    take_in(ctx, &objects).await;
    let add = AddCollection { name: "trial".into(), types: vec!["indicator".into()], ..Default::default() };
    add.run(ctx).await.unwrap();
    let node =
        node.again(|config, _| config.api.listen = Text(Listen::At("127.0.0.1:0".parse().unwrap()))).await;
    let token = fs::read_to_string(ctx_of(&node.running, &code).dir.join("console.token")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for form in ["sigma", "yara", "rpz", "suricata", "zeek", "csv", "plain", "stix", "misp"] {
        let path = format!("/export/trial.{form}");
        let reply = get(node.running.api_at.unwrap(), &path, token.trim(), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        fs::write(folder.path().join(format!("trial.{form}")), &reply.body).unwrap();
    }
    fs::write(folder.path().join("expected.json"), expected(&objects).to_string()).unwrap();
    let mut command = std::process::Command::new(python);
    command.arg(python::script("export_consumers.py")).arg(folder.path());
    let ended = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    said.lines().filter(|line| line.starts_with("not run: ")).for_each(|line| eprintln!("{line}"));
    assert!(ended.status.success() && said.contains("done\n"), "{said}");
    node.running.stop().await.unwrap();
}

/// What each reader must find, in its own words.
fn expected(objects: &[Value]) -> Value {
    let longest = [63, 63, 63, 61].iter().zip("abcd".chars()).map(|(n, c)| c.to_string().repeat(*n));
    let longest = longest.collect::<Vec<_>>().join(".");
    let idn = "xn--bcher-kva.example.org";
    let names = [idn, &longest, "0.0.0.0.0.rpz-ip", "_dmarc.x_y.example.net"];
    let addresses = ["198.51.100.7", "2001:db8::1:0:0:1", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32"];
    let long = format!("bad.example.org/{}", "x;".repeat(1000));
    let urls = [
        "bad.example.org:8080/a;b?c=%22d%22&e=%7Cx%7C:~",
        &long,
        "shared.example.org/only/this",
        "sni.example.org/",
    ];
    let mail = "#x%s@mail.example.org";
    let md5 = "d41d8cd98f00b204e9800998ecf8427e";
    let sha512 = "ab".repeat(64);
    let zeek: Vec<&str> = names.into_iter().chain(addresses).chain(urls).chain([mail, md5]).collect();
    let schemes = ["http", "http", "https", "https"];
    let urls = schemes.iter().zip(urls).map(|(scheme, rest)| format!("{scheme}://{rest}"));
    let rest = [mail, md5, &sha512, "192.0.2.9:443"];
    let plain: Vec<String> =
        names.into_iter().chain(addresses).chain(rest).map(str::to_owned).chain(urls).collect();
    let below = |name: &str| [name.to_owned(), format!("*.{name}")];
    let mut owners: Vec<String> = [idn, "_dmarc.x_y.example.net"].into_iter().flat_map(below).collect();
    owners.extend(
        ["32.7.100.51.198.rpz-ip", "128.1.0.0.1.zz.db8.2001.rpz-ip", "24.0.113.0.203.rpz-ip"].map(Into::into),
    );
    owners.push("32.zz.db8.2001.rpz-ip".into());
    // One rule for each value but hashes, the widest block and the path behind TLS; and the one that came.
    let suricata = [vec!["dns"; 4], vec!["ip"; 4], vec!["http"; 3], vec!["tls", "smtp", "tcp"]].concat();
    // Whole rules are texts to MISP, whatever they say.
    let misp = [
        ("hostname", 4),
        ("ip-dst", 5),
        ("url", 4),
        ("email", 1),
        ("md5", 1),
        ("sha512", 1),
        ("ip-dst|port", 1),
    ];
    let misp = misp.into_iter().chain([("yara", 11), ("sigma", 11), ("snort", 4)]);
    let misp: Vec<&str> = misp.flat_map(|(kind, count)| vec![kind; count]).collect();
    let ids: Vec<&str> = objects.iter().filter_map(|object| object["id"].as_str()).collect();
    json!({
        "sigma": ["Taken", "Taken too", "Quoted: and # taken"], "yara": ["taken", "other"], "rpz": owners,
        "suricata": suricata, "zeek": zeek, "csv": plain, "plain": plain, "stix": ids, "misp": misp,
    })
}
