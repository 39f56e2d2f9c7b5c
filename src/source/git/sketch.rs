//! What a repository is made of, in a few of its objects.

use std::path::Path;

use gix::hash::{Kind as HashKind, ObjectId};

use crate::source::files::is_bare;

/// The ids that come first of all objects in its packs, in order, at most `most`: what two of them
/// have in common, the repositories have. Nothing where there is no pack: what is loose is little.
pub(crate) fn sketch(path: &Path, most: usize) -> Vec<ObjectId> {
    let git = if is_bare(path) { path.to_owned() } else { path.join(".git") };
    let Ok(entries) = std::fs::read_dir(git.join("objects/pack")) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let indexes = paths.filter(|path| path.extension().is_some_and(|it| it == "idx"));
    // A repository of another hash has no ids in common with these, and waits for none.
    let open = |path| gix_pack::index::File::at(path, HashKind::Sha1).ok();
    let mut ids: Vec<ObjectId> = Vec::new();
    for index in indexes.filter_map(open) {
        let first = u32::try_from(most).unwrap_or(u32::MAX).min(index.num_objects());
        ids.extend((0..first).map(|at| index.oid_at_index(at).to_owned()));
    }
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(most);
    ids
}
