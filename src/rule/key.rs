//! Keys compared as words: `MY_SONAR_TOKEN`, `sonar.token` and `sonarToken` hold the same two.

/// A key pattern of a rule file: `sonar* token` is a run of words that must stand side by side
/// in a key, `*` any characters within one word; `=token` is a key with no other word in it;
/// `-t` or `/k:` (with a dash or a slash) is that very flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPattern {
    Flag(String),
    Whole(Vec<String>),
    Words(Vec<String>),
}

/// Words that stand in every other file: none of them says which service a value is for.
const COMMON: [&str; 9] =
    ["token", "login", "password", "username", "secret", "access", "auth", "authorization", "name"];

impl KeyPattern {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with(['-', '/']) {
            return Ok(Self::Flag(text.to_owned()));
        }
        let (text, whole) = text.strip_prefix('=').map_or((text, false), |text| (text, true));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " *".contains(c);
        if text.trim().is_empty() || !text.chars().all(plain) {
            return Err(format!("`{text}`: a key is lower-case words with spaces between"));
        }
        let words = text.split_whitespace().map(str::to_owned).collect();
        Ok(if whole { Self::Whole(words) } else { Self::Words(words) })
    }

    /// Whether a key holds it.
    pub fn matches(&self, key: &Key) -> bool {
        match self {
            Self::Flag(flag) => key.flag == *flag,
            Self::Whole(words) => key.words.len() == words.len() && all_match(words, &key.words),
            Self::Words(words) => {
                key.words.windows(words.len()).any(|window| all_match(words, window))
            }
        }
    }

    /// Whether it names this very word.
    pub fn names(&self, word: &str) -> bool {
        match self {
            Self::Flag(_) => false,
            Self::Whole(words) | Self::Words(words) => words.iter().any(|own| own == word),
        }
    }

    /// Texts of which each key with this pattern holds one, and that are not in every other file:
    /// what a cheap search can look for. The longest word is one. Of a pattern without a long one,
    /// such as `dd api key`, they are the words as keys join them.
    pub fn literals(&self) -> Vec<String> {
        let (Self::Words(words) | Self::Whole(words)) = self else { return Vec::new() };
        let parts = words.iter().flat_map(|word| word.split('*'));
        let rare = parts.filter(|part| part.len() >= 4 && !COMMON.contains(part));
        if let Some(longest) = rare.rev().max_by_key(|part| part.len()) {
            return vec![longest.to_owned()];
        }
        let plain = words.iter().all(|word| !word.contains('*'));
        let telling = words.iter().filter(|word| !COMMON.contains(&word.as_str())).count();
        if !plain || telling == 0 || words.len() < 3 && telling < 2 || words.concat().len() < 6 {
            return Vec::new();
        }
        let mut joined = ["_", "-", "", "."].map(|sign| words.join(sign)).to_vec();
        let capital = |word: &String| word[..1].to_ascii_uppercase() + &word[1..];
        joined.push(words[0].clone() + &words[1..].iter().map(capital).collect::<String>());
        joined
    }
}

/// A key as written in the text, and its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// `-t`, `--token`; empty when the key is no flag.
    pub flag: String,
    /// In lower case.
    pub words: Vec<String>,
}

impl Key {
    /// Splits a key at punctuation and where camel case begins a word.
    ///
    /// `-Dsonar.login` is Java's way to set `sonar.login`: the `D` is no part of a word.
    pub fn new(text: &str) -> Self {
        let flag = if text.starts_with(['-', '/']) { text.to_owned() } else { String::new() };
        let name = text.strip_prefix("-D").unwrap_or(text);
        let mut words = Vec::new();
        for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
            split_camel(part, &mut words);
        }
        Self { flag, words }
    }

    /// Whether any word is `word`.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }
}

fn split_camel(part: &str, words: &mut Vec<String>) {
    let bytes = part.as_bytes();
    let mut from = 0;
    for at in 1..bytes.len() {
        let hump = bytes[at].is_ascii_uppercase()
            && (bytes[at - 1].is_ascii_lowercase()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if hump {
            words.push(part[from..at].to_ascii_lowercase());
            from = at;
        }
    }
    if from < part.len() {
        words.push(part[from..].to_ascii_lowercase());
    }
}

fn all_match(patterns: &[String], words: &[String]) -> bool {
    words.iter().zip(patterns).all(|(word, pattern)| glob(pattern, word))
}

/// Whether `*` in `pattern` can stand for something that makes it `word`.
fn glob(pattern: &str, word: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == word,
        Some((head, tail)) => word.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|skip| rest.is_char_boundary(skip) && glob(tail, &rest[skip..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(pattern: &str, key: &str) -> bool {
        KeyPattern::parse(pattern).expect("a key pattern").matches(&Key::new(key))
    }

    #[test]
    fn words_match_in_every_spelling() {
        for key in [
            "SONAR_TOKEN",
            "MY_SONAR_TOKEN_PROD",
            "sonarToken",
            "systemProp.sonar.token",
            "-Dsonar.token",
            "SONARQUBE_TOKEN",
            "process.env.SONAR_TOKEN",
            "setSonarToken",
            "--sonar-token",
        ] {
            assert!(holds("sonar* token", key), "{key}");
        }
        assert!(holds("sonar* * token", "SonarQubeToken"));
        assert!(holds("sonar*token", "sonarqubetoken"));
        assert!(!holds("sonar* token", "sonar.projectKey"));
        assert!(!holds("sonar* token", "token_sonar"));
        assert!(!holds("sonar* token", "SONAR_X_TOKEN"));
    }

    #[test]
    fn a_flag_is_compared_whole() {
        assert!(holds("-t", "-t"));
        assert!(!holds("-t", "--t"));
        assert!(!holds("-t", "t"));
        assert!(holds("=token", "--token") && !holds("=token", "OTHER_TOKEN"));
    }

    #[test]
    fn acronyms_are_words() {
        assert_eq!(Key::new("myAPIKey2").words, ["my", "api", "key2"]);
    }

    #[test]
    fn the_longest_literal_is_looked_for() {
        let literals = |text| KeyPattern::parse(text).expect("a key").literals();
        assert_eq!(literals("sonar* token"), ["sonar"]);
        assert_eq!(literals("admin initial api token"), ["initial"]);
        assert_eq!(
            literals("dd api key"),
            ["dd_api_key", "dd-api-key", "ddapikey", "dd.api.key", "ddApiKey"]
        );
        assert!(
            ["-t", "=access token", "=token", "=api token", "* key"]
                .iter()
                .all(|it| literals(it).is_empty())
        );
    }
}
