//! GitHub Actions: a time before each write, groups, a zip with a file a job and a file a step.
//!
//! Sources: actions/runner `Runner.Common/Logging.cs` (times, byte order marks), cli/cli
//! `view.go` (names in the zip), docs of the default environment variables.

use super::facts::{Facts, Named, Tell, zipped};
use super::{COLUMNS, Header, Provider, stamp};

pub(super) const PROVIDER: Provider =
    Provider { name: "GitHub Actions", header, note, path, link, frame_tells: true, side: None };

/// A time; or what `gh run view --log` puts before it: job and step, each with a tab.
fn header(line: &[u8]) -> Option<Header> {
    if let Some(len) = stamp::round_trip(line) {
        return Some(Header::plain(len));
    }
    let at = columns(line)?.1;
    stamp::round_trip(&line[at..]).map(|len| Header::plain(at + len))
}

/// Where the second column of `gh run view --log` and its text begin.
fn columns(line: &[u8]) -> Option<(usize, usize)> {
    let head = &line[..line.len().min(COLUMNS)];
    let first = memchr::memchr(b'\t', head)? + 1;
    let second = first + memchr::memchr(b'\t', &head[first..])? + 1;
    let mark = if line[second..].starts_with(super::MARK) { super::MARK.len() } else { 0 };
    (line.get(second + mark)?.is_ascii_digit()).then_some((first, second + mark))
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    let stamped = stamp::round_trip(line);
    if stamped.is_none()
        && let Some((second, text)) = columns(line)
        && stamp::round_trip(&line[text..]).is_some()
    {
        facts.set_job(&line[..second - 1]);
        let end = second + memchr::memchr(b'\t', &line[second..]).unwrap_or(0);
        facts.set_step(&line[second..end]);
        return Tell::Sure;
    }
    let line = &line[stamped.unwrap_or(0)..];
    facts.assign(line, &["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"]);
    if line.starts_with(b"Current runner version: '") {
        return Tell::Sure;
    }
    if let Some(group) = line.strip_prefix(b"##[group]") {
        if group.starts_with(b"Run ") {
            facts.set_step(group);
            return Tell::Sure;
        }
        return Tell::Weak;
    }
    let marks: [&[u8]; 4] = [b"##[endgroup]", b"##[error]", b"##[warning]", b"##[notice]"];
    if marks.iter().any(|mark| line.starts_with(mark)) { Tell::Weak } else { Tell::No }
}

fn path(_: &str, member: Option<&str>) -> Named {
    zipped(member, |number, name| format!("{number}: {name}"))
}

fn link(facts: &Facts) -> Option<String> {
    let server = facts.page("GITHUB_SERVER_URL", "://").unwrap_or("https://github.com");
    let (repository, run) =
        (facts.variable("GITHUB_REPOSITORY")?, facts.variable("GITHUB_RUN_ID")?);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let fits = repository.split('/').count() == 2 && repository.chars().all(plain);
    let number = run.bytes().all(|byte| byte.is_ascii_digit());
    (fits && number)
        .then(|| format!("{}/{repository}/actions/runs/{run}", server.trim_end_matches('/')))
}
