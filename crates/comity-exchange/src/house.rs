//! The house: units, officers, tokens and the party's own decisions, as dated administrative acts in the log.
//!
//! Nothing is changed in place. An act is entered, and what stands today is the sum of the acts; so the house of any past
//! day can be shown.

use crate::{
    account::{Account, AccountFault, Constituent, Guest, Pass, circle},
    feed::{Feed, FeedFault},
    search::{SavedSearch, SearchFault},
};
use comity_affairs::{
    home::{
        Accepted, Authority, DatedKey, Hours, Mandate, PeerUnitKeys, Rule, Tree, TreeFault, UnitKey, UnitKeys,
    },
    protected::{Protected, ProtectedFault},
    provider::Provider,
};
use comity_border::{Competence, Consent, Pair, SecurityAgreement, StandingEntries};
use comity_record::{Canonical, Date, Hash, OfficerId, PartyCode, Timestamp, UnitCode, label::Purpose};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// An authority inside the party.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unit {
    /// Its code.
    #[n(0)]
    pub code: UnitCode,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// The unit above it.
    #[n(2)]
    pub parent: Option<UnitCode>,
    /// What makes it competent, as a citation: a law, a decree, a decision.
    #[n(3)]
    pub competence: String,
    /// The purposes it is competent for; empty means all.
    #[n(4)]
    pub purposes: BTreeSet<Purpose>,
    /// From which day.
    #[n(5)]
    pub from: Date,
    /// Its last day.
    #[n(6)]
    pub until: Option<Date>,
}

/// A person with a role in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Officer {
    /// The id.
    #[n(0)]
    pub id: OfficerId,
    /// The unit.
    #[n(1)]
    pub unit: UnitCode,
    /// The name or office.
    #[n(2)]
    pub name: String,
    /// From which day.
    #[n(3)]
    pub from: Date,
    /// The last day.
    #[n(4)]
    pub until: Option<Date>,
}

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Scope {
    /// Read records, crossings, the ledger and the law.
    #[n(0)]
    Read,
    /// Take in records.
    #[n(1)]
    Import,
    /// Share records, and judge beforehand who may get them.
    #[n(2)]
    Share,
    /// Ask for help and answer.
    #[n(3)]
    Cases,
    /// Take, hold or refuse change sets of the register; consents and decisions about other parties.
    #[n(4)]
    Law,
    /// Accept letters, suspend peers.
    #[n(5)]
    Peers,
    /// Rotate and revoke keys.
    #[n(6)]
    Keys,
    /// Enter units, officers and tokens.
    #[n(7)]
    Officers,
    /// Erase and recall.
    #[n(8)]
    Erase,
    /// Back up and stop the node.
    #[n(9)]
    Operate,
    /// See and answer the tasks of the officer's own unit, and nothing else.
    #[n(10)]
    Tasks,
    /// Read counts and safeguards, without content.
    #[n(11)]
    Oversight,
}

/// An access token, known only by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Token {
    /// SHA-256 of the token.
    #[n(0)]
    pub hash: Hash,
    /// The officer it is bound to.
    #[n(1)]
    pub officer: OfficerId,
    /// What it allows.
    #[n(2)]
    pub scopes: BTreeSet<Scope>,
    /// From when.
    #[n(3)]
    pub from: Timestamp,
    /// Until when (exclusive).
    #[n(4)]
    pub until: Timestamp,
}

/// What the party did with a change set of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Disposal {
    /// Taken into the register.
    #[n(0)]
    Taken,
    /// Held for a later decision.
    #[n(1)]
    Held,
    /// Refused.
    #[n(2)]
    Refused,
}

/// One administrative act.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Act {
    /// A unit is added, or replaced from a day on.
    #[n(0)]
    Unit(#[n(0)] Unit),
    /// A unit ends.
    #[n(1)]
    UnitEnds {
        /// Which.
        #[n(0)]
        code: UnitCode,
        /// Its last day.
        #[n(1)]
        on: Date,
    },
    /// An officer is added.
    #[n(2)]
    Officer(#[n(0)] Officer),
    /// An officer ends.
    #[n(3)]
    OfficerEnds {
        /// Who.
        #[n(0)]
        id: OfficerId,
        /// The last day.
        #[n(1)]
        on: Date,
    },
    /// A token is given out.
    #[n(4)]
    Token(#[n(0)] Token),
    /// A token ends.
    #[n(5)]
    TokenEnds {
        /// Its hash.
        #[n(0)]
        hash: Hash,
        /// From when it is no longer good.
        #[n(1)]
        at: Timestamp,
    },
    /// A third party's consent is recorded.
    #[n(6)]
    Consent(#[n(0)] Consent),
    /// A consent is withdrawn.
    #[n(7)]
    ConsentWithdrawn(#[n(0)] Consent),
    /// An adequacy decision.
    #[n(8)]
    Adequacy(#[n(0)] Pair),
    /// Safeguards assessed.
    #[n(9)]
    Safeguards(#[n(0)] Pair),
    /// An agreement on classified information.
    #[n(10)]
    Security(#[n(0)] SecurityAgreement),
    /// A change set of the register, and what was done with it.
    #[n(11)]
    ChangeSet {
        /// The change set.
        #[n(0)]
        bytes: ByteVec,
        /// What was done.
        #[n(1)]
        disposal: Disposal,
    },
    /// A saved search begins: a read-only collection.
    #[n(12)]
    SearchBegins(#[n(0)] SavedSearch),
    /// A saved search ends.
    #[n(13)]
    SearchEnds {
        /// Its name.
        #[n(0)]
        name: String,
    },
    /// Objects are taken out of a collection. The records that carry them stay: it is no erasure and no recall.
    #[n(14)]
    TakenOut {
        /// The collection's number.
        #[n(0)]
        collection: u32,
        /// Where the objects lie: entry and slot. Their ids are left to the records, which can be erased.
        #[n(1)]
        objects: Vec<(u64, u32)>,
    },
    /// A feed from or to another TAXII server, or from a MISP feed, begins.
    #[n(15)]
    FeedBegins(#[n(0)] Feed),
    /// A feed ends.
    #[n(16)]
    FeedEnds {
        /// Its name.
        #[n(0)]
        name: String,
    },
    /// What a unit may do in cases, from a day on.
    #[n(17)]
    Mandate(#[n(0)] Mandate),
    /// Who must authorise cases before they are sent. A rule of the same name is replaced.
    #[n(18)]
    CaseRule(#[n(0)] Rule),
    /// A unit is an authority from a day on, or its entry is superseded from that day on.
    #[n(19)]
    Authority(#[n(0)] DatedAuthority),
    /// A level of the tree of authorities is named, 1 being the top.
    #[n(20)]
    Level {
        /// The level.
        #[n(0)]
        level: u16,
        /// The State's own name for it.
        #[n(1)]
        name: String,
    },
    /// When the desk of another party works, as it has told us.
    #[n(21)]
    PeerHours {
        /// The other party.
        #[n(0)]
        party: PartyCode,
        /// Its hours.
        #[n(1)]
        hours: Hours,
    },
    /// An officer of another party gets an account, or another one of the same id.
    #[n(22)]
    GuestBegins(#[n(0)] Guest),
    /// A constituent gets an account, or another one of the same id.
    #[n(23)]
    ConstituentBegins(#[n(0)] Constituent),
    /// The account of a guest or constituent ends, and every token of it.
    #[n(24)]
    AccountEnds {
        /// The id.
        #[n(0)]
        id: OfficerId,
    },
    /// A token of such an account is given out. It ends as other tokens do.
    #[n(25)]
    Pass(#[n(0)] Pass),
    /// The members of a circle are offered these saved searches from here on.
    #[n(26)]
    CircleGiven {
        /// The circle.
        #[n(0)]
        circle: String,
        /// The names; none ends the offer.
        #[n(1)]
        collections: BTreeSet<String>,
    },
    /// A provider to whom orders may be given; one of the same code is replaced.
    #[n(27)]
    Provider(#[n(0)] Provider),
    /// A provider ends.
    #[n(28)]
    ProviderEnds {
        /// Which.
        #[n(0)]
        code: UnitCode,
        /// Its last day.
        #[n(1)]
        on: Date,
    },
    /// A unit has a sealing key from a day on.
    #[n(29)]
    UnitKey(#[n(0)] DatedKey),
    /// A sealing key of a unit ends.
    #[n(30)]
    UnitKeyEnds {
        /// SHA-256 of the public key.
        #[n(0)]
        key: Hash,
        /// Its last day.
        #[n(1)]
        on: Date,
    },
    /// Which languages the desk of another party accepts, as it has told us.
    #[n(31)]
    PeerLanguages {
        /// The other party.
        #[n(0)]
        party: PartyCode,
        /// The languages, from their day on.
        #[n(1)]
        accepted: Accepted,
    },
    /// An object is protected, of ours or as another State stated it; one of the same owner and code is replaced.
    #[n(32)]
    Protected(#[n(0)] Box<Protected>),
    /// Another State stated a sealing key of a unit of its own.
    #[n(33)]
    PeerUnitKey(#[n(0)] Box<UnitKey>),
}

/// A unit that is an authority: one entry for both.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DatedAuthority {
    /// The authority; its source is the competence of the unit.
    #[n(0)]
    pub authority: Authority,
    /// The purposes it is competent for; empty means all.
    #[n(1)]
    pub purposes: BTreeSet<Purpose>,
}

impl DatedAuthority {
    /// The unit that it is.
    pub fn unit(&self) -> Unit {
        let one = &self.authority;
        Unit {
            code: one.code.clone(),
            name: one.name.clone(),
            parent: one.parent.clone(),
            competence: one.source.clone(),
            purposes: self.purposes.clone(),
            from: one.from,
            until: one.until,
        }
    }
}

/// An act with who did it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ActRow {
    /// Who; absent for the console of the machine itself.
    #[n(0)]
    pub by: Option<OfficerId>,
    /// When.
    #[n(1)]
    pub at: Timestamp,
    /// What.
    #[n(2)]
    pub act: Act,
}

impl Canonical for ActRow {
    const NAME: &'static str = "an administrative act";
    const LIMIT: usize = 4 << 20;
}

/// Units, officers, accounts and tokens as the acts left them.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// Units by code.
    pub units: BTreeMap<UnitCode, Unit>,
    /// Officers by id.
    pub officers: BTreeMap<OfficerId, Officer>,
    /// Tokens by hash.
    pub tokens: BTreeMap<Hash, Token>,
    /// Saved searches by name.
    pub searches: BTreeMap<String, SavedSearch>,
    /// Feeds by name.
    pub feeds: BTreeMap<String, Feed>,
    /// What units may do in cases.
    pub mandates: BTreeMap<UnitCode, Mandate>,
    /// Who must authorise cases, by the rule's name.
    pub case_rules: BTreeMap<String, Rule>,
    /// The entries of authorities, by code and first day.
    pub authorities: BTreeMap<(UnitCode, Date), DatedAuthority>,
    /// The State's names of the levels of its tree, 1 being the top.
    pub levels: BTreeMap<u16, String>,
    /// When the desks of other parties work.
    pub peer_hours: BTreeMap<PartyCode, Hours>,
    /// The languages that they accept, by party and first day.
    pub peer_languages: BTreeMap<(PartyCode, Date), Accepted>,
    /// Officers of other parties by the id of their account.
    pub guests: BTreeMap<OfficerId, Guest>,
    /// Constituents by the id of their account.
    pub constituents: BTreeMap<OfficerId, Constituent>,
    /// Tokens of guests and constituents by hash.
    pub passes: BTreeMap<Hash, Pass>,
    /// The saved searches offered to the members of circles.
    pub circles: BTreeMap<String, BTreeSet<String>>,
    /// Providers by code.
    pub providers: BTreeMap<UnitCode, Provider>,
    /// The sealing keys of units.
    pub unit_keys: UnitKeys,
    /// Those of other States' units.
    pub peer_unit_keys: PeerUnitKeys,
    /// Protected objects, by owner and code.
    pub protected: BTreeMap<(PartyCode, String), Protected>,
}

/// Why an act cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActFault {
    /// No such unit.
    #[error("there is no unit `{code}`")]
    NoUnit {
        /// The code.
        code: UnitCode,
    },
    /// No such officer.
    #[error("there is no officer `{id}`")]
    NoOfficer {
        /// The id.
        id: OfficerId,
    },
    /// No such token.
    #[error("there is no token with hash {hash}")]
    NoToken {
        /// The hash, shortened.
        hash: String,
    },
    /// The name of a saved search is taken.
    #[error("there is a saved search `{name}` already")]
    SearchTaken {
        /// The name.
        name: String,
    },
    /// No such saved search.
    #[error("there is no saved search `{name}`")]
    NoSearch {
        /// The name.
        name: String,
    },
    /// The search cannot be saved.
    #[error(transparent)]
    Search(#[from] SearchFault),
    /// The name of a feed is taken.
    #[error("there is a feed `{name}` already")]
    FeedTaken {
        /// The name.
        name: String,
    },
    /// No such feed.
    #[error("there is no feed `{name}`")]
    NoFeed {
        /// The name.
        name: String,
    },
    /// What the State sets about its authorities, or records about another's, rests on something that is named.
    #[error("a mandate, rule or record needs the law, decision or letter behind it")]
    Unsourced,
    /// There cannot be such a feed.
    #[error(transparent)]
    Feed(#[from] FeedFault),
    /// The tree of authorities would not be sound.
    #[error(transparent)]
    Tree(#[from] TreeFault),
    /// The unit is an authority: its entry is changed as one.
    #[error("`{code}` is an authority; its entry is changed as such")]
    IsAuthority {
        /// The code.
        code: UnitCode,
    },
    /// No such provider.
    #[error("there is no provider `{code}`")]
    NoProvider {
        /// The code.
        code: UnitCode,
    },
    /// No unit has such a sealing key.
    #[error("no unit has the sealing key {key}")]
    NoUnitKey {
        /// The key, shortened.
        key: String,
    },
    /// A key is that of one unit alone, and entered once.
    #[error("the sealing key {key} was entered before, for `{unit}`")]
    UnitKeyTaken {
        /// The key, shortened.
        key: String,
        /// The unit.
        unit: UnitCode,
    },
    /// A level of the tree is counted from 1.
    #[error("levels are counted from 1, the top")]
    Level,
    /// There cannot be such an account.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// There cannot be such a protected object.
    #[error(transparent)]
    Protected(#[from] ProtectedFault),
}

impl ActFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ActFault::NoUnit { .. } => "house/no-unit",
            ActFault::NoOfficer { .. } => "house/no-officer",
            ActFault::NoToken { .. } => "house/no-token",
            ActFault::SearchTaken { .. } => "house/search-taken",
            ActFault::NoSearch { .. } => "house/no-search",
            ActFault::Search(fault) => fault.code(),
            ActFault::FeedTaken { .. } => "house/feed-taken",
            ActFault::NoFeed { .. } => "house/no-feed",
            ActFault::Unsourced => "house/unsourced",
            ActFault::Feed(fault) => fault.code(),
            ActFault::Tree(fault) => fault.code(),
            ActFault::IsAuthority { .. } => "house/is-authority",
            ActFault::NoProvider { .. } => "house/no-provider",
            ActFault::NoUnitKey { .. } => "house/no-unit-key",
            ActFault::UnitKeyTaken { .. } => "house/unit-key-taken",
            ActFault::Level => "house/level",
            ActFault::Account(fault) => fault.code(),
            ActFault::Protected(fault) => fault.code(),
        }
    }
}

impl Scope {
    /// Every scope, in order.
    pub const ALL: &'static [Scope] = &[
        Scope::Read,
        Scope::Import,
        Scope::Share,
        Scope::Cases,
        Scope::Law,
        Scope::Peers,
        Scope::Keys,
        Scope::Officers,
        Scope::Erase,
        Scope::Operate,
        Scope::Tasks,
        Scope::Oversight,
    ];

    /// The scope as text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Import => "import",
            Scope::Share => "share",
            Scope::Cases => "cases",
            Scope::Law => "law",
            Scope::Peers => "peers",
            Scope::Keys => "keys",
            Scope::Officers => "officers",
            Scope::Erase => "erase",
            Scope::Operate => "operate",
            Scope::Tasks => "tasks",
            Scope::Oversight => "oversight",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Scope, String> {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let found = Scope::ALL.iter().find(|scope| scope.as_str() == text).copied();
        found.ok_or_else(|| format!("`{text}` is not a scope; known: {}", known.join(", ")))
    }
}

impl House {
    /// Whether an act can be done.
    pub fn check(&self, act: &Act) -> Result<(), ActFault> {
        match act {
            Act::Unit(unit) if self.is_authority(&unit.code) => {
                Err(ActFault::IsAuthority { code: unit.code.clone() })
            }
            Act::Authority(_) => {
                let mut after = self.clone();
                after.apply(act);
                let fits = Tree::new(after.authorities.into_values().map(|one| one.authority).collect());
                Ok(fits.map(drop)?)
            }
            Act::Level { level: 0, .. } => Err(ActFault::Level),
            Act::PeerLanguages { accepted, .. } if accepted.source.trim().is_empty() => {
                Err(ActFault::Unsourced)
            }
            Act::Provider(provider) if provider.source.trim().is_empty() => Err(ActFault::Unsourced),
            Act::ProviderEnds { code, .. } if !self.providers.contains_key(code) => {
                Err(ActFault::NoProvider { code: code.clone() })
            }
            Act::UnitKey(key) => self.check_unit_key(key),
            Act::Protected(object) => Ok(object.check()?),
            Act::UnitKeyEnds { key, .. } if self.unit_keys.find(key).is_none() => {
                Err(ActFault::NoUnitKey { key: key.short() })
            }
            Act::Unit(unit) => match &unit.parent {
                Some(code) if !self.units.contains_key(code) => Err(ActFault::NoUnit { code: code.clone() }),
                _ => Ok(()),
            },
            Act::UnitEnds { code, .. } if !self.units.contains_key(code) => {
                Err(ActFault::NoUnit { code: code.clone() })
            }
            Act::Officer(officer) if !self.units.contains_key(&officer.unit) => {
                Err(ActFault::NoUnit { code: officer.unit.clone() })
            }
            Act::OfficerEnds { id, .. } if !self.officers.contains_key(id) => {
                Err(ActFault::NoOfficer { id: id.clone() })
            }
            Act::Token(token) if !self.officers.contains_key(&token.officer) => {
                Err(ActFault::NoOfficer { id: token.officer.clone() })
            }
            Act::TokenEnds { hash, .. }
                if !self.tokens.contains_key(hash) && !self.passes.contains_key(hash) =>
            {
                Err(ActFault::NoToken { hash: hash.short() })
            }
            Act::Mandate(mandate) if !self.units.contains_key(&mandate.unit) => {
                Err(ActFault::NoUnit { code: mandate.unit.clone() })
            }
            Act::Mandate(Mandate { source, .. }) | Act::CaseRule(Rule { source, .. })
                if source.trim().is_empty() =>
            {
                Err(ActFault::Unsourced)
            }
            Act::SearchBegins(search) if self.searches.contains_key(&search.name) => {
                Err(ActFault::SearchTaken { name: search.name.clone() })
            }
            Act::SearchBegins(search) => Ok(search.check()?),
            Act::FeedBegins(feed) if self.feeds.contains_key(&feed.name) => {
                Err(ActFault::FeedTaken { name: feed.name.clone() })
            }
            Act::FeedBegins(feed) => Ok(feed.check()?),
            Act::FeedEnds { name } if !self.feeds.contains_key(name) => {
                Err(ActFault::NoFeed { name: name.chars().take(60).collect() })
            }
            Act::SearchEnds { name } if !self.searches.contains_key(name) => {
                Err(ActFault::NoSearch { name: name.chars().take(60).collect() })
            }
            Act::GuestBegins(guest) => {
                self.free(&guest.id, self.constituents.contains_key(&guest.id))?;
                Ok(guest.check()?)
            }
            Act::ConstituentBegins(constituent) => {
                self.free(&constituent.id, self.guests.contains_key(&constituent.id))?;
                Ok(constituent.check()?)
            }
            Act::AccountEnds { id } => Ok(self.account(id).map(drop)?),
            Act::Pass(pass) => Ok(self.account(&pass.account).map(drop)?),
            Act::CircleGiven { circle: name, collections } => {
                circle(name)?;
                match collections.iter().find(|name| !self.searches.contains_key(*name)) {
                    Some(name) => Err(ActFault::NoSearch { name: name.chars().take(60).collect() }),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn check_unit_key(&self, key: &DatedKey) -> Result<(), ActFault> {
        if key.source.trim().is_empty() {
            return Err(ActFault::Unsourced);
        }
        if !self.units.contains_key(&key.unit) {
            return Err(ActFault::NoUnit { code: key.unit.clone() });
        }
        match self.unit_keys.find(&key.id()) {
            Some(known) => Err(ActFault::UnitKeyTaken { key: known.id().short(), unit: known.unit.clone() }),
            None => Ok(()),
        }
    }

    /// The languages that the desk of another party accepts on a day; `None` where it has told none.
    pub fn accepted_languages(&self, party: &PartyCode, on: Date) -> Option<&Accepted> {
        let until = self.peer_languages.range((party.clone(), Date::MIN)..=(party.clone(), on));
        until.last().map(|(_, accepted)| accepted).filter(|accepted| !accepted.languages.is_empty())
    }

    /// Whether an id may be that of an account: officers and accounts share their ids, and the console is nobody's.
    fn free(&self, id: &OfficerId, taken: bool) -> Result<(), AccountFault> {
        match taken || self.officers.contains_key(id) || id.as_str() == "console" {
            true => Err(AccountFault::Taken { id: id.clone() }),
            false => Ok(()),
        }
    }

    /// The account of an id.
    pub fn account(&self, id: &OfficerId) -> Result<Account<'_>, AccountFault> {
        let guest = self.guests.get(id).map(Account::Guest);
        let found = guest.or_else(|| self.constituents.get(id).map(Account::Constituent));
        found.ok_or_else(|| AccountFault::None { id: id.clone() })
    }

    /// The pass of a hash with its account, where it is good at `at`.
    pub fn pass(&self, hash: &Hash, at: Timestamp) -> Option<(&Pass, Account<'_>)> {
        let pass = self.passes.get(hash).filter(|pass| pass.from <= at && at < pass.until)?;
        let account = self.account(&pass.account).ok()?;
        (account.from() <= at.date()).then_some((pass, account))
    }

    /// The saved searches offered to an account: its own, and those of its circles.
    pub fn offered(&self, account: &Account<'_>) -> BTreeSet<String> {
        let of_circles = account.circles().iter().filter_map(|circle| self.circles.get(circle)).flatten();
        account.collections().iter().chain(of_circles).cloned().collect()
    }

    /// What an act leaves behind in units, officers and tokens.
    pub fn apply(&mut self, act: &Act) {
        match act {
            Act::Unit(unit) => drop(self.units.insert(unit.code.clone(), unit.clone())),
            Act::UnitEnds { code, on } => self.end_unit(code, *on),
            Act::Authority(dated) => self.enter_authority(dated),
            Act::Provider(provider) => drop(self.providers.insert(provider.code.clone(), provider.clone())),
            Act::ProviderEnds { code, on } => {
                self.providers.entry(code.clone()).and_modify(|provider| provider.until = Some(*on));
            }
            Act::UnitKey(key) => self.unit_keys.enter(key.clone()),
            Act::PeerUnitKey(key) => self.peer_unit_keys.enter((**key).clone()),
            Act::Protected(object) => {
                self.protected.insert((object.owner.clone(), object.code.clone()), (**object).clone());
            }
            Act::UnitKeyEnds { key, on } => self.unit_keys.end(key, *on),
            Act::Level { level, name } => drop(self.levels.insert(*level, name.clone())),
            Act::PeerHours { party, hours } => drop(self.peer_hours.insert(party.clone(), hours.clone())),
            Act::PeerLanguages { party, accepted } => {
                self.peer_languages.insert((party.clone(), accepted.from), accepted.clone());
            }
            Act::Officer(officer) => drop(self.officers.insert(officer.id.clone(), officer.clone())),
            Act::OfficerEnds { id, on } => {
                self.officers.entry(id.clone()).and_modify(|officer| officer.until = Some(*on));
            }
            Act::Token(token) => drop(self.tokens.insert(token.hash, token.clone())),
            Act::TokenEnds { hash, at } => {
                self.tokens.entry(*hash).and_modify(|token| token.until = token.until.min(*at));
                self.passes.entry(*hash).and_modify(|pass| pass.until = pass.until.min(*at));
            }
            Act::SearchBegins(search) => drop(self.searches.insert(search.name.clone(), search.clone())),
            Act::SearchEnds { name } => drop(self.searches.remove(name)),
            Act::FeedBegins(feed) => drop(self.feeds.insert(feed.name.clone(), feed.clone())),
            Act::FeedEnds { name } => drop(self.feeds.remove(name)),
            Act::Mandate(mandate) => drop(self.mandates.insert(mandate.unit.clone(), mandate.clone())),
            Act::CaseRule(rule) => drop(self.case_rules.insert(rule.name.clone(), rule.clone())),
            Act::GuestBegins(guest) => drop(self.guests.insert(guest.id.clone(), guest.clone())),
            Act::ConstituentBegins(one) => drop(self.constituents.insert(one.id.clone(), one.clone())),
            Act::AccountEnds { id } => {
                self.guests.remove(id);
                self.constituents.remove(id);
                self.passes.retain(|_, pass| pass.account != *id);
            }
            Act::Pass(pass) => drop(self.passes.insert(pass.hash, pass.clone())),
            Act::CircleGiven { circle, collections } if collections.is_empty() => {
                self.circles.remove(circle);
            }
            Act::CircleGiven { circle, collections } => {
                self.circles.insert(circle.clone(), collections.clone());
            }
            Act::TakenOut { .. }
            | Act::Consent(_)
            | Act::ConsentWithdrawn(_)
            | Act::Adequacy(_)
            | Act::Safeguards(_)
            | Act::Security(_)
            | Act::ChangeSet { .. } => {}
        }
    }

    fn end_unit(&mut self, code: &UnitCode, on: Date) {
        self.units.entry(code.clone()).and_modify(|unit| unit.until = Some(on));
        let entries = self.authorities.range_mut((code.clone(), Date::MIN)..=(code.clone(), Date::MAX));
        for (_, dated) in entries {
            let until = dated.authority.until.map_or(on, |until| until.min(on));
            dated.authority.until = Some(until);
        }
        // An entry that would have begun later never does.
        self.authorities.retain(|(of, from), _| of != code || *from <= on);
    }

    /// Enters an authority from its first day on: what stood under its code before ends the day before, and an entry of
    /// the same day or a later one is replaced.
    fn enter_authority(&mut self, dated: &DatedAuthority) {
        let (code, from) = (dated.authority.code.clone(), dated.authority.from);
        self.authorities.retain(|(of, first), _| *of != code || *first < from);
        for (_, earlier) in self.authorities.range_mut((code.clone(), Date::MIN)..(code.clone(), from)) {
            let until = earlier.authority.until.unwrap_or(Date::MAX).min(from.plus_days(-1));
            earlier.authority.until = Some(until);
        }
        self.units.insert(code.clone(), dated.unit());
        self.authorities.insert((code, from), dated.clone());
    }

    /// Whether a unit is, was or will be an authority.
    pub fn is_authority(&self, code: &UnitCode) -> bool {
        self.authorities.range((code.clone(), Date::MIN)..=(code.clone(), Date::MAX)).next().is_some()
    }

    /// The tree of authorities with its past. What was entered is sound, so that nothing is left out.
    pub fn tree(&self) -> Tree {
        let entered = self.authorities.values().map(|dated| dated.authority.clone()).collect();
        Tree::new(entered).unwrap_or_default()
    }

    /// The units as they stood on a day: authorities by their entry of that day, others as they are.
    fn units_on(&self, on: Date) -> impl Iterator<Item = Unit> {
        let dated =
            self.authorities.values().map(DatedAuthority::unit).filter(move |unit| unit.stands_on(on));
        dated.chain(self.units.values().filter(|unit| !self.is_authority(&unit.code)).cloned())
    }

    /// The competence that a unit can cite for a purpose on a day.
    pub fn competence(&self, unit: &UnitCode, purpose: Purpose, on: Date) -> Option<Competence> {
        let unit = self.units_on(on).find(|known| known.code == *unit && known.is_competent(purpose, on))?;
        Some(Competence { unit: unit.code, citation: unit.competence })
    }

    /// The first unit, by code, that is competent for a purpose on a day.
    pub fn any_competence(&self, purpose: Purpose, on: Date) -> Option<Competence> {
        let competent = self.units_on(on).filter(|unit| unit.is_competent(purpose, on));
        let unit = competent.min_by(|a, b| a.code.cmp(&b.code))?;
        Some(Competence { unit: unit.code, citation: unit.competence })
    }

    /// The unit of an officer, where the officer serves on that day.
    pub fn unit_of(&self, officer: &OfficerId, on: Date) -> Option<&UnitCode> {
        let officer = self.officers.get(officer)?;
        let serves = officer.from <= on && officer.until.is_none_or(|until| on <= until);
        serves.then_some(&officer.unit)
    }

    /// The token, where it is good at `at` and its officer still is one.
    pub fn token(&self, hash: &Hash, at: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(hash).filter(|token| token.from <= at && at < token.until)?;
        let officer = self.officers.get(&token.officer)?;
        officer.until.is_none_or(|until| at.date() <= until).then_some(token)
    }
}

impl Unit {
    fn is_competent(&self, purpose: Purpose, on: Date) -> bool {
        let serves = self.purposes.is_empty() || self.purposes.contains(&purpose);
        serves && self.stands_on(on) && !self.competence.is_empty()
    }

    fn stands_on(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// What an act changes in the node's own facts about other parties.
pub fn restand(entries: &mut StandingEntries, act: &Act) {
    match act {
        Act::Consent(consent) => entries.consents.push(consent.clone()),
        Act::ConsentWithdrawn(consent) => entries.consents.retain(|known| known != consent),
        Act::Adequacy(pair) => entries.adequacy.push(pair.clone()),
        Act::Safeguards(pair) => entries.safeguards.push(pair.clone()),
        Act::Security(agreement) => entries.security.push(agreement.clone()),
        _ => {}
    }
}
