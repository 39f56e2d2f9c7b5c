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
    let windows = size.div_ceil(WINDOW as u64);
    let parts: Vec<(Vec<E::Found>, Option<io::Error>)> = (0..windows)
        .into_par_iter()
        .map_init(Vec::new, |buffer, window| {
            let mut found = Vec::new();
            let start = window * WINDOW as u64;
            let bounds = Bounds::around(start, WINDOW, E::REACH, size);
            let error = read_range(file, bounds.bytes.clone(), buffer)
                .map(|()| examine.examine(buffer, bounds.own.clone(), &mut found))
                .err();
            if !found.is_empty() {
                let before = before(file, bounds.bytes.start).unwrap_or_default();
                for found in &mut found {
                    examine.relocate(found, buffer, &before);
                }
            }
            (found, error)
        })
        .collect();
    let mut all = Vec::new();
    let mut first_error = None;
    for (found, error) in parts {
        all.extend(found);
        first_error = first_error.or(error);
    }
    (all, first_error)
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

/// Reads what stands before `offset`. One more pass over the file's head, only for windows
/// in which something was found.
fn before(file: &File, offset: u64) -> io::Result<Before> {
    let mut before = Before::default();
    let mut buffer = Vec::new();
    let mut at = 0;
    while at < offset {
        let end = (at + WINDOW as u64).min(offset);
        read_range(file, at..end, &mut buffer)?;
        if buffer.is_empty() {
            break;
        }
        before.feed(&buffer);
        at = end;
    }
    Ok(before)
}

/// Counts lines and columns of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineCounter {
    start: WindowStart,
    /// Whether the last byte was a CR, which an LF may still complete.
    after_cr: bool,
}

impl LineCounter {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let mut line_start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let previous_cr = if end == 0 { self.after_cr } else { bytes[end - 1] == b'\r' };
            // The LF of a CR LF ends no line of its own.
            if bytes[end] == b'\r' || !previous_cr {
                self.start.lines += 1;
            }
            self.start.columns = 0;
            line_start = end + 1;
        }
        self.start.columns += utf16_len(&bytes[line_start..]);
        self.start.bytes += bytes.len() as u64;
        self.after_cr = bytes.last() == Some(&b'\r');
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
        let text = "a\r\nbb\rcc\n\n\rdé";
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
