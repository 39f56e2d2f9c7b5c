//! TeamCity: the builds of a project or of a build configuration, a plain log a build.
//!
//! Sources: the vendor's documents on the REST API, "Builds" and `BuildLocator` (`count`, `start`,
//! `nextHref`, `defaultFilter:false` for all builds), and teamcity-documentation `build-log.md`
//! (`downloadBuildLog.html?buildId=…&plain=true`).

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
    service: Service::new("teamcity", &["TEAMCITY_TOKEN"], bearer),
    name: "TeamCity",
    hosts: &[],
    tells: |page| page.host().ends_with(".teamcity.com"),
    place,
    walk,
    cut: &[],
};

/// Builds that are asked for at once.
const PAGE: usize = 100;
const FIELDS: &str = "build(id,number,status,state,branchName,startDate,webUrl,buildTypeId,buildType(name,projectName))";

/// `project/ID` or `buildConfiguration/ID`, and before it the path below which TeamCity lives. Without
/// either all builds of the server.
fn place(page: &Endpoint) -> Result<Place, String> {
    let parts = parts(page);
    let kinds = ["project", "buildConfiguration"];
    let at = parts.iter().position(|part| kinds.contains(part));
    let (context, rest) = parts.split_at(at.unwrap_or(parts.len()));
    if rest.len() == 1 {
        return Err(format!("{page}: the id is missing behind {}", rest[0]));
    }
    Ok(Place {
        api: page.at_path(&format!("/{}", context.join("/"))),
        project: rest.iter().take(2).map(|part| (*part).to_owned()).collect(),
        run: rest.get(2).map(|run| (*run).to_owned()),
        job: None,
    })
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let Place { project, run, .. } = &walk.target.place;
    let ids: Vec<String> = project.iter().map(|part| percent_encoded(part)).collect();
    let scope = match ids.as_slice() {
        [kind, id] if kind == "project" => format!(",affectedProject:(id:{id})"),
        [_, id] => format!(",buildType:(id:{id})"),
        _ => String::new(),
    };
    let run = run.as_ref().map(|run| format!(",id:{}", percent_encoded(run)));
    let locator = format!("defaultFilter:false{scope}{}", run.unwrap_or_default());
    let path = |from: usize| {
        let locator = format!("{locator},count:{PAGE},start:{from}");
        format!("/app/rest/builds?locator={locator}&fields=nextHref,{FIELDS}")
    };
    let mut from = 0;
    walk.counted(path(0), &mut |walk, told| {
        // Without any build there is no list.
        let builds = rows(told, Some("build")).unwrap_or_default();
        if !told.value.is_object() {
            return Err(Unread::shapeless().into());
        }
        for build in builds {
            offer(walk, build)?;
        }
        from += PAGE;
        let old = builds.last().is_some_and(|build| !walk.is_recent(when(build).as_deref()));
        let more = told.value.get("nextHref").is_some() && !old;
        Ok(more.then(|| path(from)))
    })
}

/// `20260131T120000+0000`, as other times are written.
fn when(build: &Value) -> Option<String> {
    let time = text(build, "startDate")?;
    let date = jiff::fmt::strtime::parse("%Y%m%dT%H%M%S%z", time).ok()?;
    date.to_timestamp().ok().map(|it| it.to_string())
}

fn offer(walk: &mut Walk<'_>, row: &Value) -> Result<(), End> {
    let kind = row.get("buildType");
    let name = kind.and_then(|it| text(it, "name"));
    let began = when(row);
    let wanted = walk.is_branch(text(row, "branchName"))
        && walk.is_workflow(&[name, text(row, "buildTypeId")])
        && walk.is_recent(began.as_deref());
    // What did not begin has no log.
    if !wanted || began.is_none() {
        return Ok(());
    }
    let target = walk.target;
    let build = id(row, "id").ok_or_else(Unread::shapeless)?;
    let configuration = owned(row, "buildTypeId").unwrap_or_else(|| "build".to_owned());
    let number = owned(row, "number").unwrap_or_else(|| build.clone());
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{number}"),
        job: format!("{} #{number}", name.unwrap_or(&configuration)),
        step: None,
        when: began,
        running: text(row, "state") == Some("running"),
        status: owned(row, "status").map(|status| status.to_lowercase()),
        size: None,
        link: page(text(row, "webUrl")),
        names: vec![target.site.authority().to_owned(), configuration, build.clone()],
    };
    walk.offer(log, At::api(format!("/downloadBuildLog.html?buildId={build}&plain=true")))
}
