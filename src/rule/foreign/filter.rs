//! The filters of betterleaks, as far as they say what checks can: conditions that are joined by
//! `||`, each about the entropy, an expression or words, of the secret, its line or its path
//! (docs/config.md of betterleaks/betterleaks). Of the 309 filters that betterleaks ships 308 are
//! like that. Whatever else one says is refused, so that its rule is named and not run otherwise
//! than its author meant.

use super::allow::{Check, Target};
use super::compile::words;
use super::go;

/// One word of a filter.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

/// Longest first: `<=` is not `<`.
const SIGNS: [&str; 12] = ["||", "&&", "??", "<=", "<", "!", "(", ")", "[", "]", ",", "="];

/// Reads a filter: what it discards holds one of these.
pub(super) fn parse(text: &str) -> Result<Vec<Check>, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens };
    let checks = reader.any()?;
    match reader.tokens.first() {
        None => Ok(checks),
        Some(token) => Err(refused(Some(token))),
    }
}

fn refused(token: Option<&Token>) -> String {
    let what = match token {
        Some(Token::Name(name)) => format!("`{name}`"),
        Some(Token::Text(_)) => "a text".to_owned(),
        Some(Token::Number(number)) => format!("`{number}`"),
        Some(Token::Sign(sign)) => format!("`{sign}`"),
        None => "its end".to_owned(),
    };
    format!("its filter says more than squelch can check: {what}")
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (read, taken) = if first == '"' || first == '`' {
            quoted(rest, first).ok_or("its filter has a text without an end")?
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            word(rest)
                .ok_or_else(|| format!("its filter has a `{first}`, which squelch cannot read"))?
        };
        tokens.push(read);
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

fn word(rest: &str) -> Option<(Token, usize)> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let word = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
    let token = word.parse().map_or_else(|_| Token::Name(word.to_owned()), Token::Number);
    (!word.is_empty()).then_some((token, word.len()))
}

/// A text in quotes, of which only those of the first kind know escapes.
fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, one)) = chars.next() {
        match one {
            '\\' if quote == '"' => text.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            _ if one == quote => return Some((Token::Text(text), at + 1)),
            _ => text.push(one),
        }
    }
    None
}

/// What a condition is about.
enum About {
    Content(Target),
    Path,
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn any(&mut self) -> Result<Vec<Check>, String> {
        let mut checks = self.one()?;
        while self.eat("||") {
            checks.extend(self.one()?);
        }
        Ok(checks)
    }

    fn one(&mut self) -> Result<Vec<Check>, String> {
        if self.eat("(") {
            let checks = self.any()?;
            self.expect(")")?;
            return Ok(checks);
        }
        let none = self.eat("!");
        let name = self.name()?;
        let check = match name.strip_prefix("filter.").unwrap_or(&name) {
            "entropy" if !none => self.entropy()?,
            "matchesAny" => self.matches(none)?,
            "containsAny" if !none => self.contains()?,
            _ => return Err(refused(Some(&Token::Name(name)))),
        };
        Ok(vec![check])
    }

    fn entropy(&mut self) -> Result<Check, String> {
        self.expect("(")?;
        let About::Content(Target::Secret) = self.about()? else { return Err(refused(None)) };
        self.expect(")")?;
        let below = match self.next() {
            Some(Token::Sign("<=")) => false,
            Some(Token::Sign("<")) => true,
            other => return Err(refused(other)),
        };
        match self.next() {
            Some(Token::Number(most)) => Ok(Check::Entropy { most: *most, below }),
            other => Err(refused(other)),
        }
    }

    fn matches(&mut self, none: bool) -> Result<Check, String> {
        let (about, patterns) = self.about_list()?;
        let set = go::set(&patterns)?;
        match about {
            About::Content(target) => Ok(Check::Regex { target, set, none }),
            About::Path if !none => Ok(Check::Path(set)),
            About::Path => Err(refused(Some(&Token::Sign("!")))),
        }
    }

    fn contains(&mut self) -> Result<Check, String> {
        match self.about_list()? {
            (About::Content(target), list) => Ok(Check::Words { target, words: words(&list)? }),
            (About::Path, list) => {
                let literal: Vec<String> =
                    list.iter().map(|word| format!("(?i){}", regex::escape(word))).collect();
                go::set(&literal).map(Check::Path)
            }
        }
    }

    /// What a call is about, and its list of texts.
    fn about_list(&mut self) -> Result<(About, Vec<String>), String> {
        self.expect("(")?;
        let about = self.about()?;
        self.expect(",")?;
        self.expect("[")?;
        let mut list = Vec::new();
        while !self.eat("]") {
            list.push(self.text()?);
            self.eat(",");
        }
        self.expect(")")?;
        Ok((about, list))
    }

    fn about(&mut self) -> Result<About, String> {
        if self.eat("(") {
            let about = self.about()?;
            self.expect(")")?;
            return Ok(about);
        }
        let name = self.name()?;
        match name.as_str() {
            "finding" => {
                self.expect("[")?;
                let target = match self.text()?.as_str() {
                    "secret" => Target::Secret,
                    "match" => Target::Match,
                    "line" => Target::Line,
                    _ => return Err(refused(Some(&Token::Name(name)))),
                };
                self.expect("]")?;
                Ok(About::Content(target))
            }
            "attributes" => {
                self.expect("[")?;
                self.path()?;
                self.expect("]")?;
                if self.eat("??") {
                    self.text()?;
                }
                Ok(About::Path)
            }
            "get" => {
                self.expect("(")?;
                if self.name()? != "attributes" {
                    return Err(refused(Some(&Token::Name(name))));
                }
                self.expect(",")?;
                self.path()?;
                self.expect(",")?;
                self.text()?;
                self.expect(")")?;
                Ok(About::Path)
            }
            _ => Err(refused(Some(&Token::Name(name)))),
        }
    }

    /// Of the attributes of a place only the path is known here.
    fn path(&mut self) -> Result<(), String> {
        match self.text()?.as_str() {
            "path" => Ok(()),
            other => Err(refused(Some(&Token::Name(other.to_owned())))),
        }
    }

    fn next(&mut self) -> Option<&Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.tokens.first(), Some(Token::Sign(own)) if *own == sign);
        if is_it {
            self.tokens = &self.tokens[1..];
        }
        is_it
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(refused(self.tokens.first())) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name.clone()),
            other => Err(refused(other)),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text.clone()),
            other => Err(refused(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::allow::{Allow, Content, Passes};
    use super::*;

    fn passes(filter: &str, secret: &str) -> Passes {
        let checks = parse(filter).unwrap_or_else(|why| panic!("{filter}: {why}"));
        let bytes = secret.as_bytes();
        Allow::any(checks).content(&Content { secret: bytes, whole: bytes, line: bytes })
    }

    #[test]
    fn conditions_hold_one_by_one() {
        let filter = "filter.entropy(finding[\"secret\"]) < 2.0\n|| !filter.matchesAny(finding[\"secret\"], \
                      [`[0-9]`, \"x\\\\d\"])\n|| (containsAny(finding['line'], [\"fake\"]))";
        let filter = filter.replace('\'', "\"");
        assert_eq!(passes(&filter, "aaaaaaa1"), Passes::Yes, "too little entropy");
        assert_eq!(passes(&filter, "abcdefgh"), Passes::Yes, "no digit");
        assert_eq!(passes(&filter, "abcdefg1"), Passes::No);
        assert_eq!(passes(&filter, "abcFAKE1"), Passes::Yes, "a word, in any case");
        for path in [r#"get(attributes, "path", "")"#, r#"(attributes["path"] ?? "")"#] {
            assert_eq!(passes(&format!("matchesAny({path}, [`^a`])"), "a"), Passes::Perhaps);
        }
    }

    #[test]
    fn what_it_cannot_check_is_refused() {
        for filter in [
            r#"let x = finding["secret"]; true"#,
            r#"entropy(finding["secret"]) <= 2.0 && failsTokenEfficiency(finding["secret"])"#,
            r#"failsTokenEfficiency(finding["secret"])"#,
            r#"get(attributes, "git.sha", "") in ["a"]"#,
            r#"matchesAny(get(attributes, "git.author_name", ""), ["x"])"#,
            r#"entropy(finding["line"]) <= 2.0"#,
            r#"matchesAny(finding["secret"], ["("])"#,
            "entropy(",
            "\"",
            "",
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
