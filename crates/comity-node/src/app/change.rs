//! Change sets of the register: read first, then taken, held or refused by this party for itself.

use super::{Action, Ctx, Fault, hex, peer::Entered};
use comity_exchange::{Act, DeskFault, Scope, house::Disposal};
use comity_law::ChangeSet;
use comity_record::Canonical;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shows what a change set would change, and whether it fits the register here.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadChange {
    /// The change set: its bytes in hexadecimal digits, or its JSON form.
    pub change: String,
}

/// Takes, holds or refuses a change set.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DisposeChange {
    /// The change set: its bytes in hexadecimal digits, or its JSON form.
    pub change: String,
    /// `take`, `hold` or `refuse`.
    pub disposal: String,
}

/// A change set.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeShown {
    /// Its id.
    pub id: String,
    /// Who proposes it.
    pub author: String,
    /// Its date.
    pub date: String,
    /// Where its facts come from, in its author's words.
    pub source: String,
    /// Each change, one line.
    pub changes: Vec<String>,
    /// Why it does not fit the register here, one line a fault; empty where it fits.
    pub faults: Vec<String>,
}

impl Action for ReadChange {
    const NAME: &'static str = "law.change.read";
    const SUMMARY: &'static str = "shows what a change set of the register would change, and whether it fits";
    const SCOPE: Scope = Scope::Read;
    type Reply = ChangeShown;

    async fn run(self, ctx: &Ctx) -> Result<ChangeShown, Fault> {
        let change = read(&self.change)?;
        let shown = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let faults = desk.law().register.apply(&change).err().unwrap_or_default();
                ChangeShown {
                    id: change.id.to_string(),
                    author: change.author.to_string(),
                    date: change.date.to_string(),
                    source: change.source_statement.clone(),
                    changes: change.changes.iter().map(ToString::to_string).collect(),
                    faults: faults.iter().map(ToString::to_string).collect(),
                }
            })
        });
        Ok(shown.await?)
    }
}

impl Action for DisposeChange {
    const NAME: &'static str = "law.change.dispose";
    const SUMMARY: &'static str = "takes, holds or refuses a change set of the register; entered either way";
    const SCOPE: Scope = Scope::Law;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let change = read(&self.change)?;
        let disposal = match self.disposal.as_str() {
            "take" => Disposal::Taken,
            "hold" => Disposal::Held,
            "refuse" => Disposal::Refused,
            other => {
                let fault = Fault::new(
                    "input/bad-value",
                    format!("`{other}` is not what can be done with a change set"),
                );
                return Err(fault.help("take, hold or refuse it"));
            }
        };
        let by = ctx.by.clone();
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let act = Act::ChangeSet { bytes: change.to_bytes().into(), disposal };
                let entered = desk.act(now, means.entropy(), by, act).await?;
                Ok::<_, DeskFault>(entered.map(|_| Entered { ledger_size: desk.log().size() }))
            })
        });
        Ok(entered.await???)
    }
}

fn read(text: &str) -> Result<ChangeSet, Fault> {
    if text.trim_start().starts_with('{') {
        return ChangeSet::from_json("change set", text).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Fault::new("law/change-set", lines.join("; "))
        });
    }
    let bytes = hex(text)
        .ok_or_else(|| Fault::new("law/change-set", "a change set is JSON or hexadecimal digits"))?;
    ChangeSet::from_bytes(&bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}
