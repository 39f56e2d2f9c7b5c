//! Rules prove themselves: each example is found, each counter-example is not, and neither is
//! any example whose token was changed a little.

use std::sync::Arc;

use crate::detect::Detector;
use crate::judge;
use crate::rule::mint::{Mint, Size};
use crate::rule::{Rule, Rules, Sample};

/// Instances that are minted for each sample: one that fails by chance shows up.
const ROUNDS: u64 = 4;

/// A sample that a rule does not treat as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub rule: String,
    /// Where the sample stands: `rules/x.toml:12`.
    pub at: String,
    /// What went wrong, one clause.
    pub what: String,
}

/// What a self-test did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub rules: usize,
    /// Texts that were searched.
    pub checks: usize,
    pub failures: Vec<Failure>,
}

/// Tests those of `rules` that `wanted` names, with all of them searching.
pub fn check(rules: &Rules, wanted: impl Fn(&Rule) -> bool) -> Outcome {
    let detector = Detector::new(rules, false);
    let mut outcome = Outcome::default();
    for rule in rules.rules.iter().filter(|rule| wanted(rule)) {
        outcome.rules += 1;
        for round in 0..ROUNDS {
            Trial {
                rules,
                rule,
                detector: &detector,
                mint: Mint::new(round),
                outcome: &mut outcome,
            }
            .run();
        }
    }
    outcome.failures.dedup();
    outcome
}

/// A token that the rule's own judges believe.
pub fn mint_token(rule: &Rule, mint: &mut Mint, size: Size) -> Vec<u8> {
    let prefix = rule.prefix;
    rule.mint(mint, size, |token| !judge::is_filler(&token[prefix..]))
}

struct Trial<'a> {
    rules: &'a Rules,
    rule: &'a Arc<Rule>,
    detector: &'a Detector,
    mint: Mint,
    outcome: &'a mut Outcome,
}

impl Trial<'_> {
    fn run(&mut self) {
        for sample in &self.rule.examples.clone() {
            self.example(sample);
            for (what, token) in self.mutations() {
                self.must_not(sample, &token, what);
            }
        }
        for sample in &self.rule.counters.clone() {
            let token = self.token(Size::Any);
            self.must_not(sample, &token, "counter-example");
        }
    }

    fn token(&mut self, size: Size) -> Vec<u8> {
        mint_token(self.rule, &mut self.mint, size)
    }

    fn example(&mut self, sample: &Sample) {
        let token = self.token(Size::Any);
        let text = sample.text.render(&token, &mut self.mint);
        let found = self.detector.search(&text).candidates;
        let at = memchr::memmem::find(&text, &token).unwrap_or(0) as u64;
        self.outcome.checks += 1;
        let mut own = found.iter().filter(|it| self.rules.rules[it.rule].id == self.rule.id);
        if own.any(|it| (it.span.start, it.span.end) == (at, at + token.len() as u64)) {
            return;
        }
        let others: Vec<&str> =
            found.iter().map(|it| self.rules.rules[it.rule].id.as_str()).collect();
        let what = match others.as_slice() {
            [] => "example is not found".to_owned(),
            others => format!("example is claimed by {}", others.join(", ")),
        };
        self.fail(sample, what);
    }

    fn must_not(&mut self, sample: &Sample, token: &[u8], what: &str) {
        let text = sample.text.render(token, &mut self.mint);
        let found = self.detector.search(&text).candidates;
        self.outcome.checks += 1;
        if found.iter().any(|it| self.rules.rules[it.rule].id == self.rule.id) {
            self.fail(sample, format!("{what} is reported"));
        }
    }

    fn fail(&mut self, sample: &Sample, what: String) {
        let failure = Failure { rule: self.rule.id.clone(), at: sample.at.clone(), what };
        self.outcome.failures.push(failure);
    }

    /// Tokens that differ in one thing. What still has the shape by chance is left out.
    fn mutations(&mut self) -> Vec<(&'static str, Vec<u8>)> {
        let mut short = self.token(Size::Shortest);
        short.pop();
        let mut long = self.token(Size::Longest);
        // A dash more would be punctuation behind it.
        long.push(long.iter().copied().rfind(u8::is_ascii_alphanumeric).unwrap_or(b'0'));
        let token = self.token(Size::Any);
        let prefix = self.rule.prefix;
        let filled = [&token[..prefix], &vec![b'x'; token.len() - prefix]].concat();
        let mutants = vec![
            ("token one character shorter", short),
            ("token one character longer", long),
            ("token glued to a letter before", [b"g", &token[..]].concat()),
            ("token glued to a letter after", [&token[..], b"g"].concat()),
            ("token in upper case", token.to_ascii_uppercase()),
        ];
        let shape = &self.rule.shape;
        let differs = |token: &[u8]| shape.match_at(token, 0) != Some(token.len());
        let mutants = mutants.into_iter().filter(|(_, token)| differs(token));
        let altered = self.altered().map(|token| ("token with a wrong checksum or claim", token));
        mutants.chain([("token filled with x", filled)]).chain(altered).collect()
    }

    /// A token in which one character was changed for another of its class, so that its checksum or
    /// what it says of itself is wrong.
    fn altered(&mut self) -> Option<Vec<u8>> {
        let rule = self.rule;
        if rule.checksum.is_none() && rule.claims.is_none() {
            return None;
        }
        let (mut token, other) = (self.token(Size::Longest), self.token(Size::Longest));
        (rule.prefix..token.len().min(other.len())).find(|at| {
            let kept = std::mem::replace(&mut token[*at], other[*at]);
            let wrong = judge::value(rule, &token).is_some();
            if !wrong {
                token[*at] = kept;
            }
            wrong
        })?;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_prove_themselves() {
        let rules = Rules::builtin().expect("built-in rules compile");
        let outcome = check(&rules, |_| true);
        let lines: Vec<String> = outcome
            .failures
            .iter()
            .map(|it| format!("{}: {}: {}", it.at, it.rule, it.what))
            .collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
        assert!(outcome.checks > 1000);
    }
}
