//! A file too large for one buffer: windows that overlap, over all threads.

use std::fs::File;
use std::io;
use std::ops::Range;

use rayon::prelude::*;

use super::{Before, Examine, WindowStart};
use crate::span::utf16_len;

/// The bytes that one window owns. 4 MiB: a few milliseconds of work, so that threads end
/// together, and small enough that `jobs` of them are nothing.
pub(crate) const WINDOW: usize = 4 << 20;

/// Examines the first `size` bytes of an open file. A read error ends the affected window
/// only; the first one is returned with what the other windows found.
pub(crate) fn examine_large<E: Examine>(
    file: &File,
    size: u64,
    examine: &E,
) -> (Vec<E::Found>, Option<io::Error>) {
    examine_windows(file, size, WINDOW, examine)
}

/// The same in windows of `len` bytes.
pub(crate) fn examine_windows<E: Examine>(
    file: &File,
    size: u64,
    len: usize,
    examine: &E,
) -> (Vec<E::Found>, Option<io::Error>) {
    let windows = size.div_ceil(len as u64);
    let bounds = |window| Bounds::around(window * len as u64, len, E::REACH, size);
    let parts: Vec<(Vec<E::Found>, Option<io::Error>)> = (0..windows)
        .into_par_iter()
        .map_init(Vec::new, |buffer, window| {
            let mut found = Vec::new();
            let Bounds { bytes, own } = bounds(window);
            let error = read_range(file, bytes, buffer)
                .map(|()| examine.examine(buffer, own, &mut found))
                .err();
            (found, error)
        })
        .collect();
    let mut head = Head { file, before: Before::default(), buffer: Vec::new() };
    let mut all = Vec::new();
    let mut first_error = None;
    for (window, (mut found, mut error)) in (0..).zip(parts) {
        if !found.is_empty() {
            error = error.or(head.relocate(&mut found, bounds(window).bytes, examine).err());
        }
        all.extend(found);
        first_error = first_error.or(error);
    }
    (all, first_error)
}

/// What stands before windows, read once more up to the last one in which something was found.
struct Head<'a> {
    file: &'a File,
    before: Before,
    buffer: Vec<u8>,
}

impl Head<'_> {
    fn relocate<E: Examine>(
        &mut self,
        found: &mut [E::Found],
        window: Range<u64>,
        examine: &E,
    ) -> io::Result<()> {
        let mut at = self.before.start().bytes;
        while at < window.start {
            let end = (at + WINDOW as u64).min(window.start);
            read_range(self.file, at..end, &mut self.buffer)?;
            if self.buffer.is_empty() {
                break;
            }
            self.before.feed(&self.buffer);
            at = end;
        }
        read_range(self.file, window, &mut self.buffer)?;
        examine.relocate(found, &self.buffer, &self.before);
        Ok(())
    }
}

/// A window of a whole: its bytes, and which of them (counted from its start) are its own.
struct Bounds {
    bytes: Range<u64>,
    own: Range<usize>,
}

impl Bounds {
    fn around(start: u64, len: usize, reach: usize, size: u64) -> Self {
        let from = start.saturating_sub(reach as u64);
        let end = (start + len as u64).min(size);
        let to = (end + reach as u64).min(size);
        Self { bytes: from..to, own: (start - from) as usize..(end - from) as usize }
    }
}

fn read_range(file: &File, range: Range<u64>, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.resize((range.end - range.start) as usize, 0);
    let mut filled = 0;
    while filled < buffer.len() {
        match read_at(file, &mut buffer[filled..], range.start + filled as u64) {
            // The file became shorter while it was read: what was there is examined.
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Counts lines and columns of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineCounter {
    start: WindowStart,
    /// The last two bytes: a CR among them an LF may still complete.
    last: [u8; 2],
}

impl LineCounter {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
        let after_feed = memchr::memrchr(b'\n', bytes).map(|at| at + 1);
        // Most text has no carriage return: then line feeds need not be gone through.
        let plain = !self.last.contains(&b'\r') && memchr::memchr(b'\r', bytes).is_none();
        let (lines, last) = if plain { (feeds, after_feed) } else { self.breaks(bytes) };
        let columns = |had: u64, start: Option<usize>| {
            start.map_or(had, |_| 0) + utf16_len(&bytes[start.unwrap_or(0)..])
        };
        self.start.lines += lines;
        self.start.columns = columns(self.start.columns, last);
        self.start.feeds += feeds;
        self.start.feed_columns = columns(self.start.feed_columns, after_feed);
        self.start.bytes += bytes.len() as u64;
        match bytes {
            [] => {}
            [one] => self.last = [self.last[1], *one],
            [.., two, one] => self.last = [*two, *one],
        }
    }

    /// How many lines end in `bytes`, where a carriage return ends one, too; and where the last
    /// one begins.
    fn breaks(&self, bytes: &[u8]) -> (u64, Option<usize>) {
        let mut lines = 0;
        let mut last = None;
        for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let before = match end {
                0 => self.last,
                1 => [self.last[1], bytes[0]],
                _ => [bytes[end - 2], bytes[end - 1]],
            };
            // The LF of a CR LF ends no line of its own; in UTF-16 a zero stands between.
            let completes = bytes[end] == b'\n' && matches!(before, [_, b'\r'] | [b'\r', 0]);
            lines += u64::from(!completes);
            last = Some(end + 1);
        }
        (lines, last)
    }

    pub(crate) fn start(&self) -> WindowStart {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_the_same_however_the_stream_is_cut() {
        let text = "a\r\nbb\rcc\n\r\0\n\0\rdé";
        let mut whole = LineCounter::default();
        whole.feed(text.as_bytes());
        assert_eq!(whole.start().lines, 5);
        for cut in 0..text.len() {
            let mut parts = LineCounter::default();
            parts.feed(&text.as_bytes()[..cut]);
            parts.feed(&text.as_bytes()[cut..]);
            assert_eq!(parts.start().lines, 5, "cut at {cut}");
        }
        assert_eq!(whole.start().columns, 2);
    }
}
