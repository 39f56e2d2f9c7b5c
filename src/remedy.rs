//! What to do now: the steps, the page, the exact command without the secret, and the proof.

use serde::{Deserialize, Serialize};

/// A remedy with the slots that could be filled already filled.
///
/// A word of a command may hold `$NAME`, an environment variable that the reader sets: it is
/// how a credential gets into a command without being printed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The page where a person revokes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// What to do, in order, each one sentence.
    pub steps: Vec<String>,
    /// The command that revokes it, as words. Empty where the service has none.
    pub command: Vec<String>,
    /// The command that proves it dead, as words.
    pub prove: Vec<String>,
    /// What the proof prints once the token is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved_by: Option<String>,
}

/// Renders a command's words for a POSIX shell: `$NAME` stays a variable, everything else is
/// quoted where the shell would read it as more than text.
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !holds_variable(word) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("\"");
    for (at, c) in word.char_indices() {
        let escape = matches!(c, '"' | '\\' | '`') || (c == '$' && variable_at(word, at).is_none());
        if escape {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

fn holds_variable(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| variable_at(word, at).is_some())
}

/// The name after a `$` at byte `at`, where it is one of ours: upper case, two letters or more.
fn variable_at(word: &str, at: usize) -> Option<&str> {
    let rest = &word[at + 1..];
    let len = rest.bytes().take_while(|b| b.is_ascii_uppercase() || *b == b'_').count();
    (len >= 2).then(|| &rest[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> String {
        shell_line(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn variables_stay_and_everything_else_is_text() {
        assert_eq!(
            line(&["curl", "-u", "$SONAR_ADMIN_TOKEN:", "login=a b'c", "name=$(id)"]),
            r#"curl -u "$SONAR_ADMIN_TOKEN:" 'login=a b'\''c' 'name=$(id)'"#
        );
        assert_eq!(line(&["$SONAR_HOST_URL/x?`id`$1"]), r#""$SONAR_HOST_URL/x?\`id\`\$1""#);
    }
}
