//! One large text file: how fast ordinary text is searched, and whether text that was made to
//! hurt takes time in proportion to its length.

mod measure;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use tempfile::TempDir;

use measure::args::Args;
use measure::peers::{squelch, squelch_check, words};
use measure::table::{Table, ratio, seconds};
use measure::{Contender, interleave, say};

/// A text: its name, and what makes it a piece at a time.
type Maker = fn(&mut Random, &mut Vec<u8>);

const ORDINARY: (&str, Maker) = ("ordinary source text", source_line);

const WORST: &[(&str, Maker)] = &[
    ("hex digits, all one line", |random, out| out.extend(random.hex(1024))),
    ("40 hex digits, one line after another", |random, out| {
        out.extend(random.hex(40));
        out.push(b'\n');
    }),
    ("a key without a value, all one line", |_, out| out.extend(b"sonar.login=")),
    ("lock file, each line with sonar and a SHA-1", |random, out| {
        out.extend(b"  resolved \"sonar-plugin-1.0.0.tgz#");
        out.extend(random.hex(40));
        out.extend(b"\"\n");
    }),
];

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let args = Args::read(5, 0, "text", "")?;
    // On the disk that builds are on: /tmp may be memory, and too small.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let empty = folder.path().join("empty.txt");
    File::create(&empty)?;

    let bytes = args.mib << 20;
    say(&format!("\nordinary source text, {} MiB\n", args.mib));
    let path = folder.path().join("ordinary.txt");
    make(&path, ORDINARY.1, bytes)?;
    let mut rows = vec![Case::new("start-up: an empty file", 0, scan(&empty, 1, args.rounds))];
    for jobs in [1, 2] {
        let name = format!("{}, --jobs {jobs}", ORDINARY.0);
        rows.push(Case::new(&name, bytes, scan(&path, jobs, args.rounds)));
    }
    show(&mut rows)?;
    std::fs::remove_file(&path)?;

    // The worst inputs are only held against themselves, so they may be smaller.
    let single = (bytes / 8).max(1 << 20);
    say(&format!("\nworst inputs, {} MiB and twice as much\n", single >> 20));
    for &(name, maker) in WORST {
        let mut rows = vec![Case::new("start-up: an empty file", 0, scan(&empty, 1, args.rounds))];
        for (times, file) in [(1, "single.txt"), (2, "double.txt")] {
            let path = folder.path().join(file);
            make(&path, maker, single * times)?;
            let many = if times == 1 { "" } else { ", twice" };
            let contender = scan(&path, 1, args.rounds);
            rows.push(Case::new(&format!("{name}{many}"), single * times, contender));
        }
        show(&mut rows)?;
    }
    say(
        "GB/s and the ratio are of the least times, start-up taken off. CPU ratio: twice the text to\n\
         the text once; 2 is linear. A ratio of times below some 50 ms is noise: use a larger --mib.\n",
    );
    Ok(())
}

/// One row: a file, its size, and the runs over it.
struct Case {
    bytes: usize,
    contender: Contender,
}

impl Case {
    fn new(name: &str, bytes: usize, mut contender: Contender) -> Self {
        name.clone_into(&mut contender.name);
        Self { bytes, contender }
    }
}

fn scan(path: &Path, jobs: usize, rounds: usize) -> Contender {
    let jobs = jobs.to_string();
    let flags = ["scan", "--no-history", "--fail-on", "never", "--format", "jsonl", "--jobs"];
    let mut command = words(squelch(), &[&flags[..], &[&jobs]].concat());
    command.push(PathBuf::from(path).into());
    Contender::new("", command, rounds, squelch_check())
}

/// Runs the rows against each other. The first one is the start-up, which the rates leave out.
fn show(rows: &mut [Case]) -> anyhow::Result<()> {
    let (mut contenders, bytes): (Vec<_>, Vec<_>) = rows
        .iter_mut()
        .map(|case| {
            let idle = Contender::new("", Vec::new(), 0, squelch_check());
            (std::mem::replace(&mut case.contender, idle), case.bytes)
        })
        .unzip();
    interleave(&mut contenders)?;
    let start = contenders.first().context("no rows")?;
    // The least of all rounds: of all figures, a busy machine disturbs it least.
    let (start_wall, start_cpu) = (start.wall().min, start.cpu().min);
    let less = |value: Option<f64>, start: Option<f64>| Some(value? - start?);
    let rate = |bytes: usize, time: Option<f64>| match time {
        Some(time) if bytes > 0 && time > 0.0 => format!("{:.2}", bytes as f64 / 1e9 / time),
        _ => "-".to_owned(),
    };
    let head = ["text", "wall median", "min", "CPU min", "GB/s", "GB/s a core", "CPU ratio"];
    let mut table = Table::new(&[&head[..], &["what it said"]].concat());
    let mut before: Option<(usize, f64)> = None;
    for (contender, bytes) in contenders.iter().zip(bytes) {
        let (wall, cpu) = (contender.wall(), contender.cpu());
        let (net_wall, net_cpu) = (less(wall.min, start_wall), less(cpu.min, start_cpu));
        let mut cells = vec![contender.name.clone()];
        cells.extend([wall.median, wall.min, cpu.min].map(seconds));
        cells.extend([rate(bytes, net_wall), rate(bytes, net_cpu)]);
        // Only where the row before is the same text, half as long.
        let half = before.filter(|(half, _)| *half > 0 && half * 2 == bytes).map(|(_, time)| time);
        cells.push(ratio(net_cpu, half, contender.note.is_ok()));
        cells.push(contender.note.clone().unwrap_or_else(|why| format!("NOT VALID: {why}")));
        table.row(cells);
        before = net_cpu.map(|time| (bytes, time));
    }
    table.print();
    say("\n");
    Ok(())
}

/// Writes a file of that many bytes.
fn make(path: &Path, maker: Maker, bytes: usize) -> anyhow::Result<()> {
    const PIECE: usize = 1 << 20;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut file = BufWriter::new(File::create(path)?);
    let (mut left, mut piece) = (bytes, Vec::new());
    while left > 0 {
        while piece.len() < PIECE.min(left) {
            maker(&mut random, &mut piece);
        }
        let now = piece.len().min(left);
        file.write_all(&piece[..now])?;
        left -= now;
        piece.clear();
    }
    file.flush().with_context(|| format!("cannot write {}", path.display()))
}

/// A line as it could stand in any program: names, calls, numbers, now and then a comment.
fn source_line(random: &mut Random, out: &mut Vec<u8>) {
    const NAMES: &[&str] = &[
        "request",
        "index",
        "builder",
        "getUser",
        "parse_line",
        "value",
        "Configuration",
        "err",
        "node",
        "children",
        "timeout",
        "result",
        "self.state",
        "writer",
        "token_count",
        "offset",
    ];
    const SHAPES: &[&str] = &[
        "    let @ = @.@(@, #);\n",
        "        if (@ == null || @.@() > #) { return @; }\n",
        "    # the @ of each @ is kept until its @ is read again\n",
        "import org.example.@.@.@;\n",
        "        assertEquals(\"@ of @\", #, @.@(@));\n",
        "\n",
        "    }\n",
        "  \"@\": [\"@\", #, { \"@\": true }],\n",
    ];
    let shape = SHAPES[random.below(SHAPES.len())];
    for byte in shape.bytes() {
        match byte {
            b'@' => out.extend(NAMES[random.below(NAMES.len())].bytes()),
            b'#' => out.extend(random.below(10_000).to_string().bytes()),
            byte => out.push(byte),
        }
    }
}

/// Xorshift: the same text in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }

    fn hex(&mut self, digits: usize) -> impl Iterator<Item = u8> {
        (0..digits).map(|_| b"0123456789abcdef"[self.below(16)])
    }
}
