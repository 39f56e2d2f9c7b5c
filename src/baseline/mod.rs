//! What is known already: files whose entries keep tokens out of the findings.
//!
//! A baseline counts only where the user names it: one that lies in a scanned tree does nothing by
//! itself. Its format is told by its content:
//!
//! | format | an entry covers |
//! |---|---|
//! | squelch's own ([`own`]) | the token, wherever it stands |
//! | `.gitleaksignore`, `.betterleaksignore` (`ignore`) | a line of a file, or the token (SHA-256) |
//! | a JSON report of gitleaks (`gitleaks`) | the token, or its place where the report is redacted |
//! | `.secrets.baseline` of detect-secrets (`detect_secrets`) | the token, wherever it stands |
//!
//! Entries of content stay right when lines move, files are renamed and commits are rebased; those
//! of places do not, and hide whatever comes to stand there. So a token is covered by its content,
//! or if *every* place of it is. The rule ids of other scanners name no rule of ours and are not
//! compared.

pub mod cover;
mod detect_secrets;
mod gitleaks;
mod ignore;
pub mod own;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use crate::secret::Fingerprint;
use own::{Digest, Key};

/// The most that is read of a baseline. A line of ours has some 130 bytes, a finding of gitleaks a
/// kilobyte: half a million tokens, or 60,000. A file without end must not fill the memory.
const LARGEST: u64 = 64 << 20;

/// A file of what is known, read.
#[derive(Debug, Default)]
pub struct Baseline {
    /// As the user named it.
    pub name: String,
    /// In the file's order.
    pub entries: Vec<Entry>,
    /// The keys of squelch's own format, never empty there, and empty in all others.
    pub keys: Vec<Key>,
    /// Entries that say nothing, each with its place in the file and what to do.
    pub warnings: Vec<String>,
    keyed: HashMap<Digest, Vec<usize>>,
    sha256: HashMap<Fingerprint, Vec<usize>>,
    sha1: HashMap<String, Vec<usize>>,
    /// By the path of the file.
    places: HashMap<String, Vec<usize>>,
}

/// One entry of a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: What,
    /// How it is shown to who has to find it again: what kind of token, or where.
    pub about: String,
    /// What its reader wrote behind it.
    pub note: Option<String>,
}

/// What an entry covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The token with this digest under a key of the file.
    Keyed(Digest),
    /// The token with this SHA-256.
    Sha256(Fingerprint),
    /// The token with this SHA-1, in lower-case hex.
    Sha1(String),
    /// Whatever stands there.
    Place(Spot),
}

/// Lines of a file, in one commit or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// With slashes, as the other scanner wrote it.
    pub path: String,
    /// The first and the last line.
    pub lines: (u64, u64),
    pub commit: Option<String>,
}

impl Baseline {
    /// One of squelch's own format without entries, with a key of its own.
    pub fn empty() -> Result<Self> {
        Ok(Self { keys: vec![Key::random()?], ..Self::default() })
    }

    /// Reads the file that the user named. An error is a file that cannot be read, or is none of
    /// the formats; it never quotes what the file holds.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = Zeroizing::new(bytes(path)?);
        let mut baseline = Self::parse(&name, &bytes)?;
        baseline.name = name;
        baseline.index();
        Ok(baseline)
    }

    fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        match text.trim_start().as_bytes() {
            _ if text.starts_with(own::MARK) => own::parse(name, &text),
            [b'[', ..] => gitleaks::parse(name, bytes),
            [b'{', ..] => detect_secrets::parse(name, bytes),
            _ => ignore::parse(name, &text),
        }
    }

    /// Whether it has squelch's own format.
    pub fn is_own(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The entries of squelch's own format that have a token, by their places.
    pub fn own_entries(&self, print: &Fingerprint) -> impl Iterator<Item = usize> {
        let of = |key: &Key| self.keyed.get(&key.digest(print));
        self.keys.iter().filter_map(of).flatten().copied()
    }

    fn index(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            match &entry.what {
                What::Keyed(digest) => self.keyed.entry(*digest).or_default().push(at),
                What::Sha256(print) => self.sha256.entry(*print).or_default().push(at),
                What::Sha1(digest) => self.sha1.entry(digest.clone()).or_default().push(at),
                What::Place(spot) => self.places.entry(plain(&spot.path)).or_default().push(at),
            }
        }
    }
}

/// A path as it is compared: with slashes, without `./`, and with the one mark of gitleaks between
/// an archive and its member, which is `!/` here.
fn plain(path: &str) -> String {
    let path = path.replace('\\', "/").replace("!/", "!");
    path.trim_start_matches("./").to_owned()
}

/// All bytes of a file. A link is followed, since the user named it; what is no file, such as a
/// device behind it, is not read: it might have no end.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    let shown = path.display();
    let missing = || format!("cannot open the baseline {shown}");
    let metadata = fs::metadata(path).with_context(missing)?;
    if !metadata.is_file() {
        bail!("the baseline {shown} is no file: name a file");
    }
    let file = open(path).with_context(missing)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {shown}"))?;
    if bytes.len() as u64 > LARGEST {
        bail!("{shown} has more than {} MiB: no baseline is that large", LARGEST >> 20);
    }
    Ok(bytes)
}

/// Opens a file without waiting for the other end of a pipe that may stand there by now.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &[u8]) -> String {
        Baseline::parse("x", text).expect_err("it is none of the formats").to_string()
    }

    #[test]
    fn formats_are_told_by_content() {
        let kinds = |text: &[u8]| {
            let baseline = Baseline::parse("x", text).expect("a baseline");
            (baseline.is_own(), baseline.entries.len())
        };
        let key = "0".repeat(32);
        assert_eq!(kinds(format!("# squelch baseline 1 key={key}\n").as_bytes()), (true, 0));
        assert_eq!(kinds(b"# a comment\nsrc/a.rs:some-rule:3\r\n"), (false, 1));
        assert_eq!(kinds(b"\xef\xbb\xbf[]"), (false, 0));
        assert_eq!(kinds(br#"{"version":"1.5.0","results":{}}"#), (false, 0));
        assert_eq!(kinds(b"# only a comment\n"), (false, 0), "it keeps nothing from being found");
    }

    #[test]
    fn what_is_none_of_them_is_refused_and_not_quoted() {
        let hostile: Vec<u8> = (0..4000_u32).map(|it| (it * it / 7) as u8).collect();
        for text in [&hostile[..], b"\0\0\0", b"<<<<<<< HEAD\n", b"{", b"[1]", b"{}", b"words"] {
            let why = refused(text);
            assert!(why.starts_with('x') && why.len() < 300, "{why}");
            assert!(!why.contains("words") && !why.contains("HEAD"), "{why}");
        }
    }
}
