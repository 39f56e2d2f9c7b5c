//! An answer of which the body is still to be read.

use std::fmt;
use std::io::{self, Read};

use super::permit::Permit;
use super::reply::Reply;
use super::transport::Lost;

/// What a server answered. Only the transport makes one, so it is proof of who answered.
pub(crate) struct Stream {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    /// Who was asked.
    pub(super) from: Permit,
    pub(super) body: Box<dyn Read + Send>,
}

impl Stream {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a page for people: no API answers with one.
    pub(crate) fn is_page(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    }

    /// What it says without its body, to be judged.
    pub(crate) fn head(&self) -> Reply {
        Reply { status: self.status, headers: self.headers.clone(), body: Vec::new() }
    }

    /// Reads the body, at most `cap` bytes of it.
    pub(crate) fn whole(self, cap: u64) -> Result<Reply, Lost> {
        let mut bytes = Vec::new();
        let mut body = self.body.take(cap + 1);
        body.read_to_end(&mut bytes).map_err(|error| Lost::cut(&error))?;
        if bytes.len() as u64 > cap {
            return Err(Lost::whole(format!("its answer is longer than {} KiB", cap >> 10)));
        }
        Ok(Reply { status: self.status, headers: self.headers, body: bytes })
    }
}

impl Read for Stream {
    /// Errors are in words that say what to do.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| {
            let kind = error.kind();
            io::Error::new(kind, Lost::cut(&error).why)
        })
    }
}

/// The status and the names of its headers: their values can be secret.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "Stream({}, {names:?})", self.status)
    }
}
