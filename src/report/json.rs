//! JSON whose raw bytes are safe to look at: what a terminal would obey is written as `\uXXXX`.
//!
//! The data is the same for every parser. `serde_json` escapes C0 by itself; DEL, C1, bidi controls
//! and zero-width characters would go out raw, and people do `cat` such files.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::escape::is_hostile;

struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        // Nearly all text is plain: one look at its bytes is much cheaper than one at its characters.
        if text.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b'#') {
            return out.write_all(text.as_bytes());
        }
        let mut rest = text;
        while let Some((at, c)) = next_unsafe(rest) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// The first character that has to be escaped: what a terminal obeys, and the second sign of
/// `##`, since CI runners look for `##[` and `##vso[` anywhere in a line.
fn next_unsafe(text: &str) -> Option<(usize, char)> {
    let mut previous = '\0';
    text.char_indices().find(|(_, c)| {
        let command = previous == '#' && *c == '#';
        previous = *c;
        command || is_hostile(*c)
    })
}

/// Writes `value` as compact JSON without a line end.
pub(super) fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Safe)).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_obeys_and_keeps_the_data() {
        let text = "é\u{9b}\u{202e}\x1b\u{e0001}x##[y]###";
        let mut out = Vec::new();
        write(&text, &mut out).expect("a vector takes all");
        let raw = String::from_utf8(out).expect("JSON is UTF-8");
        assert_eq!(raw, r#""é\u009b\u202e\u001b\udb40\udc01x#\u0023[y]#\u0023#""#);
        assert_eq!(serde_json::from_str::<String>(&raw).expect("valid"), text);
    }
}
