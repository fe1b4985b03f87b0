//! The main job from the command line: two nodes' folders, a pouch between them, and everything provable afterwards.

use super::door::run_in;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// Runs a command, with `--json`; the exit code must be the one given.
pub fn told(folder: &Path, exit: i32, arguments: &str) -> Value {
    let output = run_in(folder, &format!("{arguments} --json"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments}: {errors}");
    let bytes = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    serde_json::from_slice(bytes).unwrap()
}

pub fn done(folder: &Path, arguments: &str) -> Value {
    told(folder, 0, arguments)
}

pub fn code(answer: &Value) -> &str {
    answer.pointer("/error/code").and_then(Value::as_str).unwrap()
}

pub fn text<'v>(answer: &'v Value, pointer: &str) -> &'v str {
    answer.pointer(pointer).and_then(Value::as_str).unwrap()
}

pub fn list(answer: &Value) -> &Vec<Value> {
    answer.as_array().unwrap()
}

/// What a person sees is at most 80 columns wide and says that it is exercise data.
fn page(folder: &Path, arguments: &str) {
    let page = String::from_utf8(run_in(folder, arguments).stdout).unwrap();
    assert!(page.starts_with("EXERCISE DATA"), "{arguments}: {page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{arguments}: {page}");
}

/// Two parties who accepted each other's letters and have a competent unit each.
pub fn two(folder: &Path) {
    for name in ["xa", "xb"] {
        done(folder, &format!("init --party {name} --dir {name} --unit 'cert=Exercise Act 4'"));
        let config = folder.join(name).join("comity.toml");
        let quiet =
            fs::read_to_string(&config).unwrap().replace("0.0.0.0:4433", "").replace("127.0.0.1:0", "");
        fs::write(config, quiet).unwrap();
        let letter = run_in(folder, &format!("letter show --dir {name}"));
        fs::write(folder.join(format!("{name}.letter")), letter.stdout).unwrap();
        done(folder, &format!("unit add cert --name CERT --law 'Exercise Act 4' --dir {name}"));
    }
    for (own, other) in [("xa", "xb"), ("xb", "xa")] {
        let read = done(folder, &format!("letter read {other}.letter"));
        let fingerprint = text(&read, "/fingerprint");
        let accept = format!("letter accept {other}.letter --fingerprint '{fingerprint}' --dir {own}");
        assert_eq!(text(&done(folder, &accept), "/party"), other.to_uppercase());
    }
}

#[test]
fn a_bundle_crosses_by_pouch_and_is_provable() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let wrong = "letter accept xb.letter --fingerprint '00000 00000' --dir xa";
    assert_eq!(code(&told(at, 3, wrong)), "letter/fingerprint");
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    let imported = done(at, &format!("import {} --dir xa", bundle.display()));
    assert_eq!(imported.pointer("/0/taken"), imported.pointer("/0/objects"));
    // What is shown first is not sent.
    let preview = done(at, "share --to xb --purpose cyber-defence --dir xa");
    let cleared = |reply: &Value| reply.get("cleared").and_then(Value::as_u64);
    assert!(list(&done(at, "outbox --dir xa")).is_empty());
    let sent = done(at, "share --to xb --purpose cyber-defence --yes --dir xa");
    assert!(cleared(&sent) >= cleared(&preview) && cleared(&preview) > Some(0));
    let outbox = done(at, "outbox --dir xa");
    assert!(!list(&outbox).is_empty() && list(&outbox).iter().all(|one| text(one, "/state") == "waiting"));
    // By pouch, and back with the acknowledgements.
    done(at, "pouch pack --to xb --out there.pouch --dir xa");
    assert_eq!(code(&told(at, 3, "pouch pack --to xb --out there.pouch --dir xa")), "cli/file-exists");
    assert_eq!(code(&told(at, 3, "pouch open there.pouch --dir xa")), "seal/other-recipient");
    let opened = done(at, "pouch open there.pouch --dir xb");
    let events = |opened: &Value| list(opened.pointer("/0/opened/events").unwrap()).len();
    assert_eq!(events(&opened), list(&outbox).len());
    let again = done(at, "pouch open there.pouch --dir xb");
    assert_eq!((events(&again), again.pointer("/0/opened/known")), (0, again.pointer("/0/opened/items")));
    done(at, "pouch pack --to xa --out back.pouch --dir xb");
    done(at, "pouch open back.pouch --dir xa");
    let outbox = done(at, "outbox --to XB --dir xa");
    assert!(list(&outbox).iter().all(|one| text(one, "/state") == "taken in"), "{outbox}");
    assert_eq!(list(&done(at, "inbox --from XA --dir xb")).len(), list(&outbox).len());
    // Explained, proven, judged again.
    let crossing = text(&outbox, "/0/crossing").to_owned();
    let shown = done(at, &format!("crossing show {crossing} --dir xb"));
    assert_eq!(text(&shown, "/from"), "XA");
    let exported = run_in(at, &format!("receipt export {crossing} --out c.receipt --dir xa"));
    assert!(matches!(exported.status.code(), Some(0 | 1)));
    let trusting = "receipt verify c.receipt --trust xa.letter --trust xb.letter --json";
    let verified: Value = serde_json::from_slice(&run_in(at, trusting).stdout).unwrap();
    assert_eq!(text(&verified, "/crossing"), crossing);
    for name in ["xa", "xb"] {
        let whole = done(at, &format!("ledger verify --dir {name}"));
        assert_eq!(text(&whole, "/party"), name.to_uppercase());
        let replayed = done(at, &format!("replay --dir {name}"));
        assert_eq!(replayed.get("same"), replayed.get("decisions"));
    }
    for arguments in [
        "peer list --dir xa",
        "unit list --dir xa",
        "outbox --dir xa",
        "inbox --dir xb",
        &format!("crossing show {crossing} --dir xa"),
        "share --to xb --purpose cyber-defence --dir xa",
        "replay --dir xa",
    ] {
        page(at, arguments);
    }
    withdrawn(at, &outbox);
}

/// A record is recalled by its author and erased by its holder; the decisions stay.
fn withdrawn(at: &Path, outbox: &Value) {
    let record = text(outbox, "/0/record");
    let recall = format!("recall {record} --reason 'a false alarm' --purpose cyber-defence --dir xa");
    assert!(!list(done(at, &recall).get("told").unwrap()).is_empty());
    assert_eq!(code(&told(at, 2, &format!("erase {record} --dir xb"))), "cli/not-confirmed");
    let erased = done(at, &format!("erase {record} --yes --dir xb"));
    assert!(erased.get("bodies").and_then(Value::as_u64) > Some(0));
    assert_eq!(done(at, "replay --dir xb").get("erased").and_then(Value::as_u64), Some(1));
}

#[test]
fn a_request_is_answered_by_the_law() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let ask = "ask --to xb --measure preserve_stored_data --purpose preservation --offence illegal_access --penalty 5 \
               --organised no --facts 'a login' --reference XA-1 --dir xa";
    assert_eq!(code(&told(at, 2, ask)), "cli/selector");
    assert_eq!(code(&told(at, 2, &format!("{ask} --account nobody"))), "cli/selector");
    let asked = done(at, &format!("{ask} --account mail.example:person-1 --basis 'budapest 29'"));
    assert_eq!(text(&asked, "/judged/0/verdict"), "cleared");
    let who = format!("border who --record {} --purpose preservation --dir xa", text(&asked, "/record"));
    assert_eq!(text(&done(at, &who), "/judged/0/to"), "XB");
    // Suspended dealings stop the next one, at home.
    done(at, "peer suspend xb --reason 'an exercise' --dir xa");
    let refused = told(at, 1, &format!("{ask} --account mail.example:person-2"));
    assert!(refused.pointer("/judged/0/codes").unwrap().to_string().contains("border/suspended"));
    done(at, "peer resume xb --dir xa");
    done(at, &format!("{ask} --account mail.example:person-3"));
}

#[test]
fn the_house_is_kept_in_order() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    assert_eq!(code(&told(at, 3, "officer add duty --unit nowhere --name Duty --dir xa")), "house/no-unit");
    done(at, "officer add duty --unit cert --name Duty --dir xa");
    assert_eq!(code(&told(at, 2, "token add duty --scope everything --dir xa")), "input/bad-value");
    let given = done(at, "token add duty --scope read --days 3 --dir xa");
    let listed = done(at, "token list --dir xa");
    assert_eq!(text(&listed, "/tokens/0/hash"), text(&given, "/hash"));
    let hash: String = text(&given, "/hash").chars().take(8).collect();
    done(at, &format!("token end {hash} --dir xa"));
    done(at, "officer end duty --dir xa");
    done(at, "unit end cert --on 2030-01-01 --dir xa");
    for authority in [
        "desk --name 'National desk' --kind central --zone Asia/Tokyo --key '01234;+99 1' --language en",
        "desk/north --name 'Northern prefecture' --kind police --parent desk --territory XA-N",
    ] {
        done(at, &format!("authority add {authority} --source 'Exercise Act 2' --from 2020-01-01 --dir xa"));
    }
    let astray = "authority add far --name Far --kind police --parent nowhere --source 'Act 2' --dir xa";
    assert_eq!(code(&told(at, 3, astray)), "home/astray");
    assert_eq!(code(&told(at, 2, &astray.replace("--parent nowhere", "--zone Tokyo"))), "input/time-zone");
    done(at, "authority level 2 Prefecture --dir xa");
    done(at, "authority hours xb --zone Europe/Paris --holiday 2026-05-01 --dir xa");
    let languages = "authority languages xb --source 'letter of XB' --dir xa --accepts";
    done(at, &format!("{languages} fr"));
    assert_eq!(code(&told(at, 2, &format!("{languages} French"))), "input/language");
    let new = "task new --place XA-N-1 --what 'who held u-1?' --due 2099-03-10 --dir xa";
    assert_eq!(text(&done(at, new), "/to"), "desk/north");
    done(at, "task accept 1 --unit desk/north --dir xa");
    assert_eq!(code(&told(at, 3, "task accept 1 --unit desk/north --dir xa")), "task/not-now");
    let due = done(at, "agenda --unit desk/north --dir xa");
    assert_eq!((text(&due, "/0/what"), text(&due, "/0/by_whom")), ("task", "desk/north"));
    done(at, "task answer 1 --text nobody --unit desk/north --dir xa");
    assert_eq!(text(&done(at, "task list --all --dir xa"), "/0/state"), "answered");
    done(at, &format!("{new} --exercise"));
    assert_eq!(list(&done(at, "task list --dir xa")).len(), 0);
    let drill = String::from_utf8(run_in(at, "task list --exercise --dir xa").stdout).unwrap();
    assert!(drill.contains("2 EXERCISE"), "{drill}");
    assert_eq!(code(&told(at, 2, "ping --dir xa")), "cli/option-missing");
    done(at, "ping xb --dir xa");
    done(at, "authority end desk/north --on 2099-12-31 --dir xa");
    for arguments in [
        "authority list --dir xa",
        "authority tree --dir xa",
        "authority show desk --dir xa",
        "task list --all --dir xa",
        "task show 1 --dir xa",
        "agenda --dir xa",
        "agenda --exercise --dir xa",
        "agenda --clocks --dir xa",
        "ping list --dir xa",
    ] {
        page(at, arguments);
    }
    assert_eq!(text(&done(at, "unit list --dir xa"), "/units/0/until"), "2030-01-01");
}

/// A node that serves, until it is told to stop.
pub struct Serving(Child);

impl Serving {
    pub fn start(folder: &Path, name: &str) -> Serving {
        let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
            .args(["serve", "--dir", name])
            .current_dir(folder)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("Ctrl-C stops it.")), "it did not start");
        // Read on, so that the node is not stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Serving(child)
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(told.success() && self.0.wait().unwrap().success());
    }
}

#[test]
fn a_running_node_is_asked_and_stops_when_told() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let before = done(at, "unit list --dir xa");
    let serving = Serving::start(at, "xa");
    assert_eq!(done(at, "unit list --dir xa"), before);
    done(at, "officer add duty --unit cert --name Duty --dir xa");
    assert_eq!(code(&told(at, 3, "crossing show 00000000 --dir xa")), "crossing/none");
    // A file goes to the node through its API; what is not sound is refused under the name that it has here.
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    let imported = done(at, &format!("import {} --unit cert --dir xa", bundle.display()));
    assert_eq!(imported.pointer("/0/taken"), imported.pointer("/0/objects"));
    let file = at.join("cut-off.json");
    fs::write(&file, r#"{"type":"bundle","objects":["#).unwrap();
    let refused = told(at, 3, &format!("import {} --dir xa", file.display()));
    assert!(text(&refused, "/error/text").starts_with(&format!("`{}`: ", file.display())), "{refused}");
    assert_eq!(fs::read_dir(at.join("xa/comity-data/XA/spool")).unwrap().count(), 0);
    let before = done(at, "share --to xb --purpose cyber-defence --dir xa");
    serving.stop();
    // What it was told while it ran is there.
    assert_eq!(text(&done(at, "officer list --dir xa"), "/officers/0/id"), "duty");
    assert_eq!(done(at, "share --to xb --purpose cyber-defence --dir xa"), before);
    assert!(!at.join("xa/comity-data/api.sock").exists());
}
