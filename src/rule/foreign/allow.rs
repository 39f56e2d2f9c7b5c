//! What a rule of another scanner lets pass: too little entropy, words, paths, commits.

use std::fmt;

use aho_corasick::AhoCorasick;
use regex::bytes::RegexSet;

/// What is let pass. Its checks hold together or one by one.
#[derive(Clone, Debug)]
pub(super) struct Allow {
    /// Whether all of them have to hold.
    pub(super) all: bool,
    pub(super) checks: Vec<Check>,
}

/// One thing that is checked.
#[derive(Clone, Debug)]
pub(super) enum Check {
    /// The secret's entropy is at most this many bits a character, or below.
    Entropy { most: f64, below: bool },
    /// One of the expressions matches; or none does.
    Regex { target: Target, set: RegexSet, none: bool },
    /// One of the words is in it, in any case.
    Words { target: Target, words: StopWords },
    /// The path is one of these.
    Path(RegexSet),
    /// The commit is one of these, in lower case.
    Commit(Vec<String>),
}

/// Words, and a search for them.
#[derive(Clone)]
pub(super) struct StopWords {
    pub(super) search: AhoCorasick,
    pub(super) words: Vec<String>,
}

/// The words say it all, and a search shows every state that it has.
impl fmt::Debug for StopWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words.fmt(f)
    }
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Secret,
    Match,
    Line,
}

/// A value in its place, as far as the bytes around it say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'a> {
    pub(super) secret: &'a [u8],
    pub(super) whole: &'a [u8],
    pub(super) line: &'a [u8],
}

/// Where a value stands, which is known only later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) path: &'a str,
    pub(super) commit: Option<&'a str>,
}

/// What can be said before the path is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passes {
    Yes,
    No,
    /// It depends on where it stands.
    Perhaps,
}

impl Allow {
    /// Any of these.
    pub(super) fn any(checks: Vec<Check>) -> Self {
        Self { all: false, checks }
    }

    /// Whether a value passes, as far as its content says.
    pub(super) fn content(&self, content: &Content<'_>) -> Passes {
        // One that holds is enough for any, one that does not is enough against all.
        let mut known = self.checks.iter().filter_map(|check| check.content(content));
        if known.any(|holds| holds != self.all) {
            return if self.all { Passes::No } else { Passes::Yes };
        }
        match (self.checks.iter().any(Check::is_of_place), self.all) {
            (true, _) => Passes::Perhaps,
            (false, true) => Passes::Yes,
            (false, false) => Passes::No,
        }
    }

    /// Whether one passes that perhaps does, where it stands.
    pub(super) fn place(&self, spot: &Spot<'_>) -> bool {
        let mut known = self.checks.iter().filter_map(|check| check.place(spot));
        if self.all { known.all(|holds| holds) } else { known.any(|holds| holds) }
    }

    /// What lets it pass, in words.
    pub(super) fn words(&self) -> String {
        let name = |check: &Check| match check {
            Check::Entropy { .. } => "entropy",
            Check::Regex { .. } => "an expression",
            Check::Words { .. } => "a stop word",
            Check::Path(_) => "the path",
            Check::Commit(_) => "the commit",
        };
        let mut names: Vec<&str> = self.checks.iter().map(name).collect();
        names.dedup();
        format!("its rule lets it pass: {}", names.join(if self.all { " and " } else { " or " }))
    }
}

impl Check {
    fn is_of_place(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Commit(_))
    }

    fn content(&self, content: &Content<'_>) -> Option<bool> {
        match self {
            Self::Entropy { most, below } => {
                let bits = entropy(content.secret);
                Some(if *below { bits < *most } else { bits <= *most })
            }
            Self::Regex { target, set, none } => Some(set.is_match(target.of(content)) != *none),
            Self::Words { target, words } => Some(words.search.is_match(target.of(content))),
            Self::Path(_) | Self::Commit(_) => None,
        }
    }

    fn place(&self, spot: &Spot<'_>) -> Option<bool> {
        match self {
            Self::Path(paths) => {
                Some(!spot.path.is_empty() && paths.is_match(spot.path.as_bytes()))
            }
            Self::Commit(commits) => {
                let is_it = |commit: &str| commits.iter().any(|it| it.eq_ignore_ascii_case(commit));
                Some(spot.commit.is_some_and(is_it))
            }
            _ => None,
        }
    }
}

impl Target {
    fn of<'a>(self, content: &Content<'a>) -> &'a [u8] {
        match self {
            Self::Secret => content.secret,
            Self::Match => content.whole,
            Self::Line => content.line,
        }
    }
}

/// Shannon's entropy in bits a character. As in gitleaks, characters are counted and the length is
/// in bytes (detect/utils.go of gitleaks/gitleaks): thresholds were tuned with that.
fn entropy(value: &[u8]) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for one in String::from_utf8_lossy(value).chars() {
        *counts.entry(one).or_insert(0_u32) += 1;
    }
    let length = value.len() as f64;
    let part = |count: &u32| f64::from(*count) / length;
    counts.values().map(part).map(|part| -part * part.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::go;
    use super::*;

    const CONTENT: Content<'_> = Content { secret: b"aabb", whole: b"k=aabb", line: b"x k=aabb" };

    #[test]
    fn what_depends_on_the_place_is_left_open() {
        let set = |pattern: &str| go::set(&[pattern.to_owned()]).expect("an expression");
        let secret =
            |pattern: &str| Check::Regex { target: Target::Secret, set: set(pattern), none: false };
        let path = || Check::Path(set("^test/"));
        let of = |all, checks| Allow { all, checks }.content(&CONTENT);
        assert_eq!(of(false, vec![secret("^aa"), path()]), Passes::Yes);
        assert_eq!(of(false, vec![secret("^k"), path()]), Passes::Perhaps);
        assert_eq!(of(true, vec![secret("^aa"), path()]), Passes::Perhaps);
        assert_eq!(of(true, vec![secret("^k"), path()]), Passes::No);
        assert_eq!(of(true, vec![secret("^aa")]), Passes::Yes);
        assert_eq!(of(false, vec![secret("^k")]), Passes::No);
        let commit = || Check::Commit(vec!["ab".to_owned()]);
        let both = Allow { all: true, checks: vec![secret("^aa"), path(), commit()] };
        let spot = |path, commit| Spot { path, commit };
        assert!(both.place(&spot("test/a", Some("AB"))) && !both.place(&spot("test/a", None)));
        let any = Allow { all: false, ..both };
        assert!(any.place(&spot("test/a", None)) && !any.place(&spot("a", None)));
    }

    #[test]
    fn entropy_is_of_characters() {
        assert!((entropy(b"aabb") - 1.0).abs() < 1e-9 && entropy(b"aaaa").abs() < 1e-9);
        assert!((entropy(b"abcdefgh") - 3.0).abs() < 1e-9);
        let below = |most, below| Check::Entropy { most, below }.content(&CONTENT);
        assert_eq!((below(1.0, false), below(1.0, true)), (Some(true), Some(false)));
    }
}
