//! `POST /api/v1/import`: a file of any length, spooled into the party's folder and imported from there, because an
//! import reads its input twice.

use super::{
    Fault,
    import::{ImportOptions, ImportShown, import_named, spool},
    lists::{ListOptions, Look},
    routes::Parties,
};
use crate::{
    http::{
        Problem,
        api::{Access, Call, Endpoint, Reply, Scope, Verb},
        shown,
    },
    random::Random,
};
use axum::body::Body;
use comity_record::UnitCode;
use http_body_util::BodyExt;
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::io::AsyncWriteExt;

/// The longest upload: 64 GiB, as for a file.
const LIMIT: u64 = 64 << 30;
/// How long an upload may pause.
const PAUSE: Duration = Duration::from_secs(60);

/// The endpoint.
pub fn endpoint() -> Endpoint<Parties> {
    let summary = "takes in a STIX bundle, also folded with zstd: its objects become records of our own";
    Endpoint::new("import", Verb::Post, "/api/v1/import", Access::Scope(Scope::Import), summary, serve)
        .query("unit", "the unit that is the author")
        .query("unmarked", "the TLP of objects without a marking; without it the configured one")
        .query("name", "the input's name in faults")
        .query("source", "what a list is called that is no STIX; without it, its name")
        .query(
            "format",
            "the format of a list: plain, csv, prose, csaf or kev; without it, what it looks like",
        )
        .query("columns", "the columns of a table, such as value=URL,date=date")
        .query("look", "`preview` to show a list only, `take` to take free text as well")
        .body("application/octet-stream", serde_json::json!({ "type": "string", "format": "binary" }))
        .body_limit(usize::try_from(LIMIT).unwrap_or(usize::MAX))
        .answer("application/json", schemars::schema_for!(ImportShown).to_value())
}

async fn serve(parties: Arc<Parties>, call: Call) -> Result<Reply, Problem> {
    let ctx = parties.ctx(call.grant()?)?;
    let unit: Option<UnitCode> = call.query("unit").map(str::parse).transpose().map_err(Fault::input)?;
    let unmarked = call.query("unmarked").map(str::parse).transpose().map_err(Fault::input)?;
    let name = shown(call.query("name").unwrap_or("input"), 200);
    let options =
        ImportOptions { unmarked: unmarked.unwrap_or(ctx.unmarked), unit, list: list_options(&call)? };
    let spooled = Spooled::new(&spool(&ctx.dir), &*ctx.random)?;
    spooled.fill(call.into_body()).await?;
    let imported = import_named(&ctx, &spooled.path, &name, options, |_| {}).await;
    drop(spooled);
    Reply::json(&imported?)
}

fn list_options(call: &Call) -> Result<ListOptions, Problem> {
    let look = match call.query("look") {
        None => Look::ByFormat,
        Some("preview") => Look::Preview,
        Some("take") => Look::Take,
        Some(other) => {
            let text = format!("`{}` is neither `preview` nor `take`", shown(other, 80));
            return Err(Fault::input(text).into());
        }
    };
    Ok(ListOptions {
        source: call.query("source").map(|text| shown(text, 200)),
        format: call.query("format").map(str::parse).transpose().map_err(Fault::input)?,
        columns: call.query("columns").map(|text| shown(text, 1000)),
        look,
    })
}

/// An input on disk that only the node's user reads; it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Spooled {
    path: PathBuf,
}

impl Spooled {
    pub(super) fn new(folder: &Path, random: &dyn Random) -> Result<Spooled, Fault> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|why| broken(&why))?;
        let id = random.id().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        Ok(Spooled { path: folder.join(format!("{id}.part")) })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file, for whoever writes it at once.
    pub(super) fn create(&self) -> Result<fs::File, Fault> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(&self.path).map_err(|why| broken(&why))
    }

    async fn fill(&self, mut body: Body) -> Result<(), Fault> {
        let mut options = tokio::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&self.path).await;
        let mut file = file.map_err(|why| broken(&why))?;
        let mut length = 0u64;
        loop {
            let frame = tokio::time::timeout(PAUSE, body.frame()).await;
            let frame = frame.map_err(|_| Fault::new("http/too-slow", "the body stopped coming"))?;
            let Some(frame) = frame else { break };
            let broke = |why: axum::Error| Fault::new("http/malformed", format!("the body broke off: {why}"));
            let Ok(piece) = frame.map_err(broke)?.into_data() else { continue };
            length += piece.len() as u64;
            if length > LIMIT {
                let text = format!("the body is longer than {LIMIT} bytes");
                return Err(Fault::new("import/too-long", text).help("split the input"));
            }
            file.write_all(&piece).await.map_err(|why| broken(&why))?;
        }
        file.flush().await.map_err(|why| broken(&why))
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_file(&self.path)
            && why.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%why, path = %self.path.display(), "an imported input could not be removed");
        }
    }
}

fn broken(why: &io::Error) -> Fault {
    Fault::new("import/spool", format!("the input could not be kept while it is read: {why}"))
}
