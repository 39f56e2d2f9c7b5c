//! What breaks when tokens go: the jobs and steps that use them, by the name under which they do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::text::Text;
use super::words::count;
use crate::finding::Report;
use crate::report::usage::{job, kept};
use crate::usage::{Point, Scope, Usage, points};

/// Places that are listed altogether: a page with more of them is read by nobody.
const PLACES: usize = 1000;

/// Tokens that are named at one secret.
const TOKENS: usize = 12;

/// Which tokens may be used at a place.
type Users = BTreeMap<Usage, BTreeSet<usize>>;

/// Writes the section, if anything is known.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let users = users(report);
    if users.is_empty() {
        return Ok(());
    }
    let usages: Vec<Usage> = users.keys().cloned().collect();
    let points = points(&usages);
    let fail = usages.iter().filter(|usage| !usage.stores);
    let jobs: BTreeSet<_> = fail.map(|it| (&it.repository, &it.path, &it.job)).collect();
    writeln!(
        out,
        r#"<section id="breaks"><h2>What breaks when they go</h2><p class="lead">{} may use these tokens, in {}. Give each the new token before the old one is revoked.</p>"#,
        count(jobs.len() as u64, "job"),
        count(usages.len() as u64, "place"),
    )?;
    let mut left = PLACES;
    for point in &points {
        write_point(point, &users, report, &mut left, out)?;
    }
    let more = usages.len().saturating_sub(PLACES) as u64;
    if more > 0 {
        writeln!(
            out,
            r#"<p class="quiet">And {}, which the JSON Lines form lists.</p>"#,
            count(more, "more place")
        )?;
    }
    writeln!(out, "</section>")
}

/// All places once each. How sure it is that a token is the one differs from token to token, so it
/// is said there.
fn users(report: &Report) -> Users {
    let mut users = Users::new();
    for (number, finding) in (1..).zip(&report.findings) {
        for usage in &finding.usages {
            let usage = Usage { sure: None, ..usage.clone() };
            users.entry(usage).or_default().insert(number);
        }
    }
    users
}

fn write_point(
    point: &Point<'_>,
    users: &Users,
    report: &Report,
    left: &mut usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    if *left == 0 {
        return Ok(());
    }
    write!(
        out,
        r#"<details class="point"><summary><h3><code>{}</code></h3> <b class="breaking">{}</b> <span class="quiet">{}</span>"#,
        Text(&kept(point.scope, point.name, point.within)),
        fails(point),
        Text(&store(point)),
    )?;
    let of = |usage: &&Usage| users.get(*usage).into_iter().flatten().copied();
    let tokens: BTreeSet<usize> = point.usages.iter().flat_map(of).collect();
    write!(out, r#" <span class="users">may be"#)?;
    for number in tokens.iter().take(TOKENS) {
        let redacted = report.findings.get(number - 1).map_or("", |it| it.redacted.as_str());
        write!(out, r##" <a href="#t{number}"><code>{}</code></a>"##, Text(redacted))?;
    }
    let more = tokens.len().saturating_sub(TOKENS) as u64;
    if more > 0 {
        write!(out, " and {}", count(more, "more token"))?;
    }
    writeln!(
        out,
        r#"</span></summary><table><caption class="hidden">Where it is used</caption><thead><tr><th scope="col">Job and step</th><th scope="col">What uses it</th><th scope="col">Where</th></tr></thead><tbody>"#
    )?;
    for usage in point.usages.iter().take(*left) {
        write_usage(usage, out)?;
    }
    *left = left.saturating_sub(point.usages.len());
    writeln!(out, "</tbody></table></details>")
}

/// What keeps the secret.
fn store(point: &Point<'_>) -> String {
    let own = matches!(point.scope, Scope::Environment | Scope::Caller);
    match (point.owner.as_str(), own) {
        ("", _) => point.scope.words().to_owned(),
        (owner, true) => format!("{}, in {owner}", point.scope.words()),
        (owner, false) => format!("{} of {owner}", point.scope.words()),
    }
}

fn fails(point: &Point<'_>) -> String {
    match point.jobs() as u64 {
        0 => "nothing fails without it".to_owned(),
        1 => "1 job fails without it".to_owned(),
        many => format!("{} fail without it", count(many, "job")),
    }
}

/// What uses it, and how it gets there.
fn uses(usage: &Usage) -> String {
    let variable = usage.variable.as_deref().filter(|it| usage.implicit || *it != usage.name);
    let variable = variable.map(|variable| {
        if usage.implicit {
            format!("reads {variable} from the environment")
        } else {
            format!("as {variable}")
        }
    });
    let stores = usage.stores.then(|| "puts it into the store".to_owned());
    let server = usage.server.as_ref().map(|server| format!("at {server}"));
    let project = usage.project.as_ref().map(|project| format!("project {project}"));
    let parts = [stores, usage.call.clone(), variable, server, project];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn write_usage(usage: &Usage, out: &mut dyn Write) -> io::Result<()> {
    let job = job(usage);
    let job = if job.is_empty() { "-" } else { job.as_str() };
    writeln!(
        out,
        r#"<tr><td>{}</td><td>{} <span class="quiet">{}</span></td><td><code>{}:{}</code> <span class="quiet">{}</span></td></tr>"#,
        Text(job),
        Text(&uses(usage)),
        Text(&usage.system),
        Text(&usage.path),
        usage.line,
        Text(&usage.repository)
    )
}
