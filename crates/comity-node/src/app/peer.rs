//! Letters and peers: showing our own letter, accepting theirs, suspending and resuming.

use super::{Action, Ctx, Fault, watch::is_alarming};
use crate::keys;
use comity_exchange::{DeskFault, Scope};
use comity_record::{Canonical, Letter, PartyCode, RootSigned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shows what a letter says, and whether it could be accepted, without accepting it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadLetter {
    /// The letter's bytes in hexadecimal digits.
    pub letter: String,
}

/// Accepts a letter whose fingerprint a person has compared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AcceptLetter {
    /// The letter's bytes in hexadecimal digits.
    pub letter: String,
    /// The fingerprint as the person read it; it must be that of the letter's root.
    pub fingerprint: String,
}

/// What a letter says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LetterShown {
    /// The party.
    pub party: String,
    /// The fingerprint of its root keys: compare it by another way than the letter came.
    pub fingerprint: String,
    /// Its number.
    pub serial: u64,
    /// When it was issued.
    pub issued: String,
    /// Until when it may be accepted.
    pub expires: String,
    /// Where its node is reached; empty where it calls.
    pub address: String,
    /// The origin line of its ledger.
    pub ledger: String,
    /// Its purpose keys, each with purpose, thumbprint and validity.
    pub keys: Vec<String>,
    /// Why it cannot be accepted here, where it cannot.
    pub fault: Option<Fault>,
}

/// Lists the peers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListPeers {}

/// One peer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PeerShown {
    /// The party.
    pub party: String,
    /// Where its node is reached.
    pub address: String,
    /// Why it is suspended, where it is.
    pub suspended: Option<String>,
    /// Positions of ours given to it.
    pub given: u64,
    /// Positions of ours that it acknowledged.
    pub acknowledged: u64,
    /// Positions of its own held here.
    pub held: u64,
    /// The fingerprint of its root.
    pub fingerprint: String,
    /// Since when the oldest crossing with it waits for a quorum of witnesses; absent where none does.
    pub unwitnessed_since: Option<String>,
    /// Whether it has waited so long that somebody should see to it.
    pub alarm: bool,
}

/// Suspends a peer: nothing crosses in either direction until it is resumed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuspendPeer {
    /// The peer.
    pub party: String,
    /// Why, and by whose decision.
    pub reason: String,
}

/// Lifts a suspension.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResumePeer {
    /// The peer.
    pub party: String,
}

/// An act that was entered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Entered {
    /// The size of the ledger afterwards.
    pub ledger_size: u64,
}

impl Action for ReadLetter {
    const NAME: &'static str = "letter.read";
    const SUMMARY: &'static str = "shows what a letter says and whether it could be accepted";
    const SCOPE: Scope = Scope::Read;
    type Reply = LetterShown;

    async fn run(self, ctx: &Ctx) -> Result<LetterShown, Fault> {
        let signed = read_letter(&self.letter)?;
        let shown = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let fault = desk.check_letter(means.now(), &signed).err().map(Fault::from);
                signed
                    .introduce()
                    .map(|letter| show_letter(&letter, fault))
                    .map_err(|f| Fault::new(f.code(), f.to_string()))
            })
        });
        shown.await?
    }
}

impl Action for AcceptLetter {
    const NAME: &'static str = "letter.accept";
    const SUMMARY: &'static str = "accepts a letter whose fingerprint a person has compared";
    const SCOPE: Scope = Scope::Peers;
    type Reply = LetterShown;

    async fn run(self, ctx: &Ctx) -> Result<LetterShown, Fault> {
        let signed = read_letter(&self.letter)?;
        let letter = signed.introduce().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let fingerprint = fingerprint(&letter);
        if bare(&self.fingerprint) != bare(&fingerprint) {
            // The letter's own is not shown: whoever copies it has compared nothing.
            let text = format!("the fingerprint given is not that of the letter of `{}`", letter.party);
            return Err(Fault::new("letter/fingerprint", text)
                .help("telephone the party and let it read its fingerprint out, group by group"));
        }
        let accepted = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.accept_letter(now, means.entropy(), &signed).await
            })
        });
        Ok(show_letter(&accepted.await???, None))
    }
}

impl Action for ListPeers {
    const NAME: &'static str = "peer.list";
    const SUMMARY: &'static str = "lists the parties whose letters were accepted, and where each stands";
    const SCOPE: Scope = Scope::Read;
    type Reply = Vec<PeerShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<PeerShown>, Fault> {
        let (witness, now) = (ctx.witness.clone(), ctx.now());
        let peers = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let waiting = desk.waiting_for_quorum(witness.quorum).await?;
                let since = |party: &PartyCode| waiting.get(party).map(|waiting| waiting.since);
                let show = |(party, peer): (&PartyCode, &comity_exchange::Peer)| PeerShown {
                    unwitnessed_since: since(party).map(|since| since.to_string()),
                    alarm: since(party).is_some_and(|since| is_alarming(&witness, since, now)),
                    party: party.to_string(),
                    address: peer.letter.address.clone(),
                    suspended: peer.suspended.clone(),
                    given: peer.last,
                    acknowledged: peer.acknowledged.len(),
                    held: peer.held.len(),
                    fingerprint: fingerprint(&peer.letter),
                };
                Ok::<_, DeskFault>(desk.peers().iter().map(show).collect())
            })
        });
        Ok(peers.await??)
    }
}

impl Action for SuspendPeer {
    const NAME: &'static str = "peer.suspend";
    const SUMMARY: &'static str = "suspends a peer: nothing crosses in either direction until it is resumed";
    const SCOPE: Scope = Scope::Peers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let party: PartyCode = self.party.parse().map_err(Fault::input)?;
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.suspend(now, means.entropy(), &party, &self.reason).await?;
                Ok::<_, DeskFault>(Entered { ledger_size: desk.log().size() })
            })
        });
        Ok(entered.await??)
    }
}

impl Action for ResumePeer {
    const NAME: &'static str = "peer.resume";
    const SUMMARY: &'static str = "lifts the suspension of a peer";
    const SCOPE: Scope = Scope::Peers;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let party: PartyCode = self.party.parse().map_err(Fault::input)?;
        let entered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.resume(now, means.entropy(), &party).await?;
                Ok::<_, DeskFault>(Entered { ledger_size: desk.log().size() })
            })
        });
        Ok(entered.await??)
    }
}

/// The fingerprint of a letter's root on one line ([`keys::fingerprint`]), to be read over the telephone.
pub fn fingerprint(letter: &Letter) -> String {
    keys::fingerprint(&letter.root).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn read_letter(hex: &str) -> Result<RootSigned<Letter>, Fault> {
    let bytes = super::hex(hex)
        .ok_or_else(|| Fault::new("letter/not-hex", "the letter is not in hexadecimal digits"))?;
    RootSigned::from_bytes(&bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}

fn show_letter(letter: &Letter, fault: Option<Fault>) -> LetterShown {
    let key = |key: &comity_record::KeyStatement| {
        let id = key.key.as_ref().map_or_else(|| "X-Wing".to_owned(), |key| key.id().0.short());
        format!("{} {id} valid {} to {}", key.purpose, key.valid_from.date(), key.valid_to.date())
    };
    LetterShown {
        party: letter.party.to_string(),
        fingerprint: fingerprint(letter),
        serial: letter.serial,
        issued: letter.issued.to_string(),
        expires: letter.expires.to_string(),
        address: letter.address.clone(),
        ledger: letter.ledger.clone(),
        keys: letter.keys.iter().map(key).collect(),
        fault,
    }
}
