//! What severities and states are called in the page, and how they are coloured.

use crate::finding::{Finding, State};
use crate::leak::Place;

pub(super) use crate::report::human::severity_word;
pub(super) use crate::report::human::text::{count, grouped};
pub(super) use crate::report::plan::capital;

pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Live => "alive",
        State::Dead => "dead",
        State::Unknown => "unknown",
        State::Unasked => "not asked",
    }
}

/// The class of the style sheet.
pub(super) fn state_class(state: State) -> &'static str {
    match state {
        State::Live => "live",
        State::Dead => "dead",
        State::Unknown => "unknown",
        State::Unasked => "unasked",
    }
}

/// `ci/build.sh:3`.
pub(super) fn at(place: &Place) -> String {
    format!("{}:{}", place.origin.full_path(), place.position.line)
}

/// The first place, and how many more there are.
pub(super) fn first_place(finding: &Finding) -> (String, String) {
    let first = finding.places.first().map(at).unwrap_or_default();
    let more = finding.places.len().saturating_sub(1) as u64;
    let more =
        if more == 0 { String::new() } else { format!(" and {}", count(more, "more place")) };
    (first, more)
}
