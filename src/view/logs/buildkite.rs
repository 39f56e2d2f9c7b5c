//! Buildkite: times as terminal codes, also in the middle of slow lines, and group headers.
//!
//! Sources: buildkite/agent `process/timestamper.go`; Buildkite's environment variables.

use super::facts::{Facts, Tell};
use super::{Provider, unframed, unnamed};

pub(super) const PROVIDER: Provider = Provider {
    name: "Buildkite",
    header: unframed,
    note,
    path: unnamed,
    link,
    frame_tells: false,
    side: None,
};

const TIME: &[u8] = b"\x1b_bk;";

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    let timed = line.starts_with(TIME);
    let text = if timed {
        let end = memchr::memchr2(0x07, b'\\', line).map_or(line.len(), |end| end + 1);
        &line[end..]
    } else {
        line
    };
    facts.assign(text, &["BUILDKITE_BUILD_URL", "BUILDKITE_JOB_ID", "BUILDKITE_LABEL"]);
    if let Some(label) = facts.variable("BUILDKITE_LABEL").map(str::to_owned) {
        facts.set_job(label.as_bytes());
    }
    let heads: [&[u8]; 3] = [b"--- ", b"+++ ", b"~~~ "];
    let group = heads.iter().find_map(|head| text.strip_prefix(*head));
    if timed {
        if let Some(group) = group {
            facts.set_step(group);
        }
        return Tell::Sure;
    }
    Tell::No
}

fn link(facts: &Facts) -> Option<String> {
    let build = facts.page("BUILDKITE_BUILD_URL", "/builds/")?;
    let job = facts.variable("BUILDKITE_JOB_ID").filter(|job| {
        job.len() == 36 && job.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    });
    Some(job.map_or_else(|| build.to_owned(), |job| format!("{build}#{job}")))
}
