//! Everything we say of a leak. From here on no `Secret` is in reach.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::identity::{About, Identity};
use crate::leak::{Companion, Confidence, Dismissal, Place, first_seen};
use crate::origin::{History, Reach, Removed, Standing};
use crate::problem::Problem;
use crate::remedy::Remedy;
use crate::revocation::Revocation;
use crate::rule::Rule;
use crate::secret::Fingerprint;
use crate::usage::Usage;

pub use crate::baseline::cover::{Covered, INLINE, Idle};
pub use crate::severity::Severity;
pub use crate::tally::{RepositoryRead, Tally};
pub use crate::verdict::{State, Verdict};

/// Everything we say of one leak.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: Arc<Rule>,
    pub fingerprint: Fingerprint,
    /// Prefix and last four characters: all that is shown of the token.
    pub redacted: String,
    /// What a log shows of a token that it masks otherwise: then the fingerprint is of that.
    pub partial: Option<String>,
    /// The rule's severity, lowered where the places say so.
    pub severity: Severity,
    /// The best confidence among its places.
    pub confidence: Confidence,
    pub verdict: Verdict,
    /// What came of revoking it, if it was to be revoked.
    pub revocation: Option<Revocation>,
    /// Whose it is and which one, as far as anybody said.
    pub identity: Identity,
    /// The digests by which its service keeps it, for administrators: by name, in hex.
    pub digests: BTreeMap<String, String>,
    /// Server, user, project … as found beside the token, the nearest first.
    pub companions: BTreeMap<String, Vec<String>>,
    /// In report order: work tree, index, history (oldest first), the rest. Never empty.
    pub places: Vec<Place>,
    pub remedy: Remedy,
    /// Where a token of its service is used by name: those that may be it.
    pub usages: Vec<Usage>,
    /// Something a reader should know of this one, such as "printed in three documents".
    pub notes: Vec<String>,
}

impl Finding {
    /// The order of findings, worst first: as bytes, so that a database has the same. Of as bad ones
    /// the nearest comes first, then the rule's id decides, which has no zero byte.
    pub fn order(&self) -> Vec<u8> {
        let nearest = self.places.first().map_or(0, |place| 1 + place.origin.kind as u8);
        let hurts = [u8::MAX - self.severity as u8, u8::MAX - self.confidence as u8, nearest];
        let rule = self.rule.id.as_bytes();
        [&hurts, rule, &[0], self.fingerprint.bytes().as_slice()].concat()
    }

    /// Fills the remedy's slots: with what the service or its data said for certain, then with
    /// what stood nearby.
    pub fn fill_remedy(&mut self) {
        let slot =
            |name: &str, value: &str| Companion { name: name.to_owned(), value: value.to_owned() };
        let known = [
            ("user", About::Owner),
            ("name", About::TokenName),
            ("uuid", About::TokenId),
            ("project", About::Project),
        ];
        let mut slots: Vec<Companion> = known
            .iter()
            .filter_map(|(name, about)| Some(slot(name, self.identity.certain(*about)?)))
            .collect();
        if self.verdict.state == State::Live {
            slots.extend(self.verdict.endpoint.iter().map(|server| slot("server", server)));
        }
        for (name, values) in &self.companions {
            slots.extend(values.iter().map(|value| slot(name, value)));
        }
        slots.push(slot("redacted", &self.redacted));
        let place = self.places.first().map(|place| place.origin.full_path());
        slots.extend(place.map(|place| slot("place", &place)));
        // Where it was asked and did not say yes, it is the server that the user named.
        slots.extend(self.verdict.endpoint.iter().map(|server| slot("server", server)));
        self.remedy = self.rule.remedy(&slots);
    }

    /// All digests of the token, for who keeps tokens by one: none of a token that is known in part.
    pub fn all_digests(&self) -> Vec<String> {
        if self.partial.is_some() {
            return Vec::new();
        }
        let own = std::iter::once(self.fingerprint.to_string());
        own.chain(self.digests.values().cloned()).collect()
    }

    /// The commit with which HEAD lost it: the last one of all its places, of several repositories
    /// the latest by the clock. `None` while it is still to be read, in files or in what HEAD's log
    /// says, and where it is not known of a repository whether its HEAD lost it later.
    pub fn removed(&self) -> Option<&Removed> {
        let told = |history: &History| history.is_message() && history.reach == Reach::Head;
        let mut last: BTreeMap<&str, Option<&Removed>> = BTreeMap::new();
        if self.places.iter().any(Place::is_there) {
            return None;
        }
        for place in &self.places {
            let Some(history) = &place.origin.history else { continue };
            if told(history) {
                return None;
            }
            let known = match &history.standing {
                Standing::Removed(removed) => Some(removed),
                Standing::Unknown if !history.is_message() => None,
                _ => continue,
            };
            let last = last.entry(&place.origin.repository).or_default();
            *last = last.iter().copied().chain(known).min();
        }
        let all: Option<Vec<&Removed>> = last.into_values().collect();
        all?.into_iter().max_by_key(|removed| removed.date.parse::<jiff::Timestamp>().ok())
    }

    /// The day on which the oldest commit that has it was made, as far as a commit has it.
    pub fn first_seen(&self) -> Option<&str> {
        first_seen(&self.places).map(|(_, date)| date.split('T').next().unwrap_or(date))
    }
}

/// A candidate that was judged to be no credential, for `--explain`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dismissed {
    pub rule_id: String,
    pub redacted: String,
    pub place: Place,
    pub dismissal: Dismissal,
}

/// A finding that is known already: it is counted, and is no reason to act.
#[derive(Clone, Debug)]
pub struct Suppressed {
    pub finding: Finding,
    pub covered: Covered,
}

/// All of it, in a fixed order whatever the number of threads.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Worst first.
    pub findings: Vec<Finding>,
    /// What a baseline or a comment keeps out of `findings`, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// Whether the user named a baseline.
    pub has_baseline: bool,
    /// Whether the user lets comments count.
    pub allows_inline: bool,
    /// What the baselines have that nothing needed.
    pub idle: Vec<Idle>,
    /// Only with `--explain`.
    pub dismissed: Vec<Dismissed>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
    pub repositories: Vec<RepositoryRead>,
    /// What alone was looked for, in words: tokens that end so, or with such a digest.
    pub sought: Option<String>,
    pub seconds: f64,
}

impl Report {
    /// Notes that something is suppressed, and thereby what the user lets suppress tokens.
    pub fn note(&mut self, covered: &Covered) {
        if covered.by == INLINE {
            self.allows_inline = true;
        } else {
            self.has_baseline = true;
        }
    }

    /// The report of something of which nothing was read.
    pub fn unread(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }

    /// Puts everything in report order: findings worst first.
    pub fn sort(&mut self) {
        self.findings.sort_by_cached_key(Finding::order);
        self.suppressed.sort_by_cached_key(|suppressed| suppressed.finding.order());
        self.problems.sort();
        self.problems.dedup();
        self.dismissed.sort();
        self.dismissed.dedup();
        self.repositories.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::sample;

    fn removal(behind: u32, date: &str) -> Standing {
        let commit = format!("{behind:040x}");
        Standing::Removed(Removed { behind, commit, date: format!("{date}T00:00:00Z") })
    }

    /// A finding with places in history, each of a repository and with a standing.
    fn finding(places: &[(&str, Standing)]) -> Finding {
        let mut finding = sample().report.findings.remove(0);
        let one = finding.places[3].clone();
        let place = |(repository, standing): &(&str, Standing)| {
            let mut place = one.clone();
            (*repository).clone_into(&mut place.origin.repository);
            let history = place.origin.history.as_mut().expect("a place in history");
            history.standing.clone_from(standing);
            place
        };
        finding.places = places.iter().map(place).collect();
        finding
    }

    #[test]
    fn a_token_was_removed_when_the_last_of_its_places_was() {
        let day = |finding: &Finding| finding.removed().map(|it| it.date[..10].to_owned());
        let (early, late) = (removal(7, "2021-05-01"), removal(2, "2020-01-01"));
        let mut own =
            finding(&[("a", early.clone()), ("a", late.clone()), ("a", Standing::Unknown)]);
        assert_eq!(day(&own).as_deref(), Some("2020-01-01"), "the line of commits, not the clock");
        let two = finding(&[("a", late.clone()), ("b", early.clone()), ("c", Standing::Never)]);
        assert_eq!(day(&two).as_deref(), Some("2021-05-01"), "of two lines the clock");
        for more in [("b", Standing::InHead), ("b", Standing::Unknown)] {
            assert_eq!(day(&finding(&[("a", late.clone()), more])), None);
        }
        assert_eq!(day(&finding(&[("a", Standing::Never)])), None);
        let mut said = own.places[0].clone();
        if let Some(history) = &mut said.origin.history {
            (history.object_kind, history.reach) = ("commit", Reach::Head);
            history.standing = Standing::Unknown;
        }
        own.places.push(said.clone());
        assert_eq!(day(&own), None, "what HEAD's log says is still to be read");
        own.places.pop();
        said.origin.history = None;
        own.places.push(said);
        assert!(own.removed().is_some(), "{:?} is no file of today", own.places[3].origin.kind);
        own.places[3].origin.kind = crate::origin::OriginKind::Archive;
        assert_eq!(day(&own), None);
    }
}
