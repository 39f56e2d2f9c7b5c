//! Where to look. Each source hands bytes to an [`Examine`] of the caller's and says where
//! they came from; it does not know what is looked for.

use std::ops::Range;

use crate::span::Copied;

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

    /// Moves what was found in a window to its place in the whole.
    fn relocate(&self, found: &mut Self::Found, to: WindowStart);
}

/// Where a window begins: bytes and lines before it, and the columns (UTF-16 code units) of
/// its first line that stand before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowStart {
    pub bytes: u64,
    pub lines: u64,
    pub columns: u64,
}
