//! The statement a value stands in, and the headers of the blocks around it.

use std::ops::Range;

/// How far a statement reaches from its value to either side: minified files are one line.
const WIDTH: usize = 1024;
/// How far above a value headers are looked for.
const ABOVE: usize = 2048;
/// More nesting than this is not climbed.
const HEADERS: usize = 6;
/// How many lines above and below count as near.
const NEAR_LINES: usize = 5;

/// The line around `start..end`, joined with its continuation lines.
pub(super) fn statement(bytes: &[u8], start: usize, end: usize) -> Range<usize> {
    let floor = start.saturating_sub(WIDTH);
    let mut from = line_start(bytes, floor, start);
    while from > floor && continues(&bytes[floor..from]) {
        from = line_start(bytes, floor, from - 1);
    }
    let roof = bytes.len().min(end + WIDTH);
    let mut to = line_end(bytes, roof, end);
    while to < roof && continues(&bytes[from..=to]) {
        to = line_end(bytes, roof, to + 1);
    }
    from..to
}

/// Where the line of `at` begins, or `floor`.
pub(super) fn line_start(bytes: &[u8], floor: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |found| floor + found + 1)
}

/// Where the line of `at` ends, or `roof`.
pub(super) fn line_end(bytes: &[u8], roof: usize, at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..roof]).map_or(roof, |found| at + found)
}

/// Whether a line (its end included) goes on in the next one.
fn continues(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end().last(), Some(b'\\' | b'^' | b'`'))
}

/// The lines above a statement that open the blocks around it: each less indented than the
/// one below it, and the nearest `[section]`.
pub(super) fn headers(bytes: &[u8], statement: &Range<usize>) -> Vec<Range<usize>> {
    let floor = statement.start.saturating_sub(ABOVE);
    let mut found = Vec::new();
    let mut width = indent(&bytes[statement.clone()]);
    let mut to = statement.start;
    while to > floor && found.len() < HEADERS {
        let from = line_start(bytes, floor, to - 1);
        let line = &bytes[from..to];
        let text = line.trim_ascii();
        let section = text.starts_with(b"[") && text.ends_with(b"]");
        if !text.is_empty() && (indent(line) < width || section) {
            found.push(from..to);
            width = width.min(indent(line));
        }
        if section {
            break;
        }
        to = from;
    }
    found
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// A few lines around a statement.
pub(super) fn vicinity(bytes: &[u8], statement: &Range<usize>) -> Range<usize> {
    let floor = statement.start.saturating_sub(ABOVE);
    let roof = bytes.len().min(statement.end + ABOVE / 2);
    let mut from = statement.start;
    let mut to = statement.end;
    for _ in 0..NEAR_LINES {
        from = if from > floor { line_start(bytes, floor, from - 1) } else { from };
        to = if to < roof { line_end(bytes, roof, to + 1) } else { to };
    }
    from..to
}

/// Whether `text` holds `word`, which is in lower case, in any spelling.
pub(super) fn holds(text: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    let Some(first) = word.first() else { return true };
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text)
        .any(|at| text[at..].get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Range<usize> {
        let at = text.find('V').expect("a value in the sample");
        statement(text.as_bytes(), at, at + 1)
    }

    #[test]
    fn continuation_lines_join() {
        let text = "before\nrun \\\n  -a V \\\r\n  -b\nafter";
        assert_eq!(&text[at(text)], "run \\\n  -a V \\\r\n  -b");
        assert_eq!(at("V"), 0..1);
    }

    #[test]
    fn headers_are_less_indented() {
        let text = "a:\n  b:\n    c: 1\n  d:\n    e: V\n";
        let found = headers(text.as_bytes(), &at(text));
        let found: Vec<&str> = found.into_iter().map(|range| text[range].trim()).collect();
        assert_eq!(found, ["d:", "a:"]);
        let text = "[one]\nx=1\n[two]\ny=2\nz=V";
        let found = headers(text.as_bytes(), &at(text));
        assert_eq!(&text[found[0].clone()], "[two]\n");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn nearness_is_bounded() {
        let lines: Vec<String> =
            (0..20).map(|n| if n == 10 { "V".to_owned() } else { format!("l{n}") }).collect();
        let text = lines.join("\n");
        let near = &text[vicinity(text.as_bytes(), &at(&text))];
        assert!(near.starts_with("l5\n") && near.ends_with("\nl15"), "{near}");
        assert!(holds(b"a SonarCloud.io", "sonarcloud.io") && !holds(b"sona", "sonar"));
    }
}
