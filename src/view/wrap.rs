//! Lines that were broken because a width was full: by a console, `fold`, or a mail program.

use std::ops::Range;

use super::View;

/// The widths that terminals, consoles and encoders break at.
const WIDTHS: [usize; 4] = [76, 80, 120, 132];
/// Below this a line is short because its text is.
const NARROWEST: usize = 40;
/// More lines of one length than this many are full, whatever the width is.
const SAME: usize = 3;
/// How far a token is followed, in bytes and in breaks.
const LONGEST: usize = 512;
const BREAKS: usize = 6;
/// Tags in the middle of a word are no longer together.
const LONGEST_TAGS: usize = 4096;

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The word that begins at `from`, put together over the first break in it, the first two, and so
/// on: where it ends is not said. Each with its bytes in the blob.
pub fn join(bytes: &[u8], from: usize) -> Vec<(Range<usize>, View)> {
    let mut found = Vec::new();
    let mut view = View::default();
    let mut at = from;
    for breaks in 0..=BREAKS {
        let piece = bytes[at..].iter().take_while(|byte| is_token(**byte)).count();
        view.copy(bytes, at..at + piece);
        at += piece;
        if breaks > 0 {
            found.push((from..at, view.clone()));
        }
        let next = over_break(bytes, at).or_else(|| over_tags(bytes, at));
        let Some(next) = next.filter(|_| piece > 0 && view.bytes.len() < LONGEST) else { break };
        at = next;
    }
    found
}

/// Where a word goes on after a line break at `at`: the mark of a mail program or a shell that
/// the line goes on, padding, the break, and indentation are gone over.
fn over_break(bytes: &[u8], at: usize) -> Option<usize> {
    let blank = |at: usize, most: usize| {
        let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
        at + bytes[at..].iter().take(most).take_while(blank).count()
    };
    let marked = matches!(bytes.get(at..), Some([b'=' | b'\\', b'\r' | b'\n', ..]));
    let end = blank(at + usize::from(marked), 160);
    let cr = usize::from(bytes.get(end) == Some(&b'\r'));
    (bytes.get(end + cr) == Some(&b'\n')).then_some(())?;
    let next = blank(end + cr + 1, 16);
    bytes.get(next).is_some_and(|byte| is_token(*byte)).then_some(next)
}

/// Where a word goes on behind tags at `at`: office programs cut words to say how each part is
/// shown.
fn over_tags(bytes: &[u8], mut at: usize) -> Option<usize> {
    let roof = bytes.len().min(at + LONGEST_TAGS);
    let start = at;
    while bytes.get(at) == Some(&b'<') {
        at += memchr::memchr(b'>', &bytes[at..roof])? + 1;
    }
    (at > start && bytes.get(at).is_some_and(|byte| is_token(*byte))).then_some(at)
}

/// Where one of `prefixes` begins that a line break cuts in two right before `at`.
pub fn torn_prefix(bytes: &[u8], at: usize, prefixes: &[Vec<u8>]) -> Option<usize> {
    let here = bytes[..at].iter().rev().take(8).take_while(|byte| is_token(**byte)).count();
    let line = at - here;
    let indent = bytes[..line].iter().rev().take(16).take_while(|b| matches!(b, b' ' | b'\t'));
    let text = bytes[..line - indent.count()].strip_suffix(b"\n")?.trim_ascii_end();
    let above = text.iter().rev().take(8).take_while(|byte| is_token(**byte)).count();
    let whole = [&text[text.len() - above..], &bytes[line..at]].concat();
    let last = whole.last();
    let ends = |prefix: &[u8]| prefix.last() == last && whole.ends_with(prefix);
    let fits = |prefix: &&Vec<u8>| prefix.len() > here && ends(prefix);
    let prefix = prefixes.iter().find(fits)?;
    Some(text.len() - (prefix.len() - here))
}

/// The reading in which every line that is full goes on in the next one, where that joins
/// words. `None` where no line is.
pub fn rejoin(bytes: &[u8]) -> Option<View> {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', bytes).collect();
    let widest = common_widest(&ends);
    let mut view = View::default();
    let (mut copied, mut start) = (0, 0);
    for end in ends {
        let line = bytes[start..end].strip_suffix(b"\r").unwrap_or(&bytes[start..end]);
        let full = WIDTHS.contains(&line.len()) || Some(line.len()) == widest;
        let word = line.last().is_some_and(|byte| is_token(*byte))
            && bytes.get(end + 1).is_some_and(|byte| is_token(*byte));
        if full && word {
            view.copy(bytes, copied..start + line.len());
            copied = end + 1;
        }
        start = end + 1;
    }
    if copied == 0 {
        return None;
    }
    view.copy(bytes, copied..bytes.len());
    Some(view)
}

/// The length of the longest lines, where several have it.
fn common_widest(ends: &[usize]) -> Option<usize> {
    let lengths = || ends.windows(2).map(|pair| pair[1] - pair[0] - 1);
    let widest = lengths().max().filter(|widest| *widest >= NARROWEST)?;
    (lengths().filter(|length| *length == widest).count() >= SAME).then_some(widest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_followed_over_breaks() {
        let blob = b"k: abc_0123   \r\n   4567\n89 x";
        let [(one, _), (range, view)] = &join(blob, 3)[..] else { panic!("two breaks") };
        assert_eq!((view.bytes.as_slice(), range), (&b"abc_0123456789"[..], &(3..26)));
        assert_eq!((view.back(8..14), one), (19..26, &(3..23)));
        assert!(join(b"abc def\nghi", 0).is_empty());
    }

    #[test]
    fn a_word_is_followed_over_tags_and_marks() {
        for blob in ["ab</t></r><r><t x=\"1\">cd", "ab=\r\ncd", "ab\\\ncd", "ab</t><t>cd<b/>e"] {
            let found = join(blob.as_bytes(), 0);
            assert!(found.iter().any(|(_, view)| view.bytes == b"abcd"), "{blob}");
        }
        for blob in ["ab</t> cd", "ab<", "ab< cd", "ab<t>", "ab=cd", "ab<t><"] {
            assert!(join(blob.as_bytes(), 0).is_empty(), "{blob}");
        }
    }

    #[test]
    fn a_prefix_may_be_cut_anywhere() {
        let prefixes = [b"abc_".to_vec()];
        for cut in 1..4 {
            let blob = format!("x={}\n{}0123", &"abc_"[..cut], &"abc_"[cut..]);
            let at = blob.find("0123").expect("the body");
            assert_eq!(torn_prefix(blob.as_bytes(), at, &prefixes), Some(2), "{blob}");
        }
        assert_eq!(torn_prefix(b"abc_0123", 4, &prefixes), None);
        assert_eq!(torn_prefix(b"abd\n_0123", 5, &prefixes), None);
    }

    #[test]
    fn only_full_lines_are_rejoined() {
        for width in [76, 80, 120, 132] {
            let full = "x".repeat(width);
            let blob = format!("{full}\r\nyes\nno\nmore\n");
            let view = rejoin(blob.as_bytes()).expect("one line is full");
            assert_eq!(view.bytes, format!("{full}yes\nno\nmore\n").as_bytes());
            assert_eq!(view.back(width..width + 3), width + 2..width + 5);
        }
        let odd = format!("a\n{0}\n{0}\n{0}\nend\n", "y".repeat(51));
        assert_eq!(rejoin(odd.as_bytes()).expect("three of them").bytes.len(), odd.len() - 3);
        assert_eq!(rejoin(b"short\nlines\nonly\n"), None);
    }
}
