//! Broken files: each fault with its place, its code and its sentence; hostile files are bounded.

use comity_law::{Fault, FaultKind, Files, Register, check};
use proptest::prelude::*;

fn text(name: &str) -> String {
    String::from_utf8(Files::with_exercise().get(name).unwrap().to_vec()).unwrap()
}

fn faults_of(name: &str, text: impl Into<Vec<u8>>) -> Vec<Fault> {
    check(&Files::with_exercise().with(name.to_owned(), text.into()))
}

/// The one fault that replacing `from` by `to` in a file makes, as shown.
fn fault_of(name: &str, from: &str, to: &str) -> (String, &'static str) {
    let whole = text(name);
    assert!(whole.contains(from), "{name} has no `{from}`");
    let faults = faults_of(name, whole.replacen(from, to, 1));
    assert_eq!(faults.len(), 1, "{faults:#?}");
    (faults[0].to_string(), faults[0].code())
}

#[test]
fn the_shipped_data_has_no_fault() {
    assert_eq!(check(&Files::shipped()), []);
    assert_eq!(check(&Files::with_exercise()), []);
    let register = Register::with_exercise().unwrap();
    assert_eq!(register.parties().count(), 201);
    assert_eq!(register.instruments().count(), 51);
    assert_eq!(
        register.instruments().flat_map(|row| register.statuses(row.id.as_str(), None)).count(),
        1315 + 7
    );
    assert_eq!(register.instruments().flat_map(|row| register.articles(row.id.as_str())).count(), 150);
    assert_eq!(
        register.instruments().flat_map(|row| register.reservations(row.id.as_str(), None)).count(),
        4 + 2
    );
    assert_eq!(register.instruments().flat_map(|row| register.refusal_grounds(row.id.as_str())).count(), 67);
    assert_eq!(
        (register.principles().len(), register.norms().len(), register.request_fields().len()),
        (19, 11, 114)
    );
    assert_eq!(
        (register.measures().count(), register.offences().count(), register.purposes().count()),
        (32, 18, 11)
    );
    assert_eq!(register.set_date().to_string(), "2026-11-22");
}

#[test]
fn every_fault_names_its_place() {
    let cases = [
        (
            "exercise/instrument_status.csv",
            "budapest,XB,",
            "budapest,XQ,",
            "exercise/instrument_status.csv:3:10: no party has the code `XQ`; near it: GQ, IQ, XA, XB",
            "law/unknown-party",
        ),
        (
            "exercise/instrument_status.csv",
            "untoc,XC,",
            "untocc,XC,",
            "exercise/instrument_status.csv:6:1: no instrument has the code `untocc`; near it: untoc",
            "law/unknown-instrument",
        ),
        (
            "exercise/instrument_status.csv",
            "2011-07-01",
            "2011-02-29",
            "exercise/instrument_status.csv:2:48: `2011-02-29` is not a date such as 2004, 2004-07 or 2004-07-01",
            "law/bad-date",
        ),
        (
            "exercise/instrument_status.csv",
            ",verified,exercise,2026-01\nuntoc,XA",
            ",veryfied,exercise,2026-01\nuntoc,XA",
            "exercise/instrument_status.csv:3:111: `veryfied` is not a known status; known are verified, \
             signed_only_as_of_source, party_date_unverified, party_inferred_date_unverified, signature_reported, \
             verified_signature_only, signature_verified, signature_inferred, year_only, invited_to_accede, \
             not_party_as_of_source, signed_ratification_law_only, unverified",
            "law/unknown-value",
        ),
        (
            "exercise/instrument_status.csv",
            "verified,exercise,2026-01\nuntoc,XA",
            "verified,memory,2026-01\nuntoc,XA",
            "exercise/instrument_status.csv:3:111: graded `verified`, but no source is named",
            "law/verified-without-source",
        ),
        (
            "exercise/instrument_status.csv",
            "untoc,XB,2001-02-10,",
            "untoc,XB,",
            "exercise/instrument_status.csv:5:1: the row has 11 columns, the first line has 12",
            "law/column-count",
        ),
        (
            "exercise/instrument_status.csv",
            "untoc,XB,",
            "untoc,XA,",
            "exercise/instrument_status.csv:5:7: `XA` under `untoc` has a row already",
            "law/duplicate",
        ),
        (
            "instrument_articles.csv",
            "Production order (domestic power),subscriber_information,",
            "Production order (domestic power),subscriber_informations,",
            "instrument_articles.csv:4:47: no measure has the code `subscriber_informations`; near it: subscriber_information",
            "law/unknown-measure",
        ),
        (
            "instrument_articles.csv",
            "renewable\",yes,S-BWB-185",
            "renewable\",yes,",
            "instrument_articles.csv:2:245: graded `yes`, but no source is named",
            "law/verified-without-source",
        ),
        (
            "instruments.csv",
            "cyber_global,computer_and_e_evidence",
            "cyber_global,computers",
            "instruments.csv:2:381: `computers` is not a known material_scope; known are any_offence, \
             computer_and_e_evidence, corruption, computer_only, convention_and_serious, organised_transnational, \
             security_cooperation, not_a_channel",
            "law/unknown-value",
        ),
        (
            "exercise/instrument_reservations.csv",
            "34,both,",
            "34,all,",
            "exercise/instrument_reservations.csv:3:16: `all` is not a known side; known are asked, asking, both",
            "law/unknown-value",
        ),
        (
            "measures.csv",
            "interception_content,Intercept content,criminal,yes,no,,",
            "interception_content,Intercept content,criminal,yes,no,listed,",
            "measures.csv:8:56: `through` is filled, but no general assistance article covers the measure",
            "law/unknown-value",
        ),
        (
            "purposes.csv",
            "preservation,required,preserve_stored_data",
            "preservation,required,preserve_stored_dat",
            "purposes.csv:7:23: no measure has the code `preserve_stored_dat`; near it: preserve_stored_data",
            "law/unknown-measure",
        ),
        (
            "SOURCES.md",
            "Prepared 2026-11-22",
            "Prepared lately",
            "SOURCES.md:1:1: no line says `Prepared` with a day such as 2026-11-22",
            "law/no-set-date",
        ),
    ];
    for (name, from, to, shown, code) in cases {
        assert_eq!(fault_of(name, from, to), (shown.to_owned(), code));
    }
}

#[test]
fn columns_are_named_when_they_are_missing_unknown_or_twice() {
    let shown = |header: &str| -> Vec<String> {
        let faults = faults_of("norms.csv", format!("{header}\nnorm-a,1,2,3\n"));
        faults.iter().map(ToString::to_string).collect()
    };
    assert_eq!(shown("id,reference,summary"), ["norms.csv:1:1: the column `system_place` is missing"]);
    assert_eq!(
        shown("id,reference,summary,place"),
        [
            "norms.csv:1:1: the column `system_place` is missing",
            "norms.csv:1:22: `place` is not a column of this file"
        ]
    );
    assert_eq!(
        shown("id,id,reference,summary,system_place"),
        ["norms.csv:1:4: the column `id` occurs twice"]
    );
    assert_eq!(
        shown("").first().map(String::as_str),
        Some("norms.csv:2:1: `norm-a` is not a column of this file")
    );
    assert_eq!(faults_of("norms.csv", "")[0].to_string(), "norms.csv:1:1: the column `id` is missing");
    // The order of columns is free.
    assert_eq!(faults_of("norms.csv", "summary,id,reference,system_place\na,norm-a,b,c\n"), []);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let mut bytes = text("norms.csv").into_bytes();
    let at = text("norms.csv").find("norm-b").unwrap();
    bytes[at + 2] = 0xff;
    let faults = faults_of("norms.csv", bytes);
    assert_eq!(faults[0].to_string(), "norms.csv:3:3: the text is not UTF-8 from here");
    assert_eq!(
        check(&Files::shipped().without("norms.csv"))[0].to_string(),
        "norms.csv:1:1: this file of the register is missing"
    );
    assert_eq!(check(&Files::shipped().with("laws.csv", b"a".as_slice())).len(), 1);
    assert_eq!(check(&Files::shipped().with("README.md", b"a".as_slice())), []);
}

/// Places are right behind quoted commas, line breaks in cells, CRLF, blank lines and letters of several bytes.
#[test]
fn places_are_right_in_awkward_text() {
    let header = "state,topic,position_code,summary,source,as_of";
    let cases = [
        (format!("{header}\r\nJP,t,p,s,x,2020-13\r\n"), 2, 12),
        (format!("{header}\n\n\nJP,t,p,s,x,2020-13\n"), 4, 12),
        (format!("{header}\nJP,t,p,\"a, \"\"b\"\", c\",x,2020-13\n"), 2, 24),
        (format!("{header}\nJP,t,p,\"two\nlines\",x,2020-13\n"), 3, 10),
        (format!("{header}\nJP,t,p,été 日本,x,2020-13\n"), 2, 17),
        (format!("\u{feff}{header}\nJP,t,p,s,x,2020-13"), 2, 12),
    ];
    for (text, line, column) in cases {
        let faults = faults_of("positions.csv", text.clone());
        assert_eq!(
            (faults.len(), faults[0].line, faults[0].column),
            (1, line, column),
            "{text:?} {faults:?}"
        );
    }
}

#[test]
fn hostile_files_are_bounded() {
    let many = format!("{}{}", "id,reference,summary,system_place\n", "x\n".repeat(20_000));
    let faults = faults_of("norms.csv", many);
    assert_eq!((faults.len(), &faults[faults.len() - 1].kind), (1_001, &FaultKind::TooMany(1_000)));
    let long = format!("id,reference,summary,system_place\nn,{},s,p\n", "x".repeat(9_000));
    assert_eq!(
        faults_of("norms.csv", long)[0].to_string(),
        "norms.csv:2:3: the cell is longer than the 8192 bytes that are read"
    );
    let open = format!("id,reference,summary,system_place\nn,\"{}", "x,\n".repeat(100_000));
    assert!(!faults_of("norms.csv", open).is_empty());
    let huge = vec![b'x'; 16 * 1024 * 1024 + 1];
    assert_eq!(faults_of("norms.csv", huge)[0].code(), "law/too-long");
    let echoed = faults_of("norms.csv", format!("{}\n", "y".repeat(5_000)));
    assert!(echoed.iter().all(|fault| fault.to_string().len() < 200), "foreign text is cut in errors");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// No bytes make the loader panic, and a damaged file never loads with other content silently: it is refused or reads the same.
    #[test]
    fn arbitrary_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..2_000) {
        let mut damaged = text("exercise/instrument_status.csv").into_bytes();
        damaged.truncate(cut);
        damaged.extend(bytes);
        for fault in faults_of("exercise/instrument_status.csv", damaged) {
            prop_assert!(fault.to_string().len() < 1_000 && fault.line >= 1 && fault.column >= 1);
        }
    }
}
