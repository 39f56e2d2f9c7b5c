//! Which objects need not be read again: those in which nothing was found, nor in anything that they
//! lead to.
//!
//! A blob is quiet where nothing was found in it. A tree, a commit or a tag is quiet where that holds
//! for all that it names, down to the last blob and back to the first commit. So what is passed over
//! later, in this repository or in a fork of it, is known whole: not even an object that is missing
//! there is missed.

use gix::hash::ObjectId;

use super::attribute::Containers;
use super::commits::Commits;
use super::forest::Forest;
use super::pack::{NONE, ObjectKind};
use super::store::{Node, Store};
use crate::terms::{Filed, TermSet};

/// What a search found nothing in, by itself, and what it found something in.
#[derive(Debug, Default)]
pub(super) struct Searched {
    /// With the terms by which something could have been found in it.
    pub quiet: Filed<Node>,
    pub loud: Vec<Node>,
}

/// The terms of an object in which nothing was found: those that a search met in a blob. An archive has
/// more in it than its own bytes, and what is no blob leads to others.
pub(super) fn terms(kind: ObjectKind, met: TermSet, opened: bool) -> TermSet {
    match kind {
        ObjectKind::Blob if opened => met.or(TermSet::HIDDEN),
        ObjectKind::Blob => met,
        _ => TermSet::CONTAINER,
    }
}

impl Searched {
    /// Those that are blobs: what is known of a repository of which not all is there.
    pub(super) fn blobs(self, store: &Store) -> Filed<ObjectId> {
        let is_blob = |terms: TermSet| !terms.meets(TermSet::CONTAINER);
        self.quiet.filter_map(|node, terms| is_blob(terms).then(|| store.id(node)))
    }

    /// All that leads to nothing that is loud and to nothing that is not here. What is `cut` has
    /// parents that were left out on purpose. Where the forest has no edges nothing may be loud in it.
    pub(super) fn closed(
        self,
        store: &Store,
        commits: &Commits,
        forest: &Forest,
        cut: impl Iterator<Item = Node>,
    ) -> Filed<ObjectId> {
        let Self { mut quiet, loud } = self;
        quiet.extend(forest.read.iter().map(|tree| (*tree, TermSet::CONTAINER)));
        let holders = forest.holders.iter().map(|&(tree, _)| tree);
        let missing = forest.missing.iter().chain(&commits.missing).map(|&(holder, _)| holder);
        let loud = holders.chain(missing).chain(cut).chain(loud);
        let mut loud = loud.map(|node| (node, 1)).peekable();
        if loud.peek().is_none() {
            return quiet.filter_map(|node, _| Some(store.id(node)));
        }
        let containers = Containers::new(store.nodes(), &names(commits, forest));
        let leads = containers.spread(store.nodes(), loud);
        quiet.filter_map(|node, _| (leads[node as usize] == 0).then(|| store.id(node)))
    }
}

/// (who, what): all that a tree, a commit or a tag names, but for the blobs of trees.
fn names(commits: &Commits, forest: &Forest) -> Vec<(Node, Node)> {
    let mut names = forest.edges.clone();
    for commit in &commits.list {
        names.push((commit.node, commit.tree));
        names.extend(commit.parents.iter().map(|parent| (commit.node, *parent)));
    }
    names.extend(commits.tags.iter().copied());
    names.retain(|(_, what)| *what != NONE);
    names
}
