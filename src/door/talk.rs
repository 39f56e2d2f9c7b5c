//! A line to one server, on which requests keep its pace.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use super::limits;
use super::pace::Pace;
use super::permit::Permit;
use super::transport::{Credential, Line, Lost, Message, Reply, Stream};

/// How often a request is repeated that a server could not answer.
const REPEATS: u32 = 2;
/// What a server answers that could not answer.
const FAULTS: [u16; 4] = [500, 502, 503, 504];
/// The same, and that it was asked too much, for requests that may be repeated at ease.
const BUSY: [u16; 5] = [429, 500, 502, 503, 504];
/// How long after a fault of a server it is asked again, times the number of the try.
const AFTER_FAULT: Duration = Duration::from_millis(400);

/// A line to a server, with what it takes to be polite on it.
#[derive(Debug)]
pub(crate) struct Talk<'a> {
    pub(crate) line: &'a Line,
    pub(crate) permit: &'a Permit,
    pub(crate) pace: &'a Pace,
}

impl Talk<'_> {
    /// Asks for a page, as [`Talk::ask`] does.
    pub(crate) fn get(
        &self,
        path: &str,
        credential: &Credential,
        cap: u64,
        once: bool,
    ) -> Result<Reply, Lost> {
        self.ask(&Message::get(path, credential), cap, once)
    }

    /// Asks at the server's pace. What it asks to wait is waited, or it is left alone; its faults are
    /// tried again, unless each request counts.
    pub(crate) fn ask(&self, message: &Message, cap: u64, once: bool) -> Result<Reply, Lost> {
        self.reach(message, &FAULTS, once)?.whole(cap)
    }

    /// Opens an answer, as [`Talk::ask`] does. A server that has enough for longer than we wait is an
    /// error that says when to go on; what is left of its budget is looked at, too.
    pub(crate) fn open(&self, message: &Message) -> Result<Stream, Lost> {
        let stream = self.reach(message, &BUSY, false)?;
        let head = stream.head();
        let server = self.permit.endpoint().authority();
        if limits::asked(&head).is_some() && self.pace.left_for(server).is_some() {
            return Err(self.left_alone());
        }
        if let Some(pause) = limits::spent(&head)
            && !self.pace.hold(server, pause)
        {
            self.pace.leave(server, pause);
        }
        Ok(stream)
    }

    fn reach(&self, message: &Message, faults: &[u16], once: bool) -> Result<Stream, Lost> {
        let server = self.permit.endpoint().authority();
        let mut tried = 0;
        loop {
            if !self.pace.wait(server) {
                return Err(self.left_alone());
            }
            let stream = self.line.open(self.permit, message)?;
            tried += 1;
            let asked = limits::asked(&stream.head());
            let said =
                matches!(stream.status(), 429 | 503) && stream.header("retry-after").is_some();
            let is_asked = said || asked.is_some();
            let pause = match stream.status() {
                _ if is_asked => asked,
                status if faults.contains(&status) => Some(AFTER_FAULT * tried),
                _ => return Ok(stream),
            };
            let goes_on = !once && tried <= REPEATS;
            // What it asks for is kept to whoever is next; a fault is the affair of one request.
            let waits =
                (goes_on || is_asked) && pause.is_some_and(|pause| self.pace.hold(server, pause));
            if is_asked && !waits {
                self.pace.leave(server, pause.unwrap_or_default());
            }
            if !goes_on || !waits {
                return Ok(stream);
            }
        }
    }

    fn left_alone(&self) -> Lost {
        let pause = self.pace.left_for(self.permit.endpoint().authority());
        let until = pause.and_then(|pause| {
            let now = Timestamp::try_from(SystemTime::now()).ok()?;
            now.checked_add(SignedDuration::try_from(pause).ok()?).ok()
        });
        Lost::left_alone(until)
    }
}
