//! Times at the start of lines.

/// Whether `text` begins as `pattern` says: `0` stands for a digit, everything else for itself.
/// No branch is taken on the way: every line of a log is asked.
pub(super) fn begins<const N: usize>(text: &[u8], pattern: &[u8; N]) -> bool {
    let Some(head) = text.first_chunk::<N>() else { return false };
    let fits = |(wanted, byte): (&u8, &u8)| {
        (byte == wanted) | (*wanted == b'0') & (byte.wrapping_sub(b'0') < 10)
    };
    pattern.iter().zip(head).fold(true, |all, pair| all & fits(pair))
}

/// The time that the runners of GitHub and Azure write, .NET's `O` format, and the space after it.
const ROUND_TRIP: &[u8; 28] = b"0000-00-00T00:00:00.0000000Z";

/// The length of such a time at the start of a line.
pub(super) fn round_trip(line: &[u8]) -> Option<usize> {
    let stamped = line.get(27) == Some(&b'Z') && begins(line, ROUND_TRIP);
    match line.get(ROUND_TRIP.len()) {
        Some(b' ') if stamped => Some(ROUND_TRIP.len() + 1),
        None | Some(b'\r') if stamped => Some(ROUND_TRIP.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_format_is_a_time() {
        assert_eq!(round_trip(b"2025-07-04T14:32:09.5024381Z text"), Some(29));
        assert_eq!(round_trip(b"2025-07-04T14:32:09.5024381Z"), Some(28));
        assert_eq!(round_trip(b"2025-07-04T14:32:09.502438Z text"), None);
        assert_eq!(round_trip(b"2025-07-04T14:32:09.5024381Zx"), None);
        assert_eq!(round_trip(b""), None);
    }
}
