//! What relative URIs are relative to: the work tree, or one commit on a host.

use std::collections::BTreeMap;

use super::SarifProfile;
use super::model::{ArtifactLocation, MappedTo, Message, Provenance, UriBase};
use crate::finding::{Report, RepositoryRead};
use crate::origin::Origin;
use crate::report::paths::{Paths, encode, member};

const ROOT: &str = "SRCROOT";

/// Commits that get a base of their own; each costs two entries at the head of the file.
const REVISIONS: usize = 1000;

/// All bases of a run.
pub(super) struct Bases<'a> {
    report: &'a Report,
    paths: Paths<'a>,
    profile: SarifProfile,
    /// By name of the base.
    revisions: BTreeMap<String, Revision<'a>>,
}

struct Revision<'a> {
    repository_url: &'a str,
    commit: &'a str,
}

impl<'a> Bases<'a> {
    /// Collects the commits that locations refer to. GitHub follows no base and refuses files
    /// whose locations are on another host, so its profile has only the work tree.
    pub(super) fn new(report: &'a Report, profile: SarifProfile) -> Self {
        let (paths, revisions) = (Paths::new(report), BTreeMap::new());
        let mut bases = Self { report, paths, profile, revisions };
        if profile == SarifProfile::Github {
            return bases;
        }
        let places = report.findings.iter().flat_map(|finding| &finding.places);
        for (name, revision) in places.filter_map(|place| revision(report, &place.origin)) {
            if bases.revisions.len() < REVISIONS {
                bases.revisions.entry(name).or_insert(revision);
            }
        }
        bases
    }

    pub(super) fn locate(&self, origin: &Origin) -> ArtifactLocation {
        if let Some((name, wanted)) = revision(self.report, origin)
            && self.revisions.get(&name).is_some_and(|known| {
                known.commit == wanted.commit && known.repository_url == wanted.repository_url
            })
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
        let heads = self.report.repositories.iter().filter_map(|repository| {
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
            revision_id: Some(revision.commit),
            branch: None,
            mapped_to: Some(MappedTo { uri_base_id: name.clone() }),
        });
        heads.chain(revisions).collect()
    }
}

/// The base of a place in history, if its repository has pages on a host.
fn revision<'a>(report: &'a Report, origin: &'a Origin) -> Option<(String, Revision<'a>)> {
    let history = origin.history.as_ref()?;
    let commit = history.commit.as_deref()?;
    history.path.as_ref()?;
    let repository = repository(report, origin)?;
    let repository_url =
        repository.url.as_deref().filter(|url| url.starts_with("https://") && is_uri(url))?;
    Some((format!("REV_{}", commit.get(..12)?), Revision { repository_url, commit }))
}

fn repository<'a>(report: &'a Report, origin: &Origin) -> Option<&'a RepositoryRead> {
    match report.repositories.as_slice() {
        [only] => Some(only),
        many => many.iter().find(|repository| repository.path == origin.repository),
    }
}

/// Whether a URL may stand in a SARIF file: absolute, and of characters that RFC 3986 allows.
fn is_uri(url: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    url.contains("://") && url.bytes().all(allowed)
}
