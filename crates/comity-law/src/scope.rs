//! Whether an instrument covers the matter: the material scopes of design section 7.

use crate::{
    facts::{Measure, Offence},
    query::{Organised, Penalty},
    vocabulary::{Field, MaterialScope, OffenceClass},
};

/// How a matter lies to a material scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Covered.
    Met,
    /// Covered if an authority confirms the condition.
    Condition(&'static str),
    /// Not covered.
    Out,
}

/// What a question says of its matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matter<'a> {
    pub(crate) measure: &'a Measure,
    pub(crate) offence: Option<&'a Offence>,
    pub(crate) penalty: Option<Penalty>,
    pub(crate) organised: Option<Organised>,
}

const CORRUPTION: &str = "the offence is one of corruption that the instrument covers";
const CORRUPTION_PROCEEDS: &str =
    "what is laundered are the proceeds of a corruption offence that the instrument covers";
const COMPUTER: &str = "the offence is one against or by means of computers";
const CONVENTION_OR_SERIOUS: &str =
    "the offence is one of the instrument's own, or carries a maximum of at least four years";
const GROUP: &str = "an organised criminal group is involved, and the offence is transnational";
const GROUP_AND_SERIOUS: &str = "an organised criminal group is involved, the offence is transnational, and it carries \
                                 a maximum of at least four years";

impl Matter<'_> {
    /// How the matter lies to a scope.
    pub(crate) fn under(&self, scope: MaterialScope) -> Coverage {
        match scope {
            MaterialScope::AnyOffence | MaterialScope::ComputerAndEEvidence | MaterialScope::NotAChannel => {
                Coverage::Met
            }
            MaterialScope::Corruption => self.corruption(),
            MaterialScope::ComputerOnly => self.computer_only(),
            MaterialScope::ConventionAndSerious => self.convention_and_serious(),
            MaterialScope::OrganisedTransnational => self.organised_transnational(),
            MaterialScope::SecurityCooperation if self.measure.field == Field::Criminal => Coverage::Out,
            MaterialScope::SecurityCooperation => Coverage::Met,
        }
    }

    fn corruption(&self) -> Coverage {
        match self.offence {
            None => Coverage::Condition(CORRUPTION),
            Some(offence) if offence.class == OffenceClass::Corruption => Coverage::Met,
            Some(offence) if offence.code.as_str() == "money_laundering" => {
                Coverage::Condition(CORRUPTION_PROCEEDS)
            }
            Some(_) => Coverage::Out,
        }
    }

    fn computer_only(&self) -> Coverage {
        match self.offence {
            None => Coverage::Condition(COMPUTER),
            Some(offence) if offence.class == OffenceClass::Computer => Coverage::Met,
            Some(_) => Coverage::Out,
        }
    }

    fn convention_and_serious(&self) -> Coverage {
        let computer = self.offence.is_some_and(|offence| offence.class == OffenceClass::Computer);
        if computer || self.is_serious() {
            Coverage::Met
        } else if self.offence.is_some() && self.is_minor() {
            Coverage::Out
        } else {
            Coverage::Condition(CONVENTION_OR_SERIOUS)
        }
    }

    fn organised_transnational(&self) -> Coverage {
        let organised = match self.organised {
            Some(Organised::No) => return Coverage::Out,
            Some(Organised::Yes) => true,
            None => false,
        };
        if self.has_no_penalty_test() {
            return if organised { Coverage::Met } else { Coverage::Condition(GROUP) };
        }
        if self.is_minor() {
            Coverage::Out
        } else if organised && self.is_serious() {
            Coverage::Met
        } else {
            Coverage::Condition(GROUP_AND_SERIOUS)
        }
    }

    /// The offences that the instrument itself establishes need no minimum penalty.
    fn has_no_penalty_test(&self) -> bool {
        let own = ["participation_organised_group", "money_laundering", "bribery"];
        self.offence.is_some_and(|offence| own.contains(&offence.code.as_str()))
    }

    fn is_serious(&self) -> bool {
        self.penalty.is_some_and(Penalty::is_serious)
    }

    fn is_minor(&self) -> bool {
        self.penalty.is_some_and(|penalty| !penalty.is_serious())
    }
}
