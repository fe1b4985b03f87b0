//! A hunt in a log that grows, until the process is stopped.

use super::{Form, Hunt};
use crate::{
    Exit, Fault, Screen,
    place::Place,
    reach,
    screen::Form as Spoken,
    verb::matching::{AGAIN, IN_DOCUMENT, IN_TABLE, PAUSE, WAIT},
};
use comity_node::app::{
    hunt::{FoundShown, Given, HeldPatterns, HuntShown, Judged, Next, follow},
    indicators::HeldIndicators,
};
use serde_json::json;
use std::time::Duration;
use tokio::{runtime::Runtime, sync::mpsc};

/// Hunts until it is stopped; then what was counted is shown. Lines are written as they are found.
pub(super) fn run(
    verb: &Hunt,
    files: Vec<Given>,
    judged: Judged<'_>,
    place: Option<&Place>,
    screen: &mut Screen<'_>,
) -> Result<HuntShown, Fault> {
    let ([log], false) = (verb.logs.as_slice(), verb.logs.iter().any(|log| log.as_os_str() == "-")) else {
        return Err(Fault::new(Exit::Usage, "match/follow-one", "only one file can be followed"));
    };
    let runtime = reach::runtime()?;
    let (held, mut coming) = match place {
        Some(place) => {
            // First the place to listen from, then what is there: nothing that comes in between is missed.
            let after = last(place)?;
            (reach::ask(place, HeldPatterns {})?, Some(listen(&runtime, place.clone(), after)))
        }
        None => (Vec::new(), None),
    };
    let mut stop = Box::pin(tokio::signal::ctrl_c());
    let told = std::cell::RefCell::new(Told { verb, screen, kept: Vec::new() });
    let next = &mut |read: bool| {
        told.borrow_mut().screen.show_now();
        let waiting = || coming.as_mut().and_then(|coming| coming.try_recv().ok());
        if let Some(news) = std::iter::from_fn(waiting).last() {
            match news.and_then(|()| held_by(place)) {
                Ok(held) => return Ok(Next::With(held)),
                Err(fault) => told.borrow_mut().screen.fault(&fault),
            }
        }
        let pause = if read { Duration::ZERO } else { PAUSE };
        let stopped = runtime.block_on(async { tokio::time::timeout(pause, &mut stop).await }).is_ok();
        Ok(if stopped { Next::Stop } else { Next::On })
    };
    let shown = follow(files, held, judged, log, &mut |found| told.borrow_mut().take(found), next)?;
    Ok(HuntShown { found: told.into_inner().kept, ..shown })
}

/// What is told while a log is followed.
struct Told<'t, 's> {
    verb: &'t Hunt,
    screen: &'t mut Screen<'s>,
    kept: Vec<FoundShown>,
}

impl Told<'_, '_> {
    fn take(&mut self, found: FoundShown) {
        if self.verb.form == Form::Lines && self.screen.form() == Spoken::Text {
            return self.screen.verbatim(&json!(found).to_string());
        }
        let most = if self.screen.form() == Spoken::Json { IN_DOCUMENT } else { IN_TABLE };
        if self.kept.len() < most {
            self.kept.push(found);
        }
    }
}

fn held_by(place: Option<&Place>) -> Result<Vec<Given>, Fault> {
    place.map_or_else(|| Ok(Vec::new()), |place| reach::ask(place, HeldPatterns {}))
}

/// The date of what came to the node last.
fn last(place: &Place) -> Result<Option<String>, Fault> {
    let mut after = None;
    loop {
        let page = reach::ask(place, HeldIndicators { saved: None, after, wait: Some(0) })?;
        after = Some(page.next);
        if !page.more {
            return Ok(after);
        }
    }
}

/// Says whenever something came to a node that runs, or why nothing comes. Where none runs, nothing does.
fn listen(
    runtime: &Runtime,
    place: Place,
    after: Option<String>,
) -> mpsc::UnboundedReceiver<Result<(), Fault>> {
    let (tell, coming) = mpsc::unbounded_channel();
    runtime.spawn(async move {
        let mut asked = HeldIndicators { saved: None, after, wait: Some(WAIT) };
        let (mut generation, mut is_told) = (None, false);
        while !tell.is_closed() {
            let reply = reach::call(&place, &asked).await;
            let answered = matches!(reply, Ok(Some(_)));
            let news = match reply {
                Ok(Some(page)) => {
                    let next = Some(page.next);
                    let changed = generation
                        .replace(page.generation.clone())
                        .is_some_and(|known| known != page.generation);
                    let came = changed || next != asked.after;
                    (asked.after, is_told) = (next, false);
                    came.then_some(Ok(()))
                }
                // Told once, and again only after the node has answered in between.
                Err(fault) => (!std::mem::replace(&mut is_told, true)).then_some(Err(fault)),
                Ok(None) => None,
            };
            let _gone = news.is_some_and(|news| tell.send(news).is_err());
            if !answered {
                tokio::time::sleep(AGAIN).await;
            }
        }
    });
    coming
}
