//! Places that may hide a token from the search, noted while it goes through the runs.

use std::collections::HashSet;
use std::ops::Range;

use super::hints::Hints;
use crate::rule::shape::RUN;
use crate::view::{base64, escapes, hex, wrap};

/// How far left of a run the escape of a token's beginning can stand: `\u005f` for each of the
/// first four characters.
const LEAD: usize = 24;
/// How far a word is searched for a break in it.
const WORD: usize = 512;

/// Where something else than the bytes as they are is worth reading.
#[derive(Debug, Default)]
pub(super) struct Spots {
    /// Where four characters of base64 begin that spell text.
    pub(super) base64: Vec<usize>,
    /// Runs of hex digits that spell text.
    pub(super) hex: Vec<Range<usize>>,
    /// Runs with an escape right before them.
    pub(super) escaped: Vec<Range<usize>>,
    /// Where a token begins that a line break cuts.
    pub(super) torn: Vec<usize>,
}

impl Spots {
    /// Looks at one run; `found` says whether it holds a token as it is. Returns whether
    /// something may be hidden there.
    pub(super) fn note(
        &mut self,
        bytes: &[u8],
        run: Range<usize>,
        found: bool,
        heads: &[Vec<u8>],
    ) -> bool {
        let text = &bytes[run.clone()];
        if let Some(at) = base64::shows(text) {
            self.base64.push(run.start + at);
            return true;
        }
        if hex::spelled(bytes, run.clone()).is_some() {
            self.hex.push(run);
            return true;
        }
        if found {
            return false;
        }
        let torn = wrap::torn_prefix(bytes, run.start, heads);
        self.torn.extend(torn);
        let escaped = is_escaped(bytes, run.start);
        if escaped {
            self.escaped.push(run);
        }
        escaped || torn.is_some()
    }

    /// Adds what no run tells: text in escapes altogether, and words that a line break cuts.
    /// `heads` are the places of what tokens begin with, `known` those of tokens that are there as
    /// they are.
    pub(super) fn complete(
        &mut self,
        bytes: &[u8],
        hints: Hints,
        heads: &[usize],
        known: &HashSet<usize>,
    ) {
        if hints.rows {
            self.escaped.extend(escapes::rows(bytes));
        }
        let cut = heads.iter().filter(|at| is_cut(bytes, **at) && !known.contains(at));
        self.torn.extend(cut);
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        let Self { base64, hex, escaped, torn } = self;
        base64.is_empty() && hex.is_empty() && escaped.is_empty() && torn.is_empty()
    }

    /// Keeps the spots whose bytes are wanted.
    pub(super) fn retain(&mut self, wanted: impl Fn(Range<usize>) -> bool) {
        self.base64.retain(|at| wanted(*at..at + RUN / 2));
        self.hex.retain(|run| wanted(run.clone()));
        self.escaped.retain(|run| wanted(run.start.saturating_sub(LEAD)..run.end));
        self.torn.retain(|at| wanted(*at..at + RUN));
    }
}

/// Whether an escape stands right before a run, or it begins with the end of one.
fn is_escaped(bytes: &[u8], start: usize) -> bool {
    let from = start.saturating_sub(LEAD);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_%\\&#;{}".contains(byte);
    let len = bytes[from..start].iter().rev().take_while(|byte| word(byte)).count();
    len > 0 && escapes::any(&bytes[start - len..bytes.len().min(start + 5)])
}

/// Whether the word that begins at `at` ends at a line break.
fn is_cut(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..bytes.len().min(at + WORD)];
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let end = rest.iter().position(|byte| !word(byte)).unwrap_or(rest.len());
    let mark = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'\\');
    let mut gap = rest[end..].iter().take_while(|byte| mark(byte));
    rest.get(end) == Some(&b'<') || gap.any(|byte| *byte == b'\n')
}
