//! Revoking tokens, where the user said so.
//!
//! ```text
//! asked and alive ─▶ its name or id, certain ─▶ in its owner's list ─▶ one POST, written down before
//!   and after ─▶ asked again: revoked, still alive, or not proved
//! ```
//!
//! Nothing is guessed: what a request names was said by the service or is known by a digest of the
//! whole token. Nothing is repeated, and no token is made.

mod apply;
mod journal;
mod rest;

use std::collections::BTreeMap;

use crate::identity::Identity;
use crate::revocation::{Outcome, Revocation};
use crate::rule::Rule;
use crate::secret::Secret;
use crate::verdict::State;
use crate::verify::{self, Answer, Subject, ask};

pub use self::journal::Journal;
pub use self::rest::rest;

/// How to revoke.
#[derive(Debug)]
pub struct Settings {
    /// Credentials that the user lent, by the id of the service. Where there is none, the leaked
    /// token revokes itself.
    pub lent: BTreeMap<String, Lent>,
    /// What is known of tokens already, by a digest of each.
    pub known: BTreeMap<String, Identity>,
    pub journal: Journal,
}

/// A credential of the user's own.
#[derive(Debug)]
pub struct Lent {
    /// The variable of the environment that holds it.
    pub variable: String,
    /// Whose it is, where that has to be sent with it.
    pub user: Option<String>,
    pub(crate) secret: Secret,
}

impl Lent {
    /// A credential as a variable holds it: `token`, or `user:token` where a user goes with it.
    pub fn new(variable: &str, user: Option<&str>, token: &[u8]) -> Self {
        let (variable, user) = (variable.to_owned(), user.map(str::to_owned));
        Self { variable, user, secret: Secret::new(token) }
    }

    /// Whether it looks like a token of this rule.
    pub fn has_form_of(&self, rule: &Rule) -> bool {
        #[expect(clippy::disallowed_methods, reason = "to see of which kind it is")]
        let token = self.secret.expose();
        rule.shape.match_at(token, 0) == Some(token.len())
    }
}

/// What became of one token so far.
enum Step {
    /// It is settled.
    Done(Revocation),
    /// The request went out, with whose credential, and what was said.
    Sent { by: String, said: String },
}

/// Revokes all tokens that are alive, and proves it. `answers` is what asking about them said; it is
/// brought up to date. `clean` masks tokens in what a service said.
pub(crate) fn apply(
    subjects: &[Subject<'_>],
    answers: &mut [Answer],
    how: &Settings,
    asking: &verify::Settings,
    clean: &dyn Fn(&mut String),
) -> Vec<Revocation> {
    let desk = apply::Desk::new(how, asking, clean);
    let steps: Vec<Step> =
        subjects.iter().zip(&mut *answers).map(|(it, answer)| desk.revoke(it, answer)).collect();
    let sent = |at: &usize| matches!(steps[*at], Step::Sent { .. });
    let sent: Vec<usize> = (0..steps.len()).filter(sent).collect();
    let again: Vec<Subject<'_>> = sent.iter().map(|at| subjects[*at].clone()).collect();
    let quiet = verify::Settings { wait: false, announce: |_| (), ..asking.clone() };
    let mut proofs = ask(&again, &quiet).into_iter();
    let mut done = Vec::new();
    for ((step, subject), answer) in steps.into_iter().zip(subjects).zip(answers) {
        done.push(match step {
            Step::Done(revocation) => revocation,
            Step::Sent { by, said } => {
                let proof = proofs.next();
                let revocation = proved(by, &said, proof.as_ref());
                desk.note_proof(subject, answer, &revocation);
                answer.verdict = proof.map_or_else(|| answer.verdict.clone(), |it| it.verdict);
                revocation
            }
        });
    }
    done
}

/// What asking once more says of a request that was sent.
fn proved(by: String, said: &str, proof: Option<&Answer>) -> Revocation {
    let why = proof.map(|proof| proof.verdict.why.as_str()).unwrap_or_default();
    let (outcome, why) = match proof.map(|proof| proof.verdict.state) {
        Some(State::Dead) => (Outcome::Revoked, format!("{said}, and then {why}")),
        Some(State::Live) => (Outcome::Alive, format!("{said}, but then {why}")),
        _ => (Outcome::Unproved, format!("{said}; asked whether it is dead, {why}")),
    };
    Revocation { outcome, why, by: Some(by) }
}
