//! Decisions about evidence that are no act of custody: holds, the filter team, exculpatory material, disclosure to the
//! defence, notice to the person, and what follows from a defect report.

use super::{
    super::{Action, Ctx, Fault, peer::Entered, sequencer::NodeDesk},
    Held, hand, hashes, objects,
};
use comity_affairs::{
    conditions::Hold,
    custody::{Note, Package},
};
use comity_exchange::Scope;
use comity_record::{Date, Hash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Enters a decision about a package.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecideEvidence {
    /// The record of the manifest, or at least eight digits of the id.
    pub record: String,
    /// The objects; none means all.
    pub objects: Vec<String>,
    /// The decision.
    pub decision: Decision,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Deletion is stopped, by `court`, `appeal` or `exculpatory`.
    Hold {
        /// By what.
        by: String,
        /// The order, appeal or claim.
        reference: String,
    },
    /// That no longer stops it.
    EndHold {
        /// What ended.
        by: String,
        /// Why.
        reason: String,
    },
    /// The filter team lets objects pass.
    Pass {
        /// Why.
        reason: String,
    },
    /// The filter team keeps objects from the investigators.
    Withhold {
        /// Why.
        reason: String,
    },
    /// A person decided on the last defect report.
    Defects {
        /// Whether it is accepted.
        accepted: bool,
        /// Why.
        reason: String,
    },
    /// Objects may clear somebody; deletion is stopped by that.
    Exculpatory {
        /// Whether they were disclosed before the other State could be told.
        disclosed_already: bool,
    },
    /// Objects were disclosed to the defence.
    Disclosed {
        /// To whom.
        to: String,
    },
    /// Disclosure is put off.
    DeferDisclosure {
        /// Until which day.
        until: String,
        /// Why, and by whose order.
        reason: String,
    },
    /// The person concerned was told.
    Told {
        /// Who.
        person: String,
    },
    /// Telling the person is put off.
    DeferNotice {
        /// Until which day.
        until: String,
        /// Why, and by whose order.
        reason: String,
    },
}

impl Action for DecideEvidence {
    const NAME: &'static str = "evidence.decide";
    const SUMMARY: &'static str =
        "enters a decision about a package: hold, filter, disclosure, notice, defects";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let (asker, by) = (ctx.clone(), ctx.by.clone());
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let Held { record, package, .. } = Held::find(desk, &self.record).await?;
                let hashes = hashes(&package, &objects(&package, &self.objects)?);
                let hand = hand(&asker, desk, None, ("", "", ""))?;
                if matches!(self.decision, Decision::Pass { .. } | Decision::Withhold { .. }) {
                    asker.evidence.is_filter_team(&asker, &hand)?;
                }
                let care = desk.care(record).await?;
                if matches!(self.decision, Decision::Defects { .. }) && !care.defects_open {
                    return Err(Fault::new("evidence/no-defects", "no defect report waits for a decision"));
                }
                for note in notes(self.decision, hashes)? {
                    desk.note(now, means.entropy(), record, by.clone(), note).await?;
                }
                Ok(Entered { ledger_size: desk.log().size() })
            })
        });
        entered.await?
    }
}

fn notes(decision: Decision, objects: Vec<Hash>) -> Result<Vec<Note>, Fault> {
    Ok(match decision {
        Decision::Pass { reason } => {
            let one = |object| Note::Passed { object, reason: reason.clone() };
            objects.into_iter().map(one).collect()
        }
        Decision::Withhold { reason } => {
            let one = |object| Note::Withheld { object, reason: reason.clone() };
            objects.into_iter().map(one).collect()
        }
        Decision::Hold { by, reference } => vec![Note::Held { hold: hold(&by)?, reference }],
        Decision::EndHold { by, reason } => vec![Note::HoldEnds { hold: hold(&by)?, reason }],
        Decision::Defects { accepted, reason } => vec![Note::DefectsDecided { accepted, reason }],
        Decision::Exculpatory { disclosed_already } => {
            vec![Note::Exculpatory { objects, disclosed_already }]
        }
        Decision::Disclosed { to } => vec![Note::Disclosed { objects, to }],
        Decision::DeferDisclosure { until, reason } => {
            vec![Note::DisclosureDeferred { until: day(&until)?, reason }]
        }
        Decision::Told { person } => vec![Note::PersonTold { person }],
        Decision::DeferNotice { until, reason } => vec![Note::NoticeDeferred { until: day(&until)?, reason }],
    })
}

fn hold(text: &str) -> Result<Hold, Fault> {
    match text {
        "court" => Ok(Hold::Court),
        "appeal" => Ok(Hold::Appeal),
        "exculpatory" => Ok(Hold::Exculpatory),
        other => Err(Fault::input(format!("`{other}` stops no deletion"))
            .help("write `court`, `appeal` or `exculpatory`")),
    }
}

fn day(text: &str) -> Result<Date, Fault> {
    text.parse().map_err(Fault::input)
}

/// The conditions of a package that were waived in its case.
pub(super) async fn waived(desk: &NodeDesk, package: &Package) -> Result<BTreeSet<u16>, Fault> {
    let file = desk.case_file(package.case).await?;
    Ok(file.map(|file| file.history.view().waived).unwrap_or_default())
}
