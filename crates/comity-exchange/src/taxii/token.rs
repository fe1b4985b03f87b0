//! The paging token: where a page ended, bound to the question it answers.
//!
//! It is stateless, so that it outlives restarts and is good in every process of a party; and authenticated, so that a
//! client cannot move it or use it with other filters.

use super::{Added, TaxiiFault};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;

/// The key that tokens are authenticated with: the same in all processes of a party, and nowhere else.
#[derive(Clone)]
pub struct PageKey(hmac::Key);

/// Bytes of the position, and of the shortened HMAC-SHA256 behind it.
const POSITION: usize = 8;
const MAC: usize = 16;

impl PageKey {
    /// From random bytes.
    pub fn new(key: [u8; 32]) -> PageKey {
        PageKey(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The token for what comes after `position` in the answer to `question`, the bytes of which name collection,
    /// endpoint and filters.
    pub fn token(&self, question: &[u8], position: Added) -> String {
        let position = position.key();
        let mut bytes = position.to_vec();
        bytes.extend_from_slice(&self.mac(question, &position));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position of a token that was given out for this question.
    pub fn position(&self, question: &[u8], token: &str) -> Result<Added, TaxiiFault> {
        // Longer text is none of ours, and is not decoded.
        let short = Some(token).filter(|token| token.len() <= 2 * (POSITION + MAC));
        let bytes = short.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok()).ok_or(TaxiiFault::BadNext)?;
        let (position, mac) = bytes.split_at_checked(POSITION).ok_or(TaxiiFault::BadNext)?;
        let expected = self.mac(question, position);
        let equal =
            mac.len() == MAC && aws_lc_rs::constant_time::verify_slices_are_equal(mac, &expected).is_ok();
        Added::from_key(position).filter(|_| equal).ok_or(TaxiiFault::BadNext)
    }

    /// A short name of a question, under which pages are kept.
    pub fn name(&self, question: &[u8]) -> [u8; MAC] {
        self.mac(question, b"name")
    }

    fn mac(&self, question: &[u8], position: &[u8]) -> [u8; MAC] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"comity taxii page\0");
        context.update(position);
        context.update(question);
        let tag = context.sign();
        let mut out = [0; MAC];
        out.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        out
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey(..)")
    }
}
