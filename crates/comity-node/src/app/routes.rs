//! Every action as an endpoint of the JSON API: `POST /api/v1/` and its name with slashes.

use super::{
    Action, Ctx, Fault, account, agenda, ask, authority, backup, case, change, claim, collection, crossing,
    disclosure, erase_home, evidence, export, feed, house, hunt, index, indicators, irregularity, ledger,
    lookup, object, paper, peer, ping, pouch, proof, protected, provider, safeguards, search, share,
    statistics, succession, task, unit_key, upload, withdraw,
};
use crate::http::{
    Problem,
    api::{Access, Api, Call, Endpoint, Grant, Reply, Scope, TokenStore, Verb},
};
use crate::{http::Answer, reading::Reader};
use axum::http::StatusCode;
use comity_exchange::{
    account::{Account, Pass},
    house as house_of,
};
use comity_record::{Hash, PartyCode};
use std::{collections::BTreeMap, sync::Arc};

/// The parties of a process.
#[derive(Debug)]
pub struct Parties {
    /// What actions need, by party.
    pub parties: BTreeMap<PartyCode, Ctx>,
    /// Hashes of the console's tokens, by party: they are written to the party's folder at each start.
    pub consoles: BTreeMap<Hash, PartyCode>,
}

/// The officer id of the machine's own console.
pub const CONSOLE: &str = "console";

macro_rules! actions {
    ($($action:path,)*) => {
        /// The endpoints of all actions.
        pub fn endpoints() -> Vec<Endpoint<Parties>> {
            vec![$(endpoint::<$action>(),)*]
        }

        /// Name, scope and summary of every action.
        pub fn listed() -> Vec<(&'static str, house_of::Scope, &'static str)> {
            vec![$((<$action>::NAME, <$action>::SCOPE, <$action>::SUMMARY),)*]
        }
    };
}

actions! {
    peer::ReadLetter,
    peer::AcceptLetter,
    peer::ListPeers,
    peer::SuspendPeer,
    peer::ResumePeer,
    house::AddUnit,
    house::EndUnit,
    house::AddOfficer,
    house::EndOfficer,
    house::AddToken,
    house::EndToken,
    house::ListHouse,
    unit_key::AddUnitKey,
    unit_key::EndUnitKey,
    unit_key::ListUnitKeys,
    unit_key::GiveUnitKey,
    unit_key::TakeUnitKey,
    authority::AddAuthority,
    authority::EndAuthority,
    authority::NameLevel,
    authority::SetPeerHours,
    authority::SetPeerLanguages,
    authority::ListAuthorities,
    authority::ShowAuthority,
    task::GiveTask,
    task::ListTasks,
    task::ShowTask,
    task::AcceptTask,
    task::ReturnTask,
    task::AnswerTask,
    task::EscalateTask,
    agenda::ShowAgenda,
    agenda::ShowClocks,
    ping::SendPing,
    ping::AnswerPing,
    ping::ListPings,
    account::AddGuest,
    account::AddConstituent,
    account::EndAccount,
    account::AddPass,
    account::GiveCircle,
    account::ListAccounts,
    account::ListHits,
    paper::WritePaper,
    paper::ReadPaper,
    statistics::ShowStatistics,
    statistics::MakeReport,
    safeguards::StateSafeguards,
    irregularity::ListIrregularities,
    irregularity::ReadIrregularity,
    irregularity::AnswerIrregularity,
    irregularity::EraseIrregularity,
    protected::AddProtected,
    protected::TakeProtected,
    protected::GiveProtected,
    protected::ListProtected,
    provider::AddProvider,
    provider::EndProvider,
    provider::ListProviders,
    provider::OrderProvider,
    provider::AnswerOrder,
    search::Search,
    search::Suggest,
    export::held::ExportHeld,
    indicators::HeldIndicators,
    object::ShowObject,
    index::ShowIndex,
    index::RebuildIndex,
    share::Share,
    lookup::Lookup,
    ask::Ask,
    case::draft::NewCase,
    case::preview::PreviewCase,
    case::authorise::AuthoriseCase,
    case::send::SendCase,
    case::step::StepCase,
    case::show::ShowCase,
    case::show::ListCases,
    case::export::ExportCase,
    disclosure::ListDisclosures,
    case::mandate::SetMandate,
    case::mandate::SetRule,
    crossing::Inbox,
    crossing::Outbox,
    crossing::ShowCrossing,
    succession::AnnounceLetter,
    succession::RevokeKey,
    succession::DraftSuccession,
    succession::Succeed,
    hunt::HuntHeld,
    hunt::HeldPatterns,
    withdraw::Recall,
    withdraw::ShowRecall,
    withdraw::ApplyRecall,
    withdraw::Erase,
    erase_home::EraseHome,
    pouch::PackPouch,
    pouch::OpenPouch,
    pouch::LookPouch,
    proof::ExportReceipt,
    proof::ReplayAll,
    change::ReadChange,
    change::DisposeChange,
    ledger::OverrideHead,
    ledger::LedgerHead,
    ledger::LedgerFiles,
    ledger::VerifyPeer,
    backup::Backup,
    claim::ListClaims,
    claim::ShowClaim,
    collection::AddCollection,
    collection::EndCollection,
    collection::ListCollections,
    feed::AddFeed,
    feed::RunFeed,
    feed::EndFeed,
    feed::ListFeeds,
    evidence::stage::Stage,
    evidence::pack::Pack,
    evidence::show::ListEvidence,
    evidence::show::ShowEvidence,
    evidence::show::EvidenceDossier,
    evidence::read::OpenEvidence,
    evidence::read::ReadEvidence,
    evidence::check::CheckEvidence,
    evidence::record::RecordAct,
    evidence::care::DecideEvidence,
    evidence::delete::DeleteEvidence,
    evidence::fetch::FetchEvidence,
    evidence::unit::UnitParcel,
    evidence::courier::ConsignEvidence,
    evidence::courier::PieceOfEvidence,
    evidence::courier::TakeParcel,
    evidence::courier::TakePiece,
    evidence::courier::ArriveEvidence,
    evidence::courier::CloseTransfer,
    evidence::courier::TakeChain,
    evidence::stamp::StampEvidence,
}

fn endpoint<A: Action>() -> Endpoint<Parties> {
    let path: &'static str = Box::leak(format!("/api/v1/{}", A::NAME.replace('.', "/")).into_boxed_str());
    let scope = scope_of(A::SCOPE);
    let schema = |schema: schemars::Schema| schema.to_value();
    let endpoint = Endpoint::new(A::NAME, Verb::Post, path, Access::Scope(scope), A::SUMMARY, serve::<A>)
        .body("application/json", schema(schemars::schema_for!(A)))
        .answer("application/json", schema(schemars::schema_for!(A::Reply)));
    match A::LONGEST {
        Some(bytes) => endpoint.body_limit(bytes),
        None => endpoint,
    }
}

async fn serve<A: Action>(parties: Arc<Parties>, call: Call) -> Result<Reply, Problem> {
    let ctx = parties.ctx(call.grant()?)?;
    if ctx.reader != Reader::Own && !A::FOR_READERS {
        let text = format!("the token does not open `{}`", A::NAME);
        return Err(Problem::new(StatusCode::FORBIDDEN, "api/scope", text));
    }
    let action: A = call.json().await?;
    Reply::json(&action.run(&ctx).await?)
}

impl Parties {
    /// What actions need, for the holder of a token.
    pub fn ctx(&self, grant: &Grant) -> Result<Ctx, Problem> {
        let ctx = self.parties.get(&grant.party).ok_or_else(Problem::not_found)?;
        let own = grant.reader == Reader::Own;
        let by = (own && grant.officer.as_str() != CONSOLE).then(|| grant.officer.clone());
        let house = ctx.sequencer.house();
        let account = (!own).then(|| house.account(&grant.officer).ok()).flatten();
        let offered = account.map(|account| house.offered(&account)).unwrap_or_default();
        Ok(Ctx { by, reader: grant.reader.clone(), offered: Arc::new(offered), ..ctx.clone() })
    }
}

impl Parties {
    /// The grant of a token. It waits for nothing, so that it can be asked on every request.
    pub fn grant(&self, token: &Hash) -> Option<Grant> {
        if let Some(party) = self.consoles.get(token) {
            return console(party);
        }
        self.parties.iter().find_map(|(party, ctx)| {
            let house = ctx.sequencer.house();
            let Some(found) = house.token(token, ctx.now()) else {
                let (pass, account) = house.pass(token, ctx.now())?;
                return Some(visitor(party, pass, account));
            };
            let scopes = found.scopes.iter().copied().map(scope_of).collect();
            Some(Grant {
                party: party.clone(),
                officer: found.officer.clone(),
                reader: Reader::Own,
                scopes,
                ends: found.until,
            })
        })
    }
}

/// What a guest or constituent may: read what is shown to such, and nothing else.
fn visitor(party: &PartyCode, pass: &Pass, account: Account<'_>) -> Grant {
    let reader = match account {
        Account::Guest(guest) => Reader::Other { party: guest.party.clone(), purpose: guest.purpose },
        Account::Constituent(constituent) => Reader::Constituent(constituent.id.clone()),
    };
    let scopes = [Scope::Read].into();
    Grant { party: party.clone(), officer: pass.account.clone(), reader, scopes, ends: pass.until }
}

/// The API's scope for an action's.
pub fn scope_of(scope: house_of::Scope) -> Scope {
    // Both lists have the same words; a test compares them.
    Scope::ALL.iter().copied().find(|known| known.as_str() == scope.as_str()).unwrap_or(Scope::Operate)
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let status = match fault.code.as_str() {
            "node/busy" | "node/stopping" => return Problem::unavailable(fault.text, 2),
            "desk/no-record" | "object/none" | "evidence/none" | "crossing/none" | "case/none"
            | "desk/no-peer" | "task/none" | "irregularity/none" => StatusCode::NOT_FOUND,
            code if code.starts_with("input/") => StatusCode::BAD_REQUEST,
            code if code.starts_with("store/") => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = Problem::new(status, &fault.code, fault.text);
        match fault.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}

impl TokenStore for Parties {
    fn find(&self, token: Hash) -> Answer<'_, Result<Option<Grant>, Problem>> {
        Box::pin(async move { Ok(self.grant(&token)) })
    }
}

fn console(party: &PartyCode) -> Option<Grant> {
    let officer = CONSOLE.parse().ok()?;
    let ends = comity_record::Timestamp::from_millis(i64::MAX);
    let scopes = Scope::ALL.iter().copied().collect();
    Some(Grant { party: party.clone(), officer, reader: Reader::Own, scopes, ends })
}

/// The API of these parties.
pub fn with_actions(api: Api<Parties>) -> Api<Parties> {
    api.noun(endpoints()).noun(vec![upload::endpoint()]).noun(irregularity::door::endpoints())
}
