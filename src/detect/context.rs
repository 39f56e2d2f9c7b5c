//! Which keys hold a value: the one it is assigned to, and where that one is as general as
//! `value`, the name that stands beside it.

use crate::detect::gap::{self, Step, is_key};
use crate::detect::statement::{line_end, line_start};
use crate::rule::key::Key;

/// How far left of a value its key may begin.
const REACH: usize = 512;
/// How far from a general key its name may stand, to either side.
const SIBLING: usize = 512;

/// Keys that say nothing themselves: a name stands beside them.
const GENERAL: [&str; 7] = ["value", "val", "default", "content", "text", "string", "data"];
/// Keys whose value is such a name.
const NAMES: [&str; 6] = ["name", "key", "variable", "id", "property", "env"];
/// Words between a key and its value that are neither.
const CONNECTORS: [&str; 8] = ["or", "to", "is", "as", "bearer", "basic", "token", "default"];

/// The keys that hold `bytes[start..]`, nearest first.
pub(super) fn keys(bytes: &[u8], start: usize) -> Vec<Key> {
    let floor = start.saturating_sub(REACH);
    let mut keys = Vec::new();
    let mut at = start;
    // A connector or a fallback leads on to one more key, and that to no third.
    for _ in 0..3 {
        let Some(found) = gap::step(bytes, floor, at) else { break };
        let text = String::from_utf8_lossy(&bytes[found.start..found.end]).into_owned();
        let key = Key::new(text.trim_end_matches(['.', '$']));
        if found.separator.is_empty() && !found.apart && found.open.is_none() {
            break;
        }
        if found.separator == b">" {
            keys.extend(tag_names(bytes, floor, found.end));
        }
        let word = text.to_ascii_lowercase();
        let general = GENERAL.contains(&key.words.last().map_or("", String::as_str));
        let leads_on = leads_on(&found, &word);
        keys.push(key);
        if general {
            keys.extend(sibling(bytes, found.start, start));
        }
        if !leads_on {
            break;
        }
        at = found.start;
    }
    keys
}

fn leads_on(step: &Step, word: &str) -> bool {
    let fallback = matches!(step.separator.as_slice(), b"||" | b"??" | b"?:");
    fallback || step.separator.is_empty() && CONNECTORS.contains(&word)
}

/// The names in the tag that ends at `end`: `<Property Name="K">` holds K, and its element.
fn tag_names(bytes: &[u8], floor: usize, end: usize) -> Vec<Key> {
    let Some(open) = memchr::memrchr(b'<', &bytes[floor..end]) else { return Vec::new() };
    let tag = &bytes[floor + open + 1..end];
    let element = tag.iter().take_while(|byte| is_key(**byte)).count();
    let mut keys = vec![Key::new(&String::from_utf8_lossy(&tag[..element]))];
    keys.extend(named(tag, 0));
    keys
}

/// The name that stands beside a general key: in the same braces, tag or list item.
fn sibling(bytes: &[u8], key_start: usize, value: usize) -> Vec<Key> {
    let (from, header) = block_start(bytes, key_start);
    let to = block_end(bytes, value);
    let before = named(&bytes[from..key_start], 0);
    if !before.is_empty() {
        return before;
    }
    let after = named(&bytes[value..to], 1);
    if !after.is_empty() {
        return after;
    }
    header
        .and_then(|brace| gap::step(bytes, from.saturating_sub(SIBLING), brace))
        .map(|step| Key::new(&String::from_utf8_lossy(&bytes[step.start..step.end])))
        .into_iter()
        .collect()
}

/// Where the braces, tag or list item around `at` begins; and the brace, if it is one.
fn block_start(bytes: &[u8], at: usize) -> (usize, Option<usize>) {
    let floor = at.saturating_sub(SIBLING);
    let mut depth = 0;
    for here in (floor..at).rev() {
        match bytes[here] {
            b'}' => depth += 1,
            b'{' if depth == 0 => return (here + 1, Some(here)),
            b'{' => depth -= 1,
            b'-' if starts_item(bytes, floor, here) => return (here, None),
            _ => {}
        }
    }
    (line_before(bytes, floor, at), None)
}

/// Where the braces or list item around `at` end.
fn block_end(bytes: &[u8], at: usize) -> usize {
    let roof = bytes.len().min(at + SIBLING);
    let mut depth = 0;
    for here in at..roof {
        match bytes[here] {
            b'{' => depth += 1,
            b'}' if depth == 0 => return here,
            b'}' => depth -= 1,
            b'-' if starts_item(bytes, at, here) && here > at => return here,
            _ => {}
        }
    }
    let line = line_end(bytes, roof, at);
    line_end(bytes, roof, (line + 1).min(roof))
}

/// Two lines up: XML and properties without braces keep name and value together.
fn line_before(bytes: &[u8], floor: usize, at: usize) -> usize {
    let line = line_start(bytes, floor, at);
    line_start(bytes, floor, line.saturating_sub(1).max(floor))
}

/// Whether the dash at `at` opens an item of a YAML list.
fn starts_item(bytes: &[u8], floor: usize, at: usize) -> bool {
    let line = line_start(bytes, floor, at);
    let first = bytes[line..at].iter().all(|byte| matches!(byte, b' ' | b'\t'));
    first && bytes.get(at + 1) == Some(&b' ') && (line > floor || floor == 0)
}

/// The values of `name`, `key`, `variable` … in `text`: the last one, or the first if `order`
/// is 1, as the nearest to the value between them.
fn named(text: &[u8], order: usize) -> Vec<Key> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let len = text[at..].iter().take_while(|byte| is_key(**byte)).count();
        if len == 0 {
            at += 1;
            continue;
        }
        let word = Key::new(&String::from_utf8_lossy(&text[at..at + len]));
        at += len;
        if NAMES.contains(&word.words.last().map_or("", String::as_str)) {
            found.extend(value_after(&text[at..]));
        }
    }
    let nearest = if order == 1 { found.into_iter().next() } else { found.pop() };
    nearest.into_iter().collect()
}

/// The key-like value that follows a name's separator.
fn value_after(rest: &[u8]) -> Option<Key> {
    let gap = rest.iter().take_while(|byte| b"\"'\\ \t=:>".contains(byte)).count();
    let separated = rest[..gap].iter().any(|byte| b"=:>".contains(byte));
    let value = &rest[gap..];
    let len = value.iter().take(128).take_while(|byte| is_key(**byte)).count();
    (separated && gap <= 16 && len > 0).then(|| Key::new(&String::from_utf8_lossy(&value[..len])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> bool {
        let at = text.find('@').expect("a value in the sample");
        let wanted = Key::new("SONAR_TOKEN").words;
        keys(text.as_bytes(), at).iter().any(|key| key.words.windows(2).any(|pair| pair == wanted))
    }

    #[test]
    fn every_language_assigns() {
        for text in [
            "sonar.token=@",
            "export SONAR_TOKEN=@",
            "SONAR_TOKEN: \"@\"",
            "{\"sonarToken\": \"@\"}",
            "<sonar.token>@</sonar.token>",
            "<Property Name=\"sonar.token\">@</Property>",
            "<property name=\"sonar.token\" secure=\"true\">@</property>",
            "<property name=\"sonar.token\" value=\"@\"/>",
            "<env value=\"@\" key=\"SONAR_TOKEN\"/>",
            "<name>sonar.token</name>\n  <value>@</value>",
            "setx \"SONAR_TOKEN\" \"@\"",
            "$env:SONAR_TOKEN = \"@\"",
            "[Environment]::SetEnvironmentVariable(\"SONAR_TOKEN\", \"@\")",
            "ENV SONAR_TOKEN @",
            "ENV SONAR_TOKEN=@",
            "SONAR_TOKEN ?= @",
            "property \"sonar.token\", \"@\"",
            "\"sonar.token\" to \"@\"",
            "os.environ[\"SONAR_TOKEN\"] = '@'",
            "os.getenv('SONAR_TOKEN', '@')",
            "x = os.getenv(\"SONAR_TOKEN\") or \"@\"",
            "a: process.env.SONAR_TOKEN || '@'",
            "SONAR_TOKEN: process.env.OTHER || '@'",
            "var t = Get(\"SONAR_TOKEN\") ?? \"@\";",
            "${SONAR_TOKEN:-@}",
            "docker run -e SONAR_TOKEN=@ x",
            "mvn -Dsonar.token=@",
            "begin /d:sonar.token=\"@\"",
            "'--sonar-token', '@'",
            "- name: SONAR_TOKEN\n  value: @",
            "- value: @\n  name: SONAR_TOKEN\n- name: OTHER\n  value: x",
            "{\"key\":\"sonar.token\",\"value\":\"@\"}",
            "{\"value\":\"@\",\"key\":\"sonar.token\"}",
            "  name  = \"sonar.token\"\n  value = \"@\"",
            "variable \"sonar_token\" {\n  default = \"@\"",
            "sonarToken: >-\n    @",
            "builder.sonarToken(\"@\")",
            "'Sonar-Token: @'",
            "Sonar-Token: Bearer @",
            "?sonar-token=@",
            "SONAR_TOKEN=\\\n  @",
        ] {
            assert!(held(text), "{text}");
        }
    }

    #[test]
    fn other_keys_do_not() {
        for text in [
            "sonar.token=x @",
            "SONAR_TOKEN=\nOTHER=@",
            "SONAR_TOKEN\n@",
            "- name: SONAR_TOKEN\n  value: x\n- name: OTHER\n  value: @",
            "{\"key\":\"sonar.token\"},{\"key\":\"x\",\"value\":\"@\"}",
            "<name>sonar.token</name>\n<a/>\n<b/>\n<value>@</value>",
            "SONAR_TOKEN; @",
        ] {
            assert!(!held(text), "{text}");
        }
    }
}
