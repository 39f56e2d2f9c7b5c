//! The questions about one token, server by server, until one takes it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::answer::{Meaning, meaning};
use super::plan::Questions;
use super::request::{Slots, credential, message};
use super::server::{Shown, check};
use super::visit::{Tie, Visit};
use super::{Answer, Settings, Subject};
use crate::door::pace::Pace;
use crate::door::permit::Permit;
use crate::door::talk::Talk;
use crate::door::transport::{ANSWER, Line};
use crate::rule::verify::Verify;
use crate::verdict::{State, Verdict};

/// How many refused tokens one user is good for, where each counts as an attempt to log in:
/// directories lock an account after three to ten.
const ATTEMPTS: u32 = 2;

/// What is kept of servers while a run lasts.
pub(super) struct Desk<'a> {
    settings: &'a Settings,
    pace: Pace,
    /// By server, and by what is sent there how.
    servers: Mutex<HashMap<(Permit, usize), Slot>>,
    /// How many tokens a server has refused for a user, where each counts as an attempt to log in.
    /// The count is held while one is asked about.
    refused: Mutex<HashMap<(Permit, String), Count>>,
    /// Tokens that look like others of their owner, by the place of their subject.
    ties: Mutex<Vec<(usize, Open)>>,
}

/// How many tokens were refused.
type Count = Arc<Mutex<u32>>;

/// A server, or the place of one that nobody has looked at.
type Slot = Arc<OnceLock<Server>>;

/// A server that was set up and looked at.
struct Server {
    line: Result<Line, String>,
    shown: Result<Shown, String>,
}

/// A tie, and where to ask again.
struct Open {
    verify: Arc<Verify>,
    permit: Permit,
    questions: Questions,
    tie: Tie,
}

impl fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Desk<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        let pace = Pace::new(settings.every);
        let (servers, refused, ties) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { settings, pace, servers, refused, ties }
    }

    /// Asks each server in turn until one takes the token.
    pub(super) fn ask(&self, at: usize, subject: &Subject<'_>, questions: &Questions) -> Answer {
        let mut refused = Vec::new();
        let mut unknown = Vec::new();
        for (verify, permits) in &questions.ways {
            for permit in permits {
                let answer = self.ask_at(at, subject, questions, verify, permit);
                match answer.verdict.state {
                    State::Live => return answer,
                    State::Dead => refused.push(answer),
                    State::Unknown | State::Unasked => unknown.push(answer),
                }
            }
        }
        if unknown.is_empty() {
            all_refused(refused, questions.elsewhere.as_deref())
        } else {
            all_unknown(unknown, &refused)
        }
    }

    fn ask_at(
        &self,
        at: usize,
        subject: &Subject<'_>,
        questions: &Questions,
        verify: &Arc<Verify>,
        permit: &Permit,
    ) -> Answer {
        let slots = questions.slots();
        let slot = self.slot(verify, permit);
        let server = slot.get_or_init(|| self.look(subject, verify, permit, slots));
        let (line, shown) = match (&server.line, &server.shown) {
            (Ok(line), Ok(shown)) => (line, shown),
            (Err(why), _) | (_, Err(why)) => return unknown(permit, why),
        };
        let message = message(verify, subject.secret, slots);
        let visit = Visit {
            subject,
            verify,
            slots,
            talk: Talk { line, permit, pace: &self.pace },
            version: shown.version.as_deref(),
            credential: message.credential.clone(),
        };
        let attempts = verify.once.then(|| self.attempts(permit, slots.user));
        let mut attempts = attempts.as_ref().map(|count| lock(count));
        if attempts.as_ref().is_some_and(|count| **count >= ATTEMPTS) {
            return spared(permit, slots.user);
        }
        let reply = match visit.talk.ask(&message, ANSWER, verify.once) {
            Ok(reply) => reply,
            Err(lost) => return unknown(permit, &lost.why),
        };
        match meaning(verify, &reply, slots.user, visit.version) {
            Meaning::Live(value) => {
                let (answer, tie) = visit.live(&reply, &value);
                if let Some(tie) = tie {
                    let (verify, permit) = (Arc::clone(verify), permit.clone());
                    let open = Open { verify, permit, questions: questions.clone(), tie };
                    lock(&self.ties).push((at, open));
                }
                answer
            }
            Meaning::Dead => {
                if let Some(count) = &mut attempts {
                    **count += 1;
                }
                visit.dead(&reply)
            }
            Meaning::Nothing(words) => unknown(permit, &words),
        }
    }

    fn attempts(&self, permit: &Permit, user: Option<&str>) -> Count {
        let key = (permit.clone(), user.unwrap_or_default().to_lowercase());
        Arc::clone(lock(&self.refused).entry(key).or_default())
    }

    fn slot(&self, verify: &Arc<Verify>, permit: &Permit) -> Slot {
        let key = (permit.clone(), Arc::as_ptr(verify) as usize);
        Arc::clone(lock(&self.servers).entry(key).or_default())
    }

    /// Sets a server up, and looks at it: done once, by whoever comes first.
    fn look(
        &self,
        subject: &Subject<'_>,
        verify: &Verify,
        permit: &Permit,
        slots: Slots<'_>,
    ) -> Server {
        let line = Line::new(&self.settings.means, &subject.rule.service.id, permit);
        let shown = match &line {
            Err(why) => Err(why.clone()),
            Ok(line) => {
                check(&Talk { line, permit, pace: &self.pace }, subject.rule, verify, slots)
            }
        };
        Server { line, shown }
    }

    /// Waits until all tokens that look like others can be told from them, and asks once more.
    pub(super) fn part(&self, subjects: &[Subject<'_>], answers: &mut [Answer]) {
        let ties = std::mem::take(&mut *lock(&self.ties));
        let longest = ties.iter().map(|(_, open)| open.tie.pause()).max().unwrap_or_default();
        thread::sleep(longest);
        for (at, open) in ties {
            let slot = self.slot(&open.verify, &open.permit);
            let Some(Server { line: Ok(line), shown: Ok(shown) }) = slot.get() else { continue };
            let visit = Visit {
                subject: &subjects[at],
                verify: &open.verify,
                slots: open.questions.slots(),
                talk: Talk { line, permit: &open.permit, pace: &self.pace },
                version: shown.version.as_deref(),
                credential: credential(
                    &open.verify,
                    subjects[at].secret,
                    open.questions.slots().user,
                ),
            };
            visit.part(&open.tie, &mut answers[at]);
        }
    }
}

/// Not asked, so that the user is not locked out.
fn spared(permit: &Permit, user: Option<&str>) -> Answer {
    let (user, endpoint) = (user.unwrap_or_default(), permit.endpoint());
    Answer::only(Verdict::unasked(format!(
        "{endpoint} refused {ATTEMPTS} tokens of {user} already, and each more counts as an attempt \
         to log in: ask about this one alone, later, with squelch verify"
    )))
}

fn unknown(permit: &Permit, why: &str) -> Answer {
    let endpoint = permit.endpoint().to_string();
    let verdict = Verdict::unknown(format!("{endpoint}: {why}"));
    Answer::only(Verdict { endpoint: Some(endpoint), ..verdict })
}

/// Refused by all: dead, unless it may be alive where nobody asked.
fn all_refused(refused: Vec<Answer>, elsewhere: Option<&str>) -> Answer {
    let why: Vec<String> = refused.iter().map(|answer| answer.verdict.why.clone()).collect();
    let Some(mut answer) = refused.into_iter().next() else {
        return Answer::only(Verdict::unasked("there was nobody to ask"));
    };
    answer.verdict.why = why.join("; ");
    if let Some(elsewhere) = elsewhere {
        answer.verdict.state = State::Unknown;
        answer.verdict.why = format!("{}; but {elsewhere}", answer.verdict.why);
    }
    answer
}

fn all_unknown(unknown: Vec<Answer>, refused: &[Answer]) -> Answer {
    let all = unknown.iter().chain(refused).map(|answer| answer.verdict.why.clone());
    let why = all.collect::<Vec<_>>().join("; ");
    let mut answers = unknown.into_iter();
    let mut answer = answers.next().unwrap_or_else(|| Answer::only(Verdict::unknown("")));
    answer.verdict.why = why;
    answer
}

impl Tie {
    /// How long to wait until the tie can be broken.
    fn pause(&self) -> Duration {
        let seconds = self.apart.as_second() - self.now.as_second();
        Duration::from_secs(seconds.max(0).unsigned_abs())
    }
}
