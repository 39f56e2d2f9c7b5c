//! The prefilter: runs of at least 32 letters, digits and dashes.
//!
//! Every token holds such a run, and little other text does: words are shorter. A window of
//! 32 bytes is read backwards: the first byte outside the class rules out every window that
//! holds it, so ordinary text is crossed in steps of almost 32 bytes, in safe scalar code, and
//! what that costs does not depend on how many rules there are.

use crate::rule::shape::{RUN, in_run};

const CLASS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = in_run(byte as u8);
        byte += 1;
    }
    table
};

/// The maximal runs of `bytes`, in order, each as start and end.
#[derive(Clone, Debug)]
pub(super) struct Runs<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Runs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        while let Some(window) = self.bytes.get(self.at..self.at + RUN) {
            if let Some(outside) = window.iter().rposition(|byte| !CLASS[usize::from(*byte)]) {
                self.at += outside + 1;
                continue;
            }
            let start = self.at;
            let rest = &self.bytes[start + RUN..];
            let more = rest.iter().position(|byte| !CLASS[usize::from(*byte)]);
            self.at = start + RUN + more.unwrap_or(rest.len());
            return Some((start, self.at));
        }
        None
    }
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
