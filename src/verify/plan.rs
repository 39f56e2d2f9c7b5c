//! What will be asked, of whom, and what that changes: made before any socket is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::request::{Slots, exposed};
use super::{Settings, Subject};
use crate::door::permit::Permit;
use crate::identity::{About, Identity, Known, Sure};
use crate::leak::Companion;
use crate::rule::sent::Send;
use crate::rule::verify::{By, Control, Verify};
use crate::rule::{Half, Rule};
use crate::secret::Secret;
use crate::verdict::Verdict;

/// What to do about one token.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Leave(Verdict),
    Ask(Questions),
}

/// Each way to ask, and the servers to ask that way, in order.
type Ways = Vec<(Arc<Verify>, Vec<Permit>)>;

/// How to ask about one token.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    /// Each way, and the servers to ask that way, in order.
    pub(super) ways: Ways,
    pub(super) user: Option<String>,
    /// What fills the other slots: of each name the nearest.
    pub(super) companions: Vec<Companion>,
    pub(super) halves: Vec<(String, Arc<Secret>)>,
    /// Why a refusal proves nothing, if it does not: where else the token may be alive.
    pub(super) elsewhere: Option<String>,
}

impl Questions {
    pub(super) fn slots(&self) -> Slots<'_> {
        Slots { user: self.user.as_deref(), companions: &self.companions, halves: &self.halves }
    }
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
    if let Some(ended) = ended(subject) {
        return Task::Leave(ended);
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
    let Some(mut ways) = ways(subject, settings) else {
        return leave(no_server(&rule.service.id, subject.of("server").next()));
    };
    let users: BTreeSet<&str> = subject.of("user").collect();
    let user = settings.user.clone().or_else(|| subject.of("user").next().map(str::to_owned));
    let pair = rule.verify.iter().any(|verify| verify.send == Send::BasicPair);
    let asks_user = pair || rule.verify.iter().any(|verify| verify.names_user());
    if asks_user && user.as_deref().is_none_or(|user| user.is_empty() || user.contains(':')) {
        return leave(format!(
            "{} wants the user's name with it, and none stands beside it: squelch verify --user NAME",
            rule.service.name
        ));
    }
    let companions = nearest(subject);
    // A way that cannot be asked leaves open what the others say of a dead one.
    let mut untold = None;
    ways.retain(|(verify, _)| {
        let missing = missing(rule, verify, &companions, subject.halves);
        let told = missing.is_none();
        untold = untold.take().or(missing);
        told
    });
    if let Some(why) = untold.as_ref().filter(|_| ways.is_empty()) {
        return leave(why.clone());
    }
    let tried = |other: &&str| !pair || settings.user.is_some() || user.as_deref() == Some(*other);
    let others: Vec<&str> = users.into_iter().filter(|it| !tried(it)).collect();
    let elsewhere = elsewhere(subject, settings, &ways, &others).or(untold).or_else(|| other(rule));
    let halves = subject.halves.to_vec();
    Task::Ask(Questions { ways, user, companions, halves, elsewhere })
}

/// Each way to ask, with the servers that may be asked so. Where one of them stands beside the
/// token, it alone is. `None` if there is none.
fn ways(subject: &Subject<'_>, settings: &Settings) -> Option<Ways> {
    let rule = subject.rule;
    let servers: Vec<&str> = subject.of("server").collect();
    let here = |permit: &Permit| servers.iter().any(|it| permit.endpoint().is_at(it));
    let mut ways = Vec::new();
    for verify in &rule.verify {
        let mut permits = settings.allowed.permits(&rule.service.id, &verify.hosts);
        if permits.iter().any(here) {
            permits.retain(here);
        }
        if !permits.is_empty() {
            ways.push((Arc::clone(verify), permits));
        }
    }
    (!ways.is_empty()).then_some(ways)
}

/// Why a refusal by all that are asked proves nothing, if it does not.
fn elsewhere(
    subject: &Subject<'_>,
    settings: &Settings,
    ways: &Ways,
    others: &[&str],
) -> Option<String> {
    let service = &subject.rule.service.id;
    let is_asked = |server: &str| {
        let at = |permit: &Permit| permit.endpoint().is_at(server);
        ways.iter().any(|(_, permits)| permits.iter().any(at))
    };
    let named = settings.allowed.are_named(service);
    let other_server = subject.of("server").find(|server| named && !is_asked(server));
    match other_server {
        Some(server) => Some(format!(
            "it stands beside {server}, which was not asked: --endpoint {service}={server}"
        )),
        None if !others.is_empty() => {
            Some(format!("it may belong to {}, who was not tried", others.join(" or ")))
        }
        None => None,
    }
}

/// What needs no question: a token that says itself that its last day is over, and one of a kind
/// that its service takes no more.
pub(crate) fn ended(subject: &Subject<'_>) -> Option<Verdict> {
    let rule = subject.rule;
    if subject.partial || !subject.placed {
        return None;
    }
    if let Some(day) = rule.dead {
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let why = format!("{} takes no token of this kind since {day}", rule.service.name);
        return (day <= today).then(|| Verdict::dead(why));
    }
    let expires = rule.said(exposed(subject.secret).as_bytes()).expires?;
    let why = format!("it says itself that it ended at {expires}");
    (expires < Timestamp::now()).then(|| Verdict::dead(why))
}

/// What a token says of itself: written in it, and signed by nobody that could be asked here.
pub(crate) fn said(rule: &Rule, secret: &Secret) -> Identity {
    let mut identity = Identity::default();
    for (about, value) in rule.said(exposed(secret).as_bytes()).known {
        let how = "the token says so itself".to_owned();
        identity.add(Known { about, value, sure: Sure::Likely, how });
    }
    identity
}

/// Of each name the nearest companion; the server and the user are not among them. What the token
/// says itself comes first.
fn nearest(subject: &Subject<'_>) -> Vec<Companion> {
    let own = subject.rule.said(exposed(subject.secret).as_bytes()).known;
    let slot = |(about, value)| {
        let name = match about {
            About::Organization => "organization",
            About::Project => "project",
            _ => return None,
        };
        Some(Companion { name: name.to_owned(), value })
    };
    let mut nearest: Vec<Companion> = own.into_iter().filter_map(slot).collect();
    for companion in &subject.companions {
        let known = nearest.iter().any(|it| it.name == companion.name);
        if !known && !["server", "user"].contains(&companion.name.as_str()) {
            nearest.push((*companion).clone());
        }
    }
    nearest
}

/// Of a pair that is refused, either half may be the dead one, if both are credentials of their own.
fn other(rule: &Rule) -> Option<String> {
    let own = rule.companions.iter().find(|it| it.half == Some(Half::Credential))?;
    Some(format!("the {} that stands near it may be the one that is refused", own.name))
}

/// What a request has to name and nothing around the token does.
fn missing(
    rule: &Rule,
    verify: &Verify,
    companions: &[Companion],
    halves: &[(String, Arc<Secret>)],
) -> Option<String> {
    let names: Vec<String> = rule.companions.iter().map(|it| it.name.clone()).collect();
    let known = |slot: &str| {
        ["random", "user"].contains(&slot)
            || companions.iter().any(|it| it.name == slot)
            || halves.iter().any(|(name, _)| name == slot)
    };
    let slot = verify.slots(&names).find(|slot| !known(slot))?;
    let service = &rule.service.name;
    Some(format!("{service} has to be told the {slot} with it, and none stands near it"))
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
                let method = verify.method.name();
                let mut add = |order: u8, method, path: &str, with_token: bool, times: usize| {
                    let endpoint = permit.endpoint().to_string();
                    let key = (endpoint.clone(), order, path.to_owned());
                    let changes = verify.changes.clone().filter(|_| with_token);
                    let path = path.to_owned();
                    let fresh = Egress { endpoint, method, path, count: 0, with_token, changes };
                    all.entry(key).or_insert(fresh).count += times;
                };
                if first && let Some(probe) = &verify.probe {
                    add(0, "GET", &probe.path, false, 1);
                }
                if first && verify.control == Control::Random {
                    add(1, method, &verify.path, false, 1);
                }
                add(2, method, &verify.path, true, 1);
                verify.more.iter().for_each(|more| add(3, "GET", &more.path, true, 1));
                if let Some(list) = &verify.list {
                    // A counter is read twice.
                    add(3, "GET", &list.path, true, 1 + usize::from(list.by == By::Uses));
                }
            }
        }
    }
    all.into_values().collect()
}
