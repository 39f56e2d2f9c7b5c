//! Lines and columns of places that come in order, each byte counted once.

use crate::span::{Position, is_completed, utf16_len};

/// Counts forward through a blob. A million tokens on one line of a gigabyte must not count
/// that line a million times.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
    column: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1, column: 1 }
    }

    /// The region of a token. `start` must not lie before that of an earlier call.
    pub(super) fn position(&mut self, start: usize, end: usize) -> Position {
        let mut line_start = self.at;
        for found in memchr::memchr2_iter(b'\n', b'\r', &self.bytes[self.at..start]) {
            let at = self.at + found;
            if is_completed(self.bytes, at) {
                continue;
            }
            self.line += 1;
            self.column = 1;
            line_start = at + 1;
        }
        self.column += utf16_len(&self.bytes[line_start..start]);
        self.at = start;
        // What a token is hidden in may hold line breaks.
        let within = Position::of(&self.bytes[start..end], 0, end - start);
        let (line, column) = (self.line, self.column);
        let same_line = within.end_line == 1;
        let end_column = within.end_column + if same_line { column - 1 } else { 0 };
        Position { line, column, end_line: line + within.end_line - 1, end_column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_position_of_does() {
        let text = "a\r\né𝄞TOKEN\rTOKEN x TOKEN\n\nTOKEN".as_bytes();
        let mut cursor = Cursor::new(text);
        for start in memchr::memmem::find_iter(text, b"TOKEN") {
            assert_eq!(cursor.position(start, start + 5), Position::of(text, start, start + 5));
        }
    }
}
