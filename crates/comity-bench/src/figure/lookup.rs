//! Oblivious questions: what an answer costs against the bare multiplication on the curve, and how long one takes between two
//! nodes inside an open block.

use crate::{
    Outcome,
    cast::{self, Node},
    line::{Line, Target, rounded},
    machine::Since,
};
use comity_exchange::lookup::{Blinded, ELEMENT, Element, PrfKey, Question, Reply};
use comity_node::{app::Ctx, random::SystemRandom};
use comity_record::{Canonical, label::Purpose};
use std::{path::Path, time::Instant};
use voprf::{Group, Ristretto255};

/// Elements in one message.
const BATCH: usize = 1_000;
/// Messages of that size.
const BATCHES: usize = 20;
/// Questions of one element, one after the other.
const SINGLES: usize = 2_000;

/// Randomness of the system, for blinding.
struct Entropy;

impl comity_exchange::Entropy for Entropy {
    fn fill(&mut self, out: &mut [u8]) {
        if comity_node::random::Random::fill(&SystemRandom, out).is_err() {
            std::process::abort();
        }
    }
}

/// Measures answers, and the way there and back.
pub fn measure(dir: &Path) -> Outcome<Vec<Line>> {
    let elements = blinded(BATCH)?;
    let answering = answering(&elements)?;
    let bare = bare(&elements)?;
    let keying = keying()?;
    let waits = cast::runtime()?.block_on(asked(dir, &elements))?;
    let each = |cpu: f64| rounded(cpu * 1e6);
    let ratio =
        Line::new("lookup", bare / answering, "of a bare multiplication's rate", Target::AtLeast(0.8))
            .beside("microseconds_an_answer", each(answering))
            .beside("microseconds_a_bare_multiplication", each(bare))
            .beside("microseconds_to_key_a_value_held", each(keying))
            .beside("counted", "reading the message, decoding, multiplying, encoding, writing the message");
    let median = waits.get(waits.len() / 2).copied().unwrap_or(f64::NAN);
    let late = waits.get(waits.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    let wait = Line::new("lookup-answer", median * 1e3, "milliseconds, half of them", Target::AtMost(0.5))
        .beside("milliseconds_99_in_100", rounded(late * 1e3))
        .beside("questions", waits.len())
        .beside("counted", "one element over TLS on loopback, both nodes in one process");
    Ok(vec![ratio, wait])
}

fn blinded(count: usize) -> Outcome<Vec<Element>> {
    let blind = |number: usize| Blinded::new(&number.to_be_bytes(), &mut Entropy);
    let all: Option<Vec<Blinded>> = (0..count).map(blind).collect();
    Ok(all.ok_or("nothing was blinded")?.iter().map(|one| *one.element()).collect())
}

/// CPU seconds of an answer, from message to message.
fn answering(elements: &[Element]) -> Outcome<f64> {
    let key = PrfKey::derive(&[7; 32], b"bench").ok_or("no key")?;
    let message = Question::evaluate([0; 16], elements).to_bytes();
    let (since, mut length) = (Since::on_this_thread(), 0);
    for _ in 0..BATCHES {
        let Question::Evaluate { blinded, .. } = Question::from_bytes(&message)? else { continue };
        let answered = key.answers(blinded.as_chunks::<ELEMENT>().0).ok_or("no answer")?;
        length += Reply::Evaluated(answered.into()).to_bytes().len();
    }
    let cpu = since.cpu();
    if length < BATCHES * BATCH * ELEMENT {
        return Err("answers are missing".into());
    }
    Ok(cpu / (BATCHES * BATCH) as f64)
}

/// CPU seconds of one multiplication of a point, nothing read or written.
fn bare(elements: &[Element]) -> Outcome<f64> {
    let scalar = <Ristretto255 as Group>::deserialize_scalar(&[5; 32]).map_err(|_| "no scalar")?;
    let points: Result<Vec<_>, _> =
        elements.iter().map(|element| <Ristretto255 as Group>::deserialize_elem(element)).collect();
    let mut points = points.map_err(|_| "no point")?;
    let since = Since::on_this_thread();
    for _ in 0..BATCHES {
        for point in &mut points {
            *point *= &scalar;
        }
    }
    let cpu = since.cpu();
    std::hint::black_box(&points);
    Ok(cpu / (BATCHES * BATCH) as f64)
}

/// CPU seconds to make the output of a value that is held.
fn keying() -> Outcome<f64> {
    let key = PrfKey::derive(&[7; 32], b"bench").ok_or("no key")?;
    let since = Since::on_this_thread();
    for number in 0..BATCH * BATCHES / 4 {
        std::hint::black_box(key.output(&number.to_be_bytes()).ok_or("no output")?);
    }
    Ok(since.cpu() / (BATCH * BATCHES / 4) as f64)
}

/// Seconds that single questions took inside an open block, the shortest first.
async fn asked(dir: &Path, elements: &[Element]) -> Outcome<Vec<f64>> {
    let (a, b) = (Node::start(&dir.join("xa"), "XA").await?, Node::start(&dir.join("xb"), "XB").await?);
    let (at_a, at_b) = (a.peers_at()?.to_string(), b.peers_at()?.to_string());
    a.accept(&b.letter(&at_b)?).await?;
    b.accept(&a.letter(&at_a)?).await?;
    let block = [9; 16];
    call(b.ctx()?, &at_a, &Question::Open { block: block.into(), purpose: Purpose::CyberDefence }).await?;
    let mut waits = Vec::with_capacity(SINGLES);
    for element in elements.iter().cycle().take(SINGLES) {
        let question = Question::evaluate(block, [element]);
        let since = Instant::now();
        call(b.ctx()?, &at_a, &question).await?;
        waits.push(since.elapsed().as_secs_f64());
    }
    a.running.stop().await?;
    b.running.stop().await?;
    waits.sort_by(f64::total_cmp);
    Ok(waits)
}

async fn call(ctx: &Ctx, address: &str, question: &Question) -> Outcome<Reply> {
    let client = ctx.caller.as_ref().ok_or("nobody calls")?;
    let answer = client.lookup(address, &"XA".parse()?, question.to_bytes()).await?;
    Ok(Reply::from_bytes(&answer)?)
}
