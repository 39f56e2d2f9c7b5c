//! Walks a pack's forest of deltas in parallel, each entry inflated once, straight from the
//! mapped file, and built once from its base.

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use super::inflate::{Buffer, Inflater, MAX_OBJECT, apply_delta, delta_sizes};
use super::pack::{ObjectKind, Pack};
use crate::span::Copied;

/// One object, while its bytes are in memory.
pub(crate) struct Visit<'a> {
    /// Its position in the pack's index.
    pub id: u32,
    pub kind: ObjectKind,
    pub bytes: &'a [u8],
    /// The ranges that were copied whole from its delta base, which was visited before.
    pub copies: &'a [Copied],
}

/// An entry that could not be read.
#[derive(Debug)]
pub(crate) struct Damage {
    pub id: u32,
    pub why: String,
    /// Whether it was only too large: a cap of ours, not a fault of the pack.
    pub too_large: bool,
}

/// What one task gathered.
struct Local<L> {
    gathered: L,
    damage: Vec<Damage>,
}

/// A task takes trees until they are worth about this many bytes (16 MiB, some 5 ms): small
/// enough to keep all threads busy to the end, large enough to make the task's cost vanish.
const TASK_BYTES: u64 = 16 << 20;

/// How deep a tree may be split into tasks of their own: splitting uses the call stack, and a
/// hostile pack can nest deltas as deep as it likes.
const MAX_SPLITS: u32 = 64;

/// Which objects need not be visited: by their positions in the pack's index.
pub(crate) type Known<'a> = &'a (dyn Fn(u32) -> bool + Sync);

/// Visits every object of the wanted `kinds`, but for those that are `known`, which are only built
/// where something that is not known is built on them. `visit` gets a value of its own for each task;
/// all of them come back, in no particular order, with what could not be read. What it returns
/// of an object is given to the visits of all objects that are deltas on it.
pub(crate) fn walk<L, S, V>(
    pack: &Pack,
    kinds: &[ObjectKind],
    known: Option<Known<'_>>,
    visit: V,
) -> (Vec<L>, Vec<Damage>)
where
    L: Default + Send,
    S: Send + Sync,
    V: Fn(&mut L, &Visit<'_>, Option<&S>) -> S + Sync,
{
    let idle = known.map(|known| idle(pack, kinds, known)).unwrap_or_default();
    let is_idle = |slot: u32| idle.get(slot as usize).is_some_and(|idle| *idle);
    let wanted = |(slot, kind): &&(u32, ObjectKind)| kinds.contains(kind) && !is_idle(*slot);
    let roots: Vec<_> = pack.roots.iter().filter(wanted).collect();
    let weights =
        roots.iter().map(|&&(slot, _)| weight(pack, slot, pack.slots[slot as usize].size));
    let locals: Vec<Vec<Local<L>>> = batches(weights)
        .into_par_iter()
        .map(|batch| {
            let mut walker = Walker::new(pack, &idle, &visit);
            for &&(slot, kind) in &roots[batch] {
                walker.tree(slot, kind);
            }
            walker.finish()
        })
        .collect();
    let mut gathered = Vec::new();
    let mut damage = Vec::new();
    for local in locals.into_iter().flatten() {
        gathered.push(local.gathered);
        damage.extend(local.damage);
    }
    damage.sort_by_key(|damage| damage.id);
    (gathered, damage)
}

/// For each slot whether nothing on it has to be visited, itself included.
fn idle(pack: &Pack, kinds: &[ObjectKind], known: Known<'_>) -> Vec<bool> {
    let mut idle = vec![false; pack.slots.len()];
    // Bases before what is built on them, so that the way back is from the leaves to the roots.
    let roots = pack.roots.iter().filter(|(_, kind)| kinds.contains(kind));
    let mut order: Vec<u32> = roots.map(|it| it.0).collect();
    let mut next = 0;
    while let Some(&slot) = order.get(next) {
        order.extend_from_slice(pack.children(slot));
        next += 1;
    }
    for &slot in order.iter().rev() {
        let below = || pack.children(slot).iter().all(|child| idle[*child as usize]);
        idle[slot as usize] = known(pack.slots[slot as usize].id) && below();
    }
    idle
}

/// What hangs on a slot, in bytes, if all of it is about as large as the slot itself.
fn weight(pack: &Pack, slot: u32, size: u64) -> u64 {
    u64::from(pack.counts[slot as usize]) * (size + 256)
}

/// Cuts a list of weights into runs of about `TASK_BYTES`.
fn batches(weights: impl Iterator<Item = u64>) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut end, mut sum) = (0, 0, 0);
    for weight in weights {
        (end, sum) = (end + 1, sum + weight);
        if sum >= TASK_BYTES {
            batches.push(start..end);
            (start, sum) = (end, 0);
        }
    }
    if start < end {
        batches.push(start..end);
    }
    batches
}

/// A base on the way down, with the children that still wait for it.
struct Frame<S> {
    bytes: Buffer,
    /// What the visit of these bytes returned.
    state: S,
    children: Range<usize>,
    slot: u32,
}

struct Walker<'p, L, S, V> {
    pack: &'p Pack,
    /// Slots on which nothing has to be visited; none of them where it is empty.
    idle: &'p [bool],
    visit: &'p V,
    inflater: Inflater,
    delta: Buffer,
    copies: Vec<Copied>,
    /// Buffers that wait to be used again.
    pool: Vec<Buffer>,
    local: Local<L>,
    /// What tasks split off this one gathered.
    others: Vec<Local<L>>,
    /// The type of the states that visits return; they live in frames.
    state: PhantomData<fn() -> S>,
}

impl<'p, L, S, V> Walker<'p, L, S, V>
where
    L: Default + Send,
    S: Send + Sync,
    V: Fn(&mut L, &Visit<'_>, Option<&S>) -> S + Sync,
{
    fn new(pack: &'p Pack, idle: &'p [bool], visit: &'p V) -> Self {
        Self {
            pack,
            idle,
            visit,
            inflater: Inflater::new(),
            delta: Buffer::default(),
            copies: Vec::new(),
            pool: Vec::new(),
            local: Local { gathered: L::default(), damage: Vec::new() },
            others: Vec::new(),
            state: PhantomData,
        }
    }

    fn is_idle(&self, slot: u32) -> bool {
        self.idle.get(slot as usize).is_some_and(|idle| *idle)
    }

    fn finish(self) -> Vec<Local<L>> {
        let mut all = self.others;
        all.push(self.local);
        all
    }

    /// Visits a root and everything that is built on it.
    fn tree(&mut self, root: u32, kind: ObjectKind) {
        let slot = self.pack.slots[root as usize];
        if slot.size > MAX_OBJECT {
            return self.damaged(root, too_large(slot.size), true);
        }
        let mut bytes = self.pool.pop().unwrap_or_default();
        let input = self.pack.compressed(&slot);
        if let Err(why) = self.inflater.exact(input, slot.size as usize, &mut bytes) {
            self.damaged(root, why, false);
            return self.pool.push(bytes);
        }
        self.copies.clear();
        let state = self.visited(root, kind, &bytes, None);
        self.below(root, kind, bytes, state, 0);
    }

    /// Visits all that is built on `slot`, whose bytes are given.
    fn below(&mut self, slot: u32, kind: ObjectKind, bytes: Buffer, state: S, splits: u32) {
        let children = self.pack.children(slot).len();
        let mut stack = vec![Frame { bytes, state, children: 0..children, slot }];
        while let Some(frame) = stack.last_mut() {
            if splits < MAX_SPLITS && self.worth_splitting(frame) {
                let frame = stack.pop().expect("the frame just looked at");
                self.split(&frame, kind, splits + 1);
                self.recycle(frame.bytes);
                continue;
            }
            let Some(next) = frame.children.next() else {
                let frame = stack.pop().expect("the frame just looked at");
                self.recycle(frame.bytes);
                continue;
            };
            let child = self.pack.children(frame.slot)[next];
            if self.is_idle(child) {
                continue;
            }
            let Some(bytes) = self.build(child, frame.bytes.bytes()) else { continue };
            let state = self.visited(child, kind, &bytes, Some(&frame.state));
            let children = self.pack.children(child).len();
            if children == 0 {
                self.recycle(bytes);
                continue;
            }
            // A base whose last child this was is not needed on the way down.
            if frame.children.is_empty() {
                let frame = stack.pop().expect("the frame just looked at");
                self.recycle(frame.bytes);
            }
            stack.push(Frame { bytes, state, children: 0..children, slot: child });
        }
    }

    /// Whether the children of a frame are enough work for several tasks.
    fn worth_splitting(&self, frame: &Frame<S>) -> bool {
        let size = frame.bytes.bytes().len() as u64;
        frame.children.len() > 1 && weight(self.pack, frame.slot, size) > 2 * TASK_BYTES
    }

    /// Hands the children of a frame to other threads.
    fn split(&mut self, frame: &Frame<S>, kind: ObjectKind, splits: u32) {
        let children = &self.pack.children(frame.slot)[frame.children.clone()];
        let size = frame.bytes.bytes().len() as u64;
        let (pack, idle, visit) = (self.pack, self.idle, self.visit);
        let weights = children.iter().map(|&child| weight(pack, child, size));
        let others: Vec<Vec<Local<L>>> = batches(weights)
            .into_par_iter()
            .map(|batch| {
                let mut walker = Walker::new(pack, idle, visit);
                for &child in &children[batch] {
                    if walker.is_idle(child) {
                        continue;
                    }
                    let Some(bytes) = walker.build(child, frame.bytes.bytes()) else { continue };
                    let state = walker.visited(child, kind, &bytes, Some(&frame.state));
                    walker.below(child, kind, bytes, state, splits);
                }
                walker.finish()
            })
            .collect();
        self.others.extend(others.into_iter().flatten());
    }

    /// Builds a delta's object on its base.
    fn build(&mut self, slot: u32, base: &[u8]) -> Option<Buffer> {
        match self.try_build(slot, base) {
            Ok(bytes) => Some(bytes),
            Err((why, too_large)) => {
                self.damaged(slot, why, too_large);
                None
            }
        }
    }

    fn try_build(&mut self, slot: u32, base: &[u8]) -> Result<Buffer, (String, bool)> {
        let entry = self.pack.slots[slot as usize];
        if entry.size > MAX_OBJECT {
            return Err((too_large(entry.size), true));
        }
        let input = self.pack.compressed(&entry);
        self.inflater
            .exact(input, entry.size as usize, &mut self.delta)
            .map_err(|why| (why, false))?;
        let (base_size, size, ops) = delta_sizes(self.delta.bytes())
            .ok_or_else(|| ("its delta has no sizes".to_owned(), false))?;
        if base_size != base.len() as u64 {
            return Err(("its delta is made for another base".to_owned(), false));
        }
        if size > MAX_OBJECT {
            return Err((too_large(size), true));
        }
        let mut bytes = self.pool.pop().unwrap_or_default();
        match apply_delta(base, ops, bytes.room(size as usize), &mut self.copies) {
            Ok(()) => Ok(bytes),
            Err(why) => {
                self.pool.push(bytes);
                Err((why.to_owned(), false))
            }
        }
    }

    fn visited(&mut self, slot: u32, kind: ObjectKind, bytes: &Buffer, base: Option<&S>) -> S {
        let id = self.pack.slots[slot as usize].id;
        let visit = Visit { id, kind, bytes: bytes.bytes(), copies: &self.copies };
        (self.visit)(&mut self.local.gathered, &visit, base)
    }

    /// Notes a slot that cannot be read, and with it all that is built on it.
    fn damaged(&mut self, slot: u32, why: String, too_large: bool) {
        let mut stack = self.pack.children(slot).to_vec();
        let id = self.pack.slots[slot as usize].id;
        self.local.damage.push(Damage { id, why, too_large });
        while let Some(slot) = stack.pop() {
            let id = self.pack.slots[slot as usize].id;
            let why = "it is a delta on an object that cannot be read".to_owned();
            self.local.damage.push(Damage { id, why, too_large });
            stack.extend_from_slice(self.pack.children(slot));
        }
    }

    fn recycle(&mut self, mut buffer: Buffer) {
        const POOLED: usize = 64;
        buffer.trim();
        if self.pool.len() < POOLED {
            self.pool.push(buffer);
        }
    }
}

fn too_large(size: u64) -> String {
    format!("{} MiB inflated, more than the {} MiB that are read", size >> 20, MAX_OBJECT >> 20)
}
