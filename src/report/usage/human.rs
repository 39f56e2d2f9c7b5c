//! For people: rotation point by rotation point, each with what fails without it.

use std::io::{self, Write};

use super::{job, kept};
use crate::report::Style;
use crate::report::human::ink::{Ink, paint};
use crate::report::human::text::{count, shown_line, write_prose};
use crate::usage::{Map, Point, Scope, Usage, points};

/// Writes the map.
pub fn write_usages(map: &Map, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let points = points(&map.usages);
    for point in &points {
        write_point(point, style, out)?;
    }
    if !map.elsewhere.is_empty() {
        writeln!(out, "{}", paint(style, Ink::Warning, "Not looked at, since it lies elsewhere:"))?;
        for what in &map.elsewhere {
            write_prose("  * ", what, style, out)?;
        }
        writeln!(out)?;
    }
    let closing = if points.is_empty() {
        "No file of a CI system or a build refers to an analysis token by its name.".to_owned()
    } else {
        let places = count(map.usages.len() as u64, "place");
        format!("{} in {places}.", count(points.len() as u64, "rotation point"))
    };
    writeln!(out, "{}", paint(style, Ink::Strong, &closing))
}

fn write_point(point: &Point<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let title = kept(point.scope, point.name, point.within);
    let own = matches!(point.scope, Scope::Environment | Scope::Caller);
    let about = match (point.owner.as_str(), own) {
        ("", _) => point.scope.words().to_owned(),
        (owner, true) => format!("{}, in {owner}", point.scope.words()),
        (owner, false) => format!("{} of {owner}", point.scope.words()),
    };
    let jobs = count(point.jobs() as u64, "job");
    let repositories = point.repositories();
    let repositories = match repositories.len() {
        0 | 1 => String::new(),
        many => format!(" in {}", count(many as u64, "repository")),
    };
    let breaks = match point.jobs() {
        0 => "nothing fails without it".to_owned(),
        1 => "1 job fails without it".to_owned(),
        _ => format!("{jobs}{repositories} fail without it"),
    };
    let title = paint(style, Ink::Strong, &shown_line(&title, style));
    let about = shown_line(&about, style);
    writeln!(out, "{title}  {}", paint(style, Ink::Quiet, &format!("{about}: {breaks}")))?;
    for usage in &point.usages {
        write_usage(usage, style, out)?;
    }
    writeln!(out)
}

/// One place, in two lines: where, and what.
pub(in crate::report) fn write_usage(
    usage: &Usage,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let at = format!("{}:{}", usage.path, usage.line);
    writeln!(out, "  {}", paint(style, Ink::Command, &shown_line(&at, style)))?;
    write_prose("      ", &about(usage), style, out)
}

/// What a place does with the token, in words.
pub(in crate::report) fn about(usage: &Usage) -> String {
    let mut parts = vec![usage.system.clone()];
    let job = job(usage);
    parts.extend((!job.is_empty()).then_some(job));
    parts.extend(usage.stores.then(|| "puts it into the store".to_owned()));
    parts.extend(usage.call.as_ref().map(|call| format!("runs {call}")));
    if usage.implicit {
        let variable = usage.variable.as_deref().unwrap_or_default();
        parts.push(format!("which reads {variable} from the environment (implicit)"));
    } else if let Some(variable) = usage.variable.as_deref().filter(|it| *it != usage.name) {
        parts.push(format!("as {variable}"));
    }
    parts.extend(usage.server.as_ref().map(|server| format!("server {server}")));
    parts.extend(usage.project.as_ref().map(|project| format!("project {project}")));
    parts.join(", ")
}
