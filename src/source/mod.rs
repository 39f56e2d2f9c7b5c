//! Where to look. Each source hands bytes to an [`Examine`] of the caller's and says where
//! they came from; it does not know what is looked for.

use std::ops::Range;

use self::large::LineCounter;
use crate::problem::ProblemCode;
use crate::span::Copied;
use crate::terms::TermSet;
use crate::view::logs::Trail;

pub(crate) mod archive;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod large;
pub(crate) mod stdin;

/// What a source does with bytes.
pub(crate) trait Examine: Sync {
    /// Something found in them.
    type Found: Send;

    /// How many bytes of context on either side an examination may need: large files are
    /// examined in windows that overlap by this much.
    const REACH: usize;

    /// Examines `bytes` and adds what begins in `own`. The rest is context, and some other
    /// window's own.
    fn examine(&self, bytes: &[u8], own: Range<usize>, out: &mut Vec<Self::Found>);

    /// What an examination leaves for those of blobs that are deltas on the same bytes.
    type Trace: Send + Sync;

    /// Examines a whole blob that may be a delta on one that was examined before: `base` has
    /// that one's trace and the stretches that were copied whole.
    fn examine_delta(
        &self,
        bytes: &[u8],
        base: Option<(&Self::Trace, &[Copied])>,
        out: &mut Vec<Self::Found>,
    ) -> Self::Trace;

    /// By what something could have been found, had it been looked for otherwise.
    fn terms(&self, trace: &Self::Trace) -> TermSet;

    /// Moves what was found in `window`, in order of position, to its place in the whole.
    fn relocate(&self, found: &mut [Self::Found], window: &[u8], before: &Before);

    /// Whether containers are opened.
    fn opens(&self) -> bool;

    /// Counts a member of an archive that was read, and its bytes.
    fn read_member(&self, bytes: u64);

    /// Says of something found that it stands in this member of what is read.
    fn enclose(&self, found: &mut Self::Found, member: &str);

    /// Something that could not be read, in the form of something found: so it gets the place
    /// that only the source knows.
    fn trouble(&self, code: ProblemCode, why: String) -> Self::Found;
}

/// What stands before a window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    lines: LineCounter,
    trail: Trail,
}

impl Before {
    /// Takes in the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.lines.feed(bytes);
        self.trail.feed(bytes);
    }

    pub(crate) fn start(&self) -> WindowStart {
        self.lines.start()
    }

    /// What a log's framing says of the next byte's place.
    pub(crate) fn trail(&self) -> &Trail {
        &self.trail
    }
}

/// Where a window begins: bytes and lines before it, and the columns (UTF-16 code units) of
/// its first line that stand before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowStart {
    pub bytes: u64,
    pub lines: u64,
    pub columns: u64,
    /// The same where only line feeds end lines, as in a log.
    pub feeds: u64,
    pub feed_columns: u64,
}
