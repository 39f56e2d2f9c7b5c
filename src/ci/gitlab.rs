//! GitLab CI: the jobs of a project, a trace a job.
//!
//! Sources: GitLab's documents on the Jobs API (newest first; pages by keyset, else by number; the
//! trace as plain text) and on the REST API (`PRIVATE-TOKEN`, header `Link`); gitlab-runner (what it
//! writes where a log became too long: it then throws the rest away).

use std::ops::ControlFlow;

use http::StatusCode;
use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, text};
use crate::api::session::At;
use crate::api::{Unread, parts, service};
use crate::door::permit::Endpoint;
use crate::problem::ProblemCode;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::GITLAB,
    name: "GitLab CI",
    hosts: &["gitlab.com"],
    tells: |page| page.path().contains("/-/"),
    place,
    walk,
    cut: &["Job's log exceeded limit of "],
};

/// `GROUP/…/PROJECT`, and behind it `-/jobs/JOB` or `-/pipelines/PIPELINE`. The API is at the root of
/// the host.
fn place(page: &Endpoint) -> Result<Place, String> {
    let parts = parts(page);
    let end = parts.iter().position(|part| *part == "-").unwrap_or(parts.len());
    let (project, rest) = parts.split_at(end);
    if project.len() < 2 {
        return Err(format!("{page}: name a project: https://gitlab.com/GROUP/PROJECT"));
    }
    let after = |kind: &str| match rest {
        [_, it, id, ..] if *it == kind => Some((*id).to_owned()),
        _ => None,
    };
    Ok(Place {
        api: page.at_path("/api/v4"),
        project: project.iter().map(|name| name.trim_end_matches(".git").to_owned()).collect(),
        run: after("pipelines"),
        job: after("jobs"),
    })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let place = &walk.target.place;
    let base = format!("/projects/{}", percent_encoded(&place.project.join("/")));
    if let Some(job) = &place.job {
        let told = walk.session.json(&format!("{base}/jobs/{}", percent_encoded(job)))?;
        return offer(walk, &base, &told.value);
    }
    if let Some(run) = &place.run {
        let path = format!("{base}/pipelines/{}/jobs", percent_encoded(run));
        return walk.pages(&path, "per_page=100&include_retried=true", None, &mut |walk, rows| {
            rows.iter().try_for_each(|row| offer(walk, &base, row))?;
            Ok(ControlFlow::Continue(()))
        });
    }
    let keyset = "pagination=keyset&order_by=id&sort=desc&per_page=100";
    match jobs(walk, &base, keyset) {
        // Servers that know no keyset for jobs say so by this.
        Err(End::Unread(unread)) if unread.status == StatusCode::METHOD_NOT_ALLOWED => {
            jobs(walk, &base, "per_page=100")
        }
        outcome => outcome,
    }
}

fn jobs(walk: &mut Walk<'_>, base: &str, query: &str) -> Result<(), End> {
    walk.pages(&format!("{base}/jobs"), query, None, &mut |walk, rows| {
        for row in rows {
            let wanted = walk.is_workflow(&[text(row, "name"), text(row, "stage")])
                && walk.is_branch(text(row, "ref"))
                && walk.is_recent(text(row, "created_at"));
            if wanted {
                offer(walk, base, row)?;
            }
        }
        // By falling id, which is the order in which they were made.
        let old = rows.last().is_some_and(|row| !walk.is_recent(text(row, "created_at")));
        Ok(if old { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

fn offer(walk: &mut Walk<'_>, base: &str, row: &Value) -> Result<(), End> {
    // What did not begin has no log.
    if text(row, "started_at").is_none() {
        return Ok(());
    }
    let job = id(row, "id").ok_or_else(Unread::shapeless)?;
    let name = owned(row, "name").unwrap_or_else(|| job.clone());
    let pipeline = row.get("pipeline").and_then(|it| id(it, "id"));
    let target = walk.target;
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend(pipeline.iter().map(|it| format!("pipeline-{it}")));
    names.push(format!("{job}-{name}"));
    let log = Log {
        provider: PROVIDER.name,
        run: pipeline.unwrap_or_default(),
        job: name,
        step: None,
        when: owned(row, "started_at"),
        running: text(row, "finished_at").is_none() && text(row, "status") == Some("running"),
        status: owned(row, "status"),
        size: None,
        link: page(text(row, "web_url")),
        names,
    };
    if text(row, "erased_at").is_some() {
        let why = "its log was erased";
        return walk.note(&log.path(), Unread::new(ProblemCode::Expired, why));
    }
    walk.offer(log, At::api(format!("{base}/jobs/{job}/trace")))
}
