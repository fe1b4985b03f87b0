//! Parties opened without a listener, at a time that is set: their turns are carried by hand.

use comity_node::{
    app::{
        Action, Hosted,
        house::AddUnit,
        init::{init, issue_letter},
    },
    clock::Clock,
    config::Config,
    random::SystemRandom,
};
use comity_record::{Letter, PartyCode, RootSigned, UnitStatement};
use std::{collections::BTreeSet, sync::Arc};
use tempfile::TempDir;

const LAW: &str = "exercise act on the national desk, section 1";

/// A party with a unit `desk`, competent for everything, in a folder of its own.
pub async fn party(code: &str, clock: &Clock) -> (Hosted, RootSigned<Letter>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("comity.toml");
    let code: PartyCode = code.parse().unwrap();
    init(&path, &code, "", clock, &SystemRandom).unwrap();
    let config = Config::load(&path).unwrap();
    let unit =
        UnitStatement { unit: "desk".parse().unwrap(), competence: LAW.into(), purposes: BTreeSet::new() };
    let letter = issue_letter(&config, &path, &code, vec![unit], clock).unwrap();
    let settings = config.party.values().next().unwrap().clone();
    let random = Arc::new(SystemRandom);
    let hosted = Hosted::open(&config.node.data_dir, &code, &settings, clock.clone(), random).await.unwrap();
    let add = AddUnit {
        code: "desk".into(),
        name: "National desk".into(),
        parent: None,
        competence: LAW.into(),
        purposes: vec![],
        from: Some("2026-01-01".into()),
    };
    add.run(&hosted.ctx).await.unwrap();
    (hosted, letter, dir)
}
