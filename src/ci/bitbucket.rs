//! Bitbucket Pipelines: the pipelines of a repository, their steps, a log a step.
//!
//! Sources: Atlassian's documents on the REST API of Bitbucket Cloud, "Pipelines" (pages of 100 by
//! number, `sort=-created_on`, UUIDs in braces); lawp09/bitbucket-mcp v1.25.0 (a finished step's log
//! is a redirect to storage, and is refused with 406 to who wants JSON).

use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{owned, rows, text};
use crate::api::session::At;
use crate::api::{Unread, endpoint, parts, service};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: service::BITBUCKET,
    name: "Bitbucket Pipelines",
    hosts: &HOSTS,
    tells: |_| false,
    place,
    walk,
    cut: &[],
};

const HOSTS: [&str; 1] = ["bitbucket.org"];
/// The most rows that one answer has.
const PAGE: usize = 100;

/// `WORKSPACE/REPOSITORY`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let [workspace, repository, ..] = parts(page)[..] else {
        return Err(format!(
            "{page}: name a repository: https://bitbucket.org/WORKSPACE/REPOSITORY"
        ));
    };
    let project = [workspace, repository].map(str::to_owned).to_vec();
    let api = endpoint(page, &HOSTS, "https://api.bitbucket.org", "");
    Ok(Place { api, project, run: None, job: None })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let place = &walk.target.place;
    let encoded: Vec<String> = place.project.iter().map(|it| percent_encoded(it)).collect();
    let base = format!("/2.0/repositories/{}/pipelines", encoded.join("/"));
    let path = |number: usize| format!("{base}/?sort=-created_on&pagelen={PAGE}&page={number}");
    let mut number = 1;
    walk.counted(path(1), &mut |walk, told| {
        let pipelines = rows(told, Some("values")).ok_or_else(Unread::shapeless)?;
        for pipeline in pipelines {
            let target = pipeline.get("target");
            let branch = target.and_then(|it| text(it, "ref_name"));
            let name = target.and_then(|it| text(it.get("selector")?, "pattern"));
            let wanted = walk.is_branch(branch)
                && walk.is_workflow(&[name])
                && walk.is_recent(text(pipeline, "created_on"));
            if wanted {
                let outcome = steps(walk, &base, pipeline);
                walk.part(&walk.target.page, outcome)?;
            }
        }
        number += 1;
        let old = pipelines.last().is_some_and(|it| !walk.is_recent(text(it, "created_on")));
        let more = told.value.get("next").is_some() && !pipelines.is_empty() && !old;
        Ok(more.then(|| path(number)))
    })
}

fn steps(walk: &mut Walk<'_>, base: &str, pipeline: &Value) -> Result<(), End> {
    let uuid = uuid(pipeline).ok_or_else(Unread::shapeless)?;
    let run = pipeline.get("build_number").and_then(Value::as_u64).unwrap_or_default();
    let path = |number: usize| format!("{base}/{uuid}/steps/?pagelen={PAGE}&page={number}");
    let mut number = 1;
    walk.counted(path(1), &mut |walk, told| {
        let steps = rows(told, Some("values")).ok_or_else(Unread::shapeless)?;
        for step in steps {
            offer(walk, &format!("{base}/{uuid}"), run, step)?;
        }
        number += 1;
        let more = told.value.get("next").is_some() && !steps.is_empty();
        Ok(more.then(|| path(number)))
    })
}

/// `{0190…}`, as one part of a path.
fn uuid(row: &Value) -> Option<String> {
    let text = text(row, "uuid")?;
    let inner = text.trim_start_matches('{').trim_end_matches('}');
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let fits = !inner.is_empty() && inner.chars().all(plain);
    fits.then(|| format!("%7B{inner}%7D"))
}

fn offer(walk: &mut Walk<'_>, pipeline: &str, run: u64, row: &Value) -> Result<(), End> {
    // What did not begin has no log.
    if text(row, "started_on").is_none() {
        return Ok(());
    }
    let target = walk.target;
    let step = uuid(row).ok_or_else(Unread::shapeless)?;
    let name = owned(row, "name").unwrap_or_else(|| "step".to_owned());
    let state = row.get("state");
    let result = state.and_then(|it| text(it.get("result")?, "name"));
    let status = result.or_else(|| state.and_then(|it| text(it, "name"))).map(str::to_lowercase);
    let bare = step.replace("%7B", "").replace("%7D", "");
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("pipeline-{run}"), format!("{bare}-{name}")]);
    let link = format!("{}/pipelines/results/{run}/steps/{step}", target.page);
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{run}"),
        job: format!("#{run}"),
        step: Some(name),
        when: owned(row, "started_on"),
        running: text(row, "completed_on").is_none(),
        status,
        size: None,
        link: page(Some(&link)),
        names,
    };
    let path = format!("{pipeline}/steps/{step}/log");
    walk.offer(log, At::Api { path, accept: "application/octet-stream, */*;q=0.5" })
}
