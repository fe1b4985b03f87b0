//! What the sender states to the receiver: the ground and the consents it relies on, which the receiver cannot look up.

use crate::{
    facts::{Facts, Ground},
    request::{Consent, Direction, Request, TransferGround},
    standing::Standing,
    subject::Subject,
};
use comity_law::Register;

impl Request {
    /// The request with what this side relies on written into it: the ground for personal data, where none is cited, and
    /// the consents of third parties that hold on the day. The sender judges and sends this request, so that the
    /// receiver can judge the same crossing. At the receiver's border it is left as it is.
    #[must_use]
    pub fn stating(mut self, register: &Register, standing: &Standing, subject: &Subject) -> Request {
        if self.direction == Direction::Receiving {
            return self;
        }
        let facts = Facts::of(register, standing, subject, &self);
        if self.transfer_ground.is_none() {
            self.transfer_ground = match facts.ground {
                Ground::BindingInstrument => Some(TransferGround::BindingInstrument),
                Ground::Adequacy => Some(TransferGround::Adequacy),
                Ground::AssessedSafeguards => Some(TransferGround::AssessedSafeguards),
                Ground::NotPersonal | Ground::Derogation | Ground::Missing => None,
            };
        }
        let concerns = |consent: &&Consent| {
            facts.third_parties.contains(&consent.by)
                && consent.covers(subject, &self)
                && consent.period().holds(self.on())
        };
        self.consents = standing.entries().consents.iter().filter(concerns).cloned().collect();
        self
    }
}
