//! The indicators that logs are matched against: of files, and of a node.

use super::{AGAIN, WAIT, bar};
use crate::{Fault, held::Held, place::Place, reach};
use comity_node::{
    app::indicators::{HeldIndicators, IndicatorsShown},
    matching::{Form, Indicators},
    random::SystemRandom,
};
use std::path::PathBuf;
use tokio::{runtime::Runtime, sync::mpsc};

/// What was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    files: Vec<PathBuf>,
    held: Vec<Held>,
}

/// What a node holds, with where its answers have come to.
#[derive(Debug)]
struct Source {
    name: String,
    saved: Option<String>,
    next: Option<String>,
    generation: String,
}

/// What was gathered.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) indicators: Indicators,
    sources: Vec<Source>,
}

/// Pages that come, each with the number of its source, and why a node gave none.
pub(super) type Coming = mpsc::UnboundedReceiver<Result<(usize, IndicatorsShown), Fault>>;

impl Asked {
    /// From the words of the command: `held`, `saved:NAME`, or files.
    pub(super) fn of(words: &[PathBuf]) -> Asked {
        let mut asked = Asked { files: Vec::new(), held: Vec::new() };
        for word in words {
            match word.to_str().and_then(|word| word.parse().ok()) {
                Some(held) => asked.held.push(held),
                None => asked.files.push(word.clone()),
            }
        }
        asked
    }

    /// Whether a node is asked.
    pub(super) fn wants_a_node(&self) -> bool {
        !self.held.is_empty()
    }

    /// Reads the files, and asks the node page by page.
    pub(super) fn gather(&self, form: Option<Form>, place: Option<&Place>) -> Result<Gathered, Fault> {
        let bar = bar("indicators");
        let indicators = match self.files.as_slice() {
            [] => Indicators::none(&SystemRandom)?,
            files => Indicators::load(files, form, &SystemRandom, |_| bar.tick())?,
        };
        let mut gathered = Gathered { indicators, sources: Vec::new() };
        for held in &self.held {
            let saved = held.saved().map(str::to_owned);
            let name = saved.as_ref().map_or_else(|| "held".to_owned(), |name| format!("saved:{name}"));
            let source = Source { name, saved, next: None, generation: String::new() };
            gathered.sources.push(source);
        }
        if let Some(place) = place {
            gathered.fetch(place, &mut || bar.tick())?;
        }
        bar.finish_and_clear();
        Ok(gathered)
    }
}

impl Gathered {
    fn fetch(&mut self, place: &Place, told: &mut dyn FnMut()) -> Result<(), Fault> {
        for source in &mut self.sources {
            loop {
                let asked = source.asked(0);
                let page = reach::ask(place, asked)?;
                let more = page.more;
                source.came(&page);
                self.indicators.take_held(&source.name, &page);
                told();
                if !more {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Listens for what comes to a node that runs. Where none runs, nothing comes.
    pub(super) fn listen(&self, runtime: &Runtime, place: Option<&Place>) -> Coming {
        let (tell, coming) = mpsc::unbounded_channel();
        for (number, source) in self.sources.iter().enumerate() {
            let Some(place) = place.cloned() else { continue };
            let (tell, mut asked) = (tell.clone(), source.asked(WAIT));
            runtime.spawn(async move {
                let mut is_told = false;
                while !tell.is_closed() {
                    let news = match reach::call(&place, &asked).await {
                        Ok(Some(page)) => {
                            asked.after = Some(page.next.clone());
                            is_told = false;
                            Some(Ok((number, page)))
                        }
                        // Told once, and again only after the node has answered in between.
                        Err(fault) => (!std::mem::replace(&mut is_told, true)).then_some(Err(fault)),
                        Ok(None) => None,
                    };
                    let came = matches!(news, Some(Ok(_)));
                    let _gone = news.is_some_and(|news| tell.send(news).is_err());
                    if !came {
                        tokio::time::sleep(AGAIN).await;
                    }
                }
            });
        }
        coming
    }

    /// Takes what has come, and tells why nothing comes. Returns whether something was taken out at the node, so that all
    /// has to be gathered again.
    pub(super) fn take(&mut self, coming: &mut Coming, tell: &mut dyn FnMut(&Fault)) -> bool {
        while let Ok(news) = coming.try_recv() {
            let (number, page) = match news {
                Ok(news) => news,
                Err(fault) => {
                    tell(&fault);
                    continue;
                }
            };
            let Some(source) = self.sources.get_mut(number) else { continue };
            if source.generation != page.generation {
                return true;
            }
            source.came(&page);
            self.indicators.take_held(&source.name, &page);
        }
        false
    }
}

impl Source {
    fn asked(&self, wait: u32) -> HeldIndicators {
        HeldIndicators { saved: self.saved.clone(), after: self.next.clone(), wait: Some(wait) }
    }

    fn came(&mut self, page: &IndicatorsShown) {
        self.next = Some(page.next.clone());
        self.generation.clone_from(&page.generation);
    }
}
