//! What goes over loopback while a log is matched at a served node: every byte between the command and the node passes a
//! recording proxy, and no host name of the log is in any of them. The bytes are those of the local API in clear: what goes
//! to peers is made of the same sightings, and encrypted.

use super::crossing::{Serving, done};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

const LOG: &str = "#separator \\x09\n#unset_field\t-\n#fields\tts\tid.orig_h\tquery\n\
    1772366400.5\t10.0.0.7\tsecret-host.bad.example.org\n1772366401.5\t10.0.0.8\tgood.example.net\n";

type Recorded = Arc<Mutex<Vec<u8>>>;

/// Puts a proxy before the node, where the command finds it; it keeps every byte of both directions.
fn recording(folder: &Path) -> Recorded {
    let file = folder.join("xa/comity-data/api.address");
    let node: SocketAddr = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(&file, format!("{}\n", listener.local_addr().unwrap())).unwrap();
    let recorded = Recorded::default();
    let kept = Arc::clone(&recorded);
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let node = TcpStream::connect(node).unwrap();
            for (from, to) in [(client.try_clone().unwrap(), node.try_clone().unwrap()), (node, client)] {
                let kept = Arc::clone(&kept);
                thread::spawn(move || pass(from, to, &kept));
            }
        }
    });
    recorded
}

fn pass(mut from: TcpStream, mut to: TcpStream, kept: &Recorded) {
    let mut buffer = [0; 1 << 14];
    loop {
        let read = from.read(&mut buffer).unwrap_or(0);
        if read == 0 {
            let _closed = to.shutdown(std::net::Shutdown::Write).is_err();
            return;
        }
        let bytes = buffer.get(..read).unwrap();
        kept.lock().unwrap().extend_from_slice(bytes);
        if to.write_all(bytes).is_err() {
            return;
        }
    }
}

fn holds(recorded: &Recorded, text: &str) -> bool {
    recorded.lock().unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_name_of_a_log_goes_over_loopback_while_it_is_matched_and_sightings_are_shared() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    done(folder, "init --party XA --dir xa");
    let indicator = |number: u32, name: &str| {
        json!({ "type": "indicator", "spec_version": "2.1", "id": format!("indicator--c0a1170e-4444-4000-8000-{number:012}"),
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "pattern_type": "stix",
            "pattern": format!("[domain-name:value = '{name}']"), "valid_from": "2026-01-01T00:00:00Z" })
    };
    let put = |file: &str, objects: &[Value]| {
        let bundle = json!({ "type": "bundle", "id": "bundle--c0a1170e-4444-4000-8000-000000000000", "objects": objects });
        fs::write(folder.join(file), bundle.to_string()).unwrap();
    };
    put("held.json", &[indicator(1, "bad.example.org")]);
    put("later.json", &[indicator(2, "worse.example.org")]);
    fs::write(folder.join("dns.log"), LOG).unwrap();
    let config = folder.join("xa/comity.toml");
    let text = fs::read_to_string(&config).unwrap();
    // On loopback alone, where a proxy can stand between.
    fs::write(config, text.replace("0.0.0.0:4433", "").replace("socket = \"api.sock\"", "socket = \"\""))
        .unwrap();
    let serving = Serving::start(folder, "xa");
    done(folder, "import held.json --dir xa");
    let recorded = recording(folder);
    let answer = done(folder, "match --indicators held --log dns.log --share --dir xa");
    assert_eq!(answer["records"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["hits"][0]["value"], "secret-host.bad.example.org");
    // What was seen did go: the indicator, and that it was sighted once.
    assert!(holds(&recorded, "bad.example.org") && holds(&recorded, "sighting_of_ref"));

    // A log that is followed: what comes to the node counts from one of the next lines on, without a new start.
    let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args("match --indicators held --log dns.log --follow --share --output lines --dir xa".split(' '))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || loop {
        // The first line says that these are exercise data.
        if let Ok(hit) = serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()) {
            return hit["value"].as_str().unwrap().to_owned();
        }
    };
    assert_eq!(next(), "secret-host.bad.example.org");
    done(folder, "import later.json --dir xa");
    let mut log = fs::OpenOptions::new().append(true).open(folder.join("dns.log")).unwrap();
    loop {
        // Each turn is told by the second line, whose indicator is known already.
        let pair = "1772366403.5\t10.0.0.9\tlater-host.worse.example.org\n1772366403.5\t10.0.0.9\tturn-host.bad.example.org\n";
        log.write_all(pair.as_bytes()).unwrap();
        if next() == "later-host.worse.example.org" {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for of_the_log in
        ["secret-host", "good.example.net", "10.0.0.7", "10.0.0.8", "10.0.0.9", "later-host", "turn-host"]
    {
        assert!(!holds(&recorded, of_the_log), "{of_the_log}");
    }
    serving.stop();
}
