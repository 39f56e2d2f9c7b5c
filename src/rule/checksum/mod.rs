//! Checksums inside tokens: what tells a token from a text of the same shape, without asking
//! anyone.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};

use self::digits::{BASE36, BASE62, from_base32, from_base58, number, padded, to_base58};
use self::marvin::marvin;

mod digits;
mod marvin;

/// How a token carries a checksum of itself, by the name that rule files use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// `crc32-base62`: the last six characters are the CRC32 of what stands between them and the
    /// fixed start, in base 62 (digits, upper case, lower case). GitHub's classic tokens, as in
    /// "Behind GitHub's new authentication token formats" (github.blog), and npm's.
    Crc32Base62,
    /// `crc32-base36`: the last nine characters are, in base 36, two digits for the length of what
    /// stands between the fixed start and the next dot, and seven for the CRC32 of everything
    /// before them. GitLab's routable tokens
    /// (`lib/authn/token_field/generator/routable_token.rb` of gitlab-org/gitlab).
    Crc32Base36,
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
    /// `crc32-xor-base32`: 32 bytes in base 32, of which the bytes 22, 8, 7 and 2 are the CRC32 of
    /// the others under one of two masks. Azure DevOps' older tokens
    /// (`SEC101_102_AdoPat.cs` of microsoft/security-utilities).
    Crc32XorBase32,
    /// `marvin32-base62`: the last four characters are the first four, in base 62, of the Marvin32
    /// of the 60 bytes before, which are in base 64. Azure DevOps' newer tokens
    /// (`IdentifiableSecrets.cs` of microsoft/security-utilities).
    Marvin32Base62,
    /// `dsha256-base58`: after two characters, in base 58, a time in milliseconds, a colon, a UUID,
    /// and the first two bytes of the double SHA-256 of those. Artifactory's API keys; not
    /// documented, and it holds for every published sample that is one.
    DSha256Base58,
    /// `uuid-v4`: the UUID that it ends with is of version 4, which two of its digits say (RFC 9562).
    UuidV4,
}

/// All of them by name.
const NAMED: [(&str, Checksum); 9] = [
    ("crc32-base62", Checksum::Crc32Base62),
    ("crc32-base36", Checksum::Crc32Base36),
    ("sha256-base32", Checksum::Sha256Base32),
    ("crc32-hex", Checksum::Crc32Hex),
    ("crc32-le-hex", Checksum::Crc32LeHex),
    ("crc32-xor-base32", Checksum::Crc32XorBase32),
    ("marvin32-base62", Checksum::Marvin32Base62),
    ("dsha256-base58", Checksum::DSha256Base58),
    ("uuid-v4", Checksum::UuidV4),
];

/// The masks for tokens of users and of applications.
const MASKS: [u32; 2] = [0xe0b9_692d, 0x1019_f92e];
/// The bytes that hold the masked CRC32, from the lowest.
const MASKED_AT: [usize; 4] = [22, 8, 7, 2];
/// The seed of Marvin32 is the name of what it is for: this one is for everything.
const MARVIN: u64 = u64::from_be_bytes(*b"Default0");
/// The characters of a UUID.
const UUID: usize = 36;
/// A time in milliseconds, a colon, a UUID.
const STAMPED: usize = 13 + 1 + UUID;

impl Checksum {
    /// Reads the name that rule files use.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let known = NAMED.iter().find(|(own, _)| *own == name).map(|(_, checksum)| *checksum);
        known.ok_or_else(|| {
            let all: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            format!("{name:?}: {} are known", all.join(", "))
        })
    }

    /// Whether it makes random text a token's equal in fewer than one of ten million cases, so that
    /// nothing else has to say what a value is. Two digits of a UUID are 64 to one.
    pub(super) fn proves(self) -> bool {
        self != Self::UuidV4
    }

    /// Whether `token`, whose first `prefix` characters are fixed, carries the right checksum.
    pub fn holds(self, token: &[u8], prefix: usize) -> bool {
        match self {
            Self::Crc32XorBase32 => is_masked_crc(token),
            Self::DSha256Base58 => is_stamped(token),
            Self::UuidV4 => {
                uuid_of(token).is_some_and(|uuid| uuid[14] == b'4' && b"89abAB".contains(&uuid[19]))
            }
            _ => self.of(token, prefix).is_some_and(|(at, sum)| token[at] == *sum),
        }
    }

    /// Writes the right checksum into a minted `token`.
    pub fn seal(self, token: &mut [u8], prefix: usize) {
        match self {
            Self::Crc32XorBase32 => mask_crc(token),
            Self::DSha256Base58 => stamp(token),
            Self::UuidV4 => {
                if let Some(uuid) = token.last_chunk_mut::<UUID>() {
                    uuid[14] = b'4';
                    uuid[19] = b"89ab"[usize::from(uuid[19]) % 4];
                }
            }
            _ => {
                if let Some((at, sum)) = self.of(token, prefix) {
                    token[at].copy_from_slice(&sum);
                }
            }
        }
    }

    /// Where the checksum stands and what it has to be; nothing of a token too short to hold one,
    /// or whose checksum is no text at its end.
    fn of(self, token: &[u8], prefix: usize) -> Option<(Range<usize>, Vec<u8>)> {
        let end = token.len();
        let tail = |len: usize| end.checked_sub(len);
        match self {
            Self::Crc32Base62 => {
                let at = tail(6)?;
                let crc = crc32fast::hash(token.get(prefix..at)?);
                Some((at..end, padded(crc.into(), BASE62, 6)))
            }
            Self::Crc32Base36 => {
                let at = tail(9)?;
                let payload = token.get(prefix..at)?.iter().position(|byte| *byte == b'.')?;
                let mut sum = padded(payload as u64, BASE36, 2);
                let crc = crc32fast::hash(&[&token[..at], sum.as_slice()].concat());
                sum.extend(padded(crc.into(), BASE36, 7));
                Some((at..end, sum))
            }
            Self::Sha256Base32 => {
                let at = tail(16)?;
                // Five bytes are eight characters of base 32.
                let sum = BASE32_NOPAD.encode(&Sha256::digest(&token[..at])[..5]);
                Some((at..at + 8, sum.into_bytes()))
            }
            Self::Crc32Hex => {
                let at = tail(8)?;
                let sum = format!("{:08X}", crc32fast::hash(&token[..at]));
                Some((at..end, sum.into_bytes()))
            }
            Self::Crc32LeHex => {
                let at = tail(8)?;
                let sum = crc32fast::hash(token.get(..at.checked_sub(1)?)?);
                Some((at..end, format!("{:08x}", sum.swap_bytes()).into_bytes()))
            }
            Self::Marvin32Base62 => {
                let at = tail(4)?;
                let hash = marvin(&STANDARD.decode(token.get(..at)?).ok()?, MARVIN);
                let hash = (hash >> 32) as u32 ^ hash as u32;
                Some((at..end, first_digits(hash.swap_bytes())))
            }
            Self::Crc32XorBase32 | Self::DSha256Base58 | Self::UuidV4 => None,
        }
    }
}

/// The UUID that a token is or ends with.
fn uuid_of(token: &[u8]) -> Option<&[u8; UUID]> {
    token.last_chunk()
}

/// The first four digits of a number in base 62; of a shorter one, zeros follow.
fn first_digits(number: u32) -> Vec<u8> {
    let digits = padded(number.into(), BASE62, 6);
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits[zeros..].iter().copied().chain([b'0'; 6]).take(4).collect()
}

/// The CRC32 of the bytes that are not part of it.
fn crc_of_others(bytes: &[u8]) -> u32 {
    let others = |(at, _): &(usize, &u8)| !MASKED_AT.contains(at);
    let kept: Vec<u8> = bytes.iter().enumerate().filter(others).map(|(_, byte)| *byte).collect();
    crc32fast::hash(&kept)
}

fn is_masked_crc(token: &[u8]) -> bool {
    let Some(bytes) = from_base32(token).filter(|bytes| bytes.len() == 32) else { return false };
    let masked = u32::from_le_bytes(MASKED_AT.map(|at| bytes[at]));
    MASKS.contains(&(masked ^ crc_of_others(&bytes)))
}

fn mask_crc(token: &mut [u8]) {
    let Some(mut bytes) = from_base32(token).filter(|bytes| bytes.len() == 32) else { return };
    let masked = (crc_of_others(&bytes) ^ MASKS[0]).to_le_bytes();
    MASKED_AT.iter().zip(masked).for_each(|(at, byte)| bytes[*at] = byte);
    let sealed = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase().into_bytes();
    token[..sealed.len()].copy_from_slice(&sealed);
}

fn is_stamped(token: &[u8]) -> bool {
    let decoded = token.get(2..).and_then(from_base58).unwrap_or_default();
    let Some((text, sum)) = decoded.split_at_checked(STAMPED) else { return false };
    let dashes = [8, 13, 18, 23].map(|at| 14 + at);
    let form = text.iter().enumerate().all(|(at, byte)| match at {
        0..13 => byte.is_ascii_digit(),
        13 => *byte == b':',
        _ if dashes.contains(&at) => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    form && sum == &Sha256::digest(Sha256::digest(text))[..2]
}

/// The time, in milliseconds since 1970, at which a token with this checksum was made.
pub fn stamped_at(token: &[u8]) -> Option<u64> {
    let text = from_base58(token.get(2..)?)?;
    number(text.get(..13)?, b"0123456789")
}

/// What is random in a minted token becomes its UUID, and a time of the years 2018 to 2026.
fn stamp(token: &mut [u8]) {
    let random = Sha256::digest(&*token);
    let hex = HEXLOWER.encode(&random[..16]);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &hex[part]);
    let time = 1_520_000_000_000 + u64::from(random[16]) * 1_000_000_000;
    let mut bytes = format!("{time}:{}", parts.join("-")).into_bytes();
    let sum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&sum[..2]);
    let sealed = to_base58(&bytes);
    if token.len() == 2 + sealed.len() {
        token[2..].copy_from_slice(&sealed);
    }
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
        for (name, checksum) in NAMED {
            let mut token = match checksum {
                Checksum::Crc32XorBase32 => b"abcdefghijklmnopqrstuvwxyz".repeat(2),
                Checksum::Marvin32Base62 => b"0123456789abcdefghijklmnopqr".repeat(3),
                Checksum::DSha256Base58 => [b"AKCp".as_slice(), &[b'7'; 69]].concat(),
                Checksum::UuidV4 => b"abc-01234567-89ab-cdef-0123-456789abcdef".to_vec(),
                _ => b"abc_0123456789abcdef.01.jklmnopqrstuv".to_vec(),
            };
            assert!(!checksum.holds(&token, 4), "{name}");
            checksum.seal(&mut token, 4);
            assert!(checksum.holds(&token, 4), "{name}: {}", String::from_utf8_lossy(&token));
            assert!(!checksum.holds(b"abc_0", 4), "{name}");
            assert_eq!(Checksum::parse(name), Ok(checksum));
        }
        assert!(Checksum::parse("crc64").is_err());
    }
    /// The pieces were worked out by another program, and stand apart here.
    #[test]
    fn routable_tokens_name_the_length_of_their_payload() {
        let payload = "bzoxCnU6MQpub3QtYS10b2tlbg";
        let token = ["abcde-", payload, ".01.", "0q", "08ery0z"].concat().into_bytes();
        assert!(Checksum::Crc32Base36.holds(&token, 6));
        let longer = ["abcde-", payload, "x.01.", "0q", "08ery0z"].concat().into_bytes();
        assert!(!Checksum::Crc32Base36.holds(&longer, 6));
    }

    #[test]
    fn masked_crcs_of_users_and_applications() {
        let user = ["cw45foyl52rb4uvkjtr5qahudo", "qnrwr2q3vkznqsvqpw2thcwkra"].concat();
        let app = ["m77ea5m6anddxvepd4ik5krczp", "q3qbnpro4haxugn3gphfhg2kuq"].concat();
        assert!(is_masked_crc(user.as_bytes()) && is_masked_crc(app.as_bytes()));
        let other = user.replacen('q', "r", 1);
        assert!(other != user && !is_masked_crc(other.as_bytes()));
    }

    #[test]
    fn marvin_in_base_62() {
        let body =
            "squelchsquelchsquelchsquelchsquelchsquelchsquelchsquelchsquelchsquelchsquelchsqu";
        assert!(Checksum::Marvin32Base62.holds([body, "2IMm"].concat().as_bytes(), 0));
        assert_eq!(first_digits(61), *b"z000");
    }

    #[test]
    fn stamped_keys_say_when_they_were_made() {
        let key =
            ["AK", "Cp8hyEYNy9sdYMqyqFBG4KbwF9yvc2esfep", "GGXcvGtzazn4XLsZAKA2CiKAGMqdiTDnaKii"]
                .concat();
        assert!(is_stamped(key.as_bytes()));
        assert_eq!(stamped_at(key.as_bytes()), Some(1_600_000_000_000));
    }
}
