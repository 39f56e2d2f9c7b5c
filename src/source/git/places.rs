//! Puts what attribution found into the words of a report: origins and problems.

use std::path::PathBuf;

use bstr::ByteSlice;
use gix::hash::ObjectId;

use super::attribute::Attribution;
use super::line::Line;
use super::pack::ObjectKind;
use super::parse;
use super::reach::{Reachable, Tip};
use super::store::Node;
use super::{Repository, commits::Commit};
use crate::origin::{History, Origin, OriginKind, Reach, Removed, Standing};
use crate::problem::{Problem, ProblemCode};

/// How many missing objects are looked up and named one by one.
pub(crate) const NAMED_MISSING: usize = 64;

impl Repository {
    /// The places of a blob: its paths in the commit that introduced it, and in the index
    /// where it is staged and not committed.
    pub(super) fn blob_origins(
        &self,
        node: Node,
        attribution: &Attribution,
        line: &Line,
        staged: &[String],
    ) -> Vec<Origin> {
        let commit = attribution.commit.and_then(|node| self.commits.get(node));
        let mut history = self.history(node, ObjectKind::Blob, commit, attribution.tip.as_ref());
        history.standing = self.standing(attribution, line);
        let mut origins: Vec<Origin> = attribution
            .paths
            .iter()
            .map(|path| {
                let history = History { path: Some(path.clone()), ..history.clone() };
                self.origin(OriginKind::History, path, Some(history))
            })
            .collect();
        if !history.in_head() {
            origins.extend(staged.iter().map(|path| self.origin(OriginKind::Index, path, None)));
        }
        if origins.is_empty() {
            let name = format!("blob {}", short(&history.object));
            origins.push(self.origin(OriginKind::History, &name, Some(history)));
        }
        origins
    }

    /// The place of a commit's or a tag's own text.
    pub(super) fn message_origin(
        &self,
        node: Node,
        kind: ObjectKind,
        reachable: &Reachable,
    ) -> Origin {
        let commit = self.commits.get(node);
        let history = self.history(node, kind, commit, reachable.tip(node));
        let name = format!("{} {}", kind.name(), short(&history.object));
        self.origin(OriginKind::History, &name, Some(history))
    }

    fn history(
        &self,
        node: Node,
        kind: ObjectKind,
        commit: Option<&Commit>,
        tip: Option<&Tip>,
    ) -> History {
        let commit = commit.map(|commit| self.store.id(commit.node));
        let author = commit.and_then(|id| parse::author_time(&self.read(&id)?));
        History {
            object: self.store.id(node).to_string(),
            object_kind: kind.name(),
            commit: commit.map(|id| id.to_string()),
            author_date: author.and_then(|(seconds, zone)| date(seconds, zone)),
            path: None,
            reach: tip.map_or(Reach::Dangling, |tip| tip.reach),
            reached_from: tip.map(|tip| tip.name.clone()),
            standing: Standing::Unknown,
        }
    }

    /// What HEAD's line says of an object.
    fn standing(&self, attribution: &Attribution, line: &Line) -> Standing {
        let Some(last) = attribution.last else {
            return if line.whole { Standing::Never } else { Standing::Unknown };
        };
        let Some((behind, commit)) = line.after(last) else { return Standing::InHead };
        let commit = self.store.id(commit);
        let time = self.read(&commit).and_then(|commit| parse::committer_time(&commit));
        // A removal at a time that no calendar has is of no use to whoever asks when.
        let date = time.and_then(|(seconds, zone)| date(seconds, zone));
        let removed = |date| Removed { behind, commit: commit.to_string(), date };
        date.map_or(Standing::Unknown, |date| Standing::Removed(removed(date)))
    }

    fn origin(&self, kind: OriginKind, path: &str, history: Option<History>) -> Origin {
        let path = join(&self.shown, path);
        Origin { repository: self.shown.clone(), history, ..Origin::plain(kind, path) }
    }

    /// For each id, the paths at which an index holds it.
    pub(super) fn staged_paths(&self, ids: &[ObjectId]) -> Vec<Vec<String>> {
        let mut paths = vec![Vec::new(); ids.len()];
        if ids.is_empty() {
            return paths;
        }
        let mut at: Vec<usize> = (0..ids.len()).collect();
        at.sort_by_key(|&at| ids[at]);
        for index in self.indexes() {
            for entry in index.entries() {
                if let Ok(found) = at.binary_search_by_key(&entry.id, |&at| ids[at]) {
                    paths[at[found]].push(entry.path(&index).to_str_lossy().into_owned());
                }
            }
        }
        for paths in &mut paths {
            paths.sort();
            paths.dedup();
        }
        paths
    }

    /// The index of this work tree and of every linked one.
    fn indexes(&self) -> Vec<gix::index::File> {
        let mut files = vec![self.gix.git_dir().join("index"), self.gix.common_dir().join("index")];
        files.dedup();
        let worktrees = std::fs::read_dir(self.gix.common_dir().join("worktrees"));
        files.extend(worktrees.into_iter().flatten().flatten().map(|e| e.path().join("index")));
        let open = |path: PathBuf| {
            gix::index::File::at(
                path,
                self.store.hash,
                false,
                gix::index::decode::Options::default(),
            )
        };
        files.into_iter().filter_map(|path| open(path).ok()).collect()
    }

    /// Problems for what is not there. Objects that only something unreachable names are
    /// none: git prunes those in any order.
    pub(super) fn missing_problems(
        &self,
        missing: &[ObjectId],
        attributions: &[Attribution],
        reachable: &Reachable,
    ) -> Vec<Problem> {
        let place = if self.shown.is_empty() { "." } else { &self.shown };
        if missing.is_empty() {
            return Vec::new();
        }
        if self.partial {
            let why = format!("a partial clone: {} objects were left out of it", missing.len());
            let hint = "get them with: git fetch --refetch --no-filter";
            return vec![Problem::new(ProblemCode::Partial, place, why).hinted(hint)];
        }
        let mut problems = Vec::new();
        for (id, attribution) in missing.iter().zip(attributions) {
            let holders = self.commits.missing.iter().filter(|(_, missing)| missing == id);
            let named = holders.filter_map(|(holder, _)| reachable.tip(*holder)).min();
            let Some(tip) = attribution.tip.as_ref().into_iter().chain(named).min() else {
                continue;
            };
            let path =
                attribution.paths.first().map(|path| format!(" ({path})")).unwrap_or_default();
            let why = format!("this object is not here, though {} leads to it", tip.name);
            let place = format!("object {id}{path}");
            problems
                .push(Problem::new(ProblemCode::Missing, place, why).hinted("look with: git fsck"));
        }
        if missing.len() > NAMED_MISSING {
            let why = format!("{} more objects are not here", missing.len() - NAMED_MISSING);
            problems.push(Problem::new(ProblemCode::Missing, place, why));
        }
        problems
    }
}

/// Joins a target as shown with a path below it.
pub(crate) fn join(shown: &str, path: &str) -> String {
    if shown.is_empty() { path.to_owned() } else { format!("{shown}/{path}") }
}

fn short(hex: &str) -> &str {
    &hex[..hex.len().min(12)]
}

/// A time with its zone as RFC 3339; `None` for dates no calendar has.
pub(super) fn date(seconds: i64, zone_minutes: i32) -> Option<String> {
    let offset = jiff::tz::Offset::from_seconds(zone_minutes * 60).unwrap_or(jiff::tz::Offset::UTC);
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    let zoned = time.to_zoned(offset.to_time_zone());
    Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// What of a remote's URL names the repository at its host: `acme/shop`.
pub(super) fn below_host(url: &str) -> Option<String> {
    let below = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        // `git@host:acme/shop.git`; a path of this machine has no host.
        None => url.split_once(':').filter(|(host, _)| host.contains('@') || host.contains('.'))?.1,
    };
    let name = below.trim_matches('/').trim_end_matches(".git");
    (!name.is_empty()).then(|| name.to_owned())
}

/// A remote's URL fit for a report: no user info, and only of a scheme that names a host.
pub(super) fn public_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !["https", "http", "ssh", "git"].contains(&scheme) {
        return None;
    }
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(format!("{scheme}://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_shows_no_credential() {
        let shown = public_url("https://user:pass@host.example:8443/a/b.git?token=x");
        assert_eq!(shown.as_deref(), Some("https://host.example:8443/a/b.git"));
        assert_eq!(public_url("ext::sh -c id"), None);
        assert_eq!(public_url("/home/me/repo"), None);
        let name = |url| below_host(url).unwrap_or_default();
        assert_eq!(name("https://user:pass@host.example/acme/shop.git"), "acme/shop");
        assert_eq!(name("git@host.example:acme/team/shop"), "acme/team/shop");
        assert_eq!((name("/home/me/repo"), name("../x")), (String::new(), String::new()));
    }

    #[test]
    fn dates_carry_their_zone() {
        assert_eq!(date(0, 90).as_deref(), Some("1970-01-01T01:30:00+01:30"));
        assert_eq!(date(i64::MAX, 0), None);
    }
}
