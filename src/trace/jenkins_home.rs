//! A Jenkins home, or a copy of its `users`: the digests of all API tokens, and whose they are.
//!
//! Jenkins keeps the plain SHA-256 of a token's last 32 characters, and compares it with what it is
//! given whatever the token's version is. So an equal digest is the very token.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;

use super::file::{self, found};
use super::jenkins_xml::{Token, Use, User, user, uses};
use super::{Digest, Ledger, Read, Record};
use crate::identity::{About, Known, Sure};
use crate::problem::{Problem, ProblemCode};

/// What is read of a user.
const CONFIG: &str = "config.xml";
/// What Jenkins counts of the use of the user's tokens, beside it.
const STATS: &str = "apiTokenStats.xml";

/// Reads a home, its folder `users`, the folder of one user, or one user's file.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let path = Path::new(what);
    let metadata = fs::metadata(path).with_context(|| format!("cannot open {what}"))?;
    let before = ledger.records.len();
    let problems = ledger.problems.len();
    let users = if metadata.is_dir() {
        folder(path, ledger)?
    } else {
        usize::from(one_user(path, &file::named(what)?, ledger))
    };
    if users == 0 && ledger.problems.len() == problems {
        bail!(
            "{what} has no user of Jenkins: name a Jenkins home, its folder `users`, or the \
             `{CONFIG}` of one user"
        );
    }
    ledger.read.push(Read {
        source: format!("Jenkins users of {what}"),
        entries: ledger.records.len() - before,
        notes: vec![format!("{users} user{}", if users == 1 { "" } else { "s" })],
    });
    Ok(())
}

/// Reads all users of a folder, and says how many there are.
fn folder(home: &Path, ledger: &mut Ledger) -> anyhow::Result<usize> {
    let inner = home.join("users");
    let inner_kind = fs::symlink_metadata(&inner).map(|found| found.file_type());
    if inner_kind.as_ref().is_ok_and(fs::FileType::is_symlink) {
        bail!("{} is a link, and none is followed: name what it leads to", inner.display());
    }
    let users = if inner_kind.is_ok_and(|kind| kind.is_dir()) { inner } else { home.to_owned() };
    let list = fs::read_dir(&users).with_context(|| format!("cannot read {}", users.display()))?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in list {
        let entry = entry.with_context(|| format!("cannot read {}", users.display()))?;
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(path),
            // A user behind a link is a user of Jenkins. Where there are none, it is any link.
            Ok(kind) if kind.is_symlink() && path.join(CONFIG).exists() => {
                let why = "it is a link, and none is followed";
                let problem = Problem::new(ProblemCode::Unreadable, path.to_string_lossy(), why);
                ledger.problems.push(problem.hinted("name the folder that it leads to"));
            }
            _ => {}
        }
    }
    folders.sort();
    // The folder of one user has the file itself, as a home has one that is about no user.
    let own = found_user(&users, ledger);
    Ok(folders.iter().map(|folder| found_user(folder, ledger)).sum::<usize>() + own)
}

/// Reads the user of a folder, and says whether there is one.
fn found_user(folder: &Path, ledger: &mut Ledger) -> usize {
    let path = folder.join(CONFIG);
    match found(&path) {
        Ok(Some(xml)) => usize::from(one_user(&path, &xml, ledger)),
        Ok(None) => 0,
        Err(problem) => {
            ledger.problems.push(problem);
            0
        }
    }
}

/// Reads the file of one user, and says whether it is one.
fn one_user(path: &Path, xml: &str, ledger: &mut Ledger) -> bool {
    let (user, broken) = user(xml);
    let damaged = |path: &Path, why| {
        let hint = "some tokens may be missing: read a copy of the file that is whole";
        Problem::new(ProblemCode::Damaged, path.to_string_lossy(), why).hinted(hint)
    };
    // An empty file is what a crash of Jenkins leaves.
    let is_user = matches!(user.root.as_str(), "user" | "hudson.model.User");
    if !is_user && !user.root.is_empty() {
        return false;
    }
    if let Some(why) = broken.or_else(|| (!is_user).then(|| "it is no user's file".to_owned())) {
        ledger.problems.push(damaged(path, why));
    }
    let stats_path = path.with_file_name(STATS);
    let stats = match found(&stats_path) {
        Ok(Some(xml)) => {
            let (list, broken) = uses(&xml);
            ledger.problems.extend(broken.map(|why| damaged(&stats_path, why)));
            list
        }
        Ok(None) => Vec::new(),
        Err(problem) => {
            ledger.problems.push(problem);
            Vec::new()
        }
    };
    let stats = newest(stats);
    for token in &user.tokens {
        // A token without a hash, or with one in another place, is one that Jenkins itself cannot
        // compare with anything: it opens nothing.
        if let Some(digest) = token.hash.as_deref().and_then(Digest::from_hex) {
            let mut known = of_token(token, path);
            known.extend(owner(&user, path));
            let uuid = token.uuid.as_ref();
            known.extend(uuid.and_then(|uuid| stats.get(uuid)).iter().flat_map(|one| {
                let how = format!("the use counted in {}", stats_path.display());
                let last = one.last.as_ref().map(|at| (About::LastUsed, time(at)));
                let count = one.count.clone().map(|count| (About::Uses, count));
                let both = last.into_iter().chain(count);
                both.map(move |(about, value)| Known::certain(about, value, how.clone()))
            }));
            ledger.records.push(Record { digest, known });
        }
    }
    true
}

/// What the file says of a token itself.
fn of_token(token: &Token, path: &Path) -> Vec<Known> {
    let kind = match token.version.as_deref() {
        Some("10") => Some("legacy".to_owned()),
        Some("11") => Some("API token".to_owned()),
        _ => None,
    };
    // Jenkins makes up a uuid where there is none, another one each time.
    let said = [
        (About::TokenId, token.uuid.clone()),
        (About::TokenName, token.name.clone()),
        (About::TokenKind, kind),
        (About::Created, token.created.as_deref().map(time)),
        (About::Expires, token.expires.clone()),
    ];
    let how = how(path);
    said.into_iter()
        .filter_map(|(about, value)| Some(Known::certain(about, value?, how.clone())))
        .collect()
}

/// Whose file it is. The name of the folder is no user's: Jenkins makes it from the id, cuts it,
/// and adds a digest or a number.
fn owner(user: &User, path: &Path) -> Vec<Known> {
    let mut known = Vec::new();
    if let Some(name) = &user.full_name {
        known.push(Known::certain(About::OwnerName, name.as_str(), how(path)));
    }
    if let Some(id) = &user.id {
        known.push(Known::certain(About::Owner, id.as_str(), how(path)));
        return known;
    }
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy());
    let folder = folder.as_deref().map(|name| name.rsplit_once('_').map_or(name, |it| it.0));
    let guess = match (&user.full_name, folder) {
        (Some(name), _) => Some((name.as_str(), "the owner's name, since the id is missing")),
        (None, Some(name)) => Some((name, "the folder's name, since the id is missing")),
        (None, None) => None,
    };
    known.extend(guess.map(|(value, why)| Known {
        about: About::Owner,
        value: value.to_owned(),
        sure: Sure::Likely,
        how: format!("{why}, in {}", path.display()),
    }));
    known
}

fn how(path: &Path) -> String {
    format!("its hash in {}", path.display())
}

/// The newest use of each token: Jenkins keeps that, too, where a token is listed twice.
fn newest(uses: Vec<Use>) -> HashMap<String, Use> {
    let mut newest: HashMap<String, Use> = HashMap::new();
    for mut one in uses {
        let Some(uuid) = one.uuid.take() else { continue };
        // Times that Jenkins writes sort as text.
        if newest.get(&uuid).is_none_or(|old| old.last < one.last) {
            newest.insert(uuid, one);
        }
    }
    newest
}

/// A time that Jenkins wrote, `2022-08-18 09:50:55.535 UTC`, as all times are written here. What
/// is none stays as it is.
fn time(text: &str) -> String {
    let utc = text.strip_suffix(" UTC").map(|time| format!("{}Z", time.replacen(' ', "T", 1)));
    let time = utc.and_then(|time| time.parse::<Timestamp>().ok());
    time.map_or_else(|| text.to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests;
