//! Mail addresses: the part before the `@` as it is (only its own host may say that case does not matter, RFC 5321
//! section 2.4), the domain as a name.

use super::{Fault, name};

/// Most bytes before the `@` (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

pub(super) fn normalise(text: &str) -> Result<String, Fault> {
    let bare = match text.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
        _ => text,
    };
    let (local, domain) = bare.rsplit_once('@').ok_or_else(|| Fault::mail(text, "it has no `@`"))?;
    if local.is_empty() || local.len() > MAX_LOCAL {
        return Err(Fault::mail(text, "1 to 64 letters stand before the `@`"));
    }
    let strange = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
    if local.contains(strange) {
        return Err(Fault::mail(text, "a character that may stand in quotes only"));
    }
    if domain.contains([':', '*']) {
        return Err(Fault::mail(text, "a domain with a port or a star"));
    }
    let domain = name::normalise(domain).map_err(|_| Fault::mail(text, "what follows the `@` is no name"))?;
    Ok(format!("{local}@{domain}"))
}
