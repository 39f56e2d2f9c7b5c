//! CircleCI: the builds of a project, a JSON document of chunks a step.
//!
//! Sources: CircleCI's documents on API v1.1 (`limit` up to 100, `offset`; `steps[].actions[]` with
//! `output_url`), circleci/circleci-docs `analyze-pipelines-during-an-incident.adoc` (the output is at a
//! pre-signed address that is good for minutes and takes no credential).

use http::HeaderName;
use serde_json::Value;
use zeroize::Zeroizing;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, owned, rows, text};
use crate::api::service::Service;
use crate::api::{Told, Unread, endpoint, parts};
use crate::door::permit::Endpoint;
use crate::problem::ProblemCode;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: Service::new(
        "circleci",
        &["CIRCLECI_TOKEN", "CIRCLE_TOKEN", "CIRCLECI_CLI_TOKEN"],
        token,
    ),
    name: "CircleCI",
    hosts: &HOSTS,
    tells: |_| false,
    place,
    walk,
    cut: &[],
};

fn token(token: &str) -> (HeaderName, Zeroizing<String>) {
    (HeaderName::from_static("circle-token"), Zeroizing::new(token.to_owned()))
}

const HOSTS: [&str; 2] = ["app.circleci.com", "circleci.com"];
/// The most builds that one answer has.
const PAGE: usize = 100;

/// `pipelines/VCS/ORG/PROJECT`, or the same without the first word.
fn place(page: &Endpoint) -> Result<Place, String> {
    let mut parts = parts(page);
    if parts.first() == Some(&"pipelines") {
        parts.remove(0);
    }
    let [vcs, organization, project, ..] = parts[..] else {
        return Err(format!(
            "{page}: name a project: https://app.circleci.com/pipelines/github/ORG/PROJECT"
        ));
    };
    let run = match parts[3..] {
        [build] if build.bytes().all(|byte| byte.is_ascii_digit()) => Some(build.to_owned()),
        _ => None,
    };
    Ok(Place {
        api: endpoint(page, &HOSTS, "https://circleci.com", ""),
        project: [vcs, organization, project].map(str::to_owned).to_vec(),
        run,
        job: None,
    })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let place = &walk.target.place;
    let encoded: Vec<String> = place.project.iter().map(|it| percent_encoded(it)).collect();
    let base = format!("/api/v1.1/project/{}", encoded.join("/"));
    if let Some(run) = &place.run {
        return steps(walk, &base, run);
    }
    let page = |from: usize| format!("{base}?limit={PAGE}&offset={from}&shallow=true");
    let mut from = 0;
    walk.counted(page(0), &mut |walk, told| {
        let all = rows(told, None).ok_or_else(Unread::shapeless)?;
        for row in all {
            let flow = row.get("workflows");
            let names = ["workflow_name", "job_name"].map(|key| flow.and_then(|it| text(it, key)));
            let wanted = walk.is_workflow(&names)
                && walk.is_branch(text(row, "branch"))
                && walk.is_recent(when(row));
            if wanted {
                let number = id(row, "build_num").ok_or_else(Unread::shapeless)?;
                let outcome = steps(walk, &base, &number);
                walk.part(&format!("{} build {number}", walk.target.page), outcome)?;
            }
        }
        from += PAGE;
        let old = all.last().is_some_and(|row| !walk.is_recent(when(row)));
        Ok((all.len() == PAGE && !old).then(|| page(from)))
    })
}

fn when(row: &Value) -> Option<&str> {
    text(row, "start_time").or_else(|| text(row, "queued_at"))
}

/// The output of each step of a build: what runs in parallel has one of its own.
fn steps(walk: &mut Walk<'_>, base: &str, number: &str) -> Result<(), End> {
    let told = walk.session.json(&format!("{base}/{number}"))?;
    let steps = rows_of(&told, "/steps").ok_or_else(Unread::shapeless)?;
    for step in 0..steps {
        let actions = rows_of(&told, &format!("/steps/{step}/actions")).unwrap_or_default();
        for action in 0..actions {
            offer(walk, &told, number, step, action)?;
        }
    }
    Ok(())
}

fn rows_of(told: &Told, pointer: &str) -> Option<usize> {
    told.value.pointer(pointer)?.as_array().map(Vec::len)
}

fn offer(
    walk: &mut Walk<'_>,
    told: &Told,
    number: &str,
    step: usize,
    action: usize,
) -> Result<(), End> {
    let pointer = format!("/steps/{step}/actions/{action}");
    let Some(row) = told.value.pointer(&pointer) else { return Ok(()) };
    if row.get("has_output").and_then(Value::as_bool) == Some(false) {
        return Ok(());
    }
    let target = walk.target;
    let name = owned(row, "name").unwrap_or_else(|| format!("step {step}"));
    let job = told.value.get("workflows").and_then(|it| text(it, "job_name")).unwrap_or("build");
    let index = id(row, "index").unwrap_or_else(|| action.to_string());
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(target.place.project.iter().cloned());
    names.extend([format!("build-{number}"), format!("{step}-{index}-{name}")]);
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{number}"),
        job: format!("{job} #{number}"),
        step: Some(if actions(told, step) > 1 { format!("{name} ({index})") } else { name }),
        when: owned(row, "start_time"),
        running: text(row, "status") == Some("running"),
        status: owned(row, "status"),
        size: None,
        link: page(text(&told.value, "build_url")),
        names,
    };
    if row.get("truncated").and_then(Value::as_bool) == Some(true) {
        let why = "the CI system threw away a part of it, and says so";
        walk.note(&log.path(), Unread::new(ProblemCode::TooLarge, why))?;
    }
    let at = walk.session.elsewhere(told, &format!("{pointer}/output_url"));
    walk.offer(log, at)
}

fn actions(told: &Told, step: usize) -> usize {
    rows_of(told, &format!("/steps/{step}/actions")).unwrap_or_default()
}
