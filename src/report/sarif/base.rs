//! What relative URIs are relative to: the work tree, or one commit on a host.

use std::collections::{BTreeMap, HashMap};
use std::io;

use super::SarifProfile;
use super::model::{ArtifactLocation, MappedTo, Message, Provenance, UriBase};
use crate::finding::RepositoryRead;
use crate::leak::Place;
use crate::origin::Origin;
use crate::report::Content;
use crate::report::paths::{Paths, encode, member};

const ROOT: &str = "SRCROOT";

/// Commits that get a base of their own; each costs two entries at the head of the file.
const REVISIONS: usize = 1000;

/// All bases of a run.
pub(super) struct Bases<'a> {
    repositories: &'a [RepositoryRead],
    /// A report may have thousands of repositories, and a hundred thousand places in each.
    by_path: HashMap<&'a str, &'a RepositoryRead>,
    paths: Paths<'a>,
    profile: SarifProfile,
    /// By name of the base.
    revisions: BTreeMap<String, Revision<'a>>,
}

struct Revision<'a> {
    repository_url: &'a str,
    commit: String,
}

impl<'a> Bases<'a> {
    /// Collects the commits that locations refer to. GitHub follows no base and refuses files
    /// whose locations are on another host, so its profile has only the work tree.
    pub(super) fn new(report: &'a dyn Content, profile: SarifProfile) -> io::Result<Self> {
        let repositories = report.head().repositories;
        let (paths, revisions) = (Paths::new(repositories), BTreeMap::new());
        // Of two with one path the first counts.
        let by_path = repositories.iter().rev().map(|it| (it.path.as_str(), it)).collect();
        let mut bases = Self { repositories, by_path, paths, profile, revisions };
        if profile == SarifProfile::Github || !repositories.iter().any(|it| it.url.is_some()) {
            return Ok(bases);
        }
        for finding in report.findings() {
            bases.add(&finding?.places);
            if bases.revisions.len() == REVISIONS {
                break;
            }
        }
        Ok(bases)
    }

    fn add(&mut self, places: &[Place]) {
        for place in places {
            if let Some((name, repository_url, commit)) = self.revision(&place.origin)
                && self.revisions.len() < REVISIONS
            {
                let commit = commit.to_owned();
                self.revisions.entry(name).or_insert(Revision { repository_url, commit });
            }
        }
    }

    pub(super) fn locate(&self, origin: &Origin) -> ArtifactLocation {
        if let Some((name, url, commit)) = self.revision(origin)
            && self
                .revisions
                .get(&name)
                .is_some_and(|known| known.commit == commit && known.repository_url == url)
            && let Some(path) = origin.history.as_ref().and_then(|history| history.path.as_deref())
        {
            let uri = encode(path) + &member(origin);
            return ArtifactLocation { uri, uri_base_id: name };
        }
        // GitHub looks for the file that the URI names, and would not find a member.
        let uri = match self.profile {
            SarifProfile::Generic => self.paths.uri(origin),
            SarifProfile::Github => encode(&self.paths.relative(origin)),
        };
        ArtifactLocation { uri, uri_base_id: ROOT.to_owned() }
    }

    pub(super) fn original_uri_base_ids(&self) -> BTreeMap<String, UriBase> {
        let root =
            UriBase { uri: None, description: Message::plain("The root of what was scanned.") };
        let revisions = self.revisions.iter().map(|(name, revision)| {
            let Revision { repository_url, commit } = revision;
            let url = repository_url.trim_end_matches('/').trim_end_matches(".git");
            let description = Message::plain(format!("The tree of commit {commit}."));
            (name.clone(), UriBase { uri: Some(format!("{url}/blob/{commit}/")), description })
        });
        std::iter::once((ROOT.to_owned(), root)).chain(revisions).collect()
    }

    /// The checked-out commit first: viewers that follow only one entry follow that one.
    pub(super) fn provenance(&self) -> Vec<Provenance<'_>> {
        let heads = self.repositories.iter().filter_map(|repository| {
            let is_root = self.paths.only().is_some();
            Some(Provenance {
                repository_uri: repository.url.as_deref().filter(|url| is_uri(url))?,
                revision_id: repository.head.as_deref(),
                branch: repository.branch.as_deref(),
                mapped_to: is_root.then(|| MappedTo { uri_base_id: ROOT.to_owned() }),
            })
        });
        let revisions = self.revisions.iter().map(|(name, revision)| Provenance {
            repository_uri: revision.repository_url,
            revision_id: Some(&revision.commit),
            branch: None,
            mapped_to: Some(MappedTo { uri_base_id: name.clone() }),
        });
        heads.chain(revisions).collect()
    }

    /// The base of a place in history, if its repository has pages on a host: name, address and
    /// commit.
    fn revision<'o>(&self, origin: &'o Origin) -> Option<(String, &'a str, &'o str)> {
        let history = origin.history.as_ref()?;
        let commit = history.commit.as_deref()?;
        history.path.as_ref()?;
        let url = self.repository(origin)?.url.as_deref();
        let url = url.filter(|url| url.starts_with("https://") && is_uri(url))?;
        Some((format!("REV_{}", commit.get(..12)?), url, commit))
    }

    fn repository(&self, origin: &Origin) -> Option<&'a RepositoryRead> {
        match self.repositories {
            [only] => Some(only),
            _ => self.by_path.get(origin.repository.as_str()).copied(),
        }
    }
}

/// Whether a URL may stand in a SARIF file: absolute, and of characters that RFC 3986 allows.
fn is_uri(url: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    url.contains("://") && url.bytes().all(allowed)
}
