//! Azure DevOps: the times of GitHub's runner, sections for tasks, a zip with a file a task.
//!
//! Sources: microsoft/azure-pipelines-agent (times, prefixes), dotnet/arcade-services#3886 (links).

use super::facts::{Facts, Named, Tell, zipped};
use super::{Header, Provider, stamp};

pub(super) const PROVIDER: Provider =
    Provider { name: "Azure DevOps", header, note, path, link, frame_tells: false, side: None };

fn header(line: &[u8]) -> Option<Header> {
    stamp::round_trip(line).map(Header::plain)
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"]);
    if let Some(step) = line.strip_prefix(b"##[section]Starting: ") {
        facts.set_step(step);
        return Tell::Sure;
    }
    let sure: [&[u8]; 5] = [
        b"##[section]",
        b"##vso[",
        b"Agent name: '",
        b"Agent machine name: '",
        b"Current agent version: '",
    ];
    if sure.iter().any(|mark| line.starts_with(mark)) { Tell::Sure } else { Tell::No }
}

fn path(_: &str, member: Option<&str>) -> Named {
    zipped(member, |_, name| name.to_owned())
}

fn link(facts: &Facts) -> Option<String> {
    let collection = facts.page("SYSTEM_COLLECTIONURI", "://")?.trim_end_matches('/');
    let (project, build) =
        (facts.variable("SYSTEM_TEAMPROJECT")?, facts.variable("BUILD_BUILDID")?);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = project.chars().all(plain) && build.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{collection}/{project}/_build/results?buildId={build}&view=logs"))
}
