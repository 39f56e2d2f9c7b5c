//! Buildkite: the builds of a pipeline, a log a job.
//!
//! Sources: Buildkite's documents on the REST API, "Builds" and "Jobs" (header `Link`; jobs stand in
//! the build, retried ones with `include_retried_jobs`; the log as `.txt`, at most 1 GiB).

use std::ops::ControlFlow;

use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, text};
use crate::api::service::{Service, bearer};
use crate::api::session::At;
use crate::api::{Unread, endpoint, parts};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: Service::new("buildkite", &["BUILDKITE_API_TOKEN"], bearer),
    name: "Buildkite",
    hosts: &HOSTS,
    tells: |_| false,
    place,
    walk,
    cut: &[],
};

const HOSTS: [&str; 1] = ["buildkite.com"];
/// `ORGANIZATION/PIPELINE`, and behind it `builds/NUMBER`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let parts = parts(page);
    let [organization, pipeline, ref rest @ ..] = parts[..] else {
        return Err(format!(
            "{page}: name a pipeline: https://buildkite.com/ORGANIZATION/PIPELINE"
        ));
    };
    let run = match rest {
        ["builds", number, ..] => Some((*number).to_owned()),
        _ => None,
    };
    Ok(Place {
        api: endpoint(page, &HOSTS, "https://api.buildkite.com", ""),
        project: [organization, pipeline].map(str::to_owned).to_vec(),
        run,
        job: None,
    })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let Place { project, run, .. } = &walk.target.place;
    let [organization, pipeline] = [&project[0], &project[1]].map(|it| percent_encoded(it));
    let base = format!("/v2/organizations/{organization}/pipelines/{pipeline}/builds");
    if let Some(run) = run {
        let number = percent_encoded(run);
        let told = walk.session.json(&format!("{base}/{number}?include_retried_jobs=true"))?;
        return jobs(walk, &base, &told.value);
    }
    // Their jobs come with them, so a page is short.
    walk.pages(&base, "include_retried_jobs=true&per_page=30", None, &mut |walk, rows| {
        for row in rows {
            if walk.is_branch(text(row, "branch")) && walk.is_recent(text(row, "created_at")) {
                jobs(walk, &base, row)?;
            }
        }
        let old = rows.last().is_some_and(|row| !walk.is_recent(text(row, "created_at")));
        Ok(if old { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

fn jobs(walk: &mut Walk<'_>, base: &str, build: &Value) -> Result<(), End> {
    let number = id(build, "number").ok_or_else(Unread::shapeless)?;
    let jobs = build.get("jobs").and_then(Value::as_array).ok_or_else(Unread::shapeless)?;
    let began =
        |job: &&Value| text(job, "type") == Some("script") && text(job, "started_at").is_some();
    for job in jobs.iter().filter(began) {
        if walk.is_workflow(&[text(job, "name"), text(job, "step_key")]) {
            offer(walk, base, &number, job)?;
        }
    }
    Ok(())
}

fn offer(walk: &mut Walk<'_>, base: &str, number: &str, row: &Value) -> Result<(), End> {
    let target = walk.target;
    let job = id(row, "id").ok_or_else(Unread::shapeless)?;
    let name = owned(row, "name").unwrap_or_else(|| job.clone());
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("build-{number}"), format!("{job}-{name}")]);
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{number}"),
        job: name,
        step: None,
        when: owned(row, "started_at"),
        running: text(row, "finished_at").is_none(),
        status: owned(row, "state"),
        size: None,
        link: page(text(row, "web_url")),
        names,
    };
    walk.offer(log, At::api(format!("{base}/{number}/jobs/{job}/log.txt")))
}
