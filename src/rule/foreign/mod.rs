//! Rules of other scanners: files of gitleaks and betterleaks, run beside our own.
//!
//! Such a rule is a regular expression with words that have to be in a text before it is tried, and
//! a list of what its author lets pass. It says nothing of how its service is asked or how a token
//! is revoked, so its findings have neither verdict nor command. What squelch cannot run as its
//! author meant it is named ([`NotRun`]), never left out in silence.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::Regex;

use crate::leak::{Dismissal, DismissalKind};
use allow::{Allow, Content, Passes, Spot};

mod allow;
mod compile;
mod filter;
mod go;
mod read;
mod syntax;

pub(super) use read::read;
pub use read::{Open, is_foreign};

/// A rule of another scanner: how it finds.
#[derive(Clone, Debug)]
pub struct Foreign {
    regex: Regex,
    /// Which group is the secret; without one the first that holds something.
    group: Option<usize>,
    /// In lower case: one of them must be in a text; none where it is always tried.
    pub keywords: Vec<String>,
    /// Which paths it is for.
    path: Option<Regex>,
    allows: Vec<Arc<Allow>>,
    /// What other rules must find nearby.
    pub required: Vec<Need>,
    /// Whether it is only there for other rules that need it.
    pub hidden: bool,
    /// Whether its name says that it takes what no other rule does.
    pub generic: bool,
}

/// Another rule that must find something as well.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its id.
    pub rule: String,
    /// How far away at most; anywhere in the text without.
    pub lines: Option<u64>,
    pub columns: Option<u64>,
}

/// What squelch does not run of a file of another scanner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotRun {
    /// `gitleaks.toml:12: rule x`
    pub place: String,
    pub why: String,
}

/// A value that a foreign rule claims.
#[derive(Debug)]
pub struct Claimed {
    /// The secret, and the whole of what matched.
    pub secret: Range<usize>,
    pub whole: Range<usize>,
    /// Which of the rule's allowlists let it pass if it stands where they say.
    pub pending: Vec<usize>,
    pub dismissal: Option<Dismissal>,
}

impl Foreign {
    /// What it claims in `bytes`, `most` values at most.
    pub fn claims<'a>(
        &'a self,
        bytes: &'a [u8],
        most: usize,
    ) -> impl Iterator<Item = Claimed> + 'a {
        let whole = self.regex.find_iter(bytes).map(|found| trimmed(bytes, found.range()));
        whole.filter(|whole| !whole.is_empty()).map(|whole| self.claimed(bytes, whole)).take(most)
    }

    /// As gitleaks does it (detect/detect.go), the groups are those of the match alone, without what
    /// stands around it.
    fn claimed(&self, bytes: &[u8], whole: Range<usize>) -> Claimed {
        let text = &bytes[whole.clone()];
        let group = self.regex.captures(text).and_then(|groups| {
            let wanted = self.group.unwrap_or(0);
            let filled = |at: &usize| groups.get(*at).is_some_and(|group| !group.is_empty());
            let at = if wanted > 0 { Some(wanted) } else { (1..groups.len()).find(filled) };
            groups.get(at?).map(|group| group.range())
        });
        let group = group.unwrap_or(0..text.len());
        let secret = whole.start + group.start..whole.start + group.end;
        let content = Content {
            secret: &bytes[secret.clone()],
            whole: text,
            line: &bytes[lines(bytes, &whole)],
        };
        let mut claimed = Claimed { secret, whole, pending: Vec::new(), dismissal: None };
        for (at, allow) in self.allows.iter().enumerate() {
            match allow.content(&content) {
                Passes::No => {}
                Passes::Perhaps => claimed.pending.push(at),
                Passes::Yes => {
                    claimed.dismissal = Some(allowed(allow));
                    break;
                }
            }
        }
        claimed
    }

    /// Why a value is none where it stands, which is known only after the search.
    pub fn at_place(
        &self,
        pending: &[usize],
        path: &str,
        commit: Option<&str>,
    ) -> Option<Dismissal> {
        let path = &path.replace('\\', "/");
        if self.path.as_ref().is_some_and(|wanted| !wanted.is_match(path.as_bytes())) {
            let why = "its rule is for other paths";
            return Some(Dismissal::new(DismissalKind::Allowed, why));
        }
        let spot = Spot { path, commit };
        let passes = |at: &&usize| self.allows[**at].place(&spot);
        pending.iter().find(passes).map(|at| allowed(&self.allows[*at]))
    }
}

fn allowed(allow: &Allow) -> Dismissal {
    Dismissal::new(DismissalKind::Allowed, allow.words())
}

/// A match without line feeds on either end.
fn trimmed(bytes: &[u8], Range { mut start, mut end }: Range<usize>) -> Range<usize> {
    while start < end && bytes[start] == b'\n' {
        start += 1;
    }
    while start < end && bytes[end - 1] == b'\n' {
        end -= 1;
    }
    start..end
}

/// The lines that a match is on.
fn lines(bytes: &[u8], whole: &Range<usize>) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &bytes[..whole.start]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &bytes[whole.end..]).map_or(bytes.len(), |at| whole.end + at);
    start..end
}

#[cfg(test)]
mod tests;
