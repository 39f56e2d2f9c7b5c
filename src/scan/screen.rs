//! The last look before a report: no name, path or address in it holds a token.
//!
//! Source lines are masked where they are cut out. But a token can also be the name of a
//! branch or a file, or stand in a remote's URL.

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::examiner::Examiner;
use crate::finding::RepositoryRead;
use crate::identity::{Contender, Identity};
use crate::leak::{Leak, Place};
use crate::origin::LogPlace;
use crate::problem::Problem;
use crate::rule::Rules;
use crate::secret::Secret;

/// Masks texts: tokens that were found, and whatever has a token's shape.
pub(crate) struct Screen<'a> {
    examiner: &'a Examiner<'a>,
    /// Finds the tokens of all leaks, bare ones included. `None` where there are none.
    found: Option<AhoCorasick>,
    /// How each of them is shown.
    shown: Vec<String>,
}

/// In how many forms a token is looked for.
const FORMS: usize = 4;

/// What a rule of another scanner takes for a secret may be a syllable of any path.
const SHORTEST: usize = 6;

/// A token as it is, and as it stands in base64: a service may repeat the header that it was sent.
/// What precedes it there moves it by zero to two bytes; what shares a group of three with others is
/// left out.
fn forms(token: &[u8]) -> [Zeroizing<Vec<u8>>; FORMS] {
    let moved = |by: usize| {
        let inner = token.get((3 - by) % 3..).unwrap_or_default();
        let whole = &inner[..inner.len() / 3 * 3];
        Zeroizing::new(STANDARD.encode(if whole.is_empty() { token } else { whole }).into_bytes())
    };
    [Zeroizing::new(token.to_vec()), moved(0), moved(1), moved(2)]
}

/// All that has to be masked: each token with its rule, and the other halves of pairs.
fn secrets(leaks: &[Leak]) -> impl Iterator<Item = (Option<usize>, &Secret)> {
    let all = leaks.iter().flat_map(|leak| {
        let halves = leak.halves.iter().map(|(_, half)| (None, half.as_ref()));
        std::iter::once((Some(leak.rule), &leak.secret)).chain(halves)
    });
    all.filter(|(_, secret)| secret.len() >= SHORTEST)
}

impl<'a> Screen<'a> {
    pub(crate) fn new(leaks: &[Leak], rules: &Rules, examiner: &'a Examiner<'a>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "to find and mask them in names and paths")]
        let tokens: Vec<&[u8]> = secrets(leaks).map(|(_, secret)| secret.expose()).collect();
        let forms: Vec<Zeroizing<Vec<u8>>> = tokens.iter().flat_map(|token| forms(token)).collect();
        let redacted = |(rule, secret): (Option<usize>, &Secret)| {
            secret.redacted(rule.map_or(0, |rule| rules.rules[rule].prefix))
        };
        let shown = secrets(leaks).flat_map(|found| vec![redacted(found); FORMS]);
        let found = if forms.is_empty() { None } else { AhoCorasick::new(&forms).ok() };
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
        place.halves.iter_mut().for_each(|half| self.clean(&mut half.shown));
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

    /// The same text, masked.
    pub(crate) fn cleaned(&self, mut text: String) -> String {
        self.clean(&mut text);
        text
    }

    /// Masks whatever is a token, or looks like one.
    pub(crate) fn clean(&self, text: &mut String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_in_base64_whatever_precedes_it() {
        let token = b"0123456789abcdef0123456789abcdef01";
        for before in ["", "x", "xy", "bob:", "alice:"] {
            let text = STANDARD.encode([before.as_bytes(), token, b":"].concat());
            let is_in = |form: &Zeroizing<Vec<u8>>| {
                text.as_bytes().windows(form.len()).any(|part| part == form.as_slice())
            };
            let found: Vec<usize> =
                forms(token).iter().filter(|it| is_in(it)).map(|it| it.len()).collect();
            assert!(found.iter().any(|length| *length >= 40), "{before}: {found:?}");
        }
    }
}
