//! Literal texts in any spelling, searched only where it is worth it.

use std::collections::VecDeque;

use aho_corasick::{AhoCorasick, packed};

/// More patterns than this are not searched packed: Teddy serves 64.
const PACKED: usize = 60;

/// How far beyond what was asked for words are searched.
const BLOCK: usize = 4096;

/// Finds literal words: packed (several GB/s) when they are few, else by automaton.
#[derive(Debug)]
pub(super) struct Words {
    search: Search,
    /// The words, each in every spelling that is searched.
    spellings: Vec<Vec<u8>>,
    /// For each spelling the bit of its word.
    bits: Vec<u128>,
    longest: usize,
}

#[derive(Debug)]
enum Search {
    Nothing,
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Words {
    /// Words as they are.
    pub(super) fn exact(words: &[Vec<u8>]) -> Self {
        let spellings = words.iter().enumerate().map(|(bit, word)| (bit, word.clone()));
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
                if !spellings.contains(&(bit, spelling.clone())) {
                    spellings.push((bit, spelling));
                }
            }
        }
        Self::build(spellings)
    }

    fn build(all: Vec<(usize, Vec<u8>)>) -> Self {
        // Words beyond the 128th share a bit: they are looked at more often than needed.
        let bits = all.iter().map(|(bit, _)| 1 << (*bit).min(127)).collect();
        let spellings: Vec<Vec<u8>> = all.into_iter().map(|(_, spelling)| spelling).collect();
        let longest = spellings.iter().map(Vec::len).max().unwrap_or(0);
        let few = (1..=PACKED).contains(&spellings.len());
        let packed = few.then(|| {
            packed::Config::new().builder().extend(&spellings).build().map(Search::Packed)
        });
        let search = match packed.flatten() {
            Some(packed) => packed,
            None if spellings.is_empty() => Search::Nothing,
            None => AhoCorasick::new(&spellings).map_or(Search::Nothing, Search::Automaton),
        };
        Self { search, spellings, bits, longest }
    }

    /// The length of the longest word.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The next place at or after `from` where any word begins, and which words do.
    pub(super) fn next(&self, bytes: &[u8], from: usize, to: usize) -> Option<(usize, u128)> {
        let window = aho_corasick::Span { start: from, end: to };
        let at = match &self.search {
            Search::Nothing => None,
            Search::Packed(packed) => packed.find_in(bytes, window).map(|found| found.start()),
            Search::Automaton(words) => {
                let input = aho_corasick::Input::new(bytes).span(window);
                words.find_overlapping_start(input)
            }
        }?;
        let here = self.spellings.iter().zip(&self.bits);
        let begins = here.filter(|(spelling, _)| bytes[at..to].starts_with(spelling));
        Some((at, begins.fold(0, |mask, (_, bit)| mask | bit)))
    }
}

/// The non-overlapping leftmost start, in the terms of the automaton.
trait FindStart {
    fn find_overlapping_start(&self, input: aho_corasick::Input<'_>) -> Option<usize>;
}

impl FindStart for AhoCorasick {
    fn find_overlapping_start(&self, input: aho_corasick::Input<'_>) -> Option<usize> {
        self.find(input).map(|found| found.start())
    }
}

/// The words in a window that only moves forward, so that each byte is searched at most once
/// and bytes far from any value are never searched.
#[derive(Debug)]
pub(super) struct Around<'a> {
    words: &'a Words,
    bytes: &'a [u8],
    done: usize,
    seen: VecDeque<(usize, u128)>,
}

impl<'a> Around<'a> {
    pub(super) fn new(words: &'a Words, bytes: &'a [u8]) -> Self {
        Self { words, bytes, done: 0, seen: VecDeque::new() }
    }

    /// Which words begin in `from..to`; neither may lie before those of an earlier call.
    pub(super) fn within(&mut self, from: usize, to: usize) -> u128 {
        while self.seen.front().is_some_and(|(at, _)| *at < from) {
            self.seen.pop_front();
        }
        if self.done < to {
            self.look_ahead(from.max(self.done), to);
        }
        let inside = self.seen.iter().take_while(|(at, _)| *at < to);
        inside.fold(0, |mask, (_, bits)| mask | bits)
    }

    /// Searches at least to `to`, and a block further: a search of a few bytes costs as much
    /// as one of a thousand, and values come in crowds.
    fn look_ahead(&mut self, from: usize, to: usize) {
        let end = self.bytes.len();
        let to = (to + BLOCK).min(end);
        let reach = (to + self.words.longest).min(end);
        let mut at = from;
        while let Some((found, mask)) = self.words.next(self.bytes, at, reach) {
            if found >= to {
                break;
            }
            self.seen.push_back((found, mask));
            at = found + 1;
        }
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
        assert_eq!(around.within(0, 12), 0b111);
    }

    #[test]
    fn a_moving_window_sees_each_word_once_and_forgets() {
        let text = format!("{0}sonar{0}SONAR{0}", " ".repeat(100));
        let words = Words::spelled(&["sonar".to_owned()]);
        let mut around = Around::new(&words, text.as_bytes());
        assert_eq!(around.within(0, 100), 0);
        assert_eq!(around.within(50, 102), 1);
        assert_eq!(around.within(101, 150), 0);
        assert_eq!(around.within(120, 400), 1);
        assert_eq!(around.within(206, 400), 0);
    }
}
