//! What tells that a blob may hide something from the search: questions asked of every byte
//! once, in blocks without a branch in them, each as cheap as the search for runs is.

use std::ops::Range;

use crate::span::Copied;

/// Bytes that are asked for control characters at once.
const WIDE: usize = 64;
/// Of every second block of this length it is asked whether it spells: what does so is 48 bytes
/// long, a row of a hex dump, or 96, the shortest token in the shortest escapes.
const BLOCK: usize = 16;
/// How far around a stretch that a delta brings in hints can be new: of a row that it is a part of,
/// 48 bytes on one side of it hold a whole block that is asked.
const SEAM: usize = 48;

/// What a blob may hold. For a delta it says what it or its base may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// Control characters: terminal codes, UTF-16, or a binary.
    pub(super) control: bool,
    /// Text that is written in escapes altogether.
    pub(super) rows: bool,
    /// Lines of a hex dump.
    pub(super) dump: bool,
}

impl Hints {
    /// The hints of `bytes`; of a delta only what it brings in is looked at.
    pub(super) fn of(bytes: &[u8], base: Option<(Self, &[Copied])>, worth: usize) -> Self {
        let Some((mut hints, copies)) = base else {
            let mut hints = Self::default();
            hints.look(bytes, 0..bytes.len());
            return hints;
        };
        let mut at = 0;
        let mut fresh = |hints: &mut Self, to: usize, next: usize| {
            if at < to || at > 0 {
                hints.look(bytes, at..to.max(at));
            }
            at = next;
        };
        for copy in copies {
            let (start, end) = (copy.start as usize, copy.end as usize);
            if end - start >= worth {
                fresh(&mut hints, start, end);
            }
        }
        fresh(&mut hints, bytes.len(), bytes.len());
        hints
    }

    /// Looks at a stretch, and around it as far as what is new in it can reach.
    fn look(&mut self, bytes: &[u8], new: Range<usize>) {
        self.control = self.control || has_control(&bytes[new.clone()]);
        if !(self.rows && self.dump) {
            let with = new.start.saturating_sub(SEAM)..bytes.len().min(new.end + SEAM);
            let (blocks, _) = bytes[with].as_chunks::<{ 2 * BLOCK }>();
            let halves = blocks.iter().filter_map(|block| block.first_chunk::<BLOCK>());
            for block in halves.filter(|block| may_spell(block) && spells(block)) {
                self.rows |= block.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&'));
                self.dump |= (2..=6).contains(&memchr::memchr_iter(b' ', block).count());
            }
        }
    }
}

/// Terminal codes begin with ESC, overstriking is done with BS, and UTF-16 has zeros.
#[expect(clippy::needless_bitwise_bool, reason = "a branch would keep it from being vectorised")]
fn is_control(byte: u8) -> bool {
    (byte < 0x09) | (byte == 0x1b)
}

fn has_control(bytes: &[u8]) -> bool {
    let any = |block: &[u8; WIDE]| block.iter().fold(false, |any, byte| any | is_control(*byte));
    let (blocks, rest) = bytes.as_chunks::<WIDE>();
    match bytes.last_chunk::<WIDE>() {
        // The last whole block covers what is left of it: no byte is asked by itself.
        Some(last) if !rest.is_empty() => any(last) || blocks.iter().any(any),
        _ => blocks.iter().any(any) || rest.iter().copied().any(is_control),
    }
}

const SPELLS: [bool; 256] = {
    let mut table = [false; 256];
    let spelling = b"0123456789abcdefABCDEF %&#;\\uxX";
    let mut at = 0;
    while at < spelling.len() {
        table[spelling[at] as usize] = true;
        at += 1;
    }
    table
};

/// Whether a block holds nothing but hex digits, spaces, and what escapes are made of: `%41`,
/// `\u0041`, `\x41`, `\101`, `&#65;`, `&#x41;`. A token in escapes altogether holds such blocks,
/// a line of a hex dump does, and next to no other text.
fn spells(block: &[u8; BLOCK]) -> bool {
    // In other languages than English, whole files are written in the likes of `\u30c6`.
    let foreign = |four: &[u8]| four.starts_with(b"\\u") && four[2..] != *b"00";
    block.iter().all(|byte| SPELLS[usize::from(*byte)]) && !block.windows(4).any(foreign)
}

/// Whether a block has none of the letters from g to t, which next to all text has: few
/// instructions and no branch. Two spaces are a margin.
fn may_spell(block: &[u8; BLOCK]) -> bool {
    let others = |byte: u8| (byte | 0x20).wrapping_sub(b'g') < 14;
    !block.iter().fold(false, |any, byte| any | others(*byte)) && block[..2] != *b"  "
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(text: &[u8]) -> Hints {
        Hints::of(text, None, 128)
    }

    #[test]
    fn each_question_has_its_answer() {
        assert_eq!(hints(b"plain text\r\n\twith 100% of a \\ and & in it"), Hints::default());
        assert!(hints(b"x\x1b[0m").control && hints(b"a\0b\0").control && hints(b"\x08").control);
        for one in ["\\u0041", "\\x41", "%73", "&#115;", "&#x73;", "\\163"] {
            let found = hints(one.repeat(12).as_bytes());
            assert!(found.rows && !found.dump && !found.control, "{one}");
        }
        for row in ["73 71 ", "7371 ", "73717351 "] {
            let found = hints(&[b"0000000 ".as_slice(), &row.as_bytes().repeat(12)].concat());
            assert!(found.dump && !found.rows, "{row}");
        }
        let digest = b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(hints(digest), Hints::default());
    }

    #[test]
    fn a_delta_keeps_what_its_base_has_and_adds_what_it_brings() {
        let base = "x".repeat(1000);
        let had = Hints { rows: true, ..Hints::default() };
        let changed = format!("{}\x1b{}", &base[..500], &base[500..]);
        let copies =
            [Copied { start: 0, end: 500, from: 0 }, Copied { start: 501, end: 1001, from: 500 }];
        let found = Hints::of(changed.as_bytes(), Some((had, &copies)), 128);
        assert_eq!(found, Hints { rows: true, control: true, ..Hints::default() });
    }
}
