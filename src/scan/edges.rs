//! Tokens across the edges of windows: wherever one lies, it is found once, at its place.

use std::io::Write;
use std::sync::Arc;

use super::examiner::{Examiner, Sighting};
use super::{Options, Progress, Scope};
use crate::detect::Readings;
use crate::rule::Rules;
use crate::rule::mint::Mint;
use crate::source::large::examine_windows;
use crate::source::stdin::{examine_in_turn, examine_stream};
use crate::span::Position;

/// A small window: what overlaps is larger than what it owns.
const WINDOW: usize = 6000;

fn options() -> Options {
    Options {
        targets: Vec::new(),
        scope: Scope::NoHistory,
        no_ignore: false,
        explain: false,
        readings: Readings::Signs,
        jobs: 1,
    }
}

/// A log of three windows; around the first edge stands `hidden`, its byte `offset` on the edge.
fn log(lead: &str, hidden: &str, offset: usize) -> String {
    let line = "2025-07-04T14:32:09.5024381Z some words of a log that say nothing at all\n";
    let at = WINDOW - offset - lead.len();
    let mut text = line.repeat(at / line.len());
    let rest = at - text.len();
    // The last line before it is as long as it has to be.
    let filler = format!("{}\n", "x".repeat(rest.max(1) - 1));
    text.push_str(&filler[..rest]);
    format!("{text}{lead}{hidden}\n{}", line.repeat(2 * WINDOW / line.len()))
}

fn place(sightings: &[Sighting]) -> Vec<(u64, Position, Option<&'static str>)> {
    let one = |sighting: &Sighting| {
        let candidate = sighting.candidate()?;
        let provider = sighting.log.as_ref().map(|log| log.provider);
        Some((candidate.span.start, candidate.position, provider))
    };
    sightings.iter().filter_map(one).collect()
}

#[test]
fn a_token_on_an_edge_is_found_once_and_at_its_place() {
    let rules = Rules::builtin().expect("they compile");
    let progress = Arc::new(Progress::default());
    let examiner = Examiner::new(&rules, &options(), &progress);
    let mut mint = Mint::new(51);
    let mut file = tempfile::tempfile().expect("a file");
    for offset in 0..120 {
        let hex = String::from_utf8(mint.random(b"0123456789abcdef", 40)).expect("ASCII");
        let token = format!("sq{}_{hex}", "u");
        let stamp = "2025-07-04T14:32:09.5024381Z ";
        let coded = format!("{}\x1b[0m{}", &token[..20], &token[20..]);
        let gitlab = "2025-03-01T10:00:06.000000Z 01E ";
        let torn = format!("{}\n2025-03-01T10:00:06.000400Z 01E+{}", &token[..20], &token[20..]);
        for (lead, hidden) in [(stamp, &token), (stamp, &coded), (gitlab, &torn)] {
            let log = log(lead, hidden, offset);
            let mut whole = Vec::new();
            crate::source::Examine::examine(&examiner, log.as_bytes(), 0..log.len(), &mut whole);
            let wanted = place(&whole);
            let at = log.find(hidden.as_str()).expect("it is there") as u64;
            assert_eq!(wanted.len(), 1, "{offset} {}", hidden.escape_debug());
            assert_eq!(wanted[0].0, at, "{offset} {}", hidden.escape_debug());

            let mut bytes = log.as_bytes();
            assert_eq!(place(&examine_in_turn(&mut bytes, WINDOW, &examiner).found), wanted);
            let mut bytes = log.as_bytes();
            assert_eq!(place(&examine_stream(&mut bytes, WINDOW, &examiner).found), wanted);
            file.set_len(0).expect("it is empty");
            std::io::Seek::rewind(&mut file).expect("at its start");
            file.write_all(log.as_bytes()).expect("it is written");
            let (found, error) = examine_windows(&file, log.len() as u64, WINDOW, &examiner);
            assert!(error.is_none());
            assert_eq!(place(&found), wanted);
        }
    }
}

#[test]
fn the_last_line_counts() {
    let rules = Rules::builtin().expect("they compile");
    let progress = Arc::new(Progress::default());
    let examiner = Examiner::new(&rules, &options(), &progress);
    let hex = String::from_utf8(Mint::new(52).random(b"0123456789abcdef", 40)).expect("ASCII");
    let token = format!("sq{}_{hex}", "u");
    for lines in [0, 1, 100, 1000] {
        let log = format!("{}x {}", "2025-07-04T14:32:09.5024381Z x\n".repeat(lines), token);
        let mut bytes = log.as_bytes();
        let found = examine_in_turn(&mut bytes, WINDOW, &examiner).found;
        assert_eq!(place(&found).len(), 1, "{lines}");
        assert_eq!(place(&found)[0].1.line, lines as u64 + 1);
    }
}
