//! `comity provider`: providers of services, orders to them, and their answers.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
    trust::attested,
    verb::{open::NewFile, paper::joined},
};
use clap::{Args, Subcommand};
use comity_affairs::{custody::Digest, provider::Order};
use comity_node::app::provider::{
    AddProvider, AnswerOrder, EndProvider, ListProviders, OrderProvider, ProviderShown, told,
};
use comity_record::Date;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

const ADD_HELP: &str = "\
Example:
  comity provider add mail-example --name 'Mail Example' \\
    --contact 'legal@mail.example' --source 'Exercise Telecom Act s 9' --dir ./xa

Next:
  comity provider order mail-example --what '...' --law '...' --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity provider list --dir ./xa

Next:
  comity provider answer 1 answer.zip --dir ./xa";

const END_HELP: &str = "\
Example:
  comity provider end mail-example --on 2026-12-31 --dir ./xa

Next:
  comity provider list --dir ./xa";

const ORDER_HELP: &str = "\
The provider gets the words of the order and the fields that are named one by one, \
and nothing else of a case: no other State, no reference, no step. What it gets is \
shown. The page is signed, and it is handed over as the provider takes orders.

Example:
  comity provider order mail-example --case XA-2026-1 --field data-types \\
    --what 'Keep the logs of account u-1' --law 'Code of procedure, art 60' \\
    --due 2026-03-20 --out order-1.html --dir ./xb

Next:
  comity provider verify order-1.html --trust xb.letter
  comity provider answer 1 answer.zip --dir ./xb";

const ANSWER_HELP: &str = "\
The file stays where it is; its two hashes and length are entered, so that it can be \
shown later to be what the provider gave.

Example:
  comity provider answer 1 answer.zip --dir ./xb

Next:
  comity provider list --dir ./xb";

const VERIFY_HELP: &str = "\
A provider verifies an order offline, with the letter of the State.

Example:
  comity provider verify order-1.html --trust xb.letter

Next:
  comity letter read xb.letter";

/// The verbs of providers.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Add a provider
    Add(Add),
    /// List the providers with their orders and answers
    List(List),
    /// End a provider
    End(End),
    /// Give an order: a signed page with what was chosen and nothing else
    Order(OrderArgs),
    /// Take an answer back, by its hashes
    Answer(AnswerArgs),
    /// Verify an order, offline
    Verify(VerifyArgs),
}

/// `comity provider add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// Its code here
    #[arg(value_name = "CODE")]
    code: String,
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where orders are handed over
    #[arg(long, value_name = "TEXT")]
    contact: String,
    /// On what its duty to answer rests
    #[arg(long, value_name = "LAW")]
    source: String,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

/// `comity provider list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity provider end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// Its code
    #[arg(value_name = "CODE")]
    code: String,
    /// The last day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// `comity provider order`
#[derive(Debug, Args)]
#[command(after_help = ORDER_HELP)]
pub struct OrderArgs {
    /// The provider
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// What is ordered, in words
    #[arg(long, value_name = "TEXT")]
    what: String,
    /// The domestic law or decision that it rests on
    #[arg(long, value_name = "LAW")]
    law: String,
    /// Until which day an answer is wanted
    #[arg(long, value_name = "DATE")]
    due: Date,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The case it serves; it stays at home
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// A field of the case that is told; may be repeated
    #[arg(long = "field", value_name = "CODE", requires = "case")]
    fields: Vec<String>,
    /// The provider must keep it secret from the person concerned
    #[arg(long)]
    secret: bool,
    /// Mark it as an exercise
    #[arg(long)]
    exercise: bool,
    /// The unit that orders; the national desk if left out
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

/// `comity provider answer`
#[derive(Debug, Args)]
#[command(after_help = ANSWER_HELP)]
pub struct AnswerArgs {
    /// The number of the order
    #[arg(value_name = "NUMBER")]
    number: u32,
    /// The answer
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// `comity provider verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// The order
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The letter of the State
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
}

/// Does what the verb asks.
pub fn run(verb: &Provider, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let entered = match verb {
        Provider::Verify(VerifyArgs { file, trust }) => return verify(screen, file, trust),
        Provider::List(_) => {
            let providers = reach::ask(&chosen.place()?, ListProviders {})?;
            screen.answer(&providers, |screen| table(screen, &providers));
            return Ok(Exit::Ok);
        }
        Provider::Order(order) => return give(order, chosen, screen),
        Provider::Answer(AnswerArgs { number, file }) => return answer(*number, file, chosen, screen),
        Provider::Add(add) => {
            let (code, name, contact) = (add.code.clone(), add.name.clone(), add.contact.clone());
            let (source, from) = (add.source.clone(), day(add.from));
            reach::ask(&chosen.place()?, AddProvider { code, name, contact, source, from })?
        }
        Provider::End(End { code, on }) => {
            reach::ask(&chosen.place()?, EndProvider { code: code.clone(), on: day(*on) })?
        }
    };
    screen.answer(&entered, |screen| {
        let text = format!("Entered in the ledger, which has {} entries now.", entered.ledger_size);
        screen.say(Tone::Good, &text);
    });
    Ok(Exit::Ok)
}

fn give(order: &OrderArgs, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let asked = OrderProvider {
        provider: order.provider.clone(),
        case: order.case.clone(),
        what: order.what.clone(),
        law: order.law.clone(),
        fields: order.fields.clone(),
        due: order.due.to_string(),
        secret: order.secret,
        exercise: order.exercise,
        unit: order.unit.clone(),
    };
    let place = chosen.place()?;
    // The order stands in the ledger once it is given, and its page is made that one time.
    let page = NewFile::claim(&order.out)?;
    let mut made = reach::ask(&place, asked)?;
    page.write(std::mem::take(&mut made.page).as_bytes())?;
    screen.answer(&made, |screen| {
        screen.heading(&format!("Order {} to {}: exactly this is told", made.number, made.provider));
        made.told.iter().for_each(|(name, value)| screen.item(16, &format!("  {name}"), Tone::Plain, value));
        screen.say(Tone::Good, &format!("Signed, in {}.", order.out.display()));
    });
    Ok(Exit::Ok)
}

fn answer(number: u32, file: &Path, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let failed = |failed: std::io::Error| Fault::file(file, &failed);
    let mut opened = File::open(file).map_err(failed)?;
    let mut digest = Digest::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = opened.read(&mut buffer).map_err(failed)?;
        match buffer.get(..read) {
            None | Some([]) => break,
            Some(bytes) => digest.update(bytes),
        }
    }
    let (size, sha256, sha512) = digest.finish();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let asked = AnswerOrder { number, name, size, sha256: sha256.to_string(), sha512: sha512.to_string() };
    let shown = reach::ask(&chosen.place()?, asked)?;
    screen.answer(&shown, |screen| {
        screen.say(Tone::Good, &format!("The answer to order {number} is entered: {size} bytes."));
        screen.verbatim(&format!("SHA-256 {sha256}"));
    });
    Ok(Exit::Ok)
}

fn verify(screen: &mut Screen<'_>, file: &PathBuf, trust: &[PathBuf]) -> Result<Exit, Fault> {
    let bytes = joined(std::slice::from_ref(file))?;
    let order: Order = attested(&bytes, trust, "ordered")?;
    let told = told(&order);
    screen.answer(&told, |screen| {
        screen.heading(&format!("Order {} to {} of {}", order.number, order.provider, order.at));
        told.iter().for_each(|(name, value)| screen.item(16, &format!("  {name}"), Tone::Plain, value));
        screen.say(Tone::Good, &format!("Signed by {}.", order.party));
    });
    Ok(Exit::Ok)
}

fn table(screen: &mut Screen<'_>, providers: &[ProviderShown]) {
    let mut table = Table::new(&["provider", "name", "contact", "from", "until", "orders"]);
    for one in providers {
        table.row([
            one.code.as_str().into(),
            one.name.as_str().into(),
            one.contact.as_str().into(),
            one.from.as_str().into(),
            one.until.clone().unwrap_or_default().into(),
            one.orders.len().to_string().into(),
        ]);
    }
    if table.is_empty() {
        return screen.text("No providers yet.");
    }
    screen.table(&table);
    for order in providers.iter().flat_map(|one| &one.orders) {
        let mark = if order.exercise { " EXERCISE" } else { "" };
        let answers = if order.answers.is_empty() {
            "no answer".to_owned()
        } else {
            format!("{} answers", order.answers.len())
        };
        screen.say(
            Tone::Plain,
            &format!("order {}{mark}, due {}, {answers}: {}", order.number, order.due, order.what),
        );
        for answer in &order.answers {
            screen.indented(
                2,
                Tone::Faint,
                &format!("{} ({} bytes), SHA-256 {}", answer.name, answer.size, answer.sha256),
            );
        }
    }
}
