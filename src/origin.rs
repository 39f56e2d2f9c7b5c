//! Where a blob's bytes came from.

use serde::{Deserialize, Serialize};

/// The kind of place, as the reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// A CI log, as a file or from standard input.
    Log,
    /// A member of an archive or a compressed file.
    Archive,
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
    /// The member inside the file or object, containers joined by `!/`, where that is an archive.
    pub member: Option<String>,
    pub log: Option<LogPlace>,
}

/// What a CI log's framing says of a place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LogPlace {
    /// The CI system, by its name: `GitHub Actions`.
    pub provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// A page that shows the place, where the log itself says enough to build its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
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
    pub standing: Standing,
}

/// How a place in history stands to HEAD, as HEAD's own line of commits shows it: HEAD, its first
/// parent, the first parent of that, and so on. In the order in which one of several versions of a
/// file tells: it stands as long as one does, and it went with the last that went.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// HEAD has this very blob.
    InHead,
    /// HEAD had it.
    Removed(Removed),
    /// Not in HEAD, and nothing says more: history is cut or damaged, or was not asked.
    #[default]
    Unknown,
    /// No commit of the line has it, and the line is whole.
    Never,
}

/// The commit with which HEAD lost a place for good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Removed {
    /// How many commits of HEAD's own line came after it: which removal is the last one is told by
    /// this and not by clocks.
    pub behind: u32,
    /// In hex.
    pub commit: String,
    /// Its committer date, RFC 3339: when it became part of this line. What the author date says is
    /// when the change was written, which a rebase or a cherry-pick does not touch.
    pub date: String,
}

impl History {
    /// Whether the checked-out commit still has this very blob.
    pub fn in_head(&self) -> bool {
        self.standing == Standing::InHead
    }

    /// The commit with which HEAD lost it, if HEAD had it and it is known.
    pub fn removed(&self) -> Option<&Removed> {
        match &self.standing {
            Standing::Removed(removed) => Some(removed),
            Standing::InHead | Standing::Unknown | Standing::Never => None,
        }
    }

    /// Whether it is what a commit or a tag says: no commit takes that out of history.
    pub fn is_message(&self) -> bool {
        self.object_kind != "blob"
    }
}

impl Origin {
    /// A file of a directory or work tree.
    pub fn file(path: impl Into<String>) -> Self {
        Self::plain(OriginKind::Worktree, path)
    }

    /// The path, and behind `!/` the member of what is there.
    pub fn full_path(&self) -> String {
        match &self.member {
            Some(member) => format!("{}!/{member}", self.path),
            None => self.path.clone(),
        }
    }

    /// Any place that has no history of its own.
    pub fn plain(kind: OriginKind, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { kind, path, repository: String::new(), history: None, member: None, log: None }
    }
}
