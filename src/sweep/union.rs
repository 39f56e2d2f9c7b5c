//! From the reports of parts to the report of the whole: one finding a token, wherever it was seen.
//!
//! The order of the parts does not matter: what is taken of one finding over the other is decided by
//! what they say.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Finding, Report, State};
use crate::leak::Place;
use crate::secret::Fingerprint;

/// Puts reports together. Times are added up, as if one part had been read after the other.
pub fn union(parts: impl IntoIterator<Item = Report>) -> Report {
    let mut whole = Report::default();
    let mut findings: BTreeMap<Fingerprint, Finding> = BTreeMap::new();
    for part in parts {
        for finding in part.findings {
            match findings.remove(&finding.fingerprint) {
                Some(known) => findings.insert(finding.fingerprint, both(known, finding)),
                None => findings.insert(finding.fingerprint, finding),
            };
        }
        whole.dismissed.extend(part.dismissed);
        whole.problems.extend(part.problems);
        whole.repositories.extend(part.repositories);
        whole.tally.add(&part.tally);
        whole.sought = whole.sought.or(part.sought);
        whole.seconds += part.seconds;
    }
    whole.findings = findings.into_values().collect();
    whole.sort();
    whole
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
