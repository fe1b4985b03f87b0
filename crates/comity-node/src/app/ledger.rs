//! The ledger's head and files: overridden, given out, and those of a peer verified.

use super::{Action, Ctx, Fault, link::chain, party::key_fault, sequencer::NodeDesk, to_hex};
use crate::{
    http::{
        api::Token,
        exchange::{ClientLimits, PeerClient, PeerFault},
    },
    keys::Keys,
    tls::{Peers, TlsIdentity},
};
use comity_exchange::{DeskFault, House, Scope, desk::CHECKPOINTS};
use comity_ledger::{
    CheckpointKeys, LogFault, SignedCheckpoint,
    files::{FilesCheck, FilesFault, FilesFound},
    store::Kv,
    tile::TilePath,
    witness::load,
};
use comity_record::{KeyPurpose, Letter, OfficerId, PartyCode, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// The newest signed checkpoint, with the cosignatures gathered so far.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerHead {}

/// A checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeadShown {
    /// How many entries it is of.
    pub size: u64,
    /// The signed note (C2SP tlog-checkpoint).
    pub checkpoint: String,
}

/// Files of the ledger in the layout of C2SP tlog-tiles.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerFiles {
    /// Paths such as `tile/0/000` or `tile/entries/000.p/12`; at most 256.
    pub paths: Vec<String>,
}

/// Files as asked for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FilesShown {
    /// The bytes of each in hexadecimal digits, in the order asked; absent where there is no such file.
    pub files: Vec<Option<String>>,
}

/// Verifies the ledger that a peer serves: its checkpoint and every tile, over mutual TLS.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifyPeer {
    /// The peer, by its code or by the address of its letter.
    pub peer: String,
}

/// A peer's ledger that verified.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PeerVerified {
    /// The peer.
    pub party: String,
    /// How many entries.
    pub size: u64,
    /// The root.
    pub root: String,
    /// When it was stated.
    pub stated: String,
    /// Tiles that agree with the root.
    pub tiles: u64,
    /// Bundles of entries that agree with their tiles.
    pub bundles: u64,
    /// Bundles that the peer does not give.
    pub bundles_absent: u64,
    /// The names of those among our peers, and of ourselves, who cosigned it.
    pub cosigned: Vec<String>,
    /// The size that we cosigned last, which was found to be its beginning.
    pub seen: Option<u64>,
}

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

/// Paths of one request, at most.
const MOST_PATHS: usize = 256;

impl Action for LedgerHead {
    const NAME: &'static str = "ledger.head";
    const SUMMARY: &'static str = "the newest signed checkpoint, with its cosignatures";
    const SCOPE: Scope = Scope::Read;
    type Reply = HeadShown;

    async fn run(self, ctx: &Ctx) -> Result<HeadShown, Fault> {
        let newest = ctx.sequencer.run(|desk, means| {
            let now = means.now();
            Box::pin(async move { newest(desk, now).await })
        });
        let (size, note) = newest.await??;
        Ok(HeadShown { size, checkpoint: String::from_utf8_lossy(&note).into_owned() })
    }
}

/// The checkpoint of the present head, or the last that was signed where none may be signed now.
async fn newest(desk: &mut NodeDesk, now: Timestamp) -> Result<(u64, Vec<u8>), Fault> {
    let size = desk.log().size();
    match desk.checkpoint(now).await {
        Ok(note) => Ok((size, note)),
        Err(DeskFault::Unconfirmed { .. }) => {
            let signed = desk.store().list(CHECKPOINTS, b"", u32::MAX, now.as_millis()).await;
            let signed = signed.map_err(DeskFault::from)?.into_iter().rev();
            let mut sized =
                signed.filter_map(|(key, note)| Some((u64::from_be_bytes(*key.first_chunk()?), note)));
            let none = || Fault::new("ledger/no-checkpoint", "no checkpoint was signed yet");
            sized.find(|(at, _)| *at <= size).ok_or_else(none)
        }
        Err(fault) => Err(fault.into()),
    }
}

impl Action for LedgerFiles {
    const NAME: &'static str = "ledger.files";
    const SUMMARY: &'static str = "files of the ledger in the layout of C2SP tlog-tiles";
    const SCOPE: Scope = Scope::Read;
    type Reply = FilesShown;

    async fn run(self, ctx: &Ctx) -> Result<FilesShown, Fault> {
        let read: Option<Vec<TilePath>> = self.paths.iter().map(|path| TilePath::parse(path)).collect();
        let paths = read.filter(|paths| paths.len() <= MOST_PATHS);
        let paths =
            paths.ok_or_else(|| Fault::input("these are not at most 256 paths of a ledger's files"))?;
        let files = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let mut files = Vec::with_capacity(paths.len());
                for path in paths {
                    files.push(match desk.tile(path).await {
                        Ok(bytes) => bytes.map(|bytes| to_hex(&bytes)),
                        Err(DeskFault::Log(LogFault::Lost { .. })) => None,
                        Err(fault) => return Err(fault),
                    });
                }
                Ok(files)
            })
        });
        Ok(FilesShown { files: files.await?? })
    }
}

/// What is known of a peer before it is asked.
struct Known {
    party: PartyCode,
    letter: Letter,
    /// The letters of all, for cosignatures: the peers' and our own.
    letters: Vec<Letter>,
    /// The head that we cosigned last.
    seen: Option<comity_ledger::TreeHead>,
}

impl Action for VerifyPeer {
    const NAME: &'static str = "ledger.verify-peer";
    const SUMMARY: &'static str = "verifies the ledger that a peer serves: its checkpoint and every tile";
    const SCOPE: Scope = Scope::Read;
    type Reply = PeerVerified;

    async fn run(self, ctx: &Ctx) -> Result<PeerVerified, Fault> {
        let wanted = self.peer;
        let known = ctx.sequencer.run(move |desk, means| {
            let now = means.now();
            Box::pin(async move { known(desk, &wanted, now).await })
        });
        let known = known.await??;
        let client = client(ctx)?;
        let asked = Asked { client, address: known.letter.address.clone(), party: known.party.clone() };
        let note = asked.checkpoint().await?;
        let keys = CheckpointKeys::of_letter(&known.letter, ctx.now());
        let signed = keys.iter().find_map(|keys| keys.verify(&note).ok()).ok_or_else(|| {
            let text = format!(
                "the checkpoint that `{}` serves is not signed by the keys of its letter",
                known.party
            );
            Fault::new("ledger/checkpoint-signature", text)
        })?;
        let found = asked.files(&known, &signed).await?;
        let head = signed.head();
        Ok(PeerVerified {
            party: known.party.to_string(),
            size: head.size,
            root: head.root.to_string(),
            stated: signed.stated().to_string(),
            tiles: found.tiles,
            bundles: found.bundles,
            bundles_absent: found.bundles_absent,
            cosigned: cosigners(&known, &signed, ctx.now()),
            seen: known.seen.map(|head| head.size),
        })
    }
}

async fn known(desk: &NodeDesk, wanted: &str, now: Timestamp) -> Result<Known, Fault> {
    let named = |party: &PartyCode, letter: &Letter| {
        party.as_str().eq_ignore_ascii_case(wanted) || letter.address == wanted
    };
    let found = desk.peers().iter().find(|(party, peer)| named(party, &peer.letter));
    let (party, peer) = found.ok_or_else(|| {
        let shown: String = wanted.chars().take(100).collect();
        Fault::new(
            "exchange/no-such-peer",
            format!("no letter accepted here is of `{shown}` or names that address"),
        )
        .help("`comity peer list` shows the peers with their addresses")
    })?;
    if peer.letter.address.is_empty() {
        return Err(Fault::new("exchange/no-address", format!("the letter of `{party}` names no address"))
            .help("ask it for `comity ledger export`, and verify the folder"));
    }
    let watched = load(desk.store(), &peer.letter.ledger, now).await;
    let watched = watched.map_err(|fault| Fault::new(fault.code(), chain(&fault)))?;
    let seen = Some(watched.head()).filter(|head| head.size > 0);
    let letters = desk.peers().values().map(|peer| peer.letter.clone()).chain([desk.letter().clone()]);
    Ok(Known { party: party.clone(), letter: peer.letter.clone(), letters: letters.collect(), seen })
}

/// A client with the party's own identity.
fn client(ctx: &Ctx) -> Result<PeerClient, Fault> {
    let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
    let signer = keys.signer(KeyPurpose::Tls, ctx.now()).map_err(key_fault)?;
    let identity = TlsIdentity::new(ctx.party.clone(), signer);
    let identity = identity.map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let peers = Arc::new(Peers::new(ctx.sequencer.roster().borrow().table(&ctx.party)));
    Ok(PeerClient::new(identity, peers, ctx.clock.clone(), ClientLimits::default()))
}

/// A peer that is asked for its files.
struct Asked {
    client: PeerClient,
    address: String,
    party: PartyCode,
}

impl Asked {
    async fn checkpoint(&self) -> Result<Vec<u8>, Fault> {
        let missing = || Fault::new("ledger/no-checkpoint", format!("`{}` serves no checkpoint", self.party));
        self.patiently(None).await?.ok_or_else(missing)
    }

    /// A file; `None` where the peer has none.
    async fn file(&self, path: TilePath) -> Result<Option<Vec<u8>>, Fault> {
        let path = path.to_string();
        self.patiently(Some(path.strip_prefix("tile/").unwrap_or(&path))).await
    }

    /// The checkpoint, or the tile at a path. Asks again where the peer says so: a large ledger has more tiles than its
    /// quota allows in a minute.
    async fn patiently(&self, path: Option<&str>) -> Result<Option<Vec<u8>>, Fault> {
        let mut waits = 0;
        loop {
            let given = match path {
                None => self.client.checkpoint(&self.address, &self.party).await,
                Some(path) => self.client.tile(&self.address, &self.party, path).await,
            };
            match given {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(PeerFault::Refused { status: 404, .. }) => return Ok(None),
                Err(PeerFault::Busy { seconds, .. }) if waits < MOST_WAITS => {
                    waits += 1;
                    tokio::time::sleep(Duration::from_secs(seconds.into())).await;
                }
                Err(fault) => {
                    return Err(Fault { help: fault.help(), ..Fault::new(fault.code(), chain(&fault)) });
                }
            }
        }
    }

    async fn files(&self, known: &Known, signed: &SignedCheckpoint) -> Result<FilesFound, Fault> {
        let refused = |fault: FilesFault| Fault::new(fault.code(), fault.to_string());
        let (head, party) = (signed.head(), &known.party);
        let mut check = FilesCheck::new(head);
        if let Some(seen) = known.seen {
            if seen.size > head.size {
                let text =
                    format!("`{party}` serves {} entries, and we cosigned {} before", head.size, seen.size);
                return Err(Fault::new("ledger/shrunk", text));
            }
            check = check.noting(seen.size);
        }
        while let Some(path) = check.wanted() {
            let bytes = self.file(path).await?;
            check.give(bytes.as_deref()).map_err(refused)?;
        }
        let earlier = check.earlier_root();
        let found = check.finish().map_err(refused)?;
        if known.seen.is_some_and(|seen| earlier != Some(seen.root)) {
            let text = format!("`{party}` serves another history than the one that we cosigned");
            return Err(Fault::new("ledger/other-history", text));
        }
        Ok(found)
    }
}

/// How often a peer may ask to be asked later, for one file.
const MOST_WAITS: u32 = 20;

fn cosigners(known: &Known, signed: &SignedCheckpoint, now: Timestamp) -> Vec<String> {
    let others = known.letters.iter().filter(|letter| letter.party != known.party);
    let cosigned = |letter: &&Letter| {
        let keys = CheckpointKeys::of_letter(letter, now);
        keys.iter().any(|keys| matches!(keys.cosignature(signed), Ok(Some(_))))
    };
    others.filter(cosigned).map(|letter| letter.party.to_string()).collect()
}
