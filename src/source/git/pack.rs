//! One pack as a forest of deltas: which entry is built on which.
//!
//! The kind of a delta is the kind of its chain's root, so the headers alone say which trees
//! hold blobs: nothing is inflated to find out.

use std::path::Path;

use gix::hash::Kind as HashKind;
use gix_pack::data::entry::Header;
use rayon::prelude::*;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectKind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl ObjectKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// No base: a root, or an entry whose base is not in this pack.
pub(crate) const NONE: u32 = u32::MAX;

/// One entry of a pack, in the order of their offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// Where its compressed data begins in the pack.
    pub data_at: u64,
    /// Its size inflated: of the object, or of the delta.
    pub size: u64,
    /// Its position in the pack's index, which is sorted by object id.
    pub id: u32,
    /// Its base's slot.
    base: u32,
    /// The kind of a root. `None` for a delta.
    kind: Option<ObjectKind>,
}

/// One pack: its two files and its forest.
pub(crate) struct Pack {
    pub name: String,
    pub index: gix_pack::index::File,
    pub data: gix_pack::data::File,
    pub slots: Vec<Slot>,
    /// Roots in the order of their offsets.
    pub roots: Vec<(u32, ObjectKind)>,
    /// For each slot, how many entries hang on it, itself included.
    pub counts: Vec<u32>,
    /// Entries that no root leads to: a base that is missing, a cycle, a header that cannot
    /// be read.
    pub stray: Vec<(u32, &'static str)>,
    child_at: Vec<u32>,
    children: Vec<u32>,
}

impl Pack {
    /// Opens `NAME.idx` and the `NAME.pack` beside it and reads every entry's header.
    pub(crate) fn open(idx: &Path, hash: HashKind) -> Result<Self, String> {
        let index = gix_pack::index::File::at(idx, hash).map_err(|e| first_line(&e))?;
        let data = gix_pack::data::File::at(idx.with_extension("pack"), hash)
            .map_err(|e| first_line(&e))?;
        let name = idx.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let mut pack = Self {
            name,
            index,
            data,
            slots: Vec::new(),
            roots: Vec::new(),
            counts: Vec::new(),
            stray: Vec::new(),
            child_at: Vec::new(),
            children: Vec::new(),
        };
        pack.read_headers();
        pack.link_children();
        pack.count_trees();
        Ok(pack)
    }

    /// The slots that are deltas on `slot`.
    pub(crate) fn children(&self, slot: u32) -> &[u32] {
        let at = slot as usize;
        &self.children[self.child_at[at] as usize..self.child_at[at + 1] as usize]
    }

    /// The compressed bytes of a slot, and whatever follows them in the pack.
    pub(crate) fn compressed(&self, slot: &Slot) -> &[u8] {
        self.data.entry_slice(slot.data_at..self.data.pack_end() as u64).unwrap_or_default()
    }

    fn read_headers(&mut self) {
        let mut offsets: Vec<(u64, u32)> = (0..self.index.num_objects())
            .into_par_iter()
            .map(|id| (self.index.pack_offset_at_index(id), id))
            .collect();
        offsets.par_sort_unstable();
        let slots: Vec<(Slot, bool)> = offsets
            .par_iter()
            .map(|&(offset, id)| self.read_header(offset, id, &offsets))
            .collect();
        let bad = slots.iter().enumerate().filter(|(_, (_, good))| !good);
        self.stray = bad.map(|(at, _)| (at as u32, "its header cannot be read")).collect();
        self.slots = slots.into_iter().map(|(slot, _)| slot).collect();
    }

    fn read_header(&self, offset: u64, id: u32, offsets: &[(u64, u32)]) -> (Slot, bool) {
        let bad = Slot { data_at: 0, size: 0, id, base: NONE, kind: None };
        let bytes = self.data.entry_slice(offset..self.data.pack_end() as u64).unwrap_or_default();
        let hash = self.data.object_hash();
        let Ok(entry) = gix_pack::data::Entry::from_bytes(bytes, offset, hash) else {
            return (bad, false);
        };
        let slot_at = |offset| offsets.binary_search_by_key(&offset, |&(at, _)| at).ok();
        let (base, kind) = match entry.header {
            Header::Commit => (None, Some(ObjectKind::Commit)),
            Header::Tree => (None, Some(ObjectKind::Tree)),
            Header::Blob => (None, Some(ObjectKind::Blob)),
            Header::Tag => (None, Some(ObjectKind::Tag)),
            Header::OfsDelta { base_distance } => {
                (offset.checked_sub(base_distance).and_then(slot_at), None)
            }
            Header::RefDelta { base_id } => {
                let base = self.index.lookup(base_id);
                (base.and_then(|id| slot_at(self.index.pack_offset_at_index(id))), None)
            }
        };
        let base = base.map_or(NONE, |slot| slot as u32);
        (Slot { data_at: entry.data_offset, size: entry.decompressed_size, id, base, kind }, true)
    }

    fn link_children(&mut self) {
        let mut at = vec![0u32; self.slots.len() + 1];
        for slot in self.slots.iter().filter(|slot| slot.base != NONE) {
            at[slot.base as usize + 1] += 1;
        }
        for i in 1..at.len() {
            at[i] += at[i - 1];
        }
        let mut next = at.clone();
        let mut children = vec![0u32; at.last().map_or(0, |&n| n as usize)];
        for (child, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.base != NONE) {
            let place = &mut next[slot.base as usize];
            children[*place as usize] = child as u32;
            *place += 1;
        }
        self.child_at = at;
        self.children = children;
    }

    /// Walks every tree once to count what hangs on each entry; what no root reaches is stray.
    fn count_trees(&mut self) {
        let mut reached = vec![false; self.slots.len()];
        let mut counts = vec![1u32; self.slots.len()];
        let mut stack = Vec::new();
        // Bases before their deltas, so that backwards the counts add up.
        let mut order = Vec::new();
        for root in 0..self.slots.len() as u32 {
            let Some(kind) = self.slots[root as usize].kind else { continue };
            self.roots.push((root, kind));
            stack.push(root);
            while let Some(slot) = stack.pop() {
                reached[slot as usize] = true;
                order.push(slot);
                stack.extend_from_slice(self.children(slot));
            }
            for slot in order.drain(..).rev() {
                let base = self.slots[slot as usize].base;
                if base != NONE {
                    counts[base as usize] += counts[slot as usize];
                }
            }
        }
        self.counts = counts;
        for &(slot, _) in &self.stray {
            reached[slot as usize] = true;
        }
        let lost = reached.iter().enumerate().filter(|(_, reached)| !**reached);
        let why = "it is a delta whose base is not in its pack";
        self.stray.extend(lost.map(|(slot, _)| (slot as u32, why)));
    }
}

fn first_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
