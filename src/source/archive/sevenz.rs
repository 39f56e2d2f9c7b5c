//! 7z, which needs to be sought in: its directory is at its end.

use std::io::{self, Read, Seek};

use sevenz_rust2::{ArchiveReader, Error, Password};

use super::compressed::DICTIONARY;
use super::{Examine, Walk, below};
use crate::problem::ProblemCode;

pub(super) fn read<E: Examine>(
    walk: &mut Walk<'_, E>,
    place: &str,
    depth: usize,
    source: impl Read + Seek,
) {
    let opened =
        ArchiveReader::new_with_memory_limit(source, Password::empty(), DICTIONARY as usize);
    let mut archive = match opened {
        Ok(archive) => archive,
        Err(error) => return fails(walk, place, error),
    };
    // One thread of this scan reads it; the others read other things.
    archive.set_thread_count(1);
    let outcome = archive.for_each_entries(|entry, reader| {
        if !walk.goes_on() {
            return Err(Error::Other("a limit was reached".into()));
        }
        if entry.is_directory || !entry.has_stream {
            return Ok(true);
        }
        let read = walk.member(&below(place, entry.name.as_bytes()), depth, reader);
        if walk.budget.reached().is_some() {
            return Err(Error::Other("a limit was reached".into()));
        }
        if !read {
            return Ok(false);
        }
        io::copy(reader, &mut io::sink()).map_err(|error| Error::Io(error, "".into()))?;
        Ok(true)
    });
    if let Err(error) = outcome {
        fails(walk, place, error);
    }
}

fn fails<E: Examine>(walk: &mut Walk<'_, E>, place: &str, error: Error) {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            walk.trouble(ProblemCode::Encrypted, place, "it is encrypted");
        }
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => {
            walk.trouble(ProblemCode::Encrypted, place, "it is encrypted");
        }
        Error::UnsupportedCompressionMethod(method) => {
            let why = format!("its method of compression is not read: {method}");
            walk.trouble(ProblemCode::Unsupported, place, &why);
        }
        other => walk.failed(place, &io::Error::other(other.to_string())),
    }
}
