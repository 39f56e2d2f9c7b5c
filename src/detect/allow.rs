//! Comments by which a line says that the token in it is meant to stand there.

use std::ops::Range;

use super::statement::{line_end, line_start};

/// How far a line is read to either side of a token: what a search of a large file has there.
const WIDTH: usize = 4096;

const WORDS: [&[u8]; 3] = [b"squelch:allow", b"gitleaks:allow", b"betterleaks:allow"];

/// Whether the line of a token has such a comment. It may stand anywhere in it: whether it is a
/// comment, only the language of the file could say.
pub(super) fn allows(bytes: &[u8], token: &Range<usize>) -> bool {
    let from = line_start(bytes, token.start.saturating_sub(WIDTH), token.start);
    let to = line_end(bytes, bytes.len().min(token.end + WIDTH), token.end);
    let line = &bytes[from..to];
    WORDS.iter().any(|word| memchr::memmem::find(line, word).is_some()) || has_pragma(line)
}

/// The comment of detect-secrets: `pragma: allowlist secret`, of old `whitelist`. The one for the
/// next line is not read.
fn has_pragma(line: &[u8]) -> bool {
    let mut pragmas = memchr::memmem::find_iter(line, b"pragma:");
    pragmas.any(|at| {
        let rest = &line[at + b"pragma:".len()..];
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let list = rest.strip_prefix(b"allowlist").or_else(|| rest.strip_prefix(b"whitelist"));
        list.is_some_and(|rest| rest.starts_with(b" secret") || rest.starts_with(b"-secret"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> bool {
        let at = text.find('T').expect("a token");
        allows(text.as_bytes(), &(at..at + 1))
    }

    #[test]
    fn a_comment_counts_in_the_line_of_the_token() {
        for comment in [
            "squelch:allow",
            "gitleaks:allow",
            "betterleaks:allow",
            "pragma: allowlist secret",
            "pragma:whitelist-secret",
        ] {
            assert!(allowed(&format!("x\na=T # {comment}\nx")), "{comment}");
            assert!(allowed(&format!("/* {comment} */ a=T")), "{comment}");
            assert!(!allowed(&format!("# {comment}\na=T\n# {comment}")), "{comment}");
            let far = " ".repeat(WIDTH);
            assert!(!allowed(&format!("a=T{far}{comment}")), "{comment}");
        }
        for comment in ["squelch: allow", "pragma: allowlist nextline secret", "pragma: x"] {
            assert!(!allowed(&format!("a=T # {comment}")), "{comment}");
        }
    }
}
