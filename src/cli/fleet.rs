//! `squelch fleet`.

use std::env;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use zeroize::Zeroizing;

use super::args::fleet::{
    CollectArgs, FleetArgs, FleetCommand, ServerArgs, StatusArgs, StatusFormat, SubmitArgs,
    WorkerArgs,
};
use super::args::{MeansArgs, When};
use super::deliver::{Outputs, Screen, closing};
use super::exit::Exit;
use super::repos::Asking;
use super::systems::Listed;
use super::{ask, dumps, print, settings};
use crate::door::transport::Means;
use crate::fleet::{self, Bench, End, Server, Submission, Told};
use crate::problem::Problem;
use crate::report::escape::shown;
use crate::rule::Rules;
use crate::scan::{mask, threads};
use crate::sweep::manifest;
use crate::sweep::reader::search;
use crate::sweep::status::{Done, How, Telling};
use crate::verify;

/// How long a git host may make whoever submits wait altogether, as in a sweep by default.
const MAX_WAIT: Duration = Duration::from_mins(10);

/// Runs one of the commands.
pub(crate) fn run(args: &FleetArgs) -> Result<Exit> {
    match &args.command {
        FleetCommand::Submit(args) => submit(args),
        FleetCommand::Worker(args) => worker(args),
        FleetCommand::Status(args) => status(args),
        FleetCommand::Collect(args) => collect(args),
    }
}

fn submit(args: &SubmitArgs) -> Result<Exit> {
    let rules = settings::rules(&args.look.rules)?;
    // The TLS of the command line is for the queue; a git host gets what every browser takes.
    let means = MeansArgs { timeout: 10, pace: 10, ..MeansArgs::default() };
    let asking = Asking {
        organisations: &args.organisations,
        means: &means,
        max_wait: MAX_WAIT,
        token_env: None,
        quiet: args.quiet,
    };
    let (targets, listings) = asking.targets(manifest::read_all(&args.lists)?, &rules)?;
    if targets.is_empty() {
        let lists: Vec<_> = args.lists.iter().map(|list| list.display().to_string()).collect();
        bail!("there is no target in {}: nothing was submitted", lists.join(", "));
    }
    for target in &targets {
        let (name, masked) = (target.name(), mask(&target.name(), &rules));
        if masked != name {
            bail!("a token is in the name of a target, and would travel with it: {masked:?}");
        }
    }
    let scan = settings::of_targets(args.look.no_history, args.look.logs);
    let submission = Submission {
        name: &args.server.sweep,
        targets: &targets,
        search: &search(&rules, &scan, args.look.verify),
        silence: Duration::from_secs(args.silence.into()),
        replicas: args.replicas.into(),
    };
    let made = fleet::submit(&server(&args.server, args.quiet)?, &submission)?;
    if !args.quiet {
        let jobs = if made.new == 1 { "job" } else { "jobs" };
        say(&format!("{} {jobs} submitted, {} there already", made.new, made.known));
    }
    let problems: Vec<Problem> = listings.into_iter().flat_map(|it| it.problems).collect();
    Ok(closing(&problems, &settings::style(When::Auto, false), &rules))
}

fn worker(args: &WorkerArgs) -> Result<Exit> {
    // Its environment has credentials, and it will hold tokens for as long as it lives.
    dumps::forbid();
    let rules = settings::rules(&args.look.rules)?;
    let work = args.work.clone().unwrap_or_else(env::temp_dir);
    std::fs::create_dir_all(&work)
        .with_context(|| format!("cannot make the folder {}", work.display()))?;
    let folder = tempfile::Builder::new()
        .prefix("squelch-worker-")
        .tempdir_in(&work)
        .with_context(|| format!("cannot make a folder in {}", work.display()))?;
    let mut scan = settings::of_targets(args.look.no_history, args.look.logs);
    scan.jobs = args.jobs.map_or(scan.jobs, usize::from);
    let store = args.store.clone().unwrap_or_else(|| folder.path().join("store.sqlite"));
    scan.store = Some(settings::store(Some(&store), &rules, scan.readings)?);
    scan.verify = verification(args, &rules)?;
    let systems = Listed::new(&args.systems, &args.ask.means, &rules)?;
    let pool = threads(scan.jobs).map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let bench = Bench {
        rules,
        scan,
        pool,
        clones: folder.path().join("clones"),
        patience: Duration::from_secs(args.clone_timeout),
        logs: Box::new(move |url| systems.queued(url)),
    };
    let server = server(&args.server, args.quiet)?;
    let telling = if args.quiet { Telling::Nothing } else { args.log_format };
    let end =
        fleet::work(&server, &args.server.sweep, bench, args.until_empty, |it| tell(it, telling))?;
    let cut = args.until_empty && end == End::Stopped;
    Ok(if cut { Exit::Incomplete } else { Exit::Clean })
}

/// How services are asked, if they are.
fn verification(args: &WorkerArgs, rules: &Rules) -> Result<Option<verify::Settings>> {
    if args.ask.dry_run {
        bail!("--dry-run: the jobs of a worker are done for good; squelch sweep --dry-run tells");
    }
    ask::beside_logs(args.look.verify, &args.ask, rules, args.quiet)
}

fn status(args: &StatusArgs) -> Result<Exit> {
    #[derive(Serialize)]
    struct Line<'a> {
        schema: u8,
        #[serde(rename = "type")]
        kind: &'static str,
        sweep: &'a str,
        #[serde(flatten)]
        counts: fleet::Counts,
    }
    let counts = fleet::status(&server(&args.server, true)?, &args.server.sweep)?;
    let sweep = args.server.sweep.to_string();
    let text = match args.format {
        StatusFormat::Json => {
            let line = Line { schema: 1, kind: "fleet", sweep: &sweep, counts };
            serde_json::to_string(&line)? + "\n"
        }
        StatusFormat::Text => {
            let fleet::Counts { submitted, done, in_flight, waiting, dead } = counts;
            format!(
                "{sweep}: {done} of {submitted} done, {in_flight} in flight, {waiting} waiting, \
                 {dead} dead\n"
            )
        }
    };
    print(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn collect(args: &CollectArgs) -> Result<Exit> {
    let rules = settings::rules(&args.report.rules)?;
    let server = server(&args.server, args.report.quiet)?;
    let report = fleet::collect(&server, &args.server.sweep, &args.out, &rules)?;
    let style = settings::style(args.report.color, false);
    let (screen, profile) = (Screen::Findings, args.sarif_profile);
    Outputs { args: &args.report, screen, profile, style }.deliver(&report, &rules)?;
    Ok(Exit::of(&report, args.fail_on)?)
}

/// The server, and who we are there. A password is in no argument, where all could see it.
fn server(args: &ServerArgs, quiet: bool) -> Result<Server> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let login = match (variable("SQUELCH_NATS_USER"), variable("SQUELCH_NATS_PASSWORD")) {
        (Some(user), Some(password)) => Some((user, Zeroizing::new(password))),
        (None, None) => None,
        _ => bail!("SQUELCH_NATS_USER and SQUELCH_NATS_PASSWORD go together"),
    };
    // What is wrong with a file is said before anything is asked.
    let pem = |flag, path: &Option<_>| path.as_deref().map(|it| ask::pem(flag, it)).transpose();
    let ca = pem("--nats-ca", &args.nats_ca)?;
    let (chain, key) = (pem("--nats-cert", &args.nats_cert)?, pem("--nats-key", &args.nats_key)?);
    Means::tls(ca.as_ref(), chain.as_ref().zip(key.as_ref())).map_err(anyhow::Error::msg)?;
    Ok(Server {
        urls: args.nats.clone(),
        creds: args.creds.clone(),
        login,
        ca: args.nats_ca.clone(),
        certificate: args.nats_cert.clone().zip(args.nats_key.clone()),
        plain: args.allow_plain,
        quiet,
    })
}

/// Says that a target is done.
fn tell(told: &Told, how: Telling) {
    let Told { target, findings, problems, bytes, seconds } = told;
    match how {
        Telling::Nothing => (),
        Telling::Text => {
            let target = shown(target, true);
            say(&format!("{target}: {findings} tokens, {problems} problems, {seconds:.1} s"));
        }
        Telling::Json => {
            let done = Done {
                target,
                how: How::Read,
                findings: *findings,
                problems: *problems,
                bytes: *bytes,
                seconds: *seconds,
            };
            say(&serde_json::to_string(&done).unwrap_or_default());
        }
    }
}

fn say(line: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
