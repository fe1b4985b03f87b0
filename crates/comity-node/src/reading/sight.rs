//! Who reads, and what that reader may see.

use crate::{
    app::{Ctx, Fault, share},
    projection::index::{ClassId, Known, WITHHELD},
};
use comity_border::{ClassCache, Request, Verdict};
use comity_record::{
    OfficerId, PartyCode,
    label::{HandlingCode, Personal, Purpose, Sovereign, Tlp},
};
use std::{collections::BTreeSet, sync::Arc};

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// An officer of the party itself, or its console. That the officer may read at all is the scope of the token.
    Own,
    /// An officer of another party, for a purpose.
    Other {
        /// The party.
        party: PartyCode,
        /// What for; our border judges under it.
        purpose: Purpose,
    },
    /// Somebody at home whom the party serves: a hospital, a bank, a provider.
    Constituent(OfficerId),
}

/// What a reader may see at a moment. It is worked out anew for every request, because law, packs and consents change.
#[derive(Clone, Debug)]
pub struct Sight {
    reader: Reader,
    classes: BTreeSet<ClassId>,
    request: Option<Request>,
}

/// Classes whose rulings are kept within one request.
const KEPT: usize = 4096;

impl Sight {
    /// What a reader may see now.
    pub async fn of(ctx: &Ctx, reader: Reader) -> Result<Sight, Fault> {
        let known = ctx.views.index().classes.all();
        match &reader {
            Reader::Own => {
                // What was derived here by redaction is there to cross; at home the original is shown.
                let shown = known.into_iter().filter(|(_, known)| !known.is_derived_by(&ctx.party));
                let classes = shown.map(|(id, _)| id).chain([WITHHELD]).collect();
                Ok(Sight { reader, classes, request: None })
            }
            Reader::Constituent(_) => {
                let shown = known.into_iter().filter(|(_, known)| serves_constituents(known));
                Ok(Sight { reader, classes: shown.map(|(id, _)| id).collect(), request: None })
            }
            Reader::Other { party, purpose } => {
                let (party, purpose) = (party.clone(), *purpose);
                let judged = ctx.sequencer.run(move |desk, means| {
                    Box::pin(async move {
                        let grounds = share::Grounds::default();
                        let request = share::request(desk, means.now(), &party, purpose, &grounds, None)?;
                        let classes = cleared(desk.law(), &known, &request);
                        Ok::<_, Fault>((request, classes))
                    })
                });
                let (request, classes) = judged.await??;
                Ok(Sight { reader, classes, request: Some(request) })
            }
        }
    }

    /// Who reads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The classes that the reader may see.
    pub fn classes(&self) -> &BTreeSet<ClassId> {
        &self.classes
    }

    /// Whether the reader is of the party itself. Its reads need no judgement.
    pub fn is_own(&self) -> bool {
        self.reader == Reader::Own
    }

    /// The crossing that our border was asked about, for a reader of another party.
    pub(super) fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }
}

/// The classes that may go to the receiver of a request as they are. A class that would have to be redacted first is not
/// among them; what was derived from it is a class of its own.
fn cleared(
    law: &comity_exchange::Law,
    known: &[(ClassId, Arc<Known>)],
    request: &Request,
) -> BTreeSet<ClassId> {
    let mut cache = ClassCache::new(KEPT);
    let mut classes = BTreeSet::new();
    for (id, known) in known {
        let stated = request.clone().stating(&law.register, &law.standing, &known.subject);
        let ruling = cache.rule(&law.packs, &law.register, &law.standing, &known.subject, &stated);
        if ruling.verdict == Verdict::Cleared {
            classes.insert(*id);
        }
    }
    classes
}

/// Whether constituents may see a class: no further than TLP:AMBER, which is for clients on a need-to-know basis (TLP 2.0
/// section 3), and nothing personal, of the sovereign sphere, restricted by a handling code, or alleging a State's part.
pub(crate) fn serves_constituents(known: &Known) -> bool {
    let labels = &known.subject.labels;
    let handling = labels.handling.as_ref().map(|handling| handling.code);
    matches!(labels.tlp, Tlp::Clear | Tlp::Green | Tlp::Amber)
        && labels.personal == Personal::None
        && labels.sovereign == Sovereign::Open
        && handling.is_none_or(|code| code == HandlingCode::H0)
        && labels.attribution_claim.is_none()
}
