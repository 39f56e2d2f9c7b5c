//! What the benches share: running programs and measuring them, one after another in rounds.
//!
//! Wall and CPU time come from one bash around the program: its `EPOCHREALTIME` and `time`
//! leave out bash's own start, and resolve microseconds and milliseconds. Memory is measured
//! in a run of its own, so that looking at it costs the timed runs nothing.

#![allow(dead_code, reason = "each bench uses its part of this module")]

pub(crate) mod args;
pub(crate) mod peers;
pub(crate) mod table;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// One run of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) wall: f64,
    /// User and system time of the program and of the children that it waited for.
    pub(crate) cpu: Option<f64>,
}

/// The most memory that was seen, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peak {
    pub(crate) resident: Option<u64>,
    /// Without mapped files, such as packs. Looked at every 2 ms, so a lower bound.
    pub(crate) anonymous: Option<u64>,
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// Tells from what a program said whether it did its work: a short note, or what is wrong.
pub(crate) type Check = Box<dyn Fn(&Said) -> Result<String, String>>;

/// A program that takes part.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) command: Vec<OsString>,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) rounds: usize,
    pub(crate) check: Check,
    pub(crate) samples: Vec<Sample>,
    pub(crate) peak: Peak,
    pub(crate) note: Result<String, String>,
}

impl Contender {
    pub(crate) fn new(name: &str, command: Vec<OsString>, rounds: usize, check: Check) -> Self {
        let (samples, peak, note) = (Vec::new(), Peak::default(), Ok(String::new()));
        Self { name: name.to_owned(), command, dir: None, rounds, check, samples, peak, note }
    }

    pub(crate) fn wall(&self) -> Spread {
        Spread::of(self.samples.iter().map(|sample| sample.wall))
    }

    pub(crate) fn cpu(&self) -> Spread {
        Spread::of(self.samples.iter().filter_map(|sample| sample.cpu))
    }

    fn command(&self, program: &[&str]) -> Command {
        let mut words = program.iter().map(OsString::from).chain(self.command.iter().cloned());
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    /// Runs it once with a look at its memory. `counts`: the time is a sample, too, which suits
    /// programs that are too slow to be run once more for their memory.
    fn run_for_memory(&mut self, counts: bool) -> anyhow::Result<()> {
        let files = Files::new()?;
        let report = files.path("time");
        let time = Path::new("/usr/bin/time").exists();
        let report_name = report.to_string_lossy().into_owned();
        let wrap = ["/usr/bin/time", "-q", "-f", "%U %S %M", "-o", report_name.as_str()];
        let mut command = self.command(if time { &wrap } else { &[] });
        command.stdout(fs::File::create(files.path("out"))?);
        command.stderr(fs::File::create(files.path("err"))?);
        let begin = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.name))?;
        let (mut peak, code) = watch(&mut child, time)?;
        let mut sample = Sample { wall: begin.elapsed().as_secs_f64(), cpu: None };
        let report = fs::read_to_string(&report).unwrap_or_default();
        if let Some((times, kib)) = report.trim().rsplit_once(' ') {
            sample.cpu = numbers(times).map(|[user, system]: [f64; 2]| user + system);
            raise(&mut peak.resident, kib.parse().ok().map(|kib: u64| kib * 1024));
        }
        self.peak = peak;
        if counts {
            self.samples.push(sample);
        }
        self.note = (self.check)(&files.said(code));
        Ok(())
    }

    /// Runs it once for its time only.
    fn run_for_time(&mut self) -> anyhow::Result<()> {
        const SCRIPT: &str = r#"TIMEFORMAT='%3U %3S'; d=$1; shift; s=$EPOCHREALTIME
{ time "$@" >"$d/out" 2>"$d/err"; } 2>"$d/cpu"; c=$?; e=$EPOCHREALTIME
echo "$s $e $c" >"$d/wall""#;
        let files = Files::new()?;
        let folder = files.0.path().to_string_lossy().into_owned();
        let mut command = self.command(&["bash", "-c", SCRIPT, "bash", &folder]);
        let status = command.status().context("cannot start bash")?;
        let read = |name| fs::read_to_string(files.path(name)).unwrap_or_default();
        let (Some([begin, end, code]), Some([user, system])) =
            (numbers(&read("wall")), numbers(&read("cpu")))
        else {
            bail!("{}: bash 5 or newer is needed to measure; it ended with {status}", self.name);
        };
        self.samples.push(Sample { wall: end - begin, cpu: Some(user + system) });
        let note = (self.check)(&files.said(code as i32));
        if self.note.is_ok() {
            self.note = note;
        }
        Ok(())
    }
}

/// Runs all contenders in turn, round after round, so that a busy moment hits all of them.
///
/// Before the rounds each one runs once for its memory, which also fills the page cache. For
/// those that run once or twice only, that is their first round.
pub(crate) fn interleave(contenders: &mut [Contender]) -> anyhow::Result<()> {
    let rounds = contenders.iter().map(|contender| contender.rounds).max().unwrap_or(0);
    for contender in contenders.iter_mut().filter(|contender| contender.rounds > 0) {
        progress(&contender.name, "memory");
        contender.run_for_memory(contender.rounds < 3)?;
    }
    for round in 0..rounds {
        for contender in contenders.iter_mut() {
            // Told to run 1000 times, a program that failed once will not do better.
            if contender.samples.len() < contender.rounds && contender.note.is_ok() {
                progress(&contender.name, &format!("round {}", round + 1));
                contender.run_for_time()?;
            }
        }
    }
    progress("", "");
    Ok(())
}

/// The middle and the least of some samples, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: Option<f64>,
    pub(crate) min: Option<f64>,
}

impl Spread {
    fn of(samples: impl Iterator<Item = f64>) -> Self {
        let mut samples: Vec<f64> = samples.collect();
        samples.sort_by(f64::total_cmp);
        let (low, high) = (samples.len().saturating_sub(1) / 2, samples.len() / 2);
        let median = samples.get(low).zip(samples.get(high)).map(|(a, b)| f64::midpoint(*a, *b));
        Self { median, min: samples.first().copied() }
    }
}

/// Runs a bench and says in one line what is wrong, if something is.
pub(crate) fn main_of(bench: fn() -> anyhow::Result<()>) -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output; that nobody reads it any more is not this bench's problem.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// One line on standard error that is written over, where a person watches.
fn progress(name: &str, what: &str) {
    use std::io::IsTerminal;
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{name} {what}");
    }
}

/// The folder that one run writes to.
struct Files(TempDir);

impl Files {
    fn new() -> anyhow::Result<Self> {
        Ok(Self(TempDir::new().context("cannot make a temporary folder")?))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn said(&self, code: i32) -> Said {
        let read = |name| {
            let bytes = fs::read(self.path(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Said { stdout: read("out"), stderr: read("err"), code }
    }
}

/// The numbers of a text, if it is that many numbers. Some locales write a comma for the point.
fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let numbers: Vec<f64> =
        text.split_whitespace().filter_map(|word| word.replace(',', ".").parse().ok()).collect();
    numbers.try_into().ok()
}

/// Waits for a child's end and looks at its memory until then.
fn watch(child: &mut Child, wrapped: bool) -> anyhow::Result<(Peak, i32)> {
    let mut peak = Peak::default();
    let mut watched = if wrapped { None } else { Some(child.id()) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((peak, status.code().unwrap_or(-1)));
        }
        watched = watched.or_else(|| only_child(child.id()));
        if let Some(status) =
            watched.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
        {
            raise(&mut peak.resident, field(&status, "VmHWM:"));
            raise(&mut peak.anonymous, field(&status, "RssAnon:"));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// The process that `time` started, once it is there.
fn only_child(pid: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

fn raise(peak: &mut Option<u64>, value: Option<u64>) {
    *peak = (*peak).max(value);
}
