//! Jenkins: notes hidden in lines, times in brackets, the steps of a Pipeline.
//!
//! Sources: jenkinsci/jenkins `ConsoleNote.java`, the timestamper plugin's `GlobalDecorator`,
//! workflow-api `FileLogStorage` (`log-index`).

use std::io::Read;
use std::ops::Range;

use super::facts::{Facts, Named, Tell};
use super::{Header, Provider, Side, stamp};
use crate::origin::LogPlace;
use crate::view::base64;
use crate::view::terminal::{self, NOTE, NOTE_END};

pub(super) const PROVIDER: Provider =
    Provider { name: "Jenkins", header, note, path, link, frame_tells: false, side: Some(&SIDE) };

/// Where each step of a Pipeline wrote: lines of an offset and, inside of a step, its node.
const SIDE: Side = Side { logs: &["log", "log.gz"], name: "log-index", refine };

const STAMP: &[u8; 27] = b"[0000-00-00T00:00:00.000Z] ";
/// The most that a note is inflated to.
const LONGEST_PAYLOAD: u64 = 1 << 20;

fn header(line: &[u8]) -> Option<Header> {
    let timed = line.get(25) == Some(&b']') && stamp::begins(line, STAMP);
    timed.then(|| Header::plain(STAMP.len()))
}

fn note(line: &[u8], facts: &mut Facts) -> Tell {
    facts.assign(line, &["BUILD_URL", "JOB_NAME"]);
    let line = after_note(line);
    if let Some(step) = line.strip_prefix(b"[Pipeline] ") {
        let stage = step.strip_prefix(b"{ (").and_then(|name| name.trim_ascii().strip_suffix(b")"));
        match (stage, step.first()) {
            (Some(stage), _) => facts.set_step(stage),
            (None, Some(b'{' | b'}' | b'/')) => {}
            _ if step.starts_with(b"Start of") || step.starts_with(b"End of") => {}
            _ => facts.set_step(step),
        }
        return Tell::Sure;
    }
    if memchr::memmem::find(line, NOTE).is_some() {
        return Tell::Sure;
    }
    let sure: [&[u8]; 2] = [b"Finished: ", b"Masking supported pattern matches of "];
    let weak: [&[u8]; 2] = [b"Started by ", b"Building in workspace "];
    if sure.iter().any(|mark| line.starts_with(mark)) {
        Tell::Sure
    } else if weak.iter().any(|mark| line.starts_with(mark)) {
        Tell::Weak
    } else {
        Tell::No
    }
}

fn after_note(line: &[u8]) -> &[u8] {
    match notes_in(line).next() {
        Some(note) if note.start == 0 => &line[note.end..],
        _ => line,
    }
}

/// `jobs/<folder>/jobs/<job>/builds/<number>/log`.
fn path(path: &str, _: Option<&str>) -> Named {
    let parts: Vec<&str> = path.split('/').collect();
    let Some(builds) = parts.iter().rposition(|part| *part == "builds") else {
        return Named::default();
    };
    let mut names = Vec::new();
    let mut at = builds;
    while at >= 2 && parts[at - 2] == "jobs" {
        names.insert(0, parts[at - 1]);
        at -= 2;
    }
    let number = parts.get(builds + 1).filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
    let job =
        number.filter(|_| !names.is_empty()).map(|number| format!("{} #{number}", names.join("/")));
    Named { job, step: None }
}

fn link(facts: &Facts) -> Option<String> {
    let build = facts.page("BUILD_URL", "/job/")?;
    Some(format!("{}/consoleFull", build.trim_end_matches('/')))
}

/// Names the node that wrote the byte at `at`, and the page that shows what it wrote.
fn refine(index: &[u8], at: u64, place: &mut LogPlace) {
    let line = |line: &[u8]| {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        Some((words.next()?.parse::<u64>().ok()?, words.next().map(str::to_owned)))
    };
    let lines = index.split(|byte| *byte == b'\n').filter_map(line);
    let Some(node) = lines.take_while(|(start, _)| *start <= at).last().and_then(|(_, node)| node)
    else {
        return;
    };
    if !node.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    if let Some(build) = place.link.as_deref().and_then(|link| link.strip_suffix("consoleFull")) {
        place.link = Some(format!("{build}stages/?start-byte={at}&selected-node={node}"));
    }
    let step = place.step.take().map(|step| format!("{step}, ")).unwrap_or_default();
    place.step = Some(format!("{step}node {node}"));
}

/// Where notes stand in `bytes`.
pub(super) fn notes_in(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memchr::memmem::find_iter(bytes, NOTE)
        .filter_map(|start| Some(start..start + terminal::note(&bytes[start..])?))
}

/// What notes hide: each one's place and its payload, a Java object written in bytes.
pub fn notes(bytes: &[u8]) -> Vec<(Range<usize>, Vec<u8>)> {
    let payload = |range: Range<usize>| {
        let coded = &bytes[range.start + NOTE.len()..range.end - NOTE_END.len()];
        let payload = payload(&base64::bytes(coded)?)?;
        Some((range, payload))
    };
    notes_in(bytes).filter_map(payload).collect()
}

/// A note's bytes: a negative length and a code of that length, if it is signed; a length; and
/// gzip.
fn payload(note: &[u8]) -> Option<Vec<u8>> {
    let int = |at: usize| {
        let four = note.get(at..at + 4)?.first_chunk::<4>()?;
        Some(i32::from_be_bytes(*four))
    };
    let first = int(0)?;
    let at = if first < 0 { 8 + first.unsigned_abs() as usize } else { 4 };
    let mut text = Vec::new();
    let gzip = flate2::bufread::GzDecoder::new(note.get(at..)?);
    // What can be read of a damaged one is read.
    let _ = gzip.take(LONGEST_PAYLOAD).read_to_end(&mut text);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_builds_name_the_job() {
        let job = |text: &str| path(text, None).job;
        assert_eq!(job("home/jobs/team/jobs/app/builds/17/log"), Some("team/app #17".to_owned()));
        assert_eq!(job("jobs/app/builds/17/log.gz!/log"), Some("app #17".to_owned()));
        assert_eq!(job("builds/17/log"), None);
        assert_eq!(job("jobs/app/builds/lastStable/log"), None);
    }
}
