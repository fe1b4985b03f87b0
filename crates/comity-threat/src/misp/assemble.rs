//! Putting an event together again of the parts at hand.
//!
//! With all parts the result has the content of the original, field for field and in its order. With some withheld it is
//! the event without them: no count, list of order or reference tells of what is not there, since these are parts too.

use super::{
    emit::push_json,
    part::{Part, PartKind},
    scan::Slice,
};
use std::collections::BTreeMap;

/// The event of these parts, as `{"Event": …}`; `None` where the event itself is not among them. Of several versions of a
/// part only the current one may be given.
pub fn assemble(parts: &[Part]) -> Option<String> {
    let shell = parts.iter().find(|part| part.kind == PartKind::Event)?;
    let instance = parts.iter().find(|part| part.kind == PartKind::Instance);
    let pieces = Pieces::of(parts, instance);
    let mut out = String::from("{\"Event\":");
    pieces.render(&mut out, shell, 0);
    out.push('}');
    Some(out)
}

#[derive(Default)]
struct Pieces<'p> {
    /// By what they stand in: kind and part, in order.
    children: BTreeMap<&'p str, Vec<&'p Part>>,
    /// Members of the event that concern its instance, each as `"key":value`.
    members: Vec<&'p str>,
    /// By container and list: where an element stood, and the element.
    local: BTreeMap<(String, String), Vec<(usize, &'p str)>>,
}

impl<'p> Pieces<'p> {
    fn of(parts: &'p [Part], instance: Option<&'p Part>) -> Pieces<'p> {
        let mut pieces = Pieces::default();
        let mut order = BTreeMap::new();
        if let Some(instance) = instance {
            let whole = Slice::whole(&instance.json);
            let uuids = whole.get("order").into_iter().flat_map(Slice::elements).filter_map(Slice::as_text);
            order = uuids.zip(0usize..).map(|(uuid, at)| (uuid.into_owned(), at)).collect();
            pieces.members =
                whole.get("members").map(inner).into_iter().filter(|text| !text.is_empty()).collect();
            whole.get("local").into_iter().flat_map(Slice::elements).for_each(|one| pieces.add_local(one));
        }
        let mut ordered: Vec<&Part> = parts.iter().filter(|part| part.kind.list().is_some()).collect();
        ordered.sort_by_key(|part| order.get(&part.uuid).copied().unwrap_or(usize::MAX));
        for part in ordered {
            pieces.children.entry(part.within.as_str()).or_default().push(part);
        }
        pieces
    }

    fn add_local(&mut self, one: Slice<'p>) {
        let text = |key: &str| one.get(key).and_then(Slice::as_text).unwrap_or_default().into_owned();
        let at = text("at").parse().unwrap_or(usize::MAX);
        if let Some(json) = one.get("json") {
            self.local.entry((text("in"), text("list"))).or_default().push((at, json.text));
        }
    }

    /// Writes a part with what stands in it. Parts nest three deep at most: event, object, attribute, sighting.
    fn render(&self, out: &mut String, part: &Part, depth: u8) {
        out.push('{');
        let start = out.len();
        let children = self.children.get(part.uuid.as_str()).filter(|_| depth < 3);
        let mut lists: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
        for child in children.into_iter().flatten() {
            lists.entry(child.kind.list().unwrap_or_default()).or_default().push(child);
        }
        for (key, value) in Slice::whole(&part.json).members() {
            comma(out, start);
            push_json(out, &key);
            out.push(':');
            let inside = lists.remove(key.as_ref()).filter(|_| value.is_list());
            let local = self.local.get(&(part.uuid.clone(), key.into_owned()));
            match (inside, local) {
                (Some(inside), _) => self.list(out, &inside, depth),
                (None, Some(local)) => push_local(out, value, local),
                (None, None) => out.push_str(value.text),
            }
        }
        for (key, inside) in lists {
            comma(out, start);
            push_json(out, key);
            out.push(':');
            self.list(out, &inside, depth);
        }
        if part.kind == PartKind::Event {
            for members in &self.members {
                comma(out, start);
                out.push_str(members);
            }
        }
        out.push('}');
    }

    fn list(&self, out: &mut String, parts: &[&Part], depth: u8) {
        out.push('[');
        let start = out.len();
        for part in parts {
            comma(out, start);
            self.render(out, part, depth + 1);
        }
        out.push(']');
    }
}

fn comma(out: &mut String, start: usize) {
    if out.len() > start {
        out.push(',');
    }
}

/// What stands between the brackets.
fn inner(slice: Slice<'_>) -> &str {
    let text = slice.text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    text.unwrap_or_default().trim()
}

/// A list with elements put back where they stood.
fn push_local(out: &mut String, list: Slice<'_>, local: &[(usize, &str)]) {
    let mut elements: Vec<&str> = list.elements().map(|element| element.text).collect();
    for (at, json) in local {
        elements.insert((*at).min(elements.len()), json);
    }
    out.push('[');
    out.push_str(&elements.join(","));
    out.push(']');
}
