//! PDF: the streams in it, inflated. What their text says is for the readings to see.

use std::io::Cursor;

use flate2::bufread::ZlibDecoder;

use super::{Examine, Walk, below};
use crate::problem::ProblemCode;

/// How far before a stream its dictionary begins.
const DICTIONARY: usize = 1024;
const END: &[u8] = b"endstream";

pub(super) fn read<E: Examine>(walk: &mut Walk<'_, E>, place: &str, depth: usize, bytes: &[u8]) {
    if memchr::memmem::find(bytes, b"/Encrypt").is_some() {
        walk.trouble(ProblemCode::Encrypted, place, "its streams are encrypted");
        return;
    }
    let mut from = 0;
    while let Some(found) = memchr::memmem::find(&bytes[from..], b"stream") {
        let at = from + found;
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
        if !says(&[b"/FlateDecode", b"/Fl "]) || says(&[b"/Image", b"/FontFile", b"/Length1"]) {
            continue;
        }
        if !walk.goes_on() {
            return;
        }
        let body = &bytes[start..end.unwrap_or(bytes.len())];
        let name = below(place, format!("stream at byte {start}").as_bytes());
        walk.member(&name, depth, &mut ZlibDecoder::new(Cursor::new(body)));
        if walk.budget.reached().is_some() {
            return;
        }
    }
}

/// Where a stream's bytes begin behind its keyword: a line break has to follow it.
fn stream_start(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n' | b'\r', ..] => Some(at + 1),
        _ => None,
    }
}
