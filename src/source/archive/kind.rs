//! What kind of container bytes are, by their content: names say nothing for sure.

use super::sqlite;

/// How many bytes of a head tell.
pub(super) const HEAD: usize = 512;

/// A container that can be opened, or is known not to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
    SevenZip,
    Pdf,
    Sqlite,
    /// A format that is known and that nothing here reads.
    Unsupported(&'static str),
}

/// The kind that a head tells.
pub(crate) fn kind(head: &[u8]) -> Option<Kind> {
    match head {
        [b'P', b'K', 3, 4, ..]
        | [b'P', b'K', 5, 6, ..]
        | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Some(Kind::Zip),
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        // A block begins with the digits of pi, the end of an empty file with those of its root.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
            Some(Kind::Bzip2)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Kind::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Kind::Lz4),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Kind::SevenZip),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Kind::Pdf),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Kind::Unsupported("RAR")),
        [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..] => Some(Kind::Unsupported("CAB")),
        _ if head.starts_with(sqlite::MAGIC) => Some(Kind::Sqlite),
        _ => is_tar(head).then_some(Kind::Tar),
    }
}

/// Whether a block is a header of tar: its checksum, in octal digits, is right.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<HEAD>() else { return false };
    let field = &block[148..156];
    let digits: Vec<u8> = field
        .iter()
        .copied()
        .skip_while(|byte| *byte == b' ')
        .take_while(u8::is_ascii_digit)
        .collect();
    let Some(stated) =
        std::str::from_utf8(&digits).ok().and_then(|text| u32::from_str_radix(text, 8).ok())
    else {
        return false;
    };
    let sum = |range: &[u8]| range.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let named = block[0] != 0 || block[257..].starts_with(b"ustar");
    named && stated == sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..])
}

/// Where a zip begins that something else stands before, a program or a script that unpacks it:
/// its directory at the end tells.
pub(super) fn behind_program(bytes: &[u8]) -> Option<usize> {
    let end = bytes.last_chunk::<22>()?;
    let int = |at: usize| usize::try_from(u32::from_le_bytes(*end[at..].first_chunk()?)).ok();
    if !end.starts_with(b"PK\x05\x06") {
        return None;
    }
    let (size, offset) = (int(12)?, int(16)?);
    let start = bytes.len().checked_sub(22 + size + offset)?;
    bytes[start..].starts_with(b"PK\x03\x04").then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_container() {
        for text in ["PK", "BZh9 is the head of bzip2", "%PDF", "7z", "Rar!", "PK\u{3}x", ""] {
            assert_eq!(kind(text.as_bytes()), None, "{text}");
        }
        assert_eq!(kind(&[b' '; 600]), None);
        assert_eq!(kind(&[0; 600]), None);
        assert_eq!(kind(&[b'0'; 600]), None);
    }
}
