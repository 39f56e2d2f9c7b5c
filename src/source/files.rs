//! The files of a directory or work tree, read in parallel.
//!
//! Nothing is followed and nothing is run: symlinks are read as the text they are, FIFOs and
//! devices are named and left alone, and a file is opened so that it cannot turn into one of
//! them in between. No file is mapped: one that shrinks under a mapping kills the process.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::large::{WINDOW, examine_large};
use super::{Examine, archive};
use crate::problem::{Problem, ProblemCode};
use crate::tally::Tally;

/// The largest file that is read, in bytes. A sparse file can claim any size: at 2 GB/s this
/// is 30 seconds.
const MAX_FILE: u64 = 64 << 30;

/// What to walk.
pub(crate) struct Walk<'a> {
    pub root: &'a Path,
    /// How the root is shown in paths; empty for ".".
    pub shown: &'a str,
    pub jobs: usize,
    /// The paths that a git index tracks, relative to the root: with them, ignore files are
    /// obeyed for everything else. `None` reads everything.
    pub tracked: Option<&'a [PathBuf]>,
    /// Whether bare repositories are left to whoever reads their objects. Else their files
    /// are files like others.
    pub skip_bare: bool,
}

/// What a walk read.
pub(crate) struct FilesRead<T> {
    /// (path as shown, what was found there)
    pub found: Vec<(String, T)>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
    /// Repositories met on the way: their work tree was walked, their git directory was not.
    pub repositories: Vec<PathBuf>,
    /// Files of more than one window. They are read last, over the threads of the caller's
    /// pool: the walk's own threads are not among them.
    large: Vec<PathBuf>,
}

impl<T> Default for FilesRead<T> {
    fn default() -> Self {
        let (found, problems, tally) = (Vec::new(), Vec::new(), Tally::default());
        Self { found, problems, tally, repositories: Vec::new(), large: Vec::new() }
    }
}

impl<T> FilesRead<T> {
    fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.problems.extend(other.problems);
        self.tally.add(&other.tally);
        self.repositories.extend(other.repositories);
        self.large.extend(other.large);
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let place = path.to_string_lossy();
        self.problems.push(Problem::new(ProblemCode::Unreadable, place, error.to_string()));
    }
}

/// Walks a directory, or reads the one file that the root is.
pub(crate) fn read_files<E: Examine>(walk: &Walk<'_>, examine: &E) -> FilesRead<E::Found> {
    let shared = Shared { walk, examine, hasher: RandomState::new(), parts: Mutex::default() };
    let mut builder = WalkBuilder::new(walk.root);
    builder.standard_filters(false).follow_links(false).threads(walk.jobs);
    if walk.tracked.is_some() {
        builder.git_ignore(true).git_exclude(true).git_global(true).require_git(false);
    }
    builder.build_parallel().visit(&mut Builder(&shared));
    let mut all = FilesRead::default();
    let mut visited = HashSet::new();
    let mut present = 0;
    for part in shared.parts.into_inner().expect("no visitor panics while it adds its part") {
        all.add(part.read);
        visited.extend(part.visited);
        present += part.present;
    }
    if let Some(tracked) = walk.tracked {
        let hash = |path: &PathBuf| shared.hasher.hash_one(walk.root.join(path));
        let unseen = tracked.iter().filter(|path| !visited.contains(&hash(path)));
        let mut reader = Reader::new(walk, examine);
        unseen.for_each(|path| reader.tracked(&walk.root.join(path)));
        let hidden = present.saturating_sub(visited.len() as u64);
        all.tally.ignored = hidden.saturating_sub(reader.read.tally.files);
        all.add(reader.read);
    }
    let mut reader = Reader::new(walk, examine);
    for path in std::mem::take(&mut all.large) {
        reader.large(&path);
    }
    all.add(reader.read);
    all.problems.sort();
    all.repositories.sort();
    all
}

/// What all visitors share.
struct Shared<'a, E: Examine> {
    walk: &'a Walk<'a>,
    examine: &'a E,
    hasher: RandomState,
    parts: Mutex<Vec<Part<E::Found>>>,
}

/// What one visitor leaves behind.
struct Part<T> {
    read: FilesRead<T>,
    /// Hashes of the paths that were visited, to find out which tracked ones were not.
    visited: Vec<u64>,
    /// How many entries the visited directories have, to count what ignore files hid.
    present: u64,
}

struct Builder<'a, E: Examine>(&'a Shared<'a, E>);

impl<'s, E: Examine> ParallelVisitorBuilder<'s> for Builder<'s, E> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        let reader = Reader::new(self.0.walk, self.0.examine);
        Box::new(Visitor { shared: self.0, reader, visited: Vec::new(), present: 0 })
    }
}

struct Visitor<'a, E: Examine> {
    shared: &'a Shared<'a, E>,
    reader: Reader<'a, E>,
    visited: Vec<u64>,
    present: u64,
}

impl<E: Examine> Drop for Visitor<'_, E> {
    fn drop(&mut self) {
        let part = Part {
            read: std::mem::take(&mut self.reader.read),
            visited: std::mem::take(&mut self.visited),
            present: self.present,
        };
        if let Ok(mut parts) = self.shared.parts.lock() {
            parts.push(part);
        }
    }
}

impl<E: Examine> ParallelVisitor for Visitor<'_, E> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.entry(&entry),
            Err(error) => {
                let place = error_path(&error).unwrap_or(self.shared.walk.root).to_string_lossy();
                let problem = Problem::new(ProblemCode::Walk, place, plain(&error));
                self.reader.read.problems.push(problem);
                WalkState::Continue
            }
        }
    }
}

impl<E: Examine> Visitor<'_, E> {
    fn entry(&mut self, entry: &DirEntry) -> WalkState {
        let path = entry.path();
        let filtered = self.shared.walk.tracked.is_some();
        if filtered && entry.depth() > 0 {
            self.visited.push(self.shared.hasher.hash_one(path));
        }
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        // A directory, or a file that says where the directory is.
        let is_git_dir = entry.file_name() == ".git" && entry.depth() > 0;
        if is_git_dir && entry.depth() > 1 {
            self.reader.read.repositories.extend(path.parent().map(Path::to_owned));
        }
        if !kind.is_dir() {
            self.reader.entry(path, kind);
            return WalkState::Continue;
        }
        if is_git_dir {
            return WalkState::Skip;
        }
        if self.shared.walk.skip_bare && entry.depth() > 0 && is_bare(path) {
            self.reader.read.repositories.push(path.to_owned());
            return WalkState::Skip;
        }
        if filtered {
            self.present += std::fs::read_dir(path).map_or(0, |entries| entries.count() as u64);
        }
        WalkState::Continue
    }
}

/// Whether a directory is a git directory by itself: one stat for all but a few.
pub(crate) fn is_bare(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// Reads one file after the other into a buffer that is used again.
struct Reader<'a, E: Examine> {
    walk: &'a Walk<'a>,
    examine: &'a E,
    buffer: Vec<u8>,
    read: FilesRead<E::Found>,
}

impl<'a, E: Examine> Reader<'a, E> {
    fn new(walk: &'a Walk<'a>, examine: &'a E) -> Self {
        Self { walk, examine, buffer: Vec::new(), read: FilesRead::default() }
    }

    /// Reads a tracked file that the walk did not meet. One that was deleted is no problem.
    fn tracked(&mut self, path: &Path) {
        if let Ok(metadata) = std::fs::symlink_metadata(path)
            && !metadata.is_dir()
        {
            self.entry(path, metadata.file_type());
        }
    }

    fn entry(&mut self, path: &Path, kind: std::fs::FileType) {
        let mut found = Vec::new();
        let outcome = if kind.is_file() {
            self.file(path, &mut found)
        } else if kind.is_symlink() {
            self.link(path, &mut found)
        } else {
            self.read.tally.special += 1;
            return;
        };
        if let Err(error) = outcome {
            self.read.unreadable(path, &error);
        }
        self.keep(path, found);
    }

    fn file(&mut self, path: &Path, found: &mut Vec<E::Found>) -> io::Result<()> {
        let mut file = open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            self.read.tally.special += 1;
            return Ok(());
        }
        let size = metadata.len();
        self.read.tally.files += 1;
        self.read.tally.file_bytes += size;
        if size > MAX_FILE {
            let why =
                format!("{} GiB, more than the {} GiB that are read", size >> 30, MAX_FILE >> 30);
            let problem = Problem::new(ProblemCode::TooLarge, path.to_string_lossy(), why);
            self.read.problems.push(problem);
            return Ok(());
        }
        if size > WINDOW as u64 {
            self.read.large.push(path.to_owned());
            return Ok(());
        }
        let filled = fill(&mut file, size as usize, &mut self.buffer)?;
        self.examine.examine(&self.buffer[..filled], 0..filled, found);
        archive::members(&self.buffer[..filled], self.examine, found);
        Ok(())
    }

    /// Reads a file that was counted before.
    fn large(&mut self, path: &Path) {
        let opened = open(path).and_then(|file| Ok((file.metadata()?, file)));
        let error = match opened {
            Ok((metadata, file)) if metadata.is_file() => {
                let (mut found, mut error) = examine_large(&file, metadata.len(), self.examine);
                let members =
                    archive::members_of_file(&file, metadata.len(), self.examine, &mut found);
                error = error.or(members.err());
                self.keep(path, found);
                error
            }
            Ok(_) => Some(io::Error::other("it is no file any more")),
            Err(error) => Some(error),
        };
        if let Some(error) = error {
            self.read.unreadable(path, &error);
        }
    }

    /// Keeps what was found in a file, under the path that is shown.
    fn keep(&mut self, path: &Path, found: Vec<E::Found>) {
        if !found.is_empty() {
            let shown = show(self.walk, path);
            self.read.found.extend(found.into_iter().map(|found| (shown.clone(), found)));
        }
    }

    fn link(&mut self, path: &Path, found: &mut Vec<E::Found>) -> io::Result<()> {
        let target = std::fs::read_link(path)?;
        let text = target.as_os_str().as_encoded_bytes();
        self.examine.examine(text, 0..text.len(), found);
        Ok(())
    }
}

/// Reads up to the size seen at opening, so that a growing log ends. The files of /proc say
/// that they are empty: those are read to their end, up to one window.
fn fill(file: &mut File, size: usize, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let limit = if size == 0 { WINDOW } else { size };
    if buffer.len() < limit {
        buffer.resize(limit, 0);
    }
    let mut filled = 0;
    while filled < limit {
        match file.read(&mut buffer[filled..limit]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Opens a file without following a symlink and without waiting for a FIFO's other end.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A path as shown: the target as typed, then the path below it.
fn show(walk: &Walk<'_>, path: &Path) -> String {
    let below = path.strip_prefix(walk.root).unwrap_or(path).to_string_lossy();
    match (walk.shown, &*below) {
        (shown, "") => shown.to_owned(),
        ("", below) => below.to_owned(),
        (shown, below) => format!("{shown}/{below}"),
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            error_path(err)
        }
        _ => None,
    }
}

/// The error without the path, which stands beside it.
fn plain(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), io::Error::to_string)
}
