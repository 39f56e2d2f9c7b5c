//! Drone: a JSON document of lines, in the order of `pos`.
//!
//! Sources: drone/drone-go, drone/runner-go.

use super::facts::{Facts, Named, Tell};
use super::{Provider, chunks, unframed};

pub(super) const PROVIDER: Provider =
    Provider { name: "Drone", header: unframed, note, path, link, frame_tells: false, side: None };

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["DRONE_BUILD_LINK", "DRONE_STEP_NAME"]);
    if let Some(step) = facts.variable("DRONE_STEP_NAME").map(str::to_owned) {
        facts.set_step(step.as_bytes());
    }
    if chunks::kind(line) == Some(chunks::Kind::Drone) { Tell::Sure } else { Tell::No }
}

/// `…/logs/<stage>/<step>`, as the address of the log ends.
fn path(path: &str, member: Option<&str>) -> Named {
    let parts: Vec<&str> = member.unwrap_or(path).split('/').collect();
    let [.., "logs", stage, step] = parts[..] else { return Named::default() };
    let step = step.trim_end_matches(".json");
    Named { job: Some(stage.to_owned()), step: Some(step.to_owned()) }
}

fn link(facts: &Facts) -> Option<String> {
    facts.page("DRONE_BUILD_LINK", "://").map(str::to_owned)
}
