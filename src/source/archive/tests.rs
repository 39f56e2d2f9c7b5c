//! Archives of every kind, sound and not: what comes out of them, and what is told of the rest.

use std::cell::Cell;
use std::io::Write as _;
use std::ops::Range;

use super::*;
use crate::source::Before;
use crate::span::Copied;
use crate::terms::TermSet;

mod bounds;
#[path = "../../../tests/cli/pack.rs"]
mod pack;

use pack::{Entry, gzip, tar as tarred, zip as zipped, zip_body};

/// Takes everything for something found: a member's text, or what went wrong.
struct Everything;

impl Examine for Everything {
    type Found = String;
    const REACH: usize = 64;
    type Trace = ();

    fn examine(&self, bytes: &[u8], own: Range<usize>, out: &mut Vec<String>) {
        out.push(String::from_utf8_lossy(&bytes[own]).into_owned());
    }

    fn examine_delta(
        &self,
        bytes: &[u8],
        _: Option<(&(), &[Copied])>,
        out: &mut Vec<String>,
    ) -> Self::Trace {
        self.examine(bytes, 0..bytes.len(), out);
    }

    fn terms(&self, (): &()) -> TermSet {
        TermSet::default()
    }

    fn relocate(&self, _: &mut [String], _: &[u8], _: &Before) {}

    fn opens(&self) -> bool {
        true
    }

    fn read_member(&self, _: u64) {}

    fn enclose(&self, found: &mut String, member: &str) {
        *found = format!("{member}: {found}");
    }

    fn trouble(&self, code: ProblemCode, why: String) -> String {
        format!("<{code}> {why}")
    }
}

fn found(bytes: &[u8]) -> Vec<String> {
    found_within(bytes, Limits::USUAL)
}

fn found_within(bytes: &[u8], limits: Limits) -> Vec<String> {
    let mut out = Vec::new();
    members_within(bytes, &Everything, limits, &mut out);
    // A pipe tells the same as memory does, but for the size that it does not know beforehand.
    if let Some(kind) = kind(bytes).filter(|_| limits.ratio == Limits::USUAL.ratio) {
        let mut piped = Vec::new();
        let budget = Budget::new(limits, bytes.len() as u64);
        let mut slow = OneByOne(bytes);
        let mut stream = BufReader::with_capacity(7, &mut slow);
        Walk::run(&Everything, &budget, &mut piped, |walk| {
            walk.container(kind, "", 1, Input::Stream(&mut stream));
        });
        assert_eq!(piped, out, "through a pipe");
    }
    out
}

/// Gives one byte at a time, as a pipe may.
struct OneByOne<'a>(&'a [u8]);

impl Read for OneByOne<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("it begins");
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// A 7z of one file, with a password or without.
fn seven(name: &str, bytes: &[u8], password: Option<&str>) -> Vec<u8> {
    use sevenz_rust2::encoder_options::AesEncoderOptions;
    use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderMethod, Password};
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new())).expect("it begins");
    if let Some(password) = password {
        let options = AesEncoderOptions::new(Password::from(password));
        writer.set_content_methods(vec![options.into(), EncoderMethod::LZMA2.into()]);
    }
    let entry = ArchiveEntry::new_file(name);
    writer.push_archive_entry(entry, Some(bytes)).expect("into memory");
    writer.finish().expect("into memory").into_inner()
}

#[test]
fn members_of_a_zip_by_every_method() {
    let stored_block = |text: &[u8]| {
        let len = text.len() as u16;
        [&[1][..], &len.to_le_bytes(), &(!len).to_le_bytes(), text].concat()
    };
    let entries = [
        Entry::stored("a/stored", b"one"),
        Entry::deflated("deflated", b"two two two"),
        // A stored block is the same in Deflate64.
        Entry::packed("deflate64", 9, b"three", stored_block(b"three")),
        Entry::packed("bzip2", 12, b"four", bzip2(b"four")),
        Entry::packed("zstd", 93, b"five", zstd(b"five")),
        Entry::packed("xz", 95, b"six", xz(b"six")),
        Entry { wide: true, ..Entry::deflated("zip64", b"seven") },
        Entry::stored("empty/", b""),
        Entry::deflated("../../outside", b"eight"),
        Entry::deflated("/absolute", b"nine"),
    ];
    let wanted = [
        "a/stored: one",
        "deflated: two two two",
        "deflate64: three",
        "bzip2: four",
        "zstd: five",
        "xz: six",
        "zip64: seven",
        "empty/: ",
        "../../outside: eight",
        "/absolute: nine",
    ];
    assert_eq!(found(&zipped(&entries)), wanted);
    let open: Vec<Entry> = entries[..5].iter().map(|entry| entry.clone().open()).collect();
    assert_eq!(found(&zipped(&open)), wanted[..5], "sizes behind the members");
    let script = [b"#!/bin/sh\nexit\n".to_vec(), zipped(&entries)].concat();
    let mut out = Vec::new();
    members(&script, &Everything, &mut out);
    assert_eq!(out, wanted, "behind a script");
}

#[test]
fn a_damaged_zip_gives_what_it_can() {
    let entries = [Entry::deflated("one", &b"first ".repeat(9)), Entry::deflated("two", b"second")];
    let whole = zipped(&entries);
    let texts = ["one: first first first first first first first first first ", "two: second"];
    let gone = "<damaged> it ends without its directory: what was cut off is not there to be read";
    assert_eq!(found(&zip_body(&entries)), [&texts[..], &[gone]].concat());
    for cut in 40..whole.len() - 1 {
        let told = found(&whole[..cut]);
        let complete = told.iter().all(|it| !it.contains('<'));
        // Of the end of the directory only its size and the comment may be missing.
        assert!(!complete || cut > whole.len() - 22, "{cut} of {}: {told:?}", whole.len());
    }
    let wrong = Entry { crc: 7, ..entries[0].clone() };
    for wrong in [wrong.clone(), wrong.open()] {
        let told = found(&zipped(&[wrong, entries[1].clone()]));
        let sum = "one: <damaged> its checksum is wrong: it was read all the same";
        assert_eq!(told, [texts[0], sum, texts[1]]);
    }
    let broken = Entry { packed: vec![0xff; 30], ..entries[0].clone() };
    let told = found(&zipped(&[broken, entries[1].clone()]));
    assert!(told[0].starts_with("one: <damaged> it cannot be read to its end"), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some(texts[1]));
}

#[test]
fn what_a_zip_keeps_closed_is_told() {
    let locked = Entry { flags: 1, ..Entry::stored("locked", b"?????") };
    let odd = Entry { method: 98, ..Entry::stored("odd", b"?????") };
    let last = Entry::stored("last", b"text");
    let told = found(&zipped(&[locked, odd, last]));
    let wanted = [
        "locked: <encrypted> it is encrypted",
        "odd: <unsupported> its method of compression, 98, is not read",
        "last: text",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_directory_that_lists_more_than_there_is() {
    let whole = zipped(&[Entry::stored("a", b"x"), Entry::stored("b", b"y")]);
    let body = zip_body(&[Entry::stored("a", b"x"), Entry::stored("b", b"y")]).len();
    // Both lines of the directory point to the one member that is there.
    let overlap = [&zip_body(&[Entry::stored("a", b"x")])[..], &whole[body..]].concat();
    let told = found(&overlap);
    let more = "<damaged> its directory lists 2 members, but only 1 were met";
    assert_eq!(told, ["a: x", more]);
}

#[test]
fn tars_of_every_kind() {
    let files: [(&str, &[u8]); 3] = [("a", b"one"), ("../b", b"two"), ("/c", b"three")];
    let wanted = ["a: one", "../b: two", "/c: three"];
    let tar = tarred(&files);
    assert_eq!(found(&tar), wanted);
    for packed in [gzip(&tar), bzip2(&tar), xz(&tar), zstd(&tar), lz4(&tar)] {
        assert_eq!(found(&packed), wanted);
    }
    let appended = [tar.clone(), tarred(&[("d", b"four")])].concat();
    assert_eq!(found(&appended), [&wanted[..], &["d: four"]].concat());
    let cut = found(&tar[..=512]);
    assert!(cut.last().is_some_and(|it| it.contains("<damaged>")), "{cut:?}");
}

#[test]
fn a_tar_with_two_sizes_is_told() {
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("size", &b"512"[..])]).expect("into memory");
    let mut header = ::tar::Header::new_ustar();
    header.set_path("smuggler").expect("a name");
    header.set_size(1024);
    header.set_cksum();
    builder.append(&header, &[b'x'; 1024][..]).expect("into memory");
    let told = found(&builder.into_inner().expect("into memory"));
    let two = "smuggler: <damaged> its header gives it two sizes";
    assert!(told.iter().any(|it| it.starts_with(two)), "{told:?}");
}

#[test]
fn compressed_files_in_several_parts() {
    for pack in [gzip, bzip2, xz, zstd, lz4] {
        let two = [pack(b"first, "), pack(b"second")].concat();
        assert_eq!(found(&two), ["content: first, second"]);
    }
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(b"text")].concat();
    assert_eq!(found(&skipped), ["content: text"]);
    let padded = [gzip(b"text"), vec![0; 1000]].concat();
    assert_eq!(found(&padded), ["content: text"]);
    let garbage = [gzip(b"text"), b"no more of it".to_vec()].concat();
    assert_eq!(found(&garbage).len(), 2);
}

#[test]
fn truncated_files_give_what_is_there() {
    let mut state = 1_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let noise: Vec<u8> = (0..40_000).map(|_| noise()).collect();
    let text = [&b"the beginning"[..], &noise].concat();
    for pack in [gzip, bzip2, xz, zstd, lz4] {
        let packed = pack(&text);
        let told = found(&packed[..packed.len() - 9]);
        let last = told.last().expect("something is told");
        assert!(last.starts_with("<damaged> it cannot be read to its end"), "{last}");
    }
    assert!(found(&gzip(&text)[..9000])[0].starts_with("content: the beginning"));
}

#[test]
fn seven_zips() {
    assert_eq!(found(&seven("a/b", b"text", None)), ["a/b: text"]);
    let nested = zipped(&[Entry::deflated("in.7z", &seven("b", b"text", None))]);
    assert_eq!(found(&nested), ["in.7z!/b: text"]);
    let locked = found(&seven("b", b"text", Some("secret")));
    assert_eq!(locked.len(), 1, "{locked:?}");
    assert!(locked[0].contains("<encrypted>"), "{locked:?}");
    let whole = seven("b", b"text", None);
    assert!(found(&whole[..whole.len() - 5])[0].contains("<damaged>"));
}

#[test]
fn formats_that_are_not_read_are_told() {
    let told = found(b"Rar!\x1a\x07\x01\x00 and so on");
    assert_eq!(told, ["<unsupported> its format, RAR, is not read"]);
}

#[test]
fn streams_of_a_pdf() {
    let stream = |dictionary: &str, bytes: &[u8]| {
        let head = format!("4 0 obj\n<<{dictionary} /Length {}>>\nstream\n", bytes.len());
        [head.as_bytes(), bytes, b"\nendstream\nendobj\n"].concat()
    };
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(b"BT (text) Tj ET").expect("into memory");
    let packed = zlib.finish().expect("into memory");
    let text = stream("/Filter /FlateDecode", &packed);
    let picture = stream("/Subtype /Image /Filter /FlateDecode", b"no zlib");
    let pdf = [b"%PDF-1.4\n", &picture[..], &text].concat();
    let told = found(&pdf);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with(": BT (text) Tj ET") && told[0].starts_with("stream at byte "));
    assert!(told[1].ends_with(": text\n") && told[1].starts_with("text at byte "));
    let locked = [&pdf[..], b"trailer << /Encrypt 5 0 R >>"].concat();
    assert_eq!(found(&locked), ["<encrypted> its streams are encrypted"]);
}

#[test]
fn a_walk_survives_any_bytes() {
    let samples = [
        zipped(&[Entry::deflated("a", &b"text ".repeat(50)), Entry::stored("b", b"x").open()]),
        tarred(&[("a", b"one"), ("b", b"two")]),
        gzip(&b"text ".repeat(50)),
        bzip2(b"text"),
        xz(b"text"),
        zstd(&b"text ".repeat(50)),
        lz4(b"text"),
        seven("a", b"text", None),
    ];
    let seen = Cell::new(0);
    for sample in samples {
        for at in 0..sample.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = sample.clone();
                bytes[at] ^= change;
                let mut out = Vec::new();
                members(&bytes, &Everything, &mut out);
                let failed = out.iter().any(|it| it.contains("a fault of squelch"));
                assert!(!failed, "{change:x} at {at} of {:?}", kind(&sample));
                seen.set(seen.get() + out.len());
            }
        }
    }
    assert!(seen.get() > 1000);
}
