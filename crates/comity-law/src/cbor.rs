//! How values that are read and shown as text are kept in deterministic CBOR: as that text.

/// A value as its text.
pub(crate) mod text {
    use minicbor::{
        Decoder, Encoder,
        decode::Error as DecodeError,
        encode::{Error as EncodeError, Write},
    };
    use std::{fmt::Display, str::FromStr};

    pub(crate) fn encode<C, W: Write, T: Display>(
        value: &T,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(&value.to_string())?.ok()
    }

    pub(crate) fn decode<C, T: FromStr<Err: Display>>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<T, DecodeError> {
        let at = d.position();
        d.str()?.parse().map_err(|bad: T::Err| DecodeError::message(bad.to_string()).at(at))
    }
}

/// A value as its text, the empty text where there is none.
pub(crate) mod optional {
    use minicbor::{
        Decoder, Encoder,
        decode::Error as DecodeError,
        encode::{Error as EncodeError, Write},
    };
    use std::{fmt::Display, str::FromStr};

    pub(crate) fn encode<C, W: Write, T: Display>(
        value: &Option<T>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        let text = value.as_ref().map(ToString::to_string).unwrap_or_default();
        e.str(&text)?.ok()
    }

    pub(crate) fn decode<C, T: FromStr<Err: Display>>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Option<T>, DecodeError> {
        let at = d.position();
        let text = d.str()?;
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|bad: T::Err| DecodeError::message(bad.to_string()).at(at))
    }
}
