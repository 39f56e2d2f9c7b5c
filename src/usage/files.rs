//! Which files are read, and whose they are.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::Usage;
use super::event::{Said, Sink, What};
use super::follow::{Seen, follow};
use super::jenkins_home::{Installation, resolve};
use super::join::{Place, join};
use super::kind::{Format, GITLAB, Kind, kind};
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::source::files::open;
use crate::source::git::origin_of;
use crate::yaml::{self, Node};

/// A file of a CI system or of a build is larger than this only by mistake: those of real
/// repositories have some hundred kilobytes at most.
const MAX_FILE: u64 = 4 << 20;

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// In a fixed order.
    pub usages: Vec<Usage>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What lies elsewhere, so that the map has a hole there: each a sentence without a full stop.
    pub elsewhere: Vec<String>,
    /// Files that were read.
    pub files: u64,
    pub repositories: u64,
}

/// Reads all targets: directories, repositories, and directories of repositories.
pub fn read(targets: &[PathBuf], rules: &Rules, installations: &[Installation]) -> Map {
    let mut map = Map::default();
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for target in targets {
        walk(target, &mut files, &mut map);
    }
    let mut owners = Owners::default();
    let owned: Vec<(PathBuf, String, String)> = files
        .into_iter()
        .map(|(path, shown)| {
            let owner = owners.of(&path);
            (path, shown, owner)
        })
        .collect();
    map.repositories = owners.known.values().collect::<BTreeSet<_>>().len() as u64;
    let read = |(path, shown, owner): &(PathBuf, String, String)| one(path, shown, owner, rules);
    let mut all: Vec<Read> = owned.par_iter().map(read).collect();
    let mut done: BTreeSet<&Path> = BTreeSet::new();
    loop {
        let included: BTreeSet<PathBuf> = all.iter().flat_map(|it| it.included.clone()).collect();
        let is_fresh = |path: &Path| included.contains(path) && !done.contains(path);
        let fresh: Vec<_> = owned.iter().filter(|(path, ..)| is_fresh(path)).collect();
        if fresh.is_empty() {
            break;
        }
        for (path, shown, owner) in fresh {
            done.insert(path);
            all.push(as_kind(path, shown, owner, rules, GITLAB));
        }
    }
    let mut seen = Vec::new();
    for read in all {
        map.files += u64::from(read.counts);
        map.problems.extend(read.problem);
        map.elsewhere.extend(read.elsewhere);
        seen.extend(read.seen);
    }
    let (usages, lost) = follow(&seen);
    map.usages = usages;
    map.elsewhere.extend(lost);
    for usage in &mut map.usages {
        resolve(usage, installations);
    }
    complete(&mut map.usages, &seen);
    map.usages.sort();
    map.usages.dedup();
    map.problems.sort();
    map.elsewhere.sort();
    map.elsewhere.dedup();
    map
}

/// The server and the project that other files of a repository name, where there is only one.
fn complete(usages: &mut [Usage], seen: &[Seen]) {
    // What lies deeper is of a part, or of a test.
    let whole = seen.iter().filter(|one| one.at_root);
    let said: Vec<(&str, &What)> = whole
        .flat_map(|one| one.events.iter().map(|event| (one.repository.as_str(), event)))
        .filter(|(_, event)| event.unit.is_empty())
        .map(|(repository, event)| (repository, &event.what))
        .collect();
    for usage in usages {
        let only = |of: fn(&What) -> Option<&Said>| {
            let here = said.iter().filter(|(repository, _)| *repository == usage.repository);
            let all = here.filter_map(|(_, what)| of(what)).filter(|it| it.is_of(&usage.services));
            let values: BTreeSet<&str> = all.map(|said| said.value.as_str()).collect();
            let one = values.first().filter(|_| values.len() == 1)?;
            Some((*one).to_owned())
        };
        let server = usage
            .server
            .take()
            .or_else(|| only(|what| if let What::Server(said) = what { Some(said) } else { None }));
        let project = usage.project.take().or_else(|| {
            only(|what| if let What::Project(said) = what { Some(said) } else { None })
        });
        (usage.server, usage.project) = (server, project);
    }
}

/// What came of one file.
#[derive(Default)]
struct Read {
    counts: bool,
    seen: Option<Seen>,
    problem: Option<Problem>,
    elsewhere: Vec<String>,
    /// Files that it includes.
    included: Vec<PathBuf>,
}

fn one(path: &Path, shown: &str, owner: &str, rules: &Rules) -> Read {
    match kind(shown) {
        Some(kind) => as_kind(path, shown, owner, rules, kind),
        None => Read::default(),
    }
}

fn as_kind(path: &Path, shown: &str, owner: &str, rules: &Rules, kind: Kind) -> Read {
    let text = match text(path) {
        Ok(text) => text,
        Err(why) => {
            let problem = Problem::new(ProblemCode::Unreadable, shown, why);
            return Read { problem: Some(problem), ..Read::default() };
        }
    };
    let place = Place { system: kind.system, repository: owner, path: shown, unset: kind.unset };
    let mut read = examined(&text, kind, &place, rules);
    let root = path.ancestors().find(|it| it.join(".git").exists());
    let root = root.unwrap_or(Path::new(""));
    read.included.iter_mut().for_each(|file| *file = root.join(&*file));
    if let Some(seen) = &mut read.seen {
        seen.at_root = path.parent().is_none_or(|folder| folder == root);
    }
    read
}

/// What a text says, wherever it is from.
fn examined(text: &str, kind: Kind, place: &Place<'_>, rules: &Rules) -> Read {
    let mut read = Read { counts: true, ..Read::default() };
    let mut sink = Sink::new(&rules.usages);
    let result = match kind.format {
        Format::Text(reader) => {
            reader(&mut sink, text);
            Ok(())
        }
        Format::Checked(reader) => reader(&mut sink, text),
        Format::Yaml(reader) => {
            yaml::documents(text, kind.strict).map(|documents| reader(&mut sink, &documents))
        }
    };
    let path = place.path.to_owned();
    if let Err(why) = result {
        // A template is no YAML yet: it is read line by line, as far as that goes.
        if kind.strict {
            read.problem = Some(Problem::new(ProblemCode::Damaged, &path, why));
        }
        lines(&mut sink, text);
    }
    let usages = join(&sink.events, &rules.usages, place);
    read.elsewhere.extend(sink.unread.iter().map(|what| format!("{path}: {what}")));
    read.included.extend(sink.included.iter().map(PathBuf::from));
    let repository = place.repository.to_owned();
    read.seen = Some(Seen { repository, path, at_root: false, events: sink.events, usages });
    read
}

/// Lines with a name and a value, of a file that cannot be parsed.
fn lines(sink: &mut Sink<'_>, text: &str) {
    for (at, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches("- ");
        if let Some((key, value)) = line.split_once(':') {
            let value =
                Node { line: at as u64 + 1, value: yaml::Value::Text(value.trim().to_owned()) };
            super::fields::pair(
                sink,
                &[],
                key,
                at as u64 + 1,
                &value,
                super::reference::Syntax::GitHub,
            );
        }
    }
}

fn text(path: &Path) -> Result<String, String> {
    let file = open(path).map_err(|error| error.to_string())?;
    let meta = file.metadata().map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("it is no file".to_owned());
    }
    if meta.len() > MAX_FILE {
        return Err(format!("larger than {} MiB, which no such file is", MAX_FILE >> 20));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The files of a target that may be one of a kind, with their paths as shown.
fn walk(target: &Path, files: &mut Vec<(PathBuf, String)>, map: &mut Map) {
    let shown_root = target.to_string_lossy();
    let shown_root = shown_root.trim_start_matches("./").trim_end_matches('/');
    let mut builder = WalkBuilder::new(target);
    builder.standard_filters(false).follow_links(false).require_git(false);
    builder.git_ignore(true).git_exclude(true);
    builder.filter_entry(|entry| {
        let name = entry.file_name();
        name != ".git" && name != "node_modules"
    });
    let mut found = Vec::new();
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let problem = Problem::new(ProblemCode::Walk, shown_root, error.to_string());
                map.problems.push(problem);
                continue;
            }
        };
        let what = entry.file_type();
        let link = what.is_some_and(|what| what.is_symlink());
        if !link && !what.is_some_and(|what| what.is_file()) {
            continue;
        }
        let below = entry.path().strip_prefix(target).unwrap_or(entry.path()).to_string_lossy();
        let shown = match (shown_root, &*below) {
            ("." | "", below) => below.to_owned(),
            (root, "") => root.to_owned(),
            (root, below) => format!("{root}/{below}"),
        };
        match kind(&shown) {
            // What only may be one of a kind is no hole if it is not.
            Some(kind) if link && kind.strict => {
                map.elsewhere.push(format!("{shown}: a link, which is not followed"));
            }
            Some(_) if !link => found.push((entry.into_path(), shown)),
            _ => {}
        }
    }
    found.sort();
    files.extend(found);
}

/// Whose a file is: the origin of the repository around it, or its folder.
#[derive(Default)]
struct Owners {
    known: HashMap<PathBuf, String>,
    /// Folders that were looked at, with the repository around each.
    folders: HashMap<PathBuf, Option<PathBuf>>,
}

impl Owners {
    fn of(&mut self, path: &Path) -> String {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let found = self.folders.entry(folder.clone()).or_insert_with(|| {
            let absolute = std::path::absolute(&folder).unwrap_or(folder);
            absolute.ancestors().find(|it| it.join(".git").exists()).map(Path::to_owned)
        });
        let Some(root) = found.clone() else { return String::new() };
        let name = || root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.known
            .entry(root.clone())
            .or_insert_with(|| origin_of(&root).unwrap_or_else(name))
            .clone()
    }
}
