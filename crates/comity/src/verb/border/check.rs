//! `comity border check`: both borders judge such a crossing, each by its own packs.

use super::record::{self, Given};
use crate::{
    Exit, Fault, Screen, World,
    cli::{ReadLabel, label},
    screen::Tone,
    trust::Trusted,
    verb::open,
};
use clap::Args;
use comity_border::{
    Adoption, Asked, Basis, Competence, Decision, Direction, Packs, Request, Standing, StandingEntries,
    Subject, Verdict, decide,
};
use comity_law::{DESIGNATIONS, EXERCISE, Register};
use comity_record::{
    Date, Kind, Labels, OfficerId, PartyCode,
    label::{Purpose, Tlp},
};
use serde_json::json;
use std::{collections::BTreeSet, path::PathBuf};

const HELP: &str = "\
Nothing is sent. Both borders judge, each by the packs known here: those shipped, \
and for the invented States their samples; no national pack of a real State is \
shipped. Unless --assume-nothing is given, the letters of both and the competence \
of both units are taken as on record.
The exit code is 0 where both clear it, else 1.

Example:
  comity border check --from XA --to XB --purpose cyber-defence \\
    --label tlp=amber --label category=technical-indicator
  comity border check --from XA --to XC --purpose preservation \\
    --measure preserve_stored_data --offence illegal_access \\
    --penalty 5 --organised no

Next:
  comity law bases --from XA --to XC --measure preserve_stored_data
  comity law check                    the packs that judged";

/// `comity border check`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Check {
    /// The party that sends
    #[arg(long, value_name = "PARTY")]
    from: String,
    /// The party that receives
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What for, such as cyber-defence
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    /// A label of the record, such as tlp=amber; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<ReadLabel>,
    /// The record, or a frame that carries one, in place of labels
    #[arg(long, value_name = "FILE", conflicts_with_all = ["labels", "kind"])]
    record: Option<PathBuf>,
    /// A letter whose keys are trusted to have signed the record
    #[arg(long, value_name = "FILE", requires = "record")]
    trust: Vec<PathBuf>,
    /// The kind of record: threat, request, answer, notice, paper
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// On which day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// What a request asks for, such as preserve_stored_data
    #[arg(long, value_name = "MEASURE", conflicts_with = "record")]
    measure: Option<String>,
    /// The offence that the request is about
    #[arg(long, value_name = "OFFENCE", requires = "measure")]
    offence: Option<String>,
    /// Its greatest penalty in whole years
    #[arg(long, value_name = "YEARS", requires = "measure")]
    penalty: Option<u8>,
    /// Whether an organised criminal group is involved
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"], requires = "measure")]
    organised: Option<String>,
    /// The article that is cited, such as budapest:29
    #[arg(long, value_name = "INSTRUMENT:ARTICLE")]
    basis: Option<String>,
    /// An assurance of the receiving State in place of an article
    #[arg(long, value_name = "TEXT", conflicts_with = "basis")]
    assurance: Option<String>,
    /// Take neither letters nor competence as on record
    #[arg(long)]
    assume_nothing: bool,
}

/// Both borders' answers.
struct Both {
    sending: Decision,
    receiving: Decision,
    exercise: bool,
    remarks: Vec<String>,
}

/// Asks both borders.
pub fn run(verb: &Check, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let register = open::register()?;
    let (from, to) = (open::party(&register, &verb.from)?, open::party(&register, &verb.to)?);
    if from == to {
        let fault =
            Fault::new(Exit::Usage, "law/same-party", format!("sender and receiver are both `{from}`"));
        return Err(fault.with_help("a crossing goes from one party to another"));
    }
    let given = given(verb, &register, &from)?;
    let both = judge(verb, &register, (&from, &to), world, &given)?;
    let verdict = both.verdict();
    let value = json!({
        "verdict": verdict, "labels": record::shown(&given.subject.labels), "sending": both.sending,
        "receiving": both.receiving, "exercise_data": both.exercise, "remarks": both.remarks,
        "notice": DESIGNATIONS,
    });
    screen.answer(&value, |screen| both.show(screen, &given));
    Ok(if verdict == Verdict::Cleared { Exit::Ok } else { Exit::No })
}

fn given(verb: &Check, register: &Register, from: &PartyCode) -> Result<Given, Fault> {
    if let Some(path) = &verb.record {
        return record::read(path, &Trusted::read(&verb.trust)?);
    }
    let mut subject = Subject::from_labels(from.clone(), &kind(verb)?, labels(&verb.labels)?);
    if subject.kind == Kind::Request.as_str() {
        subject.asked = asked(verb, register)?;
    }
    Ok(Given { subject, remark: None })
}

/// A request where a measure is asked, else threat information.
fn kind(verb: &Check) -> Result<Kind, Fault> {
    let Some(named) = &verb.kind else {
        return Ok(if verb.measure.is_some() { Kind::Request } else { Kind::Threat });
    };
    let found = Kind::KNOWN.iter().find(|kind| kind.as_str() == named);
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = Kind::KNOWN.iter().map(Kind::as_str).collect();
        let text = format!("`{}` is not a kind of record", named.chars().take(60).collect::<String>());
        Fault::new(Exit::Usage, "cli/unknown-kind", text).with_help(format!("known: {}", known.join(", ")))
    })
}

/// The labels; without an audience TLP:GREEN, as at an import.
fn labels(given: &[ReadLabel]) -> Result<Labels, Fault> {
    let mut labels = Labels::new(Tlp::Green);
    for ReadLabel { key, value } in given {
        let set = labels.set(key, value);
        set.map_err(|fault| Fault::new(Exit::Usage, fault.code(), fault.to_string()))?;
    }
    Ok(labels)
}

fn asked(verb: &Check, register: &Register) -> Result<Option<Asked>, Fault> {
    let Some(measure) = &verb.measure else { return Ok(None) };
    let measure = register.find_measure(measure).map_err(|fault| open::query(&fault))?;
    let offence = verb.offence.as_deref().map(|offence| register.find_offence(offence)).transpose();
    let offence = offence.map_err(|fault| open::query(&fault))?;
    Ok(Some(Asked {
        measure: measure.to_string(),
        offence: offence.map(|offence| offence.to_string()),
        penalty: verb.penalty,
        organised: verb.organised.as_deref().map(|said| said == "yes"),
        until: None,
        bounded: true,
    }))
}

fn judge(
    verb: &Check,
    register: &Register,
    (from, to): (&PartyCode, &PartyCode),
    world: World,
    given: &Given,
) -> Result<Both, Fault> {
    let side = |direction| -> Result<Decision, Fault> {
        let request = request(verb, register, (from, to), world, direction)?;
        let packs = packs(request.own())?;
        Ok(decide(&packs, register, &standing(verb, &request), &given.subject, &request))
    };
    let exercise = |code: &PartyCode| register.party(code).is_some_and(comity_law::Party::is_exercise);
    let mut remarks: Vec<String> = given.remark.iter().cloned().collect();
    remarks.extend(assumed(verb));
    let unknown: Vec<&str> =
        [from, to].into_iter().filter(|code| !exercise(code)).map(PartyCode::as_str).collect();
    if !unknown.is_empty() {
        remarks.push(format!(
            "No national pack of {} is known here; each node judges by its own.",
            unknown.join(" or ")
        ));
    }
    let (sending, receiving) = (side(Direction::Sending)?, side(Direction::Receiving)?);
    Ok(Both { sending, receiving, exercise: exercise(from) || exercise(to), remarks })
}

fn assumed(verb: &Check) -> Option<String> {
    let assumed =
        "Assumed: both have accepted the other's letter, and the competence of both units is on record.";
    (!verb.assume_nothing).then(|| assumed.to_owned())
}

fn request(
    verb: &Check,
    register: &Register,
    (from, to): (&PartyCode, &PartyCode),
    world: World,
    direction: Direction,
) -> Result<Request, Fault> {
    let at = verb.on.map_or(world.now, Date::start);
    let mut request = Request::new(direction, from.clone(), to.clone(), verb.purpose, at);
    request.legal_basis = basis(verb, register)?;
    if !verb.assume_nothing {
        request.sender_unit = competence();
        request.receiver_unit = competence();
    }
    Ok(request)
}

/// A competence that stands for whatever the units have on record.
fn competence() -> Option<Competence> {
    let unit = "assumed".parse().ok()?;
    Some(Competence { unit, citation: "competence assumed for this check".to_owned() })
}

fn basis(verb: &Check, register: &Register) -> Result<Option<Basis>, Fault> {
    if let Some(text) = &verb.assurance {
        let by: Option<OfficerId> = "assumed".parse().ok();
        return Ok(by.map(|by| Basis::Assurance { text: text.clone(), by }));
    }
    let Some(cited) = &verb.basis else { return Ok(None) };
    let wrong = |text: String| {
        let fault = Fault::new(Exit::Usage, "cli/bad-basis", text);
        fault.with_help(
            "cite an article as INSTRUMENT:ARTICLE, such as budapest:29; `comity law show budapest`",
        )
    };
    let (instrument, article) =
        cited.split_once(':').ok_or_else(|| wrong(format!("`{cited}` cites no article")))?;
    if !register.articles(instrument).any(|row| row.article == article) {
        return Err(wrong(format!("the register has no article `{article}` of `{instrument}`")));
    }
    Ok(Some(Basis::Instrument { instrument: instrument.to_owned(), article: article.to_owned() }))
}

fn standing(verb: &Check, request: &Request) -> Standing {
    let mut entries = StandingEntries::default();
    if !verb.assume_nothing {
        entries.peers = BTreeSet::from([request.peer().clone()]);
    }
    Standing::new(entries)
}

fn packs(party: &PartyCode) -> Result<Packs, Fault> {
    Packs::for_party(party, &Adoption::Whole, Vec::new()).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        let text = format!("the packs built into this program have {} faults, first {first}", faults.len());
        Fault::new(Exit::Fault, "border/built-in-packs", text)
    })
}

impl Both {
    /// The stricter of both.
    fn verdict(&self) -> Verdict {
        self.sending.ruling.verdict.max(self.receiving.ruling.verdict)
    }

    fn show(&self, screen: &mut Screen<'_>, given: &Given) {
        let Decision { from, to, purpose, .. } = &self.sending;
        let (tone, answer) = match (self.sending.ruling.verdict, self.receiving.ruling.verdict) {
            (Verdict::Cleared, Verdict::Cleared) => (Tone::Good, "Both borders would clear it.".to_owned()),
            (Verdict::Refused, _) => {
                (Tone::Bad, format!("{from} would refuse it at home; nothing would leave."))
            }
            (_, Verdict::Refused) => (Tone::Bad, format!("{to} would refuse to take it in.")),
            _ => (
                Tone::Open,
                "It may not cross as it is; a redacted record may be put to the border.".to_owned(),
            ),
        };
        if self.exercise {
            screen.say(Tone::Open, EXERCISE);
        }
        screen.say(tone, &answer);
        let kind = &given.subject.kind;
        screen.text(&format!(
            "{kind} from {from} to {to} for {purpose}, labelled {}",
            record::shown(&given.subject.labels)
        ));
        for decision in [&self.sending, &self.receiving] {
            screen.blank();
            screen.page(&decision.to_string());
        }
        screen.blank();
        for remark in &self.remarks {
            screen.say(Tone::Faint, remark);
        }
        screen.say(Tone::Faint, DESIGNATIONS);
    }
}
