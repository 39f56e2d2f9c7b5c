//! Tokens across the edges of windows: wherever one lies, it is found once, at its place.

use std::io::Write;
use std::sync::Arc;

use super::examiner::{Examiner, Sighting};
use super::{Options, Progress, Scope};
use crate::detect::Readings;
use crate::fixture::lone_rule;
use crate::rule::mint::Mint;
use crate::rule::{RuleFile, Rules};
use crate::source::Examine;
use crate::source::large::examine_windows;
use crate::source::stdin::{examine_in_turn, examine_stream};
use crate::span::Position;
use crate::wanted::Wanted;

/// A small window: what overlaps is larger than what it owns.
const WINDOW: usize = 6000;

fn rules() -> Rules {
    let text = lone_rule("tkn_[0-9a-f]{40}", &[]);
    Rules::compile(&[RuleFile { path: "x.toml", id: "x", text: &text }]).expect("it compiles")
}

fn options() -> Options {
    Options {
        targets: Vec::new(),
        scope: Scope::NoHistory,
        no_ignore: false,
        explain: false,
        readings: Readings::Signs,
        jobs: 1,
        wanted: Wanted::default(),
        known: Arc::default(),
        store: None,
        shown: None,
        verify: None,
        revoke: None,
    }
}

/// A log of several windows with a token in each line, whole, coloured inside, or cut by its
/// runner; `shift` bytes stand before all of it.
fn log(mint: &mut Mint, shift: usize) -> String {
    let mut text = format!("{}\n", "x".repeat(shift));
    for form in (0..3).cycle() {
        let hex = String::from_utf8(mint.random(b"0123456789abcdef", 40)).expect("ASCII");
        let (first, second) = hex.split_at(20);
        let stamp = "2025-07-04T14:32:09.5024381Z";
        let lines = match form {
            0 => format!("{stamp} token tkn_{hex} of a log\n"),
            1 => format!("{stamp} tkn_{first}\x1b[0m{second}\x1b[m\n"),
            _ => {
                let (time, later) = ("2025-03-01T10:00:06.000000Z", "2025-03-01T10:00:06.000400Z");
                format!("{time} 01E tkn_{first}\n{later} 01E+{second}\n")
            }
        };
        text.push_str(&lines);
        if text.len() > 5 * WINDOW {
            return text;
        }
    }
    text
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
fn tokens_on_edges_are_found_once_and_at_their_places() {
    let rules = rules();
    let progress = Arc::new(Progress::default());
    let examiner = Examiner::new(&rules, &options(), &progress);
    let mut mint = Mint::new(51);
    let mut file = tempfile::tempfile().expect("a file");
    // The lines' lengths and the steps share no factor: each edge meets each byte of each form.
    for shift in (0..250).step_by(7) {
        let log = log(&mut mint, shift);
        let mut whole = Vec::new();
        examiner.examine(log.as_bytes(), 0..log.len(), &mut whole);
        let wanted = place(&whole);
        assert_eq!(wanted.len(), log.matches("tkn_").count(), "{shift}");

        let mut bytes = log.as_bytes();
        assert_eq!(place(&examine_in_turn(&mut bytes, WINDOW, &examiner).found), wanted);
        let mut bytes = log.as_bytes();
        assert_eq!(place(&examine_stream(&mut bytes, WINDOW, &examiner).found), wanted);
        file.set_len(0).expect("it is empty");
        std::io::Seek::rewind(&mut file).expect("at its start");
        file.write_all(log.as_bytes()).expect("it is written");
        let (found, error) = examine_windows(&file, log.len() as u64, WINDOW, &examiner);
        assert!(error.is_none());
        assert_eq!(place(&found), wanted, "{shift}");
    }
}

#[test]
fn the_last_line_counts() {
    let rules = rules();
    let progress = Arc::new(Progress::default());
    let examiner = Examiner::new(&rules, &options(), &progress);
    let hex = String::from_utf8(Mint::new(52).random(b"0123456789abcdef", 40)).expect("ASCII");
    let token = format!("tkn_{hex}");
    for lines in [0, 1, 100, 1000] {
        let log = format!("{}x {}", "2025-07-04T14:32:09.5024381Z x\n".repeat(lines), token);
        let mut bytes = log.as_bytes();
        let found = examine_in_turn(&mut bytes, WINDOW, &examiner).found;
        assert_eq!(place(&found).len(), 1, "{lines}");
        assert_eq!(place(&found)[0].1.line, lines as u64 + 1);
    }
}
