//! Where in a blob: byte ranges, and the lines and columns that people and SARIF count in.

use serde::Serialize;

/// A half-open byte range of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: u64,
    pub end: u64,
}

/// A stretch of a delta's result that was copied whole from the base: what lies inside it has
/// been looked at already when the base was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Where it begins and ends in the result.
    pub start: u32,
    pub end: u32,
    /// Where it begins in the base.
    pub from: u32,
}

/// A region in lines and columns: 1-based, columns in UTF-16 code units, end column exclusive,
/// as SARIF 2.1.0 counts with `columnKind: utf16CodeUnits` (section 3.30).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize,
)]
pub struct Position {
    pub line: u64,
    pub column: u64,
    pub end_line: u64,
    pub end_column: u64,
}

impl Position {
    /// Finds the region of `bytes[start..end]` by counting, which costs one pass up to `end`.
    ///
    /// A line ends at LF, at CR LF, or at a CR alone, as SARIF viewers and the GitHub line
    /// hash count it. Invalid UTF-8 counts as one unit a replaced sequence.
    pub fn of(bytes: &[u8], start: usize, end: usize) -> Self {
        let (line, line_start) = line_of(bytes, start);
        let (lines_within, last_start) = line_of(&bytes[start..], end - start);
        let end_start = if lines_within == 1 { line_start } else { start + last_start };
        Self {
            line,
            column: utf16_len(&bytes[line_start..start]) + 1,
            end_line: line + lines_within - 1,
            end_column: utf16_len(&bytes[end_start..end]) + 1,
        }
    }

    /// Moves a region found in a window to its place in the whole: by `lines` lines, and by
    /// `columns` where it stands on the window's first line.
    pub fn shift(&mut self, lines: u64, columns: u64) {
        if self.line == 1 {
            self.column += columns;
        }
        if self.end_line == 1 {
            self.end_column += columns;
        }
        self.line += lines;
        self.end_line += lines;
    }
}

impl Position {
    /// Moves a region along with another one that was at `from` and is at `to`.
    pub fn follow(&mut self, from: Self, to: Self) {
        let moved = |own: u64, from: u64, to: u64| (own + to).saturating_sub(from).max(1);
        if self.line == from.line {
            self.column = moved(self.column, from.column, to.column);
            self.end_column = moved(self.end_column, from.column, to.column);
        }
        self.line = moved(self.line, from.line, to.line);
        self.end_line = moved(self.end_line, from.line, to.line);
    }
}

/// The 1-based line of byte `at`, and the offset where that line begins.
pub fn line_of(bytes: &[u8], at: usize) -> (u64, usize) {
    let mut line = 1;
    let mut start = 0;
    for end in memchr::memchr2_iter(b'\n', b'\r', &bytes[..at]) {
        if !is_completed(bytes, end) {
            line += 1;
            start = end + 1;
        }
    }
    (line, start)
}

/// Whether the line break at `at` is a CR that an LF completes; between them a zero may stand,
/// which is the other half of either in UTF-16.
pub fn is_completed(bytes: &[u8], at: usize) -> bool {
    let next = &bytes[at + 1..];
    bytes[at] == b'\r' && (next.starts_with(b"\n") || next.starts_with(b"\0\n"))
}

/// The length of `bytes` in UTF-16 code units, read as lossy UTF-8. Zeros have no width: in
/// text they are the other halves of the characters of UTF-16.
pub fn utf16_len(bytes: &[u8]) -> u64 {
    let zeros = || memchr::memchr_iter(0, bytes).count() as u64;
    if bytes.is_ascii() {
        return bytes.len() as u64 - zeros();
    }
    String::from_utf8_lossy(bytes).encode_utf16().count() as u64 - zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lf_crlf_and_cr() {
        let text = b"a\nb\r\nc\rTOKEN";
        let at = text.len() - 5;
        let want = Position { line: 4, column: 1, end_line: 4, end_column: 6 };
        assert_eq!(Position::of(text, at, text.len()), want);
    }

    #[test]
    fn columns_are_utf16_units() {
        let text = "é𝄞=TOKEN".as_bytes();
        let at = text.len() - 5;
        let want = Position { line: 1, column: 5, end_line: 1, end_column: 10 };
        assert_eq!(Position::of(text, at, text.len()), want);
    }

    #[test]
    fn a_region_may_end_on_a_later_line() {
        let want = Position { line: 1, column: 2, end_line: 2, end_column: 3 };
        assert_eq!(Position::of(b"xab\ncd", 1, 6), want);
    }
}
