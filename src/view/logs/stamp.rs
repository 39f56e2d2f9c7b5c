//! Times at the start of lines.

/// How long the text is that `pattern` describes, if `text` begins with it: `0` stands for a
/// digit, everything else for itself.
pub(super) fn begins(text: &[u8], pattern: &[u8]) -> bool {
    text.len() >= pattern.len()
        && pattern.iter().zip(text).all(|(wanted, byte)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
}

/// The time that the runners of GitHub and Azure write, .NET's `O` format, and the space after it.
const ROUND_TRIP: &[u8] = b"0000-00-00T00:00:00.0000000Z";

/// The length of such a time at the start of a line.
pub(super) fn round_trip(line: &[u8]) -> Option<usize> {
    let stamped = line.first().is_some_and(u8::is_ascii_digit) && begins(line, ROUND_TRIP);
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
