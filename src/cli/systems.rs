//! How CI systems are asked for their logs and git hosts for their lists, from the arguments: by
//! `squelch logs` the one that its user typed, by sweeps and workers those that a list or a job names.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::args::MeansArgs;
use super::args::logs::SystemsArgs;
use super::{ask, dumps, settings};
use crate::api::{Access, Token};
use crate::ci::{Filter, Hosts, Settings, Target};
use crate::door::transport::Means;
use crate::problem::{Problem, ProblemCode};
use crate::rule::Rules;

/// How any system is asked.
pub(super) struct Systems {
    means: Means,
    every: Duration,
    max_wait: Duration,
    pub(super) allow_http: bool,
}

impl Systems {
    pub(super) fn new(args: &MeansArgs, max_wait: Duration, rules: &Rules) -> Result<Self> {
        Ok(Self {
            means: ask::means(args, rules)?,
            every: ask::every(args),
            max_wait,
            allow_http: args.allow_http,
        })
    }

    /// How one is asked, and as whom.
    pub(super) fn access(&self, token: Option<Token>) -> Access {
        Access {
            means: self.means.clone(),
            every: self.every,
            max_wait: self.max_wait,
            allow_http: self.allow_http,
            token,
        }
    }
}

/// Since when runs are wanted, by this flag.
pub(super) fn since(flag: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let second = settings::since(text).map_err(|why| anyhow::anyhow!("{flag} {why}"))?;
    Ok(Some(Timestamp::from_second(second).with_context(|| format!("{flag} {text}"))?))
}

/// The systems that a list or a job names.
pub(super) struct Listed {
    systems: Systems,
    hosts: Hosts,
    filter: Filter,
}

impl Listed {
    pub(super) fn new(args: &SystemsArgs, means: &MeansArgs, rules: &Rules) -> Result<Self> {
        let hosts = Hosts::parse(&args.logs_host, means.allow_http);
        Ok(Self {
            systems: Systems::new(means, Duration::from_secs(args.max_wait.into()), rules)?,
            hosts: hosts.map_err(|why| anyhow::anyhow!("--logs-host {why}"))?,
            filter: Filter {
                since: since("--logs-since", args.logs_since.as_deref())?,
                ..Filter::default()
            },
        })
    }

    /// How the system at an address is asked that the user typed.
    pub(super) fn typed(&self, url: &str) -> Result<(Target, Settings), Problem> {
        self.target(url).map(|target| self.asked(target))
    }

    /// The same of an address that others may have put into a queue: it gives no leave by itself, or
    /// they could have our credential sent to wherever they like.
    #[cfg(feature = "fleet")]
    pub(super) fn queued(&self, url: &str) -> Result<(Target, Settings), Problem> {
        let target = self.target(url)?;
        if self.hosts.permit(&target) {
            return Ok(self.asked(target));
        }
        let wanted = Hosts::wanted(&target);
        let why = "a job alone gives a worker no leave to ask that host for logs";
        let hint = format!(
            "if it may: start workers with --logs-host {wanted}, and submit it as another sweep"
        );
        Err(unread(url, why).hinted(hint))
    }

    fn target(&self, url: &str) -> Result<Target, Problem> {
        let found = self.hosts.target(url, self.systems.allow_http);
        let hint = "--logs-host PROVIDER=https://HOST says which CI system is at a host";
        found.map_err(|why| unread(url, why).hinted(hint))
    }

    fn asked(&self, target: Target) -> (Target, Settings) {
        dumps::forbid();
        let access = self.systems.access(Token::usual(&target.provider.service));
        (target, Settings { access, filter: self.filter.clone() })
    }
}

fn unread(url: &str, why: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::Unreadable, format!("logs:{url}"), why)
}
