//! Who calls, for the doors that take a token as a password: a look into a map, and the quota of each token.

use super::{
    api::{Grant, Token},
    quota::{Quota, QuotaLimits},
};
use crate::{app::routes::Parties, clock::Clock};
use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_record::Hash;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The callers of a door.
pub(super) struct Callers {
    parties: Arc<Parties>,
    clock: Clock,
    requests_per_minute: u32,
    /// One account per token, and one (`None`) for all callers without.
    accounts: Mutex<HashMap<Option<Hash>, Arc<Quota>>>,
}

/// Why somebody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TurnedAway {
    /// Without a token in force; unknown and ended ones alike.
    NoToken,
    /// The quota of this minute is used up.
    TooMany {
        /// Seconds to wait.
        seconds: u32,
    },
}

impl Callers {
    /// Nobody yet. Callers without a token share the quota of one.
    pub(super) fn new(parties: Arc<Parties>, clock: Clock, requests_per_minute: u32) -> Callers {
        Callers { parties, clock, requests_per_minute, accounts: Mutex::default() }
    }

    /// The parties.
    pub(super) fn parties(&self) -> &Parties {
        &self.parties
    }

    /// Who asks, and whether the quota holds.
    pub(super) fn enter(&self, headers: &HeaderMap) -> Result<Grant, TurnedAway> {
        let now = self.clock.now();
        let found = credentials(headers).and_then(|(user, token)| {
            let hash = token.hash();
            let grant = self.parties.grant(&hash).filter(|grant| now < grant.ends)?;
            let named = user.is_none_or(|user| user == grant.officer.as_str());
            named.then_some((hash, grant))
        });
        let (account, grant) = found.unzip();
        self.admit(account)?;
        grant.ok_or(TurnedAway::NoToken)
    }

    fn admit(&self, account: Option<Hash>) -> Result<(), TurnedAway> {
        let now = self.clock.monotonic();
        let requests_per_minute = self.requests_per_minute;
        let limits = QuotaLimits { requests_per_minute, bytes_per_minute: u64::MAX, at_once: u32::MAX >> 4 };
        let quota = {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(accounts.entry(account).or_insert_with(|| Arc::new(Quota::new(limits, now))))
        };
        quota.admit(now).map(drop).map_err(|seconds| TurnedAway::TooMany { seconds })
    }
}

/// User and token of a Basic header (RFC 7617), or the token of a Bearer header (RFC 6750).
fn credentials(headers: &HeaderMap) -> Option<(Option<String>, Token)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((None, Token::from_text(rest.trim())?));
    }
    if !scheme.eq_ignore_ascii_case("basic") || rest.len() > 400 {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((Some(user.to_owned()), Token::from_text(password)?))
}
