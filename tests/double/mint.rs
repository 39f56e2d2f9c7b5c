//! Tokens, made when they are needed: no text that is shaped like one stands in a file.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Lower-case hex digits that look random: one token of some ten thousand does not, and a scanner that
/// takes it for a filler is right to.
pub(crate) fn hex(length: usize) -> String {
    let digit = |_| char::from_digit((random() % 16) as u32, 16).expect("a digit");
    loop {
        let hex: String = (0..length).map(digit).collect();
        if length < 32 || looks_random(&hex) {
            return hex;
        }
    }
}

/// Neither nearly all digits nor nearly all letters, and nothing that counts or repeats for long.
fn looks_random(hex: &str) -> bool {
    let digits = hex.bytes().filter(u8::is_ascii_digit).count() * 100 / hex.len();
    let values: Vec<i64> = hex.chars().filter_map(|it| it.to_digit(16)).map(i64::from).collect();
    let steps: Vec<i64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let counts = |four: &[i64]| (-1..=1).contains(&four[0]) && four[1..] == [four[0]; 3];
    (40..=82).contains(&digits) && !steps.windows(4).any(counts)
}

/// A random (version 4) UUID.
pub(crate) fn uuid() -> String {
    let hex = format!("{:032x}", uuid_number());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `11` and 32 hex digits.
pub(crate) fn jenkins() -> String {
    format!("11{}", hex(32))
}

/// A personal (`PAT`) or project (`PRJ`) token of `CircleCI`, its UUID in 21 or 22 characters, as those
/// that were seen. One of 1,800 has 20.
pub(crate) fn circle(kind: &str) -> String {
    let mut middle = base58(uuid_number());
    while middle.len() < 21 {
        middle = base58(uuid_number());
    }
    format!("CCI{kind}_{middle}_{}", hex(40))
}

/// A token of a `SonarQube` Cloud organisation.
pub(crate) fn scoped_organization() -> String {
    let letter = |_| char::from(BASE62[usize::try_from(random() % 62).expect("small")]);
    // One in 30,000 has no digit, and is taken for a name.
    format!("sqco_{}{}", (0..58).map(letter).collect::<String>(), random() % 10)
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn uuid_number() -> u128 {
    let random = u128::from(random()) << 64 | u128::from(random());
    random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62
}

fn base58(mut number: u128) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(BASE58[usize::try_from(number % 58).expect("small")]);
        number /= 58;
    }
    digits.iter().rev().map(|&digit| char::from(digit)).collect()
}
