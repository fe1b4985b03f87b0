//! Attribution claims: records that allege a State's involvement. Each waits for a person before its first release, is
//! released by that person's name, and is always shown as the words of its source.

use super::{Action, Ctx, Fault, sequencer::NodeDesk};
use comity_exchange::{DeskFault, HeldRecord, Scope};
use comity_record::{CrossingId, EntryKind, RecordId, label::AttributionClaim};
use comity_threat::{Context, Object, Policy, Tables, labels_for};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists the attribution claims held, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListClaims {
    /// Only those that nobody has released to anybody.
    pub waiting: bool,
}

/// Shows an attribution claim: whose words they are, and what they say.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowClaim {
    /// The record.
    pub record: String,
}

/// An attribution claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimShown {
    /// The record.
    pub record: String,
    /// Who makes the claim, as the source names itself.
    pub by: String,
    /// When it was made.
    pub on: String,
    /// Objects of the record.
    pub objects: u32,
    /// Who signed the record.
    pub origin: String,
    /// Whether it was derived by redaction from another record here.
    pub redacted: bool,
    /// To whom it was released; empty while it waits.
    pub released: Vec<ReleaseShown>,
}

/// A release of a claim to a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseShown {
    /// The party.
    pub to: String,
    /// When it was judged.
    pub at: String,
    /// The officer who released it.
    pub by: String,
    /// The entry in the ledger.
    pub entry: u64,
}

/// A claim with the words of its source.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRead {
    /// The claim.
    pub claim: ClaimShown,
    /// What claims it, object by object.
    pub words: Vec<WordsShown>,
}

/// An object that makes a claim.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WordsShown {
    /// Its id.
    pub id: String,
    /// The rules of `attribution.csv` by which it is a claim; none where its source labelled it one.
    pub rules: Vec<String>,
    /// Its properties that say something in words, with what they say.
    pub said: Vec<(String, String)>,
}

/// Properties in which an object says something in words.
const SPOKEN: [&str; 9] = [
    "name",
    "description",
    "abstract",
    "content",
    "opinion",
    "explanation",
    "relationship_type",
    "source_ref",
    "target_ref",
];
/// Letters of a text that are shown.
const SHOWN: usize = 2000;

impl Action for ListClaims {
    const NAME: &'static str = "claim.list";
    const SUMMARY: &'static str = "lists the attribution claims held, and to whom each was released";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<ClaimShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<ClaimShown>, Fault> {
        let listed = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let mut shown = Vec::new();
                let mut records = desk.own_records().await?;
                records.extend(desk.received_records().await?);
                records.sort_by_key(|(_, row)| row.index);
                for (record, row) in records {
                    let held = match desk.envelope(record).await {
                        Err(DeskFault::Erased { .. }) => continue,
                        held => held?,
                    };
                    let Some(claim) = held.record.labels().attribution_claim.clone() else { continue };
                    shown.push(show(desk, &held, &claim, row.objects).await?);
                }
                Ok::<_, Fault>(shown)
            })
        });
        let mut shown = listed.await??;
        shown.retain(|claim| !self.waiting || claim.released.is_empty());
        Ok(shown)
    }
}

impl Action for ShowClaim {
    const NAME: &'static str = "claim.show";
    const SUMMARY: &'static str = "shows an attribution claim as the words of its source";
    const SCOPE: Scope = Scope::Read;
    type Reply = ClaimRead;

    async fn run(self, ctx: &Ctx) -> Result<ClaimRead, Fault> {
        let record: RecordId = self.record.parse().map_err(Fault::input)?;
        let read = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let held = desk.held(record).await?;
                let none = || {
                    let short = record.0.short();
                    Fault::new("record/no-claim", format!("record {short} alleges no State's involvement"))
                        .help("`comity claim list` lists the records that do")
                };
                let claim = held.record.labels().attribution_claim.clone().ok_or_else(none)?;
                let words = words(&held.objects)?;
                let count = u32::try_from(held.objects.len()).unwrap_or(u32::MAX);
                Ok::<_, Fault>(ClaimRead { claim: show(desk, &held, &claim, count).await?, words })
            })
        });
        read.await?
    }
}

async fn show(
    desk: &NodeDesk,
    held: &HeldRecord,
    claim: &AttributionClaim,
    objects: u32,
) -> Result<ClaimShown, Fault> {
    let record = held.record.id();
    Ok(ClaimShown {
        record: record.to_string(),
        by: claim.by.clone(),
        on: claim.on.to_string(),
        objects,
        origin: held.record.origin().to_string(),
        redacted: held.record.statement().derived.is_some(),
        released: released(desk, record).await?,
    })
}

/// The crossings that were cleared since an officer released the claim.
async fn released(desk: &NodeDesk, record: RecordId) -> Result<Vec<ReleaseShown>, Fault> {
    let mut shown = Vec::new();
    for peer in desk.peers().keys() {
        let crossing = CrossingId::of(&record, desk.party(), peer);
        for entry in desk.crossing_entries(&crossing).await? {
            let committed = desk.log().entry(desk.store(), entry).await.map_err(DeskFault::from)?;
            if committed.entry().kind != EntryKind::Cleared {
                continue;
            }
            let officer = desk.decision(entry).await?.and_then(|(_, _, request)| request.attribution_release);
            let Some(by) = officer else { continue };
            let (to, at) = (peer.to_string(), committed.entry().at.to_string());
            shown.push(ReleaseShown { to, at, by: by.to_string(), entry });
        }
    }
    shown.sort_by_key(|release| release.entry);
    Ok(shown)
}

/// The objects that make the claim, by the rules; all of them where its source labelled it one.
fn words(objects: &[(u32, Vec<u8>)]) -> Result<Vec<WordsShown>, Fault> {
    let tables = Tables::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let context = Context::new(&tables, Policy::default());
    let mut shown = Vec::new();
    for (_, bytes) in objects {
        let Ok(object) = Object::read(bytes) else { continue };
        let rules = labels_for(&object, &context).claims;
        let text = |key: &&str| {
            let text = object.text_of(key)?;
            Some(((*key).to_owned(), text.chars().take(SHOWN).collect()))
        };
        shown.push(WordsShown {
            id: object.id().to_owned(),
            rules,
            said: SPOKEN.iter().filter_map(text).collect(),
        });
    }
    if shown.iter().any(|one| !one.rules.is_empty()) {
        shown.retain(|one| !one.rules.is_empty());
    }
    Ok(shown)
}
