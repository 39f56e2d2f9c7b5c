//! What the next commit will bring in.

use std::collections::HashSet;

use super::examiner::{Examiner, Sighting};
use super::{Harvest, Seen};
use crate::origin::{Origin, OriginKind};
use crate::problem::{Problem, ProblemCode};
use crate::source::git::{self, Staged};
use crate::source::{Examine, archive};

/// Examines the blobs of the index that HEAD does not have. A token that HEAD already has at
/// the same path is not this commit's doing.
pub(crate) fn read_staged(repo: &gix::Repository, examiner: &Examiner<'_>, harvest: &mut Harvest) {
    let index = match git::open_index(repo) {
        Ok(index) => index,
        Err(problem) => return harvest.problems.push(problem),
    };
    harvest.tally.repositories += 1;
    for staged in git::staged(repo, &index, &mut harvest.problems) {
        let Some((bytes, mut found)) = examine(repo, staged.id, examiner) else {
            let why = "its staged content cannot be read";
            harvest.problems.push(Problem::new(ProblemCode::Missing, staged.path, why));
            continue;
        };
        harvest.tally.objects += 1;
        harvest.tally.object_bytes += bytes;
        if !found.is_empty() {
            drop_known(repo, &staged, examiner, &mut found);
        }
        let origin = Origin::plain(OriginKind::Index, staged.path);
        let seen = |sighting| Seen::at(sighting, origin.clone());
        harvest.seen.extend(found.into_iter().map(seen));
    }
}

fn examine(
    repo: &gix::Repository,
    id: gix::ObjectId,
    examiner: &Examiner<'_>,
) -> Option<(u64, Vec<Sighting>)> {
    let object = repo.try_find_object(id).ok()??;
    let mut found = Vec::new();
    examiner.examine(&object.data, 0..object.data.len(), &mut found);
    archive::members(&object.data, examiner, &mut found);
    Some((object.data.len() as u64, found))
}

fn drop_known(
    repo: &gix::Repository,
    staged: &Staged,
    examiner: &Examiner<'_>,
    found: &mut Vec<Sighting>,
) {
    let before = staged.before.and_then(|id| examine(repo, id, examiner));
    let Some((_, before)) = before else { return };
    let print = |sighting: &Sighting| Some(sighting.candidate()?.secret.fingerprint());
    let known: HashSet<_> = before.iter().filter_map(print).collect();
    found.retain(|sighting| print(sighting).is_none_or(|print| !known.contains(&print)));
}
