//! CI logs: how each system frames lines, and what the framing says of a place.

use crate::origin::LogPlace;

/// What a log said before a place in it: fed with all bytes before that, it knows the job and
/// the step.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    place: Option<LogPlace>,
}

impl Trail {
    /// Takes in the next bytes of the log, cut anywhere.
    pub fn feed(&mut self, _bytes: &[u8]) {}

    /// What is known of the next byte's place, if this is a CI log.
    pub fn place(&self) -> Option<LogPlace> {
        self.place.clone()
    }
}
