//! The canonical texts, in blocks that never move and leave next to nothing unused.

/// Bytes of a block.
const BLOCK: usize = 1 << 20;
/// The longest text that is kept.
pub(super) const LONGEST: usize = u16::MAX as usize;

#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    blocks: Vec<String>,
}

/// Where a text is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The block and the byte in it.
    at: u32,
    length: u16,
}

impl Texts {
    /// Keeps a text; `None` where it is too long, or four gigabytes are full.
    pub(super) fn push(&mut self, text: &str) -> Option<Place> {
        let length = u16::try_from(text.len()).ok()?;
        if self.blocks.last().is_none_or(|block| block.len() + text.len() > BLOCK) {
            self.blocks.push(String::with_capacity(BLOCK));
        }
        let number = u32::try_from(self.blocks.len() - 1).ok().filter(|number| *number < 1 << 12)?;
        let block = self.blocks.last_mut()?;
        let at = number << 20 | u32::try_from(block.len()).ok()?;
        block.push_str(text);
        Some(Place { at, length })
    }

    pub(super) fn at(&self, place: Place) -> &str {
        let start = (place.at & (BLOCK as u32 - 1)) as usize;
        let block = self.blocks.get((place.at >> 20) as usize);
        block.and_then(|block| block.get(start..start + usize::from(place.length))).unwrap_or_default()
    }
}

impl Place {
    /// A part of the text.
    pub(super) fn part(self, start: usize, length: usize) -> Option<Place> {
        let part = Place { at: self.at + u32::try_from(start).ok()?, length: u16::try_from(length).ok()? };
        (start + length <= usize::from(self.length)).then_some(part)
    }
}
