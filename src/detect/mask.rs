//! The line around a token, fit to be shown: every token on it masked, cut to a readable width.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use crate::leak::MaskedLine;
use crate::rule::Rule;
use crate::rule::shape::{HEAD, LONGEST, RUN};
use crate::secret::redacted;
use crate::view::{base64, escapes};

/// A run, or a value without a prefix, with fewer digits is a long word.
const DIGITS: usize = 4;
/// A prefix with more than this behind it is the beginning of a token.
const BEGUN: usize = 8;
/// How much of a line is kept before a token.
const BEFORE: usize = 80;
/// How much is kept after it: with a masked token of ten characters the whole stays near 160.
const AFTER: usize = 70;
/// How far outside the shown part other forms of tokens are looked for.
const MARGIN: usize = 256;

/// Masks lines: for each byte, the rules whose tokens can begin with it.
#[derive(Debug)]
pub(super) struct Masker {
    rules: Vec<Arc<Rule>>,
    /// The longest token of each rule.
    longest: Vec<usize>,
    /// Of rules with the same shape one, those with the longest tokens first.
    by_first: Vec<Vec<usize>>,
    /// What tokens begin with.
    heads: Vec<Vec<u8>>,
}

/// A stretch to mask; `prefix` bytes of it may be shown.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: usize,
    end: usize,
    /// How much of its beginning is shown. `None` shows all: a log has masked it.
    prefix: Option<usize>,
}

impl Stretch {
    fn shown(&self, bytes: &[u8]) -> String {
        let text = &bytes[self.start..self.end];
        match self.prefix {
            Some(prefix) => redacted(text, prefix),
            None => String::from_utf8_lossy(text).into_owned(),
        }
    }
}

impl Masker {
    pub(super) fn new(rules: &[Arc<Rule>]) -> Self {
        let longest: Vec<usize> = rules.iter().map(|rule| rule.shape.max_len()).collect();
        let mut shapes: Vec<usize> = (0..rules.len()).collect();
        let same =
            |one: &Rule, other: &Rule| (&one.pattern, one.bare) == (&other.pattern, other.bare);
        shapes.retain(|at| !rules[..*at].iter().any(|earlier| same(earlier, &rules[*at])));
        shapes.sort_by_key(|at| Reverse(longest[*at]));
        let begins =
            |rule: &Rule, byte| rule.shape.atoms().first().is_some_and(|atom| atom.set.has(byte));
        let having = |byte| shapes.iter().copied().filter(|at| begins(&rules[*at], byte)).collect();
        let by_first = (0..=255).map(having).collect();
        Self { rules: rules.to_vec(), longest, by_first, heads: super::plan::heads(rules) }
    }

    /// The line around `bytes[start..end]`, of which the first `prefix` bytes are shown, or all
    /// if a log masks it already. `hidden` are stretches, in order of their starts, in which a token hides: they are
    /// masked, too.
    pub(super) fn line(
        &self,
        bytes: &[u8],
        start: usize,
        end: usize,
        prefix: Option<usize>,
        hidden: &[Range<usize>],
    ) -> MaskedLine {
        let (mut from, cut_before) = left_edge(bytes, start);
        let (mut to, cut_after) = right_edge(bytes, end);
        let region = from.saturating_sub(MARGIN)..bytes.len().min(to + MARGIN);
        let mut stretches = self.stretches(bytes, from..to, |_| true);
        for range in other_forms(bytes, &region, &self.heads) {
            cover(&mut stretches, Stretch { start: range.start, end: range.end, prefix: Some(0) });
        }
        for range in hidden.iter().take_while(|range| range.start < region.end) {
            if range.end > region.start {
                cover(
                    &mut stretches,
                    Stretch { start: range.start, end: range.end, prefix: Some(0) },
                );
            }
        }
        cover(&mut stretches, Stretch { start, end, prefix });
        for stretch in &stretches {
            if stretch.start < to && from < stretch.end {
                from = from.min(stretch.start);
                to = to.max(stretch.end);
            }
        }
        let mut line = MaskedLine { cut: (cut_before, cut_after), ..MaskedLine::default() };
        let mut at = from;
        for stretch in stretches.iter().filter(|it| it.start >= from && it.end <= to) {
            line.text.push_str(&String::from_utf8_lossy(&bytes[at..stretch.start]));
            let shown = line.text.len();
            line.text.push_str(&stretch.shown(bytes));
            if stretch.start <= start && end <= stretch.end {
                line.token = (shown, line.text.len());
            }
            at = stretch.end;
        }
        line.text.push_str(&String::from_utf8_lossy(&bytes[at..to]));
        line
    }

    /// A text with every token masked whose shape proves itself: for names and paths, in which
    /// a bare hex value is an id that the reader needs.
    pub(super) fn text(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        let mut masked = String::new();
        let mut at = 0;
        let proves_itself = |rule: &Rule| !rule.bare || rule.prefix >= HEAD;
        for stretch in self.stretches(bytes, 0..bytes.len(), proves_itself) {
            masked.push_str(&String::from_utf8_lossy(&bytes[at..stretch.start]));
            masked.push_str(&stretch.shown(bytes));
            at = stretch.end;
        }
        masked + &String::from_utf8_lossy(&bytes[at..])
    }

    /// Whether any token's shape stands anywhere in `bytes`, glued or not.
    pub(super) fn any(&self, bytes: &[u8]) -> bool {
        !self.stretches(bytes, 0..bytes.len(), |_| true).is_empty()
    }

    /// Everything that reaches into `shown` and has the shape of a token of `those` kinds, glued or
    /// not, overlaps joined.
    fn stretches(
        &self,
        bytes: &[u8],
        shown: Range<usize>,
        those: impl Fn(&Rule) -> bool,
    ) -> Vec<Stretch> {
        let mut found: Vec<Stretch> = Vec::new();
        for at in shown.start.saturating_sub(LONGEST)..shown.end {
            // What ends before this adds nothing.
            let known = found.last().filter(|last| last.start < at).map_or(0, |last| last.end);
            let known = known.max(shown.start);
            let begins = self.by_first[usize::from(bytes[at])].iter();
            for index in begins.take_while(|index| at + self.longest[**index] > known) {
                let rule = &self.rules[*index];
                if !those(rule) {
                    continue;
                }
                let Some(end) = rule.shape.match_at(bytes, at) else { continue };
                let digits = || bytes[at..end].iter().filter(|byte| byte.is_ascii_digit()).count();
                // `key=value` is no value that begins with `key`.
                let joined =
                    || bytes[at..end].windows(2).any(|pair| pair[0] == b'=' && pair[1] != b'=');
                if end <= known || rule.bare && (digits() < DIGITS || joined()) {
                    continue;
                }
                match found.last_mut() {
                    Some(last) if at < last.end => {
                        last.end = last.end.max(end);
                        // Of two shapes that begin here, the one with a prefix says what it is.
                        if at == last.start {
                            last.prefix = last.prefix.max(Some(rule.prefix));
                        }
                    }
                    _ => found.push(Stretch { start: at, end, prefix: Some(rule.prefix) }),
                }
            }
        }
        found
    }
}

/// The stretches of `region` that may hold a token in another form: long runs with digits in them,
/// base64 and hex among them; text in escapes; what begins as a token does and is cut. Whatever
/// it is, it is not shown.
fn other_forms(bytes: &[u8], region: &Range<usize>, heads: &[Vec<u8>]) -> Vec<Range<usize>> {
    let window = &bytes[region.clone()];
    let runs = window.split(|byte| !byte.is_ascii_alphanumeric());
    let ranges = runs.filter(|run| run.len() >= RUN).map(|run| {
        let start = run.as_ptr().addr() - window.as_ptr().addr();
        start..start + run.len()
    });
    let digits = |range: &Range<usize>| {
        window[range.clone()].iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS
            || base64::shows(&window[range.clone()]).is_some()
    };
    let mut found: Vec<Range<usize>> = ranges.filter(digits).collect();
    found.extend(escapes::rows(window));
    for head in heads {
        found.extend(memchr::memmem::find_iter(window, head).filter_map(|at| {
            let body = window[at + head.len()..].iter();
            let len = body.take_while(|byte| byte.is_ascii_alphanumeric()).count();
            (len >= BEGUN).then_some(at..at + head.len() + len)
        }));
    }
    found.into_iter().map(|range| range.start + region.start..range.end + region.start).collect()
}

/// Adds a stretch, should none cover it; those that it overlaps become a part of it.
fn cover(stretches: &mut Vec<Stretch>, mut own: Stretch) {
    if stretches.iter().any(|it| it.start <= own.start && own.end <= it.end) {
        return;
    }
    let apart = |it: &Stretch| it.end <= own.start || own.end <= it.start;
    let touched: Vec<Stretch> = stretches.iter().copied().filter(|it| !apart(it)).collect();
    stretches.retain(apart);
    for it in touched {
        if it.start < own.start {
            own = Stretch { start: it.start, prefix: it.prefix, ..own };
        }
        own.end = own.end.max(it.end);
    }
    stretches.push(own);
    stretches.sort_by_key(|it| it.start);
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Where the shown part begins, and whether the line began earlier.
fn left_edge(bytes: &[u8], start: usize) -> (usize, bool) {
    let floor = start.saturating_sub(BEFORE);
    let line = bytes[floor..start].iter().rposition(|byte| is_break(*byte));
    let mut from = line.map_or(floor, |found| floor + found + 1);
    let cut = line.is_none() && floor > 0 && !is_break(bytes[floor - 1]);
    // A character of UTF-8 is not cut in two.
    while cut && from < start && bytes[from] & 0xc0 == 0x80 {
        from += 1;
    }
    (from, cut)
}

/// Where the shown part ends, and whether the line goes on.
fn right_edge(bytes: &[u8], end: usize) -> (usize, bool) {
    let roof = bytes.len().min(end + AFTER);
    let line = bytes[end..roof].iter().position(|byte| is_break(*byte));
    let mut to = line.map_or(roof, |found| end + found);
    let cut = line.is_none() && roof < bytes.len() && !is_break(bytes[roof]);
    while cut && to > end && bytes[to] & 0xc0 == 0x80 {
        to -= 1;
    }
    (to, cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;
    use crate::rule::mint::Mint;

    fn masker() -> Masker {
        Masker::new(&Rules::builtin().expect("built-in rules compile").rules)
    }

    #[test]
    fn other_tokens_and_glued_ones_are_masked_too() {
        let mut mint = Mint::new(5);
        let mut hex = || String::from_utf8(mint.random(b"0123456789abcdef", 40)).expect("ASCII");
        let (one, two, three) = (hex(), hex(), hex());
        let text = format!("a\nk={one} sq{}_{two} z{three}9 é\nb", "u");
        let start = text.find(&two).expect("the second value") - 4;
        let line = masker().line(text.as_bytes(), start, start + 44, Some(4), &[]);
        assert!(
            ![&one, &two, &three].iter().any(|it| line.text.contains(&it[..20])),
            "{}",
            line.text
        );
        assert_eq!(&line.text[line.token.0..line.token.1], format!("sq{}_…{}", "u", &two[36..]));
        assert!(line.text.starts_with("k=…") && line.text.ends_with('é'));
        assert_eq!(line.cut, (false, false));
    }

    #[test]
    fn a_token_is_never_cut_in_two() {
        let mut mint = Mint::new(6);
        for gap in 60..90 {
            let hex = |mint: &mut Mint| {
                String::from_utf8(mint.random(b"0123456789abcdef", 40)).expect("ASCII")
            };
            let (one, two, mid) = (hex(&mut mint), hex(&mut mint), hex(&mut mint));
            let text = format!(
                "{} {one} {} {mid} {} {two} {}",
                "p".repeat(99),
                "é".repeat(gap / 2),
                ".".repeat(gap),
                "q".repeat(99)
            );
            let start = text.find(&mid).expect("the value");
            let line = masker().line(text.as_bytes(), start, start + 40, Some(0), &[]);
            for hex in [&one, &two] {
                assert!((0..32).all(|at| !line.text.contains(&hex[at..at + 8])), "{}", line.text);
            }
            assert_eq!(line.cut, (true, true));
            assert!(!line.text.contains('\u{fffd}') && line.text.chars().count() <= 170);
        }
    }
}
