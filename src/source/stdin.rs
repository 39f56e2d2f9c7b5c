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

/// Examines a stream to its end: one window while the next one is read. Memory stays at two
/// windows, however long it is.
pub(crate) fn examine_stream<E: Examine>(
    stream: &mut (dyn Read + Send),
    examine: &E,
) -> StreamRead<E::Found> {
    let mut read = StreamRead { found: Vec::new(), bytes: 0, error: None };
    let size = WINDOW + 2 * E::REACH;
    let (mut window, mut next) = (Vec::with_capacity(size), Vec::with_capacity(size));
    let mut before = Before::default();
    // How many bytes at the start of the window are context that was examined before.
    let mut context = 0;
    let mut more = fill(stream, &mut window, size, &mut read.error);
    loop {
        let own_end = if more { window.len() - E::REACH } else { window.len() };
        let drop = if more { own_end.saturating_sub(E::REACH) } else { window.len() };
        let look = || {
            let mut found = Vec::new();
            examine.examine(&window, context..own_end, &mut found);
            found
        };
        let go_on = || {
            let mut after = before.clone();
            after.feed(&window[..drop]);
            next.clear();
            next.extend_from_slice(&window[drop..]);
            let more = more && fill(stream, &mut next, size, &mut read.error);
            (after, more)
        };
        let (mut found, (after, still_more)) = rayon::join(look, go_on);
        examine.relocate(&mut found, &window, &before);
        read.found.extend(found);
        before = after;
        if !more {
            read.bytes = before.start().bytes;
            return read;
        }
        more = still_more;
        context = own_end - drop;
        std::mem::swap(&mut window, &mut next);
    }
}

/// Fills the window up to `size`; false at the end of the stream.
fn fill(
    stream: &mut (dyn Read + Send),
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
