//! What breaks when tokens go: the jobs and steps that use them, by the name under which they do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::text::{Code, Entry, Text};
use super::words::count;
use crate::finding::Finding;
use crate::report::usage::{job, kept};
use crate::usage::{Point, Scope, Usage, owner, points};

/// Places that are listed altogether: a page with more of them is read by nobody.
const PLACES: usize = 1000;

/// Tokens that are named at one secret.
const TOKENS: usize = 12;

/// Places that are looked at, half a kilobyte each: of ten thousand repositories with two each.
const KEPT: usize = 20_000;

/// Where tokens may be used, and which.
#[derive(Debug, Default)]
pub(super) struct Breaks {
    /// All places once each. How sure it is that a token is the one differs from token to token, so
    /// it is said there.
    usages: BTreeSet<Usage>,
    users: Users,
    /// Whether there are more than are kept.
    more: bool,
}

/// Which tokens may be used at a rotation point.
type Users = BTreeMap<(Scope, String, Option<String>, String), Named>;

/// Tokens of which the first are named. They come in the order of their numbers.
#[derive(Debug, Default)]
struct Named {
    first: Vec<(usize, String)>,
    last: usize,
    all: u64,
}

impl Named {
    fn add(&mut self, number: usize, finding: &Finding) {
        if std::mem::replace(&mut self.last, number) == number {
            return;
        }
        self.all += 1;
        if self.first.len() < TOKENS {
            self.first.push((number, finding.redacted.clone()));
        }
    }
}

impl Breaks {
    /// Adds the token with a number, which begin with 1.
    pub(super) fn add(&mut self, number: usize, finding: &Finding) {
        for usage in &finding.usages {
            let usage = Usage { sure: None, ..usage.clone() };
            if !self.usages.contains(&usage) && self.usages.len() == KEPT {
                self.more = true;
                continue;
            }
            let key = (usage.scope, usage.name.clone(), usage.within.clone(), owner(&usage));
            self.users.entry(key).or_default().add(number, finding);
            self.usages.insert(usage);
        }
    }

    /// Writes the section, if anything is known.
    pub(super) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        if self.usages.is_empty() {
            return Ok(());
        }
        let usages: Vec<Usage> = self.usages.into_iter().collect();
        let points = points(&usages);
        let fail = usages.iter().filter(|usage| !usage.stores);
        let jobs: BTreeSet<_> = fail.map(|it| (&it.repository, &it.path, &it.job)).collect();
        let least = if self.more { "At least " } else { "" };
        writeln!(
            out,
            r#"<section id="breaks"><h2>What breaks when they go</h2><p class="lead">{least}{} may use these tokens, in {}. Give each the new token before the old one is revoked.</p>"#,
            count(jobs.len() as u64, "job"),
            count(usages.len() as u64, "place"),
        )?;
        let mut left = PLACES;
        for point in &points {
            write_point(point, &self.users, &mut left, out)?;
        }
        let more = usages.len().saturating_sub(PLACES) as u64;
        if more > 0 {
            let least = if self.more { "at least " } else { "" };
            writeln!(
                out,
                r#"<p class="quiet">And {least}{}, which the JSON Lines form lists.</p>"#,
                count(more, "more place")
            )?;
        }
        writeln!(out, "</section>")
    }
}

fn write_point(
    point: &Point<'_>,
    users: &Users,
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
    let within = point.within.map(str::to_owned);
    let users = users.get(&(point.scope, point.name.to_owned(), within, point.owner.clone()));
    write!(out, r#" <span class="users">may be"#)?;
    for (number, redacted) in users.iter().flat_map(|users| &users.first) {
        write!(out, " {}", Entry(*number, Code(redacted)))?;
    }
    let more = users.map_or(0, |users| users.all).saturating_sub(TOKENS as u64);
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
