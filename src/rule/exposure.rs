//! What a server should show to nobody who has only its address: one check each. A rule file says
//! it in `[audit]` and `[[exposure]]`.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::Service;
use super::check::check_id;
use super::gate::Gate;
use super::template;
use super::verify::{Body, Probe, Shape, check_path};
use crate::severity::Severity;

/// What is looked at on the servers of one service.
#[derive(Debug)]
pub struct AuditRule {
    pub service: Arc<Service>,
    pub audit: Audit,
    /// In the order of the file, which is that of the questions.
    pub exposures: Vec<Arc<ExposureRule>>,
}

/// What all checks of a service share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Asked first: whether this is the service, and its version.
    pub probe: Probe,
    /// Answers by which the server keeps to itself what was asked for, whatever it was.
    pub closed: Vec<Shape>,
    /// What a reverse proxy before it has to let through.
    pub gate: Gate,
}

/// One thing that a server may show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExposureRule {
    /// Unique among all rules: `sonarqube-anonymous-access`.
    pub id: String,
    /// What it is about, as in "closed: webhooks".
    pub what: String,
    /// What is open, as a sentence without a full stop.
    pub name: String,
    /// How much it hurts; `info` is a fact, and no fault.
    pub severity: Severity,
    /// What it means, one to three sentences.
    pub why: String,
    /// How to close it, in order, each one sentence.
    pub fix: Vec<String>,
    /// Its weakness in MITRE's list, of [`CWES`].
    pub cwe: u16,
    /// The vulnerability that it is where the version is old enough.
    pub cve: Option<Cve>,
    /// What is asked for, below the server's own path; none where its address says it.
    pub path: Option<String>,
    /// What is wrong with an address.
    pub address: Option<Address>,
    /// Only looked at if the user agrees.
    pub consent: Option<Consent>,
    /// Requests whose answers fill the path's slots.
    #[serde(default)]
    pub lead: Vec<Lead>,
    /// The answers that show it. Looked at before those that do not.
    #[serde(default)]
    pub open: Vec<Open>,
    /// The answers that do not, besides those of the whole service.
    #[serde(default)]
    pub closed: Vec<Shape>,
}

/// A published vulnerability.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cve {
    pub id: String,
    /// The first version without it.
    pub before: String,
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// It is no https, and not this machine's own.
    PlainHttp,
}

/// What is only looked at if the user agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// A line of somebody's source code is transferred, though it is neither kept nor shown.
    ReadSource,
}

/// A request for what the next one needs: the value at a pointer of its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    pub path: String,
    /// The slot that it fills in all paths after it.
    pub fills: String,
    pub at: String,
}

/// An answer that shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    pub answer: Shape,
    /// Rows of which there must be one.
    pub rows: Option<Rows>,
    /// Where the answer says how many there are, if it holds only some: pointers, the first that is
    /// there counts. More than none must be.
    #[serde(default)]
    pub total: Vec<String>,
    /// What was seen, in words: `{count}` and `{names}` of the rows, `{version}`. Nothing else of
    /// an answer is kept.
    pub seen: String,
}

/// Which rows of an answer count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// A pointer to an array.
    pub at: String,
    /// A pointer to the name of a row; without it the row itself is its name.
    pub name: Option<String>,
    /// Its name is one of these,
    #[serde(default)]
    pub is: Vec<String>,
    /// or begins so,
    #[serde(default)]
    pub begins: Vec<String>,
    /// or ends so. Without any of the three each name counts.
    #[serde(default)]
    pub ends: Vec<String>,
    /// In no case does it end so.
    #[serde(default)]
    pub not_ends: Vec<String>,
    /// It has a value at one of these pointers.
    #[serde(default)]
    pub holds: Vec<String>,
    /// It has no `true` at this one.
    pub unless: Option<String>,
}

/// A weakness of MITRE's list.
#[derive(Clone, Copy, Debug)]
pub struct Cwe {
    pub number: u16,
    /// As an identifier, and as people say it.
    pub name: &'static str,
    pub words: &'static str,
}

/// The weaknesses that exposures may have.
pub const CWES: [Cwe; 4] = [
    Cwe {
        number: 200,
        name: "ExposureOfSensitiveInformation",
        words: "Exposure of Sensitive Information to an Unauthorized Actor.",
    },
    Cwe {
        number: 306,
        name: "MissingAuthentication",
        words: "Missing Authentication for Critical Function.",
    },
    Cwe {
        number: 319,
        name: "CleartextTransmission",
        words: "Cleartext Transmission of Sensitive Information.",
    },
    Cwe {
        number: 732,
        name: "IncorrectPermissionAssignment",
        words: "Incorrect Permission Assignment for Critical Resource.",
    },
];

/// What is wrong with a part of a file: its key, and why.
type Wrong = (&'static str, String);

/// What a file looks at on servers: both tables, or neither. The error is where, at which key, why.
pub(super) fn compile(
    audit: Option<Spanned<Audit>>,
    exposures: Vec<Spanned<ExposureRule>>,
    service: Arc<Service>,
) -> Result<Option<AuditRule>, (Range<usize>, String, String)> {
    let Some(audit) = audit else {
        let why = "there is no [audit], which says how to tell the service".to_owned();
        let first = exposures.first().map(|it| (it.span(), "exposure".to_owned(), why));
        return first.map_or(Ok(None), Err);
    };
    let (at, audit) = (audit.span(), audit.into_inner());
    audit.check().map_err(|(key, why)| (at.clone(), format!("audit.{key}"), why))?;
    if exposures.is_empty() {
        return Err((at, "audit".to_owned(), "there is no [[exposure]] to look for".to_owned()));
    }
    for exposure in &exposures {
        let wrong = |(key, why): Wrong| (exposure.span(), format!("exposure.{key}"), why);
        let exposure = exposure.get_ref();
        check_id(&exposure.id).map_err(|why| wrong(("id", why)))?;
        exposure.check(&audit.closed).map_err(wrong)?;
    }
    let exposures = exposures.into_iter().map(|it| Arc::new(it.into_inner())).collect();
    Ok(Some(AuditRule { service, audit, exposures }))
}

impl AuditRule {
    /// The exposure with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<ExposureRule>> {
        self.exposures.iter().find(|exposure| exposure.id == id)
    }
}

impl Audit {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        check_path(&self.probe.path, &[]).map_err(|why| ("probe.path", why))?;
        self.probe.answer.check().map_err(|why| ("probe.answer", why))?;
        self.closed.iter().try_for_each(Shape::check).map_err(|why| ("closed", why))?;
        if self.probe.version.is_none() {
            return Err(("probe.version", "vulnerabilities depend on the version".to_owned()));
        }
        self.gate.check()
    }
}

impl ExposureRule {
    /// Says what is ambiguous or unsafe, with the key. `closed` is what closes all of its service.
    pub(super) fn check(&self, closed: &[Shape]) -> Result<(), Wrong> {
        if self.fix.is_empty() || self.fix.iter().any(String::is_empty) {
            return Err(("fix", "say how to close it".to_owned()));
        }
        if !CWES.iter().any(|cwe| cwe.number == self.cwe) {
            return Err(("cwe", format!("{} is not in the list of CWES", self.cwe)));
        }
        if let Some(cve) = &self.cve {
            check_cve(&cve.id).map_err(|why| ("cve", why))?;
        }
        match (&self.path, self.address) {
            (Some(path), None) => self.check_asked(path, closed),
            (None, Some(_)) if self.open.is_empty() && self.lead.is_empty() => Ok(()),
            _ => Err(("path", "either a `path` with `open`, or an `address`".to_owned())),
        }
    }

    fn check_asked(&self, path: &str, closed: &[Shape]) -> Result<(), Wrong> {
        let mut slots = Vec::new();
        for lead in &self.lead {
            check_path(&lead.path, &slots).map_err(|why| ("lead.path", why))?;
            check_pointer(&lead.at).map_err(|why| ("lead.at", why))?;
            slots.push(lead.fills.as_str());
        }
        check_path(path, &slots).map_err(|why| ("path", why))?;
        if self.open.is_empty() {
            return Err(("open", "say which answer shows it".to_owned()));
        }
        self.closed.iter().try_for_each(Shape::check).map_err(|why| ("closed", why))?;
        let others = || closed.iter().chain(&self.closed);
        self.open.iter().try_for_each(|open| open.check(others()))
    }
}

impl Open {
    fn check<'a>(&self, mut closed: impl Iterator<Item = &'a Shape>) -> Result<(), Wrong> {
        self.answer.check().map_err(|why| ("open.answer", why))?;
        let silent = self.answer.body != Body::Json && self.answer.headers.is_empty();
        if silent {
            return Err(("open.answer", "a status alone is no proof of what stands there".into()));
        }
        for pointer in self.total.iter().chain(self.rows.iter().flat_map(Rows::pointers)) {
            check_pointer(pointer).map_err(|why| ("open.rows", why))?;
        }
        for slot in template::slots(&self.seen) {
            let told = match slot {
                "version" => true,
                "count" => self.rows.is_some() || !self.total.is_empty(),
                "names" => self.rows.is_some(),
                _ => false,
            };
            if !told {
                return Err(("open.seen", format!("nobody fills the slot `{{{slot}}}`")));
            }
        }
        let counts = self.rows.is_some() || !self.total.is_empty();
        // What counts rows is looked at first, and what is left of such an answer is an empty list.
        if !counts && closed.any(|shape| self.answer.overlaps(shape)) {
            let why = format!("an answer {:?} may be both open and closed", self.answer.status);
            return Err(("open.answer", why));
        }
        Ok(())
    }
}

impl Rows {
    fn pointers(&self) -> impl Iterator<Item = &String> {
        [&self.at].into_iter().chain(&self.name).chain(&self.holds).chain(&self.unless)
    }

    /// Whether a row of this name counts.
    pub fn counts(&self, name: &str) -> bool {
        let all = self.is.is_empty() && self.begins.is_empty() && self.ends.is_empty();
        if self.not_ends.iter().any(|end| name.ends_with(end.as_str())) {
            return false;
        }
        all || self.is.iter().any(|it| it == name)
            || self.begins.iter().any(|begin| name.starts_with(begin.as_str()))
            || self.ends.iter().any(|end| name.ends_with(end.as_str()))
    }
}

fn check_pointer(pointer: &str) -> Result<(), String> {
    if pointer.starts_with('/') { Ok(()) } else { Err(format!("{pointer:?} is no pointer")) }
}

/// `CVE-2020-27986`.
fn check_cve(id: &str) -> Result<(), String> {
    let parts: Vec<&str> = id.split('-').collect();
    let digits = |text: &str, least: usize| {
        text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts.as_slice() {
        ["CVE", year, number] if year.len() == 4 && digits(year, 4) && digits(number, 4) => Ok(()),
        _ => Err(format!("{id:?} is not of the form CVE-2020-27986")),
    }
}
