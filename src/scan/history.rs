//! A repository's objects and the files of its git directory.

use std::path::Path;

use super::examiner::{Examiner, Sighting};
use super::{Harvest, Seen};
use crate::leak::{Dismissal, DismissalKind};
use crate::origin::Origin;
use crate::problem::{Problem, ProblemCode};
use crate::source::Examine;
use crate::source::files::{is_bare, open};
use crate::source::git::{self, Repository};
use crate::store::id_of;

/// Reads a repository that has no work tree to go with it.
pub(crate) fn history(path: &Path, shown: &str, examiner: &Examiner<'_>, harvest: &mut Harvest) {
    history_with(path, shown, examiner, harvest, Vec::new());
}

/// Reads a repository's objects and the files of its git directory. `files` are sightings in
/// its work tree, which are asked about its objects, too.
pub(crate) fn history_with(
    path: &Path,
    shown: &str,
    examiner: &Examiner<'_>,
    harvest: &mut Harvest,
    mut files: Vec<Seen>,
) {
    let mut repo = match Repository::open(path, shown) {
        Ok(repo) => repo,
        Err(problem) => {
            harvest.problems.push(problem);
            return harvest.seen.append(&mut files);
        }
    };
    if let Some(quiet) = examiner.quiet() {
        repo.know(&|id| quiet.holds(id));
    }
    let mut found = repo.search(examiner);
    files.extend(git_files(&repo, path, shown, examiner, harvest));
    for found in &mut found {
        dismiss_own_object(&repo, &mut found.what, examiner);
    }
    for seen in &mut files {
        dismiss_own_object(&repo, &mut seen.sighting, examiner);
    }
    let dropped = |sighting: &Sighting| sighting.is_dismissed() && !examiner.explain();
    found.retain(|found| !dropped(&found.what));
    files.retain(|seen| !dropped(&seen.sighting));
    let mut nodes: Vec<_> = found.iter().map(|found| (found.node, found.kind)).collect();
    nodes.dedup();
    let origins = repo.attribute(&nodes);
    for found in found {
        let origins = origins.get(&found.node).cloned().unwrap_or_default();
        harvest.seen.push(Seen { sighting: found.what, origins });
    }
    harvest.seen.extend(files);
    let quiet = std::mem::take(&mut repo.quiet);
    harvest.quiet.append(quiet.filter_map(|id, _| id_of(id.as_bytes())));
    harvest.problems.append(&mut repo.problems);
    harvest.tally.add(&repo.tally);
    harvest.repositories.push(repo.read_info());
    for module in repo.git_dirs().iter().flat_map(|dir| git::module_dirs(dir)) {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let shown = git::join(shown, &format!(".git/modules/{name}"));
        history(&module, &shown, examiner, harvest);
    }
}

/// Reads configuration, refs, reflogs and the other files of a git directory.
fn git_files(
    repo: &Repository,
    path: &Path,
    shown: &str,
    examiner: &Examiner<'_>,
    harvest: &mut Harvest,
) -> Vec<Seen> {
    let mut all = Vec::new();
    let inside = if is_bare(path) { String::new() } else { ".git".to_owned() };
    for directory in repo.git_dirs() {
        for file in git::git_files(&directory) {
            let below = file.path.strip_prefix(&directory).unwrap_or(&file.path).to_string_lossy();
            let name = git::join(shown, &git::join(&inside, &below));
            let mut found = Vec::new();
            // The name of a loose ref is its path.
            examiner.examine(below.as_bytes(), 0..below.len(), &mut found);
            let read = open(&file.path).and_then(|mut open| {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut open, &mut bytes)?;
                Ok(bytes)
            });
            match read {
                Ok(bytes) => examiner.examine(&bytes, 0..bytes.len(), &mut found),
                Err(error) => {
                    let code = ProblemCode::Unreadable;
                    harvest.problems.push(Problem::new(code, name.clone(), error.to_string()));
                }
            }
            harvest.tally.git_files += 1;
            let origin = Origin { repository: shown.to_owned(), ..Origin::plain(file.kind, name) };
            all.extend(found.into_iter().map(|s| Seen::at(s, origin.clone())));
        }
    }
    all
}

/// A bare hex value that names an object of this very repository is no token.
fn dismiss_own_object(repo: &Repository, sighting: &mut Sighting, examiner: &Examiner<'_>) {
    let Some(candidate) = sighting.candidate_mut() else { return };
    if candidate.dismissal.is_some() || candidate.proved || !examiner.is_bare(candidate.rule) {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "looked up among the ids of local objects")]
    let value = candidate.secret.expose();
    if std::str::from_utf8(value).is_ok_and(|hex| repo.holds(hex)) {
        let why = "it is the id of an object of this repository";
        candidate.dismissal = Some(Dismissal::new(DismissalKind::OwnObject, why));
    }
}
