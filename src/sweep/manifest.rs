//! What a sweep reads: a list of repositories, folders, files and logs, in text, CSV or JSON, or a
//! folder of clones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::source::files::is_bare;

const ALLOWED: &str = "repositories are cloned by https, ssh and file only";

/// What stands before the address of a project whose CI logs are meant.
const LOGS: &str = "logs:";

/// What stands before the address of an organisation whose repositories are meant.
pub const ORGANISATION: &str = "org:";

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub what: What,
    /// Its size, where the list has one: only what the list says is the same for all parts.
    pub size: Option<u64>,
}

/// What a target is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A repository, a folder, a file or a log on this machine.
    Here(PathBuf),
    /// A repository that has to be cloned: its address, without any credential.
    Remote(String),
    /// The logs that a CI system keeps of a project: its address, as `squelch logs` takes it.
    Logs(String),
}

impl Target {
    /// By what name reports and results know it.
    pub fn name(&self) -> String {
        match &self.what {
            What::Here(path) => path.to_string_lossy().into_owned(),
            What::Remote(url) => url.clone(),
            What::Logs(url) => format!("{LOGS}{url}"),
        }
    }
}

/// A line of a list in CSV or JSON: `target`, and how large it is.
#[derive(Deserialize)]
struct Line {
    #[serde(alias = "url", alias = "path", alias = "repository", alias = "clone_url")]
    target: String,
    size: Option<u64>,
}

/// What lists name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Each once, in the order of their names.
    pub targets: Vec<Target>,
    /// Addresses of organisations: their repositories are still to be asked for.
    pub organisations: Vec<String>,
}

/// Reads lists. A folder is the list of all repositories and files directly in it; `org:URL` in the
/// place of a list is one that an API has.
pub fn read_all(lists: &[PathBuf]) -> Result<List> {
    let mut all = List::default();
    for list in lists {
        match list.to_str().and_then(organisation) {
            Some(url) => all.organisations.push(url.to_owned()),
            None => read(list, &mut all)?,
        }
    }
    all.targets = once(all.targets);
    all.organisations.sort();
    all.organisations.dedup();
    Ok(all)
}

/// Each target once, in the order of their names. One that a list has with its size has it.
pub fn once(targets: impl IntoIterator<Item = Target>) -> Vec<Target> {
    let mut all: BTreeMap<What, Option<u64>> = BTreeMap::new();
    for Target { what, size } in targets {
        let known = all.entry(what).or_default();
        *known = size.max(*known);
    }
    all.into_iter().map(|(what, size)| Target { what, size }).collect()
}

fn read(path: &Path, all: &mut List) -> Result<()> {
    let shown = path.display();
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(|| format!("cannot list {shown}"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {shown}"))?;
            all.targets.push(Target { what: What::Here(inner(entry.path())), size: None });
        }
        return Ok(());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the list {shown}"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for (number, line) in lines(&text).with_context(|| format!("{shown} is no list of targets"))? {
        if let Some(url) = organisation(&line.target) {
            all.organisations.push(url.to_owned());
            continue;
        }
        // Not what stands there: it may be refused for the credential in it.
        let target =
            target(&line.target, line.size, folder).with_context(|| format!("{shown}:{number}"))?;
        all.targets.push(target);
    }
    Ok(())
}

/// The address behind `org:`.
fn organisation(text: &str) -> Option<&str> {
    text.trim().strip_prefix(ORGANISATION).filter(|url| url.contains("://"))
}

/// A folder of clones may have a folder for each, with a bare repository in it and nothing else.
fn inner(path: PathBuf) -> PathBuf {
    let Ok(entries) = std::fs::read_dir(&path) else { return path };
    let mut entries = entries.flatten().map(|entry| entry.path());
    match (entries.next(), entries.next()) {
        (Some(only), None) if is_bare(&only) => only,
        _ => path,
    }
}

/// The lines of a list with their numbers. JSON begins with a bracket, CSV with a header that has
/// a comma and names a column; all else is a target a line.
fn lines(text: &str) -> Result<Vec<(usize, Line)>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        return json(text);
    }
    let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    let columns = ["target", "url", "path", "repository", "clone_url"];
    if first.split(',').any(|column| columns.contains(&column.trim())) && first.contains(',') {
        return csv(text);
    }
    let plain = text.lines().zip(1..).filter_map(|(line, number)| {
        let line = line.trim();
        let target = line.to_owned();
        (!line.is_empty() && !line.starts_with('#'))
            .then_some((number, Line { target, size: None }))
    });
    Ok(plain.collect())
}

/// An array of names, or of objects.
fn json(text: &str) -> Result<Vec<(usize, Line)>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry {
        Name(String),
        Line(Line),
    }
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let line = |entry| match entry {
        Entry::Name(target) => Line { target, size: None },
        Entry::Line(line) => line,
    };
    Ok(entries.into_iter().zip(1..).map(|(entry, number)| (number, line(entry))).collect())
}

fn csv(text: &str) -> Result<Vec<(usize, Line)>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let lower: csv::StringRecord = reader.headers()?.iter().map(str::to_ascii_lowercase).collect();
    reader.set_headers(lower);
    let rows = reader.deserialize().zip(2..).map(|(row, number)| Ok((number, row?)));
    rows.collect()
}

/// The target of this name, as another squelch has told it.
pub fn named(name: &str) -> Result<Target> {
    let target = target(name, None, Path::new(""))?;
    // What would be read as something else than what was meant is not read at all.
    if target.name() != name {
        bail!("{name:?} is no name of a target");
    }
    Ok(target)
}

/// One target. A relative path is relative to the list.
fn target(text: &str, size: Option<u64>, folder: &Path) -> Result<Target> {
    let text = text.trim();
    if let Some((url, (_, rest))) =
        text.strip_prefix(LOGS).and_then(|url| Some((url, url.split_once("://")?)))
    {
        if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
            bail!("there is a credential in it: leave it to a variable, as squelch logs does");
        }
        return Ok(Target { what: What::Logs(url.to_owned()), size });
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return Ok(Target { what: What::Remote(remote(scheme, rest)?), size });
    }
    // `git@host:path`, as ssh has it; not `C:\path`.
    if let Some((host, _)) = text.split_once(':')
        && host.contains('@')
        && !host.contains('/')
    {
        return Ok(Target { what: What::Remote(text.to_owned()), size });
    }
    if text.is_empty() {
        bail!("an empty line");
    }
    // `ext::` and the like name programs that git would run.
    if text.split_once("::").is_some_and(|(program, _)| !program.contains('/')) {
        bail!("{ALLOWED}");
    }
    Ok(Target { what: What::Here(folder.join(text)), size })
}

/// An address that may be cloned: git runs programs for others (`ext::`), and a credential in it
/// would be in the list of processes.
fn remote(scheme: &str, rest: &str) -> Result<String> {
    if !["https", "ssh", "file"].contains(&scheme) {
        bail!("{ALLOWED}");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    if password || scheme != "ssh" && authority.contains('@') {
        bail!("there is a credential in it: leave it to git's own helpers (git help credentials)");
    }
    Ok(format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Target>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        std::fs::write(&path, text).expect("written");
        let all = read_all(&[path])?.targets;
        let below = |target: Target| match target.what {
            What::Here(path) => {
                let what = What::Here(path.strip_prefix(folder.path()).unwrap_or(&path).to_owned());
                Target { what, ..target }
            }
            What::Remote(_) | What::Logs(_) => target,
        };
        Ok(all.into_iter().map(below).collect())
    }

    fn here(path: &str, size: Option<u64>) -> Target {
        Target { what: What::Here(path.into()), size }
    }

    fn there(url: &str, size: Option<u64>) -> Target {
        Target { what: What::Remote(url.to_owned()), size }
    }

    #[test]
    fn text_csv_and_json_are_read() {
        let plain = "\u{feff}# repositories\r\nclones/b\r\n\nclones/a\nhttps://git.example/acme/shop\ngit@git.example:acme/till.git\nclones/a\n";
        let want = [
            here("clones/a", None),
            here("clones/b", None),
            there("git@git.example:acme/till.git", None),
            there("https://git.example/acme/shop", None),
        ];
        assert_eq!(of(plain).expect("a list"), want);
        let table = "Size,URL\n12,https://git.example/acme/shop\n,\"a,b\"\n";
        let want = [here("a,b", None), there("https://git.example/acme/shop", Some(12))];
        assert_eq!(of(table).expect("a list"), want);
        let json =
            r#"["a", {"clone_url": "https://git.example/acme/shop", "size": 7, "fork": true}]"#;
        let want = [here("a", None), there("https://git.example/acme/shop", Some(7))];
        assert_eq!(of(json).expect("a list"), want);
    }

    #[test]
    fn a_target_goes_by_its_name() {
        for name in ["clones/a", "/clones/a b", "https://git.example/a", "git@git.example:a"] {
            assert_eq!(named(name).expect(name).name(), name);
        }
        for name in ["", " a", "ext::sh -c id", "http://git.example/a", "a\n"] {
            assert!(named(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn logs_are_told_from_repositories() {
        let what = What::Logs("https://ci.example/job/shop/".to_owned());
        let target = Target { what, size: None };
        assert_eq!(of("logs:https://ci.example/job/shop/\n").expect("a list"), [target]);
        assert_eq!(of("logs:a\n").expect("a list"), [here("logs:a", None)]);
    }

    #[test]
    fn organisations_are_told_from_targets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.csv");
        let text = "target,size\norg:https://git.example/acme,\nhttps://git.example/acme/shop,7\n";
        std::fs::write(&path, text).expect("written");
        let argument = PathBuf::from("org:gitlab+https://git.example/web");
        let all = read_all(&[path.clone(), argument.clone(), path, argument]).expect("lists");
        let urls = ["gitlab+https://git.example/web", "https://git.example/acme"];
        assert_eq!(all.organisations, urls);
        assert_eq!(all.targets, [there("https://git.example/acme/shop", Some(7))]);
        assert!(
            named("org:https://git.example/acme").is_err(),
            "no job reads a whole organisation"
        );
    }

    #[test]
    fn a_target_of_two_lists_is_one() {
        let url = "https://git.example/a";
        let two = [there(url, None), there(url, Some(7)), there(url, None)];
        assert_eq!(once(two), [there(url, Some(7))]);
    }

    #[test]
    fn what_git_would_run_and_credentials_are_refused() {
        for text in [
            "ext::sh -c id://x",
            "ext::sh -c id",
            "ftp://git.example/a",
            "https://user:secret@git.example/a",
            "https://token@git.example/a",
            "logs:https://user:secret@ci.example/job/a/",
            "logs:https://token@ci.example",
        ] {
            let why = of(text).expect_err(text);
            let why = format!("{why:#}");
            assert!(why.contains("list:1: ") && !why.contains("secret"), "{why}");
        }
        assert!(of("ssh://git@git.example/a").is_ok());
        assert!(of("[1]").is_err() && of("target,size\na,x\n").is_err());
    }
}
