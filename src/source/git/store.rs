//! Everything a repository stores: its packs, its loose objects, and those of its alternates,
//! as one numbered set of nodes in which each object counts once.

use std::fs;
use std::path::{Path, PathBuf};

use gix::hash::{Kind as HashKind, ObjectId, oid};
use rayon::prelude::*;

use super::inflate::{Buffer, Inflater, MAX_OBJECT};
use super::pack::{ObjectKind, Pack};
use super::table::Table;
use super::walk::{self, Damage};
use crate::problem::{Problem, ProblemCode};
use crate::span::Copied;

/// One object: packs first, in the order of their names and positions, then the loose ones.
pub(crate) type Node = u32;

/// One object, while its bytes are in memory.
pub(crate) struct Object<'a> {
    pub node: Node,
    pub kind: ObjectKind,
    pub bytes: &'a [u8],
    /// What was copied whole from an object that was visited before.
    pub copies: &'a [Copied],
    /// Whether another node holds the same object and is visited for it.
    pub repeat: bool,
}

pub(crate) struct Store {
    pub hash: HashKind,
    packs: Vec<Pack>,
    /// The first node of each pack, and at the end that of the loose objects.
    first: Vec<Node>,
    loose: Vec<(ObjectId, PathBuf)>,
    table: Table,
    /// Nodes that repeat an object that an earlier node holds, one bit each.
    repeats: Vec<u64>,
    /// Whether a node's object is known, and all that it leads to; of none where it is empty.
    known: Vec<bool>,
    /// Whether a pack says that a remote has promised to keep what is missing here.
    pub promised: bool,
}

/// How many damaged objects of one pack are named one by one.
const NAMED_DAMAGE: usize = 20;

impl Store {
    /// Opens the packs and lists the loose objects of an `objects` directory and of all its
    /// alternates. What cannot be opened becomes a problem, and the rest is read.
    pub(crate) fn open(objects: &Path, hash: HashKind) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut store = Self {
            hash,
            packs: Vec::new(),
            first: Vec::new(),
            loose: Vec::new(),
            table: Table::with_capacity(0),
            repeats: Vec::new(),
            known: Vec::new(),
            promised: false,
        };
        for directory in directories(objects, &mut problems) {
            store.open_packs(&directory.join("pack"), &mut problems);
            store.list_loose(&directory, &mut problems);
        }
        store.number(&mut problems);
        (store, problems)
    }

    /// How many nodes there are, repeats included.
    pub(crate) fn nodes(&self) -> usize {
        self.first_loose() as usize + self.loose.len()
    }

    /// The node that holds an object, if it is here.
    pub(crate) fn node(&self, id: &oid) -> Option<Node> {
        self.table.get(id)
    }

    /// The id of a node's object.
    pub(crate) fn id(&self, node: Node) -> ObjectId {
        if node >= self.first_loose() {
            return self.loose[(node - self.first_loose()) as usize].0;
        }
        let pack = self.first.partition_point(|&first| first <= node) - 1;
        self.packs[pack].index.oid_at_index(node - self.first[pack]).to_owned()
    }

    /// Notes which objects are known, and returns how many, repeats included: walks pass over them.
    pub(crate) fn know(&mut self, known: &(dyn Fn(&[u8]) -> bool + Sync)) -> usize {
        let nodes = 0..self.nodes() as Node;
        let all: Vec<bool> =
            nodes.into_par_iter().map(|node| known(self.id(node).as_slice())).collect();
        let count = all.iter().filter(|known| **known).count();
        self.known = if count == 0 { Vec::new() } else { all };
        count
    }

    /// Whether a node's object is known.
    pub(crate) fn knows(&self, node: Node) -> bool {
        self.known.get(node as usize).is_some_and(|known| *known)
    }

    /// Visits every node of the wanted kinds that is not known, in parallel and in no particular
    /// order, but a delta's base before it. What `visit` returns of an object is given to the visits
    /// of the deltas on it; of a base that is known nothing is.
    pub(crate) fn walk<L, S, V>(&self, kinds: &[ObjectKind], visit: V) -> (Vec<L>, Vec<Problem>)
    where
        L: Default + Send,
        S: Send + Sync,
        V: Fn(&mut L, &Object<'_>, Option<&S>) -> S + Sync,
    {
        let visit = |local: &mut L, object: &Object<'_>, base: Option<&Option<S>>| {
            // Only here for what is built on it.
            if self.knows(object.node) {
                return None;
            }
            Some(visit(local, object, base.and_then(Option::as_ref)))
        };
        self.walk_some(kinds, !self.known.is_empty(), &visit)
    }

    /// Visits every node of the wanted kinds, known or not.
    pub(crate) fn walk_all<L, V>(&self, kinds: &[ObjectKind], visit: V) -> (Vec<L>, Vec<Problem>)
    where
        L: Default + Send,
        V: Fn(&mut L, &Object<'_>) + Sync,
    {
        let visit = |local: &mut L, object: &Object<'_>, _: Option<&()>| visit(local, object);
        self.walk_some(kinds, false, &visit)
    }

    fn walk_some<L, S, V>(
        &self,
        kinds: &[ObjectKind],
        skip: bool,
        visit: &V,
    ) -> (Vec<L>, Vec<Problem>)
    where
        L: Default + Send,
        S: Send + Sync,
        V: Fn(&mut L, &Object<'_>, Option<&S>) -> S + Sync,
    {
        let mut gathered = Vec::new();
        let mut problems = Vec::new();
        for (pack, &first) in self.packs.iter().zip(&self.first) {
            let by_id = |at: u32| self.knows(first + at);
            let known: Option<walk::Known<'_>> = if skip { Some(&by_id) } else { None };
            let (locals, damage) = walk::walk(pack, kinds, known, |local, seen, base| {
                let node = first + seen.id;
                let (kind, bytes, copies) = (seen.kind, seen.bytes, seen.copies);
                visit(
                    local,
                    &Object { node, kind, bytes, copies, repeat: self.repeats(node) },
                    base,
                )
            });
            gathered.extend(locals);
            problems.extend(damage_problems(pack, &damage));
        }
        let (locals, more) = self.walk_loose(kinds, skip, visit);
        gathered.extend(locals);
        problems.extend(more);
        (gathered, problems)
    }

    fn repeats(&self, node: Node) -> bool {
        self.repeats[node as usize / 64] & (1 << (node % 64)) != 0
    }

    fn first_loose(&self) -> Node {
        self.first.last().copied().unwrap_or(0)
    }

    fn open_packs(&mut self, directory: &Path, problems: &mut Vec<Problem>) {
        let Some(mut names) = list(directory, problems) else { return };
        names.sort();
        let has = |path: &PathBuf| names.binary_search(path).is_ok();
        for path in &names {
            let extension = path.extension().unwrap_or_default();
            if extension == "promisor" {
                self.promised = true;
            } else if extension == "pack" && !has(&path.with_extension("idx")) {
                let why = "this pack has no index, so nothing in it can be found";
                let hint = "make one with: git index-pack PACK, then scan again";
                problems.push(
                    Problem::new(ProblemCode::Damaged, path.to_string_lossy(), why).hinted(hint),
                );
            } else if extension == "idx" {
                match Pack::open(path, self.hash) {
                    Ok(pack) => self.packs.push(pack),
                    Err(why) => problems.push(damaged(path, why)),
                }
            }
        }
    }

    fn list_loose(&mut self, directory: &Path, problems: &mut Vec<Problem>) {
        for prefix in list(directory, problems).unwrap_or_default() {
            let Some(head) = hex_name(&prefix, 2) else { continue };
            for path in list(&prefix, problems).unwrap_or_default() {
                let Some(tail) = hex_name(&path, self.hash.len_in_hex() - 2) else { continue };
                if let Ok(id) = ObjectId::from_hex(format!("{head}{tail}").as_bytes()) {
                    self.loose.push((id, path));
                }
            }
        }
    }

    /// Numbers all objects and finds those that occur twice.
    fn number(&mut self, problems: &mut Vec<Problem>) {
        self.loose.sort();
        let mut next = 0u64;
        for pack in &self.packs {
            self.first.push(next as Node);
            next += u64::from(pack.index.num_objects());
        }
        self.first.push(next as Node);
        let total = next + self.loose.len() as u64;
        if total >= u64::from(u32::MAX) {
            let why = "more than 4 billion objects: none of them was read";
            problems.push(Problem::new(ProblemCode::TooMany, "objects", why));
            self.packs.clear();
            self.loose.clear();
            self.first = vec![0];
        }
        let total = self.nodes();
        let mut table = Table::with_capacity(total);
        let mut repeats = vec![0u64; total / 64 + 1];
        for node in 0..total as Node {
            let id = self.id(node);
            if let Some(other) = table.insert(&id, node)
                && self.id(other) == id
            {
                repeats[node as usize / 64] |= 1 << (node % 64);
            }
        }
        self.table = table;
        self.repeats = repeats;
    }

    fn walk_loose<L, S, V>(
        &self,
        kinds: &[ObjectKind],
        skip: bool,
        visit: &V,
    ) -> (Vec<L>, Vec<Problem>)
    where
        L: Default + Send,
        V: Fn(&mut L, &Object<'_>, Option<&S>) -> S + Sync,
    {
        const TASK: usize = 256;
        let chunks = self.loose.par_chunks(TASK).enumerate();
        let done: Vec<(L, Vec<Problem>)> = chunks
            .map(|(chunk, objects)| {
                let mut local = L::default();
                let mut problems = Vec::new();
                let (mut inflater, mut buffer) = (Inflater::new(), Buffer::default());
                for (at, (_, path)) in objects.iter().enumerate() {
                    let node = self.first_loose() + (chunk * TASK + at) as Node;
                    if self.repeats(node) || skip && self.knows(node) {
                        continue;
                    }
                    match read_loose(path, &mut inflater, &mut buffer) {
                        Ok((kind, bytes)) if kinds.contains(&kind) => {
                            let object = Object { node, kind, bytes, copies: &[], repeat: false };
                            visit(&mut local, &object, None);
                        }
                        Ok(_) => {}
                        Err(why) => problems.push(damaged(path, why)),
                    }
                }
                (local, problems)
            })
            .collect();
        let (locals, problems): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        (locals, problems.into_iter().flatten().collect())
    }
}

/// The objects directory and its alternates. A cycle among them is a problem, not a hang.
fn directories(objects: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut all = vec![objects.to_owned()];
    match gix::odb::alternate::resolve(objects.to_owned(), &here) {
        Ok(alternates) => all.extend(alternates),
        Err(error) => problems.push(damaged(&objects.join("info/alternates"), error.to_string())),
    }
    for missing in all.iter().filter(|path| !path.is_dir()) {
        let why = "this directory of objects is not there";
        problems.push(Problem::new(ProblemCode::Missing, missing.to_string_lossy(), why));
    }
    all.retain(|path| path.is_dir());
    all
}

/// A directory's entries; nothing, with no problem, where there is no such directory.
fn list(directory: &Path, problems: &mut Vec<Problem>) -> Option<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let place = directory.to_string_lossy();
            problems.push(Problem::new(ProblemCode::Unreadable, place, error.to_string()));
            return None;
        }
    };
    Some(entries.flatten().map(|entry| entry.path()).collect())
}

fn hex_name(path: &Path, len: usize) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    (name.len() == len && name.bytes().all(|b| b.is_ascii_hexdigit())).then_some(name)
}

/// Reads a loose object: a zlib stream of `KIND SIZE NUL CONTENT`.
fn read_loose<'b>(
    path: &Path,
    inflater: &mut Inflater,
    buffer: &'b mut Buffer,
) -> Result<(ObjectKind, &'b [u8]), String> {
    buffer.trim();
    let packed = fs::read(path).map_err(|error| error.to_string())?;
    inflater.grow(&packed, MAX_OBJECT as usize + 64, buffer)?;
    let bytes = buffer.bytes();
    let header_end = memchr::memchr(0, &bytes[..bytes.len().min(64)]);
    let (header, content) = match header_end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => return Err("a loose object without a header".to_owned()),
    };
    let mut words = header.split(|&byte| byte == b' ');
    let kind = match words.next() {
        Some(b"commit") => ObjectKind::Commit,
        Some(b"tree") => ObjectKind::Tree,
        Some(b"blob") => ObjectKind::Blob,
        Some(b"tag") => ObjectKind::Tag,
        _ => return Err("a loose object of no known kind".to_owned()),
    };
    let size = words.next().and_then(|size| std::str::from_utf8(size).ok()?.parse().ok());
    if size == Some(content.len()) {
        Ok((kind, content))
    } else {
        Err("a loose object whose size is not the one it promises".to_owned())
    }
}

fn damaged(path: &Path, why: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Damaged, path.to_string_lossy(), why)
        .hinted("fetch the repository again, or look with: git fsck")
}

fn damage_problems(pack: &Pack, damage: &[Damage]) -> Vec<Problem> {
    let stray = pack.stray.iter().map(|&(slot, why)| {
        let id = pack.slots[slot as usize].id;
        (id, why.to_owned(), ProblemCode::Damaged)
    });
    let damage = damage.iter().map(|damage| {
        let code = if damage.too_large { ProblemCode::TooLarge } else { ProblemCode::Damaged };
        (damage.id, damage.why.clone(), code)
    });
    let all: Vec<_> = stray.chain(damage).collect();
    let mut problems: Vec<Problem> = all
        .iter()
        .take(NAMED_DAMAGE)
        .map(|(id, why, code)| {
            let place = format!("object {} in {}", pack.index.oid_at_index(*id), pack.name);
            Problem::new(*code, place, why.clone())
        })
        .collect();
    if all.len() > NAMED_DAMAGE {
        let why = format!("{} more of its objects cannot be read", all.len() - NAMED_DAMAGE);
        problems.push(Problem::new(ProblemCode::Damaged, pack.name.clone(), why));
    }
    problems
}
