//! The bytes of a log as they come, with an eye on whether they are all there.

use std::fmt;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::api::Unread;
use crate::door::transport::Stream;
use crate::problem::ProblemCode;

/// The most that is read of one log. Buildkite keeps 1 GiB, Azure and GitHub as much as comes; Jenkins
/// knows no end, and a log of a job that runs away fills a disk.
const LONGEST: u64 = 8 << 30;
/// How much of the end is looked at for words that say that the rest was thrown away: behind them
/// come a few lines on how the job ended.
const TAIL: usize = 4096;
/// How much of the beginning tells a page for people.
const HEAD: u64 = 64;

/// Reads one log. It remembers what went wrong, so that its user need not.
pub struct LogReader {
    bytes: Box<dyn Read + Send>,
    left: u64,
    tail: Vec<u8>,
    cut: &'static [&'static str],
    error: Option<String>,
}

impl LogReader {
    pub(super) fn new(mut stream: Stream, cut: &'static [&'static str]) -> Result<Self, Unread> {
        let zipped = stream.header("content-encoding").is_some_and(|it| it.trim() == "gzip");
        let mut head = Vec::new();
        // What broke off so early is still to be read up to there.
        let broken = stream.by_ref().take(HEAD).read_to_end(&mut head).err();
        let start = String::from_utf8_lossy(&head).trim_start().to_ascii_lowercase();
        if start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Err(Unread::page());
        }
        let whole = io::Cursor::new(head).chain(Rest { broken, stream });
        let bytes: Box<dyn Read + Send> =
            if zipped { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self { bytes, left: LONGEST, tail: Vec::new(), cut, error: None })
    }

    /// Whether all of it came. To be asked when it was read to its end.
    pub(super) fn verdict(self) -> Result<(), Unread> {
        if let Some(why) = self.error {
            let why = format!("it was cut: {why}");
            let hint = "what came before was read; ask again for the rest";
            return Err(Unread::new(ProblemCode::Unreadable, why).hinted(hint));
        }
        let tail = String::from_utf8_lossy(&self.tail);
        match self.cut.iter().find(|mark| tail.contains(**mark)) {
            Some(mark) => {
                let why = format!("the CI system threw away its end: it says {mark:?}");
                let hint = "nothing can be read of what was thrown away; raise the limit there";
                Err(Unread::new(ProblemCode::TooLarge, why).hinted(hint))
            }
            None => Ok(()),
        }
    }

    fn remember(&mut self, bytes: &[u8]) {
        if self.cut.is_empty() {
            return;
        }
        let new = &bytes[bytes.len().saturating_sub(TAIL)..];
        let old = (self.tail.len() + new.len()).saturating_sub(TAIL);
        self.tail.drain(..old.min(self.tail.len()));
        self.tail.extend_from_slice(new);
    }
}

/// What stands behind the beginning: an error, if that ended in one.
struct Rest {
    broken: Option<io::Error>,
    stream: Stream,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.broken.take().map_or_else(|| self.stream.read(buffer), Err)
    }
}

impl Read for LogReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            let why = format!("it is longer than the {} GiB that are read of one", LONGEST >> 30);
            self.error = Some(why.clone());
            return Err(io::Error::other(why));
        }
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        match self.bytes.read(&mut buffer[..room]) {
            Ok(read) => {
                self.left -= read as u64;
                self.remember(&buffer[..read]);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.error = Some(error.to_string());
                Err(error)
            }
        }
    }
}

impl fmt::Debug for LogReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogReader({} bytes left)", self.left)
    }
}
