//! Text in a page. Whatever was scanned gets into one through here, and is text there: no markup,
//! no attribute, no address that a browser would run.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use super::ENTRIES;
use crate::report::escape::{is_hostile, push_shown};

/// Text between tags, or in an attribute between quotes.
///
/// Characters that a screen would obey are spelled out as everywhere else. Two colons and two hash
/// signs in a row are commands to a CI system whose log the page is printed to: there the second is
/// written as a reference, which a browser shows as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                ':' | '#' if before == Some(c) => write!(f, "&#{};", u32::from(c))?,
                c if is_hostile(c) => {
                    let mut spelled = String::new();
                    push_shown(&mut spelled, c, true);
                    f.write_str(&spelled)?;
                }
                c => f.write_char(c)?,
            }
            before = Some(c);
        }
        Ok(())
    }
}

/// Text as code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<'a>(pub(super) &'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<code>{}</code>", Text(self.0))
    }
}

/// Words that lead to the entry of the token with a number, if the page has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T>(pub(super) usize, pub(super) T);

impl<T: fmt::Display> fmt::Display for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(number, words) if *number <= ENTRIES => {
                write!(f, r##"<a href="#t{number}">{words}</a>"##)
            }
            Self(_, words) => words.fmt(f),
        }
    }
}

/// A line of source with every mention of the masked token marked.
pub(super) fn write_marked(line: &str, masked: &str, out: &mut dyn Write) -> io::Result<()> {
    let line = line.replace('\t', "    ");
    for (index, part) in line.split(masked).enumerate() {
        if index > 0 {
            write!(out, "<mark>{}</mark>", Text(masked))?;
        }
        write!(out, "{}", Text(part))?;
    }
    Ok(())
}

/// Text of several lines, for a `pre`.
pub(super) fn write_lines(text: &str, out: &mut dyn Write) -> io::Result<()> {
    for (index, line) in text.lines().enumerate() {
        let end = if index == 0 { "" } else { "\n" };
        write!(out, "{end}{}", Text(&line.replace('\t', "    ")))?;
    }
    Ok(())
}

/// An address, as a link only if it is one of the web's and hides nothing.
pub(super) fn write_address(address: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = Text(address);
    if is_link(address) {
        write!(out, r#"<a href="{text}" target="_blank" rel="noreferrer">{text}</a>"#)
    } else {
        write!(out, "<code>{text}</code>")
    }
}

/// Whether an address is https, with a host in plain letters and no user before it: what stands in
/// front of an `@` looks like the host, and is none.
fn is_link(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let printed = |c: char| c.is_ascii_graphic() && !"<>\"'`\\^{|}".contains(c);
    !host.is_empty() && host.chars().all(plain) && rest.chars().all(printed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::text;

    #[test]
    fn nothing_is_markup_or_ends_an_attribute() {
        assert_eq!(
            Text(r#"<b a="x" b='y'>&amp;</script>"#).to_string(),
            "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/script&gt;"
        );
        assert_eq!(
            Text("a\x1b[2J\u{202e}b\u{200b}\r\n\t\0é𝄞").to_string(),
            "a\\x1b[2J\\u{202e}b\\u{200b}\\r\\n\\t\\x00é𝄞"
        );
        assert_eq!(Text("##vso[x] ::error::").to_string(), "#&#35;vso[x] :&#58;error:&#58;");
    }

    #[test]
    fn only_plain_addresses_of_the_web_are_links() {
        for good in ["https://sonar.example.com/a?b=c&d#e", "https://[::1]:9000/x"] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " https://a",
            "data:text/html,x",
            "http://a/",
            "https://",
            "https:///x",
            "https://good.example@evil.example/",
            "https://gооd.example/",
            "https://a/\u{202e}x",
            "https://a/x y",
            "https://a/\"onclick=",
            "https://$SONAR_HOST_URL/x",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
        let link = text(|out| write_address("https://a.example/?b&c", out));
        assert!(link.starts_with(r#"<a href="https://a.example/?b&amp;c" "#), "{link}");
        assert_eq!(text(|out| write_address("javascript:x", out)), "<code>javascript:x</code>");
    }

    #[test]
    fn a_token_is_marked_wherever_the_line_has_it() {
        let line = text(|out| write_marked("\ta=squ_…67b8 <i> squ_…67b8", "squ_…67b8", out));
        assert_eq!(line, "    a=<mark>squ_…67b8</mark> &lt;i&gt; <mark>squ_…67b8</mark>");
        assert_eq!(text(|out| write_marked("a", "b", out)), "a");
        assert_eq!(text(|out| write_lines("a\n<b>\n", out)), "a\n&lt;b&gt;");
    }
}
