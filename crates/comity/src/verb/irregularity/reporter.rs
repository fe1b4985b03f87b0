//! The reporter's side: sealing what is told, and opening what is answered. The code never stands on a command line, where
//! others on the machine could read it, and is in no answer in JSON.

use super::{File, Look, Write};
use crate::{
    Exit, Fault, Screen, World,
    place::Chosen,
    reach,
    screen::Tone,
    trust::attested,
    verb::{evidence::bar::bytes as decoded, open},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{
    home::{AuthorityKind, UnitKey},
    irregularity::{Attachment, Filing, Message, Reply},
};
use comity_node::{
    app::irregularity::{FileIrregularity, IrregularityLook, LookIrregularity},
    keys::{ReporterCode, unarmour_attested},
    random::{Random, SystemRandom},
    seal::{self, RecipientKey, SealFault},
};
use comity_record::{Canonical, Date};
use serde::Serialize;
use serde_json::json;
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The longest words of a report, and the longest of all its files together, in bytes.
const WORDS: u64 = 256 * 1024;
const FILES: u64 = 1536 * 1024;

/// `comity irregularity write`
pub fn write(verb: &Write, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let body = body_key(&verb.to, &verb.trust, world.now.date())?;
    let text = words(&verb.text)?;
    let mut files = Vec::new();
    let mut left = FILES;
    for file in &verb.files {
        let bytes = open::file(file, left)?;
        left = left.saturating_sub(bytes.len() as u64);
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        files.push(Attachment { name, bytes: bytes.into() });
    }
    let out = open::NewFile::claim(&verb.out)?;
    let (code, is_new) = code_of(&verb.code)?;
    let reply = code.key().map_err(|fault| of_seal(&fault))?;
    let message = Message {
        version: 1,
        place: code.place(),
        text,
        name: verb.name.clone(),
        files,
        reply: reply.public().to_bytes().into(),
        padding: Vec::new().into(),
    };
    let key = RecipientKey::from_bytes(&body.key).map_err(|fault| of_seal(&fault))?;
    let random: &dyn Random = &SystemRandom;
    let sealed = seal::seal(&body.party, &body.party, &key, &message.padded().to_bytes(), random);
    let sealed = sealed.map_err(|fault| of_seal(&fault))?;
    let filing = Filing { version: 1, party: body.party.clone(), place: code.place(), sealed: sealed.into() };
    out.write(&filing.to_bytes())?;
    let shown =
        json!({ "party": body.party.as_str(), "unit": body.unit.as_str(), "out": verb.out, "new": is_new });
    screen.answer(&shown, |screen| {
        let to = format!("Sealed to `{}` of {}, in {}.", body.name, body.party, verb.out.display());
        screen.say(Tone::Good, &to);
        let code = verb.code.display();
        screen.text(&match is_new {
            true => format!("Your code is in {code}. Keep it: nobody can give it to you again."),
            false => format!("It adds to the report of the code in {code}."),
        });
    });
    Ok(Exit::Ok)
}

/// `comity irregularity file`
pub fn file(verb: &File, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let bytes = open::file(&verb.file, Filing::LIMIT as u64)?;
    let place = chosen.place()?;
    let asked = FileIrregularity { party: place.party.to_string(), filing: STANDARD.encode(bytes) };
    let filed = reach::ask(&place, asked)?;
    screen.answer(&filed, |screen| {
        screen.say(Tone::Good, &format!("Filed with `{}`. Nobody is named with it.", filed.unit));
        screen.text(&format!("It should be opened by {}.", filed.open_by));
    });
    Ok(Exit::Ok)
}

/// What a reporter is shown of one report.
#[derive(Serialize)]
struct Looked {
    unit: String,
    due: Option<String>,
    done: Vec<Seen>,
}

#[derive(Serialize)]
struct Seen {
    at: String,
    what: String,
    answer: Option<String>,
}

/// `comity irregularity look`
pub fn look(verb: &Look, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let code = read_code(&verb.code)?;
    let place = chosen.place()?;
    let asked = LookIrregularity { party: place.party.to_string(), place: code.place().0.to_string() };
    let IrregularityLook { unit, due, done } = reach::ask(&place, asked)?;
    let keys = [code.key().map_err(|fault| of_seal(&fault))?];
    let mut seen = Vec::new();
    for one in done {
        let answer = match one.answer {
            None => None,
            Some(sealed) => {
                let opened = seal::open(&decoded(&sealed)?, &place.party, &keys, Reply::LIMIT);
                let (_, bytes) = opened.map_err(|fault| of_seal(&fault))?;
                Some(reply(&bytes, &code)?.text)
            }
        };
        seen.push(Seen { at: one.at, what: one.what, answer });
    }
    let looked = Looked { unit, due, done: seen };
    screen.answer(&looked, |screen| {
        screen.heading(&format!("Your report to `{}`", looked.unit));
        for one in &looked.done {
            screen.item(26, &format!("  {}", one.at), Tone::Plain, &one.what);
            if let Some(answer) = &one.answer {
                answer.lines().for_each(|line| screen.indented(4, Tone::Strong, line));
            }
        }
        if let Some(due) = &looked.due {
            screen.say(Tone::Faint, &format!("The body should {due}."));
        }
    });
    Ok(Exit::Ok)
}

fn reply(bytes: &[u8], code: &ReporterCode) -> Result<Reply, Fault> {
    let failed = |text: String| Fault::new(Exit::No, "irregularity/no-answer", text);
    let reply = Reply::from_bytes(bytes).map_err(|bad| failed(bad.to_string()))?;
    match reply.place == code.place() {
        true => Ok(reply),
        false => Err(failed("the answer is to another report".to_owned())),
    }
}

/// The key of a body of oversight, as its State states it, on a day.
fn body_key(file: &Path, trust: &[std::path::PathBuf], on: Date) -> Result<UnitKey, Fault> {
    let text = String::from_utf8_lossy(&open::file(file, WORDS)?).into_owned();
    let signed = unarmour_attested::<UnitKey>(&text).map_err(|fault| {
        Fault::new(Exit::No, fault.code(), format!("`{}` states no key of a unit: {fault}", file.display()))
    })?;
    let key: UnitKey = attested(signed.as_bytes(), trust, "states the key")?;
    let refused = |text: String| Fault::new(Exit::No, "irregularity/no-body", text);
    if key.kind != Some(AuthorityKind::Oversight) {
        return Err(refused(format!("`{}` of {} is no body of oversight", key.unit, key.party))
            .with_help("ask the State for the key of its body of oversight"));
    }
    if !key.stands_on(on) {
        return Err(refused(format!("the key of `{}` does not stand on {on}", key.unit))
            .with_help("ask the State for the key of today"));
    }
    Ok(key)
}

fn words(file: &Path) -> Result<String, Fault> {
    String::from_utf8(open::file(file, WORDS)?).map_err(|_| {
        Fault::new(Exit::Usage, "irregularity/no-text", format!("`{}` is no text in UTF-8", file.display()))
            .with_help("give the words as a text; other files go with --file")
    })
}

/// The code of a file, and whether it was made just now.
fn code_of(file: &Path) -> Result<(ReporterCode, bool), Fault> {
    if file.exists() {
        return Ok((read_code(file)?, false));
    }
    let code = ReporterCode::draw(&SystemRandom)
        .map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let written = opened.and_then(|mut to| {
        to.write_all(format!("{}\n", code.reveal()).as_bytes())?;
        to.sync_all()
    });
    written.map_err(|failed| Fault::file(file, &failed))?;
    Ok((code, true))
}

fn read_code(file: &Path) -> Result<ReporterCode, Fault> {
    let text = fs::read_to_string(file).map_err(|failed| Fault::file(file, &failed))?;
    text.parse().map_err(|none: comity_node::keys::NoCode| {
        Fault::new(Exit::Usage, none.code(), format!("`{}`: {none}", file.display()))
    })
}

/// A fault of sealing in Comity's form.
pub(super) fn of_seal(fault: &SealFault) -> Fault {
    let told = Fault::new(Exit::No, fault.code(), fault.to_string());
    match fault.help() {
        Some(help) => told.with_help(help),
        None => told,
    }
}
