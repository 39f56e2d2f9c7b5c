//! Properties: `sonar-project.properties`, `gradle.properties`, `.env`.

use super::event::{Sink, What};
use super::reference::shell_names;

pub(super) const NAME: &str = "properties";

pub(super) fn read(sink: &mut Sink<'_>, text: &str) {
    for (line, key, value) in entries(text) {
        sink.about(line, &[], &key, &value);
        if sink.is_name(&key) {
            for name in shell_names(&value) {
                let what = What::Variable { name, held_by: Some(key.clone()) };
                sink.add(line, &[], what);
            }
        }
    }
}

/// Lines, keys and values by the rules of Java: a backslash at the end goes on, the first `=`, `:` or
/// space ends the key.
/// <https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html#load-java.io.Reader->
pub(super) fn entries(text: &str) -> Vec<(u64, String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(u64, String)> = None;
    for (at, raw) in text.lines().enumerate() {
        let trimmed = raw.trim_start();
        if open.is_none() && (trimmed.is_empty() || trimmed.starts_with(['#', '!'])) {
            continue;
        }
        let (line, mut whole) = open.take().unwrap_or((at as u64 + 1, String::new()));
        whole.push_str(trimmed);
        let slashes = whole.chars().rev().take_while(|c| *c == '\\').count();
        if slashes % 2 == 1 {
            whole.pop();
            open = Some((line, whole));
            continue;
        }
        found.extend(entry(line, &whole));
    }
    found.extend(open.and_then(|(line, whole)| entry(line, &whole)));
    found
}

fn entry(line: u64, text: &str) -> Option<(u64, String, String)> {
    let mut escaped = false;
    let end = text.find(|c: char| {
        let ends = !escaped && (c == '=' || c == ':' || c.is_whitespace());
        escaped = !escaped && c == '\\';
        ends
    })?;
    let value = text[end..].trim_start().trim_start_matches(['=', ':']).trim();
    let plain = |text: &str| text.replace("\\:", ":").replace("\\=", "=").replace("\\ ", " ");
    let key = plain(text[..end].trim_start_matches("export "));
    Some((line, key, plain(value).trim_matches('"').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_and_lines_go_on_as_in_java() {
        let text = "# c\n a.b : x\nc=1\\\n  2\nd\\:e=f\\\\\nkey value\n\n! no\n";
        let found = entries(text);
        let shown: Vec<(u64, &str, &str)> =
            found.iter().map(|(line, key, value)| (*line, key.as_str(), value.as_str())).collect();
        assert_eq!(
            shown,
            [(2, "a.b", "x"), (3, "c", "12"), (5, "d:e", "f\\\\"), (6, "key", "value")]
        );
    }
}
