//! What tells that a blob may hide something from the search: four questions, asked of every
//! byte once, in blocks without a branch in them.

use super::words::Words;
use crate::span::Copied;
use crate::view::hex;

const BLOCK: usize = 32;
/// Escapes that begin in one block where text is written in them altogether: the longest,
/// `\u0041`, begins five times in 32 bytes.
const ESCAPES: u8 = 4;
/// How far around a stretch that a delta brings in hints can be new: two blocks.
const SEAM: usize = 2 * BLOCK;

/// What a blob may hold. For a delta it says what it or its base may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four questions, four answers")]
pub(super) struct Hints {
    /// Control characters: terminal codes, UTF-16, or a binary.
    pub(super) control: bool,
    /// Text that is written in escapes altogether.
    pub(super) rows: bool,
    /// Lines of a hex dump.
    pub(super) dump: bool,
    /// The beginning of a token.
    pub(super) prefix: bool,
}

impl Hints {
    /// The hints of `bytes`; of a delta only what it brings in is looked at.
    pub(super) fn of(
        bytes: &[u8],
        base: Option<(Self, &[Copied])>,
        prefixes: &Words,
        worth: usize,
    ) -> Self {
        let Some((mut hints, copies)) = base else {
            let mut hints = Self::default();
            hints.look(bytes, prefixes);
            return hints;
        };
        let mut at = 0;
        let mut fresh = |hints: &mut Self, to: usize, next: usize| {
            if at < to || at > 0 {
                let from = at.saturating_sub(SEAM);
                hints.look(&bytes[from..bytes.len().min(to + SEAM)], prefixes);
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

    fn look(&mut self, bytes: &[u8], prefixes: &Words) {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            self.block(block);
        }
        let mut last = [b'x'; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        self.block(&last);
        self.prefix |= prefixes.next(bytes, 0, bytes.len()).is_some();
    }

    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch would keep it from being vectorised"
    )]
    fn block(&mut self, block: &[u8; BLOCK]) {
        let control =
            |byte: u8| (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
        let begins = |byte: u8| (byte == b'%') | (byte == b'\\') | (byte == b'&');
        self.control |= block.iter().fold(false, |any, byte| any | control(*byte));
        let escapes: u8 = block.iter().map(|byte| u8::from(begins(*byte))).sum();
        self.rows |= escapes >= ESCAPES;
        self.dump |=
            block.as_chunks::<16>().0.iter().fold(false, |any, half| any | hex::is_dump(half));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(text: &[u8]) -> Hints {
        Hints::of(text, None, &Words::exact(&[b"abc_".to_vec()]), 128)
    }

    #[test]
    fn each_question_has_its_answer() {
        assert_eq!(hints(b"plain text\r\n\twith 100% of a \\ and & in it"), Hints::default());
        assert!(hints(b"x\x1b[0m").control && hints(b"a\0b\0").control && hints(b"\x08").control);
        assert!(hints("\\u0041".repeat(12).as_bytes()).rows);
        assert!(
            hints("&#115;".repeat(12).as_bytes()).rows && hints("%73".repeat(24).as_bytes()).rows
        );
        assert!(hints(&[b"0000000 ".as_slice(), &b"73 71 ".repeat(12)].concat()).dump);
        assert!(hints(b"see abc_0").prefix);
    }

    #[test]
    fn a_delta_keeps_what_its_base_has_and_adds_what_it_brings() {
        let prefixes = Words::exact(&[b"abc_".to_vec()]);
        let base = "x".repeat(1000);
        let had = Hints { rows: true, ..Hints::default() };
        let changed = format!("{}ab{}", &base[..500], &base[500..]).replace("abx", "abc_");
        let copies =
            [Copied { start: 0, end: 500, from: 0 }, Copied { start: 502, end: 1001, from: 501 }];
        let found = Hints::of(changed.as_bytes(), Some((had, &copies)), &prefixes, 128);
        assert_eq!(found, Hints { rows: true, prefix: true, ..Hints::default() });
    }
}
