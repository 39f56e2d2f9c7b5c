//! How fast a server is asked: one request after the other at a steady pace, and not at all while
//! it says that it has enough.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How long a run waits for one server altogether, when that asks for it: long enough for a rate
/// limit that is counted by the minute, short enough for a CI step.
const PATIENCE: Duration = Duration::from_secs(75);

/// Turns of all servers.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The time between two requests to one server.
    every: Duration,
    /// How long a run waits for one server altogether.
    patience: Duration,
    servers: Mutex<HashMap<String, Turn>>,
}

/// When a server may be asked next, and how long it may still make us wait.
#[derive(Debug)]
struct Turn {
    next: Instant,
    patience: Duration,
    /// It wants to be left alone for longer than we wait.
    left_until: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(every: Duration) -> Self {
        Self::patient(every, PATIENCE)
    }

    /// With a patience that the user chose.
    pub(crate) fn patient(every: Duration, patience: Duration) -> Self {
        Self { every, patience, servers: Mutex::default() }
    }

    /// How long a server is still left alone.
    pub(crate) fn left_for(&self, server: &str) -> Option<Duration> {
        let until = self.with(server, |turn| turn.left_until)?;
        until.checked_duration_since(Instant::now())
    }

    /// Waits for this server's next turn. False if there is none, because it is left alone.
    pub(crate) fn wait(&self, server: &str) -> bool {
        let now = Instant::now();
        let turn = self.with(server, |turn| {
            let turn_at = turn.next.max(now);
            turn.next = turn_at + self.every;
            turn_at
        });
        thread::sleep(turn.saturating_duration_since(now));
        // Asked last, since others may have been told so meanwhile.
        self.with(server, |turn| turn.left_until.is_none_or(|until| until <= Instant::now()))
    }

    /// Sends nothing more to a server for so long.
    pub(crate) fn leave(&self, server: &str, time: Duration) {
        let until = Instant::now().checked_add(time);
        self.with(server, |turn| turn.left_until = turn.left_until.max(until));
    }

    /// Lets a server rest for so long. False if that is longer than we wait.
    pub(crate) fn hold(&self, server: &str, time: Duration) -> bool {
        self.with(server, |turn| {
            let until = Instant::now() + time;
            let more = until.saturating_duration_since(turn.next);
            if more > turn.patience {
                return false;
            }
            turn.patience -= more;
            turn.next = turn.next.max(until);
            true
        })
    }

    fn with<T>(&self, server: &str, change: impl FnOnce(&mut Turn) -> T) -> T {
        let mut servers = self.servers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fresh = || Turn { next: Instant::now(), patience: self.patience, left_until: None };
        change(servers.entry(server.to_owned()).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own_pace_and_patience_ends() {
        let pace = Pace::new(Duration::from_millis(20));
        let started = Instant::now();
        assert!((0..4).all(|_| pace.wait("a")));
        assert!(started.elapsed() >= Duration::from_millis(60));
        assert!(pace.hold("a", Duration::from_millis(30)));
        let held = Instant::now();
        assert!(pace.wait("a"));
        assert!(held.elapsed() >= Duration::from_millis(20));
        assert!(!pace.hold("a", Duration::from_hours(1)), "longer than we wait");
        assert!(pace.hold("b", Duration::from_secs(1)), "another server has patience of its own");
    }

    #[test]
    fn a_server_that_is_left_alone_gets_no_turn() {
        let pace = Pace::new(Duration::ZERO);
        pace.leave("a", Duration::from_hours(1));
        pace.leave("a", Duration::ZERO);
        assert!(!pace.wait("a") && pace.wait("b"));
        pace.leave("b", Duration::ZERO);
        assert!(pace.wait("b"), "until it is over");
    }
}
