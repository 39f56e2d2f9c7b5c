//! Turning compressed bytes into objects: zlib streams and git deltas.

use sirocco::{Format, inflate::Decoder};

use crate::span::Copied;

/// The largest object that is read, in bytes, inflated.
///
/// git itself stops making deltas at 512 MiB (`core.bigFileThreshold`), so everything up to
/// here may be the base of something; beyond it lie archives and media. With two threads this
/// also bounds what a hostile object can make us allocate.
pub(crate) const MAX_OBJECT: u64 = 512 << 20;

/// A buffer that is grown but never cleared.
///
/// `Vec::resize` after `clear` writes zeros over all of it: for 8 GB of blobs that alone
/// would be a second of work.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// Makes room for exactly `len` bytes, whose contents are whatever was there before.
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() < len {
            self.bytes.resize(len, 0);
        }
        self.len = len;
        &mut self.bytes[..len]
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Gives memory back after an unusually large object, so that one 300 MB blob does not
    /// stay allocated on every thread for the rest of the scan.
    pub(crate) fn trim(&mut self) {
        const KEEP: usize = 8 << 20;
        if self.bytes.len() > KEEP {
            *self = Self::default();
        }
    }
}

/// A reusable zlib decoder: setting one up costs more than inflating a small delta.
pub(crate) struct Inflater(Box<Decoder>);

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Box::new(Decoder::new(Format::Zlib)))
    }

    /// Inflates one zlib stream at the start of `input` that must be exactly `size` long.
    pub(crate) fn exact(
        &mut self,
        input: &[u8],
        size: usize,
        out: &mut Buffer,
    ) -> Result<(), String> {
        let room = out.room(size);
        let outcome = self.0.decompress(input, room, true);
        let good =
            matches!(&outcome, Ok(progress) if progress.done && progress.output.len() == size);
        if good {
            return Ok(());
        }
        let why = match outcome {
            Ok(_) => "the inflated size is not the one its header promises".to_owned(),
            Err(error) => error.to_string(),
        };
        self.0.reset();
        Err(why)
    }

    /// Inflates a whole stream of unknown length, up to `limit` bytes: a loose object.
    pub(crate) fn grow(
        &mut self,
        mut input: &[u8],
        limit: usize,
        out: &mut Buffer,
    ) -> Result<(), String> {
        let mut size = (input.len() * 4).clamp(4 << 10, 1 << 20);
        let mut filled = 0;
        loop {
            let outcome = self.0.decompress(input, out.room(size), true);
            let (consumed, written, done) = match outcome {
                Ok(progress) => (progress.consumed, progress.output.len(), progress.done),
                Err(error) => {
                    self.0.reset();
                    return Err(error.to_string());
                }
            };
            input = &input[consumed..];
            filled += written;
            if done {
                out.len = filled;
                return Ok(());
            }
            if size >= limit {
                self.0.reset();
                return Err(format!("larger than {limit} bytes"));
            }
            size = (size * 4).min(limit);
        }
    }
}

/// The two sizes at the start of a delta: of its base, and of its result.
pub(crate) fn delta_sizes(delta: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (base, rest) = size_varint(delta)?;
    let (result, rest) = size_varint(rest)?;
    Some((base, result, rest))
}

fn size_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// Applies a delta's instructions to `base`, filling `out` exactly, and notes what it copies.
pub(crate) fn apply_delta(
    base: &[u8],
    mut ops: &[u8],
    out: &mut [u8],
    copies: &mut Vec<Copied>,
) -> Result<(), &'static str> {
    copies.clear();
    let mut at = 0usize;
    while let Some((&op, rest)) = ops.split_first() {
        ops = rest;
        let source = if op & 0x80 != 0 {
            let (offset, size) = copy_args(op, &mut ops).ok_or("a delta's copy is cut off")?;
            let end = offset.checked_add(size).ok_or("a delta copies past all bounds")?;
            let source = base.get(offset..end).ok_or("a delta copies past its base")?;
            let (start, end) = (at as u32, (at + size) as u32);
            copies.push(Copied { start, end, from: offset as u32 });
            source
        } else if op != 0 {
            let size = usize::from(op);
            let source = ops.get(..size).ok_or("a delta's insert is cut off")?;
            ops = &ops[size..];
            source
        } else {
            return Err("a delta holds a reserved instruction");
        };
        let end = at + source.len();
        out.get_mut(at..end).ok_or("a delta's result is too long")?.copy_from_slice(source);
        at = end;
    }
    if at == out.len() { Ok(()) } else { Err("a delta's result is too short") }
}

/// Reads the offset and size of a copy instruction: one byte for each bit set in `op`.
fn copy_args(op: u8, ops: &mut &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for bit in 0..7 {
        if op & (1 << bit) != 0 {
            let (&byte, rest) = ops.split_first()?;
            value |= u64::from(byte) << (8 * bit);
            *ops = rest;
        }
    }
    let offset = (value & 0xffff_ffff) as usize;
    let size = (value >> 32) as usize;
    Some((offset, if size == 0 { 0x1_0000 } else { size }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_copies_inserts_and_says_what_it_copied() {
        // copy 3 from 2, insert "XY", copy 2 from 0
        let ops = [0x91, 2, 3, 2, b'X', b'Y', 0x90, 2];
        let (mut out, mut copies) = (vec![0; 7], Vec::new());
        apply_delta(b"abcdefgh", &ops, &mut out, &mut copies).expect("a good delta");
        assert_eq!(out, b"cdeXYab");
        let (a, b) = (Copied { start: 0, end: 3, from: 2 }, Copied { start: 5, end: 7, from: 0 });
        assert_eq!(copies, [a, b]);
    }

    #[test]
    fn a_bad_delta_is_an_error_never_a_panic() {
        let delta = [0x91, 2, 3, 2, b'X', b'Y', 0x90, 2];
        let (mut out, mut copies) = (vec![0; 7], Vec::new());
        for at in 0..delta.len() {
            for byte in 0..=255 {
                let mut bad = delta;
                bad[at] = byte;
                let _ = apply_delta(b"abcdefgh", &bad, &mut out, &mut copies);
                let _ = apply_delta(b"abcdefgh", &bad[..at], &mut out, &mut copies);
            }
        }
        assert!(apply_delta(b"abc", &[0x91, 2, 3], &mut out, &mut copies).is_err());
    }

    #[test]
    fn sizes_that_never_end_are_refused() {
        assert_eq!(delta_sizes(&[0x80; 20]), None);
        assert_eq!(delta_sizes(&[0x81, 0x01, 0x05, 0xaa]), Some((129, 5, &[0xaa][..])));
    }

    #[test]
    fn inflates_exactly_or_says_why_not() {
        let level = sirocco::deflate::Level::DEFAULT;
        let packed = sirocco::compress(Format::Zlib, level, &vec![b'a'; 100_000]);
        let (mut inflater, mut out) = (Inflater::new(), Buffer::default());
        inflater.exact(&packed, 100_000, &mut out).expect("a good stream");
        assert_eq!(out.bytes().len(), 100_000);
        assert!(inflater.exact(&packed, 99_999, &mut out).is_err());
        assert!(inflater.exact(&packed[..packed.len() - 5], 100_000, &mut out).is_err());
        inflater.grow(&packed, MAX_OBJECT as usize, &mut out).expect("usable after errors");
        assert_eq!(out.bytes().len(), 100_000);
        assert!(inflater.grow(&packed, 50_000, &mut out).is_err(), "the limit holds");
    }
}
