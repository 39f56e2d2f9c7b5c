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
use super::pack::NONE;
use super::store::{Node, Store};

/// What a search found nothing in, by itself, and what it found something in.
#[derive(Debug, Default)]
pub(super) struct Searched {
    pub quiet: Vec<Node>,
    pub loud: Vec<Node>,
}

impl Searched {
    /// Those that are blobs: what is known of a repository of which not all is there.
    pub(super) fn blobs(&self, store: &Store, commits: &Commits) -> Vec<ObjectId> {
        let blobs = self.quiet.iter().filter(|node| !commits.holds(**node));
        blobs.map(|node| store.id(*node)).collect()
    }

    /// All that leads to nothing that is loud and to nothing that is not here. What is `cut` has
    /// parents that were left out on purpose. Where the forest has no edges nothing may be loud in it.
    pub(super) fn closed(
        &self,
        store: &Store,
        commits: &Commits,
        forest: &Forest,
        cut: impl Iterator<Item = Node>,
    ) -> Vec<ObjectId> {
        let all = self.quiet.iter().chain(&forest.read);
        let holders = forest.holders.iter().map(|&(tree, _)| tree);
        let missing = forest.missing.iter().chain(&commits.missing).map(|&(holder, _)| holder);
        let loud = holders.chain(missing).chain(cut).chain(self.loud.iter().copied());
        let mut loud = loud.map(|node| (node, 1)).peekable();
        if loud.peek().is_none() {
            return all.map(|node| store.id(*node)).collect();
        }
        let containers = Containers::new(store.nodes(), &names(commits, forest));
        let leads = containers.spread(store.nodes(), loud);
        all.filter(|node| leads[**node as usize] == 0).map(|node| store.id(*node)).collect()
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
