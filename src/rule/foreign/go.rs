//! Regular expressions as Go's library reads them, compiled by ours.
//!
//! Both are descendants of RE2 and differ in little: Go takes a brace that begins no repeat, a
//! bracket in a class and `\<` for themselves, and its `\w`, `\s`, `\d` and `\b` know ASCII only
//! (<https://pkg.go.dev/regexp/syntax>).

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Automata larger than this many bytes are refused: the largest of the 600 rules that other
/// scanners ship takes a tenth of it.
const LARGEST: usize = 32 << 20;

/// Compiles one expression.
pub(super) fn regex(pattern: &str) -> Result<Regex, String> {
    let ours = translated(pattern);
    let build = |unicode| RegexBuilder::new(&ours).unicode(unicode).size_limit(LARGEST).build();
    // Classes such as `\pL` and letters beyond ASCII in a class need Unicode.
    build(false).or_else(|_| build(true)).map_err(|error| brief(&error))
}

/// Compiles several, to ask whether any matches.
pub(super) fn set(patterns: &[String]) -> Result<RegexSet, String> {
    let ours: Vec<String> = patterns.iter().map(|pattern| translated(pattern)).collect();
    let build = |unicode| RegexSetBuilder::new(&ours).unicode(unicode).size_limit(LARGEST).build();
    build(false).or_else(|_| build(true)).map_err(|error| brief(&error))
}

/// The last line of an error, which is its reason; the lines before it point into the pattern.
fn brief(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// The same expression in our syntax.
fn translated(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let (mut out, mut at, mut class) = (String::with_capacity(pattern.len()), 0, false);
    while at < chars.len() {
        let rest = &chars[at..];
        let taken = match (rest, class) {
            (['\\', 'Q', quoted @ ..], _) => quote(quoted, &mut out) + 2,
            (['\\', angle @ ('<' | '>'), ..], _) => put(&mut out, &angle.to_string(), 2),
            (['\\', escaped, ..], _) => put(&mut out, &format!("\\{escaped}"), 2),
            (['[', '^', ']', ..], false) => {
                class = true;
                put(&mut out, "[^\\]", 3)
            }
            (['[', ']', ..], false) => {
                class = true;
                put(&mut out, "[\\]", 2)
            }
            (['[', ..], false) => {
                class = true;
                put(&mut out, "[", 1)
            }
            (['[', ':', ..], true) => named(rest, &mut out),
            (['[', ..], true) => put(&mut out, "\\[", 1),
            ([']', ..], true) => {
                class = false;
                put(&mut out, "]", 1)
            }
            ([one @ ('&' | '~'), ..], true) => put(&mut out, &format!("\\{one}"), 1),
            (['-', '-', ..], true) => put(&mut out, "\\-", 1),
            (['{', ..], false) if !is_repeat(rest) => put(&mut out, "\\{", 1),
            ([one, ..], _) => put(&mut out, &one.to_string(), 1),
            ([], _) => break,
        };
        at += taken;
    }
    out
}

/// Writes `text` for `taken` characters.
fn put(out: &mut String, text: &str, taken: usize) -> usize {
    out.push_str(text);
    taken
}

/// Text between `\Q` and `\E`, which stands for itself.
fn quote(rest: &[char], out: &mut String) -> usize {
    let end = rest.windows(2).position(|pair| pair == ['\\', 'E']);
    let text: String = rest[..end.unwrap_or(rest.len())].iter().collect();
    out.push_str(&regex::escape(&text));
    end.map_or(rest.len(), |end| end + 2)
}

/// A class with a name inside a class: `[:alpha:]`. Without its end, the bracket is one.
fn named(rest: &[char], out: &mut String) -> usize {
    match rest.windows(2).position(|pair| pair == [':', ']']).filter(|end| *end > 1) {
        Some(end) => put(out, &rest[..end + 2].iter().collect::<String>(), end + 2),
        None => put(out, "\\[", 1),
    }
}

/// Whether a brace begins a repeat: `{2}`, `{2,}`, `{2,5}`.
fn is_repeat(rest: &[char]) -> bool {
    let inner: String = rest[1..].iter().take_while(|one| **one != '}').collect();
    let closed = rest.len() > inner.chars().count() + 1;
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    closed && !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_takes_for_itself_is_taken_for_itself() {
        let pairs: [(&str, &[u8], bool); 12] = [
            (r"^\${(?:[A-Z_]+)}$", b"${HOME}", true),
            (r"{{[^}]+}}", b"{{ x }}", true),
            (r"^a{2}$", b"aa", true),
            (r"^a{,2}$", b"a{,2}", true),
            (r"^[[a]$", b"[", true),
            (r"^[^]]$", b"]", false),
            (r"^[]a]+$", b"]a", true),
            (r"^[[:alpha:]]+$", b"ab", true),
            (r"^[&&~]+$", b"&~", true),
            (r"^\Qa.b\E.$", b"a.bc", true),
            (r"^\<p\>$", b"<p>", true),
            (r"^\w$", "é".as_bytes(), false),
        ];
        for (pattern, text, matches) in pairs {
            let regex = regex(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
            assert_eq!(regex.is_match(text), matches, "{pattern}");
        }
        assert!(regex(r"\pL").is_ok_and(|regex| regex.is_match("é".as_bytes())));
        assert!(set(&["a".to_owned(), "b{1,".to_owned()]).is_ok_and(|set| set.is_match(b"b{1,")));
        let why = regex("(").expect_err("no expression");
        assert!(why.contains("unclosed"), "{why}");
    }
}
