//! JSON reports of gitleaks and betterleaks 1, as they take them for baselines.
//!
//! Where the report holds the token, the entry is for that token: gitleaks, too, compares it, and
//! the place besides. Where it was redacted, gitleaks compares only the place, and so do we.

use std::fmt;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::ignore::place;
use super::{Baseline, Entry, What};
use crate::secret::{Fingerprint, Secret};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reported {
    #[serde(default, rename = "RuleID")]
    rule: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    start_line: u64,
    #[serde(default)]
    end_line: u64,
    #[serde(default)]
    commit: String,
    #[serde(default)]
    secret: Token,
}

/// The digest of what a report holds, so that nothing else of it is kept. None if it was redacted.
#[derive(Default)]
struct Token(Option<Fingerprint>);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Digesting;
        impl Visitor<'_> for Digesting {
            type Value = Token;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Token, E> {
                // `--redact` leaves this word, `--redact=80` a beginning with three dots.
                let gone = text.is_empty() || text == "REDACTED" || text.ends_with("...");
                Ok(Token((!gone).then(|| Secret::new(text.as_bytes()).fingerprint())))
            }
        }
        from.deserialize_str(Digesting)
    }
}

pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Baseline> {
    let all: Vec<Reported> = serde_json::from_slice(bytes)
        .map_err(|error| anyhow::anyhow!("line {}, column {}", error.line(), error.column()))
        .with_context(|| {
            format!(
                "{name} begins as a JSON report of gitleaks does, and is none: write it again with \
                 gitleaks --report-format json"
            )
        })?;
    let mut baseline = Baseline::default();
    for (at, reported) in all.iter().enumerate() {
        match entry(reported) {
            Some(entry) => baseline.entries.push(entry),
            None => baseline.warnings.push(format!(
                "{name}: finding {} has neither a whole Secret nor File and StartLine: it covers \
                 nothing",
                at + 1
            )),
        }
    }
    Ok(baseline)
}

fn entry(reported: &Reported) -> Option<Entry> {
    let Reported { rule, file, start_line, end_line, commit, secret } = reported;
    let commit = (!commit.is_empty()).then(|| commit.to_ascii_lowercase());
    let known = !file.is_empty() && *start_line > 0;
    let at = known.then(|| place(file, (*start_line, *start_line.max(end_line)), commit));
    match secret.0 {
        Some(print) => {
            let at = at.map_or_else(|| "somewhere".to_owned(), |at| at.about);
            Some(Entry { what: What::Sha256(print), about: format!("{rule} {at}"), note: None })
        }
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Spot;

    fn entries(json: &str) -> Vec<What> {
        let read = parse("f", json.as_bytes()).expect("a report");
        read.entries.into_iter().map(|entry| entry.what).collect()
    }

    #[test]
    fn a_whole_secret_is_content_and_a_redacted_one_a_place() {
        let of = |secret: &str| {
            entries(&format!(
                r#"[{{"RuleID":"r","File":"a\\b","StartLine":3,"EndLine":4,"Commit":"AB","Secret":"{secret}","Line":7}}]"#
            ))
        };
        assert_eq!(of("abc"), [What::Sha256(Secret::new(b"abc").fingerprint())]);
        let (path, commit) = ("a/b".to_owned(), Some("ab".to_owned()));
        let spot = What::Place(Spot { path, lines: (3, 4), commit });
        for redacted in ["REDACTED", "squ_12...", ""] {
            assert_eq!(of(redacted), std::slice::from_ref(&spot), "{redacted}");
        }
    }

    #[test]
    fn what_says_nothing_is_named_and_what_is_damaged_is_not_quoted() {
        let read = parse("f", br#"[{"File":"a"},{"File":"a","StartLine":1}]"#).expect("a report");
        assert_eq!(read.entries.len(), 1);
        assert!(read.warnings[0].starts_with("f: finding 1 has neither"), "{read:?}");
        let why = parse("f", br#"[{"StartLine":"words"}]"#).expect_err("damaged");
        assert!(!format!("{why:#}").contains("words"), "{why:#}");
    }
}
