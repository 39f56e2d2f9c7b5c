//! By what rules are found, and which of that a text has.
//!
//! Nothing that a rule could match stands where nothing stands by which it is found. So who
//! remembers of each text which terms it has needs to read again, when a rule changes, only the
//! texts that have one of that rule's.

mod filed;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use filed::Filed;

/// The first bit of the words of other scanners' rules, and the last one. Those before are of the
/// words that tokens begin with, or that stand beside them.
const WORDS: usize = 256;
const LAST_WORD: usize = 508;
/// The last bit of what stands before them.
const LAST_START: usize = WORDS - 1;
const CONTAINER: usize = 509;
const RUN: usize = 510;
const HIDDEN: usize = 511;

/// A set of terms, each by its bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermSet([u64; 8]);

impl TermSet {
    /// How many bytes it takes.
    pub const LEN: usize = 64;
    /// There is a run of letters and digits that is long enough for a token.
    pub const RUN: Self = Self::of(RUN);
    /// It hides text, or it holds what rules do not agree on: any change may matter.
    pub const HIDDEN: Self = Self::of(HIDDEN);
    /// It is no text, but leads to some: to be looked at again after any change.
    pub const CONTAINER: Self = Self::of(CONTAINER);

    const fn of(bit: usize) -> Self {
        let mut set = [0; 8];
        set[bit / 64] = 1 << (bit % 64);
        Self(set)
    }

    /// The set whose starts are these.
    pub fn starts(starts: [u64; 4]) -> Self {
        let mut set = Self::default();
        set.0[..4].copy_from_slice(&starts);
        set
    }

    /// The set of one word of a rule of another scanner. Those beyond the 253rd share a bit.
    pub fn word(at: usize) -> Self {
        Self::of((WORDS + at).min(LAST_WORD))
    }

    /// The terms of both sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Whether a term is in both sets.
    pub fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// As it is kept.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        for (to, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The set that is kept as these bytes.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        Self(std::array::from_fn(|at| u64::from_le_bytes(words[at])))
    }
}

/// By what a rule is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// Its tokens begin with this, however they may be hidden.
    Head(String),
    /// One of these stands in them or beside them.
    Anchors(Vec<String>),
    /// One of these stands in the text, in any case.
    Words(Vec<String>),
    /// A run.
    Run,
    /// It is tried on every text.
    Nothing,
}

/// What a search looks for: its rules, and the terms by which they are found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What tokens begin with; their bits come first.
    pub heads: Vec<String>,
    /// What stands in them or beside them; their bits come next.
    pub anchors: Vec<String>,
    /// The words of other scanners' rules.
    pub words: Vec<String>,
    /// A digest of each rule, of all that tells what it finds.
    pub rules: Vec<String>,
    /// By what each rule is found. Of an earlier search nobody needs to know.
    #[serde(skip)]
    pub found_by: Vec<FoundBy>,
}

/// What has changed since an earlier search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What has one of these has to be read again.
    again: TermSet,
    /// Each term of now with what it was before.
    terms: Vec<(TermSet, TermSet)>,
}

impl Terms {
    /// What has changed since `old` was looked for. `None` where all has to be read again: something is
    /// looked for now that nobody looked for then.
    pub fn since(&self, old: &Self) -> Option<Change> {
        let known: BTreeSet<&String> = old.rules.iter().collect();
        let changed =
            self.rules.iter().zip(&self.found_by).filter(|(rule, _)| !known.contains(rule));
        let again = all(changed.map(|(_, by)| old.bits(by)))?;
        let again = again.or(TermSet::HIDDEN).or(TermSet::CONTAINER);
        let starts = self.heads.iter().chain(&self.anchors).enumerate();
        let starts = starts.map(|(at, start)| Some((start_at(at), old.start(start)?)));
        let words = self.words.iter().enumerate();
        let words = words.map(|(at, word)| Some((TermSet::word(at), old.word(word)?)));
        let run = Some((TermSet::RUN, TermSet::RUN));
        let terms = starts.chain(words).chain([run]).collect::<Option<_>>()?;
        Some(Change { again, terms })
    }

    /// The bits of what a rule is found by, if all of it was looked for.
    fn bits(&self, by: &FoundBy) -> Option<TermSet> {
        match by {
            // What was not known as a beginning was not looked for where a line break cuts it.
            FoundBy::Head(head) => self.heads.iter().position(|it| it == head).map(start_at),
            FoundBy::Anchors(anchors) => all(anchors.iter().map(|it| self.start(it))),
            FoundBy::Words(words) => all(words.iter().map(|it| self.word(it))),
            FoundBy::Run => Some(TermSet::RUN),
            FoundBy::Nothing => None,
        }
    }

    fn start(&self, start: &String) -> Option<TermSet> {
        self.heads.iter().chain(&self.anchors).position(|it| it == start).map(start_at)
    }

    fn word(&self, word: &String) -> Option<TermSet> {
        self.words.iter().position(|it| it == word).map(TermSet::word)
    }
}

fn all(mut bits: impl Iterator<Item = Option<TermSet>>) -> Option<TermSet> {
    bits.try_fold(TermSet::default(), |all, bit| Some(all.or(bit?)))
}

/// Those beyond the 255th share a bit, as they do in a search.
fn start_at(at: usize) -> TermSet {
    TermSet::of(at.min(LAST_START))
}

impl Change {
    /// What is known of a text that had these terms before: those that it has now. `None` where it has
    /// to be read again.
    pub fn carry(&self, before: TermSet) -> Option<TermSet> {
        let has = self.terms.iter().filter(|(_, old)| before.meets(*old));
        let now = || has.fold(TermSet::default(), |all, (new, _)| all.or(*new));
        (!before.meets(self.again)).then(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|&text| text.to_owned()).collect()
    }

    /// A search with a rule by each of these: a head, an anchor, a word, a run.
    fn search(rules: &[(&str, FoundBy)]) -> Terms {
        let mut terms = Terms::default();
        for (rule, by) in rules {
            terms.rules.push((*rule).to_owned());
            terms.found_by.push(by.clone());
            match by {
                FoundBy::Head(head) => terms.heads.push(head.clone()),
                FoundBy::Anchors(anchors) => terms.anchors.extend(anchors.clone()),
                FoundBy::Words(words) => terms.words.extend(words.clone()),
                FoundBy::Run | FoundBy::Nothing => {}
            }
        }
        terms
    }

    fn head(text: &str) -> FoundBy {
        FoundBy::Head(text.to_owned())
    }

    #[test]
    fn a_set_is_what_its_bytes_say() {
        let set = TermSet::starts([1, 0, 0, 1 << 63]).or(TermSet::word(3)).or(TermSet::RUN);
        assert_eq!(TermSet::from_bytes(&set.to_bytes()), set);
        assert!(set.meets(start_at(0)) && set.meets(start_at(255)) && !set.meets(start_at(1)));
        assert!(start_at(300).meets(start_at(255)) && TermSet::word(252).meets(TermSet::word(999)));
        let ends = [TermSet::word(999), TermSet::CONTAINER, TermSet::RUN, TermSet::HIDDEN];
        let apart = |at: usize, other: usize| at == other || !ends[at].meets(ends[other]);
        assert!((0..16).all(|pair| apart(pair / 4, pair % 4)));
    }

    #[test]
    fn what_has_a_term_of_a_changed_rule_is_read_again() {
        let anchors = FoundBy::Anchors(texts(&["beside", "within"]));
        let words = FoundBy::Words(texts(&["word"]));
        let old = search(&[
            ("a", head("abc_")),
            ("b", anchors.clone()),
            ("c", words.clone()),
            ("d", FoundBy::Run),
        ]);
        let [abc, beside, within, word] = [start_at(0), start_at(1), start_at(2), TermSet::word(0)];
        let again = |rules: &[(&str, FoundBy)]| {
            let change = search(rules).since(&old);
            change.map(|change| {
                [abc, beside, within, word, TermSet::RUN].map(|set| change.carry(set).is_none())
            })
        };
        let mut rules =
            vec![("a", head("abc_")), ("b", anchors), ("c", words), ("d", FoundBy::Run)];
        assert_eq!(again(&rules), Some([false; 5]));
        for (at, wanted) in [
            (0, [true, false, false, false, false]),
            (1, [false, true, true, false, false]),
            (2, [false, false, false, true, false]),
            (3, [false, false, false, false, true]),
        ] {
            let mut changed = rules.clone();
            changed[at].0 = "e";
            assert_eq!(again(&changed), Some(wanted), "{at}");
            let kept = std::mem::replace(&mut rules[at].1, FoundBy::Nothing);
            assert!(again(&rules).is_some(), "it is not asked by what an unchanged rule is found");
            rules[at].0 = "e";
            assert_eq!(again(&rules), None, "it is tried on all");
            rules[at] = (["a", "b", "c", "d"][at], kept);
        }
        // What was not looked for, and what was not looked for as a beginning.
        for by in [head("abd_"), head("within"), FoundBy::Words(texts(&["beside"]))] {
            assert_eq!(again(&[rules.clone(), vec![("e", by)]].concat()), None);
        }
        // A rule that is gone needs nothing, and what hides something is always read.
        assert_eq!(again(&rules[1..]), Some([false; 5]));
        let change = search(&rules[1..]).since(&old).expect("known");
        assert_eq!(change.carry(TermSet::HIDDEN), None);
        assert_eq!(change.carry(TermSet::CONTAINER), None);
        // The terms that are left have other bits.
        assert_eq!(change.carry(abc.or(beside).or(word)), Some(start_at(0).or(word)));
    }
}
