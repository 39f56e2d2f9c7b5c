//! How far archives are read. Each limit is a number with its reason, and reaching one is told.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// What one file, object or stream may cost when it is an archive, with all that is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Containers inside of each other. An image holds layers, a layer an application, that one
    /// libraries, and those compressed files: five. Twelve are somebody's joke.
    pub(super) depth: usize,
    /// Members, empty ones included. The largest images have some 200,000.
    pub(super) entries: u64,
    /// Bytes that members have together, unpacked. At 300 MB/s this takes four minutes.
    pub(super) bytes: u64,
    /// How many times its own size an archive may unpack to, once it is beyond `free`. Text packs
    /// to a tenth, a log to a hundredth at best; a bomb to a thousandth and less.
    pub(super) ratio: u64,
    /// What is unpacked of any archive without asking for its ratio.
    pub(super) free: u64,
    /// How long one archive is read.
    pub(super) time: Duration,
    /// What is held in memory of a format that cannot be read as a stream, inside of another
    /// archive or from a pipe.
    pub(super) memory: u64,
    /// How many things that went wrong are told of one archive.
    pub(super) troubles: usize,
}

impl Limits {
    pub(super) const USUAL: Self = Self {
        depth: 10,
        entries: 500_000,
        bytes: 64 << 30,
        ratio: 250,
        free: 256 << 20,
        time: Duration::from_mins(10),
        memory: 256 << 20,
        troubles: 100,
    };
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Entries(u64),
    Bytes(u64),
    Ratio(u64),
    Time(Duration),
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries(most) => write!(f, "it has more than the {most} members that are read"),
            Self::Bytes(most) => {
                write!(f, "it unpacks to more than the {} MiB that are read", most >> 20)
            }
            Self::Ratio(most) => {
                write!(f, "it unpacks to more than {most} times its size, as a bomb does")
            }
            Self::Time(most) => write!(f, "it took longer than {} s", most.as_secs()),
        }
    }
}

impl std::error::Error for Reached {}

/// What is left of the limits of one archive.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    /// Bytes of the archive itself: its size, or what has come of it so far.
    packed: Cell<u64>,
    unpacked: Cell<u64>,
    entries: Cell<u64>,
    started: Instant,
    reached: OnceCell<Reached>,
}

impl Budget {
    pub(super) fn new(limits: Limits, packed: u64) -> Self {
        Self {
            limits,
            packed: Cell::new(packed),
            unpacked: Cell::new(0),
            entries: Cell::new(0),
            started: Instant::now(),
            reached: OnceCell::new(),
        }
    }

    /// The limit that ended the reading, if one did.
    pub(super) fn reached(&self) -> Option<Reached> {
        self.reached.get().copied()
    }

    /// Notes more bytes of the archive itself.
    pub(super) fn came(&self, bytes: usize) {
        self.packed.set(self.packed.get() + bytes as u64);
    }

    /// Notes one more member.
    pub(super) fn entry(&self) -> Result<(), Reached> {
        self.entries.set(self.entries.get() + 1);
        let many = self.entries.get() > self.limits.entries;
        self.check(many.then_some(Reached::Entries(self.limits.entries)))
    }

    /// Notes unpacked bytes.
    fn unpacked(&self, bytes: usize) -> Result<(), Reached> {
        let Limits { bytes: most, ratio, free, time, .. } = self.limits;
        let sum = self.unpacked.get() + bytes as u64;
        self.unpacked.set(sum);
        let reached = if sum > most {
            Some(Reached::Bytes(most))
        } else if sum > free && sum / ratio > self.packed.get() {
            Some(Reached::Ratio(ratio))
        } else if self.started.elapsed() > time {
            Some(Reached::Time(time))
        } else {
            None
        };
        self.check(reached)
    }

    fn check(&self, reached: Option<Reached>) -> Result<(), Reached> {
        if let Some(reached) = reached {
            self.reached.get_or_init(|| reached);
        }
        self.reached().map_or(Ok(()), Err)
    }
}

/// What is unpacked, as far as the budget goes.
pub(super) struct Unpacked<'a> {
    pub(super) budget: &'a Budget,
    pub(super) inner: &'a mut dyn Read,
    /// Set when reading failed.
    pub(super) failed: &'a Cell<bool>,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        let read = read.and_then(|bytes| {
            self.budget.unpacked(bytes).map_err(io::Error::other)?;
            Ok(bytes)
        });
        self.failed.set(self.failed.get() || read.is_err());
        read
    }
}

/// An archive that comes as a stream: its size is known only when it has come.
pub(super) struct Coming<'a> {
    pub(super) budget: &'a Budget,
    pub(super) inner: &'a mut dyn Read,
}

impl Read for Coming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.budget.came(bytes);
        Ok(bytes)
    }
}
