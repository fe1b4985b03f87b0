//! Acts on the ledger's own head.

use super::{Action, Ctx, Fault};
use crate::http::api::Token;
use comity_exchange::{House, Scope};
use comity_record::{OfficerId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two officers answer for the last head where no witness can be reached. Each shows by a token of the scope `operate`
/// who it is.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct OverrideHead {
    /// The tokens of two different officers.
    pub tokens: Vec<String>,
    /// Why, in a sentence.
    pub reason: String,
}

/// An override as entered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeadOverridden {
    /// Its entry in the ledger.
    pub entry: u64,
    /// The size of the ledger that the officers answer for.
    pub size: u64,
    /// The officers.
    pub officers: Vec<String>,
}

// A token must not reach a log by way of `{:?}`.
impl std::fmt::Debug for OverrideHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OverrideHead").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl Action for OverrideHead {
    const NAME: &'static str = "ledger.override";
    const SUMMARY: &'static str =
        "lets heads be signed again where no witness can be reached, on the word of two officers";
    const SCOPE: Scope = Scope::Operate;
    type Reply = HeadOverridden;

    async fn run(self, ctx: &Ctx) -> Result<HeadOverridden, Fault> {
        let overridden = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let (first, second) = two_officers(desk.house(), &self.tokens, now)?;
                if desk.may_sign() {
                    let text = "heads may be signed already; there is nothing to override";
                    return Err(Fault::new("ledger/nothing-to-override", text));
                }
                let size = desk.log().size();
                let entry = desk.override_head(now, means.entropy(), [&first, &second], &self.reason).await?;
                tracing::warn!(party = %desk.party(), %first, %second, entry, "the start-up check was overridden");
                let officers = vec![first.to_string(), second.to_string()];
                Ok::<_, Fault>(HeadOverridden { entry, size, officers })
            })
        });
        overridden.await?
    }
}

fn two_officers(house: &House, tokens: &[String], now: Timestamp) -> Result<(OfficerId, OfficerId), Fault> {
    let mut officers = Vec::new();
    for text in tokens {
        let token = Token::from_text(text.trim());
        let token = token.and_then(|token| house.token(&token.hash(), now));
        let token = token.filter(|token| token.scopes.contains(&Scope::Operate)).ok_or_else(|| {
            Fault::new(
                "ledger/override-token",
                "one of the tokens is none of an officer who may operate this node",
            )
            .help("`comity token add OFFICER --scope operate` gives one out")
        })?;
        officers.push(token.officer.clone());
    }
    match officers.as_slice() {
        [first, second] if first != second => Ok((first.clone(), second.clone())),
        _ => Err(Fault::new("ledger/override-officers", "the tokens of two different officers are needed")),
    }
}
