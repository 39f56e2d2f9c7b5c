//! The text that the content of a page shows: ISO 32000-1, section 9.

use std::collections::HashMap;

/// A gap wider than this, in thousandths of the font's size, is a space.
const SPACE: f64 = 180.0;
/// A map with more entries than this is damaged.
const MOST_ENTRIES: usize = 70_000;

/// What the numbers of a font's glyphs stand for (`ToUnicode`).
#[derive(Debug, Default)]
pub(super) struct CharMap {
    /// How many bytes a number has.
    width: usize,
    /// Ligatures are several characters. Of those beyond ASCII only that there is one is kept: no
    /// token holds it.
    characters: HashMap<u32, Vec<u8>>,
}

impl CharMap {
    /// The map that a stream is, if it is one.
    pub(super) fn read(stream: &[u8]) -> Option<Self> {
        let mut map = Self::default();
        for (kind, ranges) in [(&b"beginbfchar"[..], false), (b"beginbfrange", true)] {
            for at in memchr::memmem::find_iter(stream, kind) {
                let body = &stream[at + kind.len()..];
                let end = memchr::memmem::find(body, b"endbf").unwrap_or(body.len());
                map.add(&body[..end], ranges);
            }
        }
        (!map.characters.is_empty()).then_some(map)
    }

    fn add(&mut self, body: &[u8], ranges: bool) -> Option<()> {
        let mut at = 0;
        while self.characters.len() < MOST_ENTRIES {
            let first = hex_string(body, &mut at)?;
            self.width = self.width.max(first.len());
            let first = number(&first);
            let last = if ranges { number(&hex_string(body, &mut at)?) } else { first };
            let codes = first..=last.min(first.saturating_add(0xffff));
            if body[at..].trim_ascii_start().starts_with(b"[") {
                for code in codes {
                    self.characters.insert(code, ascii(&hex_string(body, &mut at)?));
                }
            } else {
                let target = hex_string(body, &mut at)?;
                for code in codes {
                    let next = number(&target).wrapping_add(code - first).to_be_bytes();
                    let moved = if code == first { &target } else { &next[2..] };
                    self.characters.insert(code, ascii(moved));
                }
            }
        }
        None
    }

    /// The characters of a string of glyphs. Glyphs that this map lacks are another font's.
    fn decode(&self, others: &[Self], glyphs: &[u8], text: &mut Vec<u8>) {
        for code in glyphs.chunks(self.width.max(1)) {
            let code = number(code);
            let known = |map: &Self| map.characters.get(&code).cloned();
            text.extend(known(self).or_else(|| others.iter().find_map(known)).unwrap_or_default());
        }
    }
}

/// UTF-16 as ASCII.
fn ascii(units: &[u8]) -> Vec<u8> {
    let one = |unit: &[u8]| u8::try_from(number(unit)).ok().filter(u8::is_ascii).unwrap_or(b'?');
    units.chunks(2).map(one).collect()
}

/// Whether a stream shows text.
pub(super) fn shows(content: &[u8]) -> bool {
    let finds = |operator: &[u8]| memchr::memmem::find(content, operator).is_some();
    finds(b"BT") && (finds(b"TJ") || finds(b"Tj"))
}

/// The text of a page: with each byte standing for itself, and through each map. Which font has
/// which map is not asked: in the wrong one a token is none. Nor is it known whether a move to the
/// right leaves a space, as between the cells of a table, or none, as before a ligature: both are
/// read.
pub(super) fn text(content: &[u8], maps: &[CharMap]) -> Vec<u8> {
    let mut versions: Vec<Vec<u8>> = Vec::new();
    for gap in [&b" "[..], b""] {
        let mut add = |text| {
            if !versions.contains(&text) {
                versions.push(text);
            }
        };
        add(shown(content, gap, &|glyphs, text| text.extend_from_slice(glyphs)));
        for map in maps {
            add(shown(content, gap, &|glyphs, text| map.decode(maps, glyphs, text)));
        }
    }
    versions.join(&b'\n')
}

fn shown(content: &[u8], gap: &[u8], decode: &dyn Fn(&[u8], &mut Vec<u8>)) -> Vec<u8> {
    let mut text = Vec::new();
    let mut numbers: Vec<f64> = Vec::new();
    let mut at = 0;
    let mut in_array = false;
    while let Some(byte) = content.get(at) {
        match byte {
            b'(' => {
                decode(&literal(content, &mut at), &mut text);
            }
            b'<' if content.get(at + 1) != Some(&b'<') => {
                let Some(glyphs) = hex_string(content, &mut at) else { break };
                decode(&glyphs, &mut text);
            }
            b'[' | b']' => {
                in_array = *byte == b'[';
                at += 1;
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' => {
                let value = float(content, &mut at);
                if in_array && value < -SPACE {
                    text.push(b' ');
                }
                numbers.push(value);
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'\'' | b'"' => {
                let word =
                    content[at..].iter().take_while(|byte| is_operator(**byte)).count().max(1);
                move_on(&content[at..at + word], &numbers, gap, &mut text);
                numbers.clear();
                at += word;
            }
            _ => at += 1,
        }
    }
    text
}

fn is_operator(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'*' | b'\'' | b'"')
}

/// What an operator that moves the pen leaves between words.
fn move_on(operator: &[u8], numbers: &[f64], gap: &[u8], text: &mut Vec<u8>) {
    let same_line = || matches!(numbers, [_, y] if *y == 0.0);
    match operator {
        b"Td" | b"TD" if same_line() => text.extend_from_slice(gap),
        b"Td" | b"TD" | b"T*" | b"Tm" | b"ET" | b"'" | b"\"" => text.push(b'\n'),
        _ => {}
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn float(content: &[u8], at: &mut usize) -> f64 {
    let is_part = |byte: &&u8| matches!(**byte, b'+' | b'-' | b'.' | b'0'..=b'9');
    let len = content[*at..].iter().take_while(is_part).count();
    let digits = std::str::from_utf8(&content[*at..*at + len]).unwrap_or_default();
    *at += len;
    digits.parse().unwrap_or(0.0)
}

/// The bytes of the next string in hex digits.
fn hex_string(content: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let open = *at + memchr::memchr(b'<', &content[*at..])?;
    let close = open + memchr::memchr(b'>', &content[open..])?;
    *at = close + 1;
    let digits = content[open + 1..close].iter().filter_map(|byte| char::from(*byte).to_digit(16));
    let digits: Vec<u8> = digits.map(|digit| digit as u8).collect();
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect())
}

/// The bytes of the string in parentheses at `at`.
fn literal(content: &[u8], at: &mut usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut depth = 0_usize;
    while let Some(byte) = content.get(*at) {
        *at += 1;
        match byte {
            b'(' if depth == 0 => depth = 1,
            b'(' => {
                depth += 1;
                bytes.push(b'(');
            }
            b')' if depth == 1 => break,
            b')' => {
                depth -= 1;
                bytes.push(b')');
            }
            b'\\' => escaped(content, at, &mut bytes),
            byte => bytes.push(*byte),
        }
    }
    bytes
}

/// What follows a backslash: a letter, up to three octal digits, a line break that is none.
fn escaped(content: &[u8], at: &mut usize, bytes: &mut Vec<u8>) {
    let Some(byte) = content.get(*at) else { return };
    let octal = content[*at..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(*byte));
    let digits = octal.clone().count();
    if digits > 0 {
        bytes.push(octal.fold(0_u8, |value, digit| value << 3 | (digit - b'0')));
        *at += digits;
        return;
    }
    *at += 1;
    match byte {
        b'n' => bytes.push(b'\n'),
        b'r' => bytes.push(b'\r'),
        b't' => bytes.push(b'\t'),
        b'b' | b'f' | b'\r' | b'\n' => {}
        byte => bytes.push(*byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(content: &str) -> String {
        String::from_utf8(text(content.as_bytes(), &[])).expect("text")
    }

    #[test]
    fn strings_of_a_page_are_put_together() {
        assert_eq!(plain("BT /F1 12 Tf (ab\\(c\\)\\144) Tj ET"), "ab(c)d\n");
        assert_eq!(plain("BT [(ab)-5(cd) -300 (ef)] TJ ET"), "abcd ef\n");
        assert_eq!(plain("BT <6162> Tj 10 0 Td (c) Tj 0 -12 Td (d) Tj ET"), "ab c\nd\n\nabc\nd\n");
        assert_eq!(plain("q 1 0 0 1 5 5 cm BT 1 0 0 1 0 0 Tm (x(y)z) ' ET"), "\nx(y)z\n\n");
    }

    #[test]
    fn glyphs_are_read_through_their_maps() {
        let map = b"/CIDInit 1 beginbfchar <0003> <0020> endbfchar
            2 beginbfrange <0010> <0013> <0061> <0020> <0021> [<0078> <0079>] endbfrange";
        let map = CharMap::read(map).expect("it is one");
        let content = b"BT [<00100011> 3 <0012>] TJ <0003002000210013> Tj ET";
        let all = text(content, &[map]);
        let all = String::from_utf8_lossy(&all);
        assert!(all.ends_with("\nabc xyd\n"), "{all:?}");
        assert!(CharMap::read(b"no map").is_none());
        let ligature = CharMap::read(b"beginbfchar <00> <00660066> endbfchar").expect("a map");
        let letters = CharMap::read(b"beginbfrange <61> <66> <0061> endbfrange").expect("a map");
        let all = text(b"BT (ab) Tj (\\000) Tj ET", &[letters, ligature]);
        assert!(String::from_utf8_lossy(&all).contains("abff"));
    }
}
