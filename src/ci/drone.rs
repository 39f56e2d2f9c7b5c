//! Drone: the builds of a repository, their stages and steps, a JSON document of lines a step.
//!
//! Sources: Drone's documents on its API, "Build List", "Build Info" and "Build Logs" (pages by
//! number, times in seconds since 1970); runner-go (of a longer log the last 5 MiB are kept, and
//! nothing says so).

use jiff::Timestamp;
use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, rows, text};
use crate::api::service::{Service, bearer};
use crate::api::session::At;
use crate::api::{Unread, parts};
use crate::door::permit::Endpoint;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: Service::new("drone", &["DRONE_TOKEN"], bearer),
    name: "Drone",
    hosts: &["cloud.drone.io"],
    tells: |_| false,
    place,
    walk,
    cut: &[],
};

/// `OWNER/REPOSITORY`.
fn place(page: &Endpoint) -> Result<Place, String> {
    let [owner, repository, ref rest @ ..] = parts(page)[..] else {
        return Err(format!(
            "{page}: name a repository: https://drone.example.com/OWNER/REPOSITORY"
        ));
    };
    let project = [owner, repository].map(str::to_owned).to_vec();
    let run = rest.first().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let run = run.map(|run| (*run).to_owned());
    Ok(Place { api: page.at_path(""), project, run, job: None })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let place = &walk.target.place;
    let encoded: Vec<String> = place.project.iter().map(|it| percent_encoded(it)).collect();
    let base = format!("/api/repos/{}/builds", encoded.join("/"));
    if let Some(run) = &place.run {
        return steps(walk, &base, run);
    }
    let path = |number: usize| format!("{base}?page={number}");
    let mut number = 1;
    walk.counted(path(1), &mut |walk, told| {
        let builds = rows(told, None).ok_or_else(Unread::shapeless)?;
        for build in builds {
            let began = time(build, "created");
            if walk.is_branch(text(build, "target")) && walk.is_recent(began.as_deref()) {
                let run = id(build, "number").ok_or_else(Unread::shapeless)?;
                let outcome = steps(walk, &base, &run);
                walk.part(&format!("{}/{run}", walk.target.page), outcome)?;
            }
        }
        number += 1;
        let oldest = builds.last().map(|build| time(build, "created"));
        let old = oldest.is_some_and(|began| !walk.is_recent(began.as_deref()));
        Ok((!builds.is_empty() && !old).then(|| path(number)))
    })
}

/// A time in seconds since 1970; zero is none.
fn time(row: &Value, key: &str) -> Option<String> {
    let second = row.get(key)?.as_i64().filter(|second| *second > 0)?;
    Timestamp::from_second(second).ok().map(|it| it.to_string())
}

fn steps(walk: &mut Walk<'_>, base: &str, run: &str) -> Result<(), End> {
    let told = walk.session.json(&format!("{base}/{run}"))?;
    let list = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    for stage in list(&told.value, "stages") {
        if walk.is_workflow(&[text(&stage, "name")]) {
            for step in list(&stage, "steps") {
                offer(walk, base, run, &stage, &step)?;
            }
        }
    }
    Ok(())
}

fn offer(
    walk: &mut Walk<'_>,
    base: &str,
    run: &str,
    stage: &Value,
    row: &Value,
) -> Result<(), End> {
    // What did not begin has no log.
    let Some(began) = time(row, "started") else { return Ok(()) };
    let target = walk.target;
    let (Some(outer), Some(inner)) = (id(stage, "number"), id(row, "number")) else {
        return Err(Unread::shapeless().into());
    };
    let name = owned(row, "name").unwrap_or_else(|| inner.clone());
    let job = owned(stage, "name").unwrap_or_else(|| outer.clone());
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("build-{run}"), format!("{outer}-{inner}-{name}")]);
    let link =
        format!("{}/{}/{run}/{outer}/{inner}", target.place.api, target.place.project.join("/"));
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{run}"),
        job,
        step: Some(name),
        when: Some(began),
        running: text(row, "status") == Some("running"),
        status: owned(row, "status"),
        size: None,
        link: page(Some(&link)),
        names,
    };
    let path = format!("{base}/{run}/logs/{outer}/{inner}");
    walk.offer(log, At::Api { path, accept: "application/json" })
}
