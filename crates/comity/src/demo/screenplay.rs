//! The acts as data, and the words around them.

/// Says what will be seen.
pub const OPENING: [&str; 5] = [
    "Three nodes start on this machine, for the invented States A, B and C.",
    "They exchange records under real treaties, joined as the exercise says.",
    "Each act asks one question; first of single records, then of a whole case.",
    "Nothing leaves this machine, and nothing here is about a real State.",
    "At the end every ledger is verified offline. It takes under a minute.",
];

/// Three commands that go on from here.
pub const TRY_NEXT: [(&str, &str); 3] = [
    (
        "comity law bases --from JP --to PH --measure preserve_stored_data",
        "on which treaty one real State may ask another, with sources",
    ),
    (
        "comity border check --from XA --to XB --purpose cyber-defence --label tlp=red",
        "what the border says before anything is sent",
    ),
    ("comity principles", "what carries out each AALCO and APPF principle"),
];

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The record crossed whole.
    Crossed,
    /// It crossed with something taken out.
    Redacted,
    /// The sender's border refused.
    RefusedAtHome,
    /// The receiver's border refused.
    RefusedByReceiver,
    /// It crossed in a pouch.
    Carried,
    /// What was missed came through.
    Healed,
    /// The other State answered.
    Answered,
    /// It came, agrees with its manifest, and keeps its conditions.
    Proved,
    /// Every proof verified.
    Verified,
    /// A proof, or a delivery that had to happen, failed.
    Failed,
}

impl Outcome {
    /// The outcome in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Crossed => "crossed",
            Outcome::Redacted => "crossed, redacted",
            Outcome::RefusedAtHome => "refused at home",
            Outcome::RefusedByReceiver => "refused by the receiver",
            Outcome::Carried => "carried in a pouch",
            Outcome::Healed => "cut off, then healed",
            Outcome::Answered => "answered",
            Outcome::Proved => "handed over, proved",
            Outcome::Verified => "verified",
            Outcome::Failed => "failed",
        }
    }

    /// Whether a border said no.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Outcome::RefusedAtHome | Outcome::RefusedByReceiver)
    }
}

/// Names an act to the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActKey {
    /// A threat bundle crosses from A to B.
    Bundle,
    /// One object is redacted on its way.
    Redaction,
    /// One record is refused by its own State.
    HomeRefusal,
    /// One record is refused by the State that was to get it.
    ReceiverRefusal,
    /// A asks B to preserve data.
    PreservationWithTreaty,
    /// A asks C for the same.
    PreservationWithout,
    /// A pouch is carried.
    Pouch,
    /// One node is cut off and heals.
    CutOff,
    /// A tells C of harm from its territory.
    Notice,
    /// B keeps data for A.
    Keeping,
    /// A asks for data, and B for a detail.
    Asking,
    /// Evidence goes from B to A.
    Evidence,
    /// Everything is verified offline.
    Verification,
}

/// One question with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Its name to the stage.
    pub key: ActKey,
    /// The question.
    pub question: &'static str,
    /// What is done to answer it.
    pub done: &'static str,
    /// How it should end.
    pub expected: Outcome,
    /// What the answer teaches.
    pub lesson: &'static str,
}

/// The acts in order.
pub const ACTS: &[Act] = &[
    Act {
        key: ActKey::Bundle,
        question: "Can A share threat indicators with B, without a treaty?",
        done: "A imports a STIX bundle and shares it with B for cyber-defence.",
        expected: Outcome::Crossed,
        lesson: "Technical facts need no treaty, only two competent authorities and a label that permits it. Both borders judged, and both ledgers hold the crossing.",
    },
    Act {
        key: ActKey::Redaction,
        question: "What if one object names a person?",
        done: "A shares a bundle in which one object holds an e-mail address.",
        expected: Outcome::Redacted,
        lesson: "The duty came with the clearance. What B got is a record of its own, signed by A, with a salted link to the original that B cannot guess back.",
    },
    Act {
        key: ActKey::HomeRefusal,
        question: "Can A send B what A's own law keeps at home?",
        done: "A tries to share a record labelled tlp:red.",
        expected: Outcome::RefusedAtHome,
        lesson: "Nothing left A. The refusal is in A's ledger all the same, with its reason.",
    },
    Act {
        key: ActKey::ReceiverRefusal,
        question: "Must B take whatever A sends?",
        done: "A shares a record that A's rules permit and B's rules do not.",
        expected: Outcome::RefusedByReceiver,
        lesson: "Each State judges at its own border, under its own law. A learns as much of the reason as B's rules allow.",
    },
    Act {
        key: ActKey::PreservationWithTreaty,
        question: "May A ask B to preserve computer data?",
        done: "A asks B to preserve the data of one account, for illegal access.",
        expected: Outcome::Crossed,
        lesson: "Both are bound by the Budapest Convention, so article 29 carries the request. B reserved the right to ask for dual criminality, and the basis says so.",
    },
    Act {
        key: ActKey::PreservationWithout,
        question: "May A ask C for the same thing?",
        done: "A puts the same request, word for word, to C.",
        expected: Outcome::RefusedAtHome,
        lesson: "The difference is the law, not the request. C is not on record as a party to Budapest. Only UNTOC binds both A and C, and it covers serious crime of an organised group; this offence is not organised. C could still help by an assurance of its own.",
    },
    Act {
        key: ActKey::Pouch,
        question: "Can a record cross where there is no network?",
        done: "A packs a pouch for C, a file is carried, C opens it, twice.",
        expected: Outcome::Carried,
        lesson: "The pouch is sealed to C, is judged like any crossing, and is safe to open again.",
    },
    Act {
        key: ActKey::CutOff,
        question: "What if a node is cut off?",
        done: "B goes down, A shares three records, B comes back.",
        expected: Outcome::Healed,
        lesson: "A waited for nobody. B asked for what it had missed from where it had stopped.",
    },
    Act {
        key: ActKey::Notice,
        question: "A hospital is flooded. May A tell C without accusing it?",
        done: "A sends C a territory notice. C acknowledges, looks, and acts.",
        expected: Outcome::Answered,
        lesson: "Effect, what was seen and how sure A is stand apart in the form, and nothing in it attributes. Acknowledging concedes nothing.",
    },
    Act {
        key: ActKey::Keeping,
        question: "Will B keep the extorter's mail before it is deleted?",
        done: "A drafts, authorises and sends a request; B keeps the data.",
        expected: Outcome::Answered,
        lesson: "Each step is signed by the side that owns it, in a chain of its own. What happens at home stays there.",
    },
    Act {
        key: ActKey::Asking,
        question: "What if a detail is missing, and help comes on a condition?",
        done: "A asks whose account it is. B asks back, and offers it.",
        expected: Outcome::Answered,
        lesson: "B's clock stood still while A owed the answer. Refusing would have needed a consultation, or a recorded reason for none.",
    },
    Act {
        key: ActKey::Evidence,
        question: "Can evidence cross so that neither side can rewrite it?",
        done: "B packs, two persons release, A fetches, checks and uses it.",
        expected: Outcome::Proved,
        lesson: "The manifest crossed the border as any record; the sealed pieces followed only because it was cleared. The condition travels with each object.",
    },
    Act {
        key: ActKey::Verification,
        question: "Can someone who trusts neither State check all this?",
        done: "The nodes stop. Ledgers and receipts are verified from files alone.",
        expected: Outcome::Verified,
        lesson: "No node, no network and no software of a State was needed, only the letters' keys.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::{COLUMNS, width};

    #[test]
    fn every_act_has_a_question_and_is_there_once() {
        for (number, act) in ACTS.iter().enumerate() {
            assert!(act.question.ends_with('?') && width(act.question) <= COLUMNS, "{}", act.question);
            assert!(act.done.ends_with('.') && act.lesson.ends_with('.'), "{}", act.question);
            assert_eq!(ACTS.iter().position(|other| other.key == act.key), Some(number));
        }
        assert!(OPENING.iter().all(|line| width(line) <= COLUMNS));
        assert!(TRY_NEXT.iter().all(|(command, _)| width(command) <= COLUMNS));
    }
}
