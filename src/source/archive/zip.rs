//! zip, read from front to back by the headers of its members.
//!
//! The directory at the end is what programs go by, but a stream has no end to begin at, a
//! truncated file has no directory, and what it leaves out is still there to be read. So members
//! are read as they come; each byte once, whatever overlaps; and the directory is counted. Its
//! format: PKWARE's APPNOTE 6.3.10.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::BzDecoder;
use deflate64::Deflate64Decoder;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use super::compressed::{DICTIONARY, Zstd};
use super::{CHUNK, Examine, Walk, below};
use crate::problem::ProblemCode;

const MEMBER: [u8; 4] = *b"PK\x03\x04";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END64: [u8; 4] = *b"PK\x06\x06";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// A size that stands in the extra field.
const ELSEWHERE: u64 = 0xffff_ffff;
/// The most that is kept of what stands between members: a descriptor is shorter.
const BETWEEN: usize = 64;

/// What the header of a member says.
#[derive(Debug)]
struct Header {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    name: Vec<u8>,
}

impl Header {
    fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0 || self.method == 99
    }

    /// Whether the size is known only when the member was read.
    fn is_open(&self) -> bool {
        self.flags & 8 != 0 && self.packed == 0
    }
}

pub(super) fn read<E: Examine>(
    walk: &mut Walk<'_, E>,
    place: &str,
    depth: usize,
    stream: &mut dyn BufRead,
) {
    let mut members = 0_u64;
    let mut open: Option<(String, u32)> = None;
    let listed = loop {
        let (signature, between) = match next_signature(stream) {
            Ok(Some(found)) => found,
            Ok(None) => break None,
            Err(error) => return walk.failed(place, &error),
        };
        if let Some((name, sum)) = open.take() {
            check(walk, &name, sum, stated_behind(&between));
        }
        if signature != MEMBER {
            break count_directory(stream, signature).ok();
        }
        let header = match header(stream) {
            Ok(header) => header,
            Err(error) => return walk.failed(place, &error),
        };
        members += 1;
        if !walk.goes_on() {
            return;
        }
        let name = below(place, &header.name);
        let outcome = member(walk, &name, depth, &header, stream);
        if walk.budget.reached().is_some() {
            return;
        }
        match outcome {
            Ok(Some(sum)) if header.is_open() => open = Some((name, sum)),
            Ok(Some(sum)) => check(walk, &name, sum, Some(header.crc)),
            Ok(None) => {}
            Err(error) => walk.failed(&name, &error),
        }
    };
    tell_of_directory(walk, place, members, listed);
}

/// Says what is wrong with the directory: there is none, or it speaks of more.
fn tell_of_directory<E: Examine>(
    walk: &mut Walk<'_, E>,
    place: &str,
    members: u64,
    listed: Option<u64>,
) {
    let why = match listed {
        None => {
            "it ends without its directory: what was cut off is not there to be read".to_owned()
        }
        Some(listed) if listed > members => {
            format!("its directory lists {listed} members, but only {members} were met")
        }
        Some(_) => return,
    };
    walk.trouble(ProblemCode::Damaged, place, &why);
}

/// Reads one member, and returns the checksum of what came out where all of it did.
fn member<E: Examine>(
    walk: &mut Walk<'_, E>,
    name: &str,
    depth: usize,
    header: &Header,
    stream: &mut dyn BufRead,
) -> io::Result<Option<u32>> {
    if header.is_encrypted() {
        walk.trouble(ProblemCode::Encrypted, name, "it is encrypted");
        skip(stream, header.packed)?;
        return Ok(None);
    }
    if header.is_open() {
        return match header.method {
            0 => stored_open(walk, name, depth, stream).map(Some),
            8 => Ok(unpack(walk, name, depth, DeflateDecoder::new(stream))),
            9 => Ok(unpack(walk, name, depth, Deflate64Decoder::with_buffer(stream))),
            12 => Ok(unpack(walk, name, depth, BzDecoder::new(stream))),
            93 => Ok(unpack(walk, name, depth, Zstd::one(stream))),
            method => Ok(unsupported(walk, name, method)),
        };
    }
    let mut body = BufReader::with_capacity(CHUNK, stream.take(header.packed));
    let sum = match header.method {
        0 => unpack(walk, name, depth, &mut body),
        8 => unpack(walk, name, depth, DeflateDecoder::new(&mut body)),
        9 => unpack(walk, name, depth, Deflate64Decoder::with_buffer(&mut body)),
        12 => unpack(walk, name, depth, BzDecoder::new(&mut body)),
        14 => unpack(walk, name, depth, lzma(&mut body, header)?),
        93 => unpack(walk, name, depth, Zstd::new(&mut body)),
        95 => unpack(walk, name, depth, XzReader::new_mem_limit(&mut body, true, DICTIONARY)),
        method => unsupported(walk, name, method),
    };
    // What is left of it, so that the next header is met.
    let left = io::copy(&mut body, &mut io::sink())?;
    let short = body.into_inner().limit();
    if short > 0 {
        let why = format!("it is cut off: {short} bytes are missing");
        walk.trouble(ProblemCode::Damaged, name, &why);
        return Ok(None);
    }
    Ok(sum.filter(|_| left == 0 || header.method != 0))
}

/// Examines what a decoder gives, and returns its checksum if it came to its end.
fn unpack<E: Examine>(
    walk: &mut Walk<'_, E>,
    name: &str,
    depth: usize,
    decoder: impl Read,
) -> Option<u32> {
    let mut summed = Summed { inner: decoder, crc: Crc::new(), ended: false };
    if !walk.member(name, depth, &mut summed) {
        return None;
    }
    // A nested container may end before its member does.
    let rest = io::copy(&mut summed, &mut io::sink());
    (rest.is_ok() && summed.ended).then(|| summed.crc.sum())
}

fn unsupported<E: Examine>(walk: &mut Walk<'_, E>, name: &str, method: u16) -> Option<u32> {
    let why = format!("its method of compression, {method}, is not read");
    walk.trouble(ProblemCode::Unsupported, name, &why);
    None
}

fn check<E: Examine>(walk: &mut Walk<'_, E>, name: &str, sum: u32, stated: Option<u32>) {
    if stated.is_some_and(|stated| stated != sum) {
        let why = "its checksum is wrong: it was read all the same";
        walk.trouble(ProblemCode::Damaged, name, why);
    }
}

/// LZMA as zip has it: version, size of the properties, properties, stream.
fn lzma(body: &mut impl Read, header: &Header) -> io::Result<impl Read> {
    let mut head = [0; 9];
    body.read_exact(&mut head)?;
    let dictionary = u32::from_le_bytes([head[5], head[6], head[7], head[8]]);
    if dictionary / 1024 > DICTIONARY {
        return Err(io::Error::other("its dictionary is larger than what is given to one"));
    }
    // With an end marker the size need not be known.
    let size = if header.flags & 2 != 0 { u64::MAX } else { header.size };
    LzmaReader::new_with_props(body, size, head[4], dictionary, None)
        .map_err(|error| io::Error::other(error.to_string()))
}

/// A member that is stored and whose size stands behind it: it ends at a descriptor that fits.
fn stored_open<E: Examine>(
    walk: &mut Walk<'_, E>,
    name: &str,
    depth: usize,
    stream: &mut dyn BufRead,
) -> io::Result<u32> {
    let most = walk.budget.limits.memory;
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let read = (&mut *stream).take(most).read_until(DESCRIPTOR[3], &mut bytes)?;
        if read == 0 || bytes.len() as u64 >= most {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        if !bytes.ends_with(&DESCRIPTOR) {
            continue;
        }
        let size = bytes.len() - DESCRIPTOR.len();
        let mut sizes = [0; 12];
        stream.read_exact(&mut sizes)?;
        let int = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| sizes[at + n]));
        if int(4) as usize != size || int(8) as usize != size {
            bytes.extend_from_slice(&sizes);
            debug_assert!(bytes.len() > before);
            continue;
        }
        bytes.truncate(size);
        let sum = unpack(walk, name, depth, &bytes[..]).unwrap_or_else(|| int(0));
        check(walk, name, sum, Some(int(0)));
        return Ok(sum);
    }
}

/// The next signature of a header, and what stands before it.
fn next_signature(stream: &mut dyn BufRead) -> io::Result<Option<([u8; 4], Vec<u8>)>> {
    let mut between = Vec::new();
    let mut four = [0; 4];
    if !filled(stream, &mut four)? {
        return Ok(None);
    }
    while ![MEMBER, DIRECTORY, END, END64].contains(&four) {
        if between.len() < BETWEEN {
            between.push(four[0]);
        }
        four.copy_within(1.., 0);
        if !filled(stream, &mut four[3..])? {
            return Ok(None);
        }
    }
    Ok(Some((four, between)))
}

/// Fills the buffer; false where the stream ends before.
fn filled(stream: &mut dyn BufRead, buffer: &mut [u8]) -> io::Result<bool> {
    match stream.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The checksum in the descriptor that stands between two members.
fn stated_behind(between: &[u8]) -> Option<u32> {
    let body = between.strip_prefix(&DESCRIPTOR).unwrap_or(between);
    let fits = matches!(body.len(), 12 | 20);
    fits.then(|| body.first_chunk().map(|crc| u32::from_le_bytes(*crc))).flatten()
}

fn header(stream: &mut dyn BufRead) -> io::Result<Header> {
    let mut fixed = [0; 26];
    stream.read_exact(&mut fixed)?;
    let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let long = |at: usize| u64::from(u32::from_le_bytes([0, 1, 2, 3].map(|n| fixed[at + n])));
    let mut name = vec![0; usize::from(short(22))];
    stream.read_exact(&mut name)?;
    let mut extra = vec![0; usize::from(short(24))];
    stream.read_exact(&mut extra)?;
    let (mut packed, mut size) = (long(14), long(18));
    let mut wide = wide_sizes(&extra).into_iter();
    if size == ELSEWHERE {
        size = wide.next().unwrap_or(size);
    }
    if packed == ELSEWHERE {
        packed = wide.next().unwrap_or(packed);
    }
    let crc = long(10) as u32;
    Ok(Header { flags: short(2), method: short(4), crc, packed, size, name })
}

/// The 64-bit sizes of an extra field.
fn wide_sizes(mut extra: &[u8]) -> Vec<u64> {
    while let [a, b, c, d, rest @ ..] = extra {
        let len = usize::from(u16::from_le_bytes([*c, *d])).min(rest.len());
        if u16::from_le_bytes([*a, *b]) == 1 {
            let (numbers, _) = rest[..len].as_chunks::<8>();
            return numbers.iter().map(|number| u64::from_le_bytes(*number)).collect();
        }
        extra = &rest[len..];
    }
    Vec::new()
}

/// How many members the directory lists that begins with this signature.
fn count_directory(stream: &mut dyn BufRead, mut signature: [u8; 4]) -> io::Result<u64> {
    let mut listed = 0;
    while signature == DIRECTORY {
        let mut fixed = [0; 42];
        stream.read_exact(&mut fixed)?;
        let lengths =
            [24, 26, 28].map(|at| u64::from(u16::from_le_bytes([fixed[at], fixed[at + 1]])));
        skip(stream, lengths.iter().sum())?;
        listed += 1;
        stream.read_exact(&mut signature)?;
    }
    // Behind it stands its end, or a signature of it.
    let ended = [END, END64, *b"PK\x05\x05"].contains(&signature);
    if ended { Ok(listed) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn skip(stream: &mut dyn BufRead, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut stream.take(bytes), &mut io::sink())?;
    if skipped < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Sums up what is read.
struct Summed<R> {
    inner: R,
    crc: Crc,
    ended: bool,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.crc.update(&buffer[..bytes]);
        self.ended |= bytes == 0 && !buffer.is_empty();
        Ok(bytes)
    }
}
