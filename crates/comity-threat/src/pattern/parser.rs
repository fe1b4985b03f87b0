//! The grammar of patterns (STIX 2.1 section 9, and 2.0 where it differs), by recursive descent.
//!
//! What is made of a pattern is the affair of a [`Build`]: the check makes nothing and allocates nothing, the reading for
//! evaluation makes a tree. Both know the grammar from here.
//!
//! Precedence is that of the reference grammar: AND before OR before FOLLOWEDBY between observations, AND before OR
//! inside of `[ ]`.

use super::{
    MAX_PATTERN_BYTES,
    fault::PatternFault,
    lexer::{Keyword, Kind, Lexer, Sign, Token},
};
use crate::SpecVersion;

/// Most round brackets inside of each other.
pub(crate) const MAX_NESTING: usize = 64;

/// How two expressions are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Junction {
    And,
    Or,
    FollowedBy,
}

/// What a property is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    In,
    Like,
    Matches,
    IsSubset,
    IsSuperset,
}

/// A qualifier, with its constants as words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawQualifier<'p> {
    Within(Token<'p>),
    Repeats(Token<'p>),
    StartStop(Token<'p>, Token<'p>),
}

/// What is made of the parts of a pattern, innermost first.
pub(crate) trait Build<'p> {
    type Path;
    type Operand;
    type Comparison;
    type Observation;
    /// Whether rules beside the grammar are held to.
    const STRICT: bool;

    fn path(&mut self, object_type: Token<'p>) -> Self::Path;
    /// A key, quoted or not.
    fn key(&mut self, path: &mut Self::Path, key: Token<'p>);
    /// `[7]`, or `[*]` where there is no number.
    fn index(&mut self, path: &mut Self::Path, index: Option<Token<'p>>) -> Result<(), PatternFault>;
    fn operand(&mut self) -> Self::Operand;
    /// One constant of the operand; several for IN.
    fn constant(
        &mut self,
        path: &Self::Path,
        operator: Operator,
        operand: &mut Self::Operand,
        constant: Token<'p>,
    ) -> Result<(), PatternFault>;
    fn test(
        &mut self,
        path: Self::Path,
        negated: bool,
        operator: Operator,
        operand: Self::Operand,
    ) -> Result<Self::Comparison, PatternFault>;
    fn exists(&mut self, path: Self::Path, negated: bool) -> Self::Comparison;
    fn compare_both(
        &mut self,
        how: Junction,
        left: Self::Comparison,
        right: Self::Comparison,
    ) -> Self::Comparison;
    fn observation(&mut self, comparison: Self::Comparison) -> Self::Observation;
    fn observe_both(
        &mut self,
        how: Junction,
        left: Self::Observation,
        right: Self::Observation,
    ) -> Self::Observation;
    fn qualify(
        &mut self,
        observation: Self::Observation,
        qualifier: RawQualifier<'p>,
    ) -> Result<Self::Observation, PatternFault>;
}

/// Reads a whole pattern.
pub(crate) fn parse<'p, B: Build<'p>>(
    text: &'p str,
    version: SpecVersion,
    build: &mut B,
) -> Result<B::Observation, PatternFault> {
    if text.len() > MAX_PATTERN_BYTES {
        return Err(PatternFault::syntax(text, MAX_PATTERN_BYTES, "a pattern that is too long"));
    }
    let mut lexer = Lexer::new(text, version);
    let next = lexer.next()?;
    let mut parser = Parser { text, version, lexer, next, depth: 0, build };
    let observation = parser.followed_by()?;
    match parser.next.kind {
        Kind::End => Ok(observation),
        _ => Err(parser.expected("an observation operator, a qualifier or the end")),
    }
}

struct Parser<'p, 'b, B> {
    text: &'p str,
    version: SpecVersion,
    lexer: Lexer<'p>,
    next: Token<'p>,
    depth: usize,
    build: &'b mut B,
}

impl<'p, B: Build<'p>> Parser<'p, '_, B> {
    fn followed_by(&mut self) -> Result<B::Observation, PatternFault> {
        let mut left = self.either()?;
        while self.take_keyword(Keyword::FollowedBy)? {
            let right = self.either()?;
            left = self.build.observe_both(Junction::FollowedBy, left, right);
        }
        Ok(left)
    }

    fn either(&mut self) -> Result<B::Observation, PatternFault> {
        let mut left = self.both()?;
        while self.take_keyword(Keyword::Or)? {
            let right = self.both()?;
            left = self.build.observe_both(Junction::Or, left, right);
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<B::Observation, PatternFault> {
        let mut left = self.observation()?;
        while self.take_keyword(Keyword::And)? {
            let right = self.observation()?;
            left = self.build.observe_both(Junction::And, left, right);
        }
        Ok(left)
    }

    fn observation(&mut self) -> Result<B::Observation, PatternFault> {
        match self.next.kind {
            Kind::Sign(Sign::OpenSquare) => {
                self.advance()?;
                let comparison = self.any_comparison()?;
                self.expect(Sign::CloseSquare, "`AND`, `OR` or `]`")?;
                let observation = self.build.observation(comparison);
                self.qualifiers(observation, B::STRICT && self.version == SpecVersion::V21)
            }
            Kind::Sign(Sign::OpenRound) => {
                self.open()?;
                let observation = self.followed_by()?;
                self.close("an observation operator, a qualifier or `)`")?;
                self.qualifiers(observation, false)
            }
            _ => Err(self.expected("an observation expression in `[ ]`")),
        }
    }

    /// Qualifiers after an expression. STIX 2.1 allows each kind once behind `[ ]`.
    fn qualifiers(
        &mut self,
        mut observation: B::Observation,
        once: bool,
    ) -> Result<B::Observation, PatternFault> {
        let mut seen = [false; 3];
        loop {
            let word = self.next;
            let Kind::Keyword(keyword) = word.kind else { return Ok(observation) };
            let (place, qualifier) = match keyword {
                Keyword::Within => (0, self.within()?),
                Keyword::Repeats => (1, self.repeats()?),
                Keyword::Start => (2, self.start_stop()?),
                _ => return Ok(observation),
            };
            if let Some(seen) = seen.get_mut(place)
                && std::mem::replace(seen, true)
                && once
            {
                return Err(PatternFault::syntax(self.text, word.at, "a second qualifier of one kind"));
            }
            observation = self.build.qualify(observation, qualifier)?;
        }
    }

    fn within(&mut self) -> Result<RawQualifier<'p>, PatternFault> {
        self.advance()?;
        let seconds = self.next;
        if !matches!(seconds.kind, Kind::Integer | Kind::Float) || seconds.text.starts_with('-') {
            return Err(self.expected("a number of seconds that is not negative"));
        }
        self.advance()?;
        self.expect_keyword(Keyword::Seconds, "`SECONDS`")?;
        Ok(RawQualifier::Within(seconds))
    }

    fn repeats(&mut self) -> Result<RawQualifier<'p>, PatternFault> {
        self.advance()?;
        let times = self.next;
        if times.kind != Kind::Integer || times.text.starts_with('-') {
            return Err(self.expected("a whole number that is not negative"));
        }
        self.advance()?;
        self.expect_keyword(Keyword::Times, "`TIMES`")?;
        Ok(RawQualifier::Repeats(times))
    }

    fn start_stop(&mut self) -> Result<RawQualifier<'p>, PatternFault> {
        self.advance()?;
        let start = self.instant()?;
        self.expect_keyword(Keyword::Stop, "`STOP`")?;
        let stop = self.instant()?;
        Ok(RawQualifier::StartStop(start, stop))
    }

    /// A time; STIX 2.0 wrote it as a string.
    fn instant(&mut self) -> Result<Token<'p>, PatternFault> {
        let word = self.next;
        let inner = word.text.trim_start_matches('t').trim_matches('\'');
        let good = match word.kind {
            Kind::Time => true,
            Kind::Text => self.version == SpecVersion::V20 && inner.parse::<crate::Moment>().is_ok(),
            _ => false,
        };
        if !good {
            return Err(self.expected("a time such as t'2026-03-01T12:00:00Z'"));
        }
        self.advance()?;
        Ok(word)
    }

    fn any_comparison(&mut self) -> Result<B::Comparison, PatternFault> {
        let mut left = self.all_comparisons()?;
        while self.take_keyword(Keyword::Or)? {
            let right = self.all_comparisons()?;
            left = self.build.compare_both(Junction::Or, left, right);
        }
        Ok(left)
    }

    fn all_comparisons(&mut self) -> Result<B::Comparison, PatternFault> {
        let mut left = self.comparison()?;
        while self.take_keyword(Keyword::And)? {
            let right = self.comparison()?;
            left = self.build.compare_both(Junction::And, left, right);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<B::Comparison, PatternFault> {
        match self.next.kind {
            Kind::Sign(Sign::OpenRound) => {
                self.open()?;
                let comparison = self.any_comparison()?;
                self.close("`AND`, `OR` or `)`")?;
                Ok(comparison)
            }
            Kind::Keyword(Keyword::Not) => {
                self.advance()?;
                self.expect_keyword(Keyword::Exists, "`EXISTS`; elsewhere `NOT` stands before the operator")?;
                let path = self.path()?;
                Ok(self.build.exists(path, true))
            }
            Kind::Keyword(Keyword::Exists) => {
                self.advance()?;
                let path = self.path()?;
                Ok(self.build.exists(path, false))
            }
            _ => self.test(),
        }
    }

    fn test(&mut self) -> Result<B::Comparison, PatternFault> {
        let path = self.path()?;
        let negated = self.take_keyword(Keyword::Not)?;
        let operator =
            operator(self.next.kind).ok_or_else(|| self.expected("a comparison operator such as `=`"))?;
        self.advance()?;
        let mut operand = self.build.operand();
        match operator {
            Operator::In => self.set(&path, &mut operand)?,
            _ => self.constant(&path, operator, &mut operand)?,
        }
        self.build.test(path, negated, operator, operand)
    }

    fn set(&mut self, path: &B::Path, operand: &mut B::Operand) -> Result<(), PatternFault> {
        self.expect(Sign::OpenRound, "`(` and the constants of a set")?;
        if self.take(Sign::CloseRound)? {
            return Ok(());
        }
        loop {
            self.constant(path, Operator::In, operand)?;
            if self.take(Sign::CloseRound)? {
                return Ok(());
            }
            self.expect(Sign::Comma, "`,` or `)`")?;
        }
    }

    fn constant(
        &mut self,
        path: &B::Path,
        operator: Operator,
        operand: &mut B::Operand,
    ) -> Result<(), PatternFault> {
        let word = self.next;
        let boolean = matches!(word.kind, Kind::Keyword(Keyword::True | Keyword::False));
        let fits = match operator {
            Operator::Like | Operator::Matches | Operator::IsSubset | Operator::IsSuperset => {
                word.kind == Kind::Text
            }
            Operator::Equal | Operator::NotEqual | Operator::In => boolean || is_orderable(word.kind),
            _ => is_orderable(word.kind),
        };
        if !fits {
            return Err(self.expected(match operator {
                Operator::Like | Operator::Matches => "a string in single quotes",
                Operator::IsSubset | Operator::IsSuperset => "an address or CIDR block in single quotes",
                Operator::Equal | Operator::NotEqual | Operator::In => "a constant",
                _ => "a constant that has an order",
            }));
        }
        self.advance()?;
        self.build.constant(path, operator, operand, word)
    }

    fn path(&mut self) -> Result<B::Path, PatternFault> {
        let object_type = self.next;
        if !matches!(object_type.kind, Kind::Name | Kind::HyphenName) {
            return Err(self.expected("a comparison, such as `file:name = 'x'`"));
        }
        self.advance()?;
        self.expect(Sign::Colon, "`:` and a property")?;
        let mut path = self.build.path(object_type);
        self.key(&mut path)?;
        loop {
            if self.take(Sign::Dot)? {
                self.key(&mut path)?;
            } else if self.take(Sign::OpenSquare)? {
                self.index(&mut path)?;
            } else {
                return Ok(path);
            }
        }
    }

    fn key(&mut self, path: &mut B::Path) -> Result<(), PatternFault> {
        let key = self.next;
        match key.kind {
            Kind::Name | Kind::Text => {}
            Kind::HyphenName => return Err(self.expected("a property in single quotes, for its hyphen")),
            Kind::Keyword(_) => return Err(self.expected("a property in single quotes, being a keyword")),
            _ => return Err(self.expected("a property")),
        }
        self.advance()?;
        self.build.key(path, key);
        Ok(())
    }

    fn index(&mut self, path: &mut B::Path) -> Result<(), PatternFault> {
        let word = self.next;
        let index = match word.kind {
            Kind::Sign(Sign::Star) => None,
            Kind::Integer if !word.text.starts_with('-') => Some(word),
            _ => return Err(self.expected("an index from 0, or `*`")),
        };
        self.advance()?;
        self.expect(Sign::CloseSquare, "`]` after the index")?;
        self.build.index(path, index)
    }

    fn open(&mut self) -> Result<(), PatternFault> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(PatternFault::syntax(self.text, self.next.at, "brackets that are nested too deeply"));
        }
        self.advance()
    }

    fn close(&mut self, what: &'static str) -> Result<(), PatternFault> {
        self.depth = self.depth.saturating_sub(1);
        self.expect(Sign::CloseRound, what)
    }

    fn advance(&mut self) -> Result<(), PatternFault> {
        self.next = self.lexer.next()?;
        Ok(())
    }

    fn take(&mut self, sign: Sign) -> Result<bool, PatternFault> {
        let found = self.next.kind == Kind::Sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn take_keyword(&mut self, keyword: Keyword) -> Result<bool, PatternFault> {
        let found = self.next.kind == Kind::Keyword(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, sign: Sign, what: &'static str) -> Result<(), PatternFault> {
        if self.take(sign)? { Ok(()) } else { Err(self.expected(what)) }
    }

    fn expect_keyword(&mut self, keyword: Keyword, what: &'static str) -> Result<(), PatternFault> {
        if self.take_keyword(keyword)? { Ok(()) } else { Err(self.expected(what)) }
    }

    fn expected(&self, what: &'static str) -> PatternFault {
        PatternFault::syntax(self.text, self.next.at, format!("expected {what}"))
    }
}

fn operator(kind: Kind) -> Option<Operator> {
    Some(match kind {
        Kind::Sign(Sign::Equal | Sign::EqualTwice) => Operator::Equal,
        Kind::Sign(Sign::NotEqual | Sign::NotEqualAngle) => Operator::NotEqual,
        Kind::Sign(Sign::Less) => Operator::Less,
        Kind::Sign(Sign::AtMost) => Operator::AtMost,
        Kind::Sign(Sign::Greater) => Operator::Greater,
        Kind::Sign(Sign::AtLeast) => Operator::AtLeast,
        Kind::Keyword(Keyword::In) => Operator::In,
        Kind::Keyword(Keyword::Like) => Operator::Like,
        Kind::Keyword(Keyword::Matches) => Operator::Matches,
        Kind::Keyword(Keyword::IsSubset) => Operator::IsSubset,
        Kind::Keyword(Keyword::IsSuperset) => Operator::IsSuperset,
        _ => return None,
    })
}

fn is_orderable(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Float | Kind::Text | Kind::Hex | Kind::Binary | Kind::Time)
}
