//! Escaped, wrapped text.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::report::Style;
use crate::report::escape::{no_command, shown};

/// Prose gets at least this many columns, and at most what is pleasant to read.
const LEAST_PROSE: usize = 32;
const MOST_PROSE: usize = 100;

/// Text as a terminal may show it, tabs as spaces.
pub(in crate::report) fn shown_line(text: &str, style: &Style) -> String {
    shown(&text.replace('\t', "    "), style.unicode)
}

/// Writes prose wrapped at words; the first line after `first`, the others indented as far.
pub(in crate::report) fn write_prose(
    first: &str,
    text: &str,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_indented(first, first.width(), text, style, out)
}

/// The same for a beginning with colours in it, which is `indent` columns wide.
pub(super) fn write_indented(
    first: &str,
    indent: usize,
    text: &str,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let room = style.width.saturating_sub(indent).clamp(LEAST_PROSE, MOST_PROSE);
    let lines = wrap(&shown_line(text, style), room);
    for (index, line) in lines.iter().enumerate() {
        let line = no_command(line);
        match index {
            0 => writeln!(out, "{first}{line}")?,
            _ => writeln!(out, "{:indent$}{line}", "")?,
        }
    }
    Ok(())
}

/// Breaks `text` at spaces. A word wider than the room stays whole: a URL is to be copied.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `1 place`, `2 places`, `1,234 places`.
pub(in crate::report) fn count(number: u64, one: &str) -> String {
    let plural = match one.strip_suffix("sitory") {
        Some(stem) => format!("{stem}sitories"),
        None => format!("{one}s"),
    };
    format!("{} {}", grouped(number), if number == 1 { one } else { &plural })
}

/// A number with its thousands apart.
pub(in crate::report) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_words_and_keeps_long_ones_whole() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a https://example.org/long b", 5), ["a", "https://example.org/long", "b"]);
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "place"), "1 place");
        assert_eq!(count(1_234_567, "repository"), "1,234,567 repositories");
    }
}
