//! Checksums inside tokens: what tells a token from a text of the same shape, without asking
//! anyone.

use std::ops::Range;

use data_encoding::BASE32;
use sha2::{Digest as _, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How a token carries a checksum of itself, by the name that rule files use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// `crc32-base62`: the last six characters are the CRC32 of what stands between them and the
    /// fixed start, in base 62 (digits, upper case, lower case). GitHub's classic tokens, as in
    /// "Behind GitHub's new authentication token formats" (github.blog), and npm's.
    Crc32Base62,
    /// `sha256-base32`: of the last sixteen characters the first eight are those of the base 32
    /// SHA-256 of everything before. GitHub's fine-grained tokens; the form is not documented, and
    /// holds for every published sample that is one.
    Sha256Base32,
    /// `crc32-hex`: the last eight characters are the CRC32 of everything before, in upper-case
    /// hex. Atlassian's tokens.
    Crc32Hex,
    /// `crc32-le-hex`: the last eight characters are the CRC32 of everything before the separator
    /// in front of them, lowest byte first, in lower-case hex. Grafana's service account tokens
    /// (`pkg/components/satokengen` of grafana/grafana).
    Crc32LeHex,
}

impl Checksum {
    /// Reads the name that rule files use.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "crc32-base62" => Ok(Self::Crc32Base62),
            "sha256-base32" => Ok(Self::Sha256Base32),
            "crc32-hex" => Ok(Self::Crc32Hex),
            "crc32-le-hex" => Ok(Self::Crc32LeHex),
            other => Err(format!(
                "{other:?}: crc32-base62, sha256-base32, crc32-hex and crc32-le-hex are known"
            )),
        }
    }

    /// Whether `token`, whose first `prefix` characters are fixed, carries the right checksum.
    pub fn holds(self, token: &[u8], prefix: usize) -> bool {
        self.of(token, prefix).is_some_and(|(at, sum)| token[at] == *sum)
    }

    /// Writes the right checksum into a minted `token`.
    pub fn seal(self, token: &mut [u8], prefix: usize) {
        if let Some((at, sum)) = self.of(token, prefix) {
            token[at].copy_from_slice(&sum);
        }
    }

    /// Where the checksum stands and what it has to be; nothing of a token too short to hold one.
    fn of(self, token: &[u8], prefix: usize) -> Option<(Range<usize>, Vec<u8>)> {
        let tail = |len: usize| token.len().checked_sub(len);
        match self {
            Self::Crc32Base62 => {
                let at = tail(6)?;
                let sum = base62(crc32fast::hash(token.get(prefix..at)?));
                Some((at..token.len(), sum.to_vec()))
            }
            Self::Sha256Base32 => {
                let at = tail(16)?;
                // Five bytes are eight characters of base 32.
                let sum = BASE32.encode(&Sha256::digest(&token[..at])[..5]);
                Some((at..at + 8, sum.into_bytes()))
            }
            Self::Crc32Hex => {
                let at = tail(8)?;
                let sum = format!("{:08X}", crc32fast::hash(&token[..at]));
                Some((at..token.len(), sum.into_bytes()))
            }
            Self::Crc32LeHex => {
                let at = tail(8)?;
                let sum = crc32fast::hash(token.get(..at.checked_sub(1)?)?);
                Some((at..token.len(), format!("{:08x}", sum.swap_bytes()).into_bytes()))
            }
        }
    }
}

/// Six digits hold every CRC32: 62^5 is below 2^32, 62^6 is not.
fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, body and checksum apart, so that no line here is a token. The pairs were made by
    /// other programs than this one.
    const KNOWN: [(Checksum, &str, &str, &str, &str); 6] = [
        (Checksum::Crc32Base62, "ghp_", "DrDE0ZNTGD8okaSxqHidougExwPXkh", "1s2ixj", ""),
        (Checksum::Crc32Base62, "gho_", "2y6aDCNSTIH54jvYx0SMs96b4m53Ui", "10WoDT", ""),
        (Checksum::Crc32Base62, "ghu_", "NhyaZ7yLdq3XRprQ3F6lWbM9DeWJst", "0eSoCc", ""),
        (Checksum::Crc32Base62, "npm_", "9JghIK7gRtN4nea3NHHrBDNoBevekN", "09QCSU", ""),
        (Checksum::Crc32Hex, "", "123456789", "CBF43926", ""),
        (Checksum::Crc32LeHex, "", "123456789_", "2639f4cb", ""),
    ];

    #[test]
    fn known_answers_hold_and_any_altered_character_is_seen() {
        for (checksum, start, body, sum, rest) in KNOWN {
            let token = [start, body, sum, rest].concat().into_bytes();
            assert!(checksum.holds(&token, start.len()), "{checksum:?} {body}");
            let separator = usize::from(checksum == Checksum::Crc32LeHex);
            let hashed = start.len()..start.len() + body.len() - separator;
            for at in hashed.chain(start.len() + body.len()..token.len()) {
                let mut other = token.clone();
                other[at] = if other[at] == b'7' { b'8' } else { b'7' };
                assert!(!checksum.holds(&other, start.len()), "{checksum:?} {body} {at}");
            }
        }
    }

    #[test]
    fn sha256_is_that_of_all_before_it() {
        // SHA-256 of "abc" begins with ba7816bf8f, which is XJ4BNP4P in base 32.
        let token = *b"abcXJ4BNP4P????????";
        assert!(Checksum::Sha256Base32.holds(&token, 0));
        assert!(!Checksum::Sha256Base32.holds(b"abdXJ4BNP4P????????", 0));
        assert!(!Checksum::Sha256Base32.holds(b"abcXJ4BNP4Q????????", 0));
    }

    #[test]
    fn what_is_sealed_holds_and_what_is_short_does_not() {
        for name in ["crc32-base62", "sha256-base32", "crc32-hex", "crc32-le-hex"] {
            let checksum = Checksum::parse(name).expect(name);
            let mut token = *b"abc_0123456789abcdefghijklmnopqrstuv";
            assert!(!checksum.holds(&token, 4), "{name}");
            checksum.seal(&mut token, 4);
            assert!(checksum.holds(&token, 4), "{name}");
            assert!(!checksum.holds(b"abc_0", 4), "{name}");
        }
        assert!(Checksum::parse("crc64").is_err());
    }
}
