//! CI logs: how each system frames lines, and what its framing says of a place.
//!
//! One file a system, all with the same parts (`Provider`). Where the log is one JSON document
//! (`chunks`), its messages are joined first. What a person would see of a line is then the
//! work of [`terminal`].

use std::ops::Range;

use super::{View, terminal};
use crate::origin::LogPlace;

mod azure;
mod bitbucket;
mod buildkite;
mod chunks;
mod circleci;
mod drone;
mod facts;
mod github;
mod gitlab;
pub mod jenkins;
mod stamp;
mod teamcity;
mod trail;
mod travis;

pub use chunks::unchunk;
pub use trail::{Trail, named, refine, side_file};

use facts::{Facts, Named, Tell};

/// What is known of one CI system's logs.
struct Provider {
    /// Its name in reports.
    name: &'static str,
    /// The framing that a line begins with.
    header: fn(&[u8]) -> Option<Header>,
    /// Takes in what a line, its framing taken off, says of the job and the step; and whether
    /// the line tells that this is a log of the system.
    note: fn(&[u8], &mut Facts) -> Tell,
    /// What the path of a log says, as the system names its files, and the member in it.
    path: fn(&str, Option<&str>) -> Named,
    /// The page that shows the place.
    link: fn(&Facts) -> Option<String>,
    /// Whether `note` wants to see the framing, too.
    frame_tells: bool,
    /// A file beside the log that says more of its places.
    side: Option<&'static Side>,
}

/// For systems that put nothing before a line, or only what a terminal takes off.
fn unframed(_: &[u8]) -> Option<Header> {
    None
}

/// For systems whose files have no names that tell.
fn unnamed(_: &str, _: Option<&str>) -> Named {
    Named::default()
}

/// For systems of whose pages nothing is known.
fn no_page(_: &Facts) -> Option<String> {
    None
}

/// A file beside a log.
struct Side {
    /// The names that the log has.
    logs: &'static [&'static str],
    name: &'static str,
    /// Takes in what the file says of the byte at an offset of the log.
    refine: fn(&[u8], u64, &mut LogPlace),
}

const PROVIDERS: [Provider; 10] = [
    gitlab::PROVIDER,
    github::PROVIDER,
    azure::PROVIDER,
    jenkins::PROVIDER,
    teamcity::PROVIDER,
    buildkite::PROVIDER,
    travis::PROVIDER,
    circleci::PROVIDER,
    drone::PROVIDER,
    bitbucket::PROVIDER,
];

/// The name of a CI system as [`LogPlace`] has it, if logs of it are read.
pub fn provider(name: &str) -> Option<&'static str> {
    PROVIDERS.iter().map(|provider| provider.name).find(|known| *known == name)
}

/// The framing at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    len: usize,
    /// Lines of one stream are told apart from those of others by it.
    stream: u16,
    /// Whether the line goes on where the last one of its stream ended.
    goes_on: bool,
}

impl Header {
    /// Framing that stands before a line of its own.
    fn plain(len: usize) -> Self {
        Self { len, stream: 0, goes_on: false }
    }
}

/// The framing of a line, whichever system's it is. It is a time, or columns before one.
fn header(line: &[u8]) -> Option<Header> {
    let timed = line.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'[');
    let columns = || memchr::memchr(b'\t', &line[..line.len().min(COLUMNS)]).is_some();
    let framed = || PROVIDERS.iter().find_map(|provider| (provider.header)(line));
    (timed || columns()).then(framed).flatten()
}

/// How far columns before a time can reach.
const COLUMNS: usize = 256;

/// A byte order mark, which GitHub and Azure put at the start of each page.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How many lines are looked at to tell a log of any size: almost every line of one has a time.
const FIRST_LINES: usize = 4;
/// How far a long text is looked at: in the middle of a log there may be long messages.
const FIRST_BYTES: usize = 64 << 10;

/// Whether `bytes`, a text or a stretch of one, are framed as CI systems frame their logs.
/// `deeply` looks at more than the first lines.
pub fn is_framed(bytes: &[u8], deeply: bool) -> bool {
    let deeply = deeply || bytes.len() > 4 * FIRST_BYTES;
    let lines = if deeply { usize::MAX } else { FIRST_LINES };
    let window = &bytes[..bytes.len().min(FIRST_BYTES)];
    let starts = memchr::memchr_iter(b'\n', window).map(|end| end + 1);
    let framed = |start: usize| {
        let line = &window[start..];
        let timed = matches!(line.first(), Some(b'0'..=b'9' | b'[' | 0xef));
        timed && header(line.strip_prefix(MARK).unwrap_or(line)).is_some()
    };
    begins_log(window) || std::iter::once(0).chain(starts).take(lines).any(framed)
}

/// Whether the first line is one that only a CI system writes there.
fn begins_log(window: &[u8]) -> bool {
    let line = &window[..memchr::memchr(b'\n', window).unwrap_or(window.len())];
    let may = line.first().is_some_and(|byte| b"S[+#st\x1b".contains(byte));
    let tells = |it: &Provider| (it.note)(line, &mut Facts::default()) != Tell::No;
    header(line).is_some() || may && PROVIDERS.iter().any(tells)
}

/// More of a stream than this does not wait for its next line.
const LONGEST_LINE: usize = 64 << 10;

/// The reading of a text without framing and terminal codes: lines that were cut are put
/// together again, each stream's by themselves.
pub fn unframe(bytes: &[u8]) -> View {
    let view = View::with_capacity(bytes.len());
    let mut lines = Lines { bytes, view, open: Vec::new() };
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.add(start..end);
        start = end + 1;
    }
    if start < bytes.len() {
        lines.add(start..bytes.len());
    }
    lines.finish()
}

/// The lines of a log as they are put together.
struct Lines<'a> {
    bytes: &'a [u8],
    view: View,
    /// Streams whose last line may go on.
    open: Vec<Open>,
}

/// The last line of a stream: its pieces, and how many bytes they have.
struct Open {
    stream: u16,
    pieces: Vec<Range<usize>>,
    len: usize,
}

impl Lines<'_> {
    fn add(&mut self, range: Range<usize>) {
        let line = &self.bytes[range.clone()];
        let marked = if line.starts_with(MARK) { MARK.len() } else { 0 };
        let Some(header) = header(&line[marked..]) else {
            return self.show(range.start + marked..range.end);
        };
        let text = range.start + marked + header.len..range.end;
        if header.stream == 0 {
            return self.show(text);
        }
        let open = self.open.iter().position(|open| open.stream == header.stream);
        let (stream, len) = (header.stream, text.len());
        if let Some(at) = open.filter(|_| header.goes_on) {
            let line = &mut self.open[at];
            line.len += text.len();
            line.pieces.push(text);
            if line.len > LONGEST_LINE {
                self.close(at);
            }
            return;
        }
        if let Some(at) = open {
            self.close(at);
        }
        self.open.push(Open { stream, pieces: vec![text], len });
    }

    /// Shows the line of a stream that does not go on.
    fn close(&mut self, at: usize) {
        let Open { pieces, .. } = self.open.remove(at);
        if let [piece] = &pieces[..] {
            return self.show(piece.clone());
        }
        let mut joined = View::default();
        for piece in pieces {
            let end = self.line_end(&piece);
            joined.copy(self.bytes, piece.start..end);
        }
        if has_codes(&joined.bytes) {
            let mut shown = View::default();
            terminal::line(&joined.bytes, 0..joined.bytes.len(), &mut shown);
            joined = shown.through(&joined);
        }
        self.view.append(&joined);
        let end = self.view.bytes.len();
        let last = if end == 0 { 0 } else { self.view.back(end - 1..end).end };
        self.view.put(b'\n', last..last);
    }

    fn show(&mut self, range: Range<usize>) {
        let end = self.line_end(&range);
        let line = range.start..end;
        if has_codes(&self.bytes[line.clone()]) {
            terminal::line(self.bytes, line, &mut self.view);
        } else if teamcity::is_message(&self.bytes[line.clone()]) {
            teamcity::unescape(self.bytes, line, &mut self.view);
        } else {
            self.view.copy(self.bytes, line);
        }
        self.view.put(b'\n', range.end..self.bytes.len().min(range.end + 1));
    }

    /// Where a line's text ends: before the CR of a CR LF.
    fn line_end(&self, range: &Range<usize>) -> usize {
        let crs = self.bytes[range.clone()].iter().rev().take_while(|byte| **byte == b'\r').count();
        range.end - crs
    }

    fn finish(mut self) -> View {
        while !self.open.is_empty() {
            self.close(0);
        }
        self.view
    }
}

/// Whether a line is shown otherwise than it is written.
fn has_codes(line: &[u8]) -> bool {
    memchr::memchr3(0x1b, b'\r', 0x08, line).is_some()
}

#[cfg(test)]
mod tests;
