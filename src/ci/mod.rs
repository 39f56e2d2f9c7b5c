//! CI logs by API: which there are, and each of them as a stream.
//!
//! ```text
//! address that the user typed ─▶ Target ─▶ Walk (one file a provider: pages) ─▶ Log ─▶ LogReader
//! ```
//!
//! One request after the other, at the pace that the user set and the provider asks for. Requests are
//! GETs from the providers' documents. A log that cannot be read is a [`Problem`] with its place; the
//! rest goes on.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod drone;
mod github;
mod gitlab;
mod hosts;
mod jenkins;
mod log;
mod reader;
mod target;
mod teamcity;
mod travis;
mod walk;

use std::ops::ControlFlow;

use jiff::Timestamp;

use self::walk::{End, Walk};
use crate::api::session::Session;
use crate::api::{Access, Service, Unread};
use crate::door::permit::Endpoint;
use crate::problem::{Problem, ProblemCode};

pub use self::hosts::Hosts;
pub use self::log::Log;
pub use self::reader::LogReader;
pub use self::target::Target;

/// A CI system whose logs can be listed and read.
pub struct Provider {
    /// Whose API is asked.
    pub service: Service,
    /// Its name in reports: see [`crate::view::logs`].
    pub name: &'static str,
    /// Hosts that are its own alone, of pages: no customer can have one of such a name.
    hosts: &'static [&'static str],
    /// Whether an address at any other host is one of its own, as far as that tells.
    tells: fn(&Endpoint) -> bool,
    /// What an address names, and where the API for it is.
    place: fn(&Endpoint) -> Result<Place, String>,
    /// Offers all logs of the target.
    walk: fn(&mut Walk<'_>) -> Result<(), End>,
    /// What stands at the end of a log of which the rest was thrown away.
    cut: &'static [&'static str],
}

impl Provider {
    /// Whether an address is one of its own, as far as that tells.
    fn is_of(&self, page: &Endpoint) -> bool {
        self.hosts.contains(&page.host()) || (self.tells)(page)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.service.id)
    }
}

/// What an address names.
#[derive(Clone, Debug)]
struct Place {
    /// Where the API is.
    api: Endpoint,
    /// The names of the project, from the outermost on.
    project: Vec<String>,
    /// One run of it, and one job of that, where the address goes so far.
    run: Option<String>,
    job: Option<String>,
}

/// All providers, in the order in which an address is tried.
pub const PROVIDERS: [&Provider; 10] = [
    &github::PROVIDER,
    &gitlab::PROVIDER,
    &jenkins::PROVIDER,
    &circleci::PROVIDER,
    &azure::PROVIDER,
    &buildkite::PROVIDER,
    &travis::PROVIDER,
    &teamcity::PROVIDER,
    &bitbucket::PROVIDER,
    &drone::PROVIDER,
];

/// Which logs of a target, and how they are asked for.
#[derive(Debug)]
pub struct Settings {
    pub access: Access,
    pub filter: Filter,
}

/// Which logs are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of runs that were made, or run again, since then.
    pub since: Option<Timestamp>,
    /// Only of the workflow, pipeline or job of this name.
    pub workflow: Option<String>,
    pub branch: Option<String>,
    /// At most so many logs, the newest first.
    pub limit: Option<usize>,
}

/// Names the logs of a target, and reads none. What it returns is what could not be looked at.
pub fn list(target: &Target, settings: &Settings, each: &mut dyn FnMut(&Log)) -> Vec<Problem> {
    walk(target, settings, &mut |_, log, _| {
        each(&log);
        Ok(ControlFlow::Continue(()))
    })
}

/// Reads the logs of a target, one after the other. `each` gets a log's names and its bytes, of which
/// it need not read all, and may break off. What it returns is what could not be read, also of the
/// logs whose bytes ended too early.
pub fn read(
    target: &Target,
    settings: &Settings,
    each: &mut dyn FnMut(&Log, &mut LogReader) -> ControlFlow<()>,
) -> Vec<Problem> {
    walk(target, settings, &mut |session, log, at| {
        let stream = session.open(at).map_err(expired)?;
        let mut reader = LogReader::new(stream, target.provider.cut)?;
        let flow = each(&log, &mut reader);
        reader.verdict().map(|()| flow)
    })
}

/// Says of a log that is gone for good why that is.
fn expired(unread: Unread) -> Unread {
    if unread.status != 410 {
        return unread;
    }
    let why = "it answered 410: the log has expired, and is kept no longer";
    let hint = "nothing of it can be read any more; --since asks for newer ones only";
    Unread::new(ProblemCode::Expired, why).hinted(hint)
}

fn walk(target: &Target, settings: &Settings, take: &mut walk::Take<'_>) -> Vec<Problem> {
    match Session::new(&target.provider.service, &target.place.api, &settings.access) {
        Ok(session) => walk::run(target, &session, &settings.filter, take),
        Err(why) => vec![target.problem(why)],
    }
}
