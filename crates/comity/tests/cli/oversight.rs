//! Counts and the report for a body of oversight from the command line: what is told, what is withheld, and who is believed.

use super::{
    case::sent,
    crossing::{code, done, text, told, two},
    door::run_in,
};
use comity_node::paper;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Three requests of XA to XB, and the year in which they were sent.
fn three(at: &Path) -> String {
    two(at);
    ["XA-2026-1", "XA-2026-2", "XA-2026-3"].iter().for_each(|reference| sent(at, reference));
    let shown = done(at, "case show XA-2026-1 --dir xa");
    text(&shown, "/timeline/0/at").chars().take(4).collect()
}

fn lines(report: &Value) -> Vec<&str> {
    let lines = report.get("lines").unwrap().as_array().unwrap();
    lines.iter().map(|line| line.as_str().unwrap()).collect()
}

#[test]
fn a_report_withholds_small_numbers_and_is_verified_offline() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let year = three(at);
    let report = format!("oversight report --year {year} --dir xa");
    done(at, &format!("{report} --out small.txt"));
    let small = done(at, "oversight verify small.txt --trust xa.letter");
    assert_eq!(
        lines(&small)[3..5],
        ["sent preserve_stored_data: withheld (below 5, or gives one away)", "  granted: 0",]
    );
    assert!(lines(&small).contains(&"  open: withheld (below 5, or gives one away)"), "{small}");
    assert!(lines(&small)[3..].iter().all(|line| !line.ends_with('3')), "{small}");
    done(at, &format!("{report} --least 3 --out told.txt"));
    let shown = done(at, "oversight verify told.txt --trust xa.letter");
    assert_eq!(lines(&shown)[3], "sent preserve_stored_data: 3");
    // The text beside the signed part is for reading, and changes nothing.
    let page = fs::read_to_string(at.join("told.txt")).unwrap();
    fs::write(at.join("painted.txt"), page.replace("preserve_stored_data: 3", "preserve_stored_data: 9"))
        .unwrap();
    assert_eq!(done(at, "oversight verify painted.txt --trust xa.letter"), shown);
    // Another State's letter; one number in the signed part; another document that the State signed.
    let other = told(at, 1, "oversight verify told.txt --trust xb.letter");
    assert_eq!(code(&other), "key/unknown");
    let mut bytes = paper::join(&page).unwrap();
    let measure = bytes.windows(8).position(|eight| eight == b"preserve").unwrap();
    bytes[measure] = b'P';
    fs::write(at.join("forged.txt"), paper::split(&bytes).unwrap().join("\n")).unwrap();
    let forged = told(at, 1, "oversight verify forged.txt --trust xa.letter");
    assert_eq!(code(&forged), "exchange/bad-signature");
    let nothing = told(at, 3, "oversight verify head.toml --trust xa.letter");
    assert_eq!(code(&nothing), "paper/no-code");
    // Nothing is overwritten, and no number below 3 is told however the report is asked for.
    assert_eq!(code(&told(at, 3, &format!("{report} --least 9 --out told.txt"))), "cli/file-exists");
    assert_eq!(fs::read_to_string(at.join("told.txt")).unwrap(), page);
    assert_eq!(code(&told(at, 2, &format!("{report} --least 2 --out two.txt"))), "cli/bad-value");
    assert!(!at.join("two.txt").exists());
}

#[test]
fn cases_are_counted_and_who_is_no_peer_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let year = three(at);
    let counts = done(at, &format!("statistics --year {year} --peer xb --dir xa"));
    let one = |field: &str| counts.pointer(&format!("/0/{field}")).unwrap().clone();
    assert_eq!(
        ["peer", "direction", "measure", "all", "open", "granted"].map(one),
        [json!("XB"), json!("sent"), json!("preserve_stored_data"), json!(3), json!(3), json!(0)]
    );
    assert_eq!(done(at, "statistics --year 1999 --dir xa"), json!([]));
    let table = String::from_utf8(run_in(at, "statistics --csv --dir xa").stdout).unwrap();
    assert!(table.ends_with("\nXB,sent,preserve_stored_data,3,0,0,0,0,0,3,0,0,0,,\n"), "{table}");
    // A count of none with a party that is misspelt would read as an answer.
    assert_eq!(code(&told(at, 3, "statistics --peer xc --dir xa")), "desk/no-peer");
    assert_eq!(code(&told(at, 2, "statistics --peer x! --dir xa")), "input/bad-value");
    assert_eq!(code(&told(at, 2, "statistics --year then --dir xa")), "cli/bad-value");
}

/// What officers state of a case is summed, the last statement of each; of none that nobody stated is anything known.
#[test]
fn persons_and_safeguards_are_stated_by_officers_and_told_in_sum() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let year = three(at);
    let stated = done(at, "oversight state XA-2026-1 --persons 9 --notified 1 --errors 4 --dir xa");
    assert_eq!((stated.get("persons"), stated.get("complaints")), (Some(&json!(9)), Some(&json!(0))));
    for (reference, persons) in [("XA-2026-1", 5), ("XA-2026-2", 6), ("XA-2026-3", 7)] {
        done(at, &format!("oversight state {reference} --persons {persons} --notified {persons} --dir xa"));
    }
    done(at, &format!("oversight report --year {year} --least 3 --out told.txt --dir xa"));
    let shown = done(at, "oversight verify told.txt --trust xa.letter");
    for line in [
        "  persons and safeguards stated of: 3",
        "  persons affected: 18",
        "  of these given notice: 18",
        "  errors: 0",
    ] {
        assert!(lines(&shown).contains(&line), "{line}: {shown}");
    }
    let wrong = "oversight state XA-2026-1 --persons 1 --notified 2 --dir xa";
    assert_eq!(code(&told(at, 2, wrong)), "input/bad-value");
    assert_eq!(code(&told(at, 3, "oversight state XA-9 --persons 1 --dir xa")), "case/none");
}
