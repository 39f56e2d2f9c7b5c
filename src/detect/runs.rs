//! The prefilter: runs of at least 32 letters, digits and dashes.
//!
//! Every token holds such a run, and little other text does: words are shorter. Any 32 bytes
//! hold a whole aligned block of 16, so only blocks are tested, each without a branch in it: the
//! compiler makes a few vector instructions of that, and what it costs depends neither on the
//! text nor on how many rules there are.

use crate::rule::shape::{RUN, in_run};

/// Half a run, so that every run holds a whole block wherever it begins.
const BLOCK: usize = RUN / 2;

/// The maximal runs of `bytes`, in order, each as start and end.
#[derive(Clone, Debug)]
pub(super) struct Runs<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Runs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self::starting(bytes, 0)
    }

    /// The runs from `at` on, where no run may have begun before.
    pub(super) fn starting(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let from = self.at.next_multiple_of(BLOCK);
            let (blocks, _) = self.bytes.get(from..)?.as_chunks::<BLOCK>();
            let inside = from + BLOCK * blocks.iter().position(is_inside)?;
            let outside = |byte: &u8| !in_run(*byte);
            let before = self.bytes[self.at..inside].iter().rposition(outside);
            let start = before.map_or(self.at, |found| self.at + found + 1);
            let (blocks, _) = self.bytes[inside..].as_chunks::<BLOCK>();
            let whole = inside + BLOCK * blocks.iter().take_while(|block| is_inside(block)).count();
            let rest = &self.bytes[whole..];
            self.at = whole + rest.iter().position(outside).unwrap_or(rest.len());
            if self.at - start >= RUN {
                return Some((start, self.at));
            }
        }
    }
}

/// Whether the whole block can belong to a run; `&` instead of `&&` keeps it free of branches.
fn is_inside(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(true, |all, byte| all & in_run(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::mint::Mint;

    fn brute(bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 0..=bytes.len() {
            if end == bytes.len() || !in_run(bytes[end]) {
                if end - start >= RUN {
                    runs.push((start, end));
                }
                start = end + 1;
            }
        }
        runs
    }

    #[test]
    fn finds_what_a_plain_loop_finds() {
        let mut mint = Mint::new(3);
        for round in 0..2000 {
            let len = mint.below(300);
            // Mostly letters, so that runs of every length around 32 occur.
            let alphabet: &[u8] =
                if round % 2 == 0 { b"0123456789abcdef0123456789abcdef-_ " } else { b"0-f \n" };
            let mut text = mint.random(alphabet, len);
            if mint.below(2) == 0 {
                text.extend(mint.random(b"abcdef", 30 + mint.clone().below(5)));
            }
            assert_eq!(Runs::new(&text).collect::<Vec<_>>(), brute(&text));
        }
    }
}
