//! What will be asked, of whom, and what that changes: made before any socket is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Settings, Subject};
use crate::door::permit::Permit;
use crate::rule::verify::{By, Control, Send, Verify};
use crate::verdict::Verdict;

/// What to do about one token.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Leave(Verdict),
    Ask(Questions),
}

/// How to ask about one token.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    /// Each way, and the servers to ask that way, in order.
    pub(super) ways: Vec<(Arc<Verify>, Vec<Permit>)>,
    pub(super) user: Option<String>,
    /// Why a refusal proves nothing, if it does not: where else the token may be alive.
    pub(super) elsewhere: Option<String>,
}

/// Requests of one kind to one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    pub endpoint: String,
    pub method: &'static str,
    /// The path as the rule has it, slots and all.
    pub path: String,
    /// How many at most.
    pub count: usize,
    /// Whether they carry a token.
    pub with_token: bool,
    /// What they change at the service.
    pub changes: Option<String>,
}

/// Decides for each token whether and how it is asked about.
pub(super) fn tasks(subjects: &[Subject<'_>], settings: &Settings) -> Vec<Task> {
    subjects.iter().map(|subject| task(subject, settings)).collect()
}

fn task(subject: &Subject<'_>, settings: &Settings) -> Task {
    let rule = subject.rule;
    let leave = |why: String| Task::Leave(Verdict::unasked(why));
    if subject.partial {
        return leave("only a part of it is known".to_owned());
    }
    if !subject.placed {
        return leave(
            "nothing around it says of which service it is, so it is sent to none: squelch verify \
             --rule ID"
                .to_owned(),
        );
    }
    if rule.verify.is_empty() {
        return leave(format!("no request of {} is known that tells", rule.service.name));
    }
    let service = &rule.service.id;
    let servers: Vec<&str> = subject.of("server").collect();
    let here = |permit: &Permit| servers.iter().any(|it| permit.endpoint().is_at(it));
    let mut ways = Vec::new();
    for verify in &rule.verify {
        let mut permits = settings.allowed.permits(service, &verify.hosts);
        if permits.iter().any(here) {
            permits.retain(here);
        }
        if !permits.is_empty() {
            ways.push((Arc::clone(verify), permits));
        }
    }
    if ways.is_empty() {
        return leave(no_server(service, servers.first().copied()));
    }
    let users: BTreeSet<&str> = subject.of("user").collect();
    let user = settings.user.clone().or_else(|| subject.of("user").next().map(str::to_owned));
    let pair = rule.verify.iter().any(|verify| verify.send == Send::BasicPair);
    if pair && user.as_deref().is_none_or(|user| user.is_empty() || user.contains(':')) {
        return leave(format!(
            "{} wants the user's name with it, and none stands beside it: squelch verify --user NAME",
            rule.service.name
        ));
    }
    let is_asked = |server: &&&str| {
        let at = |permit: &Permit| permit.endpoint().is_at(server);
        ways.iter().any(|(_, permits): &(_, Vec<Permit>)| permits.iter().any(at))
    };
    let named = settings.allowed.are_named(service);
    let other_server = servers.iter().find(|server| named && !is_asked(server));
    let elsewhere = match other_server {
        Some(server) => Some(format!(
            "it stands beside {server}, which was not asked: --endpoint {service}={server}"
        )),
        None if pair && users.len() > 1 && settings.user.is_none() => {
            let others: Vec<&str> =
                users.into_iter().filter(|it| user.as_deref() != Some(*it)).collect();
            Some(format!("it may belong to {}, who was not tried", others.join(" or ")))
        }
        None => None,
    };
    Task::Ask(Questions { ways, user, elsewhere })
}

fn no_server(service: &str, server: Option<&str>) -> String {
    match server {
        Some(server) => format!(
            "it stands beside {server}, and what was scanned chooses no host: if that is yours, add \
             --endpoint {service}={server}"
        ),
        None => format!("whose server it is for is not known: --endpoint {service}=https://…"),
    }
}

/// The requests that these tasks may lead to, by server.
pub(super) fn egress(tasks: &[Task]) -> Vec<Egress> {
    let mut all: BTreeMap<(String, u8, String), Egress> = BTreeMap::new();
    let mut seen: BTreeSet<(Permit, usize)> = BTreeSet::new();
    for task in tasks {
        let Task::Ask(questions) = task else { continue };
        for (verify, permits) in &questions.ways {
            for permit in permits {
                let first = seen.insert((permit.clone(), Arc::as_ptr(verify) as usize));
                let mut add = |order: u8, path: &str, with_token: bool, times: usize| {
                    let endpoint = permit.endpoint().to_string();
                    let key = (endpoint.clone(), order, path.to_owned());
                    let changes = verify.changes.clone().filter(|_| with_token);
                    let path = path.to_owned();
                    let fresh =
                        Egress { endpoint, method: "GET", path, count: 0, with_token, changes };
                    all.entry(key).or_insert(fresh).count += times;
                };
                if first && let Some(probe) = &verify.probe {
                    add(0, &probe.path, false, 1);
                }
                if first && verify.control == Control::Random {
                    add(1, &verify.path, false, 1);
                }
                add(2, &verify.path, true, 1);
                verify.more.iter().for_each(|more| add(3, &more.path, true, 1));
                if let Some(list) = &verify.list {
                    // A counter is read twice.
                    add(3, &list.path, true, 1 + usize::from(list.by == By::Uses));
                }
            }
        }
    }
    all.into_values().collect()
}
