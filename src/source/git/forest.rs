//! One pass over all trees: is everything there that they name, and which trees lead to the
//! blobs that hold something?
//!
//! Looking trees up one by one from every commit costs several times the scan itself. Here
//! each tree is built once, from its delta base; what is copied whole from the base was read
//! with it and is taken over, so that only what a delta brings in is parsed and looked up: a
//! few per cent of the 135 million entries of git.git's trees.

use std::ops::Range;

use gix::hash::ObjectId;

use super::pack::ObjectKind;
use super::parse::{EntryKind, TreeEntries};
use super::store::{Node, Object, Store};
use super::table::key;
use crate::problem::{Problem, ProblemCode};
use crate::span::Copied;

/// What the pass over all trees found.
#[derive(Default)]
pub(crate) struct Forest {
    /// (tree, subtree): only gathered when asked for.
    pub edges: Vec<(Node, Node)>,
    /// (tree, index into the wanted ids).
    pub holders: Vec<(Node, u32)>,
    /// (tree, id): objects that a tree names and that are not in the store.
    pub missing: Vec<(Node, ObjectId)>,
    /// Trees of which not every entry could be read.
    pub malformed: Vec<Node>,
    /// All trees that were read.
    pub read: Vec<Node>,
    pub bytes: u64,
}

/// The ids that are looked for in trees, behind a filter that fits in the first-level cache.
pub(crate) struct Wanted {
    filter: Box<[u64; 1024]>,
    ids: Vec<(u64, u32)>,
}

impl Wanted {
    pub(crate) fn new(ids: &[ObjectId]) -> Self {
        let mut filter = Box::new([0u64; 1024]);
        let mut keys: Vec<(u64, u32)> =
            ids.iter().enumerate().map(|(at, id)| (key(id), at as u32)).collect();
        keys.sort_unstable();
        for (key, _) in &keys {
            filter[(key & 0xffff) as usize / 64] |= 1 << (key & 63);
        }
        Self { filter, ids: keys }
    }

    #[inline]
    fn find(&self, key: u64) -> Option<u32> {
        if self.filter[(key & 0xffff) as usize / 64] & (1 << (key & 63)) == 0 {
            return None;
        }
        let at = self.ids.binary_search_by_key(&key, |&(id, _)| id).ok()?;
        Some(self.ids[at].1)
    }
}

/// Reads all trees of a store that are not known. Which tree holds which is only gathered where
/// something is `wanted` in them or `edges` are: a third of the work.
pub(crate) fn read(store: &Store, wanted: &[ObjectId], edges: bool) -> (Forest, Vec<Problem>) {
    let look = Look {
        store,
        wanted: Wanted::new(wanted),
        looking: edges || !wanted.is_empty(),
        id_len: store.hash.len_in_bytes(),
    };
    let (parts, mut problems) = store
        .walk(&[ObjectKind::Tree], |forest: &mut Forest, tree, base| forest.add(&look, tree, base));
    let mut all = Forest::default();
    for part in parts {
        all.edges.extend(part.edges);
        all.holders.extend(part.holders);
        all.missing.extend(part.missing);
        all.malformed.extend(part.malformed);
        all.read.extend(part.read);
        all.bytes += part.bytes;
    }
    all.malformed.sort_unstable();
    for &tree in all.malformed.iter().take(20) {
        let place = format!("tree {}", store.id(tree));
        problems.push(Problem::new(ProblemCode::Damaged, place, "an entry of it is malformed"));
    }
    all.missing.sort_unstable_by_key(|&(tree, id)| (id, tree));
    (all, problems)
}

/// What all visits share.
struct Look<'a> {
    store: &'a Store,
    wanted: Wanted,
    looking: bool,
    id_len: usize,
}

/// What the trees that are deltas on a tree need to know of it.
#[derive(Default)]
struct TreeState {
    /// Where some of its entries begin: one every `STEP` bytes. From one such mark to another
    /// a copy need not be parsed again.
    marks: Vec<u32>,
    /// (where the entry begins, subtree)
    subtrees: Vec<(u32, Node)>,
    /// (where the entry begins, index into the wanted ids)
    holds: Vec<(u32, u32)>,
}

/// Bytes between two marks: some eight entries, read again at each end of a copy.
const STEP: u32 = 256;

impl Forest {
    fn add(&mut self, look: &Look<'_>, tree: &Object<'_>, base: Option<&TreeState>) -> TreeState {
        let mut parser = Parser {
            look,
            entries: TreeEntries::new(tree.bytes, look.id_len),
            state: TreeState::default(),
            copy: 0..0,
            missing: Vec::new(),
        };
        if let Some(base) = base {
            tree.copies.iter().for_each(|copy| parser.copied(base, *copy));
        }
        parser.until(u32::MAX);
        if tree.repeat {
            return parser.state;
        }
        self.read.push(tree.node);
        self.bytes += tree.bytes.len() as u64;
        if !parser.entries.complete() {
            self.malformed.push(tree.node);
        }
        let state = parser.state;
        self.missing.extend(parser.missing.into_iter().map(|id| (tree.node, id)));
        self.edges.extend(state.subtrees.iter().map(|&(_, subtree)| (tree.node, subtree)));
        self.holders.extend(state.holds.iter().map(|&(_, at)| (tree.node, at)));
        state
    }
}

/// Reads one tree, leaving out what its base has in common with it.
struct Parser<'a> {
    look: &'a Look<'a>,
    entries: TreeEntries<'a>,
    state: TreeState,
    /// The stretch that was copied from the base, whose entries were looked up there.
    copy: Range<u32>,
    missing: Vec<ObjectId>,
}

impl Parser<'_> {
    /// Reads entries until one begins at or after `end`.
    fn until(&mut self, end: u32) {
        while self.entries.at() < end {
            let Some(entry) = self.entries.next() else { return };
            if entry.start >= self.state.marks.last().map_or(0, |mark| mark + STEP) {
                self.state.marks.push(entry.start);
            }
            if entry.kind == EntryKind::Gitlink {
                continue;
            }
            if self.look.looking {
                let held = self.look.wanted.find(key(entry.id));
                self.state.holds.extend(held.map(|at| (entry.start, at)));
            }
            let subtree = self.look.looking && entry.kind == EntryKind::Tree;
            let seen = self.copy.start <= entry.start && self.entries.at() <= self.copy.end;
            if seen && !subtree {
                continue;
            }
            match self.look.store.node(entry.id) {
                Some(node) if subtree => self.state.subtrees.push((entry.start, node)),
                None if !seen => self.missing.push(entry.id.to_owned()),
                _ => {}
            }
        }
    }

    /// Takes over from the base what lies in a copy, from the first mark to the last.
    fn copied(&mut self, base: &TreeState, copy: Copied) {
        if copy.end - copy.start < 3 * STEP {
            return;
        }
        self.until(copy.start);
        self.copy = copy.start..copy.end;
        // Positions in the base are those here, plus `from`, minus `start`.
        let here = |there: u32| there - copy.from + copy.start;
        let at = self.entries.at();
        // Before the copy still: the tree is malformed, and reading it has ended.
        if !(copy.start..copy.end).contains(&at) {
            return;
        }
        let first = base.marks.partition_point(|&mark| mark < at - copy.start + copy.from);
        let last_end = copy.from + (copy.end - copy.start);
        let last = base.marks.partition_point(|&mark| mark <= last_end);
        let Some(&[first_mark, .., last_mark]) = base.marks.get(first..last) else { return };
        self.until(here(first_mark));
        // Entries here and there begin at the same bytes, or the copy is cut askew.
        if self.entries.at() != here(first_mark) {
            return;
        }
        let inside = |at: u32| first_mark <= at && at < last_mark;
        let (subtrees, holds) = (&base.subtrees, &base.holds);
        let moved = |&(at, what): &(u32, u32)| inside(at).then(|| (here(at), what));
        let from = subtrees.partition_point(|&(at, _)| at < first_mark);
        self.state.subtrees.extend(subtrees[from..].iter().map_while(moved));
        self.state.holds.extend(holds.iter().filter_map(moved));
        self.state.marks.extend(base.marks[first..last].iter().map(|&mark| here(mark)));
        self.entries.skip_to(here(last_mark));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_finds_what_is_wanted_and_nothing_else() {
        let id = |byte: u8| ObjectId::from_bytes_or_panic(&[byte; 20]);
        let wanted = Wanted::new(&[id(3), id(1)]);
        assert_eq!(wanted.find(key(&id(1))), Some(1));
        assert_eq!(wanted.find(key(&id(3))), Some(0));
        assert_eq!(wanted.find(key(&id(2))), None);
    }
}
