//! What was read: so that a clean exit can say what it stands for.

use serde::{Deserialize, Serialize};

/// What was read, so that a clean exit can say what it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub files: u64,
    pub file_bytes: u64,
    /// Blobs, commits, tags and trees of repositories, each unique one once.
    pub objects: u64,
    pub object_bytes: u64,
    /// Objects that were not read again: an earlier scan found nothing in them, nor in what they lead
    /// to.
    #[serde(default)]
    pub known: u64,
    pub commits: u64,
    pub repositories: u64,
    /// Files of git directories: refs, reflogs, configuration.
    pub git_files: u64,
    /// Untracked entries left out because an ignore file names them.
    pub ignored: u64,
    /// FIFOs, sockets, devices: named, never opened.
    pub special: u64,
    /// Members of archives, wherever the archives were.
    pub members: u64,
    pub member_bytes: u64,
}

impl Tally {
    /// Adds what another part of the scan read.
    pub fn add(&mut self, other: &Self) {
        let Self {
            files,
            file_bytes,
            objects,
            object_bytes,
            known,
            commits,
            repositories,
            git_files,
            ignored,
            special,
            members,
            member_bytes,
        } = other;
        self.files += files;
        self.file_bytes += file_bytes;
        self.objects += objects;
        self.object_bytes += object_bytes;
        self.known += known;
        self.commits += commits;
        self.repositories += repositories;
        self.git_files += git_files;
        self.ignored += ignored;
        self.special += special;
        self.members += members;
        self.member_bytes += member_bytes;
    }
}

/// One repository that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RepositoryRead {
    /// The target it was found under, as shown in paths.
    pub path: String,
    /// URL of `origin`, user info removed; https, ssh or git scheme only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}
