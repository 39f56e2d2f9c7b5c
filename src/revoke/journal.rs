//! What was done when, a line of JSON a step: for whoever has to answer for it later.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Where the lines go, each as soon as there is one.
#[derive(Debug)]
pub struct Journal {
    file: Option<Mutex<File>>,
    /// Also to standard error.
    aloud: bool,
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
    /// Lines to a file, which is appended to, and to standard error.
    pub fn new(path: Option<&Path>, aloud: bool) -> io::Result<Self> {
        let open = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.map(open).transpose()?.map(Mutex::new);
        Ok(Self { file, aloud })
    }

    /// Writes a line, and waits until the disk has it. What cannot be written must not be done.
    pub(super) fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let text = serde_json::to_string(line)? + "\n";
        if self.aloud {
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }
}
