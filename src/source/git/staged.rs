//! The index, for the hook: the blobs that the next commit will bring in, and nothing else.
//!
//! A hook runs before a person notices, so no tree is read that the index's own tree cache
//! says is unchanged: the cost is that of the directories that were touched.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use gix::hash::ObjectId;
use gix::index::entry::{Flags, Mode};
use gix::index::extension::Tree as CachedTree;

use super::parse::{EntryKind, TreeEntries};
use crate::problem::{Problem, ProblemCode};

/// A staged blob that HEAD does not have at its path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Staged {
    pub path: String,
    pub id: ObjectId,
    /// What HEAD has there, if anything.
    pub before: Option<ObjectId>,
}

/// Opens the index that git would use: the one that the environment names, since `git commit
/// -p` and `git commit FILE` run hooks with an index of their own, else the repository's.
pub(crate) fn open_index(repo: &gix::Repository) -> Result<gix::index::File, Problem> {
    let named = std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from);
    let path = named.unwrap_or_else(|| repo.git_dir().join("index"));
    let options = gix::index::decode::Options::default();
    gix::index::File::at_or_default(&path, repo.object_hash(), false, options)
        .map_err(|error| damaged(&path, &error.to_string()))
}

/// Lists what is staged and differs from HEAD.
pub(crate) fn staged(
    repo: &gix::Repository,
    index: &gix::index::File,
    problems: &mut Vec<Problem>,
) -> Vec<Staged> {
    let mut comparison = Comparison { repo, index, changed: Vec::new(), problems };
    match repo.head_commit().ok().and_then(|commit| commit.tree_id().ok()) {
        Some(tree) => comparison.directory(BStr::new(""), tree.detach(), index.tree()),
        None => comparison.all(BStr::new("")),
    }
    let mut changed = comparison.changed;
    changed.sort();
    changed.dedup();
    changed
}

struct Comparison<'a> {
    repo: &'a gix::Repository,
    index: &'a gix::index::File,
    changed: Vec<Staged>,
    problems: &'a mut Vec<Problem>,
}

impl Comparison<'_> {
    /// Compares one directory of the index with the tree that HEAD has there.
    fn directory(&mut self, prefix: &BStr, tree: ObjectId, cached: Option<&CachedTree>) {
        if cached.is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree) {
            return;
        }
        let Ok(Some(object)) = self.repo.try_find_object(tree) else {
            self.problems.push(damaged(Path::new(&tree.to_string()), "this tree cannot be read"));
            return self.all(prefix);
        };
        let entries = TreeEntries::new(&object.data, tree.as_bytes().len());
        let head: HashMap<&[u8], (EntryKind, ObjectId)> =
            entries.map(|entry| (entry.name, (entry.kind, entry.id.to_owned()))).collect();
        let Some(range) = self.range(prefix) else { return };
        let mut at = range.start;
        while at < range.end {
            let entry = self.index.entry(at);
            let below = &entry.path(self.index)[prefix.len()..];
            let Some(slash) = below.find_byte(b'/') else {
                let before = head.get(below.as_bytes()).map(|(_, id)| *id);
                self.entry(at, before);
                at += 1;
                continue;
            };
            let name = &below[..slash];
            let folder: BString = entry.path(self.index)[..=prefix.len() + slash].into();
            match head.get(name.as_bytes()) {
                Some((EntryKind::Tree, id)) => {
                    let child = cached.and_then(|cached| {
                        cached.children.iter().find(|child| child.name[..] == name[..])
                    });
                    self.directory(folder.as_bstr(), *id, child);
                }
                _ => self.all(folder.as_bstr()),
            }
            at = self.range(folder.as_bstr()).map_or(at + 1, |range| range.end.max(at + 1));
        }
    }

    /// Everything below a folder that HEAD does not have.
    fn all(&mut self, prefix: &BStr) {
        for at in self.range(prefix).unwrap_or_default() {
            self.entry(at, None);
        }
    }

    fn range(&self, prefix: &BStr) -> Option<std::ops::Range<usize>> {
        if prefix.is_empty() {
            return Some(0..self.index.entries().len());
        }
        self.index.prefixed_entries_range(prefix)
    }

    fn entry(&mut self, at: usize, before: Option<ObjectId>) {
        let entry = self.index.entry(at);
        let is_blob = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK);
        // `git add --intent-to-add` stages a name without content.
        if is_blob && !entry.flags.contains(Flags::INTENT_TO_ADD) && before != Some(entry.id) {
            let path = entry.path(self.index).to_str_lossy().into_owned();
            self.changed.push(Staged { path, id: entry.id, before });
        }
    }
}

fn damaged(path: &Path, why: &str) -> Problem {
    let place = path.to_string_lossy();
    Problem::new(ProblemCode::Damaged, place, why).hinted("look with: git fsck")
}
