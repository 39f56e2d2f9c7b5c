//! A credential, kept from leaving by accident, and the two safe things said of it.
//!
//! `Secret` has no `Display`, `Serialize`, `Deref`, `Clone` or `PartialEq`, and its `Debug`
//! prints only its length. The one way to its bytes is `Secret::expose`, which is
//! crate-private and forbidden by `clippy.toml`: each call needs an `#[expect]` with a reason.

use std::fmt;

use serde::{Serialize, Serializer};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use zeroize::Zeroizing;

use crate::hex::{hex, unhex};

/// How many of a token's last characters are shown: what CI systems show, too.
const SHOWN_TAIL: usize = 4;

/// The hash functions by which services and other scanners keep tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// Only in what other scanners wrote: a token has too many random bits to be found by it.
    Sha1,
    Sha256,
    Sha384,
}

/// The bytes of one credential, wiped from memory when dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes a copy of the credential's bytes.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The raw bytes: the one marked way out.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The digest that stands for this credential in every report.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(&*self.0).into())
    }

    /// The digest of all but the first `skip` bytes, in lower-case hex: how services keep a token.
    pub fn digest(&self, hash: Hash, skip: usize) -> String {
        let kept = self.0.get(skip..).unwrap_or_default();
        match hash {
            Hash::Sha1 => hex(&Sha1::digest(kept)),
            Hash::Sha256 => hex(&Sha256::digest(kept)),
            Hash::Sha384 => hex(&Sha384::digest(kept)),
        }
    }

    /// Whether it ends with these characters.
    pub fn ends_with(&self, ending: &str) -> bool {
        self.0.ends_with(ending.as_bytes())
    }

    /// What a log shows of a token that it masks otherwise: as it stands there, since the mask
    /// is in it.
    pub fn visible(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// The form that may be shown: the first `prefix` bytes and the last four.
    ///
    /// Nothing but the tail is kept of a token without a prefix, and nothing at all of one so
    /// short that prefix and tail would be half of it.
    pub fn redacted(&self, prefix: usize) -> String {
        redacted(&self.0, prefix)
    }
}

/// The form in which a token's bytes may be shown: see [`Secret::redacted`].
pub(crate) fn redacted(bytes: &[u8], prefix: usize) -> String {
    if bytes.len() < 2 * (prefix + SHOWN_TAIL) {
        return "…".to_owned();
    }
    let head = String::from_utf8_lossy(&bytes[..prefix]);
    let tail = String::from_utf8_lossy(&bytes[bytes.len() - SHOWN_TAIL..]);
    format!("{head}…{tail}")
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// The SHA-256 of a token's bytes: the same in every run and every tool.
///
/// The tokens we report carry 80 random bits or more, so the digest gives nothing away, and
/// an administrator can compare it offline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest as bytes, to make a keyed one of it.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = ();

    /// Reads 64 hex digits.
    fn from_str(text: &str) -> Result<Self, ()> {
        unhex(text).map(Self).ok_or(())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_length_prefix_and_tail() {
        let secret = Secret::new(b"abc_0123456789WXYZ");
        assert_eq!(format!("{secret:?}"), "Secret(18 bytes)");
        assert_eq!(secret.redacted(4), "abc_…WXYZ");
        assert_eq!(secret.redacted(6), "…", "prefix and tail would be more than half");
    }

    #[test]
    fn fingerprint_is_plain_sha256() {
        // The SHA-256 test vector "abc" of FIPS 180-4.
        assert_eq!(
            Secret::new(b"abc").fingerprint().to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // The same of FIPS 180-1.
        let sha1 = Secret::new(b"abc").digest(Hash::Sha1, 0);
        assert_eq!(sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
