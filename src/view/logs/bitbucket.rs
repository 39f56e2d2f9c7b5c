//! Bitbucket Pipelines: plain text with the commands of the shell; a masked value shows as its
//! name.
//!
//! Source: Bitbucket issue 16131.

use super::facts::{Facts, Named, Tell};
use super::{Header, Provider};

pub(super) const PROVIDER: Provider = Provider {
    name: "Bitbucket Pipelines",
    header,
    note,
    path,
    link,
    frame_tells: false,
    side: None,
};

/// The clone of the set-up, whose credentials are masked so in every log.
const CLONE: &[u8] = b"x-token-auth:$REPOSITORY_OAUTH_ACCESS_TOKEN@";

fn header(_: &[u8]) -> Option<Header> {
    None
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    if let Some(command) = line.strip_prefix(b"+ ") {
        facts.set_step(command);
    }
    if memchr::memmem::find(line, CLONE).is_some() { Tell::Sure } else { Tell::No }
}

fn path(_: &str, _: Option<&str>) -> Named {
    Named::default()
}

fn link(_: &Facts) -> Option<String> {
    None
}
