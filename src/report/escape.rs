//! Making hostile text harmless for its reader: a terminal, a CI system that obeys what is
//! printed, or a renderer of Markdown.
//!
//! A CI runner reads commands from a job's output. GitHub's obeys `::` at the start of a line,
//! after any indentation, and like Azure's it obeys `##[` and `##vso[` anywhere in a line, so
//! standing in the middle of one is no protection.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal would obey `c`, hide it, or let it reorder what stands around it.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Appends one character as a terminal may show it.
///
/// Without `unicode` everything beyond ASCII is spelled out, the mark of a masked token aside.
pub(super) fn push_shown(out: &mut String, c: char, unicode: bool) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '#' if out.ends_with('#') => out.push_str("\\x23"),
        '…' if !unicode => out.push_str("..."),
        c if u32::from(c) < 0x100 && is_hostile(c) => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if is_hostile(c) || (!unicode && !c.is_ascii()) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Text on one line of a terminal.
pub(crate) fn shown(text: &str, unicode: bool) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_shown(&mut out, c, unicode));
    no_command(&out).into_owned()
}

/// The same text, without the double colon that makes a line a command.
pub(super) fn no_command(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    match text.strip_prefix("::") {
        Some(rest) => Cow::Owned(format!("{}\\x3a:{rest}", &line[..line.len() - text.len()])),
        None => Cow::Borrowed(line),
    }
}

/// Prose for a Markdown renderer: every character that could be markup, a link, an image, HTML
/// or a mention is taken as text.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A backslash keeps the character but does not stop a mention.
            '@' => out.push_str("`@`"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => push_shown(&mut out, c, true),
        }
    }
    out
}

/// A Markdown code span that `text` cannot end.
pub(super) fn markdown_code(text: &str) -> String {
    let text = shown(text, true);
    let fence = "`".repeat(longest_backticks(&text) + 1);
    // The spaces are taken off again by the renderer; they keep apart backticks at the ends.
    if text.starts_with('`') || text.ends_with('`') {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

/// A fenced Markdown block of one line that `text` cannot end.
pub(super) fn markdown_fence(language: &str, text: &str) -> String {
    let text = shown(text, true);
    let fence = "`".repeat((longest_backticks(&text) + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

fn longest_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "a\x1b[2J\u{9b}1m\u{202e}b\u{200b}\u{2066}\x7f\r\n\t\u{61c}\u{feff}é";
        assert_eq!(
            shown(hostile, true),
            "a\\x1b[2J\\x9b1m\\u{202e}b\\u{200b}\\u{2066}\\x7f\\r\\n\\t\\u{61c}\\u{feff}é"
        );
        assert_eq!(shown("é…", false), "\\u{e9}...");
    }

    #[test]
    fn nothing_that_a_ci_runner_obeys_is_left() {
        assert_eq!(shown("a ##vso[x] ###[y] # #[z]", true), "a #\\x23vso[x] #\\x23#[y] # #[z]");
        assert_eq!(shown(" ::error::x ::y", true), " \\x3a:error::x ::y");
    }

    #[test]
    fn markdown_has_no_way_out() {
        assert_eq!(
            markdown("![x](http://t/) <img> @me `a` **b**"),
            "\\!\\[x\\](http://t/) &lt;img&gt; `@`me \\`a\\` \\*\\*b\\*\\*"
        );
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
        assert_eq!(markdown_fence("sh", "a\n```\nb"), "````sh\na\\n```\\nb\n````\n");
    }
}
