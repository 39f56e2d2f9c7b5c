//! SQLite databases: the rows of each page, one a line, columns apart from each other.
//!
//! In the file, columns stand glued to each other and long ones are cut at page ends. The format:
//! sqlite.org/fileformat2.html.

use std::io::{self, Read, Seek, SeekFrom};

use super::{Examine, Walk, below};

pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// A row is read up to here; what is longer holds files.
const LONGEST_ROW: u64 = 16 << 20;

/// The pages of a database.
struct Pages<S> {
    source: S,
    size: usize,
    /// What of a page is used for rows.
    usable: usize,
}

impl<S: Read + Seek> Pages<S> {
    fn open(mut source: S) -> io::Result<Self> {
        let mut head = [0; 100];
        source.rewind()?;
        source.read_exact(&mut head)?;
        let size = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = size.saturating_sub(usize::from(head[20]));
        if !size.is_power_of_two() || size < 512 || usable < 480 {
            return Err(io::Error::other("its page size is none"));
        }
        Ok(Self { source, size, usable })
    }

    /// Reads a page, counted from 1. False behind the last one.
    fn read(&mut self, number: u64, page: &mut Vec<u8>) -> io::Result<bool> {
        let at = (number - 1) * self.size as u64;
        self.source.seek(SeekFrom::Start(at))?;
        page.clear();
        (&mut self.source).take(self.size as u64).read_to_end(page)?;
        Ok(page.len() == self.size)
    }

    /// The bytes of a row whose first part stands at `at` of a page.
    fn payload(&mut self, page: &[u8], at: usize, len: u64, leaf: bool) -> io::Result<Vec<u8>> {
        let usable = self.usable as u64;
        let most = if leaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if len <= most {
            return Ok(page.get(at..at + len as usize).unwrap_or_default().to_vec());
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let spread = least + (len - least) % (usable - 4);
        let local = if spread <= most { spread } else { least } as usize;
        let mut bytes = page.get(at..at + local).unwrap_or_default().to_vec();
        let mut next = page.get(at + local..).and_then(number);
        let mut more = Vec::new();
        while let Some(page) = next.filter(|next| *next > 0 && (bytes.len() as u64) < len) {
            if bytes.len() as u64 > LONGEST_ROW || !self.read(page, &mut more)? {
                break;
            }
            next = number(&more);
            bytes.extend_from_slice(&more[4..self.usable]);
        }
        bytes.truncate(len as usize);
        Ok(bytes)
    }

    /// The rows of a page as text, or nothing where it holds none.
    fn rows(&mut self, number: u64, page: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let start = if number == 1 { 100 } else { 0 };
        let (head, leaf) = match page.get(start) {
            Some(0x0d) => (8, true),
            Some(0x0a) => (8, false),
            Some(0x02) => (12, false),
            _ => return Ok(text),
        };
        let cells = usize::from(short(page, start + 3));
        for cell in 0..cells {
            let mut at = usize::from(short(page, start + head + 2 * cell));
            at += if head == 12 { 4 } else { 0 };
            let Some(len) = varint(page, &mut at) else { continue };
            if leaf && varint(page, &mut at).is_none() {
                continue;
            }
            let record = self.payload(page, at, len, leaf)?;
            columns(&record, &mut text);
            text.push(b'\n');
        }
        Ok(text)
    }
}

pub(super) fn read<E: Examine>(
    walk: &mut Walk<'_, E>,
    place: &str,
    depth: usize,
    source: impl Read + Seek,
) {
    let outcome = Pages::open(source).and_then(|mut pages| {
        let mut page = Vec::new();
        let mut number = 1;
        while pages.read(number, &mut page)? {
            let rows = pages.rows(number, &page)?;
            if !rows.is_empty() {
                if !walk.goes_on() {
                    return Ok(());
                }
                let name = below(place, format!("page {number}").as_bytes());
                walk.member(&name, depth, &mut &rows[..]);
            }
            number += 1;
        }
        Ok(())
    });
    if let Err(error) = outcome {
        walk.failed(place, &error);
    }
}

/// Adds the texts and blobs of a record: `a=b=c`, so that what stands before a value can be its
/// key.
fn columns(record: &[u8], text: &mut Vec<u8>) {
    let mut at = 0;
    let Some(head) = varint(record, &mut at) else { return };
    let mut body = head as usize;
    let mut first = true;
    while at < (head as usize).min(record.len()) {
        let Some(kind) = varint(record, &mut at) else { return };
        let len = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            _ => (kind.saturating_sub(12) / 2) as usize,
        };
        let end = body.saturating_add(len).min(record.len());
        if kind >= 12 && body < end {
            if !first {
                text.push(b'=');
            }
            text.extend_from_slice(&record[body..end]);
            first = false;
        }
        body = end;
    }
}

fn short(page: &[u8], at: usize) -> u16 {
    page.get(at..at + 2).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]))
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from(u32::from_be_bytes(*bytes.first_chunk::<4>()?)))
}

/// A number of one to nine bytes, seven bits in each but the last.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for index in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if index == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    Some(value)
}
