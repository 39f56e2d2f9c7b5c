//! Tokens of which only the last characters or a digest are known: what a masked list of a CI
//! system shows, what a server's own data holds.

use std::collections::HashSet;

use crate::rule::Rule;
use crate::rule::stored::Hash;
use crate::secret::Secret;

/// Shorter endings than this stand everywhere.
const SHORTEST: usize = 2;
/// Longer ones would be half a token, which nobody should type.
const LONGEST: usize = 12;

/// What alone is looked for. With nothing named, everything is.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    endings: Vec<String>,
    /// SHA-256 or SHA-384, of whole tokens or as their services keep them, in lower-case hex.
    digests: HashSet<String>,
    /// Whether digests were named, if only none.
    has_digests: bool,
}

/// How a value is known to be wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sought {
    /// Its digest is one of those: it is the token, whatever stands around it.
    Digest,
    /// Its last characters are.
    Ending,
}

impl Wanted {
    /// Tokens that end so. What stands for their masked part may be left in front.
    pub fn ending(mut self, text: &str) -> Result<Self, String> {
        let shown = text.trim().trim_start_matches(['*', '…', '.']);
        let shown = shown.strip_prefix("xxxx").unwrap_or(shown);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(SHORTEST..=LONGEST).contains(&shown.len()) || !shown.chars().all(plain) {
            return Err(format!(
                "--ending: the last {SHORTEST} to {LONGEST} characters of a token, as a masked list \
                 shows them, such as 67b8"
            ));
        }
        self.endings.push(shown.to_owned());
        Ok(self)
    }

    /// Tokens with one of these digests.
    #[must_use]
    pub fn digests(mut self, digests: impl IntoIterator<Item = String>) -> Self {
        self.digests.extend(digests);
        self.has_digests = true;
        self
    }

    /// Whether all tokens are wanted.
    pub fn is_everything(&self) -> bool {
        self.endings.is_empty() && !self.has_digests
    }

    /// Whether digests are among what is known.
    pub(crate) fn has_digests(&self) -> bool {
        self.has_digests
    }

    /// Whether endings are among what is known.
    pub(crate) fn has_endings(&self) -> bool {
        !self.endings.is_empty()
    }

    /// Whether a value is one of those that are wanted.
    pub(crate) fn seeks(&self, rule: &Rule, value: &[u8]) -> Option<Sought> {
        let secret = Secret::new(value);
        if self.has_digests && self.holds(rule, &secret) {
            return Some(Sought::Digest);
        }
        self.endings.iter().any(|ending| secret.ends_with(ending)).then_some(Sought::Ending)
    }

    /// Whether a token is one of those that are wanted.
    pub(crate) fn takes(&self, rule: &Rule, secret: &Secret) -> bool {
        self.is_everything()
            || self.has_digests && self.holds(rule, secret)
            || self.endings.iter().any(|ending| secret.ends_with(ending))
    }

    fn holds(&self, rule: &Rule, secret: &Secret) -> bool {
        let whole = || self.digests.contains(&secret.sha256_from(0));
        let long = || self.digests.contains(&secret.sha384_from(0));
        let kept = || {
            rule.stored.iter().filter(|stored| stored.skip > 0).any(|stored| match stored.hash {
                Hash::Sha256 => self.digests.contains(&secret.sha256_from(stored.skip)),
                Hash::Sha384 => self.digests.contains(&secret.sha384_from(stored.skip)),
            })
        };
        whole() || long() || kept()
    }

    /// Whether what a partly masked print shows behind its mask is the end of one of those.
    pub(crate) fn shows(&self, shown: &[u8]) -> bool {
        let fits = |ending: &String| {
            ending.as_bytes().ends_with(shown) || shown.ends_with(ending.as_bytes())
        };
        shown.len() >= SHORTEST && self.endings.iter().any(fits)
    }

    /// What is looked for, in words.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        if self.has_endings() {
            parts.push(format!("that end with {}", self.endings.join(" or ")));
        }
        if self.has_digests {
            parts.push(format!("with one of {} digests", self.digests.len()));
        }
        parts.join(", or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rules;

    #[test]
    fn endings_are_taken_as_lists_show_them() {
        let wanted = |text| Wanted::default().ending(text);
        for text in ["67b8", "****67b8", "xxxx67b8", "…67b8", "...67b8"] {
            assert_eq!(wanted(text).expect(text).endings, ["67b8"]);
        }
        assert!(wanted("8").is_err() && wanted("a b").is_err() && wanted("****").is_err());
        assert!(wanted("0123456789abcdef").is_err(), "nobody should type half a token");
        let wanted = wanted("67b8").expect("an ending");
        assert!(wanted.shows(b"b8") && wanted.shows(b"0067b8") && !wanted.shows(b"68"));
    }

    #[test]
    fn digests_are_of_the_token_or_of_what_its_service_keeps() {
        let rules = Rules::builtin().expect("built-in rules compile");
        let rule = rules.get("jenkins-api-token").expect("a rule");
        let token = format!("11{}", "0123456789abcdef".repeat(2));
        let secret = Secret::new(token.as_bytes());
        for digest in [secret.sha256_from(0), secret.sha256_from(2), secret.sha384_from(0)] {
            let wanted = Wanted::default().digests([digest]);
            assert_eq!(wanted.seeks(rule, token.as_bytes()), Some(Sought::Digest));
        }
        let none = Wanted::default().digests([]);
        assert_eq!(none.seeks(rule, token.as_bytes()), None);
        assert!(!none.is_everything() && Wanted::default().is_everything());
    }
}
