//! Numbers and bytes as tokens write them: in base 36, 58 and 62, and in the base 32 of Azure.

pub(super) const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
pub(super) const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
pub(super) const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub(super) const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A number in the digits of an alphabet, the first of which fills it up on the left. What does not
/// fit is cut off on the left.
pub(super) fn padded(mut number: u64, alphabet: &[u8], len: usize) -> Vec<u8> {
    let base = alphabet.len() as u64;
    let mut digits = vec![alphabet[0]; len];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[(number % base) as usize];
        number /= base;
    }
    digits
}

/// The number that these digits write. `None` if one is no digit or it is beyond 64 bits.
pub(super) fn number(digits: &[u8], alphabet: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        let value = alphabet.iter().position(|it| it == digit)? as u64;
        number.checked_mul(alphabet.len() as u64)?.checked_add(value)
    })
}

/// Bytes as one large number in base 58, as Bitcoin writes it, without its mark for leading zeros.
pub(super) fn to_base58(bytes: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    digits.iter().rev().map(|digit| BASE58[usize::from(*digit)]).collect()
}

/// The other way round.
pub(super) fn from_base58(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits {
        let mut carry = BASE58.iter().position(|it| it == digit)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry as u8);
            carry >>= 8;
        }
    }
    bytes.reverse();
    Some(bytes)
}

/// The whole bytes of a text in lower-case base 32; bits that are left over are not looked at.
pub(super) fn from_base32(digits: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in digits {
        bits = bits << 5 | BASE32.iter().position(|it| it == digit)? as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_meet() {
        assert_eq!(padded(35 + 36, BASE36, 4), b"001z");
        assert_eq!(number(b"001z", BASE36), Some(71));
        assert_eq!(number(b"zzzzzzzzzzzzzz", BASE36), None);
        // The known answer of draft-msporny-base58.
        assert_eq!(to_base58(b"Hello World!"), b"2NEpo7TZRRrLZSi2U");
        assert_eq!(from_base58(b"2NEpo7TZRRrLZSi2U").as_deref(), Some(b"Hello World!".as_slice()));
        assert_eq!(from_base58(b"0"), None);
        // RFC 4648: "foobar" is MZXW6YTBOI.
        assert_eq!(from_base32(b"mzxw6ytboi").as_deref(), Some(b"foobar".as_slice()));
    }
}
