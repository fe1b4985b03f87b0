//! One file per verb. A verb reads what it was given, asks the crate that knows, and shows the answer.

pub mod account;
pub mod agenda;
pub mod ask;
pub mod authority;
pub mod backup;
pub mod border;
pub mod case;
pub mod claim;
pub mod collection;
pub mod config;
pub mod crossing;
pub mod demo;
pub mod disclosure;
pub mod evidence;
pub mod export;
pub mod feed;
pub mod house;
pub mod hunt;
pub mod import;
pub mod index;
pub mod init;
pub mod irregularity;
pub mod keys;
pub mod law;
pub mod ledger;
pub mod letter;
pub mod lookup;
pub mod matching;
pub mod matter;
pub mod object;
pub(crate) mod open;
pub mod paper;
pub mod peer;
pub mod ping;
pub mod pouch;
pub mod principles;
pub mod protected;
pub mod provider;
pub mod receipt;
pub mod replay;
pub mod search;
pub mod serve;
pub mod share;
pub mod statistics;
pub mod succession;
pub mod task;
pub mod unit_key;
pub mod withdraw;

use crate::{
    Exit, Fault, Screen, World,
    cli::{Command, Verb},
    place::Chosen,
    screen::Tone,
};
use comity_law::EXERCISE;
use comity_node::app::party::is_exercise;

/// Does what the command asks.
pub fn run(command: Command, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let chosen = Chosen { dir: command.dir, party: command.party };
    if command.verb.is_of_a_node() {
        say_exercise(&chosen, screen);
    }
    match command.verb {
        Verb::Law(verb) => law::run(&verb, &chosen, world, screen),
        Verb::Border(verb) => border::run(&verb, &chosen, world, screen),
        Verb::Ledger(verb) => ledger::run(&verb, &chosen, world, screen),
        Verb::Receipt(verb) => receipt::run(&verb, &chosen, screen),
        Verb::Principles(verb) => principles::run(&verb, screen),
        Verb::Demo(verb) => demo::run(&verb, screen),
        Verb::Serve(verb) => serve::run(&verb, &chosen, screen),
        Verb::Peer(verb) => peer::run(&verb, &chosen, screen),
        Verb::Unit(verb) => house::unit(&verb, &chosen, screen),
        Verb::Authority(verb) => authority::run(&verb, &chosen, screen),
        Verb::Agenda(verb) => agenda::run(&verb, &chosen, screen),
        Verb::Disclosure(verb) => disclosure::run(&verb, &chosen, screen),
        Verb::Paper(verb) => paper::run(&verb, &chosen, screen),
        Verb::Statistics(verb) => statistics::statistics(&verb, &chosen, screen),
        Verb::Oversight(verb) => statistics::oversight(&verb, &chosen, screen),
        Verb::Irregularity(verb) => irregularity::run(&verb, &chosen, world, screen),
        Verb::Protected(verb) => protected::run(&verb, &chosen, screen),
        Verb::Provider(verb) => provider::run(&verb, &chosen, screen),
        Verb::Ping(verb) => ping::run(&verb, &chosen, screen),
        Verb::Task(verb) => task::run(&verb, &chosen, screen),
        Verb::Officer(verb) => house::officer(&verb, &chosen, screen),
        Verb::Token(verb) => house::token(&verb, &chosen, screen),
        Verb::Guest(verb) => account::guest(&verb, &chosen, screen),
        Verb::Constituent(verb) => account::constituent(&verb, &chosen, screen),
        Verb::Circle(verb) => account::circle(&verb, &chosen, screen),
        Verb::Hunt(verb) => hunt::run(&verb, &chosen, screen),
        Verb::Import(verb) => import::run(&verb, &chosen, screen),
        Verb::Export(verb) => export::run(&verb, &chosen, screen),
        Verb::Match(verb) => matching::run(&verb, &chosen, screen),
        Verb::Search(verb) => search::run(&verb, &chosen, screen),
        Verb::Object(verb) => object::run(&verb, &chosen, screen),
        Verb::Index(verb) => index::run(&verb, &chosen, screen),
        Verb::Share(verb) => share::run(&verb, &chosen, screen),
        Verb::Lookup(verb) => lookup::run(&verb, &chosen, screen),
        Verb::Ask(verb) => ask::run(&verb, &chosen, screen),
        Verb::Case(verb) => case::run(&verb, &chosen, screen),
        Verb::Feed(verb) => feed::run(&verb, &chosen, screen),
        Verb::Claim(verb) => claim::run(&verb, &chosen, screen),
        Verb::Collection(verb) => collection::run(&verb, &chosen, screen),
        Verb::Inbox(verb) => crossing::inbox(&verb, &chosen, screen),
        Verb::Outbox(verb) => crossing::outbox(&verb, &chosen, screen),
        Verb::Crossing(verb) => crossing::run(&verb, &chosen, screen),
        Verb::Pouch(verb) => pouch::run(&verb, &chosen, screen),
        Verb::Recall(verb) => withdraw::recall(&verb, &chosen, screen),
        Verb::Erase(verb) => withdraw::erase(&verb, &chosen, screen),
        Verb::Replay(verb) => replay::run(&verb, &chosen, screen),
        Verb::Evidence(verb) => evidence::run(&verb, &chosen, screen),
        Verb::Backup(verb) => backup::backup(&verb, &chosen, screen),
        Verb::Restore(verb) => backup::restore(&verb, &chosen, screen),
        Verb::Init(verb) => init::run(&verb, &chosen, world, screen),
        Verb::Config(verb) => config::run(&verb, &chosen, screen),
        Verb::Letter(verb) => letter::run(&verb, &chosen, world, screen),
        Verb::Key(verb) => keys::run(&verb, &chosen, world, screen),
    }
}

/// Whatever is shown of an invented State's node says so. Where there is no such node, the verb itself will say that.
fn say_exercise(chosen: &Chosen, screen: &mut Screen<'_>) {
    if chosen.place().is_ok_and(|place| is_exercise(&place.party)) {
        screen.say(Tone::Open, EXERCISE);
    }
}
