//! Everything we say of a leak. From here on no `Secret` is in reach.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::identity::{About, Identity};
use crate::leak::{Companion, Confidence, Dismissal, Place, first_seen};
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
    /// The order of findings: worst first.
    fn order(&self) -> impl Ord + use<> {
        let nearest = self.places.first().map(|place| place.origin.kind);
        let hurts = Reverse((self.severity, self.confidence));
        (hurts, nearest, self.rule.id.clone(), self.fingerprint)
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
