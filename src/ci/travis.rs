//! Travis CI: the builds of a repository with their jobs, a plain log a job.
//!
//! Sources: Travis's documents on API V3, "Builds", "Jobs", "Log" and "Pagination"
//! (developer.travis-ci.com: pages of 100, `@pagination`, `include=build.jobs`, `job/{id}/log.txt`);
//! travis-build (what it writes where a log became too long).

use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, rows, text};
use crate::api::service::{Service, token};
use crate::api::session::At;
use crate::api::{Unread, endpoint, parts};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: Service {
        headers: &[("travis-api-version", "3")],
        ..Service::new("travis", &["TRAVIS_TOKEN"], token)
    },
    name: "Travis CI",
    hosts: &HOSTS,
    tells: |_| false,
    place,
    walk,
    cut: &["The log length has exceeded the limit of "],
};

const HOSTS: [&str; 2] = ["app.travis-ci.com", "travis-ci.com"];
/// The most builds that one answer has.
const PAGE: usize = 100;

/// `github/OWNER/REPOSITORY`, or without the first word.
fn place(page: &Endpoint) -> Result<Place, String> {
    let mut parts = parts(page);
    if parts.len() > 2 && matches!(parts[0], "github" | "bitbucket" | "gitlab" | "assembla") {
        parts.remove(0);
    }
    let [owner, repository, ..] = parts[..] else {
        return Err(format!(
            "{page}: name a repository: https://app.travis-ci.com/github/OWNER/REPOSITORY"
        ));
    };
    let project = [owner, repository].map(str::to_owned).to_vec();
    let api = endpoint(page, &HOSTS, "https://api.travis-ci.com", "");
    Ok(Place { api, project, run: None, job: None })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let slug = percent_encoded(&walk.target.place.project.join("/"));
    let path = |from: usize| {
        let query = "include=build.jobs&sort_by=id:desc";
        format!("/repo/{slug}/builds?{query}&limit={PAGE}&offset={from}")
    };
    let mut from = 0;
    walk.counted(path(0), &mut |walk, told| {
        let builds = rows(told, Some("builds")).ok_or_else(Unread::shapeless)?;
        for build in builds {
            let branch = build.get("branch").and_then(|it| text(it, "name"));
            if walk.is_branch(branch) && walk.is_recent(text(build, "started_at")) {
                // Some builds have no jobs; those behind them may have.
                let jobs = build.get("jobs").and_then(Value::as_array);
                for job in jobs.map(Vec::as_slice).unwrap_or_default() {
                    offer(walk, build, job)?;
                }
            }
        }
        from += PAGE;
        let last = told.value.pointer("/@pagination/is_last").and_then(Value::as_bool);
        let old = builds.last().is_some_and(|it| !walk.is_recent(text(it, "started_at")));
        Ok((last == Some(false) && !builds.is_empty() && !old).then(|| path(from)))
    })
}

fn offer(walk: &mut Walk<'_>, build: &Value, row: &Value) -> Result<(), End> {
    let state = text(row, "state");
    // What did not begin has no log.
    if matches!(state, Some("created" | "queued" | "received")) {
        return Ok(());
    }
    let target = walk.target;
    let job = id(row, "id").ok_or_else(Unread::shapeless)?;
    let name = owned(row, "number").unwrap_or_else(|| job.clone());
    if !walk.is_workflow(&[Some(&name)]) {
        return Ok(());
    }
    let run = owned(build, "number").unwrap_or_default();
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("build-{run}"), job.clone()]);
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{run}"),
        job: name,
        step: None,
        when: owned(row, "started_at").or_else(|| owned(build, "started_at")),
        running: state == Some("started"),
        status: state.map(str::to_owned),
        size: None,
        link: page(Some(&format!("{}/jobs/{job}", target.page))),
        names,
    };
    walk.offer(log, At::api(format!("/job/{job}/log.txt")))
}
