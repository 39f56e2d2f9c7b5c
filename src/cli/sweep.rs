//! `squelch sweep`.

use std::time::Duration;

use super::args::SweepArgs;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::repos::Asking;
use super::systems::Listed;
use super::{ask, settings};
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
        max_wait: Duration::from_secs(args.systems.max_wait.into()),
        token_env: None,
        quiet: args.report.quiet,
    };
    let store = args.store.clone().unwrap_or_else(|| args.out.join("store.sqlite"));
    let all = settings::of_targets(args.no_history, args.logs);
    let scan = Options {
        jobs: args.jobs.map_or(all.jobs, usize::from),
        store: Some(settings::store(Some(&store), &rules, all.readings)?),
        verify: ask::beside_logs(args.verify, &args.ask, &rules, args.report.quiet)?,
        ..all
    };
    let telling = if args.report.quiet { Telling::Nothing } else { args.log_format };
    let status = Status::new(telling, args.metrics.clone());
    let (targets, listings) = asking.targets(list, &rules)?;
    let systems = Listed::new(&args.systems, &args.ask.means, &rules)?;
    let how = Settings {
        listings: &listings,
        logs: &|url| systems.typed(url),
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

fn shard(text: &str) -> Result<Shard, String> {
    if text == "auto" { Shard::auto(|name| std::env::var(name).ok()) } else { text.parse() }
}
