//! What a server knows of a sweep: what was submitted, what is done, and what nobody gets any more.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;

use super::link::Link;
use super::{Name, id_of, streams};

/// How many questions stand at once: a server may be an ocean away.
pub(super) const AT_ONCE: usize = 32;

/// A stream whose messages are asked for one by one, which needs no state at the server and so can
/// be done again at any time.
pub(super) struct Shelf<'a> {
    link: &'a Link,
    name: &'static str,
    stream: Stream<()>,
}

impl<'a> Shelf<'a> {
    pub(super) async fn open(link: &'a Link, name: &'static str) -> Result<Self> {
        let stream = link.jetstream.get_stream_no_info(name).await?;
        Ok(Self { link, name, stream })
    }

    /// The first message of a subject, which may have wildcards, from a number on.
    pub(super) async fn next(&self, subject: &str, from: u64) -> Result<Option<StreamMessage>> {
        let get = || async {
            let asked = self.stream.direct_get_next_for_subject(subject, Some(from)).await;
            match asked {
                Ok(message) => Ok(Some(message)),
                Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.link.until_done(&format!("{} cannot be read", self.name), get).await
    }

    /// All messages of a subject, in the order in which they came.
    pub(super) async fn all(&self, subject: &str) -> Result<Vec<StreamMessage>> {
        let (mut all, mut from) = (Vec::new(), 1);
        while let Some(message) = self.next(subject, from).await? {
            from = message.sequence + 1;
            all.push(message);
        }
        Ok(all)
    }

    /// The last words of all subjects that there are messages of.
    pub(super) async fn ids(&self, subject: &str) -> Result<BTreeSet<String>> {
        let what = format!("{} cannot be read", self.name);
        let info = self.link.until_done(&what, || self.stream.info_with_subjects(subject)).await?;
        let subjects: Vec<(String, usize)> = info.try_collect().await?;
        Ok(subjects.iter().map(|(subject, _)| id_of(subject).to_owned()).collect())
    }
}

/// All jobs of a sweep, in the order in which they came.
pub(super) async fn jobs(link: &Link, name: &Name) -> Result<Vec<StreamMessage>> {
    let shelf = &Shelf::open(link, streams::JOBS).await?;
    let subjects = shelf.ids(&name.job("*")).await?.into_iter().map(|id| name.job(&id));
    let mut jobs: Vec<StreamMessage> = futures_util::stream::iter(subjects)
        .map(|subject| async move { shelf.next(&subject, 1).await })
        .buffered(AT_ONCE)
        .try_filter_map(|job| async move { Ok(job) })
        .try_collect()
        .await?;
    jobs.sort_by_key(|job| job.sequence);
    Ok(jobs)
}

/// What the server says when it hands out a job no more. Its `type` is
/// `io.nats.jetstream.advisory.v1.max_deliver` or `…terminated`.
#[derive(Deserialize)]
struct Advisory {
    stream_seq: u64,
    deliveries: Option<u64>,
    reason: Option<String>,
}

/// Why jobs ended without a result, by the number of the job in its stream.
pub(super) async fn dead(link: &Link, name: &Name) -> Result<BTreeMap<u64, String>> {
    let shelf = Shelf::open(link, streams::DEAD).await?;
    let said = shelf.all(&streams::dead(name)).await?;
    Ok(said.iter().filter_map(|message| why(&message.payload)).collect())
}

fn why(text: &[u8]) -> Option<(u64, String)> {
    let said: Advisory = serde_json::from_slice(text).ok()?;
    let why = match (said.reason.filter(|reason| !reason.is_empty()), said.deliveries) {
        (Some(reason), _) => format!("its job can never be done: {reason}"),
        (None, times) => format!(
            "{} workers took its job, and none of them came to an end with it",
            times.unwrap_or_default()
        ),
    };
    Some((said.stream_seq, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_job_are_understood() {
        let died = br#"{"type":"io.nats.jetstream.advisory.v1.max_deliver","stream_seq":7,"deliveries":4}"#;
        let (number, text) = why(died).expect("an end");
        assert!(number == 7 && text.starts_with("4 workers took"), "{text}");
        let refused = br#"{"stream_seq":8,"deliveries":1,"reason":"it is no job"}"#;
        let (_, text) = why(refused).expect("an end");
        assert!(text.ends_with("never be done: it is no job"), "{text}");
        assert!(why(b"{}").is_none());
    }
}
