//! A git repository: every object of its packs and loose files, each unique one read once.
//!
//! Nothing in the repository is obeyed: no program of its configuration runs, no attribute
//! hides anything, no replacement or graft is honoured, nothing is fetched.

mod attribute;
mod commits;
mod files;
mod forest;
mod inflate;
mod line;
mod pack;
mod parse;
mod places;
mod quiet;
mod reach;
mod selection;
mod sketch;
mod staged;
mod state;
mod store;
mod table;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gix::hash::ObjectId;

use self::attribute::Attributor;
use self::commits::{Commits, Gathered};
use self::forest::Forest;
use self::quiet::Searched;
use self::reach::Reachable;
use self::store::Store;
use crate::origin::Origin;
use crate::problem::{Problem, ProblemCode};
use crate::source::{Examine, archive};
use crate::tally::{RepositoryRead, Tally};
use crate::terms::Filed;

pub(crate) use self::files::{git_files, module_dirs};
pub(crate) use self::pack::ObjectKind;
pub(crate) use self::places::join;
pub use self::selection::Selection;
pub(crate) use self::selection::read_selection;
pub(crate) use self::sketch::sketch;
pub(crate) use self::staged::{Staged, open_index, staged};
pub(crate) use self::state::state;
pub(crate) use self::store::Node;

/// One repository, opened.
pub(crate) struct Repository {
    gix: gix::Repository,
    store: Store,
    /// How its place is shown: the target as typed, without a trailing slash; empty for ".".
    shown: String,
    shallow: Vec<ObjectId>,
    partial: bool,
    commits: Commits,
    /// What of it need not be read again, where somebody remembers that.
    pub quiet: Filed<ObjectId>,
    searched: Option<Searched>,
    pub problems: Vec<Problem>,
    pub tally: Tally,
}

/// Something that an examination found in an object.
#[derive(Debug)]
pub(crate) struct Found<T> {
    pub node: Node,
    pub kind: ObjectKind,
    pub what: T,
}

/// Opens a repository for reading, given its git directory or work tree, obeying nothing in
/// its configuration and nothing in the environment.
pub(crate) fn open_gix(path: &Path) -> Result<gix::Repository, Problem> {
    let options = gix::open::Options::isolated()
        .with(gix::sec::Trust::Full)
        .strict_config(false)
        .lossy_config(true);
    let mut repo = options.open(path).map(Into::<gix::Repository>::into).map_err(|error| {
        let why = format!("this repository cannot be opened: {error}");
        Problem::new(ProblemCode::Repository, path.to_string_lossy(), why)
    })?;
    repo.objects.ignore_replacements = true;
    Ok(repo)
}

/// The origin of the repository at a path, without scheme, host, user info and `.git`: `acme/shop`.
pub(crate) fn origin_of(path: &Path) -> Option<String> {
    let repo = open_gix(path).ok()?;
    let url = repo.config_snapshot().string("remote.origin.url")?.to_string();
    places::below_host(&url)
}

impl Repository {
    /// Opens a repository and all its packs.
    pub(crate) fn open(path: &Path, shown: &str) -> Result<Self, Problem> {
        let gix = open_gix(path)?;
        let (store, problems) = Store::open(&gix.common_dir().join("objects"), gix.object_hash());
        let shallow = gix.shallow_commits().ok().flatten();
        let shallow: Vec<_> =
            shallow.map(|list| list.iter().copied().collect()).unwrap_or_default();
        let partial =
            store.promised || gix.config_snapshot().string("extensions.partialClone").is_some();
        let mut repository = Self {
            gix,
            store,
            shown: shown.to_owned(),
            shallow,
            partial,
            commits: Commits::default(),
            quiet: Filed::default(),
            searched: None,
            problems,
            tally: Tally { repositories: 1, ..Tally::default() },
        };
        repository.note_limits();
        Ok(repository)
    }

    /// Says what can be known at once to be out of reach.
    fn note_limits(&mut self) {
        let place = if self.shown.is_empty() { "." } else { &self.shown };
        if !self.shallow.is_empty() {
            let why = format!("a shallow clone: history is cut at {} commits", self.shallow.len());
            let hint = "get the rest with: git fetch --unshallow";
            self.problems.push(Problem::new(ProblemCode::Shallow, place, why).hinted(hint));
        }
        let storage = self.gix.config_snapshot().string("extensions.refStorage");
        if storage.is_some_and(|format| format.as_slice() == b"reftable") {
            let why = "its refs are in the reftable format, which is not read: all objects are, \
                       but not from where they can be reached";
            self.problems.push(Problem::new(ProblemCode::Repository, place, why));
        }
    }

    /// Passes over the objects that are known to hold nothing, and notes what else does.
    pub(crate) fn know(&mut self, known: &(dyn Fn(&[u8]) -> bool + Sync)) {
        self.tally.known = self.store.know(known) as u64;
        self.searched = Some(Searched::default());
    }

    /// Examines every blob, commit and tag that is not known, in parallel; what is found comes in
    /// the order of the objects.
    pub(crate) fn search<E: Examine>(&mut self, examine: &E) -> Vec<Found<E::Found>> {
        const KINDS: [ObjectKind; 3] = [ObjectKind::Blob, ObjectKind::Commit, ObjectKind::Tag];
        struct Part<T> {
            found: Vec<Found<T>>,
            history: Gathered,
            /// Objects in which nothing was found.
            quiet: Filed<Node>,
            objects: u64,
            bytes: u64,
        }
        impl<T> Default for Part<T> {
            fn default() -> Self {
                let (found, quiet) = (Vec::new(), Filed::default());
                Self { found, history: Gathered::default(), quiet, objects: 0, bytes: 0 }
            }
        }
        let (store, learns) = (&self.store, self.searched.is_some());
        let (parts, problems) = store.walk(&KINDS, |part: &mut Part<E::Found>, object, base| {
            let (node, kind) = (object.node, object.kind);
            let mut whats = Vec::new();
            let base = base.map(|trace| (trace, object.copies));
            let trace = examine.examine_delta(object.bytes, base, &mut whats);
            if object.repeat {
                return trace;
            }
            let opened = archive::members(object.bytes, examine, &mut whats);
            if whats.is_empty() && learns {
                part.quiet.push(node, quiet::terms(kind, examine.terms(&trace), opened));
            }
            part.found.extend(whats.into_iter().map(|what| Found { node, kind, what }));
            part.history.add(store, object);
            part.objects += 1;
            part.bytes += object.bytes.len() as u64;
            trace
        });
        self.problems.extend(problems);
        let mut found = Vec::new();
        let mut history = Vec::new();
        let mut quiet = Filed::default();
        for part in parts {
            found.extend(part.found);
            history.push(part.history);
            quiet.append(part.quiet);
            self.tally.objects += part.objects;
            self.tally.object_bytes += part.bytes;
        }
        self.commits = Commits::new(&self.store, history, &self.shallow, &mut self.problems);
        self.tally.commits = self.commits.list.len() as u64;
        // Stable: what was found in one object stays in the order of its positions.
        found.sort_by_key(|found| found.node);
        if let Some(searched) = &mut self.searched {
            let mut loud: Vec<Node> = found.iter().map(|found| found.node).collect();
            loud.dedup();
            *searched = Searched { quiet, loud };
        }
        found
    }

    /// Reads the commits that were passed over: what is found may have to be traced through them.
    fn read_known_commits(&mut self) {
        const KINDS: [ObjectKind; 2] = [ObjectKind::Commit, ObjectKind::Tag];
        if self.tally.known == 0 {
            return;
        }
        let store = &self.store;
        let (history, problems) = store.walk_all(&KINDS, |history: &mut Gathered, object| {
            if !object.repeat {
                history.add(store, object);
            }
        });
        self.problems.extend(problems);
        self.commits = Commits::new(&self.store, history, &self.shallow, &mut self.problems);
    }

    /// Whether `hex` is the id of an object of this repository whose content really has that
    /// id: a planted file that is merely named after a token must not silence it.
    pub(crate) fn holds(&self, hex: &str) -> bool {
        let Ok(id) = ObjectId::from_hex(hex.as_bytes()) else { return false };
        if self.store.node(&id).is_none() {
            return false;
        }
        let Ok(Some(object)) = self.gix.try_find_object(id) else { return false };
        gix::objs::compute_hash(id.kind(), object.kind, &object.data).is_ok_and(|real| real == id)
    }

    /// Finds out where each of the `nodes` lives, and whether all that the trees and commits
    /// name is there. Reads every tree once, even when nothing was found: a clean exit means
    /// that nothing was missing.
    pub(crate) fn attribute(
        &mut self,
        nodes: &[(Node, ObjectKind)],
    ) -> BTreeMap<Node, Vec<Origin>> {
        let blobs: Vec<Node> = nodes
            .iter()
            .filter(|(_, kind)| *kind == ObjectKind::Blob)
            .map(|(node, _)| *node)
            .collect();
        let mut wanted: Vec<ObjectId> = blobs.iter().map(|&node| self.store.id(node)).collect();
        let forest = self.read_trees(&mut wanted);
        let missing = self.missing(&forest);
        if !nodes.is_empty() || !missing.is_empty() {
            self.read_known_commits();
        }
        let few = !self.partial && missing.len() <= places::NAMED_MISSING;
        let sound = self.sound() && (missing.is_empty() || few);
        let tips = reach::tips(&self.gix, &mut self.problems);
        let reachable = Reachable::flood(&self.store, &self.commits, tips);
        let attributor = Attributor {
            store: &self.store,
            commits: &self.commits,
            reachable: &reachable,
            shallow: &self.shallow,
            sound,
            read: &|id| self.read(id),
        };
        let (attributions, line) = attributor.attribute(&wanted, blobs.len(), &forest);
        let (of_blobs, of_missing) = attributions.split_at(blobs.len());
        let staged = self.staged_paths(&wanted[..blobs.len()]);
        let mut origins = BTreeMap::new();
        for ((&node, attribution), staged) in blobs.iter().zip(of_blobs).zip(staged) {
            origins.insert(node, self.blob_origins(node, attribution, &line, &staged));
        }
        for &(node, kind) in nodes.iter().filter(|(_, kind)| *kind != ObjectKind::Blob) {
            origins.insert(node, vec![self.message_origin(node, kind, &reachable)]);
        }
        let problems = self.missing_problems(&missing, of_missing, &reachable);
        self.problems.extend(problems);
        origins
    }

    /// Reads the trees, which say where those objects are that are `wanted`: to them come those that
    /// are missing. What is quiet is known then.
    fn read_trees(&mut self, wanted: &mut Vec<ObjectId>) -> Forest {
        let loud = self.loud_besides(wanted);
        let all = |wanted: &[ObjectId]| [wanted, &loud].concat();
        // In a partial clone something is missing, and what leads to it is not quiet.
        let edges = self.partial && self.searched.is_some();
        let (mut forest, problems) = forest::read(&self.store, &all(wanted), edges);
        self.problems.extend(problems);
        self.tally.objects += forest.read.len() as u64;
        self.tally.object_bytes += forest.bytes;
        let missing = self.missing(&forest);
        // Where a few objects are missing it is worth a second pass to say where they belong.
        if !missing.is_empty() && !self.partial {
            wanted.extend(missing.iter().take(places::NAMED_MISSING));
            forest = forest::read(&self.store, &all(wanted), true).0;
        }
        self.learn(&forest);
        forest
    }

    /// What something was found in, and is not wanted.
    fn loud_besides(&self, wanted: &[ObjectId]) -> Vec<ObjectId> {
        let searched = self.searched.iter().flat_map(|searched| &searched.loud);
        let wanted: BTreeSet<_> = wanted.iter().collect();
        searched.map(|&node| self.store.id(node)).filter(|id| !wanted.contains(id)).collect()
    }

    /// Notes what need not be read again: of what is damaged only blobs, since nobody knows what the
    /// rest of it would have led to.
    fn learn(&mut self, forest: &Forest) {
        let Some(searched) = self.searched.take() else { return };
        self.quiet = if self.sound() && forest.malformed.is_empty() {
            let cut = self.shallow.iter().filter_map(|id| self.store.node(id));
            searched.closed(&self.store, &self.commits, forest, cut)
        } else {
            searched.blobs(&self.store)
        };
    }

    /// Whether all objects that are here could be read, whatever was left out or refers to them.
    fn sound(&self) -> bool {
        let limit = |code| matches!(code, ProblemCode::Shallow | ProblemCode::Repository);
        self.problems.iter().all(|problem| limit(problem.code))
    }

    /// Every object that a tree or a commit names and that is not here.
    fn missing(&self, forest: &Forest) -> Vec<ObjectId> {
        let named = forest.missing.iter().chain(&self.commits.missing);
        let mut ids: Vec<ObjectId> = named.map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn read(&self, id: &ObjectId) -> Option<Vec<u8>> {
        Some(self.gix.try_find_object(*id).ok()??.data.clone())
    }

    /// The directories that hold this repository's own files: the git directory, and the
    /// common one where a linked work tree shares it.
    pub(crate) fn git_dirs(&self) -> Vec<PathBuf> {
        let (own, common) = (self.gix.git_dir(), self.gix.common_dir());
        if own.starts_with(common) {
            return vec![common.to_owned()];
        }
        vec![common.to_owned(), own.to_owned()]
    }

    /// What a report says of the repository itself.
    pub(crate) fn read_info(&self) -> RepositoryRead {
        let config = self.gix.config_snapshot();
        let url = config.string("remote.origin.url").map(|url| url.to_string());
        let head = self.gix.head().ok();
        RepositoryRead {
            path: self.shown.clone(),
            url: url.and_then(|url| places::public_url(&url)),
            head: head.as_ref().and_then(gix::Head::id).map(|id| id.to_string()),
            branch: head.and_then(|head| Some(head.referent_name()?.shorten().to_string())),
        }
    }
}
