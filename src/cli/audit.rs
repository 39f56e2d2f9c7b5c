//! `squelch audit`: what a server shows to anyone.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result, bail};

use super::args::audit::AuditArgs;
use super::deliver::ignore_closed_pipe;
use super::exit::Exit;
use super::{ask, settings};
use crate::audit::gate::{self, Proxy};
use crate::audit::{self, Audit, Settings};
use crate::door::permit::Endpoint;
use crate::report::escape::shown;
use crate::report::{self, Format, Style};
use crate::rule::Rules;
use crate::rule::exposure::Consent;

/// Asks, and writes all reports. The status is 1 if something is open, 3 if that could not be told.
pub(crate) fn run(args: &AuditArgs) -> Result<Exit> {
    let mut formats = args.output.iter().map(|(format, _)| *format).chain([args.format]);
    if formats.any(|format| format == Format::Html) {
        bail!("what a server shows has no page for a browser: human, jsonl or sarif");
    }
    let rules = settings::rules(&args.rules)?;
    let settings = settings_of(args, &rules)?;
    if let Some(proxy) = args.snippet {
        return print_snippet(proxy, args, &settings, &rules);
    }
    if !args.quiet || args.dry_run {
        announce(&settings, &rules);
    }
    if args.dry_run {
        return Ok(Exit::Clean);
    }
    let found = audit::audit(&settings, &rules);
    deliver(args, &found)?;
    Ok(Exit::of_audit(&found))
}

fn settings_of(args: &AuditArgs, rules: &Rules) -> Result<Settings> {
    let means = &args.means;
    // Nothing secret is sent, and that a server is reached so is one of the findings. Headers of the
    // user's own may be secret.
    let clear = means.allow_http || means.header.is_empty();
    let endpoint = Endpoint::parse(&args.url, clear).map_err(anyhow::Error::msg)?;
    let known: Vec<&str> = rules.audits.iter().map(|rule| rule.service.id.as_str()).collect();
    if let Some(service) = args.service.as_ref().filter(|it| !known.contains(&it.as_str())) {
        bail!("--service {service}: nothing is known to look for; one of {}", known.join(", "));
    }
    Ok(Settings {
        endpoint,
        means: ask::means(means, rules)?,
        every: ask::every(means),
        services: args.service.clone().into_iter().collect(),
        consents: args.read_source.then_some(Consent::ReadSource).into_iter().collect(),
    })
}

/// Says on standard error what will be asked.
fn announce(settings: &Settings, rules: &Rules) {
    let server = shown(&settings.endpoint.to_string(), true);
    let mut text = format!("Asking {server}, without any credential, by GET only\n");
    for plan in &audit::plan(settings, rules) {
        let service = shown(&plan.service, true);
        for (at, path) in plan.paths.iter().enumerate() {
            let path = shown(path, true);
            let _ = match at {
                0 => writeln!(text, "  {path}  to see whether it is {service}; if so:"),
                _ => writeln!(text, "    {path}"),
            };
        }
    }
    text.push('\n');
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn deliver(args: &AuditArgs, found: &Audit) -> Result<()> {
    for (format, path) in &args.output {
        let style = Style { color: false, width: 100, unicode: true, explain: false };
        report::file::write(path, |out| report::write_audit(found, *format, &style, out))?;
    }
    let style = settings::style(args.color, false);
    print(|out| report::write_audit(found, args.format, &style, out))
}

/// Prints a configuration for the server, which it asks for its version, unless the user says what
/// it is.
fn print_snippet(
    proxy: Proxy,
    args: &AuditArgs,
    settings: &Settings,
    rules: &Rules,
) -> Result<Exit> {
    let named = args
        .service
        .as_ref()
        .and_then(|service| rules.audits.iter().find(|rule| rule.service.id == *service).cloned());
    let (rule, version) = match named {
        Some(rule) => (rule, None),
        None => match audit::identify(settings, rules) {
            Ok(known) => known,
            Err(problem) => {
                let hint = problem.hint.unwrap_or_default();
                let text = format!("{}: {}. {hint}", problem.place, problem.why);
                let _ = writeln!(
                    io::stderr().lock(),
                    "squelch: {} With --service nothing is asked.",
                    shown(&text, true)
                );
                return Ok(Exit::Incomplete);
            }
        },
    };
    let text = gate::snippet(proxy, &rule, &settings.endpoint, version.as_deref())
        .map_err(anyhow::Error::msg)?;
    print(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Clean)
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    write(&mut stdout)
        .and_then(|()| stdout.flush())
        .or_else(ignore_closed_pipe)
        .context("cannot write to standard output")
}
