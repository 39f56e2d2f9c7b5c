//! One target: what it is, and which of its parts are read.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::examiner::{Examiner, Sighting};
use super::history::{history, history_with};
use super::staged::read_staged;
use super::{Harvest, Options, Scope, Seen, WrongUse};
use crate::origin::Origin;
use crate::problem::{Problem, ProblemCode};
use crate::source::files::{Walk, is_bare, open, read_files};
use crate::source::git;
use crate::view::logs;

/// Reads a target as far as the options go.
pub(crate) fn read(
    target: &Path,
    options: &Options,
    examiner: &Examiner<'_>,
    harvest: &mut Harvest,
) -> Result<(), WrongUse> {
    if !target.exists() && !target.is_symlink() {
        return Err(WrongUse(format!("{}: there is no such file or directory", target.display())));
    }
    let shown = options.shown.clone().unwrap_or_else(|| shown(target));
    match &options.scope {
        Scope::Everything | Scope::NoHistory => {
            everything(target, &shown, options, examiner, harvest);
            Ok(())
        }
        Scope::Staged => {
            let repo = enclosing(target)?;
            read_staged(&repo, examiner, harvest);
            Ok(())
        }
        Scope::Part(selection) => {
            let repo = enclosing(target)?;
            let read = git::read_selection(&repo, &shown, selection, examiner).map_err(WrongUse)?;
            let seen = |(origin, sighting)| Seen::at(sighting, origin);
            harvest.seen.extend(read.found.into_iter().map(seen));
            harvest.problems.extend(read.problems);
            harvest.tally.add(&read.tally);
            Ok(())
        }
    }
}

/// How a target is shown before paths: as typed, without `./` and a trailing slash.
pub(super) fn shown(target: &Path) -> String {
    let text = target.to_string_lossy();
    let text = text.trim_start_matches("./").trim_end_matches('/');
    if text == "." { String::new() } else { text.to_owned() }
}

/// The repository that a path lies in.
fn enclosing(target: &Path) -> Result<gix::Repository, WrongUse> {
    let start =
        target.canonicalize().map_err(|e| WrongUse(format!("{}: {e}", target.display())))?;
    let found = start.ancestors().find(|path| path.join(".git").exists() || is_bare(path));
    let path = found.ok_or_else(|| {
        WrongUse(format!("{} is in no git repository, which this option needs", target.display()))
    })?;
    git::open_gix(path).map_err(|problem| WrongUse(format!("{}: {}", problem.place, problem.why)))
}

/// A repository with its work tree, or plain files, and all repositories found below.
fn everything(
    target: &Path,
    shown: &str,
    options: &Options,
    examiner: &Examiner<'_>,
    harvest: &mut Harvest,
) {
    let with_history = options.scope == Scope::Everything;
    if with_history && is_bare(target) {
        return history(target, shown, examiner, harvest);
    }
    let is_repository = target.join(".git").exists();
    let tracked = if is_repository && !options.no_ignore { tracked(target, harvest) } else { None };
    let walk = Walk {
        root: target,
        shown,
        jobs: options.jobs,
        tracked: tracked.as_deref(),
        skip_bare: with_history,
    };
    let first = harvest.seen.len();
    let read = read_files(&walk, examiner);
    let mut sides = SideFiles::default();
    let seen = |(path, mut sighting): (String, Sighting)| {
        sides.refine(&path, &mut sighting);
        Seen::at(sighting, Origin::file(path))
    };
    harvest.seen.extend(read.found.into_iter().map(seen));
    harvest.problems.extend(read.problems);
    harvest.tally.add(&read.tally);
    if is_repository && with_history {
        let files = harvest.seen.split_off(first);
        history_with(target, shown, examiner, harvest, files);
    }
    for nested in read.repositories.iter().filter(|_| with_history) {
        let below = nested.strip_prefix(target).unwrap_or(nested).to_string_lossy();
        let shown = if shown.is_empty() { below.into_owned() } else { format!("{shown}/{below}") };
        if let Some(outside) = git_dir_outside(nested, target) {
            let why = format!("its git directory {outside} lies outside of what is scanned");
            let hint = "scan that repository by itself";
            harvest.problems.push(Problem::new(ProblemCode::Repository, shown, why).hinted(hint));
        } else if !is_submodule_of(nested, target) {
            history(nested, &shown, examiner, harvest);
        }
    }
}

/// The paths that a work tree's index tracks. `None`, with a problem, where it cannot be read:
/// then everything is.
fn tracked(target: &Path, harvest: &mut Harvest) -> Option<Vec<PathBuf>> {
    let index = git::open_gix(target).and_then(|repo| git::open_index(&repo));
    match index {
        Ok(index) => {
            let path = |entry: &gix::index::Entry| {
                gix::path::from_bstr(entry.path(&index)).ok().map(std::borrow::Cow::into_owned)
            };
            Some(index.entries().iter().filter_map(path).collect())
        }
        Err(problem) => {
            harvest.problems.push(problem);
            None
        }
    }
}

/// Where a nested work tree's git directory lies, if that is outside of the target.
fn git_dir_outside(nested: &Path, target: &Path) -> Option<String> {
    let text = std::fs::read_to_string(nested.join(".git")).ok()?;
    let named = nested.join(text.strip_prefix("gitdir:")?.trim());
    let (real, root) = (named.canonicalize().ok()?, target.canonicalize().ok()?);
    (!real.starts_with(root)).then(|| named.to_string_lossy().into_owned())
}

/// Whether a nested work tree's objects are those of a submodule, which are read with the
/// repository that has it.
fn is_submodule_of(nested: &Path, target: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(nested.join(".git")) else { return false };
    let Some(named) = text.strip_prefix("gitdir:") else { return false };
    let real = nested.join(named.trim()).canonicalize();
    let modules = target.join(".git/modules").canonicalize();
    matches!((&real, &modules), (Ok(real), Ok(modules)) if real.starts_with(modules))
}

/// The files beside logs that say more of their places, each read once.
#[derive(Default)]
struct SideFiles(HashMap<String, Vec<u8>>);

impl SideFiles {
    /// An index of a log is much smaller than the log.
    const LARGEST: u64 = 64 << 20;

    fn refine(&mut self, path: &str, sighting: &mut Sighting) {
        let start = sighting.candidate().map(|candidate| candidate.span.start);
        let (Some(place), Some(start)) = (&mut sighting.log, start) else { return };
        let Some(side) = logs::side_file(place, path) else { return };
        let bytes = self.0.entry(side).or_insert_with_key(|side| read_side(Path::new(side)));
        logs::refine(place, bytes, start);
    }
}

/// What cannot be read says nothing: a log need not have such a file.
fn read_side(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = open(path)
        && file.metadata().is_ok_and(|metadata| metadata.is_file())
    {
        let _ = file.take(SideFiles::LARGEST).read_to_end(&mut bytes);
    }
    bytes
}
