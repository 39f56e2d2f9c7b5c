//! GitHub Actions: runs of a repository, the jobs of all their attempts, a plain log a job.
//!
//! Sources: GitHub's documents on the REST API, "Workflow runs" and "Workflow jobs" (pages of 100,
//! header `Link`, `filter=all` for the jobs of all attempts; a job's log is a redirect to a plain file
//! whose address lives for a minute, and 410 once it has expired). The zip of a run is not asked for:
//! cli/cli#11169 says that it can lack jobs, and it has each line twice.

use std::ops::ControlFlow;

use jiff::SignedDuration;
use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, text};
use crate::api::session::At;
use crate::api::{Unread, endpoint, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::GITHUB,
    name: "GitHub Actions",
    hosts: &HOSTS,
    tells: |_| false,
    place,
    walk,
    cut: &[],
};

const HOSTS: [&str; 2] = ["github.com", "www.github.com"];
/// A run can be run again until it is 30 days old ("Re-running workflows and jobs"), and keeps its
/// first date: so runs are looked at that are older than what is wanted.
const RUN_AGAIN: SignedDuration = SignedDuration::from_hours(31 * 24);

/// `OWNER/REPOSITORY`, and behind it `actions/runs/RUN/job/JOB`. A server of one's own has the API
/// below `/api/v3`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let (project, rest) = match parts(page)[..] {
        [owner, repository, ref rest @ ..] => ([owner, repository], rest.to_vec()),
        _ => return Err(format!("{page}: name a repository: https://github.com/OWNER/REPOSITORY")),
    };
    let (run, job) = match rest[..] {
        ["actions", "runs", run, "job", job, ..] => (Some(run), Some(job)),
        ["actions", "runs", run, ..] => (Some(run), None),
        _ => (None, None),
    };
    Ok(Place {
        api: endpoint(page, &HOSTS, "https://api.github.com", "/api/v3"),
        project: project.map(|name| name.trim_end_matches(".git").to_owned()).to_vec(),
        run: run.map(str::to_owned),
        job: job.map(str::to_owned),
    })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let place = &walk.target.place;
    let encoded: Vec<String> = place.project.iter().map(|it| percent_encoded(it)).collect();
    let base = format!("/repos/{}/actions", encoded.join("/"));
    if let Some(job) = &place.job {
        let told = walk.session.json(&format!("{base}/jobs/{}", percent_encoded(job)))?;
        return offer(walk, &base, &Run::default(), &told.value);
    }
    if let Some(run) = &place.run {
        let run = Run { id: percent_encoded(run), ..Run::default() };
        return jobs(walk, &base, &run);
    }
    walk.pages(&format!("{base}/runs"), "per_page=100", Some("workflow_runs"), &mut |walk, rows| {
        for row in rows {
            let wanted = walk.is_workflow(&[text(row, "name"), workflow_file(row)])
                && walk.is_branch(text(row, "head_branch"))
                && (walk.is_recent(text(row, "created_at"))
                    || walk.is_recent(text(row, "updated_at")));
            if wanted {
                let run = Run::of(row)?;
                let outcome = jobs(walk, &base, &run);
                walk.part(&run.page, outcome)?;
            }
        }
        let old = rows.iter().all(|row| !walk.is_within(text(row, "created_at"), RUN_AGAIN));
        Ok(if old { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

/// `ci.yml` of `.github/workflows/ci.yml`.
fn workflow_file(run: &Value) -> Option<&str> {
    text(run, "path")?.split('@').next()?.rsplit('/').next()
}

/// What a run says of all its jobs.
#[derive(Default)]
struct Run {
    id: String,
    /// As people know it: `CI #42`.
    name: Option<String>,
    page: String,
}

impl Run {
    fn of(row: &Value) -> Result<Self, Unread> {
        let id = id(row, "id").ok_or_else(Unread::shapeless)?;
        let number = row.get("run_number").and_then(Value::as_u64);
        let name = text(row, "name").zip(number).map(|(name, number)| format!("{name} #{number}"));
        let page = page(text(row, "html_url")).unwrap_or_else(|| format!("run {id}"));
        Ok(Self { id, name, page })
    }
}

fn jobs(walk: &mut Walk<'_>, base: &str, run: &Run) -> Result<(), End> {
    let path = format!("{base}/runs/{}/jobs", run.id);
    walk.pages(&path, "filter=all&per_page=100", Some("jobs"), &mut |walk, rows| {
        for row in rows {
            offer(walk, base, run, row)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// What did not begin has no log: what was skipped, what still waits, and what was cancelled before it
/// had a runner, of which there is no step.
fn has_begun(job: &Value, status: Option<&str>) -> bool {
    let stepless = || job.get("steps").and_then(Value::as_array).is_some_and(Vec::is_empty);
    match status {
        Some("skipped" | "queued" | "waiting" | "pending" | "requested") => false,
        Some("cancelled") => !stepless(),
        _ => true,
    }
}

fn offer(walk: &mut Walk<'_>, base: &str, run: &Run, row: &Value) -> Result<(), End> {
    let status = owned(row, "conclusion").or_else(|| owned(row, "status"));
    if !has_begun(row, status.as_deref()) {
        return Ok(());
    }
    let job = id(row, "id").ok_or_else(Unread::shapeless)?;
    let run_id = id(row, "run_id").unwrap_or_else(|| run.id.clone());
    let name = owned(row, "name").unwrap_or_else(|| job.clone());
    let target = walk.target;
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("run-{run_id}"), format!("{job}-{name}")]);
    let log = Log {
        provider: PROVIDER.name,
        run: run.name.clone().unwrap_or(run_id),
        job: name,
        step: None,
        when: owned(row, "started_at"),
        running: status.as_deref() == Some("in_progress"),
        status,
        size: None,
        link: page(text(row, "html_url")),
        names,
    };
    walk.offer(log, At::api(format!("{base}/jobs/{job}/logs")))
}
