//! Time-stamps of manifests by the services that are configured (RFC 3161 over HTTP, section 3.4 there).

use super::{
    super::{Action, Ctx, Fault},
    Held,
};
use crate::{config::TimeStamp, http::post};
use comity_affairs::custody::{Roots, StampFault, request, response};
use comity_exchange::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs;

/// The longest answer of a service.
const ANSWER: usize = 256 * 1024;

/// Has a manifest stamped.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StampEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The service by its name in the configuration; absent: each of them.
    pub service: Option<String>,
}

/// What the services answered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StampedEvidence {
    /// The record of the manifest.
    pub record: String,
    /// Each stamp: service, time, and whose certificate signed.
    pub stamps: Vec<String>,
    /// Each service that gave none, with the reason.
    pub faults: Vec<String>,
}

impl Action for StampEvidence {
    const NAME: &'static str = "evidence.stamp";
    const SUMMARY: &'static str =
        "has a manifest stamped by the configured services; each stamp is verified and kept";
    const SCOPE: Scope = Scope::Cases;
    type Reply = StampedEvidence;

    async fn run(self, ctx: &Ctx) -> Result<StampedEvidence, Fault> {
        let wanted = self.record.clone();
        let found = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move { Ok::<_, Fault>(Held::find(desk, &wanted).await?.record) })
        });
        let record = found.await??;
        let services = &ctx.evidence.settings.services;
        let asked = |name: &&String| self.service.as_ref().is_none_or(|only| only == *name);
        let names: Vec<&String> = services.keys().filter(asked).collect();
        if names.is_empty() {
            return Err(Fault::new("stamp/no-service", "no such service of time-stamps is configured")
                .help("add a section `[timestamp.NAME]` with `url` and `roots` to the configuration"));
        }
        let mut reply =
            StampedEvidence { record: record.to_string(), stamps: Vec::new(), faults: Vec::new() };
        for (name, service) in names.into_iter().filter_map(|name| Some((name, services.get(name)?))) {
            match stamp(ctx, record, name, service).await {
                Ok(line) => reply.stamps.push(line),
                Err(fault) => reply.faults.push(format!("{name}: {} [{}]", fault.text, fault.code)),
            }
        }
        Ok(reply)
    }
}

async fn stamp(
    ctx: &Ctx,
    record: comity_record::RecordId,
    name: &str,
    service: &TimeStamp,
) -> Result<String, Fault> {
    let drawn: [u8; 8] = ctx.random.bytes().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let nonce = u64::from_be_bytes(drawn);
    let asked = request(&record.0, nonce).map_err(of_stamp)?;
    let kinds = ("application/timestamp-query", "application/timestamp-reply");
    let answer = post::post(&service.url, kinds, asked, ANSWER, &ctx.authorities).await?;
    let stamp = response(&answer, name, &record.0, nonce).map_err(of_stamp)?;
    let found = stamp.verify(&record.0, &roots(service)?).map_err(of_stamp)?;
    let kept = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            desk.keep_stamp(now, means.entropy(), record, &stamp).await
        })
    });
    kept.await??;
    Ok(format!("{name}: {} by {}, policy {}", found.at, found.signer, found.policy))
}

fn roots(service: &TimeStamp) -> Result<Roots, Fault> {
    let path = service.roots.display();
    let pem = fs::read(&service.roots)
        .map_err(|why| Fault::new("stamp/roots-unreadable", format!("`{path}` cannot be read: {why}")))?;
    Roots::from_pem(&pem).map_err(of_stamp)
}

fn of_stamp(fault: StampFault) -> Fault {
    Fault::new(fault.code(), fault.to_string())
}
