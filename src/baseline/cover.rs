//! Which tokens of a scan are covered, and which entries covered none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Baseline, Spot, What, plain};
use crate::leak::{Leak, Place};
use crate::origin::{Origin, OriginKind};
use crate::secret::{Hash, Secret};

/// How what a comment in its line allows is said to be known.
pub const INLINE: &str = "inline comments";

/// What the user lets keep tokens out of the findings.
#[derive(Debug, Default)]
pub struct Known {
    pub baselines: Vec<Baseline>,
    /// Whether comments such as `squelch:allow` count.
    pub inline: bool,
}

/// Why a token is no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Covered {
    /// The file, as the user named it.
    pub by: String,
    pub why: String,
    /// What the reader of the file wrote behind the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Entries of a file that covered nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    pub file: String,
    /// Whether the file has squelch's own format.
    pub own: bool,
    pub entries: Vec<String>,
    /// The arguments with which another command reads the same, as far as they are not the usual.
    pub again: Vec<String>,
}

/// Decides token by token, and remembers what it needed for that.
#[derive(Debug)]
pub struct Cover<'a> {
    known: &'a Known,
    /// How the targets are shown before paths.
    roots: Vec<String>,
    /// For each entry of each file whether it covered anything.
    used: Vec<Vec<bool>>,
}

impl<'a> Cover<'a> {
    pub fn new(known: &'a Known, roots: Vec<String>) -> Self {
        let unused = |baseline: &Baseline| vec![false; baseline.entries.len()];
        Self { known, roots, used: known.baselines.iter().map(unused).collect() }
    }

    /// Whether, and why, a token is covered.
    pub fn of(&mut self, leak: &Leak) -> Option<Covered> {
        if !self.known.inline && self.known.baselines.is_empty() {
            return None;
        }
        // Both are looked up, so that neither of two files that have it is called unused.
        let places = self.by_places(&leak.places);
        let content = if leak.partial { None } else { self.by_content(&leak.secret) };
        content.or(places)
    }

    /// What covered nothing so far, file by file.
    pub fn idle(&self) -> Vec<Idle> {
        let of = |(baseline, used): (&Baseline, &Vec<bool>)| {
            let idle = baseline.entries.iter().zip(used).filter(|(_, used)| !**used);
            let entries = idle.map(|(entry, _)| entry.about.clone()).collect();
            let (file, own) = (baseline.name.clone(), baseline.is_own());
            Idle { file, own, entries, again: Vec::new() }
        };
        let all = self.known.baselines.iter().zip(&self.used).map(of);
        all.filter(|idle| !idle.entries.is_empty()).collect()
    }

    /// The first entry for the token itself.
    fn by_content(&mut self, secret: &Secret) -> Option<Covered> {
        let print = secret.fingerprint();
        let mut first = None;
        for (baseline, used) in self.known.baselines.iter().zip(&mut self.used) {
            let sha1 = || baseline.sha1.get(&secret.digest(Hash::Sha1, 0));
            let others =
                [baseline.sha256.get(&print), (!baseline.sha1.is_empty()).then(sha1).flatten()];
            let others = others.into_iter().flatten().flatten().copied();
            for at in baseline.own_entries(&print).chain(others) {
                used[at] = true;
                first.get_or_insert((baseline, at));
            }
        }
        let (baseline, at) = first?;
        let entry = &baseline.entries[at];
        let why = match entry.what {
            What::Keyed(_) => "it has the token",
            What::Sha256(_) => "it has the token (SHA-256)",
            What::Sha1(_) => "it has the token (SHA-1)",
            What::Place(_) => "it has the place",
        };
        let note = entry.note.clone();
        Some(Covered { by: baseline.name.clone(), why: why.to_owned(), note })
    }

    /// What covers the places, if there is none that nothing covers.
    fn by_places(&mut self, places: &[Place]) -> Option<Covered> {
        let all: Vec<Vec<Cause<'a>>> = places.iter().map(|place| self.causes(place)).collect();
        let mut by = BTreeSet::new();
        let mut left = 0;
        for (place, causes) in places.iter().zip(&all) {
            let mut causes = causes.clone();
            if causes.is_empty() && is_file(&place.origin) {
                causes = same_file(&place.origin, places, &all);
            }
            left += usize::from(causes.is_empty());
            by.extend(causes.iter().map(|cause| cause.by));
        }
        (left == 0 && !by.is_empty()).then(|| Covered {
            by: Vec::from_iter(by).join(", "),
            why: "all its places are allowed".to_owned(),
            note: None,
        })
    }

    /// What covers one place.
    fn causes(&mut self, place: &Place) -> Vec<Cause<'a>> {
        let mut causes = Vec::new();
        if self.known.inline && place.allowed {
            causes.push(Cause { by: INLINE, commit: false });
        }
        let paths = spellings(&place.origin, &self.roots);
        for (baseline, used) in self.known.baselines.iter().zip(&mut self.used) {
            for at in paths.iter().filter_map(|path| baseline.places.get(path)).flatten() {
                let What::Place(spot) = &baseline.entries[*at].what else { continue };
                if holds(spot, place) {
                    used[*at] = true;
                    causes.push(Cause { by: &baseline.name, commit: spot.commit.is_some() });
                }
            }
        }
        causes
    }
}

/// What covers a place.
#[derive(Clone, Copy, Debug)]
struct Cause<'a> {
    by: &'a str,
    /// Whether it does so for one commit only.
    commit: bool,
}

/// Whether a place is one of the lines, in the commit if one is named.
///
/// Of all versions of a file that have a token one place is known, that of the oldest: the one that
/// gitleaks names, since it is the commit that added the line.
fn holds(spot: &Spot, place: &Place) -> bool {
    let history = place.origin.history.as_ref();
    let commit = history.and_then(|history| history.commit.as_deref());
    let (first, last) = spot.lines;
    (first..=last).contains(&place.position.line)
        && spot.commit.as_deref().is_none_or(|wanted| commit == Some(wanted))
}

fn is_file(origin: &Origin) -> bool {
    origin.history.is_none()
        && !matches!(origin.kind, OriginKind::Stdin | OriginKind::Ref | OriginKind::Reflog)
}

/// What covers the same file in history, if a commit is named: who reads commits only, as gitleaks
/// does, names a file that still has the token by the commit that brought it in.
fn same_file<'a>(origin: &Origin, places: &[Place], all: &[Vec<Cause<'a>>]) -> Vec<Cause<'a>> {
    let path = origin.full_path();
    let same = |place: &Place| place.origin.history.is_some() && place.origin.full_path() == path;
    let found = places.iter().zip(all).filter(|(place, _)| same(place));
    found.flat_map(|(_, causes)| causes).filter(|cause| cause.commit).copied().collect()
}

/// How an ignore file may name the file of a place: as it is shown, below the target, or below the
/// repository.
fn spellings(origin: &Origin, roots: &[String]) -> BTreeSet<String> {
    let full = origin.full_path();
    let below = |root: &String| Some(full.strip_prefix(root.as_str())?.trim_start_matches('/'));
    let mut all: BTreeSet<String> = roots.iter().filter_map(below).map(plain).collect();
    all.insert(plain(&full));
    if let Some(path) = origin.history.as_ref().and_then(|history| history.path.as_deref()) {
        let member = origin.member.iter().map(|member| format!("!/{member}"));
        all.insert(plain(&(path.to_owned() + &member.collect::<String>())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::own::{self, Key};
    use crate::fixture;
    use crate::origin::Reach;
    use crate::secret::Secret;

    /// A token that stands in line 2 of these places.
    fn leak(origins: Vec<Origin>) -> Leak {
        let token = fixture::mint("squ_", 7);
        let bytes = format!("\nx={token}\n");
        let place = |origin| fixture::place(bytes.as_bytes(), &token, "…", origin);
        let secret = Secret::new(token.as_bytes());
        Leak {
            rule: 0,
            fingerprint: secret.fingerprint(),
            secret,
            partial: false,
            placed: true,
            halves: Vec::new(),
            places: origins.into_iter().map(place).collect(),
        }
    }

    fn known(text: &str) -> Known {
        let mut baseline = Baseline::parse("f", text.as_bytes()).expect("a baseline");
        baseline.name = "f".to_owned();
        baseline.index();
        Known { baselines: vec![baseline], inline: false }
    }

    /// Whether a file with this text covers the token, and how many of its entries did nothing.
    fn covers(text: &str, leak: &Leak) -> (bool, usize) {
        let known = known(text);
        let mut cover = Cover::new(&known, vec!["../app".to_owned()]);
        let covered = cover.of(leak).is_some();
        (covered, cover.idle().iter().map(|idle| idle.entries.len()).sum())
    }

    const COMMIT: &str = "1a2b3c4d5e1a2b3c4d5e1a2b3c4d5e1a2b3c4d5e";

    #[test]
    fn every_place_has_to_be_covered() {
        let both = leak(vec![Origin::file("a"), Origin::file("../app/b")]);
        assert_eq!(covers("a:r:2\nb:r:2\n", &both), (true, 0), "below the target");
        assert_eq!(covers("a:r:2\n../app/b:r:2\n", &both), (true, 0), "as it is shown");
        assert_eq!(covers("a:r:2\n", &both), (false, 0), "one of two");
        assert_eq!(covers("a:r:2\nb:r:3\n", &both), (false, 1), "another line");
        assert_eq!(covers(&format!("a:r:2\n{COMMIT}:b:r:2\n"), &both), (false, 1));
    }

    #[test]
    fn a_commit_is_compared_and_stands_for_the_file_that_still_has_it() {
        let past = || fixture::history(Some("b"), Some(COMMIT), Reach::Head);
        let line = format!("{COMMIT}:b:r:2\n");
        assert_eq!(covers(&line, &leak(vec![past()])), (true, 0));
        assert_eq!(covers("b:r:2\n", &leak(vec![past()])), (true, 0), "without one it is any");
        let other = line.replace("1a", "2a");
        assert_eq!(covers(&other, &leak(vec![past()])), (false, 1));
        assert_eq!(covers(&line, &leak(vec![Origin::file("b"), past()])), (true, 0));
        assert_eq!(covers(&line, &leak(vec![Origin::file("c"), past()])), (false, 0));
        let elsewhere = format!("{line}c:r:9\n");
        assert_eq!(covers(&elsewhere, &leak(vec![Origin::file("b"), past()])), (true, 1));
    }

    #[test]
    fn content_counts_wherever_it_stands_but_not_for_a_part() {
        let mut leak = leak(vec![Origin::file("a"), Origin::file("b")]);
        let key = Key::random().expect("random bytes");
        let entry = own::entry_of(&key, &leak.fingerprint, "r", "squ_…1234");
        let mut text = Vec::new();
        own::write(&[Key::random().expect("random bytes"), key], &[entry], &mut text)
            .expect("written");
        let own = String::from_utf8(text).expect("UTF-8");
        let sha256 = format!("{}\n", leak.fingerprint);
        let sha1 = leak.secret.digest(Hash::Sha1, 0);
        let sha1 = format!(r#"{{"results":{{"z":[{{"hashed_secret":"{sha1}"}}]}}}}"#);
        for text in [&own, &sha256, &sha1] {
            assert_eq!(covers(text, &leak), (true, 0), "{text}");
        }
        leak.partial = true;
        for text in [own, sha256, sha1] {
            assert_eq!(covers(&text, &leak), (false, 1), "{text}");
        }
    }

    #[test]
    fn comments_count_where_they_are_let() {
        let mut leak = leak(vec![Origin::file("a"), Origin::file("b")]);
        leak.places[0].allowed = true;
        let mut known = known("b:r:2\n");
        assert_eq!(Cover::new(&known, Vec::new()).of(&leak), None);
        known.inline = true;
        let covered = Cover::new(&known, Vec::new()).of(&leak).expect("all places");
        assert_eq!(covered.by, "f, inline comments");
    }
}
