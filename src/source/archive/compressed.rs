//! Compressed files: one stream, or several one after the other.

use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::kind::Kind;
use super::{Examine, Walk};

/// The most memory that a decoder may want, in KiB: `xz -9` wants 65 MiB.
pub(super) const DICTIONARY: u32 = 256 << 10;

pub(super) fn read<E: Examine>(
    walk: &mut Walk<'_, E>,
    kind: Kind,
    place: &str,
    depth: usize,
    stream: &mut dyn BufRead,
) {
    // Several parts are one text, so nothing is left to go on with where one fails.
    let _ = match kind {
        Kind::Gzip => walk.member(place, depth, &mut Padded(MultiGzDecoder::new(stream))),
        Kind::Bzip2 => walk.member(place, depth, &mut MultiBzDecoder::new(stream)),
        Kind::Xz => {
            walk.member(place, depth, &mut XzReader::new_mem_limit(stream, true, DICTIONARY))
        }
        Kind::Lz4 => walk.member(place, depth, &mut Lz4(Lz4Decoder::new(stream))),
        _ => walk.member(place, depth, &mut Zstd::new(stream)),
    };
}

/// gzip with zeros behind it, as tapes and some programs leave them: no fault.
struct Padded<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Padded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let error = match self.0.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => error,
            other => return other,
        };
        let mut rest = Vec::new();
        self.0.get_mut().take(1 << 16).read_to_end(&mut rest)?;
        if rest.iter().all(|byte| *byte == 0) { Ok(0) } else { Err(error) }
    }
}

/// Frames of LZ4: at the end of one the decoder says so and can read the next.
struct Lz4<R: Read>(Lz4Decoder<R>);

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.read(buffer)?;
        let more = bytes == 0 && !buffer.is_empty() && !self.0.get_mut().fill_buf()?.is_empty();
        if more { self.0.read(buffer) } else { Ok(bytes) }
    }
}

/// Frames of Zstandard, those to be skipped among them.
pub(super) struct Zstd<'a> {
    stream: &'a mut dyn BufRead,
    decoder: FrameDecoder,
    in_frame: bool,
    /// Whether only the first frame is wanted, and whether that is over.
    single: bool,
    over: bool,
}

impl<'a> Zstd<'a> {
    pub(super) fn new(stream: &'a mut dyn BufRead) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(DICTIONARY) << 10);
        Self { stream, decoder, in_frame: false, single: false, over: false }
    }

    /// One frame only: what follows is something else.
    pub(super) fn one(stream: &'a mut dyn BufRead) -> Self {
        Self { single: true, ..Self::new(stream) }
    }

    /// Begins the next frame, or skips one; false at the end.
    fn begin(&mut self) -> io::Result<bool> {
        if self.stream.fill_buf()?.is_empty() {
            return Ok(false);
        }
        match self.decoder.init(&mut *self.stream) {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                io::copy(&mut (&mut *self.stream).take(u64::from(length)), &mut io::sink())?;
            }
            Err(error) => return Err(invalid(&error)),
        }
        Ok(true)
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            while self.in_frame && self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut *self.stream, one).map_err(|e| invalid(&e))?;
            }
            let bytes = if self.in_frame { self.decoder.read(buffer)? } else { 0 };
            if bytes > 0 || buffer.is_empty() {
                return Ok(bytes);
            }
            self.over |= std::mem::take(&mut self.in_frame) && self.single;
            if self.over || !self.begin()? {
                return Ok(0);
            }
        }
    }
}

fn invalid(error: &FrameDecoderError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
