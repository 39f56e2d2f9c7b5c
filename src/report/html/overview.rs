//! The report in numbers: what is counted once and shown in several parts of the page.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, RepositoryRead, Severity, State};
use crate::identity::About;
use crate::origin::{Origin, OriginKind};
use crate::report::paths::normal;
use crate::revocation::Outcome;

/// All severities, the worst first.
pub(super) const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// All states, those that need most to be done first.
pub(super) const STATES: [State; 4] = [State::Live, State::Unknown, State::Unasked, State::Dead];

/// What the whole report says in numbers. It grows with the owners and repositories that have tokens,
/// by some 150 bytes each, and not with the tokens.
#[derive(Debug)]
pub(super) struct Overview {
    pub(super) tokens: u64,
    pub(super) places: u64,
    pub(super) revoked: u64,
    /// Tokens by severity, then by state.
    pub(super) lives: [[u64; STATES.len()]; SEVERITIES.len()],
    services: Groups,
    owners: Groups,
    repositories: Groups,
    names: RepositoryNames,
}

/// Tokens that have something in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) tokens: u64,
    /// By state.
    pub(super) lives: [u64; STATES.len()],
    /// How many are critical or high.
    pub(super) grave: u64,
}

/// Groups by what their tokens have in common.
#[derive(Debug, Default)]
struct Groups(BTreeMap<String, Group>);

impl Overview {
    pub(super) fn new(repositories: &[RepositoryRead]) -> Self {
        Self {
            tokens: 0,
            places: 0,
            revoked: 0,
            lives: Default::default(),
            services: Groups::default(),
            owners: Groups::default(),
            repositories: Groups::default(),
            names: RepositoryNames::of(repositories),
        }
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        self.tokens += 1;
        self.places += finding.places.len() as u64;
        let revoked = finding.revocation.as_ref().is_some_and(|it| it.outcome == Outcome::Revoked);
        self.revoked += u64::from(revoked);
        self.lives[rank(finding.severity)][life(finding.verdict.state)] += 1;
        self.services.add(&finding.rule.service.name, finding);
        self.owners.add(owner(finding).unwrap_or("not known"), finding);
        let all = finding.places.iter().map(|place| self.names.name(&place.origin));
        for repository in all.collect::<BTreeSet<_>>() {
            self.repositories.add(repository, finding);
        }
    }

    /// Tokens by service, the largest group first.
    pub(super) fn services(&self) -> Vec<&Group> {
        self.services.sorted()
    }

    /// Tokens by owner.
    pub(super) fn owners(&self) -> Vec<&Group> {
        self.owners.sorted()
    }

    /// Tokens by repository; a token of two is in both groups.
    pub(super) fn repositories(&self) -> Vec<&Group> {
        self.repositories.sorted()
    }

    /// How many tokens are in a state.
    pub(super) fn in_state(&self, state: State) -> u64 {
        self.lives.iter().map(|row| row[life(state)]).sum()
    }

    /// How many tokens are of a severity.
    pub(super) fn of_severity(&self, severity: Severity) -> u64 {
        self.lives[rank(severity)].iter().sum()
    }
}

/// Where a severity stands in [`SEVERITIES`].
fn rank(severity: Severity) -> usize {
    SEVERITIES.iter().position(|it| *it == severity).unwrap_or_default()
}

/// Where a state stands in [`STATES`].
pub(super) fn life(state: State) -> usize {
    STATES.iter().position(|it| *it == state).unwrap_or_default()
}

/// Whose token it is, as far as anybody said.
pub(super) fn owner(finding: &Finding) -> Option<&str> {
    let best = |about| finding.identity.best(about).map(|known| known.value.as_str());
    best(About::Owner).or_else(|| best(About::OwnerName)).or_else(|| best(About::Email))
}

impl Groups {
    fn add(&mut self, name: &str, finding: &Finding) {
        if !self.0.contains_key(name) {
            let group = Group { name: name.to_owned(), ..Group::default() };
            self.0.insert(name.to_owned(), group);
        }
        let Some(group) = self.0.get_mut(name) else { return };
        group.tokens += 1;
        group.lives[life(finding.verdict.state)] += 1;
        group.grave += u64::from(finding.severity >= Severity::High);
    }

    /// The groups, the largest first.
    fn sorted(&self) -> Vec<&Group> {
        let mut all: Vec<&Group> = self.0.values().collect();
        all.sort_by_key(|group| Reverse((group.tokens, group.grave)));
        all
    }
}

/// What people call the repositories that were read.
#[derive(Debug)]
struct RepositoryNames {
    by_path: BTreeMap<String, String>,
}

impl RepositoryNames {
    fn of(repositories: &[RepositoryRead]) -> Self {
        let named = |read: &RepositoryRead| (normal(&read.path), name(read));
        Self { by_path: repositories.iter().map(named).collect() }
    }

    fn name<'a>(&'a self, origin: &'a Origin) -> &'a str {
        let here = origin.repository.is_empty();
        // What has no repository of its own may be of the one in the folder where squelch ran.
        let outside = matches!(origin.kind, OriginKind::Stdin | OriginKind::Log)
            || origin.path.starts_with(['/', '\\'])
            || origin.path.starts_with("..");
        if here && outside && origin.history.is_none() {
            return "in no repository";
        }
        match self.by_path.get(&normal(&origin.repository)) {
            Some(name) => name,
            None if here => "in no repository",
            None => &origin.repository,
        }
    }
}

/// The path of its address without the host, as forges show it; else the folder.
pub(super) fn name(read: &RepositoryRead) -> String {
    let path = read.url.as_deref().and_then(|url| url.split_once("://")?.1.split_once('/'));
    match path.map(|(_, path)| path.trim_end_matches('/').trim_end_matches(".git")) {
        Some(path) if !path.is_empty() => path.to_owned(),
        _ if normal(&read.path) == normal(".") => "the scanned folder".to_owned(),
        _ => read.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::sample;
    use crate::verdict::Verdict;

    #[test]
    fn tokens_are_counted_once_each() {
        let mut report = sample().report;
        report.findings[1].verdict = Verdict::dead("it expired");
        let mut overview = Overview::new(&report.repositories);
        report.findings.iter().for_each(|finding| overview.add(finding));
        assert_eq!((overview.tokens, overview.places), (2, 7));
        assert_eq!(overview.in_state(State::Dead), 1);
        assert_eq!(overview.of_severity(Severity::Critical), 1);
        let [only] = overview.repositories()[..] else { panic!("{overview:?}") };
        assert_eq!((only.name.as_str(), only.tokens, only.grave), ("team/app", 2, 1));
        let names: Vec<_> = overview.services().into_iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["SonarQube Server", "Jenkins"], "the gravest of as many come first");
    }

    #[test]
    fn repositories_have_the_names_that_people_know() {
        let named = |path: &str, url: &str| {
            let url = (!url.is_empty()).then(|| url.to_owned());
            name(&RepositoryRead { path: path.to_owned(), url, ..RepositoryRead::default() })
        };
        assert_eq!(named(".", "ssh://git.example.org/a/b/c.git"), "a/b/c");
        assert_eq!(named("../shop", ""), "../shop");
        assert_eq!(named(".", "https://git.example.org/"), "the scanned folder");
    }
}
