//! What a server shows to whoever has only its address: read-only requests without any credential,
//! to the one server that the user named.
//!
//! ```text
//! address ─▶ probe (which service, which version) ─▶ one GET a path ─▶ Exposure ─▶ Audit
//! ```
//!
//! Of an answer only names and counts are kept, and those that a rule asks for: settings, e-mail
//! addresses and source code are in it, and belong into no report.

mod ask;
pub mod gate;
mod observe;

use std::sync::Arc;
use std::time::Duration;

use crate::door::permit::Endpoint;
use crate::door::transport::Means;
use crate::problem::Problem;
use crate::rule::Rules;
use crate::rule::exposure::{AuditRule, Consent, ExposureRule};
use crate::severity::Severity;

/// Which server is asked, and how.
#[derive(Debug)]
pub struct Settings {
    pub endpoint: Endpoint,
    pub means: Means,
    /// The time between two requests.
    pub every: Duration,
    /// Ids of the services that it may be; none means all.
    pub services: Vec<String>,
    pub consents: Vec<Consent>,
}

/// What a server shows to anyone.
#[derive(Debug)]
pub struct Audit {
    /// Its address, as the user typed it.
    pub server: String,
    /// What it is; none if it could not be told.
    pub rule: Option<Arc<AuditRule>>,
    pub version: Option<String>,
    /// In the order in which they were looked for.
    pub exposures: Vec<Exposure>,
    /// Why it could not be told what the server is.
    pub problems: Vec<Problem>,
}

/// One thing that a server may show, and whether it does.
#[derive(Clone, Debug)]
pub struct Exposure {
    pub rule: Arc<ExposureRule>,
    pub state: State,
    /// What was asked for; none where the address says it.
    pub url: Option<String>,
    /// The answer in words.
    pub observed: String,
    /// How many there are of what is shown, if it can be counted.
    pub count: Option<u64>,
    /// The vulnerability that it is at this version.
    pub cve: Option<String>,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    /// The answer proves neither.
    Unknown,
}

impl State {
    /// The word for it in reports, which does not change.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

impl Exposure {
    /// Whether it is open, and more than a fact.
    pub fn is_fault(&self) -> bool {
        self.state == State::Open && self.rule.severity > Severity::Info
    }
}

impl Audit {
    /// Those that are open and more than facts, the worst first.
    pub fn faults(&self) -> Vec<&Exposure> {
        let mut faults: Vec<&Exposure> = self.exposures.iter().filter(|it| it.is_fault()).collect();
        faults.sort_by_key(|it| std::cmp::Reverse(it.rule.severity));
        faults
    }

    /// Those in a state that are no faults.
    pub fn others(&self, state: State) -> impl Iterator<Item = &Exposure> {
        self.exposures.iter().filter(move |it| it.state == state && !it.is_fault())
    }

    /// Whether all that was asked for got an answer that proves something.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty() && self.others(State::Unknown).next().is_none()
    }
}

/// What will be asked of a server, should it be of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub service: String,
    /// The first is the probe.
    pub paths: Vec<String>,
}

/// What will be asked, service by service.
pub fn plan(settings: &Settings, rules: &Rules) -> Vec<Planned> {
    let one = |rule: &Arc<AuditRule>| {
        let mut paths = vec![rule.audit.probe.path.clone()];
        for exposure in wanted(rule, &settings.consents) {
            let leads = exposure.lead.iter().map(|lead| &lead.path);
            for path in leads.chain(&exposure.path) {
                if !paths.contains(path) {
                    paths.push(path.clone());
                }
            }
        }
        Planned { service: rule.service.name.clone(), paths }
    };
    candidates(settings, rules).map(one).collect()
}

/// Asks, one request after the other.
pub fn audit(settings: &Settings, rules: &Rules) -> Audit {
    ask::audit(settings, &candidates(settings, rules).collect::<Vec<_>>())
}

/// Tells the service and its version, and asks nothing else. The error is why it could not be told.
pub fn identify(
    settings: &Settings,
    rules: &Rules,
) -> Result<(Arc<AuditRule>, Option<String>), Problem> {
    ask::identify(settings, &candidates(settings, rules).collect::<Vec<_>>())
}

/// The services that the server may be of.
fn candidates<'a>(
    settings: &'a Settings,
    rules: &'a Rules,
) -> impl Iterator<Item = &'a Arc<AuditRule>> {
    let may = |rule: &&Arc<AuditRule>| {
        settings.services.is_empty() || settings.services.contains(&rule.service.id)
    };
    rules.audits.iter().filter(may)
}

/// The exposures that are looked for, of which some want the user's consent.
fn wanted<'a>(
    rule: &'a AuditRule,
    consents: &'a [Consent],
) -> impl Iterator<Item = &'a Arc<ExposureRule>> {
    let agreed = |it: &&Arc<ExposureRule>| it.consent.is_none_or(|it| consents.contains(&it));
    rule.exposures.iter().filter(agreed)
}
