//! Which commit brought a blob in, at which path, and from where it can still be reached.
//!
//! The graph is turned upside down: from the trees that hold a wanted blob, up to the root
//! trees and their commits. A commit *introduces* a blob when its tree leads to it and no
//! parent's does; of all such commits the oldest counts. That needs no order of all commits,
//! so clock skew between a commit and its ancestors cannot name the wrong one.

use std::collections::HashSet;
use std::ops::Range;

use gix::hash::ObjectId;

use super::commits::{Commit, Commits};
use super::forest::Forest;
use super::line::Line;
use super::pack::NONE;
use super::parse::{EntryKind, TreeEntries};
use super::reach::{Reachable, Tip};
use super::store::{Node, Store};

/// What was found out about one wanted object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attribution {
    /// The introducing commit. `None` where no commit's tree leads to the object.
    pub commit: Option<Node>,
    /// Its paths in that commit, at most `MAX_PATHS`.
    pub paths: Vec<String>,
    /// Index of the best tip that leads to it.
    pub tip: Option<Tip>,
    /// How far down HEAD's line the newest commit is that has it: HEAD itself has it at 0.
    pub last: Option<u32>,
}

/// A blob copied to more paths than this in one commit is shown at these only.
const MAX_PATHS: usize = 16;

/// How deep a path may be: a tree can be made to contain itself only by breaking SHA-1, but
/// a hostile one can be very deep, and each level here is one call.
const MAX_DEPTH: usize = 512;

pub(crate) struct Attributor<'a> {
    pub store: &'a Store,
    pub commits: &'a Commits,
    pub reachable: &'a Reachable,
    /// Commits whose parents were left out of a shallow clone.
    pub shallow: &'a [ObjectId],
    /// Whether every object that is here could be read, and what is not here is known by name. If
    /// not, what was not read may have what is wanted, and nobody knows what became of it.
    pub sound: bool,
    /// Reads a tree's bytes.
    pub read: &'a dyn Fn(&ObjectId) -> Option<Vec<u8>>,
}

impl Attributor<'_> {
    /// Attributes all wanted objects, 64 at a time: one bit each in a word a tree. Those from `gone`
    /// on are not there. Returns also the line of commits by which it is said how long HEAD had each.
    pub(crate) fn attribute(
        &self,
        wanted: &[ObjectId],
        gone: usize,
        forest: &Forest,
    ) -> (Vec<Attribution>, Line) {
        let containers = Containers::new(self.store.nodes(), &forest.edges);
        let line = if gone == 0 {
            Line::default()
        } else {
            self.line(&containers, gone..wanted.len(), forest)
        };
        let mut all = Vec::with_capacity(wanted.len());
        let mut holders: Vec<(u32, Node)> =
            forest.holders.iter().map(|&(tree, at)| (at, tree)).collect();
        holders.sort_unstable();
        for (batch, ids) in wanted.chunks(64).enumerate() {
            let first = batch as u32 * 64;
            let from = holders.partition_point(|&(at, _)| at < first);
            let to = holders.partition_point(|&(at, _)| at < first + ids.len() as u32);
            let direct = holders[from..to].iter().map(|&(at, tree)| (tree, 1u64 << (at - first)));
            let leads = containers.spread(self.store.nodes(), direct);
            all.extend(self.judge(ids, &leads, &line));
        }
        (all, line)
    }

    /// HEAD's line, as far as all is there that its trees name.
    fn line(&self, containers: &Containers, gone: Range<usize>, forest: &Forest) -> Line {
        let holders = forest.holders.iter().filter(|(_, at)| gone.contains(&(*at as usize)));
        let mut holders = holders.map(|&(tree, _)| (tree, 1)).peekable();
        let some = holders.peek().is_some();
        let broken = if some { containers.spread(self.store.nodes(), holders) } else { Vec::new() };
        let head = self.reachable.head().and_then(|tip| self.store.node(&tip.id));
        let cut: HashSet<Node> = self.shallow.iter().filter_map(|id| self.store.node(id)).collect();
        let broken =
            |tree: Node| !self.sound || broken.get(tree as usize).is_some_and(|it| *it != 0);
        Line::of(head, self.commits, &cut, broken)
    }

    fn judge(&self, ids: &[ObjectId], leads: &[u64], line: &Line) -> Vec<Attribution> {
        let mut best: Vec<Best> = vec![Best::default(); ids.len()];
        for commit in &self.commits.list {
            let here = mask(leads, commit.tree);
            if here == 0 {
                continue;
            }
            let inherited = commit.parents.iter().filter_map(|&parent| self.commits.get(parent));
            let inherited = inherited.fold(0, |all, parent| all | mask(leads, parent.tree));
            let tip = self.reachable.tip(commit.node);
            for (bit, best) in bits(here).zip_in(&mut best) {
                best.reached(tip);
                if inherited & (1 << bit) == 0 {
                    best.introduced(commit);
                }
            }
        }
        self.direct_trees(leads, &mut best);
        let last = line.last(leads, u64::MAX >> (64 - ids.len()));
        let finish = |(at, (id, best)): (usize, (&ObjectId, Best))| Attribution {
            last: last[at],
            ..self.finish(*id, leads, at, best)
        };
        ids.iter().zip(best).enumerate().map(finish).collect()
    }

    /// A tag or ref may name a tree with no commit around it.
    fn direct_trees(&self, leads: &[u64], best: &mut [Best]) {
        for tip in self.reachable.all() {
            let Some(mut node) = self.store.node(&tip.id) else { continue };
            while let [target] = self.commits.parents_or_target(node)
                && self.commits.get(node).is_none()
            {
                node = *target;
            }
            for (_, best) in bits(mask(leads, node)).zip_in(best) {
                best.reached(Some(tip));
            }
        }
    }

    fn finish(&self, id: ObjectId, leads: &[u64], bit: usize, best: Best) -> Attribution {
        let mut paths = Vec::new();
        let commit = best.commit.and_then(|(_, node)| self.commits.get(node));
        if let Some(commit) = commit {
            let search = PathSearch { of: self, leads, bit: 1 << bit, id };
            search.below(commit.tree, "", 0, &mut paths);
        }
        let named = self.store.node(&id).and_then(|node| self.reachable.tip(node));
        let tip = best.tip.into_iter().chain(named.cloned()).min();
        Attribution { commit: commit.map(|commit| commit.node), paths, tip, last: None }
    }
}

/// The best that was found so far for one object.
#[derive(Clone, Default)]
struct Best {
    /// (committer time, node) of the oldest introducing commit.
    commit: Option<(i64, Node)>,
    tip: Option<Tip>,
}

impl Best {
    fn introduced(&mut self, commit: &Commit) {
        let this = (commit.time, commit.node);
        if self.commit.is_none_or(|best| this < best) {
            self.commit = Some(this);
        }
    }

    fn reached(&mut self, tip: Option<&Tip>) {
        if let Some(tip) = tip
            && self.tip.as_ref().is_none_or(|best| tip < best)
        {
            self.tip = Some(tip.clone());
        }
    }
}

/// For each object, those that name it: of trees, the trees that contain them.
pub(super) struct Containers {
    at: Vec<u32>,
    containers: Vec<Node>,
}

impl Containers {
    /// Of pairs of a container and what it names.
    pub(super) fn new(nodes: usize, edges: &[(Node, Node)]) -> Self {
        let mut at = vec![0u32; nodes + 1];
        for &(_, child) in edges {
            at[child as usize + 1] += 1;
        }
        for i in 1..at.len() {
            at[i] += at[i - 1];
        }
        let mut next = at.clone();
        let mut containers = vec![0; edges.len()];
        for &(container, child) in edges {
            let place = &mut next[child as usize];
            containers[*place as usize] = container;
            *place += 1;
        }
        Self { at, containers }
    }

    fn of(&self, node: Node) -> &[Node] {
        &self.containers[self.at[node as usize] as usize..self.at[node as usize + 1] as usize]
    }

    /// Carries the bits of what holds something up to all that leads to it.
    pub(super) fn spread(
        &self,
        nodes: usize,
        direct: impl Iterator<Item = (Node, u64)>,
    ) -> Vec<u64> {
        let mut leads = vec![0u64; nodes];
        let mut stack = Vec::new();
        for (node, bit) in direct {
            leads[node as usize] |= bit;
            stack.push(node);
        }
        while let Some(node) = stack.pop() {
            let bits = leads[node as usize];
            for &container in self.of(node) {
                if leads[container as usize] | bits != leads[container as usize] {
                    leads[container as usize] |= bits;
                    stack.push(container);
                }
            }
        }
        leads
    }
}

fn mask(leads: &[u64], tree: Node) -> u64 {
    if tree == NONE { 0 } else { leads[tree as usize] }
}

/// The set bits of a word.
struct Bits(u64);

fn bits(word: u64) -> Bits {
    Bits(word)
}

impl Bits {
    /// Pairs each set bit with the element of a slice at its place.
    fn zip_in<T>(self, slice: &mut [T]) -> impl Iterator<Item = (usize, &mut T)> {
        slice.iter_mut().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0)
    }
}

/// The way down from a root tree to one object.
struct PathSearch<'a> {
    of: &'a Attributor<'a>,
    leads: &'a [u64],
    bit: u64,
    id: ObjectId,
}

impl PathSearch<'_> {
    fn below(&self, tree: Node, prefix: &str, depth: usize, paths: &mut Vec<String>) {
        let Some(bytes) = (self.of.read)(&self.of.store.id(tree)) else { return };
        for entry in TreeEntries::new(&bytes, self.of.store.hash.len_in_bytes()) {
            if paths.len() >= MAX_PATHS {
                return;
            }
            let name = String::from_utf8_lossy(entry.name);
            let path =
                if prefix.is_empty() { name.into_owned() } else { format!("{prefix}/{name}") };
            if entry.id == self.id {
                paths.push(path);
            } else if entry.kind == EntryKind::Tree
                && depth < MAX_DEPTH
                && let Some(node) = self.of.store.node(entry.id)
                && mask(self.leads, node) & self.bit != 0
            {
                self.below(node, &path, depth + 1, paths);
            }
        }
    }
}
