//! Escapes that stand for one character: percent, backslash and HTML, as URLs, JSON, shells and
//! markup write them.

use std::ops::Range;

use super::View;

/// Escapes in a row from which on they spell a word and not a character here and there.
const ROW: usize = 8;

/// The named entities that can stand in or beside a token.
const ENTITIES: [(&[u8], u8); 7] = [
    (b"&quot;", b'"'),
    (b"&apos;", b'\''),
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&equals;", b'='),
    (b"&lowbar;", b'_'),
];

/// `range` of `bytes` with every escape in it read, or `None` where there is none.
pub fn unescape(bytes: &[u8], range: Range<usize>) -> Option<View> {
    let mut view = View::default();
    let mut at = range.start;
    let mut copied = at;
    while let Some(found) = next(&bytes[..range.end], at) {
        let Some((width, byte)) = escape(&bytes[found..range.end]) else {
            at = found + 1;
            continue;
        };
        view.copy(bytes, copied..found);
        view.put(byte, found..found + width);
        at = found + width;
        copied = at;
    }
    if copied == range.start {
        return None;
    }
    view.copy(bytes, copied..range.end);
    Some(view)
}

/// Where the next escape may begin.
fn next(bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr3(b'%', b'\\', b'&', bytes.get(from..)?).map(|found| from + found)
}

/// How long the escape at the start of `text` is, and the character it stands for; beyond ASCII
/// that is a `?`, which no token holds.
fn escape(text: &[u8]) -> Option<(usize, u8)> {
    match text {
        [b'%', rest @ ..] => Some((3, hex(rest, 2)?)),
        [b'\\', b'u', b'{', rest @ ..] => {
            let len = rest.iter().take(7).position(|byte| *byte == b'}')?;
            Some((len + 4, hex(rest, len)?))
        }
        [b'\\', b'u', rest @ ..] => Some((6, hex(rest, 4)?)),
        [b'\\', b'x', rest @ ..] => Some((4, hex(rest, 2)?)),
        [b'\\', b'0'..=b'3', b'0'..=b'7', b'0'..=b'7', ..] => {
            let digits = text[1..4].iter().fold(0_u32, |value, d| value * 8 + u32::from(d - b'0'));
            Some((4, ascii(digits)))
        }
        [b'\\', b'n', ..] => Some((2, b'\n')),
        [b'\\', b'r', ..] => Some((2, b'\r')),
        [b'\\', b't', ..] => Some((2, b'\t')),
        [b'\\', byte, ..] if byte.is_ascii_punctuation() => Some((2, *byte)),
        [b'&', b'#', b'x' | b'X', rest @ ..] => {
            let len = rest.iter().take(7).position(|byte| *byte == b';')?;
            Some((len + 4, hex(rest, len)?))
        }
        [b'&', b'#', rest @ ..] => {
            let len = rest.iter().take(7).position(|byte| *byte == b';')?;
            let digits = std::str::from_utf8(&rest[..len]).ok()?;
            Some((len + 3, ascii(digits.parse().ok()?)))
        }
        [b'&', ..] => {
            let entity = ENTITIES.iter().find(|(name, _)| text.starts_with(name))?;
            Some((entity.0.len(), entity.1))
        }
        _ => None,
    }
}

fn hex(text: &[u8], len: usize) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let digits = text.get(..len).filter(|digits| !digits.is_empty())?;
    let value = digits.iter().try_fold(0_u32, |value, byte| Some(value << 4 | digit(byte)?))?;
    Some(ascii(value))
}

fn ascii(value: u32) -> u8 {
    u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(b'?')
}

/// Whether an escape stands in `text`, which is short.
pub fn any(text: &[u8]) -> bool {
    let starts = text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'%' | b'\\' | b'&'));
    starts.into_iter().any(|(at, _)| escape(&text[at..]).is_some())
}

/// The stretches of `bytes` that are written in escapes altogether, of ASCII.
pub fn rows(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next(bytes, at) {
        let mut end = start;
        let mut count = 0;
        while let Some((width, byte)) = escape(&bytes[end..])
            && byte != b'?'
        {
            end += width;
            count += 1;
        }
        if count >= ROW {
            found.push(start..end);
        }
        at = end.max(start + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_read_and_leads_back() {
        let blob = r#"a%5Fb\u005fc\x5fd&#95;e&#x5F;f\"g\/h&quot;i\137j\_k\u{5f}l&amp;m"#.as_bytes();
        let view = unescape(blob, 0..blob.len()).expect("there are escapes");
        assert_eq!(view.bytes, br#"a_b_c_d_e_f"g/h"i_j_k_l&m"#);
        let at = |byte| view.bytes.iter().position(|it| *it == byte).expect("it is there");
        assert_eq!(&blob[view.back(1..2)], b"%5F");
        assert_eq!(&blob[view.back(at(b'c')..at(b'd'))], br"c\x5f");
        assert_eq!(&blob[view.back(at(b'i')..at(b'j') + 1)], br"i\137j");
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in ["100% sure", "C:\\users", "a & b; c", "%zz", "&#;", "\\u12", "%", "\\"] {
            assert_eq!(unescape(text.as_bytes(), 0..text.len()), None, "{text}");
        }
    }

    #[test]
    fn rows_are_long() {
        let text = "x %41%42 y %41%42%43%44%45%46%47%48 z";
        assert_eq!(rows(text.as_bytes()), vec![11..35]);
    }
}
