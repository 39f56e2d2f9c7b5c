//! The digest of a token's value, however a source writes it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hex::hex;

/// A digest in lower-case hex: of SHA-256 (64 digits) or SHA-384 (96 digits).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Of hex in either case, or of the base64 of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_hex(text).or_else(|| Self::from_base64(text))
    }

    /// Of hex in either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let hex = matches!(text.len(), 64 | 96) && text.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Of the base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Option<Self> {
        // 44 characters are all that 32 bytes make: nothing longer is worth decoding.
        let bytes = (text.len() == 44).then(|| STANDARD.decode(text).ok())??;
        (bytes.len() == 32).then(|| Self(hex(&bytes)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of these, in hex of either case.
    pub fn is_among(&self, digests: &[String]) -> bool {
        digests.iter().any(|other| self.0.eq_ignore_ascii_case(other))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hex_of_two_lengths_and_base64_of_one() {
        let hex = "0f".repeat(32);
        assert_eq!(Digest::parse(&hex.to_uppercase()).expect("hex").as_str(), hex);
        assert_eq!(Digest::parse(&"A".repeat(96)).expect("hex").as_str(), "a".repeat(96));
        assert_eq!(Digest::parse(&STANDARD.encode([0x0f; 32])).expect("base64").as_str(), hex);
        for text in ["", "0f", &"0f".repeat(40), &"0g".repeat(32), &STANDARD.encode([1; 31])] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
        // 33 bytes have 44 characters as well.
        assert_eq!(Digest::parse(&STANDARD.encode([1; 33])), None);
    }
}
