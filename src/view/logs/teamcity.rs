//! TeamCity: a time and a level before each line, messages to the server with escapes of their
//! own.
//!
//! Source: JetBrains/teamcity-documentation, `topics/build-log.md` and `service-messages.md`.

use std::ops::Range;

use super::facts::{Facts, Tell};
use super::{Header, Provider, no_page, stamp, unnamed};
use crate::view::View;

pub(super) const PROVIDER: Provider = Provider {
    name: "TeamCity",
    header,
    note,
    path: unnamed,
    link: no_page,
    frame_tells: false,
    side: None,
};

const STAMP: &[u8; 10] = b"[00:00:00]";
const MESSAGE: &[u8] = b"##teamcity[";

/// `[12:34:56]W:\t `: the level may be missing.
fn header(line: &[u8]) -> Option<Header> {
    if line.get(9) != Some(&b']') || !stamp::begins(line, STAMP) {
        return None;
    }
    let rest = &line[STAMP.len()..];
    let level = if matches!(rest, [_, b':', ..]) { 2 } else { 0 };
    let blank = rest[level..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (level + blank > 0).then(|| Header::plain(STAMP.len() + level + blank))
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    if let Some(rest) = line.strip_prefix(b"[Step ")
        && let Some(end) = memchr::memchr(b']', rest).filter(|end| *end <= 9)
    {
        facts.set_step(&line[1..end + 6]);
        return Tell::Sure;
    }
    if is_message(line) { Tell::Weak } else { Tell::No }
}

/// Whether a line is a message to the server.
pub(super) fn is_message(line: &[u8]) -> bool {
    line.starts_with(MESSAGE)
        || line.starts_with(b"[Step ") && memchr::memmem::find(line, MESSAGE).is_some()
}

/// Adds a message with its escapes read: `|n`, `|r`, `|'`, `||`, `|[`, `|]`, `|0x005f`.
pub(super) fn unescape(bytes: &[u8], range: Range<usize>, view: &mut View) {
    let mut at = range.start;
    while let Some(found) = memchr::memchr(b'|', &bytes[at..range.end]) {
        let start = at + found;
        view.copy(bytes, at..start);
        let (len, byte) = match bytes[start + 1..range.end] {
            [b'n', ..] => (2, b'\n'),
            [b'r', ..] => (2, b'\r'),
            [b'0', b'x', a, b, c, d, ..] => {
                let text = [a, b, c, d];
                let value = std::str::from_utf8(&text).ok();
                let value = value.and_then(|text| u32::from_str_radix(text, 16).ok());
                let ascii = value.and_then(|value| u8::try_from(value).ok());
                (7, ascii.filter(u8::is_ascii).unwrap_or(b'?'))
            }
            [byte @ (b'\'' | b'|' | b'[' | b']'), ..] => (2, byte),
            _ => (1, b'|'),
        };
        view.put(byte, start..start + len);
        at = start + len;
    }
    view.copy(bytes, at..range.end);
}
