//! Numbers and literals (RFC 8259 sections 3 and 6), checked without their value.

/// Whether these bytes are a number, `true`, `false` or `null`, and nothing else.
pub(super) fn is_well_formed(scalar: &[u8]) -> bool {
    matches!(scalar, b"true" | b"false" | b"null") || is_number(scalar)
}

/// `-`? (`0` or digits that do not begin with it), a fraction, an exponent.
fn is_number(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, rest) = rest.split_at(digits(rest));
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with(b"0")) {
        return false;
    }
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => match digits(fraction) {
            0 => return false,
            count => fraction.split_at(count).1,
        },
        None => rest,
    };
    let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else {
        return rest.is_empty();
    };
    let power = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
    !power.is_empty() && digits(power) == power.len()
}

/// How many digits it begins with.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}
