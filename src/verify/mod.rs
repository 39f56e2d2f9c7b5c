//! Asking services about tokens: is it alive, whose is it, which one is it.
//!
//! ```text
//! leaks ─▶ plan (who may be asked, what it changes) ─▶ server (is it the service, does it refuse
//!   a wrong token) ─▶ request ─▶ door ─▶ answer (live, dead, nothing) ─▶ identify
//! ```
//!
//! Only GET requests, documented by the vendor, to servers that a rule or the user named. A token
//! is asked about once, however often it stands somewhere, and no answer is kept.

pub(crate) mod answer;
mod ask;
mod eliminate;
pub(crate) mod identify;
mod plan;
pub(crate) mod request;
pub(crate) mod server;
mod visit;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub(crate) use self::answer::has_shape;
pub use self::plan::Egress;
use self::plan::{Task, egress, tasks};
pub(crate) use self::plan::{ended, said};
pub(crate) use self::request::{Slots, body, credential, method};
use crate::door::permit::Allowed;
use crate::door::transport::Means;
use crate::identity::{Identity, Listed};
use crate::leak::Companion;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::severity::Severity;
use crate::verdict::Verdict;

/// How to ask.
#[derive(Clone, Debug)]
pub struct Settings {
    pub allowed: Allowed,
    pub means: Means,
    /// The time between two requests to one server.
    pub every: Duration,
    /// Connections at once, to all servers together.
    pub connections: usize,
    /// Whose token it is, where that has to be sent with it.
    pub user: Option<String>,
    /// Waits, up to an hour, until tokens that look alike can be told apart.
    pub wait: bool,
    /// Makes the plan only, and opens no socket.
    pub dry_run: bool,
    /// Is told what will be asked, before it is.
    pub announce: fn(&[Egress]),
}

/// A token to ask about, and what stands around it.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) secret: &'a Secret,
    pub(crate) companions: Vec<&'a Companion>,
    /// The author date of its oldest place.
    pub(crate) first_seen: Option<jiff::Timestamp>,
    pub(crate) partial: bool,
    /// Whether anything says of which kind it is.
    pub(crate) placed: bool,
    /// The other halves by the slots that they fill, where it is one of a pair.
    pub(crate) halves: &'a [(String, Arc<Secret>)],
}

impl Subject<'_> {
    /// The values of one slot, the nearest first.
    fn of(&self, name: &str) -> impl Iterator<Item = &str> {
        let name = name.to_owned();
        let here = move |it: &&&Companion| it.name == name;
        self.companions.iter().filter(here).map(|it| it.value.as_str())
    }
}

/// What is known of a token after it was asked about.
#[derive(Clone, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    pub identity: Identity,
    /// What it is worth beyond its kind, and why.
    pub raised: Option<(Severity, String)>,
    /// What asking changed.
    pub notes: Vec<String>,
    /// The tokens of its owner, where the service listed them.
    pub listed: Option<Vec<Listed>>,
}

impl Answer {
    /// No more than a verdict.
    pub fn only(verdict: Verdict) -> Self {
        Self {
            verdict,
            identity: Identity::default(),
            raised: None,
            notes: Vec::new(),
            listed: None,
        }
    }
}

/// Asks about each token, and answers in their order.
pub(crate) fn ask(subjects: &[Subject<'_>], settings: &Settings) -> Vec<Answer> {
    let tasks = tasks(subjects, settings);
    (settings.announce)(&egress(&tasks));
    if settings.dry_run {
        return tasks.into_iter().map(left_alone).collect();
    }
    let desk = ask::Desk::new(settings);
    let next = AtomicUsize::new(0);
    let answers: Vec<Mutex<Option<Answer>>> = subjects.iter().map(|_| Mutex::default()).collect();
    thread::scope(|scope| {
        for _ in 0..settings.connections.min(subjects.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(task), Some(subject)) = (tasks.get(at), subjects.get(at)) else {
                        break;
                    };
                    let answer = match task {
                        Task::Leave(verdict) => Answer::only(verdict.clone()),
                        Task::Ask(questions) => desk.ask(at, subject, questions),
                    };
                    *answers[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
                }
            });
        }
    });
    let taken =
        |slot: Mutex<Option<Answer>>| slot.into_inner().unwrap_or_else(PoisonError::into_inner);
    let lost = || Answer::only(Verdict::unknown("a fault of squelch, please report it"));
    let mut answers: Vec<Answer> =
        answers.into_iter().map(|slot| taken(slot).unwrap_or_else(lost)).collect();
    if settings.wait {
        desk.part(subjects, &mut answers);
    }
    answers
}

fn left_alone(task: Task) -> Answer {
    Answer::only(match task {
        Task::Leave(verdict) => verdict,
        Task::Ask(_) => Verdict::unasked("a dry run: nothing was sent"),
    })
}
