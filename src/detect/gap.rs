//! The step from a value leftwards to the key that holds it.
//!
//! Between a key and its value stand quotes, spaces, brackets and one separator, in whatever
//! order a language wants them. So nothing here knows a language: everything that is no key
//! character is walked over, the separators met on the way are noted, and the step counts
//! only if together they are one of the known separators.

/// A gap longer than this is no gap: 200 bytes of indentation are the most that is seen.
const LONGEST: usize = 200;
/// A longer run of key characters is no key.
const LONGEST_KEY: usize = 128;

/// Texts that stand for one character, longest first where one ends another. `:-` is the
/// shell's default and `>-`, `|-` are YAML's block marks: their dash is no key character.
const SPELLED: [(&[u8], u8); 16] = [
    (b"&quot;", b'"'),
    (b"&#34;", b'"'),
    (b"&apos;", b'\''),
    (b"&#39;", b'\''),
    (b"\\u0022", b'"'),
    (b"\\u0027", b'\''),
    (b"\\u003d", b'='),
    (b"\\u003D", b'='),
    (b"&gt;", b'>'),
    (b"%22", b'"'),
    (b"%20", b' '),
    (b"%3D", b'='),
    (b"%3A", b':'),
    (b":-", b':'),
    (b">-", b'>'),
    (b"|-", b'|'),
];

/// What may separate a key from its value, quotes, spaces and brackets left out.
const SEPARATORS: [&[u8]; 15] = [
    b"", b"=", b":", b":=", b"?=", b"+=", b"::=", b"=>", b",", b"||", b"??", b"?:", b">", b":>",
    b":|",
];

/// A key to the left of something, and what stands between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Where the key's text stands.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) separator: Vec<u8>,
    /// Whether a space or quote stands between, as there must be without a separator.
    pub(super) apart: bool,
    /// The bracket that stands directly at the key, if one does: `(` of a call.
    pub(super) open: Option<u8>,
}

/// Steps left from `at` to a key, not beyond `floor`.
pub(super) fn step(bytes: &[u8], floor: usize, at: usize) -> Option<Step> {
    let mut walk = Walk {
        left: &bytes[floor..at],
        separator: Vec::new(),
        lines: 0,
        joined: false,
        apart: false,
        open: None,
    };
    let width = walk.left.len();
    while walk.back() {
        if width - walk.left.len() > LONGEST {
            return None;
        }
    }
    walk.separator.reverse();
    let known = SEPARATORS.contains(&walk.separator.as_slice());
    let torn = walk.lines > 1 || walk.lines == 1 && walk.separator.is_empty() && !walk.joined;
    if !known || torn {
        return None;
    }
    let end = floor + walk.left.len();
    let len = walk.left.iter().rev().take(LONGEST_KEY).take_while(|byte| is_key(**byte)).count();
    let start = end - len;
    (len > 0).then_some(Step {
        start,
        end,
        separator: walk.separator,
        apart: walk.apart,
        open: walk.open,
    })
}

/// Whether `byte` can be part of a key.
pub(super) fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.$-".contains(&byte)
}

struct Walk<'a> {
    left: &'a [u8],
    separator: Vec<u8>,
    lines: usize,
    /// Whether a mark that continues a line was met.
    joined: bool,
    apart: bool,
    open: Option<u8>,
}

impl Walk<'_> {
    /// Goes over one more character, unless it belongs to the key or to neither.
    fn back(&mut self) -> bool {
        let spelled = SPELLED.iter().find(|(text, _)| self.left.ends_with(text));
        let (len, byte) = match (spelled, self.left.last()) {
            (Some((text, byte)), _) => (text.len(), *byte),
            (None, Some(byte)) => (1, *byte),
            (None, None) => return false,
        };
        match byte {
            b'"' | b'\'' | b' ' | b'\t' => self.apart = true,
            b'\\' | b'^' | b'`' => self.joined = true,
            b'\r' => {}
            b'\n' => self.lines += 1,
            b'(' | b'[' | b'{' => self.open = Some(byte),
            b')' | b']' | b'}' => self.open = None,
            b'=' | b':' | b',' | b'|' | b'?' | b'>' | b'+' => self.separator.push(byte),
            _ => return false,
        }
        if !matches!(byte, b'(' | b'[' | b'{' | b'"' | b'\'' | b'\\') {
            self.open = None;
        }
        self.left = &self.left[..self.left.len() - len];
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<&str> {
        let found = step(text.as_bytes(), 0, text.len())?;
        Some(&text[found.start..found.end])
    }

    #[test]
    fn one_separator_in_any_dress() {
        for text in [
            "K=",
            "K = \"",
            "K: '",
            "\"K\": \"",
            "\\\"K\\\": \\\"",
            "K := ",
            "K ?= ",
            "'K' => '",
            "K(\"",
            "f(\"K\", \"",
            "o[\"K\"] = \"",
            "<K>",
            "<K>\n      ",
            "K:\n  '",
            "K: >-\n  ",
            "${K:-",
            "K || '",
            "K ?? \"",
            "K=\\\n  ",
            "K \\\n  ",
            "K=&quot;",
            "K%3D",
            "K\\u003d",
            "K \"",
            "K\" \"",
            "K=\"\"",
        ] {
            assert_eq!(key(text), Some("K"), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_no_step() {
        for text in ["K\n", "K:\n\n", "K; ", "K/", "K & ", "K !", "K == = ", "", "= "] {
            assert_eq!(key(text), None, "{text:?}");
        }
        assert_eq!(key(&format!("K={}", " ".repeat(300))), None);
    }
}
