//! `squelch revoke`: the plan, and with `--yes` the deed and its proof.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use super::args::RevokeArgs;
use super::ask;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::settings;
use super::trace::{self, ledger};
use super::usage;
use super::verify::{Token, again};
use crate::finding::{Finding, Report};
use crate::identity::Identity;
use crate::problem::{Problem, ProblemCode};
use crate::report::escape::shown;
use crate::report::recorded::{self, Recorded};
use crate::report::{Format, SarifProfile, write_rest, write_rest_json};
use crate::revocation::Outcome;
use crate::revoke::{Journal, Lent, Settings, rest};
use crate::rule::sent::Send;
use crate::rule::{Rule, Rules};
use crate::scan::{Options, Progress, Scope, mask, scan, single};
use crate::trace::Ledger;
use crate::verify;

/// Shorter beginnings of fingerprints name too many tokens.
const SHORTEST: usize = 8;

/// Plans or revokes, and writes all reports.
pub(crate) fn run(args: &RevokeArgs) -> Result<Exit> {
    let rules = settings::rules(&args.out.rules)?;
    if let Some(keep) = &args.all_except {
        return all_except(args, &rules, keep);
    }
    let ledger = ledger(&args.sources)?;
    let mut report = tokens(args, &rules, &ledger)?;
    let all = report.findings.len();
    for finding in &mut report.findings {
        trace::trace(finding, &ledger, all);
    }
    usage::attach(&mut report, &args.sources, &rules)?;
    report.problems.extend(ledger.problems.iter().cloned());
    report.problems.sort();
    if let Some(id) = &args.script {
        return print_script(&report, id);
    }
    let outputs = Outputs {
        args: &args.out,
        screen: Screen::Plan(args.shell),
        profile: SarifProfile::Generic,
        style: settings::style(args.out.color, false),
    };
    outputs.deliver(&report, &rules)?;
    Ok(exit(&report, args))
}

/// Where tokens of a report were revoked, what else is at their places is of no account: only what
/// kept from finding one of them again.
fn exit(report: &Report, args: &RevokeArgs) -> Exit {
    let counts = |problem: &Problem| {
        let of_a_token = matches!(problem.code, ProblemCode::Gone | ProblemCode::Unsupported);
        !args.yes || of_a_token
    };
    let of = |outcomes: &[Outcome]| {
        let all = report.findings.iter().filter_map(|finding| finding.revocation.as_ref());
        all.into_iter().any(|it| outcomes.contains(&it.outcome))
    };
    if of(&[Outcome::Alive, Outcome::Left]) {
        Exit::Findings
    } else if of(&[Outcome::Unproved]) || report.problems.iter().any(counts) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// How to ask, where that is wanted: `--yes` asks before and after.
fn asking(args: &RevokeArgs, rules: &Rules) -> Result<Option<verify::Settings>> {
    let asks = args.verify || args.yes;
    let how = ask::if_wanted(asks, &args.ask, rules, args.out.quiet)?;
    Ok(how.map(|how| verify::Settings { user: args.token.user.clone(), ..how }))
}

/// The tokens of a report, of a scan, or of standard input. What is to be asked about, or revoked,
/// is chosen before anything is sent.
fn tokens(args: &RevokeArgs, rules: &Rules, ledger: &Ledger) -> Result<Report> {
    let how = asking(args, rules)?;
    if args.report.is_none() && args.scan.is_empty() {
        let token = Token::read(args.token.rule.as_deref(), rules)?;
        let revoke = args.yes.then(|| deed(args, rules, known(&[], ledger))).transpose()?;
        let all = Options::offline(Vec::new(), Scope::NoHistory);
        let options = Options { verify: how, revoke, ..all };
        return Ok(single(&token.bytes, token.rule, &options, rules));
    }
    let mut seen = seen(args, rules)?;
    let chosen = choose(&seen.report, &args.fingerprint)?;
    seen.retain(|finding| {
        chosen.as_ref().is_none_or(|it| it.contains(&finding.fingerprint.to_string()))
    });
    let Some(how) = how else {
        seen.report.problems.extend(seen.unread);
        return Ok(seen.report);
    };
    let known = known(&seen.report.findings, ledger);
    let revoke = args.yes.then(|| deed(args, rules, known)).transpose()?;
    again(seen, rules, how, revoke)
}

/// The tokens of a report, or of a scan that asks nobody.
fn seen(args: &RevokeArgs, rules: &Rules) -> Result<Recorded> {
    if let Some(path) = &args.report {
        return recorded::read(path, rules);
    }
    if args.yes && args.fingerprint.is_empty() {
        bail!("--scan with --yes: look at the plan first, then name the tokens: --fingerprint");
    }
    let options = Options::offline(args.scan.clone(), Scope::Everything);
    let progress = Arc::new(Progress::default());
    let report = scan(&options, rules, &progress, &mut io::empty());
    let report = report.map_err(|wrong| anyhow::Error::msg(wrong.0))?;
    let mut seen = Recorded { report, digests: BTreeSet::new(), unread: Vec::new() };
    seen.retain(|_| true);
    Ok(seen)
}

/// What is known of tokens already, by digest: from the report, and from what administrators have.
fn known(findings: &[Finding], ledger: &Ledger) -> BTreeMap<String, Identity> {
    let mut known: BTreeMap<String, Identity> = BTreeMap::new();
    for finding in findings {
        known.insert(finding.fingerprint.to_string(), finding.identity.clone());
    }
    for record in &ledger.records {
        let identity = known.entry(record.digest.as_str().to_owned()).or_default();
        record.known.iter().for_each(|it| identity.add(it.clone()));
    }
    known
}

/// How to revoke, from the arguments.
fn deed(
    args: &RevokeArgs,
    rules: &Rules,
    known: BTreeMap<String, Identity>,
) -> Result<Arc<Settings>> {
    let lent = args.with.iter().map(|text| lent(text, rules));
    let journal =
        Journal::new(args.audit_log.as_deref(), if args.out.quiet { |_| () } else { tell });
    let log = || args.audit_log.as_ref().map(|path| path.display().to_string());
    let journal = journal.with_context(|| format!("cannot write {}", log().unwrap_or_default()))?;
    Ok(Arc::new(Settings { lent: lent.collect::<Result<_>>()?, known, journal }))
}

/// Says a step on standard error.
fn tell(step: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", shown(step, true));
}

/// A credential of the user's own, from the environment.
fn lent(text: &str, rules: &Rules) -> Result<(String, Lent)> {
    let (service, variable) = ask::of_service(text, rules, "--with")?;
    let value = Zeroizing::new(
        env::var(variable).with_context(|| format!("--with {service}: ${variable} is not set"))?,
    );
    let pair = rules
        .rules
        .iter()
        .filter(|rule| rule.service.id == service)
        .flat_map(|rule| &rule.verify)
        .any(|verify| verify.send == Send::BasicPair);
    let value = value.trim();
    if value.is_empty() {
        bail!("--with {service}: ${variable} is empty");
    }
    if !pair {
        return Ok((service, Lent::new(variable, None, value.as_bytes())));
    }
    let Some((user, token)) = value.split_once(':') else {
        bail!("--with {service}: ${variable} has to hold USER:TOKEN");
    };
    Ok((service, Lent::new(variable, Some(user), token.as_bytes())))
}

/// The tokens that were chosen by fingerprint, if any were.
fn choose(report: &Report, chosen: &[String]) -> Result<Option<BTreeSet<String>>> {
    let mut all = BTreeSet::new();
    for begin in chosen {
        if begin.len() < SHORTEST {
            bail!("--fingerprint {begin}: {SHORTEST} characters or more");
        }
        let begin = begin.to_lowercase();
        let fits = |finding: &&Finding| finding.fingerprint.to_string().starts_with(&begin);
        let fitting: Vec<&Finding> = report.findings.iter().filter(fits).collect();
        match fitting.as_slice() {
            [] => bail!("--fingerprint {begin}: no token has it"),
            [one] => all.insert(one.fingerprint.to_string()),
            many => bail!("--fingerprint {begin}: {} tokens begin so", many.len()),
        };
    }
    Ok((!chosen.is_empty()).then_some(all))
}

/// All tokens of whose credential was lent, but one.
fn all_except(args: &RevokeArgs, rules: &Rules, keep: &str) -> Result<Exit> {
    if matches!(args.out.format, Format::Sarif | Format::Html) || !args.out.output.is_empty() {
        bail!("--all-except: it has no findings to report: --format human or jsonl");
    }
    let how = verify::Settings { wait: false, ..ask::settings(&args.ask, rules, args.out.quiet)? };
    let deed = deed(args, rules, BTreeMap::new())?;
    let [(service, lent)] = deed.lent.iter().collect::<Vec<_>>()[..] else {
        bail!("--all-except: one --with, whose tokens go");
    };
    let how = verify::Settings { user: lent.user.clone(), ..how };
    let of = |rule: &&Arc<Rule>| rule.service.id == *service && lent.has_form_of(rule);
    let fitting: Vec<&Arc<Rule>> = rules.rules.iter().filter(of).collect();
    let rule = match (&args.token.rule, fitting.as_slice()) {
        (Some(id), all) => all.iter().find(|rule| rule.id == *id).copied(),
        (None, all) => all.iter().find(|rule| rule.revoke.rest.is_some()).copied(),
    };
    let Some(rule) = rule else {
        bail!("--with {service}: what ${} holds has not the form of a token of it", lent.variable);
    };
    let clean = |text: &mut String| *text = mask(text, rules);
    let done = rest(rule, lent, keep, args.yes, &deed, &how, &clean).map_err(anyhow::Error::msg)?;
    let style = settings::style(args.out.color, false);
    let mut out = io::stdout().lock();
    match args.out.format {
        Format::Jsonl => write_rest_json(&done, &mut out)?,
        _ => write_rest(&done, &style, &mut out)?,
    }
    let of = |outcome| done.others.iter().any(|(_, it)| *it == Some(outcome));
    Ok(match (of(Outcome::Alive), of(Outcome::Unproved)) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Clean,
    })
}

/// Prints one program for the console of a service, for each token that has it.
fn print_script(report: &Report, id: &str) -> Result<Exit> {
    let mut texts: Vec<&str> = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for script in report.findings.iter().flat_map(|finding| &finding.remedy.scripts) {
        if script.id == id && !texts.contains(&script.text.as_str()) {
            texts.push(&script.text);
        }
        if !known.contains(&script.id.as_str()) {
            known.push(&script.id);
        }
    }
    if texts.is_empty() {
        bail!("--script {id}: for these tokens there is {}", known.join(", "));
    }
    let mut out = io::stdout().lock();
    texts.iter().try_for_each(|text| writeln!(out, "{}", text.trim()))?;
    Ok(Exit::Clean)
}
