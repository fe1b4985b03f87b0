//! Border: full judgements with the shipped packs and register, and lookups in the class cache.

use crate::{
    Outcome, feed,
    line::{Line, Target, rounded},
    machine::Since,
};
use comity_border::{
    Adoption, Case, ClassCache, Competence, Direction, Packs, Request, Standing, StandingEntries, Subject,
    Verdict, decide,
};
use comity_law::Register;
use comity_record::{Labels, PartyCode, RecordId, label::Tlp, sha256};
use comity_threat::{Policy, Tables, import_bytes};

/// CPU seconds of each measurement.
const ENOUGH: f64 = 3.0;

/// The crossings that are judged in turn: what a CERT shares, what may not leave, and what needs a treaty.
fn crossings() -> Outcome<Vec<(Subject, Request)>> {
    let threat = threat_labels()?;
    let mut crossings = Vec::new();
    for to in ["XB", "XC"] {
        for tlp in [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::Red] {
            let labels = Labels { tlp, ..threat.clone() };
            let subject = Subject::from_labels("XA".parse()?, &"threat".parse()?, labels);
            crossings.push((subject, request(to, "cyber-defence")?));
        }
        let mut asked = request(to, "preservation")?;
        asked.case = Some(Case {
            measure: "preserve_stored_data".into(),
            offence: Some("illegal_access".into()),
            penalty: Some(5),
            organised: Some(false),
            asking: None,
        });
        let labels = Labels { tlp: Tlp::Amber, ..threat.clone() };
        crossings.push((Subject::from_labels("XA".parse()?, &"answer".parse()?, labels), asked));
    }
    Ok(crossings)
}

/// The labels that an import gives to the feed.
fn threat_labels() -> Outcome<Labels> {
    let policy = Policy::new("2026-03-01".parse()?);
    let feed = format!("[{}]", feed::indicator(0));
    let (chunks, _) = import_bytes(feed.as_bytes(), &Tables::built_in()?, policy)?;
    Ok(chunks.into_iter().next().ok_or("the feed was not taken")?.labels)
}

fn request(to: &str, purpose: &str) -> Outcome<Request> {
    let (at, to) = ("2026-03-01T12:00:00Z".parse()?, to.parse::<PartyCode>()?);
    let mut request = Request::new(Direction::Sending, "XA".parse()?, to, purpose.parse()?, at);
    let unit = Competence {
        unit: "cert".parse()?,
        citation: "exercise act on the national CERT, section 1".to_owned(),
    };
    (request.sender_unit, request.receiver_unit) = (Some(unit.clone()), Some(unit));
    Ok(request)
}

/// Judges for some seconds, first in full, then from the cache.
pub fn measure() -> Outcome<Vec<Line>> {
    let party: PartyCode = "XA".parse()?;
    let listed = |faults: Vec<String>| faults.join("; ");
    let register = Register::with_exercise()
        .map_err(|faults| listed(faults.iter().map(ToString::to_string).collect()))?;
    let packs = Packs::for_party(&party, &Adoption::Whole, Vec::new())
        .map_err(|faults| listed(faults.iter().map(ToString::to_string).collect()))?;
    let peers = ["XB".parse()?, "XC".parse()?].into();
    let standing = Standing::new(StandingEntries { peers, ..StandingEntries::default() });
    let mut crossings = crossings()?;
    let (mut judged, mut cleared, mut record) = (0u64, 0u64, 0u64);
    let since = Since::on_this_thread();
    while since.cpu() < ENOUGH {
        for (subject, request) in &mut crossings {
            record += 1;
            subject.record = Some(RecordId(sha256(&[&record.to_be_bytes()])));
            let decision = decide(&packs, &register, &standing, subject, request);
            judged += 1;
            cleared += u64::from(decision.ruling.verdict == Verdict::Cleared);
        }
    }
    let full = judged as f64 / since.cpu();
    if cleared == 0 || cleared == judged {
        return Err(format!("{cleared} of {judged} were cleared, which measures only one half").into());
    }
    let mut cache = ClassCache::new(1024);
    let (mut looked_up, since) = (0u64, Since::on_this_thread());
    while since.cpu() < ENOUGH {
        for _ in 0..10_000 {
            for (subject, request) in &crossings {
                std::hint::black_box(cache.rule(&packs, &register, &standing, subject, request));
            }
        }
        looked_up += 10_000 * crossings.len() as u64;
    }
    let cached = looked_up as f64 / since.cpu();
    Ok(vec![
        Line::new("border", full, "judgements per CPU-second", Target::AtLeast(2_500.0))
            .beside("policies", packs.policies().count())
            .beside("classes", crossings.len())
            .beside("cleared_share", rounded(cleared as f64 / judged as f64))
            .beside("judgement", "decision, obligations, reasons and the hashes of its inputs"),
        Line::new("border-cache", cached, "rulings per CPU-second", Target::AtLeast(5_000_000.0))
            .beside("classes", crossings.len())
            .beside("worked_out", cache.counts().1)
            .beside("nanoseconds_each", rounded(1e9 / cached)),
    ])
}
