//! Collections: what tools at home read over TAXII, as a projection of the log.
//!
//! There is one collection for each audience class, and one for each saved search. A row points at the sealed bytes of an
//! object and holds what can be asked of it; the bytes are opened when a page is read. Pages that nothing can be added to
//! are kept compressed in memory ([`cache`]).
//!
//! Design and reasons: `docs/design/taxii.md`.

mod cache;
mod derive;
mod keys;
mod outside;
mod page;
mod rows;

pub use keys::{CollectionKeys, KeyFileFault};
pub use outside::Outside;
pub(crate) use page::is_there;
pub use page::{Answer, PAGE, PageFault, Question, Sort};
pub use rows::{Head, TABLES};

use crate::reading::Reader;
use crate::{
    app::SealedBodies,
    projection::{Feed, Progress},
};
use cache::Pages;
use comity_exchange::{
    search::SavedSearch,
    taxii::{Added, AudienceClass, CollectionId, Held},
};
use comity_ledger::store::Partition;
use comity_record::{OfficerId, PartyCode, label::Tlp};
use comity_store::AnyStore;
use comity_threat::{Object, Tables};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The collections of a party, for readers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Collections {
    party: PartyCode,
    feed: Feed,
    bodies: SealedBodies,
    tables: Arc<Tables>,
    keys: CollectionKeys,
    shared: Arc<Shared>,
    progress: Option<Progress>,
}

/// The projection behind [`Collections`].
#[derive(Debug)]
pub struct CollectionsView {
    feed: Feed,
    keys: CollectionKeys,
    shared: Arc<Shared>,
    known: Known,
    rewritten: Vec<(Partition, Added)>,
    /// Whether something leaves in the step under way.
    leaves: bool,
}

/// What projector and readers share in memory.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    known: RwLock<Known>,
    pages: Pages,
    /// How often something left a collection since the start.
    left: AtomicU64,
}

/// What is known of every collection without a look into the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The date given last, over all collections.
    pub(crate) last: Added,
    /// Where each collection stands.
    pub(crate) heads: BTreeMap<Partition, Head>,
    /// The saved searches, by partition.
    pub(crate) searches: BTreeMap<Partition, Arc<SavedSearch>>,
}

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its partition in the tables.
    pub partition: Partition,
    /// Its UUID.
    pub id: CollectionId,
    /// A name that may stand for the id.
    pub alias: String,
    /// Its title.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Whose collection it is.
    pub of: Of,
    /// Where it stands.
    pub head: Head,
}

/// What a collection is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Records of an audience class; it can be written to.
    Class(AudienceClass),
    /// What a saved search finds; it is read-only.
    Search(Arc<SavedSearch>),
    /// What speaks of a constituent; it is read-only, and the constituent's own.
    Concerning(OfficerId),
}

/// The alias of the collection of what speaks of a constituent.
pub const HITS: &str = "hits";

impl Collections {
    /// Collections over a log, and the projection that fills them.
    pub fn new(
        party: PartyCode,
        feed: Feed,
        bodies: SealedBodies,
        tables: Arc<Tables>,
        keys: CollectionKeys,
    ) -> (Collections, CollectionsView) {
        let shared = Arc::new(Shared::default());
        let view = CollectionsView {
            feed: feed.clone(),
            keys: keys.clone(),
            shared: Arc::clone(&shared),
            known: Known::default(),
            rewritten: Vec::new(),
            leaves: false,
        };
        (Collections { party, feed, bodies, tables, keys, shared, progress: None }, view)
    }

    /// What counts as personal, and who stands for a State.
    pub fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    /// The store.
    pub fn store(&self) -> &AnyStore {
        self.feed.store()
    }

    /// An object's id under the node's key, and the object as rows would know it, without a place yet.
    pub fn named(&self, object: &Object<'_>) -> ([u8; 16], Held) {
        (self.keys.id(object.id()), derive::held(&self.keys, object, Added::NEVER, 0, 0))
    }

    /// Another text whenever something was taken out of a collection: who keeps what is in them has to read them again.
    pub fn generation(&self) -> String {
        format!("{}.{}", std::process::id(), self.shared.left.load(Ordering::Acquire))
    }

    /// Tells readers how far the projection is.
    pub fn follow(&mut self, progress: Progress) {
        self.progress = Some(progress);
    }

    /// Every collection in a fixed order: audience classes from wide to narrow, then saved searches by name. A class with
    /// a limited onward rule is listed once something is in it.
    pub fn list(&self) -> Vec<Collection> {
        let known = self.known();
        let classes = AudienceClass::all().map(|class| self.of_class(class, &known));
        let listed = classes.filter(|one| match &one.of {
            Of::Class(class) => !class.limited || one.head.count > 0,
            Of::Search(_) | Of::Concerning(_) => true,
        });
        let mut out: Vec<Collection> = listed.collect();
        let searches =
            known.searches.iter().map(|(partition, search)| self.of_search(*partition, search, &known));
        let mut searches: Vec<Collection> = searches.collect();
        searches.sort_by(|a, b| a.alias.cmp(&b.alias));
        out.extend(searches);
        out
    }

    /// The collection of an id or alias.
    pub fn find(&self, name: &str) -> Option<Collection> {
        // A class that is not listed can be written to by those who know its name.
        let known = self.known();
        let classes = AudienceClass::all().map(|class| self.of_class(class, &known));
        let searches =
            known.searches.iter().map(|(partition, search)| self.of_search(*partition, search, &known));
        classes.chain(searches).find(|one| one.alias == name || one.id.to_string() == name)
    }

    /// The collections that a reader knows of: all for the party itself; for others those of the audience classes that may
    /// be cleared for such at all, the saved searches that it is offered, and for a constituent what concerns it. Nothing
    /// in them depends on what is held.
    pub fn seen(&self, reader: &Reader, offered: &BTreeSet<String>) -> Vec<Collection> {
        let widest = match reader {
            Reader::Own => return self.list(),
            Reader::Other { .. } => Tlp::AmberStrict,
            Reader::Constituent(_) => Tlp::Amber,
        };
        let none = Known { searches: self.known().searches, ..Known::default() };
        let classes = AudienceClass::all().filter(|class| class.tlp <= widest);
        let mut out: Vec<Collection> = classes.map(|class| self.of_class(class, &none)).collect();
        for one in &mut out {
            one.description = one.description.replacen("every object", "every object shown to you", 1);
        }
        if let Reader::Constituent(id) = reader {
            out.push(outside::concerning(&self.party, id));
        }
        let searches = none.searches.iter().filter(|(_, search)| offered.contains(&search.name));
        out.extend(searches.map(|(partition, search)| self.of_search(*partition, search, &none)));
        out
    }

    /// The collection of an id or alias, for a reader.
    pub fn seen_as(&self, name: &str, reader: &Reader, offered: &BTreeSet<String>) -> Option<Collection> {
        match reader {
            Reader::Own => self.find(name),
            _ => {
                let mut seen = self.seen(reader, offered).into_iter();
                seen.find(|one| one.alias == name || one.id.to_string() == name)
            }
        }
    }

    fn known(&self) -> Known {
        self.shared.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of_class(&self, class: AudienceClass, known: &Known) -> Collection {
        let (partition, alias) = (class.partition(), class.alias());
        Collection {
            partition,
            id: CollectionId::of(&self.party, &alias, 0),
            title: format!("{} {}", self.party, class),
            description: format!("every object that this node holds under {class}"),
            alias,
            of: Of::Class(class),
            head: known.heads.get(&partition).copied().unwrap_or_default(),
        }
    }

    fn of_search(&self, partition: Partition, search: &Arc<SavedSearch>, known: &Known) -> Collection {
        Collection {
            partition,
            id: CollectionId::of(&self.party, &search.name, partition.into()),
            title: search.title.clone(),
            description: format!("a saved search: {}", search.query),
            alias: search.name.clone(),
            of: Of::Search(Arc::clone(search)),
            head: known.heads.get(&partition).copied().unwrap_or_default(),
        }
    }
}
