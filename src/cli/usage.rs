//! `squelch usage`: where the names of tokens are referred to, and what breaks when one goes.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::args::{SourceArgs, UsageArgs};
use super::deliver::ignore_closed_pipe;
use super::exit::Exit;
use super::settings;
use crate::finding::{Finding, Report};
use crate::identity::{About, Known};
use crate::report::escape::shown;
use crate::report::{
    Style, UsageFormat, file, write_usage_csv, write_usage_dot, write_usage_lines, write_usages,
};
use crate::rule::Rules;
use crate::usage::{Hints, Installation, Map, installations, of, read};

/// Reads, and writes the map everywhere it goes.
pub(crate) fn run(args: &UsageArgs) -> Result<Exit> {
    let started = Instant::now();
    let rules = settings::rules(&args.rules)?;
    if let Some(id) = &args.service
        && !rules.usages.iter().any(|usage| usage.service == *id)
    {
        let known: Vec<&str> = rules.usages.iter().map(|it| it.service.as_str()).collect();
        bail!("--service {id}: no rule says how its tokens are used: {}", known.join(", "));
    }
    let mut map = map(&args.targets, &args.jenkins_home, &rules)?;
    map.usages.retain(|usage| {
        let named = args.name.is_empty() || args.name.contains(&usage.name);
        named && args.service.as_ref().is_none_or(|id| usage.services.contains(id))
    });
    for (format, path) in &args.output {
        let plain = Style { color: false, width: 100, unicode: true, explain: false };
        file::write(path, |out| write(*format, &map, &plain, out))?;
    }
    let style = settings::style(args.color, false);
    let mut stdout = BufWriter::new(io::stdout().lock());
    write(args.format, &map, &style, &mut stdout)
        .and_then(|()| stdout.flush())
        .or_else(ignore_closed_pipe)
        .context("cannot write to standard output")?;
    say(&map, args.quiet, started.elapsed().as_secs_f64());
    Ok(if map.problems.is_empty() { Exit::Clean } else { Exit::Incomplete })
}

/// Reads targets and homes. What cannot be read of a home is a problem of the map.
pub(super) fn map(targets: &[PathBuf], homes: &[PathBuf], rules: &Rules) -> Result<Map> {
    let all = targets.iter().chain(homes);
    if let Some(missing) = all.into_iter().find(|path| !path.exists()) {
        bail!("{} is not there", missing.display());
    }
    let mut known: Vec<Installation> = Vec::new();
    let mut problems = Vec::new();
    for home in homes {
        match installations(home, rules) {
            Ok(found) => known.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    let all: Vec<PathBuf> = targets.iter().chain(homes).cloned().collect();
    let mut map = read(&all, rules, &known);
    map.problems.extend(problems);
    map.problems.sort();
    Ok(map)
}

/// Says of each finding where its token may be used, if the user gave repositories to look at.
pub(super) fn attach(report: &mut Report, sources: &SourceArgs, rules: &Rules) -> Result<()> {
    if sources.usage.is_empty() {
        return Ok(());
    }
    let homes: Vec<PathBuf> = sources.jenkins_home.iter().map(PathBuf::from).collect();
    // A single file of a home says nothing of servers and jobs.
    let homes: Vec<PathBuf> = homes.into_iter().filter(|home| home.is_dir()).collect();
    let map = map(&sources.usage, &homes, rules)?;
    for finding in &mut report.findings {
        finding.usages = of(&hints(finding), &map.usages);
        if finding.usages.is_empty() {
            let service = &finding.rule.service.name;
            finding.notes.push(format!(
                "Nothing in the given repositories refers by name to a token of {service} that may be \
                 this one."
            ));
        }
    }
    report.problems.extend(map.problems);
    Ok(())
}

/// What of a finding tells where its token is used.
fn hints(finding: &Finding) -> Hints<'_> {
    let stored = finding.identity.all(About::StoredIn);
    let name = |known: &Known| known.value.split(" in ").next().map_or(0, str::len);
    let names = stored.map(|known| (&known.value[..name(known)], known.sure)).collect();
    let of = |slot: &str| finding.companions.get(slot).into_iter().flatten().map(String::as_str);
    let endpoint = finding.verdict.endpoint.as_deref();
    Hints {
        service: &finding.rule.service.id,
        names,
        servers: of("server").chain(endpoint).collect(),
        projects: if finding.rule.kind == "project" { of("project").collect() } else { Vec::new() },
    }
}

fn write(format: UsageFormat, map: &Map, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        UsageFormat::Human => write_usages(map, style, out),
        UsageFormat::Jsonl => write_usage_lines(map, out),
        UsageFormat::Csv => write_usage_csv(map, out),
        UsageFormat::Dot => write_usage_dot(map, out),
    }
}

/// Says on standard error what was read, and what was not.
fn say(map: &Map, quiet: bool, seconds: f64) {
    let mut stderr = io::stderr().lock();
    for problem in &map.problems {
        let text = format!("{}: {}: {}", problem.place, problem.code, problem.why);
        let _ = writeln!(stderr, "problem: {}", shown(&text, true));
    }
    if !quiet {
        let Map { files, repositories, .. } = map;
        let _ = writeln!(
            stderr,
            "Read {files} files of CI systems and builds, of {repositories} repositories, in {seconds:.2} s"
        );
    }
}

/// Parses `FORMAT=PATH`.
pub(crate) fn output(text: &str) -> Result<(UsageFormat, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=PATH, such as dot=usage.dot")?;
    let format = format.to_ascii_lowercase().parse()?;
    if path.is_empty() {
        return Err("the path is missing".to_owned());
    }
    Ok((format, Path::new(path).to_owned()))
}
