//! A line to one server, on which requests keep its pace.

use std::time::{Duration, SystemTime};

use super::pace::Pace;
use super::permit::Permit;
use super::transport::{Credential, Line, Lost, Message, Reply};

/// How often a request is repeated that a server could not answer.
const REPEATS: u32 = 2;
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
        let server = self.permit.endpoint().authority();
        let mut tried = 0;
        loop {
            if !self.pace.wait(server) {
                return Err(Lost::left_alone());
            }
            let reply = self.line.send(self.permit, message, cap)?;
            tried += 1;
            let is_asked =
                matches!(reply.status, 429 | 503) && reply.header("retry-after").is_some();
            let pause = match reply.status {
                _ if is_asked => retry_after(&reply),
                500 | 502..=504 => Some(AFTER_FAULT * tried),
                _ => return Ok(reply),
            };
            let goes_on = !once && tried <= REPEATS;
            // What it asks for is kept to whoever is next; a fault is the affair of one request.
            let waits =
                (goes_on || is_asked) && pause.is_some_and(|pause| self.pace.hold(server, pause));
            if is_asked && !waits {
                self.pace.leave(server, pause.unwrap_or_default());
            }
            if !goes_on || !waits {
                return Ok(reply);
            }
        }
    }
}

/// How long a server asks to be left alone: seconds, or a time that is compared with its own.
fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds).max(1)));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = reply.date().or_else(|| jiff::Timestamp::try_from(SystemTime::now()).ok())?;
    let seconds = (until.as_second() - now.as_second()).max(1);
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(value: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = vec![("retry-after".to_owned(), value.to_owned())];
        headers.extend(date.map(|date| ("date".to_owned(), date.to_owned())));
        let reply = Reply { status: 429, headers, body: Vec::new() };
        retry_after(&reply).map(|pause| pause.as_secs())
    }

    #[test]
    fn waits_as_long_as_it_is_told_by_the_servers_own_clock() {
        assert_eq!(wait("7", None), Some(7));
        assert_eq!(wait("0", None), Some(1));
        let now = Some("Sun, 06 Nov 1994 08:49:30 GMT");
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(7));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(1));
        assert_eq!(wait("soon", now), None);
        assert_eq!(wait("-5", None), None);
    }
}
