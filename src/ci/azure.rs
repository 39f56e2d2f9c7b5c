//! Azure DevOps: the builds of a project, the records of each one's timeline, a log a record.
//!
//! Sources: Microsoft's documents on the REST API of Azure DevOps, "Builds", "Timeline" and "Get Build
//! Log" (`$top`, `continuationToken` and the header `x-ms-continuationtoken`, logs as text/plain);
//! dotnet/arcade-services#3886 (links).

use std::collections::HashMap;

use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, rows, text};
use crate::api::session::At;
use crate::api::{Unread, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::AZURE_DEVOPS,
    name: "Azure DevOps",
    hosts: &["dev.azure.com"],
    tells: |page| page.host().ends_with(".visualstudio.com"),
    place,
    walk,
    cut: &[],
};

/// The version of the API that is asked for.
const VERSION: &str = "api-version=7.1";

/// `ORGANIZATION/PROJECT`: all parts up to `_build` are the project's.
fn place(page: &Endpoint) -> Result<Place, String> {
    let parts = parts(page);
    let end = parts.iter().position(|part| part.starts_with('_')).unwrap_or(parts.len());
    if end == 0 {
        return Err(format!("{page}: name a project: https://dev.azure.com/ORGANIZATION/PROJECT"));
    }
    let project = parts[..end].iter().map(|part| (*part).to_owned()).collect();
    Ok(Place { api: page.at_path(""), project, run: None, job: None })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    // As it was typed: it may have percent codes already.
    let base = format!("/{}", walk.target.place.project.join("/"));
    let builds = format!("{base}/_apis/build/builds");
    let first = format!("{builds}?{VERSION}&$top=100&queryOrder=queueTimeDescending");
    let again = first.clone();
    walk.counted(first, &mut |walk, told| {
        let all = rows(told, Some("value")).ok_or_else(Unread::shapeless)?;
        for row in all {
            let definition = row.get("definition").and_then(|it| text(it, "name"));
            let branch = text(row, "sourceBranch");
            let short = branch.map(|it| it.strip_prefix("refs/heads/").unwrap_or(it));
            let wanted = walk.is_workflow(&[definition])
                && (walk.is_branch(short) || walk.is_branch(branch))
                && walk.is_recent(text(row, "queueTime"));
            if wanted {
                let build = Build::of(row, definition)?;
                let outcome = records(walk, &base, &build);
                walk.part(&format!("{} build {}", walk.target.page, build.id), outcome)?;
            }
        }
        let old = all.last().is_some_and(|row| !walk.is_recent(text(row, "queueTime")));
        let token = told.head.header("x-ms-continuationtoken").filter(|_| !old && !all.is_empty());
        Ok(token.map(|token| format!("{again}&continuationToken={}", percent_encoded(token))))
    })
}

struct Build {
    id: String,
    /// As people know it: `shop 20260131.2`.
    name: String,
    over: bool,
}

impl Build {
    fn of(row: &Value, definition: Option<&str>) -> Result<Self, Unread> {
        let id = id(row, "id").ok_or_else(Unread::shapeless)?;
        let number = text(row, "buildNumber").unwrap_or(&id);
        let name = definition.map_or_else(|| number.to_owned(), |it| format!("{it} {number}"));
        Ok(Self { name, over: text(row, "status") == Some("completed"), id })
    }
}

/// The records of a build that have a log: tasks, and the jobs and stages that they are in.
fn records(walk: &mut Walk<'_>, base: &str, build: &Build) -> Result<(), End> {
    let path = format!("{base}/_apis/build/builds/{}/timeline?{VERSION}", build.id);
    let told = walk.session.json(&path)?;
    // A build that was refused before it began has no timeline.
    if told.value.is_null() {
        return Ok(());
    }
    let all = rows(&told, Some("records")).ok_or_else(Unread::shapeless)?;
    let known: HashMap<&str, &Value> =
        all.iter().filter_map(|record| Some((text(record, "id")?, record))).collect();
    for record in all {
        if let Some(number) = record.get("log").and_then(|log| id(log, "id")) {
            offer(walk, base, build, &number, record, &known)?;
        }
    }
    Ok(())
}

/// The job that a record is in, or is itself.
fn job_of<'a>(record: &'a Value, known: &HashMap<&str, &'a Value>) -> Option<&'a Value> {
    let mut record = record;
    // Stage, phase, job, task: no more levels, whatever an answer says.
    for _ in 0..8 {
        if text(record, "type") == Some("Job") {
            return Some(record);
        }
        record = known.get(text(record, "parentId")?)?;
    }
    None
}

fn offer(
    walk: &mut Walk<'_>,
    base: &str,
    build: &Build,
    number: &str,
    record: &Value,
    known: &HashMap<&str, &Value>,
) -> Result<(), End> {
    let target = walk.target;
    let job = job_of(record, known);
    let name = owned(record, "name").unwrap_or_else(|| number.to_owned());
    let is_job = text(record, "type") == Some("Job");
    let mut link = format!("{}/_build/results?buildId={}&view=logs", target.page, build.id);
    for (key, record) in [("j", job), ("t", Some(record).filter(|_| !is_job))] {
        link.extend(record.and_then(|it| id(it, "id")).map(|id| format!("&{key}={id}")));
    }
    let job = job.and_then(|job| owned(job, "name")).unwrap_or_else(|| build.name.clone());
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("build-{}", build.id), format!("{number}-{name}")]);
    let log = Log {
        provider: PROVIDER.name,
        run: build.name.clone(),
        job,
        step: (!is_job).then_some(name),
        when: owned(record, "startTime"),
        status: owned(record, "result").or_else(|| owned(record, "state")),
        size: None,
        link: page(Some(&link)),
        names,
        running: !build.over,
    };
    let path = format!("{base}/_apis/build/builds/{}/logs/{number}?{VERSION}", build.id);
    walk.offer(log, At::Api { path, accept: "text/plain" })
}
