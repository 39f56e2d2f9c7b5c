//! Where in a log a place is: what the lines before it said.

use super::facts::{Facts, Named, Tell};
use super::{Header, MARK, PROVIDERS, header};
use crate::origin::LogPlace;

/// The longest part of a line that is looked at: what a line says stands at its beginning.
const LONGEST_LINE: usize = 1024;
/// A text that has said nothing after this many lines is no log. A log says so within the first
/// few, unless the head was cut off: then the time or the marker of some line tells.
const PATIENCE: u64 = 100_000;

/// What a log said before a place in it: fed with all bytes before that, it knows the job and
/// the step.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// The system, an index, and how sure that is.
    provider: Option<(usize, Tell)>,
    facts: Facts,
    /// The beginning of the line that is not complete yet.
    line: Vec<u8>,
    seen: u64,
    /// Whether a line was framed as a log's lines are.
    framed: bool,
}

impl Trail {
    /// Takes in the next bytes of the log, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            if self.line.is_empty() {
                self.note(&bytes[start..end.min(start + LONGEST_LINE)]);
            } else {
                self.keep(&bytes[start..end]);
                let line = std::mem::take(&mut self.line);
                self.note(&line);
            }
            start = end + 1;
        }
        self.keep(&bytes[start..]);
    }

    /// What is known of the next byte's place, if this is a CI log. `forced` calls it one
    /// whatever it says.
    pub fn place(&self, forced: bool) -> Option<LogPlace> {
        let mut here = self.clone();
        here.note(&self.line);
        let unknown = LogPlace { provider: "CI log", ..LogPlace::default() };
        // A script or a document may have a line like one of a log.
        let sure = |(_, tell): &(usize, Tell)| *tell == Tell::Sure || here.framed || forced;
        let Some((index, _)) = here.provider.filter(sure) else {
            return forced.then_some(unknown);
        };
        let provider = &PROVIDERS[index];
        let link = (provider.link)(&here.facts);
        let Facts { job, step, .. } = here.facts;
        Some(LogPlace { provider: provider.name, job, step, link })
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE - self.line.len().min(LONGEST_LINE);
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn note(&mut self, line: &[u8]) {
        self.seen += 1;
        if self.provider.is_none() && self.seen > PATIENCE {
            return;
        }
        let line = line.strip_prefix(MARK).unwrap_or(line);
        if let Some((index, Tell::Sure)) = self.provider {
            let provider = &PROVIDERS[index];
            let framing = if provider.frame_tells { None } else { (provider.header)(line) };
            let bare = self.count(line, framing);
            (provider.note)(bare, &mut self.facts);
            return;
        }
        let framing = header(line);
        self.framed |= framing.is_some();
        let bare = self.count(line, framing);
        self.ask(line, bare);
    }

    /// Counts a line that does not go on from another one; returns it without its framing.
    fn count<'a>(&mut self, line: &'a [u8], framing: Option<Header>) -> &'a [u8] {
        self.facts.lines += u64::from(!framing.is_some_and(|header| header.goes_on));
        &line[framing.map_or(0, |header| header.len)..]
    }

    /// Asks each system whether the line is one of its own.
    fn ask(&mut self, line: &[u8], bare: &[u8]) {
        for (index, provider) in PROVIDERS.iter().enumerate() {
            let mut facts = self.facts.clone();
            let tell = (provider.note)(framed(index, line, bare), &mut facts);
            let known = self.provider.map_or(Tell::No, |(_, tell)| tell);
            if tell > known || self.provider.is_some_and(|(it, _)| it == index) {
                self.facts = facts;
                self.provider = Some((index, tell.max(known)));
            } else {
                self.facts.learn(facts);
            }
            if tell == Tell::Sure {
                return;
            }
        }
    }
}

/// The line as a system looks at it: where the framing itself tells, with it.
fn framed<'a>(index: usize, line: &'a [u8], bare: &'a [u8]) -> &'a [u8] {
    if PROVIDERS[index].frame_tells { line } else { bare }
}

/// What is known of a place in a log, and what the path of the file and of the member in it say
/// besides.
pub fn named(place: &mut LogPlace, path: &str, member: Option<&str>) {
    let Some(provider) = PROVIDERS.iter().find(|it| it.name == place.provider) else { return };
    // Only the innermost container is the log's own.
    let member = member.and_then(|member| member.rsplit("!/").next());
    let Named { job, step } = (provider.path)(path, member);
    if job.is_some() {
        place.job = job;
    }
    if step.is_some() {
        place.step = step;
    }
}

/// Where the file lies that says more of a log's places, if the log at `path` may have one.
pub fn side_file(place: &LogPlace, path: &str) -> Option<String> {
    let side = PROVIDERS.iter().find(|it| it.name == place.provider)?.side?;
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() && !path.starts_with('/') { "" } else { "/" };
    side.logs.contains(&name).then(|| format!("{folder}{slash}{}", side.name))
}

/// Takes in what such a file says of the byte at `at`.
pub fn refine(place: &mut LogPlace, side: &[u8], at: u64) {
    let provider = PROVIDERS.iter().find(|it| it.name == place.provider);
    if let Some(side_of) = provider.and_then(|it| it.side) {
        (side_of.refine)(side, at, place);
    }
}
