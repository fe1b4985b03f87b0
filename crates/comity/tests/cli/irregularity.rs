//! A report of an irregularity from the command line: written without a node, filed by nobody, opened by the body of oversight
//! alone, answered to whoever holds the code, counted and never sent.

use super::{
    crossing::{Serving, code, done, list, text, told, two},
    door::run_in,
};
use comity_node::paper;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

/// Stands in what is told and answered, and nowhere else.
const TOLD: &str = "xqzreporterwords";
const ANSWERED: &str = "xqzbodyanswers";

/// Two parties; XA has a body of oversight with a key, and a unit that is none with another.
fn prepared(at: &Path) {
    two(at);
    for one in ["watch --name Watchers --kind oversight", "north --name North --kind police"] {
        done(at, &format!("authority add {one} --source 'Act 2' --from 2020-01-01 --dir xa"));
    }
    for unit in ["watch", "north"] {
        done(at, &format!("unit key make --out {unit}.key"));
        done(
            at,
            &format!("unit key add {unit} --key {unit}.key.pub --law 'minute 1' --from 2020-01-01 --dir xa"),
        );
        done(at, &format!("unit key give {unit} --out xa-{unit}.key --dir xa"));
    }
    fs::write(at.join("told.txt"), format!("{TOLD}: all letters of a prison are read")).unwrap();
    fs::write(at.join("log.txt"), format!("{TOLD} in a log")).unwrap();
    fs::write(at.join("answer.txt"), format!("{ANSWERED}: we look into it")).unwrap();
}

const WRITE: &str = "irregularity write --to xa-watch.key --trust xa.letter --text told.txt --code my.code";

/// Every file below a folder that holds a text.
fn holding(folder: &Path, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.insert(path.display().to_string());
            }
        }
    }
    found
}

fn place(at: &Path) -> String {
    text(&done(at, "irregularity list --dir xa"), "/0/place").to_owned()
}

fn short(text: &str) -> String {
    text.chars().take(8).collect()
}

#[test]
fn a_report_is_opened_by_its_body_alone_and_answered_to_its_code() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    prepared(at);
    let written = done(at, &format!("{WRITE} --file log.txt --out one.sealed"));
    assert_eq!(written.get("new"), Some(&json!(true)));
    // What is sealed has one of few lengths, and the code is in no answer.
    let code_text = fs::read_to_string(at.join("my.code")).unwrap();
    assert!(!written.to_string().contains(code_text.trim()));
    let length = fs::metadata(at.join("one.sealed")).unwrap().len();
    assert!((16 * 1024..17 * 1024 + 512).contains(&length), "{length}");
    let filed = done(at, "irregularity file one.sealed --dir xa");
    assert_eq!(text(&filed, "/unit"), "watch");
    let place = place(at);
    let listed = done(at, "irregularity list --dir xa");
    let one = |field: &str| listed.pointer(&format!("/0/{field}")).unwrap().clone();
    assert_eq!(
        [one("unit"), one("messages"), one("state"), one("waits_for"), one("done/0/by")],
        [json!("watch"), json!(1), json!("unread"), json!("open"), Value::Null]
    );
    // Another unit's key does not open it, nor does a key of the node; its own does, and that it was given is entered.
    let open = format!("irregularity open {} --dir xa", short(&place));
    assert_eq!(code(&told(at, 1, &format!("{open} --key north.key"))), "seal/other-key");
    let opened = done(at, &format!("{open} --key watch.key --save saved"));
    assert_eq!(text(&opened, "/told/0/text"), fs::read_to_string(at.join("told.txt")).unwrap());
    assert_eq!(opened.pointer("/told/0/name"), Some(&Value::Null));
    assert_eq!(fs::read(at.join("saved/1-1-log.txt")).unwrap(), fs::read(at.join("log.txt")).unwrap());
    let answer = format!("irregularity answer {place} --key watch.key --text answer.txt --dir xa");
    assert_eq!(text(&done(at, &answer), "/state"), "answered");
    // The reporter reads the answer by the code; no officer is named to the reporter.
    let looked = done(at, "irregularity look --code my.code --dir xa");
    let seen: Vec<&str> = list(looked.get("done").unwrap()).iter().map(|one| text(one, "/what")).collect();
    assert_eq!(seen, ["filed", "opened", "opened", "opened", "answered"]);
    assert_eq!(text(&looked, "/done/4/answer"), fs::read_to_string(at.join("answer.txt")).unwrap());
    // The same code adds to the report, and opens it again.
    let close = format!("irregularity answer {place} --key watch.key --close referred --dir xa");
    assert_eq!(text(&done(at, &close), "/state"), "referred");
    assert_eq!(
        done(at, &format!("{WRITE} --name 'A. Person' --out two.sealed")).get("new"),
        Some(&json!(false))
    );
    done(at, "irregularity file two.sealed --dir xa");
    let listed = done(at, "irregularity list --dir xa");
    assert_eq!((text(&listed, "/0/state"), list(&listed).len()), ("unread", 1));
    let opened = done(at, &format!("{open} --key watch.key"));
    let hands: Vec<&Value> =
        list(opened.get("told").unwrap()).iter().map(|one| one.get("same_hand").unwrap()).collect();
    assert_eq!((hands, text(&opened, "/told/2/name")), (vec![&json!(true); 3], "A. Person"));
    // The console of the machine holds every key of the node, and no word of it.
    for secret in [TOLD, ANSWERED] {
        assert_eq!(holding(&at.join("xa"), secret), BTreeSet::new());
    }
}

#[test]
fn what_is_no_report_to_a_body_of_oversight_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    prepared(at);
    let refused = |exit: i32, wanted: &str, arguments: &str| {
        assert_eq!(code(&told(at, exit, arguments)), wanted, "{arguments}");
    };
    // To a unit that is no body of oversight; by the letter of another State; under a code that is none.
    let write = |to: &str, trust: &str, code: &str| {
        format!("irregularity write --to {to} --trust {trust} --text told.txt --code {code} --out x.sealed")
    };
    refused(1, "irregularity/no-body", &write("xa-north.key", "xa.letter", "my.code"));
    refused(1, "key/unknown", &write("xa-watch.key", "xb.letter", "my.code"));
    refused(1, "letter/no-line", &write("watch.key.pub", "xa.letter", "my.code"));
    assert!(!at.join("my.code").exists() && !at.join("x.sealed").exists());
    refused(2, "irregularity/no-code", &write("xa-watch.key", "xa.letter", "told.txt"));
    // Elsewhere, altered, or sealed to a key that ended.
    done(at, &format!("{WRITE} --out one.sealed"));
    refused(3, "irregularity/elsewhere", "irregularity file one.sealed --dir xb");
    refused(3, "record/malformed", "irregularity file told.txt --dir xa");
    let mut bytes = fs::read(at.join("one.sealed")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(at.join("altered.sealed"), bytes).unwrap();
    done(at, "irregularity file altered.sealed --dir xa");
    let place = place(at);
    refused(1, "seal/changed", &format!("irregularity open {place} --key watch.key --dir xa"));
    refused(3, "irregularity/none", "irregularity open 00000000 --key watch.key --dir xa");
    refused(2, "cli/option-missing", &format!("irregularity answer {place} --key watch.key --dir xa"));
    refused(3, "house/no-unit", "unit key add none --key watch.key.pub --law 'minute 1' --dir xa");
    refused(3, "house/unit-key-taken", "unit key add north --key watch.key.pub --law 'minute 1' --dir xa");
    refused(3, "house/no-unit-key", "unit key end 00000000 --dir xa");
    let keys = done(at, "unit key list --dir xa");
    done(at, &format!("unit key end {} --on 2021-01-01 --dir xa", short(text(&keys, "/0/key"))));
    refused(3, "irregularity/no-body", "irregularity file one.sealed --dir xa");
    refused(3, "house/no-unit-key", "unit key give watch --out again.key --dir xa");
    // Nothing is asked before an erasure but that it be meant, and after it nothing opens.
    refused(2, "cli/not-confirmed", &format!("irregularity erase {place} --dir xa"));
    let erased = done(at, &format!("irregularity erase {place} --yes --dir xa"));
    assert_eq!(erased, json!({ "bodies": 1 }));
    let opened = done(at, &format!("irregularity open {place} --key watch.key --dir xa"));
    assert_eq!(opened.get("told"), Some(&json!([])));
    assert_eq!(text(&done(at, "irregularity list --dir xa"), "/0/state"), "erased");
    done(at, "ledger verify --dir xa");
}

/// Filed over the API without a token; an officer of another unit sees nothing; counted, and in no pouch.
#[test]
fn nobody_is_known_who_files_and_nothing_crosses() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    prepared(at);
    for (id, unit) in [("warden", "watch"), ("constable", "north")] {
        done(at, &format!("officer add {id} --unit {unit} --name {id} --dir xa"));
    }
    let token = |id: &str| {
        text(&done(at, &format!("token add {id} --scope oversight --dir xa")), "/token").to_owned()
    };
    let (warden, constable) = (token("warden"), token("constable"));
    done(at, &format!("{WRITE} --out one.sealed"));
    let before = list(&done(at, "outbox --dir xa")).len();
    let config = at.join("xa/comity.toml");
    let open = fs::read_to_string(&config).unwrap().replace(
        "in clear. Empty: no TCP.\nlisten = \"\"",
        "in clear. Empty: no TCP.\nlisten = \"127.0.0.1:0\"",
    );
    fs::write(&config, open).unwrap();
    let serving = Serving::start(at, "xa");
    let address = fs::read_to_string(at.join("xa/comity-data/api.address")).unwrap();
    let filing = base64(&fs::read(at.join("one.sealed")).unwrap());
    let asked = json!({ "party": "XA", "filing": filing });
    let (status, filed) = post(address.trim(), "irregularity/file", None, &asked);
    assert_eq!((status, text(&filed, "/unit")), (200, "watch"));
    let (_, all) = post(address.trim(), "irregularity/list", Some(&warden), &json!({}));
    assert_eq!((list(&all).len(), all.pointer("/0/done/0/by")), (1, Some(&Value::Null)));
    let place = text(&all, "/0/place").to_owned();
    let (_, none) = post(address.trim(), "irregularity/list", Some(&constable), &json!({}));
    assert_eq!(none, json!([]));
    let read = json!({ "place": place });
    let (status, hidden) = post(address.trim(), "irregularity/read", Some(&constable), &read);
    assert_eq!((status, text(&hidden, "/code")), (404, "irregularity/none"));
    let (status, _) = post(address.trim(), "irregularity/read", None, &read);
    assert_eq!(status, 401);
    let (status, _) = post(address.trim(), "irregularity/read", Some(&warden), &read);
    let (_, all) = post(address.trim(), "irregularity/list", Some(&warden), &json!({}));
    assert_eq!((status, text(&all, "/0/done/1/by"), text(&all, "/0/done/1/what")), (200, "warden", "opened"));
    let looked = json!({ "party": "XA", "place": place });
    let (_, looked) = post(address.trim(), "irregularity/look", None, &looked);
    assert!(!looked.to_string().contains("warden"), "{looked}");
    serving.stop();
    // Counted: one is too few to be told, and none would be told as none.
    let year: String = text(&all, "/0/filed").chars().take(4).collect();
    done(at, &format!("oversight report --year {year} --out report.txt --dir xa"));
    let verified = done(at, "oversight verify report.txt --trust xa.letter");
    let lines: Vec<&str> =
        list(verified.get("lines").unwrap()).iter().map(|line| line.as_str().unwrap()).collect();
    assert!(lines.contains(&"reports of irregularities: withheld (below 5, or gives one away)"), "{lines:?}");
    done(at, "oversight report --year 1999 --out none.txt --dir xa");
    let none = done(at, "oversight verify none.txt --trust xa.letter");
    assert!(none.to_string().contains("reports of irregularities: 0"), "{none}");
    assert!(paper::join(&fs::read_to_string(at.join("none.txt")).unwrap()).is_ok());
    // No position of any outbox came of it.
    assert_eq!(list(&done(at, "outbox --dir xa")).len(), before);
    let pages = String::from_utf8(run_in(at, "irregularity list --dir xa").stdout).unwrap();
    assert!(pages.contains(&short(&place)) && !pages.contains(TOLD), "{pages}");
}

fn post(address: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let bearer = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{bearer}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
