//! `.secrets.baseline` of detect-secrets: for each file the SHA-1 of what was found in it.
//!
//! An entry counts for the token wherever it stands, not only in that file: whoever accepted a token
//! accepted that it leaked, and a copy of it leaks nothing more. Line numbers are not compared:
//! they are wrong after the next edit, which is why so many change theirs with every commit.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Baseline, Entry, What};
use crate::hex::unhex;

#[derive(Deserialize)]
struct Written {
    results: BTreeMap<String, Vec<Secret>>,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "hashed_secret")]
    digest: String,
    /// Not in a slim baseline.
    line_number: Option<u64>,
}

pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Baseline> {
    let written: Written = serde_json::from_slice(bytes)
        .map_err(|error| anyhow::anyhow!("line {}, column {}", error.line(), error.column()))
        .with_context(|| {
            format!(
                "{name} begins as a .secrets.baseline does, and is none: write it again with \
                 detect-secrets scan"
            )
        })?;
    let mut baseline = Baseline::default();
    for (path, secrets) in &written.results {
        for (at, secret) in secrets.iter().enumerate() {
            match entry(path, secret) {
                Some(entry) => baseline.entries.push(entry),
                None => baseline.warnings.push(format!(
                    "{name}: secret {} of {path} has no hashed_secret of 40 hex digits: it covers \
                     nothing",
                    at + 1
                )),
            }
        }
    }
    Ok(baseline)
}

fn entry(path: &str, secret: &Secret) -> Option<Entry> {
    unhex::<20>(&secret.digest)?;
    let digest = secret.digest.to_ascii_lowercase();
    let line = secret.line_number.map(|line| format!(":{line}")).unwrap_or_default();
    let about = format!("{path}{line} ({})", secret.kind);
    Some(Entry { what: What::Sha1(digest), about, note: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_an_entry_by_its_digest() {
        let digest = "0Ab1".repeat(10);
        let json = format!(
            r#"{{"version":"1.5.0","plugins_used":[],"results":{{"a/b":[{{"type":"Hex","hashed_secret":"{digest}","is_verified":false,"line_number":3}},{{"type":"Hex"}}]}}}}"#
        );
        let read = parse("f", json.as_bytes()).expect("a baseline");
        let what = What::Sha1(digest.to_ascii_lowercase());
        assert_eq!(read.entries, [Entry { what, about: "a/b:3 (Hex)".to_owned(), note: None }]);
        assert!(read.warnings[0].starts_with("f: secret 2 of a/b has no"), "{read:?}");
        let why = parse("f", br#"{"results":["words"]}"#).expect_err("damaged");
        assert!(!format!("{why:#}").contains("words"), "{why:#}");
    }
}
