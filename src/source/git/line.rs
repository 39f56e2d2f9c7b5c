//! The commits that HEAD showed one after the other, and until which of them it had an object.
//!
//! The line is HEAD and its first parents. History is a graph, and a commit that has not a blob
//! may only have forked off before the blob came; but along first parents each commit is what the
//! branch showed next. So what a side branch removed is removed where that branch was merged.

use std::collections::HashSet;

use super::commits::Commits;
use super::pack::NONE;
use super::store::Node;

/// HEAD's line, the newest commit first.
#[derive(Default)]
pub(crate) struct Line {
    /// (commit, its root tree). All trees but the last are whole, so that what they do not lead
    /// to was not in that commit.
    steps: Vec<(Node, Node)>,
    /// Whether it goes on to a commit that has no parents.
    pub whole: bool,
}

impl Line {
    /// Follows first parents from `head` on, up to the first commit that is `cut`, that has a tree
    /// of which something is not there (`broken`), or that is not there itself: beyond it nobody
    /// knows what HEAD showed.
    pub(crate) fn of(
        head: Option<Node>,
        commits: &Commits,
        cut: &HashSet<Node>,
        broken: impl Fn(Node) -> bool,
    ) -> Self {
        let mut line = Self::default();
        let mut next = head;
        while let Some(commit) = next.and_then(|node| commits.get(node)) {
            line.whole = false;
            // A pack's index may lie about ids, and so lead in a circle.
            if commit.tree == NONE || line.steps.len() > commits.list.len() {
                break;
            }
            line.steps.push((commit.node, commit.tree));
            if broken(commit.tree) || cut.contains(&commit.node) || commits.lacks(commit.node) {
                break;
            }
            next = commit.parents.first().copied();
            line.whole = next.is_none();
        }
        line
    }

    /// For each of the `wanted` bits how far down the newest commit is whose tree leads to it.
    /// Most of what is wanted is in HEAD or was a while ago: the rest of the line is left alone.
    pub(crate) fn last(&self, leads: &[u64], wanted: u64) -> [Option<u32>; 64] {
        let mut last = [None; 64];
        let mut left = wanted;
        for (&(_, tree), at) in self.steps.iter().zip(0..) {
            let mut here = leads[tree as usize] & left;
            left &= !here;
            while here != 0 {
                last[here.trailing_zeros() as usize] = Some(at);
                here &= here - 1;
            }
            if left == 0 {
                break;
            }
        }
        last
    }

    /// The commit that came after the one that is `last` steps down, and how many came after it:
    /// it has not what the other one was the last to have. `None` of HEAD, after which nothing came.
    pub(crate) fn after(&self, last: u32) -> Option<(u32, Node)> {
        let behind = last.checked_sub(1)?;
        Some((behind, self.steps.get(behind as usize)?.0))
    }
}
