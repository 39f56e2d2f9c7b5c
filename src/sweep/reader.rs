//! How one target is read: the same wherever that is done, in a sweep of this machine or by a
//! worker of many.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::manifest::{Target, What};
use super::mirror;
use super::results::{Head, id};
use crate::ci;
use crate::finding::Report;
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::scan::{Intake, Options, Progress, Readings, Scope, scan_in, search_name, turn};
use crate::source::git;

/// What reads targets.
pub struct Reader<'a> {
    pub rules: &'a Rules,
    /// How each target is scanned; its targets are none.
    pub scan: &'a Options,
    pub pool: &'a rayon::ThreadPool,
    /// Where remote repositories are cloned to.
    pub clones: PathBuf,
    /// Whether clones are kept for the next time.
    pub keep_clones: bool,
    /// How long one clone may take.
    pub patience: Duration,
    /// How CI systems are asked for their logs.
    pub logs: &'a AskLogs<'a>,
}

/// How a CI system is asked for the logs of the project at an address; or why it cannot be.
pub type AskLogs<'a> =
    dyn Fn(&str) -> Result<(ci::Target, ci::Settings), Problem> + Send + Sync + 'a;

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("clones", &self.clones).finish_non_exhaustive()
    }
}

impl Reader<'_> {
    /// Removes what was left by a reader that was ended in the middle of a clone.
    pub fn clear(&self) -> Result<()> {
        let Ok(entries) = std::fs::read_dir(&self.clones) else { return Ok(()) };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(".tmp") {
                let path = entry.path();
                std::fs::remove_dir_all(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// A name for what is looked for: two of one name find the same in the same target.
    pub fn search(&self) -> String {
        search(self.rules, self.scan, self.scan.verify.is_some())
    }

    /// What the result of a target begins with before it is read: as if all of it could be.
    pub fn head(&self, target: &Target, round: u64) -> Head {
        Head {
            schema: 1,
            kind: "target".to_owned(),
            target: target.name(),
            state: self.state(target),
            search: self.search(),
            round,
            complete: true,
        }
    }

    /// What a target is like; nothing where that cannot be told without reading it. What services
    /// say of a token may change whatever its repository does.
    fn state(&self, target: &Target) -> Option<String> {
        if self.scan.verify.is_some() {
            return None;
        }
        match &target.what {
            What::Here(path) => git::state(path),
            What::Remote(url) => mirror::refs(url, self.patience).ok(),
            What::Logs(_) => None,
        }
    }

    /// Reads a target; whatever goes wrong is a problem of its own.
    pub fn read(&self, target: &Target) -> Report {
        let name = target.name();
        let read = || match &target.what {
            What::Here(path) => self.scan(path, &name),
            What::Remote(url) => match self.cloned(url, &name) {
                Ok(clone) => self.scan(clone.path(), &name),
                Err(why) => failed(&name, why),
            },
            What::Logs(url) => self.logs(url).unwrap_or_else(Report::unread),
        };
        catch_unwind(AssertUnwindSafe(read))
            .unwrap_or_else(|_| failed(&name, "a fault of squelch, please report it".to_owned()))
    }

    fn scan(&self, path: &Path, name: &str) -> Report {
        let options = Options {
            targets: vec![path.to_owned()],
            shown: Some(name.trim_end_matches('/').to_owned()),
            ..self.scan.clone()
        };
        let progress = Arc::new(Progress::default());
        // Not in the pool: a thread of it that waits could be the one that is waited for.
        let turn = turn(&options, path);
        let read = scan_in(self.pool, &options, self.rules, &progress, &mut std::io::empty());
        drop(turn);
        read.unwrap_or_else(|wrong| failed(name, wrong.0))
    }

    /// Reads the logs of a project as they come.
    fn logs(&self, url: &str) -> Result<Report, Problem> {
        let (target, settings) = (self.logs)(url)?;
        let (readings, scope) = (Readings::Logs, Scope::NoHistory);
        let options = Options { readings, scope, store: None, ..self.scan.clone() };
        let progress = Arc::new(Progress::default());
        let mut intake = Intake::new(self.pool, &options, self.rules, &progress);
        intake.all(&target, &settings);
        Ok(intake.finish())
    }

    /// A mirror of a remote repository, which is removed when it is dropped, unless it is kept.
    fn cloned(&self, url: &str, name: &str) -> Result<Clone, String> {
        let (folder, patience) = (&self.clones, self.patience);
        let made = || private_folder(folder);
        made().map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let kept = folder.join(id(name));
        if self.keep_clones && kept.is_dir() {
            return mirror::update(&kept, patience).map(|()| Clone::Kept(kept));
        }
        let temporary = tempfile::Builder::new().prefix(".tmp").tempdir_in(folder);
        let temporary = temporary.map_err(|error| format!("no folder for a clone: {error}"))?;
        let mirror = temporary.path().join("mirror.git");
        mirror::clone(url, &mirror, patience)?;
        if !self.keep_clones {
            return Ok(Clone::Temporary(mirror, temporary));
        }
        std::fs::rename(&mirror, &kept).map_err(|error| format!("cannot keep a clone: {error}"))?;
        Ok(Clone::Kept(kept))
    }
}

/// A name for what is looked for, by these rules and options, and whether services are asked of it.
pub fn search(rules: &Rules, scan: &Options, asks: bool) -> String {
    let asks = if asks { " asked" } else { "" };
    format!("{} {:?}{asks}", search_name(rules, scan.readings), scan.scope)
}

/// Where a clone is.
enum Clone {
    Kept(PathBuf),
    /// Its folder goes with it.
    Temporary(PathBuf, #[expect(dead_code, reason = "it removes the folder")] tempfile::TempDir),
}

impl Clone {
    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Temporary(path, _) => path,
        }
    }
}

/// A folder that only its owner can look into: what is cloned may be private.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The report of a target that could not be read.
pub fn failed(name: &str, why: String) -> Report {
    let problem = Problem::new(ProblemCode::Unreadable, name, why);
    Report::unread(problem)
}
