//! Where a server keeps what a fleet says: three streams for all sweeps, and one consumer a sweep.
//!
//! They are few and have fixed names, since a server's permissions know whole words only:
//! <https://docs.nats.io/running-a-nats-service/configuration/securing_nats/authorization>

use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{
    Config, ConsumerErrorKind, DiscardPolicy, RetentionPolicy, StorageType,
};

use super::Name;
use super::link::Link;

/// The jobs. They stay when they are done: what was submitted is known for good, and submitting it
/// again does nothing, whenever that is. What is left to do is what the consumer has not
/// acknowledged.
pub(super) const JOBS: &str = "squelch-jobs";

/// The results, and their parts.
pub(super) const RESULTS: &str = "squelch-results";

/// What the server says of jobs that nobody gets any more:
/// <https://docs.nats.io/running-a-nats-service/nats_admin/monitoring/monitoring_jetstream>
pub(super) const DEAD: &str = "squelch-dead";

/// The ends of a job without a result, as the server's subjects name them.
const ENDS: [&str; 2] = ["MAX_DELIVERIES", "MSG_TERMINATED"];

/// How often a job is handed out: a machine may go down, or a few, but a target that ends its
/// worker must not go round for ever.
pub(super) const TIMES: i64 = 4;

/// How many jobs may be in work at once. More than a fleet has workers: where this is reached, the
/// server hands out none, and does not say so.
const IN_WORK: i64 = 10_000;

/// How a sweep's jobs are kept and handed out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    /// What is looked for: workers that look for something else are not let in.
    pub(super) search: &'a str,
    /// How long a worker may be silent before its job is given to another one.
    pub(super) silence: Duration,
    /// On how many servers of a cluster everything is kept.
    pub(super) replicas: usize,
}

/// Makes what is not there yet.
pub(super) async fn make(link: &Link, name: &Name, terms: Terms<'_>) -> Result<()> {
    for (stream, subjects) in [
        (JOBS, vec!["squelch.*.job.*".to_owned()]),
        (RESULTS, vec!["squelch.*.result.*".to_owned(), "squelch.*.part.*.*.*".to_owned()]),
        (DEAD, ENDS.iter().map(|end| ended(end, "*")).collect()),
    ] {
        let once = stream != DEAD;
        let config = stream_config(stream, subjects, once, terms.replicas);
        let what = format!("the stream {stream} cannot be made");
        let make = || link.jetstream.get_or_create_stream(config.clone());
        link.until_done(&what, make).await?;
    }
    let consumer = consumer_config(name, terms);
    let jobs = link.jetstream.get_stream_no_info(JOBS).await?;
    let what = format!("the consumer {name} cannot be made");
    // One that is there is left as it is, or what its workers look for would change on the way.
    let id = name.to_string();
    let make = || jobs.get_or_create_consumer(&id, consumer.clone());
    let found = link.until_done(&what, make).await?;
    same_search(&found, name, terms.search)
}

/// The consumer that hands out the jobs of a sweep.
pub(super) async fn consumer(link: &Link, name: &Name) -> Result<PullConsumer> {
    let ask = || async {
        let asked = link.jetstream.get_consumer_from_stream(name.to_string(), JOBS).await;
        match asked {
            Ok(consumer) => Ok(Some(consumer)),
            // The server has answered: there is nothing to wait for.
            Err(error) if matches!(error.kind(), ConsumerErrorKind::JetStream(_)) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let found = link.until_done("the server does not say what it has", ask).await?;
    found.with_context(|| {
        format!("the sweep {name} is not there: squelch fleet submit LIST --sweep {name} makes it")
    })
}

/// Workers of one sweep look for the same, or a report would not say what was looked for.
pub(super) fn same_search(consumer: &PullConsumer, name: &Name, search: &str) -> Result<()> {
    let theirs = consumer.cached_info().config.description.as_deref().unwrap_or_default();
    if theirs != search {
        bail!(
            "the sweep {name} was submitted with other rules, another version of squelch, or another \
             choice of --no-history, --logs and --verify\n  there: {theirs}\n  here:  {search}\n  \
             help: choose as it was submitted, or submit it by another name"
        );
    }
    Ok(())
}

/// The subject of what the server says of a sweep's jobs that ended so.
fn ended(end: &str, name: &str) -> String {
    format!("$JS.EVENT.ADVISORY.CONSUMER.{end}.{JOBS}.{name}")
}

/// The subject of all that the server says of a sweep's jobs that ended without a result.
pub(super) fn dead(name: &Name) -> String {
    ended("*", &name.to_string())
}

/// `once`: each subject takes one message, and refuses all others.
fn stream_config(name: &str, subjects: Vec<String>, once: bool, replicas: usize) -> Config {
    Config {
        name: name.to_owned(),
        subjects,
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        max_messages_per_subject: if once { 1 } else { -1 },
        discard_new_per_subject: once,
        num_replicas: replicas,
        allow_direct: true,
        ..Config::default()
    }
}

fn consumer_config(name: &Name, terms: Terms<'_>) -> pull::Config {
    let silence = terms.silence;
    pull::Config {
        durable_name: Some(name.to_string()),
        name: Some(name.to_string()),
        description: Some(terms.search.to_owned()),
        filter_subject: name.job("*"),
        ack_policy: AckPolicy::Explicit,
        ack_wait: silence,
        // What ended its worker once may only have had bad luck; the next ones wait longer.
        backoff: vec![silence, silence * 2, silence * 10],
        max_deliver: TIMES,
        max_ack_pending: IN_WORK,
        num_replicas: terms.replicas,
        ..pull::Config::default()
    }
}
