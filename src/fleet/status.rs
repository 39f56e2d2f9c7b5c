//! How far a fleet is.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::Name;
use super::ledger::{self, Shelf};
use super::link::{Role, Server};
use super::{id_of, streams};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The jobs of a sweep, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub submitted: usize,
    /// Those with a result.
    pub done: usize,
    /// Those that a worker has, or that wait for their next try.
    pub in_flight: usize,
    /// Those that nobody took yet.
    pub waiting: u64,
    /// Those that nobody gets any more, without a result.
    pub dead: usize,
}

/// Counts the jobs of a sweep.
pub fn status(server: &Server, name: &Name) -> Result<Counts> {
    server.with(Role::Collect, PATIENCE, |link| async move {
        let consumer = streams::consumer(&link, name).await?;
        let jobs = Shelf::open(&link, streams::JOBS).await?;
        let submitted = jobs.ids(&name.job("*")).await?.len();
        let done = Shelf::open(&link, streams::RESULTS).await?.ids(&name.result("*")).await?;
        let mut dead = 0;
        for number in ledger::dead(&link, name).await?.into_keys() {
            // A worker that was taken for dead may have come to an end all the same.
            let job = jobs.next(&name.job("*"), number).await?;
            let job = job.filter(|job| job.sequence == number);
            dead += usize::from(job.is_some_and(|job| !done.contains(id_of(&job.subject))));
        }
        let info = consumer.cached_info();
        let (in_flight, waiting) = (info.num_ack_pending, info.num_pending);
        Ok(Counts { submitted, done: done.len(), in_flight, waiting, dead })
    })
}
