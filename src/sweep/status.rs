//! How far a sweep is: a line a target for people, or JSON for programs, and a file of metrics.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::report::escape::shown;
use crate::report::file;

/// What is told of targets that are done. Shared between threads.
pub struct Status {
    how: Telling,
    /// A file for Prometheus' text collector, written anew after each target.
    metrics: Option<PathBuf>,
    counts: Mutex<Counts>,
}

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Status").field("how", &self.how).finish_non_exhaustive()
    }
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Telling {
    /// A line for people.
    Text,
    /// An object a line.
    Json,
    /// Nothing.
    #[value(skip)]
    Nothing,
}

/// Where what a target came to is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It was read now.
    Read,
    /// It was read before, and is as it was.
    Kept,
}

/// A target that is done.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Done<'a> {
    pub target: &'a str,
    pub how: How,
    pub findings: usize,
    pub problems: usize,
    /// Bytes read now.
    pub bytes: u64,
    pub seconds: f64,
}

#[derive(Debug)]
struct Counts {
    started: Instant,
    targets: usize,
    read: usize,
    kept: usize,
    incomplete: usize,
    findings: usize,
    bytes: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    done: usize,
    of: usize,
    #[serde(flatten)]
    target: &'a Done<'a>,
}

impl Status {
    /// Tells in this form, on standard error.
    pub fn new(how: Telling, metrics: Option<PathBuf>) -> Self {
        let started = Instant::now();
        let counts =
            Counts { started, targets: 0, read: 0, kept: 0, incomplete: 0, findings: 0, bytes: 0 };
        Self { how, metrics, counts: Mutex::new(counts) }
    }

    pub(super) fn begin(&self, targets: usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.targets = targets;
        self.measure(&counts);
    }

    pub(super) fn done(&self, done: &Done<'_>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match done.how {
            How::Read => counts.read += 1,
            How::Kept => counts.kept += 1,
        }
        counts.incomplete += usize::from(done.problems > 0);
        counts.findings += done.findings;
        counts.bytes += done.bytes;
        let line = match self.how {
            Telling::Nothing => String::new(),
            Telling::Text => counts.line(done),
            Telling::Json => counts.json(done),
        };
        if !line.is_empty() {
            // Nobody may be there to read it.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
        self.measure(&counts);
    }

    fn measure(&self, counts: &Counts) {
        if let Some(path) = &self.metrics {
            let text = counts.metrics();
            // The sweep is worth more than its metrics.
            let _ = file::write(path, |out| out.write_all(text.as_bytes()));
        }
    }
}

impl Counts {
    fn done(&self) -> usize {
        self.read + self.kept
    }

    fn line(&self, done: &Done<'_>) -> String {
        let mut line = format!("[{}/{}] {}", self.done(), self.targets, shown(done.target, true));
        if done.how == How::Kept {
            line.push_str(": as before");
        }
        let _ = write!(line, ": {} tokens", done.findings);
        if done.problems > 0 {
            let _ = write!(line, ", {} problems", done.problems);
        }
        let _ = write!(line, ", {:.1} s", done.seconds);
        if let Some(left) = self.left() {
            let _ = write!(line, "; about {left} left");
        }
        line
    }

    /// How long the rest takes, if it goes on as it went: nothing is said of the first few seconds.
    fn left(&self) -> Option<String> {
        let spent = self.started.elapsed().as_secs_f64();
        let rest = self.targets.checked_sub(self.done()).filter(|rest| *rest > 0)?;
        let seconds = spent / self.read.max(1) as f64 * rest as f64;
        match seconds {
            _ if spent < 5.0 || self.read < 3 => None,
            ..90.0 => Some(format!("{seconds:.0} s")),
            ..5400.0 => Some(format!("{:.0} min", seconds / 60.0)),
            _ => Some(format!("{:.0} h", seconds / 3600.0)),
        }
    }

    fn json(&self, done: &Done<'_>) -> String {
        let (schema, kind) = (1, "progress");
        let line = Line { schema, kind, done: self.done(), of: self.targets, target: done };
        serde_json::to_string(&line).unwrap_or_default()
    }

    fn metrics(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let rows = [
            ("targets", "gauge", "Targets of this sweep", self.targets as f64),
            ("targets_read", "gauge", "Targets that were read", self.read as f64),
            ("targets_kept", "gauge", "Targets that are as they were", self.kept as f64),
            ("targets_incomplete", "gauge", "Targets not read in full", self.incomplete as f64),
            ("findings", "gauge", "Tokens, each counted once a target", self.findings as f64),
            ("bytes_read", "gauge", "Bytes of objects and files read", self.bytes as f64),
            ("seconds", "gauge", "Seconds since the sweep began", seconds),
        ];
        rows.iter().fold(String::new(), |mut text, (name, kind, help, value)| {
            let _ = writeln!(
                text,
                "# HELP squelch_sweep_{name} {help}.\n# TYPE squelch_sweep_{name} {kind}\n\
                 squelch_sweep_{name} {value}"
            );
            text
        })
    }
}
