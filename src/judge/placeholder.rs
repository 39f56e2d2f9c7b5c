//! Values that nobody generated at random: fillers, patterns, and what vendors print.

use crate::leak::{Dismissal, DismissalKind};
use crate::rule::Rule;
use crate::secret::Secret;

/// A random hex body of 32 digits has at most 6 distinct ones once in 10^10.
const FEW_DISTINCT: usize = 6;

/// Seven ascending, descending or equal characters in a row: in 40 random hex digits once in
/// 10^5.
const STRIDE: usize = 7;

/// Judges the value itself: a filler, a wrong checksum, or an example of a vendor's documents.
pub fn value(rule: &Rule, token: &[u8]) -> Option<Dismissal> {
    if let Some(why) = filler(&token[rule.prefix.min(token.len())..]) {
        return Some(Dismissal::new(DismissalKind::Placeholder, why));
    }
    if rule.checksum.is_some_and(|checksum| !checksum.holds(token, rule.prefix)) {
        return Some(Dismissal::new(DismissalKind::Checksum, "its checksum is wrong: not issued"));
    }
    if rule.claims.as_ref().is_some_and(|claims| claims.read(token, rule.prefix).is_none()) {
        let why = "it does not say of itself what those that are issued do";
        return Some(Dismissal::new(DismissalKind::Claims, why));
    }
    if rule.known_examples.is_empty() {
        return None;
    }
    let digest = Secret::new(token).fingerprint().to_string();
    let known = rule.known_examples.contains(&digest);
    known.then(|| Dismissal::new(DismissalKind::KnownExample, "an example that vendors print"))
}

/// Whether `body` is a filler: what a minted token must not be.
pub fn is_filler(body: &[u8]) -> bool {
    filler(body).is_some()
}

fn filler(body: &[u8]) -> Option<String> {
    let plain: Vec<u8> = body.iter().copied().filter(|byte| !b"-_".contains(byte)).collect();
    let distinct = (0..=255u8).filter(|byte| plain.contains(byte)).count();
    if distinct <= FEW_DISTINCT {
        return Some(format!("only {distinct} different characters"));
    }
    if !plain.iter().any(u8::is_ascii_digit) {
        return Some("no digit in it: a name".to_owned());
    }
    if let Some(run) = stride(&plain) {
        return Some(format!("characters that count or repeat: {run} in a row"));
    }
    if let Some(period) = period(&plain) {
        return Some(format!("the same {period} characters over and over"));
    }
    digit_share(&plain)
}

/// The longest stretch whose characters go up by one, down by one, or stay the same.
fn stride(body: &[u8]) -> Option<usize> {
    let step = |pair: &[u8]| i16::from(next_hex(pair[1])) - i16::from(next_hex(pair[0]));
    let steps: Vec<i16> = body.windows(2).map(step).collect();
    let longest = steps
        .chunk_by(|a, b| a == b)
        .filter(|chunk| (-1..=1).contains(&chunk[0]))
        .map(|chunk| chunk.len() + 1)
        .max()?;
    (longest >= STRIDE).then_some(longest)
}

/// Puts `a` right after `9`, so that `…789abc…` counts.
fn next_hex(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'z' => byte - b'a' + 10,
        // Upper case is moved out of the way of lower case.
        _ => byte.wrapping_add(40),
    }
}

/// The length of a block that the whole body repeats at least twice.
fn period(body: &[u8]) -> Option<usize> {
    let repeats = |len: &usize| body.iter().zip(&body[*len..]).all(|(a, b)| a == b);
    (1..=body.len() / 2).find(repeats)
}

/// Of 40 random hex digits 25 ± 3 are decimal; 13 to 36 covers all but one in 4,000. For 32
/// it is 20 ± 2.7, and the same care gives 10 to 30.
fn digit_share(body: &[u8]) -> Option<String> {
    let tail_of = |len: usize| body.len().checked_sub(len).map(|at| &body[at..]);
    let (hex, range) = match body.len() {
        32..40 => (tail_of(32)?, 10..=30),
        40.. => (tail_of(40)?, 13..=36),
        _ => return None,
    };
    let is_hex = hex.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let digits = hex.iter().filter(|byte| byte.is_ascii_digit()).count();
    (is_hex && !range.contains(&digits))
        .then(|| format!("{digits} decimal digits of {}: not random", hex.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::mint::Mint;

    #[test]
    fn fillers_are_seen() {
        let cases = [
            "x".repeat(40),
            "0".repeat(40),
            "0123456789abcdef".repeat(3)[..40].to_owned(),
            "deadbeef".repeat(5),
            "a1b2c3d4e5".repeat(4),
            "1234567890".repeat(4),
            "fedcba9876".to_owned() + &"5".repeat(30),
            "abcdef".repeat(6) + "abcd",
        ];
        for case in cases {
            assert!(is_filler(case.as_bytes()), "{case}");
        }
    }

    #[test]
    fn of_random_values_hardly_any_is_a_filler() {
        let mut mint = Mint::new(11);
        for len in [32, 40, 64] {
            let wrong = (0..20_000).filter(|_| is_filler(&mint.random(b"0123456789abcdef", len)));
            let wrong = wrong.count();
            assert!(wrong < 30, "{wrong} of 20,000 values of {len} digits");
        }
    }
}
