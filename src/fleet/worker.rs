//! A worker: takes a job, reads the target, sends what it came to, takes the next one.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use async_nats::Request;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt;
use tokio::sync::oneshot;
use tokio::time;

use super::link::{Link, Role, Server, say};
use super::streams::{consumer, same_search};
use super::{Name, id_of, job, parcel};
use crate::rule::Rules;
use crate::scan::Options;
use crate::sweep::manifest::Target;
use crate::sweep::reader::{AskLogs, Reader, failed};
use crate::sweep::results;

/// How long to wait for a server that is gone: as long as starting it on another machine takes.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long one question for a job stands.
const ASKS: Duration = Duration::from_secs(5);

/// What a worker reads with.
pub struct Bench {
    pub rules: Rules,
    /// How each target is scanned; its targets are none.
    pub scan: Options,
    pub pool: rayon::ThreadPool,
    /// A folder of this worker alone, where remote repositories are cloned to.
    pub clones: PathBuf,
    /// How long one clone may take.
    pub patience: Duration,
    /// How CI systems are asked for the logs that a job names; it has to know which may be.
    pub logs: Box<AskLogs<'static>>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("clones", &self.clones).finish_non_exhaustive()
    }
}

/// Why a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No job is left, and none is in work.
    Empty,
    /// It was told to.
    Stopped,
}

/// A job that is done, for whoever watches.
#[derive(Debug)]
pub struct Told {
    pub target: String,
    pub findings: usize,
    pub problems: usize,
    pub bytes: u64,
    pub seconds: f64,
}

/// A result, and what is told of it.
struct Done {
    text: Vec<u8>,
    told: Told,
}

/// Works until nothing is left, if that is an end, or until it is told to stop.
pub fn work(
    server: &Server,
    name: &Name,
    bench: Bench,
    until_empty: bool,
    tell: impl Fn(&Told),
) -> Result<End> {
    let clones = bench.clones.clone();
    let bench = Arc::new(bench);
    let end = server.with(Role::Worker, PATIENCE, |link| async move {
        let consumer = consumer(&link, name).await?;
        same_search(&consumer, name, &bench.reader().search())?;
        let worker = Worker { link: &link, name, consumer: &consumer, bench, tell };
        worker.run(until_empty).await
    });
    // A thread may be in the middle of a clone: it ends with this process, its clone does not.
    let _ = std::fs::remove_dir_all(clones);
    end
}

struct Worker<'a, T> {
    link: &'a Link,
    name: &'a Name,
    consumer: &'a PullConsumer,
    bench: Arc<Bench>,
    tell: T,
}

impl<T: Fn(&Told)> Worker<'_, T> {
    async fn run(&self, until_empty: bool) -> Result<End> {
        let mut stop = Stop::new()?;
        loop {
            let message = tokio::select! {
                () = stop.wait() => return Ok(End::Stopped),
                message = self.await_job(until_empty) => message?,
            };
            let Some(message) = message else { return Ok(End::Empty) };
            if let Some(end) = self.job(message, &mut stop).await? {
                return Ok(end);
            }
        }
    }

    /// The next job; none where nothing is left and that is an end. An error is a server that stays
    /// away.
    async fn await_job(&self, until_empty: bool) -> Result<Option<Message>> {
        loop {
            if self.is_empty().await? && until_empty {
                return Ok(None);
            }
            if let Some(message) = self.next().await {
                return Ok(Some(message));
            }
        }
    }

    /// Whether all jobs are done. One that another worker has may come back.
    async fn is_empty(&self) -> Result<bool> {
        let ask = || self.consumer.get_info();
        let info = self.link.until_done("the server does not say what is left", ask).await?;
        Ok(info.num_pending == 0 && info.num_ack_pending == 0)
    }

    /// The next job, if there is one before long.
    async fn next(&self) -> Option<Message> {
        let ask = async {
            let mut batch =
                self.consumer.batch().max_messages(1).expires(ASKS).messages().await.ok()?;
            batch.next().await?.ok()
        };
        // A server that went down ends no question.
        time::timeout(ASKS * 2, ask).await.ok().flatten()
    }

    /// Does one job, and returns whether it was the last one.
    async fn job(&self, message: Message, stop: &mut Stop) -> Result<Option<End>> {
        let id = id_of(&message.subject).to_owned();
        let target = match job::target(&message.payload, &id) {
            Ok(target) => target,
            Err(why) => {
                say(format_args!("the job {id:?} can never be done: {why}"));
                self.answer(&message, format!("+TERM {why}")).await;
                return Ok(None);
            }
        };
        let work = async {
            let done = self.read(target).await;
            parcel::send(self.link, self.name, &id, &done.text).await.map(|_| done.told)
        };
        let Some(told) = self.keep(&message, stop, work).await else {
            self.answer(&message, "-NAK".to_owned()).await;
            return Ok(Some(End::Stopped));
        };
        (self.tell)(&told?);
        self.answer(&message, "+ACK".to_owned()).await;
        Ok(None)
    }

    /// Keeps a job while something is done for it; nothing if it is told to stop meanwhile.
    async fn keep<F: Future>(
        &self,
        message: &Message,
        stop: &mut Stop,
        work: F,
    ) -> Option<F::Output> {
        let mut work = std::pin::pin!(work);
        let mut beat = time::interval(self.beat());
        loop {
            tokio::select! {
                () = stop.wait() => return None,
                done = &mut work => return Some(done),
                // What does not arrive costs the job at worst.
                _ = beat.tick() => { let _ = message.ack_with(AckKind::Progress).await; }
            }
        }
    }

    /// Reads a target in a thread of its own.
    async fn read(&self, target: Target) -> Done {
        let (sender, done) = oneshot::channel();
        let bench = Arc::clone(&self.bench);
        let name = target.name();
        thread::spawn(move || sender.send(bench.read(&target)));
        let fault = || "a fault of squelch, please report it".to_owned();
        done.await.unwrap_or_else(|_| self.bench.failed(&name, fault()))
    }

    /// How often a sign of life is due: two may get lost.
    fn beat(&self) -> Duration {
        let config = &self.consumer.cached_info().config;
        let waits = config.backoff.iter().copied().chain([config.ack_wait]);
        let silence = waits.filter(|wait| !wait.is_zero()).min();
        silence.unwrap_or(Duration::from_secs(30)) / 3
    }

    /// Tells the server what became of a job, and waits until it has heard. Where it has not, the
    /// job is handed out again, and done again to no harm.
    async fn answer(&self, message: &Message, word: String) {
        const TIMES: usize = 5;
        const ONCE: Duration = Duration::from_secs(2);
        let Some(reply) = &message.reply else { return };
        for _ in 0..TIMES {
            let request = Request::new().payload(word.clone().into()).timeout(Some(ONCE));
            if self.link.client.send_request(reply.clone(), request).await.is_ok() {
                return;
            }
            time::sleep(Duration::from_secs(1)).await;
        }
        say(format_args!("the server has not heard what became of a job: it is done again"));
    }
}

impl Bench {
    fn reader(&self) -> Reader<'_> {
        Reader {
            rules: &self.rules,
            scan: &self.scan,
            pool: &self.pool,
            clones: self.clones.clone(),
            keep_clones: false,
            patience: self.patience,
            logs: &*self.logs,
        }
    }

    /// Reads a target as any sweep does.
    fn read(&self, target: &Target) -> Done {
        let started = Instant::now();
        let reader = self.reader();
        let head = reader.head(target, 1);
        let report = reader.read(target);
        let head = results::Head { complete: report.problems.is_empty(), ..head };
        let told = Told {
            target: target.name(),
            findings: report.findings.len(),
            problems: report.problems.len(),
            bytes: report.tally.object_bytes + report.tally.file_bytes,
            seconds: started.elapsed().as_secs_f64(),
        };
        match results::text(&head, &report) {
            Ok(text) => Done { text, told },
            Err(error) => self.failed(&target.name(), error.to_string()),
        }
    }

    /// The result of a target that could not be read.
    fn failed(&self, name: &str, why: String) -> Done {
        let report = failed(name, why);
        let head = results::Head {
            schema: 1,
            kind: "target".to_owned(),
            target: name.to_owned(),
            state: None,
            search: self.reader().search(),
            round: 1,
            complete: false,
        };
        let text = results::text(&head, &report).unwrap_or_default();
        let told =
            Told { target: name.to_owned(), findings: 0, problems: 1, bytes: 0, seconds: 0.0 };
        Done { text, told }
    }
}

/// The signals that tell a worker to stop.
#[cfg(unix)]
struct Stop {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.term.recv() => (),
            _ = self.int.recv() => (),
        }
    }
}

#[cfg(not(unix))]
struct Stop;

#[cfg(not(unix))]
impl Stop {
    fn new() -> Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
