//! Part of a history: the commits of a range, or those since a date, and only the blobs that
//! they bring in. Nothing else is read, so that a pull request costs what it changed.

use std::collections::{BTreeMap, HashSet};

use bstr::ByteSlice;
use gix::hash::ObjectId;
use rayon::prelude::*;

use super::super::{Examine, archive};
use super::parse::{self, EntryKind, TreeEntries};
use super::places::{date, join};
use super::reach::{self, Tip};
use crate::origin::{History, Origin, OriginKind, Reach, Standing};
use crate::problem::{Problem, ProblemCode};
use crate::tally::Tally;

/// Which commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// `A..B`: what B has and A has not. An empty side is HEAD.
    Range(String),
    /// Committed at or after this time, in seconds since 1970, from any ref or reflog.
    Since(i64),
}

/// What was read of a selection.
pub(crate) struct SelectionRead<T> {
    pub found: Vec<(Origin, T)>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
}

/// One selected commit.
struct Selected {
    id: ObjectId,
    time: i64,
    tip: usize,
}

/// Reads a selection of a repository's history. Errs where the range names no commits.
pub(crate) fn read_selection<E: Examine>(
    repo: &gix::Repository,
    shown: &str,
    selection: &Selection,
    examine: &E,
) -> Result<SelectionRead<E::Found>, String> {
    let mut problems = Vec::new();
    let (commits, tips) = match selection {
        Selection::Range(range) => in_range(repo, range)?,
        Selection::Since(time) => since(repo, *time, &mut problems),
    };
    let mut reader = Reader { repo, shown, tips, head: head_blobs(repo), problems };
    let blobs = reader.new_blobs(&commits);
    let mut tally = Tally { commits: commits.len() as u64, repositories: 1, ..Tally::default() };
    let mut objects: Vec<(ObjectId, Place)> = blobs.into_iter().collect();
    objects.extend(commits.iter().map(|commit| {
        (commit.id, Place { commit: commit.id, path: None, time: commit.time, tip: commit.tip })
    }));
    let found = reader.examine(&objects, examine, &mut tally);
    Ok(SelectionRead { found, problems: reader.problems, tally })
}

fn in_range(repo: &gix::Repository, range: &str) -> Result<(Vec<Selected>, Vec<Tip>), String> {
    let (from, to) =
        range.split_once("..").ok_or_else(|| format!("'{range}' is no range: write A..B"))?;
    let resolve = |side: &str| {
        let side = if side.is_empty() { "HEAD" } else { side };
        let id =
            repo.rev_parse_single(side).map_err(|_| format!("'{side}' names no commit here"))?;
        let commit = id.object().and_then(gix::Object::peel_to_commit);
        commit.map(|commit| commit.id).map_err(|_| format!("'{side}' is not a commit"))
    };
    let (from, to_id) = (resolve(from)?, resolve(to.trim_start_matches('.'))?);
    let head = repo.head_id().is_ok_and(|head| head == to_id);
    let reach = if head { Reach::Head } else { Reach::Branch };
    let name = if to.is_empty() { "HEAD" } else { to };
    let tip = Tip { reach, name: name.to_owned(), id: to_id };
    let walk = repo.rev_walk([to_id]).with_hidden([from]).all();
    let mut commits = Vec::new();
    for commit in walk.map_err(|error| error.to_string())? {
        let commit = commit.map_err(|error| format!("history cannot be walked: {error}"))?;
        let time = commit.object().ok().and_then(|c| c.time().ok()).map_or(0, |time| time.seconds);
        commits.push(Selected { id: commit.id, time, tip: 0 });
    }
    Ok((commits, vec![tip]))
}

/// Walks all of history: a date cannot end the walk, since clocks are wrong often enough.
fn since(
    repo: &gix::Repository,
    since: i64,
    problems: &mut Vec<Problem>,
) -> (Vec<Selected>, Vec<Tip>) {
    let tips = reach::tips(repo, problems);
    let shallow = repo.shallow_commits().ok().flatten();
    let mut seen = HashSet::new();
    let mut commits = Vec::new();
    for (at, tip) in tips.iter().enumerate() {
        let mut stack = vec![tip.id];
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Ok(Some(object)) = repo.try_find_object(id) else {
                problems.push(missing(id, &tip.name));
                continue;
            };
            match object.kind {
                gix::objs::Kind::Tag => stack.extend(parse::tag(&object.data)),
                gix::objs::Kind::Commit => {
                    let Some(header) = parse::commit(&object.data) else { continue };
                    let cut = shallow.as_ref().is_some_and(|list| list.contains(&id));
                    stack.extend(header.parents.into_iter().filter(|_| !cut));
                    if header.time >= since {
                        commits.push(Selected { id, time: header.time, tip: at });
                    }
                }
                _ => {}
            }
        }
    }
    (commits, tips)
}

/// Where a selected object was brought in.
struct Place {
    commit: ObjectId,
    path: Option<String>,
    time: i64,
    tip: usize,
}

struct Reader<'a> {
    repo: &'a gix::Repository,
    shown: &'a str,
    tips: Vec<Tip>,
    head: HeadBlobs<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Every blob that one of the commits has and none of its parents has at that path.
    fn new_blobs(&mut self, commits: &[Selected]) -> BTreeMap<ObjectId, Place> {
        let sync = self.repo.clone().into_sync();
        let parts: Vec<DiffParts> = commits
            .par_iter()
            .map_init(
                || sync.to_thread_local(),
                |repo, commit| {
                    let mut diff = Diff { repo, found: Vec::new(), problems: Vec::new() };
                    diff.commit(commit.id);
                    (diff.found, diff.problems)
                },
            )
            .collect();
        let mut blobs: BTreeMap<ObjectId, Place> = BTreeMap::new();
        for (commit, (found, problems)) in commits.iter().zip(parts) {
            self.problems.extend(problems);
            for (id, path) in found {
                let (time, tip) = (commit.time, commit.tip);
                let place = Place { commit: commit.id, path: Some(path), time, tip };
                let older = |old: &Place| (place.time, place.commit) < (old.time, old.commit);
                if blobs.get(&id).is_none_or(older) {
                    blobs.insert(id, place);
                }
            }
        }
        blobs
    }

    fn examine<E: Examine>(
        &mut self,
        objects: &[(ObjectId, Place)],
        examine: &E,
        tally: &mut Tally,
    ) -> Vec<(Origin, E::Found)> {
        let sync = self.repo.clone().into_sync();
        let parts: Vec<Option<(u64, Vec<E::Found>)>> = objects
            .par_iter()
            .map_init(
                || sync.to_thread_local(),
                |repo, (id, _)| {
                    let object = repo.try_find_object(*id).ok()??;
                    let mut found = Vec::new();
                    examine.examine(&object.data, 0..object.data.len(), &mut found);
                    archive::members(&object.data, examine, &mut found);
                    Some((object.data.len() as u64, found))
                },
            )
            .collect();
        let mut all = Vec::new();
        for ((id, place), part) in objects.iter().zip(parts) {
            let Some((bytes, found)) = part else {
                let name = place.path.as_deref().unwrap_or("a commit");
                self.problems.push(missing(*id, name));
                continue;
            };
            tally.objects += 1;
            tally.object_bytes += bytes;
            if !found.is_empty() {
                let origin = self.origin(*id, place);
                all.extend(found.into_iter().map(|found| (origin.clone(), found)));
            }
        }
        all
    }

    fn origin(&mut self, id: ObjectId, place: &Place) -> Origin {
        let commit = self.repo.try_find_object(place.commit).ok().flatten();
        let author = commit.and_then(|commit| parse::author_time(&commit.data));
        let tip = &self.tips[place.tip];
        let name =
            place.path.clone().unwrap_or_else(|| format!("commit {}", id.to_hex_with_len(12)));
        let history = History {
            object: id.to_string(),
            object_kind: if place.path.is_some() { "blob" } else { "commit" },
            commit: Some(place.commit.to_string()),
            author_date: author.and_then(|(seconds, zone)| date(seconds, zone)),
            path: place.path.clone(),
            reach: tip.reach,
            reached_from: Some(tip.name.clone()),
            standing: match place.path.as_deref() {
                Some(path) if self.head.has(path, id) => Standing::InHead,
                // The commits that are left out may have removed it, or brought it back.
                _ => Standing::Unknown,
            },
        };
        Origin {
            repository: self.shown.to_owned(),
            history: Some(history),
            ..Origin::plain(OriginKind::History, join(self.shown, &name))
        }
    }
}

/// Looks up paths in the checked-out commit.
struct HeadBlobs<'a>(Option<gix::Tree<'a>>);

fn head_blobs(repo: &gix::Repository) -> HeadBlobs<'_> {
    HeadBlobs(repo.head_tree().ok())
}

impl HeadBlobs<'_> {
    fn has(&self, path: &str, id: ObjectId) -> bool {
        let entry = self.0.as_ref().and_then(|tree| tree.lookup_entry_by_path(path).ok().flatten());
        entry.is_some_and(|entry| entry.object_id() == id)
    }
}

/// What one comparison found: new blobs with their paths, and what could not be read.
type DiffParts = (Vec<(ObjectId, String)>, Vec<Problem>);

/// Compares a commit's tree with those of its parents.
struct Diff<'a> {
    repo: &'a gix::Repository,
    found: Vec<(ObjectId, String)>,
    problems: Vec<Problem>,
}

impl Diff<'_> {
    fn commit(&mut self, id: ObjectId) {
        let Some(header) = self.read(id).and_then(|bytes| parse::commit(&bytes)) else { return };
        let tree_of = |id: &ObjectId| {
            let object = self.repo.try_find_object(*id).ok()??;
            Some(parse::commit(&object.data)?.tree)
        };
        // A parent beyond a shallow clone's edge is not there: then all of the tree is new.
        let parents: Vec<ObjectId> = header.parents.iter().filter_map(tree_of).collect();
        self.tree(header.tree, &parents, "");
    }

    fn tree(&mut self, id: ObjectId, others: &[ObjectId], prefix: &str) {
        if others.contains(&id) {
            return;
        }
        let id_len = self.repo.object_hash().len_in_bytes();
        let Some(bytes) = self.read(id) else { return };
        let others: Vec<Vec<u8>> = others.iter().filter_map(|other| self.read(*other)).collect();
        for entry in TreeEntries::new(&bytes, id_len) {
            let same_name = |other: &Vec<u8>| {
                TreeEntries::new(other, id_len)
                    .find(|theirs| theirs.name == entry.name && theirs.kind == entry.kind)
                    .map(|theirs| theirs.id.to_owned())
            };
            let theirs: Vec<ObjectId> = others.iter().filter_map(same_name).collect();
            if theirs.iter().any(|theirs| **theirs == *entry.id) {
                continue;
            }
            let path = join(prefix, &entry.name.to_str_lossy());
            match entry.kind {
                EntryKind::Blob => self.found.push((entry.id.to_owned(), path)),
                EntryKind::Tree => self.tree(entry.id.to_owned(), &theirs, &path),
                EntryKind::Gitlink => {}
            }
        }
    }

    fn read(&mut self, id: ObjectId) -> Option<Vec<u8>> {
        if let Ok(Some(object)) = self.repo.try_find_object(id) {
            return Some(object.data.clone());
        }
        self.problems.push(missing(id, "a selected commit"));
        None
    }
}

fn missing(id: ObjectId, named_by: &str) -> Problem {
    let why = format!("this object cannot be read, though {named_by} names it");
    Problem::new(ProblemCode::Missing, format!("object {id}"), why)
}
