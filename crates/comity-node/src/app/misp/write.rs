//! Events taken in from clients: what changed becomes records by the same way as any import.

use super::read::GROUP;
use crate::app::{Ctx, Fault, import};
use comity_threat::{
    Context, Policy, Tables, import_bytes,
    misp::{Arrival, Conversion, Mapping, ORIGINAL, events, time_of},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Takes in an event that follows `before`, and returns how many objects are new or changed. What is as it was makes no
/// record: conversion gives the same objects for the same content.
pub async fn save(ctx: &Ctx, before: Option<&Value>, after: &Value, arrival: Arrival) -> Result<u64, Fault> {
    let text = |event: &Value| json!({ "Event": event }).to_string();
    let (before, after) = (before.map(text), text(after));
    let unmarked = ctx.unmarked;
    let received = ctx.now().date();
    let made = tokio::task::spawn_blocking(move || {
        let tables = Tables::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let policy = Policy { unmarked, ..Policy::new(received) };
        let known: BTreeSet<String> = match before {
            Some(before) => objects(&tables, &policy, &before, arrival)?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let mut new = objects(&tables, &policy, &after, arrival)?;
        new.retain(|object| !known.contains(object));
        chunks(&tables, policy, &new)
    });
    let (chunks, taken) = made.await.map_err(|fault| Fault::new("import/broken", fault.to_string()))??;
    import::author(ctx, chunks, None).await?;
    Ok(taken)
}

fn objects(tables: &Tables, policy: &Policy, event: &str, arrival: Arrival) -> Result<Vec<String>, Fault> {
    let mapping = Mapping::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let context = Context::new(tables, policy.clone());
    let conversion = Conversion { mapping: &mapping, context: &context, arrival };
    let unsound = |fault: comity_threat::reader::ReadFault| Fault::new(fault.code(), fault.to_string());
    let mut out = Vec::new();
    for slice in events(event.as_bytes()).map_err(unsound)? {
        conversion.event(event.as_bytes(), slice, &mut |object| out.push(object)).map_err(unsound)?;
    }
    Ok(out)
}

/// The objects by label class, and how many. One that would be refused refuses all: nothing is half done.
fn chunks(
    tables: &Tables,
    policy: Policy,
    objects: &[String],
) -> Result<(Vec<comity_threat::Chunk>, u64), Fault> {
    if objects.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let text = format!("[{}]", objects.join(",\n"));
    let imported = import_bytes(text.as_bytes(), tables, policy);
    let (chunks, report) = imported.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    match report.refused.first() {
        Some(refused) => Err(Fault::new(refused.code, refused.message.clone())),
        None => Ok((chunks, report.taken)),
    }
}

/// Keeps a sharing group. It stays at home: whom it names is nobody's business.
pub async fn save_group(ctx: &Ctx, group: &Value) -> Result<(), Fault> {
    keep_group(ctx, group, false).await
}

/// Ends a sharing group.
pub async fn end_group(ctx: &Ctx, group: &Value) -> Result<(), Fault> {
    keep_group(ctx, group, true).await
}

async fn keep_group(ctx: &Ctx, group: &Value, revoked: bool) -> Result<(), Fault> {
    let uuid = comity_exchange::misp::text_of(group.get("SharingGroup").unwrap_or(&Value::Null), "uuid");
    let object = json!({
        "type": GROUP,
        "spec_version": "2.1",
        "id": format!("{GROUP}--{uuid}"),
        "created": time_of(0),
        "modified": ctx.now().to_string(),
        "revoked": revoked,
        "object_marking_refs": ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
        "x_comity_labels": { "onward": "prohibited" },
        (ORIGINAL): group.to_string(),
    });
    let tables = Tables::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let policy = Policy { unmarked: ctx.unmarked, ..Policy::new(ctx.now().date()) };
    let (chunks, _) = chunks(&tables, policy, &[object.to_string()])?;
    import::author(ctx, chunks, None).await.map(drop)
}
