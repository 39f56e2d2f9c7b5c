//! One token: what has to be known before it is revoked, and the one request.

use jiff::Timestamp;

use super::journal::Line as Entry;
use super::{Lent, Settings, Step};
use crate::door::pace::Pace;
use crate::door::permit::Permit;
use crate::door::transport::{ANSWER, Credential, Line, Message};
use crate::identity::{About, Identity, Listed};
use crate::leak::Companion;
use crate::revocation::{Outcome, Revocation};
use crate::rule::revoke::{LISTED, Request};
use crate::rule::sent::Send;
use crate::rule::template;
use crate::rule::verify::{Field, Verify};
use crate::secret::Secret;
use crate::verdict::State;
use crate::verify::{self, Answer, Slots, Subject, body, credential, has_shape, method};

/// What a slot of a request is filled with.
const SLOTS: [(&str, About); 3] =
    [("user", About::Owner), ("name", About::TokenName), ("uuid", About::TokenId)];

/// The place where tokens are revoked, one after the other.
pub(super) struct Desk<'a> {
    pub(super) how: &'a Settings,
    pub(super) asking: &'a verify::Settings,
    clean: &'a dyn Fn(&mut String),
    pace: Pace,
}

/// A request that is ready to be sent.
pub(super) struct Ready<'a> {
    pub(super) request: &'a Request,
    pub(super) permit: Permit,
    /// What it revokes.
    pub(super) secret: &'a Secret,
    pub(super) credential: Credential,
    /// With whose credential, in words.
    pub(super) by: String,
    /// What its slots are filled with.
    pub(super) slots: Vec<Companion>,
}

/// What came of a request.
pub(super) enum Said {
    /// The service answered as it does where it took the request, which proves nothing.
    Taken(String),
    /// It was sent, and the answer says that nothing was done, or nothing at all.
    Unclear(String),
    /// It was not sent.
    Nothing(String),
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        how: &'a Settings,
        asking: &'a verify::Settings,
        clean: &'a dyn Fn(&mut String),
    ) -> Self {
        Self { how, asking, clean, pace: Pace::new(asking.every) }
    }

    /// Revokes a token, if it is alive and all that the request names is certain.
    pub(super) fn revoke(&self, subject: &Subject<'_>, answer: &mut Answer) -> Step {
        self.learn(subject, answer);
        let why = &answer.verdict.why;
        let step = match answer.verdict.state {
            State::Dead => {
                let (outcome, why) = (Outcome::Dead, why.clone());
                Step::Done(Revocation { outcome, why, by: None })
            }
            State::Unknown | State::Unasked => Step::Done(Revocation::left(format!(
                "whether it is alive is not known, so nothing was sent: {why}"
            ))),
            State::Live => match self.ready(subject, answer) {
                Ok(ready) => self.send(subject, answer, &ready),
                Err(why) => Step::Done(Revocation::left(why)),
            },
        };
        if let Step::Done(revocation) = &step {
            self.note(subject, answer, "leave", revocation);
        }
        step
    }

    /// Adds what was known of the token before.
    fn learn(&self, subject: &Subject<'_>, answer: &mut Answer) {
        let stored = subject.rule.stored.iter();
        let digests = stored.map(|stored| subject.secret.digest(stored.hash, stored.skip));
        let own = subject.secret.fingerprint().to_string();
        for digest in digests.chain([own]) {
            if let Some(known) = self.how.known.get(&digest) {
                answer.identity.merge(known.clone());
            }
        }
    }

    /// The request that revokes it, or why there is none.
    fn ready(&self, subject: &Subject<'a>, answer: &Answer) -> Result<Ready<'a>, String> {
        let rule = subject.rule;
        let service = &rule.service;
        let Some(request) = &rule.revoke.request else {
            let step = rule.remedy.steps.first().map(String::as_str).unwrap_or_default();
            return Err(format!("{} has no request that revokes it. {step}", service.name));
        };
        let (verify, permit) = self.server(subject, answer)?;
        let lent = self.how.lent.get(&service.id);
        let owner = answer.identity.certain(About::Owner);
        let itself = || "the leaked token itself".to_owned();
        let (credential, by) = match lent {
            _ if request.send.is_some() => (None, "nobody: it is reported".to_owned()),
            Some(lent) => (lent_credential(verify, lent), format!("${}", lent.variable)),
            None if request.itself => (credential(verify, subject.secret, owner), itself()),
            None => {
                let id = &service.id;
                return Err(format!("it cannot revoke itself: --with {id}=VARIABLE"));
            }
        };
        if credential.is_none() && request.send.is_none() {
            return Err("whose credential it is has to be sent with it: USER:TOKEN".to_owned());
        }
        let slots = slots(request, &answer.identity)?;
        is_listed(request, &slots, answer.listed.as_deref())?;
        let secret = subject.secret;
        Ok(Ready { request, permit, secret, credential, by, slots })
    }

    /// The server that took the token, and how it was asked there.
    pub(super) fn server(
        &self,
        subject: &Subject<'a>,
        answer: &Answer,
    ) -> Result<(&'a Verify, Permit), String> {
        let endpoint = answer.verdict.endpoint.as_deref().unwrap_or_default();
        for verify in &subject.rule.verify {
            let permits = self.asking.allowed.permits(&subject.rule.service.id, &verify.hosts);
            let mut here = permits.into_iter().filter(|it| it.endpoint().to_string() == endpoint);
            if let Some(permit) = here.next() {
                return Ok((verify, permit));
            }
        }
        Err("the server that took it is none that may be asked".to_owned())
    }

    fn send(&self, subject: &Subject<'_>, answer: &Answer, ready: &Ready<'_>) -> Step {
        let by = ready.by.clone();
        if let Err(error) = self.note_request(subject, answer, ready, "sending".to_owned()) {
            return Step::Done(Revocation::left(format!(
                "it could not be written down, so nothing was sent: {error}"
            )));
        }
        let (words, step) = match self.post(&subject.rule.service.id, ready) {
            Said::Taken(said) | Said::Unclear(said) => (said.clone(), Step::Sent { by, said }),
            Said::Nothing(why) => (format!("not sent: {why}"), Step::Done(Revocation::left(why))),
        };
        // It is done: that its end could not be written down changes nothing of that.
        let _ = self.note_request(subject, answer, ready, words);
        step
    }

    /// Sends a request, once.
    pub(super) fn post(&self, service: &str, ready: &Ready<'_>) -> Said {
        let Ready { request, permit, secret, credential, slots, .. } = ready;
        let encoded: Vec<Companion> = slots.iter().map(template::in_address).collect();
        let path = template::fill(&request.path, &encoded, &[]);
        let message = Message {
            method: method(request.method),
            path,
            credential: credential.clone(),
            with: Vec::new(),
            body: body(request.body(), secret, Slots { companions: slots, ..Slots::default() }),
        };
        let line = match Line::new(&self.asking.means, service, permit) {
            Ok(line) => line,
            Err(why) => return Said::Nothing(why),
        };
        if !self.pace.wait(permit.endpoint().authority()) {
            return Said::Nothing("the server wants to be left alone".to_owned());
        }
        let reply = match line.send(permit, &message, ANSWER) {
            Ok(reply) => reply,
            Err(lost) => {
                return Said::Unclear(format!(
                    "the request was sent, and no whole answer came: {}",
                    lost.why
                ));
            }
        };
        let taken = request.accepted.iter();
        let json = reply.json();
        if taken.into_iter().any(|shape| has_shape(shape, &reply, json.as_ref(), None)) {
            return Said::Taken(format!("the server answered {}", reply.status));
        }
        match reply.status {
            400..=499 => Said::Unclear(refusal(reply.status)),
            _ => Said::Unclear(format!("asked to revoke it, {}", reply.words())),
        }
    }
}

/// Why a server did not do it.
fn refusal(status: u16) -> String {
    match status {
        401 => "the server does not take the credential (401)".to_owned(),
        403 => "the credential may not do it (403): an administrator's may, --with".to_owned(),
        404 => "the server knows no such page for this credential (404): its owner may have no right to read; an administrator can do it, --with".to_owned(),
        405 => "the server does not allow the request (405): a proxy, or another version".to_owned(),
        status => format!("the server answered {status}"),
    }
}

/// The header for a credential of the user's own.
pub(super) fn lent_credential(verify: &Verify, lent: &Lent) -> Credential {
    if verify.send == Send::BasicPair && lent.user.is_none() {
        return None;
    }
    credential(verify, &lent.secret, lent.user.as_deref())
}

/// What fills the slots of a request: only what is certain.
fn slots(request: &Request, identity: &Identity) -> Result<Vec<Companion>, String> {
    let mut filled = Vec::new();
    for slot in request.slots() {
        let about = SLOTS.iter().find(|(name, _)| *name == slot).map(|(_, about)| *about);
        let value = about.and_then(|about| identity.certain(about));
        match value {
            Some(value) => {
                filled.push(Companion { name: slot.to_owned(), value: value.to_owned() });
            }
            None => return Err(not_certain(about, identity)),
        }
    }
    Ok(filled)
}

fn not_certain(about: Option<About>, identity: &Identity) -> String {
    let what = about.map_or_else(|| "what it is".to_owned(), |about| format!("its {about}"));
    let guess = about.and_then(|about| identity.best(about));
    let guess = guess.map(|known| format!(" ({} is only {})", known.value, known.sure));
    let several = match identity.contenders.len() {
        0 => String::new(),
        many => format!(", {many} come into question"),
    };
    format!(
        "{what} is not certain{}{several}, and a wrong one would revoke another token: give what \
         administrators have (--sonar-tokens, --jenkins-home), or wait until the service tells \
         them apart (--wait)",
        guess.unwrap_or_default()
    )
}

/// Whether its owner's list has what the request names, if that list could be read.
fn is_listed(
    request: &Request,
    slots: &[Companion],
    listed: Option<&[Listed]>,
) -> Result<(), String> {
    let Some(listed) = listed else { return Ok(()) };
    for (slot, field) in LISTED {
        let Some(named) = slots.iter().find(|it| it.name == slot) else { continue };
        let has = |row: &Listed| field_of(row, field) == Some(named.value.as_str());
        if request.slots().contains(&slot) && !listed.iter().any(has) {
            return Err(format!(
                "its owner's list has no token {:?}, so that revoking by it would do nothing, or \
                 something else: what names it so is older than the list",
                named.value
            ));
        }
    }
    Ok(())
}

pub(super) fn field_of(row: &Listed, field: Field) -> Option<&str> {
    match field {
        Field::Id => row.id.as_deref(),
        _ => Some(row.name.as_str()),
    }
}

impl Desk<'_> {
    pub(super) fn note_request(
        &self,
        subject: &Subject<'_>,
        answer: &Answer,
        ready: &Ready<'_>,
        result: String,
    ) -> std::io::Result<()> {
        let mut entry = entry(subject, answer, "revoke", result);
        entry.request = Some(format!("POST {}", ready.request.path));
        entry.named =
            ready.slots.iter().map(|slot| format!("{}: {}", slot.name, slot.value)).collect();
        entry.by = Some(&ready.by);
        self.write(entry)
    }

    /// Writes down how it ended, as far as it is known.
    fn note(
        &self,
        subject: &Subject<'_>,
        answer: &Answer,
        step: &'static str,
        Revocation { outcome, why, by }: &Revocation,
    ) {
        let entry = entry(subject, answer, step, format!("{outcome}: {why}"));
        let _ = self.write(Entry { by: by.as_deref(), ..entry });
    }

    /// Writes down what a request turned out to have done.
    pub(super) fn note_proof(
        &self,
        subject: &Subject<'_>,
        answer: &Answer,
        revocation: &Revocation,
    ) {
        self.note(subject, answer, "prove", revocation);
    }

    pub(super) fn write(&self, mut entry: Entry<'_>) -> std::io::Result<()> {
        entry.named.iter_mut().for_each(|text| (self.clean)(text));
        (self.clean)(&mut entry.result);
        self.how.journal.write(&entry)
    }
}

fn entry<'e>(
    subject: &'e Subject<'_>,
    answer: &'e Answer,
    step: &'static str,
    result: String,
) -> Entry<'e> {
    Entry {
        schema: 1,
        kind: "revocation",
        at: Timestamp::now().to_string(),
        step,
        fingerprint: subject.secret.fingerprint().to_string(),
        redacted: subject.secret.redacted(subject.rule.prefix),
        rule: &subject.rule.id,
        service: &subject.rule.service.id,
        endpoint: answer.verdict.endpoint.as_deref(),
        request: None,
        named: Vec::new(),
        by: None,
        result,
    }
}
