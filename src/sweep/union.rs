//! From the reports of parts to the report of the whole: one finding a token, wherever it was seen.
//!
//! The order of the parts does not matter: what is taken of one finding over the other is decided by
//! what they say.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Finding, Report, State, Suppressed};
use crate::leak::{Place, keep_last_removals};
use crate::secret::Fingerprint;

/// Puts reports together. Times are added up, as if one part had been read after the other.
pub fn union(parts: impl IntoIterator<Item = Report>) -> Report {
    let mut whole = Report::default();
    let mut findings: BTreeMap<Fingerprint, Finding> = BTreeMap::new();
    let mut suppressed: BTreeMap<Fingerprint, Suppressed> = BTreeMap::new();
    for part in parts {
        for finding in part.findings {
            add(&mut findings, finding.fingerprint, finding, both);
        }
        for one in part.suppressed {
            add(&mut suppressed, one.finding.fingerprint, one, |known, one| Suppressed {
                finding: both(known.finding, one.finding),
                covered: known.covered.min(one.covered),
            });
        }
        whole.dismissed.extend(part.dismissed);
        whole.problems.extend(part.problems);
        whole.repositories.extend(part.repositories);
        whole.tally.add(&part.tally);
        whole.sought = whole.sought.or(part.sought);
        whole.seconds += part.seconds;
    }
    // What one part knows and another one does not is not known.
    suppressed.retain(|token, _| !findings.contains_key(token));
    whole.suppressed = suppressed.into_values().collect();
    whole.findings = findings.into_values().collect();
    whole.sort();
    whole
}

fn add<T>(all: &mut BTreeMap<Fingerprint, T>, token: Fingerprint, one: T, both: fn(T, T) -> T) {
    let own = match all.remove(&token) {
        Some(known) => both(known, one),
        None => one,
    };
    all.insert(token, own);
}

/// One finding of two of the same token.
fn both(one: Finding, other: Finding) -> Finding {
    let rank = |it: &Finding| {
        let alive = [State::Unasked, State::Unknown, State::Dead, State::Live];
        let state = alive.iter().position(|state| *state == it.verdict.state);
        (state, it.severity, it.confidence, Reverse((it.rule.id.clone(), it.verdict.why.clone())))
    };
    let (mut kept, more) = if rank(&other) > rank(&one) { (other, one) } else { (one, other) };
    kept.severity = kept.severity.max(more.severity);
    kept.confidence = kept.confidence.max(more.confidence);
    kept.revocation = kept.revocation.or(more.revocation);
    kept.identity.merge(more.identity);
    kept.digests.extend(more.digests);
    for (name, values) in more.companions {
        let own = kept.companions.entry(name).or_default();
        own.extend(values);
    }
    for values in kept.companions.values_mut() {
        values.sort();
        values.dedup();
    }
    kept.places.extend(more.places);
    keep_last_removals(&mut kept.places);
    kept.places.sort_by_cached_key(Place::order);
    kept.places.dedup();
    kept.usages.extend(more.usages);
    kept.usages.sort();
    kept.usages.dedup();
    for note in more.notes {
        if !kept.notes.contains(&note) {
            kept.notes.push(note);
        }
    }
    kept.notes.sort();
    kept.fill_remedy();
    kept
}
