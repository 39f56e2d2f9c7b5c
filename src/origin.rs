//! Where a blob's bytes came from.

use serde::Serialize;

/// The kind of place, as the reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginKind {
    /// A file of a directory or of a repository's work tree.
    Worktree,
    /// A blob that the index names: staged.
    Index,
    /// An object of a repository: blob, commit message or tag message.
    History,
    /// A configuration file of a git directory.
    Config,
    /// A reflog.
    Reflog,
    /// A ref's name.
    Ref,
    /// Any other file of a git directory, such as `FETCH_HEAD` or `COMMIT_EDITMSG`.
    Gitdir,
    /// Standard input.
    Stdin,
}

/// From where a git object can be reached, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The checked-out commit.
    Head,
    /// A local or remote-tracking branch.
    Branch,
    /// A tag.
    Tag,
    /// Any other ref: notes, pull requests, …
    Ref,
    /// The stash, its older entries included.
    Stash,
    /// Only a reflog.
    Reflog,
    /// Nothing: it waits to be pruned.
    Dangling,
}

/// One place in the form that reports show: a path or an object, and for history the commit
/// that brought it in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub kind: OriginKind,
    /// The path as the user would type it: the target, then the path below it. For an object
    /// without a path it is a name such as `commit 1a2b…` or `blob 3c4d…`. Lossy UTF-8.
    pub path: String,
    /// The repository's place when the target holds one; empty for plain files.
    pub repository: String,
    pub history: Option<History>,
}

/// What attribution found out about an object of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct History {
    /// The object that holds the token, in hex.
    pub object: String,
    /// `blob`, `commit` or `tag`.
    pub object_kind: &'static str,
    /// The oldest commit that has this place while no parent has, in hex.
    pub commit: Option<String>,
    /// Author date of that commit, RFC 3339.
    pub author_date: Option<String>,
    /// The path inside the repository, without the target.
    pub path: Option<String>,
    pub reach: Reach,
    /// One ref from which it can be reached.
    pub reached_from: Option<String>,
    /// Whether the checked-out commit still has this very blob at this path.
    pub in_head: bool,
}

impl Origin {
    /// A file of a directory or work tree.
    pub fn file(path: impl Into<String>) -> Self {
        Self::plain(OriginKind::Worktree, path)
    }

    /// Any place that has no history of its own.
    pub fn plain(kind: OriginKind, path: impl Into<String>) -> Self {
        Self { kind, path: path.into(), repository: String::new(), history: None }
    }
}
