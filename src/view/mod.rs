//! Readings of a blob: with terminal codes, log framing, UTF-16, base64 or escapes removed.
//!
//! A [`View`] knows for each of its bytes which bytes of the blob it stands for, so what is found
//! in it is shown where it really is. Views are made of bytes alone: they know no rule.

pub mod base64;
pub mod escapes;
pub mod hex;
pub mod logs;
pub mod terminal;
pub mod wide;
pub mod wrap;

use std::fmt;
use std::ops::Range;

/// What was taken off to get a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Terminal codes, overwritten text, a log's framing.
    Terminal,
    /// The strings of a JSON document that are the lines of a log.
    Json,
    /// The annotation that Jenkins hides in a console line.
    Note,
    /// UTF-16.
    Wide,
    Base64,
    /// Percent, backslash and HTML escapes.
    Escapes,
    /// Digits that spell bytes.
    Hex,
    /// Line breaks that a width forced.
    Wrap,
}

impl Layer {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "ansi",
            Self::Json => "json",
            Self::Note => "note",
            Self::Wide => "utf-16",
            Self::Base64 => "base64",
            Self::Escapes => "escapes",
            Self::Hex => "hex",
            Self::Wrap => "wrapped",
        }
    }
}

impl Layer {
    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Terminal => "the framing and codes of a log",
            Self::Json => "the strings of a JSON document",
            Self::Note => "a hidden note of Jenkins",
            Self::Wide => "UTF-16",
            Self::Base64 => "base64",
            Self::Escapes => "escapes",
            Self::Hex => "hex digits",
            Self::Wrap => "a break in the line",
        }
    }
}

/// The layers of a reading, the outermost first; none is the blob as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layers(pub Vec<Layer>);

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("raw");
        }
        let names: Vec<&str> = self.0.iter().map(|layer| layer.name()).collect();
        f.write_str(&names.join("+"))
    }
}

impl Layers {
    /// Reads what reports write: `raw`, `ansi+base64`. What is not known is left out.
    pub fn parse(text: &str) -> Self {
        let all = [
            Layer::Terminal,
            Layer::Json,
            Layer::Note,
            Layer::Wide,
            Layer::Base64,
            Layer::Escapes,
            Layer::Hex,
            Layer::Wrap,
        ];
        let layer = |name: &str| all.into_iter().find(|layer| layer.name() == name);
        Self(text.split('+').filter_map(layer).collect())
    }
}

/// One reading of some bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub bytes: Vec<u8>,
    /// In order of `at`; each goes on to the next one's.
    pieces: Vec<Piece>,
}

/// A stretch of a view whose bytes stand for bytes of the blob in a regular way: the byte at
/// `at + n` stands for `width` bytes from `from + n * step` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    at: usize,
    from: usize,
    step: usize,
    width: usize,
}

impl View {
    /// An empty view that has room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), pieces: Vec::new() }
    }

    /// Adds bytes as they are: `range` of `bytes`, which is what this is a view of.
    pub fn copy(&mut self, bytes: &[u8], range: Range<usize>) {
        let text = &bytes[range.clone()];
        self.stretch(text, range.start, 1, 1);
    }

    /// Adds one byte that `range` of the blob stands for.
    pub fn put(&mut self, byte: u8, range: Range<usize>) {
        self.stretch(&[byte], range.start, 1, range.len());
    }

    /// Adds bytes each of which stands for two bytes from `from` on.
    pub fn narrow(&mut self, text: &[u8], from: usize) {
        self.stretch(text, from, 2, 2);
    }

    /// Adds bytes that only as a whole stand for `range`: what was compressed there.
    pub fn opaque(&mut self, text: &[u8], range: Range<usize>) {
        self.stretch(text, range.start, 0, range.len());
    }

    /// Takes the last `count` bytes back.
    pub fn cut(&mut self, count: usize) {
        self.bytes.truncate(self.bytes.len().saturating_sub(count));
        while self.pieces.last().is_some_and(|piece| piece.at >= self.bytes.len()) {
            self.pieces.pop();
        }
    }

    /// This view of a view as one of what that is a view of.
    #[must_use]
    pub fn through(&self, base: &Self) -> Self {
        let mut all = Self::default();
        for (index, piece) in self.pieces.iter().enumerate() {
            let end = self.pieces.get(index + 1).map_or(self.bytes.len(), |next| next.at);
            for at in piece.at..end {
                let place = base.back(self.back(at..at + 1));
                all.put(self.bytes[at], place);
            }
        }
        all
    }

    /// Adds another view of the same blob.
    pub fn append(&mut self, other: &Self) {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.pieces.extend(other.pieces.iter().map(|piece| Piece { at: piece.at + at, ..*piece }));
    }

    fn stretch(&mut self, text: &[u8], from: usize, step: usize, width: usize) {
        if text.is_empty() {
            return;
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(text);
        let goes_on = self.pieces.last().is_some_and(|last| {
            let next = last.from + (at - last.at) * last.step;
            (last.step, last.width) == (step, width)
                && if step == 0 { last.from == from } else { next == from }
        });
        if !goes_on {
            self.pieces.push(Piece { at, from, step, width });
        }
    }

    /// The bytes of the blob that `span` of this view stands for.
    pub fn back(&self, span: Range<usize>) -> Range<usize> {
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).saturating_sub(1);
        let (mut start, mut stop) = (usize::MAX, 0);
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            if piece.at >= span.end && index > first {
                break;
            }
            let end = self.pieces.get(index + 1).map_or(self.bytes.len(), |next| next.at);
            let (from, to) = (span.start.max(piece.at), span.end.min(end));
            let place = |at: usize| piece.from + (at - piece.at) * piece.step;
            let last = place(to.max(from + 1) - 1);
            start = start.min(place(from));
            stop = stop.max(if from < to { last + piece.width } else { last });
        }
        if start > stop { 0..0 } else { start..stop }
    }

    /// Whether the bytes of `span` stand in the blob as they are, in one stretch.
    pub fn is_verbatim(&self, span: Range<usize>) -> bool {
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).saturating_sub(1);
        let next = self.pieces.get(first + 1).map_or(self.bytes.len(), |next| next.at);
        let plain = |piece: &Piece| (piece.step, piece.width) == (1, 1);
        self.pieces.get(first).is_some_and(plain) && span.end <= next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_leads_back() {
        let blob = b"ab\x1b[0mcd%5Fe";
        let mut view = View::default();
        view.copy(blob, 0..2);
        view.copy(blob, 6..8);
        view.put(b'_', 8..11);
        view.copy(blob, 11..12);
        assert_eq!(view.bytes, b"abcd_e");
        let spans = [0..1, 1..2, 2..3, 3..4, 4..5, 5..6];
        let back = [0..1, 1..2, 6..7, 7..8, 8..11, 11..12];
        for (span, back) in spans.into_iter().zip(back) {
            assert_eq!(view.back(span.clone()), back, "{span:?}");
        }
        assert_eq!(view.back(1..5), 1..11);
        assert_eq!(view.back(0..6), 0..12);
    }

    #[test]
    fn wide_and_opaque_bytes_lead_back() {
        let mut view = View::default();
        view.narrow(b"ab", 10);
        view.narrow(b"c", 14);
        view.opaque(b"xyz", 20..90);
        assert_eq!(view.pieces.len(), 2);
        assert_eq!(view.back(1..3), 12..16);
        assert_eq!(view.back(4..5), 20..90);
    }
}
