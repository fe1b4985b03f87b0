//! Feeds: pulled from and pushed to other TAXII 2.1 servers, and pulled from MISP feeds and servers, when a person asks and on a
//! schedule.
//!
//! A cursor is kept after every page that is durable, so that a run that breaks off goes on where it was. To a server of
//! another party nothing is pushed that the border has not cleared for it: only records that have a position in its outbox.

mod misp;
mod running;

pub use running::Running;

use super::{Action, Ctx, Fault, house::enter, intake, peer::Entered};
use crate::{collections::Collection, http::remote::Remote, stop::Stopping};
use comity_exchange::{
    Act, DeskFault, Scope,
    feed::{Direction, Feed, Kind},
    taxii::{ADDED_LAST, Added, Status, envelope, read_envelope},
};
use comity_ledger::store::Kv;
use comity_record::{RecordId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    time::Duration,
};

/// Where cursors and reports are kept.
const FEEDS: &str = "feeds";
/// Objects of one page or request.
const PAGE: u32 = 1000;
/// Pages of one run, at most: a server that never ends is left for the next run.
const PAGES: usize = 10_000;
/// Reasons that a report gives one by one.
const REASONS: usize = 20;
/// How often it is looked which feed is due.
const LOOK: Duration = Duration::from_secs(20);
/// A server that gives no dates is asked again for this long before the last run; what is known is told apart.
const OVERLAP: i64 = 3600 * 1000;

/// Begins a feed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddFeed {
    /// Its name.
    pub name: String,
    /// `pull` or `push`.
    pub direction: String,
    /// `taxii`, `misp` for a MISP feed, or `misp-server`; without it the first.
    pub kind: Option<String>,
    /// The address of the other server's collection, or of the folder of a MISP feed.
    pub address: String,
    /// The user name there; without one the password is a bearer token, or a key of MISP.
    pub user: Option<String>,
    /// The password or token. It is kept in a file of the party's folder, never in the log.
    pub password: Option<String>,
    /// Pulled: the TLP of objects that carry none.
    pub unmarked: Option<String>,
    /// Pushed: the alias of the collection here.
    pub collection: Option<String>,
    /// Pushed: the party whose server it is, where that is another.
    pub to: Option<String>,
    /// Minutes between two runs; without it only when asked.
    pub minutes: Option<u32>,
}

/// Runs a feed now.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunFeed {
    /// Its name.
    pub name: String,
}

/// Ends a feed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EndFeed {
    /// Its name.
    pub name: String,
}

/// Lists the feeds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListFeeds {}

/// A feed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FeedShown {
    /// Its name.
    pub name: String,
    /// `pull` or `push`.
    pub direction: String,
    /// `taxii` or `misp`.
    pub kind: String,
    /// The other collection or folder.
    pub address: String,
    /// Minutes between two runs; 0 for none.
    pub minutes: u32,
    /// The last run, where there was one.
    pub last: Option<Report>,
    /// What the run that goes on at the moment has come to so far.
    #[serde(default)]
    pub running: Option<Report>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// When it began.
    pub at: String,
    /// Objects that were not known.
    pub new: u64,
    /// Further versions of known objects.
    pub changed: u64,
    /// Versions that were known.
    pub known: u64,
    /// Objects that were not taken, and events of a MISP feed.
    pub refused: u64,
    /// Events of a MISP feed that have not changed and were not fetched.
    #[serde(default)]
    pub unchanged: u64,
    /// Why, the first of them.
    pub reasons: Vec<String>,
    /// What ended it early, if anything did.
    pub fault: Option<String>,
}

/// What is kept of a feed between runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// After which date to go on: theirs for a pull, ours for a push.
    cursor: Option<String>,
    /// Records pushed to another party's server. What is cleared for it later lies before the cursor, so that there is none.
    #[serde(default)]
    pushed: BTreeSet<String>,
    /// Pulled of a MISP feed: when each event that was taken had last changed, in seconds since 1970.
    #[serde(default)]
    events: BTreeMap<String, i64>,
    /// The last run.
    last: Option<Report>,
    /// Runs that failed one after another.
    failures: u32,
    /// When the next is due, in milliseconds since 1970.
    due: i64,
}

impl Report {
    /// Counts something that was not taken, and tells why.
    pub(super) fn refuse(&mut self, why: &str) {
        self.refused += 1;
        self.tell(why);
    }

    /// Tells something, while there is room.
    fn tell(&mut self, why: &str) {
        if self.reasons.len() < REASONS {
            self.reasons.push(crate::http::shown(why, 300));
        }
    }
}

impl Action for AddFeed {
    const NAME: &'static str = "feed.add";
    const SUMMARY: &'static str =
        "begins a feed from or to a collection of another TAXII 2.1 server, or from a MISP feed or server";
    const SCOPE: Scope = Scope::Operate;
    type Reply = FeedShown;

    async fn run(self, ctx: &Ctx) -> Result<FeedShown, Fault> {
        let direction = match self.direction.as_str() {
            "pull" => Direction::Pull,
            "push" => Direction::Push,
            other => return Err(Fault::input(format!("`{other}` is neither `pull` nor `push`"))),
        };
        let kind = match self.kind.as_deref() {
            None | Some("taxii") => None,
            Some("misp") => Some(Kind::Misp),
            Some("misp-server") => Some(Kind::MispServer),
            Some(other) => {
                return Err(Fault::input(format!("`{other}` is none of `taxii`, `misp` and `misp-server`")));
            }
        };
        let to = self.to.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let feed = Feed {
            name: self.name,
            direction,
            address: self.address,
            user: self.user.unwrap_or_default(),
            unmarked: self.unmarked.as_deref().map_or(Ok(ctx.unmarked), str::parse).map_err(Fault::input)?,
            collection: self.collection.unwrap_or_default(),
            to: to.filter(|to| *to != ctx.party),
            minutes: self.minutes.unwrap_or(0),
            kind,
        };
        feed.check().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        if direction == Direction::Push {
            collection(ctx, &feed)?;
        }
        // The password first: a feed that begins has one. One without a feed is overwritten, or harmless.
        keep_secret(ctx, &feed.name, &self.password.unwrap_or_default())?;
        enter(ctx, Act::FeedBegins(feed.clone())).await?;
        Ok(shown(ctx, &feed, State::default()))
    }
}

impl Action for RunFeed {
    const NAME: &'static str = "feed.run";
    const SUMMARY: &'static str = "runs a feed now, and says what was new, changed, known and refused";
    const SCOPE: Scope = Scope::Import;
    type Reply = Report;

    async fn run(self, ctx: &Ctx) -> Result<Report, Fault> {
        let house = ctx.sequencer.house();
        let feed = house.feeds.get(&self.name).ok_or_else(|| none(&self.name))?;
        run(ctx, feed).await
    }
}

impl Action for EndFeed {
    const NAME: &'static str = "feed.end";
    const SUMMARY: &'static str = "ends a feed; what it brought stays";
    const SCOPE: Scope = Scope::Operate;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let entered = enter(ctx, Act::FeedEnds { name: self.name.clone() }).await?;
        ctx.collections
            .store()
            .put_many(FEEDS, &[(self.name.as_bytes().to_vec(), None)])
            .await
            .map_err(stored)?;
        let path = secret(ctx, &self.name);
        fs::remove_file(&path).map_err(|why| {
            Fault::new("feed/secret", format!("`{}` cannot be removed: {why}", path.display()))
        })?;
        Ok(entered)
    }
}

impl Action for ListFeeds {
    const NAME: &'static str = "feed.list";
    const SUMMARY: &'static str = "lists the feeds, with what their last run came to";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<FeedShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<FeedShown>, Fault> {
        let mut out = Vec::new();
        for feed in ctx.sequencer.house().feeds.values() {
            out.push(shown(ctx, feed, state(ctx, &feed.name).await?));
        }
        Ok(out)
    }
}

/// Runs the feeds that are due, until the node stops.
pub async fn keep(ctx: Ctx, mut stopping: Stopping) {
    while tokio::time::timeout(LOOK, stopping.wait()).await.is_err() {
        tokio::select! {
            () = run_due(&ctx) => {}
            () = stopping.wait() => return,
        }
    }
}

/// Runs the feeds that are due now, one after another.
pub async fn run_due(ctx: &Ctx) {
    for feed in ctx.sequencer.house().feeds.values().filter(|feed| feed.minutes > 0) {
        let due = state(ctx, &feed.name).await.is_ok_and(|state| state.due <= ctx.now().as_millis());
        if !due {
            continue;
        }
        if let Err(fault) = run(ctx, feed).await {
            tracing::warn!(feed = %feed.name, code = %fault.code, "a feed could not be run: {fault}");
        }
    }
}

/// Runs a feed, and keeps what it came to. A run that broke off is repeated later and later, up to 32 times its pause.
async fn run(ctx: &Ctx, feed: &Feed) -> Result<Report, Fault> {
    let mut state = state(ctx, &feed.name).await?;
    let mut report = Report { at: ctx.now().to_string(), ..Report::default() };
    let _run = ctx.feeds.begin(&feed.name, &report);
    let target = feed.target().ok_or_else(|| none(&feed.name))?;
    let path = secret(ctx, &feed.name);
    let password = fs::read_to_string(&path)
        .map_err(|why| Fault::new("feed/secret", format!("`{}` cannot be read: {why}", path.display())))?;
    let made = if feed.kind.is_some() { Remote::misp } else { Remote::taxii };
    let client = made(target, &feed.user, password.trim_end(), ctx.authorities.clone());
    let ran = match (feed.kind, feed.direction) {
        (Some(Kind::Misp | Kind::MispServer), _) => {
            misp::pull(ctx, feed, &client, &mut state, &mut report).await
        }
        (None, Direction::Pull) => pull(ctx, feed, &client, &mut state, &mut report).await,
        (None, Direction::Push) => push(ctx, feed, &client, &mut state, &mut report).await,
    };
    report.fault = ran.as_ref().err().map(|fault| format!("{fault} [{}]", fault.code));
    state.failures = if ran.is_err() { state.failures.saturating_add(1) } else { 0 };
    let pause = i64::from(feed.minutes).saturating_mul(60_000) << state.failures.min(5);
    state.due = ctx.now().as_millis().saturating_add(pause);
    state.last = Some(report.clone());
    keep_state(ctx, &feed.name, &state).await?;
    ran.map(|()| report)
}

/// Takes in page after page. Where a server says that there is more but gives no `next`, the last date leads on.
async fn pull(
    ctx: &Ctx,
    feed: &Feed,
    client: &Remote,
    state: &mut State,
    report: &mut Report,
) -> Result<(), Fault> {
    let began = ctx.now();
    let mut after = state.cursor.clone();
    let mut next: Option<String> = None;
    for _ in 0..PAGES {
        let (headers, body) = client.get(&page_after(after.as_deref(), next.as_deref())).await?;
        let page = read_envelope(&body).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let (more, token, empty) = (page.more, page.next.clone(), page.objects.is_empty());
        if !empty {
            intake::take_in(ctx, feed.unmarked, body, report).await?;
            ctx.feeds.tell(&feed.name, report);
        }
        let last = headers.get(ADDED_LAST).and_then(|value| value.to_str().ok());
        let last = last.filter(|last| last.parse::<Added>().is_ok()).map(str::to_owned);
        if last.is_some() {
            state.cursor.clone_from(&last);
            keep_state(ctx, &feed.name, state).await?;
        }
        match (more, token) {
            (true, Some(token)) if next.as_ref() != Some(&token) => next = Some(token),
            (true, None) if !empty && last.is_some() && last != after => (after, next) = (last, None),
            (true, _) => {
                return Err(Fault::new(
                    "feed/loop",
                    "the server says that there is more, and gives the same again",
                ));
            }
            (false, _) => {
                if last.is_none() && !empty {
                    let since = Timestamp::from_millis(began.as_millis().saturating_sub(OVERLAP));
                    state.cursor = Some(since.to_string());
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next page of the other collection. `next` repeats the filters that it was given out for.
fn page_after(after: Option<&str>, next: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(format!("limit={PAGE}"));
    for (name, value) in [("added_after", after), ("next", next)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("objects/?{}", query.finish())
}

/// Sends what came into the collection since the cursor.
async fn push(
    ctx: &Ctx,
    feed: &Feed,
    client: &Remote,
    state: &mut State,
    report: &mut Report,
) -> Result<(), Fault> {
    ctx.collections.reach(ctx.sequencer.size()).await?;
    let collection = collection(ctx, feed)?;
    let cleared = match &feed.to {
        Some(_) => Some(cleared(ctx, feed).await?),
        None => None,
    };
    let cursor = state.cursor.as_ref().filter(|_| cleared.is_none());
    let mut from = cursor.and_then(|date| date.parse().ok()).unwrap_or(Added::NEVER);
    let mut done = BTreeSet::new();
    loop {
        let items = ctx.collections.after(&collection, from, PAGE).await.map_err(stored)?;
        let Some(last) = items.last().map(|item| item.added) else { break };
        let records = ctx.collections.records_of(&items).await.map_err(stored)?;
        let bytes = ctx.collections.bytes(&items).await.map_err(stored)?;
        let mut going: Vec<Vec<u8>> = Vec::new();
        for (item, bytes) in items.iter().zip(bytes) {
            let (Some(record), Some(bytes)) = (records.get(&item.entry), bytes) else { continue };
            match &cleared {
                None => going.push(bytes),
                Some(cleared) if cleared.contains(record) && !state.pushed.contains(&record.to_string()) => {
                    done.insert(record.to_string());
                    going.push(bytes);
                }
                Some(_) => {}
            }
        }
        send(client, &going, report).await?;
        ctx.feeds.tell(&feed.name, report);
        from = last;
        state.cursor = Some(last.to_string());
        keep_state(ctx, &feed.name, state).await?;
    }
    state.pushed.extend(done);
    keep_state(ctx, &feed.name, state).await
}

/// Adds objects to the other collection, and counts what its status says of them.
async fn send(client: &Remote, objects: &[Vec<u8>], report: &mut Report) -> Result<(), Fault> {
    if objects.is_empty() {
        return Ok(());
    }
    let answer = client.add(envelope(objects.iter().map(Vec::as_slice), None)).await?;
    let status: Status = serde_json::from_slice(&answer)
        .map_err(|why| Fault::new("feed/status", format!("the server's status cannot be read: {why}")))?;
    report.new += status.success_count + status.pending_count;
    report.refused += status.failure_count;
    for one in &status.failures {
        report.tell(&format!("{}: {}", one.id, one.message.clone().unwrap_or_default()));
    }
    Ok(())
}

/// The records that the border has cleared for the party whose server it is: those with a position in its outbox.
async fn cleared(ctx: &Ctx, feed: &Feed) -> Result<BTreeSet<RecordId>, Fault> {
    let Some(to) = feed.to.clone() else { return Ok(BTreeSet::new()) };
    let given = ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.given(&to).await }));
    let given: Result<BTreeSet<RecordId>, DeskFault> = given.await?;
    Ok(given?)
}

fn collection(ctx: &Ctx, feed: &Feed) -> Result<Collection, Fault> {
    let found = ctx.collections.find(&feed.collection);
    found.ok_or_else(|| {
        Fault::new("feed/no-collection", format!("there is no collection `{}`", feed.collection))
            .help("`comity collection list` shows them")
    })
}

async fn state(ctx: &Ctx, name: &str) -> Result<State, Fault> {
    let found = ctx.collections.store().get(FEEDS, name.as_bytes(), 0).await.map_err(stored)?;
    let Some(bytes) = found else { return Ok(State::default()) };
    serde_json::from_slice(&bytes)
        .map_err(|why| Fault::new("feed/state", format!("the state of `{name}`: {why}")))
}

async fn keep_state(ctx: &Ctx, name: &str, state: &State) -> Result<(), Fault> {
    let bytes = serde_json::to_vec(state)
        .map_err(|why| Fault::new("feed/state", format!("the state of `{name}`: {why}")))?;
    ctx.collections.store().put_many(FEEDS, &[(name.as_bytes().to_vec(), Some(bytes))]).await.map_err(stored)
}

fn secret(ctx: &Ctx, name: &str) -> PathBuf {
    ctx.dir.join("feeds").join(format!("{name}.secret"))
}

fn keep_secret(ctx: &Ctx, name: &str, password: &str) -> Result<(), Fault> {
    let path = secret(ctx, name);
    let write = || {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(ctx.dir.join("feeds"))?;
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(password.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|why: std::io::Error| {
        Fault::new("feed/secret", format!("`{}` cannot be written: {why}", path.display()))
    })
}

fn shown(ctx: &Ctx, feed: &Feed, state: State) -> FeedShown {
    FeedShown {
        name: feed.name.clone(),
        direction: match feed.direction {
            Direction::Pull => "pull".to_owned(),
            Direction::Push => "push".to_owned(),
        },
        kind: feed.kind.map_or("taxii", Kind::word).to_owned(),
        address: feed.address.clone(),
        minutes: feed.minutes,
        last: state.last,
        running: ctx.feeds.of(&feed.name),
    }
}

fn none(name: &str) -> Fault {
    Fault::new("house/no-feed", format!("there is no feed `{}`", crate::http::shown(name, 60)))
}

fn stored(fault: comity_ledger::store::StoreFault) -> Fault {
    Fault::new(fault.code(), fault.to_string())
}
