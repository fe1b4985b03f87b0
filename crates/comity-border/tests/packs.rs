//! The shipped packs load, under their schema, for every party that has one.

use comity_border::{Adoption, Packs};

#[test]
fn the_shipped_packs_have_no_fault() {
    for party in ["XA", "XB", "XC", "XD"] {
        let packs = Packs::for_party(&party.parse().unwrap(), &Adoption::Whole, Vec::new());
        packs.unwrap_or_else(|faults| {
            panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
    }
}
