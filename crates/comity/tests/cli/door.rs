//! The one door: run the command in an empty environment, and compare what it shows with a golden file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A case: the golden file's name, the exit code, the arguments.
pub type Case = (&'static str, i32, &'static str);

/// Runs the command in `folder` with arguments separated by spaces; `'...'` keeps one together.
pub fn run_in(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_comity"))
        .args(split(arguments))
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

/// Runs the command in the folder of the tests' inputs.
pub fn run(arguments: &str) -> Output {
    run_in(&folder("inputs"), arguments)
}

/// Runs every case in the folder of the tests' inputs and compares with its golden file.
pub fn check(cases: &[Case]) {
    check_in(&folder("inputs"), cases);
}

/// Runs every case in a folder and compares with its golden file.
pub fn check_in(folder: &Path, cases: &[Case]) {
    for (name, exit, arguments) in cases {
        let output = run_in(folder, arguments);
        let shown = transcript(arguments, &output);
        assert_eq!(output.status.code(), Some(*exit), "{shown}");
        // A configuration is a file, and programs read JSON; everything else is for a screen.
        if !arguments.contains("--json") && !arguments.starts_with("config") {
            shown.lines().skip(1).for_each(|line| assert!(line.chars().count() <= 80, "{name}: {line}"));
        }
        golden(name, &shown);
    }
}

/// Compares a text with a golden file, or writes it where COMITY_BLESS is set.
pub fn golden(name: &str, shown: &str) {
    let path = folder("golden").join(format!("{name}.txt"));
    if std::env::var_os("COMITY_BLESS").is_some() {
        return fs::write(&path, shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != shown {
        panic!("{name} shows something else than {}:\n{}", path.display(), difference(&expected, shown));
    }
}

/// A folder under tests/.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn transcript(arguments: &str, output: &Output) -> String {
    let text = |bytes: &[u8]| masked(std::str::from_utf8(bytes).unwrap());
    let mut shown = format!("$ comity {arguments}\n{}", text(&output.stdout));
    if !output.stderr.is_empty() {
        shown.push_str(&format!("-- standard error\n{}", text(&output.stderr)));
    }
    shown.push_str(&format!("-- exit {}\n", output.status.code().unwrap()));
    shown
}

/// Hashes of packs, register and inputs change with every word of them; that they are there is enough.
fn masked(shown: &str) -> String {
    let masked = |line: &str| -> String {
        let hashes = ["pack", "register", "standing", "request", "subject"];
        let key = hashes.iter().find(|key| line.trim_start().starts_with(&format!("\"{key}\": \"")));
        let is_hash = line.matches(|c: char| c.is_ascii_hexdigit()).count() >= 64;
        match key.filter(|_| is_hash) {
            Some(key) => format!("{}\"{key}\": \"<hash>\",", line.split('"').next().unwrap()),
            None => line.to_owned(),
        }
    };
    shown.lines().map(|line| masked(line) + "\n").collect()
}

fn split(arguments: &str) -> Vec<String> {
    let quoted = |(number, part): (usize, &str)| -> Vec<String> {
        if number % 2 == 1 {
            vec![part.to_owned()]
        } else {
            part.split_whitespace().map(str::to_owned).collect()
        }
    };
    arguments.split('\'').enumerate().flat_map(quoted).collect()
}

fn difference(expected: &str, shown: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), shown.lines().collect());
    let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let list = |mark: &str, lines: &[&str]| -> String {
        lines.iter().skip(same).take(12).map(|line| format!("{mark} {line}\n")).collect()
    };
    format!("from line {}:\n{}{}", same + 1, list("-", &before), list("+", &after))
}

/// Every golden file belongs to a case.
#[test]
fn no_golden_file_is_left_over() {
    if std::env::var_os("COMITY_BLESS").is_some() {
        return;
    }
    let areas = [
        super::astray::CASES,
        super::border::CASES,
        super::help::CASES,
        super::law::CASES,
        super::law::CHECKED,
        super::ledger::LEDGER,
        super::ledger::RECEIPT,
        super::matching::CASES,
        super::node::CASES,
        super::wrong::CASES,
    ];
    let used: BTreeSet<String> = areas.concat().iter().map(|(name, ..)| format!("{name}.txt")).collect();
    let held: BTreeSet<String> = fs::read_dir(folder("golden"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(held, used);
}
