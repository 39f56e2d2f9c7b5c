//! One file a target with what it came to: written whole or not at all, so that whatever ends a
//! sweep, the next one goes on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::finding::Report;
use crate::hex::hex;
use crate::report::{file, write_jsonl};

/// The folder of a sweep.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
}

/// The first line of a result: of what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub schema: u8,
    #[serde(rename = "type")]
    pub kind: String,
    pub target: String,
    /// What the target was like: nothing where that cannot be told without reading it.
    pub state: Option<String>,
    /// By which search.
    pub search: String,
    /// In which round of the sweep: a sweep that is complete begins the next one.
    pub round: u64,
    /// Whether all of it was read.
    pub complete: bool,
}

impl Results {
    /// Makes the folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let targets = folder.join("targets");
        std::fs::create_dir_all(&targets)
            .with_context(|| format!("cannot make the folder {}", targets.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where the sweep keeps what it has to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the result of a target is.
    pub fn path(&self, target: &str) -> PathBuf {
        self.folder.join("targets").join(format!("{}.jsonl", id(target)))
    }

    /// Of what the result is that is there, if it is one of this target.
    pub fn head(&self, target: &str) -> Option<Head> {
        head(BufReader::new(File::open(self.path(target)).ok()?), target)
    }

    /// Writes a result.
    pub fn write(&self, head: &Head, report: &Report) -> Result<()> {
        file::write(&self.path(&head.target), |out| write(head, report, out))
    }

    /// Keeps a result that was read elsewhere; tells whether it is one of this target.
    pub fn keep(&self, target: &str, text: &[u8]) -> Result<bool> {
        if head(text, target).is_none() {
            return Ok(false);
        }
        file::write(&self.path(target), |out| out.write_all(text)).map(|()| true)
    }

    /// Takes a result that is still right into a new round.
    pub fn renew(&self, head: &Head) -> Result<()> {
        let path = self.path(&head.target);
        let unread = || format!("cannot read {}", path.display());
        let mut old = BufReader::new(File::open(&path).with_context(unread)?);
        old.skip_until(b'\n').with_context(unread)?;
        file::write(&path, |out| {
            line(head, out)?;
            io::copy(&mut old, out).map(drop)
        })
    }
}

/// The results in the folder of a sweep, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let targets = folder.join("targets");
    let entries = std::fs::read_dir(&targets)
        .with_context(|| format!("{} is no folder of a sweep", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<PathBuf>>>()
        .with_context(|| format!("cannot list {}", targets.display()))?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// A result as it is kept.
pub fn text(head: &Head, report: &Report) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    write(head, report, &mut out)?;
    Ok(out)
}

fn write(head: &Head, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    line(head, out)?;
    write_jsonl(report, out)
}

/// The first line of a result of this target.
fn head(mut text: impl BufRead, target: &str) -> Option<Head> {
    let mut first = String::new();
    text.read_line(&mut first).ok()?;
    let head: Head = serde_json::from_str(&first).ok()?;
    (head.kind == "target" && head.target == target).then_some(head)
}

/// A short name for a target, which files and messages go by.
pub fn id(target: &str) -> String {
    hex(&Sha256::digest(target))[..32].to_owned()
}

fn line(head: &Head, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, head)?;
    out.write_all(b"\n")
}
