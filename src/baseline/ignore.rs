//! Ignore files of gitleaks and betterleaks: a line a finding, by its place, or by the SHA-256 of
//! the token (betterleaks 2).
//!
//! ```text
//! # a comment
//! src/app.properties:sonar-api-token:12
//! 3c4d…:src/app.properties:sonar-api-token:12
//! ba78…
//! ```

use anyhow::{Result, bail};

use super::{Baseline, Entry, Spot, What};

const FORMS: &str = "file:rule:line, commit:file:rule:line, or the SHA-256 of a token";

/// Reads all lines. One that says nothing is a warning, since it can only lead to more findings; a
/// file of nothing else is none of the formats.
pub(super) fn parse(name: &str, text: &str) -> Result<Baseline> {
    let mut baseline = Baseline::default();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(line) {
            Some(entry) => baseline.entries.push(entry),
            None => baseline.warnings.push(format!(
                "{name}:{}: not {FORMS}: it covers nothing; mend or remove it",
                at + 1
            )),
        }
    }
    if baseline.entries.is_empty() && !baseline.warnings.is_empty() {
        bail!(
            "{name} is no baseline: neither one of squelch (squelch baseline write makes one), nor \
             an ignore file ({FORMS}), a JSON report of gitleaks, or a .secrets.baseline"
        );
    }
    Ok(baseline)
}

fn entry(line: &str) -> Option<Entry> {
    if let Ok(print) = line.parse() {
        let about = format!("the token with the SHA-256 {}…", &line[..12]);
        return Some(Entry { what: What::Sha256(print), about, note: None });
    }
    let (rest, number) = line.rsplit_once(':')?;
    let (rest, rule) = rest.rsplit_once(':')?;
    let number = number.parse().ok()?;
    let (commit, path) = match rest.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit.to_ascii_lowercase()), path),
        _ => (None, rest),
    };
    if path.is_empty() || rule.is_empty() || rule.contains(char::is_whitespace) {
        return None;
    }
    Some(place(path, (number, number), commit))
}

/// An entry for lines of a file.
pub(super) fn place(path: &str, lines: (u64, u64), commit: Option<String>) -> Entry {
    let path = path.replace('\\', "/");
    let of = commit.as_ref().map(|id| format!(" in {}", id.get(..10).unwrap_or(id)));
    let about = format!("{path}:{}{}", lines.0, of.unwrap_or_default());
    Entry { what: What::Place(Spot { path, lines, commit }), about, note: None }
}

/// Whether a text is the id of a commit, by SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(line: &str) -> Option<Spot> {
        match entry(line)?.what {
            What::Place(spot) => Some(spot),
            _ => None,
        }
    }

    #[test]
    fn lines_are_places_or_digests() {
        let of = |path: &str, commit: Option<&str>| {
            Some(Spot { path: path.to_owned(), lines: (3, 3), commit: commit.map(str::to_owned) })
        };
        assert_eq!(spot("a/b.txt:rule:3"), of("a/b.txt", None));
        assert_eq!(spot(r"a\b.txt:rule:3"), of("a/b.txt", None));
        assert_eq!(spot("a:b.txt:rule:3"), of("a:b.txt", None), "a file may have a colon");
        let id = "0Ab1".repeat(10);
        let line = format!("{id}:a.txt:rule:3");
        assert_eq!(spot(&line), of("a.txt", Some(&id.to_ascii_lowercase())));
        let print = entry(&"aB".repeat(32)).expect("a digest");
        assert!(matches!(print.what, What::Sha256(_)), "{print:?}");
        for line in ["a.txt", "a.txt:3", ":rule:3", "a::3", "a:rule:x", "a:b c:3", "a:rule:-1"] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_that_says_nothing_is_named_and_not_quoted() {
        let read = parse("f", "a:rule:1\n\nhidden words\n").expect("an ignore file");
        assert_eq!(read.entries.len(), 1);
        assert!(read.warnings[0].starts_with("f:3: not file:rule:line"), "{read:?}");
        assert!(!read.warnings[0].contains("hidden"));
    }
}
