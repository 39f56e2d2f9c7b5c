//! PDF: the streams in it, inflated, and the text that they show.
//!
//! The text is not there to be read: glyphs have numbers of their own, and stand one by one with
//! their distances between them. So what a page shows is put together besides (`text`).

use std::io::{Cursor, Read};

use flate2::bufread::ZlibDecoder;

use self::text::CharMap;
use super::{Examine, Walk, below};
use crate::problem::ProblemCode;

mod text;

/// How far before a stream its dictionary begins.
const DICTIONARY: usize = 1024;
const END: &[u8] = b"endstream";
/// A stream with more than this is no page.
const LONGEST_PAGE: u64 = 16 << 20;
/// Fonts of one document that have a map of their own.
const MOST_MAPS: usize = 64;

/// One stream: where it begins, and its bytes as they are.
struct Stream<'a> {
    start: usize,
    body: &'a [u8],
    filter: Filter,
}

/// How a stream is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    /// Not at all: its bytes are seen with those of the file.
    None,
    Flate,
    Ascii85Flate,
}

impl Stream<'_> {
    /// What the stream holds, as far as it can be inflated.
    fn inflated(&self) -> Box<dyn Read + '_> {
        match self.filter {
            Filter::None => Box::new(self.body),
            Filter::Flate => Box::new(ZlibDecoder::new(Cursor::new(self.body))),
            Filter::Ascii85Flate => Box::new(ZlibDecoder::new(Cursor::new(ascii85(self.body)))),
        }
    }
}

pub(super) fn read<E: Examine>(walk: &mut Walk<'_, E>, place: &str, depth: usize, bytes: &[u8]) {
    if memchr::memmem::find(bytes, b"/Encrypt").is_some() {
        walk.trouble(ProblemCode::Encrypted, place, "its streams are encrypted");
        return;
    }
    let streams = streams(bytes);
    let mut maps = Vec::new();
    let mut pages = Vec::new();
    for (index, stream) in streams.iter().enumerate() {
        let name = below(place, format!("stream at byte {}", stream.start).as_bytes());
        let packed = stream.filter != Filter::None;
        if packed && (!walk.goes_on() || !walk.member(&name, depth, &mut stream.inflated())) {
            if walk.budget.reached().is_some() {
                return;
            }
            continue;
        }
        let mut content = Vec::new();
        let _ = stream.inflated().take(LONGEST_PAGE).read_to_end(&mut content);
        if maps.len() < MOST_MAPS {
            maps.extend(CharMap::read(&content));
        }
        if text::shows(&content) {
            pages.push(index);
        }
    }
    for stream in pages.into_iter().map(|index| &streams[index]) {
        let mut content = Vec::new();
        let _ = stream.inflated().take(LONGEST_PAGE).read_to_end(&mut content);
        let shown = text::text(&content, &maps);
        let name = below(place, format!("text at byte {}", stream.start).as_bytes());
        if !shown.is_empty() && (!walk.goes_on() || !walk.member(&name, depth, &mut &shown[..])) {
            return;
        }
    }
}

/// The streams that can hold text.
fn streams(bytes: &[u8]) -> Vec<Stream<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&bytes[from..], b"stream").map(|at| from + at) {
        from = at + b"stream".len();
        let Some(start) = stream_start(bytes, from) else { continue };
        let end = memchr::memmem::find(&bytes[start..], END).map(|end| start + end);
        from = end.map_or(bytes.len(), |end| end + END.len());
        let head = &bytes[at.saturating_sub(DICTIONARY)..at];
        let dictionary = &head[memchr::memmem::rfind(head, b"obj").unwrap_or(0)..];
        let says = |names: &[&[u8]]| {
            names.iter().any(|name| memchr::memmem::find(dictionary, name).is_some())
        };
        // Pictures and fonts hold no text, and their faults are none of ours.
        let text = !says(&[b"/Image", b"/FontFile", b"/Length1"]);
        let flate = says(&[b"/FlateDecode", b"/Fl "]);
        let filter = match () {
            () if !text => continue,
            () if flate && says(&[b"/ASCII85Decode", b"/A85 "]) => Filter::Ascii85Flate,
            () if flate => Filter::Flate,
            () if says(&[b"/Filter"]) => continue,
            () => Filter::None,
        };
        found.push(Stream { start, body: &bytes[start..end.unwrap_or(bytes.len())], filter });
    }
    found
}

/// Where a stream's bytes begin behind its keyword: a line break has to follow it.
fn stream_start(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n' | b'\r', ..] => Some(at + 1),
        _ => None,
    }
}

/// Undoes ASCII85, up to its end or to what is none.
fn ascii85(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut group = Vec::with_capacity(5);
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        match byte {
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            _ => break,
        }
        if group.len() == 5 {
            bytes.extend(base85(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let len = group.len() - 1;
        group.resize(5, 84);
        bytes.extend_from_slice(&base85(&group)[..len]);
    }
    bytes
}

fn base85(group: &[u32]) -> [u8; 4] {
    let sum = group.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(*digit));
    sum.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii85_is_undone() {
        assert_eq!(ascii85(b"87cUR\nD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(ascii85(b"z87cUR~>"), b"\0\0\0\0Hell");
        assert_eq!(ascii85(b"87cURDZ~>"), b"Hello");
    }
}
