//! From a list to jobs.

use std::time::Duration;

use anyhow::{Context, Result};
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::{StreamExt, TryStreamExt};

use super::link::{Link, Role, Server};
use super::streams::{self, Terms};
use super::{Name, job};
use crate::sweep::manifest::Target;
use crate::sweep::results::id;

/// How many jobs are on their way at once: a hundred thousand over an ocean take minutes.
const ON_THE_WAY: usize = 256;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is submitted.
#[derive(Debug)]
pub struct Submission<'a> {
    pub name: &'a Name,
    pub targets: &'a [Target],
    /// What is looked for, as a reader of targets names it.
    pub search: &'a str,
    /// How long a worker may be silent before its job is given to another one.
    pub silence: Duration,
    /// On how many servers of a cluster everything is kept.
    pub replicas: usize,
}

/// How many jobs came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Submitted {
    pub new: usize,
    /// Those that had been submitted before.
    pub known: usize,
}

/// Submits a job for each target that has none yet.
pub fn submit(server: &Server, submission: &Submission<'_>) -> Result<Submitted> {
    let job = |target: &Target| Ok((id(&target.name()), job::text(target)?));
    let jobs: Vec<(String, Vec<u8>)> = submission.targets.iter().map(job).collect::<Result<_>>()?;
    server.with(Role::Submit, PATIENCE, |link| async move {
        let Submission { name, search, silence, replicas, .. } = *submission;
        streams::make(&link, name, Terms { search, silence, replicas }).await?;
        let link = &link;
        let all = futures_util::stream::iter(jobs)
            .map(|(id, text)| async move { once(link, name.job(&id), text).await })
            .buffer_unordered(ON_THE_WAY)
            .try_fold(Submitted::default(), |sum, new| async move {
                let (new, known) = if new { (1, 0) } else { (0, 1) };
                Ok(Submitted { new: sum.new + new, known: sum.known + known })
            });
        all.await.context("not all jobs were submitted: submit the list again")
    })
}

/// Publishes a message that its subject takes only once, until the server has it in its files; tells
/// whether it is the one.
pub(super) async fn once(link: &Link, subject: String, text: Vec<u8>) -> Result<bool> {
    let publish = || async {
        // The same message again is told by its id for as long as the server remembers ids, and by
        // the subject for good:
        // <https://docs.nats.io/nats-concepts/jetstream/headers#publish>
        let message = PublishMessage::build()
            .payload(text.clone().into())
            .message_id(&subject)
            .expected_last_subject_sequence(0);
        let sent = link.jetstream.send_publish(subject.clone(), message).await;
        match async { sent?.await }.await {
            Ok(done) => Ok(!done.duplicate),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(false),
            Err(error) => Err::<bool, PublishError>(error),
        }
    };
    link.until_done(&format!("{subject} cannot be published"), publish).await
}
