//! Makes archives for tests: zip by hand, so that each field can be wrong; the rest by the crates
//! that read them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// One member of a zip.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    /// What stands in the archive.
    pub(crate) packed: Vec<u8>,
    pub(crate) size: usize,
    pub(crate) crc: u32,
    /// Sizes in 64 bits, in the extra field.
    pub(crate) wide: bool,
}

impl Entry {
    pub(crate) fn stored(name: &str, bytes: &[u8]) -> Self {
        Self::packed(name, 0, bytes, bytes.to_vec())
    }

    pub(crate) fn deflated(name: &str, bytes: &[u8]) -> Self {
        Self::packed(name, 8, bytes, deflate(bytes))
    }

    pub(crate) fn packed(name: &str, method: u16, bytes: &[u8], packed: Vec<u8>) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let (name, size, crc) = (name.to_owned(), bytes.len(), crc.sum());
        Self { name, method, flags: 0, packed, size, crc, wide: false }
    }

    /// The same with checksum and sizes behind it.
    pub(crate) fn open(mut self) -> Self {
        self.flags |= 8;
        self
    }

    /// What both headers have in common, from the flags on.
    fn fields(&self, sizes: bool) -> Vec<u8> {
        let known = self.flags & 8 == 0 || sizes;
        let number = |value: usize| if known { value as u32 } else { 0 };
        let mut out = Vec::new();
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(if known { self.crc } else { 0 }.to_le_bytes());
        let (packed, size) = if self.wide {
            (u32::MAX, u32::MAX)
        } else {
            (number(self.packed.len()), number(self.size))
        };
        out.extend(packed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend((self.extra().len() as u16).to_le_bytes());
        out
    }

    fn extra(&self) -> Vec<u8> {
        if !self.wide {
            return Vec::new();
        }
        let sizes = [self.size as u64, self.packed.len() as u64].map(u64::to_le_bytes).concat();
        [&[1, 0, 16, 0][..], &sizes].concat()
    }

    fn member(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04\x14\x00".to_vec();
        out.extend(self.fields(false));
        out.extend(self.name.as_bytes());
        out.extend(self.extra());
        out.extend(&self.packed);
        if self.flags & 8 != 0 {
            out.extend(b"PK\x07\x08");
            out.extend(self.crc.to_le_bytes());
            out.extend((self.packed.len() as u32).to_le_bytes());
            out.extend((self.size as u32).to_le_bytes());
        }
        out
    }
}

/// A zip's members without its directory.
pub(crate) fn zip_body(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::member).collect()
}

pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    let mut out = zip_body(entries);
    let start = out.len();
    let mut offset = 0_u32;
    for entry in entries {
        out.extend(b"PK\x01\x02\x14\x00\x14\x00");
        out.extend(entry.fields(true));
        out.extend([0; 10]);
        out.extend(offset.to_le_bytes());
        out.extend(entry.name.as_bytes());
        out.extend(entry.extra());
        offset += entry.member().len() as u32;
    }
    let size = (out.len() - start) as u32;
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend((entries.len() as u16).to_le_bytes().repeat(2));
    out.extend(size.to_le_bytes());
    out.extend((start as u32).to_le_bytes());
    out.extend([0; 2]);
    out
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// A tar of files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        // Written as it is: the crate would refuse `..`.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).expect("into memory");
    }
    builder.into_inner().expect("into memory")
}
