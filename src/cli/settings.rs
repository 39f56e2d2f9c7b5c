//! What the arguments mean, made once. Nothing after this sees a raw flag.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::args::{ScanArgs, When};
use super::ask;
use crate::baseline::Baseline;
use crate::baseline::cover::Known;
use crate::report::escape::shown;
use crate::report::{Format, Style};
use crate::rule::{RuleFile, Rules};
use crate::scan::{Options, Readings, Scope, Selection, mask, search_for};
use crate::store::{self, Store};
use crate::trace::{self, Ledger, SourceKind};
use crate::wanted::Wanted;

/// Warnings about baselines that are listed one by one.
const LISTED_WARNINGS: usize = 20;

/// What to scan, from the arguments.
pub(crate) fn options(args: &ScanArgs, rules: &Rules) -> anyhow::Result<Options> {
    args.fail_on.check(args.verify)?;
    let scope = if args.staged {
        Scope::Staged
    } else if args.no_history {
        Scope::NoHistory
    } else if let Some(range) = &args.range {
        Scope::Part(Selection::Range(range.clone()))
    } else if let Some(date) = &args.since {
        Scope::Part(Selection::Since(since(date).map_err(|why| anyhow::anyhow!("--since {why}"))?))
    } else {
        Scope::Everything
    };
    let readings = if args.raw {
        Readings::Raw
    } else if args.logs {
        Readings::Logs
    } else {
        Readings::Signs
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Options {
        targets: args.targets.clone(),
        shown: None,
        scope,
        no_ignore: args.no_ignore,
        explain: args.explain,
        readings,
        jobs: args.jobs.map_or(cores, usize::from),
        wanted: wanted(&args.ending, args.hashes.as_deref())?,
        known: Arc::new(Known {
            baselines: baselines(&args.baseline, rules)?,
            inline: args.allow_inline,
        }),
        store: args
            .store
            .as_ref()
            .map(|path| store(path.as_deref(), rules, readings))
            .transpose()?,
        verify: ask::if_wanted(args.verify, &args.ask, rules, args.out.quiet)?,
        revoke: None,
    })
}

/// The baselines that the user named. What says nothing in them is said at once: it can only lead
/// to more findings.
pub(super) fn baselines(paths: &[PathBuf], rules: &Rules) -> anyhow::Result<Vec<Baseline>> {
    let baselines: Vec<Baseline> =
        paths.iter().map(|path| Baseline::read(path)).collect::<anyhow::Result<_>>()?;
    let warnings: Vec<&String> = baselines.iter().flat_map(|it| &it.warnings).collect();
    let mut stderr = std::io::stderr().lock();
    for warning in warnings.iter().take(LISTED_WARNINGS) {
        // The name of a file can be a token as well.
        let _ = writeln!(stderr, "warning: {}", shown(&mask(warning, rules), true));
    }
    let more = warnings.len().saturating_sub(LISTED_WARNINGS);
    if more > 0 {
        let _ = writeln!(stderr, "warning: {more} more entries of baselines cover nothing");
    }
    Ok(baselines)
}

/// How each target of a sweep is scanned, before anything is remembered or asked.
pub(crate) fn of_targets(no_history: bool, logs: bool) -> Options {
    let scope = if no_history { Scope::NoHistory } else { Scope::Everything };
    let readings = if logs { Readings::Logs } else { Readings::Signs };
    Options { no_ignore: false, readings, ..Options::offline(Vec::new(), scope) }
}

/// What is known of earlier scans, in a file of the user's choice or where it is by default.
pub(crate) fn store(
    path: Option<&Path>,
    rules: &Rules,
    readings: Readings,
) -> anyhow::Result<Arc<Store>> {
    let path = path.map(Path::to_owned).or_else(store::default_path).context(
        "there is no folder for caches, $XDG_CACHE_HOME or $HOME: name a file, --store=FILE",
    )?;
    Ok(Arc::new(Store::open(&path, &search_for(rules, readings))?))
}

/// What alone is looked for.
pub(crate) fn wanted(endings: &[String], hashes: Option<&Path>) -> anyhow::Result<Wanted> {
    let each = |wanted: Wanted, ending: &String| wanted.ending(ending);
    let wanted = endings.iter().try_fold(Wanted::default(), each).map_err(anyhow::Error::msg)?;
    let Some(path) = hashes else { return Ok(wanted) };
    let mut ledger = Ledger::default();
    trace::read(SourceKind::Hashes, &path.to_string_lossy(), &mut ledger)?;
    Ok(wanted.digests(ledger.records.iter().map(|record| record.digest.as_str().to_owned())))
}

/// Seconds since 1970 of a date, a time, or a span before now.
pub(super) fn since(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
        return Ok(zoned.timestamp().as_second());
    }
    let span = text.trim_end_matches(" ago").parse::<jiff::Span>().map_err(|_| {
        format!(
            "{text}: write a date (2026-01-31), a time (2026-01-31T12:00:00Z) or a span (2 weeks)"
        )
    })?;
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let then = now.checked_sub(span).map_err(|error| format!("{text}: {error}"))?;
    Ok(then.timestamp().as_second())
}

/// The built-in rules and those of the reader's own files, ours or of other scanners.
pub(crate) fn rules(paths: &[PathBuf]) -> anyhow::Result<Rules> {
    let texts = read_rules(paths)?;
    let files: Vec<RuleFile<'_>> = texts.iter().map(RuleText::file).collect();
    Ok(Rules::with_all(&files, &|path| std::fs::read_to_string(path))?)
}

/// A rule file of the reader's own.
pub(crate) struct RuleText {
    path: String,
    id: String,
    text: String,
}

impl RuleText {
    pub(crate) fn file(&self) -> RuleFile<'_> {
        RuleFile { path: &self.path, id: &self.id, text: &self.text }
    }
}

pub(crate) fn read_rules(paths: &[PathBuf]) -> anyhow::Result<Vec<RuleText>> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the rule file {}", path.display()))?;
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(RuleText { path: path.display().to_string(), id, text })
    };
    paths.iter().map(read).collect()
}

/// Parses `FORMAT=PATH`.
pub(crate) fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) =
        text.split_once('=').ok_or("write FORMAT=PATH, such as sarif=out.sarif")?;
    let format = format.to_ascii_lowercase().parse()?;
    if path.is_empty() {
        return Err("the path is missing".to_owned());
    }
    Ok((format, path.into()))
}

/// How to write for the terminal that standard output is, or is not.
pub(crate) fn style(color: When, explain: bool) -> Style {
    let env = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let terminal = std::io::stdout().is_terminal();
    let dumb = env("TERM").is_some_and(|term| term == OsStr::new("dumb"));
    let color = match color {
        When::Always => true,
        When::Never => false,
        When::Auto if env("NO_COLOR").is_some() => false,
        When::Auto if env("CLICOLOR_FORCE").is_some_and(|force| force != OsStr::new("0")) => true,
        When::Auto => terminal && !dumb,
    };
    let columns = env("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
    let width = columns.unwrap_or_else(|| terminal_width().unwrap_or(100));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(env);
    let unicode = locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_lowercase();
        locale.contains("utf") || !terminal
    });
    Style { color, width: width.clamp(40, 200), unicode, explain }
}

fn terminal_width() -> Option<usize> {
    let size = console::Term::stdout().size_checked()?;
    Some(usize::from(size.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_spans_are_understood() {
        assert_eq!(since("1970-01-02"), Ok(86_400));
        assert_eq!(since("1970-01-01T00:01:00Z"), Ok(60));
        let now = jiff::Timestamp::now().as_second();
        let two_weeks = since("2 weeks ago").expect("a span");
        assert!((now - two_weeks - 14 * 86_400).abs() < 5);
        assert!(since("yesterdayish").is_err_and(|error| error.contains("write a date")));
    }

    #[test]
    fn outputs_name_format_and_path() {
        assert_eq!(output("SARIF=a=b"), Ok((Format::Sarif, "a=b".into())));
        assert!(output("sarif").is_err() && output("pdf=x").is_err() && output("sarif=").is_err());
    }
}
