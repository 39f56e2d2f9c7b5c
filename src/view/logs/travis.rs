//! Travis CI: folds and times, each a word and a carriage return before what they stand for.
//!
//! Source: travis-ci/travis-build `bash/`; Travis' environment variables.

use super::facts::{Facts, Tell};
use super::{Provider, unframed, unnamed};

pub(super) const PROVIDER: Provider = Provider {
    name: "Travis CI",
    header: unframed,
    note,
    path: unnamed,
    link,
    frame_tells: false,
    side: None,
};

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["TRAVIS_JOB_WEB_URL"]);
    let mut tell = Tell::No;
    for part in line.split(|byte| *byte == b'\r') {
        let part = part.strip_prefix(b"\x1b[0K").unwrap_or(part);
        if let Some(name) = part.strip_prefix(b"travis_fold:start:") {
            facts.set_step(name);
            tell = Tell::Sure;
        } else if part.starts_with(b"travis_fold:") || part.starts_with(b"travis_time:") {
            tell = Tell::Sure;
        }
    }
    tell
}

fn link(facts: &Facts) -> Option<String> {
    facts.page("TRAVIS_JOB_WEB_URL", "/jobs/").map(str::to_owned)
}
