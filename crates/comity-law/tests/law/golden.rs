//! Three whole answers, byte for byte as `--json` writes them, and one as a person reads it. The files were written by
//! hand from design section 7 and the data, and are compared, never rewritten, by the test.

use crate::{query, register};
use comity_law::{Organised, Penalty};

#[test]
fn preservation_between_two_bound_invented_states() {
    let mut asked = query("XA", "XB", "interception_content", "2026-03-01");
    asked.offence = Some("illegal_access".parse().unwrap());
    let found = register().bases(&asked).unwrap().to_json().unwrap();
    assert_eq!(found, include_str!("golden/interception.json").trim_end());
}

#[test]
fn soft_law_alone() {
    let found =
        register().bases(&query("JP", "VN", "assistance_request", "2026-03-01")).unwrap().to_json().unwrap();
    assert_eq!(found, include_str!("golden/assistance.json").trim_end());
}

#[test]
fn a_treaty_of_two_and_a_condition() {
    let mut asked = query("JP", "VN", "serve_documents", "2026-03-01");
    asked.offence = Some("money_laundering".parse().unwrap());
    asked.penalty = Some(Penalty::years(5));
    asked.organised = Some(Organised::Yes);
    let found = register().bases(&asked).unwrap().to_json().unwrap();
    assert_eq!(found, include_str!("golden/bilateral.json").trim_end());
}

#[test]
fn text_fits_its_width_and_carries_its_notices() {
    for width in [20, 60, 80] {
        let text = register()
            .bases(&query("XA", "XB", "preserve_stored_data", "2030-03-01"))
            .unwrap()
            .to_text(width);
        // A word longer than the width stands alone on its line.
        assert!(
            text.lines().all(|line| line.chars().count() <= width || !line.trim().contains(' ')),
            "{text}"
        );
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for needed in
            ["EXERCISE DATA", "Designations imply no opinion", "may have changed", "It blocks nothing"]
        {
            assert!(flat.contains(needed), "{needed} is missing in\n{text}");
        }
    }
    let real =
        register().bases(&query("JP", "PH", "preserve_stored_data", "2026-03-01")).unwrap().to_text(80);
    assert!(!real.contains("EXERCISE"));
}

/// A line that says how a State stands carries its date.
#[test]
fn no_standing_of_a_real_state_without_its_date() {
    let text = register().show("budapest", "2026-03-01".parse().unwrap(), None).unwrap().to_text(10_000);
    let dated = |line: &str| {
        line.contains("(as of") || line.contains("(no source was read") || line.contains("(the source")
    };
    let sentences: Vec<&str> =
        text.lines().filter(|line| line.contains(": bound") || line.contains("signed")).collect();
    assert!(sentences.len() > 60 && sentences.iter().all(|line| dated(line)), "{text}");
    let compared = register().compare(
        &"JP".parse().unwrap(),
        &"VN".parse().unwrap(),
        "2026-03-01".parse().unwrap(),
        None,
    );
    let text = compared.unwrap().to_text(10_000);
    assert!(text.lines().filter(|line| line.contains(": bound")).all(dated), "{text}");
    assert!(
        text.contains("jp-vn-mla-2021") && text.contains("The register is silent on both under"),
        "{text}"
    );
}
