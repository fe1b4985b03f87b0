//! The way to a party: the local API of its running node, or its folder opened by this process.
//!
//! Both do the same [`Action`], so that it makes no difference to the answer which of them is there.

use crate::{Exit, Fault, place::Place};
use comity_node::{
    app::{
        Action, Hosted,
        evidence::Bench,
        feed::{ListFeeds, Report, RunFeed},
        import::{ImportOptions, ImportShown, Progress, import_file},
    },
    clock::Clock,
    config::{Party, Text},
    http::api::ApiClient,
    random::SystemRandom,
};
use std::{fs, io, path::Path, sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Asks a party for something.
pub fn ask<A: Action>(place: &Place, action: A) -> Result<A::Reply, Fault> {
    runtime()?.block_on(async {
        match running(place).await? {
            Some(node) => Ok(node.call(&action).await?),
            None => here(place, action).await,
        }
    })
}

/// Tells the party's node something, where one runs.
pub fn tell<A: Action>(place: &Place, action: A) -> Result<Option<A::Reply>, Fault> {
    runtime()?.block_on(async {
        match running(place).await? {
            Some(node) => Ok(Some(node.call(&action).await?)),
            None => Ok(None),
        }
    })
}

/// Asks the party's running node, from within a task; `None` where none runs.
pub async fn call<A: Action>(place: &Place, action: &A) -> Result<Option<A::Reply>, Fault> {
    match running(place).await? {
        Some(node) => Ok(Some(node.call(action).await?)),
        None => Ok(None),
    }
}

/// Has a party import a file. `progress` hears how many bytes of how many are done.
pub fn import(
    place: &Place,
    file: &Path,
    options: &ImportOptions,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<ImportShown, Fault> {
    let found = fs::metadata(file).map_err(|failed| Fault::file(file, &failed))?;
    if found.is_dir() {
        return Err(Fault::file(file, &io::ErrorKind::IsADirectory.into()));
    }
    let length = found.len();
    runtime()?.block_on(async {
        if let Some(node) = running(place).await? {
            return Ok(node.import(file, options, move |sent| progress(sent, length)).await?);
        }
        let hosted = open(place).await?;
        let read = move |at: Progress| progress(at.bytes, at.total);
        let imported = import_file(&hosted.ctx, file, options.clone(), read).await;
        hosted.close().await?;
        Ok(imported?)
    })
}

/// A way to a party that is kept open over several actions: what one of them began, the next goes on with.
#[derive(Debug)]
pub struct Way {
    runtime: Runtime,
    door: Door,
}

#[derive(Debug)]
enum Door {
    Running(ApiClient),
    Here(Box<Hosted>),
}

impl Way {
    /// Opens it: to the running node, or to the folder.
    pub fn open(place: &Place) -> Result<Way, Fault> {
        let runtime = runtime()?;
        let door = runtime.block_on(async {
            match running(place).await? {
                Some(node) => Ok::<_, Fault>(Door::Running(node)),
                None => Ok(Door::Here(Box::new(open(place).await?))),
            }
        })?;
        Ok(Way { runtime, door })
    }

    /// Asks for something.
    pub fn ask<A: Action>(&self, action: A) -> Result<A::Reply, Fault> {
        self.runtime.block_on(async {
            match &self.door {
                Door::Running(node) => Ok(node.call(&action).await?),
                Door::Here(hosted) => Ok(action.run(&hosted.ctx).await?),
            }
        })
    }

    /// Does some work with it, and closes it whatever came of that.
    pub fn with<T>(place: &Place, work: impl FnOnce(&Way) -> Result<T, Fault>) -> Result<T, Fault> {
        let way = Way::open(place)?;
        let done = work(&way);
        let closed = match way.door {
            Door::Running(_) => Ok(()),
            Door::Here(hosted) => way.runtime.block_on(hosted.close()).map_err(Fault::from),
        };
        let value = done?;
        closed.map(|()| value)
    }
}

/// The threads that a verb's work is done on.
pub fn runtime() -> Result<Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|failed| Fault::new(Exit::Fault, "cli/runtime", failed.to_string()))
}

/// How often it is asked how far a feed is.
const LOOK: Duration = Duration::from_millis(500);

/// Runs a feed. `progress` hears what the run has come to while it goes on.
pub fn run_feed(place: &Place, name: &str, progress: impl Fn(&Report)) -> Result<Report, Fault> {
    let action = RunFeed { name: name.to_owned() };
    runtime()?.block_on(async {
        if let Some(node) = running(place).await? {
            let mut run = std::pin::pin!(node.call(&action));
            loop {
                tokio::select! {
                    report = &mut run => return Ok(report?),
                    () = tokio::time::sleep(LOOK) => {}
                }
                let feeds = node.call(&ListFeeds {}).await.unwrap_or_default();
                feeds
                    .iter()
                    .filter(|feed| feed.name == name)
                    .filter_map(|feed| feed.running.as_ref())
                    .for_each(&progress);
            }
        }
        let hosted = open(place).await?;
        let ran = {
            let mut run = std::pin::pin!(action.run(&hosted.ctx));
            loop {
                tokio::select! {
                    ran = &mut run => break ran,
                    () = tokio::time::sleep(LOOK) => hosted.ctx.feeds.of(name).iter().for_each(&progress),
                }
            }
        };
        hosted.close().await?;
        Ok(ran?)
    })
}

async fn running(place: &Place) -> Result<Option<ApiClient>, Fault> {
    Ok(ApiClient::find(&place.config, &place.party).await?)
}

async fn here<A: Action>(place: &Place, action: A) -> Result<A::Reply, Fault> {
    let hosted = open(place).await?;
    let reply = action.run(&hosted.ctx).await;
    hosted.close().await?;
    Ok(reply?)
}

async fn open(place: &Place) -> Result<Hosted, Fault> {
    let settings = place.config.party.get(&Text(place.party.clone())).cloned().unwrap_or_else(Party::default);
    let data_dir = &place.config.node.data_dir;
    let random = Arc::new(SystemRandom);
    let mut hosted = Hosted::open(data_dir, &place.party, &settings, Clock::system(), random).await?;
    hosted.ctx.witness = place.config.witness.clone();
    hosted.ctx.evidence = Bench::of(&place.config);
    Ok(hosted)
}
