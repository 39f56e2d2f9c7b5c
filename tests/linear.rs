//! Twice the text takes about twice the time, also on the texts that hurt most.

use std::time::{Duration, Instant};

use squelch::detect::Detector;
use squelch::rule::Rules;
use squelch::rule::mint::Mint;

const HEX: &[u8] = b"0123456789abcdef";

fn quickest(detector: &Detector, text: &[u8]) -> Duration {
    let time = |_| {
        let start = Instant::now();
        detector.search(text);
        start.elapsed()
    };
    (0..3).map(time).min().unwrap_or_default()
}

/// Asserts that the time for twice the text is below three times that for the text.
fn is_linear(name: &str, text: &[u8]) {
    let rules = Rules::builtin().expect("built-in rules compile");
    let detector = Detector::new(&rules, false);
    let mut times = Vec::new();
    // Other programs share the machine, so one quiet moment of four is enough; what is
    // quadratic fails in each of them.
    for _ in 0..4 {
        let half = quickest(&detector, &text[..text.len() / 2]);
        let whole = quickest(&detector, text);
        if whole < half * 3 + Duration::from_millis(2) {
            return;
        }
        times.push((half, whole));
    }
    panic!("{name}: half the text and all of it took {times:?}");
}

fn repeat(size: usize, mut piece: impl FnMut(&mut Mint) -> Vec<u8>) -> Vec<u8> {
    let mut mint = Mint::new(9);
    let mut text = Vec::new();
    while text.len() < size {
        text.extend(piece(&mut mint));
    }
    text
}

/// One test, because tests run side by side and would disturb each other's clocks.
#[test]
fn the_worst_texts_take_linear_time() {
    one_endless_run();
    keys_without_values();
    values_without_keys();
    tokens_on_one_line();
}

fn one_endless_run() {
    is_linear("hex", &repeat(2_000_000, |mint| mint.random(HEX, 1000)));
    is_linear("hex and dashes", &repeat(200_000, |mint| mint.random(b"0123456789abcdef-", 1000)));
}

fn keys_without_values() {
    is_linear("sonar", &repeat(1_000_000, |_| b"sonar.login=".to_vec()));
    is_linear("coveralls", &repeat(1_000_000, |_| b"COVERALLS_REPO_TOKEN=".to_vec()));
}

fn values_without_keys() {
    let piece = |mint: &mut Mint| [&mint.random(HEX, 40)[..], b"\n"].concat();
    is_linear("lines", &repeat(200_000, piece));
    let beside = |mint: &mut Mint| [b"sonar ", &mint.random(HEX, 40)[..]].concat();
    is_linear("one line", &repeat(80_000, beside));
}

fn tokens_on_one_line() {
    let keyed = |mint: &mut Mint| [b"sonar.login=", &mint.random(HEX, 40)[..], b" "].concat();
    is_linear("keyed", &repeat(80_000, keyed));
    let sure = |mint: &mut Mint| [b"squ_", &mint.random(HEX, 40)[..], b" "].concat();
    is_linear("prefixed", &repeat(20_000, sure));
}
