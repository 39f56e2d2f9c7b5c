//! A stream that cannot be sought: windows that overlap, one after the other.

use std::io::{self, Read};

use super::large::WINDOW;
use super::{Before, Examine};

/// What was read of a stream.
pub(crate) struct StreamRead<T> {
    pub found: Vec<T>,
    pub bytes: u64,
    pub error: Option<io::Error>,
}

/// Examines a stream to its end. Memory stays at one window, however long it is.
pub(crate) fn examine_stream<E: Examine>(
    stream: &mut dyn Read,
    examine: &E,
) -> StreamRead<E::Found> {
    let mut read = StreamRead { found: Vec::new(), bytes: 0, error: None };
    let mut window = Vec::with_capacity(WINDOW + 2 * E::REACH);
    let mut before = Before::default();
    // How many bytes at the start of the window are context that was examined before.
    let mut context = 0;
    loop {
        let more = fill(stream, &mut window, WINDOW + 2 * E::REACH, &mut read.error);
        let own_end = if more { window.len() - E::REACH } else { window.len() };
        let mut found = Vec::new();
        examine.examine(&window, context..own_end, &mut found);
        examine.relocate(&mut found, &window, &before);
        read.found.extend(found);
        if !more {
            read.bytes = before.start().bytes + window.len() as u64;
            return read;
        }
        let drop = own_end.saturating_sub(E::REACH);
        before.feed(&window[..drop]);
        window.drain(..drop);
        context = own_end - drop;
    }
}

/// Fills the window up to `size`; false at the end of the stream.
fn fill(
    stream: &mut dyn Read,
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
