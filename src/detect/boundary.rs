//! Where a token may begin and end.

/// Whether `byte` can be part of a word.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `bytes[start..end]` stands free: no word character on either side.
///
/// On the left a character may belong to an escape instead: `\n`, `%3D`, `\u003d`, or a colour
/// code of a terminal.
pub(super) fn stands_free(bytes: &[u8], start: usize, end: usize) -> bool {
    let left = &bytes[..start];
    let glued = left.last().is_some_and(|byte| is_word(*byte)) && !ends_in_escape(left);
    let open = bytes.get(end).is_some_and(|byte| is_word(*byte));
    (!glued && !open) || is_measured(left, end - start)
}

/// Whether the length of what follows stands before it, as in the strings of Java, of Python's
/// byte code and of many another binary: then letters behind it are no part of it.
fn is_measured(left: &[u8], len: usize) -> bool {
    // A comma is 44 as well: only where zeros and their like are near is it a length.
    let near = &left[left.len().saturating_sub(MEASURED)..];
    let binary = near.iter().any(|byte| *byte < 0x09);
    let long = (len as u32).to_le_bytes();
    binary && (left.ends_with(&long) || left.last().is_some_and(|byte| usize::from(*byte) == len))
}

/// How far before a length a binary shows itself.
const MEASURED: usize = 16;

/// What a value without a prefix must fulfil besides: it is no part of a longer name, such as
/// `name-<hex>`, `<hex>.example.org` or `<hex>-1`.
pub(super) fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let joined_right = matches!(bytes.get(end), Some(b'-' | b'.' | b'/'))
        && bytes.get(end + 1).is_some_and(|byte| is_word(*byte));
    !joined_right && !is_joined_left(bytes, start)
}

/// The left half of it.
pub(super) fn is_joined_left(bytes: &[u8], start: usize) -> bool {
    let two_left =
        (start.checked_sub(2).map(|at| bytes[at]), start.checked_sub(1).map(|at| bytes[at]));
    match two_left {
        (Some(before), Some(b'-')) => is_word(before),
        (_, Some(b'.')) => true,
        _ => false,
    }
}

/// Where a value begins that an escape is glued to, if the run at `start` begins with the rest
/// of one: in `\n0a1b…` that is after the `n`.
pub(super) fn after_escape(bytes: &[u8], start: usize) -> Option<usize> {
    let colour = bytes[start..].iter().take(8).position(|byte| *byte == b'm').map(|at| at + 1);
    let ends = [Some(1), Some(2), Some(5), colour];
    ends.into_iter().flatten().map(|len| start + len).find(|end| {
        let within = |escape: usize| *end >= escape && *end - escape < start;
        bytes.get(..*end).is_some_and(|left| match left {
            [.., b'\\', b'n' | b't' | b'r'] => within(2),
            [.., b'%', _, _] => within(3),
            [.., b'\\', b'u', _, _, _, _] => within(6),
            [.., b'm'] => ends_in_colour(left),
            _ => false,
        })
    })
}

fn ends_in_escape(left: &[u8]) -> bool {
    let hex = |from: usize| left[left.len() - from..].iter().all(u8::is_ascii_hexdigit);
    match left {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., b'%', _, _] => hex(2),
        [.., b'\\', b'u', _, _, _, _] => hex(4),
        [.., b'm'] => ends_in_colour(left),
        _ => false,
    }
}

/// Whether `left` ends in `ESC[1;36m`, of which 16 bytes are enough to look at.
fn ends_in_colour(left: &[u8]) -> bool {
    let body = left[..left.len() - 1].iter().rev().take(16);
    let mut rest = body.skip_while(|byte| byte.is_ascii_digit() || **byte == b';');
    rest.next() == Some(&b'[') && rest.next() == Some(&b'\x1b')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(left: &str, right: &str) -> bool {
        let text = format!("{left}TOKEN{right}");
        stands_free(text.as_bytes(), left.len(), left.len() + 5)
    }

    fn alone(left: &str, right: &str) -> bool {
        let text = format!("{left}TOKEN{right}");
        stands_alone(text.as_bytes(), left.len(), left.len() + 5)
    }

    #[test]
    fn a_word_character_glues() {
        assert!(free("", "") && free("=", ":") && free("\"", "\x1b[0m") && free("é", "é"));
        assert!(!free("x", "") && !free("_", "") && !free("", "7") && !free("", "_"));
    }

    #[test]
    fn a_length_sets_it_apart() {
        let free = |left: &[u8], right: &str| {
            let text = [left, b"TOKEN", right.as_bytes()].concat();
            stands_free(&text, left.len(), left.len() + 5)
        };
        assert!(free(b"t\0\x05", "x") && free(b"\0z\x05", "N") && free(b"u\x05\0\0\0", "N"));
        assert!(!free(b"t\0\x06", "x") && !free(b"x\x20\x20", "x"));
    }

    #[test]
    fn an_escape_does_not() {
        assert!(
            free("\\n", "") && free("x%3D", "") && free("\\u003d", "") && free("\x1b[0;31m", "")
        );
        assert!(!free("n", "") && !free("3D", "") && !free("m", "") && !free("%zzD", ""));
    }

    #[test]
    fn a_run_may_begin_with_the_rest_of_an_escape() {
        let after = |text: &str, start| after_escape(text.as_bytes(), start);
        assert_eq!(after("\\n0a", 1), Some(2));
        assert_eq!(after("%3D0a", 1), Some(3));
        assert_eq!(after("\\u003d0a", 1), Some(6));
        assert_eq!(after("\x1b[1;31m0a", 4), Some(7));
        assert_eq!(after("=n0a", 1), None);
    }

    #[test]
    fn a_bare_value_is_no_part_of_a_name() {
        assert!(alone("=", ".") && alone(" ", ". ") && alone(":", "@host"));
        assert!(!alone("a-", "") && !alone(".", "") && !alone("", "-1") && !alone("", ".net"));
    }
}
