//! What a CI system shows of a variable's value: a mask, and its last characters.

/// Characters that stand for hidden ones. `x` is one only as CircleCI writes it, four at a time.
const DOTS: [char; 4] = ['*', '•', '…', '.'];

/// How CircleCI's programming interface begins what it shows of a value.
const XS: &str = "xxxx";

/// The last characters of a value behind its mask. `None` if there is no mask; an empty ending if
/// there is nothing but mask, so that the value is hidden altogether.
pub(super) fn unmask(shown: &str) -> Option<&str> {
    let dotless = shown.trim_start_matches(DOTS);
    let mut ending = dotless;
    // A value may itself end in the letter: four are always the mask's, more only in fours.
    while let Some(rest) = ending.strip_prefix(XS) {
        ending = rest;
    }
    (ending.len() < shown.len()).then_some(ending)
}

/// Whether these are the last characters of a value as far as a source shows them, `most` at most.
pub(super) fn is_ending(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_what_the_mask_leaves() {
        for (shown, ending) in [
            ("xxxx67b8", Some("67b8")),
            ("xxxxABC", Some("ABC")),
            ("xxxx", Some("")),
            ("xxxxx123", Some("x123")),
            ("xxxxxxxx67b8", Some("67b8")),
            ("xxxxxxxx", Some("")),
            ("****67b8", Some("67b8")),
            ("…67b8", Some("67b8")),
            ("********", Some("")),
            ("67b8", None),
            ("xxx8", None),
            ("", None),
        ] {
            assert_eq!(unmask(shown), ending, "{shown}");
        }
        assert!(is_ending("67b8", 4) && !is_ending("67b89", 4) && !is_ending("", 4));
        assert!(!is_ending("a b", 4) && !is_ending("é", 4));
    }
}
