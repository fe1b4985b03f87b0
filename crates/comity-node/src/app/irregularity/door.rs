//! The two ways in for a reporter: without a token, so that nobody is known.

use super::{Action, FileIrregularity, LookIrregularity};
use crate::{
    app::{Ctx, Fault, routes::Parties},
    http::{
        Problem,
        api::{Access, Call, Endpoint, Reply, Verb},
    },
    reading::Reader,
};
use comity_record::PartyCode;
use std::sync::Arc;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Parties>> {
    let file = Endpoint::new(
        FileIrregularity::NAME,
        Verb::Post,
        "/api/v1/irregularity/file",
        Access::Open,
        FileIrregularity::SUMMARY,
        serve_file,
    );
    let look = Endpoint::new(
        LookIrregularity::NAME,
        Verb::Post,
        "/api/v1/irregularity/look",
        Access::Open,
        LookIrregularity::SUMMARY,
        serve_look,
    );
    vec![described::<FileIrregularity>(file).body_limit(4 << 20), described::<LookIrregularity>(look)]
}

fn described<A: Action>(endpoint: Endpoint<Parties>) -> Endpoint<Parties> {
    endpoint
        .body("application/json", schemars::schema_for!(A).to_value())
        .answer("application/json", schemars::schema_for!(A::Reply).to_value())
}

async fn serve_file(parties: Arc<Parties>, call: Call) -> Result<Reply, Problem> {
    let asked: FileIrregularity = call.json().await?;
    let ctx = nobody(&parties, &asked.party)?;
    Reply::json(&asked.run(&ctx).await?)
}

async fn serve_look(parties: Arc<Parties>, call: Call) -> Result<Reply, Problem> {
    let asked: LookIrregularity = call.json().await?;
    let ctx = nobody(&parties, &asked.party)?;
    Reply::json(&asked.run(&ctx).await?)
}

/// What the action needs of a party, with no asker. `Reader::Own` is never looked at by these two actions.
fn nobody(parties: &Parties, party: &str) -> Result<Ctx, Problem> {
    let party: PartyCode = party.parse().map_err(Fault::input)?;
    let ctx = parties.parties.get(&party).ok_or_else(Problem::not_found)?;
    Ok(Ctx { by: None, reader: Reader::Own, ..ctx.clone() })
}
