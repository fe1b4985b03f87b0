//! UUIDs that follow from names (RFC 9562 section 5.5), so that the same source gives the same objects each time.

use comity_record::sha1_for_names;
use std::fmt;

/// A UUID; shown in lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// Version 5: from a namespace and the parts of a name, one after another.
    pub fn of_name(namespace: Uuid, name: &[&[u8]]) -> Uuid {
        let parts: Vec<&[u8]> = std::iter::once(namespace.0.as_slice()).chain(name.iter().copied()).collect();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(sha1_for_names(&parts)).for_each(|(to, from)| *to = from);
        Uuid::shaped(bytes, 0x50)
    }

    /// Version 4, from 16 random bytes.
    pub fn random(bytes: [u8; 16]) -> Uuid {
        Uuid::shaped(bytes, 0x40)
    }

    /// Sets version and variant (RFC 9562 section 4).
    fn shaped(mut bytes: [u8; 16], number: u8) -> Uuid {
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | number;
        *variant = *variant & 0x3f | 0x80;
        Uuid(bytes)
    }

    /// Reads `8-4-4-4-12` hexadecimal digits in either case.
    pub fn read(text: &str) -> Option<Uuid> {
        let hyphens = |at| matches!(at, 8 | 13 | 18 | 23);
        let shaped =
            text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| hyphens(at) == (byte == b'-'));
        let mut digits = text.bytes().filter(|byte| *byte != b'-');
        let number =
            digits.try_fold(0u128, |sum, digit| Some(sum << 4 | u128::from(char::from(digit).to_digit(16)?)));
        number.filter(|_| shaped).map(|number| Uuid(number.to_be_bytes()))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_the_uuids_of_the_standard() {
        // RFC 9562 appendix A.4: `www.example.com` in the namespace of DNS names.
        let dns = Uuid::read("6ba7b810-9dad-11d1-80b4-00c04fd430c8").unwrap();
        let of = |name: &[&[u8]]| Uuid::of_name(dns, name).to_string();
        assert_eq!(of(&[b"www.example.com"]), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_eq!(of(&[b"www.", b"example.com"]), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn only_the_usual_form_is_read() {
        let text = "2ED6657D-e927-568b-95e1-2665a8aea6a2";
        assert_eq!(Uuid::read(text).unwrap().to_string(), text.to_lowercase());
        for bad in [
            "",
            "2ed6657de927568b95e12665a8aea6a2",
            "2ed6657d-e927-568b-95e1-2665a8aea6a",
            &text.replace('7', "g"),
        ] {
            assert_eq!(Uuid::read(bad), None, "{bad}");
        }
    }
}
