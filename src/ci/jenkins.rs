//! Jenkins: folders, multibranch projects and organization folders down to their jobs, all builds of
//! each, the runs of a matrix and the modules of a Maven job.
//!
//! Sources: jenkinsci/jenkins `Job.java` (`builds` ends after 100, `allBuilds` does not), `Run.java`
//! (`consoleText`), matrix-project `MatrixBuild.java` (`runs`: also those of earlier builds that were
//! kept), maven-plugin `MavenModuleSet.java` (`modules`). What stands in console notes is not in
//! `consoleText`: the file `log` of the build has it.

use jiff::Timestamp;
use serde_json::Value;

use super::log::{Log, page};
use super::walk::{End, Walk};
use super::{Place, Provider};
use crate::api::json::{id, text};
use crate::api::service::{Service, basic};
use crate::api::session::At;
use crate::api::{Unread, parts};
use crate::door::permit::Endpoint;
use crate::problem::ProblemCode;
use crate::rule::template::percent_encoded;

pub(super) const PROVIDER: Provider = Provider {
    service: Service::new("jenkins", &["JENKINS_TOKEN"], basic),
    name: "Jenkins",
    hosts: &[],
    tells: |page| page.path().contains("/job/"),
    place: |page| Ok(place(page)),
    walk,
    cut: &[],
};

/// Folders in folders: deeper than anybody nests them.
const DEEPEST: usize = 32;
/// Builds of one job that are asked for at once.
const PAGE: usize = 100;

/// The path below which Jenkins lives, then `job/…/job/…`, and a build's number.
fn place(page: &Endpoint) -> Place {
    let parts = parts(page);
    let start = parts.iter().position(|part| *part == "job").unwrap_or(parts.len());
    let (context, mut rest) = parts.split_at(start);
    let mut end = 0;
    while end + 1 < rest.len() && rest[end] == "job" {
        end += 2;
    }
    let build = rest.get(end).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    rest = &rest[..end];
    Place {
        api: page.at_path(&format!("/{}", context.join("/"))),
        project: rest.iter().map(|part| (*part).to_owned()).collect(),
        run: build.map(|build| (*build).to_owned()),
        job: None,
    }
}

fn walk(walk: &mut Walk<'_>) -> Result<(), End> {
    let Place { project, run, .. } = &walk.target.place;
    let path = project.iter().fold(String::new(), |path, part| path + "/" + part);
    let names: Vec<String> = project.iter().skip(1).step_by(2).map(|it| decoded(it)).collect();
    let item = Item { path, names };
    match run {
        Some(build) => {
            let tree = format!("number,timestamp,result,building,url,{RUNS}");
            let path = format!("{}/{build}/api/json?tree={}", item.path, query(&tree));
            let told = walk.session.json(&path)?;
            self::build(walk, &item, &told.value)
        }
        None => look(walk, &item, 0),
    }
}

/// A job or a folder.
struct Item {
    /// Below the context of the server.
    path: String,
    /// As people know it, from the outermost folder on.
    names: Vec<String>,
}

impl Item {
    fn below(&self, path: &str, name: &str) -> Self {
        let names = self.names.iter().cloned().chain([name.to_owned()]).collect();
        Self { path: format!("{}/{path}", self.path), names }
    }

    fn full_name(&self) -> String {
        self.names.join("/")
    }
}

/// The runs of a build of a matrix.
const RUNS: &str = "runs[number,url,timestamp,result,building]";

/// What is asked of an item, with its builds from the `from`th on.
fn tree(from: usize) -> String {
    let builds = format!("allBuilds[number,timestamp,result,building,url,{RUNS}]");
    format!("jobs[name],modules[name,url],{builds}{{{from},{}}}", from + PAGE)
}

/// Brackets are no characters of a query.
fn query(tree: &str) -> String {
    tree.replace('[', "%5B").replace(']', "%5D").replace('{', "%7B").replace('}', "%7D")
}

fn look(walk: &mut Walk<'_>, item: &Item, depth: usize) -> Result<(), End> {
    if depth > DEEPEST {
        let why = format!("its folders are nested in more than {DEEPEST} levels");
        return Err(Unread::new(ProblemCode::TooLarge, why).into());
    }
    let mut from = 0;
    let mut inner: Vec<Item> = Vec::new();
    let path = |from| format!("{}/api/json?tree={}", item.path, query(&tree(from)));
    walk.counted(path(0), &mut |walk, told| {
        if !told.value.is_object() {
            return Err(Unread::shapeless().into());
        }
        if from == 0 {
            inner = below(item, &told.value);
        }
        let all = told.value.get("allBuilds").and_then(Value::as_array);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        if is_wanted(walk, item) {
            all.iter().try_for_each(|row| build(walk, item, row))?;
        }
        from += PAGE;
        // By falling number.
        let old = all.last().is_some_and(|row| !walk.is_recent(when(row).as_deref()));
        Ok((all.len() == PAGE && !old).then(|| path(from)))
    })?;
    for inner in inner {
        let outcome = look(walk, &inner, depth + 1);
        walk.part(&inner.full_name(), outcome)?;
    }
    Ok(())
}

/// The jobs of a folder, and the modules of a Maven job.
fn below(item: &Item, value: &Value) -> Vec<Item> {
    let rows = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let job = |row: &Value| {
        let name = text(row, "name")?;
        Some(item.below(&format!("job/{}", percent_encoded(name)), &decoded(name)))
    };
    let module = |row: &Value| Some(item.below(&last(row)?, text(row, "name")?));
    let jobs: Vec<Item> = rows("jobs").iter().filter_map(job).collect();
    jobs.into_iter().chain(rows("modules").iter().filter_map(module)).collect()
}

/// Whether the job is the one that was asked for: by its own or its full name, and as a branch of a
/// multibranch project.
fn is_wanted(walk: &Walk<'_>, item: &Item) -> bool {
    let full = item.full_name();
    let own = item.names.iter().map(|name| Some(name.as_str()));
    let names: Vec<Option<&str>> = own.chain([Some(full.as_str())]).collect();
    walk.is_workflow(&names) && walk.is_branch(item.names.last().map(String::as_str))
}

/// A build, and where it is one of a matrix, its runs.
fn build(walk: &mut Walk<'_>, item: &Item, row: &Value) -> Result<(), End> {
    if !walk.is_recent(when(row).as_deref()) {
        return Ok(());
    }
    let number = id(row, "number").ok_or_else(Unread::shapeless)?;
    offer(walk, item, &number, row)?;
    let runs = row.get("runs").and_then(Value::as_array).cloned().unwrap_or_default();
    for run in runs {
        // Others are of an earlier build, and come with that.
        let own = id(&run, "number").as_deref() == Some(&number);
        if let Some(axes) = configuration(&run).filter(|_| own) {
            offer(walk, &item.below(&axes, &decoded(&axes)), &number, &run)?;
        }
    }
    Ok(())
}

fn offer(walk: &mut Walk<'_>, item: &Item, number: &str, row: &Value) -> Result<(), End> {
    let target = walk.target;
    let building = row.get("building").and_then(Value::as_bool).unwrap_or(false);
    let name = item.full_name();
    let mut names = vec![target.site.authority().to_owned()];
    names.extend(item.names.iter().cloned());
    names.push(number.to_owned());
    let log = Log {
        provider: PROVIDER.name,
        run: format!("#{number}"),
        job: format!("{name} #{number}"),
        step: None,
        when: when(row),
        status: text(row, "result").map(str::to_lowercase),
        size: None,
        link: page(Some(&format!("{}{}/{number}/", target.place.api, item.path))),
        names,
        running: building,
    };
    walk.offer(log, At::api(format!("{}/{number}/consoleText", item.path)))
}

/// When a build began: milliseconds since 1970.
fn when(row: &Value) -> Option<String> {
    let time = row.get("timestamp")?.as_i64()?;
    Timestamp::from_millisecond(time).ok().map(|it| it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The last part of an item's address, as it is written. The rest of it is not looked at: a server
/// may know itself by another name than the user.
fn last(row: &Value) -> Option<String> {
    part(text(row, "url")?.trim_end_matches('/').rsplit('/').next()?)
}

/// The same of the address of a run: before its number.
fn configuration(row: &Value) -> Option<String> {
    part(text(row, "url")?.trim_end_matches('/').rsplit('/').nth(1)?)
}

/// What is one part of a path and leads nowhere else.
fn part(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~%=,$:@+!'()*;&".contains(c);
    let fits = !text.is_empty() && text.chars().all(plain) && !text.trim_matches('.').is_empty();
    fits.then(|| text.to_owned())
}

/// A name without its percent codes, for people: branches have some.
fn decoded(name: &str) -> String {
    let (bytes, mut out, mut at) = (name.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let code = name.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_server_stay_one_part_of_a_path() {
        let url = |url: &str| last(&serde_json::json!({ "url": url }));
        let module = "https://ci.example/job/m/org.acme$shop/";
        assert_eq!(url(module).as_deref(), Some("org.acme$shop"));
        assert_eq!(url("https://ci.example/job/m/../"), None);
        assert_eq!(url("https://ci.example/job/m/a?b/"), None);
        assert_eq!(decoded("feature%2Fa%zz"), "feature/a%zz");
    }
}
