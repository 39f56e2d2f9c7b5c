//! The files of a git directory that are not objects: configuration, refs, reflogs, messages.

use std::path::{Path, PathBuf};

use crate::origin::OriginKind;

/// One such file: where it is, and what it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GitFile {
    pub path: PathBuf,
    pub kind: OriginKind,
}

/// Directories that are read in another way, or that hold nothing but a program's state.
const NOT_TEXT: [&str; 2] = ["objects", "modules"];

/// Every regular file of a git directory outside its object store. Nothing is followed: a
/// symlink in a git directory is somebody's trick.
pub(crate) fn git_files(git_dir: &Path) -> Vec<GitFile> {
    let mut files = Vec::new();
    let mut stack = vec![git_dir.to_owned()];
    while let Some(directory) = stack.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            let top = directory == git_dir;
            if kind.is_dir() && !(top && NOT_TEXT.iter().any(|name| entry.file_name() == *name)) {
                stack.push(path);
            } else if kind.is_file() && entry.file_name() != "index" {
                let kind = kind_of(path.strip_prefix(git_dir).unwrap_or(&path));
                files.push(GitFile { path, kind });
            }
        }
    }
    files.sort();
    files
}

fn kind_of(path: &Path) -> OriginKind {
    let name = path.file_name().unwrap_or_default();
    let within = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
    if name == "config" || name == "config.worktree" {
        OriginKind::Config
    } else if within("logs") {
        OriginKind::Reflog
    } else if within("refs") || within("reftable") || name == "packed-refs" {
        OriginKind::Ref
    } else {
        OriginKind::Gitdir
    }
}

/// Git directories of submodules: those below `modules` that hold objects of their own.
pub(crate) fn module_dirs(git_dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut stack = vec![git_dir.join("modules")];
    while let Some(directory) = stack.pop() {
        if directory.join("objects").is_dir() && directory.join("HEAD").is_file() {
            // A submodule's own submodules are found when it is read itself.
            found.push(directory);
            continue;
        }
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let folders = entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir()));
        stack.extend(folders.map(|entry| entry.path()));
    }
    found.sort();
    found
}
