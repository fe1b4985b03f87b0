//! Label by purpose by peer, as ticks and crosses in one golden file. A change of it is a change of what crosses, and is
//! read before it is accepted.

use crate::{
    act::{packs_of, request, three_peers, unit},
    cases::folder,
    law::register,
};
use comity_border::{Direction, Standing, Subject, Verdict, decide};
use comity_record::{
    Kind, Labels,
    label::{Personal, Purpose, Sovereign, Tlp},
};
use std::fmt::Write as _;

const HEAD: &str = "\
# What XA's border says of a threat record of its own, by label, purpose and peer, on 2026-03-01.
# Both units are named with their competence. XA and XB are bound by the Budapest Convention and Convention 108;
# of XC the register knows UNTOC alone. No basis, ground, consent or release is given beside that.
#   +  cleared       r  to be redacted first       a code: why not (border/ left out)
";

fn cell(labels: &Labels, purpose: Purpose, peer: &str) -> String {
    let mut request = request("XA", peer, purpose.as_str(), "2026-03-01", "XA");
    assert_eq!(request.direction, Direction::Sending);
    request.sender_unit = Some(unit(&request.from));
    request.receiver_unit = Some(unit(&request.to));
    let mut labels = labels.clone();
    labels.purpose = [purpose].into();
    let subject = Subject::from_labels(request.from.clone(), &Kind::Threat, labels);
    let standing = Standing::new(three_peers());
    let decision = decide(packs_of(&request.from), register(), &standing, &subject, &request);
    match decision.ruling.verdict {
        Verdict::Cleared => "+".to_owned(),
        Verdict::RedactFirst => "r".to_owned(),
        Verdict::Refused => {
            let codes = decision.ruling.codes.iter().map(|code| code.as_str().trim_start_matches("border/"));
            codes.collect::<Vec<_>>().join(" ")
        }
    }
}

fn rows() -> Vec<(String, Labels)> {
    let mut rows: Vec<(String, Labels)> =
        Tlp::ALL.iter().map(|tlp| (format!("tlp={tlp}"), Labels::new(*tlp))).collect();
    for personal in [Personal::Personal, Personal::SpecialCategory, Personal::MinorOrVictim] {
        let mut labels = Labels::new(Tlp::Amber);
        labels.personal = personal;
        rows.push((format!("tlp=amber personal={personal}"), labels));
    }
    for sovereign in [Sovereign::GovernmentInternal, Sovereign::CoreData, Sovereign::CriticalInfrastructure] {
        let mut labels = Labels::new(Tlp::Amber);
        labels.sovereign = sovereign.clone();
        rows.push((format!("tlp=amber sovereign={sovereign}"), labels));
    }
    rows
}

#[test]
fn the_matrix_is_as_it_was_read() {
    let mut text = HEAD.to_owned();
    for (name, labels) in rows() {
        writeln!(text, "\n{name}").unwrap();
        for purpose in Purpose::ALL {
            let cells = ["XB", "XC"].map(|peer| format!("{peer} {}", cell(&labels, *purpose, peer)));
            writeln!(text, "  {:<26}{:<44}{}", purpose.as_str(), cells[0], cells[1]).unwrap();
        }
    }
    let golden = std::fs::read_to_string(folder().join("matrix.txt")).unwrap_or_default();
    assert!(golden == text, "tests/crossings/matrix.txt should read:\n{text}");
}
