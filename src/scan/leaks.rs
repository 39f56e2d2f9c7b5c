//! From sightings to leaks: one a token, with all its places.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::finding::Dismissed;
use crate::judge::{self, PathJudgement};
use crate::leak::{Candidate, Confidence, Dismissal, Half, Leak, Place, keep_last_removals};
use crate::origin::{LogPlace, Origin, OriginKind};
use crate::problem::{Problem, ProblemCode};
use crate::rule::{Rule, Rules};
use crate::scan::Seen;
use crate::scan::examiner::{Sighting, What};
use crate::secret::{Fingerprint, Secret};
use crate::view::logs::named;

/// Leaks, and what was dismissed on the way.
pub(crate) struct Gathered {
    pub leaks: Vec<Leak>,
    pub dismissed: Vec<Dismissed>,
    /// What could not be read, each at its place.
    pub problems: Vec<Problem>,
}

/// Gathers all sightings of each token.
pub(crate) fn gather(seen: Vec<Seen>, rules: &Rules, explain: bool) -> Gathered {
    let mut drafts: BTreeMap<Fingerprint, Draft> = BTreeMap::new();
    let mut dismissed = Vec::new();
    let mut problems = Vec::new();
    for seen in seen {
        let Sighting { what, member, log } = seen.sighting;
        let origins =
            seen.origins.into_iter().map(|origin| within(origin, member.as_deref(), log.as_ref()));
        let (candidate, line_hash) = match what {
            What::Candidate(candidate, line_hash) => (candidate, line_hash),
            What::Trouble(code, why) => {
                problems.extend(origins.map(|origin| trouble(&origin, code, &why)));
                continue;
            }
        };
        let rule = &rules.rules[candidate.rule];
        for origin in origins {
            let mut place = Place {
                origin,
                position: candidate.position,
                line: candidate.line.clone(),
                line_hash: line_hash.clone(),
                confidence: candidate.confidence,
                companions: candidate.companions.clone(),
                halves: candidate.halves.iter().map(|half| half.place.clone()).collect(),
                layers: candidate.layers.clone(),
                versions: 1,
                allowed: candidate.allowed,
            };
            if let Some(dismissal) = dismissal(rule, &candidate, &mut place) {
                let (rule_id, redacted) = (rule.id.clone(), candidate.secret.redacted(rule.prefix));
                dismissed.push(Dismissed { rule_id, redacted, place, dismissal });
                continue;
            }
            let fingerprint = candidate.secret.fingerprint();
            drafts.entry(fingerprint).or_default().add(candidate.rule, candidate.placed, place);
        }
        if let Some(draft) = drafts.get_mut(&candidate.secret.fingerprint()) {
            draft.partial = candidate.partial;
            draft.secret.get_or_insert(candidate.secret);
            for Half { secret, place } in candidate.halves {
                if let Some(secret) = secret {
                    draft.halves.entry(place.name).or_insert(secret);
                }
            }
        }
    }
    dismissed.sort();
    dismissed.dedup();
    if !explain {
        dismissed.clear();
    }
    let leaks = drafts.into_iter().filter_map(|(print, draft)| draft.finish(print)).collect();
    problems.sort();
    problems.dedup();
    Gathered { leaks, dismissed, problems }
}

/// Why this candidate is no credential at this place, which may also make it less sure.
fn dismissal(rule: &Rule, candidate: &Candidate, place: &mut Place) -> Option<Dismissal> {
    if candidate.dismissal.is_some() || candidate.proved {
        return candidate.dismissal.clone();
    }
    if let Some(foreign) = &rule.foreign {
        let commit = place.origin.history.as_ref().and_then(|history| history.commit.as_deref());
        return foreign.at_place(&candidate.pending, inner_path(&place.origin), commit);
    }
    match judge::by_path(rule, path_of(&place.origin)) {
        PathJudgement::Keep => None,
        PathJudgement::Lower(_) => {
            place.confidence = Confidence::Low;
            None
        }
        PathJudgement::Dismiss(dismissal) => Some(dismissal),
    }
}

/// A place in a member or a log that lies at `origin`.
fn within(mut origin: Origin, member: Option<&str>, log: Option<&LogPlace>) -> Origin {
    if matches!(origin.kind, OriginKind::Worktree | OriginKind::Stdin) {
        origin.kind = match (member, log) {
            (Some(_), _) => OriginKind::Archive,
            (None, Some(_)) => OriginKind::Log,
            (None, None) => origin.kind,
        };
    }
    origin.member = member.map(str::to_owned);
    origin.log = log.cloned();
    if let Some(log) = &mut origin.log {
        named(log, &origin.path, member);
    }
    origin
}

fn trouble(origin: &Origin, code: ProblemCode, why: &str) -> Problem {
    Problem::new(code, origin.full_path(), why)
}

/// The path that says what kind of file a place is in; a message has none.
fn path_of(origin: &Origin) -> &str {
    if let Some(member) = &origin.member {
        return member;
    }
    match &origin.history {
        Some(history) => history.path.as_deref().unwrap_or_default(),
        None => &origin.path,
    }
}

/// The path below its repository: what the rules of other scanners are written for.
fn inner_path(origin: &Origin) -> &str {
    let path = path_of(origin);
    let inside = path.strip_prefix(origin.repository.as_str()).unwrap_or(path);
    inside.trim_start_matches("./").trim_start_matches('/')
}

type Vote = (bool, Confidence, u64);

/// A leak while its places still come in.
#[derive(Default)]
struct Draft {
    secret: Option<Secret>,
    partial: bool,
    /// For each rule that matched: whether a place says that it is of this kind, the best confidence,
    /// and how often.
    votes: BTreeMap<usize, Vote>,
    places: Vec<Place>,
    /// The other halves, by the slots that they fill.
    halves: BTreeMap<String, Arc<Secret>>,
}

impl Draft {
    fn add(&mut self, rule: usize, placed: bool, place: Place) {
        let vote = self.votes.entry(rule).or_insert((false, Confidence::Low, 0));
        // A place that says nothing of the kind is no reason to be surer of it.
        let sure = if placed { place.confidence } else { Confidence::Low };
        *vote = (vote.0 | placed, vote.1.max(sure), vote.2 + 1);
        self.places.push(place);
    }

    fn finish(self, fingerprint: Fingerprint) -> Option<Leak> {
        let best = |(rule, vote): (&usize, &Vote)| (*vote, std::cmp::Reverse(*rule));
        let (&rule, &(placed, ..)) = self.votes.iter().max_by_key(|&pair| best(pair))?;
        Some(Leak {
            rule,
            secret: self.secret?,
            fingerprint,
            partial: self.partial,
            placed,
            halves: self.halves.into_iter().collect(),
            places: merge(self.places),
        })
    }
}

/// Puts places in report order and makes one of all versions of a path in history.
fn merge(mut places: Vec<Place>) -> Vec<Place> {
    drop_containers(&mut places);
    places.sort_by_cached_key(Place::order);
    let mut merged: Vec<Place> = Vec::new();
    // (repository, path) of a history place: its index in `merged`, and the objects seen.
    let mut paths: BTreeMap<(String, String), (usize, HashSet<String>)> = BTreeMap::new();
    for place in places {
        let Some(history) = place.origin.history.as_ref().filter(|h| h.path.is_some()) else {
            merged.push(place);
            continue;
        };
        let key = (place.origin.repository.clone(), place.origin.full_path());
        let object = history.object.clone();
        if let Some((at, objects)) = paths.get_mut(&key) {
            objects.insert(object);
            let oldest = &mut merged[*at];
            oldest.versions = objects.len() as u64;
            oldest.confidence = oldest.confidence.max(place.confidence);
            oldest.allowed &= place.allowed;
            if let Some(kept) = &mut oldest.origin.history {
                if history.standing < kept.standing {
                    kept.standing = history.standing.clone();
                }
                if history.reach < kept.reach {
                    kept.reach = history.reach;
                    kept.reached_from.clone_from(&history.reached_from);
                }
            }
        } else {
            paths.insert(key, (merged.len(), HashSet::from([object])));
            merged.push(place);
        }
    }
    merged.dedup();
    keep_last_removals(&mut merged);
    merged
}

/// Leaves out what was seen in the bytes of an archive as they are, where the same was seen in one
/// of its members: a member that is stored is seen twice.
fn drop_containers(places: &mut Vec<Place>) {
    let whole = |place: &Place| {
        let object = place.origin.history.as_ref().map(|history| history.object.clone());
        (place.origin.path.clone(), object)
    };
    let opened: HashSet<_> =
        places.iter().filter(|place| place.origin.member.is_some()).map(whole).collect();
    if !opened.is_empty() {
        places.retain(|place| place.origin.member.is_some() || !opened.contains(&whole(place)));
    }
}
