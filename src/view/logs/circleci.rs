//! CircleCI: a JSON document of chunks, and the layout of the script that its documents give for
//! incidents.
//!
//! Source: circleci/circleci-docs, `analyze-pipelines-during-an-incident.adoc`; CircleCI's
//! built-in environment variables.

use super::facts::{Facts, Named, Tell};
use super::{Provider, chunks, unframed};

pub(super) const PROVIDER: Provider = Provider {
    name: "CircleCI",
    header: unframed,
    note,
    path,
    link,
    frame_tells: false,
    side: None,
};

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["CIRCLE_BUILD_URL", "CIRCLE_JOB"]);
    if let Some(job) = facts.variable("CIRCLE_JOB").map(str::to_owned) {
        facts.set_job(job.as_bytes());
    }
    if chunks::kind(line) == Some(chunks::Kind::CircleCi) { Tell::Sure } else { Tell::No }
}

/// `circleci-output/<workflow>/job-<number>/step-<id>.txt`.
fn path(path: &str, member: Option<&str>) -> Named {
    let mut parts = member.unwrap_or(path).rsplit('/');
    let step = parts.next().and_then(|name| name.strip_prefix("step-")?.strip_suffix(".txt"));
    let job = parts.next().and_then(|name| name.strip_prefix("job-"));
    let (Some(step), Some(job)) = (step, job) else { return Named::default() };
    let workflow = parts.next().filter(|name| !name.is_empty());
    let job = workflow.map_or_else(|| job.to_owned(), |workflow| format!("{workflow} #{job}"));
    Named { job: Some(job), step: Some(step.to_owned()) }
}

fn link(facts: &Facts) -> Option<String> {
    facts.page("CIRCLE_BUILD_URL", "circleci.com/").map(str::to_owned)
}
