//! Quoted source lines in a frame, with a mark under the masked token.
//!
//! A scanned line always stands behind its number: CI systems obey lines that begin with `::`.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::ink::{Ink, paint};
use super::text::shown_line;
use crate::leak::MaskedLine;
use crate::report::Style;

/// Columns that a quoted line gets however narrow the screen is.
const LEAST_ROOM: usize = 24;
/// Frames of small and large files stand below each other alike.
const LEAST_DIGITS: usize = 3;

/// One place to draw.
#[derive(Debug)]
pub(crate) struct Quote<'a> {
    /// `path:line:column`, unescaped.
    pub(crate) at: String,
    /// What is known of the place, such as since when: a line each.
    pub(crate) about: Vec<String>,
    pub(crate) number: u64,
    pub(crate) line: &'a MaskedLine,
}

struct Glyphs {
    first: &'static str,
    next: &'static str,
    bar: &'static str,
    last: &'static str,
    mark: &'static str,
    cut: &'static str,
}

const FINE: Glyphs =
    Glyphs { first: "╭▸", next: "├▸", bar: "│", last: "╰─", mark: "━", cut: "…" };
const ASCII: Glyphs =
    Glyphs { first: "-->", next: "-->", bar: "|", last: "=", mark: "^", cut: "..." };

/// Draws `quotes` one below the other, and `more` as the last line. Returns how wide the line
/// numbers are, for what is to be aligned below.
pub(crate) fn draw(
    quotes: &[Quote<'_>],
    more: Option<&str>,
    ink: Ink,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let glyphs = glyphs(style);
    let widths = quotes.iter().map(|quote| quote.number.to_string().len());
    let digits = widths.fold(LEAST_DIGITS, usize::max);
    let gutter = " ".repeat(digits + 1);
    let bar = paint(style, Ink::Quiet, glyphs.bar);
    for (index, quote) in quotes.iter().enumerate() {
        let arrow = if index == 0 { glyphs.first } else { glyphs.next };
        draw_head(quote, &gutter, arrow, style, out)?;
        draw_line(quote, digits, ink, style, out)?;
        if index + 1 < quotes.len() || more.is_some() {
            writeln!(out, "{gutter}{bar}")?;
        }
    }
    if let Some(more) = more {
        let corner = paint(style, Ink::Quiet, glyphs.last);
        writeln!(out, "{gutter}{corner} {}", paint(style, Ink::Quiet, more))?;
    }
    Ok(digits + 1)
}

fn glyphs(style: &Style) -> &'static Glyphs {
    if style.unicode { &FINE } else { &ASCII }
}

fn draw_head(
    quote: &Quote<'_>,
    gutter: &str,
    arrow: &str,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let at = paint(style, Ink::Strong, &shown_line(&quote.at, style));
    writeln!(out, "{gutter}{} {at}", paint(style, Ink::Quiet, arrow))?;
    let bar = paint(style, Ink::Quiet, glyphs(style).bar);
    for about in &quote.about {
        writeln!(out, "{gutter}{bar}  {}", paint(style, Ink::Quiet, &shown_line(about, style)))?;
    }
    Ok(())
}

fn draw_line(
    quote: &Quote<'_>,
    digits: usize,
    ink: Ink,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let glyphs = glyphs(style);
    let room = style.width.saturating_sub(digits + 4).max(LEAST_ROOM);
    let fitted = Fitted::new(quote.line, room, glyphs.cut, style);
    let number = paint(style, Ink::Quiet, &format!("{:>digits$}", quote.number));
    let bar = paint(style, Ink::Quiet, glyphs.bar);
    let token = paint(style, ink, &fitted.token);
    writeln!(out, "{number} {bar} {}{token}{}", fitted.before, fitted.after)?;
    let mark = paint(style, ink, &glyphs.mark.repeat(fitted.token.width().max(1)));
    let (gutter, indent) = (" ".repeat(digits + 1), " ".repeat(fitted.before.width()));
    writeln!(out, "{gutter}{bar} {indent}{mark}")
}

/// A masked line, escaped and cut so that the token is seen.
struct Fitted {
    before: String,
    token: String,
    after: String,
}

impl Fitted {
    fn new(line: &MaskedLine, room: usize, cut: &str, style: &Style) -> Self {
        let (before, token, after) = split(line);
        let before = shown_line(if line.cut.0 { before } else { before.trim_start() }, style);
        let token = shown_line(token, style);
        let after = shown_line(after.trim_end(), style);
        let spare = room.saturating_sub(token.width());
        let fits = before.width() + after.width() <= spare && line.cut == (false, false);
        if fits {
            return Self { before, token, after };
        }
        // What leads up to a token says more than what follows it.
        let spare = spare.saturating_sub(2 * cut.width());
        let left = before.width().min((spare * 2 / 3).max(spare.saturating_sub(after.width())));
        let right = spare.saturating_sub(left);
        Self {
            before: tail(&before, left, cut, line.cut.0),
            token,
            after: head(&after, right, cut, line.cut.1),
        }
    }
}

/// The line before, at and after the token. A range that does not fit the text marks nothing.
fn split(line: &MaskedLine) -> (&str, &str, &str) {
    let (start, end) = line.token;
    match (line.text.get(..start), line.text.get(start..end), line.text.get(end..)) {
        (Some(before), Some(token), Some(after)) => (before, token, after),
        _ => (&line.text, "", ""),
    }
}

/// The last `room` columns of `text`, with the sign of a cut where there was more.
fn tail(text: &str, room: usize, cut: &str, is_cut: bool) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= room
    };
    let kept: Vec<char> = text.chars().rev().take_while(fits).collect();
    let kept: String = kept.into_iter().rev().collect();
    if is_cut || kept.len() < text.len() { format!("{cut}{kept}") } else { kept }
}

/// The first `room` columns of `text`, with the sign of a cut where there was more.
pub(in crate::report) fn head(text: &str, room: usize, cut: &str, is_cut: bool) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= room
    };
    let kept: String = text.chars().take_while(fits).collect();
    if is_cut || kept.len() < text.len() { format!("{kept}{cut}") } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(text: &str, token: &str, room: usize) -> String {
        let start = text.find(token).expect("the token is in the text");
        let line = MaskedLine {
            text: text.to_owned(),
            token: (start, start + token.len()),
            cut: (false, false),
        };
        let fitted = Fitted::new(&line, room, "…", &Style::plain());
        format!("{}[{}]{}", fitted.before, fitted.token, fitted.after)
    }

    #[test]
    fn a_long_line_is_cut_around_its_token() {
        assert_eq!(fitted("\t\tkey = abc;", "abc", 30), "key = [abc];");
        let long = format!("{} abc {}", "x".repeat(90), "y".repeat(90));
        let cut = fitted(&long, "abc", 30);
        assert_eq!(cut, "…xxxxxxxxxxxxxxx [abc] yyyyyyyy…");
        assert_eq!(cut.width(), 30 + "[]".len());
        // Wide characters count two columns.
        assert_eq!(fitted(&format!("{} abc", "漢".repeat(40)), "abc", 15), "…漢漢漢漢 [abc]");
    }
}
