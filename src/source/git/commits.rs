//! The commits and tags of a repository, in memory: who is whose parent, and which tree.

use gix::hash::ObjectId;

use super::pack::{NONE, ObjectKind};
use super::parse;
use super::store::{Node, Object, Store};
use crate::problem::{Problem, ProblemCode};

/// One commit. Twenty-odd bytes each, so that a million of them fit easily.
pub(crate) struct Commit {
    pub node: Node,
    /// Its root tree, or `NONE` where that is not in the store.
    pub tree: Node,
    pub parents: Box<[Node]>,
    /// Committer time, seconds since 1970.
    pub time: i64,
}

/// What one task gathered.
#[derive(Default)]
pub(crate) struct Gathered {
    commits: Vec<Commit>,
    tags: Vec<(Node, Node)>,
    /// (holder, id): what a commit or tag names and is not in the store.
    missing: Vec<(Node, ObjectId)>,
    malformed: Vec<Node>,
}

impl Gathered {
    /// Takes a commit or a tag while its bytes are there.
    pub(crate) fn add(&mut self, store: &Store, object: &Object<'_>) {
        let known = match object.kind {
            ObjectKind::Commit => self.add_commit(store, object),
            ObjectKind::Tag => self.add_tag(store, object),
            ObjectKind::Blob | ObjectKind::Tree => Some(()),
        };
        if known.is_none() {
            self.malformed.push(object.node);
        }
    }

    fn add_commit(&mut self, store: &Store, object: &Object<'_>) -> Option<()> {
        let header = parse::commit(object.bytes)?;
        let tree = self.find(store, object.node, header.tree);
        let parents = header.parents.iter().map(|id| self.find(store, object.node, *id));
        let parents = parents.filter(|&node| node != NONE).collect();
        self.commits.push(Commit { node: object.node, tree, parents, time: header.time });
        Some(())
    }

    fn add_tag(&mut self, store: &Store, object: &Object<'_>) -> Option<()> {
        let target = self.find(store, object.node, parse::tag(object.bytes)?);
        self.tags.push((object.node, target));
        Some(())
    }

    fn find(&mut self, store: &Store, holder: Node, id: ObjectId) -> Node {
        store.node(&id).unwrap_or_else(|| {
            self.missing.push((holder, id));
            NONE
        })
    }
}

/// All commits and tags.
#[derive(Default)]
pub(crate) struct Commits {
    /// In the order of their nodes.
    pub list: Vec<Commit>,
    /// (tag, what it names).
    pub tags: Vec<(Node, Node)>,
    /// (holder, id), shallow boundaries taken out.
    pub missing: Vec<(Node, ObjectId)>,
}

impl Commits {
    /// Puts together what the tasks gathered. The parents of `shallow` commits are not
    /// missing: they were left out on purpose, which the caller reports.
    pub(crate) fn new(
        store: &Store,
        parts: Vec<Gathered>,
        shallow: &[ObjectId],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.list.extend(part.commits);
            all.tags.extend(part.tags);
            all.missing.extend(part.missing);
            for node in part.malformed {
                let place = format!("object {}", store.id(node));
                let why = "this commit or tag names no object";
                problems.push(Problem::new(ProblemCode::Damaged, place, why));
            }
        }
        all.list.sort_unstable_by_key(|commit| commit.node);
        all.tags.sort_unstable();
        if !shallow.is_empty() {
            all.missing.retain(|&(holder, _)| !shallow.contains(&store.id(holder)));
        }
        all.missing.sort_unstable();
        all
    }

    pub(crate) fn get(&self, node: Node) -> Option<&Commit> {
        let at = self.list.binary_search_by_key(&node, |commit| commit.node).ok()?;
        Some(&self.list[at])
    }

    /// Whether something that a commit names is not here, though it was not left out on purpose.
    pub(crate) fn lacks(&self, commit: Node) -> bool {
        self.missing.binary_search_by_key(&commit, |&(holder, _)| holder).is_ok()
    }

    /// A commit's parents, or the object that a tag names: where a flood goes on.
    pub(crate) fn parents_or_target(&self, node: Node) -> &[Node] {
        if let Some(commit) = self.get(node) {
            return &commit.parents;
        }
        match self.tags.binary_search_by_key(&node, |&(tag, _)| tag) {
            Ok(at) if self.tags[at].1 != NONE => std::slice::from_ref(&self.tags[at].1),
            _ => &[],
        }
    }
}
