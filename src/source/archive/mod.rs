//! Archives and compressed files: their members are read as streams, in memory, and never
//! unpacked to anywhere.
//!
//! A container is told by its content, wherever it stands: as a file, as an object of a
//! repository, on standard input, inside of another one. What cannot be read is told with its
//! place, and the rest is read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Examine;
use super::large::WINDOW;
use super::stdin::examine_in_turn;
use crate::problem::ProblemCode;
use limits::{Budget, Coming, Limits, Unpacked};

mod compressed;
mod kind;
mod limits;
mod pdf;
mod sevenz;
mod sqlite;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

pub(crate) use kind::{Kind, kind};

/// How much is asked for at once.
const CHUNK: usize = 64 << 10;
/// Names are cut to this many bytes.
const LONGEST_NAME: usize = 1024;

/// Examines what is in `bytes`, if they are a container that is opened; returns whether they are. The
/// bytes themselves are the caller's.
pub(crate) fn members<E: Examine>(bytes: &[u8], examine: &E, out: &mut Vec<E::Found>) -> bool {
    members_within(bytes, examine, Limits::USUAL, out)
}

fn members_within<E: Examine>(
    bytes: &[u8],
    examine: &E,
    limits: Limits,
    out: &mut Vec<E::Found>,
) -> bool {
    let (start, kind) = match (kind(bytes), kind::behind_program(bytes)) {
        (Some(kind), _) => (0, kind),
        (None, Some(start)) => (start, Kind::Zip),
        (None, None) => return false,
    };
    if !examine.opens() {
        return false;
    }
    let budget = Budget::new(limits, bytes.len() as u64);
    Walk::run(examine, &budget, out, |walk| {
        walk.container(kind, "", 1, Input::Bytes(&bytes[start..]));
    });
    true
}

/// The same for an open file of `size` bytes.
pub(crate) fn members_of_file<E: Examine>(
    file: &File,
    size: u64,
    examine: &E,
    out: &mut Vec<E::Found>,
) -> io::Result<()> {
    let mut head = Vec::new();
    file.take(kind::HEAD as u64).read_to_end(&mut head)?;
    let Some(kind) = kind(&head).filter(|_| examine.opens()) else { return Ok(()) };
    let budget = Budget::new(Limits::USUAL, size);
    Walk::run(examine, &budget, out, |walk| {
        walk.container(kind, "", 1, Input::File(file));
    });
    Ok(())
}

/// The same for a stream that begins with `head`: what is left of it when its members are read is
/// for the caller.
pub(crate) fn members_of_stream<E: Examine>(
    kind: Kind,
    stream: &mut dyn Read,
    examine: &E,
    out: &mut Vec<E::Found>,
) {
    let budget = Budget::new(Limits::USUAL, 0);
    let mut coming = Coming { budget: &budget, inner: stream };
    let mut stream = BufReader::with_capacity(CHUNK, &mut coming);
    Walk::run(examine, &budget, out, |walk| {
        walk.container(kind, "", 1, Input::Stream(&mut stream));
    });
}

/// A container's bytes.
enum Input<'a> {
    Bytes(&'a [u8]),
    File(&'a File),
    Stream(&'a mut dyn BufRead),
}

/// One walk through an archive and all that is in it.
struct Walk<'a, E: Examine> {
    examine: &'a E,
    budget: &'a Budget,
    out: &'a mut Vec<E::Found>,
    troubles: usize,
}

impl<'a, E: Examine> Walk<'a, E> {
    /// Walks. A reader of a format that fails on purpose-made bytes must not lose the rest of the
    /// scan.
    fn run(
        examine: &'a E,
        budget: &'a Budget,
        out: &'a mut Vec<E::Found>,
        walk: impl FnOnce(&mut Self),
    ) {
        let mut all = Self { examine, budget, out, troubles: 0 };
        if catch_unwind(AssertUnwindSafe(|| walk(&mut all))).is_err() {
            all.trouble(ProblemCode::Damaged, "", "reading it failed: a fault of squelch");
        }
        if let Some(reached) = budget.reached() {
            all.trouble(ProblemCode::TooLarge, "", &format!("{reached}: the rest was not read"));
        }
    }

    /// Reads the members of a container. `place` is where it stands, empty for the outermost.
    fn container(&mut self, kind: Kind, place: &str, depth: usize, input: Input<'_>) {
        if depth > self.budget.limits.depth {
            let why = format!("more than {} archives inside of each other", depth - 1);
            return self.trouble(ProblemCode::TooLarge, place, &why);
        }
        let (mut cursor, mut file);
        let stream: &mut dyn BufRead = match input {
            Input::Bytes(bytes) if kind == Kind::SevenZip => {
                return sevenz::read(self, place, depth, Cursor::new(bytes));
            }
            Input::Bytes(bytes) if kind == Kind::Sqlite => {
                return sqlite::read(self, place, depth, Cursor::new(bytes));
            }
            Input::File(file) if kind == Kind::Sqlite => {
                return sqlite::read(self, place, depth, file);
            }
            Input::Bytes(bytes) if kind == Kind::Pdf => {
                return pdf::read(self, place, depth, bytes);
            }
            Input::File(file) if kind == Kind::SevenZip => {
                return sevenz::read(self, place, depth, BufReader::with_capacity(CHUNK, file));
            }
            Input::Bytes(bytes) => {
                cursor = Cursor::new(bytes);
                &mut cursor
            }
            Input::File(inner) => {
                if let Err(error) = io::Seek::rewind(&mut &*inner) {
                    return self.trouble(ProblemCode::Unreadable, place, &error.to_string());
                }
                file = BufReader::with_capacity(CHUNK, inner);
                &mut file
            }
            Input::Stream(stream) => stream,
        };
        self.stream(kind, place, depth, stream);
    }

    fn stream(&mut self, kind: Kind, place: &str, depth: usize, stream: &mut dyn BufRead) {
        match kind {
            Kind::Zip => zip::read(self, place, depth, stream),
            Kind::Tar => tar::read(self, place, depth, stream),
            Kind::Gzip | Kind::Bzip2 | Kind::Xz | Kind::Zstd | Kind::Lz4 => {
                compressed::read(self, kind, place, depth, stream);
            }
            Kind::SevenZip | Kind::Sqlite | Kind::Pdf => {
                let mut bytes = Vec::new();
                let most = self.budget.limits.memory;
                match stream.take(most + 1).read_to_end(&mut bytes) {
                    Ok(_) if bytes.len() as u64 > most => {
                        let why = format!("larger than the {} MiB that are held of it", most >> 20);
                        self.trouble(ProblemCode::TooLarge, place, &why);
                    }
                    Ok(_) => self.container(kind, place, depth, Input::Bytes(&bytes)),
                    Err(error) => self.failed(place, &error),
                }
            }
            Kind::Unsupported(name) => {
                let why = format!("its format, {name}, is not read");
                self.trouble(ProblemCode::Unsupported, place, &why);
            }
        }
    }

    /// Reads one member: another container, or what is looked for. False if its reader failed:
    /// what a decoder gives after that is nobody's.
    fn member(&mut self, place: &str, depth: usize, inner: &mut dyn Read) -> bool {
        let failed = Cell::new(false);
        let mut unpacked = Unpacked { budget: self.budget, inner, failed: &failed };
        let mut head = Vec::new();
        if let Err(error) = (&mut unpacked).take(kind::HEAD as u64).read_to_end(&mut head) {
            if !head.is_empty() {
                self.leaf(place, Cursor::new(head));
            }
            self.failed(place, &error);
            return false;
        }
        let nested = kind(&head);
        let rest = Cursor::new(head).chain(unpacked);
        if let Some(kind) = nested.filter(|_| depth < self.budget.limits.depth) {
            let mut stream = BufReader::with_capacity(CHUNK, rest);
            self.container(kind, place, depth + 1, Input::Stream(&mut stream));
        } else {
            if nested.is_some() {
                let why = format!("more than {depth} archives inside of each other");
                self.trouble(ProblemCode::TooLarge, place, &why);
            }
            self.leaf(place, rest);
        }
        !failed.get()
    }

    fn leaf(&mut self, place: &str, mut stream: impl Read) {
        let read = examine_in_turn(&mut stream, WINDOW, self.examine);
        self.examine.read_member(read.bytes);
        for mut found in read.found {
            self.examine.enclose(&mut found, shown(place));
            self.out.push(found);
        }
        if let Some(error) = read.error {
            self.failed(place, &error);
        }
    }

    /// Whether the walk goes on to the next member.
    fn goes_on(&self) -> bool {
        self.budget.entry().is_ok()
    }

    /// Tells of a reading that ended early, unless a limit ended it: that is told once.
    fn failed(&mut self, place: &str, error: &io::Error) {
        if self.budget.reached().is_none() {
            let why = format!("it cannot be read to its end: {error}");
            self.trouble(ProblemCode::Damaged, place, &why);
        }
    }

    fn trouble(&mut self, code: ProblemCode, place: &str, why: &str) {
        self.troubles += 1;
        let most = self.budget.limits.troubles;
        if self.troubles > most + 1 {
            return;
        }
        let mut found = if self.troubles > most {
            let why = "more of its members could not be read than are told".to_owned();
            self.examine.trouble(ProblemCode::TooMany, why)
        } else {
            self.examine.trouble(code, why.to_owned())
        };
        if !place.is_empty() && self.troubles <= most {
            self.examine.enclose(&mut found, place);
        }
        self.out.push(found);
    }
}

/// The name of a member in reports: that of a compressed file has none.
fn shown(place: &str) -> &str {
    if place.is_empty() { "content" } else { place }
}

/// The place of a member in a container.
fn below(place: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(&name[..name.len().min(LONGEST_NAME)]);
    if place.is_empty() { name.into_owned() } else { format!("{place}!/{name}") }
}
