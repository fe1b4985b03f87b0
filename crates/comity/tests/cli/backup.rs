//! A party backed up and brought back from the command line, with a node that runs, and through kills.

use super::door::run_in;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

fn told(folder: &Path, exit: i32, arguments: &str) -> Value {
    let output = run_in(folder, &format!("{arguments} --json"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments}: {errors}");
    let bytes = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    serde_json::from_slice(bytes).unwrap()
}

fn done(folder: &Path, arguments: &str) -> Value {
    told(folder, 0, arguments)
}

fn code(answer: &Value) -> &str {
    answer.pointer("/error/code").and_then(Value::as_str).unwrap()
}

/// A node of XA with something in it.
fn node(at: &Path) {
    done(at, "init --party XA --dir xa --ledger xa.example/ledger --unit 'cert=Exercise Act 4'");
    done(at, "unit add cert --name CERT --law 'Exercise Act 4' --dir xa");
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    done(at, &format!("import {} --dir xa", bundle.display()));
}

#[test]
fn a_party_is_backed_up_and_brought_back() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    node(at);
    let made = done(at, "backup xa.log --keys xa.keys --dir xa");
    assert_eq!(code(&told(at, 3, "backup xa.log --keys xa.keys --dir xa")), "backup/exists");
    let page = String::from_utf8(run_in(at, "backup other.log --dir xa").stdout).unwrap();
    assert!(page.contains("not copied") && page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert_eq!(code(&told(at, 3, "restore nowhere.log --keys xa.keys --dir again")), "seal/io");
    assert_eq!(code(&told(at, 3, "restore xa.log --keys nowhere.keys --dir again")), "backup/file");
    assert_eq!(code(&told(at, 3, "restore xa.log --keys xa.log --dir again")), "backup/damaged");
    assert_eq!(fs::read_dir(at.join("again/comity-data")).unwrap().count(), 0);
    let restored = done(at, "restore xa.log --keys xa.keys --dir again");
    assert_eq!((&restored["entries"], &restored["root"]), (&made["entries"], &made["root"]));
    assert_eq!(code(&told(at, 3, "restore xa.log --keys xa.keys --dir again")), "restore/exists");
    // The ledger keeps its name, and everything is there.
    assert!(fs::read_to_string(at.join("again/comity.toml")).unwrap().contains("xa.example/ledger"));
    assert_eq!(done(at, "ledger verify --dir again")["root"], made["root"]);
    assert_eq!(done(at, "unit list --dir again"), done(at, "unit list --dir xa"));
    let whole = done(at, "ledger export files --dir again");
    assert!(whole["files"].as_u64() > Some(0));
    let letter = run_in(at, "letter show --dir xa").stdout;
    fs::write(at.join("xa.letter"), letter).unwrap();
    let verified = done(at, "ledger verify files --trust xa.letter");
    assert_eq!((&verified["size"], &verified["signed_by"]), (&whole["size"], &Value::from("XA")));
    assert_eq!(code(&told(at, 3, "ledger export files --dir again")), "cli/file-exists");
    assert_eq!(code(&told(at, 3, "ledger verify XB --dir again")), "exchange/no-such-peer");
    let trusting = "ledger verify --trust xa.letter --dir again";
    assert_eq!(code(&told(at, 2, trusting)), "cli/trust-without-ledger");
}

/// Runs a command and kills it after so many milliseconds; whether it had come to its end by itself.
fn killed(at: &Path, arguments: &[&str], after: u64) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(arguments)
        .current_dir(at)
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (_kept, never) = mpsc::channel::<()>();
    let _late = never.recv_timeout(Duration::from_millis(after)).is_err();
    // It may have ended before.
    let _gone = child.kill().is_err();
    child.wait().unwrap().success()
}

#[test]
fn a_backup_and_a_restore_that_are_killed_leave_nothing_half_done() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    node(at);
    let made = done(at, "backup whole.log --keys xa.keys --dir xa");
    for (round, after) in [20, 60, 120, 200, 300].into_iter().enumerate() {
        let name = format!("{round}.log");
        killed(at, &["backup", &name, "--keys", "xa.keys", "--dir", "xa"], after);
        if at.join(&name).exists() {
            let into = format!("of-{round}");
            assert_eq!(
                done(at, &format!("restore {name} --keys xa.keys --dir {into}"))["root"],
                made["root"]
            );
        }
    }
    for after in [20, 50, 90, 140, 200, 270, 350] {
        killed(at, &["restore", "whole.log", "--keys", "xa.keys", "--dir", "again"], after);
        if at.join("again/comity-data/XA").exists() {
            break;
        }
    }
    if !at.join("again/comity-data/XA").exists() {
        done(at, "restore whole.log --keys xa.keys --dir again");
    }
    assert_eq!(done(at, "ledger verify --dir again")["root"], made["root"]);
    assert_eq!(done(at, "unit list --dir again"), done(at, "unit list --dir xa"));
}
