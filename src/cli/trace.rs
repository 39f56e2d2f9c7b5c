//! `squelch trace`: whose each token is and which one, by what administrators have.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::args::{SourceArgs, TraceArgs};
use super::ask;
use super::deliver::{Outputs, Screen};
use super::exit::{Exit, FailOn};
use super::settings;
use super::usage;
use super::verify::again;
use crate::finding::{Finding, Report};
use crate::identity::{About, Known};
use crate::leak::first_seen;
use crate::report::SarifProfile;
use crate::report::escape::shown;
use crate::report::recorded::{self, Recorded};
use crate::rule::Rules;
use crate::scan::{Options, Progress, Scope, scan};
use crate::trace::{Ledger, SourceKind, read};
use crate::wanted::tail;

/// More chance matches than this altogether, and the reader should know.
const WORTH_SAYING: f64 = 0.001;

/// Reads the sources, finds the tokens, puts both together. The status is 3 if something could not
/// be read, and never 1: it answers a question, and is no check.
pub(crate) fn run(args: &TraceArgs) -> Result<Exit> {
    let rules = settings::rules(&args.out.rules)?;
    let ledger = ledger(&args.sources)?;
    let mut report = tokens(args, &rules)?;
    let pairs = report.findings.len();
    for finding in &mut report.findings {
        trace(finding, &ledger, pairs);
    }
    usage::attach(&mut report, &args.sources, &rules)?;
    report.problems.extend(ledger.problems.iter().cloned());
    report.problems.sort();
    if !args.out.quiet {
        say_sources(&ledger);
    }
    let outputs = Outputs {
        args: &args.out,
        screen: Screen::Table,
        profile: SarifProfile::Generic,
        style: settings::style(args.out.color, false),
    };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::of(&report, FailOn::Never)?)
}

pub(super) fn ledger(sources: &SourceArgs) -> Result<Ledger> {
    let SourceArgs {
        jenkins_home,
        sonar_tokens,
        env_inspector,
        endings,
        hashes,
        terraform_state,
        usage: _,
    } = sources;
    let all = [
        (SourceKind::JenkinsHome, jenkins_home),
        (SourceKind::SonarTokens, sonar_tokens),
        (SourceKind::EnvInspector, env_inspector),
        (SourceKind::Endings, endings),
        (SourceKind::Hashes, hashes),
        (SourceKind::TerraformState, terraform_state),
    ];
    let mut ledger = Ledger::default();
    for (kind, paths) in all {
        for path in paths {
            read(kind, path, &mut ledger)?;
        }
    }
    Ok(ledger)
}

/// The tokens of a report, or of a scan.
fn tokens(args: &TraceArgs, rules: &Rules) -> Result<Report> {
    let how = ask::if_wanted(args.verify, &args.ask, rules, args.out.quiet)?;
    if let Some(path) = &args.report {
        let recorded = recorded::read(path, rules)?;
        if let Some(how) = how {
            return again(recorded, rules, how, None);
        }
        let Recorded { mut report, unread, .. } = recorded;
        report.problems.extend(unread);
        return Ok(report);
    }
    let here = vec![PathBuf::from(".")];
    let targets = if args.targets.is_empty() { here } else { args.targets.clone() };
    let options = Options { verify: how, ..Options::offline(targets, Scope::Everything) };
    let progress = Arc::new(Progress::default());
    scan(&options, rules, &progress, &mut io::stdin()).map_err(|wrong| anyhow::Error::msg(wrong.0))
}

/// Adds to a finding what the sources say of its token.
pub(super) fn trace(finding: &mut Finding, ledger: &Ledger, tokens: usize) {
    finding.identity.merge(ledger.by_digest(&finding.all_digests()));
    finding.notes.extend(made_since(finding, ledger));
    let certain = finding.identity.certain(About::StoredIn).is_some();
    let tail = tail(&finding.redacted).to_owned();
    let service = finding.rule.service.id.clone();
    let words: Vec<&str> = service.split('-').filter(|word| word.len() > 3).collect();
    let ends = |ending: &str| {
        !tail.is_empty() && (tail.ends_with(ending) || ending.ends_with(tail.as_str()))
    };
    let masked: Vec<Known> = ledger.by_ending(ends, &words);
    if !masked.is_empty() && !certain {
        finding.notes.push(chance(ledger, alphabet(finding), tokens));
    }
    for known in masked {
        finding.identity.add(known);
    }
    finding.fill_remedy();
}

/// The tokens of the same owner that were made since this one was first seen, as far as the sources
/// say when: whoever had it may have made them.
fn made_since(finding: &Finding, ledger: &Ledger) -> Option<String> {
    let owner = finding.identity.certain(About::Owner)?;
    let (seen, day) = first_seen(&finding.places)?;
    let of = |known: &[Known], about| {
        known.iter().find(|it| it.about == about).map(|it| it.value.clone())
    };
    let young = ledger.records.iter().filter_map(|record| {
        let made = of(&record.known, About::Created)?;
        let is = of(&record.known, About::Owner)? == owner
            && made.parse::<jiff::Timestamp>().is_ok_and(|made| made > seen);
        let name = of(&record.known, About::TokenName)?;
        is.then(|| format!("{name} ({made})"))
    });
    let names: Vec<String> = young.collect();
    (!names.is_empty()).then(|| {
        let day = day.split('T').next().unwrap_or(day);
        format!(
            "Since it was first seen ({day}), these tokens of its owner were made, by them or by \
             whoever had it: {}.",
            names.join(", ")
        )
    })
}

/// How many characters the end of such a token is drawn from.
fn alphabet(finding: &Finding) -> usize {
    finding.rule.shape.atoms().last().map_or(16, |atom| atom.set.bytes().count())
}

/// What chance is worth, so that nobody takes the same four characters for proof.
fn chance(ledger: &Ledger, alphabet: usize, tokens: usize) -> String {
    let expected = ledger.chance(alphabet);
    let variables = ledger.masked.len();
    let all = expected * tokens as f64;
    let one = if expected < WORTH_SAYING {
        format!("less than {WORTH_SAYING}")
    } else {
        format!("{expected:.3}")
    };
    format!(
        "The same last characters are no proof: of {variables} variables chance alone makes {one} \
         end like it, and {all:.3} for all {tokens} tokens."
    )
}

/// Says on standard error what was read of which source.
fn say_sources(ledger: &Ledger) {
    let mut stderr = io::stderr().lock();
    for read in &ledger.read {
        let source = shown(&read.source, true);
        let _ = writeln!(stderr, "{source}: {} can be recognized", read.entries);
        for note in &read.notes {
            let _ = writeln!(stderr, "  {}", shown(note, true));
        }
    }
}
