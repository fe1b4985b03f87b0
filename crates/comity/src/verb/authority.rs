//! `comity authority`: the register of a State's authorities, dated, in a tree of any depth.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::{
    authority::{
        AddAuthority, AuthorityShown, CallBackAsked, EndAuthority, HoursAsked, HoursShown, ListAuthorities,
        NameLevel, SetPeerHours, SetPeerLanguages, ShowAuthority,
    },
    peer::Entered,
};
use comity_record::{Date, label::Purpose};

const ADD_HELP: &str = "\
An authority is a unit too: `comity unit list` shows it, and it is named wherever a \
unit is. A later entry under the same code supersedes the earlier one from its \
first day on; a request is judged by the register of its own day.
Kinds: central, extradition, round-the-clock, diplomatic, technical, prosecutor, \
court, police, data-protection, oversight. The national desk is whoever is central \
or round-the-clock and has no parent.

Example:
  comity authority add moj --name 'Central authority' --kind central \\
    --source 'Exercise Cooperation Act s 3' --zone Asia/Tokyo --dir ./xa
  comity authority add moj/north --name 'Northern prefecture' --kind police \\
    --parent moj --territory XA-N --source 'Exercise Police Act s 2' --dir ./xa

Next:
  comity authority tree --dir ./xa";

const END_HELP: &str = "\
Example:
  comity authority end moj/north --on 2026-12-31 --dir ./xa

Next:
  comity authority show moj/north --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity authority list --kind police --on 2026-03-01 --dir ./xa

Next:
  comity authority show moj/north --dir ./xa";

const TREE_HELP: &str = "\
Example:
  comity authority tree --dir ./xa

Next:
  comity authority level 2 'Prefecture' --dir ./xa";

const SHOW_HELP: &str = "\
All entries under the code are shown, with the days on which each holds.

Example:
  comity authority show moj/north --dir ./xa

Next:
  comity task new --to moj/north --what '...' --due 2026-03-10 --dir ./xa";

const LEVEL_HELP: &str = "\
Levels are counted from the top. Their number is not limited, and their names are \
the State's own.

Example:
  comity authority level 2 'Prefecture' --dir ./xa

Next:
  comity authority tree --dir ./xa";

const HOURS_HELP: &str = "\
Clocks of the other side are counted in its own working days and time zone. What \
it has not told is counted as Monday to Friday until 17:00 in UTC.

Example:
  comity authority hours XB --zone Europe/Paris --week mon-fri \\
    --hours 09:00-17:00 --holiday 2026-05-01 --dir ./xa

Next:
  comity agenda --dir ./xa";

const LANGUAGES_HELP: &str = "\
A draft and its preview then warn where the form names none of these languages, its \
own and those of its translation. The warning blocks nothing: the other State alone \
decides what it takes. A later entry holds from its first day on; one without a \
language says that any is taken.

Example:
  comity authority languages XB --accepts en --accepts fr --from 2026-01-01 \\
    --source 'letter of XB of 2025-12-01' --dir ./xa

Next:
  comity case preview XA-2026-1 --dir ./xa";

/// The verbs of authorities.
#[derive(Debug, Subcommand)]
pub enum Authority {
    /// Add an authority, or supersede its entry from a day on
    Add(Box<Add>),
    /// List the authorities that stand on a day
    List(List),
    /// Show the tree of those that stand on a day
    Tree(Tree),
    /// Show an authority with all its entries
    Show(Show),
    /// End the designation of an authority
    End(End),
    /// Name a level of the tree
    Level(Level),
    /// Record when the desk of another party works
    Hours(Hours),
    /// Record which languages the desk of another party accepts
    Languages(Languages),
}

/// Working hours, as options.
#[derive(Debug, Args)]
pub struct HoursGiven {
    /// Its time zone, such as Asia/Tokyo
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The days on which it works, such as mon-fri, sun-thu or all
    #[arg(long, value_name = "DAYS", default_value = "mon-fri")]
    week: String,
    /// The hours at which it works
    #[arg(long = "hours", value_name = "HH:MM-HH:MM", default_value = "09:00-17:00")]
    day: String,
    /// A day on which it does not work; may be repeated
    #[arg(long = "holiday", value_name = "DATE")]
    holidays: Vec<Date>,
}

/// `comity authority add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// Its code, such as police/north
    #[arg(value_name = "CODE")]
    code: String,
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it is for
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// The law, decree or designation that makes it competent
    #[arg(long, value_name = "LAW")]
    source: String,
    /// The authority above it
    #[arg(long, value_name = "CODE")]
    parent: Option<String>,
    /// A territory that it serves; none means all; may be repeated
    #[arg(long = "territory", value_name = "CODE")]
    territory: Vec<String>,
    /// A territory that has an authority of its own; may be repeated
    #[arg(long = "except", value_name = "CODE")]
    excepted: Vec<String>,
    /// A measure it may carry out; none means all; may be repeated
    #[arg(long = "measure", value_name = "MEASURE")]
    measures: Vec<String>,
    /// An offence it deals with; none means all; may be repeated
    #[arg(long = "offence", value_name = "OFFENCE")]
    offences: Vec<String>,
    /// A language it works in; may be repeated
    #[arg(long = "language", value_name = "TAG")]
    languages: Vec<String>,
    #[command(flatten)]
    hours: HoursGiven,
    /// Who stands in where it does not answer; may be repeated
    #[arg(long = "deputy", value_name = "CODE")]
    deputies: Vec<String>,
    /// A key: its fingerprint and the number that confirms it
    #[arg(long = "key", value_name = "FINGERPRINT;TELEPHONE")]
    keys: Vec<String>,
    /// The federal clause under which it acts
    #[arg(long, value_name = "TEXT")]
    federal_clause: Option<String>,
    /// A purpose it is competent for; none means all; may be repeated
    #[arg(long = "purpose", value_name = "PURPOSE")]
    purposes: Vec<Purpose>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Its last day, where it is known
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// `comity authority list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {
    /// The day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Only those of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
}

/// `comity authority tree`
#[derive(Debug, Args)]
#[command(after_help = TREE_HELP)]
pub struct Tree {
    /// The day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// `comity authority show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// Its code
    #[arg(value_name = "CODE")]
    code: String,
}

/// `comity authority end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// Its code
    #[arg(value_name = "CODE")]
    code: String,
    /// Its last day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// `comity authority level`
#[derive(Debug, Args)]
#[command(after_help = LEVEL_HELP)]
pub struct Level {
    /// The level, 1 being the top
    #[arg(value_name = "LEVEL")]
    level: u16,
    /// The State's own name for it
    #[arg(value_name = "NAME")]
    name: String,
}

/// `comity authority hours`
#[derive(Debug, Args)]
#[command(after_help = HOURS_HELP)]
pub struct Hours {
    /// The other party
    #[arg(value_name = "PEER")]
    peer: String,
    #[command(flatten)]
    hours: HoursGiven,
}

/// `comity authority languages`
#[derive(Debug, Args)]
#[command(after_help = LANGUAGES_HELP)]
pub struct Languages {
    /// The other party
    #[arg(value_name = "PEER")]
    peer: String,
    /// A language that it accepts, as a tag such as fr; may be repeated
    #[arg(long = "accepts", value_name = "TAG")]
    accepts: Vec<String>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The declaration, letter or call by which it is known
    #[arg(long, value_name = "TEXT")]
    source: String,
}

/// Does what the verb asks.
pub fn run(verb: &Authority, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let entered = match verb {
        Authority::List(list) => {
            let list = ListAuthorities { on: day(list.on), kind: list.kind.clone() };
            let shown = reach::ask(&place, list)?;
            screen.answer(&shown, |screen| table(screen, &shown));
            return Ok(Exit::Ok);
        }
        Authority::Tree(tree) => {
            let shown = reach::ask(&place, ListAuthorities { on: day(tree.on), kind: None })?;
            screen.answer(&shown, |screen| branches(screen, &shown, None, 0));
            return Ok(Exit::Ok);
        }
        Authority::Show(show) => {
            let shown = reach::ask(&place, ShowAuthority { code: show.code.clone() })?;
            screen.answer(&shown, |screen| shown.iter().for_each(|one| entry(screen, one)));
            return Ok(Exit::Ok);
        }
        Authority::Add(add) => reach::ask(&place, added(add)?)?,
        Authority::End(end) => reach::ask(&place, EndAuthority { code: end.code.clone(), on: day(end.on) })?,
        Authority::Level(level) => {
            reach::ask(&place, NameLevel { level: level.level, name: level.name.clone() })?
        }
        Authority::Hours(hours) => {
            let told = asked_hours(&hours.hours).ok_or_else(|| {
                Fault::new(Exit::Usage, "cli/option-missing", "`--zone` must be given")
                    .with_help("name the other desk's time zone, such as Europe/Paris")
            })?;
            reach::ask(&place, SetPeerHours { party: hours.peer.to_uppercase(), hours: told })?
        }
        Authority::Languages(told) => {
            let told = SetPeerLanguages {
                party: told.peer.to_uppercase(),
                languages: told.accepts.clone(),
                from: day(told.from),
                source: told.source.clone(),
            };
            reach::ask(&place, told)?
        }
    };
    done(screen, &entered);
    Ok(Exit::Ok)
}

fn added(add: &Add) -> Result<AddAuthority, Fault> {
    let keys: Result<Vec<CallBackAsked>, Fault> = add.keys.iter().map(|text| call_back(text)).collect();
    Ok(AddAuthority {
        code: add.code.clone(),
        name: add.name.clone(),
        kind: add.kind.clone(),
        parent: add.parent.clone(),
        territory: add.territory.clone(),
        excepted: add.excepted.clone(),
        measures: add.measures.clone(),
        offences: add.offences.clone(),
        languages: add.languages.clone(),
        hours: asked_hours(&add.hours),
        deputies: add.deputies.clone(),
        keys: keys?,
        federal_clause: add.federal_clause.clone(),
        purposes: add.purposes.iter().map(ToString::to_string).collect(),
        source: add.source.clone(),
        from: add.from.map(|day| day.to_string()),
        until: add.until.map(|day| day.to_string()),
    })
}

fn asked_hours(given: &HoursGiven) -> Option<HoursAsked> {
    Some(HoursAsked {
        zone: given.zone.clone()?,
        week: given.week.clone(),
        day: given.day.clone(),
        holidays: given.holidays.iter().map(ToString::to_string).collect(),
    })
}

fn call_back(text: &str) -> Result<CallBackAsked, Fault> {
    let bad = || {
        let shown: String = text.chars().take(40).collect();
        Fault::new(Exit::Usage, "cli/bad-value", format!("`{shown}` is not a fingerprint and a telephone"))
            .with_help("write it as --key 'FINGERPRINT;TELEPHONE'")
    };
    let (fingerprint, telephone) = text.split_once(';').ok_or_else(bad)?;
    let (fingerprint, telephone) = (fingerprint.trim().to_owned(), telephone.trim().to_owned());
    if fingerprint.is_empty() || telephone.is_empty() {
        Err(bad())
    } else {
        Ok(CallBackAsked { fingerprint, telephone })
    }
}

fn done(screen: &mut Screen<'_>, entered: &Entered) {
    screen.answer(entered, |screen| {
        let text = format!("Entered in the ledger, which has {} entries now.", entered.ledger_size);
        screen.say(Tone::Good, &text);
    });
}

fn table(screen: &mut Screen<'_>, shown: &[AuthorityShown]) {
    let mut table = Table::new(&["authority", "kind", "name", "territory", "from", "until"]);
    for one in shown {
        table.row([
            one.code.as_str().into(),
            one.kind.as_str().into(),
            one.name.as_str().into(),
            all_or(&one.territory).into(),
            one.from.as_str().into(),
            one.until.clone().unwrap_or_default().into(),
        ]);
    }
    if table.is_empty() { screen.text("No authorities stand on that day.") } else { screen.table(&table) }
}

/// The authorities below one, each with its own below it. One whose parent does not stand is shown at the top.
fn branches(screen: &mut Screen<'_>, shown: &[AuthorityShown], above: Option<&str>, depth: usize) {
    if shown.is_empty() {
        return screen.text("No authorities stand on that day.");
    }
    let standing = |code: &str| shown.iter().any(|one| one.code == code);
    for one in shown {
        let parent = one.parent.as_deref().filter(|parent| standing(parent));
        if parent != above {
            continue;
        }
        let level = one.level_name.clone().unwrap_or_else(|| format!("level {}", one.level));
        let place =
            if one.territory.is_empty() { String::new() } else { format!(", {}", one.territory.join(", ")) };
        let text = format!("{}  {} ({}, {level}{place})", one.code, one.name, one.kind);
        screen.indented(2 * depth, Tone::Plain, &text);
        // Codes are unique on a day and the tree is sound, so that this ends.
        if depth < shown.len() {
            branches(screen, shown, Some(&one.code), depth + 1);
        }
    }
}

fn entry(screen: &mut Screen<'_>, one: &AuthorityShown) {
    let until = one.until.as_deref().unwrap_or("further notice");
    screen.heading(&format!("{}: {}", one.code, one.name));
    let tone = if one.stands { Tone::Good } else { Tone::Bad };
    let standing = if one.stands { "stands today" } else { "does not stand today" };
    screen.item(16, "  dates", tone, &format!("from {} until {until}; {standing}", one.from));
    let level = one.level_name.clone().unwrap_or_else(|| format!("level {}", one.level));
    screen.item(16, "  kind", Tone::Plain, &format!("{}, {level}", one.kind));
    screen.item(16, "  source", Tone::Plain, &one.source);
    let lines = [
        ("  parent", one.parent.clone().unwrap_or_default()),
        ("  territory", all_or(&one.territory)),
        ("  except", one.excepted.join(", ")),
        ("  measures", all_or(&one.measures)),
        ("  offences", all_or(&one.offences)),
        ("  purposes", all_or(&one.purposes)),
        ("  languages", one.languages.join(", ")),
        ("  hours", one.hours.as_ref().map(hours_text).unwrap_or_default()),
        ("  deputies", one.deputies.join(", ")),
        ("  federal clause", one.federal_clause.clone().unwrap_or_default()),
    ];
    for (name, text) in lines.iter().filter(|(_, text)| !text.is_empty()) {
        screen.item(16, name, Tone::Plain, text);
    }
    for key in &one.keys {
        screen.item(16, "  key", Tone::Plain, &format!("{}; call back {}", key.fingerprint, key.telephone));
    }
}

fn hours_text(hours: &HoursShown) -> String {
    let now = if hours.at_work { "at work" } else { "not at work" };
    let holidays = match hours.holidays.as_slice() {
        [] => String::new(),
        days => format!(", not on {}", days.join(", ")),
    };
    format!("{} {} in {}{holidays}; there it is {}: {now}", hours.week, hours.day, hours.zone, hours.now)
}

fn all_or(list: &[String]) -> String {
    if list.is_empty() { "all".to_owned() } else { list.join(", ") }
}
