//! From results to one report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream::message::StreamMessage;
use futures_util::StreamExt;

use super::ledger::{self, AT_ONCE, Shelf};
use super::link::{Link, Role, Server};
use super::parcel::Seal;
use super::{Name, id_of, job, streams};
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;
use crate::sweep::results::Results;
use crate::sweep::{Union, Whole};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fetches all results of a sweep into a folder, as a sweep keeps them, and returns what all jobs
/// came to. A job without a result is a problem.
pub fn collect<'r>(
    server: &Server,
    name: &Name,
    out: &Path,
    rules: &'r Rules,
) -> Result<Whole<'r>> {
    let results = Results::open(out)?;
    server.with(Role::Collect, PATIENCE, |link| async move {
        streams::consumer(&link, name).await?;
        let jobs = ledger::jobs(&link, name).await?;
        if jobs.is_empty() {
            bail!("the sweep {name} has no jobs: has it been submitted?");
        }
        let dead = ledger::dead(&link, name).await?;
        let shelf = Shelf::open(&link, streams::RESULTS).await?;
        let collector = Collector { name, shelf, results: &results, dead };
        let mut union = Union::new(rules)?;
        let mut parts = std::pin::pin!(
            futures_util::stream::iter(&jobs)
                .map(|job| collector.job(&link, job))
                .buffered(AT_ONCE)
        );
        while let Some(part) = parts.next().await {
            match part? {
                Ok(target) => {
                    if let Err(why) = union.add(&results.path(&target)) {
                        union.add_problem(&missing(&target, format!("its result: {why:#}")))?;
                    }
                }
                Err(problem) => union.add_problem(&problem)?,
            }
        }
        union.finish()
    })
}

struct Collector<'a> {
    name: &'a Name,
    shelf: Shelf<'a>,
    results: &'a Results,
    dead: BTreeMap<u64, String>,
}

impl Collector<'_> {
    /// The target of a job whose result is kept now, or why there is none. An error is a result that
    /// cannot be kept.
    async fn job(&self, link: &Link, job: &StreamMessage) -> Result<Result<String, Problem>> {
        link.check("results cannot be fetched")?;
        let id = id_of(&job.subject);
        let target = match job::target(&job.payload, id) {
            Ok(target) => target.name(),
            Err(why) => return Ok(Err(missing(&format!("the job {id}"), why))),
        };
        let text = match self.fetch(id).await? {
            Some(Ok(text)) => text,
            Some(Err(why)) => return Ok(Err(missing(&target, format!("its result: {why:#}")))),
            None => return Ok(Err(self.without(&target, job.sequence))),
        };
        if !self.results.keep(&target, &text)? {
            let why = "its result is one of something else".to_owned();
            return Ok(Err(missing(&target, why)));
        }
        Ok(Ok(target))
    }

    /// That a job has no result, and why.
    fn without(&self, target: &str, job: u64) -> Problem {
        if let Some(why) = self.dead.get(&job) {
            return missing(target, why.clone());
        }
        let problem = Problem::new(ProblemCode::Unreadable, target, "its job is not done yet");
        problem.hinted("collect again when squelch fleet status says that it is")
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

/// That no worker has read a target.
fn missing(target: &str, why: String) -> Problem {
    let hint = "what its workers wrote on standard error may say more; squelch sweep reads it here";
    Problem::new(ProblemCode::Unreadable, target, why).hinted(hint)
}
