//! What stands near a token and makes it usable.

use std::ops::Range;

use crate::detect::mask::Masker;
use crate::leak::Companion;
use crate::rule::{CompanionRule, Rule};
use crate::span::{Position, line_of, utf16_len};

/// How far from a token its companions are looked for, to either side.
const REACH: usize = 4096;
/// How far back the line of another half is looked for, for its column: no line that people read is
/// longer, and a blob of one line must not be counted once a token.
const LINE: usize = 1 << 16;

/// The nearest value for each of the rule's companions, and `user` if the form told one. Halves that
/// are secrets are not among them.
pub(super) fn near(
    rule: &Rule,
    masker: &Masker,
    bytes: &[u8],
    token: &Range<usize>,
    user: Option<&str>,
) -> Vec<Companion> {
    let mut found: Vec<Companion> = Vec::new();
    if let Some(user) = user {
        found.push(Companion { name: "user".to_owned(), value: user.to_owned() });
    }
    for companion in rule.companions.iter().filter(|companion| !companion.is_secret()) {
        if found.iter().any(|it| it.name == companion.name) {
            continue;
        }
        // Half a pair may look like a token of another kind.
        let fits = |value: &[u8]| companion.half.is_some() || !masker.any(value);
        found.extend(nearest(companion, bytes, token, fits).map(|range| Companion {
            name: companion.name.clone(),
            value: String::from_utf8_lossy(&bytes[range]).into_owned(),
        }));
    }
    found
}

/// The other halves of a token, and where they stand.
pub(super) type Halves<'a> = Vec<(&'a CompanionRule, Range<usize>)>;

/// The nearest other half of each kind that a rule has.
pub(super) fn halves<'a>(rule: &'a Rule, bytes: &[u8], token: &Range<usize>) -> Halves<'a> {
    let halves = rule.companions.iter().filter(|companion| companion.half.is_some());
    halves.filter_map(|half| Some((half, nearest(half, bytes, token, |_| true)?))).collect()
}

/// Where the nearest value of one companion stands.
fn nearest(
    companion: &CompanionRule,
    bytes: &[u8],
    token: &Range<usize>,
    fits: impl Fn(&[u8]) -> bool,
) -> Option<Range<usize>> {
    let from = token.start.saturating_sub(REACH);
    let window = &bytes[from..bytes.len().min(token.start + REACH)];
    let usable = companion.values(window).filter(|(at, value)| {
        let apart = from + at >= token.end || from + at + value.len() <= token.start;
        apart && is_usable(value) && window.get(at + value.len()) != Some(&b'@') && fits(value)
    });
    let ranges = usable.map(|(at, value)| from + at..from + at + value.len());
    ranges.min_by_key(|range| token.start.abs_diff(range.start))
}

/// The region of `half` where that of a token near it is known.
pub(super) fn position(
    bytes: &[u8],
    token: &Range<usize>,
    known: Position,
    half: &Range<usize>,
) -> Position {
    let ahead = half.start >= token.start;
    let (from, to) = if ahead { (token.start, half.start) } else { (half.start, token.start) };
    let (lines, last) = line_of(&bytes[from..to], to - from);
    let (breaks, between) = (lines - 1, utf16_len(&bytes[from..to]));
    let line = if ahead { known.line + breaks } else { known.line.saturating_sub(breaks).max(1) };
    let column = match (breaks, ahead) {
        (0, true) => known.column + between,
        (0, false) => known.column.saturating_sub(between).max(1),
        (_, true) => utf16_len(&bytes[from + last..to]) + 1,
        (_, false) => {
            let floor = half.start.saturating_sub(LINE);
            let (_, start) = line_of(&bytes[floor..half.start], half.start - floor);
            utf16_len(&bytes[floor + start..half.start]) + 1
        }
    };
    let end_column = column + utf16_len(&bytes[half.clone()]);
    Position { line, column, end_line: line, end_column }
}

/// Whether a value is one and no expression. `$` matters beyond that: commands are built from
/// companions, and scanned text must not name a variable of the reader's shell in them.
fn is_usable(value: &[u8]) -> bool {
    let odd = |byte: &u8| byte.is_ascii_control() || b"${}<>`\"'%*\\".contains(byte);
    !value.is_empty() && !value.iter().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_stands_where_a_count_from_the_beginning_says() {
        let text = "x é\r\nid=AAAA é TOKEN\nz=BBBB\n c=CCCC TOKEN2 DDDD".as_bytes();
        let range = |word: &str| {
            let at = memchr::memmem::find(text, word.as_bytes()).expect("it is there");
            at..at + word.len()
        };
        let of = |range: &Range<usize>| Position::of(text, range.start, range.end);
        for token in ["TOKEN", "TOKEN2"].map(range) {
            for half in ["AAAA", "BBBB", "CCCC", "DDDD", "x"].map(range) {
                assert_eq!(
                    position(text, &token, of(&token), &half),
                    of(&half),
                    "{token:?} {half:?}"
                );
            }
        }
    }
}
