//! The last look before a report: no name, path or address in it holds a token.
//!
//! Source lines are masked where they are cut out. But a token can also be the name of a
//! branch or a file, or stand in a remote's URL.

use aho_corasick::AhoCorasick;

use super::examiner::Examiner;
use crate::finding::RepositoryRead;
use crate::identity::{Contender, Identity};
use crate::leak::{Leak, Place};
use crate::origin::LogPlace;
use crate::problem::Problem;
use crate::rule::Rules;

/// Masks texts: tokens that were found, and whatever has a token's shape.
pub(crate) struct Screen<'a> {
    examiner: &'a Examiner<'a>,
    /// Finds the tokens of all leaks, bare ones included. `None` where there are none.
    found: Option<AhoCorasick>,
    /// How each of them is shown.
    shown: Vec<String>,
}

impl<'a> Screen<'a> {
    pub(crate) fn new(leaks: &[Leak], rules: &Rules, examiner: &'a Examiner<'a>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "to find and mask them in names and paths")]
        let tokens: Vec<&[u8]> = leaks.iter().map(|leak| leak.secret.expose()).collect();
        let shown = leaks.iter().map(|leak| leak.secret.redacted(rules.rules[leak.rule].prefix));
        let found = if tokens.is_empty() { None } else { AhoCorasick::new(&tokens).ok() };
        Self { examiner, found, shown: shown.collect() }
    }

    pub(crate) fn place(&self, place: &mut Place) {
        let origin = &mut place.origin;
        self.clean(&mut origin.path);
        self.clean(&mut origin.repository);
        origin.member.iter_mut().for_each(|member| self.clean(member));
        if let Some(LogPlace { provider: _, job, step, link }) = &mut origin.log {
            [job, step, link].into_iter().flatten().for_each(|text| self.clean(text));
        }
        if let Some(history) = &mut origin.history {
            history.path.iter_mut().for_each(|path| self.clean(path));
            history.reached_from.iter_mut().for_each(|name| self.clean(name));
        }
        place.companions.iter_mut().for_each(|companion| self.clean(&mut companion.value));
    }

    /// What a service says may hold a token as well: a name that its owner gave.
    pub(crate) fn identity(&self, identity: &mut Identity) {
        for known in &mut identity.known {
            self.clean(&mut known.value);
        }
        for Contender { name, why } in &mut identity.contenders {
            self.clean(name);
            self.clean(why);
        }
    }

    pub(crate) fn problem(&self, problem: &mut Problem) {
        self.clean(&mut problem.place);
        self.clean(&mut problem.why);
    }

    pub(crate) fn repository(&self, read: &mut RepositoryRead) {
        let RepositoryRead { path, url, head: _, branch } = read;
        self.clean(path);
        url.iter_mut().chain(branch).for_each(|text| self.clean(text));
    }

    fn clean(&self, text: &mut String) {
        if let Some(found) = &self.found
            && found.is_match(&*text)
        {
            *text = found.replace_all(text, &self.shown);
        }
        // The shortest of all tokens has 32 characters.
        if text.len() >= 32 {
            *text = self.examiner.mask(text);
        }
    }
}
