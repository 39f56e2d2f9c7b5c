//! What a terminal would show: colours, links and titles taken off, overwritten text laid over
//! what was there before.

use std::ops::Range;

use super::View;

/// A sequence that names a title or a link ends within this many bytes, or it is none.
const LONGEST_TEXT: usize = 4096;
/// The same for the parameters of a control sequence.
const LONGEST_CODE: usize = 64;
const ESC: u8 = 0x1b;
const BACK: u8 = 0x08;

/// What Jenkins hides in a line stands between these (`ConsoleNote.java`): the text between
/// them is base64, and no code.
pub(super) const NOTE: &[u8] = b"\x1b[8mha:";
pub(super) const NOTE_END: &[u8] = b"\x1b[0m";
/// A note is longer only if it was made to be: those of Jenkins itself have some hundred bytes.
pub(super) const LONGEST_NOTE: usize = 64 << 10;

/// What a sequence does to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Nothing,
    /// The cursor goes right over what is blank: one space says that as well as many.
    Space,
    /// The cursor goes to another line or place.
    Elsewhere,
    /// What is right of the cursor goes.
    EraseRight,
    /// The whole line goes.
    EraseLine,
}

/// Adds the line `range` of `bytes`, which holds no line feed, as a terminal shows it.
///
/// Carriage returns and backspaces make two readings of a line: what was written first and what
/// is left in the end. Both are added, each on a line of its own.
pub(super) fn line(bytes: &[u8], range: Range<usize>, view: &mut View) {
    let text = &bytes[range.clone()];
    if memchr::memchr2(b'\r', BACK, text).is_none() {
        return plain(bytes, range, view);
    }
    let mut at = range.start;
    let mut last = 0;
    for piece in text.split(|byte| *byte == b'\r') {
        last = view.bytes.len();
        let here = at..at + piece.len();
        let mut cells = Cells::default();
        cells.write(bytes, here.clone());
        cells.show(view);
        view.put(b'\n', here.end..here.end);
        at = here.end + 1;
    }
    let mut cells = Cells::default();
    cells.write(bytes, range.clone());
    let shown = cells.text();
    if view.bytes[last..view.bytes.len() - 1] == shown {
        view.cut(1);
    } else {
        cells.show(view);
    }
}

/// A line in which nothing is written over.
fn plain(bytes: &[u8], range: Range<usize>, view: &mut View) {
    let mut copied = range.start;
    let mut at = range.start;
    while let Some(found) = memchr::memchr(ESC, &bytes[at..range.end]) {
        let start = at + found;
        let (len, effect) = sequence(&bytes[start..range.end]);
        view.copy(bytes, copied..start);
        match effect {
            Effect::Space => view.put(b' ', start..start + len),
            Effect::Elsewhere => view.put(b'\n', start..start + len),
            Effect::Nothing | Effect::EraseRight | Effect::EraseLine => {}
        }
        at = start + len;
        copied = at;
    }
    view.copy(bytes, copied..range.end);
}

/// The cells of one line: what stands in each, and where in the blob it was written.
#[derive(Default)]
struct Cells {
    cells: Vec<(u8, usize)>,
    cursor: usize,
}

impl Cells {
    fn write(&mut self, bytes: &[u8], range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            match bytes[at] {
                b'\r' => self.cursor = 0,
                BACK => self.cursor = self.cursor.saturating_sub(1),
                ESC => {
                    let (len, effect) = sequence(&bytes[at..range.end]);
                    self.apply(effect, at);
                    at += len;
                    continue;
                }
                byte => self.put(byte, at),
            }
            at += 1;
        }
    }

    fn put(&mut self, byte: u8, at: usize) {
        match self.cells.get_mut(self.cursor) {
            Some(cell) => *cell = (byte, at),
            None => self.cells.push((byte, at)),
        }
        self.cursor += 1;
    }

    fn apply(&mut self, effect: Effect, at: usize) {
        match effect {
            Effect::Nothing => {}
            Effect::Space => self.put(b' ', at),
            Effect::EraseRight => self.cells.truncate(self.cursor),
            Effect::EraseLine | Effect::Elsewhere => {
                self.cells.clear();
                self.cursor = 0;
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        self.cells.iter().map(|(byte, _)| *byte).collect()
    }

    fn show(&self, view: &mut View) {
        for (byte, at) in &self.cells {
            view.put(*byte, *at..*at + 1);
        }
    }
}

/// The length of the sequence that `text` begins with, and what it does. ECMA-48 has the grammar;
/// `ESC _bk;…` are Buildkite's times, and everything of its kind is skipped like them.
fn sequence(text: &[u8]) -> (usize, Effect) {
    match text.get(1) {
        Some(b'[') => note(text).map_or_else(|| control(text), |len| (len, Effect::Nothing)),
        Some(b']' | b'_' | b'P' | b'^' | b'X') => (string(text), Effect::Nothing),
        Some(0x20..=0x2f) => {
            let more = text[1..].iter().take_while(|byte| (0x20..=0x2f).contains(*byte)).count();
            ((more + 2).min(text.len()), Effect::Nothing)
        }
        Some(b'D' | b'E' | b'M' | b'c') => (2, Effect::Elsewhere),
        Some(_) => (2, Effect::Nothing),
        None => (1, Effect::Nothing),
    }
}

/// The length of a note of Jenkins: between its marks stands nothing but base64.
pub(super) fn note(text: &[u8]) -> Option<usize> {
    let body = text.strip_prefix(NOTE)?;
    let coded = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/' | b'=');
    let len = body.iter().take(LONGEST_NOTE).take_while(coded).count();
    body[len..].starts_with(NOTE_END).then_some(NOTE.len() + len + NOTE_END.len())
}

fn control(text: &[u8]) -> (usize, Effect) {
    let inside = |byte: &&u8| (0x20..=0x3f).contains(*byte);
    let len = text[2..].iter().take(LONGEST_CODE).take_while(inside).count();
    let parameters = &text[2..2 + len];
    let effect = match text.get(2 + len) {
        Some(b'C') => Effect::Space,
        Some(b'K') if parameters.starts_with(b"1") || parameters.starts_with(b"2") => {
            Effect::EraseLine
        }
        Some(b'K') => Effect::EraseRight,
        Some(b'A' | b'B' | b'E' | b'F' | b'G' | b'H' | b'J' | b'S' | b'T' | b'd' | b'f') => {
            Effect::Elsewhere
        }
        Some(0x40..=0x7e) => Effect::Nothing,
        // No sequence after all: only its beginning goes.
        _ => return (2, Effect::Nothing),
    };
    (3 + len, effect)
}

/// The length of a sequence that holds text up to BEL or `ESC \`.
fn string(text: &[u8]) -> usize {
    let window = text.get(2..text.len().min(LONGEST_TEXT)).unwrap_or_default();
    match memchr::memchr2(0x07, ESC, window) {
        Some(at) if window[at] == 0x07 => at + 3,
        Some(at) if window.get(at + 1) == Some(&b'\\') => at + 4,
        // Another code begins, or it does not end: only its beginning goes.
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut view = View::default();
        line(text.as_bytes(), 0..text.len(), &mut view);
        for at in 0..view.bytes.len() {
            let back = view.back(at..at + 1);
            let same = text.as_bytes().get(back.start) == Some(&view.bytes[at]);
            assert!(same || matches!(view.bytes[at], b'\n' | b' '), "{at} in {text:?}");
        }
        String::from_utf8(view.bytes).expect("still text")
    }

    #[test]
    fn codes_of_every_kind_go() {
        for text in [
            "a\x1b[0mb",
            "a\x1b[01;31m\x1b[Kb\x1b[m\x1b[K",
            "\x1b]8;;https://x.example/?a=b\x1b\\ab\x1b]8;;\x1b\\",
            "a\x1b]0;title\x07b",
            "a\x1b_bk;t=1724300000000\x07b",
            "a\x1b_bk;dt=15\x1b\\b",
            "a\x1b(Bb",
            "a\x1b7b\x1b8",
            "ab\x1b",
            "a\x1b[38;2;255;100;0mb",
            "a\x1b[?25lb",
        ] {
            assert_eq!(shown(text), "ab", "{text:?}");
        }
        assert_eq!(shown("a\x1b[5Cb"), "a b");
        assert_eq!(shown("a\x1b[2;1Hb"), "a\nb");
    }

    #[test]
    fn what_only_begins_like_a_code_stays() {
        assert_eq!(shown("a\x1b]8;;never ended"), "a8;;never ended");
        assert_eq!(shown(&format!("a\x1b[{}", "1".repeat(99))), format!("a{}", "1".repeat(99)));
    }

    #[test]
    fn overwritten_text_is_read_before_and_after() {
        assert_eq!(shown("10%\r20%\r30%"), "10%\n20%\n30%");
        assert_eq!(shown("____tail\rhead"), "____tail\nhead\nheadtail");
        assert_eq!(shown("gone\r\x1b[Knew"), "gone\nnew");
        assert_eq!(shown("a\x08ab\x08bc"), "abc");
        assert_eq!(shown("section_start:1:x\r\x1b[0Ktitle"), "section_start:1:x\ntitle");
    }
}
