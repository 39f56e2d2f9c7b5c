//! GitLab CI: sections, and since runner 17 a header of 32 bytes before each line, with the
//! stream it is of. A line that was cut, at 8 KiB or at a carriage return, goes on behind a `+`.
//!
//! Sources: gitlab-org/gitlab-runner `buildlogger/internal/timestamper`,
//! `helpers/build_section.go`; GitLab's `job_logs.md` and predefined variables.

use super::facts::{Facts, Tell};
use super::{Header, Provider, stamp, unnamed};

pub(super) const PROVIDER: Provider = Provider {
    name: "GitLab CI",
    header,
    note,
    path: unnamed,
    link,
    frame_tells: false,
    side: None,
};

const STAMP: &[u8; 28] = b"0000-00-00T00:00:00.000000Z ";

/// `2025-03-01T10:00:00.020010Z 00O `: time, stream in hex, output or error, space or plus.
fn header(line: &[u8]) -> Option<Header> {
    if line.get(26) != Some(&b'Z') || !stamp::begins(line, STAMP) {
        return None;
    }
    let [high, low, kind @ (b'O' | b'E'), sign @ (b' ' | b'+'), ..] = line[STAMP.len()..] else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let stream = u16::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    // Zero is for lines without a stream.
    let stream = 1 + 2 * stream + u16::from(kind == b'E');
    Some(Header { len: STAMP.len() + 4, stream, goes_on: sign == b'+' })
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["CI_JOB_URL", "CI_JOB_NAME"]);
    if let Some(name) = facts.variable("CI_JOB_NAME").map(str::to_owned) {
        facts.set_job(name.as_bytes());
    }
    let text = strip(line);
    if let Some(section) = text.strip_prefix(b"section_start:") {
        let name = section.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let len = name.iter().take_while(|byte| is_name(byte)).count();
        facts.set_step(&name[..len]);
        return Tell::Sure;
    }
    let sure = text.starts_with(b"section_end:") || text.starts_with(b"Running with gitlab-runner");
    if sure { Tell::Sure } else { Tell::No }
}

/// Without the codes that the runner and scripts put before a marker.
fn strip(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\x1b[0K") {
        line = rest;
    }
    line
}

/// The page counts lines as it shows them: those that go on are one.
fn link(facts: &Facts) -> Option<String> {
    let page = facts.page("CI_JOB_URL", "/-/jobs/")?;
    Some(format!("{page}#L{}", facts.lines.max(1)))
}
