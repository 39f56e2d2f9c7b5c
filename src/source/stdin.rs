//! Streams that cannot be sought: standard input, members of archives. Windows that overlap, one
//! after the other.

use std::io::{self, Cursor, Read};

use super::large::WINDOW;
use super::{Before, Examine, archive};

/// How much of standard input tells whether it is a container.
const HEAD: u64 = 1024;

/// What was read of a stream.
pub(crate) struct StreamRead<T> {
    pub found: Vec<T>,
    pub bytes: u64,
    pub error: Option<io::Error>,
}

/// Examines standard input to its end, and where it is a container, its members.
pub(crate) fn examine_stdin<E: Examine>(
    stream: &mut (dyn Read + Send),
    examine: &E,
) -> StreamRead<E::Found> {
    let mut head = Vec::new();
    if let Err(error) = stream.take(HEAD).read_to_end(&mut head) {
        return StreamRead { found: Vec::new(), bytes: 0, error: Some(error) };
    }
    let container = archive::kind(&head).filter(|_| examine.opens());
    let mut counted = Counted { inner: Cursor::new(head).chain(stream), bytes: 0 };
    let Some(kind) = container else { return examine_stream(&mut counted, WINDOW, examine) };
    let mut found = Vec::new();
    archive::members_of_stream(kind, &mut counted, examine, &mut found);
    // What stands behind the container, or behind its damage.
    let rest = examine_in_turn(&mut counted, WINDOW, examine);
    found.extend(rest.found);
    StreamRead { found, bytes: counted.bytes, error: rest.error }
}

/// Examines a stream in windows of `size` bytes, one while the next one is read. Memory stays at
/// two windows, however long it is.
pub(crate) fn examine_stream<E: Examine>(
    stream: &mut (dyn Read + Send),
    size: usize,
    examine: &E,
) -> StreamRead<E::Found> {
    let (mut found, mut error) = (Vec::new(), None);
    let mut turn = Turn::first::<E>(stream, size, &mut error);
    let mut spare = Vec::new();
    loop {
        let buffer = std::mem::take(&mut spare);
        let read = || turn.next::<E>(stream, buffer, &mut error);
        let (seen, next) = rayon::join(|| turn.look(examine), read);
        found.extend(seen);
        let Some(next) = next else { return turn.end(found, error) };
        spare = std::mem::replace(&mut turn, next).window;
    }
}

/// Examines a stream, reading and looking in turn: for readers that belong to one thread.
pub(crate) fn examine_in_turn<E: Examine>(
    stream: &mut dyn Read,
    size: usize,
    examine: &E,
) -> StreamRead<E::Found> {
    let (mut found, mut error) = (Vec::new(), None);
    let mut turn = Turn::first::<E>(stream, size, &mut error);
    let mut spare = Vec::new();
    loop {
        found.extend(turn.look(examine));
        let next = turn.next::<E>(stream, std::mem::take(&mut spare), &mut error);
        let Some(next) = next else { return turn.end(found, error) };
        spare = std::mem::replace(&mut turn, next).window;
    }
}

/// One window of a stream, and what stands before it.
struct Turn {
    /// How many bytes a window owns.
    size: usize,
    window: Vec<u8>,
    before: Before,
    /// How many bytes at the start of the window are context that was examined before.
    context: usize,
    /// Whether the stream may go on behind it.
    more: bool,
}

impl Turn {
    fn first<E: Examine>(
        stream: &mut (impl Read + ?Sized),
        size: usize,
        error: &mut Option<io::Error>,
    ) -> Self {
        let mut window = Vec::new();
        let more = fill(stream, &mut window, size + 2 * E::REACH, error);
        Self { size, window, before: Before::default(), context: 0, more }
    }

    /// Where the context behind begins, which is the next window's own.
    fn own_end<E: Examine>(&self) -> usize {
        self.window.len() - if self.more { E::REACH } else { 0 }
    }

    fn look<E: Examine>(&self, examine: &E) -> Vec<E::Found> {
        let mut found = Vec::new();
        examine.examine(&self.window, self.context..self.own_end::<E>(), &mut found);
        examine.relocate(&mut found, &self.window, &self.before);
        found
    }

    /// Reads the next window into `buffer`. `None` at the end of the stream.
    fn next<E: Examine>(
        &self,
        stream: &mut (impl Read + ?Sized),
        mut buffer: Vec<u8>,
        error: &mut Option<io::Error>,
    ) -> Option<Self> {
        if !self.more {
            return None;
        }
        let own_end = self.own_end::<E>();
        let done = own_end - E::REACH.min(own_end);
        let mut before = self.before.clone();
        before.feed(&self.window[..done]);
        buffer.clear();
        buffer.extend_from_slice(&self.window[done..]);
        let more = fill(stream, &mut buffer, self.size + 2 * E::REACH, error);
        Some(Self { size: self.size, window: buffer, before, context: own_end - done, more })
    }

    fn end<T>(self, found: Vec<T>, error: Option<io::Error>) -> StreamRead<T> {
        let bytes = self.before.start().bytes + self.window.len() as u64;
        StreamRead { found, bytes, error }
    }
}

/// Fills the window up to `size`; false at the end of the stream.
fn fill(
    stream: &mut (impl Read + ?Sized),
    window: &mut Vec<u8>,
    size: usize,
    error: &mut Option<io::Error>,
) -> bool {
    let wanted = size - window.len();
    match stream.take(wanted as u64).read_to_end(window) {
        Ok(n) => n == wanted,
        Err(e) => {
            *error = Some(e);
            false
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.bytes += bytes as u64;
        Ok(bytes)
    }
}
