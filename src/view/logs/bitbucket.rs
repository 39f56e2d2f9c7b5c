//! Bitbucket Pipelines: plain text with the commands of the shell; a masked value shows as its
//! name.
//!
//! Source: Bitbucket issue 16131.

use super::facts::{Facts, Tell};
use super::{Provider, no_page, unframed, unnamed};

pub(super) const PROVIDER: Provider = Provider {
    name: "Bitbucket Pipelines",
    header: unframed,
    note,
    path: unnamed,
    link: no_page,
    frame_tells: false,
    side: None,
};

/// The clone of the set-up, whose credentials are masked so in every log.
const CLONE: &[u8] = b"x-token-auth:$REPOSITORY_OAUTH_ACCESS_TOKEN@";

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    if let Some(command) = line.strip_prefix(b"+ ") {
        facts.set_step(command);
    }
    if memchr::memmem::find(line, CLONE).is_some() { Tell::Sure } else { Tell::No }
}
