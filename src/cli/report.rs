//! `squelch report FILE`: shows a report of ours on screen, or makes another form of it.
//!
//! JSON Lines have everything that a scan knew, so all forms can be made of them. SARIF is drawn
//! with `sarif-fmt` where it is installed, else by ourselves. Both see only what the report says:
//! neither reads the source files that it names, since those hold the tokens.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::args::ReportArgs;
use super::deliver::{Outputs, Screen};
use super::exit::Exit;
use super::settings;
use crate::report::sarif::TOOL_NAME;
use crate::report::sarif::read::{Log, Run};
use crate::report::shadow::Shadow;
use crate::report::{Format, SarifProfile, Style, escape};
use crate::report::{write_closing, write_log};
use crate::sweep::{self, Union, Whole};

const SARIF_FMT: &str = "sarif-fmt";

/// How every line of ours begins.
const JSONL: &[u8; 10] = br#"{"schema":"#;

/// Who draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Viewer {
    /// `sarif-fmt` where it is installed, else ourselves.
    Auto,
    /// `sarif-fmt`, or an error.
    SarifFmt,
    /// Ourselves.
    BuiltIn,
}

/// Shows the report, or writes it in other forms. The status is 0: what it says was said before.
pub(super) fn run(args: &ReportArgs) -> Result<u8> {
    let files = files(&args.files)?;
    let [file] = files.as_slice() else { return convert(&files, args) };
    if is_jsonl(file) {
        return convert(&files, args);
    }
    if args.out.format != Format::Human || !args.out.output.is_empty() {
        let path = file.display();
        bail!("{path}: other forms are made of reports in JSON Lines (--output jsonl=PATH)");
    }
    let style = settings::style(args.out.color, false);
    let mut text = Vec::new();
    show(file, Viewer::Auto, &style, &mut text)?;
    super::print(&text)
}

/// Whether a file begins as JSON Lines of ours do. What cannot be read is told when it is read.
fn is_jsonl(path: &Path) -> bool {
    let mut start = [0; JSONL.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *JSONL
}

/// The files that are meant: those of a sweep's folder, and not the word `merge`, unless that names
/// reports itself.
fn files(args: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let names_reports = |path: &PathBuf| path.is_file() || sweep::results::files(path).is_ok();
    let is_word = |path: &PathBuf| path.as_os_str() == "merge" && !names_reports(path);
    let word = args.first().is_some_and(is_word);
    let mut files = Vec::new();
    for path in args.iter().skip(usize::from(word)) {
        if path.is_dir() {
            files.extend(sweep::results::files(path)?);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!("there is no report: name files in JSON Lines, or the folder of a sweep");
    }
    Ok(files)
}

fn convert(files: &[PathBuf], args: &ReportArgs) -> Result<u8> {
    let rules = settings::rules(&args.out.rules)?;
    // One alone stays as it is, its order included.
    let report = if let [only] = files {
        Whole::of(only, &rules)?
    } else {
        let mut union = Union::new(&rules)?;
        files.iter().try_for_each(|file| union.add(file))?;
        union.finish()?
    };
    let outputs = Outputs {
        args: &args.out,
        screen: Screen::Findings,
        profile: SarifProfile::Generic,
        style: settings::style(args.out.color, false),
    };
    outputs.deliver(&report, &rules)?;
    Ok(Exit::Clean.code(1))
}

/// Shows the SARIF report at `path`.
pub fn show(path: &Path, viewer: Viewer, style: &Style, out: &mut dyn Write) -> Result<()> {
    let log = read(path)?;
    let program = match viewer {
        Viewer::BuiltIn => None,
        Viewer::Auto | Viewer::SarifFmt => find(env::var_os("PATH").as_deref()),
    };
    match (program, viewer) {
        (Some(program), _) => show_with(&program, &log, style, out),
        (None, Viewer::SarifFmt) => {
            bail!("{SARIF_FMT} is not in PATH: install it, or let squelch draw by itself")
        }
        (None, _) => Ok(write_log(&log, style, out)?),
    }
}

/// Reads a report of ours. Those of other tools may quote whole tokens, so they are not shown.
fn read(path: &Path) -> Result<Log> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    let mut log: Log = serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{shown} is not a SARIF report of squelch"))?;
    match log.runs.iter().map(|run| &run.tool.driver.name).find(|name| *name != TOOL_NAME) {
        None => {
            log.runs.iter_mut().for_each(Run::drop_suppressed);
            Ok(log)
        }
        Some(other) => bail!(
            "{shown} was written by \"{}\", not by squelch: it may quote whole tokens, \
             so it is not shown",
            escape::shown(other, true)
        ),
    }
}

/// `sarif-fmt` in one of PATH's absolute folders: a relative one could be in a scanned tree.
fn find(path: Option<&OsStr>) -> Option<PathBuf> {
    let folders = env::split_paths(path?).filter(|folder| folder.is_absolute());
    folders
        .map(|folder| folder.join(SARIF_FMT))
        .find(|program| fs::metadata(program).is_ok_and(|found| found.is_file()))
}

/// Runs `sarif-fmt` in a tree that holds only masked lines.
fn show_with(program: &Path, log: &Log, style: &Style, out: &mut dyn Write) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder for masked lines")?;
    let (shadow, fitted) = Shadow::of(log);
    let root = folder.path().join("lines");
    let report = folder.path().join("report.sarif");
    shadow
        .write(&root)
        .and_then(|()| fs::write(&report, fitted.to_string()))
        .context("cannot write masked lines for sarif-fmt")?;
    let drawn = Command::new(program)
        .args(["--color", if style.color { "always" } else { "never" }, "--input"])
        .arg(&report)
        .current_dir(&root)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !drawn.status.success() {
        bail!("{} failed: {}", program.display(), drawn.status);
    }
    out.write_all(&drawn.stdout)?;
    Ok(write_closing(log, style, out)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, sample};
    use crate::report::{SarifProfile, file, write_sarif};

    /// The sample's report in a file, and its tokens.
    fn written() -> (tempfile::TempDir, PathBuf, Vec<String>) {
        let Fixture { report, rules, tokens, .. } = sample();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sarif");
        let render = |out: &mut dyn Write| write_sarif(&report, &rules, SarifProfile::Generic, out);
        file::write(&path, render).expect("written");
        (folder, path, tokens)
    }

    fn shown(path: &Path, viewer: Viewer) -> Result<String> {
        let mut out = Vec::new();
        show(path, viewer, &Style::plain(), &mut out)?;
        Ok(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn draws_masked_lines_with_marks() {
        let (_folder, path, tokens) = written();
        let text = shown(&path, Viewer::BuiltIn).expect("drawn");
        let tail = &tokens[0][40..];
        let want = format!(
            "    ╭▸ ci/build.sh:3:20\n  3 │ export SONAR_TOKEN=squ_…{tail} # é𝄞\n    │ {}━━━━━━━━━\n",
            " ".repeat(19)
        );
        assert!(text.contains(&want), "{text}");
        assert!(text.contains("conf/sonar.properties:1:13 in 1a2b3c4d5e"), "{text}");
        assert!(text.ends_with("5 results.\n"), "{text}");
    }

    /// Runs the real `sarif-fmt`, where it is installed, on a report that names a file with the
    /// whole token by its absolute path.
    #[test]
    fn sarif_fmt_sees_masked_lines_only() {
        if find(env::var_os("PATH").as_deref()).is_none() {
            return;
        }
        let (folder, path, tokens) = written();
        let source = folder.path().join("Makefile");
        fs::write(&source, &tokens[1]).expect("written");
        let named = fs::read_to_string(&path).expect("readable");
        let absolute = source.to_str().expect("a plain path");
        fs::write(&path, named.replace("\"Makefile\"", &format!("\"{absolute}\"")))
            .expect("written");
        let text = shown(&path, Viewer::SarifFmt).expect("drawn");
        for token in &tokens {
            assert!(!text.contains(&token[4..20]), "{text}");
        }
        let tail = &tokens[0][40..];
        let want = format!(
            "ci/build.sh:3:20\n  │\n3 │ export SONAR_TOKEN=squ_…{tail} # é𝄞 \n  │ {}^^^^^^^^^\n",
            " ".repeat(19)
        );
        assert!(text.contains(&want), "{text}");
        assert!(text.contains("1a2b3c4d5e/conf/sonar.properties:1:13"), "{text}");
        assert!(text.contains("Makefile:1:13"), "{text}");
        let kept = fs::read_to_string(&source).expect("readable");
        assert_eq!(kept, tokens[1], "what a report names is not written to either");
    }

    #[test]
    fn reports_of_other_tools_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.sarif");
        let other = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}"#;
        fs::write(&path, other).expect("written");
        let refused = shown(&path, Viewer::BuiltIn).expect_err("refused");
        assert!(refused.to_string().contains(r#"was written by "x", not by squelch"#), "{refused}");
        fs::write(&path, "[]").expect("written");
        let refused = shown(&path, Viewer::BuiltIn).expect_err("refused");
        assert!(refused.to_string().contains("is not a SARIF report"), "{refused}");
    }

    #[test]
    fn relative_folders_of_path_are_not_searched() {
        assert_eq!(find(Some(OsStr::new("."))), None);
        assert_eq!(find(None), None);
    }
}
