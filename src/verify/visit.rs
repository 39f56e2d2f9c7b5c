//! One token at one server that takes it: whose it is, and which of theirs.

use jiff::Timestamp;
use serde_json::Value;

use super::eliminate::{Asked, Left, Row, apart_at, eliminate, grew, made_since, used_at};
use super::identify::{facts, is_since, named, rows};
use super::request::{Slots, path};
use super::{Answer, Subject};
use crate::door::talk::Talk;
use crate::door::transport::{ANSWER, Credential, LIST, Reply};
use crate::identity::{About, Identity, Known, Sure};
use crate::rule::verify::{By, List, Verify};
use crate::severity::Severity;
use crate::verdict::{State, Verdict};

/// A token that looks like others of its owner.
#[derive(Debug)]
pub(super) struct Tie {
    /// The names of those that it may be.
    names: Vec<String>,
    /// When, by the server's clock, another use tells them apart, and what that clock said.
    pub(super) apart: Timestamp,
    pub(super) now: Timestamp,
}

impl Tie {
    /// That it is open, and until when: kept with the answer until the tie is broken.
    fn note(&self) -> String {
        let (all, apart) = (self.names.len(), self.apart);
        format!(
            "Which of {all} tokens it is stays open; from {apart} on one more use tells (--wait)."
        )
    }
}

/// One token at one server.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) verify: &'a Verify,
    pub(super) slots: Slots<'a>,
    pub(super) talk: Talk<'a>,
    /// The server's.
    pub(super) version: Option<&'a str>,
    pub(super) credential: Credential,
}

impl Visit<'_> {
    /// What a server says that took the token, and the tie that is left, if one is.
    pub(super) fn live(&self, reply: &Reply, value: &Value) -> (Answer, Option<Tie>) {
        let how = format!("{} {} answered so", self.verify.method.name(), self.verify.path);
        let mut identity = facts(&self.verify.identity, reply, value, &how);
        if identity.best(About::Owner).is_none()
            && let Some(user) = self.slots.user
        {
            identity.add(Known::certain(About::Owner, user, "the service took it as theirs"));
        }
        for more in &self.verify.more {
            let path = path(&more.path, self.slots);
            if let Some((reply, value)) = self.read(&path) {
                let how = format!("GET {} answered so", more.path);
                identity.merge(facts(&more.identity, &reply, &value, &how));
            }
        }
        let said = format!("{} took it: {}", self.talk.permit.endpoint(), reply.status);
        let verdict = self.verdict(State::Live, said, reply);
        let mut answer = Answer { identity, ..Answer::only(verdict) };
        let mut tie = None;
        if let Some(list) = &self.verify.list
            && list.since.as_deref().is_none_or(|since| is_since(self.version, since))
        {
            match list.by {
                By::LastUse => tie = self.name_by_last_use(list, reply, &mut answer),
                By::Uses => self.name_by_uses(list, &mut answer),
            }
        }
        answer.notes.extend(self.changed());
        answer.raised = self.raised(&answer.identity);
        (answer, tie)
    }

    /// What a server says that refused the token.
    pub(super) fn dead(&self, reply: &Reply) -> Answer {
        let user = self.slots.user.filter(|_| self.verify.once);
        let user = user.map(|user| format!(" for {user}")).unwrap_or_default();
        let like = if self.verify.once { "" } else { ", as it refuses a random one" };
        let endpoint = self.talk.permit.endpoint();
        let why = format!("{endpoint} refused it{user}: {}{like}", reply.status);
        // Only where a refused token counts as an attempt to log in does it change anything.
        let notes = if self.verify.once { self.changed() } else { Vec::new() };
        Answer { notes, ..Answer::only(self.verdict(State::Dead, why, reply)) }
    }

    /// What asking changed at the service.
    fn changed(&self) -> Vec<String> {
        let said = |it: &String| format!("Asking changed something: {it}.");
        self.verify.changes.iter().map(said).collect()
    }

    fn verdict(&self, state: State, why: String, reply: &Reply) -> Verdict {
        Verdict {
            state,
            why,
            endpoint: Some(self.talk.permit.endpoint().to_string()),
            at: reply.date().map(|date| date.to_string()),
        }
    }

    /// Asks once more with the token, which is known to be alive. What cannot be read is left out.
    fn read(&self, path: &str) -> Option<(Reply, Value)> {
        let reply = self.talk.get(path, &self.credential, ANSWER, false).ok()?;
        let value = reply.json().filter(|_| reply.status == 200)?;
        Some((reply, value))
    }

    fn rows(&self, list: &List) -> Option<(Vec<Row>, Option<Timestamp>)> {
        let path = path(&list.path, self.slots);
        let reply = self.talk.get(&path, &self.credential, LIST, false).ok()?;
        Some((rows(&list.rows, &reply)?, reply.date()))
    }

    fn asked<'s>(
        &'s self,
        list: &List,
        identity: &'s Identity,
        used: Option<Timestamp>,
    ) -> Asked<'s> {
        let is_of = |since: &Option<String>| {
            let told = |since: &str| !self.has_versions() || is_since(self.version, since);
            since.as_deref().is_some_and(told)
        };
        Asked {
            kind: self.subject.rule.listed_as.as_deref(),
            expires: identity.certain(About::Expires),
            expiry_told: is_of(&list.expiry_told_since),
            used,
            use_told: is_of(&list.last_use_since),
            window: i64::try_from(list.window).unwrap_or(i64::MAX),
            projects: self.subject.of("project").collect(),
            first_seen: self.subject.first_seen,
        }
    }

    /// Whether the service comes in versions: one that is hosted has no other than today's.
    fn has_versions(&self) -> bool {
        self.verify.probe.as_ref().is_some_and(|probe| probe.version.is_some())
    }

    fn name_by_last_use(&self, list: &List, first: &Reply, answer: &mut Answer) -> Option<Tie> {
        let Some((rows, listed)) = self.rows(list) else {
            answer.notes.push(
                "Its name is not known: the list of its owner's tokens could not be read."
                    .to_owned(),
            );
            return None;
        };
        let known = answer.identity.clone();
        answer.listed = Some(rows.iter().map(Row::listed).collect());
        let used = listed.or_else(|| first.date());
        let asked = self.asked(list, &known, used);
        let all = rows.len();
        answer.notes.extend(made_since(&rows, &asked));
        let left = eliminate(rows, &asked);
        let mut tie = None;
        match &left {
            Left::None => answer.notes.push(format!(
                "Its name is not known: none of its owner's {all} tokens fits, which a clock that \
                 is wrong, or a cache, would explain."
            )),
            Left::Several(rows) => {
                let names = rows.iter().map(|row| row.name.clone()).collect();
                let apart = apart_at(rows, asked.window).zip(used);
                tie = apart.map(|(apart, now)| Tie { names, apart, now });
            }
            Left::One(_) => {}
        }
        let how = format!(
            "of {all} tokens in GET {} the only one that fits its kind, expiry and last use",
            list.path
        );
        answer.identity.merge(named(left, &asked, Sure::Certain, &how));
        answer.notes.extend(tie.as_ref().map(Tie::note));
        tie
    }

    /// Reads the counters twice: each reading is a use of this token, and of no other.
    fn name_by_uses(&self, list: &List, answer: &mut Answer) {
        let before = self.rows(list);
        let after = before.as_ref().and_then(|_| self.rows(list));
        let (Some((before, _)), Some((after, _))) = (before, after) else {
            answer.notes.push("Which of its owner's tokens it is could not be read.".to_owned());
            return;
        };
        answer.listed = Some(after.iter().map(Row::listed).collect());
        let asked = self.asked(list, &answer.identity, None);
        let how = format!("the only counter in GET {} that grew while it was used", list.path);
        // That a page counts the use by which it was read is inferred from the source.
        let identified = named(grew(&before, after), &asked, Sure::Likely, &how);
        answer.identity.merge(identified);
    }

    /// Breaks a tie by one more use, which the list itself is.
    pub(super) fn part(&self, tie: &Tie, answer: &mut Answer) {
        let Some(list) = &self.verify.list else { return };
        let Some((rows, Some(used))) = self.rows(list) else { return };
        let of_tie = |row: &Row| tie.names.contains(&row.name);
        let left = used_at(rows.into_iter().filter(of_tie).collect(), used);
        let asked = self.asked(list, &answer.identity, Some(used));
        if !matches!(left, Left::One(_)) {
            answer
                .notes
                .push("Others were used in the same second, so it is still open.".to_owned());
            return;
        }
        let how = format!("the only one in GET {} that was used at {used}, as it was", list.path);
        let name = named(left, &asked, Sure::Certain, &how);
        answer.notes.retain(|note| *note != tie.note());
        answer.identity.merge(name);
    }

    fn raised(&self, identity: &Identity) -> Option<(Severity, String)> {
        let holds =
            |about: About, value: &str| identity.all(about).any(|known| known.value == value);
        let raise = self.verify.raise.iter().find(|raise| holds(raise.about, &raise.value))?;
        Some((raise.severity, raise.why.clone()))
    }
}
