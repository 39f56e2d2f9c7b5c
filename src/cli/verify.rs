//! `squelch verify`: one token from standard input, or all tokens of a report.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use super::args::VerifyArgs;
use super::deliver::{Outputs, Screen};
use super::exit::{Exit, FailOn};
use super::settings;
use super::{ask, dumps};
use crate::finding::{Finding, Report};
use crate::judge;
use crate::leak::Confidence;
use crate::report::SarifProfile;
use crate::report::again;
use crate::report::recorded::{self, Recorded};
use crate::revoke;
use crate::rule::shape::HEAD;
use crate::rule::{Rule, Rules};
use crate::scan::{Options, Progress, Scope, scan, single};
use crate::verify::Settings;
use crate::wanted::Wanted;

/// A token is shorter than this, and a file that was piped in by mistake is longer.
const LONGEST: u64 = 4096;

/// Asks, and writes all reports. The status is 1 if a token is alive, 3 if that is not known.
pub(crate) fn run(args: &VerifyArgs) -> Result<Exit> {
    let rules = settings::rules(&args.out.rules)?;
    let mut how = ask::settings(&args.ask, &rules, args.out.quiet)?;
    how.user.clone_from(&args.token.user);
    let report = match &args.report {
        Some(path) => again(recorded::read(path, &rules)?, &rules, how, None)?,
        None => one(args, &rules, how)?,
    };
    let outputs = Outputs {
        args: &args.out,
        screen: Screen::Findings,
        profile: SarifProfile::Generic,
        style: settings::style(args.out.color, false),
    };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, FailOn::Live)?)
}

/// One token from standard input.
fn one(args: &VerifyArgs, rules: &Rules, how: Settings) -> Result<Report> {
    let token = Token::read(args.token.rule.as_deref(), rules)?;
    let options = Options { verify: Some(how), ..Options::offline(Vec::new(), Scope::NoHistory) };
    Ok(single(&token.bytes, token.rule, &options, rules))
}

/// A token that was read from standard input, and the place of its rule.
pub(super) struct Token {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) rule: usize,
}

impl Token {
    /// Reads one, and tells its kind by its form, or as the user says.
    pub(super) fn read(named: Option<&str>, rules: &Rules) -> Result<Self> {
        dumps::forbid();
        if io::stdin().is_terminal() {
            bail!(
                "the token is read from standard input, so that it is in no history: \
                 squelch verify < FILE, or name a report"
            );
        }
        let mut text = Zeroizing::new(Vec::new());
        let mut stdin = io::stdin().take(LONGEST + 1);
        stdin.read_to_end(&mut text).context("cannot read standard input")?;
        if text.len() as u64 > LONGEST {
            bail!(
                "standard input is longer than a token: for files there is squelch scan --verify"
            );
        }
        let bytes = Zeroizing::new(text.trim_ascii().to_vec());
        if bytes.is_empty() {
            bail!("standard input holds no token");
        }
        let rule = rule_of(&bytes, named, rules)?;
        Ok(Self { bytes, rule })
    }
}

/// The rule of a token, as its form or the user says.
pub(super) fn rule_of(token: &[u8], named: Option<&str>, rules: &Rules) -> Result<usize> {
    let fits = |rule: &Arc<Rule>| rule.shape.match_at(token, 0) == Some(token.len());
    if let Some(id) = named {
        let at = rules.rules.iter().position(|rule| rule.id == id);
        let at = at.with_context(|| format!("there is no rule '{id}': see squelch rules list"))?;
        if !fits(&rules.rules[at]) {
            bail!("what standard input holds has not the form of a {}", rules.rules[at].name);
        }
        return Ok(at);
    }
    // A kind of which nobody is sure even where its service is named is no guess worth sending.
    let sure = |rule: &Rule| {
        let places = rule.places.iter();
        !rule.bare || places.into_iter().any(|place| place.confidence > Confidence::Low)
    };
    let can_be = |at: &usize| {
        let rule = &rules.rules[*at];
        fits(rule) && judge::value(rule, token).is_none() && (sure(rule) || rule.prefix >= HEAD)
    };
    let all: Vec<usize> = (0..rules.rules.len()).filter(can_be).collect();
    let is_sure = |at: &usize| rules.rules[*at].prefix > 0 || !rules.rules[*at].bare;
    let proved: Vec<usize> = all.iter().copied().filter(is_sure).collect();
    match (proved.as_slice(), all.as_slice()) {
        ([one], _) | ([], [one]) => Ok(*one),
        ([], []) => bail!("what standard input holds has the form of no token that squelch knows"),
        _ => {
            let ids: Vec<&str> = all.iter().map(|at| rules.rules[*at].id.as_str()).collect();
            bail!("its form does not say which token it is: --rule with one of {}", ids.join(", "))
        }
    }
}

/// The tokens of a report, each read again where it was seen.
pub(super) fn again(
    recorded: Recorded,
    rules: &Rules,
    how: Settings,
    revoke: Option<Arc<revoke::Settings>>,
) -> Result<Report> {
    let Recorded { report, digests, unread } = recorded;
    if report.findings.is_empty() && unread.is_empty() {
        bail!("the report has no findings");
    }
    let places: BTreeSet<PathBuf> = report.findings.iter().flat_map(targets).collect();
    let (there, gone): (Vec<_>, Vec<_>) = places.into_iter().partition(|path| path.exists());
    let wanted = Wanted::default().digests(digests);
    let all = Options::offline(there, Scope::Everything);
    let options = Options { wanted, verify: Some(how), revoke, ..all };
    let progress = Arc::new(Progress::default());
    let mut found = scan(&options, rules, &progress, &mut io::empty())
        .map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    found.problems.extend(unread);
    found.problems.extend(again::not_found_again(&report, &found, &gone));
    found.problems.sort();
    Ok(found)
}

/// What has to be read to see a finding's places again.
fn targets(finding: &Finding) -> Vec<PathBuf> {
    finding.places.iter().filter_map(|place| again::target(&place.origin)).collect()
}
