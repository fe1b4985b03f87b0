//! Redaction: what the border asks to be taken out is taken out, and what is left is a record of its own, signed here,
//! with a salted link to the original and the list of what is missing.

use super::{Desk, DeskFault, Manuscript, author::Content};
use crate::{Bodies, Entropy, draw};
use comity_border::{RedactFirst, redacted_labels};
use comity_ledger::store::{Kv, Store};
use comity_record::{Derivation, RecordId, Timestamp};
use comity_threat::{Object, Redacted, Selector, Tables, Withheld, redact};
use std::{collections::BTreeSet, sync::Arc};

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Makes and authors the derived record. `None` where nothing would be left, or where the record is not threat
    /// information: then the refusal of the record itself stands.
    pub(super) async fn redact(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        original: RecordId,
        first: &RedactFirst,
    ) -> Result<Option<RecordId>, DeskFault> {
        let held = self.held(original).await?;
        // A record of another party is passed on as it is or not at all.
        // What was narrowed stays as it is: a derived record would be a new one, with the wider audience of its labels.
        let narrowed = self.narrowings.contains_key(&original);
        if *held.record.origin() != self.party || held.objects.is_empty() || narrowed {
            return Ok(None);
        }
        let tables = Arc::clone(&self.tables);
        let (mut objects, mut selectors, mut withheld) = (Vec::new(), Vec::new(), 0);
        for (_, bytes) in &held.objects {
            match without(bytes, first.fields(), &tables) {
                Ok(redacted) => {
                    selectors.extend(redacted.selectors.iter().map(ToString::to_string));
                    objects.push(redacted.bytes);
                }
                // What cannot be redacted without breaking it stays here, and the derived record says how many did.
                Err(_) => withheld += 1,
            }
        }
        if objects.is_empty() {
            return Ok(None);
        }
        selectors.extend(first.fields().iter().cloned());
        selectors.sort();
        selectors.dedup();
        let labels = redacted_labels(held.record.labels(), first.fields());
        let statement = held.record.statement();
        let derived =
            Derivation { link: Derivation::link(&draw(entropy), &original), redacted: selectors, withheld };
        let manuscript = Manuscript {
            unit: statement.unit.clone(),
            officer: statement.officer.clone(),
            labels,
            content: Content::Objects(objects),
            thread: statement.thread,
            derived: Some(derived),
        };
        Ok(self.author(now, entropy, vec![manuscript]).await?.first().map(|one| one.record))
    }
}

/// The object without the parts that the border's fields mean.
fn without(bytes: &[u8], fields: &BTreeSet<String>, tables: &Tables) -> Result<Redacted, Withheld> {
    let object = Object::read(bytes).map_err(Withheld::Unreadable)?;
    let mut selectors: Vec<Selector> = Vec::new();
    for field in fields {
        if field == comity_border::PERSONAL {
            selectors.extend(tables.personal_parts(&object).into_iter().map(|part| part.selector));
        } else if let Ok(selector) = field.parse::<Selector>() {
            selectors.extend(selector.resolve(object.root()).is_some().then_some(selector));
        }
    }
    if selectors.is_empty() {
        return Ok(Redacted { bytes: bytes.to_vec(), selectors });
    }
    redact(bytes, &selectors)
}
