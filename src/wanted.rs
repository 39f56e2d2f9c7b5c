//! Tokens of which only the last characters or a digest are known: what a masked list of a CI
//! system shows, what a server's own data holds.

use std::collections::HashSet;

use crate::rule::Rule;
use crate::secret::{Hash, Secret};

/// Shorter endings than this stand everywhere.
const SHORTEST: usize = 2;
/// Longer ones would be half a token, which nobody should type.
const LONGEST: usize = 12;

/// How CircleCI begins what it shows of a value.
const XS: &str = "xxxx";

/// The last characters of a token that a masked form of it shows.
pub fn tail(masked: &str) -> &str {
    let mask = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let shown = masked.rsplit(mask).next().unwrap_or_default();
    shown.strip_prefix(XS).unwrap_or(shown)
}

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
        let shown = shown.strip_prefix(XS).unwrap_or(shown);
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

    /// Whether, and how, a token is one of those that are named.
    pub(crate) fn seeks(&self, rule: &Rule, secret: &Secret) -> Option<Sought> {
        if self.has_digests && self.holds(rule, secret) {
            return Some(Sought::Digest);
        }
        self.endings.iter().any(|ending| secret.ends_with(ending)).then_some(Sought::Ending)
    }

    /// Whether a token is one of those that are wanted.
    pub(crate) fn takes(&self, rule: &Rule, secret: &Secret) -> bool {
        self.is_everything() || self.seeks(rule, secret).is_some()
    }

    fn holds(&self, rule: &Rule, secret: &Secret) -> bool {
        let whole = [(Hash::Sha256, 0), (Hash::Sha384, 0)].into_iter();
        let kept = rule.stored.iter().filter(|stored| stored.skip > 0);
        let mut all = whole.chain(kept.map(|stored| (stored.hash, stored.skip)));
        all.any(|(hash, skip)| self.digests.contains(&secret.digest(hash, skip)))
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
    fn the_tail_is_what_stands_behind_the_mask() {
        for masked in ["squ_…67b8", "…67b8", "****67b8", "xxxx67b8", "squ_01[MASKED]67b8"] {
            assert_eq!(tail(masked), "67b8", "{masked}");
        }
        assert_eq!((tail("…"), tail("****")), ("", ""));
    }

    #[test]
    fn digests_are_of_the_token_or_of_what_its_service_keeps() {
        let rules = Rules::builtin().expect("built-in rules compile");
        let rule = rules.get("jenkins-api-token").expect("a rule");
        let token = format!("11{}", "0123456789abcdef".repeat(2));
        let secret = Secret::new(token.as_bytes());
        for (hash, skip) in [(Hash::Sha256, 0), (Hash::Sha256, 2), (Hash::Sha384, 0)] {
            let wanted = Wanted::default().digests([secret.digest(hash, skip)]);
            assert_eq!(wanted.seeks(rule, &secret), Some(Sought::Digest));
        }
        let none = Wanted::default().digests([]);
        assert_eq!(none.seeks(rule, &secret), None);
        assert!(!none.is_everything() && Wanted::default().is_everything());
    }
}
