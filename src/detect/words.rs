//! Literal texts in any spelling, searched only where it is worth it.

use std::collections::VecDeque;

use crate::detect::packing::{Pass, packed};
use crate::terms::TermSet;

/// The shortest beginning that stands for all words that share it.
const STEM: usize = 4;

/// How far beyond what was asked for words are searched.
const BLOCK: usize = 4096;

/// A set of words, each by its place in the list that [`Words`] were made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordSet([u64; 4]);

impl WordSet {
    /// All words there are.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    /// The set of one word. Those beyond the 256th share a place: they are looked at more often
    /// than needed.
    pub(super) fn of(word: usize) -> Self {
        let word = word.min(255);
        let mut set = Self::default();
        set.0[word / 64] = 1 << (word % 64);
        set
    }

    /// The words of both sets.
    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// The same words as terms.
    pub(super) fn terms(self) -> TermSet {
        TermSet::starts(self.0)
    }

    /// Whether a word is in both sets.
    pub(super) fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }
}

/// Finds literal words, packed.
#[derive(Debug)]
pub(super) struct Words {
    passes: Vec<Pass>,
    /// The words, each in every spelling that is searched, with its place in the list.
    spellings: Vec<(Vec<u8>, WordSet)>,
    /// For each byte the spellings that begin with it.
    by_first: Vec<Vec<usize>>,
    longest: usize,
}

impl Words {
    /// Words as they are.
    pub(super) fn exact(words: &[Vec<u8>]) -> Self {
        let spellings = words.iter().enumerate().map(|(bit, word)| (word.clone(), bit));
        Self::build(spellings.collect())
    }

    /// Words in lower case, found as written, in upper case, and with a capital: what people
    /// write, and what keeps the search packed.
    pub(super) fn spelled(words: &[String]) -> Self {
        let mut spellings = Vec::new();
        for (bit, word) in words.iter().enumerate() {
            let lower = word.as_bytes().to_vec();
            let mut capital = lower.clone();
            capital[..1].make_ascii_uppercase();
            for spelling in [lower.to_ascii_uppercase(), capital, lower] {
                if !spellings.contains(&(spelling.clone(), bit)) {
                    spellings.push((spelling, bit));
                }
            }
        }
        Self::build(spellings)
    }

    fn build(all: Vec<(Vec<u8>, usize)>) -> Self {
        let spellings: Vec<(Vec<u8>, WordSet)> =
            all.into_iter().map(|(spelling, bit)| (spelling, WordSet::of(bit))).collect();
        let texts = spellings.iter().map(|(spelling, _)| spelling.as_slice());
        let longest = texts.clone().map(<[u8]>::len).max().unwrap_or(0);
        let passes = packed(&stems(texts.collect()));
        let begins = |byte: u8| {
            let here = |at: &usize| spellings[*at].0.first() == Some(&byte);
            (0..spellings.len()).filter(here).collect()
        };
        let by_first = (0..=255).map(begins).collect();
        Self { passes, spellings, by_first, longest }
    }

    /// All that is searched for; of words as they are, each word in the order of its place.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.spellings.iter().map(|(spelling, _)| spelling.as_slice())
    }

    /// The length of the longest word.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The places in `from..to` where words begin, in order, and which words do.
    pub(super) fn places<'a>(&'a self, bytes: &'a [u8], from: usize, to: usize) -> Places<'a> {
        let mut places = Places { words: self, bytes, to, next: Vec::new() };
        places.next = self.passes.iter().map(|pass| places.first(pass, from)).collect();
        places
    }

    /// Whether any word stands in `bytes`.
    pub(super) fn any(&self, bytes: &[u8]) -> bool {
        self.places(bytes, 0, bytes.len()).next().is_some()
    }

    /// The words that begin at `at` and end at `to` at the latest.
    fn at(&self, bytes: &[u8], at: usize, to: usize) -> WordSet {
        let here =
            self.by_first[usize::from(bytes[at])].iter().map(|index| &self.spellings[*index]);
        let begins = here.filter(|(spelling, _)| bytes[at..to].starts_with(spelling));
        begins.fold(WordSet::default(), |set, (_, word)| set.or(*word))
    }
}

/// Fewer patterns that find the same: words that share a beginning are looked for by it.
fn stems(mut words: Vec<&[u8]>) -> Vec<&[u8]> {
    words.sort_unstable();
    let mut stems: Vec<&[u8]> = Vec::new();
    for word in words {
        let common =
            |stem: &&[u8]| stem.iter().zip(word).take_while(|(own, other)| own == other).count();
        match stems.last_mut() {
            Some(stem) if common(stem) >= STEM.min(stem.len()) => *stem = &stem[..common(stem)],
            _ => stems.push(word),
        }
    }
    stems
}

/// The places of words, found by several passes that go on side by side.
#[derive(Debug)]
pub(super) struct Places<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    to: usize,
    /// Where each pass found a word that was not handed out yet.
    next: Vec<Option<usize>>,
}

impl Places<'_> {
    fn first(&self, pass: &Pass, from: usize) -> Option<usize> {
        let window = aho_corasick::Span { start: from.min(self.to), end: self.to };
        pass.first(self.bytes, window)
    }
}

impl Iterator for Places<'_> {
    type Item = (usize, WordSet);

    fn next(&mut self) -> Option<(usize, WordSet)> {
        loop {
            let at = self.next.iter().copied().flatten().min()?;
            for (index, pass) in self.words.passes.iter().enumerate() {
                if self.next[index] == Some(at) {
                    self.next[index] = self.first(pass, at + 1);
                }
            }
            let words = self.words.at(self.bytes, at, self.to);
            if words != WordSet::default() {
                return Some((at, words));
            }
        }
    }
}

/// The words in a window that only moves forward, so that each byte is searched at most once
/// and bytes far from any value are never searched.
#[derive(Debug)]
pub(super) struct Around<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    done: usize,
    seen: VecDeque<(usize, WordSet)>,
    /// The last window and its words: dozens of kinds ask for the same one.
    last: Option<(usize, usize, WordSet)>,
}

impl<'a> Around<'a> {
    pub(super) fn new(words: &'a Words, bytes: &'a [u8]) -> Self {
        Self { words, bytes, done: 0, seen: VecDeque::new(), last: None }
    }

    /// Which words begin in `from..to`; neither may lie before those of an earlier call.
    pub(super) fn within(&mut self, from: usize, to: usize) -> WordSet {
        if let Some((start, end, found)) = self.last
            && (start, end) == (from, to)
        {
            return found;
        }
        while self.seen.front().is_some_and(|(at, _)| *at < from) {
            self.seen.pop_front();
        }
        if self.done < to {
            self.look_ahead(from.max(self.done), to);
        }
        let inside = self.seen.iter().take_while(|(at, _)| *at < to);
        let found = inside.fold(WordSet::default(), |set, (_, words)| set.or(*words));
        self.last = Some((from, to, found));
        found
    }

    /// Searches at least to `to`, and a block further: a search of a few bytes costs as much
    /// as one of a thousand, and values come in crowds.
    fn look_ahead(&mut self, from: usize, to: usize) {
        let end = self.bytes.len();
        let to = (to + BLOCK).min(end);
        let reach = (to + self.words.longest).min(end);
        let places = self.words.places(self.bytes, from, reach);
        self.seen.extend(places.take_while(|(found, _)| *found < to));
        self.done = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_and_nested_words_are_all_found() {
        let words = ["repo_token", "token", "token_x", "overlap"].map(|w| w.as_bytes().to_vec());
        let words = Words::exact(&words);
        let mut around = Around::new(&words, b"repo_token_x");
        let all = (0..3).map(WordSet::of).fold(WordSet::default(), WordSet::or);
        assert_eq!(around.within(0, 12), all);
    }

    #[test]
    fn a_moving_window_sees_each_word_once_and_forgets() {
        let text = format!("{0}sonar{0}SONAR{0}", " ".repeat(100));
        let words = Words::spelled(&["sonar".to_owned()]);
        let mut around = Around::new(&words, text.as_bytes());
        let (none, one) = (WordSet::default(), WordSet::of(0));
        assert_eq!(around.within(0, 100), none);
        assert_eq!(around.within(50, 102), one);
        assert_eq!(around.within(101, 150), none);
        assert_eq!(around.within(120, 400), one);
        assert_eq!(around.within(206, 400), none);
    }

    /// More words than one pass holds, some with a common beginning: each is found where it is.
    #[test]
    fn hundreds_of_words_are_found_in_order() {
        let words: Vec<Vec<u8>> =
            (0..300).map(|n| format!("{}{n:03}_word", ["abcd", "efgh"][n % 2]).into()).collect();
        let found = Words::exact(&words);
        let text = words.iter().rev().map(|word| [b"  ".as_slice(), word].concat());
        let text = text.collect::<Vec<_>>().concat();
        let places: Vec<(usize, WordSet)> = found.places(&text, 0, text.len()).collect();
        assert_eq!(places.len(), 300);
        for (index, (at, set)) in places.iter().enumerate() {
            assert_eq!((*at, *set), (2 + index * 14, WordSet::of(299 - index)));
        }
        assert!(!found.any(b"abcd_none_of_these") && found.any(b"efgh001_word"));
    }
}
