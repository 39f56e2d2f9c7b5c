//! The rules of other scanners: words first, then their expressions.
//!
//! As in gitleaks, a rule is tried on a whole text that holds one of its words. Nothing of that is
//! as fast as our own search, and it is only done where somebody named such rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::detect::search::{Hit, MOST};
use crate::leak::Confidence;
use crate::rule::Rule;
use crate::rule::foreign::{Claimed, Foreign, Need};
use crate::terms::TermSet;

/// Rules of other scanners, and by which words they are found.
#[derive(Debug, Default)]
pub(super) struct Foreigners {
    all: Vec<(usize, Arc<Foreign>)>,
    /// The words, in any case.
    words: Option<AhoCorasick>,
    /// Each word, and which of `all` want it.
    by_word: Vec<(String, Vec<usize>)>,
    /// Which are tried on every text.
    always: Vec<usize>,
}

/// What one rule claims in a text, each with its line and column.
type Claims = Vec<(Claimed, (u64, u64))>;

impl Foreigners {
    pub(super) fn new(rules: &[Arc<Rule>]) -> Self {
        let foreign =
            |(at, rule): (usize, &Arc<Rule>)| Some((at, Arc::clone(rule.foreign.as_ref()?)));
        let all: Vec<_> = rules.iter().enumerate().filter_map(foreign).collect();
        let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut always = Vec::new();
        for (at, (_, rule)) in all.iter().enumerate() {
            if rule.keywords.is_empty() {
                always.push(at);
            }
            rule.keywords.iter().for_each(|word| by_word.entry(word).or_default().push(at));
        }
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(by_word.keys());
        let words = search.ok().filter(|_| !by_word.is_empty());
        if words.is_none() {
            always = (0..all.len()).collect();
        }
        let by_word = by_word.into_iter().map(|(word, of)| (word.to_owned(), of)).collect();
        Self { all, words, by_word, always }
    }

    /// The words, each by its place.
    pub(super) fn words(&self) -> impl Iterator<Item = &String> {
        self.by_word.iter().map(|(word, _)| word)
    }

    /// What they find in `bytes`, with `explain` also what they let pass; and which words stand there.
    pub(super) fn hits(
        &self,
        rules: &[Arc<Rule>],
        bytes: &[u8],
        explain: bool,
    ) -> (Vec<Hit>, TermSet) {
        if self.all.is_empty() {
            return Default::default();
        }
        let mut claims: BTreeMap<&str, Claims> = BTreeMap::new();
        let (tried, words) = self.tried(bytes);
        for at in tried {
            let (rule, foreign) = &self.all[at];
            let found: Vec<Claimed> = foreign.claims(bytes, MOST).collect();
            if !found.is_empty() {
                claims.insert(&rules[*rule].id, located(bytes, found));
            }
        }
        let mut hits = Vec::new();
        for (rule, foreign) in self.all.iter().filter(|(_, foreign)| !foreign.hidden) {
            let own = claims.get(rules[*rule].id.as_str()).into_iter().flatten();
            let own =
                own.filter(|it| foreign.required.iter().all(|need| is_near(need, it, &claims)));
            hits.extend(own.filter_map(|(claimed, _)| hit(*rule, foreign, claimed, explain)));
        }
        (hits, words)
    }

    /// Which rules have a word in `bytes`, and which words do.
    fn tried(&self, bytes: &[u8]) -> (BTreeSet<usize>, TermSet) {
        let mut tried: BTreeSet<usize> = self.always.iter().copied().collect();
        let mut words = TermSet::default();
        let mut seen = vec![false; self.by_word.len()];
        for found in self.words.iter().flat_map(|words| words.find_overlapping_iter(bytes)) {
            let word = found.pattern().as_usize();
            if !std::mem::replace(&mut seen[word], true) {
                tried.extend(&self.by_word[word].1);
                words = words.or(TermSet::word(word));
            }
        }
        (tried, words)
    }
}

fn hit(rule: usize, foreign: &Foreign, claimed: &Claimed, explain: bool) -> Option<Hit> {
    let confidence = if foreign.generic { Confidence::Low } else { Confidence::Medium };
    let hit = Hit::new(rule, claimed.secret.start, claimed.secret.end, confidence);
    let (dismissal, pending) = (claimed.dismissal.clone(), claimed.pending.clone());
    let shown = explain || dismissal.is_none();
    (shown && !claimed.secret.is_empty()).then_some(Hit { dismissal, pending, ..hit })
}

/// Each with the line and the column of its match.
fn located(bytes: &[u8], found: Vec<Claimed>) -> Claims {
    let (mut line, mut from) = (0, 0);
    let place = |claimed: Claimed| {
        let start = claimed.whole.start;
        line += memchr::memchr_iter(b'\n', &bytes[from..start]).count() as u64;
        from = start;
        let column = start - memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |at| at + 1);
        (claimed, (line, column as u64))
    };
    found.into_iter().map(place).collect()
}

/// Whether the rule that is needed found something close enough.
fn is_near(need: &Need, (_, at): &(Claimed, (u64, u64)), claims: &BTreeMap<&str, Claims>) -> bool {
    let within = |most: Option<u64>, one: u64, other: u64| {
        most.is_none_or(|most| one.abs_diff(other) <= most)
    };
    let near = |(claimed, other): &(Claimed, (u64, u64))| {
        claimed.dismissal.is_none()
            && within(need.lines, at.0, other.0)
            && within(need.columns, at.1, other.1)
    };
    claims.get(need.rule.as_str()).is_some_and(|found| found.iter().any(near))
}
