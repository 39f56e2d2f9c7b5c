//! What a bare repository is like, told without reading its objects.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::files::git_files;
use crate::hex::hex;
use crate::source::files::{is_bare, open};

/// A digest of what makes a bare repository what it is: the names and sizes of its packs, which git
/// names by their content, its loose objects, and every other file of it. Where two are the same, so
/// is all that a scan finds. `None` where that cannot be told: there is a work tree, or objects
/// elsewhere, or something cannot be read.
pub(crate) fn state(path: &Path) -> Option<String> {
    let objects = path.join("objects");
    if !is_bare(path) || objects.join("info/alternates").exists() || path.join("modules").exists() {
        return None;
    }
    let mut all = Sha256::new();
    let mut add = |part: &[u8]| {
        all.update((part.len() as u64).to_be_bytes());
        all.update(part);
    };
    for folder in names(&objects)? {
        let below = objects.join(&folder);
        for name in names(&below)? {
            let size = below.join(&name).symlink_metadata().ok()?.len();
            add(format!("{folder}/{name} {size}").as_bytes());
        }
    }
    for file in git_files(path) {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut open(&file.path).ok()?, &mut bytes).ok()?;
        add(file.path.strip_prefix(path).ok()?.as_os_str().as_encoded_bytes());
        add(&bytes);
    }
    Some(hex(&all.finalize()))
}

/// The names in a folder, in order; none of what is no folder.
fn names(folder: &Path) -> Option<Vec<String>> {
    if !folder.is_dir() {
        return Some(Vec::new());
    }
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names = entries
        .map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect::<Option<Vec<String>>>()?;
    names.sort();
    Some(names)
}
