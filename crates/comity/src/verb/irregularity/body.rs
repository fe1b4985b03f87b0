//! The side of the body of oversight: opening with its secret key what a node keeps for it, and sealing answers.

use super::{Answer, Erase, Open, reporter::of_seal};
use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    question, reach,
    screen::{Table, Tone},
    verb::{evidence::bar::bytes as decoded, open as files, unit_key::of_key},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::irregularity::{Message, Reply};
use comity_node::{
    app::irregularity::{
        AnswerIrregularity, EraseIrregularity, IrregularityRead, IrregularityShown, ListIrregularities,
        ReadIrregularity,
    },
    keys::read_unit_key,
    random::SystemRandom,
    seal::{self, RecipientKey, SealingKey},
};
use comity_record::{Canonical, PartyCode};
use serde::Serialize;
use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// The longest answer, in bytes.
const WORDS: u64 = 128 * 1024;

/// A report, opened.
#[derive(Serialize)]
struct Opened {
    report: String,
    unit: String,
    told: Vec<Told>,
}

/// A message or an answer, opened.
#[derive(Serialize)]
struct Told {
    at: String,
    what: String,
    name: Option<String>,
    text: String,
    files: Vec<Named>,
    /// Whether it was written with the code of the first message.
    same_hand: bool,
}

#[derive(Serialize)]
struct Named {
    name: String,
    bytes: usize,
    saved: Option<PathBuf>,
}

/// `comity irregularity list`
pub fn list(chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let reports = reach::ask(&chosen.place()?, ListIrregularities {})?;
    screen.answer(&reports, |screen| {
        if reports.is_empty() {
            return screen.text("No reports.");
        }
        let mut table = Table::new(&["report", "to", "filed", "messages", "state", "due"]);
        for one in &reports {
            table.row([
                short(&one.place).into(),
                one.unit.as_str().into(),
                one.filed.chars().take(10).collect::<String>().into(),
                one.messages.to_string().into(),
                one.state.as_str().into(),
                due(one).into(),
            ]);
        }
        screen.table(&table);
    });
    Ok(Exit::Ok)
}

fn due(one: &IrregularityShown) -> String {
    let (Some(what), Some(at)) = (&one.waits_for, &one.due) else { return String::new() };
    let at: String = at.chars().take(10).collect();
    if one.overdue { format!("{what}, was due {at}") } else { format!("{what} by {at}") }
}

fn short(place: &str) -> String {
    place.chars().take(8).collect()
}

/// `comity irregularity open`
pub fn open(verb: &Open, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let key = read_unit_key(&verb.key).map_err(|fault| of_key(&fault))?;
    let read = reach::ask(&chosen.place()?, ReadIrregularity { place: verb.report.clone() })?;
    if let Some(folder) = &verb.save {
        DirBuilder::new().mode(0o700).create(folder).map_err(|failed| Fault::file(folder, &failed))?;
    }
    let mut first = None;
    let mut told = Vec::new();
    for (number, one) in read.sealed.iter().enumerate() {
        let bytes = opened(&one.bytes, &read.party, &key)?;
        told.push(match one.what.as_str() {
            "filed" => {
                let message = message(&bytes, &read.place)?;
                let hand = first.get_or_insert_with(|| message.reply.clone());
                let same_hand = *hand == message.reply;
                let files = save(&message, number, verb.save.as_deref())?;
                let (name, text) = (message.name, message.text);
                Told { at: one.at.clone(), what: one.what.clone(), name, text, files, same_hand }
            }
            _ => {
                let text = reply(&bytes)?.text;
                let (at, what) = (one.at.clone(), one.what.clone());
                Told { at, what, name: None, text, files: Vec::new(), same_hand: true }
            }
        });
    }
    let shown = Opened { report: read.place, unit: read.unit, told };
    screen.answer(&shown, |screen| show(screen, &shown));
    Ok(Exit::Ok)
}

fn show(screen: &mut Screen<'_>, shown: &Opened) {
    screen.heading(&format!("Report {} to `{}`", short(&shown.report), shown.unit));
    if shown.told.is_empty() {
        screen.text("Nothing is held of it any more.");
    }
    for one in &shown.told {
        let who = match (one.what.as_str(), &one.name) {
            ("answered", _) => "answered by the body".to_owned(),
            (_, Some(name)) => format!("told by {name}"),
            (_, None) => "told by a reporter who stays unnamed".to_owned(),
        };
        screen.blank();
        screen.say(Tone::Faint, &format!("{}, {who}", one.at));
        if !one.same_hand {
            let text =
                "Not written with the code of the first message: whoever wrote it is another, or a forger.";
            screen.say(Tone::Bad, text);
        }
        one.text.lines().for_each(|line| screen.indented(2, Tone::Plain, line));
        for file in &one.files {
            let saved = file.saved.as_ref().map_or_else(
                || "not saved; --save DIR writes it".to_owned(),
                |path| path.display().to_string(),
            );
            screen.indented(2, Tone::Faint, &format!("file {} ({} bytes): {saved}", file.name, file.bytes));
        }
    }
}

/// `comity irregularity answer`
pub fn answer(verb: &Answer, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let text = verb.text.as_deref().map(words).transpose()?;
    let (mut to_reporter, mut to_body) = (None, None);
    if let Some(text) = text {
        let key = read_unit_key(&verb.key).map_err(|fault| of_key(&fault))?;
        let (reporter, reply) = reply_to(&place, &verb.report, &key, text)?;
        to_reporter = Some(sealed(&place.party, &reporter, &reply)?);
        to_body = Some(sealed(&place.party, key.public(), &reply)?);
    }
    let outcome = verb.close.map(|outcome| outcome.to_string());
    let asked = AnswerIrregularity { place: verb.report.clone(), to_reporter, to_body, outcome };
    let shown = reach::ask(&place, asked)?;
    screen.answer(&shown, |screen| {
        screen.say(Tone::Good, &format!("Entered. The report is {} now.", shown.state));
    });
    Ok(Exit::Ok)
}

/// The reporter's key, from the first message, and the answer to it.
fn reply_to(
    place: &Place,
    report: &str,
    key: &SealingKey,
    text: String,
) -> Result<(RecipientKey, Reply), Fault> {
    let IrregularityRead { sealed, party, place, .. } =
        reach::ask(place, ReadIrregularity { place: report.to_owned() })?;
    let first = sealed.iter().find(|one| one.what == "filed").ok_or_else(|| {
        Fault::new(Exit::No, "irregularity/erased", "nothing is held of the report any more")
    })?;
    let message = message(&opened(&first.bytes, &party, key)?, &place)?;
    let reporter = RecipientKey::from_bytes(&message.reply).map_err(|fault| of_seal(&fault))?;
    let reply = Reply { version: 1, place: message.place, text, padding: Vec::new().into() };
    Ok((reporter, reply.padded()))
}

fn sealed(party: &PartyCode, key: &RecipientKey, reply: &Reply) -> Result<String, Fault> {
    let sealed = seal::seal(party, party, key, &reply.to_bytes(), &SystemRandom);
    Ok(STANDARD.encode(sealed.map_err(|fault| of_seal(&fault))?))
}

/// `comity irregularity erase`
pub fn erase(verb: &Erase, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if !verb.yes && !question::erasing(screen)? {
        return Ok(Exit::No);
    }
    let erased = reach::ask(&chosen.place()?, EraseIrregularity { place: verb.report.clone() })?;
    screen.answer(&erased, |screen| {
        screen.say(Tone::Good, &format!("Erased: {} messages and answers.", erased.bodies));
    });
    Ok(Exit::Ok)
}

fn opened(sealed: &str, party: &str, key: &SealingKey) -> Result<Vec<u8>, Fault> {
    let party: PartyCode = party.parse().map_err(|bad: comity_record::BadCode| {
        Fault::new(Exit::Fault, "irregularity/elsewhere", bad.to_string())
    })?;
    let opened = seal::open(&decoded(sealed)?, &party, std::slice::from_ref(key), Message::LIMIT);
    opened.map(|(_, bytes)| bytes).map_err(|fault| of_seal(&fault))
}

/// A message that stands where it was written for.
fn message(bytes: &[u8], place: &str) -> Result<Message, Fault> {
    let failed = |text: String| Fault::new(Exit::No, "irregularity/no-report", text);
    let message = Message::from_bytes(bytes).map_err(|bad| failed(bad.to_string()))?;
    match message.place.0.to_string() == place {
        true => Ok(message),
        false => Err(failed("the message was written for another report".to_owned())),
    }
}

fn reply(bytes: &[u8]) -> Result<Reply, Fault> {
    Reply::from_bytes(bytes).map_err(|bad| Fault::new(Exit::No, "irregularity/no-answer", bad.to_string()))
}

fn words(file: &Path) -> Result<String, Fault> {
    String::from_utf8(files::file(file, WORDS)?).map_err(|_| {
        Fault::new(Exit::Usage, "irregularity/no-text", format!("`{}` is no text in UTF-8", file.display()))
    })
}

/// The files of a message, written into the folder where one is named. A name is the reporter's word: of a path only its
/// last part counts, and a number before it keeps two of one name apart.
fn save(message: &Message, number: usize, folder: Option<&Path>) -> Result<Vec<Named>, Fault> {
    let mut named = Vec::new();
    for (at, file) in message.files.iter().enumerate() {
        let saved = match folder {
            None => None,
            Some(folder) => {
                let last = Path::new(&file.name).file_name().map(|name| name.to_string_lossy().into_owned());
                let path = folder.join(format!("{}-{}-{}", number + 1, at + 1, last.unwrap_or_default()));
                files::write_new(&path, &file.bytes)?;
                Some(path)
            }
        };
        named.push(Named { name: file.name.clone(), bytes: file.bytes.len(), saved });
    }
    Ok(named)
}
