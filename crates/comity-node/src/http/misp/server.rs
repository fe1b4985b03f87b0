//! What a client asks first: which version this is, who the token belongs to, and which organisations there are.

use super::door::{Answered, Refused, Visit};
use crate::{app::misp::us, http::api::Scope};
use comity_exchange::misp::Organisation;
use comity_threat::misp::number_of;
use serde_json::{Value, json};

/// The version of MISP whose calls these are.
const SPOKEN: &str = "2.5.34";

pub(super) async fn answer(visit: &Visit<'_>) -> Answered {
    match (visit.path.controller.as_str(), visit.path.action.as_str()) {
        ("servers", "getVersion") => Ok(version(visit)),
        ("servers", "getPyMISPVersion") => Ok(json!({ "version": SPOKEN })),
        ("servers", "postTest") => Ok(json!({ "body": visit.body, "headers": {} })),
        ("users", "view") if matches!(visit.path.argument(), "me" | "") => Ok(user(visit)),
        ("organisations", "index") => {
            let organisations = visit.events().await?.organisations().await?;
            Ok(organisations.iter().map(shown).collect())
        }
        ("organisations", "view") => {
            let asked = visit.path.argument();
            let known = visit.events().await?.organisations().await?;
            let is = |one: &&Organisation| {
                one.uuid == asked || one.name == asked || one.number.to_string() == asked
            };
            known.iter().find(is).map(shown).ok_or_else(|| Refused::not_found("organisation"))
        }
        _ => Err(Refused::not_found("action")),
    }
}

fn version(visit: &Visit<'_>) -> Value {
    let writes = visit.grant.scopes.contains(&Scope::Import);
    json!({
        "version": SPOKEN,
        "pymisp_recommended_version": SPOKEN,
        "perm_sync": writes,
        "perm_sighting": writes,
        "perm_galaxy_editor": false,
        "perm_analyst_data": false,
        "request_encoding": [],
        "filter_sightings": false,
    })
}

fn shown(organisation: &Organisation) -> Value {
    json!({ "Organisation": {
        "id": organisation.number.to_string(), "name": organisation.name, "uuid": organisation.uuid,
        "nationality": organisation.name, "type": "party", "sector": "", "local": true, "description": "",
    } })
}

fn user(visit: &Visit<'_>) -> Value {
    let us = us(&visit.ctx);
    let writes = visit.grant.scopes.contains(&Scope::Import);
    let number = number_of(visit.grant.officer.as_str()).to_string();
    json!({
        "User": {
            "id": number, "email": visit.grant.officer.as_str(), "org_id": us.number.to_string(), "role_id": "1",
            "autoalert": false, "disabled": false, "termsaccepted": true,
        },
        "Role": {
            "id": "1", "name": if writes { "writer" } else { "reader" }, "perm_add": writes, "perm_modify": writes,
            "perm_modify_org": writes, "perm_publish": writes, "perm_sync": writes, "perm_tagger": writes,
            "perm_sighting": writes, "perm_sharing_group": writes, "perm_auth": true, "perm_site_admin": false,
            "perm_admin": false,
        },
        "UserSetting": {},
        "Organisation": us.json(),
    })
}
