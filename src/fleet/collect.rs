//! From results to one report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream::message::StreamMessage;
use futures_util::{StreamExt, TryStreamExt};

use super::ledger::{self, AT_ONCE, Shelf};
use super::link::{Link, Role, Server};
use super::parcel::Seal;
use super::{Name, id_of, job, streams};
use crate::finding::Report;
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::sweep::results::Results;
use crate::sweep::union;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fetches all results of a sweep into a folder, as a sweep keeps them, and returns what all jobs
/// came to. A job without a result is a problem.
pub fn collect(server: &Server, name: &Name, out: &Path, rules: &Rules) -> Result<Report> {
    let results = Results::open(out)?;
    server.with(Role::Collect, PATIENCE, |link| async move {
        streams::consumer(&link, name).await?;
        let jobs = ledger::jobs(&link, name).await?;
        if jobs.is_empty() {
            bail!("the sweep {name} has no jobs: has it been submitted?");
        }
        let dead = ledger::dead(&link, name).await?;
        let shelf = Shelf::open(&link, streams::RESULTS).await?;
        let collector = Collector { name, shelf, results: &results, rules, dead };
        let parts: Vec<Report> = futures_util::stream::iter(&jobs)
            .map(|job| collector.job(&link, job))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(union(parts))
    })
}

struct Collector<'a> {
    name: &'a Name,
    shelf: Shelf<'a>,
    results: &'a Results,
    rules: &'a Rules,
    dead: BTreeMap<u64, String>,
}

impl Collector<'_> {
    /// What a job came to. An error is a result that cannot be kept.
    async fn job(&self, link: &Link, job: &StreamMessage) -> Result<Report> {
        link.check("results cannot be fetched")?;
        let id = id_of(&job.subject);
        let target = match job::target(&job.payload, id) {
            Ok(target) => target.name(),
            Err(why) => return Ok(missing(&format!("the job {id}"), why)),
        };
        let text = match self.fetch(id).await? {
            Some(Ok(text)) => text,
            Some(Err(why)) => return Ok(missing(&target, format!("its result: {why:#}"))),
            None => return Ok(self.without(&target, job.sequence)),
        };
        if !self.results.keep(&target, &text)? {
            return Ok(missing(&target, "its result is one of something else".to_owned()));
        }
        let read = self.results.read(&target, self.rules);
        Ok(read.unwrap_or_else(|why| missing(&target, format!("its result: {why:#}"))))
    }

    /// The report of a target whose job has no result.
    fn without(&self, target: &str, job: u64) -> Report {
        if let Some(why) = self.dead.get(&job) {
            return missing(target, why.clone());
        }
        let problem = Problem::new(ProblemCode::Unreadable, target, "its job is not done yet");
        Report::unread(problem.hinted("collect again when squelch fleet status says that it is"))
    }

    /// The result of a target, or what is wrong with it, if there is one.
    async fn fetch(&self, id: &str) -> Result<Option<Result<Vec<u8>>>> {
        let Some(last) = self.shelf.next(&self.name.result(id), 1).await? else { return Ok(None) };
        let seal = match Seal::read(&last.payload) {
            Ok(seal) => seal,
            Err(why) => return Ok(Some(Err(why))),
        };
        let mut text = Vec::new();
        for number in 0..seal.parts {
            let part = self.shelf.next(&seal.part(self.name, id, number), 1).await?;
            let part = part.with_context(|| format!("part {} of it is not there", number + 1));
            match part {
                Ok(part) => text.extend_from_slice(&part.payload),
                Err(why) => return Ok(Some(Err(why))),
            }
        }
        Ok(Some(seal.check(&text).map(|()| text)))
    }
}

/// The report of a target that no worker has read.
fn missing(target: &str, why: String) -> Report {
    let hint = "what its workers wrote on standard error may say more; squelch sweep reads it here";
    let problem = Problem::new(ProblemCode::Unreadable, target, why).hinted(hint);
    Report::unread(problem)
}
