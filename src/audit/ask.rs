//! The requests: first what the server is, then each path once.

use std::sync::Arc;

use super::observe::{Observed, observe};
use super::{Audit, Exposure, Settings, State, wanted};
use crate::door::pace::Pace;
use crate::door::permit::{Permit, is_this_machine};
use crate::door::talk::Talk;
use crate::door::transport::{ANSWER, LIST, Line, Reply};
use crate::problem::{Problem, ProblemCode};
use crate::rule::exposure::{Address, AuditRule, ExposureRule};
use crate::rule::template::percent_encoded;
use crate::verify::answer::has_shape;
use crate::verify::identify::is_since;
use crate::verify::server::version;

/// A server that gives no answer so often in a row gets no more questions: each could take as long.
const LOST_IN_A_ROW: usize = 2;

/// A server that is known for what it is.
struct Known {
    rule: Arc<AuditRule>,
    version: Option<String>,
    /// Its answer to the probe.
    reply: Reply,
}

/// One server, and what it answered so far.
struct Interview<'a> {
    talk: Talk<'a>,
    /// By path: the answer, or why there is none.
    answers: Vec<(String, Result<Reply, String>)>,
    lost_in_a_row: usize,
}

pub(super) fn audit(settings: &Settings, candidates: &[&Arc<AuditRule>]) -> Audit {
    let server = settings.endpoint.to_string();
    let nothing = |problems| Audit {
        server: server.clone(),
        rule: None,
        version: None,
        exposures: Vec::new(),
        problems,
    };
    let permit = Permit::named(settings.endpoint.clone());
    let pace = Pace::new(settings.every);
    let known = match probe(settings, candidates, &permit, &pace) {
        Ok(known) => known,
        Err(problem) => return nothing(vec![problem]),
    };
    let Known { rule, version, reply } = known;
    let line = match Line::new(&settings.means, &rule.service.id, &permit) {
        Ok(line) => line,
        Err(why) => return nothing(vec![lost(settings, why)]),
    };
    let talk = Talk { line: &line, permit: &permit, pace: &pace };
    let answers = vec![(rule.audit.probe.path.clone(), Ok(reply))];
    let mut interview = Interview { talk, answers, lost_in_a_row: 0 };
    let exposures = wanted(&rule, &settings.consents)
        .map(|exposure| interview.look(exposure, &rule, version.as_deref()))
        .collect();
    Audit { server, rule: Some(rule), version, exposures, problems: Vec::new() }
}

pub(super) fn identify(
    settings: &Settings,
    candidates: &[&Arc<AuditRule>],
) -> Result<(Arc<AuditRule>, Option<String>), Problem> {
    let permit = Permit::named(settings.endpoint.clone());
    let known = probe(settings, candidates, &permit, &Pace::new(settings.every))?;
    Ok((known.rule, known.version))
}

/// Asks as each service wants to be asked, until one answer fits.
fn probe(
    settings: &Settings,
    candidates: &[&Arc<AuditRule>],
    permit: &Permit,
    pace: &Pace,
) -> Result<Known, Problem> {
    let mut said = Vec::new();
    for &rule in candidates {
        let line = Line::new(&settings.means, &rule.service.id, permit)
            .map_err(|why| lost(settings, why))?;
        let talk = Talk { line: &line, permit, pace };
        let probe = &rule.audit.probe;
        // Whoever gives no answer to this question gives none to another.
        let reply = talk
            .get(&probe.path, &None, ANSWER, false)
            .map_err(|lost_reply| lost(settings, lost_reply.why))?;
        if has_shape(&probe.answer, &reply, reply.json().as_ref(), None) {
            let version = version(probe, &reply);
            return Ok(Known { rule: Arc::clone(rule), version, reply });
        }
        said.push((rule, reply));
    }
    Err(stranger(settings, &said))
}

fn lost(settings: &Settings, why: String) -> Problem {
    let hint = "Check the address, and whether this machine may reach it.";
    Problem::new(ProblemCode::Unanswered, settings.endpoint.to_string(), why).hinted(hint)
}

/// A server that answers as none of the services does.
fn stranger(settings: &Settings, said: &[(&Arc<AuditRule>, Reply)]) -> Problem {
    let each = said.iter().map(|(rule, reply)| {
        let (name, path) = (&rule.service.name, &rule.audit.probe.path);
        format!("it does not answer as {name} does to GET {path}: {}", reply.words())
    });
    let why = each.collect::<Vec<_>>().join("; ");
    let to = said.iter().find_map(|(_, reply)| {
        reply.header("location").filter(|_| (300..400).contains(&reply.status))
    });
    let endpoint = &settings.endpoint;
    let hint = match to {
        Some(to) => format!(
            "It sends to {to}: if the service lives below such a path, name the address with it; \
             if that is a page to sign in, a proxy before it already lets nobody through."
        ),
        None if endpoint.path().is_empty() => {
            format!("If the service lives below a path, name that as well: {endpoint}/sonar")
        }
        None => format!(
            "Check the path, {}: the service may live below another one, or below none.",
            endpoint.path()
        ),
    };
    Problem::new(ProblemCode::Unanswered, endpoint.to_string(), why).hinted(hint)
}

impl Interview<'_> {
    fn look(
        &mut self,
        exposure: &Arc<ExposureRule>,
        rule: &AuditRule,
        version: Option<&str>,
    ) -> Exposure {
        let (url, observed) = match self.path(exposure, rule) {
            Ok(None) => (None, self.address(exposure)),
            Ok(Some(path)) => {
                let observed = match self.get(&path) {
                    Ok(reply) => observe(exposure, &rule.audit, reply, version),
                    Err(why) => Observed::unknown(why.clone()),
                };
                (Some(path), observed)
            }
            Err((path, observed)) => (Some(path), observed),
        };
        let Observed { state, words, count } = observed;
        let cve = exposure.cve.as_ref().filter(|cve| {
            state == State::Open && version.is_some() && !is_since(version, &cve.before)
        });
        Exposure {
            rule: Arc::clone(exposure),
            state,
            url: url.map(|path| format!("{}{path}", self.talk.permit.endpoint())),
            observed: words,
            count,
            cve: cve.map(|cve| cve.id.clone()),
        }
    }

    /// The path to ask for, its slots filled by the requests that lead there; none where nothing is
    /// asked. Where they lead nowhere, the path where it ended and why.
    fn path(
        &mut self,
        exposure: &ExposureRule,
        rule: &AuditRule,
    ) -> Result<Option<String>, (String, Observed)> {
        let Some(path) = &exposure.path else { return Ok(None) };
        let mut slots: Vec<(&str, String)> = Vec::new();
        let fill = |path: &str, slots: &[(&str, String)]| {
            slots.iter().fold(path.to_owned(), |path, (slot, value)| {
                path.replace(&format!("{{{slot}}}"), &percent_encoded(value))
            })
        };
        for lead in &exposure.lead {
            let path = fill(&lead.path, &slots);
            let reply = match self.get(&path) {
                Ok(reply) => reply,
                Err(why) => return Err((path, Observed::unknown(why.clone()))),
            };
            let json = reply.json();
            let value = json.as_ref().and_then(|json| json.pointer(&lead.at)?.as_str());
            let Some(value) = value else {
                let observed = Observed::nothing_to_ask(&rule.audit, reply, &lead.fills);
                return Err((path, observed));
            };
            slots.push((&lead.fills, value.to_owned()));
        }
        Ok(Some(fill(path, &slots)))
    }

    /// What an address says by itself.
    fn address(&self, exposure: &ExposureRule) -> Observed {
        let endpoint = self.talk.permit.endpoint();
        match exposure.address {
            Some(Address::PlainHttp) if endpoint.is_secure() => {
                Observed::closed("https".to_owned())
            }
            Some(Address::PlainHttp) if is_this_machine(endpoint.host()) => {
                Observed::closed("it stays on this machine".to_owned())
            }
            _ => Observed::open("its address begins with http://".to_owned(), None),
        }
    }

    /// The answer to a GET, which is sent once however many exposures are about it.
    fn get(&mut self, path: &str) -> Result<&Reply, &String> {
        let known = self.answers.iter().position(|(asked, _)| asked == path);
        let at = known.unwrap_or_else(|| {
            let answer = self.ask(path);
            self.lost_in_a_row = if answer.is_ok() { 0 } else { self.lost_in_a_row + 1 };
            self.answers.push((path.to_owned(), answer));
            self.answers.len() - 1
        });
        self.answers[at].1.as_ref()
    }

    fn ask(&self, path: &str) -> Result<Reply, String> {
        if self.lost_in_a_row >= LOST_IN_A_ROW {
            return Err("not asked: the server gave no answer to the questions before".to_owned());
        }
        self.talk.get(path, &None, LIST, false).map_err(|lost| lost.why)
    }
}
