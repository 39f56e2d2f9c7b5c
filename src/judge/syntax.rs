//! Lines whose syntax says what a bare hex value is: a revision in a link, a pin, a checksum.

use crate::leak::{Dismissal, DismissalKind};

/// Judges a bare value by what stands `before` and `after` it on its line.
pub fn line(before: &[u8], after: &[u8]) -> Option<Dismissal> {
    let why = revision(before, after).or_else(|| listing(before, after))?;
    Some(Dismissal::new(DismissalKind::Syntax, why))
}

/// What the two bytes before a bare value say: cheap enough to ask first, and most of the
/// hex values of a lock file end there.
pub fn linked(before: &[u8]) -> Option<&'static str> {
    match before {
        [.., b'@'] => Some("pinned revision after @"),
        [.., b'/', b'/'] => None,
        [.., b'/'] => Some("part of a path or link"),
        [.., mark, b'#'] if !mark.is_ascii_whitespace() => Some("fragment of a link"),
        _ => None,
    }
}

fn revision(before: &[u8], after: &[u8]) -> Option<&'static str> {
    if let Some(why) = linked(before) {
        return Some(why);
    }
    if before.ends_with(b"..") || after.starts_with(b"..") {
        return Some("range of revisions");
    }
    let mail = before.ends_with(b"From ") && before.trim_ascii_start() == b"From ";
    let day = matches!(after, [b' ', b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..]);
    if mail && day {
        return Some("first line of a mailed patch");
    }
    let reference = after.trim_ascii_start().starts_with(b"refs/");
    (reference && after[0].is_ascii_whitespace()).then_some("listing of refs")
}

fn listing(before: &[u8], after: &[u8]) -> Option<&'static str> {
    if !before.trim_ascii().is_empty() {
        return None;
    }
    let named = |rest: &[u8]| rest.first().is_some_and(|byte| !byte.is_ascii_whitespace());
    match after {
        [b' ', b' ' | b'*', rest @ ..] if named(rest) => Some("listing of checksums"),
        [b':', rest @ ..] if rest.contains(&b':') && !rest.starts_with(b" ") => {
            Some("revision before a path and a line")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_says() {
        let cases = [
            ("uses: a/b@", " # v1"),
            ("https://h/a/b/commit/", "\""),
            ("https://h/net/+/", ""),
            ("resolved \"https://h/x.tgz#", "\""),
            ("index 0a1b..", " 100644"),
            ("index ", "..0a1b 100644"),
            ("From ", " Mon Sep 17 00:00:00 2001"),
            ("", " refs/heads/main"),
            ("", "\trefs/heads/main"),
            ("", "  dist/a.zip"),
            ("", " *dist/a.zip"),
            ("", ":src/a.go:rule:84"),
        ];
        for (before, after) in cases {
            assert!(line(before.as_bytes(), after.as_bytes()).is_some(), "{before}…{after}");
        }
        for (before, after) in [
            ("sonar.login=", ""),
            ("# ", ""),
            ("https://", "@host/"),
            ("-u ", ": https://h:1/"),
            ("From ", " the start"),
            ("", " and prose"),
        ] {
            assert!(line(before.as_bytes(), after.as_bytes()).is_none(), "{before}…{after}");
        }
    }
}
