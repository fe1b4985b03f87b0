//! The oblivious pseudorandom function of RFC 9497: base mode (section 3.3.1), suite ristretto255-SHA512 (section 4.1).

use crate::Entropy;
use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::IsIdentity};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use voprf::{EvaluationElement, OprfClient, OprfServer, Ristretto255};

/// Bytes of a group element.
pub const ELEMENT: usize = 32;
/// A serialised group element.
pub type Element = [u8; ELEMENT];
/// The first 16 of the 64 bytes of the function's output.
pub type Output = [u8; 16];

/// The answerer's key.
pub struct PrfKey {
    server: OprfServer<Ristretto255>,
    /// Half of its scalar: doubles of points are encoded together, with one inversion for all of them.
    half: Scalar,
}

impl fmt::Debug for PrfKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrfKey(..)")
    }
}

impl PrfKey {
    /// The key of a seed (`DeriveKeyPair`, RFC 9497 section 3.2.1). `None` where the seed leads to no key, which
    /// happens to none in 2^250 of them.
    pub fn derive(seed: &[u8; 32], info: &[u8]) -> Option<PrfKey> {
        let server = OprfServer::<Ristretto255>::new_from_seed(seed, info).ok()?;
        let scalar: Option<Scalar> = Scalar::from_canonical_bytes(server.serialize().into()).into();
        let half = scalar? * Scalar::from(2u8).invert();
        Some(PrfKey { server, half })
    }

    /// The answers to questions (`BlindEvaluate` of each), one behind the other. `None` where the bytes of one are no
    /// element of the group, or its identity.
    pub fn answers(&self, blinded: &[Element]) -> Option<Vec<u8>> {
        let multiplied = blinded.iter().map(|element| {
            let point = CompressedRistretto(*element).decompress()?;
            (!point.is_identity()).then(|| point * self.half)
        });
        let multiplied: Option<Vec<RistrettoPoint>> = multiplied.collect();
        let encoded = RistrettoPoint::double_and_compress_batch(&multiplied?);
        Some(encoded.iter().flat_map(CompressedRistretto::to_bytes).collect())
    }

    /// The output for an input of one's own (`Evaluate`).
    pub fn output(&self, input: &[u8]) -> Option<Output> {
        cut(&self.server.evaluate(input).ok()?)
    }
}

/// A question under way: what was blinded, and with what.
pub struct Blinded {
    element: Element,
    input: Vec<u8>,
    state: OprfClient<Ristretto255>,
}

impl fmt::Debug for Blinded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blinded(..)")
    }
}

impl Blinded {
    /// Blinds an input (`Blind`). `None` where it is longer than 65,535 bytes or maps to the identity.
    pub fn new(input: &[u8], entropy: &mut dyn Entropy) -> Option<Blinded> {
        let blinded = OprfClient::<Ristretto255>::blind(input, &mut Source(entropy)).ok()?;
        let element = blinded.message.serialize().into();
        Some(Blinded { element, input: input.to_vec(), state: blinded.state })
    }

    /// What is sent. It is uniformly distributed, whatever the input is.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// The output, out of the answer (`Finalize`). `None` where the answer is no element.
    pub fn finish(&self, answer: &Element) -> Option<Output> {
        let answer = EvaluationElement::<Ristretto255>::deserialize(answer).ok()?;
        cut(&self.state.finalize(&self.input, &answer).ok()?)
    }
}

fn cut(output: &[u8]) -> Option<Output> {
    output.first_chunk().copied()
}

/// Our randomness as the library takes it.
struct Source<'e>(&'e mut dyn Entropy);

impl RngCore for Source<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(crate::draw(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(crate::draw(self.0))
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(out);
        Ok(())
    }
}

impl CryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blind of both vectors.
    const BLIND: &str = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";

    /// Gives a scalar of one's choice: the library reduces 64 bytes, the lowest first.
    struct OfScalar(Element);

    impl Entropy for OfScalar {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(0);
            out[..ELEMENT].copy_from_slice(&self.0);
        }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn element(hex: &str) -> Element {
        bytes(hex).try_into().unwrap()
    }

    /// RFC 9497, appendix A.1.1: seed, key info and blind are the same for both vectors.
    #[test]
    fn the_vectors_of_the_standard() {
        let key = PrfKey::derive(&[0xa3; 32], b"test key").unwrap();
        for (input, blinded, evaluated, output) in [
            (
                "00",
                "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
                "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
                "527759c3d9366f277d8c6020418d96bb",
            ),
            (
                "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
                "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
                "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
                "f4a74c9c592497375e796aa837e907b1",
            ),
        ] {
            let question = Blinded::new(&bytes(input), &mut OfScalar(element(BLIND))).unwrap();
            assert_eq!(question.element(), &element(blinded));
            let answer = key.answers(&[*question.element()]).unwrap();
            assert_eq!(answer, bytes(evaluated));
            assert_eq!(question.finish(&element(evaluated)).unwrap().to_vec(), bytes(output));
            assert_eq!(key.output(&bytes(input)).unwrap().to_vec(), bytes(output));
        }
    }

    #[test]
    fn what_is_no_element_is_not_answered() {
        let key = PrfKey::derive(&[1; 32], b"").unwrap();
        // The identity, a negative field element, and bytes beyond the field (RFC 9496 appendix A.2).
        let negative = element("0100000000000000000000000000000000000000000000000000000000000000");
        for bad in [[0; ELEMENT], negative, [0xff; ELEMENT]] {
            assert_eq!(key.answers(&[bad]), None);
            let good = *Blinded::new(b"x", &mut OfScalar(element(BLIND))).unwrap().element();
            assert_eq!(key.answers(&[good, bad]), None);
        }
    }

    /// Beside the library's own evaluation, one by one.
    #[test]
    fn many_answers_are_those_of_each() {
        let key = PrfKey::derive(&[3; 32], b"many").unwrap();
        let ask = |n: u8| *Blinded::new(&[n], &mut OfScalar([n; ELEMENT])).unwrap().element();
        for count in [0, 1, 2, 50] {
            let questions: Vec<Element> = (1..=count).map(ask).collect();
            let each = questions.iter().flat_map(|question| {
                let question = voprf::BlindedElement::<Ristretto255>::deserialize(question).unwrap();
                key.server.blind_evaluate(&question).serialize().to_vec()
            });
            assert_eq!(key.answers(&questions).unwrap(), each.collect::<Vec<u8>>());
        }
    }

    #[test]
    fn another_key_gives_another_output() {
        let keys = [[1; 32], [2; 32]].map(|seed| PrfKey::derive(&seed, b"").unwrap());
        assert_ne!(keys[0].output(b"x"), keys[1].output(b"x"));
        assert_ne!(keys[0].output(b"x"), keys[0].output(b"y"));
    }
}
