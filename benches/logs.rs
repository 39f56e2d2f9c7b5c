//! CI logs at size: one large log from a file and from standard input, through all readings.

mod measure;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use tempfile::TempDir;

use measure::args::Args;
use measure::peers::{squelch, squelch_check};
use measure::table::{Table, mib, seconds};
use measure::{Contender, interleave, say};

/// How a system frames a line: the number of the line, its text, and the log.
type Frame = fn(u64, &str, &mut String);

const LOGS: &[(&str, Frame)] = &[
    ("GitHub Actions, some of it coloured", |number, line, log| {
        let (open, close) = if number % 4 == 0 { ("\x1b[36;1m", "\x1b[0m") } else { ("", "") };
        let _ = writeln!(log, "{}Z {open}{line}{close}", stamp(number, 7));
    }),
    ("GitLab CI, with lines that go on", |number, line, log| {
        let (first, second) = line.split_at(line.len() / 2);
        let _ = writeln!(log, "{}Z 01O {first}", stamp(number, 6));
        let sign = if number % 8 == 0 { "+" } else { " " };
        let _ = writeln!(log, "{}Z 01O{sign}{second}", stamp(number, 6));
    }),
    ("Jenkins, with times", |number, line, log| {
        let _ = writeln!(log, "[{}Z] {line}", stamp(number, 3));
    }),
];

/// A time with so many digits of a second.
fn stamp(number: u64, digits: usize) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    format!("2025-07-04T14:{minute:02}:{second:02}.{:0digits$}", number % 1000)
}

const LINES: &[&str] = &[
    "Downloading from central: https://repo.example.com/maven2/org/apache/commons/commons-lang3.jar",
    "[INFO] Running com.acme.web.service.UserServiceTest",
    "[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.412 s",
    "   Compiling serde v1.0.219",
    "[WARNING] src/main/java/com/acme/web/App.java:[17,5] deprecated item is not annotated",
    "npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.",
    "+ mvn -B verify sonar:sonar",
    "Receiving objects:  42% (1234/2938)",
];

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(5, 0, "logs", "")?;
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    for &(name, frame) in LOGS {
        say(&format!("\n{name}, {} MiB\n", args.mib));
        let path = folder.path().join("log");
        let bytes = make(&path, frame, args.mib << 20)?;
        let mut rows = vec![
            scan(&path, "bytes as they are, --jobs 1", "--raw --jobs 1", args.rounds),
            scan(&path, "--jobs 1", "--jobs 1", args.rounds),
            scan(&path, "--jobs 2", "--jobs 2", args.rounds),
            from_stdin(&path, "standard input, --jobs 1", "--jobs 1", args.rounds),
            from_stdin(&path, "standard input, --jobs 2", "--jobs 2", args.rounds),
        ];
        interleave(&mut rows)?;
        show(&rows, bytes);
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

fn scan(path: &Path, name: &str, flags: &str, rounds: usize) -> Contender {
    shell(
        name,
        &format!("exec \"$0\" scan --no-history --fail-on never --format jsonl {flags} \"$1\""),
        path,
        rounds,
    )
}

fn from_stdin(path: &Path, name: &str, flags: &str, rounds: usize) -> Contender {
    shell(
        name,
        &format!("exec \"$0\" scan --fail-on never --format jsonl {flags} - <\"$1\""),
        path,
        rounds,
    )
}

fn shell(name: &str, script: &str, path: &Path, rounds: usize) -> Contender {
    let mut command: Vec<OsString> = ["sh", "-c", script].map(OsString::from).to_vec();
    command.extend([squelch(), path.into()]);
    Contender::new(name, command, rounds, squelch_check())
}

fn show(rows: &[Contender], bytes: usize) {
    let head = ["", "wall median", "CPU min", "MB/s", "MB/s a core", "peak RSS", "what it said"];
    let mut table = Table::new(&head);
    let rate = |time: Option<f64>| match time {
        Some(time) if time > 0.0 => format!("{:.0}", bytes as f64 / 1e6 / time),
        _ => "-".to_owned(),
    };
    for row in rows {
        let (wall, cpu) = (row.wall(), row.cpu());
        let note = row.note.clone().unwrap_or_else(|why| format!("NOT VALID: {why}"));
        table.row(vec![
            row.name.clone(),
            seconds(wall.median),
            seconds(cpu.min),
            rate(wall.median),
            rate(cpu.min),
            mib(row.peak.resident),
            note,
        ]);
    }
    table.print();
}

/// Writes a log of about that many bytes; returns how many.
fn make(path: &Path, frame: Frame, bytes: usize) -> anyhow::Result<usize> {
    let mut file = BufWriter::new(File::create(path)?);
    let (mut written, mut number, mut piece) = (0, 0_u64, String::new());
    while written < bytes {
        piece.clear();
        while piece.len() < 1 << 20 {
            // The order of the lines repeats itself, but not within a window.
            let line = LINES[(number.wrapping_mul(0x9e37_79b9) >> 7) as usize % LINES.len()];
            frame(number, line, &mut piece);
            number += 1;
        }
        file.write_all(piece.as_bytes())?;
        written += piece.len();
    }
    file.flush()?;
    Ok(written)
}
