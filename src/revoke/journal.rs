//! What was done when, a line a step: JSON in a file for whoever has to answer for it later, words on
//! standard error.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Where the lines go, each as soon as there is one.
#[derive(Debug)]
pub struct Journal {
    file: Option<Mutex<File>>,
    /// Whether each step is told on standard error, too; what it says of a service is escaped.
    tell: fn(&str),
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) schema: u8,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// By the clock of this machine (RFC 3339).
    pub(super) at: String,
    /// `revoke`, `prove` or `leave`.
    pub(super) step: &'static str,
    pub(super) fingerprint: String,
    pub(super) redacted: String,
    pub(super) rule: &'a str,
    pub(super) service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<&'a str>,
    /// `POST /api/user_tokens/revoke`, as the rule has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    /// What was named in the request: login and name, or uuid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) named: Vec<String>,
    /// With whose credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<&'a str>,
    pub(super) result: String,
}

impl Journal {
    /// Lines to a file, which is appended to, and in words to `tell`.
    pub fn new(path: Option<&Path>, tell: fn(&str)) -> io::Result<Self> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.map(open).transpose()?.map(Mutex::new);
        Ok(Self { file, tell })
    }

    /// Writes a line, and waits until the disk has it. What cannot be written must not be done.
    pub(super) fn write(&self, line: &Line<'_>) -> io::Result<()> {
        (self.tell)(&line.words());
        let Some(file) = &self.file else { return Ok(()) };
        let text = serde_json::to_string(line)? + "\n";
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }
}

impl Line<'_> {
    fn words(&self) -> String {
        let Self { redacted, request, endpoint, named, result, .. } = self;
        let what = match (request, endpoint) {
            (Some(request), Some(endpoint)) => {
                format!("{request} at {endpoint} ({})", named.join(", "))
            }
            _ => self.step.to_owned(),
        };
        format!("{redacted}: {what}: {result}")
    }
}
