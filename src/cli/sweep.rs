//! `squelch sweep`.

use std::time::Duration;

use jiff::Timestamp;

use super::args::SweepArgs;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::repos::Asking;
use super::{ask, dumps, logs, settings};
use crate::api::{Access, Token};
use crate::ci;
use crate::rule::Rules;
use crate::scan::Options;
use crate::sweep::shard::Shard;
use crate::sweep::status::{Status, Telling};
use crate::sweep::{Settings, manifest, sweep};

/// Reads what the lists name, writes all reports of it, and says how it went.
pub(crate) fn run(args: &SweepArgs) -> anyhow::Result<Exit> {
    args.fail_on.check(args.verify)?;
    let rules = settings::rules(&args.report.rules)?;
    let list = manifest::read_all(&args.lists)?;
    let asking = Asking {
        organisations: &args.organisations,
        means: &args.ask.means,
        max_wait: Duration::from_secs(args.max_wait),
        token_env: None,
        quiet: args.report.quiet,
    };
    let store = args.store.clone().unwrap_or_else(|| args.out.join("store.sqlite"));
    let all = settings::of_targets(args.no_history, args.logs);
    let scan = Options {
        jobs: args.jobs.map_or(all.jobs, usize::from),
        store: Some(settings::store(Some(&store), &rules, all.readings)?),
        verify: ask::if_wanted(args.verify, &args.ask, &rules, args.report.quiet)?,
        ..all
    };
    let telling = if args.report.quiet { Telling::Nothing } else { args.log_format };
    let status = Status::new(telling, args.metrics.clone());
    let since = logs::since(args.logs_since.as_deref())?;
    let ask = |url: &str| ask_logs(url, since, args, &rules).map_err(|error| format!("{error:#}"));
    let (targets, listings) = asking.targets(list, &rules)?;
    let how = Settings {
        listings: &listings,
        logs: &ask,
        out: &args.out,
        shard: shard(&args.shard).map_err(anyhow::Error::msg)?,
        keep_clones: args.keep_clones,
        patience: Duration::from_secs(args.clone_timeout),
        scan: &scan,
        status: &status,
    };
    let report = sweep(&targets, &rules, &how)?;
    let style = settings::style(args.report.color, false);
    let outputs = Outputs {
        args: &args.report,
        screen: Screen::Findings,
        profile: args.sarif_profile,
        style,
    };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, args.fail_on)?)
}

/// How the CI system at an address is asked: with the usual variable's credential.
fn ask_logs(
    url: &str,
    since: Option<Timestamp>,
    args: &SweepArgs,
    rules: &Rules,
) -> anyhow::Result<(ci::Target, ci::Settings)> {
    dumps::forbid();
    let means = &args.ask.means;
    let target = ci::Target::parse(url, None, means.allow_http).map_err(anyhow::Error::msg)?;
    let settings = ci::Settings {
        access: Access {
            means: ask::means(means, rules)?,
            every: ask::every(means),
            max_wait: Duration::from_secs(args.max_wait),
            allow_http: means.allow_http,
            token: Token::usual(&target.provider.service),
        },
        filter: ci::Filter { since, ..ci::Filter::default() },
    };
    Ok((target, settings))
}

fn shard(text: &str) -> Result<Shard, String> {
    if text == "auto" { Shard::auto(|name| std::env::var(name).ok()) } else { text.parse() }
}
