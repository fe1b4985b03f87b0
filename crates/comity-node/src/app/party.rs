//! A hosted party: its folder, keys, store, vault and desk, opened together and closed together.

use super::{
    Ctx, Fault, SealedBodies, Sequencer,
    accord::agree,
    erasures::Erasures,
    import,
    lookup::{Asking, LookupKeys},
    roster::Roster,
    sequencer::NodeDesk,
    warnings::Warnings,
};
use crate::{
    clock::Clock,
    collections::{CollectionKeys, Collections},
    config,
    keys::{KeyFault, Keys},
    projection::{
        self, Feed, Projectors, Views, Words,
        index::{IndexKey, Text},
        leave_out,
    },
    random::Random,
    reading::Reader,
    stop::Stop,
};
use comity_border::{Adoption, Disclosure, Layer, PackText, Packs, Standing, StandingEntries};
use comity_exchange::{Begin, Desk, Law, RecallRule, Signers, turn::RootStatement};
use comity_law::{Files, Register};
use comity_record::{Canonical, KeyPurpose, Letter, PartyCode, RootSigned};
use comity_store::{AnyStore, FjallOptions, FjallStore, PostgresOptions, PostgresStore};
use comity_threat::Tables;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::task::JoinHandle;

/// A party of this process, opened.
#[derive(Debug)]
pub struct Hosted {
    /// What actions need; `by` is the console.
    pub ctx: Ctx,
    /// Its keys.
    pub keys: Keys,
    /// Its own letter.
    pub letter: Letter,
    /// Its store, to be closed at the end.
    pub store: AnyStore,
    task: JoinHandle<NodeDesk>,
    projectors: Projectors,
}

/// The folder of a party below the data folder.
pub fn folder(data_dir: &Path, party: &PartyCode) -> PathBuf {
    data_dir.join(party.as_str())
}

impl Hosted {
    /// Opens a party whose keys and letter were made by `init`.
    pub async fn open(
        data_dir: &Path,
        code: &PartyCode,
        settings: &config::Party,
        clock: Clock,
        random: Arc<dyn Random>,
    ) -> Result<Hosted, Fault> {
        let dir = folder(data_dir, code);
        let now = clock.now();
        let keys = Keys::open(&dir).map_err(key_fault)?;
        let signed: RootSigned<Letter> = keys.own_letter().map_err(key_fault)?;
        let letter = signed.introduce().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let checkpoint = keys.checkpoint_signers(now).map_err(key_fault)?;
        let signers = Signers {
            record: keys.signer(KeyPurpose::Record, now).map_err(key_fault)?,
            checkpoint_ed25519: checkpoint.ed25519,
            checkpoint_ml_dsa_44: checkpoint.ml_dsa_44,
        };
        let exercise = is_exercise(code);
        let law = law(code, settings, exercise)?;
        let store = open_store(&dir, settings).await?;
        let bodies = SealedBodies::open(store.clone(), &dir.join("epoch.key")).await;
        let bodies = bodies
            .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })?;
        let feed = Feed::new(store.clone(), bodies.clone());
        let tables = Tables::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let tables = Arc::new(tables);
        let keys_of_rows = CollectionKeys::open(&dir.join("collections.key"), &*random);
        let keys_of_rows = keys_of_rows.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let key = IndexKey::open_at(&dir.join("index.key"), &*random)?;
        let (stop, stopping) = Stop::new();
        agree(&store, &clock, [key.stamp(), keys_of_rows.stamp()], stopping).await?;
        let (mut collections, view) =
            Collections::new(code.clone(), feed.clone(), bodies.clone(), Arc::clone(&tables), keys_of_rows);
        let begin = Begin {
            party: code.clone(),
            store: store.clone(),
            bodies,
            signers,
            letter: letter.clone(),
            law,
            disclosure: Disclosure::Full,
            tables,
        };
        let mut desk = Desk::open(begin).await?;
        desk.set_recall_rule(match settings.recall.0 {
            config::RecallHandling::Narrow => RecallRule::Narrow,
            config::RecallHandling::Ask => RecallRule::Ask,
        });
        // Peers that took an earlier letter are told of this one as soon as our head is confirmed.
        if !desk.peers().is_empty() {
            desk.intend(RootStatement::Letter(signed.to_bytes().into()))?;
        }
        let inputs_kept = desk.inputs_kept(&register_files(exercise)).await?;
        let (sequencer, task) = Sequencer::start(desk, clock.clone(), Arc::clone(&random));
        if !inputs_kept {
            keep_inputs(&sequencer, exercise).await?;
        }
        finish_erasures(&sequencer, &store, feed.bodies()).await?;
        import::clear_spool(&dir)?;
        let words = words_of(settings, &store).await?;
        let lookup_keys = LookupKeys::open_at(&dir.join("lookup.key"), code, &*random, now.date())?;
        let keys_of_views = (key, lookup_keys.clone());
        let (mut views, mut projectors) =
            Views::start(feed.clone(), keys_of_views, words, &sequencer.changes(), stop);
        let started = projection::start(view, feed, sequencer.changes(), projectors.stopping());
        collections.follow(started.0.clone());
        projectors.add(&mut views, started);
        let (party, unmarked) = (code.clone(), settings.default_tlp.0);
        let authorities = settings.feed_authorities.clone();
        let ctx = Ctx {
            party,
            sequencer,
            views,
            collections,
            warnings: Warnings::of(&settings.warning_lists),
            feeds: super::feed::Running::default(),
            authorities,
            clock,
            random,
            dir,
            reader: Reader::Own,
            offered: Arc::default(),
            by: None,
            unmarked,
            witness: config::Witness::default(),
            caller: None,
            asking: Asking::default(),
            lookup_keys,
            evidence: super::evidence::Bench::default(),
            exercise,
        };
        Ok(Hosted { ctx, keys, letter, store, task, projectors })
    }

    /// The roster and its changes.
    pub fn roster(&self) -> tokio::sync::watch::Receiver<Roster> {
        self.ctx.sequencer.roster()
    }

    /// Ends the party's work: what waits is done, then the store is closed, so that the next start replays nothing.
    pub async fn close(self) -> Result<(), Fault> {
        self.projectors.end().await;
        drop(self.ctx);
        let desk = self.task.await.map_err(|fault| Fault::new("node/sequencer", fault.to_string()))?;
        drop(desk);
        if let AnyStore::Fjall(store) = &self.store {
            store.close().await.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        }
        Ok(())
    }
}

/// Carries out what a crash left undone, in the sequencer's turn: another process may be at it.
async fn finish_erasures(
    sequencer: &Sequencer,
    store: &AnyStore,
    bodies: &SealedBodies,
) -> Result<(), Fault> {
    if Erasures::of_log(store).await?.unfinished(bodies).await?.is_empty() {
        return Ok(());
    }
    let (store, bodies) = (store.clone(), bodies.clone());
    let finished = sequencer.run(move |_, _| {
        Box::pin(async move {
            let erasures = Erasures::of_log(&store).await?;
            erasures.unfinished(&bodies).await?.carry_out(&bodies).await
        })
    });
    finished.await?
}

/// Keeps packs and register as the sequencer's first job: other processes may be at work on the ledger.
async fn keep_inputs(sequencer: &Sequencer, exercise: bool) -> Result<(), Fault> {
    let kept = sequencer
        .run(move |desk, _| Box::pin(async move { desk.keep_inputs(&register_files(exercise)).await }));
    Ok(kept.await??)
}

/// Whether the index of words is kept; where it is not, none is left from earlier.
async fn words_of(settings: &config::Party, store: &AnyStore) -> Result<Words, Fault> {
    if settings.index_words {
        return Ok(Words::Kept);
    }
    let left_out = leave_out::<Text>(store).await;
    left_out.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    Ok(Words::LeftOut)
}

/// Whether a code is that of an invented State: ISO 3166 leaves XA to XZ to users.
pub fn is_exercise(code: &PartyCode) -> bool {
    matches!(code.as_str(), "XA" | "XB" | "XC")
}

pub(super) async fn open_store(dir: &Path, settings: &config::Party) -> Result<AnyStore, Fault> {
    let opened = match &settings.store {
        config::StoreChoice::Embedded => {
            FjallStore::open(&dir.join("store"), FjallOptions::default()).await.map(AnyStore::Fjall)
        }
        config::StoreChoice::Postgres { url, schema } => {
            PostgresStore::open(PostgresOptions::new(url.reveal(), schema.as_str()))
                .await
                .map(AnyStore::Postgres)
        }
    };
    opened.map_err(|fault| {
        let plain = Fault::new(fault.code(), fault.to_string());
        match fault {
            comity_ledger::store::StoreFault::Unreachable { .. } => plain.help(
                "if a node is running on this folder, ask it by its API; the verbs do so by themselves",
            ),
            _ => plain,
        }
    })
}

/// What the register is loaded from; the invented States have their own rows beside.
fn register_files(exercise: bool) -> Files<'static> {
    if exercise { Files::with_exercise() } else { Files::shipped() }
}

fn law(code: &PartyCode, settings: &config::Party, exercise: bool) -> Result<Law, Fault> {
    let register = Register::load(&register_files(exercise));
    let register = register.map_err(|faults| listed("law/register", &faults))?;
    let mut national = Vec::new();
    for folder in &settings.packs {
        national.extend(read_packs(code, folder)?);
    }
    let packs = Packs::for_party(code, &Adoption::Whole, national)
        .map_err(|faults| listed("border/packs", &faults))?;
    let standing = Standing::new(StandingEntries::default());
    Ok(Law { register: Arc::new(register), packs: Arc::new(packs), standing })
}

fn listed<T: std::fmt::Display>(code: &str, faults: &[T]) -> Fault {
    let lines: Vec<String> = faults.iter().take(20).map(ToString::to_string).collect();
    Fault::new(code, lines.join("; ")).help(
        "`comity law check FILE` lists every fault with line and column, of a pack that is named after its party, \
         such as `XB.cedar`",
    )
}

fn read_packs(party: &PartyCode, folder: &Path) -> Result<Vec<PackText>, Fault> {
    let unreadable =
        |why: std::io::Error| Fault::new("border/pack-unreadable", format!("`{}`: {why}", folder.display()));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    let mut texts = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "cedar")) {
        let text = fs::read_to_string(path).map_err(unreadable)?;
        texts.push(PackText {
            file: path.display().to_string(),
            layer: Layer::National(party.clone()),
            text,
        });
    }
    Ok(texts)
}

pub(super) fn key_fault(fault: KeyFault) -> Fault {
    Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) }
}
