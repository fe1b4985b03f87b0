//! What the root signs, brought to the ledger: the newest letter and revoked keys for peers to be told of, and the
//! succession of a ledger that lost entries for good. The root itself never comes here: drafts go out, signed statements come in.

use super::{Action, Ctx, Fault, hex, peer::Entered, to_hex};
use crate::keys::Keys;
use comity_exchange::{DeskFault, Scope, turn::RootStatement};
use comity_record::{Canonical, KeyRevocation, RootSigned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Announces the newest letter of the party to its peers: entered at once, or as soon as a witness has confirmed our head.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnnounceLetter {}

/// Brings a revocation that the root signed: the key is not used here any more, and peers are told in the session.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RevokeKey {
    /// The signed statement in hexadecimal digits.
    pub statement: String,
}

/// A key revoked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyRevoked {
    /// The key, by its thumbprint.
    pub key: String,
    /// As of when.
    pub at: String,
    /// Why.
    pub reason: String,
    /// The size of the ledger afterwards.
    pub ledger_size: u64,
    /// Whether it is entered; else it is as soon as a witness has confirmed our head.
    pub entered: bool,
}

/// Asks for the statement by which a ledger that lost its tail would go on, for the root to sign.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DraftSuccession {
    /// The origin line under which the ledger goes on.
    pub origin: String,
    /// What happened, in a sentence.
    pub reason: String,
}

/// The statement to be signed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuccessionDrafted {
    /// Its bytes in hexadecimal digits.
    pub statement: String,
    /// The last head that a witness cosigned, in entries.
    pub witnessed: u64,
    /// The first lost entry.
    pub lost_from: u64,
    /// One past the last lost entry.
    pub lost_to: u64,
    /// How many entries survive.
    pub surviving: u64,
}

/// Enters a succession that the root signed, with the letter that names the new ledger.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Succeed {
    /// The signed statement in hexadecimal digits.
    pub statement: String,
    /// The signed letter in hexadecimal digits.
    pub letter: String,
}

impl Action for AnnounceLetter {
    const NAME: &'static str = "letter.announce";
    const SUMMARY: &'static str = "tells peers of the party's newest letter, in the session";
    const SCOPE: Scope = Scope::Keys;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let keys = Keys::open(&ctx.dir).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let letter = keys.own_letter().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let statement = RootStatement::Letter(letter.to_bytes().into());
        let announced = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                if desk.may_sign() {
                    desk.announce(now, means.entropy(), statement).await??;
                } else {
                    desk.intend(statement)?;
                }
                Ok::<_, Fault>(Entered { ledger_size: desk.log().size() })
            })
        });
        announced.await?
    }
}

impl Action for RevokeKey {
    const NAME: &'static str = "key.revoke";
    const SUMMARY: &'static str =
        "enters a revocation that the root signed, and tells peers of it in the session";
    const SCOPE: Scope = Scope::Keys;
    type Reply = KeyRevoked;

    async fn run(self, ctx: &Ctx) -> Result<KeyRevoked, Fault> {
        let plain = |code: &str, text: String| Fault::new(code, text);
        let signed = signed::<KeyRevocation>(&self.statement)?;
        let mut keys = Keys::open(&ctx.dir).map_err(|fault| plain(fault.code(), fault.to_string()))?;
        let revocation =
            signed.verify(keys.root_verifier()).map_err(|fault| plain(fault.code(), fault.to_string()))?;
        // The file first: after a crash between the two the key is not used any more, and the same call enters the rest.
        keys.revoke(&revocation, ctx.now())
            .map_err(|fault| Fault { help: fault.help(), ..plain(fault.code(), fault.to_string()) })?;
        // The letter that names the key is entered before it: later letters will not name it, and what it signed until
        // now stays readable here by the log alone.
        let letter = keys.own_letter().map_err(|fault| plain(fault.code(), fault.to_string()))?;
        let statements = [
            RootStatement::Letter(letter.to_bytes().into()),
            RootStatement::Revocation(signed.to_bytes().into()),
        ];
        let announced = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let entered = desk.may_sign();
                for statement in statements {
                    if entered {
                        desk.announce(now, means.entropy(), statement).await??;
                    } else {
                        desk.intend(statement)?;
                    }
                }
                Ok::<_, Fault>((entered, desk.log().size()))
            })
        });
        let (entered, ledger_size) = announced.await??;
        let (key, at) = (revocation.key.to_string(), revocation.at.to_string());
        Ok(KeyRevoked { key, at, reason: revocation.reason, ledger_size, entered })
    }
}

impl Action for DraftSuccession {
    const NAME: &'static str = "ledger.draft-succession";
    const SUMMARY: &'static str = "drafts the statement by which a ledger that lost entries would go on";
    const SCOPE: Scope = Scope::Operate;
    type Reply = SuccessionDrafted;

    async fn run(self, ctx: &Ctx) -> Result<SuccessionDrafted, Fault> {
        let drafted = ctx.sequencer.run(move |desk, means| {
            let now = means.now();
            Box::pin(async move { desk.succession_draft(now, &self.origin, &self.reason) })
        });
        let statement = drafted.await??;
        Ok(SuccessionDrafted {
            witnessed: statement.last_witnessed.size,
            lost_from: statement.lost_from,
            lost_to: statement.lost_to,
            surviving: statement.surviving.size,
            statement: to_hex(&statement.to_bytes()),
        })
    }
}

impl Action for Succeed {
    const NAME: &'static str = "ledger.succeed";
    const SUMMARY: &'static str =
        "lets a ledger that lost entries go on under a new origin, as the root signed";
    const SCOPE: Scope = Scope::Operate;
    type Reply = Entered;

    async fn run(self, ctx: &Ctx) -> Result<Entered, Fault> {
        let (statement, letter) = (signed(&self.statement)?, signed(&self.letter)?);
        let succeeded = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let entry = desk.succeed(now, means.entropy(), &statement, &letter).await?;
                tracing::warn!(party = %desk.party(), entry, "the ledger goes on under a new origin");
                Ok::<_, DeskFault>(Entered { ledger_size: desk.log().size() })
            })
        });
        Ok(succeeded.await??)
    }
}

fn signed<T: Canonical>(text: &str) -> Result<RootSigned<T>, Fault> {
    let bytes = hex(text).ok_or_else(|| Fault::input("the statement is not in hexadecimal digits"))?;
    RootSigned::from_bytes(&bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}
