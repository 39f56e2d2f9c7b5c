//! From where history can be reached: branches, tags, other refs, the stash, reflogs.

use std::fs;
use std::path::{Path, PathBuf};

use gix::hash::ObjectId;

use super::commits::Commits;
use super::store::{Node, Store};
use crate::origin::Reach;
use crate::problem::{Problem, ProblemCode};

/// Something that points into history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tip {
    pub reach: Reach,
    /// The ref's full name, or of what else names it.
    pub name: String,
    pub id: ObjectId,
}

/// All tips of a repository, best first.
pub(crate) fn tips(repo: &gix::Repository, problems: &mut Vec<Problem>) -> Vec<Tip> {
    let mut tips = Vec::new();
    match repo.head() {
        Ok(head) => tips.extend(head.id().map(|id| Tip {
            reach: Reach::Head,
            name: "HEAD".to_owned(),
            id: id.detach(),
        })),
        Err(error) => {
            let place = repo.git_dir().join("HEAD");
            let why = format!("HEAD cannot be read: {error}");
            problems.push(Problem::new(ProblemCode::Damaged, place.to_string_lossy(), why));
        }
    }
    if let Err(error) = ref_tips(repo, &mut tips, problems) {
        let place = repo.git_dir().to_string_lossy();
        let why = format!("its refs cannot be read: {error}");
        problems.push(Problem::new(ProblemCode::Repository, place, why));
    }
    let mut logs = vec![repo.common_dir().join("logs")];
    if repo.git_dir() != repo.common_dir() {
        logs.push(repo.git_dir().join("logs"));
    }
    for worktree in entries(&repo.common_dir().join("worktrees")) {
        logs.push(worktree.join("logs"));
        for name in PSEUDO_REFS.iter().chain(["HEAD"].iter()) {
            pseudo_tips(&worktree, name, &mut tips);
        }
    }
    for name in PSEUDO_REFS {
        pseudo_tips(repo.git_dir(), name, &mut tips);
    }
    for log in logs {
        log_tips(&log, "", &mut tips);
    }
    tips.sort();
    tips.dedup_by(|a, b| a.id == b.id && a.reach == b.reach);
    tips
}

/// Files that hold an id without being refs. git keeps what they name only for a while.
const PSEUDO_REFS: [&str; 7] = [
    "ORIG_HEAD",
    "FETCH_HEAD",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "AUTO_MERGE",
];

fn ref_tips(
    repo: &gix::Repository,
    tips: &mut Vec<Tip>,
    problems: &mut Vec<Problem>,
) -> Result<(), Box<dyn std::error::Error>> {
    for reference in repo.references()?.all()? {
        match reference {
            // A symbolic ref names another ref, which comes by itself.
            Ok(reference) => {
                let Some(id) = reference.try_id() else { continue };
                let name = reference.name().as_bstr().to_string();
                tips.push(Tip { reach: reach_of(&name), name, id: id.detach() });
            }
            Err(error) => {
                let place = repo.git_dir().to_string_lossy();
                let why = format!("one of its refs cannot be read: {error}");
                problems.push(Problem::new(ProblemCode::Damaged, place, why));
            }
        }
    }
    Ok(())
}

fn reach_of(name: &str) -> Reach {
    match name {
        "refs/stash" => Reach::Stash,
        _ if name.starts_with("refs/heads/") || name.starts_with("refs/remotes/") => Reach::Branch,
        _ if name.starts_with("refs/tags/") => Reach::Tag,
        _ => Reach::Ref,
    }
}

fn pseudo_tips(git_dir: &Path, name: &str, tips: &mut Vec<Tip>) {
    let Ok(text) = fs::read(git_dir.join(name)) else { return };
    for line in text.split(|&byte| byte == b'\n') {
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if let Ok(id) = ObjectId::from_hex(word) {
            tips.push(Tip { reach: Reach::Reflog, name: name.to_owned(), id });
        }
    }
}

/// Reads every reflog below a `logs` directory: each line begins with the old and the new id.
fn log_tips(path: &Path, name: &str, tips: &mut Vec<Tip>) {
    for entry in entries(path) {
        let file = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = if name.is_empty() { file } else { format!("{name}/{file}") };
        if entry.is_dir() && !entry.is_symlink() {
            log_tips(&entry, &name, tips);
            continue;
        }
        let Ok(text) = fs::read(&entry) else { continue };
        let reach = if name == "refs/stash" { Reach::Stash } else { Reach::Reflog };
        for line in text.split(|&byte| byte == b'\n') {
            for word in line.split(|&byte| byte == b' ').take(2) {
                if let Ok(id) = ObjectId::from_hex(word)
                    && !id.is_null()
                {
                    tips.push(Tip { reach, name: format!("{name} reflog"), id });
                }
            }
        }
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// For every node that history reaches: the best tip that leads to it.
pub(crate) struct Reachable {
    tips: Vec<Tip>,
    /// Index into `tips` for each node, or `UNREACHED`.
    by: Vec<u32>,
}

const UNREACHED: u32 = u32::MAX;

impl Reachable {
    /// Floods history from each tip, the best first, so that each commit and tag is visited
    /// once. Trees and blobs are marked only where a tip or a tag names one directly.
    pub(crate) fn flood(store: &Store, commits: &Commits, tips: Vec<Tip>) -> Self {
        let mut by = vec![UNREACHED; store.nodes()];
        let mut stack = Vec::new();
        for (at, tip) in tips.iter().enumerate() {
            stack.extend(store.node(&tip.id));
            while let Some(node) = stack.pop() {
                if by[node as usize] != UNREACHED {
                    continue;
                }
                by[node as usize] = at as u32;
                stack.extend(commits.parents_or_target(node));
            }
        }
        Self { tips, by }
    }

    /// The best tip that leads to a commit, a tag, or a directly named object.
    pub(crate) fn tip(&self, node: Node) -> Option<&Tip> {
        self.tips.get(*self.by.get(node as usize)? as usize)
    }

    /// Where HEAD stands.
    pub(crate) fn head(&self) -> Option<&Tip> {
        self.tips.first().filter(|tip| tip.reach == Reach::Head)
    }

    pub(crate) fn all(&self) -> &[Tip] {
        &self.tips
    }
}
