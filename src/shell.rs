//! Commands as people paste them: words become a line that a shell reads back as the same words.

/// A shell that a command is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// Bash, zsh and every other POSIX shell.
    Bash,
    /// PowerShell on Windows, where curl is curl.exe and nothing is written to NUL.
    #[value(name = "powershell")]
    PowerShell,
}

/// What PowerShell takes for an apostrophe: typographic ones, too.
const SINGLE: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
/// What it takes for a quotation mark.
const DOUBLE: [char; 4] = ['"', '\u{201c}', '\u{201d}', '\u{201e}'];

impl Shell {
    /// The one that people use on such a machine.
    pub fn here() -> Self {
        if cfg!(windows) { Self::PowerShell } else { Self::Bash }
    }

    /// Renders a command's words: `$NAME` stays a variable of the environment, everything else is
    /// quoted where the shell would read it as more than text.
    pub fn line(self, words: &[String]) -> String {
        let word = |word: &String| match self {
            Self::Bash => bash_word(word),
            Self::PowerShell => powershell_word(windows_name(word)),
        };
        words.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// The line that reads a variable without its being seen, or kept in the shell's history.
    pub fn ask_for(self, variable: &str) -> String {
        match self {
            Self::Bash => format!("read -rs {variable} && export {variable}"),
            Self::PowerShell => format!(
                "$env:{variable} = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password"
            ),
        }
    }
}

/// The variables in a command's words, each once, in their order.
pub fn variables(words: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for word in words {
        for (at, _) in word.match_indices('$') {
            names.extend(variable_at(word, at).filter(|name| !names.contains(name)));
        }
    }
    names
}

fn bash_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !holds_variable(word) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("\"");
    for (at, c) in word.char_indices() {
        match c {
            // In a shell that a person types to it calls up an earlier command, even in quotes.
            '!' => quoted.push_str("\"'!'\""),
            '"' | '\\' | '`' => quoted.extend(['\\', c]),
            '$' if variable_at(word, at).is_none() => quoted.push_str("\\$"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What a word of a command is called on Windows.
fn windows_name(word: &str) -> &str {
    match word {
        "curl" => "curl.exe",
        "/dev/null" => "NUL",
        word => word,
    }
}

fn powershell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !holds_variable(word) {
        let twice = |c: char| if SINGLE.contains(&c) { vec![c, c] } else { vec![c] };
        return format!("'{}'", word.chars().flat_map(twice).collect::<String>());
    }
    let mut quoted = String::from("\"");
    let mut skip = 0;
    for (at, c) in word.char_indices() {
        if at < skip {
            continue;
        }
        match variable_at(word, at).filter(|_| c == '$') {
            Some(name) => {
                quoted.extend(["${env:", name, "}"]);
                skip = at + 1 + name.len();
            }
            None if c == '`' || c == '$' || DOUBLE.contains(&c) => quoted.extend(['`', c]),
            None => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn holds_variable(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| variable_at(word, at).is_some())
}

/// The name after a `$` at byte `at`, where it is one of ours: upper case, two letters or more.
fn variable_at(word: &str, at: usize) -> Option<&str> {
    let rest = word.get(at + 1..)?;
    let len = rest.bytes().take_while(|b| b.is_ascii_uppercase() || *b == b'_').count();
    (len >= 2).then(|| &rest[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn variables_stay_and_everything_else_is_text() {
        let line = |all: &[&str]| Shell::Bash.line(&words(all));
        assert_eq!(
            line(&["curl", "-u", "$SONAR_ADMIN_TOKEN:", "login=a b'c", "name=$(id)"]),
            r#"curl -u "$SONAR_ADMIN_TOKEN:" 'login=a b'\''c' 'name=$(id)'"#
        );
        assert_eq!(line(&["$SONAR_HOST_URL/x?`id`$1"]), r#""$SONAR_HOST_URL/x?\`id\`\$1""#);
        assert_eq!(line(&["a!b:$LEAKED_TOKEN"]), r#""a"'!'"b:$LEAKED_TOKEN""#);
    }

    #[test]
    fn powershell_has_its_own_quotes_and_variables() {
        let line = |all: &[&str]| Shell::PowerShell.line(&words(all));
        assert_eq!(
            line(&["curl", "-o", "/dev/null", "-u", "$JENKINS_USER:$JENKINS_TOKEN", "name=it's"]),
            r#"curl.exe -o NUL -u "${env:JENKINS_USER}:${env:JENKINS_TOKEN}" 'name=it''s'"#
        );
        assert_eq!(line(&["a,b", "@x", "$5"]), "'a,b' '@x' '$5'");
        assert_eq!(line(&["\u{2019}; x \u{201d}"]), "'\u{2019}\u{2019}; x \u{201d}'");
        assert_eq!(
            line(&["\u{201d}`\"$(id) $LEAKED_TOKEN"]),
            "\"`\u{201d}```\"`$(id) ${env:LEAKED_TOKEN}\""
        );
    }

    #[test]
    fn variables_are_named_once() {
        let all = words(&["-u", "$JENKINS_USER:$JENKINS_TOKEN", "$JENKINS_USER", "$1"]);
        assert_eq!(variables(&all), ["JENKINS_USER", "JENKINS_TOKEN"]);
    }
}
