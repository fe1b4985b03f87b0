//! The parties of the simulation, made once per process: keys, letters, law, and stores in which every letter is
//! accepted and a unit is entered.

use crate::desks::{MemoryBodies, MemoryDesk, Party, SeededEntropy, first_day, party};
use comity_border::Disclosure;
use comity_exchange::{Act, Begin, house::Unit};
use comity_law::{ChangeSet, Register};
use comity_ledger::{
    MemoryStore,
    memory::{Image, block_on},
};
use comity_record::{PartyCode, Timestamp};
use comity_threat::Tables;
use std::sync::{Arc, OnceLock};

/// The codes: the last is the Byzantine peer. The first three are in the exercise register, the others are invented
/// here by a register change.
pub(super) const CODES: [&str; 6] = ["XA", "XB", "XC", "XD", "XE", "XF"];
/// The Byzantine peer.
pub(super) const BYZANTINE: usize = 5;
/// The node that has no address: it calls, and nobody can call it.
pub(super) const CALLER_ONLY: usize = 4;
/// The section under which every exchange here takes place.
pub(super) const COMPETENCE: &str = "exercise act on the national CERT, section 1";

/// A party with the store it begins with.
#[derive(Debug)]
pub(super) struct Role {
    pub party: Party,
    pub image: Image,
}

/// All parties.
#[derive(Debug)]
pub(super) struct Cast {
    pub roles: Vec<Role>,
    tables: Arc<Tables>,
}

/// When every run begins.
pub(super) fn beginning() -> Timestamp {
    first_day().plus_days(40).start()
}

/// The parties; made on the first call.
pub(super) fn cast() -> &'static Cast {
    static CAST: OnceLock<Cast> = OnceLock::new();
    CAST.get_or_init(Cast::new)
}

impl Cast {
    fn new() -> Cast {
        let register = Arc::new(register());
        let mut parties: Vec<Party> = CODES.iter().map(|code| party(code, 1)).collect();
        parties.iter_mut().for_each(|party| party.law.register = Arc::clone(&register));
        let mut cast = Cast { roles: Vec::new(), tables: Arc::new(Tables::built_in().unwrap()) };
        let stores: Vec<MemoryStore> = parties.iter().map(|party| cast.introduce(party, &parties)).collect();
        cast.acquaint(&parties, &stores);
        let images: Vec<Image> = stores.iter().map(MemoryStore::image).collect();
        cast.roles = parties.into_iter().zip(images).map(|(party, image)| Role { party, image }).collect();
        cast
    }

    /// The store of a party that has accepted everybody's letter.
    fn introduce(&self, party: &Party, all: &[Party]) -> MemoryStore {
        let store = MemoryStore::new();
        let mut entropy = SeededEntropy::new(1);
        let mut desk =
            block_on(MemoryDesk::open(self.begin(party, &store, &MemoryBodies::default()))).unwrap();
        for other in all.iter().filter(|other| other.code != party.code) {
            block_on(desk.accept_letter(beginning(), &mut entropy, &other.signed)).unwrap().unwrap();
        }
        let unit = Unit {
            code: "cert".parse().unwrap(),
            name: "CERT".to_owned(),
            parent: None,
            competence: COMPETENCE.to_owned(),
            purposes: Default::default(),
            from: first_day(),
            until: None,
        };
        block_on(desk.act(beginning(), &mut entropy, None, Act::Unit(unit))).unwrap().unwrap();
        store
    }

    /// Every party cosigns the ledger of every other: runs begin among nodes that know each other.
    fn acquaint(&self, parties: &[Party], stores: &[MemoryStore]) {
        let (now, mut entropy) = (beginning(), SeededEntropy::new(2));
        let open = |(party, store): (&Party, &MemoryStore)| {
            block_on(MemoryDesk::open(self.begin(party, store, &MemoryBodies::default()))).unwrap()
        };
        let mut desks: Vec<MemoryDesk> = parties.iter().zip(stores).map(open).collect();
        for (a, b) in (0..3).flat_map(|_| (0..parties.len()).flat_map(|a| (0..a).map(move |b| (a, b)))) {
            for (from, to) in [(a, b), (b, a)] {
                let turn = block_on(desks[from].fill_turn(now, &mut entropy, &parties[to].code)).unwrap();
                block_on(desks[to].take_turn(now, &mut entropy, &parties[from].code, &turn)).unwrap();
            }
        }
    }

    /// What a desk of a party over a store is opened with; the tables are read once for all.
    pub fn begin(
        &self,
        party: &Party,
        store: &MemoryStore,
        bodies: &MemoryBodies,
    ) -> Begin<MemoryStore, MemoryBodies> {
        Begin {
            party: party.code.clone(),
            store: store.clone(),
            bodies: bodies.clone(),
            signers: party.signers.clone(),
            letter: party.letter.clone(),
            law: party.law.clone(),
            disclosure: Disclosure::Full,
            tables: Arc::clone(&self.tables),
        }
    }
}

/// The code of a node.
pub(super) fn code(node: usize) -> PartyCode {
    CODES[node].parse().unwrap()
}

/// The node of a code.
pub(super) fn node_of(party: &PartyCode) -> Option<usize> {
    CODES.iter().position(|code| *code == party.as_str())
}

/// The exercise register with three more invented States.
fn register() -> Register {
    let mut register = Register::with_exercise().unwrap();
    for code in &CODES[3..] {
        let text = format!(
            r#"{{"id": "{lower}-joins", "author": "{code}", "date": "2026-01-01",
            "source_statement": "Exercise data of the simulation: an invented State.",
            "changes": [{{"add": {{"states": {{"alpha2": "{code}", "alpha3": "{code}X", "name": "State {code}",
            "un_status": "exercise", "aalco_member": "no", "appf_member": "no"}}}}}}]}}"#,
            lower = code.to_lowercase()
        );
        let change = ChangeSet::from_json("simulation", &text).unwrap();
        register = register.apply(&change).unwrap();
    }
    register
}
