//! Rules whose tokens look alike: a shape is tried once for all of them, and only where the kinds
//! of characters do not already tell.
//!
//! Seven services give out 40 hex digits, five more 32 to 64 letters and digits, and a repository is
//! full of both. The kinds of characters in a piece are looked up in one pass; for most shapes
//! they and the length are all there is to know.

use std::sync::Arc;

use crate::rule::Rule;
use crate::rule::shape::Shape;

/// Kinds of characters, a bit each: digits, the letters of hex digits and the other letters, in
/// either case, and anything else.
const DIGIT: u8 = 1;
const OTHER: u8 = 1 << 5;

/// The kinds of characters in a text, asked without a branch: the compiler makes a few vector
/// instructions of it.
pub(super) fn kinds(text: &[u8]) -> u8 {
    let within = |byte: u8, first: u8, count: u8| u8::from(byte.wrapping_sub(first) < count);
    text.iter().fold(0, |kinds, &byte| {
        let lower = within(byte, b'a', 6) << 1 | within(byte, b'g', 20) << 2;
        let upper = within(byte, b'A', 6) << 3 | within(byte, b'G', 20) << 4;
        let known = within(byte, b'0', 10) | lower | upper;
        kinds | known | u8::from(known == 0) << 5
    })
}

/// Whether there is a digit in a text.
pub(super) fn has_digit(text: &[u8]) -> bool {
    text.iter().fold(false, |any, byte| any | byte.is_ascii_digit())
}

/// Rules with one shape.
#[derive(Debug)]
pub(super) struct Alike {
    pub(super) rules: Vec<usize>,
    pub(super) bare: bool,
    /// Whether none of them holds for a value that no key and no form speaks of.
    pub(super) silent: bool,
    pattern: String,
    /// The kinds of which a token can hold a character.
    holds: u8,
    /// Whether each text of these kinds is a token, if it is as long as one.
    pub(super) whole: bool,
}

impl Alike {
    fn new(index: usize, rule: &Rule) -> Self {
        let holds = |shape: &Shape| {
            let sets = shape.atoms().iter().map(|atom| &atom.set);
            sets.fold(0, |all, set| set.bytes().fold(all, |all, byte| all | kinds(&[byte])))
        };
        let holds = holds(&rule.shape);
        let takes = |byte: u8| kinds(&[byte]) & holds != 0;
        let [atom] = rule.shape.atoms() else {
            return Self::with(index, rule, holds, false);
        };
        let whole = holds & OTHER == 0 && (0..=255).all(|byte| takes(byte) == atom.set.has(byte));
        Self::with(index, rule, holds, whole)
    }

    fn with(index: usize, rule: &Rule, holds: u8, whole: bool) -> Self {
        let (rules, bare, pattern) = (vec![index], rule.bare, rule.pattern.clone());
        Self { rules, bare, silent: bare, pattern, holds, whole }
    }

    /// Whether a text of these kinds can be a token. A bare one has a digit: long names are 32
    /// letters now and then, and random values of 32 hold no digit once in 280.
    pub(super) fn can_be(&self, kinds: u8) -> bool {
        kinds & !self.holds == 0 && (kinds & DIGIT != 0 || !self.bare)
    }
}

/// Puts a rule beside those that look like it; returns where in `all` they are.
pub(super) fn file(all: &mut Vec<Alike>, index: usize, rule: &Arc<Rule>) -> usize {
    let same = |it: &Alike| it.bare == rule.bare && it.pattern == rule.pattern;
    if let Some(at) = all.iter().position(same) {
        all[at].rules.push(index);
        return at;
    }
    all.push(Alike::new(index, rule));
    all.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use crate::rule::mint::{Mint, Size};
    use crate::selftest::mint_token;

    /// What is told by kinds and length is what trying the shape tells.
    #[test]
    fn kinds_tell_what_shapes_tell() {
        let rules = Rules::builtin().expect("they compile").rules;
        let mut all = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            file(&mut all, index, rule);
        }
        assert!(all.len() < rules.len() && all.iter().any(|it| it.whole));
        let (mut mint, mut told) = (Mint::new(5), 0);
        for rule in &rules {
            let token = mint_token(rule, &mut mint, Size::Any);
            for alike in &all {
                let shape = &rules[alike.rules[0]].shape;
                let fits = shape.match_at(&token, 0) == Some(token.len());
                let (can_be, long) = (kinds(&token) & !alike.holds == 0, token.len());
                assert!(can_be || !fits, "{}", alike.pattern);
                if alike.whole && can_be && (shape.min_len()..=shape.max_len()).contains(&long) {
                    assert!(fits, "{}", alike.pattern);
                    told += 1;
                }
            }
        }
        assert!(told > 20, "{told}");
    }
}
