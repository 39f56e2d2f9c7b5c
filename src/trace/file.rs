//! Reads whole files: those that the user named, and those that were found in a folder.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::problem::{Problem, ProblemCode};
use crate::source::files::open;

/// The most of a file that is read into memory, since its format has to be read as a whole: an
/// export of some 400,000 tokens, with 300 bytes for a row.
const MAX_NAMED: u64 = 128 << 20;

/// The most of a file of one Jenkins user, where a token takes half a kilobyte.
pub(super) const MAX_FOUND: u64 = 16 << 20;

/// The text of the file that the user named. A link is followed and a pipe is read: both are what
/// the user said.
pub(super) fn named(path: &str) -> anyhow::Result<String> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot open {path}"))?;
    if metadata.is_dir() {
        bail!("{path} is a folder: name the file");
    }
    let file = File::open(path).with_context(|| format!("cannot open {path}"))?;
    match all(file, MAX_NAMED).with_context(|| format!("cannot read {path}"))? {
        Some(bytes) => Ok(text(bytes)),
        None => bail!("{path} has more than {} MiB: name a part of it", MAX_NAMED >> 20),
    }
}

/// The text of a file that was found in a folder, where a link may lead anywhere: none is followed.
/// `None` if there is no such file.
pub(super) fn found(path: &Path) -> Result<Option<String>, Problem> {
    let place = || path.to_string_lossy().into_owned();
    let unreadable = |why: String| Problem::new(ProblemCode::Unreadable, place(), why);
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    if kind.is_symlink() {
        let hint = "name the file that it leads to";
        return Err(unreadable("it is a link, and none is followed".to_owned()).hinted(hint));
    }
    if !kind.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    // If it is a link or a pipe by now, it does not lead away.
    let read = open(path).and_then(|file| all(file, MAX_FOUND));
    let bytes = read.map_err(|error| unreadable(error.to_string()))?;
    let why = || format!("it has more than {} MiB", MAX_FOUND >> 20);
    let large = || Problem::new(ProblemCode::TooLarge, place(), why());
    bytes.map(|bytes| Some(text(bytes))).ok_or_else(large)
}

/// All bytes, `None` if there are more than `most`.
fn all(file: File, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// The text of bytes: UTF-16 where a mark at their start says so, as `PowerShell` and some
/// database clients write it, else UTF-8. What is broken in it can be in names alone.
pub(super) fn text(bytes: Vec<u8>) -> String {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return wide(u16::from_le_bytes);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return wide(u16::from_be_bytes);
    }
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// The lines of a list that say something, each with its number: blank ones and comments do not.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The file's name without its folders, for what has little room.
pub(super) fn short(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_named_and_follows_no_link_that_was_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.txt");
        fs::write(&file, b"\xff\xfea\0\xe9\0").expect("written");
        assert_eq!(named(&file.to_string_lossy()).expect("a file"), "aé");
        assert_eq!(found(&file), Ok(Some("aé".to_owned())));
        assert_eq!(found(&folder.path().join("b.txt")), Ok(None));
        assert!(named(&folder.path().to_string_lossy()).is_err());
        assert_eq!(found(folder.path()).expect_err("a folder").code, ProblemCode::Unreadable);
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&file, &link).expect("linked");
            assert_eq!(named(&link.to_string_lossy()).expect("the user's word"), "aé");
            assert_eq!(found(&link).expect_err("a link").code, ProblemCode::Unreadable);
        }
        let large = File::create(&file).expect("made");
        large.set_len(MAX_FOUND + 1).expect("grown");
        assert_eq!(found(&file).expect_err("large").code, ProblemCode::TooLarge);
    }

    #[test]
    fn a_mark_at_the_start_is_no_text() {
        assert_eq!(text(b"\xef\xbb\xbfa".to_vec()), "a");
        assert_eq!(text(b"\xfe\xff\0a".to_vec()), "a");
        assert_eq!(text(b"a\xff".to_vec()), "a\u{fffd}");
    }
}
