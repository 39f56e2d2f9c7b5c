//! squelch's own baseline: a line a token, sorted, without dates and line numbers, so that two
//! branches seldom touch the same line.
//!
//! ```text
//! # squelch baseline 1 key=<32 hex digits>
//! <digest> <rule id> <masked form>  # a note of the reader
//! ```
//!
//! The digest is the HMAC-SHA256 of the token's SHA-256 under the key of the file. So it can be
//! looked up nowhere, and two files do not show that they hold the same token. Whoever has both the
//! file and a token can see that it is in it: that is what the file is for.
//!
//! A file may have several keys: two branches that each began one are merged by keeping all lines.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Baseline, Entry, What};
use crate::hex::hex;
use crate::hex::unhex;
use crate::secret::Fingerprint;

/// How the first line begins.
pub(super) const MARK: &str = "# squelch baseline ";
const VERSION: &str = "1";

/// A keyed digest of a token.
pub type Digest = [u8; 32];

/// The key of a file. It is no secret: it keeps digests of different files apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// A new one: 128 random bits, so that none is made twice.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok().context("the system gives no random bytes")?;
        Ok(Self(bytes))
    }

    /// The digest that stands for a token in a file with this key.
    pub fn digest(&self, print: &Fingerprint) -> Digest {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        mac.update(print.bytes());
        mac.finalize().into_bytes().into()
    }
}

pub(super) fn parse(name: &str, text: &str) -> Result<Baseline> {
    let mut baseline = Baseline::default();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let place = || format!("{name}:{}", at + 1);
        if let Some(header) = line.strip_prefix(MARK) {
            baseline.keys.push(key(header).with_context(place)?);
        } else if !line.is_empty() && !line.starts_with('#') {
            let advice = "not a line of a baseline of squelch: mend or remove it. After a merge \
                          with conflicts keep the lines of both sides, without the marks";
            let entry = entry(line).with_context(|| format!("{}: {advice}", place()))?;
            baseline.entries.push(entry);
        }
    }
    Ok(baseline)
}

fn key(header: &str) -> Result<Key> {
    let (version, rest) = header.split_once(' ').unwrap_or((header, ""));
    if version != VERSION {
        bail!("a baseline of a later version of squelch: update squelch");
    }
    let key = rest.strip_prefix("key=").and_then(unhex);
    let advice = "its key is damaged: take the line from an earlier version of the file";
    key.map(Key).context(advice)
}

fn entry(line: &str) -> Option<Entry> {
    let (entry, note) = match line.split_once(" #") {
        Some((entry, note)) => (entry.trim_end(), Some(note.trim().to_owned())),
        None => (line, None),
    };
    let (digest, about) = entry.split_once(' ')?;
    let about = about.trim();
    if about.split(' ').count() != 2 {
        return None;
    }
    let note = note.filter(|note| !note.is_empty());
    Some(Entry { what: What::Keyed(unhex(digest)?), about: about.to_owned(), note })
}

/// A token's entry under a key.
pub fn entry_of(key: &Key, print: &Fingerprint, rule: &str, redacted: &str) -> Entry {
    // A rule of the reader's own may show anything: a space or a # would be another field.
    let safe = |c: char| if c.is_whitespace() || c.is_control() || c == '#' { '?' } else { c };
    let redacted: String = redacted.chars().map(safe).collect();
    Entry { what: What::Keyed(key.digest(print)), about: format!("{rule} {redacted}"), note: None }
}

/// Writes a file with these keys and entries.
pub fn write(keys: &[Key], entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    for key in keys {
        writeln!(out, "{MARK}{VERSION} key={}", hex(&key.0))?;
    }
    let mut lines: Vec<String> = entries.iter().filter_map(line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn line(entry: &Entry) -> Option<String> {
    let What::Keyed(digest) = &entry.what else { return None };
    let note = entry.note.as_ref().map(|note| format!("  # {note}")).unwrap_or_default();
    Some(format!("{} {}{note}", hex(digest), entry.about))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_digest_is_plain_hmac_of_the_sha256() {
        // By Python's hmac, hashlib: key 00 01 … 0f, message SHA-256("abc").
        let key = Key(std::array::from_fn(|at| at as u8));
        let digest = key.digest(&Secret::new(b"abc").fingerprint());
        assert_eq!(hex(&digest), DIGEST_OF_ABC);
    }

    const DIGEST_OF_ABC: &str = "4f73af82ac09be538c5f132a1c9df2d5fa965d517555646d4aa5b00267bf986a";

    #[test]
    fn what_is_written_is_read_back_sorted_with_notes() {
        let key = Key::random().expect("random bytes");
        let print = |text: &[u8]| Secret::new(text).fingerprint();
        let one = entry_of(&key, &print(b"one"), "a-rule", "x…1234");
        let two = Entry {
            note: Some("ada knows # of it".to_owned()),
            ..entry_of(&key, &print(b"two"), "a-rule", "a b#…")
        };
        let written = |entries: &[Entry]| {
            let mut text = Vec::new();
            write(&[key], entries, &mut text).expect("written");
            String::from_utf8(text).expect("UTF-8")
        };
        let text = written(&[one.clone(), two.clone(), one.clone()]);
        assert_eq!(text, written(&[two.clone(), one.clone()]), "sorted, each once");
        let read = parse("x", &text).expect("a baseline");
        assert_eq!(read.keys, [key]);
        assert_eq!(read.entries.len(), 2);
        assert!(read.entries.contains(&one) && read.entries.contains(&two), "{read:?}");
        assert_eq!(two.about, "a-rule a?b?…");
    }

    #[test]
    fn damage_is_named_by_its_line() {
        let head = format!("{MARK}1 key={}\n", "0".repeat(32));
        let why = |text: String| format!("{:#}", parse("f", &text).expect_err("damaged"));
        let digest = "0".repeat(64);
        for line in ["=======", "zz a b", &digest, &format!("{digest} a"), &digest[1..]] {
            let why = why(format!("{head}{line}\n"));
            assert!(why.starts_with("f:2: not a line of a baseline"), "{why}");
        }
        assert!(why(format!("{MARK}2 key=x\n")).contains("f:1: a baseline of a later version"));
        assert!(why(format!("{MARK}1 key=12\n")).contains("f:1: its key is damaged"));
    }
}
